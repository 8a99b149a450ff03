"""The subresource by which `kubectl scale` and autoscalers change the replicas of a workload: autoscaling/v1 Scale."""

from typing import Any

from webhook.admission.request import Request


def in_full(request: Request) -> Request:
    """The request with the replicas of its Scales: one that wants none comes without the field, as encoders leave zeros
    out."""
    return request._replace(object=_with_replicas(request.object), old_object=_with_replicas(request.old_object))


def _with_replicas(scale: dict[str, Any] | None) -> dict[str, Any] | None:
    spec = scale.get("spec") if scale is not None else None
    if scale is None or not isinstance(spec, dict | None):
        return scale
    return {**scale, "spec": {"replicas": 0, **(spec or {})}}
