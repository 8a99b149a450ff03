"""Operands: what stands beside an operator's name in YAML, read once; everything wrong is told at its place."""

from collections.abc import Callable
from typing import Any, NamedTuple

from webhook.admission.words import quote
from webhook.patterns import Glob
from webhook.source.left_out import LeftOut, cure
from webhook.source.path import Path, Steps
from webhook.source.problem import Level
from webhook.source.shape import BROKEN, Problems, decode, described

_IDLE = frozenset({"notIn", "notLike", "notPattern", "notContains", "contains"})
"""The operators that hold of every value where their list has no element."""


class Reference(NamedTuple):
    """An operand that is another path: {container: "ports[*].name"}."""

    subject: str
    steps: Steps
    text: str


Scope = Callable[[Reference], list[Any]]
"""The values of another path, absent ones left out; under `container` those of the same container."""


class Given(NamedTuple):
    """An operator's operand: a Reference, or YAML as it stands at `at`; `glob` is the grammar of `like`."""

    operand: Any
    at: Path
    problems: Problems
    glob: Any = Glob


def errors(problems: Problems) -> int:
    """How many errors have been told; warnings keep nothing from being used."""
    return sum(problem.level is Level.ERROR for problem in problems.found)


def needed_reference(given: Given) -> Reference | None:
    """The operand, which must be another path; None after telling that it is not."""
    if isinstance(given.operand, Reference):
        return given.operand
    message = f"expected another path, found {described(given.operand)}"
    given.problems.error(given.at, message, "write it as {container: readinessProbe}")
    return None


def values(given: Given) -> list[Any]:
    """The values of a list; one alone may stand without its list."""
    found = given.operand if isinstance(given.operand, list) else [given.operand]
    if isinstance(given.operand, dict):
        given.problems.error(given.at, "expected a list, found a mapping", "another path is written {container: PATH}")
    if not found:
        given.problems.error(given.at, "the list is empty", cure(found))
    for index, value in enumerate(found):
        if value is None:
            given.problems.error((*given.at, index), "nothing stands here", "null is no value; use forbidden: true")
    return found


def count(given: Given, least: int) -> int:
    """A number of items; one that every list has is an error."""
    number = decode(int, given.operand, given.at, given.problems)
    if number is not BROKEN and number < least:
        given.problems.error(given.at, f"the smallest number that says something here is {least}")
    return number if number is not BROKEN else least


def parsed(shape: Any, given: Given) -> list[Any]:
    """Texts of a grammar; one alone may stand without its list."""
    written = given.operand if isinstance(given.operand, list) else [given.operand]
    if not written:
        given.problems.error(given.at, "the list is empty", cure(written))
    many = isinstance(given.operand, list)
    parsed = [
        decode(shape, text, (*given.at, i) if many else given.at, given.problems) for i, text in enumerate(written)
    ]
    return [part for part in parsed if part is not BROKEN]


def texts(patterns: list[Any]) -> list[str]:
    """Globs or regular expressions, each for a message."""
    return [quote(pattern.text) for pattern in patterns]


def told(values: list[Any]) -> list[str]:
    """Values, each for a message."""
    return ["empty" if value in ({}, []) else quote(value) for value in values]


def without_idle(words: dict[str, Any]) -> dict[str, Any]:
    """The words without those that hold of everything, because a parameter leaves their list empty."""
    return {key: value for key, value in words.items() if not (key in _IDLE and isinstance(value, LeftOut))}


def flat(values: list[Any]) -> list[Any]:
    """The values, of a list its items."""
    return [item for value in values for item in (value if isinstance(value, list) else (value,))]


def list_or_reference(given: Given, referring: str) -> tuple[Callable[[Scope], list[Any]], list[str]]:
    """What a list names, or the values of another path; and the words for them."""
    operand = given.operand
    if isinstance(operand, Reference):
        return lambda scope: flat(scope(operand)), [f"{referring} {operand.text}"]
    named = values(given)
    return lambda _: named, told(named)
