"""What was fine once needs no second look: the same few images and amounts come again and again."""

from collections.abc import Callable
from typing import Any

from webhook.admission.rule import Check, Fine, Subject
from webhook.pod.containers import Role

MOST = 512
"""Parts that are remembered for each rule: they come from users, so they are few and short."""

LONGEST = 500
"""Characters of a part that is remembered; nobody can pull from a longer image reference."""

Said = Callable[[Subject], list[Any] | None]
"""All that a rule depends on, in parts that it judges one by one: nested tuples, where equal text has an equal verdict;
None where the rule depends on more."""


def fine_again(said: Said, checks: tuple[Check, ...]) -> Fine:
    """The short answer of a rule that judges each part of what is said by itself, and nothing else."""
    known: set[Any] = set()

    def fine(subject: Subject) -> bool:
        parts = subject.derived(said, said)
        try:
            if parts is None or known.issuperset(parts):
                return parts is not None
        except TypeError:  # a list or an object stands where a text belongs
            return False
        if any(True for check in checks for _ in check(subject)):
            return False
        if len(known) + len(parts) > MOST:
            known.clear()
        known.update([part for part in parts[:MOST] if _length(part) <= LONGEST])
        return True

    return fine


def _length(part: Any) -> int:
    """How many characters a part has; too many for one that holds more than texts, for 1 equals true."""
    if isinstance(part, tuple):
        return sum(map(_length, part))
    return len(part) if isinstance(part, str) else 0 if part is None else LONGEST + 1


def images(subject: Subject) -> list[Any] | None:
    """Each image with its pull policy."""
    said = [(one.raw.get("image"), one.raw.get("imagePullPolicy")) for one in subject.containers]
    return said + [(use.text, use.pull_policy) for use in subject.image_volumes]


def amounts(subject: Subject) -> list[Any] | None:
    """What each container requests and is limited to, where nothing holds for the pod as a whole."""
    pod = subject.pod
    if pod is None or pod.spec.get("resources") is not None:
        return None
    found: list[Any] = []
    for container in subject.containers:
        resources = container.raw.get("resources")
        if container.role is Role.EPHEMERAL:  # no rule judges what they ask for
            continue
        if not isinstance(resources, dict):
            return None
        requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
        if not isinstance(requests, dict) or not isinstance(limits, dict):
            return None
        found.append((*requests.items(), None, *limits.items()))
    return found
