"""Paths in rules, held against the Kubernetes API: a field that does not exist is an error when rules load."""

from collections.abc import Iterator
from typing import Any

from webhook.admission.kinds import KindPattern
from webhook.admission.rule import Compiling
from webhook.patterns import closest
from webhook.pod.containers import LISTS
from webhook.pod.schema import Field, Schema, fields, kind_schema
from webhook.source.path import Each, Path, Steps, render_steps

_TYPES = {
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "quantity": "a quantity",
    "intOrString": "a number or a name",
    "object": "an object",
    "map": "a map",
    "list": "a list",
}


def described(field: Field) -> str:
    """What a field holds, for a message."""
    return _TYPES.get(field.type, "anything")


def check_path(
    subject: str, steps: Steps, text: str, below: Path, compiling: Compiling, *, condition: bool = False
) -> bool:
    """Whether a path of this subject exists in every kind that the rule is about; after telling what is wrong where
    it does not. A condition on `object:` wants a match without Pod, whose containers' pods would slip through."""
    if subject == "object":
        usable = _check_kinds_of_object(condition, below, compiling)
    else:
        usable = _check_kinds_with_pods(subject, below, compiling)
    if not usable or _sees_one_list(subject, steps, text, below, compiling):
        return False
    good = True
    for schema in _schemas(subject, steps, below, compiling):
        good = _check(schema, steps, text, below, compiling) and good
    return good


def fields_at(subject: str, steps: Steps, compiling: Compiling) -> tuple[Field, ...]:
    """The fields that a path means, one for each kind that has it; none where nothing is known of it."""
    found = (schema.at(_plain(steps)) for schema in _schemas(subject, steps, None, compiling))
    return tuple(field for field in found if field is not None and field.type != "any")


def _schemas(subject: str, steps: Steps, below: Path | None, compiling: Compiling) -> Iterator[Schema]:
    """Where paths of this subject begin. Of unknown kinds only the metadata is known; `below` is where that is told."""
    if subject == "container":
        ephemeral = steps[0] in fields("EphemeralContainer").keys() - fields("Container").keys()
        yield _struct("EphemeralContainer" if ephemeral else "Container")
        return
    if subject == "pod":
        yield kind_schema("", "Pod") or _struct("Pod")
        return
    for kind in compiling.kinds or ():
        schema = kind_schema(kind.group, kind.kind) if not kind.subresource else None
        if schema is not None:
            yield schema
        elif steps[0] == "metadata" and len(steps) > 1:
            yield Schema(Field("", "", "object", "#", "ObjectMeta", Field("", "", "any", "a"))) if False else _meta()
        elif below is not None:
            compiling.warning(below, f"the fields of {kind} are not known here, so this path is not checked")


def _struct(name: str) -> Schema:
    return Schema(Field("", "", "object", "#", name))
