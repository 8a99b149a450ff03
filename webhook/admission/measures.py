"""Measures: values of which one can be larger than another: numbers, quantities, durations; and ranges of numbers."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from webhook.pod.duration import Duration
from webhook.pod.quantity import Quantity

_LONGEST = 256  # characters of the longest quantity that the API server reads

Readings = tuple[Any, ...]
"""A value as a quantity (numbers are) and as a duration; None where it is none. `5m` is both."""


def readings(value: Any) -> Readings:
    """Every way in which a value can be measured."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None, None
    if isinstance(value, str) and len(value) > _LONGEST:  # no measure is that long, and it must not stay in memory
        return None, None
    return _readings(value)


@lru_cache(4096, typed=True)
def _readings(value: int | float | str) -> Readings:
    return _read(Quantity.of, value), _read(Duration.parse, value) if isinstance(value, str) else None


def compare(value: Any, bound: Readings) -> int | None:
    """Negative, zero or positive as the value is below, at or above the bound; None where that cannot be said."""
    for mine, other in zip(readings(value), bound, strict=True):
        if mine is not None and other is not None:
            return int(mine > other) - int(mine < other)
    return None


def _read(read: Callable[[Any], Any], value: Any) -> Any:
    try:
        return read(value)
    except ValueError:
        return None


def parse_range(text: Any) -> tuple[int, int]:
    """The bounds of `1000-1999`, or of a single number; raises ValueError (what is wrong, the cure)."""
    low, dash, high = str(text).partition("-")
    if isinstance(text, bool) or not (_is_number(low) and (not dash or _is_number(high))):
        raise ValueError(f"`{str(text)[:40]}` is no range", 'write it as "1000-1999"')
    bounds = int(low), int(high or low)
    if bounds[0] > bounds[1]:
        raise ValueError(f"`{text}` is empty: it ends before it begins", f'write it as "{bounds[1]}-{bounds[0]}"')
    return bounds


def in_a_range(value: Any, ranges: list[tuple[int, int]]) -> bool:
    """Whether a whole number, or a text that is one, lies in one of the ranges."""
    if isinstance(value, str) and _is_number(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return False
    return any(low <= value <= high for low, high in ranges)


def _is_number(text: str) -> bool:
    return len(text) <= 20 and text.isascii() and text.isdigit()
