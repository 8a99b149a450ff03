"""A mode and a rollout in words: what holds now, why, and what comes next."""

from collections.abc import Iterator
from typing import Any

from webhook.policy.match_words import step as step_in_words
from webhook.policy.steps import RolloutNow, StepNow

_WHOSE = {"rule": "by the rule", "policy": "by the policy", "Profile": "by the Profile", "": "by default"}


def mode_line(rollout: RolloutNow) -> str:
    """The mode, and whose word it is."""
    mode = rollout.mode.value if rollout.mode else "not known here"
    return f"{mode:8} {_WHOSE[rollout.whose]}" if rollout.mode else mode


def rollout_lines(rollout: RolloutNow) -> Iterator[str]:
    """Every step with what it waits for, and what comes next; nothing where there is one mode for ever."""
    steps = [(step_in_words(one.step), one) for one in rollout.steps]
    if len(steps) == 1 and not steps[0][1].lacking and steps[0][0] == steps[0][1].step.mode:
        return
    width = max(len(words) for words, _ in steps)
    for words, one in steps:
        yield f"{'->' if one.holds else '  '} {words:{width}}  {_standing(one, rollout)}".rstrip()
    if rollout.changes:
        yield f"next: {rollout.changes[1]} from {rollout.changes[0]}"


def data(rollout: RolloutNow) -> dict[str, Any]:
    """The mode (null: nobody can say), whose word it is, the steps, and the next change that is known."""
    changes = rollout.changes
    return {
        "mode": rollout.mode.value if rollout.mode else None,
        "by": rollout.whose.lower() or "default",
        "steps": [
            {"step": step_in_words(one.step), "holds": one.holds, "applies": one.applies, "lacking": list(one.lacking)}
            for one in rollout.steps
        ],
        "next": {"mode": changes[1].value, "from": changes[0].isoformat()} if changes else None,
    }


def _standing(one: StepNow, rollout: RolloutNow) -> str:
    if one.applies is None:
        return f"nobody can say: {', '.join(one.lacking)}"
    if one.lacking:
        return ", ".join(one.lacking)
    if one.holds:
        return "holds"
    return "a later step holds" if rollout.mode else "a later step may hold"
