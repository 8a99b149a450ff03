"""The words of scanners, and CVSS scores."""

from typing import Any

import pytest

from webhook.admission.evidence import Severity
from webhook.evidence.predicates.severities import score_of, severity_of, severity_of_score, worse


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("CRITICAL", Severity.CRITICAL),
        ("High", Severity.HIGH),
        (" medium ", Severity.MEDIUM),
        ("low", Severity.LOW),
        ("Negligible", Severity.NEGLIGIBLE),
        ("none", Severity.NONE),
        ("UNKNOWN", Severity.UNKNOWN),
        ("Important", Severity.HIGH),
        ("Moderate", Severity.MEDIUM),
        ("unimportant", Severity.NEGLIGIBLE),
        ("", Severity.UNKNOWN),
        ("catastrophic", Severity.UNKNOWN),
    ],
)
def test_a_word_for_a_severity_is_read_whatever_its_case(written: str, meant: Severity) -> None:
    assert severity_of(written) is meant


@pytest.mark.parametrize(
    ("score", "meant"),
    [
        (10.0, Severity.CRITICAL),
        (9.0, Severity.CRITICAL),
        (8.9, Severity.HIGH),
        (7.0, Severity.HIGH),
        (6.9, Severity.MEDIUM),
        (4.0, Severity.MEDIUM),
        (3.9, Severity.LOW),
        (0.1, Severity.LOW),
        (0.0, Severity.NONE),
    ],
)
def test_a_score_means_the_word_that_cvss_has_for_it(score: float, meant: Severity) -> None:
    assert severity_of_score(score) is meant


@pytest.mark.parametrize(
    ("written", "score"),
    [
        *[("7.5", 7.5), (7.5, 7.5), (7, 7.0), ("1e1", 10.0), ("undefined", None), ("NaN", None), ("inf", None)],
        *[(10.1, None), (-1, None), (True, None), (None, None), ([], None), (10**400, None), ("7" * 5000, None)],
    ],
)
def test_only_a_number_from_0_to_10_is_a_score(written: Any, score: float | None) -> None:
    assert score_of(written) == score


def test_unknown_gives_way_only_to_what_is_surely_worse() -> None:
    assert worse(Severity.UNKNOWN, Severity.MEDIUM) is Severity.UNKNOWN
    assert worse(Severity.LOW, Severity.UNKNOWN) is Severity.UNKNOWN
    assert worse(Severity.UNKNOWN, Severity.HIGH) is Severity.HIGH
    assert worse(Severity.NONE, Severity.NEGLIGIBLE) is Severity.NEGLIGIBLE
