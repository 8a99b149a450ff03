"""What an author set that a wanted value would make invalid or unable to start.

What the API server refuses together: kubernetes v1.36.3 pkg/apis/core/validation/validation.go,
ValidateSecurityContext, validateHostUsers, validateWindows, ValidateContainerResourceRequirements. What the kubelet
refuses: running as user 0 with runAsNonRoot.
"""

from collections.abc import Iterator
from typing import Any

from webhook.admission.words import quote
from webhook.pod.containers import LISTS
from webhook.pod.quantity import Quantity, QuantityError
from webhook.source.path import Path, look_up

_ON_LINUX_ONLY = frozenset({"appArmorProfile", "seLinuxOptions", "seccompProfile", "runAsUser", "runAsGroup"})
_POD_ON_LINUX_ONLY = _ON_LINUX_ONLY | {
    "fsGroup",
    "fsGroupChangePolicy",
    "sysctls",
    "supplementalGroups",
    "supplementalGroupsPolicy",
}
_CONTAINER_ON_LINUX_ONLY = _ON_LINUX_ONLY | {
    "capabilities",
    "readOnlyRootFilesystem",
    "privileged",
    "allowPrivilegeEscalation",
    "procMount",
}
_SPEC_ON_LINUX_ONLY = frozenset({"hostPID", "hostIPC", "hostUsers", "shareProcessNamespace"})
_HOST_NAMESPACES = ("hostNetwork", "hostPID", "hostIPC")
_OVERCOMMITTED = frozenset({"cpu", "memory", "ephemeral-storage"})


def contradiction(below: Path, value: Any, spec: Any, raw: Any) -> str:
    """Why a value cannot stand at this path of the container `raw` (None: of the pod's spec); "" where it can."""
    reason = _other_system(below, spec, in_pod=raw is None)
    if reason:
        return reason
    if raw is None:
        return _in_pod(below, value, spec)
    if below[0] == "resources":
        return _resources(below, value, raw, spec)
    context = look_up(raw, ("securityContext",))
    return _in_container(below, value, context if isinstance(context, dict) else {}, spec)


def _other_system(below: Path, spec: Any, *, in_pod: bool) -> str:
    system = look_up(spec, ("os", "name"))
    leaf = below[1] if len(below) > 1 and below[0] == "securityContext" else None
    if system == "linux" and leaf == "windowsOptions":
        return "the pod runs on Linux"
    linux_only = _POD_ON_LINUX_ONLY if in_pod else _CONTAINER_ON_LINUX_ONLY
    if system == "windows" and (leaf in linux_only or (in_pod and below[0] in _SPEC_ON_LINUX_ONLY)):
        return "the pod runs on Windows"
    return ""


def _in_pod(below: Path, value: Any, spec: Any) -> str:
    if below == ("hostUsers",) and value is False:
        shared = next((name for name in _HOST_NAMESPACES if look_up(spec, (name,)) is True), None)
        if shared:
            return f"the pod has {shared}"
        if any(raw.get("volumeDevices") for raw in _containers(spec)):
            return "a container has volumeDevices"
    if below == ("shareProcessNamespace",) and value is True and look_up(spec, ("hostPID",)) is True:
        return "the pod has hostPID"
    if below == ("securityContext", "runAsNonRoot") and value is True:
        if look_up(spec, ("securityContext", "runAsUser")) == 0:
            return "the pod asks for user 0"
        if any(_is_root(raw) for raw in _containers(spec)):
            return "a container asks for user 0"
    if below == ("securityContext", "runAsUser") and value == 0:
        return "the pod says runAsNonRoot" if look_up(spec, ("securityContext", "runAsNonRoot")) is True else ""
    return ""


def _is_root(raw: dict[str, Any]) -> bool:
    asks: bool = look_up(raw, ("securityContext", "runAsUser")) == 0
    return asks and look_up(raw, ("securityContext", "runAsNonRoot")) is None


def _in_container(below: Path, value: Any, context: dict[str, Any], spec: Any) -> str:
    def effective(leaf: str) -> Any:
        own = context.get(leaf)
        return own if own is not None else look_up(spec, ("securityContext", leaf))

    if below == ("securityContext", "allowPrivilegeEscalation") and value is False:
        return _escalates(context)
    if below == ("securityContext", "privileged") and value is True:
        stays = context.get("allowPrivilegeEscalation") is False
        return "the container says allowPrivilegeEscalation: false" if stays else ""
    if below == ("securityContext", "runAsNonRoot") and value is True:
        return "the container asks for user 0" if effective("runAsUser") == 0 else ""
    if below == ("securityContext", "runAsUser") and value == 0:
        return "the container says runAsNonRoot" if effective("runAsNonRoot") is True else ""
    return ""


def _escalates(context: dict[str, Any]) -> str:
    if context.get("privileged") is True:
        return "the container is privileged"
    added = look_up(context, ("capabilities", "add"))
    names = {str(one).upper().removeprefix("CAP_") for one in added} if isinstance(added, list) else set()
    return "the container adds SYS_ADMIN" if "SYS_ADMIN" in names else ""


def _resources(below: Path, value: Any, raw: dict[str, Any], spec: Any) -> str:
    if len(below) != 3 or below[1] not in ("requests", "limits"):
        return ""
    side, name = str(below[1]), str(below[2])
    whole = look_up(spec, ("resources", side, name))
    if whole is not None:
        return f"the pod's own {side[:-1]} is {quote(whole)}"
    other = look_up(raw, ("resources", "limits" if side == "requests" else "requests", name))
    if other is None:
        return ""
    request, limit = (value, other) if side == "requests" else (other, value)
    fits = _compared(request, limit)
    if fits <= 0 and (fits == 0 or name in _OVERCOMMITTED):
        return ""
    return f"the author's {'limit' if side == 'requests' else 'request'} is {quote(other)}"


def _compared(request: Any, limit: Any) -> int:
    """Below, equal or above; equal where one of them is no quantity, which the API server says itself."""
    try:
        first, second = Quantity.of(request), Quantity.of(limit)
    except QuantityError:
        return 0
    return (first > second) - (first < second)


def _containers(spec: Any) -> Iterator[dict[str, Any]]:
    for name in LISTS:
        listed = look_up(spec, (name,))
        yield from (raw for raw in listed if isinstance(raw, dict)) if isinstance(listed, list) else ()
