"""Statements from YAML: one subject with a path, and operators; everything wrong is told at its place."""

from collections.abc import Iterable, Iterator
from typing import Any

from webhook.admission.absent import meaning
from webhook.admission.measures import compare, readings
from webhook.admission.operand_check import check_operand
from webhook.admission.operands import Given, Reference, errors, without_idle
from webhook.admission.operators import COMPARING, NAMES, Operator
from webhook.admission.rule import Compiling, Condition
from webhook.admission.schema_check import check_path, fields_at
from webhook.admission.spelling import compile_spelled
from webhook.admission.statement_lint import warn_of_empty_elements, warn_of_liftable, warn_of_meaning
from webhook.admission.statements import Statement
from webhook.source.path import EACH, Path, Steps, parse, render_steps
from webhook.source.shape import choice, described, unknown

SUBJECTS = ("pod", "container", "object")

_RULES_ALONE = ("absent", "unique", "uniqueIn", "unchanged", "when", "unless")
_ELEMENTS = (*NAMES, "required", "forbidden")
_SAYS = frozenset({*_ELEMENTS, "unique", "uniqueIn", "unchanged", "anyOf"})
KEYS = frozenset({*SUBJECTS, *_ELEMENTS, *_RULES_ALONE, "where", "anyOf"})


def compile_statement(raw: Any, below: Path, compiling: Compiling, *, condition: bool = False) -> Statement | None:
    """One statement from YAML; None after telling what is wrong, and where parameters leave nothing of it, so that it
    always holds. `below` is its path under the rule type's key."""
    if not isinstance(raw, dict):
        told = f"expected a statement, found {described(raw)}"
        compiling.error(below, told, "such as {pod: spec.hostNetwork, forbidden: true}")
        return None
    said, raw = raw, without_idle(raw)
    if said.keys() != raw.keys() and not raw.keys() & _SAYS:
        return None
    before = errors(compiling.problems)
    for key in raw.keys() - KEYS:
        unknown(key, KEYS, (*compiling.at, *below), compiling.problems)
    if condition:
        _refuse(_RULES_ALONE, raw, "in a condition", "conditions stand in a list, and all must hold", below, compiling)
    if "anyOf" in raw:
        statement = _compile_any_of(raw, below, compiling, condition)
    else:
        statement = _compile_one(raw, below, compiling, condition)
    return statement if errors(compiling.problems) == before else None


def compile_condition(raw: Any, below: Path, compiling: Compiling, *, lifts: bool = True) -> Condition:
    """A condition from YAML; one that is broken is told and never holds, one of which parameters leave nothing always
    does. With `lifts`, it is a warning where the
    author of an object decides whether it holds."""
    before = errors(compiling.problems)
    statement = compile_statement(raw, below, compiling, condition=True)
    if statement is None:
        left_out = errors(compiling.problems) == before
        return lambda _: left_out
    if lifts:
        warn_of_liftable(statement, below, compiling)
    return statement


def _compile_one(raw: dict[str, Any], below: Path, compiling: Compiling, condition: bool) -> Statement | None:
    subjects = [key for key in SUBJECTS if key in raw]
    if len(subjects) != 1:
        told = f"a statement has one subject, here: {' and '.join(subjects) or 'none'}"
        compiling.error(below, told, "pod: PATH, container: PATH or object: PATH")
        return None
    subject = subjects[0]
    steps = _steps(raw[subject], subject, (*below, subject), compiling, condition)
    if steps is None:
        return None
    at, problems = (*compiling.at, *below), compiling.problems
    statement = Statement(
        subject=subject,
        steps=steps,
        text=str(raw[subject]),
        operators=tuple(_operators(raw, subject, steps, str(raw[subject]), below, compiling)),
        required=choice((True, False, "nonEmpty"), raw.get("required", False), (*at, "required"), problems),
        forbidden=choice((True, False), raw.get("forbidden", False), (*at, "forbidden"), problems),
        refuse_absent=choice(("refuse",), raw.get("absent", "refuse"), (*at, "absent"), problems) and "absent" in raw,
        absent_means=meaning(subject, steps),
        unique=_unique(raw, subject, steps, below, compiling),
        unchanged=_unchanged(raw, subject, steps, below, compiling),
        where=tuple(_where(raw, subject, steps, below, compiling)),
        when=tuple(_conditions(raw, "when", below, compiling)),
        unless=tuple(_conditions(raw, "unless", below, compiling)),
    )
    _check_together(statement, raw, below, compiling)
    if "where" not in raw:
        warn_of_empty_elements(statement, below, compiling)
    if condition:
        warn_of_meaning(statement, below, compiling)
    return statement


def _check_together(statement: Statement, words: Any, below: Path, compiling: Compiling) -> None:
    """Words that contradict each other, and a path of which nothing is said."""
    said = [name for name in NAMES if name in words]
    if statement.forbidden:
        others = [
            *said,
            *(["required"] if statement.required else []),
            *(["absent"] if statement.refuse_absent else []),
        ]
        for other in others:
            told = f"a field that is forbidden cannot also have `{other}`"
            compiling.error((*below, other), told, "keep one of them", on="key")
    elif words.keys() <= KEYS and not (said or statement.required or statement.unique or "unchanged" in words):
        cure = f"add an operator: required, forbidden, {', '.join(NAMES)}"
        compiling.error(below, f"nothing is said of `{statement.text}`", cure)
    for low, high in (("min", "max"), ("minItems", "maxItems")):
        if low in words and high in words and (compare(words[low], readings(words[high])) or 0) > 0:
            compiling.error((*below, low), f"`{low}` is above `{high}`, so nothing can fit", "swap them")
    if statement.unchanged is not None and statement.where:
        compiling.error((*below, "where"), "`where` cannot stand beside `unchanged`", "leave one of them out", on="key")


def _compile_any_of(raw: dict[str, Any], below: Path, compiling: Compiling, condition: bool) -> Statement | None:
    parts = raw["anyOf"]
    if not isinstance(parts, list) or len(parts) < 2:
        compiling.error((*below, "anyOf"), "anyOf needs at least two alternatives")
        return None
    others = tuple(raw.keys() & KEYS - {"anyOf", "when", "unless"})
    _refuse(others, raw, "beside anyOf", "put it into the alternatives", below, compiling)
    alternatives = []
    for index, part in enumerate(parts):
        at: Path = (*below, "anyOf", index)
        if isinstance(part, dict):
            _refuse(("anyOf", "uniqueIn"), part, "in anyOf", "make a statement of its own of it", at, compiling)
        alternatives.append(compile_statement(part, at, compiling, condition=condition))
    compiled = tuple(part for part in alternatives if part is not None)
    if len(compiled) < len(parts):
        return None
    if len({part.subject for part in compiled}) > 1:
        told = "the alternatives of anyOf must share one subject"
        compiling.error((*below, "anyOf"), told, "use pod: or container: in all")
    when = () if condition else tuple(_conditions(raw, "when", below, compiling))
    unless = () if condition else tuple(_conditions(raw, "unless", below, compiling))
    first = compiled[0]
    return Statement(first.subject, first.steps, first.text, when=when, unless=unless, any_of=compiled)


def _refuse(
    words: Iterable[str], raw: dict[str, Any], where: str, cure: str, below: Path, compiling: Compiling
) -> None:
    for word in words:
        if word in raw:
            compiling.error((*below, word), f"`{word}` cannot stand {where}", cure, on="key")


def _steps(text: Any, subject: str, below: Path, compiling: Compiling, condition: bool = False) -> Steps | None:
    if not isinstance(text, str):
        compiling.error(below, f"expected a path, found {described(text)}", "such as spec.hostNetwork")
        return None
    try:
        steps = parse(text)
    except ValueError as error:
        compiling.refused(below, error)
        return None
    return steps if check_path(subject, steps, text, below, compiling, condition=condition) else None


def _operators(
    raw: dict[str, Any], subject: str, steps: Steps, text: str, below: Path, compiling: Compiling
) -> Iterator[Operator]:
    """The operators among the words said of the field at the steps."""
    fields = fields_at(subject, steps, compiling)
    for name in NAMES:
        if name not in raw:
            continue
        under: Path = (*below, name)
        before = errors(compiling.problems)
        operand = _operand(name, raw[name], under, compiling)
        if errors(compiling.problems) > before:
            continue
        given = Given(operand, (*compiling.at, *under), compiling.problems)
        operator = compile_spelled(name, given, steps, fields)
        if operator is not None:
            check_operand(name, operand, fields, text, under, compiling)
            yield operator


def _operand(name: str, operand: Any, under: Path, compiling: Compiling) -> Any:
    """{pod: PATH}, {container: PATH} or {object: PATH} as a Reference; anything else is a plain value."""
    if not isinstance(operand, dict) or len(operand) != 1 or name not in COMPARING:
        return operand
    subject, text = next(iter(operand.items()))
    if subject not in SUBJECTS or not isinstance(text, str):
        return operand
    steps = _steps(text, subject, (*under, subject), compiling)
    return Reference(subject, steps, text) if steps is not None else operand


def _unique(raw: dict[str, Any], subject: str, steps: Steps, below: Path, compiling: Compiling) -> str:
    """list or pod, as values must be unique within the innermost list or across; "" where nothing is said of it."""
    at, problems = (*compiling.at, *below), compiling.problems
    if "uniqueIn" in raw:
        choice(("pod",), raw["uniqueIn"], (*at, "uniqueIn"), problems)
        if subject == "object":
            compiling.error((*below, "uniqueIn"), "`uniqueIn: pod` is about pods", "use unique: true", on="key")
        return "pod"
    if choice((True, False), raw.get("unique", False), (*at, "unique"), problems) is not True:
        return ""
    if EACH not in steps:
        cure = f"write {raw[subject]}[*], or uniqueIn: pod to compare containers"
        compiling.error((*below, "unique"), "`unique` compares elements, and the path has no [*]", cure, on="key")
    return "list"


def _unchanged(
    raw: dict[str, Any], subject: str, steps: Steps, below: Path, compiling: Compiling
) -> tuple[Steps, ...] | None:
    """Paths below the field that may change all the same; None where the statement says nothing of changes."""
    if "unchanged" not in raw:
        return None
    value, under = raw["unchanged"], (*below, "unchanged")
    if value is True:
        return ()
    if not isinstance(value, dict) or value.keys() != {"except"} or not isinstance(value["except"], list):
        compiling.error(under, "expected true or {except: [PATH, ...]}")
        return None
    kept = (_inner(text, subject, steps, (*under, "except", i), compiling) for i, text in enumerate(value["except"]))
    return tuple(inner for inner in kept if inner is not None)


def _inner(text: Any, subject: str, outer: Steps, below: Path, compiling: Compiling) -> Steps | None:
    """A path that begins at the field or element that another one leads to."""
    if not isinstance(text, str):
        compiling.error(below, f"expected a path, found {described(text)}")
        return None
    try:
        steps = parse(text)
    except ValueError as error:
        compiling.refused(below, error)
        return None
    whole = (*outer, *steps)
    return steps if check_path(subject, whole, render_steps(whole), below, compiling, inner=True) else None


def _where(raw: dict[str, Any], subject: str, steps: Steps, below: Path, compiling: Compiling) -> Iterator[Statement]:
    """What elements of the innermost list are meant: statements about fields of the element."""
    if "where" not in raw:
        return
    where, under = raw["where"], (*below, "where")
    if EACH not in steps:
        compiling.error(under, "`where` chooses elements, and the path has no [*]", on="key")
        return
    if not isinstance(where, dict) or not where:
        compiling.error(under, "expected fields of the element", "such as {name: {like: '*TOKEN*'}}")
        return
    element = steps[: len(steps) - steps[::-1].index(EACH)]
    for name, wanted in where.items():
        words = without_idle(wanted) if isinstance(wanted, dict) else {"equals": wanted}
        if wanted and not words and len(where) > 1:
            continue
        statement = _about_element(name, words, subject, element, (*under, name), compiling)
        if statement is not None:
            yield statement


def _about_element(
    name: str, words: dict[str, Any], subject: str, element: Steps, below: Path, compiling: Compiling
) -> Statement | None:
    at, problems = (*compiling.at, *below), compiling.problems
    for key in words.keys() - set(_ELEMENTS):
        unknown(key, _ELEMENTS, at, problems)
    steps = _inner(name, subject, element, below, compiling)
    if steps is None:
        return None
    statement = Statement(
        subject=subject,
        steps=steps,
        text=name,
        operators=tuple(_operators(words, subject, (*element, *steps), name, below, compiling)),
        required=choice((True, False, "nonEmpty"), words.get("required", False), (*at, "required"), problems),
        forbidden=choice((True, False), words.get("forbidden", False), (*at, "forbidden"), problems),
    )
    _check_together(statement, words, below, compiling)
    return statement


def _conditions(raw: dict[str, Any], key: str, below: Path, compiling: Compiling) -> Iterator[Statement]:
    """`when` (all must hold) or `unless` (none may) of one statement."""
    if key not in raw:
        return
    many = isinstance(raw[key], list)
    if raw[key] == []:
        compiling.error((*below, key), "the list is empty", "give it a condition, or leave the key out")
    for index, part in enumerate(raw[key] if many else [raw[key]]):
        under: Path = (*below, key, index) if many else (*below, key)
        before = errors(compiling.problems)
        condition = compile_statement(part, under, compiling, condition=True)
        if condition is None and key == "unless" and errors(compiling.problems) == before:
            told = "a parameter leaves nothing of this condition, which would lift the statement everywhere"
            compiling.error(under, told, "give it an element")
        if condition is not None:
            warn_of_liftable(condition, under, compiling)
            yield condition
