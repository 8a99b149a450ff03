"""Matches that can never match and rollout steps that can never act: rules that read well and mean nothing."""

from collections.abc import Iterable, Sequence

from webhook.admission.kinds import CLUSTER_SCOPED, KindPattern
from webhook.admission.request import GroupKind, Operation
from webhook.admission.selector import LabelSelector, Requirement, SelectorOperator
from webhook.admission.words import listing, quote
from webhook.patterns import Glob, closest
from webhook.policy.matching import Match, Names
from webhook.policy.model import Step
from webhook.rule_types._label_names import key_mistake, value_mistake
from webhook.source.path import Path
from webhook.source.shape import Problems

Placed = tuple[Path, Match]
"""A match with the path at which it stands."""

_CONNECTED = frozenset({"exec", "attach", "portforward", "proxy"})
_NEVER_ASKED = frozenset({"status", "binding", "token", "log"})
_COUNTS_AS = {"ReplicaSet": "Deployment", "CronJob": "Job"}
_FAMILIES = ("Deployment", "StatefulSet", "DaemonSet", "Job", "ReplicationController", "PodTemplate", "Pod")


def tell_contradictions(placed: Sequence[Placed], kinds: Sequence[KindPattern], problems: Problems) -> None:
    """Everything in a rule's matches (its policy's and its own) that keeps it from ever applying."""
    for at, match in placed:
        _tell_own(match, at, problems)
    if len(placed) == 2:
        _tell_between(placed[0][1], placed[1], problems)
    _tell_of_kinds(placed, kinds, problems)


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


def swallowed(names: Names) -> bool:
    """Whether everything that is taken in is left out again. In a text that a glob covers, `*` may be anything."""
    wanted = [glob.text for glob in names.include] or ["*"]
    return all(any(one.matches(text) for one in names.exclude) for text in wanted)


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


def _tell_own(match: Match, at: Path, problems: Problems) -> None:
    for key, names in (("namespaces", match.namespaces), ("names", match.names), ("owners", match.owners)):
        if names and swallowed(names):
            told = "this can never match: `exclude` leaves out everything"
            problems.error((*at, key), told, "what is left out wins; narrow `exclude`", on="key")
    for key, selector in (("namespaceSelector", match.namespace_selector), ("objectSelector", match.object_selector)):
        if selector and (mistake := _label_mistake(selector)):
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


def contradiction(selectors: Iterable[LabelSelector]) -> str:
    """The label of which the selectors want what no object can have; "" where there is none."""
    wanted: dict[str, list[Requirement]] = {}
    for selector in selectors:
        for key, value in selector.match_labels.items():
            wanted.setdefault(key, []).append(Requirement(key, SelectorOperator.IN, (value,)))
        for requirement in selector.match_expressions:
            wanted.setdefault(requirement.key, []).append(requirement)
    return next((key for key, all_of in wanted.items() if not _possible(key, all_of)), "")


def _label_mistake(selector: LabelSelector) -> str | None:
    """Why no object can have a label that the selector names; a selector knows no globs."""
    keys = [*selector.match_labels, *(one.key for one in selector.match_expressions)]
    values = [*selector.match_labels.values(), *(value for one in selector.match_expressions for value in one.values)]
    if glob := next((text for text in (*keys, *values) if "*" in text), None):
        return f"{quote(glob)} is no glob here"
    return next(filter(None, (*(key_mistake(key, "labels") for key in keys), *map(value_mistake, values))), None)


def _possible(key: str, wanted: list[Requirement]) -> bool:
    """Whether some value, or the label's absence, satisfies all: those named are tried, and one that nobody names."""
    named = {value for requirement in wanted for value in requirement.values}
    candidates = [{}, *({key: value} for value in (*named, "\0"))]
    return any(all(requirement.holds(labels) for requirement in wanted) for labels in candidates)


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
        if match.namespaces and match.namespaces.include and _cluster_wide(kinds):
            told = f"{listing(map(str, kinds), 'and')} live in no namespace, so this can never match"
            problems.error((*where, "namespaces"), told, "leave `namespaces` out", on="key")


def _tell_subresource(pattern: KindPattern, named: Match | None, at: Path, problems: Problems) -> None:
    if pattern.subresource in _NEVER_ASKED:
        told = f"no webhook is ever asked about {pattern}: a cluster lives on it"
        problems.error(at, told, "name the kind itself, or another subresource")
    elif pattern.subresource in _CONNECTED and not (named and Operation.CONNECT in named.operations):
        told = f"{pattern} knows the operation CONNECT only, so this can never match"
        problems.error(at, told, "say operations: [CONNECT]")


def _cluster_wide(kinds: Sequence[KindPattern]) -> bool:
    """Whether none of the kinds lives in a namespace; a Namespace counts as in itself."""
    found = {GroupKind(pattern.group, pattern.kind) for pattern in kinds}
    return found <= CLUSTER_SCOPED - {GroupKind("", "Namespace")}
