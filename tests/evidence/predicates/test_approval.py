"""Approvals: our own predicate, and its page."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.evidence.predicates.documents import at, claim, document, unusable
from webhook.admission.evidence import Approval, Approver
from webhook.evidence.predicates.approval import PREDICATE_TYPE

PAGE = Path(__file__).parents[3] / "docs" / "evidence" / "approval.md"
READ = Approval(
    "approved",
    (Approver("ada@corp.example", "product-owner"), Approver("grace@corp.example", "security")),
    "linus@corp.example",
    at(11, 3, 8, 30),
    "CHG0031337",
    at(11, 4, 20),
    at(11, 30),
    ("shop-prod", "shop-eu-*"),
    ("production",),
    3,
)


def changed(**fields: Any) -> dict[str, Any]:
    """The approval with other fields; None takes one away."""
    return {name: value for name, value in {**document("approval"), **fields}.items() if value is not None}


def test_an_approval_is_read_and_ends_with_the_earlier_of_its_two_ends() -> None:
    assert claim(PREDICATE_TYPE, document("approval")) == READ
    assert claim(PREDICATE_TYPE, changed(expiresOn=None)).not_after == at(12, 4, 23)


def test_jfrog_s_type_is_read_with_our_fields() -> None:
    assert claim("https://jfrog.com/evidence/approval/v1", document("approval")) == READ
    free = {"actor": "ada", "date": "2026-11-03T09:30:00Z"}
    assert unusable("https://jfrog.com/evidence/approval/v1", free).startswith('its `decision` is ""')


def test_the_least_that_an_approval_says() -> None:
    least = {
        "decision": "revoked",
        "approvers": [{"id": "ada"}],
        "requestedBy": "linus",
        "approvedOn": "2026-11-03T08:30:00Z",
    }
    assert claim(PREDICATE_TYPE, least) == Approval("revoked", (Approver("ada", ""),), "linus", at(11, 3, 8, 30))


def test_whoever_stands_twice_among_the_approvers_counts_once() -> None:
    twice = [{"id": "ada", "role": "security"}] * 2
    assert claim(PREDICATE_TYPE, changed(approvers=twice)).approvers == (Approver("ada", "security"),)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"decision": "Approved"}, 'its `decision` is "Approved", not approved, rejected or revoked'),
        ({"decision": True}, "its `decision` is no text"),
        ({"approvedOn": None}, "its `approvedOn` is missing"),
        ({"approvedOn": "0001-01-01T00:00:00Z"}, "its `approvedOn` is missing"),
        ({"approvedOn": "2026-11-03"}, 'its `approvedOn` is "2026-11-03", no time of RFC 3339 with a zone'),
        ({"approvers": []}, "its `approvers` is missing"),
        ({"approvers": [{"role": "security"}]}, "its `approvers[0].id` is missing"),
        ({"approvers": ["ada"]}, "its `approvers[0]` is no object"),
        ({"requestedBy": None}, "its `requestedBy` is missing"),
        ({"sequence": -1}, "its `sequence` is no whole number from 0"),
        ({"sequence": True}, "its `sequence` is no whole number from 0"),
        ({"sequence": 1.0}, "its `sequence` is no whole number from 0"),
        ({"scope": {"namespaces": []}}, "its `scope.namespaces` is empty: leave it out, or name at least one"),
        ({"scope": {"namespaces": [""]}}, "its `scope.namespaces` is empty: leave it out, or name at least one"),
        ({"scope": {"namespaces": "shop"}}, "its `scope.namespaces` is no list"),
        (
            {"scope": {"clusters": ["eu-1"]}},
            'its `scope` has "clusters", which nobody here can judge: only namespaces and environments',
        ),
        (
            {"window": {"notbefore": "2026-11-04T20:00:00Z"}},
            'its `window` has "notbefore", which nobody here can judge: only notBefore and notAfter',
        ),
        (
            {"window": {"notBefore": "2026-11-04T20:00:00Z", "notAfter": "2026-11-04T19:00:00Z"}},
            "its `window.notAfter` is before its notBefore",
        ),
        ({"expiresOn": 1}, "its `expiresOn` is no text"),
    ],
)
def test_an_approval_never_counts_for_more_than_it_says(fields: dict[str, Any], reason: str) -> None:
    assert unusable(PREDICATE_TYPE, changed(**fields)) == reason


def test_the_example_on_the_page_is_an_approval() -> None:
    examples = re.findall(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    read = [claim(PREDICATE_TYPE, json.loads(example)) for example in examples]
    assert [one.decision for one in read] == ["approved", "revoked"]
    assert read[0].namespaces == ("shop-prod", "shop-eu-*")
    assert read[1].sequence > read[0].sequence


def test_the_page_describes_each_field() -> None:
    page = PAGE.read_text(encoding="utf-8")
    names = ["decision", "approvers", "requestedBy", "approvedOn", "expiresOn", "window", "scope", "ticket", "sequence"]
    assert [name for name in names if f"| `{name}" not in page] == []
    assert PREDICATE_TYPE in page
