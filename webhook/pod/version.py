"""Semantic versions (semver.org 2.0.0), as strictly as written down or as loosely as image tags have them; ranges."""

from __future__ import annotations

import re
from functools import lru_cache, total_ordering
from typing import NamedTuple

from webhook.expressions import expression
from webhook.patterns import shown

_LONGEST = 256
_NUMBER = r"(?:0|[1-9][0-9]*)"
_IDENTIFIER = rf"(?:{_NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_BUILD = r"(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
_PRE_RELEASE = rf"(?:-({_IDENTIFIER}(?:\.{_IDENTIFIER})*))?"
_STRICT = expression(rf"[vV]?({_NUMBER})\.({_NUMBER})\.({_NUMBER}){_PRE_RELEASE}{_BUILD}")
_LOOSE = expression(rf"[vV]?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?{_BUILD}")
_COMPARATOR = expression(r"(<=|>=|!=|<|>|=)\s*([^\s,<>=!]+)\s*(?:,\s*(?=[<>=!])|(?=[<>=!])|$)")


@total_ordering
class Version:
    """A version; build metadata counts for nothing, a pre-release comes before its release."""

    __slots__ = ("numbers", "pre_release", "text")

    def __init__(self, numbers: tuple[int, int, int], pre_release: tuple[str, ...], text: str) -> None:
        self.numbers = numbers
        self.pre_release = pre_release
        self.text = text

    @classmethod
    def parse(cls, text: str) -> Version:
        """A version as semver.org writes it, a leading v apart; raises ValueError with what is missing."""
        found = _STRICT.fullmatch(text) if len(text) <= _LONGEST else None
        if found is None:
            loose = cls.of_tag(text)
            cure = f"write {loose.canonical}" if loose else "write three numbers, such as 1.4.2"
            raise ValueError(f"{shown(text)} is no semantic version: {cure}")
        return cls._from(found, text)

    @classmethod
    @lru_cache(maxsize=1024)
    def of_tag(cls, tag: str) -> Version | None:
        """The version that an image tag states, 1.27 being 1.27.0; None for one that states none (latest, 1.2.3.4)."""
        found = _LOOSE.fullmatch(tag) if len(tag) <= _LONGEST else None
        return cls._from(found, tag) if found else None

    @classmethod
    def _from(cls, found: re.Match[str], text: str) -> Version:
        major, minor, patch, pre_release = found.groups()
        identifiers = tuple(pre_release.split(".")) if pre_release else ()
        return cls((int(major), int(minor or 0), int(patch or 0)), identifiers, text)

    @property
    def canonical(self) -> str:
        """Without a leading v and build metadata, with all three numbers."""
        number = ".".join(map(str, self.numbers))
        return f"{number}-{'.'.join(self.pre_release)}" if self.pre_release else number

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Version):
            return False
        return self.numbers == other.numbers and self.pre_release == other.pre_release

    def __hash__(self) -> int:
        return hash((self.numbers, self.pre_release))

    def __repr__(self) -> str:
        return f"Version({self.text!r})"

    def __lt__(self, other: Version) -> bool:
        if self.numbers != other.numbers:
            return self.numbers < other.numbers
        if not self.pre_release or not other.pre_release:
            return bool(self.pre_release) and not other.pre_release
        return _precedence(self) < _precedence(other)


def _precedence(version: Version) -> list[tuple[bool, int, str]]:
    """Semver 11.4: numbers by value and before words, words by ASCII, fewer identifiers before more."""
    return [(False, int(one), "") if one.isdigit() else (True, 0, one) for one in version.pre_release]


class VersionRange(NamedTuple):
    """Comparators that must all hold, such as `>=1.2, <2`; written with < <= > >= = !=."""

    text: str
    comparators: tuple[tuple[str, Version], ...]

    @classmethod
    def parse(cls, text: str) -> VersionRange:
        """Raises ValueError for what is no range, and for one that no version is in."""
        comparators: list[tuple[str, Version]] = []
        at = 0
        stripped = text.strip()
        while at < len(stripped):
            found = _COMPARATOR.match(stripped, at)
            version = Version.of_tag(found[2]) if found else None
            if found is None or version is None:
                raise ValueError(
                    f"{shown(text)} is no range of versions at {shown(stripped[at:])}: write >=1.2, <2.0.1"
                )
            comparators.append((found[1], version))
            at = found.end()
        if not comparators:
            raise ValueError("a range of versions is empty: write >=1.2, <2.0.1")
        if _is_empty(comparators):
            raise ValueError(f"no version can be in the range {shown(text)}: its bounds exclude each other")
        return cls(text, tuple(comparators))

    def contains(self, version: Version) -> bool:
        """Whether all comparators hold; pre-releases are compared like any other version."""
        return all(_holds(operator, version, bound) for operator, bound in self.comparators)


def _holds(operator: str, version: Version, bound: Version) -> bool:
    if operator == "<":
        return version < bound
    if operator == "<=":
        return version <= bound
    if operator == ">":
        return version > bound
    if operator == ">=":
        return version >= bound
    return (version == bound) == (operator == "=")


_LEAST = Version((0, 0, 0), ("0",), "0.0.0-0")


def _is_empty(comparators: list[tuple[str, Version]]) -> bool:
    """Whether the bounds meet nowhere; whatever is not excluded so simply counts as a range that may match."""
    lows = [_LEAST, *(bound for operator, bound in comparators if operator in {">", ">=", "="})]
    highs = [bound for operator, bound in comparators if operator in {"<", "<=", "="}]
    if not highs or max(lows) < min(highs):
        return False
    only = min(highs)
    return max(lows) > only or not all(_holds(operator, only, bound) for operator, bound in comparators)
