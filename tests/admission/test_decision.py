"""decision and finding: what a finding does follows from its mode and its standing, and from nothing else."""

import pytest

from webhook.admission.decision import Decision, Verdict
from webhook.admission.finding import Action, Cause, Finding, Mode, RuleInfo, Severity, Standing

RULE = RuleInfo("p", "r", "A policy", "Because.", Severity.HIGH)


def finding(mode: Mode, standing: Standing = Standing.NEW, cause: Cause = Cause.VIOLATES) -> Finding:
    return Finding(RULE, ("spec", "hostPID"), True, "wrong", None, mode, cause, standing)


@pytest.mark.parametrize(
    ("mode", "standing", "action"),
    [
        (Mode.ENFORCE, Standing.NEW, Action.DENY),
        (Mode.ENFORCE, Standing.OLD, Action.WARN),
        (Mode.ENFORCE, Standing.EXCEPTED, Action.AUDIT),
        (Mode.WARN, Standing.NEW, Action.WARN),
        (Mode.WARN, Standing.OLD, Action.WARN),
        (Mode.WARN, Standing.EXCEPTED, Action.AUDIT),
        (Mode.AUDIT, Standing.NEW, Action.AUDIT),
        (Mode.AUDIT, Standing.OLD, Action.AUDIT),
        (Mode.AUDIT, Standing.EXCEPTED, Action.AUDIT),
    ],
)
def test_what_a_finding_does(mode: Mode, standing: Standing, action: Action) -> None:
    for cause in Cause:
        assert finding(mode, standing, cause).action is action


def test_a_finding_says_its_rule_and_place_as_people_read_them() -> None:
    one = finding(Mode.WARN)
    assert (one.rule.id, one.where, str(one.rule.severity)) == ("p/r", "spec.hostPID", "high")


def test_severities_are_compared_by_how_bad_they_are() -> None:
    assert sorted(Severity, reverse=True) == [Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW]


@pytest.mark.parametrize(("verdict", "allowed"), [("allowed", True), ("denied", False), ("undecided", False)])
def test_only_what_is_allowed_may_go_on(verdict: str, allowed: bool) -> None:
    findings = (finding(Mode.ENFORCE), finding(Mode.WARN), finding(Mode.ENFORCE, Standing.OLD))
    decision = Decision(Verdict(verdict), findings, (), (), (), None, "", "", ())
    assert decision.allowed is allowed
    assert decision.acting(Action.DENY) == findings[:1]
    assert decision.acting(Action.WARN) == findings[1:]
    assert decision.acting(Action.AUDIT) == ()
