"""Why: which rules apply to a request and what keeps the others away, in what mode, under which exceptions, and whose
words led to every value that was filled in.

Nothing is decided here: `decide` and `match` say what is so, and a Trace of the same decision what was made. What keeps
a rule away is found with the predicates that they ask (criteria.py) and the conditions themselves.
"""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from webhook.admission.chains import Chain, chains
from webhook.admission.decision import Decision
from webhook.admission.facts import Facts, Namespace
from webhook.admission.finding import Cause
from webhook.admission.request import Request
from webhook.admission.rule import Condition, Subject
from webhook.admission.spots import Look
from webhook.admission.statement_words import fact
from webhook.admission.statements import Statement
from webhook.admission.words import shown
from webhook.engine.conditions import conditional
from webhook.engine.criteria import Asked, Reason, criteria, reason
from webhook.engine.decide import decide, pods_of
from webhook.engine.match import Matching, as_pod, match, namespace_for
from webhook.engine.mutate import Made, narrow
from webhook.engine.permitted import pod_place
from webhook.engine.trace import Trace
from webhook.errors import MalformedObject
from webhook.pod.containers import Pod
from webhook.policy.exceptions import Exemption
from webhook.policy.ruleset import Rule, Ruleset
from webhook.policy.steps import RolloutNow, rollout_now

_SHOWN = 3  # values of one condition that are told
_NO_OBJECT = (MalformedObject, RecursionError)  # nobody can walk it; the decision says so


class Fit(StrEnum):
    """Whether a rule is about a request. PODS: not about this object, but about the pods that it makes."""

    APPLIES = "yes"
    PODS = "pods"
    NOT = "no"
    UNDECIDED = "undecided"


class Use(StrEnum):
    """What becomes of an exception that is meant for an object."""

    USED = "used"
    READY = "ready"
    EXPIRED = "expired"


class Explained(NamedTuple):
    """One rule and one request. `reason` is why it does not apply; `containers` are those that it is about, None where
    that is all of them."""

    rule: Rule
    fit: Fit
    reason: Reason | None
    rollout: RolloutNow
    exemptions: tuple[tuple[Exemption, Use], ...]
    containers: tuple[str, ...] | None


class Explanation(NamedTuple):
    """Everything that can be told of a request; `filled_in_pods` is what the pods of a workload will get."""

    request: Request
    decision: Decision
    namespace: Namespace | None
    rules: tuple[Explained, ...]
    filled: tuple[Chain, ...]
    filled_in_pods: tuple[Chain, ...]


def explain(request: Request, ruleset: Ruleset, facts: Facts, now: datetime) -> Explanation:
    """Everything that can be told of a request; `facts` are what `decide` gets, and nobody can be asked for more."""
    trace = Trace()
    decision = decide(request, ruleset, facts, now, trace=trace)
    matching = match(request, ruleset, facts, now)
    if not isinstance(decision, Decision) or not isinstance(matching, Matching):
        raise TypeError("nobody can be asked here, so a decision never needs anything")
    trace.pods = trace.pods or pods_of(request, ruleset, facts, now)
    asked = Asked(request, ruleset, namespace_for(request, facts)[0], now)
    explaining = _Explaining(asked, decision, matching, trace, _for_pods(asked, facts))
    rules = tuple(explaining.rule(rule) for rule in ruleset.rules)
    return Explanation(request, decision, asked.namespace, rules, _filled(trace.own), _filled(trace.pods))


class _Explaining(NamedTuple):
    """What the rules of one request are explained with; `for_pods` are those about the pods that it makes."""

    asked: Asked
    decision: Decision
    matching: Matching
    trace: Trace
    for_pods: frozenset[str]

    def rule(self, rule: Rule) -> Explained:
        """One rule as it is for this request."""
        fit, why = self._fit(rule)
        if fit is Fit.NOT and rule.info.id in self.for_pods:
            fit = Fit.PODS
        request, now = self.asked.request, self.asked.now
        rollout = rollout_now(rule.rollout, now, request.namespace, self.asked.namespace)
        exemptions = tuple((one, self._use(one, rule)) for one in rule.exemptions_for(request))
        return Explained(rule, fit, why, rollout, exemptions, self._containers(rule) if fit is Fit.APPLIES else None)

    def _fit(self, rule: Rule) -> tuple[Fit, Reason | None]:
        unknown = {one.info.id: why for one, why in self.matching.unknown}
        if rule.info.id in self.matching.ids:
            return self._conditional(rule)
        found = [criterion for criterion in criteria(rule, self.asked) if criterion.holds is not True]
        first = next((one for one in found if one.holds is False), found[0])
        why = reason(first, rule, self.asked)
        if rule.info.id in unknown:
            return Fit.UNDECIDED, why._replace(found=unknown[rule.info.id])
        return Fit.NOT, why

    def _conditional(self, rule: Rule) -> tuple[Fit, Reason | None]:
        """A rule that matches: whether its conditions hold."""
        if not rule.when or any(one.rule.info == rule.info for one in self.trace.applicable):
            return Fit.APPLIES, None
        stuck = [one for one in self.decision.findings if one.rule == rule.info and one.cause is not Cause.VIOLATES]
        try:
            why = _unmet(rule, self._subject(self.asked.request.subject))
        except _NO_OBJECT as error:
            return Fit.APPLIES, Reason("when", "the object cannot be read", str(error))
        return Fit.UNDECIDED if stuck else Fit.NOT, why._replace(found=stuck[0].message) if stuck else why

    def _subject(self, obj: dict[str, object]) -> Subject:
        request, at = self.asked.request, pod_place(self.asked.request)
        pod = Pod(obj, at) if at is not None else None
        return Subject(request, obj, pod, self.asked.namespace, self.asked.now)

    def _use(self, exemption: Exemption, rule: Rule) -> Use:
        if exemption.expired(self.asked.now):
            return Use.EXPIRED
        used = any(one.exception == exemption.name and one.rule == rule.info for one in self.decision.findings)
        return Use.USED if used else Use.READY

    def _containers(self, rule: Rule) -> tuple[str, ...] | None:
        """The containers that the rule is about, as the object stands in the end; None where it is about all."""
        chosen = next((one.rule for one in self.trace.applicable if one.rule.info == rule.info), rule)
        made = self.trace.pods or self.trace.own
        try:
            subject = self._subject(made.draft.object if made else self.asked.request.subject)
            meant = narrow(subject, chosen).containers
        except _NO_OBJECT:
            return None
        return None if len(meant) == len(subject.containers) else tuple(one.name for one in meant)


def _for_pods(asked: Asked, facts: Facts) -> frozenset[str]:
    """The rules that apply to the pods which a workload makes."""
    at = pod_place(asked.request)
    if not at:
        return frozenset()
    pods = match(as_pod(asked.request, at), asked.ruleset, facts, asked.now)
    if not isinstance(pods, Matching):
        return frozenset()
    try:
        held = conditional(as_pod(asked.request, at), pods, (), asked.now).applicable
    except _NO_OBJECT:
        return frozenset()
    return frozenset(one.rule.info.id for one in held)


def _filled(made: Made | None) -> tuple[Chain, ...]:
    return chains(made.draft.edits, made.draft.origins, made.draft.object) if made else ()


def _unmet(rule: Rule, subject: Subject) -> Reason:
    """The first condition of a rule that does not hold; else that no container is chosen by all of them."""
    target = narrow(subject, rule)
    for condition in rule.when:
        try:
            holds = condition(target)
            values = () if holds else tuple(_values(condition, target))
        except _NO_OBJECT:
            raise
        except Exception as error:  # noqa: BLE001 - the decision tells of a rule that broke, or that nobody can decide
            return Reason("when", _words(condition), str(error))
        if not holds:
            return Reason("when", _words(condition), "; ".join(values))
    return Reason("when", f"{' and '.join(map(_words, rule.when))}, all in one container")


def _words(condition: Condition) -> str:
    return fact(condition) if isinstance(condition, Statement) else "a condition"


def _values(condition: Condition, subject: Subject) -> Iterator[str]:
    """What stands at the path of a condition."""
    if not isinstance(condition, Statement) or condition.any_of or condition.where:
        return
    look = Look(subject, condition.text)
    told: dict[str, None] = {}
    for container in subject.containers if condition.subject == "container" else (None,):
        for path, value in look.spots(condition.subject, condition.steps, container):
            told[f"it is {shown(path, value)}" if value is not None else "it is absent"] = None
    yield from list(told)[:_SHOWN] or ["it is absent"]
