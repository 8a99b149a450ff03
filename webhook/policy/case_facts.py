"""What a case says that registries have: images by their references, and the evidence that is attached to each.

    facts: {images: {"registry.corp.example/shop/web:1.4.2": {evidence: [{type: signature, by: [ci]}]}}}

Everything in it counts as proven: a case is about what a policy says of evidence, not about signatures.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from webhook.admission import evidence as facts
from webhook.admission.evidence import ImageFacts, NotHad, Outcome
from webhook.pod.image import Image
from webhook.pod.reference import digest_mistake
from webhook.policy.case_evidence import CaseAttestation, attestation
from webhook.source.declare import field, shape


class Digest(str):
    """A digest: sha256: and 64 hexadecimal digits."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> "Digest":
        """Written out in full."""
        mistake = digest_mistake(text)
        if mistake:
            raise ValueError(mistake, "leave it out to have one made up")
        return cls(text)


@shape
class CaseRejected:
    """Something that is attached and counts for nothing."""

    reason: str = field("Why it does not count.")
    claims: str = field("The predicate type that it claims to have.", default="")


@shape
class Attached:
    """What is attached to a digest."""

    digest: Digest | None = field("The digest; one is made up where left out.", default=None)
    evidence: tuple[CaseAttestation, ...] = field("What is attached and proven.", default=())
    rejected: tuple[CaseRejected, ...] = field("What is attached and counts for nothing.", default=())
    unexamined: int = field("How many more things were not looked at.", default=0)

    def fact(self, name: str, platform: str = "") -> facts.Evidence:
        """As rules see it; `name` is what a digest is made up of."""
        digest = self.digest or f"sha256:{hashlib.sha256(name.encode()).hexdigest()}"
        attestations = tuple(attestation(one, f"{name}#{n}") for n, one in enumerate(self.evidence))
        rejected = tuple(facts.Rejected(one.reason, name, hint=one.claims) for one in self.rejected)
        return facts.Evidence(str(digest), platform, attestations, rejected, self.unexamined)


@shape
class CaseImage(Attached):
    """What a registry has of an image, or why nothing can be learnt of it."""

    platforms: dict[str, Attached] = field("What is attached to each platform's own digest.", default={})
    stale: str = field("Why what is known is old; it is fresh where left out.", default="")
    unavailable: str = field("Why its registry cannot be asked now.", default="")
    misconfigured: str = field("Why its registry can never be asked.", default="")

    def __post_init__(self) -> None:
        if (self.unavailable or self.misconfigured) and (self.evidence or self.platforms or self.digest):
            raise ValueError("nothing can be learnt of it, and something is said", "say one of the two")

    def image(self, name: str) -> ImageFacts | NotHad:
        """As rules see it."""
        if self.unavailable:
            return NotHad(Outcome.UNAVAILABLE, self.unavailable)
        if self.misconfigured:
            return NotHad(Outcome.MISCONFIGURED, self.misconfigured)
        here = self.fact(name)
        platforms = tuple(one.fact(f"{name} {platform}", platform) for platform, one in self.platforms.items())
        return ImageFacts(here.digest, here, platforms, stale=self.stale)


@shape
class CaseFacts:
    """What was learned outside the object."""

    images: dict[str, CaseImage] = field("Images by their references; any other does not exist.")

    def __post_init__(self) -> None:
        for name in self.images:
            try:
                Image.parse(name)
            except ValueError as error:
                raise ValueError(str(error), "write repository:tag, or repository@digest", "images") from None


class KnownImages(dict[str, ImageFacts | NotHad]):
    """The images of a case, each by its tag and by its digest; what is not among them does not exist."""

    def get(self, reference: str, default: Any = None) -> ImageFacts | NotHad:  # noqa: ARG002 - nobody else is asked
        """What is known of an image."""
        return super().get(reference) or NotHad(Outcome.MISSING, f"{reference} is none of the case's images")


def known_images(images: Mapping[str, CaseImage]) -> KnownImages:
    """What registries have, in the world of a case."""
    known = KnownImages()
    for name, one in images.items():
        image, found = Image.parse(name), one.image(name)
        known[image.reference] = found
        if isinstance(found, ImageFacts):
            known.setdefault(f"{image.repository}@{found.digest}", found)
    return known
