"""Durations as Go writes them (1h30m) and lifetimes as people do (7d); exact, never floating point."""

from __future__ import annotations

import re
from functools import lru_cache

from webhook.expressions import expression
from webhook.patterns import shown

_SECOND = 10**9
_UNITS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "μs": 10**3,
    "ms": 10**6,
    "s": _SECOND,
    "m": 60 * _SECOND,
    "h": 3600 * _SECOND,
}
_PART = expression(r"([0-9]*)(?:\.([0-9]*))?([^0-9.]*)")
_LONGEST = 64
_MOST = 2**63 - 1  # nanoseconds: what a Go duration holds, 292 years


class Duration:
    """A duration in whole nanoseconds, of zero or more; compared by value."""

    __slots__ = ("ns", "text")

    def __init__(self, ns: int, text: str) -> None:
        self.ns = ns
        self.text = text

    @classmethod
    def parse(cls, text: str) -> Duration:
        """What Go's time.ParseDuration reads, but no sign; ValueError otherwise. Parts of a nanosecond are cut off."""
        return _parse_duration(text)

    @property
    def seconds(self) -> float:
        """For what counts in seconds, such as a timeout."""
        return self.ns / _SECOND

    @property
    def canonical(self) -> str:
        """As Go prints it: 1h30m0s, 1.5s, 20ms, 0s."""
        if self.ns < _SECOND:
            return next((_decimal(self.ns, _UNITS[u]) + u for u in ("ms", "µs", "ns") if self.ns >= _UNITS[u]), "0s")
        minutes, rest = divmod(self.ns, _UNITS["m"])
        hours, minutes = divmod(minutes, 60)
        front = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
        return f"{front}{_decimal(rest, _SECOND)}s"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Duration) and self.ns == other.ns

    def __lt__(self, other: Duration) -> bool:
        return self.ns < other.ns

    def __le__(self, other: Duration) -> bool:
        return self.ns <= other.ns

    def __hash__(self) -> int:
        return hash(self.ns)

    def __repr__(self) -> str:
        return f"Duration({self.ns}, {self.text!r})"

    def __str__(self) -> str:
        return self.canonical


def _decimal(number: int, unit: int) -> str:
    whole, rest = divmod(number, unit)
    return f"{whole}.{str(rest).zfill(len(str(unit)) - 1).rstrip('0')}" if rest else str(whole)


@lru_cache(maxsize=1024)
def _parse_duration(text: str) -> Duration:
    if text == "0":
        return Duration(0, text)
    if not text or len(text) > _LONGEST:
        raise ValueError(f"{shown(text)} is no duration: write numbers with units, such as 1h30m")
    ns, at = 0, 0
    while at < len(text):
        part = _PART.match(text, at)
        if part is None:  # pragma: no cover - the expression accepts an empty text
            raise AssertionError(text)
        ns += _nanoseconds(text, part)
        at = part.end()
    if ns > _MOST:
        raise ValueError(f"{shown(text)} is too long for a duration: it holds at most 292 years (2562047h)")
    return Duration(ns, text)


def _nanoseconds(text: str, part: re.Match[str]) -> int:
    whole, fraction, unit = part.groups()
    if not whole and not fraction:
        cure = "without a sign" if text[0] in "+-" else "as numbers with units, such as 1h30m"
        raise ValueError(f"{shown(text)} is no duration: write it {cure}")
    scale = _UNITS.get(unit)
    if scale is None:
        raise ValueError(f"{shown(text)} is no duration: {_unit_cure(whole, unit)}")
    places: int = 10 ** len(fraction or "")
    return int((whole or "0") + (fraction or "")) * scale // places


def _unit_cure(whole: str, unit: str) -> str:
    if not unit:
        return f"{whole or 0} has no unit; the units are ns, us, ms, s, m and h"
    if whole and unit in {"d", "w"}:
        return f"{unit} is no unit of a duration; write {int(whole) * (24 if unit == 'd' else 168)}h"
    return f"{shown(unit, 20)} is no unit; the units are ns, us, ms, s, m and h"


_TTL = expression(r"([0-9]{1,9})([smhdw])")
_TTL_UNITS = {"w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}


class Ttl:
    """How long something may live, in whole seconds; `forever` is longer than all others."""

    __slots__ = ("forever", "seconds", "text")

    def __init__(self, forever: bool, seconds: int, text: str) -> None:
        self.forever = forever
        self.seconds = seconds
        self.text = text

    @classmethod
    def parse(cls, text: str) -> Ttl:
        """One number above zero with s, m, h, d or w, or the word forever; raises ValueError with the cure."""
        if text == "forever":
            return cls(True, 0, text)
        found = _TTL.fullmatch(text)
        if found is None:
            raise ValueError(f"{shown(text)} is no lifetime: {_lifetime_cure(text)}")
        seconds = int(found[1]) * _TTL_UNITS[found[2]]
        if not seconds:
            raise ValueError(f"{shown(text)} is no lifetime: it must be more than nothing, such as 12h")
        return cls(False, seconds, text)

    @property
    def canonical(self) -> str:
        """In the largest of d, h, m and s that needs no fraction; weeks are written as days."""
        if self.forever:
            return "forever"
        unit = next(unit for unit in "dhms" if self.seconds % _TTL_UNITS[unit] == 0)
        return f"{self.seconds // _TTL_UNITS[unit]}{unit}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ttl) and self._key == other._key

    def __lt__(self, other: Ttl) -> bool:
        return self._key < other._key

    def __le__(self, other: Ttl) -> bool:
        return self._key <= other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return f"Ttl({self.text!r})"

    @property
    def _key(self) -> tuple[bool, int]:
        return self.forever, self.seconds

    def __str__(self) -> str:
        return self.canonical


def _lifetime_cure(text: str) -> str:
    parts = re.findall(r"([0-9]{1,9})([smhdw])", text) if len(text) <= _LONGEST else []
    if len(parts) > 1 and "".join(map("".join, parts)) == text:
        total = sum(int(number) * _TTL_UNITS[unit] for number, unit in parts)
        return f"write one number with one unit, {Ttl(False, total, text).canonical}" if total else "it is nothing"
    if re.fullmatch(r"[0-9]{1,9}", text):
        return f"it has no unit; write {text}s, {text}h or {text}d"
    return "write one number with s, m, h, d or w, such as 12h or 7d, or forever"
