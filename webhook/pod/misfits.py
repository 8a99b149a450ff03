"""What the API server would not take over from an object, field by field: for those in which strict.py finds it at all.

misfits(obj)               what there is, in the order of the object
misfits_in(field, value)   the same for a part of one, such as what a rule fills in
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from webhook.pod.schema import Field, fields, struct_of
from webhook.pod.strict import may_hold
from webhook.source.path import Path, render

_FOUND = {dict: "object", list: "list", str: "string", bool: "boolean", int: "integer", float: "number"}
_MAY_BE = {
    "number": ("number", "integer"),
    "quantity": ("string", "integer", "number"),
    "intOrString": ("string", "integer"),
    "map": ("object",),
}


class Misfit(NamedTuple):
    """One field that the API server does not know (`field` is None), or whose value it cannot read.

    `meant` is for an unknown field: the one that was probably meant, seen from the same place or from the whole object.
    """

    path: Path
    value: Any
    field: Field | None
    meant: str | None = None

    @property
    def found(self) -> str:
        """The JSON type of the value, as Field.type calls it."""
        return _FOUND.get(type(self.value), type(self.value).__name__)

    @property
    def is_of_wrong_type(self) -> bool:
        """Whether another JSON type is wanted; False for an unknown field, and where only the content is unreadable."""
        if self.field is None:
            return False
        return self.found not in _MAY_BE.get(self.field.type, (self.field.type,))


def misfits(obj: Mapping[str, Any]) -> Iterator[Misfit]:
    """Every field that is unknown or cannot be read; nothing for kinds that are not built in."""
    struct = struct_of(obj)
    if struct is not None:
        yield from misfits_in(Field("", "", "object", "#", struct), obj)


def misfits_in(field: Field, value: Any) -> Iterator[Misfit]:
    """The same in a part of an object: what stands, or is to stand, at this field; paths begin there."""
    return _walk(field, value, (), ())


_Parents = tuple[tuple[Path, Mapping[str, Any], Mapping[str, Field]], ...]
"""The objects on the way, outermost first: where each stands, what it has, and what it can have."""


def _walk(field: Field, value: Any, path: Path, parents: _Parents) -> Iterator[Misfit]:
    if value is None:
        return
    if not may_hold(field, value):
        yield Misfit(path, value, field)
    elif field.type == "object":
        known = fields(field.struct)
        parents = (*parents, (path, value, known))
        for name, inner in value.items():
            if name in known:
                yield from _walk(known[name], inner, (*path, name), parents)
            else:
                yield Misfit((*path, name), inner, None, _meant(name, inner, parents))
    elif field.element is not None and field.code in "[{":
        steps = enumerate(value) if field.code == "[" else value.items()
        for step, inner in steps:
            yield from _walk(field.element, inner, (*path, step), parents)


def _meant(name: str, value: Any, parents: _Parents) -> str | None:
    """The field that was probably meant: this one in other case, the same one further out or in, or a similar one."""
    _, here, known = parents[-1]
    same = next((candidate for candidate in known if candidate.lower() == name.lower()), None)
    return same or _further_out(name, parents) or _further_in(name, here, known) or _similar(name, value, known)


def _further_out(name: str, parents: _Parents) -> str | None:
    """The same field in an object around this one, or in its metadata: it is indented too far."""
    for path, _, known in reversed(parents[:-1]):
        if name in known:
            return render((*path, name))
        if "metadata" in known and name in known["metadata"].children:
            return render((*path, "metadata", name))
    return None


def _further_in(name: str, here: Mapping[str, Any], known: Mapping[str, Field]) -> str | None:
    """The same field one level down, in an object that is there already before others."""
    within = [outer for outer, field in known.items() if name in field.children and outer != "status"]
    outer = next((outer for outer in within if outer in here), within[0] if within else None)
    return f"{outer}.{name}" if outer else None


def _similar(name: str, value: Any, known: Mapping[str, Field]) -> str | None:
    """The field with a similar name, one that can hold the value before others."""
    from difflib import get_close_matches

    by_lower = {candidate.lower(): candidate for candidate in known}
    close = [by_lower[match] for match in get_close_matches(name.lower(), by_lower, n=3, cutoff=0.7)]
    fitting = (candidate for candidate in close if value is None or may_hold(known[candidate], value))
    return next(fitting, close[0] if close else None)
