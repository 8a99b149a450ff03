"""How podSecurity makes it so: what the restricted level wants, in containers whose author left it open.

Always in the container and never in the pod, so that no container inherits what was not meant for it. Never a user id:
nobody but the image's author knows which one works.
"""

from collections.abc import Callable

from webhook.admission.edits import Draft
from webhook.pod.containers import Container
from webhook.rule_types._pod_security_view import PodView, as_dict, needs_escalation
from webhook.source.path import Path

Fill = Callable[[PodView, Container, Draft], None]


def no_escalation(view: PodView, container: Container, draft: Draft) -> None:
    """allowPrivilegeEscalation: false, except where the API server would refuse the pod for it."""
    if not view.sort.windows and not needs_escalation(as_dict(container.raw.get("securityContext"))):
        draft.default(_at(container, "allowPrivilegeEscalation"), False)


def drop_all(view: PodView, container: Container, draft: Draft) -> None:
    """capabilities.drop: [ALL]; an empty list is what the API server reads as none."""
    if view.sort.windows:
        return
    path = _at(container, "capabilities", "drop")
    put = draft.set if draft.get(path) == [] else draft.default
    put(path, ["ALL"])


def non_root(view: PodView, container: Container, draft: Draft) -> None:
    """runAsNonRoot: true where neither pod nor container says anything, except for a container that asks for root."""
    own = as_dict(container.raw.get("securityContext")).get("runAsUser")
    user = own if own is not None else view.security.get("runAsUser")
    if view.security.get("runAsNonRoot") is None and user != 0:
        draft.default(_at(container, "runAsNonRoot"), True)


def seccomp(view: PodView, container: Container, draft: Draft) -> None:
    """seccompProfile: {type: RuntimeDefault} where neither pod nor container says anything."""
    if not view.sort.windows and view.security.get("seccompProfile") is None:
        draft.default(_at(container, "seccompProfile"), {"type": "RuntimeDefault"})


def _at(container: Container, *keys: str) -> Path:
    return (*container.at, "securityContext", *keys)
