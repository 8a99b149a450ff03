"""What the API server would not take over from an object as it is written: fields that it does not know, and values
that it cannot read. It is as strict as `fieldValidation=Strict`, which is what kubectl asks for.

`reads_all` only says whether there is anything of the kind: one quick walk, for the many objects in which all is well.
misfits.py says what.

The API server (sigs.k8s.io/json) matches names with their case, takes null for every type, and wants numbers in the
bits of their Go type. Quantities, times and bytes read themselves.
"""

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any

from webhook.pod.schema import Field, fields, struct_of

_INT32 = 1 << 31
_INT64 = 1 << 63

_BASE64 = "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"
_TIME = r"(\d{4})-(\d\d)-(\d\d)T(\d{1,2}):(\d\d):(\d\d)(?:[.,]\d+)?(?:Z|[+-](\d\d):(\d\d))"
"""RFC 3339 as Go reads it. Both are compiled when they are needed: most runs of `doorward check` never do."""

Reads = Callable[[Any], bool]


def reads_all(obj: Mapping[str, Any]) -> bool:
    """Whether the API server knows every field of the object and can read every value; True for kinds not built in."""
    struct = struct_of(obj)
    return struct is None or _struct(struct)(obj)


def may_hold(field: Field, value: Any) -> bool:
    """Whether the field can have the value, whatever is in that; null aside."""
    expected = {"#": dict, "{": dict, "[": list}.get(field.code) or _reads(field)
    return isinstance(value, expected) if isinstance(expected, type) else expected(value)


def _reads(field: Field) -> type | Reads:
    """What reads a value other than null: the only type that may stand there, or a function that says whether."""
    scalar = _SCALARS.get(field.code)
    if scalar is not None:
        return scalar
    if field.code == "#":
        return _struct(field.struct)
    element = _reads(field.element) if field.element is not None else _anything
    return _list(element) if field.code == "[" else _map(element)


@cache
def _struct(name: str) -> Reads:
    known: dict[str, type | Reads] = {}

    def reads(value: Any) -> bool:
        if value.__class__ is not dict:
            return False
        if not known:  # later than the function itself: types can hold themselves
            known.update({name: _reads(field) for name, field in fields(name).items()})
        for key, inner in value.items():
            read = known.get(key)
            if read is inner.__class__:
                continue
            if read is None or (inner is not None and (read.__class__ is type or not read(inner))):
                return False
        return True

    return reads


def _list(element: type | Reads) -> Reads:
    def reads(value: Any) -> bool:
        return value.__class__ is list and _all(element, value)

    return reads


def _map(element: type | Reads) -> Reads:
    def reads(value: Any) -> bool:
        return value.__class__ is dict and _all(element, value.values())

    return reads


def _all(element: type | Reads, values: Any) -> bool:
    for value in values:
        if element is value.__class__ or value is None:
            continue
        if element.__class__ is type or not element(value):
            return False
    return True


def _int32(value: Any) -> bool:
    return value.__class__ is int and -_INT32 <= value < _INT32


def _int64(value: Any) -> bool:
    return value.__class__ is int and -_INT64 <= value < _INT64


def _number(value: Any) -> bool:
    return value.__class__ is int or value.__class__ is float


def _int_or_string(value: Any) -> bool:
    return value.__class__ is str or _int32(value)


def _quantity(value: Any) -> bool:
    return value.__class__ in (str, int, float) and _is_quantity(value)


@lru_cache(2048, typed=True)
def _is_quantity(value: str | float) -> bool:
    from webhook.pod.quantity import Quantity, QuantityError, QuantityTooLarge

    try:
        Quantity.of(value)
    except QuantityTooLarge:
        return True
    except QuantityError:
        return False
    return not (isinstance(value, str) and any(char < " " for char in value))  # Go reads them as JSON escapes them


def _time(value: Any) -> bool:
    import re
    from datetime import datetime

    found = re.fullmatch(_TIME, value, re.ASCII) if isinstance(value, str) else None
    if found is None:
        return False
    year, month, day, hour, minute, second, *zone = (int(number or 0) for number in found.groups())
    try:
        datetime(year or 4, month, day, hour, minute, second)  # Go has a year 0, which is a leap year
    except ValueError:
        return False
    return zone[0] <= 24 and zone[1] <= 60


def _bytes(value: Any) -> bool:
    import re

    if isinstance(value, list):  # Go takes the numbers of the bytes too
        return all(one is None or (one.__class__ is int and 0 <= one < 256) for one in value)
    return isinstance(value, str) and bool(re.fullmatch(_BASE64, value.replace("\n", "").replace("\r", "")))


def _anything(_: Any) -> bool:
    return True


_SCALARS: dict[str, type | Reads] = {
    "s": str,
    "b": bool,
    "i": _int32,
    "l": _int64,
    "f": _number,
    "I": _int_or_string,
    "q": _quantity,
    "t": _time,
    "y": _bytes,
    "a": _anything,
}
