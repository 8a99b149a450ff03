"""Operators: what a field's value must be. The words of `fields`, and of the conditions `when`, `where`, `unless`.

Each operator compiles its YAML operand once into an Operator: a test on one value and the words that say what is
wanted. Operators that compare with another path reach it through the Scope.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from webhook.admission import operands
from webhook.admission.edits import same
from webhook.admission.measures import compare, in_a_range, parse_range, readings
from webhook.admission.operands import Given, Reference, Scope
from webhook.admission.selector import selects_labels
from webhook.admission.words import listing, plural, quote, some
from webhook.patterns import Pattern
from webhook.source.shape import described


class CannotDecide(Exception):
    """Something that the answer depends on is not known here; the rule is undecided for this object."""


class Operator(NamedTuple):
    """One compiled operator. `negative` ones are true of an absent field in a condition, and want all of many."""

    name: str
    holds: Callable[[Any, Scope], bool]
    wants: str
    negative: bool = False
    sets: Any = None
    """The one value that it wants, where there is one."""
    reference: Reference | None = None
    """The other path that it looks at."""
    absent: Any = None
    """What an absent field is to it, where that is not nothing: a list without items to minItems."""
    short: str = ""
    """What is wanted where that is long, as a message says it: with the first values of many."""

    @property
    def refers(self) -> bool:
        """Whether it looks at another path."""
        return self.reference is not None

    @property
    def said(self) -> str:
        """What is wanted, as a message says it."""
        return self.short or self.wants


def compile_operator(name: str, given: Given) -> Operator | None:
    """The operator of this name; None after telling what is wrong with its operand."""
    if given.operand is None:
        given.problems.error(given.at, "nothing stands here", "leave the key out, or give it a value")
        return None
    if isinstance(given.operand, Reference) and name not in COMPARING:
        cure = f"{', '.join(sorted(COMPARING))} can"
        given.problems.error(given.at, f"`{name}` cannot compare with another path", cure)
        return None
    before = operands.errors(given.problems)
    operator = _COMPILERS[name](given)
    if operator is None or operands.errors(given.problems) != before:
        return None
    return operator._replace(reference=given.operand if isinstance(given.operand, Reference) else None)


def _equals(given: Given) -> Operator:
    operand = given.operand
    if isinstance(operand, Reference):
        return Operator("equals", _is(operand), f"equal {operand.text}")
    return Operator("equals", lambda value, _: same(value, operand), f"be {quote(operand)}", sets=operand)


def _same_as(given: Given) -> Operator | None:
    reference = operands.needed_reference(given)
    if reference is None:
        return None
    return Operator("sameAs", _is(reference), f"be the same as {reference.text}")


def _differs_from(given: Given) -> Operator | None:
    reference = operands.needed_reference(given)
    if reference is None:
        return None
    return Operator("differsFrom", _not(_is(reference)), f"differ from {reference.text}", negative=True)


def _in(given: Given) -> Operator:
    if isinstance(given.operand, Reference):
        return Operator("in", _among(given.operand), f"be one of {given.operand.text}")
    values = operands.values(given)
    return _worded("in", lambda value, _: _contained(value, values), "be", operands.told(values))


def _not_in(given: Given) -> Operator:
    if isinstance(given.operand, Reference):
        return Operator("notIn", _not(_among(given.operand)), f"be none of {given.operand.text}", negative=True)
    values = operands.values(given)
    words = operands.told(values)
    return _worded("notIn", lambda value, _: not _contained(value, values), "not be", words, negative=True)


def _like(given: Given) -> Operator:
    return _matching("like", "be like", given.glob, given)


def _not_like(given: Given) -> Operator:
    return _matching("notLike", "not be like", given.glob, given)


def _pattern(given: Given) -> Operator:
    return _matching("pattern", "match", Pattern, given)


def _not_pattern(given: Given) -> Operator:
    return _matching("notPattern", "not match", Pattern, given)


def _matching(name: str, verb: str, grammar: Any, given: Given) -> Operator:
    patterns = operands.parsed(grammar, given)
    negative, test = name.startswith("not"), _matches(patterns)
    return _worded(name, _not(test) if negative else test, verb, operands.texts(patterns), negative=negative)


def _min(given: Given) -> Operator | None:
    return _bound("min", "at least", 1, given)


def _max(given: Given) -> Operator | None:
    return _bound("max", "at most", -1, given)


def _bound(name: str, word: str, sign: int, given: Given) -> Operator | None:
    operand = given.operand
    if isinstance(operand, Reference):
        return Operator(name, _measured_against(operand, sign), f"be {word} {operand.text}")
    bound = readings(operand)
    if not any(bound):
        told = f"expected a number, a quantity or a duration, found {described(operand)}"
        given.problems.error(given.at, told, "such as 1024, 1Gi, 30s")
        return None

    def holds(value: Any, _: Scope) -> bool:
        compared = compare(value, bound)
        return compared is not None and compared * sign >= 0

    return Operator(name, holds, f"be {word} {quote(operand)}")


def _ranges(given: Given) -> Operator:
    ranges = []
    for index, text in enumerate(operands.values(given)):
        try:
            ranges.append(parse_range(text))
        except ValueError as error:
            at = (*given.at, index) if isinstance(given.operand, list) else given.at
            given.problems.error(at, *error.args)
    words = [str(low) if low == high else f"{low}-{high}" for low, high in ranges]
    return _worded("ranges", lambda value, _: in_a_range(value, ranges), "be in", words)


def _contains(given: Given) -> Operator:
    wanted, words = operands.list_or_reference(given, "every value of")
    return _worded("contains", _holding(all, wanted), "contain", words, last="and")


def _contains_any(given: Given) -> Operator:
    wanted, words = operands.list_or_reference(given, "a value of")
    return _worded("containsAny", _holding(any, wanted), "contain", words)


def _not_contains(given: Given) -> Operator:
    wanted, words = operands.list_or_reference(given, "any value of")
    return _worded("notContains", _not(_holding(any, wanted)), "not contain", words, negative=True)


def _min_items(given: Given) -> Operator:
    count = operands.count(given, least=1)
    wants = f"have at least {plural(count, 'item')}"
    return Operator("minItems", lambda value, _: len(_items(value)) >= count, wants, absent=())


def _max_items(given: Given) -> Operator:
    count = operands.count(given, least=0)
    wants = f"have at most {plural(count, 'item')}"
    return Operator("maxItems", lambda value, _: len(_items(value)) <= count, wants, negative=True)


def _selects(given: Given) -> Operator | None:
    reference = operands.needed_reference(given)
    if reference is None:
        return None

    def holds(value: Any, scope: Scope) -> bool:
        labels = next(iter(scope(reference)), None)
        return selects_labels(value, labels if isinstance(labels, dict) else {}, given.problems)

    return Operator("selects", holds, f"select {reference.text}")


def _worded(
    name: str,
    holds: Callable[[Any, Scope], bool],
    verb: str,
    words: list[str],
    *,
    last: str = "or",
    negative: bool = False,
) -> Operator:
    """An operator whose operand is a list, which may be long."""
    wants = f"{verb} {listing(words, last)}"
    return Operator(name, holds, wants, negative, short=f"{verb} {some(words, last)}")


_COMPILERS: dict[str, Callable[[Given], Operator | None]] = {
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

_EXACT = ("equals", "in", "notIn", "sameAs", "differsFrom")
COMPARING = frozenset((*_EXACT, "min", "max", "contains", "containsAny", "notContains", "selects"))
"""The operators whose operand may be another path."""

Test = Callable[[Any, Scope], bool]


def _not(test: Test) -> Test:
    return lambda value, scope: not test(value, scope)


def _is(reference: Reference) -> Test:
    return lambda value, scope: _contained(value, scope(reference))


def _among(reference: Reference) -> Test:
    return lambda value, scope: _contained(value, operands.flat(scope(reference)))


def _matches(patterns: list[Any]) -> Test:
    tests = tuple(pattern.matches for pattern in patterns)

    def holds(value: Any, _: Scope) -> bool:
        if isinstance(value, str):
            for matches in tests:
                if matches(value):
                    return True
        return False

    return holds


def _holding(enough: Callable[[Iterable[bool]], bool], wanted: Callable[[Scope], list[Any]]) -> Test:
    def holds(value: Any, scope: Scope) -> bool:
        items = _items(value)
        return enough(_contained(part, items) for part in wanted(scope))

    return holds


def _measured_against(reference: Reference, sign: int) -> Test:
    """Where the other path is absent, there is no bound."""

    def holds(value: Any, scope: Scope) -> bool:
        compared = [compare(value, readings(other)) for other in scope(reference)]
        return all(one is not None and one * sign >= 0 for one in compared)

    return holds


def _contained(value: Any, values: Iterable[Any]) -> bool:
    return any(same(value, other) for other in values)


def _items(value: Any) -> Any:
    return value if isinstance(value, list | dict) else ()
