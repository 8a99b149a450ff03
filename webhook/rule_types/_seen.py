"""What was fine once needs no second look: the same few images and amounts come again and again."""

from collections.abc import Callable, Hashable
from typing import Any

from webhook.admission.rule import Check, Fine, Subject
from webhook.pod.containers import Role

MOST = 512
"""Sayings that are remembered for each rule: what is remembered comes from users."""

_LONGEST_IMAGE = 500  # characters of an image and its pull policy; nobody can pull from a longer one
_LONGEST_AMOUNT = 100  # characters of a resource's name and its amount
_MOST_AMOUNTS = 8

Said = Callable[[Subject], frozenset[Hashable] | None]
"""Everything in a subject that a rule depends on, split into parts that are judged one by one; None: ask anew."""


def fine_again(said: Said, checks: tuple[Check, ...]) -> Fine:
    """The short answer of a rule that judges each part of what is said by itself, and by nothing else."""
    known: set[Hashable] = set()

    def fine(subject: Subject) -> bool:
        parts = subject.derived(said, said)
        if parts is None or known.issuperset(parts):
            return parts is not None
        if any(True for check in checks for _ in check(subject)):
            return False
        if len(known) + len(parts) > MOST:
            known.clear()
        if len(parts) <= MOST:
            known.update(parts)
        return True

    return fine


def image_texts(subject: Subject) -> frozenset[Hashable] | None:
    """The images of the subject, each with its pull policy."""
    said = [(one.raw.get("image"), one.raw.get("imagePullPolicy")) for one in subject.containers]
    said += [(use.text, use.pull_policy) for use in subject.image_volumes]
    for text, policy in said:
        if type(text) is not str or type(policy) is not str or len(text) + len(policy) > _LONGEST_IMAGE:
            return None
    return frozenset(said)


def amounts(subject: Subject) -> frozenset[Hashable] | None:
    """What each container requests and is limited to, where all of it is plain text and nothing holds for the pod."""
    pod = subject.pod
    if pod is None or pod.spec.get("resources") is not None:
        return None
    found: set[Hashable] = set()
    for container in subject.containers:
        if container.role is Role.EPHEMERAL:  # no rule judges what they ask for
            continue
        resources = container.raw.get("resources")
        if not isinstance(resources, dict):
            return None
        sides = _texts(resources.get("requests")), _texts(resources.get("limits"))
        if None in sides:
            return None
        found.add(sides)
    return frozenset(found)


def _texts(side: Any) -> tuple[tuple[str, str], ...] | None:
    if not isinstance(side, dict) or len(side) > _MOST_AMOUNTS:
        return () if side is None else None
    for name, text in side.items():
        if type(text) is not str or len(name) + len(text) > _LONGEST_AMOUNT:
            return None
    return tuple(side.items())
