"""The ratchet: on UPDATE, what the old object already had wrong warns, and does not deny.

The same finding means the same rule, list, container name, path below it and value; elements of other lists (volumes,
environment variables) go by their names too. It is lost when that container's image repository has changed: new
software is judged anew.
"""

from collections.abc import Iterable
from typing import Any

from webhook.admission.edits import same
from webhook.admission.finding import Finding
from webhook.pod.containers import LISTS
from webhook.pod.image import Image
from webhook.source.path import Path, look_up

_IGNORED_METADATA = ("finalizers", "ownerReferences", "managedFields", "resourceVersion", "generation")

Identity = tuple[str, Path, str]


def identity(finding: Finding, obj: dict[str, Any]) -> tuple[Identity, Any]:
    """What makes a finding the same in two versions of an object; the value is compared beside it."""
    at = container_at(finding.path)
    container = look_up(obj, finding.path[: at + 2]) if at is not None else None
    return (finding.rule.id, _by_name(finding.path, obj), repository(container)), finding.value


def _by_name(path: Path, obj: Any) -> Path:
    """The path with the name of an element instead of its index: the order of a list says nothing."""
    named: list[str | int] = []
    for step in path:
        obj = look_up(obj, (step,))
        name = obj.get("name") if isinstance(step, int) and isinstance(obj, dict) else None
        named.append(name if isinstance(name, str) else step)
    return tuple(named)


def container_at(path: Path) -> int | None:
    """Where in a path a container list stands; None where the path is not in a container."""
    for index, step in enumerate(path[:-1]):
        if step in LISTS and index and path[index - 1] == "spec" and isinstance(path[index + 1], int):
            return index
    return None


def repository(container: Any) -> str:
    """The image repository of a container, or its text where that is no image reference."""
    text = container.get("image") if isinstance(container, dict) else None
    if not isinstance(text, str):
        return ""
    try:
        return Image.parse(text).repository
    except ValueError:
        return text


class OldFindings:
    """What the old object already had wrong."""

    def __init__(self, findings: Iterable[Finding], obj: dict[str, Any]) -> None:
        self._known: dict[Identity, list[Any]] = {}
        for finding in findings:
            key, value = identity(finding, obj)
            self._known.setdefault(key, []).append(value)

    def has(self, finding: Finding, obj: dict[str, Any]) -> bool:
        """Whether the old object had this finding too."""
        key, value = identity(finding, obj)
        return any(same(value, old) for old in self._known.get(key, ()))


def touches_only_bookkeeping(new: dict[str, Any], old: dict[str, Any]) -> bool:
    """Whether an update changes nothing but finalizers, ownerReferences and managedFields."""
    return same(_without_bookkeeping(new), _without_bookkeeping(old))


def _without_bookkeeping(obj: dict[str, Any]) -> dict[str, Any]:
    metadata = obj.get("metadata")
    if not isinstance(metadata, dict):
        return obj
    kept = {key: value for key, value in metadata.items() if key not in _IGNORED_METADATA}
    return {**obj, "metadata": kept}
