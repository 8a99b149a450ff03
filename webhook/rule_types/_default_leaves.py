"""What is still to be changed so that wanted values are there: leaf by leaf, as pod/merge.py sees differences."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from webhook.admission.absent import inherited
from webhook.admission.edits import same
from webhook.admission.rule import Subject
from webhook.pod.merge import Difference, How, keys_of, missing
from webhook.pod.schema import Field, Schema
from webhook.rule_types._default_contradictions import contradiction
from webhook.rule_types._default_sources import is_source, resolved
from webhook.source.path import Path, look_up, render

if TYPE_CHECKING:
    from webhook.rule_types._default_targets import Target

_ONE_LEAF = frozenset({"AppArmorProfile", "SELinuxOptions", "SeccompProfile"})
PROBES = frozenset({"livenessProbe", "readinessProbe", "startupProbe"})
HANDLERS = frozenset({"exec", "grpc", "httpGet", "tcpSocket"})


class Change(NamedTuple):
    """One change that is wanted: set a leaf, or append an element (`path` is the list's).

    `skipped` says why it is left alone. `taken`: something else stands there and stays, unless another rule has put it
    there: then they clash. `position` is the index for an element that goes to the front of its list, `keys` the fields
    that tell it from others. `beside` is the container's leaf where `path` is the one that it inherits.
    """

    path: Path
    value: Any
    found: Any = None
    append: bool = False
    position: int = 0
    keys: tuple[str, ...] = ()
    skipped: str = ""
    taken: bool = False
    beside: Path | None = None

    @property
    def where(self) -> str:
        """The path as people read it."""
        return render(self.path)


def changes(verb: str, target: "Target", subject: Subject, obj: dict[str, Any]) -> Iterator[Change]:
    """What `verb` (default, enforce or append) still has to change in the target, as the object stands.

    Raises CannotDecide where a value comes from the namespace and that is not known.
    """
    wanted = target.wanted.value
    if target.wanted.has_sources:
        wanted = resolved(wanted, target.field, subject)
    return {"default": _defaults, "enforce": _enforced, "append": _appended}[verb](target, wanted, obj)


def _defaults(target: "Target", wanted: Any, obj: dict[str, Any]) -> Iterator[Change]:
    for difference in _differences(target, wanted, obj):
        if difference.how is How.APPEND or _through_list(difference, target):
            continue
        if difference.how is How.SET:
            for path, value in _leaves_at(difference, target):
                yield from _default(Change(path, value), target, obj)
        else:
            yield from _taken(difference)
    for path, value in _leaves_of(wanted, target):
        found = look_up(obj, (*target.at, *path)) if isinstance(value, list) else None
        if found is not None and not same(found, value):
            yield Change((*target.at, *path), value, found, taken=True)
        yield from _in_its_pod(path, value, target, obj)


def _default(change: Change, target: "Target", obj: dict[str, Any]) -> Iterator[Change]:
    """A default for a leaf that is absent; what the pod says counts for its containers."""
    below = change.path[len(target.at) :]
    if target.container is not None and inherited(below) and look_up(obj, (*target.spec_at, *below)) is not None:
        return
    reason = _refused(change, target, obj)
    if reason:
        yield Change(change.path, change.value, skipped=f"{change.where} was left alone: {reason}")
    else:
        yield change


def _in_its_pod(below: Path, value: Any, target: "Target", obj: dict[str, Any]) -> Iterator[Change]:
    """What the pod says of a leaf that its container inherits."""
    path: Path = (*target.spec_at, *below)
    if target.container is not None and inherited(below) and (found := look_up(obj, path)) is not None:
        yield Change(path, value, found, taken=True, beside=(*target.at, *below))


def _taken(difference: Difference) -> Iterator[Change]:
    """What stands where a default wanted something else; of fields that exclude each other, those that are there."""
    path, value, found = difference.path, difference.value, difference.found
    excluded = found.keys() - value.keys() if isinstance(found, dict) and isinstance(value, dict) else ()
    if not excluded:
        yield Change(path, value, found, taken=True)
    for key in sorted(excluded):
        yield Change((*path, key), value, found[key], taken=True)


def _enforced(target: "Target", wanted: Any, obj: dict[str, Any]) -> Iterator[Change]:
    for difference in _differences(target, wanted, obj):
        if difference.how is How.APPEND:
            yield Change(difference.path, difference.value, append=True)
        elif difference.how is How.REPLACE:
            yield _possible(Change(difference.path, difference.value, difference.found), target, obj)
        else:
            for path, value in _leaves_at(difference, target):
                if not means_absent(value, Schema(target.field).at(path[len(target.at) :])):
                    yield _possible(Change(path, value), target, obj)


def _possible(change: Change, target: "Target", obj: dict[str, Any]) -> Change:
    reason = _refused(change, target, obj)
    if not reason:
        return change
    return Change(change.path, change.value, change.found, skipped=f"{change.where} was left alone: {reason}")


def _refused(change: Change, target: "Target", obj: dict[str, Any]) -> str:
    """Why the value cannot stand beside what the author set; "" where it can."""
    if target.container is None and target.at != target.spec_at:
        return ""  # a volume, or an object of another kind
    raw = None if target.container is None else look_up(obj, target.at) or {}
    return contradiction(change.path[len(target.at) :], change.value, look_up(obj, target.spec_at) or {}, raw)


def _appended(target: "Target", wanted: Any, obj: dict[str, Any]) -> Iterator[Change]:
    for below, elements in _leaves_of(wanted, target):
        path, field = (*target.at, *below), Schema(target.field).at(below)
        existing, position = look_up(obj, path), 0
        if field is None or not isinstance(elements, list):
            continue
        for element in elements:
            for difference in missing(existing, [element], field, path):
                new = difference.how is not How.REPLACE and difference.path == path
                yield Change(path, element, append=True, position=position, keys=keys_of(field) or (), taken=not new)
                position += new
                break


def _differences(target: "Target", wanted: Any, obj: dict[str, Any]) -> Iterator[Difference]:
    for difference in missing(look_up(obj, target.at) or {}, wanted, target.field, target.at):
        probe = difference.how is How.SET and difference.path[-1] in PROBES
        if not probe or HANDLERS & difference.value.keys():
            yield difference


def _leaves_at(difference: Difference, target: "Target") -> Iterator[tuple[Path, Any]]:
    field = Schema(target.field).at(difference.path[len(target.at) :])
    for below, value in leaves(difference.value, field):
        yield (*difference.path, *below), value


def _leaves_of(wanted: Any, target: "Target") -> Iterable[tuple[Path, Any]]:
    return leaves(wanted, target.field) if target.wanted.has_sources else target.wanted.leaves


def _through_list(difference: Difference, target: "Target") -> bool:
    return any(isinstance(step, int) for step in difference.path[len(target.at) :])


def means_absent(value: Any, field: Field | None) -> bool:
    """Whether the API server drops the value when it writes the object, so that absent means the same."""
    if field is None or field.pointer or not field.omitempty:
        return False
    return value in ("", 0, [], {}) and not isinstance(value, float)


def leaves(value: Any, field: Field | None, at: Path = ()) -> Iterator[tuple[Path, Any]]:
    """The leaves of a partial value with their paths; lists, and objects that the API replaces whole, are leaves."""
    if isinstance(value, dict) and value and not is_source(value) and _is_open(field):
        schema = Schema(field) if field else None
        for key, inner in value.items():
            yield from leaves(inner, schema.at((key,)) if schema else None, (*at, key))
    elif at or value or not isinstance(value, dict):
        yield at, value


def _is_open(field: Field | None) -> bool:
    if field is None or field.type == "any":
        return True
    return field.type in ("map", "object") and not field.atomic and field.struct not in _ONE_LEAF
