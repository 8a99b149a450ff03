"""Operators: what a field's value must be. The words of `fields`, and of the conditions `when`, `where`, `unless`.

Each operator compiles its YAML operand once into an Operator: a test on one value and the words that say what is
wanted. Operators that compare with another path reach it through the Scope.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from webhook.admission.edits import same
from webhook.admission.selector import LabelSelector
from webhook.admission.words import listing, quote
from webhook.patterns import Glob, Pattern
from webhook.pod.duration import Duration
from webhook.pod.quantity import Quantity
from webhook.source.path import Path
from webhook.source.shape import BROKEN, Problems, decode, described


class CannotDecide(Exception):
    """Something that the answer depends on is not known here; the rule is undecided for this object."""


@dataclass(frozen=True, slots=True)
class Reference:
    """An operand that is another path: {container: "ports[*].name"}."""

    subject: str
    path: str


Scope = Callable[[Reference], list[Any]]
"""The values of another path of the same subject."""


@dataclass(frozen=True, slots=True)
class Operator:
    """One compiled operator. `negative` ones are true of an absent field in a condition, and want all of many."""

    name: str
    holds: Callable[[Any, Scope], bool]
    wants: str
    negative: bool = False
    whole: bool = False
    """Whether it is about a list or map as a whole, so a path must not run over its elements."""
    ratchets: bool = True


def compile_operator(name: str, operand: Any, at: Path, problems: Problems) -> Operator | None:
    """The operator of this name; None after telling what is wrong with its operand."""
    before = len(problems.found)
    operator = _COMPILERS[name](operand, at, problems)
    return operator if len(problems.found) == before else None


def _equals(operand: Any, _at: Path, _problems: Problems) -> Operator:
    reference = _reference(operand)
    if reference:
        return Operator("equals", _any_of(reference, True), f"equal {reference.path}")
    return Operator("equals", lambda value, _: same(value, operand), f"be {quote(operand)}")


def _in(operand: Any, at: Path, problems: Problems) -> Operator | None:
    reference = _reference(operand)
    if reference:
        return Operator("in", _any_of(reference, True), f"be one of {reference.path}")
    values = _values(operand, at, problems)
    return Operator("in", lambda value, _: _contained(value, values), f"be {listing(map(quote, values))}")


def _not_in(operand: Any, at: Path, problems: Problems) -> Operator | None:
    reference = _reference(operand)
    if reference:
        return Operator("notIn", _any_of(reference, False), f"be none of {reference.path}", negative=True)
    values = _values(operand, at, problems)
    wants = f"not be {listing(map(quote, values))}"
    return Operator("notIn", lambda value, _: not _contained(value, values), wants, negative=True)


def _like(operand: Any, at: Path, problems: Problems) -> Operator:
    globs = _parsed(Glob, operand, at, problems)
    wants = f"be like {listing(quote(glob.text) for glob in globs)}"
    return Operator("like", lambda value, _: _text_matches(value, globs), wants)


def _not_like(operand: Any, at: Path, problems: Problems) -> Operator:
    globs = _parsed(Glob, operand, at, problems)
    wants = f"not be like {listing(quote(glob.text) for glob in globs)}"
    return Operator("notLike", lambda value, _: not _text_matches(value, globs), wants, negative=True)


def _pattern(operand: Any, at: Path, problems: Problems) -> Operator:
    patterns = _parsed(Pattern, operand, at, problems)
    wants = f"match {listing(quote(pattern.text) for pattern in patterns)}"
    return Operator("pattern", lambda value, _: _text_matches(value, patterns), wants)


def _not_pattern(operand: Any, at: Path, problems: Problems) -> Operator:
    patterns = _parsed(Pattern, operand, at, problems)
    wants = f"not match {listing(quote(pattern.text) for pattern in patterns)}"
    return Operator("notPattern", lambda value, _: not _text_matches(value, patterns), wants, negative=True)


def _min(operand: Any, at: Path, problems: Problems) -> Operator | None:
    reference = _reference(operand)
    if reference:
        return Operator("min", _measured_against(reference, 1), f"be at least {reference.path}")
    measure = _measure(operand, at, problems)
    return measure and Operator("min", lambda value, _: measure.at_least(value), f"be at least {quote(operand)}")


def _max(operand: Any, at: Path, problems: Problems) -> Operator | None:
    reference = _reference(operand)
    if reference:
        return Operator("max", _measured_against(reference, -1), f"be at most {reference.path}")
    measure = _measure(operand, at, problems)
    return measure and Operator("max", lambda value, _: measure.at_most(value), f"be at most {quote(operand)}")


def _ranges(operand: Any, at: Path, problems: Problems) -> Operator:
    ranges = [_range(text, (*at, index), problems) for index, text in enumerate(_values(operand, at, problems))]
    wants = f"be in {listing(f'{low}-{high}' for low, high in ranges)}"
    return Operator("ranges", lambda value, _: _in_a_range(value, ranges), wants)


def _contains(operand: Any, at: Path, problems: Problems) -> Operator:
    values = _values(operand, at, problems)
    wants = f"contain {listing(map(quote, values), 'and')}"
    return Operator("contains", lambda value, _: all(_contained(v, _items(value)) for v in values), wants, whole=True)


def _contains_any(operand: Any, at: Path, problems: Problems) -> Operator:
    values = _values(operand, at, problems)
    wants = f"contain {listing(map(quote, values))}"
    test = lambda value, _: any(_contained(v, _items(value)) for v in values)  # noqa: E731
    return Operator("containsAny", test, wants, whole=True)


def _not_contains(operand: Any, at: Path, problems: Problems) -> Operator:
    values = _values(operand, at, problems)
    wants = f"not contain {listing(map(quote, values))}"
    test = lambda value, _: not any(_contained(v, _items(value)) for v in values)  # noqa: E731
    return Operator("notContains", test, wants, negative=True, whole=True)


def _min_items(operand: Any, at: Path, problems: Problems) -> Operator:
    count = decode(int, operand, at, problems)
    return Operator(
        "minItems", lambda value, _: len(_items(value)) >= count, f"have at least {count} items", whole=True
    )


def _max_items(operand: Any, at: Path, problems: Problems) -> Operator:
    count = decode(int, operand, at, problems)
    return Operator("maxItems", lambda value, _: len(_items(value)) <= count, f"have at most {count} items", whole=True)


def _same_as(operand: Any, at: Path, problems: Problems) -> Operator | None:
    reference = _needed_reference(operand, at, problems)
    if reference is None:
        return None
    return Operator("sameAs", _any_of(reference, True), f"be the same as {reference.path}")


def _differs_from(operand: Any, at: Path, problems: Problems) -> Operator | None:
    reference = _needed_reference(operand, at, problems)
    if reference is None:
        return None
    return Operator("differsFrom", _any_of(reference, False), f"differ from {reference.path}", negative=True)


def _selects(operand: Any, at: Path, problems: Problems) -> Operator | None:
    reference = _needed_reference(operand, at, problems)
    if reference is None:
        return None

    def holds(value: Any, scope: Scope) -> bool:
        quiet = Problems(problems.place)
        selector = decode(LabelSelector, value, (), quiet)
        labels = next(iter(scope(reference)), None)
        return selector is not BROKEN and selector.matches(labels if isinstance(labels, dict) else {})

    return Operator("selects", holds, f"select {reference.path}", whole=True)


_COMPILERS: dict[str, Callable[[Any, Path, Problems], Operator | None]] = {
    "equals": _equals,
    "in": _in,
    "notIn": _not_in,
    "like": _like,
    "notLike": _not_like,
    "pattern": _pattern,
    "notPattern": _not_pattern,
    "min": _min,
    "max": _max,
    "ranges": _ranges,
    "contains": _contains,
    "containsAny": _contains_any,
    "notContains": _not_contains,
    "minItems": _min_items,
    "maxItems": _max_items,
    "sameAs": _same_as,
    "differsFrom": _differs_from,
    "selects": _selects,
}

NAMES = tuple(_COMPILERS)
"""The operators on one value, in the order in which a page tells them."""


class _Measure(NamedTuple):
    """A bound, and how values are read to be compared with it: as quantities (numbers are) or durations."""

    bound: Any
    read: Callable[[Any], Any]

    def at_least(self, value: Any) -> bool:
        measured = self._read(value)
        return measured is not None and measured >= self.bound

    def at_most(self, value: Any) -> bool:
        measured = self._read(value)
        return measured is not None and measured <= self.bound

    def _read(self, value: Any) -> Any:
        return _measured(self.read, value)


def _measured(read: Callable[[Any], Any], value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return read(value)
    except ValueError:
        return None


def _measure(operand: Any, at: Path, problems: Problems) -> _Measure | None:
    for read in (Quantity.of, _duration):
        bound = _measured(read, operand)
        if bound is not None:
            return _Measure(bound, read)
    problems.error(
        at, f"expected a number, a quantity or a duration, found {described(operand)}", "such as 1024, 1Gi, 30s"
    )
    return None


def _duration(value: Any) -> Duration:
    if not isinstance(value, str):
        raise ValueError("a duration is a string")
    return Duration.parse(value)


def _measured_against(reference: Reference, sign: int) -> Callable[[Any, Scope], bool]:
    def holds(value: Any, scope: Scope) -> bool:
        mine = _measured(Quantity.of, value)
        others = [_measured(Quantity.of, other) for other in scope(reference)]
        return mine is not None and all(o is not None and (mine >= o if sign > 0 else mine <= o) for o in others)

    return holds


def _range(text: Any, at: Path, problems: Problems) -> tuple[int, int]:
    low, dash, high = str(text).partition("-")
    if not (low.isascii() and low.isdigit() and (not dash or (high.isascii() and high.isdigit()))):
        problems.error(at, f"`{str(text)[:40]}` is no range", 'write it as "1000-1999"')
        return 0, 0
    bounds = int(low), int(high or low)
    if bounds[0] > bounds[1]:
        problems.error(at, f"`{text}` is empty: it ends before it begins", f'write it as "{bounds[1]}-{bounds[0]}"')
    return bounds


def _in_a_range(value: Any, ranges: list[tuple[int, int]]) -> bool:
    if isinstance(value, bool) or not isinstance(value, int):
        return False
    return any(low <= value <= high for low, high in ranges)


def _reference(operand: Any) -> Reference | None:
    """{pod: PATH}, {container: PATH} or {object: PATH}; anything else is a plain value."""
    if isinstance(operand, dict) and len(operand) == 1:
        subject, path = next(iter(operand.items()))
        if subject in ("pod", "container", "object") and isinstance(path, str):
            return Reference(subject, path)
    return None


def _needed_reference(operand: Any, at: Path, problems: Problems) -> Reference | None:
    reference = _reference(operand)
    if reference is None:
        problems.error(
            at, f"expected another path, found {described(operand)}", "write it as {container: readinessProbe}"
        )
    return reference


def _any_of(reference: Reference, wanted: bool) -> Callable[[Any, Scope], bool]:
    """Whether the value is among the values of the other path; where that is absent nothing is compared."""

    def holds(value: Any, scope: Scope) -> bool:
        others = scope(reference)
        return not others if not wanted and not others else any(same(value, other) for other in others) is wanted

    return holds


def _values(operand: Any, at: Path, problems: Problems) -> list[Any]:
    values = operand if isinstance(operand, list) else [operand]
    if not values:
        problems.error(at, "the list is empty", "give it an element, or leave the key out")
    return values


def _parsed(shape: Any, operand: Any, at: Path, problems: Problems) -> list[Any]:
    texts = _values(operand, at, problems)
    many = isinstance(operand, list)
    parsed = [decode(shape, text, (*at, index) if many else at, problems) for index, text in enumerate(texts)]
    return [part for part in parsed if part is not BROKEN]


def _text_matches(value: Any, patterns: Iterable[Any]) -> bool:
    return isinstance(value, str) and any(pattern.matches(value) for pattern in patterns)


def _contained(value: Any, values: Iterable[Any]) -> bool:
    return any(same(value, other) for other in values)


def _items(value: Any) -> Any:
    return value if isinstance(value, list | dict) else ()
