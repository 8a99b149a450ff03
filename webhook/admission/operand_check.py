"""Operators and their operands, held against the type of the field: what can never hold is an error when rules load."""

from collections.abc import Sequence
from typing import Any

from webhook.admission.operands import Reference
from webhook.admission.rule import Compiling
from webhook.admission.schema_check import described
from webhook.admission.spelling import has_segments
from webhook.patterns import closest
from webhook.pod.quantity import Quantity
from webhook.pod.schema import Field
from webhook.source.path import Path
from webhook.source.shape import described as value_described

_TEXTS = frozenset({"string", "intOrString", "quantity"})
_MEASURES = frozenset({"integer", "number", "quantity", "intOrString", "string"})
_COLLECTIONS = frozenset({"list", "map"})

_WORKS_ON: dict[str, frozenset[str]] = {
    **dict.fromkeys(("like", "notLike", "pattern", "notPattern"), _TEXTS),
    **dict.fromkeys(("min", "max", "ranges"), _MEASURES),
    **dict.fromkeys(("contains", "containsAny", "notContains", "minItems", "maxItems"), _COLLECTIONS),
    "selects": frozenset({"object", "map"}),
}
"""The types that an operator can judge; the others judge every type."""

_EXACT = frozenset({"equals", "in", "notIn"})
_ABOUT_ITEMS = frozenset({"contains", "containsAny", "notContains"})

_READ: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "intOrString": (int, str),
    "object": (dict,),
    "map": (dict,),
    "list": (list,),
}


def check_operand(
    name: str, operand: Any, fields: Sequence[Field], text: str, below: Path, compiling: Compiling
) -> None:
    """Tell where an operator cannot judge the field at the path `text`, or wants a value that it can never have."""
    for field in fields:
        works_on = _WORKS_ON.get(name)
        if works_on is not None and field.type not in works_on:
            told = f"`{name}` cannot judge `{text}`, which is {described(field)}"
            compiling.error(below, told, _cure(name, field), on="key")
        elif not isinstance(operand, Reference):
            _check_values(name, operand, field, text, below, compiling)
    if name in ("like", "notLike") and has_segments(fields):
        _check_segments(operand, below, compiling)


def _cure(name: str, field: Field) -> str:
    if field.type == "list":
        return "write [*] at the end of the path, for each element"
    if field.type == "object" and name == "minItems":
        return "write required: nonEmpty where it must not be empty, or name a list in it"
    if field.type in ("object", "map"):
        return "name a field in it"
    if field.type == "boolean":
        return "write equals: true or equals: false"
    if name in ("like", "notLike", "pattern", "notPattern"):
        return "use equals, in, min or max"
    return 'use like: "*part*" for a part of a text, or leave out the [*] to judge the list'


def _check_values(name: str, operand: Any, field: Field, text: str, below: Path, compiling: Compiling) -> None:
    """Values of a type that the field never has, and words that the API does not know."""
    held = field.element if name in _ABOUT_ITEMS and field.type == "list" else field if name in _EXACT else None
    if held is None or held.type == "any":
        return
    many = isinstance(operand, list) and name != "equals"
    for index, value in enumerate(operand if many else [operand]):
        at: Path = (*below, index) if many else below
        if value is not None and not _fits(value, held):
            what = f"`{text}` is {described(held)}" if held is field else f"an item of `{text}` is {described(held)}"
            compiling.error(at, f"{what}, and this is {value_described(value)}", _value_cure(value, held))
        elif isinstance(value, str) and field.enum and value not in field.enum:
            guess = closest(value, field.enum)
            cure = f"did you mean `{guess}`?" if guess else f"known: {', '.join(field.enum)}"
            compiling.warning(at, f"the API knows no `{value}` for `{text}`", cure)


def _fits(value: Any, field: Field) -> bool:
    if field.type == "quantity":
        try:
            Quantity.of(value)
        except ValueError:
            return False
        return True
    accepted = _READ[field.type]
    return isinstance(value, accepted) and (not isinstance(value, bool) or bool in accepted)


def _value_cure(value: Any, field: Field) -> str | None:
    if field.type == "string" and isinstance(value, bool | int | float):
        return "put it in quotes"
    if field.type == "boolean":
        return "write true or false, without quotes"
    if isinstance(value, list):
        return "use `in` for one of several values"
    if field.type == "list":
        return "use `contains`"
    return "leave the quotes out" if field.type == "integer" and isinstance(value, str) else None


def _check_segments(operand: Any, below: Path, compiling: Compiling) -> None:
    """`*:latest` looks as if it covered every image, and covers those without a slash."""
    many = isinstance(operand, list)
    for index, text in enumerate(operand if many else [operand]):
        if isinstance(text, str) and text.startswith("*") and "/" not in text and text != "**":
            at: Path = (*below, index) if many else below
            told = f"`*` stays between slashes here, so `{text}` covers nothing that has one"
            compiling.warning(at, told, f"write `**/{text}`")
