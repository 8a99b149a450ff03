"""Changes: what an update changed, for `unchanged`. The object as it came in is held against the old object."""

from collections.abc import Iterator
from typing import Any

from webhook.admission.edits import same
from webhook.admission.finding import Found
from webhook.admission.request import Request
from webhook.pod.containers import Container
from webhook.source.path import EACH, Path, Steps, look_up, select


def change(
    new: Any, old: Any, base: Path, container: Container | None, steps: Steps, exceptions: tuple[Steps, ...]
) -> str:
    """What became of a field: "added", "removed" or "changed"; "" where it is as it was.

    A container is found again by its list and name. What lies at the exceptions, below the field, may change.
    """
    before = _values(_root(old, base, container), steps, exceptions)
    after = _values(_root(new, base, container), steps, exceptions)
    was, is_now = any(value is not None for value in before), any(value is not None for value in after)
    if not (was or is_now) or same(before, after):
        return ""
    return "changed" if was and is_now else "added" if is_now else "removed"


def _values(root: Any, steps: Steps, exceptions: tuple[Steps, ...]) -> list[Any]:
    return [_without(value, exceptions) for _, value in select(root, steps)]


def _root(obj: Any, base: Path, container: Container | None) -> Any:
    if container is None:
        return look_up(obj, base)
    items = look_up(obj, base[:-1])
    named = (raw for raw in items if isinstance(raw, dict) and raw.get("name") == container.name)
    return next(named, None) if isinstance(items, list) else None


def _without(value: Any, exceptions: tuple[Steps, ...]) -> Any:
    for steps in exceptions:
        value = _dropped(value, steps)
    return value


def _dropped(value: Any, steps: Steps) -> Any:
    """The value without what lies at the steps; what is left empty by that is left out too."""
    if not steps:
        return None
    step, rest = steps[0], steps[1:]
    if isinstance(value, list):
        kept = [_dropped(item, rest) if step in (EACH, index) else item for index, item in enumerate(value)]
        return None if all(item is None for item in kept) else kept
    if not isinstance(value, dict):
        return value
    left = {key: _dropped(item, rest) if step in (EACH, key) else item for key, item in value.items()}
    return {key: item for key, item in left.items() if item is not None} or None


def also_in_its_container(found: Found, container: Container | None, request: Request) -> Iterator[Found]:
    """In an update, what a container inherits counts beside the pod that sets it: else what the old pod had wrong
    would let a new container in."""
    if container is None or request.old_object is None or found.path[: len(container.at)] == container.at:
        return
    path = (*container.at, *found.path[len(container.pod.at) + 1 :])
    yield found._replace(path=path, value=None, message=f"{found.message} (inherited from the pod)")
