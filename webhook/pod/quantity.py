"""Quantities (100m, 1.5Gi, 12e6): the grammar and arithmetic of k8s.io/apimachinery's resource.Quantity, in integers.

A value is a whole number of billionths, rounded away from zero where more was written, as upstream does. One
difference: upstream caps a binary quantity at 2^63-1 and lets a decimal one grow (and writes 1000E back as 1), here a
decimal one beyond 2^63-1 is an error. Nothing is computed before digits and exponent are known to be small.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

from webhook.expressions import expression
from webhook.patterns import closest, shown

_ONE = 10**9
_MOST = (2**63 - 1) * _ONE
_LONGEST = 40  # characters of a quantity that people write
_LONGEST_READ = 256  # of one that the API server reads
_LARGEST_EXPONENT = 18 + _LONGEST_READ  # beyond it, no digits that fit into a text bring a value into bounds

_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL_SUFFIX = {exponent: suffix for suffix, exponent in _DECIMAL.items()}
_BINARY_SUFFIX = {exponent: suffix for suffix, exponent in _BINARY.items()}
_SUFFIXES = (*filter(None, _DECIMAL), *_BINARY)

_GRAMMAR = expression(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:([eE])([+-]?[0-9]+)|([numkMGTPE]|[KMGTPE]i)?)")


_BEGINS_WITH_DIGITS = expression(r"\.?[0-9]")


class QuantityError(ValueError):
    """A text or value is no quantity; the message says why and what would be one."""


class QuantityTooLarge(QuantityError):
    """More than a quantity can be; the API server takes it and makes the largest one of it."""


class Family(StrEnum):
    """The suffixes that a quantity was written with, and will be written with again."""

    DECIMAL = "DecimalSI"
    BINARY = "BinarySI"
    EXPONENT = "DecimalExponent"


class Quantity:
    """An exact amount, compared by value; `text` is what was written, empty for a computed one."""

    __slots__ = ("family", "nano", "text")

    def __init__(self, nano: int, family: Family, text: str) -> None:
        self.nano = nano
        self.family = family
        self.text = text

    @classmethod
    def parse(cls, text: str) -> Quantity:
        """What people should write: digits, a suffix, no sign, no blanks, at most 40 characters; else QuantityError."""
        if len(text) > _LONGEST:
            raise QuantityError(f"{shown(text)} is no quantity: it is longer than {_LONGEST} characters")
        if text[:1] in {"+", "-"}:
            raise QuantityError(f"{shown(text)} is no quantity here: write it without a sign")
        if not _BEGINS_WITH_DIGITS.match(text):
            raise QuantityError(f"{shown(text)} is no quantity: {_cure(text)}")
        return _read(text)

    @classmethod
    def of(cls, value: object) -> Quantity:
        """A JSON value as the API server reads it: a number, or a text (signs, outer blanks); else QuantityError."""
        if isinstance(value, str):
            if len(value) > _LONGEST_READ:
                raise QuantityTooLarge(f"{shown(value)} is no quantity: it is longer than {_LONGEST_READ} characters")
            return _read(value.strip())
        if isinstance(value, int) and not isinstance(value, bool):
            if abs(value) > _MOST:
                raise QuantityTooLarge("the number is too large for a quantity: at most 2^63-1")
            return _read(str(value))
        if isinstance(value, float):
            return _read(_as_go_writes(value))
        raise QuantityError(f"{_kind(value)} is no quantity: write a number, or a text such as 500m or 1Gi")

    @property
    def is_whole(self) -> bool:
        """Whether it is a whole number, as bytes and devices must be."""
        return self.nano % _ONE == 0

    @property
    def milli(self) -> int:
        """Thousandths, rounded away from zero: what cpu counts in."""
        return _away_from_zero(self.nano, _ONE // 1000)

    @property
    def value(self) -> int:
        """The value rounded away from zero to a whole number."""
        return _away_from_zero(self.nano, _ONE)

    @property
    def canonical(self) -> str:
        """The largest suffix of its family under which the number is whole (1.5Gi is 1536Mi, 0.1 is 100m)."""
        if self.nano == 0:
            return "0"
        if self.family is Family.BINARY and self.is_whole and abs(self.nano) >= 1024 * _ONE:
            return _in_binary(self.nano // _ONE)
        return _in_decimal(self.nano, self.family)

    @property
    def written(self) -> str:
        """What the API server writes for it: canonical, but for a few spellings it takes to be so (+1, 010, 1.500)."""
        return self.text if self.text and _is_kept(self) else self.canonical

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Quantity) and self.nano == other.nano

    def __lt__(self, other: Quantity) -> bool:
        return self.nano < other.nano

    def __le__(self, other: Quantity) -> bool:
        return self.nano <= other.nano

    def __hash__(self) -> int:
        return hash(self.nano)

    def __repr__(self) -> str:
        return f"Quantity({self.nano}, {self.family}, {self.text!r})"

    def __add__(self, other: Quantity) -> Quantity:
        return Quantity(self.nano + other.nano, self.family if self.nano else other.family, "")

    def __mul__(self, times: int) -> Quantity:
        return Quantity(self.nano * times, self.family, "")

    def __str__(self) -> str:
        return self.canonical


@lru_cache(maxsize=4096)
def _read(text: str) -> Quantity:
    found = _GRAMMAR.fullmatch(text) if text else None
    if found is None:
        raise QuantityError(f"{shown(text)} is no quantity: {_cure(text)}")
    sign, whole, fraction, e, exponent, suffix = found.groups()
    if not whole and not fraction and (suffix in {"Pi", "Ei"} or int(exponent or 0) < -9):
        raise QuantityError(f"{shown(text)} is no quantity: {_cure(text)}")  # upstream reads others without digits as 0
    digits = int(f"{whole}{fraction or ''}" or "0")
    places = len(fraction or "")
    if suffix in _BINARY:
        family = Family.BINARY
        nano = min(_scaled(digits << _BINARY[suffix], 9 - places), _MOST)
        if 0 < nano < _ONE:
            family = Family.DECIMAL
    else:
        family = Family.EXPONENT if e else Family.DECIMAL
        power = _exponent(text, exponent) if e else _DECIMAL[suffix or ""]
        nano = _scaled(digits, power + 9 - places) if digits else 0
        if nano > _MOST:
            raise QuantityTooLarge(f"{shown(text)} is too large for a quantity: at most 2^63-1, 9223372036854775807")
    return Quantity(-nano if sign == "-" else nano, family, text)


def _exponent(text: str, exponent: str) -> int:
    if int(exponent) > _LARGEST_EXPONENT:
        raise QuantityTooLarge(f"{shown(text)} is too large for a quantity: at most 2^63-1, 9223372036854775807")
    return max(int(exponent), -_LARGEST_EXPONENT)  # so small that it is rounded up to a billionth anyway


def _scaled(digits: int, power: int) -> int:
    scale: int = 10 ** abs(power)
    return digits * scale if power >= 0 else -(-digits // scale)


def _away_from_zero(number: int, unit: int) -> int:
    return -(-number // unit) if number >= 0 else number // unit


def _in_binary(number: int) -> str:
    exponent = 0
    while number % 1024 == 0 and exponent < 60:
        number //= 1024
        exponent += 10
    return f"{number}{_BINARY_SUFFIX.get(exponent, '')}"


def _in_decimal(nano: int, family: Family) -> str:
    number, exponent = nano, -9
    while number % 1000 == 0 and (family is Family.EXPONENT or exponent < 18):
        number //= 1000
        exponent += 3
    if family is Family.EXPONENT:
        return f"{number}e{exponent}" if exponent else str(number)
    return f"{number}{_DECIMAL_SUFFIX[exponent]}"


def _is_kept(quantity: Quantity) -> bool:
    """Whether upstream's quick way of reading takes the text to be canonical (quantity.go, ParseQuantity)."""
    found = _GRAMMAR.fullmatch(quantity.text)
    if found is None:
        return False
    _, whole, fraction, _, exponent, suffix = found.groups()
    whole = whole.lstrip("0") or "0"
    shifted = whole + (fraction or "")
    if suffix in _BINARY:
        room = 15 - len(whole) - _BINARY[suffix] * 3 // 10 - 1
        return not fraction and room >= 0 and int(shifted) & 7 != 0
    scale = (int(exponent) if exponent else _DECIMAL[suffix or ""]) - len(fraction or "")
    return len(shifted) <= 18 and scale >= -9 and scale % 3 == 0 and shifted[-3:] != "000" and shifted[0] != "0"


def _as_go_writes(value: float) -> str:
    """A number as Go's JSON encoder writes it: the shortest digits, an exponent only below 1e-6 and from 1e21."""
    mantissa, _, exponent = repr(value).partition("e")
    if not exponent:
        return mantissa.removesuffix(".0")
    if mantissa in {"nan", "inf", "-inf"} or not 1e-6 <= abs(value) < 1e21:
        return f"{mantissa.removesuffix('.0')}e{int(exponent)}"
    sign = "-" if value < 0 else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    power = int(exponent)
    if power < 0:
        return f"{sign}0.{'0' * (-power - 1)}{whole}{fraction if fraction != '0' else ''}"
    return f"{sign}{whole}{fraction.ljust(power, '0')}"


def _kind(value: object) -> str:
    if value is None:
        return "null"
    return {bool: "true or false", list: "a list", dict: "a mapping"}.get(type(value), "this")


_WORDS = {"b": "", "kb": "k", "mb": "M", "gb": "G", "tb": "T", "pb": "P", "kib": "Ki", "mib": "Mi", "gib": "Gi"}
_WORDS |= {"k": "k", "g": "G", "t": "T", "p": "P"}


def _cure(text: str) -> str:
    """What was probably meant by a text that is no quantity."""
    number = re.match(r"[+-]?[0-9]+(?:\.[0-9]*)?", text.strip())
    if number is None:
        return "write a number and a suffix, such as 500m or 1Gi"
    suffix = text.strip()[number.end() :]
    if suffix in _SUFFIXES or not suffix:
        return f"leave out the blanks, write {number[0]}{suffix}"
    meant = _WORDS.get(suffix.strip().lower())
    if meant is None:  # one wrong letter alone is no hint
        meant = closest(suffix.strip(), _SUFFIXES) if 2 <= len(suffix) <= 4 else None
    if meant is not None:
        return f"{shown(suffix)} is no suffix, did you mean {number[0]}{meant}?"
    return f"{shown(suffix, 20)} is no suffix; there are n u m k M G T P E, Ki Mi Gi Ti Pi Ei, and exponents such as e3"
