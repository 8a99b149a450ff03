"""Changes: what an update changed, for `unchanged`. The object as it came in is held against the old object."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from webhook.admission.edits import same
from webhook.admission.finding import Found
from webhook.admission.request import Request
from webhook.admission.words import plural, shown
from webhook.pod.containers import Container
from webhook.source.path import EACH, Path, Steps, look_up, select


class Change(NamedTuple):
    """One thing that an update changed: its path, the value before and the one after (None: nothing)."""

    path: Path
    old: Any
    new: Any


def changes(
    request: Request, final: Any, base: Path, container: Container | None, steps: Steps, exceptions: tuple[Steps, ...]
) -> Iterator[Found]:
    """The first thing that an update changed of a field, and how many more there are; nothing where it is as it was.

    The object that came in is held against the old one, and told in the `final` one. A container is found again by
    its list and name. What lies at the exceptions, below the field, may change.
    """
    root = _root(request.object, base, container)
    before = _values(_root(request.old_object, base, container), steps, exceptions)
    after = _values(root, steps, exceptions)
    differing = (one for path in {**after, **before} for one in _differences(before.get(path), after.get(path), path))
    first = next(differing, None)
    if first is None:
        return
    more = sum(1 for _ in differing)
    path = _in_final(first.path, root, look_up(final, base), base)
    told = f"{_told(path, first)}{_and_more(more)}, must stay as it is"
    if first.new is None and isinstance(path[-1], int):
        path = path[:-1]
    yield Found(path, look_up(final, path), told, ratchets=False, also=(first.old,))


def _told(path: Path, change: Change) -> str:
    if change.new is None:
        return f"has lost {shown(path, change.old)}" if isinstance(path[-1], int) else "was removed"
    was, is_now = shown(path, change.old), shown(path, change.new)
    return "was added" if change.old is None else "was changed" if was == is_now else f"was {was} and is {is_now}"


def _and_more(count: int) -> str:
    return f" (and {plural(count, 'more change')})" if count else ""


def _values(root: Any, steps: Steps, exceptions: tuple[Steps, ...]) -> dict[Path, Any]:
    return {path: _without(value, exceptions) for path, value in select(root, steps)}


def _differences(old: Any, new: Any, at: Path) -> Iterator[Change]:
    """Where two values differ, as deep as both have the same shape."""
    if same(old, new):
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*new, *old]):
            yield from _differences(old.get(key), new.get(key), (*at, key))
    elif isinstance(old, list) and isinstance(new, list) and (pairs := _pairs(old, new)):
        for index, was, is_now in pairs:
            yield from _differences(was, is_now, (*at, index))
    else:
        yield Change(at, old, new)


def _pairs(old: list[Any], new: list[Any]) -> list[tuple[int, Any, Any]]:
    """The elements of two lists that belong together, by name or place; none where their number or order changed."""
    names = [[item.get("name") if isinstance(item, dict) else None for item in items] for items in (old, new)]
    if len(old) != len(new) or names[0] != names[1]:
        return []
    return [(index, *both) for index, both in enumerate(zip(old, new, strict=True))]


def _in_final(path: Path, came_in: Any, final: Any, base: Path) -> Path:
    """The path in the final object: rules may have put other elements with names before this one."""
    steps: list[str | int] = []
    for step in path:
        name = look_up(came_in, (step, "name")) if isinstance(step, int) else None
        names = [look_up(item, ("name",)) for item in final] if isinstance(final, list) else []
        steps.append(names.index(name) if isinstance(name, str) and name in names else step)
        came_in, final = look_up(came_in, (step,)), look_up(final, (steps[-1],))
    return (*base, *steps)


def _root(obj: Any, base: Path, container: Container | None) -> Any:
    if container is None:
        return look_up(obj, base)
    items = look_up(obj, base[:-1])
    listed = items if isinstance(items, list) else ()
    return next((raw for raw in listed if isinstance(raw, dict) and raw.get("name") == container.name), None)


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
    told = f"{found.message} (inherited from the pod)"
    yield found._replace(path=path, value=None, message=told, also=(found.value, *found.also))
