"""What a statement found, in words: short enough for a warning, and plain."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from webhook.admission.operators import Operator
from webhook.admission.words import listing, plural, shown
from webhook.source.path import EACH, Path

if TYPE_CHECKING:
    from webhook.admission.statements import Statement

_ROOM = 90  # characters that alternatives may take together
_NAME = 40  # characters of a path that is told whole

_AS_FACT = (
    ("not be", "is not"),
    ("not match", "does not match"),
    ("not contain", "does not contain"),
    ("be", "is"),
    ("have", "has"),
    ("match", "matches"),
    ("contain", "contains"),
    ("equal", "equals"),
    ("differ", "differs"),
    ("select", "selects"),
)
"""How a verb of an operator's words is read where they are no wish but a fact; the longer ones first."""


def found_words(path: Path, value: Any) -> str:
    """A value found at a path."""
    return "empty" if value in ({}, []) else shown(path, value)


def wrong_words(path: Path, value: Any, operator: Operator) -> str:
    """A value that an operator does not want."""
    if operator.name == "differsFrom" and isinstance(value, dict | list):
        return f"is the same as {operator.said.removeprefix('differ from ')}"
    told = found_words(path, value)
    return (
        "must not be empty"
        if told == "empty" and operator.said == "not be empty"
        else f"is {told}, must {operator.said}"
    )


def wanted(operators: Iterable[Operator]) -> str:
    """What is wanted of a field that is absent."""
    return " and ".join(operator.said for operator in operators) or "be set"


def such(statement: "Statement") -> str:
    """The elements that `where` chooses: `where topologyKey is "zone"`."""
    return f"where {listing((_fact(part) for part in statement.where), 'and')}"


def alternatives(parts: Sequence["Statement"]) -> str:
    """That none of the alternatives holds: the first ones that fit, and how many others there are."""
    if all(part.required and not part.operators and not part.where for part in parts):
        names = [_name(part) for part in parts]
        first = f"neither {names[0]} nor {names[1]}" if len(names) == 2 else f"none of {listing(names, 'and')}"
        return f"{first} is set"
    told = [_told(part) for part in parts]
    kept = max(1, sum(len("; or ".join(told[: count + 1])) <= _ROOM for count in range(len(told))))
    others = [plural(len(told) - kept, "other way", "other ways")] if kept < len(told) else []
    return f"one of these must be so: {'; or '.join([*told[:kept], *others])}"


def _told(statement: "Statement") -> str:
    """An alternative as what it wants."""
    name, where = _name(statement), f" {such(statement)}" if statement.where else ""
    if statement.forbidden:
        return f"no {name}{where}"
    if statement.where and statement.required and statement.steps[-1] is EACH:
        return f"{name} has one{where}"
    verb = f"must {wanted(statement.operators)}" if statement.operators else "is set"
    return f"{name}{where} {verb}"


def _fact(statement: "Statement") -> str:
    """A condition on an element."""
    if statement.forbidden:
        return f"{statement.text} is not set"
    if not statement.operators:
        return f"{statement.text} is set"
    said = [as_fact(operator.said) for operator in statement.operators]
    return f"{statement.text} {listing(said, 'and')}"


def as_fact(wants: str) -> str:
    """The verb of an operator's words as a fact."""
    for verb, told in _AS_FACT:
        if wants == verb or wants.startswith(f"{verb} "):
            return told + wants[len(verb) :]
    return wants


def _name(statement: "Statement") -> str:
    """The path; of a long one its last name."""
    names = [step for step in statement.steps if isinstance(step, str)]
    return statement.text if len(statement.text) <= _NAME or not names else names[-1]
