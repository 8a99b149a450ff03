"""A manifest as the API server would submit it: the request that applying it would make, with the server's defaults."""

from typing import Any

from webhook.admission.kinds import CLUSTER_SCOPED
from webhook.admission.request import GroupKind, Operation, Request, User
from webhook.pod.defaults import admitted, defaulted
from webhook.pod.workloads import POD, group_kind


def as_request(
    obj: dict[str, Any],
    *,
    namespace: str = "default",
    operation: Operation = Operation.CREATE,
    old: dict[str, Any] | None = None,
    user: User | None = None,
) -> Request:
    """The request for one object of a file.

    `namespace` is for objects that do not say their own; `old` is the object before an UPDATE, `user` None where
    nobody is known. On DELETE the object is the old one, as in a review.
    """
    kind = GroupKind(*group_kind(obj))
    metadata = obj.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    name = metadata.get("name")
    where = _namespace(kind, metadata, namespace)
    submitted = _submitted(obj, kind, where, new=operation is Operation.CREATE)
    before = _submitted(old, kind, where, new=False) if old is not None else None
    deleting = operation is Operation.DELETE
    version = obj.get("apiVersion")
    return Request(
        kind=kind,
        operation=operation,
        object=None if deleting else submitted,
        old_object=submitted if deleting else before,
        namespace=where,
        name=name if isinstance(name, str) else "",
        user=user,
        version=version.rpartition("/")[2] if isinstance(version, str) else "",
    )


def _namespace(kind: GroupKind, metadata: dict[str, Any], default: str) -> str:
    """Where an object lives; a Namespace's own request names itself."""
    if kind == GroupKind("", "Namespace"):
        return str(metadata.get("name") or "")
    if kind in CLUSTER_SCOPED:
        return ""
    named = metadata.get("namespace")
    return named if isinstance(named, str) and named else default


def _submitted(obj: dict[str, Any], kind: GroupKind, namespace: str, *, new: bool) -> dict[str, Any]:
    """What a webhook would see: defaults filled in, the namespace named, and for a new pod what plugins add."""
    filled = defaulted(obj)
    if new and kind == POD:
        filled = admitted(filled)
    metadata = filled.get("metadata")
    if namespace and kind not in CLUSTER_SCOPED and isinstance(metadata, dict) and not metadata.get("namespace"):
        filled = {**filled, "metadata": {**metadata, "namespace": namespace}}
    return filled
