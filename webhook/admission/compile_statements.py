"""Statements from YAML: one subject with a path, and operators; everything wrong is told at its place."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from webhook.admission.absent import MEANINGS
from webhook.admission.operators import NAMES, Operator, compile_operator
from webhook.admission.rule import Compiling, Condition
from webhook.admission.schema_check import check_path
from webhook.admission.statements import Statement
from webhook.source.path import EACH, Path, Steps, parse
from webhook.source.shape import choice, described, unknown

SUBJECTS = ("pod", "container", "object")

_WORDS = (*SUBJECTS, "required", "forbidden", "absent", "where", "unless", "when", "unique", "uniqueIn", "unchanged")
KEYS = frozenset({*_WORDS, *NAMES, "anyOf"})


def compile_statement(raw: Any, below: Path, compiling: Compiling, *, condition: bool = False) -> Statement | None:
    """One statement from YAML; None after telling what is wrong. `below` is its path under the rule type's key."""
    at, problems = (*compiling.at, *below), compiling.problems
    if not isinstance(raw, dict):
        compiling.error(
            below, f"expected a statement, found {described(raw)}", "such as {pod: spec.hostNetwork, forbidden: true}"
        )
        return None
    for key in raw.keys() - KEYS:
        unknown(key, KEYS, at, problems)
    if "anyOf" in raw:
        return _compile_any_of(raw, below, compiling, condition)
    subjects = [key for key in SUBJECTS if key in raw]
    if len(subjects) != 1:
        told = " and ".join(subjects) or "none"
        compiling.error(
            below, f"a statement has one subject, here: {told}", "pod: PATH, container: PATH or object: PATH"
        )
        return None
    return _compile_one(raw, subjects[0], below, compiling, condition)


def compile_condition(raw: Any, below: Path, compiling: Compiling) -> Condition:
    """A condition from YAML; one that is broken is told and never holds."""
    statement = compile_statement(raw, below, compiling, condition=True)
    if statement is None:
        return lambda _: False
    return statement.holds


def _compile_one(
    raw: dict[str, Any], subject: str, below: Path, compiling: Compiling, condition: bool
) -> Statement | None:
    at, problems = (*compiling.at, *below), compiling.problems
    before = len(problems.found)
    steps = _steps(raw[subject], subject, (*below, subject), compiling)
    if steps is None:
        return None
    statement = Statement(
        subject=subject,
        steps=steps,
        text=str(raw[subject]),
        operators=tuple(_operators(raw, steps, below, compiling)),
        required=choice((True, False, "nonEmpty"), raw.get("required", False), (*at, "required"), problems),
        forbidden=choice((True, False), raw.get("forbidden", False), (*at, "forbidden"), problems),
        refuse_absent=choice(("refuse", "allow"), raw.get("absent", "allow"), (*at, "absent"), problems) == "refuse",
        absent_means=MEANINGS.get(_steps_name(subject, steps)),
        unique=_unique(raw, at, compiling),
        unchanged=_unchanged(raw, below, compiling),
        where=tuple(_where(raw, steps, below, compiling)),
        when=_when(raw, below, compiling),
    )
    if statement.forbidden and statement.required:
        compiling.error(
            (*below, "required"), "a field cannot be both required and forbidden", "keep one of them", on="key"
        )
    if not (statement.operators or _says_more(statement)) and not condition:
        compiling.error(
            below, f"nothing is said of {raw[subject]}", f"add an operator: required, forbidden, {', '.join(NAMES)}"
        )
    return statement if len(problems.found) == before else None


def _says_more(statement: Statement) -> bool:
    return bool(statement.required or statement.forbidden or statement.unique or statement.unchanged is not None)


def _compile_any_of(raw: dict[str, Any], below: Path, compiling: Compiling, condition: bool) -> Statement | None:
    parts = raw["anyOf"]
    if not isinstance(parts, list) or len(parts) < 2:
        compiling.error((*below, "anyOf"), "anyOf needs at least two alternatives")
        return None
    for key in raw.keys() - {"anyOf", "when", "unless"}:
        compiling.error((*below, key), f"`{key}` cannot stand beside anyOf", "put it into the alternatives", on="key")
    compiled = [
        compile_statement(part, (*below, "anyOf", i), compiling, condition=condition) for i, part in enumerate(parts)
    ]
    alternatives = tuple(part for part in compiled if part is not None)
    if len(alternatives) != len(parts):
        return None
    if len({part.subject for part in alternatives}) > 1:
        compiling.error(
            (*below, "anyOf"), "the alternatives of anyOf must share one subject", "use pod: or container: in all"
        )
        return None
    first = alternatives[0]
    return Statement(first.subject, first.steps, "anyOf", when=_when(raw, below, compiling), any_of=alternatives)


def _steps(text: Any, subject: str, below: Path, compiling: Compiling) -> Steps | None:
    if not isinstance(text, str):
        compiling.error(below, f"expected a path, found {described(text)}", "such as spec.hostNetwork")
        return None
    try:
        steps = parse(text)
    except ValueError as error:
        compiling.refused(below, error)
        return None
    return steps if check_path(subject, steps, text, below, compiling) else None


def _operators(raw: dict[str, Any], steps: Steps, below: Path, compiling: Compiling) -> Iterator[Operator]:
    for name in NAMES:
        if name not in raw:
            continue
        operand = _capabilities(raw[name]) if _is_capabilities(steps) else raw[name]
        operator = compile_operator(name, operand, (*compiling.at, *below, name), compiling.problems)
        if operator is not None:
            yield _on_capabilities(operator) if _is_capabilities(steps) else operator


def _is_capabilities(steps: Steps) -> bool:
    return "capabilities" in steps


def _capabilities(value: Any) -> Any:
    """Capabilities compare upper-cased and without CAP_."""
    if isinstance(value, list):
        return [_capabilities(item) for item in value]
    return value.upper().removeprefix("CAP_") if isinstance(value, str) else value


def _on_capabilities(operator: Operator) -> Operator:
    test = operator.holds
    return replace(operator, holds=lambda value, scope: test(_capabilities(value), scope))


def _unique(raw: dict[str, Any], at: Path, compiling: Compiling) -> str:
    if "uniqueIn" in raw:
        chosen = choice(("pod",), raw["uniqueIn"], (*at, "uniqueIn"), compiling.problems)
        return "pod" if chosen == "pod" else ""
    return (
        "list" if choice((True, False), raw.get("unique", False), (*at, "unique"), compiling.problems) is True else ""
    )


def _unchanged(raw: dict[str, Any], below: Path, compiling: Compiling) -> tuple[Steps, ...] | None:
    """Paths below the field that may change all the same; None where the statement says nothing of changes."""
    value = raw.get("unchanged")
    if value is None or value is True:
        return None if value is None else ()
    if not isinstance(value, dict) or value.keys() != {"except"} or not isinstance(value["except"], list):
        compiling.error((*below, "unchanged"), "expected true or {except: [PATH, ...]}")
        return None
    kept = []
    for index, text in enumerate(value["except"]):
        try:
            kept.append(parse(str(text)))
        except ValueError as error:
            compiling.refused((*below, "unchanged", "except", index), error)
    return tuple(kept)


def _where(raw: dict[str, Any], steps: Steps, below: Path, compiling: Compiling) -> Iterator[tuple[Steps, Statement]]:
    where = raw.get("where")
    if where is None:
        return
    if EACH not in steps:
        compiling.error((*below, "where"), "`where` chooses elements, and the path has no [*]", on="key")
        return
    if not isinstance(where, dict) or not where:
        compiling.error((*below, "where"), "expected fields of the element", "such as {name: {like: '*TOKEN*'}}")
        return
    for name, wanted in where.items():
        words = wanted if isinstance(wanted, dict) else {"equals": wanted}
        under: Path = (*below, "where", name)
        for key in words.keys() - {*NAMES, "required", "forbidden"}:
            unknown(key, (*NAMES, "required", "forbidden"), (*compiling.at, *under), compiling.problems)
        try:
            inner = parse(name)
        except ValueError as error:
            compiling.refused(under, error, on="key")
            continue
        operators = tuple(_operators(words, steps, under, compiling))
        required, forbidden = words.get("required", False), words.get("forbidden", False)
        yield inner, Statement("object", inner, name, operators, required, forbidden)


def _when(raw: dict[str, Any], below: Path, compiling: Compiling) -> Condition | None:
    """`when` (all must hold) and `unless` (none may) of one statement."""
    conditions: list[Condition] = []
    for key, wanted in (("when", True), ("unless", False)):
        if key not in raw:
            continue
        many = raw[key] if isinstance(raw[key], list) else [raw[key]]
        for index, part in enumerate(many):
            under: Path = (*below, key, index) if isinstance(raw[key], list) else (*below, key)
            conditions.append(_wanted(compile_condition(part, under, compiling), wanted))
    if not conditions:
        return None
    return lambda subject: all(condition(subject) for condition in conditions)


def _wanted(condition: Condition, wanted: bool) -> Condition:
    return condition if wanted else lambda subject: not condition(subject)


def _steps_name(subject: str, steps: Steps) -> str:
    """How the table of absent meanings names a field."""
    words = [step for step in steps if isinstance(step, str)]
    return f"{subject}:{'.'.join(words)}"
