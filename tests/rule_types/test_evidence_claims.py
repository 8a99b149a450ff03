"""evidence of signatures, provenance, bills of materials, test results and verification summaries."""

import pytest

from tests.rule_types.evidence_rule import DIGEST, attached, judged, only, rules, told
from webhook.admission.decision import Decision, Verdict
from webhook.admission.evidence import Package
from webhook.patterns import Glob
from webhook.rule_types._evidence_packages import ForbiddenPackage, is_forbidden

WHO = {
    "signature": "ci",
    "slsa-provenance": "ci",
    "sbom": "bom",
    "test-result": "qa",
    "verification-summary": "qa",
}


def asked(kind: str, params: str, *evidence: str) -> Decision:
    """The decision of a rule that requires evidence of a type, where it has these."""
    by, more = WHO[kind], f", {params}" if params else ""
    given = [f"{{type: {kind}, by: {by}{f', {one}' if one else ''}}}" for one in evidence]
    return judged(rules(f"{{name: x, type: {kind}, by: {{authorities: [{by}]}}{more}}}"), attached(*given))


def test_a_signature_must_cover_the_annotations_that_are_named() -> None:
    wanted = "annotations: {stage: prod, team: shop}"
    assert asked("signature", wanted, "annotations: {stage: prod, team: shop, more: x}").verdict is Verdict.ALLOWED
    lacking = asked("signature", wanted, "annotations: {stage: prod}")
    assert told(lacking) == 'x is unacceptable: the signature by ci covers no annotation team, must be "shop"'
    assert only(lacking).fix == (
        f"cosign sign --key ci.key -a stage=prod -a team=shop registry.corp.example/shop/web@{DIGEST}"
    )
    other = asked("signature", wanted, "annotations: {stage: test, team: shop}")
    assert told(other) == 'x is unacceptable: the signature by ci covers stage=test, must be "prod"'


def test_all_annotations_must_be_covered_by_one_signature() -> None:
    wanted = "annotations: {stage: prod, team: shop}"
    assert (
        asked("signature", wanted, "annotations: {stage: prod}", "annotations: {team: shop}").verdict is Verdict.DENIED
    )
    both = asked("signature", wanted, "annotations: {stage: test}", "annotations: {stage: prod, team: shop}")
    assert both.verdict is Verdict.ALLOWED


@pytest.mark.parametrize(
    ("params", "evidence", "problem"),
    [
        ("builders: ['https://ci.corp.example/*']", "builder: https://ci.corp.example/3", ""),
        (
            "builders: ['https://ci.corp.example/*']",
            "builder: https://ci.corp.example.evil.com/3",
            "it is built by https://ci.corp.example.evil.com/3, must be https://ci.corp.example/*",
        ),
        ("builders: [b]", "", "it is not said what its builder is"),
        ("buildTypes: [t]", "buildType: t", ""),
        ("buildTypes: [t]", "buildType: u", "it is of the build type u, must be t"),
        ("sources: ['https://git.corp.example/**']", "sources: ['git+https://git.corp.example/shop/web@main']", ""),
        ("sources: ['git+https://git.corp.example/**']", "sources: ['git+https://git.corp.example/shop']", ""),
        (
            "sources: ['https://git.corp.example/**']",
            "sources: ['https://git.corp.example/a', 'https://evil.com/b']",
            "it is built from https://evil.com/b, must be https://git.corp.example/**",
        ),
        ("sources: ['https://git.corp.example/**']", "builder: x", "it is not said what its source is"),
        ("materials: ['pkg:npm/*']", "materials: ['pkg:npm/a', 'pkg:npm/b']", ""),
        ("materials: ['pkg:npm/*']", "materials: ['pkg:pypi/a']", "it is made with pkg:pypi/a, must be pkg:npm/*"),
    ],
)
def test_provenance_says_who_built_it_how_and_from_what(params: str, evidence: str, problem: str) -> None:
    decision = asked("slsa-provenance", params, evidence)
    if problem:
        assert told(decision) == f"x is unacceptable: by the provenance by ci, {problem}"
    else:
        assert decision.verdict is Verdict.ALLOWED


def test_one_of_several_provenances_will_do_but_it_must_hold_as_a_whole() -> None:
    wanted = "builders: [b], sources: ['https://git.corp.example/**']"
    parts = ("builder: b, sources: ['https://evil.com/']", "builder: evil, sources: ['https://git.corp.example/a']")
    assert asked("slsa-provenance", wanted, *parts).verdict is Verdict.DENIED
    good = "builder: b, sources: ['https://git.corp.example/a']"
    assert asked("slsa-provenance", wanted, *parts, good).verdict is Verdict.ALLOWED


def test_the_cure_of_missing_provenance_has_the_type_that_cosign_knows() -> None:
    assert only(asked("slsa-provenance", "builders: [b]")).fix == (
        "cosign attest --key ci.key --type slsaprovenance1 --predicate provenance.json "
        f"registry.corp.example/shop/web@{DIGEST}"
    )


@pytest.mark.parametrize(
    ("kind", "date"),
    [("slsa-provenance", "finished"), ("sbom", "created"), ("test-result", "signed"), ("verification-summary", "at")],
)
def test_whatever_has_a_date_may_be_too_old(kind: str, date: str) -> None:
    more = {"test-result": ", result: PASSED", "verification-summary": ", verifier: v"}.get(kind, "")
    for day, outcome in (("2026-11-20", ""), ("2026-11-10", "x is stale"), ("2026-11-22", "x is invalid")):
        decision = asked(kind, "maxAge: 7d", f"{date}: {day}{more}")
        assert told(decision).partition(":")[0] == outcome if outcome else decision.verdict is Verdict.ALLOWED


# bills of materials


def packages(*each: str) -> str:
    return f"packages: [{', '.join(each)}]"


def test_a_bill_of_materials_has_a_format_that_counts() -> None:
    for format_, verdict in (("spdx", Verdict.ALLOWED), ("cyclonedx", Verdict.DENIED)):
        assert asked("sbom", "formats: [spdx]", f"format: {format_}").verdict is verdict
    assert told(asked("sbom", "formats: [spdx]", "format: cyclonedx")) == (
        "x is unacceptable: the SBOM by bom is cyclonedx, must be spdx"
    )
    older = "format: spdx, created: 2026-11-01"
    assert asked("sbom", "formats: [spdx]", older, "format: cyclonedx, created: 2026-11-02").verdict is Verdict.ALLOWED


def test_a_bill_of_materials_may_have_to_be_complete() -> None:
    lacking = "lacks: versions of 3 packages"
    assert asked("sbom", "", lacking).verdict is Verdict.ALLOWED
    assert told(asked("sbom", "complete: true", lacking)) == (
        "x is unacceptable: the SBOM by bom lacks versions of 3 packages"
    )
    assert asked("sbom", "complete: true", "format: spdx").verdict is Verdict.ALLOWED


def test_forbidden_packages_and_licences_are_told_with_what_forbids_them() -> None:
    forbid = "forbid: {packages: ['log4j-core:<2.17.1'], licenses: [AGPL-3.0-only]}"
    listed = packages(
        "{name: log4j-core, version: 2.14.1}",
        "{name: ghost, version: '1', licenses: [AGPL-3.0-only]}",
        "{name: log4j-core, version: 2.17.1}",
        "{name: log4j-core, version: weird}",
    )
    decision = asked("sbom", forbid, listed)
    assert told(decision) == (
        "x is unacceptable: the SBOM by bom lists what is forbidden: log4j-core 2.14.1 (log4j-core:<2.17.1); "
        "ghost 1 under AGPL-3.0-only; log4j-core weird, whose version cannot be compared with log4j-core:<2.17.1"
    )
    assert only(decision).fix == "build the image without it, then attest its SBOM"
    assert asked("sbom", forbid, packages("{name: log4j-core, version: 2.17.1}")).verdict is Verdict.ALLOWED


def test_a_newer_bill_of_materials_that_fails_beats_an_older_one_that_passes() -> None:
    forbid = "forbid: {packages: [left-pad]}"
    bad = f"created: 2026-11-20, {packages('{name: left-pad}')}"
    assert asked("sbom", forbid, "created: 2026-11-01", bad).verdict is Verdict.DENIED


@pytest.mark.parametrize(
    ("forbidden", "name", "version", "covered"),
    [
        ("log4j-core", "log4j-core", "1.0.0", True),
        ("log4j-core", "org.apache.logging.log4j:log4j-core", "1.0.0", True),
        ("log4j-core", "log4j-core-extra", "1.0.0", False),
        ("org.apache.logging.log4j:log4j-core:<2", "org.apache.logging.log4j:log4j-core", "1.0.0", True),
        ("*event-stream:=3.3.6", "@acme/event-stream", "3.3.6", True),
        ("@acme/x:>=1, <2", "@acme/x", "1.5.0", True),
        ("@acme/x:>=1, <2", "@acme/x", "2.0.0", False),
        ("x:<2", "x", "", None),
    ],
)
def test_a_package_is_forbidden_by_its_name_and_version(
    forbidden: str, name: str, version: str, covered: bool | None
) -> None:
    assert ForbiddenPackage.parse(forbidden).covers(Package(name, version)) is covered


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("", "write log4j-core, or log4j-core:<2.17.1"),
        (":<2", "write log4j-core, or log4j-core:<2.17.1"),
        ("log4j-core:2.14.1", "write log4j-core:=2.14.1, or a range such as :<2.14.1"),
    ],
)
def test_what_names_no_package_or_compares_nothing_is_refused(text: str, cure: str) -> None:
    with pytest.raises(ValueError, match="`") as raised:
        ForbiddenPackage.parse(text)
    assert raised.value.args[1] == cure


@pytest.mark.parametrize(
    ("expression", "forbidden"),
    [
        ("AGPL-3.0-only", True),
        ("agpl-3.0-only", True),
        ("MIT", False),
        ("MIT OR AGPL-3.0-only", False),
        ("MIT AND AGPL-3.0-only", True),
        ("(MIT OR AGPL-3.0-only) AND Apache-2.0", False),
        ("(MIT AND AGPL-3.0-only) OR (AGPL-3.0-only AND Apache-2.0)", True),
        ("MIT OR Apache-2.0 AND AGPL-3.0-only", False),
        ("AGPL-3.0-only WITH Classpath-exception-2.0", True),
        ("MIT AND AGPL-3.0-only WITH x OR MIT", False),
        ("AGPL-3.0-only, MIT", True),
        ("MIT AND", False),
        ("AND AGPL-3.0-only", True),
        ("(" * 40 + "AGPL-3.0-only" + ")" * 40, True),
        ("", False),
    ],
)
def test_a_licence_is_forbidden_where_it_leaves_no_way_around(expression: str, forbidden: bool) -> None:
    assert is_forbidden(expression, [Glob.parse("agpl-3.0-only")]) is forbidden


# tests and summaries


def test_a_run_of_tests_must_have_ended_well_enough() -> None:
    assert asked("test-result", "", "result: PASSED").verdict is Verdict.ALLOWED
    assert asked("test-result", "", "result: WARNED").verdict is Verdict.DENIED
    assert asked("test-result", "results: [passed, warned]", "result: WARNED").verdict is Verdict.ALLOWED
    failed = asked("test-result", "results: [passed, warned]", "result: FAILED, failed: [login, logout]")
    assert told(failed) == (
        "x is unacceptable: the test result by qa is FAILED, must be passed or warned: login; logout"
    )
    assert only(failed).fix == (
        "cosign attest --key qa.key --type https://in-toto.io/attestation/test-result/v0.1 --predicate result.json "
        f"registry.corp.example/shop/web@{DIGEST}"
    )


def test_a_newer_failure_beats_an_older_pass() -> None:
    older, newer = "result: PASSED, signed: 2026-11-01", "result: FAILED, signed: 2026-11-02"
    assert asked("test-result", "", older, newer).verdict is Verdict.DENIED


@pytest.mark.parametrize(
    ("params", "evidence", "problem"),
    [
        ("", "verifier: v", ""),
        ("", "verifier: v, passed: false", "the verification summary by qa says that it failed"),
        ("verifiers: ['https://v/*']", "verifier: https://v/1", ""),
        ("verifiers: [v]", "verifier: w", "by the verification summary by qa, it is verified by w, must be v"),
        ("levels: [SLSA_BUILD_LEVEL_2]", "verifier: v, levels: [SLSA_BUILD_LEVEL_2]", ""),
        ("levels: [SLSA_BUILD_LEVEL_2]", "verifier: v, levels: [SLSA_BUILD_LEVEL_3]", ""),
        (
            "levels: [SLSA_BUILD_LEVEL_3, FEDRAMP]",
            "verifier: v, levels: [SLSA_BUILD_LEVEL_2, SLSA_SOURCE_LEVEL_4]",
            "the verification summary by qa says SLSA_BUILD_LEVEL_2 and SLSA_SOURCE_LEVEL_4, "
            "and not SLSA_BUILD_LEVEL_3 and FEDRAMP",
        ),
        ("levels: [FEDRAMP]", "verifier: v", "the verification summary by qa says nothing, and not FEDRAMP"),
    ],
)
def test_a_summary_says_who_verified_what(params: str, evidence: str, problem: str) -> None:
    decision = asked("verification-summary", params, evidence)
    if problem:
        assert told(decision) == f"x is unacceptable: {problem}"
    else:
        assert decision.verdict is Verdict.ALLOWED


def test_the_verdict_of_a_verifier_who_is_not_believed_takes_nothing_from_that_of_one_who_is() -> None:
    other = "verifier: w, passed: false, at: 2026-11-20"
    assert asked("verification-summary", "verifiers: [v]", "verifier: v, at: 2026-11-01", other).findings == ()
    assert asked("verification-summary", "", "verifier: v, at: 2026-11-01", other).verdict is Verdict.DENIED
