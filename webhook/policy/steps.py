"""A rollout at a moment in a namespace: which step holds, why the others do not, and what comes next."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from webhook.admission.days import Day
from webhook.admission.facts import Namespace
from webhook.admission.finding import Mode
from webhook.policy.model import Step
from webhook.policy.rollout import Rollout, share

_CRITERIA = ("from_", "namespaces", "percent", "namespace_selector")


class StepNow(NamedTuple):
    """One step: whether it is the one that holds, whether it applies (None: nobody can say), and what it waits for."""

    step: Step
    holds: bool
    applies: bool | None
    lacking: tuple[str, ...] = ()


class RolloutNow(NamedTuple):
    """The mode (None: nobody can say), whose word it is, every step, and the day on which the mode changes here."""

    mode: Mode | None
    whose: str
    steps: tuple[StepNow, ...]
    changes: tuple[Day, Mode] | None = None


def rollout_now(rollout: Rollout, now: datetime, name: str, namespace: Namespace | None) -> RolloutNow:
    """The rollout as it is now for the namespace of this name; `namespace` is None where its labels are not known."""
    answers = [rollout.applies(step, now, name, namespace) for step in rollout.steps]
    last = max((index for index, answer in enumerate(answers) if answer is not False), default=None)
    steps = tuple(
        StepNow(step, index == last, answer, tuple(_lacking(step, rollout, now, name, namespace)))
        for index, (step, answer) in enumerate(zip(rollout.steps, answers, strict=True))
    )
    mode = rollout.mode(now, name, namespace)
    return RolloutNow(mode, rollout.whose, steps, _next(rollout, mode, now, name, namespace))


def _lacking(step: Step, rollout: Rollout, now: datetime, name: str, namespace: Namespace | None) -> Iterator[str]:
    """Each criterion of a step that does not hold, asked by itself."""
    for key in _CRITERIA:
        value = getattr(step, key)
        if value and rollout.applies(Step(step.mode, **{key: value}), now, name, namespace) is not True:
            yield _told(key, step, rollout, now, name, namespace)


def _told(key: str, step: Step, rollout: Rollout, now: datetime, name: str, namespace: Namespace | None) -> str:
    if key == "from_" and step.from_:
        days = -(now - step.from_.begins).days  # a day that has begun to pass counts
        return f"begins in {days} {'day' if days == 1 else 'days'}"
    if key == "percent":
        return f"{name} is among them from {share(rollout.policy, name) + 1} percent on"
    if key == "namespace_selector" and namespace is None:
        return f"the labels of namespace {name} are not known here"
    return f"not for namespace {name}" if key == "namespaces" else f"the labels of namespace {name} do not fit"


def _next(
    rollout: Rollout, mode: Mode | None, now: datetime, name: str, namespace: Namespace | None
) -> tuple[Day, Mode] | None:
    """The first day ahead on which the mode is another one here, as far as that is known."""
    days = sorted({step.from_ for step in rollout.steps if step.from_ and step.from_.begins > now})
    for day in days:
        then = rollout.mode(day.begins, name, namespace)
        if then is not None and then is not mode:
            return day, then
    return None
