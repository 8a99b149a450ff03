"""Groups of nodes as they are written, what is told of them when rules load, and which of them a namespace uses."""

from collections.abc import Mapping
from typing import NamedTuple

from webhook.admission.facts import Namespace
from webhook.admission.names import NamespaceNames, not_empty, swallowed
from webhook.admission.operators import CannotDecide
from webhook.admission.rule import Compiling, Subject
from webhook.admission.selector import NAME_LABEL, LabelSelector, contradiction
from webhook.rule_types._label_names import key_mistake, selector_mistake, value_mistake
from webhook.rule_types._taints import Effect, Taint
from webhook.source.declare import field, shape
from webhook.source.path import Path


@shape
class RestrictedTo:
    """The namespaces that use a group, alone; everything it says must hold."""

    namespace_selector: LabelSelector | None = field("Namespaces by their labels.", default=None)
    namespaces: NamespaceNames | None = field("Namespaces by name or glob.", default=None)

    def __post_init__(self) -> None:
        not_empty(self, "namespaceSelector", "namespaces")

    @property
    def needs_labels(self) -> bool:
        """Whether more than a namespace's name decides."""
        selector = self.namespace_selector
        return selector is not None and any(one.key != NAME_LABEL for one in selector.requirements)

    def covers(self, name: str, namespace: Namespace | None) -> bool | None:
        """Whether a namespace is one of them; None where its labels would have to be known."""
        if self.namespaces is not None and not self.namespaces.covers(name):
            return False
        if self.namespace_selector is None:
            return True
        if namespace is None:
            return self.namespace_selector.matches_name_alone(name)
        return self.namespace_selector.matches(namespace.labels)


@shape
class Group:
    """Nodes that belong together: by what they are known, and for whom they are."""

    labels: dict[str, str] = field("The labels that all of its nodes have, and no others.", default={})
    taints: tuple[Taint, ...] = field("The taints that all of its nodes have, as key=value:Effect.", default=())
    restricted_to: RestrictedTo | None = field("The only namespaces that may use it.", default=None)
    default: bool = field("true: the group of all namespaces that no other is restricted to.", default=False)

    def __post_init__(self) -> None:
        if not self.labels and not self.taints:
            raise ValueError("nothing tells its nodes from others", "give it `labels`, `taints` or both")
        if self.restricted_to and self.default:
            told = "a group that is restricted cannot be the default of all others"
            raise ValueError(told, "keep `restrictedTo` or `default: true`", "default")
        if not self.restricted_to and not self.default:
            raise ValueError("no namespace uses this group", "say `restrictedTo`, or `default: true`")


class NodeGroup(NamedTuple):
    """A group with its name."""

    name: str
    labels: Mapping[str, str]
    taints: tuple[Taint, ...]
    restricted_to: RestrictedTo | None

    @property
    def evicts(self) -> bool:
        """Whether the kubelet itself turns away pods that do not tolerate its taints, however they came there."""
        return any(taint.effect is Effect.NO_EXECUTE for taint in self.taints)


NOBODYS = NodeGroup("", {}, (), None)
"""What a pod belongs to whose namespace uses no group."""


class Standing(NamedTuple):
    """The groups that a namespace may use, and those that are restricted to others."""

    own: tuple[NodeGroup, ...]
    others: tuple[NodeGroup, ...]


class NodeGroups:
    """All groups of a rule."""

    def __init__(self, groups: Mapping[str, Group]) -> None:
        every = [NodeGroup(name, one.labels, one.taints, one.restricted_to) for name, one in groups.items()]
        self._restricted = tuple((one, one.restricted_to) for one in every if one.restricted_to is not None)
        self._default = tuple(one for one in every if one.restricted_to is None)
        self.needs_labels = any(restricted.needs_labels for _, restricted in self._restricted)

    def standing(self, subject: Subject) -> Standing:
        """Which groups are whose, for the namespace of a request; raises CannotDecide where its labels decide."""
        name, namespace = subject.request.namespace, subject.namespace
        own: list[NodeGroup] = []
        others: list[NodeGroup] = []
        for group, restricted in self._restricted:
            covered = restricted.covers(name, namespace)
            if covered is None:
                raise CannotDecide(f"the labels of namespace {name} are not known here")
            (own if covered else others).append(group)
        return Standing(tuple(own) or self._default, tuple(others))


def tell_groups(groups: Mapping[str, Group], compiling: Compiling) -> None:
    """Everything that is wrong with single groups, and between them."""
    for name, group in groups.items():
        at: Path = ("groups", name)
        _tell_labels(group, at, compiling)
        if group.restricted_to:
            _tell_restricted(group.restricted_to, (*at, "restrictedTo"), compiling)
    _tell_twins(groups, compiling)
    for name, group in groups.items():
        if group.restricted_to:
            _tell_open(name, group, groups, compiling)
        if group.taints and not group.labels:
            told = "nothing keeps its pods on its nodes: a toleration lets them there, and no label sends them there"
            compiling.warning(("groups", name), told, "give it `labels` too", on="key")


def _tell_labels(group: Group, at: Path, compiling: Compiling) -> None:
    for key, value in group.labels.items():
        mistake = "it is no glob here" if "*" in f"{key}{value}" else key_mistake(key, "labels") or value_mistake(value)
        if mistake:
            compiling.error((*at, "labels", key), f"no node can have this label: {mistake}", "name one label exactly")


def _tell_restricted(restricted: RestrictedTo, at: Path, compiling: Compiling) -> None:
    selector, names = restricted.namespace_selector, restricted.namespaces
    if selector and (mistake := selector_mistake(selector)):
        told = f"no namespace can ever use this group: {mistake}"
        compiling.error((*at, "namespaceSelector"), told, "a selector names labels exactly", on="key")
    elif selector and (label := contradiction([selector])):
        told = f"no namespace can ever use this group: this says contradictory things of the label {label}"
        compiling.error((*at, "namespaceSelector"), told, "remove one of them", on="key")
    if names and swallowed(names):
        told = "no namespace can ever use this group: `exclude` leaves out everything"
        compiling.error((*at, "namespaces"), told, "what is left out wins; narrow `exclude`", on="key")


def _tell_twins(groups: Mapping[str, Group], compiling: Compiling) -> None:
    """What only one group can have: to be the default, its labels, each of its taints."""
    default = ""
    labelled: dict[frozenset[tuple[str, str]], str] = {}
    tainted: dict[Taint, str] = {}
    for name, group in groups.items():
        at: Path = ("groups", name)
        if group.default and default:
            told = f"the group {default} is the default already"
            compiling.error((*at, "default"), told, "leave `default` with one of them, restrict the other")
        default = default or (name if group.default else "")
        twin = labelled.setdefault(frozenset(group.labels.items()), name) if group.labels else name
        if twin != name:
            told = f"the group {twin} has the same labels, so nobody can tell their nodes apart"
            compiling.error((*at, "labels"), told, "give each group labels of its own", on="key")
        for index, taint in enumerate(group.taints):
            if taint in tainted:
                told = f"{taint} is already a taint of the group {tainted[taint]}"
                compiling.error((*at, "taints", index), told, "give each group taints of its own")
            tainted[taint] = name


def _tell_open(name: str, group: Group, groups: Mapping[str, Group], compiling: Compiling) -> None:
    """A group that any pod may come to: no taint keeps it off, nor does its own group's label."""
    if any(taint.keeps_off for taint in group.taints):
        return
    others = [one for one in groups.values() if one is not group]
    apart = [any(one.labels.get(key, value) != value for key, value in group.labels.items()) for one in others]
    if not (any(one.default for one in others) and all(apart)):
        pair = next((f"{key}={value}" for key, value in group.labels.items()), f"pool={name}")
        told = "nothing keeps other pods off its nodes: whoever selects no node may come to any that has no taint"
        compiling.error(("groups", name), told, f"give it a taint, such as {pair}:NoSchedule", on="key")
