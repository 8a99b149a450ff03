"""What the API server must ask about for a ruleset: resources, subresources and operations, and nothing more."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from webhook.admission.finding import Mode
from webhook.admission.kinds import (
    BUILT_IN,
    CLUSTER_SCOPED,
    KEEPS_CLUSTER_ALIVE,
    POD_SUBRESOURCES,
    SCALED,
    KindPattern,
    Resource,
)
from webhook.admission.request import GroupKind, Operation
from webhook.admission.rule import EPHEMERAL_PHASES, OBJECT_PHASES, POD_PHASES
from webhook.engine.decide import Stage
from webhook.pod.workloads import POD
from webhook.policy.ruleset import DEFAULT_KINDS, Rule

_OF_AN_OBJECT = (Operation.CREATE, Operation.UPDATE, Operation.DELETE)
_OF_A_SUBRESOURCE: dict[str, tuple[Operation, ...]] = {
    "": _OF_AN_OBJECT,
    **dict.fromkeys(("ephemeralcontainers", "resize", "scale"), (Operation.UPDATE,)),
    **dict.fromkeys(("exec", "attach", "portforward", "proxy"), (Operation.CONNECT,)),
    "eviction": (Operation.CREATE,),
    **dict.fromkeys(("status", "binding", "token", "log"), ()),
}
"""The operations that webhooks are asked about. A cluster lives on status updates, bindings and tokens, so these are
never registered (design.md 1.7); reading a log is no change, so nobody would ask."""

Plurals = Mapping[GroupKind, str]
"""The plural resource names of kinds that are not built in."""


class Target(NamedTuple):
    """A resource or one subresource of it, as a webhook's rules name it; scope is Namespaced, Cluster or *."""

    group: str
    version: str
    plural: str
    subresource: str
    scope: str

    @property
    def resource(self) -> str:
        """As a webhook's rules write it: pods, pods/exec."""
        return f"{self.plural}/{self.subresource}" if self.subresource else self.plural


class Need(NamedTuple):
    """One operation on one target; `kind` is how rules name it: Pod, networking.k8s.io/Ingress, Pod/exec."""

    target: Target
    operation: Operation
    kind: str


def needs(rules: Iterable[Rule], stage: Stage, plurals: Plurals) -> frozenset[Need]:
    """Everything that a stage must be asked about."""
    return frozenset(need for _, found in needs_by_rule(rules, stage, plurals) for need in found)


def needs_by_rule(rules: Iterable[Rule], stage: Stage, plurals: Plurals) -> Iterator[tuple[Rule, frozenset[Need]]]:
    """What each rule needs: nothing where it is off, or where the stage has nothing to do for it.

    Most rules are about the same kinds, so what has been found for one serves for the next.
    """
    known: dict[object, frozenset[Need]] = {}
    for rule in rules:
        does = _does(rule, stage)
        key = (tuple(match.kinds for match in rule.matches), rule.operations, does, bool(rule.parts.of_scale))
        if key not in known:
            known[key] = frozenset(_needs(rule, does, plurals)) if does else frozenset()
        yield rule, known[key]


def acts(rule: Rule) -> bool:
    """Whether the rule is more than off, now or later."""
    return any(step.mode is not Mode.OFF for step in rule.rollout.steps)


def concerns_every_kind(rule: Rule) -> bool:
    """Whether the rule is about "*": custom kinds too, whose names nobody can tell."""
    named = [match.kinds for match in rule.matches if match.kinds]
    return bool(named) and all(any(pattern.kind == "*" for pattern in kinds) for kinds in named)


def guessed_kinds(rules: Iterable[Rule], plurals: Plurals) -> tuple[GroupKind, ...]:
    """The kinds whose plural resource name nobody told."""
    named = {kind for rule in rules if acts(rule) for kind, _ in _candidates(rule)}
    return tuple(sorted(named - BUILT_IN.keys() - CLUSTER_SCOPED - plurals.keys()))


def plural_of(kind: str) -> str:
    """The English plural, as generators of Kubernetes APIs form it: Policy policies, Ingress ingresses."""
    word = kind.lower()
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return f"{word}es"
    if word.endswith("y") and word[-2:-1] not in tuple("aeiou"):
        return f"{word[:-1]}ies"
    return f"{word}s"


_JUDGES = frozenset({"judge"})


def _does(rule: Rule, stage: Stage) -> frozenset[str]:
    """The phases of mutation that the rule takes part in, which only an enforcing rule does; _JUDGES for validation."""
    if stage is Stage.VALIDATE:
        return _JUDGES if acts(rule) else frozenset()
    phases = (*POD_PHASES, *OBJECT_PHASES) if rule.rollout.can_enforce else ()
    return frozenset(phase for phase in phases if getattr(rule.parts, phase))


def _needs(rule: Rule, does: frozenset[str], plurals: Plurals) -> Iterator[Need]:
    for kind, subresource in _candidates(rule):
        target = _target(kind, subresource, plurals)
        word = str(KindPattern(kind.group, kind.kind, subresource))
        for operation in _OF_A_SUBRESOURCE.get(subresource, _OF_AN_OBJECT):
            acted = does is _JUDGES or not does.isdisjoint(_phases(kind, subresource, operation))
            if acted and rule.covers(kind, subresource, operation):
                yield Need(target, operation, word)


def _candidates(rule: Rule) -> set[tuple[GroupKind, str]]:
    """Every kind and subresource that any of the rule's matches names; which of them all agree on, Rule.covers says."""
    patterns = [pattern for match in rule.matches for pattern in match.kinds] or DEFAULT_KINDS
    found = {candidate for pattern in patterns for candidate in _meant(pattern)}
    if rule.parts.of_scale:
        found |= {(kind, "scale") for kind, subresource in found if kind in SCALED and not subresource}
    return {candidate for candidate in found if candidate[0] not in KEEPS_CLUSTER_ALIVE}


def _meant(pattern: KindPattern) -> Iterator[tuple[GroupKind, str]]:
    kinds = BUILT_IN if pattern.kind == "*" else (GroupKind(pattern.group, pattern.kind),)
    for kind in kinds:
        whole = POD_SUBRESOURCES if kind == POD else ("",)
        for subresource in (pattern.subresource,) if pattern.subresource else whole:
            yield kind, subresource


def _phases(kind: GroupKind, subresource: str, operation: Operation) -> tuple[str, ...]:
    """What may be made so for a request; the same as engine/decide.py does when one comes."""
    if subresource == "ephemeralcontainers":
        return EPHEMERAL_PHASES
    if subresource or operation is Operation.DELETE:
        return ()
    if kind != POD:
        return OBJECT_PHASES
    return POD_PHASES if operation is Operation.CREATE else ()


def _target(kind: GroupKind, subresource: str, plurals: Plurals) -> Target:
    told = plurals.get(kind)
    resource = Resource(told, "*") if told else BUILT_IN.get(kind) or Resource(plural_of(kind.kind), "*")
    return Target(kind.group, resource.version, resource.plural, subresource, _scope(kind))


def _scope(kind: GroupKind) -> str:
    if kind in CLUSTER_SCOPED:
        return "Cluster"
    return "Namespaced" if kind in BUILT_IN else "*"
