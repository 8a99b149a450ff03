"""The validate stage: every rule that applies looks at the final object; what it finds becomes findings."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from webhook.admission.decision import Fault
from webhook.admission.facts import NOTHING_TO_LEARN, Learning, Namespace
from webhook.admission.finding import Cause, Finding, Found, Mode, Standing
from webhook.admission.hidden import HIDDEN, INSTEAD, unquoted
from webhook.admission.operators import CannotDecide
from webhook.admission.request import Request
from webhook.admission.rule import Subject
from webhook.admission.statements import BudgetSpent
from webhook.engine.match import name_of
from webhook.engine.mutate import narrow
from webhook.engine.plan import Applicable, Plan
from webhook.engine.ratchet import container_at
from webhook.errors import MalformedObject
from webhook.pod.containers import Pod
from webhook.policy.exceptions import Exemption
from webhook.policy.ruleset import Rule, Selection
from webhook.source.path import Path, look_up, render

FAILED = "could not be checked: the rule broke on this object, which is our fault"

MOST = 5_000
"""Findings that one object may have before no more rules are judged: words are dear, and nobody reads more."""


class Judged:
    """What the rules have to say about one object."""

    __slots__ = ("faults", "findings")

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.faults: list[Fault] = []


class Case(NamedTuple):
    """One object to be judged, and everything beside it that a rule may ask."""

    request: Request
    object: dict[str, Any]
    pod_at: Path | None
    namespace: Namespace | None
    now: datetime
    learning: Learning = NOTHING_TO_LEARN


def judge(case: Case, plan: Plan, subject: Subject | None = None) -> Judged:
    """The findings of all rules; a rule that breaks becomes a *failed* finding of that rule. `subject` is the case's,
    where somebody has looked at it before."""
    judged = Judged()
    subject = subject or subject_of(case)
    for group in plan.groups:
        target = _target(subject, group.rules[0].rule)
        if not group.knows(target):
            before = len(judged.findings)
            for one in group.rules:
                _judge(one, target, case, judged)
            if len(judged.findings) == before:
                group.learn(target)
    for one in plan.others + plan.conditional:
        _judge(one, _target(subject, one.rule), case, judged)
    return judged


def subject_of(case: Case) -> Subject:
    """What rules look at."""
    pod = Pod(case.object, case.pod_at) if case.pod_at is not None else None
    return Subject(case.request, case.object, pod, case.namespace, case.now, learning=case.learning)


def _target(subject: Subject, rule: Rule) -> Subject:
    """What the rule is about; rules about the same roles share what they read."""
    selection = rule.selection
    if selection is None:
        return subject
    if type(selection) is not Selection or not selection.of_roles_alone:
        return narrow(subject, rule)
    return subject.derived(("about", selection.roles), lambda whole: narrow(whole, rule))


def _judge(one: Applicable, target: Subject, case: Case, judged: Judged) -> None:
    """What one rule has to say."""
    fine = one.rule.parts.fine
    try:
        if fine is None or not fine(target):
            _ask(one, target, case, judged)
    except MalformedObject:
        raise
    except Exception as error:  # noqa: BLE001 - a rule that breaks must not break the answer
        broke(one, error, judged)


def _ask(one: Applicable, target: Subject, case: Case, judged: Judged) -> None:
    """What the checks of one rule find; raises BudgetSpent where the object has too many findings."""
    for check in one.rule.checks(case.request.subresource):
        for found in check(target):
            if len(judged.findings) >= MOST:
                raise BudgetSpent(f"could not be checked: this object has more than {MOST:,} findings")
            judged.findings.append(_finding(found, one, case))


def broke(one: Applicable, error: Exception, judged: Judged) -> None:
    """What becomes of a rule that could not be judged, or whose condition could not."""
    if isinstance(error, CannotDecide):
        judged.findings.append(failed(one, f"could not be decided: {error}")._replace(cause=Cause.UNAVAILABLE))
    elif isinstance(error, BudgetSpent):
        judged.findings.append(failed(one, str(error)))
    else:
        judged.faults.append(Fault(one.rule.info.id, error))
        judged.findings.append(failed(one, FAILED))


def failed(one: Applicable, message: str, path: Path = ()) -> Finding:
    """A rule that could not be judged through a fault of ours or of the rules; it denies when enforcing."""
    return Finding(one.rule.info, path, None, message, None, one.mode, cause=Cause.FAILED)


def undecided(rule: Rule, reason: str, now: datetime, namespace: str) -> Finding:
    """A rule of which nobody can say whether it applies."""
    mode = rule.rollout.mode(now, namespace, None) or (Mode.ENFORCE if rule.rollout.can_enforce else Mode.WARN)
    if mode is Mode.ENFORCE:
        mode = rule.on_unavailable
    return Finding(rule.info, (), None, f"could not be decided: {reason}", None, mode, cause=Cause.UNAVAILABLE)


def _finding(found: Found, one: Applicable, case: Case) -> Finding:
    rule = one.rule
    at = container_at(found.path)
    container = look_up(case.object, found.path[: at + 2]) if at is not None else None
    name = str(container.get("name") or "") if isinstance(container, dict) else ""
    image = str(container.get("image") or "") if isinstance(container, dict) else _volume_image(found)
    message, fix = found.message, found.fix
    if rule.message or rule.fix:
        values = {
            "value": found.value if rule.show else HIDDEN,
            "path": render(found.path),
            "container": name,
            "namespace": case.request.namespace,
            "name": name_of(case.request),
        }
        message = rule.message.fill(values, image) if rule.message else message
        fix = rule.fix.fill(values, image) if rule.fix else fix
    if not rule.show:
        message = message if rule.message else _hushed(message, found, rule) or INSTEAD
        fix = fix if rule.fix or fix is None else _hushed(fix, found, rule)
    return Finding(
        rule=rule.info,
        path=found.path,
        value=found.value,
        message=message,
        fix=fix,
        mode=_mode(found, one),
        cause=found.cause,
        container=name,
        ratchets=found.ratchets and rule.ratchet,
        hidden=not rule.show,
    )


def _hushed(text: str, found: Found, rule: Rule) -> str | None:
    """A rule type's words without what was found; None where nobody can say how they tell it."""
    told = [value for value in (found.value, *found.also) if value is not None]
    plain = not any(isinstance(value, dict | list) for value in told)
    return unquoted(text, told) if rule.parts.quotes and plain else None


def _mode(found: Found, one: Applicable) -> Mode:
    if one.mode is not Mode.ENFORCE:
        return one.mode
    if found.only_warns:
        return Mode.WARN
    return one.rule.on_unavailable if found.cause is Cause.UNAVAILABLE else one.mode


def _volume_image(found: Found) -> str:
    return found.value if isinstance(found.value, str) else ""


def excuse(finding: Finding, rule: Rule, case: Case) -> Finding:
    """The finding as the rule's exceptions leave it: excused, or told which exception has expired."""
    found = [one for one in rule.exemptions_for(case.request) if _excuses(one, finding, case)]
    if not found:
        return finding
    exemption = max(found, key=lambda one: one.spec.expires)
    if not exemption.expired(case.now):
        return finding._replace(standing=Standing.EXCEPTED, exception=exemption.name)
    note = f"the exception {exemption.name} expired on {exemption.spec.expires}"
    cure = f"renew it in the rules folder with a new `expires` (owner: {exemption.spec.owner})"
    return finding._replace(message=f"{finding.message}; {note}", fix=finding.fix or cure)


def expiring(rules: Iterable[Rule], case: Case) -> Iterable[tuple[Rule, Exemption]]:
    """The exceptions that were used here and end within fourteen days."""
    for rule in rules:
        for exemption in rule.exemptions_for(case.request):
            if exemption.expires_soon(case.now):
                yield rule, exemption


def _excuses(exemption: Exemption, finding: Finding, case: Case) -> bool:
    """An exception for images excuses findings in containers with those images, as submitted."""
    if exemption.images is None:
        return True
    at = container_at(finding.path)
    if at is not None:
        return exemption.excuses_image(_submitted_image(finding.path[: at + 2], case))
    if finding.path[-2:] in (("image", "reference"), ("image", "pullPolicy")):
        return exemption.excuses_image(_submitted_image(finding.path[:-2], case))
    return False


def _submitted_image(path: Path, case: Case) -> str:
    """The image that a container or volume of the final object came in with; an injected one came in with its own."""
    final = look_up(case.object, path)
    name = final.get("name") if isinstance(final, dict) else None
    submitted = look_up(case.request.subject, path[:-1])
    for raw in submitted if isinstance(submitted, list) else ():
        if isinstance(raw, dict) and raw.get("name") == name:
            return _image_of(raw)
    return _image_of(final)


def _image_of(raw: Any) -> str:
    image = raw.get("image") if isinstance(raw, dict) else None
    reference = image.get("reference") if isinstance(image, dict) else image
    return str(reference or "")
