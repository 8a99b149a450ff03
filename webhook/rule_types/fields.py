"""fields: anything else that a field must be, without programming. The words: admission/statements.py."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from webhook.admission.compile_statements import KEYS, compile_statement
from webhook.admission.finding import Found
from webhook.admission.operands import errors
from webhook.admission.reading import reads_of
from webhook.admission.rule import Check, Compiling, Fine, RuleParts, Subject
from webhook.admission.short_answers import short_answer
from webhook.admission.statement_lint import warn_of_empty_lists
from webhook.admission.statements import Statement
from webhook.rule_types._replicas import checks_of_scale
from webhook.source.path import Path
from webhook.source.shape import Problems, wrong


class Statements(NamedTuple):
    """A list of statements, or one alone; `raw` has each with its path below the rule type's key."""

    raw: tuple[tuple[Path, Any], ...]

    @classmethod
    def from_yaml(cls, value: Any, at: Path, problems: Problems) -> "Statements":
        """The raw statements: they are compiled where the rule's kinds are known."""
        if isinstance(value, dict):
            return cls((((), value),))
        if not isinstance(value, list) or not value:
            broken: Statements = wrong(value, "a list of statements", at, problems)
            return broken
        return cls(tuple(((index,), statement) for index, statement in enumerate(value)))

    @classmethod
    def json_schema(cls, _: dict[str, Any]) -> dict[str, Any]:
        """Every word that a statement may have; what fits together is checked at load."""
        words: dict[str, Any] = {word: {} for word in sorted(KEYS)}
        for subject in ("pod", "container", "object"):
            words[subject] = {"type": "string", "description": f"A path in the {subject}."}
        statement = {"type": "object", "properties": words, "additionalProperties": False}
        return {"anyOf": [statement, {"type": "array", "items": statement, "minItems": 1}]}


Params = Statements


def compile(params: Statements, compiling: Compiling) -> RuleParts:
    """Every statement becomes one check."""
    before = errors(compiling.problems)
    compiled = [(below, compile_statement(raw, below, compiling)) for below, raw in params.raw]
    placed = [(below, statement) for below, statement in compiled if statement is not None]
    warn_of_empty_lists(placed, compiling)
    if not placed and errors(compiling.problems) == before:
        told = "this finds nothing: its parameters leave nothing of it"
        compiling.warning((), told, "give them an element, or leave the policy out in the Profile", on="key")
    statements = [statement for _, statement in placed]
    answers = [short_answer(statement) for statement in statements]
    fine = _all(tuple(answer for answer in answers if answer)) if all(answers) else None
    return RuleParts(
        reads=reads_of(statements),
        checks=tuple(
            statement.found if fine else _check(statement, answer)
            for statement, answer in zip(statements, answers, strict=True)
        ),
        fine=fine,
        needs_pod=any(s.subject != "object" for s in statements),
        about_containers=any(s.subject == "container" for s in statements),
        quotes=True,
        of_scale=checks_of_scale(placed, compiling),
    )


def sentences(params: Statements, compiling: Compiling) -> Iterator[str]:
    """What the rule wants, in words."""
    from webhook.admission.statement_words import wish

    for below, raw in params.raw:
        statement = compile_statement(raw, below, compiling)
        if statement is not None:
            yield wish(statement)


def _check(statement: Statement, answer: Fine | None) -> Check:
    """The check of a statement whose rule has no short answer as a whole."""
    if answer is None:
        return statement.found

    def check(subject: Subject) -> Iterator[Found]:
        if not answer(subject):
            yield from statement.found(subject)

    return check


def _all(answers: tuple[Fine, ...]) -> Fine:
    def fine(subject: Subject) -> bool:
        for answer in answers:  # noqa: SIM110 - a generator would cost as much as the answer
            if not answer(subject):
                return False
        return True

    return fine
