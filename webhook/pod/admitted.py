"""What the API server's own admission plugins fill into a new Pod before any webhook sees it.

In their order: ServiceAccount, Priority, DefaultTolerationSeconds (kubernetes v1.36.3, plugin/pkg/admission). What they
take from objects of the cluster is not known here: LimitRange defaults, RuntimeClass overhead, a named PriorityClass
other than the two that every cluster has, a PriorityClass that is the global default.
"""

from collections.abc import Iterator
from typing import Any

_TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"  # noqa: S105
_TOKEN_PREFIX = "kube-api-access-"  # noqa: S105
_TOKEN_VOLUME = _TOKEN_PREFIX + "00000"
"""The API server ends the name with five random characters; ours are fixed, so that an answer can be repeated."""

_MIRROR = "kubernetes.io/config.mirror"
_PRIORITIES = {"": 0, "system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}
_TOLERATED = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")

Json = dict[str, Any]


def admitted(pod: Json, namespace_service_account: Json | None = None) -> Json:
    """The Pod (or pod template) as webhooks see it on CREATE; the input is not changed, lists only grow at the end.

    `pod` has `metadata` and `spec` and went through `defaulted`. `namespace_service_account` is the ServiceAccount
    object that the pod names, where it is known: its automountServiceAccountToken and imagePullSecrets count.
    """
    spec = pod.get("spec")
    if not isinstance(spec, dict):
        return pod
    spec = dict(spec)
    if not _is_mirror(pod):
        _service_account(spec, namespace_service_account or {})
    _priority(spec)
    _tolerations(spec)
    return pod | {"spec": spec}


def _is_mirror(pod: Json) -> bool:
    metadata = pod.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    return isinstance(annotations, dict) and _MIRROR in annotations


def _service_account(spec: Json, account: Json) -> None:
    name = spec.get("serviceAccountName") or spec.get("serviceAccount") or "default"
    spec["serviceAccountName"] = spec["serviceAccount"] = name
    automount = spec.get("automountServiceAccountToken")
    if automount is None:
        automount = account.get("automountServiceAccountToken")
    if automount is None or automount is True:
        _mount_token(spec)
    if not spec.get("imagePullSecrets") and account.get("imagePullSecrets"):
        spec["imagePullSecrets"] = [{"name": secret.get("name", "")} for secret in account["imagePullSecrets"]]


def _mount_token(spec: Json) -> None:
    volumes = spec.get("volumes") or []
    names = [volume.get("name") for volume in _dicts(volumes)]
    own = next((name for name in names if isinstance(name, str) and name.startswith(_TOKEN_PREFIX)), None)
    mount = {"name": own or _TOKEN_VOLUME, "readOnly": True, "mountPath": _TOKEN_PATH}
    mounted = [_mount_everywhere(spec, name, mount) for name in ("initContainers", "containers")]
    if own is None and any(mounted) and isinstance(volumes, list):
        spec["volumes"] = [*volumes, token_volume()]


def _mount_everywhere(spec: Json, name: str, mount: Json) -> bool:
    """Mounts the token into each container of the list that has nothing at its path; whether any needed it."""
    containers = spec.get(name)
    if not isinstance(containers, list):
        return False
    needing = [index for index, container in enumerate(containers) if _wants_token(container)]
    if needing:
        spec[name] = containers = list(containers)
    for index in needing:
        mounts = containers[index].get("volumeMounts") or []
        containers[index] = containers[index] | {"volumeMounts": [*mounts, mount]}
    return bool(needing)


def _wants_token(container: Any) -> bool:
    if not isinstance(container, dict):
        return False
    mounts = container.get("volumeMounts") or []
    return isinstance(mounts, list) and all(mount.get("mountPath") != _TOKEN_PATH for mount in _dicts(mounts))


def token_volume() -> Json:
    """The projected volume with the pod's token, the cluster's CA and the namespace."""
    namespace = {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
    sources = [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [namespace]}},
    ]
    return {"name": _TOKEN_VOLUME, "projected": {"sources": sources, "defaultMode": 420}}


def _priority(spec: Json) -> None:
    priority = _PRIORITIES.get(str(spec.get("priorityClassName") or ""))
    if priority is not None:
        spec.setdefault("priority", priority)
        spec.setdefault("preemptionPolicy", "PreemptLowerPriority")


def _tolerations(spec: Json) -> None:
    tolerations = spec.get("tolerations") or []
    if not isinstance(tolerations, list):
        return
    missing = [key for key in _TOLERATED if not any(_tolerates(one, key) for one in _dicts(tolerations))]
    if missing:
        added = [{"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300} for key in missing]
        spec["tolerations"] = [*tolerations, *added]


def _tolerates(toleration: Json, key: str) -> bool:
    return toleration.get("key") in (key, "", None) and toleration.get("effect") in ("NoExecute", "", None)


def _dicts(values: Any) -> Iterator[Json]:
    return (value for value in values if isinstance(value, dict)) if isinstance(values, list) else iter(())
