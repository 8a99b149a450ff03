"""Where pod specs live: the nine built-in kinds that carry one, and List, which only exists in files."""

from collections.abc import Iterator
from typing import Any

from webhook.source.path import Path

POD = ("", "Pod")

POD_AT: dict[tuple[str, str], Path] = {
    POD: (),
    ("", "PodTemplate"): ("template",),
    ("", "ReplicationController"): ("spec", "template"),
    ("apps", "ReplicaSet"): ("spec", "template"),
    ("apps", "Deployment"): ("spec", "template"),
    ("apps", "StatefulSet"): ("spec", "template"),
    ("apps", "DaemonSet"): ("spec", "template"),
    ("batch", "Job"): ("spec", "template"),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
}
"""For each (group, kind) the path to its pod: the dict that has `metadata` and `spec` of the pod."""

_RETIRED_GROUPS = {"extensions": "apps"}


def group_kind(obj: dict[str, Any]) -> tuple[str, str]:
    """The (group, kind) that an object says it is; retired groups are read as the ones that took over."""
    version = obj.get("apiVersion")
    group = version.split("/", 1)[0] if isinstance(version, str) and "/" in version else ""
    kind = obj.get("kind")
    return _RETIRED_GROUPS.get(group, group), kind if isinstance(kind, str) else ""


def is_list(obj: Any) -> bool:
    """Whether this is a `List` wrapper (v1 List, or a typed one such as PodList)."""
    return isinstance(obj, dict) and str(obj.get("kind", "")).endswith("List") and isinstance(obj.get("items"), list)


def objects_in(document: Any, at: Path = ()) -> Iterator[tuple[Any, Path]]:
    """The objects of a document with their paths in it: itself, or the items of a List, however deep."""
    if not is_list(document):
        yield document, at
        return
    for index, item in enumerate(document["items"]):
        yield from objects_in(item, (*at, "items", index))
