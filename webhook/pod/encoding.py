"""How the API server reads an object and writes it again: which zeros go, which appear, quantities canonical.

Read from the Go types (schema.py): a null is the zero of its type; a zero goes where the field is omitempty and no
pointer; a struct is always written, with the members that are always written; unknown fields go. A value of a wrong
type is left as it is: the API server would have refused it.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from webhook.pod.quantity import Quantity, QuantityError
from webhook.pod.schema import Field, fields

Hooks = Mapping[str, Callable[[dict[str, Any]], None]]
"""For an API type what happens to each struct of it once its members are done; it may change the dict in place."""

_SCALAR_ZEROS: dict[str, Any] = {"s": "", "i": 0, "l": 0, "f": 0, "b": False, "q": "0", "I": 0}
_PLAIN = frozenset("silfbyta")
_MILLI = 10**6
"""Billionths in a thousandth: the API server rounds every map of resources up to thousandths."""


def encoded(field: Field, value: Any, hooks: Hooks) -> Any:
    """The value as the API server writes it after reading it; the input is not changed, plain parts are shared."""
    if value is None:
        return zero(field, hooks)
    if field.code in _PLAIN:
        return value
    if field.code == "#":
        return _struct(field.struct, value, hooks) if isinstance(value, dict) else value
    if field.code == "[":
        return _list(field, value, hooks) if isinstance(value, list) else value
    if field.code == "{":
        return _map(field, value, hooks) if isinstance(value, dict) else value
    return _quantity(value) if field.code == "q" else value


def zero(field: Field, hooks: Hooks) -> Any:
    """What the API server writes for a field that was never set."""
    if field.pointer:
        return None
    return _struct(field.struct, {}, hooks) if field.code == "#" else _SCALAR_ZEROS.get(field.code)


def _struct(name: str, value: dict[str, Any], hooks: Hooks) -> dict[str, Any]:
    known = fields(name)
    out: dict[str, Any] = {}
    for key, inner in value.items():
        field = known.get(key)
        if field is not None:
            written = inner if inner and field.code in _PLAIN else encoded(field, inner, hooks)
            if written or not _dropped(field, written):
                out[key] = written
    for key, field in _always(name):
        if key not in out:
            out[key] = zero(field, hooks)
    if (hook := hooks.get(name)) is not None:
        hook(out)
    return out


@cache
def _always(struct: str) -> tuple[tuple[str, Field], ...]:
    """The members that Go writes even when they are zero: a struct by value is never empty for omitempty."""
    return tuple(
        (name, field)
        for name, field in fields(struct).items()
        if not field.omitzero and (not field.omitempty or (field.code in "#qIt" and not field.pointer))
    )


def _dropped(field: Field, value: Any) -> bool:
    if not field.omitempty and not field.omitzero:
        return False
    if value is None:
        return field.pointer or field.omitzero or field.code != "t"
    if field.pointer:
        return False
    if field.code in "[{":
        return value in ([], {})
    return field.code in "silfby" and value in ("", 0) and isinstance(value, bool) == (field.code == "b")


def _list(field: Field, value: list[Any], hooks: Hooks) -> list[Any]:
    element = field.element
    if element is None or (element.code in _PLAIN and None not in value):
        return value
    return [encoded(element, inner, hooks) for inner in value]


def _map(field: Field, value: dict[str, Any], hooks: Hooks) -> dict[str, Any]:
    element = field.element
    if element is None or (element.code in _PLAIN and None not in value.values()):
        return value
    if element.code == "q":
        return {key: _quantity("0" if inner is None else inner, _MILLI) for key, inner in value.items()}
    return {key: encoded(element, inner, hooks) for key, inner in value.items()}


def _quantity(value: Any, unit: int = 1) -> Any:
    """A quantity as it is written back; in thousandths where it is not whole in the unit, given in billionths."""
    try:
        quantity = Quantity.of(value)
    except QuantityError:
        return value
    if quantity.nano % unit:
        quantity = Quantity(quantity.milli * _MILLI, quantity.family, "")
    return quantity.written
