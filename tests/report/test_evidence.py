"""The report of `doorward evidence show`: each claim in words and as data, and the exit code."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from webhook.admission.evidence import (
    Approval,
    Approver,
    Attestation,
    Claim,
    Evidence,
    EvidenceType,
    ImageFacts,
    NotHad,
    Outcome,
    Package,
    Provenance,
    Rejected,
    RunOfTests,
    Sbom,
    Scan,
    Severity,
    Summary,
    Validity,
    Vex,
    VexStatement,
    Vulnerability,
)
from webhook.admission.finding import RuleInfo
from webhook.admission.finding import Severity as RuleSeverity
from webhook.pod.image import Image
from webhook.report import claims
from webhook.report import evidence as report
from webhook.report.evidence import Needed, Ruled, Showing
from webhook.report.style import Style

AT = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
DIGEST = f"sha256:{'a' * 64}"
WEB = Image.parse("registry.corp.example/shop/web:1")
RULE = RuleInfo("proven", "signed", "Images are signed", "", RuleSeverity.HIGH)

_found = (
    *(Vulnerability(f"CVE-{number}", Severity.LOW) for number in range(3)),
    Vulnerability("CVE-9", Severity.CRITICAL),
    Vulnerability("CVE-10", Severity.UNKNOWN),
)
APPROVED = Approval(
    "approved",
    (Approver("ada", "owner"), Approver("grace", "")),
    "linus",
    AT,
    "CHG1",
    AT,
    AT + timedelta(days=1),
    ("shop-*",),
    ("production",),
)


@pytest.mark.parametrize(
    ("claim", "lines"),
    [
        (None, []),
        (
            Scan("trivy 0.70.0", AT, AT - timedelta(days=1), _found),
            [
                "trivy 0.70.0, scanned 2026-11-20 10:30 UTC, database of 2026-11-19 10:30 UTC",
                "1 critical, 3 low, 1 unknown",
            ],
        ),
        (Scan("grype", None, None, ()), ["grype", "no vulnerabilities"]),
        (
            Provenance("https://ci/b", "t", ("git+a", "b", "c", "d"), (), AT),
            ["built by https://ci/b, finished 2026-11-20 10:30 UTC", "from git+a, b, c and 1 more"],
        ),
        (Provenance("", "t", ()), ["built by nobody that it names", "from no source that it names"]),
        (
            Sbom("spdx", "2.3", AT, (Package("a", "1"),), "a date"),
            ["spdx 2.3, 1 package, created 2026-11-20 10:30 UTC", "lacks a date"],
        ),
        (
            Vex("corp", AT, (VexStatement(("CVE-1",), "fixed", ""),)),
            ["by corp, 1 statement, of 2026-11-20 10:30 UTC"],
        ),
        (RunOfTests("FAILED", ("unit",)), ["FAILED, failed: unit"]),
        (Summary("https://v", True, ("SLSA_BUILD_LEVEL_3",)), ["passed, says https://v, SLSA_BUILD_LEVEL_3"]),
        (
            APPROVED,
            [
                "approved 2026-11-20 10:30 UTC by ada (owner), grace, asked for by linus, ticket CHG1",
                "valid from 2026-11-20 10:30 UTC, valid until 2026-11-21 10:30 UTC, for production, namespace shop-*",
            ],
        ),
    ],
)
def test_each_claim_is_told_in_one_or_two_lines(claim: Claim, lines: list[str]) -> None:
    assert list(claims.lines(claim)) == lines


def test_a_claim_as_data_counts_what_is_long_and_names_its_fields_as_json_does() -> None:
    assert claims.data(None) is None
    scan = claims.data(Scan("trivy", AT, None, _found))
    assert scan == {
        "scanner": "trivy",
        "scanned": "2026-11-20T10:30:00+00:00",
        "database": None,
        "vulnerabilities": {"critical": 1, "low": 3, "unknown": 1},
    }
    approval = claims.data(APPROVED)
    assert approval is not None
    assert approval["requestedBy"] == "linus"
    assert approval["approvers"] == [{"id": "ada", "role": "owner"}, {"id": "grace", "role": ""}]
    sbom = claims.data(Sbom("spdx", "2.3", None, (Package("a", "1"), Package("b", "2"))))
    assert sbom is not None
    assert sbom["packages"] == 2


def test_moments_are_told_in_utc() -> None:
    assert claims.clock(AT.astimezone(timezone(timedelta(hours=5)))) == "2026-11-20 10:30 UTC"
    assert claims.clock(None) == ""


def showing(*needed: Outcome, unsure: str = "", facts: Any = None) -> Showing:
    told = tuple(Needed(f"r{index}", "signature", one, "", "") for index, one in enumerate(needed))
    rules = (Ruled(RULE, "enforce", unsure, told),) if needed else ()
    return Showing(WEB, facts or ImageFacts(DIGEST, Evidence(DIGEST, "", ())), rules, "shop", AT)


@pytest.mark.parametrize(
    ("shown", "code"),
    [
        (showing(), 0),
        (showing(Outcome.SATISFIED), 0),
        (showing(Outcome.SATISFIED, Outcome.STALE), 1),
        (showing(Outcome.MISCONFIGURED), 1),
        (showing(Outcome.MISSING, Outcome.UNAVAILABLE), 3),
        (showing(Outcome.MISSING, unsure="its labels are not known"), 3),
        (showing(Outcome.SATISFIED, unsure="its labels are not known"), 0),
        (showing(facts=NotHad(Outcome.MISSING, "it is not there")), 1),
        (showing(facts=NotHad(Outcome.UNAVAILABLE, "it is away")), 3),
    ],
)
def test_the_exit_code_says_whether_all_rules_are_satisfied(shown: Showing, code: int) -> None:
    assert shown.exit_code == code


def test_what_strangers_attached_cannot_write_to_the_terminal() -> None:
    bad = "\x1b[2J\nRules\r\u202e"
    attestation = Attestation(
        EvidenceType.SCAN, bad, ("ci",), AT, Scan(bad, AT, None, ()), DIGEST, bad, ((bad, bad),), "", ()
    )
    ended = attestation._replace(problem=bad, valid=(Validity("it", None, AT),))
    facts = ImageFacts(DIGEST, Evidence(DIGEST, "", (attestation, ended), (Rejected(bad, bad, DIGEST, bad),), 7), ())
    text = report.text(showing(Outcome.SATISFIED, facts=facts), Style())
    assert not {"\x1b", "\r", "\u202e"} & set(text)
    assert text.count("\nRules") == 1
    assert "7 more things not looked at: there is too much" in text
    assert "counts until 2026-11-20 10:30 UTC" in text
    assert "vulnerability-scan by ci, signed 2026-11-20 10:30 UTC" in text
    assert json.loads(report.json(showing(facts=facts)))["attached"][0]["unexamined"] == 7
