"""`pin` of a rule about images: a tag is resolved once, and the digest that it means now is written behind it."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from webhook.admission.evidence import ImageFacts, ImageNeed, NotHad, Outcome
from webhook.admission.finding import Found
from webhook.admission.rule import Check, Make, Said, Subject
from webhook.pod.image import Image
from webhook.rule_types._pinning import Wanted, demands_digest, not_learnt, not_pinned, pinned, unpinned
from webhook.rule_types._seen import images


class Pin(NamedTuple):
    """What pins images, which it pins, what looks whether they are, and all that a rule that pins depends on."""

    make: Make
    wanted: Wanted
    check: Check
    said: Said


def pin(hosts: frozenset[str] | None) -> Pin:
    """Pin images of these hosts, which have a Registry; None where nobody knows the hosts."""

    def wanted(image: Image) -> ImageNeed | None:
        return ImageNeed(image.reference) if hosts is None or image.host in hosts else None

    def check(subject: Subject) -> Iterator[Found]:
        for use, need in unpinned(subject, wanted) if demands_digest(subject) else ():
            facts = subject.learning.image(need)
            if isinstance(facts, ImageFacts):
                yield not_pinned(use, facts)
            elif isinstance(facts, NotHad) and (hosts is not None or facts.outcome is not Outcome.MISCONFIGURED):
                yield not_learnt(use, facts)

    return Pin(pinned(wanted), wanted, check, _said_with_digests)


def _said_with_digests(subject: Subject) -> list[Any] | None:
    """Once each image has a digest, nothing has to be learnt."""
    said = images(subject)
    return said if said and all(isinstance(image, str) and "@" in image for image, _ in said) else None
