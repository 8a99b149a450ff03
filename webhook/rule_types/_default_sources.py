"""Values from elsewhere: {from: {pod: PATH}}, {from: namespace.labels.X}, {from: namespace.annotations.X}."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from webhook.admission.edits import Edit
from webhook.admission.operators import CannotDecide
from webhook.admission.origins import Link
from webhook.admission.rule import Compiling, Subject
from webhook.admission.schema_check import check_path
from webhook.pod.schema import Field, Schema, kind_schema
from webhook.source.path import EACH, Path, Steps, look_up, parse, select

_SCALARS = frozenset({"string", "integer", "number", "boolean", "quantity", "intOrString", "any"})


class Source(NamedTuple):
    """Where a value is taken from: `of` is pod, labels or annotations; the rest is the path or the key."""

    of: str
    steps: Steps = ()
    key: str = ""


class _Absent:
    """Nothing stands where a value was to be taken from."""


_ABSENT = _Absent()


def is_source(value: Any) -> bool:
    """Whether a value in a rule says where to take it from, rightly or not."""
    if not isinstance(value, dict) or value.keys() != {"from"}:
        return False
    said = value["from"]
    return isinstance(said, str) or (isinstance(said, dict) and said.keys() == {"pod"})


def source_of(value: dict[str, Any]) -> Source:
    """The source that a value names; raises ValueError (what is wrong, the cure)."""
    said = value["from"]
    if isinstance(said, dict):
        steps = parse(said["pod"]) if isinstance(said["pod"], str) else ()
        if not steps or EACH in steps:
            raise ValueError("a value is taken from one place", "write {from: {pod: metadata.labels.app}}")
        return Source("pod", steps)
    for of in ("labels", "annotations"):
        key = said.removeprefix(f"namespace.{of}.")
        if key and key != said:
            return Source(of, key=key)
    cure = "write namespace.labels.NAME, namespace.annotations.NAME or {pod: PATH}"
    raise ValueError(f"`{said}` is no source of a value", cure)


def sources_in(value: Any, at: Path = ()) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every value below that names a source, with its path."""
    if is_source(value):
        yield at, value
    elif isinstance(value, dict | list):
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from sources_in(inner, (*at, step))


def words_on(edit: Edit, at: Path, wanted: Any) -> dict[Path, list[Link]]:
    """Where the values of an edit come from, by their paths below it; `wanted` is what the rule says for `at`."""
    step, said = edit.path[-1], look_up(wanted, edit.path[len(at) :])
    if isinstance(step, int):  # an element that was added: the rule has it at another index
        listed = look_up(wanted, edit.path[len(at) : -1])
        said = next((one for one in listed if _became(one, edit.after)), None) if isinstance(listed, list) else None
    return {below: [Link(_told(source), look_up(edit.after, below))] for below, source in sources_in(said)}


def _became(said: Any, value: Any) -> bool:
    """Whether an element is this one once its sources are looked up."""
    if is_source(said):
        return True
    if isinstance(said, dict) and isinstance(value, dict):
        return all(_became(inner, value.get(key)) for key, inner in said.items())
    return bool(said == value)


def _told(value: dict[str, Any]) -> str:
    source = source_of(value)
    return f"pod {value['from']['pod']}" if source.of == "pod" else f"namespace {source.of[:-1]} {source.key}"


def without_sources(value: Any) -> Any:
    """The value with null for what comes from elsewhere: what can be held against the schema."""
    if is_source(value):
        return None
    if isinstance(value, dict):
        return {key: without_sources(inner) for key, inner in value.items()}
    return [without_sources(inner) for inner in value] if isinstance(value, list) else value


def check_source(value: dict[str, Any], at: Path, target: Field | None, compiling: Compiling) -> None:
    """Tell a source that cannot be read, and one whose values do not fit into the field."""
    try:
        source = source_of(value)
    except ValueError as error:
        compiling.refused((*at, "from"), error)
        return
    kind = "string"
    if source.of == "pod":
        text = value["from"]["pod"]
        if not check_path("pod", source.steps, text, (*at, "from", "pod"), compiling):
            return
        found = (kind_schema("", "Pod") or Schema(Field("", "", "any", "a"))).at(_plain(source.steps))
        kind = found.type if found else "any"
    if target is not None and target.type != kind and not {target.type, kind} <= _SCALARS:
        compiling.error((*at, "from"), f"this is of type {kind}, and the field of type {target.type}")


def _plain(steps: Steps) -> Path:
    return tuple(step for step in steps if isinstance(step, str | int))


def resolved(wanted: Any, target: Field | None, subject: Subject) -> Any:
    """The wanted value with everything that comes from elsewhere looked up, null where that is absent.

    An element of a list with something absent in it is left out. Raises CannotDecide where the namespace is not known.
    """
    value = _resolved(wanted, target, subject)
    return None if value is _ABSENT else value


def _resolved(wanted: Any, target: Field | None, subject: Subject) -> Any:
    if is_source(wanted):
        return _fitted(_looked_up(source_of(wanted), subject), target)
    schema = Schema(target or Field("", "", "any", "a"))
    if isinstance(wanted, dict):
        pairs = ((key, _resolved(value, schema.at((key,)), subject)) for key, value in wanted.items())
        return {key: value for key, value in pairs if value is not _ABSENT}
    if isinstance(wanted, list):
        elements = [(one, _resolved(one, schema.at((0,)), subject)) for one in wanted]
        return [value for one, value in elements if value is not _ABSENT and _whole(one, value)]
    return wanted


def _whole(wanted: Any, value: Any) -> bool:
    """Whether nothing that comes from elsewhere was absent."""
    return all(_stands(value, path) for path, _ in sources_in(wanted))


def _stands(value: Any, path: Path) -> bool:
    for step in path:
        if isinstance(value, dict) and step not in value:
            return False
        if isinstance(value, list) and not (isinstance(step, int) and step < len(value)):
            return False
        value = value[step]
    return True


def _looked_up(source: Source, subject: Subject) -> Any:
    if source.of == "pod":
        pod: dict[str, Any] = {}
        if subject.pod is not None:
            pod = {"metadata": subject.pod.metadata, "spec": subject.pod.spec}
        return next((value for _, value in select(pod, source.steps)), None)
    namespace = subject.namespace
    if namespace is None:
        raise CannotDecide(f"the {source.of} of namespace {subject.request.namespace} are not known here")
    return (namespace.labels if source.of == "labels" else namespace.annotations).get(source.key)


def _fitted(value: Any, target: Field | None) -> Any:
    """The value as the field holds it: a label's "3" is a number where one is wanted; absent where it does not fit."""
    if value is None or target is None:
        return _ABSENT if value is None else value
    if isinstance(value, str) and target.type in ("integer", "boolean"):
        if target.type == "boolean":
            return {"true": True, "false": False}.get(value, _ABSENT)
        return int(value) if value.isascii() and value.isdigit() and len(value) < 16 else _ABSENT
    if target.type == "string" and isinstance(value, int):
        return str(value).lower()
    return value
