"""What an absent field means, and which fields a container inherits from its pod: as the kubelet reads them."""

from typing import Any, Literal

from webhook.source.path import Path, Steps

MEANINGS: dict[str, Any] = {
    "pod:spec.automountServiceAccountToken": True,
    "pod:spec.hostNetwork": False,
    "pod:spec.hostPID": False,
    "pod:spec.hostIPC": False,
    "pod:spec.hostUsers": True,
    "pod:spec.shareProcessNamespace": False,
    "container:securityContext.allowPrivilegeEscalation": True,
    "container:securityContext.privileged": False,
    "container:securityContext.readOnlyRootFilesystem": False,
    "container:volumeMounts.readOnly": False,
    "container:stdin": False,
    "container:tty": False,
}
"""Fields that stay unset after the API server's defaults, by subject and path without [*]. Source: the field comments
of k8s.io/api core/v1 types.go (v0.36)."""

_INHERITED = frozenset(
    {
        "runAsUser",
        "runAsGroup",
        "runAsNonRoot",
        "seLinuxOptions",
        "seccompProfile",
        "appArmorProfile",
        "windowsOptions",
    }
)


def inherited(steps: Steps) -> bool:
    """Whether a container takes this leaf from its pod where it does not set it."""
    return len(steps) > 1 and steps[0] == "securityContext" and steps[1] in _INHERITED


def inherited_leaf(steps: Steps) -> Path:
    """The part of a container's path that is set or inherited as a whole; () for what is not inherited.

    Options for Windows are inherited one by one (DetermineEffectiveSecurityContext in kubernetes
    pkg/securitycontext/util.go), every other leaf as a whole.
    """
    if not inherited(steps):
        return ()
    depth = 3 if steps[1] == "windowsOptions" else 2
    return tuple(step for step in steps[:depth] if isinstance(step, str))


def meaning(subject: str, steps: Steps) -> Any:
    """What it means when the field at the path is absent; None where that is nobody's word."""
    return MEANINGS.get(f"{subject}:{'.'.join(step for step in steps if isinstance(step, str))}")


Required = bool | Literal["nonEmpty"]
"""What `required` says."""


def is_there(value: Any, required: Required) -> bool:
    """Whether `required` accepts it: whatever is there; nonEmpty wants more than "" or an empty collection."""
    return value is not None and not (required == "nonEmpty" and value in ("", [], {}))


def is_set(value: Any) -> bool:
    """Whether `forbidden` minds it: it accepts an explicit false, "" and empty collection."""
    return not (value is None or value is False or value in ("", [], {}))
