"""dates: days, times of day and weekly windows; the time is always an argument."""

from datetime import UTC, date, datetime, timedelta

import pytest

from webhook.admission.days import Day
from webhook.policy.dates import Clock, Weekday, Window, Zone

FRIDAY = datetime(2026, 11, 20, tzinfo=UTC)


def test_a_day_begins_and_ends_in_utc() -> None:
    day = Day.parse("2027-01-31")
    assert day == date(2027, 1, 31)
    assert (day.begins, day.is_over) == (datetime(2027, 1, 31, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC))
    assert day.isoformat() == "2027-01-31"


@pytest.mark.parametrize(
    "text", ["2027-1-31", "31-01-2027", "2027-02-30", "20270131", "2027-W05-1", "2027-01-31T00:00", "", "tomorrow"]
)
def test_only_the_full_form_of_a_day_that_exists_is_read(text: str) -> None:
    with pytest.raises(ValueError, match="is no day") as raised:
        Day.parse(text)
    assert raised.value.args[1] == "write it as 2027-01-31"


@pytest.mark.parametrize(("text", "minutes"), [("00:00", 0), ("09:05", 545), ("16:00", 960), ("24:00", 1440)])
def test_a_time_of_day_is_minutes_since_midnight(text: str, minutes: int) -> None:
    assert Clock.parse(text) == minutes


@pytest.mark.parametrize(
    "text", ["9:00", "24:01", "25:00", "12:60", "12", "12:30:00", "noon", "", "12:30\n", "\u0661\u0662:30"]
)
def test_other_times_of_day_are_refused_with_how_to_write_them(text: str) -> None:
    with pytest.raises(ValueError, match="is no time of day"):
        Clock.parse(text)


def test_a_zone_has_its_iana_name() -> None:
    assert Zone.parse("Europe/Amsterdam") == "Europe/Amsterdam"
    assert Zone.parse("UTC") == "UTC"


@pytest.mark.parametrize("text", ["Mars/Olympus", "", "../../etc/passwd", "/etc/localtime", "europe amsterdam", "\x00"])
def test_a_zone_that_nobody_knows_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no time zone"):
        Zone.parse(text)


@pytest.mark.parametrize(
    ("hours", "inside"), [(0, False), (15.99, False), (16, True), (23.99, True), (24, False), (-8, False)]
)
def test_a_window_begins_with_its_first_minute_and_ends_before_its_last(hours: float, inside: bool) -> None:
    window = Window((Weekday.FRI,), Clock.parse("16:00"), Clock.parse("24:00"))
    assert window.covers(FRIDAY + timedelta(hours=hours)) is inside


@pytest.mark.parametrize(
    ("hours", "inside"), [(21.99, False), (22, True), (24, True), (29.99, True), (30, False), (5, False)]
)
def test_a_window_that_ends_before_it_begins_ends_on_the_next_day(hours: float, inside: bool) -> None:
    window = Window((Weekday.FRI,), Clock.parse("22:00"), Clock.parse("06:00"))
    assert window.covers(FRIDAY + timedelta(hours=hours)) is inside


def test_a_window_of_equal_times_is_a_whole_day_from_there() -> None:
    window = Window((Weekday.FRI,), Clock.parse("09:00"), Clock.parse("09:00"))
    assert [window.covers(FRIDAY + timedelta(hours=h)) for h in (8.99, 9, 32.99, 33)] == [False, True, True, False]


def test_without_times_it_is_the_whole_day_and_without_days_every_day() -> None:
    friday = Window((Weekday.FRI,))
    assert [friday.covers(FRIDAY + timedelta(hours=h)) for h in (-0.01, 0, 23.99, 24)] == [False, True, True, False]
    nightly = Window((), Clock.parse("02:00"), Clock.parse("03:00"))
    assert all(nightly.covers(FRIDAY + timedelta(days=day, hours=2.5)) for day in range(7))


def test_a_window_is_in_its_zone_in_summer_and_in_winter() -> None:
    window = Window((), Clock.parse("16:00"), Clock.parse("17:00"), Zone.parse("Europe/Amsterdam"))
    winter, summer = datetime(2026, 11, 20, 15, tzinfo=UTC), datetime(2026, 7, 17, 14, tzinfo=UTC)
    assert [window.covers(moment) for moment in (winter, summer)] == [True, True]
    assert [window.covers(moment + timedelta(hours=1)) for moment in (winter, summer)] == [False, False]


def test_the_day_is_the_zones_day_and_not_that_of_utc() -> None:
    window = Window((Weekday.SAT,), zone=Zone.parse("Pacific/Auckland"))
    assert window.covers(FRIDAY + timedelta(hours=12))
    assert not Window((Weekday.SAT,)).covers(FRIDAY + timedelta(hours=12))
