"""Results of tests, and summaries of other verifiers."""

from typing import Any

import pytest

from tests.evidence.predicates.documents import at, claim, document, unusable
from webhook.admission.evidence import RunOfTests, Summary

TESTS = "https://in-toto.io/attestation/test-result/v0.1"
VSA = "https://slsa.dev/verification_summary/v1"
SVR = "https://in-toto.io/attestation/svr/v0.2"
POLICY = "https://git.corp.example/policies/production"


def test_a_failed_run_names_what_failed() -> None:
    failed = ("payment (eu)", "payment (us)")
    assert claim(TESTS, document("test-result")) == RunOfTests("FAILED", failed, "https://ci.corp.example/runs/4425")


@pytest.mark.parametrize("result", ["PASSED", "WARNED"])
def test_a_run_that_passed_needs_nothing_else(result: str) -> None:
    assert claim(TESTS, {"result": result}) == RunOfTests(result)


def test_a_run_that_passed_and_names_failures_contradicts_itself() -> None:
    predicate = {"result": "PASSED", "failedTests": ["login"]}
    assert unusable(TESTS, predicate) == 'its `result` is PASSED, but its failedTests names "login"'


@pytest.mark.parametrize("result", ["passed", "SKIPPED", "", None])
def test_a_result_is_one_of_three_words(result: Any) -> None:
    assert unusable(TESTS, {"result": result}) == f'its `result` is "{result or ""}", not PASSED, WARNED or FAILED'


def test_a_verification_summary_passes_with_its_levels() -> None:
    levels = ("SLSA_BUILD_LEVEL_3", "CORP_REVIEWED")
    assert claim(VSA, document("vsa")) == Summary(
        "https://gate.corp.example/v2", True, levels, POLICY, at(11, 2, 8, 20)
    )


def test_a_verification_summary_that_failed_is_read_as_such() -> None:
    assert claim(VSA, {**document("vsa"), "verificationResult": "FAILED"}).passed is False


def test_a_verification_result_passes_with_whatever_it_lists() -> None:
    properties = ("CORP_NO_CRITICAL_VULNERABILITIES", "SLSA_BUILD_LEVEL_3")
    expected = Summary("https://gate.corp.example/v2", True, properties, POLICY, at(11, 2, 8, 20))
    assert claim(SVR, document("svr")) == expected


def test_a_verification_result_that_lists_nothing_does_not_pass() -> None:
    assert claim(SVR, {**document("svr"), "properties": []}).passed is False
    assert claim(SVR, {"verifier": {"id": "x"}}).passed is False


def test_several_policies_are_none_that_a_rule_could_ask_for() -> None:
    verifier = {"id": "x", "policies": [{"uri": POLICY}, {"name": "other"}]}
    assert claim(SVR, {**document("svr"), "verifier": verifier}).policy == ""
    assert claim(SVR, {**document("svr"), "verifier": {"id": "x", "policy": {"uri": POLICY}}}).policy == POLICY


@pytest.mark.parametrize(
    ("predicate_type", "predicate", "reason"),
    [
        (TESTS, None, "it is no object"),
        (TESTS, {"result": "FAILED", "failedTests": [1]}, "its `failedTests` holds what is no text"),
        (VSA, {"verificationResult": "MAYBE"}, 'its `verificationResult` is "MAYBE", not PASSED or FAILED'),
        (VSA, {"verificationResult": "PASSED"}, "its `verifier.id` is missing"),
        (SVR, {"properties": "x"}, "its `properties` is no list"),
        (SVR, {"properties": ["a"]}, "its `verifier.id` is missing"),
        (SVR, {"properties": ["a"] * 1025}, "its `properties` has 1025 entries, more than 1024"),
    ],
)
def test_what_cannot_be_read_is_named(predicate_type: str, predicate: Any, reason: str) -> None:
    assert unusable(predicate_type, predicate) == reason
