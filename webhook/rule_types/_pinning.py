"""Pinning images to the digest that their tag means now, and telling which images of an update are new."""

from collections.abc import Callable, Iterator
from typing import Any

from webhook.admission.edits import Draft
from webhook.admission.evidence import ImageFacts, ImageNeed, NotHad, Outcome
from webhook.admission.facts import not_asked
from webhook.admission.finding import Cause, Found
from webhook.admission.request import Operation
from webhook.admission.rule import Make, Subject
from webhook.admission.words import quote
from webhook.pod.containers import LISTS, ImageUse
from webhook.pod.image import Image
from webhook.source.path import look_up

SHOWN = 160  # characters of an image that are shown
_VOLUMES = "volumes"

Wanted = Callable[[Image], ImageNeed | None]
"""What must be learnt of an image to pin it; None for an image that is none of the rule's business."""

_Place = tuple[str, str]


def pinned(wanted: Wanted) -> Make:
    """Put the digest behind the tag of each image that is wanted. What cannot be learnt is left as it is."""

    def make(subject: Subject, draft: Draft) -> None:
        for use, need in unpinned(subject, wanted):
            facts = subject.learning.image(need)
            if isinstance(facts, ImageFacts):
                draft.set(use.path, f"{use.text}@{facts.digest}")

    return make


def unpinned(subject: Subject, wanted: Wanted) -> Iterator[tuple[ImageUse, ImageNeed]]:
    """The new images without a digest, and what must be learnt of each."""
    for use, image in judged_images(subject):
        need = None if image.digest else wanted(image)
        if need is not None:
            yield use, need


def judged_images(subject: Subject) -> Iterator[tuple[ImageUse, Image]]:
    """The images that can be read and that an update has not left as they were."""
    old = unchanged(subject)
    for use in subject.images:
        if use.text and not (old and place_of(use) in old):
            try:
                yield use, Image.parse(use.text)
            except ValueError:
                continue


def demands_digest(subject: Subject) -> bool:
    """Whether a digest must stand there in the end: in a Pod. A template keeps its tag, and its Pods are pinned."""
    return subject.pod is not None and subject.pod.at == ()


def not_pinned(use: ImageUse, facts: ImageFacts) -> Found:
    """An image of a Pod that should have been pinned, of which the digest is known."""
    told = f"{quote(use.text, SHOWN)} is not pinned to its digest"
    return Found(use.path, use.text, told, f"submit it again, or write {use.text}@{facts.digest}", ratchets=False)


def not_learnt(use: ImageUse, facts: NotHad) -> Found:
    """An image of which nothing could be learnt; undecided where its registry cannot be asked now."""
    shown = quote(use.text, SHOWN)
    if facts is not_asked():
        fix = "say --evidence registry, or --evidence DIR"
        return Found(use.path, use.text, f"{shown} needs the registry", fix, False, cause=Cause.UNAVAILABLE)
    told = f"{shown} is {facts.outcome}: {facts.reason}"
    if facts.outcome is Outcome.UNAVAILABLE:
        return Found(use.path, use.text, told, "try again later", ratchets=False, cause=Cause.UNAVAILABLE)
    return Found(use.path, use.text, told, _cure(facts), ratchets=False)


def undeclared(host: str) -> NotHad:
    """What is known of an image on a host that nobody has declared: it is never asked."""
    return NotHad(Outcome.MISCONFIGURED, f"no Registry in the rules folder says how to ask {host}")


def _cure(facts: NotHad) -> str:
    if facts.outcome is Outcome.MISSING:
        return "push the image first, or correct its name"
    return "ask the owner of the rules folder to look at the Registry document of this host"


def place_of(use: ImageUse) -> _Place:
    """Where an image stands, by the name of its container or volume: the order of a list says nothing."""
    if use.container is None:
        return _VOLUMES, use.owner.removeprefix("volume ")
    return use.container.list, use.container.name


def unchanged(subject: Subject) -> frozenset[_Place]:
    """The places in which an update leaves the image as the author wrote it before."""
    if subject.request.operation is not Operation.UPDATE or subject.request.old_object is None:
        return frozenset()
    return subject.derived("unchanged images", _unchanged)


def _unchanged(subject: Subject) -> frozenset[_Place]:
    pod, request = subject.pod, subject.request
    if pod is None:
        return frozenset()
    new, old = (_images(look_up(obj, (*pod.at, "spec"))) for obj in (request.object, request.old_object))
    return frozenset(place for place, text in new.items() if text and old.get(place) == text)


def _images(spec: Any) -> dict[_Place, str | None]:
    """The image in each place of a pod's spec; None where a name stands for two."""
    found: dict[_Place, str | None] = {}
    for name in (*LISTS, _VOLUMES):
        items = look_up(spec, (name,))
        for raw in items if isinstance(items, list) else ():
            text = look_up(raw, ("image", "reference") if name == _VOLUMES else ("image",))
            place = (name, str(look_up(raw, ("name",))))
            found[place] = text if isinstance(text, str) and place not in found else None
    return found
