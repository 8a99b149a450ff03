"""What became of looking for one thing, and how near it came: the words that all types of evidence share."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from webhook.admission.evidence import Attestation, Evidence, EvidenceType, Outcome
from webhook.admission.request import Request
from webhook.admission.words import clean, listing
from webhook.pod.duration import Ttl

MOST_KNOWN = 4096
"""Attestations of which is remembered what they come to: the same images come again and again."""

SKEW = timedelta(minutes=5)
"""How far clocks may differ: what is dated later than this from now is invalid."""

_LONGEST = 160  # characters of one thing that is told

_RANKS = {
    Outcome.SATISFIED: 0,
    Outcome.STALE: 1,
    Outcome.UNACCEPTABLE: 2,
    Outcome.INVALID: 3,
    Outcome.MISSING: 4,
}
NOUNS: dict[EvidenceType, str] = {
    EvidenceType.SIGNATURE: "signature",
    EvidenceType.PROVENANCE: "provenance",
    EvidenceType.SCAN: "scan",
    EvidenceType.VEX: "VEX document",
    EvidenceType.SBOM: "SBOM",
    EvidenceType.TEST_RESULT: "test result",
    EvidenceType.SUMMARY: "verification summary",
    EvidenceType.APPROVAL: "approval",
}
_DATES = {
    EvidenceType.PROVENANCE: "finished",
    EvidenceType.SCAN: "scanned",
    EvidenceType.SBOM: "created",
    EvidenceType.TEST_RESULT: "at",
    EvidenceType.SUMMARY: "at",
    EvidenceType.APPROVAL: "at",
    EvidenceType.VEX: "at",
}


class Verdict(NamedTuple):
    """What became of it; `detail` is a clause about what was found instead, `fix` a cure that is not the usual one,
    `by` an Authority who could still make it good."""

    outcome: Outcome
    detail: str = ""
    fix: str = ""
    by: str = ""

    @property
    def rank(self) -> int:
        """0 for what is satisfied; the larger, the farther away."""
        return _RANKS[self.outcome]

    @property
    def satisfied(self) -> bool:
        """Whether it is what was asked for."""
        return self.outcome is Outcome.SATISFIED


SATISFIED = Verdict(Outcome.SATISFIED)


class Looking(NamedTuple):
    """Where evidence is looked for: what is attached to one digest, beside it what is attached to the image itself, and
    who asks when."""

    evidence: Evidence
    named: Evidence
    request: Request
    now: datetime

    @property
    def beside(self) -> tuple[Attestation, ...]:
        """What is attached to the digest, and what to the image itself where that is another."""
        if self.evidence is self.named:
            return self.evidence.attestations
        return self.evidence.attestations + self.named.attestations


Judge = Callable[[Attestation, Looking], Verdict]
"""Judges one attestation of its type that can be used, but for its dates."""


def once(judge: Judge) -> Judge:
    """The same judge, who looks once at each attestation: for what depends on what was signed, and not on the clock.

    The bytes are known by their digest, and what was signed never changes; another set of rules asks anew.
    """
    known: dict[tuple[Any, ...], Verdict] = {}

    def judged(attestation: Attestation, looking: Looking) -> Verdict:
        key = (attestation.digest, attestation.authorities, attestation.annotations)
        verdict = known.get(key)
        if verdict is None:
            verdict = judge(attestation, looking)
            if len(known) >= MOST_KNOWN:
                known.clear()
            if attestation.digest:
                known[key] = verdict
        return verdict

    return judged


def best(verdicts: Iterable[Verdict]) -> Verdict:
    """The nearest of them, the first of several."""
    return min(verdicts, key=_rank)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The farthest of them, the first of several."""
    return max(verdicts, key=_rank)


def _rank(verdict: Verdict) -> int:
    return _RANKS[verdict.outcome]


def moment(attestation: Attestation) -> datetime | None:
    """When it was made: the earliest of all times that are signed; None where nothing says."""
    said, signed = _said(attestation), attestation.signed
    if said is None or signed is None:
        return said or signed
    return min(said, signed)


def out_of_its_time(attestation: Attestation, now: datetime) -> Verdict | None:
    """A verdict on what claims to come from the future, or whose signature does not count today."""
    latest = now + SKEW
    for at in (_said(attestation), attestation.signed):
        if at is not None and at > latest:
            return Verdict(Outcome.INVALID, f"{named(attestation)} is dated in the future, {clock(at)}")
    lapsed = attestation.valid and attestation.lapsed(now)
    return Verdict(Outcome.INVALID, f"{named(attestation)} does not count: {lapsed}") if lapsed else None


def too_old(attestation: Attestation, most: Ttl | None, now: datetime) -> Verdict | None:
    """A verdict on what is older than it may be, or does not say how old it is."""
    if most is None:
        return None
    at = moment(attestation)
    if at is None:
        return Verdict(Outcome.UNACCEPTABLE, f"{named(attestation)} does not say when it was made")
    if now - at > timedelta(seconds=most.seconds):
        told = f"{named(attestation)} is of {clock(at)}, {age(now - at)} old; at most {most} is allowed"
        return Verdict(Outcome.STALE, told)
    return None


def named(attestation: Attestation) -> str:
    """What it is and whose: the scan by scan-trivy."""
    return f"the {NOUNS[attestation.type]} by {listing(attestation.authorities, 'and')}"


def clock(at: datetime) -> str:
    """A moment, to the minute where it is not midnight."""
    at = at.astimezone(UTC)
    return f"{at:%Y-%m-%d}" if (at.hour, at.minute) == (0, 0) else f"{at:%Y-%m-%d %H:%M} UTC"


def age(old: timedelta) -> str:
    """How old something is, as people count it."""
    hours = int(old.total_seconds() // 3600)
    if hours >= 48:
        return f"{hours // 24} days"
    return f"{hours} hours" if hours >= 2 else f"{int(old.total_seconds() // 60)} minutes"


def word(text: str, longest: int = 60) -> str:
    """A short text that somebody signed or attached, as it may stand in a sentence."""
    shown = clean(text)
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def some(items: Iterable[Any], most: int = 3) -> str:
    """The first of them, and how many there are beyond."""
    words = [word(str(item), _LONGEST) for item in items]
    return "; ".join(words[:most]) + (f"; and {len(words) - most} more" if len(words) > most else "")


def _said(attestation: Attestation) -> datetime | None:
    """When its claim says that it was made."""
    name = _DATES.get(attestation.type)
    at: datetime | None = getattr(attestation.claim, name, None) if name else None
    return at
