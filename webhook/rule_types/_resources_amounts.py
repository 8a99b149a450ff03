"""What a container, or its pod as a whole, requests and is limited to: read once, with the place where it stands."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from webhook.pod.containers import Container, Pod, Role
from webhook.pod.quantity import Quantity, QuantityError
from webhook.rule_types._resources_bounds import is_pod_level
from webhook.source.path import Path, look_up


class Amount(NamedTuple):
    """An amount as it stands in the object, and what it is worth; `of_pod` where it is the whole pod's."""

    path: Path
    raw: Any
    quantity: Quantity
    of_pod: bool = False
    is_limit: bool = False


class Amounts(NamedTuple):
    """What holds for one container and one resource, after what stands in for what is left out."""

    request: Amount | None
    limit: Amount | None
    compared: Amount | None
    """The request that the limit is held against: the pod's own where the limit is the pod's."""


class Unreadable(Exception):
    """A quantity that nobody can read."""

    def __init__(self, path: Path, raw: Any, reason: QuantityError) -> None:
        super().__init__(str(reason))
        self.path = path
        self.raw = raw


def counted(pod: Pod) -> tuple[Container, ...]:
    """The containers that can have resources; ephemeral ones cannot."""
    return tuple(container for container in pod.containers if container.role is not Role.EPHEMERAL)


def own(container: Container, kind: str, name: str) -> Amount | None:
    """What the container itself says, `kind` being "requests" or "limits"; raises Unreadable."""
    return _read(container.raw, container.at, kind, name, of_pod=False)


def of_pod(pod: Pod, kind: str, name: str) -> Amount | None:
    """What the pod's spec.resources say; raises Unreadable."""
    if pod.spec.get("resources") is None or not is_pod_level(name):
        return None
    return _read(pod.spec, (*pod.at, "spec"), kind, name, of_pod=True)


def amounts(container: Container, name: str) -> Amounts:
    """What counts: the container's own, a missing request read as its limit, then the pod's; raises Unreadable."""
    limit = own(container, "limits", name)
    request = own(container, "requests", name) or _as_request(container.at, limit, name)
    if container.pod.spec.get("resources") is None:
        return Amounts(request, limit, request)
    pod_limit = of_pod(container.pod, "limits", name)
    pod_request = of_pod(container.pod, "requests", name)
    pod_request = pod_request or _as_request((*container.pod.at, "spec"), pod_limit, name)
    if limit is None and pod_limit is not None:
        return Amounts(request or pod_request, pod_limit, pod_request)
    return Amounts(request or pod_request, limit, request or pod_request)


def unreadable(container: Container, name: str) -> Iterator[Unreadable]:
    """Everything that nobody can read among what concerns one container and one resource."""
    for kind in ("requests", "limits"):
        try:
            own(container, kind, name)
        except Unreadable as one:
            yield one
        try:
            of_pod(container.pod, kind, name)
        except Unreadable as one:
            yield one


def _read(raw: dict[str, Any], at: Path, kind: str, name: str, *, of_pod: bool) -> Amount | None:
    value = look_up(raw, ("resources", kind, name))
    if value is None:
        return None
    path = (*at, "resources", kind, name)
    try:
        return Amount(path, value, Quantity.of(value), of_pod)
    except QuantityError as error:
        raise Unreadable(path, value, error) from None


def _as_request(at: Path, limit: Amount | None, name: str) -> Amount | None:
    """A request that is left out is what the limit is, as the API server fills it in."""
    if limit is None:
        return None
    return limit._replace(path=(*at, "resources", "requests", name), is_limit=True)
