"""Operands: what stands beside an operator's name in YAML, read once; everything wrong is told at its place."""

from typing import Any, NamedTuple

from webhook.admission.words import listing, quote
from webhook.patterns import Glob
from webhook.source.path import Path, Steps
from webhook.source.problem import Level
from webhook.source.shape import BROKEN, Problems, decode, described


class Reference(NamedTuple):
    """An operand that is another path: {container: "ports[*].name"}."""

    subject: str
    steps: Steps
    text: str


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
        given.problems.error(given.at, "the list is empty", "give it an element, or leave the key out")
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
        given.problems.error(given.at, "the list is empty", "give it an element, or leave the key out")
    many = isinstance(given.operand, list)
    parsed = [
        decode(shape, text, (*given.at, i) if many else given.at, given.problems) for i, text in enumerate(written)
    ]
    return [part for part in parsed if part is not BROKEN]


def texts(patterns: list[Any]) -> str:
    """Globs or regular expressions, for a message."""
    return listing(quote(pattern.text) for pattern in patterns)
