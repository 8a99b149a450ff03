"""What is wrong with where a pod may run: it gets onto others' nodes, or does not keep to its own group's."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from webhook.admission.finding import Found
from webhook.admission.request import Operation
from webhook.admission.rule import Subject
from webhook.admission.words import listing, quote
from webhook.pod.containers import Pod
from webhook.pod.workloads import POD
from webhook.rule_types._node_demands import TERMS, Demands
from webhook.rule_types._node_groups import NodeGroup, NodeGroups
from webhook.rule_types._taints import is_wildcard, tolerates
from webhook.source.path import Path, look_up

DAEMON_SET = ("apps", "DaemonSet")
_MIRROR: Path = ("metadata", "annotations", "kubernetes.io/config.mirror")


class Place(NamedTuple):
    """A pod among the groups of nodes: which its namespace may use, and what it says itself."""

    subject: Subject
    pod: Pod
    own: tuple[NodeGroup, ...]
    others: tuple[NodeGroup, ...]
    demands: Demands

    @classmethod
    def of(cls, subject: Subject, pod: Pod, groups: NodeGroups) -> "Place":
        """Raises CannotDecide where the namespace's labels would have to be known."""
        own, others = groups.standing(subject)
        return cls(subject, pod, own, others, Demands.of(pod.spec))

    @property
    def at(self) -> Path:
        """Where the pod's spec stands."""
        return (*self.pod.at, "spec")

    @property
    def group(self) -> NodeGroup | None:
        """The group that the pod belongs to; of several that its namespace may use, the one that it selects."""
        if len(self.own) < 2:
            return self.own[0] if self.own else None
        selected = self.selected
        largest = max(selected, key=lambda group: len(group.labels), default=None)
        if largest is None or any(group.labels.items() - largest.labels.items() for group in selected):
            return None
        return largest

    @property
    def selected(self) -> tuple[NodeGroup, ...]:
        """The groups that its namespace may use and all of whose labels it demands."""
        return tuple(group for group in self.own if all(self.demands.demand(*pair) for pair in group.labels.items()))


def judged_pod(subject: Subject) -> Pod | None:
    """The pod; None for the picture that a kubelet makes of a static pod, which it runs whatever we say."""
    user = subject.request.user
    if user is not None and "system:nodes" in user.groups and look_up(subject.object, _MIRROR) is not None:
        return None
    return subject.pod


def node_name(subject: Subject, pod: Pod) -> Any:
    """The node that the author names; None where nobody does, or where the scheduler has chosen it since."""
    name = pod.spec.get("nodeName") or None
    request = subject.request
    if name is None or request.kind != POD or request.operation is Operation.CREATE:
        return name
    old = request.old_object
    return None if old is None or look_up(old, ("spec", "nodeName")) == name else name


def tolerations_of(pod: Pod) -> list[Any]:
    """The pod's tolerations; what is no list is left to the API server."""
    tolerations = pod.spec.get("tolerations")
    return tolerations if isinstance(tolerations, list) else []


def breadth(toleration: dict[str, Any]) -> str:
    """How much a wildcard tolerates."""
    effect = toleration.get("effect")
    return f"every taint with the effect {quote(effect)}" if effect else "every taint"


def led_to_others(place: Place) -> Iterator[Found]:
    """Where the pod asks for nodes of a group that is not for it: labels that its own group has too say nothing."""
    own = {pair for group in place.own for pair in group.labels.items()}
    for group in place.others:
        asked = {key: value for key, value in group.labels.items() if (key, value) not in own}
        naming = place.demands.naming(group.labels, asked)
        if naming is not None:
            fix = selecting(place.own[0]) if place.own and place.own[0].labels else "take it out"
            what = f"{quote(naming.value)} leads" if isinstance(naming.value, str) else "leads"
            yield Found((*place.at, *naming.path), naming.value, f"{what} to {_not_for(group)}", fix)


def tolerates_others(place: Place, skip_wildcards: bool) -> Iterator[Found]:
    """Tolerations of taints that are there to keep the pod off; wildcards are skipped where they are told anyway."""
    for index, toleration in enumerate(tolerations_of(place.pod)):
        if skip_wildcards and is_wildcard(toleration):
            continue
        for group in place.others:
            taint = next((one for one in group.taints if tolerates(toleration, one)), None)
            if taint is not None:
                what = f"{breadth(toleration)}, {taint} too" if is_wildcard(toleration) else str(taint)
                message = f"tolerates {what}: it is to keep pods off {_not_for(group)}"
                yield Found((*place.at, "tolerations", index), toleration, message, "take it out")
                break


def past_the_scheduler(place: Place) -> Iterator[Found]:
    """A node that the author names: the kubelet still minds nodeSelector, affinity and NoExecute, and nothing else."""
    name = node_name(place.subject, place.pod)
    for group in place.others if name is not None else ():
        if not group.evicts and place.demands.admit(group.labels):
            message = f"names the node {quote(name)} past the scheduler: it may be one of {_not_for(group)}"
            yield Found((*place.at, "nodeName"), name, message, "leave it out")
            return


def strays(place: Place) -> Iterator[Found]:
    """What the pod must say to keep to the nodes of its own group, and does not."""
    group = place.group
    if group is None:
        if place.own:
            yield _no_choice(place)
        return
    for key, value in group.labels.items():
        if not place.demands.demand(key, value):
            yield _not_selected(group, key, value, place)
    missing = [taint for taint in group.taints if not any(tolerates(one, taint) for one in tolerations_of(place.pod))]
    if missing:
        message = f"do not tolerate {listing(missing, 'and')}: {_whose(group)}"
        fix = f"tolerations: [{', '.join(_flow(taint.toleration) for taint in missing)}]"
        yield Found((*place.at, "tolerations"), None, message, _in_daemon_set(fix, place))


def selecting(group: NodeGroup) -> str:
    """How a pod selects the group."""
    return f"nodeSelector: {_flow(group.labels)}"


def _not_selected(group: NodeGroup, key: str, value: str, place: Place) -> Found:
    fix, whose = _in_daemon_set(selecting(group), place), _whose(group)
    path: Path = (*place.at, "nodeSelector", key)
    found = place.demands.selector.get(key)
    if found is not None:
        return Found(path, found, f"{quote(found)} is not {quote(value)}: {whose}", fix)
    for term in place.demands.terms or ():
        if any(term.about(key)) and not term.demands(key, value):
            message = f"lets the pod run where {key} is not {quote(value)}: {whose}, and every term must demand it"
            return Found((*place.at, *TERMS, term.number), None, message, fix)
    return Found(path, None, f"missing, must be {quote(value)}: {whose}", fix)


def _no_choice(place: Place) -> Found:
    selected = place.selected
    path: Path = (*place.at, "nodeSelector")
    if selected:
        message = f"selects the groups {listing((quote(one.name) for one in selected), 'and')} at once; a pod uses one"
        return Found(path, place.pod.spec.get("nodeSelector"), message, selecting(selected[0]))
    names = listing(quote(one.name) for one in place.own)
    message = f"selects no group: its namespace uses {names}, and a pod says which"
    return Found(path, place.pod.spec.get("nodeSelector"), message, _in_daemon_set(selecting(place.own[0]), place))


def _whose(group: NodeGroup) -> str:
    return f"its namespace uses the group {quote(group.name)}"


def _not_for(group: NodeGroup) -> str:
    return f"the nodes of the group {quote(group.name)}, which its namespace may not use"


def _in_daemon_set(fix: str, place: Place) -> str:
    if place.subject.request.kind != DAEMON_SET:
        return fix
    return f"{fix} in the template, by which a DaemonSet chooses its nodes"


def _flow(mapping: Any) -> str:
    return "{" + ", ".join(f'{key}: "{value}"' for key, value in mapping.items()) + "}"
