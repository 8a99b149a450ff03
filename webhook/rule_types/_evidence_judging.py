"""One requirement and everything that is attached to an image -> what became of it, and the nearest miss.

    Requirement.judge(facts, request, now) -> Judged(verdict, digest, platform)

Only positive evidence counts, of those who may vouch for it. Of each Authority the newest counts (`select`), so a newer
failing scan beats an older passing one; a threshold counts Authorities, never signatures.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import NamedTuple

from webhook.admission.evidence import Attestation, Evidence, EvidenceType, ImageFacts, Outcome, Rejected
from webhook.admission.request import Request
from webhook.admission.words import listing, plural
from webhook.pod.duration import Ttl
from webhook.rule_types._evidence_cures import command
from webhook.rule_types._evidence_verdicts import (
    NOUNS,
    SATISFIED,
    Judge,
    Looking,
    Verdict,
    best,
    moment,
    named,
    out_of_its_time,
    too_old,
    word,
    worst,
)

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_REASON = 160  # characters of a reason for which something was rejected


def made_last(found: Sequence[Attestation]) -> list[Attestation]:
    """The newest of them; several where nothing says which of them is."""
    times = [moment(one) or _LONG_AGO for one in found]
    last = max(times, default=None)
    return [one for one, at in zip(found, times, strict=True) if at == last]


def _any(_: Attestation, __: Looking) -> bool:
    return True


class Kind(NamedTuple):
    """How evidence of one type is judged: what one attestation must say, and which of an Authority's count."""

    type: EvidenceType
    judge: Judge
    select: str = "latest"
    max_age: Ttl | None = None
    about: Callable[[Attestation, Looking], bool] = _any
    """Which of them are about this at all: where there are such, no other counts."""
    newest: Callable[[Sequence[Attestation]], list[Attestation]] = made_last


class Judged(NamedTuple):
    """What became of a requirement, and the digest and platform of which it is told."""

    verdict: Verdict
    digest: str
    platform: str = ""


class Requirement(NamedTuple):
    """One thing that must be proven. `names` are those who may vouch for it, None where nobody knows them all."""

    name: str
    kind: Kind
    names: tuple[str, ...] | None
    threshold: int
    role: str
    platforms: bool = False
    annotations: Mapping[str, str] = MappingProxyType({})

    def cure(self, verdict: Verdict, image: str) -> str:
        """What to do, so that somebody vouches for an image (repository@digest)."""
        return verdict.fix or command(self.kind.type, verdict.by, image, self.annotations)

    @property
    def whose(self) -> str:
        """Those who may vouch for it, in words."""
        return listing(self.names) if self.names else f"an Authority with the role {self.role}"

    def judge(self, facts: ImageFacts, request: Request, now: datetime) -> Judged:
        """What became of it for the digest that is named, or with `platforms` for every platform instead."""
        here = facts.evidence or Evidence(facts.digest, "", ())
        first = Judged(self._verdict(Looking(here, here, request, now)), facts.digest)
        if first.verdict.satisfied or not self.platforms or not facts.platforms:
            return first
        each = [Judged(self._verdict(Looking(e, here, request, now)), e.digest, e.platform) for e in facts.platforms]
        farthest = max(each, key=lambda one: one.verdict.rank)
        return farthest if farthest.verdict.rank < first.verdict.rank else first

    def _verdict(self, looking: Looking) -> Verdict:
        by = self._by_authority(looking.evidence)
        satisfied = 0
        verdicts: list[Verdict] = []
        for name, found in by.items():
            verdict = self._of_one(name, found, looking)
            satisfied += verdict.satisfied
            if satisfied >= self.threshold:
                return SATISFIED
            verdicts.append(verdict._replace(by=name))
        return self._missed(sorted(verdicts, key=lambda one: one.rank), satisfied, looking)

    def _by_authority(self, evidence: Evidence) -> dict[str, list[Attestation]]:
        """What there is of this type, by those who may vouch for it."""
        found: dict[str, list[Attestation]] = {name: [] for name in self.names or ()}
        for one in evidence.attestations:
            if one.type is self.kind.type:
                for name in one.authorities:
                    if name in found or self.names is None:
                        found.setdefault(name, []).append(one)
        return found

    def _of_one(self, name: str, found: Sequence[Attestation], looking: Looking) -> Verdict:
        """What one Authority's evidence comes to."""
        usable = [one for one in found if not one.problem]
        if len(usable) == 1:
            return out_of_its_time(usable[0], looking.now) or self._of(usable[0], looking)
        if not usable:
            if not found:
                return Verdict(Outcome.MISSING, f"none by {name}")
            problem = word(found[0].problem, _REASON)
            return Verdict(Outcome.INVALID, f"{named(found[0])} cannot be used: {problem}")
        about = [one for one in usable if self.kind.about(one, looking)] or usable
        out_of_time = [out_of_its_time(one, looking.now) for one in about]
        present = [one for one, out in zip(about, out_of_time, strict=True) if out is None]
        return self._selected(present, looking) if present else best(filter(None, out_of_time))

    def _selected(self, found: Sequence[Attestation], looking: Looking) -> Verdict:
        kind = self.kind
        if kind.select == "latest":
            return worst(self._of(one, looking) for one in kind.newest(found))
        if kind.select == "any":
            return best(self._of(one, looking) for one in found)
        fresh = [one for one in found if too_old(one, kind.max_age, looking.now) is None]
        return worst(self._of(one, looking) for one in fresh or kind.newest(found))

    def _of(self, one: Attestation, looking: Looking) -> Verdict:
        """What one attestation comes to: what it says goes before how old it is."""
        said = self.kind.judge(one, looking)
        old = too_old(one, self.kind.max_age, looking.now) if self.kind.max_age else None
        return said if old is None else worst((said, old))

    def _missed(self, verdicts: Sequence[Verdict], satisfied: int, looking: Looking) -> Verdict:
        """The nearest miss: with a threshold, that of the last one who is still needed."""
        decisive = verdicts[self.threshold - 1] if len(verdicts) >= self.threshold else Verdict(Outcome.MISSING)
        of_many = f"{satisfied} of {self.threshold} that are needed" if self.threshold > 1 else ""
        told = [one.detail for one in verdicts if not one.satisfied and one.outcome is not Outcome.MISSING][:2]
        if decisive.outcome is Outcome.MISSING:
            decisive = self._instead(looking)._replace(by=decisive.by)
            told.append(decisive.detail)
        rest = plural(looking.evidence.unexamined, "more thing") + " attached to it not looked at"
        unexamined = [rest] if looking.evidence.unexamined else []
        return decisive._replace(detail="; ".join(filter(None, [of_many, *told, *unexamined])))

    def _instead(self, looking: Looking) -> Verdict:
        """What was found instead of what is missing."""
        evidence, noun = looking.evidence, NOUNS[self.kind.type]
        none = f"no {noun} by {self.whose}"
        others = dict.fromkeys(
            name
            for one in evidence.attestations
            if one.type is self.kind.type
            for name in one.authorities
            if self.names is not None and name not in self.names
        )
        if others:
            told = f"{none}; there is one by {listing(others, 'and')}, which does not count here"
            return Verdict(Outcome.UNACCEPTABLE, told)
        near = [one for one in evidence.rejected if claims_to_be(one, self.kind.type)]
        if near:
            told = f"{none}; what claims to be one was rejected: {word(near[0].reason, _REASON)}"
            return Verdict(Outcome.INVALID, told)
        if evidence.rejected:
            things = plural(len(evidence.rejected), "thing")
            none += (
                f"; {things} attached to it count for nothing, such as: {word(evidence.rejected[0].reason, _REASON)}"
            )
        return Verdict(Outcome.MISSING, none)


_HINTS: dict[EvidenceType, tuple[str, ...]] = {
    EvidenceType.SIGNATURE: ("cosign/sign", "simplesigning", "notary"),
    EvidenceType.PROVENANCE: ("provenance",),
    EvidenceType.SCAN: ("vuln", "trivy", "grype", "snyk", "sarif"),
    EvidenceType.VEX: ("vex",),
    EvidenceType.SBOM: ("spdx", "cyclonedx"),
    EvidenceType.TEST_RESULT: ("test-result",),
    EvidenceType.SUMMARY: ("verification_summary", "/svr"),
    EvidenceType.APPROVAL: ("approval",),
}
"""What predicate types of each kind have in them: what is rejected only claims to be something."""


def claims_to_be(rejected: Rejected, kind: EvidenceType) -> bool:
    """Whether something that proves nothing claims to be of this type."""
    hint = rejected.hint.lower()
    return any(part in hint for part in _HINTS[kind])
