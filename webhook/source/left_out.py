"""Lists that a parameter leaves empty: they count as left out where leaving the key out means the same.

Elsewhere they are an error, as a list that is written empty is: `from: []` would allow nothing, and without `from`
everything is allowed.
"""

import types
from typing import Any, Union, get_args, get_origin

from webhook.source.declare import Field, fields, is_shape


class LeftOut(list[Any]):
    """A list in which parameters leave nothing; `cure` is what to do where it must have an element."""

    def __init__(self, parameter: str) -> None:
        super().__init__()
        self.cure = f"give `{parameter}` an element: without this key the rule would mean something else"


def kept(shape: Any, value: dict[str, Any]) -> dict[str, Any]:
    """A mapping of this shape without the keys that parameters leave empty, where that is what empty means."""
    known = {field.key: field for field in fields(shape)}
    return {key: item for key, item in value.items() if not (key in known and _is_left_out(known[key], item))}


def cure(value: Any) -> str:
    """What to do about an empty list that must not be empty."""
    return value.cure if isinstance(value, LeftOut) else "give it an element, or leave the key out"


def _is_left_out(field: Field, value: Any) -> bool:
    if not field.may_be_empty:
        return False
    if isinstance(value, LeftOut):
        return True
    shape = _shape_of(field.type)
    return isinstance(value, dict) and bool(value) and is_shape(shape) and not kept(shape, value)


def _shape_of(declared: Any) -> Any:
    if get_origin(declared) not in (Union, types.UnionType):
        return declared
    return next((part for part in get_args(declared) if is_shape(part)), None)
