"""Reading a rules document into its shape (declare.py): which keys there are, what they mean and what fits.

A class's fields are its keys; `doc` becomes the page and the editor's help; its `__post_init__` may raise ValueError
with a message, the cure and the key at fault. A scalar that has a grammar is a class with `parse(text)`, which raises
ValueError with the cure; a value that comes in several forms is a class with
`from_yaml(value, at, problems)`. Of several shapes, the key `type` says which one is meant. Everything wrong is
collected, nothing stops at the first mistake.
"""

import types
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from webhook.patterns import closest
from webhook.source.declare import fields, is_shape
from webhook.source.left_out import cure, kept
from webhook.source.path import Path
from webhook.source.problem import Level, Place, Problem

T = TypeVar("T")

On = Literal["key", "value"]
"""Whether a key or its value is meant."""

BROKEN: Any = object()
"""What a value that could not be read becomes: its problem has been told already."""


class Problems:
    """Collects what is wrong with one document; `place(path, on)` finds a path's place in its file."""

    def __init__(self, place: Callable[[Path, On], Place]) -> None:
        self._place = place
        self.found: list[Problem] = []

    def error(self, at: Path, message: str, cure: str | None = None, on: On = "value") -> None:
        """Something that keeps the rules from being used; `on` is "key" or "value"."""
        self.found.append(Problem(message, self._place(at, on), Level.ERROR, cure))

    def warning(self, at: Path, message: str, cure: str | None = None, on: On = "value") -> None:
        """Something that is allowed and probably not meant."""
        self.found.append(Problem(message, self._place(at, on), Level.WARNING, cure))

    def place(self, at: Path, on: On = "value") -> Place:
        """Where a path stands in the document's file."""
        return self._place(at, on)

    @property
    def broken(self) -> bool:
        """Whether there is an error."""
        return any(problem.level is Level.ERROR for problem in self.found)


def fields_of(shape: Any) -> frozenset[str]:
    """The keys of a shape."""
    return frozenset(known.key for known in fields(shape))


def decode(shape: type[T], value: Any, at: Path, problems: Problems) -> T:
    """The value as the shape says; BROKEN (after telling why) where it does not fit."""
    result: T = _decode(shape, value, at, problems)
    return result


def _decode(shape: Any, value: Any, at: Path, problems: Problems, one_or_many: bool = False) -> Any:
    if value is None:
        problems.error(at, "nothing stands here", "leave the key out, or give it a value")
        return BROKEN
    if shape is Any or value is BROKEN:
        return value
    origin = get_origin(shape)
    if origin in (Union, types.UnionType):
        if _are_shapes(shape):
            return _one_of(get_args(shape), value, at, problems)
        return _decode(_without_none(shape), value, at, problems, one_or_many)
    if origin is tuple:
        return _list(get_args(shape)[0], value, at, problems, one_or_many)
    if origin in (dict, Mapping):
        return _mapping(get_args(shape)[1], value, at, problems)
    if origin is Literal:
        return choice(get_args(shape), value, at, problems)
    return _named(shape, value, at, problems)


def _named(shape: Any, value: Any, at: Path, problems: Problems) -> Any:
    if hasattr(shape, "from_yaml"):
        return shape.from_yaml(value, at, problems)
    if hasattr(shape, "parse"):
        return _parsed(shape, value, at, problems)
    if isinstance(shape, type) and issubclass(shape, Enum):
        chosen = choice(tuple(str(member) for member in shape), value, at, problems)
        return BROKEN if chosen is BROKEN else next(member for member in shape if str(member) == chosen)
    if is_shape(shape):
        return record(shape, value, at, problems)
    return _scalar(shape, value, at, problems)


def record(shape: Any, value: Any, at: Path, problems: Problems) -> Any:
    """A mapping read into `shape`: unknown and missing keys are told, with a did-you-mean."""
    keys = fields_of(shape)
    if not isinstance(value, dict):
        return wrong(value, "a mapping", at, problems, f"its keys: {', '.join(sorted(keys))}")
    for name in (value := kept(shape, value)).keys() - keys:
        unknown(name, keys, at, problems)
    known: dict[str, Any] = {}
    for field in fields(shape):
        if field.key in value:
            below = (*at, field.key)
            known[field.name] = _decode(field.type, value[field.key], below, problems, field.one_or_many)
        elif field.required:
            problems.error(at, f"`{field.key}` is missing", f"add `{field.key}:`. {field.doc}", on="key")
            known[field.name] = BROKEN
    if any(part is BROKEN for part in known.values()) or value.keys() - keys:
        return BROKEN
    try:
        return shape(**known)
    except ValueError as error:
        key = error.args[2:3]  # the key that is at fault, where it is one
        problems.error((*at, *key), *_message_and_cure(error), on="value" if key else "key")
        return BROKEN


def _are_shapes(union: Any) -> bool:
    return all(map(is_shape, get_args(union)))


def _one_of(shapes: tuple[Any, ...], value: Any, at: Path, problems: Problems) -> Any:
    """A mapping read into the shape that its `type` names."""
    if not isinstance(value, dict):
        return wrong(value, "a mapping", at, problems)
    by_type = {get_args(field.type)[0]: one for one in shapes for field in fields(one) if field.key == "type"}
    if "type" not in value:
        problems.error(at, "`type` is missing", f"add `type:`, one of {', '.join(by_type)}", on="key")
        return BROKEN
    chosen = choice(tuple(by_type), value["type"], (*at, "type"), problems)
    return BROKEN if chosen is BROKEN else record(by_type[chosen], value, at, problems)


def unknown(name: str, known: Any, at: Path, problems: Problems) -> None:
    """Tell an unknown key, with the one that was probably meant."""
    guess = closest(name, known)
    cure = f"did you mean `{guess}`?" if guess else f"known here: {', '.join(sorted(known))}"
    problems.error((*at, name), f"unknown key `{name}`", cure, on="key")


def wrong(value: Any, expected: str, at: Path, problems: Problems, cure: str | None = None) -> Any:
    """Tell that a value is of another kind than expected; BROKEN."""
    if expected == "a string" and isinstance(value, bool | int | float):
        cure = "put it in quotes"
    elif (value in ("true", "false") and expected == "true or false") or (
        isinstance(value, str) and value.isdigit() and expected == "a whole number"
    ):
        cure = "take the quotes away"
    elif expected == "a list" and isinstance(value, str | int | float):
        cure = f"write it as [{value}]"
    elif expected == "a list" and isinstance(value, dict):
        cure = "begin each element with `- `"
    problems.error(at, f"expected {expected}, found {described(value)}", cure)
    return BROKEN


def described(value: Any) -> str:
    """What a YAML value is, for a message."""
    if isinstance(value, bool):
        return f"the boolean {'true' if value else 'false'}"
    if isinstance(value, int | float):
        return f"the number {str(value)[:40]}"
    names: dict[type, str] = {str: "a string", dict: "a mapping", list: "a list"}
    return names.get(type(value), "nothing")


def _list(shape: Any, value: Any, at: Path, problems: Problems, one_or_many: bool) -> Any:
    if not isinstance(value, list):
        if not one_or_many:
            return wrong(value, "a list", at, problems)
        single = _decode(shape, value, at, problems)
        return BROKEN if single is BROKEN else (single,)
    if not value:
        problems.error(at, "the list is empty", cure(value))
        return BROKEN
    items = tuple(_decode(shape, item, (*at, index), problems) for index, item in enumerate(value))
    return BROKEN if any(item is BROKEN for item in items) else items


def _mapping(shape: Any, value: Any, at: Path, problems: Problems) -> Any:
    if not isinstance(value, dict):
        return wrong(value, "a mapping", at, problems)
    if not value:
        problems.error(at, "the mapping is empty", "give it an entry, or leave the key out")
        return BROKEN
    items = {name: _decode(shape, item, (*at, name), problems) for name, item in value.items()}
    return BROKEN if any(item is BROKEN for item in items.values()) else items


def choice(choices: tuple[Any, ...], value: Any, at: Path, problems: Problems) -> Any:
    """The value when it is one of the choices; BROKEN (with a did-you-mean) when not."""
    for choice in choices:
        if type(choice) is type(value) and choice == value:
            return choice
    names = ", ".join("true" if c is True else "false" if c is False else str(c) for c in choices)
    if not isinstance(value, str):
        quoted = isinstance(value, bool) and any(isinstance(c, str) for c in choices)
        return wrong(value, f"one of {names}", at, problems, "on, off, yes and no need quotes" if quoted else None)
    guess = closest(value, [c for c in choices if isinstance(c, str)])
    problems.error(at, f"`{value}` is not one of {names}", f"did you mean `{guess}`?" if guess else None)
    return BROKEN


def _parsed(shape: Any, value: Any, at: Path, problems: Problems) -> Any:
    read = shape.parse
    if not isinstance(value, str):
        if isinstance(value, bool) or not isinstance(value, int | float) or not hasattr(shape, "of"):
            return wrong(value, "a string", at, problems)
        read = shape.of
    try:
        return read(value)
    except ValueError as error:
        problems.error(at, *_message_and_cure(error))
        return BROKEN


def _message_and_cure(error: ValueError) -> tuple[str, str | None]:
    return str(error.args[0]) if error.args else "not valid", str(error.args[1]) if len(error.args) > 1 else None


def _scalar(shape: Any, value: Any, at: Path, problems: Problems) -> Any:
    names = {str: "a string", int: "a whole number", float: "a number", bool: "true or false", dict: "a mapping"}
    fits = type(value) is shape or (shape is float and type(value) is int)
    if not fits:
        return wrong(value, names[shape], at, problems)
    if value == "":
        problems.error(at, "the string is empty", "give it a value, or leave the key out")
        return BROKEN
    return value


def _without_none(shape: Any) -> Any:
    parts = [part for part in get_args(shape) if part is not types.NoneType]
    if len(parts) == 1:
        return parts[0]
    choices: list[Any] = []
    for part in parts:  # a union of literals, such as bool | Literal["nonEmpty"]
        choices += [True, False] if part is bool else get_args(part)
    return Literal[tuple(choices)]


def json_schema(shape: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schema (draft 7) of a shape; records are put into `definitions` and referred to."""
    origin = get_origin(shape)
    if shape is Any:
        return {}
    if origin in (Union, types.UnionType):
        if _are_shapes(shape):
            return {"anyOf": [json_schema(one, definitions) for one in get_args(shape)]}
        return json_schema(_without_none(shape), definitions)
    if origin is tuple:
        return {"type": "array", "items": json_schema(get_args(shape)[0], definitions), "minItems": 1}
    if origin in (dict, Mapping):
        return {"type": "object", "additionalProperties": json_schema(get_args(shape)[1], definitions)}
    if origin is Literal:
        return {"enum": list(get_args(shape))}
    return _named_schema(shape, definitions)


def _named_schema(shape: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    scalars: dict[Any, str] = {str: "string", int: "integer", float: "number", bool: "boolean", dict: "object"}
    simple = scalars.get(shape)
    if simple:
        return {"type": simple}
    if hasattr(shape, "json_schema"):
        described_by: dict[str, Any] = shape.json_schema(definitions)
        return described_by
    if hasattr(shape, "parse"):
        return {"type": ["string", "number"] if hasattr(shape, "of") else "string"}
    if issubclass(shape, Enum):
        return {"enum": [str(member) for member in shape]}
    name: str = f"{shape.__module__.rsplit('.', 1)[-1]}.{shape.__name__}"
    if name not in definitions:
        definitions[name] = {}
        definitions[name] = record_schema(shape, definitions)
    return {"$ref": f"#/definitions/{name}"}


def record_schema(shape: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schema of a shape: its keys with their sentences."""
    properties: dict[str, Any] = {}
    required = []
    for field in fields(shape):
        described_as = json_schema(field.type, definitions)
        if field.one_or_many:
            described_as = {"anyOf": [described_as["items"], described_as]}
        properties[field.key] = {"description": field.doc, **_beside(described_as)}
        if field.required:
            required.append(field.key)
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": required} if required else schema


def _beside(schema: dict[str, Any]) -> dict[str, Any]:
    """Draft 7 ignores what stands beside a $ref; wrapped in allOf the description survives."""
    return {"allOf": [schema]} if "$ref" in schema else schema
