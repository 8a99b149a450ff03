"""JSON from strangers, parsed: its fields in the types that they must have, or Unreadable, which names the field.

null is absent, as Go's encoder means it; unknown fields are never looked at; nothing here raises anything else.
"""

import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from webhook.evidence.predicates import moments
from webhook.patterns import shown

LONGEST = 4096
"""Characters of a text that is compared as a whole: a builder, a source, a licence expression. Longer is unreadable."""

LONGEST_WORD = 400
"""Characters of a text that is shown to people or looked up (ids, names, versions); what is longer is cut."""

MOST_NAMES = 1_024
"""Things of which people write a few: approvers, namespaces, levels, products of a statement."""

MOST_ITEMS = 1_000_000
"""Entries of any other list; what they amount to has caps of its own."""

T = TypeVar("T")


class Unreadable(ValueError):
    """A field that cannot be read as what it must be; its text is a clause for people: "its `a.b` is no text"."""

    def __init__(self, path: str, what: str) -> None:
        super().__init__(path, what)
        self.path, self.what = path, what

    def __str__(self) -> str:
        return f"its `{self.path}` {self.what}" if self.path else f"it {self.what}"

    def within(self, outer: str) -> "Unreadable":
        """The same, seen from further out."""
        dot = "." if self.path and not self.path.startswith("[") else ""
        return Unreadable(f"{outer}{dot}{self.path}", self.what)


def as_object(value: Any) -> dict[str, Any]:
    """The value itself, which must be an object."""
    if not isinstance(value, dict):
        raise Unreadable("", "is no object")
    return value


def text(document: Mapping[str, Any], name: str, longest: int = LONGEST) -> str:
    """A text, "" where there is none."""
    found = document.get(name)
    if found is None:
        return ""
    return _text(found, name, longest)


def required(document: Mapping[str, Any], name: str) -> str:
    """A text that must be there."""
    found = text(document, name)
    if not found:
        raise Unreadable(name, "is missing")
    return found


def word(document: Mapping[str, Any], name: str) -> str:
    """A text that many documents have in common, cut and shared; "" where there is none."""
    found = document.get(name)
    if found is None:
        return ""
    if type(found) is not str:
        raise Unreadable(name, "is no text")
    return sys.intern(found if len(found) <= LONGEST_WORD else found[:LONGEST_WORD])


def words(document: Mapping[str, Any], name: str, most: int = MOST_NAMES) -> tuple[str, ...]:
    """Texts that many documents have in common, cut and shared, without nulls and empty ones."""
    found = _list(document, name, most)
    if not all(type(one) is str or one is None for one in found):
        raise Unreadable(name, "holds what is no text")
    return tuple(sys.intern(one[:LONGEST_WORD]) for one in found if one)


def texts(document: Mapping[str, Any], name: str, most: int = MOST_NAMES) -> tuple[str, ...]:
    """Texts that are compared as wholes, without nulls and empty ones."""
    found = _list(document, name, most)
    return tuple(_text(one, f"{name}[{index}]", LONGEST) for index, one in enumerate(found) if one not in (None, ""))


def mapping(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An object, empty where there is none."""
    found = document.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise Unreadable(name, "is no object")
    return found


def nested(document: Mapping[str, Any], name: str, read: Callable[[dict[str, Any]], T]) -> T:
    """What `read` makes of an object, which is empty where there is none."""
    found = mapping(document, name)
    try:
        return read(found)
    except Unreadable as error:
        raise error.within(name) from None


def each(
    document: Mapping[str, Any], name: str, read: Callable[[dict[str, Any]], T], most: int = MOST_ITEMS
) -> list[T]:
    """What `read` makes of each object of a list, nulls left out; nothing where there is no list."""
    results: list[T] = []
    for index, item in enumerate(_list(document, name, most)):
        if item is None:
            continue
        try:
            results.append(read(as_object(item)))
        except Unreadable as error:
            raise error.within(f"{name}[{index}]") from None
    return results


def moment(document: Mapping[str, Any], name: str) -> datetime | None:
    """A time in UTC; None where there is none, or only the one that Go writes for none."""
    found = written_moment(document, name)
    return None if found is None or moments.is_zero(found) else found


def written_moment(document: Mapping[str, Any], name: str) -> datetime | None:
    """A time in UTC as it is written, Go's zero too; None where there is none."""
    written = text(document, name)
    if not written:
        return None
    found = moments.parse(written)
    if found is None:
        raise Unreadable(name, f"is {shown(written, 40)}, no time of RFC 3339 with a zone")
    return found


def number(document: Mapping[str, Any], name: str) -> int:
    """A whole number from 0 to 2^63-1, 0 where there is none."""
    found = document.get(name)
    if found is None:
        return 0
    if type(found) is not int or not 0 <= found < 2**63:
        raise Unreadable(name, "is no whole number from 0")
    return found


def earliest(*times: datetime | None) -> datetime | None:
    """The first of all times that are known."""
    return min((one for one in times if one is not None), default=None)


def _text(found: Any, name: str, longest: int) -> str:
    if type(found) is not str:
        raise Unreadable(name, "is no text")
    if len(found) > longest:
        raise Unreadable(name, f"has {len(found)} characters, more than {longest}")
    return found


def _list(document: Mapping[str, Any], name: str, most: int) -> list[Any]:
    found = document.get(name)
    if found is None:
        return []
    if not isinstance(found, list):
        raise Unreadable(name, "is no list")
    if len(found) > most:
        raise Unreadable(name, f"has {len(found)} entries, more than {most}")
    return found
