"""Declaring shapes: classes whose fields are the keys of a rules document, each with its sentence.

A shape is written like a dataclass and is as frozen as one. It is none, because a dataclass compiles six functions when
its module is imported, half a millisecond each time; the sixty shapes of the rules were a fifth of what `doorward
check` takes to start. A shape is only ever made while rules load, so it can do with plain Python.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, dataclass_transform

T = TypeVar("T")

REQUIRED: Any = object()
"""The default of a key that must be there."""


class Field(NamedTuple):
    """One key of a shape: its name in Python, its type, its sentence, and what it is when it is left out."""

    name: str
    type: Any
    doc: str
    key: str
    default: Any
    one_or_many: bool
    may_be_empty: bool = False

    @property
    def required(self) -> bool:
        """Whether the key must be there."""
        return self.default is REQUIRED


def field(
    doc: str, *, name: str = "", default: Any = REQUIRED, one_or_many: bool = False, may_be_empty: bool = False
) -> Any:
    """A field of a shape: its sentence, its name in YAML where that is no Python name, its default when absent.

    With `one_or_many`, a list may also be written as its only element. With `may_be_empty`, parameters may leave
    nothing in it: it is left out then, which must mean the same as no element.
    """
    return Field("", None, doc, name, default, one_or_many, may_be_empty)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def shape(cls: type[T]) -> type[T]:
    """Make a class a shape: its annotated fields, and those of the shape it extends, become its constructor."""
    declared = dict(getattr(cls, "__shape__", {}))
    for name, annotation in cls.__dict__.get("__annotations__", {}).items():  # noqa: RUF063 - inspect is what we do without
        written = cls.__dict__.get(name, REQUIRED)
        known = written if isinstance(written, Field) else field("", default=written)
        declared[name] = known._replace(name=name, type=annotation, key=known.key or _camel_case(name))
        if name in cls.__dict__:
            delattr(cls, name)
    given: dict[str, Any] = {
        "__shape__": declared,
        "__init__": _init,
        "__setattr__": _refuse,
        "__delattr__": _refuse,
        "__eq__": _equal,
        "__hash__": _hash,
        "__repr__": _repr,
    }
    for name, value in given.items():
        setattr(cls, name, value)
    return cls


def is_shape(cls: Any) -> bool:
    """Whether this is a shape."""
    return hasattr(cls, "__shape__")


def fields(thing: Any) -> tuple[Field, ...]:
    """The fields of a shape, or of one that was made."""
    return tuple(thing.__shape__.values())


def changed(thing: T, **values: Any) -> T:
    """The same with other values."""
    made: Callable[..., T] = type(thing)
    return made(**{**vars(thing), **values})


def _camel_case(name: str) -> str:
    first, *rest = name.rstrip("_").split("_")
    return first + "".join(word.capitalize() for word in rest)


def _init(self: Any, *args: Any, **kwargs: Any) -> None:
    declared = self.__shape__
    if len(args) > len(declared) or kwargs.keys() - declared.keys():
        raise TypeError(f"{type(self).__name__} has the fields {', '.join(declared)}")
    values = dict(zip(declared, args)) | kwargs  # noqa: B905 - fewer are given where the rest have defaults
    for name, known in declared.items():
        if name not in values:
            if known.required:
                raise TypeError(f"{type(self).__name__} needs {name}")
            values[name] = known.default.copy() if isinstance(known.default, dict | list) else known.default
    vars(self).update(values)
    check = getattr(self, "__post_init__", None)
    if check is not None:
        check()


def _refuse(self: Any, name: str, *_: Any) -> None:
    raise AttributeError(f"{type(self).__name__} is frozen, {name} cannot be changed")


def _equal(self: Any, other: object) -> Any:
    return vars(self) == vars(other) if type(self) is type(other) else NotImplemented


def _hash(self: Any) -> int:
    return hash(tuple(vars(self)[name] for name in self.__shape__))


def _repr(self: Any) -> str:
    return f"{type(self).__name__}({', '.join(f'{name}={vars(self)[name]!r}' for name in self.__shape__)})"
