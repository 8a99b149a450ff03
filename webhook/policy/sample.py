"""The objects of cases: a minimal valid pod, tweaked, by itself or in a minimal workload."""

from collections.abc import Mapping
from typing import Any

from webhook.pod.workloads import POD_AT, group_kind
from webhook.source.path import Path, look_up

IMAGE = "registry.corp.example/shop/web:1.4.2"
NAME = "web"

_SELECTING = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"})
_ENDING = frozenset({"Job", "CronJob"})
_GROUPS = {kind: group for group, kind in POD_AT}


def minimal(namespace: str) -> dict[str, Any]:
    """A pod with one container and nothing else."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": NAME, "namespace": namespace},
        "spec": {"containers": [{"name": NAME, "image": IMAGE}]},
    }


def merged(base: Any, patch: Any) -> Any:
    """The JSON merge patch of RFC 7386; neither argument is changed."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(base) if isinstance(base, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def tweaked(obj: dict[str, Any], tweak: Mapping[str, Any] | None) -> dict[str, Any]:
    """The object with a tweak: short names go to its pod, wherever it carries it; the rest is a merge patch on it."""
    if not tweak:
        return obj
    obj = merged(obj, {key: value for key, value in tweak.items() if key not in _SHORT})
    at = POD_AT.get(group_kind(obj), ())
    pod = look_up(obj, at) or {}
    for key, put in _SHORT.items():
        if key in tweak:
            pod = put(pod, tweak[key])
    found: dict[str, Any] = put_at(obj, at, pod)
    return found


def carried(pod: dict[str, Any], kind: str) -> dict[str, Any]:
    """A minimal workload of this kind whose template is the pod."""
    group, metadata = _GROUPS[kind], pod.get("metadata") or {}
    of_pods = {key: value for key, value in metadata.items() if key not in ("name", "namespace")}
    template: Any = {"metadata": of_pods, "spec": pod.get("spec")}
    if kind in _ENDING:
        template["spec"] = {"restartPolicy": "Never", **template["spec"]}
    workload: dict[str, Any] = {
        "apiVersion": f"{group}/v1" if group else "v1",
        "kind": kind,
        "metadata": {key: value for key, value in metadata.items() if key in ("name", "namespace")},
    }
    if kind in _SELECTING and of_pods.get("labels"):
        workload["spec"] = {"selector": {"matchLabels": of_pods["labels"]}}
    elif kind == "CronJob":
        workload["spec"] = {"schedule": "0 3 * * *"}
    made: dict[str, Any] = put_at(workload, POD_AT[group, kind], template)
    return made


def put_at(obj: Any, at: Path, value: Any) -> Any:
    """The object with a value at a path of keys; it is not changed itself."""
    if not at:
        return value
    obj = obj if isinstance(obj, dict) else {}
    return {**obj, str(at[0]): put_at(obj.get(at[0]), at[1:], value)}


def _first(pod: dict[str, Any], patch: Any) -> dict[str, Any]:
    containers = _list(pod, "containers") or [{"name": NAME, "image": IMAGE}]
    return _with_spec(pod, "containers", [merged(containers[0], patch), *containers[1:]])


def _all(pod: dict[str, Any], containers: list[Any]) -> dict[str, Any]:
    return _with_spec(pod, "containers", [_named(pod, one, NAME) for one in containers])


def _init(pod: dict[str, Any], container: Any) -> dict[str, Any]:
    return _with_spec(pod, "initContainers", [*_list(pod, "initContainers"), _named(pod, container, "init")])


def _ephemeral(pod: dict[str, Any], container: Any) -> dict[str, Any]:
    there = _list(pod, "ephemeralContainers")
    return _with_spec(pod, "ephemeralContainers", [*there, _named(pod, container, "debug")])


def _named(pod: dict[str, Any], container: Any, name: str) -> Any:
    """A container with what every one must have: its name, and the image of the first."""
    first = next(iter(_list(pod, "containers")), None)
    image = first.get("image", IMAGE) if isinstance(first, dict) else IMAGE
    return {"name": name, "image": image, **container} if isinstance(container, dict) else container


def _list(pod: dict[str, Any], key: str) -> list[Any]:
    found = look_up(pod, ("spec", key))
    return found if isinstance(found, list) else []


def _with_spec(pod: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    changed: dict[str, Any] = put_at(pod, ("spec",), merged(pod.get("spec"), {key: value}))
    return changed


_SHORT: dict[str, Any] = {  # in the order in which they are done where a tweak says several
    "containers": _all,
    "container": _first,
    "image": lambda pod, image: _first(pod, {"image": image}),
    "initContainer": _init,
    "ephemeralContainer": _ephemeral,
    "labels": lambda pod, labels: merged(pod, {"metadata": {"labels": labels}}),
    "annotations": lambda pod, annotations: merged(pod, {"metadata": {"annotations": annotations}}),
}
