"""Packages and licences that a bill of materials must not list."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from webhook.admission.evidence import Package
from webhook.patterns import Glob
from webhook.pod.version import Version, VersionRange

_RANGE = re.compile(r":(?=\s*[<>=!])")
_WORDS = re.compile(r"\(|\)|[^\s()]+")
_DEEPEST = 32  # brackets within brackets in an expression; no licence text comes near


class ForbiddenPackage(NamedTuple):
    """A package that must not be there: by its name or a glob, in every version or in those of a range."""

    text: str
    name: Glob
    versions: VersionRange | None

    @classmethod
    def parse(cls, text: str) -> "ForbiddenPackage":
        """A name, and after a colon a range: log4j-core:<2.17.1."""
        name, *ranges = _RANGE.split(text, maxsplit=1)
        if not name.strip() or name != name.strip():
            raise ValueError(f"`{text[:80]}` names no package", "write log4j-core, or log4j-core:<2.17.1")
        version = name.rpartition(":")[2]
        if not ranges and ":" in name and Version.of_tag(version):
            cure = f"write {name.rpartition(':')[0]}:={version}, or a range such as :<{version}"
            raise ValueError(f"`{text[:80]}` has a version and does not say how it is compared", cure)
        return cls(text, Glob.parse(name), VersionRange.parse(ranges[0]) if ranges else None)

    def names(self, package: Package) -> bool:
        """Whether it is this package: by its whole name, or by what follows its group (org.apache:log4j-core)."""
        if self.name.matches(package.name):
            return True
        last = max(package.name.rfind("/"), package.name.rfind(":"))
        return last >= 0 and self.name.matches(package.name[last + 1 :])

    def covers(self, package: Package) -> bool | None:
        """Whether it is this package in one of these versions; None where its version cannot be compared."""
        if not self.names(package):
            return False
        if self.versions is None:
            return True
        version = Version.of_tag(package.version)
        return None if version is None else self.versions.contains(version)


def is_forbidden(expression: str, forbidden: Sequence[Glob]) -> bool:
    """Whether a licence, as an SPDX expression or a name, leaves no way around what is forbidden.

    Of alternatives (OR) one that is allowed will do; of what holds together (AND) all must be. An exception (WITH) does
    not change the licence. What is no expression is forbidden where one of its words is. `forbidden` is in lower case.
    """
    if _matches(expression, forbidden):
        return True
    words = _WORDS.findall(expression)
    reading = _Reading(words, forbidden)
    try:
        return reading.whole()
    except _NoExpressionError:
        return any(_matches(word.strip(",;"), forbidden) for word in words)


def forbidden_license(package: Package, forbidden: Sequence[Glob]) -> str:
    """The first of a package's licences that is forbidden; "" where none is."""
    return next((one for one in package.licenses if is_forbidden(one, forbidden)), "")


class _NoExpressionError(ValueError):
    """Words that are no SPDX expression."""


class _Reading:
    """An SPDX licence expression (annex D of SPDX 2.3), read from left to right: OR binds less than AND."""

    def __init__(self, words: list[str], forbidden: Sequence[Glob]) -> None:
        self._words, self._forbidden = words, forbidden
        self.at = 0

    def whole(self) -> bool:
        """Whether nothing but forbidden ways are left; raises _NoExpressionError."""
        found = self._alternatives(0)
        if self.at < len(self._words):
            raise _NoExpressionError
        return found

    def _alternatives(self, depth: int) -> bool:
        each = list(self._parts("OR", depth))
        return all(each)

    def _together(self, depth: int) -> bool:
        each = list(self._parts("AND", depth))
        return any(each)

    def _parts(self, operator: str, depth: int) -> Iterator[bool]:
        while True:
            yield self._together(depth) if operator == "OR" else self._one(depth)
            if self._next().upper() != operator:
                return
            self.at += 1

    def _one(self, depth: int) -> bool:
        word = self._take()
        if word == "(":
            if depth >= _DEEPEST:
                raise _NoExpressionError
            found = self._alternatives(depth + 1)
            if self._take() != ")":
                raise _NoExpressionError
            return found
        if word == ")" or word.upper() in ("AND", "OR", "WITH"):
            raise _NoExpressionError
        if self._next().upper() == "WITH":
            self.at += 1
            self._take()
        return _matches(word, self._forbidden)

    def _next(self) -> str:
        return self._words[self.at] if self.at < len(self._words) else ""

    def _take(self) -> str:
        word = self._next()
        if not word:
            raise _NoExpressionError
        self.at += 1
        return word


def _matches(name: str, forbidden: Sequence[Glob]) -> bool:
    """SPDX ids are compared without case."""
    return any(glob.matches(name.lower()) for glob in forbidden)
