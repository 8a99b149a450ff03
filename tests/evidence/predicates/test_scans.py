"""Vulnerability scans of each tool, in each wrapping, and the traps in them."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.evidence.predicates.documents import (
    CUSTOM,
    OWN,
    VULN,
    VULNS,
    at,
    claim,
    document,
    untimed,
    unusable,
    wrapped,
)
from webhook.admission.evidence import EvidenceType, Severity, Vulnerability
from webhook.evidence.claims import Read, Unusable, claim_of
from webhook.evidence.predicates import reports
from webhook.evidence.predicates.vulnerabilities import CURE

OPENSSL = ("3.0.15-1~deb12u1", "3.0.16-1~deb12u1")
INDEX = "sha256:7c1d9a0b2e3f4a5b6c7d8e9f00112233445566778899aabbccddeeff00112233"
CHILD = "sha256:99887766554433221100ffeeddccbbaa99887766554433221100ffeeddccbbaa"
TRIVY = (
    Vulnerability("CVE-2026-10001", Severity.CRITICAL, "libssl3", *OPENSSL, ("DSA-9001-1",)),
    Vulnerability("CVE-2026-10002", Severity.UNKNOWN, "libc6", "2.36-9+deb12u9"),
    Vulnerability("CVE-2026-10003", Severity.HIGH, "qs", "6.11.0", "6.11.3, 6.12.1", ("GHSA-aaaa-bbbb-cccc",)),
)
SNYK = (
    Vulnerability("SNYK-DEBIAN12-OPENSSL-1000001", Severity.CRITICAL, "openssl", *OPENSSL, ("CVE-2026-10001",)),
    Vulnerability("SNYK-DEBIAN12-APT-522585", Severity.LOW, "apt", "2.6.1", "", ("CVE-2011-3374",)),
    Vulnerability(
        "SNYK-JS-QS-1000003",
        Severity.HIGH,
        "qs",
        "6.11.0",
        "6.11.3, 6.12.1",
        ("CVE-2026-10003", "GHSA-aaaa-bbbb-cccc"),
    ),
)


def trivy(**changes: Any) -> dict[str, Any]:
    """Trivy's report with other fields at its top."""
    return {**document("trivy"), **changes}


def test_trivy_has_each_finding_once_and_what_its_users_suppressed_is_none() -> None:
    scan = claim(VULN, wrapped(document("trivy")))
    assert scan.vulnerabilities == TRIVY
    assert scan.scanner == "trivy 0.70.0"


def test_a_report_that_is_converted_later_was_scanned_when_trivy_scanned() -> None:
    later = wrapped(document("trivy"), scanStartedOn="2026-11-20T00:00:00Z", scanFinishedOn="2026-11-20T00:00:00Z")
    assert claim(VULN, later).scanned == at(11, 2, 8, 15, 30, 123_456)


def test_the_time_around_a_report_counts_where_it_is_the_earlier_one() -> None:
    earlier = wrapped(document("trivy"), scanStartedOn="2026-10-30T00:00:00Z", scanFinishedOn="2026-11-20T00:00:00Z")
    assert claim(VULN, earlier).scanned == at(10, 30)


def test_a_report_of_trivy_before_it_wrote_its_time_has_the_time_around_it() -> None:
    assert claim(VULN, wrapped(trivy(CreatedAt=None))).scanned == at(11, 2, 8, 15, 30)
    assert claim(OWN, trivy(CreatedAt=None)).scanned is None


def test_trivy_alone_does_not_say_how_old_its_database_was_and_its_server_does() -> None:
    server = {"VulnerabilityDB": {"Version": 2, "UpdatedAt": "2026-11-01T18:30:11.5Z", "NextUpdate": "x"}}
    assert claim(VULN, wrapped(document("trivy"))).database is None
    assert claim(VULN, wrapped(trivy(Trivy={"Server": server}))).database == at(11, 1, 18, 30, 11, 500_000)


def test_trivy_finds_nothing_in_an_image_without_packages() -> None:
    report = trivy()
    del report["Results"]
    assert claim(VULN, wrapped(report)).vulnerabilities == ()
    assert claim(VULN, wrapped(trivy(Results=None))).vulnerabilities == ()
    assert claim(VULN, wrapped(trivy(Results=[{"Target": "debian", "Class": "os-pkgs"}]))).vulnerabilities == ()


def test_trivy_s_schema_1_is_not_read() -> None:
    reason = "its `scanner.result.SchemaVersion` is not 2, the one schema of Trivy's reports that is read"
    assert unusable(VULN, wrapped(trivy(SchemaVersion=1))) == reason


def test_the_digests_that_a_report_names_are_offered_for_comparing() -> None:
    for predicate, images in [("trivy", (INDEX,)), ("grype", (CHILD, INDEX)), ("sarif-trivy", (INDEX,))]:
        read = claim_of(VULN, wrapped(document(predicate)))
        assert isinstance(read, Read)
        assert read.images == images


def test_grype_says_when_it_scanned_how_old_its_database_was_and_other_ids() -> None:
    scan = claim(OWN, document("grype"))
    assert scan.scanner == "grype 0.110.0"
    assert (scan.scanned, scan.database) == (at(11, 3, 6, 0, 0, 500_000), at(11, 2, 1, 32))
    assert scan.vulnerabilities == (
        Vulnerability("GHSA-aaaa-bbbb-cccc", Severity.HIGH, "qs", "6.11.0", "6.11.3, 6.12.1", ("CVE-2026-10003",)),
        Vulnerability("CVE-2011-3374", Severity.NEGLIGIBLE, "apt", "2.6.1"),
    )


def test_older_grypes_have_their_database_s_time_one_level_higher() -> None:
    report = document("grype")
    report["descriptor"]["db"] = {"built": "2026-10-01T01:32:00Z", "schemaVersion": 5}
    assert claim(OWN, report).database == at(10, 1, 1, 32)


def test_a_report_of_grype_without_matches_is_none() -> None:
    report = {**document("grype"), "matches": None}
    assert unusable(OWN, report) == "its `matches` is null: that is no report of a scan that came to its end"


def test_snyk_has_one_entry_for_each_path_and_a_report_for_each_project() -> None:
    scan = claim(VULN, wrapped(document("snyk")))
    assert scan.vulnerabilities == SNYK
    assert (scan.scanner, scan.scanned) == ("snyk 9.9", at(11, 2, 8, 15, 30))


def test_snyk_s_applications_stand_within_the_report_of_the_image() -> None:
    image, application = document("snyk")
    assert claim(VULN, wrapped({**image, "applications": [application]})).vulnerabilities == SNYK


def test_of_snyk_s_two_severities_the_worse_counts() -> None:
    one = {"id": "SNYK-1", "severity": "high", "severityWithCritical": "critical"}
    scan = claim(VULN, wrapped({"ok": False, "vulnerabilities": [one]}))
    assert scan.vulnerabilities == (Vulnerability("SNYK-1", Severity.CRITICAL),)


def test_a_scan_of_snyk_that_failed_is_none() -> None:
    failed = [document("snyk")[0], {"ok": False, "error": "no space left", "path": "x"}]
    assert unusable(VULN, wrapped(failed)).endswith('[1].error` is "no space left": that is no scan')


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("sarif-trivy", (TRIVY[0]._replace(aliases=()),)),
        (
            "sarif-grype",
            (
                Vulnerability("GHSA-aaaa-bbbb-cccc", Severity.HIGH, "qs", "6.11.0", "6.11.3,6.12.1"),
                Vulnerability("CVE-2011-3374", Severity.UNKNOWN, "apt", "2.6.1"),
            ),
        ),
        (
            "sarif-snyk",
            (
                Vulnerability(
                    "SNYK-DEBIAN12-OPENSSL-1000001",
                    Severity.CRITICAL,
                    "openssl/libssl3",
                    OPENSSL[0],
                    "",
                    ("CVE-2026-10001", "CVE-2026-10011"),
                ),
            ),
        ),
    ],
)
def test_sarif_has_package_version_and_cure_where_each_tool_puts_them(
    name: str, found: tuple[Vulnerability, ...]
) -> None:
    assert claim(VULN, wrapped(document(name))).vulnerabilities == found


def test_a_secret_among_trivy_s_results_is_no_vulnerability() -> None:
    found = claim(OWN, document("sarif-trivy")).vulnerabilities
    assert [one.id for one in found] == ["CVE-2026-10001"]


def test_snyk_s_sarif_has_its_time_in_the_name_of_the_run() -> None:
    assert claim(OWN, document("sarif-snyk")).scanned == at(11, 2, 8, 15, 30)


def test_sarif_may_have_its_times_in_its_invocations() -> None:
    report = document("sarif-grype")
    report["runs"][0]["invocations"] = [{"endTimeUtc": "2026-11-05T00:00:00Z", "startTimeUtc": "2026-11-04T00:00:00Z"}]
    assert claim(OWN, report).scanned == at(11, 4)


@pytest.mark.parametrize(
    ("tags", "score", "level", "severity"),
    [
        (["vulnerability", "LOW"], "9.8", "error", Severity.LOW),
        (["vulnerability"], "9.8", "note", Severity.CRITICAL),
        ([], 4.1, "error", Severity.MEDIUM),
        ([], "0.0", "error", Severity.UNKNOWN),
        ([], "undefined", "error", Severity.CRITICAL),
        ([], None, "warning", Severity.MEDIUM),
        ([], None, "note", Severity.LOW),
        ([], None, "none", Severity.UNKNOWN),
        ([], None, None, Severity.MEDIUM),
    ],
)
def test_in_sarif_the_word_counts_before_the_score_and_the_score_before_the_level(
    tags: list[str], score: Any, level: str | None, severity: Severity
) -> None:
    report = document("sarif-trivy")
    run = report["runs"][0]
    run["tool"]["driver"]["rules"] = [
        {"id": "CVE-2026-10001", "properties": {"tags": tags, "security-severity": score}},
    ]
    run["results"] = [{"ruleId": "CVE-2026-10001", "level": level}, {"ruleId": "CVE-2026-7", "kind": "pass"}]
    assert [one.severity for one in claim(OWN, report).vulnerabilities] == [severity]


def test_the_level_may_stand_in_the_rule() -> None:
    report = document("sarif-grype")
    rules = [{"id": "CVE-1", "defaultConfiguration": {"level": "error"}}]
    report["runs"][0]["tool"]["driver"]["rules"] = rules
    report["runs"][0]["results"] = [{"rule": {"id": "CVE-1"}}]
    assert claim(OWN, report).vulnerabilities == (Vulnerability("CVE-1", Severity.CRITICAL),)


def test_sarif_of_a_tool_that_looks_for_something_else_is_no_scan() -> None:
    report = document("sarif-trivy")
    report["runs"][0]["tool"]["driver"]["name"] = "Semgrep OSS"
    known = "its `scanner.result` is no report that is known: Trivy's, Grype's or Snyk's, in JSON or SARIF"
    assert unusable(VULN, wrapped(report)) == known
    assert claim_of(OWN, report) == Unusable(None, f'its type is "{OWN}", which says nothing that rules ask for')


def test_a_second_run_of_another_tool_is_not_passed_over() -> None:
    report = document("sarif-trivy")
    other = json.loads(json.dumps(report["runs"][0]).replace('"Trivy"', '"Semgrep"'))
    report["runs"].append(other)
    reason = "its `runs[1].tool.driver.name` is \"Semgrep\": only Trivy's, Grype's and Snyk's SARIF is read"
    assert unusable(OWN, report) == reason


def test_in_toto_s_first_version_puts_findings_below_vulnerability() -> None:
    scan = claim("https://in-toto.io/attestation/vulns/v0.1", document("vulns-v0.1"))
    assert scan.vulnerabilities == (
        Vulnerability("CVE-2026-10001", Severity.CRITICAL),
        Vulnerability("CVE-2026-10004", Severity.MEDIUM),
    )
    assert (scan.scanned, scan.database) == (at(11, 2, 8, 15, 30), at(11, 1, 18, 45, 50, 520_000))
    assert scan.scanner == "pkg:github/aquasecurity/trivy@0.70.0"


def test_in_toto_s_words_count_before_its_scores_the_worst_first() -> None:
    scan = claim(VULNS, document("vulns-v0.2"))
    assert scan.vulnerabilities == (
        Vulnerability("CVE-2026-10001", Severity.HIGH),
        Vulnerability("CVE-2026-10002", Severity.UNKNOWN),
        Vulnerability("CVE-2026-10004", Severity.CRITICAL),
    )


def test_in_toto_s_empty_list_is_a_scan_that_found_nothing_and_cosign_s_is_not() -> None:
    assert claim(VULNS, wrapped([])).vulnerabilities == ()
    assert unusable(VULN, wrapped([])).startswith("its `scanner.result` is no report that is known")


def test_the_database_s_time_counts_beside_any_report() -> None:
    predicate = wrapped(document("grype"))
    predicate["scanner"]["db"]["lastUpdate"] = "2026-10-20T00:00:00Z"
    assert claim(VULNS, predicate).database == at(10, 20)


def test_a_plain_report_that_cosign_emptied_is_evidence_of_nothing_and_says_so() -> None:
    reason = unusable(VULN, document("plain-trivy-as-vuln"))
    assert reason == f"its `scanner.result` is null: {CURE}"
    assert "trivy image --format cosign-vuln" in reason


def test_a_predicate_without_result_is_evidence_of_nothing() -> None:
    predicate = wrapped(None)
    del predicate["scanner"]["result"]
    assert unusable(VULN, predicate) == f"its `scanner.result` is missing: {CURE}"
    assert unusable(VULN, {}) == f"its `scanner.result` is missing: {CURE}"


@pytest.mark.parametrize("name", ["scanStartedOn", "scanFinishedOn"])
def test_a_time_that_nobody_has_set_makes_a_scan_useless(name: str) -> None:
    times = {"scanStartedOn": "2026-11-02T08:15:30Z", "scanFinishedOn": "2026-11-02T08:15:30Z"}
    predicate = wrapped(document("trivy"), **{**times, name: "0001-01-01T00:00:00Z"})
    reason = f"its `metadata.{name}` is 0001-01-01T00:00:00Z, a time that nobody has set: {CURE}"
    assert unusable(VULN, predicate) == reason


def test_a_zero_time_of_the_database_is_none() -> None:
    report = document("grype")
    report["descriptor"]["db"]["status"]["built"] = "0001-01-01T00:00:00Z"
    assert claim(OWN, report).database is None


@pytest.mark.parametrize("packed", [lambda data: data, json.dumps], ids=["an object", "a text"])
@pytest.mark.parametrize("name", ["trivy", "grype", "snyk", "sarif-snyk"])
def test_cosign_s_custom_predicate_holds_any_report_as_an_object_or_a_text(
    name: str, packed: Callable[[Any], Any]
) -> None:
    predicate = {"Data": packed(document(name)), "Timestamp": "2026-11-20T10:00:00Z"}
    scan = claim(CUSTOM, predicate)
    assert scan.vulnerabilities == claim(VULN, wrapped(document(name))).vulnerabilities
    assert scan.scanned == (claim(VULN, untimed(document(name))).scanned or at(11, 20, 10))


def test_cosign_s_custom_predicate_may_hold_cosign_s_vuln_predicate() -> None:
    assert claim(CUSTOM, {"Data": wrapped(document("trivy")), "Timestamp": ""}).vulnerabilities == TRIVY


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("plain words", "its `Data` cannot be read: it is no JSON"),
        ('{"a": 1, "a": 2}', "its `Data` cannot be read: it has the key `a` twice"),
        ("\ud800", "its `Data` cannot be read: it is no JSON: not in UTF-8"),
        (None, "its `Data` is nothing that is known: sign it with the `--type` that it has"),
        ({"foo": 1}, "its `Data` is nothing that is known: sign it with the `--type` that it has"),
    ],
)
def test_anything_else_in_a_custom_predicate_is_of_no_type(data: Any, reason: str) -> None:
    assert claim_of(CUSTOM, {"Data": data}) == Unusable(None, reason)


def test_a_scan_under_a_type_of_one_s_own_is_a_scan() -> None:
    read = claim_of(OWN, document("trivy"))
    assert isinstance(read, Read)
    assert (read.type, read.claim) == (EvidenceType.SCAN, claim(VULN, untimed(document("trivy"))))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"Results": {}}, "its `scanner.result.Results` is no list"),
        ({"Results": ["x"]}, "its `scanner.result.Results[0]` is no object"),
        ({"Results": [{"Vulnerabilities": "x"}]}, "its `scanner.result.Results[0].Vulnerabilities` is no list"),
        (
            {"Results": [None, {"Vulnerabilities": [{"VulnerabilityID": "CVE-1", "Severity": 3}]}]},
            "its `scanner.result.Results[1].Vulnerabilities[0].Severity` is no text",
        ),
        (
            {"Results": [{"Vulnerabilities": [{"Severity": "LOW"}]}]},
            "its `scanner.result.Results[0].Vulnerabilities[0].VulnerabilityID` is missing",
        ),
        ({"CreatedAt": "yesterday"}, 'its `scanner.result.CreatedAt` is "yesterday", no time of RFC 3339 with a zone'),
        ({"Metadata": []}, "its `scanner.result.Metadata` is no object"),
    ],
)
def test_a_field_of_the_wrong_type_is_named(change: dict[str, Any], reason: str) -> None:
    assert unusable(VULN, wrapped(trivy(**change))) == reason


def test_more_findings_than_an_image_can_have_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "MOST_FINDINGS", 2)
    many = [{"VulnerabilityID": f"CVE-{number}"} for number in (1, 1, 2, 2, 3)]
    report = trivy(Results=[{"Vulnerabilities": many[:4]}])
    assert len(claim(OWN, report).vulnerabilities) == 2
    report["Results"][0]["Vulnerabilities"] = many
    assert unusable(OWN, report) == "its `Results[0].Vulnerabilities[4]` is one more than the 2 findings that are read"


def test_of_equal_findings_the_worst_counts_and_texts_are_cut() -> None:
    entries = [
        {"VulnerabilityID": "CVE-1", "PkgName": "x" * 5000, "Severity": "LOW"},
        {"VulnerabilityID": "CVE-1", "PkgName": "x" * 5000, "Severity": "HIGH", "FixedVersion": "2"},
    ]
    scan = claim(OWN, trivy(Results=[{"Vulnerabilities": entries}]))
    assert scan.vulnerabilities == (Vulnerability("CVE-1", Severity.HIGH, "x" * 400, "", "2"),)


def test_scans_of_images_with_the_same_base_share_their_findings_in_memory() -> None:
    one, other = claim(OWN, document("trivy")), claim(OWN, document("trivy"))
    assert one.vulnerabilities is not other.vulnerabilities
    assert all(mine is theirs for mine, theirs in zip(one.vulnerabilities, other.vulnerabilities, strict=True))
