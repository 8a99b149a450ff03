"""steps: which step of a rollout holds somewhere and why, and what comes next."""

from datetime import UTC, datetime

import pytest

from tests.objects import policy, ruleset
from webhook.admission.facts import Namespace
from webhook.admission.finding import Mode
from webhook.policy.rollout import Rollout
from webhook.policy.steps import RolloutNow, rollout_now

STEPS = (
    "[{mode: audit}, {mode: warn, from: 2026-12-01}, {mode: enforce, from: 2027-01-10, namespaceSelector: {matchLabels:"
    " {team: shop}}}, {mode: enforce, from: 2027-02-01, percent: 25}, "
    "{mode: enforce, from: 2027-03-01, namespaces: {exclude: [legacy]}}]"
)
SHOP = Namespace("shop", {"team": "shop"})
PAY = Namespace("pay", {"team": "pay"})


def rollout(steps: str = STEPS) -> Rollout:
    [rule] = ruleset(policy("- {name: r, images: {digest: required}}", rollout=steps)).rules
    return rule.rollout


def at(day: str, name: str = "shop", namespace: Namespace | None = SHOP, steps: str = STEPS) -> RolloutNow:
    return rollout_now(rollout(steps), datetime.fromisoformat(day).replace(tzinfo=UTC), name, namespace)


def held(now: RolloutNow) -> list[int]:
    return [index for index, one in enumerate(now.steps) if one.holds]


@pytest.mark.parametrize(
    ("day", "namespace", "mode", "step", "changes"),
    [
        ("2026-11-21", SHOP, "audit", 0, ("2026-12-01", "warn")),
        ("2026-12-01", SHOP, "warn", 1, ("2027-01-10", "enforce")),
        ("2026-12-01", PAY, "warn", 1, ("2027-03-01", "enforce")),
        ("2027-01-10", SHOP, "enforce", 2, None),
        ("2027-03-01", PAY, "enforce", 4, None),
    ],
)
def test_the_last_step_that_has_begun_and_fits_holds_and_the_next_change_is_told(
    day: str, namespace: Namespace, mode: str, step: int, changes: tuple[str, str] | None
) -> None:
    now = at(day, namespace.name, namespace)
    told = (now.changes[0].isoformat(), now.changes[1].value) if now.changes else None
    assert (now.mode, held(now), told) == (Mode(mode), [step], changes)


def test_a_step_that_does_not_apply_says_everything_that_it_lacks() -> None:
    lacking = [one.lacking for one in at("2026-11-30", "legacy", PAY).steps]
    assert lacking == [
        (),
        ("begins in 1 day",),
        ("begins in 41 days", "the labels of namespace legacy do not fit"),
        ("begins in 63 days", "legacy is among them from 80 percent on"),
        ("begins in 91 days", "not for namespace legacy"),
    ]


def test_where_labels_would_decide_and_are_not_known_nobody_can_say() -> None:
    now = at("2027-01-10", "shop", None)
    assert (now.mode, held(now), now.steps[2].applies) == (None, [2], None)
    assert now.steps[2].lacking == ("the labels of namespace shop are not known here",)


def test_before_any_step_a_rule_is_off_and_says_when_it_begins() -> None:
    now = at("2026-11-21", steps="[{mode: warn, from: 2026-12-01}]")
    assert (now.mode, held(now)) == (Mode.OFF, [])
    assert now.changes is not None
    assert (now.changes[0].isoformat(), now.changes[1]) == ("2026-12-01", Mode.WARN)


@pytest.mark.parametrize(
    ("spec", "profile", "whose"),
    [
        ({"mode": "warn"}, "", "policy"),
        ({"rollout": "[{mode: warn}]"}, "{mode: audit}", "policy"),
        ({}, "{mode: audit}", "Profile"),
        ({"mode": "warn"}, "{modes: {p: audit}}", "Profile"),
        ({}, "", ""),
    ],
)
def test_a_mode_says_whose_word_it_is(spec: dict[str, str], profile: str, whose: str) -> None:
    text = policy("- {name: r, images: {digest: required}}", **spec)
    if profile:
        text += f"---\napiVersion: doorward.dev/v1\nkind: Profile\nmetadata: {{name: x}}\nspec: {profile}\n"
    assert ruleset(text).rules[0].rollout.whose == whose


def test_a_rules_own_mode_is_the_rules_word() -> None:
    [rule] = ruleset(policy("- {name: r, mode: audit, images: {digest: required}}", mode="warn")).rules
    assert (rule.rollout.whose, rule.rollout.steps[0].mode) == ("rule", Mode.AUDIT)
