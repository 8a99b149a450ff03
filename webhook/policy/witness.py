"""Witnesses: requests that rules provably concern together, made when rules load to see what the rules do to them.

A witness is only made where nothing has to be taken for granted: criteria of two rules on labels, users, owners,
windows and conditions must be the same, or the one's narrower than the other's. What comes of it is a request that
somebody can make, so whatever goes wrong with it goes wrong in a cluster.
"""

from collections.abc import Container, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from webhook.admission.facts import Namespace
from webhook.admission.finding import Mode
from webhook.admission.kinds import BUILT_IN, CLUSTER_SCOPED
from webhook.admission.names import Names
from webhook.admission.request import GroupKind, Operation, Request, User
from webhook.admission.rule import Subject
from webhook.admission.selector import NAME_LABEL, LabelSelector, Requirement, SelectorOperator
from webhook.patterns import Glob
from webhook.pod.containers import Pod
from webhook.pod.workloads import POD
from webhook.policy.compile import Written
from webhook.policy.matching import Match
from webhook.policy.ruleset import Rule
from webhook.policy.specimen import Wanted, specimen
from webhook.source.path import Path, look_up

_POD = GroupKind(*POD)
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_SOMEBODY = User("somebody", ("system:authenticated",))
_FAMILIES = ("", "Deployment", "StatefulSet", "DaemonSet", "Job")
_OWNERS = {"Deployment": "ReplicaSet"}
_PLAIN = "somewhere"
_POSITIVE = (SelectorOperator.IN, SelectorOperator.EXISTS)


Criteria = dict[str, frozenset[Any]]


class Held(NamedTuple):
    """A rule with how it was written."""

    rule: Rule
    written: Written

    @property
    def name(self) -> str:
        """policy/rule."""
        return self.rule.info.id

    def criteria(self) -> Criteria:
        """What the rule wants beyond kinds, operations and names: sets of which one may be part of another's.

        Labels that must not be there are like names that are left out: most objects do without them.
        """
        matches = self.rule.matches
        spaces = (one.namespace_selector for one in matches)
        labels = (one.object_selector for one in matches)
        wanted = {
            "namespaces": frozenset(part for part in _requirements(spaces) if part.operator in _POSITIVE),
            "labels": frozenset(part for part in _requirements(labels) if part.operator in _POSITIVE),
            "users": frozenset(repr(one.users) for one in matches if one.users),
            "owners": frozenset(repr(one.owners) for one in matches if one.owners),
            "during": frozenset(repr(one.during) for one in matches if one.during),
            "when": frozenset(map(repr, self.written.conditions)),
        }
        return {name: parts for name, parts in wanted.items() if parts}


ANYTHING = "anything"
"""What a namespace says where it is only known that it says something."""


class _Everything(dict[str, str]):
    """Labels or annotations of a namespace that has every key: a rule that reads one finds something."""

    def get(self, key: str, default: Any = None) -> Any:
        """What is known, or something."""
        return super().get(key, default or ANYTHING)


class Witness(NamedTuple):
    """A request that rules concern together, its namespace, and a time at which all of them enforce."""

    request: Request
    pod_at: Path | None
    namespace: Namespace
    now: datetime

    def subject(self, obj: dict[str, Any]) -> Subject:
        """The object, as it stands by now, as rules look at it."""
        pod = Pod(obj, self.pod_at) if self.pod_at is not None else None
        return Subject(self.request, obj, pod, self.namespace, self.now)

    def in_full(self) -> "Witness":
        """The same in a namespace that has every label and annotation."""
        labels = _Everything(self.namespace.labels)
        return self._replace(namespace=Namespace(self.namespace.name, labels, _Everything()))

    def __str__(self) -> str:
        where = f" in the namespace {self.request.namespace}" if self.request.namespace else ""
        return f"the creation of a {self.request.kind.kind}{where}"


def witness(
    rules: Sequence[Held], alone: Sequence[Glob], kind: GroupKind = _POD, *, enforcing: bool = True
) -> Witness | None:
    """A request to create an object of the kind which all these rules concern while all enforce, or are not off; None
    where none is found. `alone` are the namespaces that the Profile leaves alone."""
    if not all(one.rule.covers(kind, "", Operation.CREATE) for one in rules):
        return None
    wanted = _together(rules)
    space = _namespace(rules, alone, kind) if wanted is not None else None
    if wanted is None or space is None:
        return None
    request = Request(
        kind=kind,
        operation=Operation.CREATE,
        object=specimen(kind, space.name, wanted),
        namespace=space.name,
        name=wanted.name,
        user=_SOMEBODY,
    )
    now = _when_all_act(rules, space, enforcing)
    found = Witness(request, () if kind == POD else None, space, now) if now else None
    return found if found and all(_applies(one.rule, found) for one in rules) else None


def object_kind(rules: Sequence[Held]) -> GroupKind | None:
    """A kind, other than Pod, that all rules are about."""
    named = [pattern for one in rules for pattern in one.rule.kinds]
    every = [GroupKind(pattern.group, pattern.kind) for pattern in named if pattern.kind != "*"] or list(BUILT_IN)
    return next(
        (k for k in every if k != POD and all(one.rule.covers(k, "", Operation.CREATE) for one in rules)),
        None,
    )


def concerns(held: Held, found: Witness, modes: Container[Mode] = (Mode.ENFORCE,)) -> bool:
    """Whether a rule applies to the witness as well, in one of these modes; who asks is somebody."""
    rule, request = held.rule, found.request
    labels = look_up(found.request.subject, ("metadata", "labels")) or {}
    return (
        rule.covers(request.kind, "", Operation.CREATE)
        and rule.rollout.mode(found.now, request.namespace, found.namespace) in modes
        and all(_fits(match, request, found.namespace, labels) for match in rule.matches)
        and _applies(rule, found)
    )


def _fits(match: Match, request: Request, space: Namespace, labels: dict[str, str]) -> bool:
    if (match.users and match.users.include) or match.owners or match.during:
        return False
    if match.namespaces and not match.namespaces.covers(request.namespace):
        return False
    if match.names and not match.names.covers(request.name):
        return False
    if match.namespace_selector and not match.namespace_selector.matches(space.labels):
        return False
    return not match.object_selector or match.object_selector.matches(labels)


def nested(one: Held, other: Held) -> bool:
    """Whether, of each criterion that both have, what the one rule wants is part of what the other wants."""
    mine, theirs = one.criteria(), other.criteria()
    return all(mine[name] <= theirs[name] or theirs[name] <= mine[name] for name in mine.keys() & theirs.keys())


def _together(rules: Sequence[Held]) -> Wanted | None:
    """What the object must look like; None where one cannot be made for all of them."""
    if any(not nested(one, other) for at, one in enumerate(rules) for other in rules[:at]):
        return None
    matches = [match for one in rules for match in one.rule.matches]
    labels = _labels([match.object_selector for match in matches])
    name = _covered([match.names for match in matches if match.names], "web")
    owners = [match.owners for match in matches if match.owners]
    family = next((f for f in _FAMILIES if all(names.covers(f or "Pod") for names in owners)), None)
    if labels is None or name is None or family is None:
        return None
    return Wanted(
        name=name,
        labels=labels,
        owner=_OWNERS.get(family, family),
        selections=tuple(one.rule.selection for one in rules if one.rule.selection),
        rewrites=tuple(one.rule.parts.rewrites for one in rules if one.rule.parts.rewrites),
        marks=tuple(mark for one in rules for mark in one.rule.parts.marks if mark.needed),
        conditions=tuple(raw for one in rules for raw in one.written.conditions),
    )


def _namespace(rules: Sequence[Held], alone: Sequence[Glob], kind: GroupKind) -> Namespace | None:
    """A namespace that all rules are about, and in which no exception excuses from any."""
    matches = [match for one in rules for match in one.rule.matches]
    selectors = [match.namespace_selector for match in matches]
    if kind in CLUSTER_SCOPED:
        return Namespace("")
    names = [match.namespaces for match in matches if match.namespaces]
    pinned = [part.values for part in _requirements(selectors) if part.key == NAME_LABEL]
    for name in (*_candidates(names), *(value for values in pinned for value in values)):
        if any(glob.matches(name) for glob in alone) or not all(one.covers(name) for one in names):
            continue
        labels = _labels(selectors, {NAME_LABEL: name})
        excused = any(e.spec.match.namespaces.covers(name) for one in rules for e in one.rule.exemptions)
        if labels is not None and not excused:
            return Namespace(name, labels)
    return None


def _requirements(selectors: Iterable[LabelSelector | None]) -> Iterator[Requirement]:
    return (part for selector in selectors if selector for part in selector.requirements)


def _labels(selectors: Sequence[LabelSelector | None], given: dict[str, str] | None = None) -> dict[str, str] | None:
    """Labels that all selectors select, beside those that are given; None where there are none."""
    labels = dict(given or {})
    wanted = list(_requirements(selectors))
    for key in dict.fromkeys(part.key for part in wanted):
        parts = [part for part in wanted if part.key == key]
        named = (value for part in parts for value in part.values)
        choices = [labels] if key in labels else [labels, *({**labels, key: value} for value in (*named, "any"))]
        fitting = next((one for one in choices if all(part.holds(one) for part in parts)), None)
        if fitting is None:
            return None
        labels = fitting
    return labels


def _covered(names: Sequence[Names], plain: str) -> str | None:
    return next((one for one in (plain, *_candidates(names)) if all(part.covers(one) for part in names)), None)


def _candidates(names: Sequence[Names]) -> Iterator[str]:
    """Names that may be meant by all: those that are listed, and what globs may stand for."""
    yield _PLAIN
    for glob in (glob for part in names for glob in part.include):
        yield glob.text.replace("*", "x")
        yield glob.text.replace("*", "")


def _when_all_act(rules: Sequence[Held], space: Namespace, enforcing: bool) -> datetime | None:
    begins = sorted({step.from_.begins for one in rules for step in one.rule.rollout.steps if step.from_})
    windows = any(match.during for one in rules for match in one.rule.matches)
    times = [_LONG_AGO, *begins]
    for now in times[-1:] if windows else times:
        modes = [one.rule.rollout.mode(now, space.name, space) for one in rules]
        if all(mode is Mode.ENFORCE for mode in modes) or not (enforcing or Mode.OFF in modes):
            return now
    return None


def _applies(rule: Rule, found: Witness) -> bool:
    """Whether the rule's conditions hold for the request; what cannot be told does not."""
    subject = found.subject(found.request.subject)
    try:
        return all(condition(subject) for condition in rule.when)
    except Exception:  # noqa: BLE001 - a condition that breaks is told by whoever judges
        return False
