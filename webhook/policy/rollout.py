"""Rollout: which mode a rule has, where and when. The last listed step that has begun and matches wins."""

import hashlib
from datetime import datetime
from typing import NamedTuple

from webhook.admission.facts import Namespace
from webhook.admission.finding import Mode
from webhook.policy.model import Step


class Rollout(NamedTuple):
    """The steps of one policy, whose name takes part in the choice of namespaces by percent."""

    policy: str
    steps: tuple[Step, ...]
    whose: str = ""
    """Whose word it is, for people: the rule's, the Profile's, the policy's; "" where nobody says anything."""

    @property
    def needs_labels(self) -> bool:
        """Whether a step asks for a namespace's labels."""
        return any(step.namespace_selector for step in self.steps)

    @property
    def can_enforce(self) -> bool:
        """Whether any step denies, now or later."""
        return any(step.mode is Mode.ENFORCE for step in self.steps)

    def mode(self, now: datetime, name: str, namespace: Namespace | None) -> Mode | None:
        """The mode at a time for a namespace; None where its labels would decide and are not known."""
        chosen: Mode | None = Mode.OFF
        for step in self.steps:
            applies = self.applies(step, now, name, namespace)
            if applies is None:
                chosen = None
            elif applies:
                chosen = step.mode
        return chosen

    def next_enforcement(self, now: datetime) -> str:
        """The day on which it starts to deny somewhere, as YYYY-MM-DD; "" where none lies ahead."""
        days = [step.from_ for step in self.steps if step.mode is Mode.ENFORCE and step.from_]
        ahead = sorted(day for day in days if day.begins > now)
        return ahead[0].isoformat() if ahead else ""

    def applies(self, step: Step, now: datetime, name: str, namespace: Namespace | None) -> bool | None:
        """Whether a step has begun and fits the namespace; None where its labels would decide and are not known."""
        if step.from_ and now < step.from_.begins:
            return False
        if step.namespaces and not step.namespaces.covers(name):
            return False
        if step.percent is not None and share(self.policy, name) >= step.percent:
            return False
        if not step.namespace_selector:
            return True
        if namespace is None:
            return step.namespace_selector.matches_name_alone(name)
        return step.namespace_selector.matches(namespace.labels)


def constant(policy: str, mode: Mode, whose: str = "") -> Rollout:
    """The rollout of a policy that has one mode everywhere and always."""
    return Rollout(policy, (Step(mode),), whose)


def share(policy: str, namespace: str) -> int:
    """Where a namespace stands from 0 to 99: the SHA-256 of policy/namespace, mod 100."""
    return int.from_bytes(hashlib.sha256(f"{policy}/{namespace}".encode()).digest(), "big") % 100
