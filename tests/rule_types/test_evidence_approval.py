"""evidence of type approval: who, for where and when, and what beats it."""

from datetime import UTC, datetime

import pytest

from tests.objects import NOW
from tests.rule_types.evidence_rule import DIGEST, REPLICASET_CONTROLLER, attached, judged, only, rules, told
from webhook.admission.decision import Decision, Verdict
from webhook.admission.finding import Action
from webhook.admission.request import User

ALICE = "approvers: [{id: alice@corp.example, role: product-owner}]"
ASKED = "requestedBy: dev@corp.example"


def approval(*, by: str = "po", at: str = "2026-11-20", who: str = ALICE, asked: str = ASKED, more: str = "") -> str:
    """An approval by Alice, unless somebody else decides."""
    return f"{{type: approval, by: {by}, at: {at}, {who}, {asked}{f', {more}' if more else ''}}}"


def decided(params: str, *evidence: str, now: datetime = NOW, by: str = "[po]", user: str = "bob") -> Decision:
    """The decision of a rule that requires an approval."""
    more = f", {params}" if params else ""
    rule = rules(f"{{name: a, type: approval, by: {{authorities: {by}}}{more}}}")
    return judged(rule, attached(*evidence), now=now, user=User(user))


def test_an_approved_image_is_allowed_and_one_that_is_not_says_how_it_can_be() -> None:
    assert decided("", approval()).verdict is Verdict.ALLOWED
    finding = only(decided(""))
    assert finding.message.endswith("a is missing: no approval by po")
    assert finding.fix == (
        "doorward evidence attest --key po.key --type approval --predicate approval.json "
        f"registry.corp.example/shop/web@{DIGEST}"
    )


# who


def people(*each: tuple[str, str]) -> str:
    return "approvers: [" + ", ".join(f"{{id: {name}, role: {role}}}" for name, role in each) + "]"


@pytest.mark.parametrize(
    ("params", "who", "problem"),
    [
        ("roles: [product-owner]", ALICE, ""),
        ("roles: ['*-owner']", ALICE, ""),
        ("roles: [security]", ALICE, "has nobody in the role security"),
        ("roles: [product-owner, security]", ALICE, "has nobody in the role security"),
        ("roles: [product-owner, security]", people(("a", "product-owner"), ("b", "security")), ""),
        ("minApprovers: 2", people(("a", "x"), ("b", "z")), ""),
        ("minApprovers: 2", people(("a", "x")), "is by 1 approver (a), must be by 2"),
        ("minApprovers: 2", people(("a", "x"), ("A", "z")), "is by 1 approver (a), must be by 2"),
        ("minApprovers: 2, roles: [x]", people(("a", "x"), ("b", "z")), "is by 1 approver (a), must be by 2"),
    ],
)
def test_enough_people_in_the_right_roles_must_have_approved(params: str, who: str, problem: str) -> None:
    decision = decided(params, approval(who=who))
    if problem:
        assert told(decision) == f"a is unacceptable: the approval by po {problem}"
    else:
        assert decision.verdict is Verdict.ALLOWED


@pytest.mark.parametrize("name", ["alice@corp.example", "Alice@Corp.example"])
def test_nobody_approves_what_they_have_asked_for_themselves(name: str) -> None:
    decision = decided("", approval(asked=f"requestedBy: {name}"))
    assert told(decision) == (
        "a is unacceptable: the approval by po is by 0 approvers, must be by 1, not counting who asked for it"
    )
    two = people(("alice@corp.example", "x"), ("bob", "x"))
    assert decided("", approval(who=two, asked=f"requestedBy: {name}")).verdict is Verdict.ALLOWED
    role = decided("roles: [product-owner]", approval(asked=f"requestedBy: {name}"))
    assert told(role).endswith("has nobody in the role product-owner, not counting who asked for it")


# where


@pytest.mark.parametrize(
    ("params", "scope", "problem"),
    [
        ("", "namespaces: [shop]", ""),
        ("", "namespaces: ['sh*']", ""),
        ("", "namespaces: [pay, tools]", "is for the namespace pay and tools"),
        ("environments: [production]", "environments: [production, staging]", ""),
        ("environments: [production]", "environments: [staging]", "is for staging, this is production"),
        ("environments: [production]", "", "names none, this is production"),
        ("", "environments: [staging]", "is for staging, and the rule does not say where this is"),
        ("environments: [production]", "environments: [production], namespaces: [pay]", "is for the namespace pay"),
    ],
)
def test_an_approval_counts_where_it_is_meant_for(params: str, scope: str, problem: str) -> None:
    decision = decided(params, approval(more=scope))
    if problem:
        assert told(decision) == f"a is unacceptable: the approval by po {problem}"
    else:
        assert decision.verdict is Verdict.ALLOWED


# when


@pytest.mark.parametrize(
    ("window", "outcome", "told_of_it"),
    [
        ("notBefore: 2026-11-21T12:00:00Z, notAfter: 2026-11-21T12:00:00Z", "", ""),
        ("notBefore: 2026-11-21T12:00:01Z", "unacceptable", "holds from 2026-11-21 12:00 UTC"),
        ("notAfter: 2026-11-21T11:59:59Z", "stale", "held until 2026-11-21 11:59 UTC"),
    ],
)
def test_an_approval_counts_within_its_window(window: str, outcome: str, told_of_it: str) -> None:
    decision = decided("", approval(more=f"{window}, ticket: CHG-1"))
    if outcome:
        assert told(decision) == f"a is {outcome}: the approval by po (CHG-1) {told_of_it}"
    else:
        assert decision.verdict is Verdict.ALLOWED


@pytest.mark.parametrize(
    ("at", "outcome"), [("2026-11-15", ""), ("2026-11-13", "a is stale"), ("2026-11-22", "a is invalid")]
)
def test_an_approval_may_be_too_old_or_from_the_future(at: str, outcome: str) -> None:
    decision = decided("maxAge: 7d", approval(at=at))
    assert told(decision).partition(":")[0] == outcome if outcome else decision.verdict is Verdict.ALLOWED


def test_an_approval_that_has_run_out_only_warns_a_controller_and_one_that_lacks_denies() -> None:
    over = decided("", approval(more="notAfter: 2026-11-20"), user=REPLICASET_CONTROLLER.name)
    assert (over.verdict, only(over).action) == (Verdict.ALLOWED, Action.WARN)
    assert decided("", user=REPLICASET_CONTROLLER.name).verdict is Verdict.DENIED
    early = decided("", approval(more="notBefore: 2026-11-30"), user=REPLICASET_CONTROLLER.name)
    assert early.verdict is Verdict.DENIED


# what beats it


@pytest.mark.parametrize("against", ["rejected", "revoked"])
@pytest.mark.parametrize(
    ("approved", "refused", "verdict"),
    [
        (("2026-11-10", 0), ("2026-11-11", 0), "denied"),
        (("2026-11-11", 0), ("2026-11-10", 0), "allowed"),
        (("2026-11-10", 0), ("2026-11-10", 0), "denied"),
        (("2026-11-11", 1), ("2026-11-10", 2), "denied"),
        (("2026-11-10", 2), ("2026-11-11", 1), "allowed"),
        (("2026-11-10", 2), ("2026-11-11", 0), "denied"),
        (("2026-11-10", 2), ("2026-11-11", 2), "denied"),
    ],
)
def test_a_later_refusal_beats_an_approval_by_its_sequence_or_else_by_its_time(
    against: str, approved: tuple[str, int], refused: tuple[str, int], verdict: str
) -> None:
    yes = approval(at=approved[0], more=f"sequence: {approved[1]}")
    no = approval(at=refused[0], who=people(("carol", "x")), more=f"sequence: {refused[1]}, decision: {against}")
    for order in ((yes, no), (no, yes)):
        decision = decided("", *order)
        assert decision.verdict.value == verdict
        if verdict == "denied":
            assert told(decision) == f"a is unacceptable: it was {against} {refused[0]} by carol"


def test_a_refusal_by_another_of_the_authorities_counts_and_one_by_a_stranger_does_not() -> None:
    no = approval(by="risk", at="2026-11-21", more="decision: revoked")
    assert decided("", approval(), no, by="[po, risk]").verdict is Verdict.DENIED
    assert decided("", approval(), no).verdict is Verdict.ALLOWED


@pytest.mark.parametrize(
    ("scope", "verdict"),
    [
        ("environments: [staging]", "allowed"),
        ("environments: [production]", "denied"),
        ("namespaces: [pay]", "allowed"),
        ("namespaces: [shop]", "denied"),
        ("decision: revoked", "denied"),
    ],
)
def test_a_refusal_for_another_place_takes_nothing_from_an_approval_for_here(scope: str, verdict: str) -> None:
    no = approval(at="2026-11-21", more=f"{scope}, decision: revoked".replace("revoked, decision: revoked", "revoked"))
    yes = approval(more="environments: [production]")
    assert decided("environments: [production]", yes, no).verdict.value == verdict


def test_an_approval_for_another_place_takes_nothing_from_an_older_one_for_here() -> None:
    here = approval(at="2026-11-10", more="environments: [production]")
    elsewhere = approval(at="2026-11-20", more="environments: [staging]")
    assert decided("environments: [production]", here, elsewhere).verdict is Verdict.ALLOWED


def test_the_newest_approval_counts_even_where_an_older_one_would_do() -> None:
    older, newer = approval(at="2026-11-10"), approval(at="2026-11-11", more="notBefore: 2026-12-01")
    assert decided("", older, newer).verdict is Verdict.DENIED
    by_sequence = approval(at="2026-11-10", more="sequence: 2"), approval(at="2026-11-11", more="sequence: 1")
    assert decided("maxAge: 10d", *by_sequence, now=datetime(2026, 11, 20, 12, tzinfo=UTC)).verdict is Verdict.DENIED


def test_two_authorities_may_both_have_to_approve() -> None:
    both = "[po, risk], threshold: 2"
    assert decided("", approval(), approval(by="risk"), by=both).verdict is Verdict.ALLOWED
    assert decided("", approval(), by=both).verdict is Verdict.DENIED


def test_a_refusal_of_the_image_counts_for_its_platforms_too() -> None:
    rule = rules("{name: a, type: approval, by: {authorities: [po]}}", "subject: named-or-all-platforms")
    no = approval(at="2026-11-21", more="decision: revoked")
    for refused, verdict in ((no, Verdict.DENIED), (no.replace("by: po", "by: risk"), Verdict.ALLOWED)):
        platform = f"linux/amd64: {{evidence: [{approval()}]}}"
        assert judged(rule, attached(refused, more=f", platforms: {{{platform}}}")).verdict is verdict
