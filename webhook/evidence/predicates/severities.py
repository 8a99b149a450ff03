"""The words of scanners for how bad a vulnerability is, in the words that rules know."""

from typing import Any

from webhook.admission.evidence import Severity

_WORDS: dict[str, Severity] = {
    **{severity.value: severity for severity in Severity},
    "important": Severity.HIGH,
    "moderate": Severity.MEDIUM,
    "minor": Severity.LOW,
    "unimportant": Severity.NEGLIGIBLE,
    "info": Severity.NEGLIGIBLE,
    "informational": Severity.NEGLIGIBLE,
}
"""Trivy, Grype, Snyk and NVD say critical to low; the others are words of Red Hat, Debian and GitHub."""

_RANKS: dict[Severity, float] = {
    Severity.NONE: 0,
    Severity.NEGLIGIBLE: 1,
    Severity.LOW: 2,
    Severity.MEDIUM: 3,
    Severity.UNKNOWN: 3.5,
    Severity.HIGH: 4,
    Severity.CRITICAL: 5,
}


def severity_of(written: str) -> Severity:
    """The severity that a word means, whatever its case; unknown for words that nobody knows."""
    return _WORDS.get(written) or _WORDS.get(written.strip().lower(), Severity.UNKNOWN)


def is_word(written: str) -> bool:
    """Whether it is a word for a severity."""
    return written.strip().lower() in _WORDS


def score_of(written: Any) -> float | None:
    """A CVSS base score from 0 to 10, written as a number or a text; None for anything else."""
    if type(written) not in (str, int, float):
        return None
    try:
        score = float(written if not isinstance(written, str) else written[:32])
    except (ValueError, OverflowError):
        return None
    return score if 0 <= score <= 10 else None


def severity_of_score(score: float) -> Severity:
    """The word for a CVSS base score, as CVSS 3 and 4 have it."""
    if score >= 9:
        return Severity.CRITICAL
    if score >= 7:
        return Severity.HIGH
    if score >= 4:
        return Severity.MEDIUM
    return Severity.LOW if score > 0 else Severity.NONE


def worse(one: Severity, other: Severity) -> Severity:
    """The worse of two; unknown is worse than medium, and any word that is worse still is known."""
    return one if _RANKS[one] >= _RANKS[other] else other
