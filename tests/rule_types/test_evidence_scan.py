"""evidence of type vulnerability-scan: severities, ages, what is ignored, what VEX lifts, and which scan counts."""

from datetime import UTC, datetime

import pytest

from tests.objects import NOW
from tests.rule_types.evidence_rule import DIGEST, REPLICASET_CONTROLLER, attached, images, judged, only, rules, told
from webhook.admission.decision import Decision, Verdict
from webhook.admission.finding import Action
from webhook.admission.request import User

NOBODY = User("alice")
OPENSSL = "{id: CVE-2026-1, severity: critical, package: openssl, installed: 3.0.1, fixed: 3.0.2, aliases: [GHSA-1]}"


def scan(*found: str, by: str = "trivy", scanned: str = "2026-11-20", more: str = "") -> str:
    """A scan that found these."""
    vulnerabilities = f", vulnerabilities: [{', '.join(found)}]" if found else ""
    return f"{{type: vulnerability-scan, by: {by}, scanned: {scanned}{vulnerabilities}{more}}}"


def asked(params: str, *evidence: str, by: str = "[trivy]", now: datetime = NOW, user: User = NOBODY) -> Decision:
    """The decision of a rule that requires such a scan."""
    rule = f"{{name: s, type: vulnerability-scan, by: {{authorities: {by}}}, {params}}}"
    return judged(rules(rule), attached(*evidence), now=now, user=user)


def of(severity: str, identity: str = "CVE-2026-9") -> str:
    return f"{{id: {identity}, severity: {severity}, package: zlib}}"


# how bad


@pytest.mark.parametrize(
    ("most", "severity", "verdict"),
    [
        ("high", "critical", "denied"),
        ("high", "high", "allowed"),
        ("medium", "high", "denied"),
        ("medium", "low", "allowed"),
        ("none", "negligible", "denied"),
        ("none", "none", "allowed"),
    ],
)
def test_what_is_worse_than_the_worst_that_is_allowed_is_refused(most: str, severity: str, verdict: str) -> None:
    assert asked(f"maxSeverity: {most}", scan(of(severity))).verdict.value == verdict


def test_without_a_worst_severity_a_scan_may_have_found_anything() -> None:
    assert asked("maxAge: 7d", scan(OPENSSL)).verdict is Verdict.ALLOWED


@pytest.mark.parametrize(("said", "verdict"), [("", "denied"), (", unknownSeverity: medium", "allowed")])
def test_an_unknown_severity_counts_as_the_rule_says_and_as_high_where_it_does_not(said: str, verdict: str) -> None:
    assert asked(f"maxSeverity: medium{said}", scan(of("unknown"))).verdict.value == verdict
    assert asked("maxSeverity: high", scan(of("unknown"))).verdict is Verdict.ALLOWED


def test_the_three_worst_are_told_with_their_fixed_versions_and_the_rest_is_counted() -> None:
    found = [OPENSSL, of("high", "CVE-2026-3"), of("critical", "CVE-2026-2"), of("high", "CVE-2026-4"), of("low")]
    decision = asked("maxSeverity: medium", scan(*found))
    assert told(decision) == (
        "s is unacceptable: the scan by trivy found 2 critical and 2 high (medium is the worst allowed): "
        "CVE-2026-1 in openssl 3.0.1, fixed in 3.0.2; CVE-2026-2 in zlib, no fix known; "
        "CVE-2026-3 in zlib, no fix known; and 1 more"
    )
    assert only(decision).fix == "build the image anew with openssl 3.0.2, and attach a scan of that one"


def test_without_any_fix_the_cure_is_another_base_or_a_decision_to_ignore_it() -> None:
    fix = only(asked("maxSeverity: high", scan(of("critical")))).fix
    assert fix == "use another base image, or ask the policy's owner to `ignore` it until a day"


# how old


@pytest.mark.parametrize(
    ("scanned", "outcome"),
    [
        ("2026-11-14T12:00:00Z", ""),
        ("2026-11-14T11:59:59Z", "stale"),
        ("2026-11-21T12:05:00Z", ""),
        ("2026-11-21T12:05:01Z", "invalid"),
    ],
)
def test_a_scan_is_too_old_or_from_the_future(scanned: str, outcome: str) -> None:
    decision = asked("maxAge: 7d", scan(scanned=scanned))
    assert [told(decision).split()[2].strip(":")] == [outcome] if outcome else decision.verdict is Verdict.ALLOWED


def test_a_stale_scan_is_told_with_its_date_its_age_and_how_to_make_a_new_one() -> None:
    decision = asked("maxAge: 7d", scan(scanned="2026-11-02"))
    assert told(decision) == ("s is stale: the scan by trivy is of 2026-11-02, 19 days old; at most 7d is allowed")
    assert only(decision).fix == (
        "doorward evidence attest --key trivy.key --type vulnerability-scan --predicate scan.json "
        f"registry.corp.example/shop/web@{DIGEST}"
    )


@pytest.mark.parametrize(
    ("scanned", "signed", "verdict"),
    [
        ("2026-11-20", "2026-11-02", "denied"),  # written into the report later than it was signed
        ("2026-11-02", "2026-11-20", "denied"),  # an old report signed anew
        ("2026-11-20", "2026-11-20", "allowed"),
    ],
)
def test_the_earliest_of_all_signed_times_counts(scanned: str, signed: str, verdict: str) -> None:
    assert asked("maxAge: 7d", scan(scanned=scanned, more=f", signed: {signed}")).verdict.value == verdict


def test_a_scan_without_any_time_is_no_evidence_of_its_age() -> None:
    bare = "{type: vulnerability-scan, by: trivy}"
    assert told(asked("maxAge: 7d", bare)) == "s is unacceptable: the scan by trivy does not say when it was made"
    signed = "{type: vulnerability-scan, by: trivy, signed: 2026-11-20}"
    assert asked("maxAge: 7d", signed).verdict is Verdict.ALLOWED


@pytest.mark.parametrize(
    ("database", "outcome"),
    [("2026-11-17", ""), ("2026-11-16T23:59:00Z", "stale"), ("2026-11-20T00:06:00Z", "invalid")],
)
def test_the_database_may_be_only_so_old_when_it_scanned(database: str, outcome: str) -> None:
    decision = asked("databaseMaxAge: 3d", scan(more=f", database: {database}"))
    assert [told(decision).split()[2].strip(":")] == [outcome] if outcome else decision.verdict is Verdict.ALLOWED


def test_an_old_database_is_told_with_its_age() -> None:
    decision = asked("databaseMaxAge: 3d", scan(more=", database: 2026-11-10"))
    assert told(decision) == (
        "s is stale: the database of the scan by trivy was 10 days old when it scanned; at most 3d is allowed"
    )
    assert only(decision).fix == "update the scanner's database, then scan and attest again"


def test_a_scan_that_says_nothing_of_its_database_says_why_that_is_so() -> None:
    assert told(asked("databaseMaxAge: 3d", scan())) == (
        "s is unacceptable: the scan by trivy does not say how old its database was "
        "(Trivy's format cosign-vuln never does)"
    )


# what is ignored

IGNORED = "maxSeverity: high, ignore: [{id: CVE-2026-1, until: 2026-11-21, reason: not reachable}]"


def test_what_is_ignored_counts_again_after_its_last_day() -> None:
    last_moment = datetime(2026, 11, 21, 23, 59, tzinfo=UTC)
    assert asked(IGNORED, scan(OPENSSL), now=last_moment).verdict is Verdict.ALLOWED
    decision = asked(IGNORED, scan(OPENSSL), now=datetime(2026, 11, 22, tzinfo=UTC))
    assert told(decision) == (
        "s is stale: the scan by trivy found what is ignored no more: CVE-2026-1 was ignored until 2026-11-21"
    )


def test_what_is_ignored_is_so_by_any_of_its_ids_and_nothing_else_is() -> None:
    by_alias = IGNORED.replace("CVE-2026-1", "GHSA-1")
    assert asked(by_alias, scan(OPENSSL)).verdict is Verdict.ALLOWED
    assert "CVE-2026-9" in told(asked(IGNORED, scan(OPENSSL, of("critical"))))


def test_that_it_is_ignored_no_more_is_a_date_and_only_warns_a_controller() -> None:
    later = datetime(2026, 11, 22, tzinfo=UTC)
    decision = asked(IGNORED, scan(OPENSSL), now=later, user=REPLICASET_CONTROLLER)
    assert (decision.verdict, only(decision).action) == (Verdict.ALLOWED, Action.WARN)
    worse = asked(IGNORED, scan(OPENSSL, of("critical")), now=later, user=REPLICASET_CONTROLLER)
    assert worse.verdict is Verdict.DENIED


# VEX

WITH_VEX = "maxSeverity: high, vex: {authorities: [vendor]}"


def vex(status: str, *, by: str = "vendor", name: str = "CVE-2026-1", at: str = "2026-11-19", more: str = "") -> str:
    """A VEX document with one statement."""
    return f"{{type: vex, by: {by}, at: {at}, statements: [{{vulnerabilities: [{name}], status: {status}{more}}}]}}"


@pytest.mark.parametrize(
    ("statement", "verdict"),
    [
        (vex("not_affected"), "allowed"),
        (vex("not_affected", name="GHSA-1"), "allowed"),
        (vex("not_affected", name="CVE-2026-2"), "denied"),
        (vex("fixed"), "denied"),
        (vex("under_investigation"), "denied"),
        (vex("not_affected", by="trivy"), "denied"),
        (vex("not_affected", at="2026-11-21T12:06:00Z"), "denied"),
        (vex("not_affected", more=f", products: ['pkg:oci/web@{DIGEST}']"), "allowed"),
        (vex("not_affected", more=f", products: ['pkg:oci/web@{DIGEST.replace(':', '%3A')}']"), "allowed"),
        (vex("not_affected", more=", products: ['pkg:oci/other@sha256:00']"), "denied"),
        (vex("not_affected", more=", components: ['pkg:deb/debian/openssl@3.0.1?arch=amd64']"), "allowed"),
        (vex("not_affected", more=", components: ['pkg:deb/debian/openssl']"), "allowed"),
        (vex("not_affected", more=", components: [openssl]"), "allowed"),
        (vex("not_affected", more=", components: ['pkg:deb/debian/openssl@3.0.0']"), "denied"),
        (vex("not_affected", more=", components: ['pkg:deb/debian/zlib']"), "denied"),
    ],
)
def test_a_supplier_may_say_that_a_vulnerability_does_not_affect_the_image(statement: str, verdict: str) -> None:
    assert asked(WITH_VEX, scan(OPENSSL), statement).verdict.value == verdict


def test_without_vex_in_the_rule_nobodys_word_lifts_anything() -> None:
    assert asked("maxSeverity: high", scan(OPENSSL), vex("not_affected")).verdict is Verdict.DENIED


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        (vex("not_affected", at="2026-11-18"), vex("affected", at="2026-11-19"), "denied"),
        (vex("affected", at="2026-11-18"), vex("not_affected", at="2026-11-19"), "allowed"),
        (vex("affected"), vex("not_affected"), "denied"),
        (vex("not_affected", name="GHSA-1", at="2026-11-18"), vex("affected", at="2026-11-19"), "denied"),
    ],
)
def test_the_last_word_on_a_vulnerability_counts_and_of_two_at_once_the_worse(
    first: str, second: str, verdict: str
) -> None:
    for order in ((first, second), (second, first)):
        assert asked(WITH_VEX, scan(OPENSSL), *order).verdict.value == verdict


def test_a_scoped_npm_package_is_found_by_its_purl_in_both_spellings() -> None:
    found = "{id: CVE-2026-1, severity: critical, package: '@acme/x', installed: 1.0.0}"
    for purl in ("pkg:npm/%40acme/x@1.0.0", "pkg:npm/@acme/x@1.0.0"):
        assert asked(WITH_VEX, scan(found), vex("not_affected", more=f", components: ['{purl}']")).findings == ()


# which scan counts

PASSES, FAILS = scan(scanned="2026-11-18"), scan(OPENSSL, scanned="2026-11-20")


@pytest.mark.parametrize(
    ("select", "older", "newer", "verdict"),
    [
        ("latest", PASSES, FAILS, "denied"),
        ("latest", scan(OPENSSL, scanned="2026-11-18"), scan(scanned="2026-11-20"), "allowed"),
        ("any", PASSES, FAILS, "allowed"),
        ("all", scan(OPENSSL, scanned="2026-11-18"), scan(scanned="2026-11-20"), "denied"),
        ("all", scan(OPENSSL, scanned="2026-11-01"), scan(scanned="2026-11-20"), "allowed"),
        ("all", scan(scanned="2026-10-01"), scan(scanned="2026-11-01"), "denied"),
        ("all", scan(scanned="2026-11-01"), scan(scanned="2026-11-20"), "allowed"),
    ],
)
def test_which_scan_counts_where_there_are_two(select: str, older: str, newer: str, verdict: str) -> None:
    params = f"maxSeverity: high, maxAge: 7d, select: {select}"
    for order in ((older, newer), (newer, older)):
        assert asked(params, *order).verdict.value == verdict


def test_the_latest_counts_where_nothing_is_said() -> None:
    assert asked("maxSeverity: high", PASSES, FAILS).verdict is Verdict.DENIED


def test_of_two_scans_of_one_moment_the_worse_counts() -> None:
    for order in ((scan(), scan(OPENSSL)), (scan(OPENSSL), scan())):
        assert asked("maxSeverity: high", *order).verdict is Verdict.DENIED


def test_a_scan_from_the_future_and_one_that_cannot_be_used_take_nothing_from_a_good_one() -> None:
    future = scan(OPENSSL, scanned="2027-01-01")
    useless = "{type: vulnerability-scan, by: trivy, problem: its result is null}"
    assert asked("maxSeverity: high", scan(), future, useless).verdict is Verdict.ALLOWED


def test_each_authority_is_taken_by_itself() -> None:
    by_both = (scan(OPENSSL, by="snyk"), scan())
    assert asked("maxSeverity: high", *by_both, by="[trivy, snyk]").verdict is Verdict.ALLOWED
    assert asked("maxSeverity: high", *by_both, by="[trivy, snyk], threshold: 2").verdict is Verdict.DENIED


def test_the_nearest_miss_is_told_first() -> None:
    stale, bad = scan(scanned="2026-11-01"), scan(OPENSSL, by="snyk")
    decision = asked("maxSeverity: high, maxAge: 7d", bad, stale, by="[snyk, trivy]")
    assert told(decision).startswith("s is stale: the scan by trivy is of 2026-11-01, 20 days old")
    assert "; the scan by snyk found 1 critical" in told(decision)


def test_a_removed_scan_can_only_hide_what_the_age_limit_bounds() -> None:
    assert asked("maxSeverity: high, maxAge: 1d", PASSES).verdict is Verdict.DENIED


# platforms


def test_vex_of_the_image_counts_for_its_platforms_too() -> None:
    rule = rules(
        f"{{name: s, type: vulnerability-scan, by: {{authorities: [trivy]}}, {WITH_VEX}}}",
        "subject: named-or-all-platforms",
    )
    platform = f"linux/amd64: {{evidence: [{scan(OPENSSL)}]}}"
    text = f'"registry.corp.example/shop/web:1.4.2": {{evidence: [{vex("not_affected")}], platforms: {{{platform}}}}}'
    assert judged(rule, images(text)).verdict is Verdict.ALLOWED
    assert judged(rule, images(text.replace("not_affected", "affected"))).verdict is Verdict.DENIED


def test_a_scan_is_read_once_and_judged_anew_each_time() -> None:
    rule = rules(f"{{name: s, type: vulnerability-scan, by: {{authorities: [trivy]}}, {IGNORED}, maxAge: 7d}}")
    known = attached(scan(OPENSSL))
    assert judged(rule, known).verdict is Verdict.ALLOWED
    assert judged(rule, known, now=datetime(2026, 11, 22, tzinfo=UTC)).verdict is Verdict.DENIED
    assert judged(rule, attached(scan(of("critical")))).verdict is Verdict.DENIED
    assert judged(rule, known).verdict is Verdict.ALLOWED
