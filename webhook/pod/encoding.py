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

_SCALAR_ZEROS: dict[str, Any] = {"s": "", "i": 0, "f": 0, "b": False, "q": "0", "I": 0}
_PLAIN = frozenset("sifbyta")


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
            inner = encoded(field, inner, hooks)  # noqa: PLW2901
            if not _dropped(field, inner):
                out[key] = inner
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
    return field.code in "sifby" and value in ("", 0) and isinstance(value, bool) == (field.code == "b")


def _list(field: Field, value: list[Any], hooks: Hooks) -> list[Any]:
    element = _element(field)
    if element.code in _PLAIN and None not in value:
        return value
    return [encoded(element, inner, hooks) for inner in value]


def _map(field: Field, value: dict[str, Any], hooks: Hooks) -> dict[str, Any]:
    element = _element(field)
    if element.code == "q":
        return {key: to_milli(encoded(element, inner, hooks)) for key, inner in value.items()}
    if element.code in _PLAIN and None not in value.values():
        return value
    return {key: encoded(element, inner, hooks) for key, inner in value.items()}


def _element(field: Field) -> Field:
    assert field.element is not None  # noqa: S101
    return field.element


def _quantity(value: Any) -> Any:
    try:
        return Quantity.of(value).canonical
    except QuantityError:
        return value


def to_milli(value: Any) -> Any:
    """A canonical quantity rounded up to thousandths: the API server does that in every map of resources."""
    if not isinstance(value, str) or value[-1:] not in ("n", "u"):
        return value
    number, divisor = int(value[:-1]), 10**6 if value[-1] == "n" else 10**3
    return Quantity.of(f"{-(-number // divisor)}m").canonical
