"""Rotation step by step, with a clock of our own: no client ever meets a leaf that it does not trust."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from certs.authority import make_authority, make_leaf
from certs.pair import Pair, UnusableError, certificate_of, certificates, issued_by, names
from certs.rotation import Plan, State, begin, changes, next_step, split

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PLAN = Plan(("localhost",))
DAY = timedelta(days=1)


def fresh() -> State:
    return next_step(begin(NOW, PLAN), NOW, PLAN)


def signed_by(state: State, authority: Pair) -> bool:
    assert state.leaf is not None
    return issued_by(certificate_of(state.leaf), certificate_of(authority))


def test_the_first_step_makes_a_leaf_that_the_bundle_vouches_for() -> None:
    state = fresh()
    assert signed_by(state, state.authority)
    assert state.bundle == state.authority.certificate
    assert (state.coming, state.retired) == (None, ())


def test_a_step_with_nothing_due_changes_nothing() -> None:
    state = fresh()
    assert next_step(state, NOW + timedelta(hours=20), PLAN) is state


def test_a_daily_job_renews_a_three_day_leaf_with_a_day_to_spare_and_keeps_the_authority() -> None:
    state = fresh()
    later = next_step(state, NOW + DAY, PLAN)
    assert later.leaf != state.leaf
    assert later.authority == state.authority
    assert later.bundle == state.bundle


def test_over_a_year_of_daily_steps_the_leaf_is_always_valid_and_always_signed_by_the_bundle_of_the_day_before() -> (
    None
):
    state = fresh()
    for day in range(1, 366):
        now = NOW + day * DAY
        trusted = certificates(state.bundle)
        state = next_step(state, now, PLAN)
        assert state.leaf is not None
        leaf = certificate_of(state.leaf)
        assert leaf.not_valid_after_utc - now >= DAY
        assert any(issued_by(leaf, issuer) and issuer.not_valid_after_utc > now for issuer in trusted)


def test_a_leaf_for_other_names_is_made_anew() -> None:
    later = next_step(fresh(), NOW, replace(PLAN, names=("localhost", "127.0.0.1")))
    assert later.leaf is not None
    assert names(certificate_of(later.leaf)) == ("localhost", "127.0.0.1")


def test_a_leaf_with_a_foreign_key_is_made_anew() -> None:
    state = fresh()
    assert state.leaf is not None
    torn = replace(state, leaf=Pair(state.leaf.certificate, make_authority(NOW).key))
    assert next_step(torn, NOW, PLAN).leaf not in {torn.leaf, None}


def test_a_new_leaf_on_demand_comes_from_the_same_authority() -> None:
    state = fresh()
    later = next_step(state, NOW, replace(PLAN, new_leaf=True))
    assert later.leaf != state.leaf
    assert later.authority == state.authority


def test_a_new_authority_joins_the_bundle_first_and_signs_nothing() -> None:
    state = fresh()
    later = next_step(state, NOW, replace(PLAN, new_authority=True))
    assert later.coming is not None
    assert later.bundle == state.authority.certificate + later.coming.authority.certificate
    assert (later.authority, later.leaf) == (state.authority, state.leaf)


def test_asking_again_for_a_new_authority_makes_no_third_one() -> None:
    asked = replace(PLAN, new_authority=True)
    state = next_step(fresh(), NOW, asked)
    assert next_step(state, NOW, asked) is state


def test_the_coming_authority_signs_once_the_bundle_has_settled_and_the_old_one_stays_trusted() -> None:
    state = fresh()
    waiting = next_step(state, NOW, replace(PLAN, new_authority=True))
    assert waiting.coming is not None
    assert next_step(waiting, NOW + timedelta(minutes=9), PLAN) is waiting
    later = next_step(waiting, NOW + timedelta(minutes=10), PLAN)
    assert later.authority == waiting.coming.authority
    assert signed_by(later, later.authority)
    assert set(split(later.bundle)) == set(split(waiting.bundle))
    assert later.coming is None


def test_without_any_time_to_settle_the_bundle_still_goes_first() -> None:
    state, at_once = fresh(), replace(PLAN, settle=timedelta(), new_authority=True)
    waiting = next_step(state, NOW, at_once)
    assert waiting.coming is not None
    assert waiting.leaf == state.leaf
    assert next_step(waiting, NOW, at_once).authority == waiting.coming.authority


def test_the_coming_authority_waits_as_long_as_some_client_lacks_the_bundle() -> None:
    waiting = next_step(fresh(), NOW, replace(PLAN, new_authority=True))
    assert next_step(waiting, NOW + timedelta(hours=20), replace(PLAN, bundle_is_out=False)) is waiting


def test_the_old_authority_leaves_the_bundle_when_its_last_leaf_has_expired() -> None:
    state = fresh()
    waiting = next_step(state, NOW, replace(PLAN, new_authority=True))
    taken = next_step(waiting, NOW + timedelta(hours=1), PLAN)
    assert taken.retired[0].until == NOW + 3 * DAY
    before = next_step(taken, NOW + 3 * DAY - timedelta(seconds=1), PLAN)
    assert state.authority.certificate in split(before.bundle)
    after = next_step(before, NOW + 3 * DAY, PLAN)
    assert after.bundle == taken.authority.certificate
    assert after.retired == ()


def test_an_authority_is_replaced_below_a_third_of_its_lifetime_and_not_before() -> None:
    state = fresh()
    assert next_step(state, NOW + timedelta(days=243), PLAN).coming is None
    assert next_step(state, NOW + timedelta(days=244), PLAN).coming is not None


def test_an_expired_authority_is_replaced_at_once_because_there_is_nothing_left_to_overlap_with() -> None:
    state = fresh()
    later = next_step(state, NOW + timedelta(days=400), replace(PLAN, bundle_is_out=False))
    assert later.authority != state.authority
    assert signed_by(later, later.authority)
    assert later.bundle == later.authority.certificate


def test_when_the_authority_was_lost_its_certificate_stays_trusted_until_the_serving_leaf_has_expired() -> None:
    lost = fresh()
    state = next_step(begin(NOW, PLAN, lost.leaf, lost.bundle), NOW, PLAN)
    assert signed_by(state, state.authority)
    assert state.bundle == state.authority.certificate + lost.authority.certificate
    assert next_step(state, NOW + 3 * DAY, PLAN).bundle == state.authority.certificate


def test_an_authority_with_a_foreign_key_is_refused() -> None:
    state = replace(fresh(), authority=Pair(make_authority(NOW).certificate, make_authority(NOW).key))
    with pytest.raises(UnusableError) as refused:
        next_step(state, NOW, PLAN)
    assert str(refused.value) == "the authority's key belongs to another certificate"


def test_a_bundle_with_text_between_its_certificates_is_split_into_clean_ones() -> None:
    one, two = make_authority(NOW).certificate, make_authority(NOW).certificate
    assert split(b"# one\n" + one + b"\n# two\n" + two + b"# end\n") == [one, two]


def test_each_move_of_a_rotation_has_its_sentence() -> None:
    begun = fresh()
    assert changes(None, begun) == ["a new authority signs", "a new leaf was made"]
    assert changes(begun, begun) == []
    waiting = next_step(begun, NOW, replace(PLAN, new_authority=True))
    joined = "a new authority joined the bundle; it signs once clients have had time to read the bundle"
    assert changes(begun, waiting) == [joined]
    taken = next_step(waiting, NOW + timedelta(hours=1), PLAN)
    assert changes(waiting, taken) == ["a new authority signs", "a new leaf was made"]
    done = next_step(taken, NOW + 3 * DAY, PLAN)
    assert changes(taken, done) == ["an old authority left the bundle", "a new leaf was made"]


def test_the_leaf_carries_the_lifetime_that_was_asked_for() -> None:
    state = next_step(begin(NOW, PLAN), NOW, replace(PLAN, leaf_lifetime=timedelta(hours=1)))
    assert state.leaf is not None
    assert certificate_of(state.leaf).not_valid_after_utc == NOW + timedelta(hours=1)
    assert make_leaf(state.authority, ["a"], NOW) != state.leaf
