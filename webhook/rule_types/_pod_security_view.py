"""What the controls of podSecurity look at, and the fields that a container inherits from its pod."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from webhook.admission.finding import Found
from webhook.admission.request import Operation, Request
from webhook.admission.rule import Subject
from webhook.admission.words import quote
from webhook.pod.containers import Container, Pod
from webhook.source.path import Path, look_up

Finds = Sequence[Found]
NOTHING: Finds = ()


class Sort(NamedTuple):
    """What tells pods apart that controls spare: Windows pods, and pods in a user namespace."""

    windows: bool
    own_users: bool


class PodView:
    """What a control looks at beside the container: the pod's own settings, read once for all controls.

    In an update a container that inherits something wrong counts beside the pod that sets it: else what the old pod
    had would excuse a container that is new in it.
    """

    __slots__ = ("annotations", "at", "meta_at", "pod", "security", "sort", "spec", "told_twice")

    def __init__(self, pod: Pod, request: Request) -> None:
        self.pod = pod
        self.spec = spec = pod.spec
        self.at: Path = (*pod.at, "spec")
        self.meta_at: Path = (*pod.at, "metadata", "annotations")
        self.security = as_dict(spec.get("securityContext"))
        self.annotations = as_dict(pod.metadata.get("annotations"))
        self.sort = Sort(as_dict(spec.get("os")).get("name") == "windows", spec.get("hostUsers") is False)
        self.told_twice = request.old_object is not None and request.operation is Operation.UPDATE


def view_of(subject: Subject) -> PodView | None:
    """The subject's pod as all rules of a request see it; None where there is none."""
    return subject.derived(PodView, _view)


def _view(subject: Subject) -> PodView | None:
    return PodView(subject.pod, subject.request) if subject.pod is not None else None


OfPod = Callable[[PodView], Finds]
OfContainer = Callable[[PodView, Container, dict[str, Any]], Finds]
"""The third argument is the container's own securityContext."""


class Checks(NamedTuple):
    """What a control asks of the pod itself, and of each container."""

    pod: tuple[OfPod, ...] = ()
    container: tuple[OfContainer, ...] = ()


class Leaf(NamedTuple):
    """A field of securityContext that a container inherits from its pod, and what may stand there."""

    keys: tuple[str, ...]
    wrong: Callable[[Any], bool]
    must: str
    fix: str
    required: bool = False

    def in_pod(self, view: PodView) -> Finds:
        """What the pod sets for all its containers."""
        own = view.security.get(self.keys[0])
        if own is None or not self.wrong(value := look_up(own, self.keys[1:])):
            return NOTHING
        return (Found((*view.at, "securityContext", *self.keys), value, is_not(value, self.must), self.fix),)

    def in_container(self, view: PodView, container: Container, security: dict[str, Any]) -> Finds:
        """What the container sets, or lacks because the pod does not set it either."""
        own = security.get(self.keys[0])
        if own is None:
            return self._inherited(view, container)
        value = look_up(own, self.keys[1:])
        return (self._found(container, value, is_not(value, self.must)),) if self.wrong(value) else NOTHING

    def _inherited(self, view: PodView, container: Container) -> Finds:
        above = view.security.get(self.keys[0])
        if above is None:
            return (self._found(container, None, f"missing here and in the pod, {self.must}"),) if self.required else ()
        if not view.told_twice or not self.wrong(value := look_up(above, self.keys[1:])):
            return NOTHING
        return (self._found(container, None, f"inherits {quote(value)} from the pod, {self.must}"),)

    def _found(self, container: Container, value: Any, message: str) -> Found:
        return Found((*container.at, "securityContext", *self.keys), value, message, self.fix)


def checks_of(*leaves: Leaf) -> Checks:
    """The checks of a control that is about inherited fields."""
    return Checks(tuple(leaf.in_pod for leaf in leaves), tuple(leaf.in_container for leaf in leaves))


def needs_escalation(security: dict[str, Any]) -> bool:
    """Whether the API server refuses allowPrivilegeEscalation: false beside what the container asks for."""
    added = as_list(look_up(security, ("capabilities", "add")))
    return security.get("privileged") is True or "CAP_SYS_ADMIN" in added


def as_dict(value: Any) -> dict[str, Any]:
    """The mapping, or an empty one where there is none."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """The list, or an empty one where there is none."""
    return value if isinstance(value, list) else []


def is_not(value: Any, must: str) -> str:
    """The clause for a value that must be otherwise."""
    return f"missing, {must}" if value is None else f"is {quote(value)}, {must}"
