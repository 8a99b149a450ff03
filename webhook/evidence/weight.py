"""How much memory a value of our own takes, roughly: caches are bounded by it."""

from typing import Any

from webhook.admission.evidence import Package, Vulnerability

_EACH = 60
_SHARED = 64
"""Of a vulnerability or package: most are the same in many images, and then one value serves them all."""


def weight(value: Any) -> int:
    """Bytes of nested tuples of texts and the like."""
    if isinstance(value, str):
        return _EACH + len(value)
    if isinstance(value, Vulnerability | Package):
        return _SHARED
    if isinstance(value, tuple):
        return _EACH + 8 * len(value) + sum(map(weight, value))
    return 0 if value is None else 32
