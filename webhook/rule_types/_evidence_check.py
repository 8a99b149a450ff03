"""The check of a rule of type evidence: which images are judged, what is said of each, and whether a date binds."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from webhook.admission.evidence import ImageFacts, NotHad, Outcome
from webhook.admission.finding import Found
from webhook.admission.request import Operation, Request
from webhook.admission.rule import RuleParts, Subject
from webhook.admission.words import quote
from webhook.pod.containers import ImageUse
from webhook.pod.image import Image
from webhook.rule_types._evidence_judging import Judged, Requirement
from webhook.rule_types._pinning import (
    SHOWN,
    Wanted,
    demands_digest,
    judged_images,
    not_learnt,
    not_pinned,
    place_of,
    unchanged,
    undeclared,
)

_SHORT = 12  # characters of a digest by which people know it

CONTROLLERS = frozenset(
    {
        "system:kube-controller-manager",  # where its controllers have no service accounts of their own
        *(
            f"system:serviceaccount:kube-system:{name}"
            for name in (
                "replicaset-controller",
                "replication-controller",
                "statefulset-controller",
                "daemon-set-controller",
                "deployment-controller",
                "job-controller",
                "cronjob-controller",
            )
        ),
    }
)
"""The cluster's own controllers, as the API server authenticates them: they make what somebody else has submitted."""


class Asking(NamedTuple):
    """What is asked about which images. `hosts` are those that may be asked, None where nobody knows them; `pins` says
    whether a digest must stand in a Pod, `lenient` whether dates only warn for what a controller makes."""

    wanted: Wanted
    requirements: tuple[Requirement, ...]
    hosts: frozenset[str] | None
    pins: bool
    lenient: bool

    def check(self, subject: Subject) -> Iterator[Found]:
        """One finding for each image and requirement that it does not meet; one for an image that nobody knows."""
        if subject.request.operation is Operation.DELETE:
            return
        for use, image in judged_images(subject):
            need = self.wanted(image)
            if need is None:
                continue
            facts = subject.learning.image(need) if self.knows(image) else undeclared(image.host)
            if isinstance(facts, NotHad):
                yield not_learnt(use, facts)
            elif facts is not None:
                yield from self._judged(use, image, facts, subject)

    def knows(self, image: Image) -> bool:
        """Whether a registry may be asked about the image."""
        return self.hosts is None or image.host in self.hosts

    def outcomes(self, facts: ImageFacts, request: Request, now: datetime) -> Iterator[tuple[Requirement, Judged]]:
        """What becomes of each requirement."""
        for requirement in self.requirements:
            yield requirement, requirement.judge(facts, request, now)

    def _judged(self, use: ImageUse, image: Image, facts: ImageFacts, subject: Subject) -> Iterator[Found]:
        if self.pins and image.digest is None and demands_digest(subject):
            yield not_pinned(use, facts)
        met = True
        warns = self.lenient and is_by_controller(subject.request)
        for requirement, judged in self.outcomes(facts, subject.request, subject.now):
            if not judged.verdict.satisfied:
                met = False
                yield _missed(use, image, requirement, judged, facts, warns=warns)
        if met and facts.stale:
            told = f"{quote(use.text, SHOWN)} has what it needs, {facts.stale}"
            yield Found(use.path, use.text, told, ratchets=False, only_warns=True)


def asked_by(parts: RuleParts) -> Asking | None:
    """What a compiled rule asks of images, for whoever tells of it; None where it asks no evidence."""
    owners = (getattr(check, "__self__", None) for check in parts.checks)
    return next((owner for owner in owners if isinstance(owner, Asking)), None)


def unreadable(subject: Subject) -> Iterator[Found]:
    """An image that is no reference cannot be judged, so it is refused; one that is left out never runs as it is."""
    if subject.request.operation is Operation.DELETE:
        return
    old = unchanged(subject)
    for use in subject.images:
        try:
            if use.text and place_of(use) not in old:
                Image.parse(use.text)
        except ValueError as error:
            yield Found(use.path, use.text, str(error), ratchets=False)


def is_by_controller(request: Request) -> bool:
    """Whether one of the cluster's own controllers asks. Its owner references say nothing: anybody can write them."""
    return request.user is not None and request.user.name in CONTROLLERS


def _missed(
    use: ImageUse, image: Image, requirement: Requirement, judged: Judged, facts: ImageFacts, *, warns: bool
) -> Found:
    verdict = judged.verdict
    shown = quote(use.text.partition("@")[0], SHOWN)
    digest = f"{judged.platform}, " if judged.platform else ""
    algorithm, _, value = judged.digest.partition(":")
    told = f"{shown} ({digest}{algorithm}:{value[:_SHORT]}): {requirement.name} is {verdict.outcome}: {verdict.detail}"
    if facts.stale:
        told += f" ({facts.stale})"
    fix = requirement.cure(verdict, f"{image.repository}@{judged.digest}")
    stale = verdict.outcome is Outcome.STALE
    return Found(use.path, use.text, told, fix, ratchets=False, only_warns=warns and stale)
