"""Matches that can never match and rollout steps that can never act: rules that read well and mean nothing."""

from collections.abc import Sequence

from webhook.admission.kinds import CLUSTER_SCOPED, KindPattern
from webhook.admission.names import Names, swallowed
from webhook.admission.request import GroupKind, Operation
from webhook.admission.rule import RuleParts
from webhook.admission.selector import contradiction
from webhook.admission.words import listing
from webhook.patterns import Glob, closest
from webhook.pod.containers import Role
from webhook.policy.matching import ContainerMatch, Match
from webhook.policy.model import Step
from webhook.policy.ruleset import DEFAULT_KINDS
from webhook.rule_types._label_names import selector_mistake
from webhook.source.path import Path
from webhook.source.shape import Problems

Placed = tuple[Path, Match]
"""A match with the path at which it stands."""

_CONNECTED = frozenset({"exec", "attach", "portforward", "proxy"})
_NEVER_ASKED = frozenset({"status", "binding", "token", "log"})
_COUNTS_AS = {"ReplicaSet": "Deployment", "CronJob": "Job"}
_FAMILIES = ("Deployment", "StatefulSet", "DaemonSet", "Job", "ReplicationController", "PodTemplate", "Pod")


def named_kinds(placed: Sequence[Placed]) -> Sequence[KindPattern]:
    """The kinds that the innermost match names, else all that carry a pod."""
    return next((match.kinds for _, match in reversed(placed) if match.kinds), DEFAULT_KINDS)


def check_kinds(placed: Sequence[Placed], parts: RuleParts, at: Path, problems: Problems) -> None:
    """Kinds that contradict each other, and kinds that the rule type cannot judge."""
    named = [(where, match.kinds) for where, match in placed if match.kinds]
    if len(named) == 2 and not any(p.covers_pattern(q) for p in named[0][1] for q in named[1][1]):
        wanted = listing(map(str, named[0][1]), "and")
        told = f"the policy is about {wanted} only, so this can never match"
        problems.error((*named[1][0], "kinds"), told, "name a kind that both are about")
        return
    kinds = named_kinds(placed)
    without = [str(kind) for kind in kinds if not kind.carries_pod]
    if parts.needs_pod and without:
        where: Path = (*named[-1][0], "kinds") if named else at
        cure = "leave `kinds` out to mean all that carry a pod" if "*" in without else "name kinds that carry a pod"
        what = "`*` means kinds without one too" if "*" in without else f"{listing(without, 'and')} carries none"
        problems.error(where, f"this rule type is about pods, and {what}", cure)
    _tell_contradictions(placed, kinds, problems)


def check_containers(
    match: ContainerMatch | None, parts: RuleParts, at: Path, kinds: Sequence[KindPattern], problems: Problems
) -> None:
    """A choice among containers that leaves none to be judged."""
    if match is None:
        return
    if not any(kind.carries_pod or kind.kind == "*" for kind in kinds):
        told = f"there are no containers in {listing(map(str, kinds), 'and')}"
        problems.error(at, told, "leave `containers` out", on="key")
    if match.names and swallowed(match.names):
        told = "this chooses no container: `exclude` leaves out everything"
        problems.error((*at, "names"), told, "what is left out wins; narrow `exclude`", on="key")
    if match.of and parts.roles.isdisjoint(map(Role, match.of)):
        judged = listing([role.value for role in Role if role in parts.roles], "and")
        told = f"this rule type never judges {listing(match.of)}"
        problems.error((*at, "of"), told, f"it is about {judged}")


def tell_dead_steps(steps: Sequence[Step], at: Path, problems: Problems) -> None:
    """A step that a later one overrides everywhere, from the day on which it would begin."""
    for index, step in enumerate(steps):
        for later in range(index + 1, len(steps)):
            if _overrides(steps[later], step):
                told = f"this step can never act: step {later + 1} holds everywhere, and the last one counts"
                problems.error((*at, index), told, "order the steps by the day on which they begin, the widest first")
                break


def _overrides(later: Step, step: Step) -> bool:
    if later.namespaces or later.namespace_selector or later.percent not in (None, 100):
        return False
    return later.from_ is None or (step.from_ is not None and later.from_ <= step.from_)


def disjoint(one: Names, other: Names) -> bool:
    """Whether provably no name is meant by both."""
    if not one.include or not other.include:
        return False
    left = [a for a in one.include if not any(out.matches(a.text) for out in other.exclude)]
    return not any(_overlap(a, b) for a in left for b in other.include)


def _overlap(one: Glob, other: Glob) -> bool:
    """Whether two globs may mean the same name; two with `*` are taken to."""
    if one.is_exact:
        return other.matches(one.text)
    return one.matches(other.text) if other.is_exact else True


def _tell_contradictions(placed: Sequence[Placed], kinds: Sequence[KindPattern], problems: Problems) -> None:
    """Everything in a rule's matches (its policy's and its own) that keeps it from ever applying."""
    for at, match in placed:
        _tell_own(match, at, problems)
    if len(placed) == 2:
        _tell_between(placed[0][1], placed[1], problems)
    _tell_of_kinds(placed, kinds, problems)


def _tell_own(match: Match, at: Path, problems: Problems) -> None:
    for key, names in (("namespaces", match.namespaces), ("names", match.names), ("owners", match.owners)):
        if names and swallowed(names):
            told = "this can never match: `exclude` leaves out everything"
            problems.error((*at, key), told, "what is left out wins; narrow `exclude`", on="key")
    for key, selector in (("namespaceSelector", match.namespace_selector), ("objectSelector", match.object_selector)):
        if selector and (mistake := selector_mistake(selector)):
            problems.error((*at, key), f"this can never match: {mistake}", "a selector names labels exactly", on="key")
        elif selector and (label := contradiction([selector])):
            told = f"this can never match: it says contradictory things of the label {label}"
            problems.error((*at, key), told, "remove one of them", on="key")
    if match.owners:
        _tell_owners(match.owners, (*at, "owners"), problems)


def _tell_owners(owners: Names, at: Path, problems: Problems) -> None:
    for key, globs in (("include", owners.include), ("exclude", owners.exclude)):
        for index, glob in enumerate(globs):
            family = _COUNTS_AS.get(glob.text)
            guess = closest(glob.text, _FAMILIES) if glob.is_exact and glob.text not in _FAMILIES else None
            if family:
                told = f"no pod's family is {glob.text}: its pods count as {family}"
                problems.error((*at, key, index), told, f"write {family}")
            elif guess:
                problems.error((*at, key, index), f"no pod's family is {glob.text}", f"did you mean {guess}?")
    told = "whoever writes a pod can lift this rule with an owner reference that is not true"
    problems.warning(at, told, "choose by namespace, or make an exception", on="key")


def _tell_between(policy: Match, placed: Placed, problems: Problems) -> None:
    """The rule's own match narrows the policy's: what it names beyond that never comes to it."""
    at, rule = placed
    for key in ("namespaces", "names", "owners"):
        one, other = getattr(policy, key), getattr(rule, key)
        if one and other and disjoint(one, other):
            told = f"the policy is about {listing(glob.text for glob in one.include)} only, so this can never match"
            problems.error((*at, key), told, "name what both are about", on="key")
    for key, one, other in (
        ("namespaceSelector", policy.namespace_selector, rule.namespace_selector),
        ("objectSelector", policy.object_selector, rule.object_selector),
    ):
        if one and other and not contradiction([one]) and (label := contradiction([one, other])):
            told = f"the policy's {key} says something else of the label {label}, so this can never match"
            problems.error((*at, key), told, "name what both are about", on="key")


def _tell_of_kinds(placed: Sequence[Placed], kinds: Sequence[KindPattern], problems: Problems) -> None:
    """Operations and namespaces that objects of these kinds do not have."""
    at, named = next(((at, one) for at, one in reversed(placed) if one.operations), ((), None))
    whole = not any(pattern.subresource or pattern.kind == "*" for pattern in kinds)
    if whole and named and set(named.operations) == {Operation.CONNECT}:
        told = "CONNECT is only for subresources, so this can never match"
        problems.error((*at, "operations"), told, "name one under `kinds`, such as Pod/exec")
    for where, match in placed:
        for index, pattern in enumerate(match.kinds):
            _tell_subresource(pattern, named, (*where, "kinds", index), problems)
        if match.namespaces and match.namespaces.include and cluster_wide(kinds):
            told = f"{listing(map(str, kinds), 'and')} live in no namespace, so this can never match"
            problems.error((*where, "namespaces"), told, "leave `namespaces` out", on="key")


def _tell_subresource(pattern: KindPattern, named: Match | None, at: Path, problems: Problems) -> None:
    if pattern.subresource in _NEVER_ASKED:
        told = f"no webhook is ever asked about {pattern}: a cluster lives on it"
        problems.error(at, told, "name the kind itself, or another subresource")
    elif pattern.subresource in _CONNECTED and not (named and Operation.CONNECT in named.operations):
        told = f"{pattern} knows the operation CONNECT only, so this can never match"
        problems.error(at, told, "say operations: [CONNECT]")


def cluster_wide(kinds: Sequence[KindPattern]) -> bool:
    """Whether none of the kinds lives in a namespace; a Namespace counts as in itself."""
    found = {GroupKind(pattern.group, pattern.kind) for pattern in kinds}
    return found <= CLUSTER_SCOPED - {GroupKind("", "Namespace")}
