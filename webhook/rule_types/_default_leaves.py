"""What is still to be changed so that wanted values are there: leaf by leaf, as pod/merge.py sees differences."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from webhook.admission.absent import inherited
from webhook.admission.rule import Subject
from webhook.pod.merge import Difference, How, missing
from webhook.pod.quantity import Quantity, QuantityError
from webhook.source.path import Path, look_up, parse, render, select

if TYPE_CHECKING:
    from webhook.rule_types._default_targets import Target

_WHOLE = frozenset({"seccompProfile", "seLinuxOptions", "appArmorProfile"})


@dataclass(frozen=True, slots=True)
class Change:
    """One change that is wanted: set a leaf, or append an element; `skipped` says why it is left alone.

    `taken`: a default finds something else there. It stays, unless another rule has put it there: then they clash.
    """

    path: Path
    value: Any
    found: Any = None
    append: bool = False
    position: int = 0
    skipped: str = ""
    taken: bool = False

    @property
    def where(self) -> str:
        """The path as people read it."""
        return render(self.path)


def changes(verb: str, target: "Target", subject: Subject, obj: dict[str, Any]) -> Iterator[Change]:
    """What `verb` (default, enforce or append) still has to change in the target, as the object stands."""
    wanted = resolved(target.wanted, subject)
    position = 0
    for difference in missing(look_up(obj, target.at) or {}, wanted, target.field, target.at):
        for change in _of(verb, difference, target):
            if verb == "default" and not change.taken and (reason := _left_open(change, target, obj)) is not None:
                if reason:
                    yield Change(change.path, change.value, skipped=reason)
                continue
            if change.append:
                yield Change(change.path, change.value, append=True, position=position)
                position += 1
            else:
                yield change


def _of(verb: str, difference: Difference, target: "Target") -> Iterator[Change]:
    through_list = any(isinstance(step, int) for step in difference.path[len(target.at) :])
    if difference.how is How.SET and not (verb != "enforce" and through_list):
        for path, value in leaves(difference.value, difference.path):
            if verb == "append" and isinstance(value, list):
                yield from (Change(path, element, append=True) for element in value)
            else:
                yield Change(path, value)
    elif difference.how is How.APPEND and verb != "default":
        yield Change(difference.path, difference.value, append=True)
    elif difference.how is How.REPLACE and verb != "append":
        yield Change(difference.path, difference.value, difference.found, taken=verb == "default")


def _left_open(change: Change, target: "Target", obj: dict[str, Any]) -> str | None:
    """Why a default is not set: "" where it counts as set already, a sentence where it contradicts; None to set it."""
    container = target.container
    if container is None:
        return None
    below = change.path[len(target.at) :]
    if inherited(below) and look_up(obj, (*container.pod.at, "spec", *_inherited_leaf(below))) is not None:
        return ""
    raw = look_up(obj, target.at) or {}
    context = raw.get("securityContext")
    contradiction = _contradiction(below, change.value, raw, context if isinstance(context, dict) else {})
    return f"{change.where} was left alone: {contradiction}" if contradiction else None


def _inherited_leaf(below: Path) -> Path:
    """seccompProfile and its like are one leaf each."""
    return below[:2] if below[1] in _WHOLE else below


def _contradiction(below: Path, value: Any, raw: dict[str, Any], context: dict[str, Any]) -> str:
    """What the author set that a default would make invalid or unstartable; the API server refuses the first two."""
    if below == ("securityContext", "allowPrivilegeEscalation") and value is False:
        added = look_up(context, ("capabilities", "add")) or []
        if context.get("privileged") is True:
            return "the container is privileged"
        if any(str(one).upper().removeprefix("CAP_") == "SYS_ADMIN" for one in added):
            return "the container adds SYS_ADMIN"
    if below == ("securityContext", "runAsNonRoot") and value is True and context.get("runAsUser") == 0:
        return "the container asks for user 0"
    if len(below) == 3 and below[0] == "resources" and below[1] in ("requests", "limits"):
        other = look_up(raw, ("resources", "limits" if below[1] == "requests" else "requests", below[2]))
        if other is not None and _exceeds(*((value, other) if below[1] == "requests" else (other, value))):
            return f"the author's {'limit' if below[1] == 'requests' else 'request'} is {other}"
    return ""


def _exceeds(request: Any, limit: Any) -> bool:
    try:
        return Quantity.of(request) > Quantity.of(limit)
    except QuantityError:
        return False


def is_open(value: Any) -> bool:
    """Whether a wanted value is merged field by field, rather than being a leaf."""
    return isinstance(value, dict) and bool(value) and source_of(value) is None


def leaves(value: Any, at: Path = ()) -> Iterator[tuple[Path, Any]]:
    """The leaves of a partial value with their paths; lists and one-leaf objects are leaves."""
    for key, inner in value.items() if is_open(value) else ():
        if key not in _WHOLE and is_open(inner):
            yield from leaves(inner, (*at, key))
        else:
            yield (*at, key), inner
    if at and not is_open(value):
        yield at, value


def source_of(value: Any) -> str | None:
    """Where a value is taken from: "namespace.labels.X" or "pod:PATH"; None for a plain value."""
    if not isinstance(value, dict) or value.keys() != {"from"}:
        return None
    source = value["from"]
    if isinstance(source, str) and source.startswith(("namespace.labels.", "namespace.annotations.")):
        return source
    if isinstance(source, dict) and source.keys() == {"pod"} and isinstance(source["pod"], str):
        return f"pod:{source['pod']}"
    return None


def resolved(wanted: Any, subject: Subject) -> Any:
    """The wanted value with everything that comes from elsewhere looked up; null where that is absent."""
    source = source_of(wanted)
    if source is not None:
        return _looked_up(source, subject)
    if isinstance(wanted, dict):
        return {key: resolved(value, subject) for key, value in wanted.items()}
    return wanted


def _looked_up(source: str, subject: Subject) -> Any:
    if source.startswith("pod:"):
        at = subject.pod.at if subject.pod else ()
        return next((value for _, value in select(look_up(subject.object, at), parse(source[4:]))), None)
    _, kind, key = source.split(".", 2)
    namespace = subject.namespace
    if namespace is None:
        return None
    return (namespace.labels if kind == "labels" else namespace.annotations).get(key)
