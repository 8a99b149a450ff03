"""What a rule says and what then does nothing, or less than it seems: warnings when rules load."""

from collections.abc import Sequence

from webhook.admission.kinds import KindPattern
from webhook.admission.request import GroupKind, Operation
from webhook.admission.rule import Condition, RuleParts
from webhook.admission.statements import Statement
from webhook.admission.words import listing
from webhook.pod.workloads import POD
from webhook.policy.contradictions import Placed, cluster_wide
from webhook.policy.model import SPEC_AT, Step
from webhook.rule_types._replicas import readable_in_scale
from webhook.source.path import Path
from webhook.source.shape import Problems

_OF_NAMESPACES = (("namespaces", "namespaces"), ("namespace_selector", "namespaceSelector"), ("percent", "percent"))


def warn_of_idle_containers(parts: RuleParts, when: Sequence[Condition], at: Path, problems: Problems) -> None:
    """`containers` of a rule that looks at none; a condition on containers looks at those that it chooses."""
    if not (parts.about_containers or any(isinstance(one, Statement) and one.subject == "container" for one in when)):
        told = "this does nothing: the rule looks at no container"
        problems.warning(at, told, "leave `containers` out, or write the rule about containers", on="key")


def warn_of_windows(
    placed: Sequence[Placed], kinds: Sequence[KindPattern], operations: Sequence[Operation], problems: Problems
) -> None:
    """A time window in which Pods are refused: those that a controller starts anew then stay away."""
    if Operation.CREATE not in operations or not any(kind.covers(GroupKind(*POD), "") for kind in kinds):
        return
    for at, match in placed:
        if match.during:
            told = "a Pod that a node loses within this window is not started again until it is over"
            problems.warning((*at, "during"), told, "name the kinds that people change, without Pod", on="key")


def warn_of_idle_namespaces(placed: Sequence[Placed], kinds: Sequence[KindPattern], problems: Problems) -> None:
    """A choice of namespaces by label for kinds that live in none: it leaves nothing out."""
    for at, match in placed:
        if match.namespace_selector and cluster_wide(kinds):
            told = f"this leaves nothing out: {listing(map(str, kinds), 'and')} live in no namespace"
            problems.warning((*at, "namespaceSelector"), told, "leave it out", on="key")


def warn_of_idle_steps(steps: Sequence[Step], kinds: Sequence[KindPattern], problems: Problems) -> None:
    """Steps for some namespaces, of a rule about kinds that live in none."""
    for index, step in enumerate(steps if cluster_wide(kinds) else ()):
        for name, key in _OF_NAMESPACES:
            if getattr(step, name):
                told = f"{listing(map(str, kinds), 'and')} live in no namespace, so this says nothing of who is in"
                cure = "give the rule a mode of its own, or a rollout by date alone"
                problems.warning((*SPEC_AT, "rollout", index, key), told, cure, on="key")


def readable_of_scale(
    parts: RuleParts, placed: Sequence[Placed], when: Sequence[Condition], at: Path, problems: Problems
) -> RuleParts:
    """The parts without what they say of a Scale, where one leaves open whether the rule applies: that is told.

    `at` is where the rule stands, `when` its conditions.
    """
    if not parts.of_scale:
        return parts
    hidden: list[Path] = [(*where, "objectSelector") for where, match in placed if match.object_selector]
    open_ones = [index for index, one in enumerate(when) if not (isinstance(one, Statement) and readable_in_scale(one))]
    hidden += [(*at, "when", index) if len(when) > 1 else (*at, "when") for index in open_ones]
    for where in hidden:
        told = "`kubectl scale` goes past this rule: only replicas, name and namespace can be read then"
        problems.warning(where, told, "choose by namespace or name", on="key")
    return parts._replace(of_scale=()) if hidden else parts
