"""How much memory a value of our own takes, roughly: caches are bounded by it."""

from typing import Any

_EACH = 60


def weight(value: Any) -> int:
    """Bytes of nested tuples of texts and the like; what is shared is counted each time, so it is never too little."""
    if isinstance(value, str):
        return _EACH + len(value)
    if isinstance(value, tuple):
        return _EACH + 8 * len(value) + sum(map(weight, value))
    return 0 if value is None else 32
