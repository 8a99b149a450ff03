"""One request in, one decision out: the only evaluator, for every enforcement point. Pure: facts and time are given.

    decide(request, ruleset, facts, now, stage) -> Decision | Needs

1. which rules apply (match.py); facts that are missing are named in Needs
2. what must never be denied is allowed at once: objects being deleted, bookkeeping updates
3. make it so on a private copy (mutate.py): a pod on CREATE; a new ephemeral container; a workload's template is
   judged as the pod it will become, and nothing of that is written
4. judge the final object (judge.py)
5. what the old object already had warns (ratchet.py); what an exception covers is only recorded
6. fold: verdict, id, order (fold.py)
"""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple

from webhook.admission.decision import Decision, Fault, Verdict
from webhook.admission.edits import Note, authors_path
from webhook.admission.facts import Facts, Learning, Needs
from webhook.admission.finding import Action, Cause, Finding, Mode, RuleInfo, Severity, Standing
from webhook.admission.request import Operation, Request
from webhook.admission.rule import OBJECT_PHASES, POD_PHASES
from webhook.engine.conditions import conditional
from webhook.engine.fold import decision_id, in_order, verdict_of
from webhook.engine.judge import Case, Judged, excuse, expiring, failed, judge, subject_of, undecided
from webhook.engine.match import Applicable, Matching, as_pod, match
from webhook.engine.mutate import Made, Making, make_so
from webhook.engine.permitted import never_denied, phases_of, pod_place
from webhook.engine.plan import Plan, plan_apart
from webhook.engine.ratchet import OldFindings
from webhook.engine.scale import in_full
from webhook.engine.trace import Trace
from webhook.errors import MalformedObject
from webhook.pod.defaults import created_pod_of, pod_of
from webhook.policy.ruleset import Ruleset
from webhook.source.path import Path

MALFORMED = RuleInfo("doorward", "object-shape", "Objects have the shape of their kind", "", Severity.CRITICAL)
"""The rule that speaks when an object cannot be walked at all."""


class Stage(Enum):
    """Which stage is asked for: what /mutate answers, what /validate answers, or both (offline)."""

    MUTATE = "mutate"
    VALIDATE = "validate"
    BOTH = "both"


def decide(
    request: Request,
    ruleset: Ruleset,
    facts: Facts,
    now: datetime,
    stage: Stage = Stage.BOTH,
    trace: Trace | None = None,
) -> Decision | Needs:
    """Decide one request.

    `now` is an aware datetime. `facts` may be empty: what is missing comes back as Needs, unless nobody can be asked
    (facts.askable is False), then the rules that need it are undecided. Never raises for anything in the object. What
    it went through is put into `trace`, where somebody asks.
    """
    if request.subresource == "scale":
        request = in_full(request)
    matching = match(request, ruleset, facts, now)
    if isinstance(matching, Needs):
        return matching
    if not matching.applicable and not matching.unknown:
        return _nothing(request, ruleset)
    learning = Learning(facts)
    try:
        decision = _Deciding(request, ruleset, facts, now, stage, matching, learning, trace).decision()
        return Needs(images=frozenset(learning.missing)) if learning.missing else decision
    except MalformedObject as error:
        return _malformed(request, ruleset, stage, error)
    except RecursionError as error:
        too_deep = MalformedObject(f"the object is nested too deeply ({error})", (), None)
        return _malformed(request, ruleset, stage, too_deep)


def pods_of(request: Request, ruleset: Ruleset, facts: Facts, now: datetime) -> Made | None:
    """What the pods of a workload will get, be a rule about the workload itself or not; None where it makes none."""
    pod_at = pod_place(request)
    matching = match(as_pod(request, pod_at), ruleset, facts, now) if pod_at else None
    if not pod_at or not isinstance(matching, Matching) or request.object is None:
        return None
    learning = Learning(facts)
    deciding = _Deciding(request, ruleset, facts, now, Stage.BOTH, matching, learning)
    try:
        return deciding._become_pod(pod_at, request.object, learning)
    except (MalformedObject, RecursionError):
        return None


class _Deciding(NamedTuple):
    """One request on its way to a decision."""

    request: Request
    ruleset: Ruleset
    facts: Facts
    now: datetime
    stage: Stage
    matching: Matching
    learning: Learning
    trace: Trace | None = None

    def decision(self) -> Decision:
        request, pod_at = self.request, pod_place(self.request)
        case = Case(request, request.subject, pod_at, self.matching.namespace, self.now, self.learning)
        as_it_came = self.stage is Stage.VALIDATE and not pod_at and self.trace is None
        subject = subject_of(case) if as_it_came else None
        held = conditional(request, self.matching, pod_at, self.now, subject, self.ruleset.memo)
        applicable, unsure = held.applicable, held.unsure
        own = None if self.stage is Stage.VALIDATE else self._make_so(applicable, pod_at)
        if self.stage is Stage.MUTATE:
            return self._mutated(own)
        final = own.draft.object if own else request.subject
        pods = self._become_pod(pod_at, final, self.learning) if pod_at else None
        if self.trace is not None:
            self.trace.applicable, self.trace.own, self.trace.pods = applicable, own, pods
        made = pods or own
        if made and pod_at is not None and (pods or request.operation is Operation.CREATE):
            final = created_pod_of(made.draft.object, pod_at)  # the API server fills in defaults after every patch
        case = case._replace(object=final)
        judged = judge(case, self._plan(applicable), subject)
        judged.faults += unsure.faults
        judged.findings += unsure.findings
        held.learn(judged)
        judged.findings += [
            undecided(rule, reason, self.now, request.namespace) for rule, reason in self.matching.unknown
        ]
        notes = [*(own.draft.notes if own else ()), *(pods.draft.notes if pods else ())]
        if judged.findings:
            self._tell_conflicts(judged, applicable, own, pods, pod_at)
            self._mellow(judged, applicable, case)
            if pods:
                edits = [*(own.draft.edits if own else ()), *pods.draft.edits]
                judged.findings = [f._replace(path=authors_path(edits, f.path)) for f in judged.findings]
            notes += self._expiring(judged.findings, case)
        return self._fold(judged, notes, own)

    def _plan(self, applicable: Sequence[Applicable]) -> Plan:
        """How the rules whose conditions hold are judged."""
        known = self.matching.plan
        if known is None:
            return plan_apart(applicable, self.ruleset)
        return known if applicable is self.matching.applicable else known.holding(applicable)

    def _make_so(self, applicable: Sequence[Applicable], pod_at: Path | None) -> Made | None:
        """What is written: a pod on CREATE, a new ephemeral container, another object's own fields."""
        phases = phases_of(self.request, pod_at)
        if not phases or self.request.object is None:
            return None
        at = pod_at if phases is not OBJECT_PHASES else None
        making = Making(self.request, at, self.matching.namespace, self.now, phases, self.learning)
        return make_so(self.request.object, applicable, making)

    def _become_pod(self, pod_at: Path, obj: dict[str, Any], learning: Learning) -> Made:
        """A workload's template as the pod it will become: API defaults, then what we would make of that pod."""
        asked = as_pod(self.request, pod_at)
        pods = match(asked, self.ruleset, self.facts, self.now)
        applicable = conditional(asked, pods, (), self.now).applicable if isinstance(pods, Matching) else ()
        making = Making(self.request, pod_at, self.matching.namespace, self.now, POD_PHASES, learning)
        return make_so(pod_of(obj, pod_at), applicable, making)

    def _mellow(self, judged: Judged, applicable: Sequence[Applicable], case: Case) -> None:
        """What does not deny although a rule found it: bookkeeping and deletion, old violations, exceptions."""
        if never_denied(self.request):
            judged.findings = [finding._replace(mode=_at_most_warn(finding.mode)) for finding in judged.findings]
        judged.findings = self._ratcheted(judged.findings, applicable, case)
        judged.findings = [self._excused(finding, case) for finding in judged.findings]

    def _tell_conflicts(
        self, judged: Judged, applicable: Sequence[Applicable], own: Made | None, pods: Made | None, pod_at: Path | None
    ) -> None:
        """What two clashing rules did not fill in is no violation of the author's: both rules are *failed*.

        /validate sees only what /mutate left: the stage runs once more to learn whether rules clash.
        """
        made = pods or own or self._make_so(applicable, pod_at)
        if made is None or not (made.conflicts or made.faults):
            return
        reasons = {rule: (str(conflict), conflict.path) for rule, conflict in made.conflicts.items()}
        reasons |= {fault.rule: ("could not be made so: the rule broke on this object", ()) for fault in made.faults}
        judged.findings = [finding for finding in judged.findings if finding.rule.id not in reasons]
        for one in applicable:
            if one.rule.info.id in reasons:
                judged.findings.append(failed(one, *reasons[one.rule.info.id]))
        judged.faults += made.faults

    def _ratcheted(self, findings: list[Finding], applicable: Sequence[Applicable], case: Case) -> list[Finding]:
        """On UPDATE, mark what the old object already had."""
        old = self.request.old_object
        if self.request.operation is not Operation.UPDATE or old is None or not any(map(_denies_ratcheting, findings)):
            return findings
        aside = Learning(self.facts)  # what nobody knows of an old image is not worth a question
        before = old
        if case.pod_at:
            before = created_pod_of(self._become_pod(case.pod_at, old, aside).draft.object, case.pod_at)
        was = case._replace(object=before, learning=aside)
        try:
            judged = judge(was, plan_apart(self._applied(old, applicable, case.pod_at), self.ruleset))
        except MalformedObject:
            return findings
        known = OldFindings(judged.findings, before)
        return [
            finding._replace(standing=Standing.OLD)
            if finding.ratchets and finding.cause is Cause.VIOLATES and known.has(finding, case.object)
            else finding
            for finding in findings
        ]

    def _applied(self, old: dict[str, Any], applicable: Sequence[Applicable], pod_at: Path | None) -> list[Applicable]:
        """Of the rules that apply now, those that applied to the old object: a new label may have brought a rule in."""
        asked = self.request._replace(object=old)
        matching = match(asked, self.ruleset, self.facts, self.now)
        then = conditional(asked, matching, pod_at, self.now).applicable if isinstance(matching, Matching) else ()
        known = {one.rule.info.id for one in then}
        return [one for one in applicable if one.rule.info.id in known]

    def _excused(self, finding: Finding, case: Case) -> Finding:
        rule = self._rule(finding)
        return excuse(finding, rule, case) if rule and finding.cause is Cause.VIOLATES else finding

    def _rule(self, finding: Finding) -> Any:
        return next((one.rule for one in self.matching.applicable if one.rule.info == finding.rule), None)

    def _expiring(self, findings: Sequence[Finding], case: Case) -> list[Note]:
        used = {finding.exception for finding in findings if finding.exception}
        if not used:
            return []
        rules = [one.rule for one in self.matching.applicable]
        return [
            Note(rule.info.id, f"the exception {exemption.name} expires on {exemption.spec.expires}")
            for rule, exemption in expiring(rules, case)
            if exemption.name in used
        ]

    def _mutated(self, made: Made | None) -> Decision:
        """What /mutate answers: it never denies; what it could not make so, /validate finds."""
        faults = tuple(made.faults) if made else ()
        notes = made.draft.notes if made else ()
        return self._decision(Verdict.ALLOWED, (), tuple(notes), made, faults)

    def _fold(self, judged: Judged, notes: Sequence[Note], made: Made | None) -> Decision:
        findings = in_order(judged.findings)
        verdict = verdict_of(findings)
        return self._decision(verdict, findings, tuple(dict.fromkeys(notes)), made, tuple(judged.faults))

    def _decision(
        self,
        verdict: Verdict,
        findings: tuple[Finding, ...],
        notes: tuple[Note, ...],
        made: Made | None,
        faults: tuple[Fault, ...],
    ) -> Decision:
        return Decision(
            verdict=verdict,
            findings=findings,
            notes=notes,
            patch=tuple(made.draft.patch) if made else (),
            edits=tuple(made.draft.edits) if made else (),
            object=made.draft.object if made else self.request.object,
            id=decision_id(self.request, self.ruleset.revision, findings) if findings or faults else "",
            revision=self.ruleset.revision,
            matched=self.matching.ids,
            faults=faults,
        )


def _denies_ratcheting(finding: Finding) -> bool:
    return finding.action is Action.DENY and finding.cause is Cause.VIOLATES and finding.ratchets


def _at_most_warn(mode: Mode) -> Mode:
    return Mode.WARN if mode is Mode.ENFORCE else mode


def _nothing(request: Request, ruleset: Ruleset) -> Decision:
    """No rule concerns the request."""
    return Decision(Verdict.ALLOWED, (), (), (), (), request.object, "", ruleset.revision, ())


def _malformed(request: Request, ruleset: Ruleset, stage: Stage, error: MalformedObject) -> Decision:
    """An object that cannot be walked is denied: nobody could say what it would run."""
    if stage is Stage.MUTATE or never_denied(request):
        return _nothing(request, ruleset)
    finding = Finding(MALFORMED, error.path, error.found, str(error), None, Mode.ENFORCE)
    made_up = decision_id(request, ruleset.revision, (finding,))
    return Decision(Verdict.DENIED, (finding,), (), (), (), request.object, made_up, ruleset.revision, ())
