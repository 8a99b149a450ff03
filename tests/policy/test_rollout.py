"""rollout: which mode holds where and when."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from webhook.admission.days import Day
from webhook.admission.facts import Namespace
from webhook.admission.finding import Mode
from webhook.admission.names import NamespaceGlob, NamespaceNames
from webhook.admission.selector import LabelSelector
from webhook.policy.model import Step
from webhook.policy.rollout import Rollout, constant, share

DAY = Day(2026, 12, 1)
BEFORE, THEN = DAY.begins - timedelta(seconds=1), DAY.begins
SHOP = Namespace("shop", {"kubernetes.io/metadata.name": "shop", "stage": "prod"})
PROD = LabelSelector({"stage": "prod"})


def test_one_mode_holds_everywhere_and_always() -> None:
    rollout = constant("p", Mode.WARN)
    assert [rollout.mode(moment, "shop", SHOP) for moment in (BEFORE, THEN)] == [Mode.WARN, Mode.WARN]


def test_before_its_first_step_a_policy_is_off() -> None:
    rollout = Rollout("p", (Step(Mode.WARN, from_=DAY),))
    assert [rollout.mode(moment, "shop", SHOP) for moment in (BEFORE, THEN)] == [Mode.OFF, Mode.WARN]


def test_the_last_listed_step_that_has_begun_and_matches_wins() -> None:
    steps = (
        Step(Mode.AUDIT),
        Step(Mode.ENFORCE, namespaces=NamespaceNames((NamespaceGlob.parse("shop"),))),
        Step(Mode.WARN, from_=DAY),
    )
    rollout = Rollout("p", steps)
    assert [rollout.mode(moment, name, None) for name in ("shop", "pay") for moment in (BEFORE, THEN)] == [
        Mode.ENFORCE,
        Mode.WARN,
        Mode.AUDIT,
        Mode.WARN,
    ]


def test_a_later_date_listed_earlier_does_not_win() -> None:
    rollout = Rollout("p", (Step(Mode.ENFORCE, from_=DAY), Step(Mode.WARN)))
    assert rollout.mode(THEN, "shop", SHOP) is Mode.WARN


@pytest.mark.parametrize(
    ("steps", "namespace", "mode"),
    [
        ((Step(Mode.ENFORCE, namespace_selector=PROD),), SHOP, Mode.ENFORCE),
        ((Step(Mode.ENFORCE, namespace_selector=PROD),), Namespace("shop", {}), Mode.OFF),
        ((Step(Mode.ENFORCE, namespace_selector=PROD),), None, None),
        ((Step(Mode.AUDIT), Step(Mode.ENFORCE, namespace_selector=PROD)), None, None),
        ((Step(Mode.ENFORCE, namespace_selector=PROD), Step(Mode.AUDIT)), None, Mode.AUDIT),
        ((Step(Mode.ENFORCE, from_=DAY, namespace_selector=PROD),), None, Mode.OFF),
    ],
)
def test_labels_that_are_not_known_leave_the_mode_open_only_where_they_would_decide(
    steps: tuple[Step, ...], namespace: Namespace | None, mode: Mode | None
) -> None:
    assert Rollout("p", steps).mode(BEFORE, "shop", namespace) is mode


def test_the_name_label_is_known_without_asking() -> None:
    named = LabelSelector({"kubernetes.io/metadata.name": "shop"})
    rollout = Rollout("p", (Step(Mode.ENFORCE, namespace_selector=named),))
    assert [rollout.mode(THEN, name, None) for name in ("shop", "pay")] == [Mode.ENFORCE, Mode.OFF]


@pytest.mark.parametrize(
    ("steps", "labels", "enforces"),
    [
        ((Step(Mode.WARN),), False, False),
        ((Step(Mode.WARN, namespace_selector=PROD),), True, False),
        ((Step(Mode.WARN), Step(Mode.ENFORCE, from_=Day(2099, 1, 1))), False, True),
    ],
)
def test_a_rollout_says_what_it_needs_and_whether_it_ever_denies(
    steps: tuple[Step, ...], labels: bool, enforces: bool
) -> None:
    rollout = Rollout("p", steps)
    assert (rollout.needs_labels, rollout.can_enforce) == (labels, enforces)


def test_the_next_day_on_which_it_denies_is_the_first_that_lies_ahead() -> None:
    steps = (
        Step(Mode.WARN, from_=Day(2026, 11, 1)),
        Step(Mode.ENFORCE, from_=Day(2027, 2, 1)),
        Step(Mode.ENFORCE, from_=Day(2027, 1, 1)),
        Step(Mode.ENFORCE, from_=Day(2026, 1, 1)),
    )
    rollout = Rollout("p", steps)
    moments = (datetime(2026, 11, 21, tzinfo=UTC), Day(2027, 1, 1).begins, Day(2027, 2, 1).begins)
    assert [rollout.next_enforcement(moment) for moment in moments] == ["2027-01-01", "2027-02-01", ""]
    assert constant("p", Mode.ENFORCE).next_enforcement(THEN) == ""


def test_a_share_is_the_sha256_of_policy_and_namespace_mod_100() -> None:
    digest = int(hashlib.sha256(b"p/shop").hexdigest(), 16)
    assert share("p", "shop") == digest % 100


def test_a_larger_percentage_takes_in_every_namespace_of_a_smaller_one() -> None:
    names = [f"ns-{n}" for n in range(500)]

    def chosen(percent: int) -> set[str]:
        rollout = Rollout("p", (Step(Mode.ENFORCE, percent=percent),))
        return {name for name in names if rollout.mode(THEN, name, None) is Mode.ENFORCE}

    assert chosen(10) < chosen(50) < chosen(100) == set(names)
    assert 30 <= len(chosen(10)) <= 75


def test_another_policy_takes_in_other_namespaces() -> None:
    names = [f"ns-{n}" for n in range(200)]
    assert [share("p", name) for name in names] != [share("q", name) for name in names]
