"""nodeGroup: which nodes a namespace's pods run on, and that no others come there.

Two halves: a group's labels keep its own pods on its nodes (nodeSelector), its taints keep all others off. Whoever
tolerates the taint, asks for the labels or goes past the scheduler gets through.
"""

from collections.abc import Iterator
from typing import Any

from webhook.admission.edits import Draft
from webhook.admission.finding import Found
from webhook.admission.operators import CannotDecide
from webhook.admission.rule import Check, Compiling, Fine, Make, RuleParts, Subject
from webhook.admission.words import quote
from webhook.rule_types._node_demands import REQUIRED
from webhook.rule_types._node_group_check import (
    DAEMON_SET,
    Place,
    breadth,
    judged_pod,
    led_to_others,
    node_name,
    past_the_scheduler,
    strays,
    tolerates_others,
    tolerations_of,
)
from webhook.rule_types._node_groups import NOBODYS, Group, NodeGroup, NodeGroups, tell_groups
from webhook.rule_types._taints import is_wildcard, tolerates
from webhook.source.declare import field, shape
from webhook.source.path import Path, look_up


@shape
class Forbid:
    """What no pod may say, whatever its group."""

    node_name: bool = field("true: no pod names its node, which goes past the scheduler.", default=False)
    wildcard_tolerations: bool = field("true: no pod tolerates every taint.", default=False)

    def __post_init__(self) -> None:
        if not self.node_name and not self.wildcard_tolerations:
            raise ValueError("it forbids nothing", "say `nodeName: true`, `wildcardTolerations: true` or both")


@shape
class Params:
    """Groups of nodes, and what no pod may say."""

    groups: dict[str, Group] = field("Groups of nodes, by name.", default={})
    forbid: Forbid | None = field("What no pod may say, whatever its group.", default=None)

    def __post_init__(self) -> None:
        if not self.groups and not self.forbid:
            raise ValueError("nothing is said of nodes", "say `groups`, `forbid` or both")


def compile(params: Params, compiling: Compiling) -> RuleParts:
    """Bind the groups; tell what contradicts."""
    tell_groups(params.groups, compiling)
    no_names = params.forbid is not None and params.forbid.node_name
    no_wildcards = params.forbid is not None and params.forbid.wildcard_tolerations
    forbidden = ((_node_names, no_names), (_wildcards, no_wildcards))
    checks = tuple(check for check, wanted in forbidden if wanted)  # first: they speak of unknown namespaces too
    if not params.groups:
        fine = _nothing_forbidden(no_names=no_names, no_wildcards=no_wildcards)
        return RuleParts(checks=checks, fine=fine, about_containers=False)
    groups = NodeGroups(params.groups)
    return RuleParts(
        checks=(*checks, _placed(groups, no_names=no_names, no_wildcards=no_wildcards)),
        fine=_well_placed(groups),
        fill=_fill(groups),
        needs_namespace=groups.needs_labels,
        about_containers=False,
    )


def _node_names(subject: Subject) -> Iterator[Found]:
    pod = judged_pod(subject)
    name = node_name(subject, pod) if pod is not None else None
    if pod is not None and name is not None:
        message = f"names the node {quote(name)}, which goes past the scheduler and most taints"
        fix = "leave it out; where the pod needs certain nodes, say nodeSelector or affinity"
        yield Found((*pod.at, "spec", "nodeName"), name, message, fix)


def _wildcards(subject: Subject) -> Iterator[Found]:
    pod = judged_pod(subject)
    if pod is None:
        return
    for index, toleration in enumerate(tolerations_of(pod)):
        if is_wildcard(toleration):
            message = f"tolerates {breadth(toleration)}, so that none keeps it off a node"
            fix = "name the taint: {key: KEY, operator: Exists}"
            yield Found((*pod.at, "spec", "tolerations", index), toleration, message, fix)


def _placed(groups: NodeGroups, *, no_names: bool, no_wildcards: bool) -> Check:
    """Whether a pod runs on its own group's nodes alone; what other checks of the rule say is not said twice."""

    def check(subject: Subject) -> Iterator[Found]:
        pod = judged_pod(subject)
        if pod is None:
            return
        place = Place.of(subject, pod, groups)
        misled = tuple(led_to_others(place))
        yield from misled
        yield from tolerates_others(place, skip_wildcards=no_wildcards)
        if not no_names:
            yield from past_the_scheduler(place)
        told = {_place_of(found.path) for found in misled}
        yield from (found for found in strays(place) if _place_of(found.path) not in told)

    return check


def _place_of(path: Path) -> Path:
    """The path, or that of its term: a term that leads astray does not keep to its own group either."""
    return path[: path.index("matchExpressions")] if "matchExpressions" in path else path


def _nothing_forbidden(*, no_names: bool, no_wildcards: bool) -> Fine:
    def fine(subject: Subject) -> bool:
        pod = subject.pod
        if pod is None:
            return True
        if no_names and pod.spec.get("nodeName") and node_name(subject, pod) is not None:
            return False
        return not no_wildcards or not any(map(is_wildcard, tolerations_of(pod)))

    return fine


def _well_placed(groups: NodeGroups) -> Fine:
    """The short answer for a pod that says of nodes what its own group wants, and nothing unusual."""

    def fine(subject: Subject) -> bool:
        pod = subject.pod
        if pod is None:
            return True
        spec = pod.spec
        if spec.get("nodeName") and node_name(subject, pod) is not None:
            return False
        if spec.get("affinity") and look_up(spec, REQUIRED) is not None:
            return False
        try:
            own, others = groups.standing(subject)
        except CannotDecide:
            return False
        if len(own) > 1:
            return False
        group = own[0] if own else NOBODYS
        return _selects(group, others, spec.get("nodeSelector") or {}) and _tolerates_its_own(
            group, others, spec.get("tolerations") or ()
        )

    return fine


def _selects(own: NodeGroup, others: tuple[NodeGroup, ...], selector: Any) -> bool:
    """Whether a selector says what the own group wants, and no label of others."""
    if not isinstance(selector, dict):
        return False
    for key, value in own.labels.items():
        if selector.get(key) != value:
            return False
    for group in others:
        for key, value in group.labels.items():
            if selector.get(key) == value and own.labels.get(key) != value:
                return False
    return True


def _tolerates_its_own(own: NodeGroup, others: tuple[NodeGroup, ...], tolerations: Any) -> bool:
    """Whether the own group's taints are tolerated, and nothing else that the rule knows."""
    if not isinstance(tolerations, list | tuple):
        return False
    for one in tolerations:
        key = one.get("key") if isinstance(one, dict) else None
        if not key:
            return False
        for group in others:
            for taint in group.taints:
                if key == taint.key and tolerates(one, taint):
                    return False
    return all(any(tolerates(one, taint) for one in tolerations) for taint in own.taints)


def _fill(groups: NodeGroups) -> Make:
    """Labels and tolerations of the pod's group, where the author left them open.

    A DaemonSet's template stays as it is: by it the controller chooses the nodes, before anybody sees its pods.
    """

    def make(subject: Subject, draft: Draft) -> None:
        pod = subject.pod
        if pod is None or subject.request.kind == DAEMON_SET:
            return
        try:
            place = Place.of(subject, pod, groups)
        except CannotDecide:
            return  # the check tells that the rule is undecided
        if place.group is not None:
            _put(place, draft)

    return make


def _put(place: Place, draft: Draft) -> None:
    group, demands = place.group, place.demands
    if group is None:
        return
    for key, value in group.labels.items():
        if demands.selector.get(key) is not None or (demands.leave_open(key, value) and not demands.demand(key, value)):
            draft.default((*place.at, "nodeSelector", key), value)
    tolerations = tolerations_of(place.pod)
    for taint in group.taints:
        if not any(tolerates(one, taint) for one in tolerations):
            draft.append((*place.at, "tolerations"), taint.toleration)
