"""`when`: conditions on the object as it came in, before anything was made so.

A condition on containers chooses the containers that the rule is about; every other condition is about the whole
object.
"""

from datetime import datetime
from typing import Any, NamedTuple

from webhook.admission.reading import reads_of, said_of
from webhook.admission.request import Request
from webhook.admission.rule import Subject
from webhook.admission.statements import Statement
from webhook.engine.judge import Case, Judged, broke, subject_of
from webhook.engine.match import Applicable, Matching
from webhook.engine.mutate import narrow
from webhook.engine.plan import Group
from webhook.errors import MalformedObject
from webhook.pod.containers import ALL_ROLES, Container, Pod
from webhook.policy.ruleset import Rule, Selection
from webhook.source.path import Path


class Held(NamedTuple):
    """The applicable rules whose conditions all hold, each about the containers for which they hold; and what is said
    of those whose conditions nobody can tell."""

    applicable: tuple[Applicable, ...]
    unsure: Judged
    asked: tuple[Group, ...] = ()
    """What remembers where rules with a condition had nothing to say, of those that were asked."""
    subject: Subject | None = None

    def learn(self, judged: Judged) -> None:
        """Remember the rules that had nothing to say of the object as it came in."""
        spoke = {finding.rule.id for finding in judged.findings}
        for group in self.asked:
            if self.subject is not None and group.rules[0].rule.info.id not in spoke:
                group.learn(self.subject)


def conditional(
    request: Request,
    matching: Matching,
    pod_at: Path | None,
    now: datetime,
    judged_as: Subject | None = None,
    memo: dict[Any, Any] | None = None,
) -> Held:
    """The rules whose conditions hold. Of an object that is judged as it came in (`judged_as`), those are left out that
    are known to have nothing to say, be it that their conditions do not hold or that all is well."""
    unsure = Judged()
    if not matching.conditional:
        return Held(matching.applicable, unsure)
    subject = judged_as or subject_of(Case(request, request.subject, pod_at, matching.namespace, now))
    held: list[Applicable] = []
    asked: list[Group] = []
    for one in matching.applicable:
        group = _remembering(one, memo) if judged_as and memo is not None and one.rule.when else None
        if group is not None:
            if group.knows(subject):
                continue
            asked.append(group)
        held_one = _held(one, subject, unsure) if one.rule.when else one
        if held_one is not None:
            held.append(held_one)
    return Held(tuple(held), unsure, tuple(asked), subject)


def _remembering(one: Applicable, memo: dict[Any, Any]) -> Group | None:
    """What remembers for a rule where it had nothing to say; None where its words depend on more than the object."""
    key = ("when", one.rule.info.id, one.mode)
    if key not in memo:
        memo[key] = _group_of(one)
    found: Group | None = memo[key]
    return found


def _group_of(one: Applicable) -> Group | None:
    rule = one.rule
    conditions = [part for part in rule.when if isinstance(part, Statement)]
    reads = reads_of(conditions)
    if len(conditions) < len(rule.when) or reads is None or rule.parts.reads is None or rule.makes:
        return None
    named = rule.selection is not None and not rule.selection.of_roles_alone
    return Group(said_of(reads.parts | rule.parts.reads.parts, whole=True, named=named), (one,))


def _held(one: Applicable, subject: Subject, unsure: Judged) -> Applicable | None:
    """The rule as far as its conditions hold; None where they do not, or where that cannot be told."""
    target = narrow(subject, one.rule)
    choosing = tuple(part for part in one.rule.when if isinstance(part, Statement) and part.subject == "container")
    try:
        if not all(condition(target) for condition in one.rule.when):
            return None
        chosen = [all(part.holds_for(target, c) for part in choosing) for c in target.containers] if choosing else []
    except MalformedObject:
        raise
    except Exception as error:  # noqa: BLE001 - a condition that breaks must not break the answer
        broke(one, error, unsure)
        return None
    if all(chosen):
        return one
    return one._replace(rule=_about(one.rule, choosing, target, chosen)) if any(chosen) else None


def _about(rule: Rule, choosing: tuple[Statement, ...], target: Subject, chosen: list[bool]) -> Rule:
    """The rule with only the containers that were chosen."""
    known = {(c.list, c.name): holds for c, holds in zip(target.containers, chosen, strict=True)}
    base = rule.selection or Selection(ALL_ROLES, None, None, None)
    selection = _Chosen(base, choosing, target, known)
    return rule._replace(selection=selection)


class _Chosen(Selection):
    """The containers that conditions chose when the object came in; what was put in since is asked as it stands."""

    __slots__ = ("choosing", "known", "seen")

    def __init__(
        self,
        base: Selection,
        choosing: tuple[Statement, ...],
        seen: Subject,
        known: dict[tuple[str, str], bool],
    ) -> None:
        super().__init__(base.roles, base.match, base.include, base.exclude)
        self.choosing = choosing
        self.seen = seen
        self.known = known

    def containers(self, pod: Pod) -> tuple[Container, ...]:
        """The pod's containers that are meant."""
        return tuple(c for c in Selection.containers(self, pod) if self._holds(c))

    def _holds(self, container: Container) -> bool:
        known = self.known.get((container.list, container.name))
        if known is not None:
            return known
        seen, pod = self.seen, container.pod
        now = Subject(seen.request, pod.root, pod, seen.namespace, seen.now)
        return all(part.holds_for(now, container) for part in self.choosing)
