"""Times: RFC 3339 with fractions and zones, and nothing that only looks like it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook.evidence.predicates.moments import is_zero, parse


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-02T08:15:30Z", datetime(2026, 11, 2, 8, 15, 30, tzinfo=UTC)),
        ("2026-11-02t08:15:30z", datetime(2026, 11, 2, 8, 15, 30, tzinfo=UTC)),
        ("2026-11-02 08:15:30Z", datetime(2026, 11, 2, 8, 15, 30, tzinfo=UTC)),
        ("2026-11-02T08:15:30.5Z", datetime(2026, 11, 2, 8, 15, 30, 500_000, tzinfo=UTC)),
        ("2026-11-02T08:15:30.123456789Z", datetime(2026, 11, 2, 8, 15, 30, 123_456, tzinfo=UTC)),
        ("2026-11-02T09:15:30+01:00", datetime(2026, 11, 2, 8, 15, 30, tzinfo=UTC)),
        ("2026-11-01T21:45:30-10:30", datetime(2026, 11, 2, 8, 15, 30, tzinfo=UTC)),
        ("2026-11-02T08:15:30-00:00", datetime(2026, 11, 2, 8, 15, 30, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_time_of_rfc_3339_is_read_in_utc(written: str, meant: datetime) -> None:
    assert parse(written) == meant


@pytest.mark.parametrize(
    "written",
    [
        "",
        "2026-11-02",
        "2026-11-02T08:15:30",
        "2026-11-02T08:15Z",
        "2026-13-02T08:15:30Z",
        "2026-02-30T08:15:30Z",
        "2026-11-02T24:15:30Z",
        "2026-11-02T08:15:61Z",
        "2026-11-02T08:15:30+24:00",
        "2026-11-02T08:15:30+01:75",
        "2026-11-02T08:15:30.Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "٢٠٢٦-11-02T08:15:30Z",
        "2026-11-02T08:15:30Z\n",
        "1767225600",
    ],
)
def test_anything_else_is_no_time(written: str) -> None:
    assert parse(written) is None


def test_only_the_year_one_is_a_time_that_nobody_has_set() -> None:
    zero, year_two = parse("0001-01-01T00:00:00Z"), parse("0002-01-01T00:00:00Z")
    assert zero is not None
    assert year_two is not None
    assert is_zero(zero)
    assert not is_zero(year_two)


@given(st.datetimes(timezones=st.just(UTC)))
def test_what_python_writes_is_read_back(moment: datetime) -> None:
    assert parse(moment.isoformat()) == moment
