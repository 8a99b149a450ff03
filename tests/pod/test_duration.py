"""Durations as Go reads and prints them, and lifetimes."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webhook.pod.duration import Duration, Ttl

SECOND = 10**9


@pytest.mark.parametrize(
    ("text", "ns", "canonical"),
    [
        ("0", 0, "0s"),
        ("0h", 0, "0s"),
        ("1ns", 1, "1ns"),
        ("1us", 1000, "1µs"),
        ("1µs", 1000, "1µs"),
        ("1μs", 1000, "1µs"),
        ("1500us", 1_500_000, "1.5ms"),
        ("20ms", 20_000_000, "20ms"),
        ("1.5s", 1_500_000_000, "1.5s"),
        ("90s", 90 * SECOND, "1m30s"),
        ("1h30m", 5400 * SECOND, "1h30m0s"),
        ("30m1h", 5400 * SECOND, "1h30m0s"),
        ("1.5h", 5400 * SECOND, "1h30m0s"),
        (".5h", 1800 * SECOND, "30m0s"),
        ("5.h", 18_000 * SECOND, "5h0m0s"),
        ("1h0m0.000000001s", 3600 * SECOND + 1, "1h0m0.000000001s"),
        ("0.9ns", 0, "0s"),
        ("0.3333333333333333333h", 1_199_999_999_999, "19m59.999999999s"),
        ("2562047h47m16.854775807s", 2**63 - 1, "2562047h47m16.854775807s"),
    ],
)
def test_a_duration_is_read_and_printed_as_go_does(text: str, ns: int, canonical: str) -> None:
    duration = Duration.parse(text)
    assert duration.ns == ns
    assert duration.canonical == canonical == str(duration)
    assert duration.text == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is no duration: write numbers with units, such as 1h30m"),
        ("-1h", "is no duration: write it without a sign"),
        ("+1h", "is no duration: write it without a sign"),
        ("h", "is no duration: write it as numbers with units, such as 1h30m"),
        (".s", "is no duration: write it as numbers with units, such as 1h30m"),
        ("5", "is no duration: 5 has no unit; the units are ns, us, ms, s, m and h"),
        ("1h30", "is no duration: 30 has no unit; the units are ns, us, ms, s, m and h"),
        ("7d", "is no duration: d is no unit of a duration; write 168h"),
        ("2w", "is no duration: w is no unit of a duration; write 336h"),
        ("1H", 'is no duration: "H" is no unit; the units are ns, us, ms, s, m and h'),
        ("1h 30m", 'is no duration: "h " is no unit; the units are ns, us, ms, s, m and h'),
        ("2562048h", "is too long for a duration: it holds at most 292 years (2562047h)"),
        ("1" * 65 + "h", "is no duration: write numbers with units, such as 1h30m"),
    ],
)
def test_what_is_no_duration_is_refused_with_the_cure(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f'^"{re.escape(text)}" {re.escape(reason)}$'):
        Duration.parse(text)


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=2**63 - 1))
def test_the_canonical_form_of_a_duration_is_read_as_the_same_duration(ns: int) -> None:
    canonical = Duration(ns, "").canonical
    assert Duration.parse(canonical).ns == ns
    assert Duration.parse(canonical).canonical == canonical


def test_durations_compare_by_value() -> None:
    assert Duration.parse("90s") == Duration.parse("1m30s")
    assert Duration.parse("89s") < Duration.parse("1.5m")
    assert Duration.parse("1500ms").seconds == 1.5


@pytest.mark.parametrize(
    ("text", "seconds", "canonical"),
    [
        ("45s", 45, "45s"),
        ("90s", 90, "90s"),
        ("60s", 60, "1m"),
        ("12h", 43_200, "12h"),
        ("36h", 129_600, "36h"),
        ("48h", 172_800, "2d"),
        ("7d", 604_800, "7d"),
        ("2w", 1_209_600, "14d"),
        ("007d", 604_800, "7d"),
    ],
)
def test_a_lifetime_is_one_number_with_one_unit(text: str, seconds: int, canonical: str) -> None:
    ttl = Ttl.parse(text)
    assert (ttl.seconds, ttl.forever, ttl.text) == (seconds, False, text)
    assert ttl.canonical == canonical == str(ttl)
    assert Ttl.parse(canonical) == ttl


def test_forever_is_longer_than_every_lifetime() -> None:
    forever = Ttl.parse("forever")
    assert forever.forever
    assert forever.canonical == "forever"
    assert forever > Ttl.parse("999999999w")
    assert Ttl.parse("6d") < Ttl.parse("1w") == Ttl.parse("168h") < forever


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "write one number with s, m, h, d or w, such as 12h or 7d, or forever"),
        ("soon", "write one number with s, m, h, d or w, such as 12h or 7d, or forever"),
        ("Forever", "write one number with s, m, h, d or w, such as 12h or 7d, or forever"),
        ("7", "it has no unit; write 7s, 7h or 7d"),
        ("1d12h", "write one number with one unit, 36h"),
        ("0d0h", "it is nothing"),
        ("0d", "it must be more than nothing, such as 12h"),
        ("-7d", "write one number with s, m, h, d or w, such as 12h or 7d, or forever"),
        ("1.5d", "write one number with s, m, h, d or w, such as 12h or 7d, or forever"),
        ("7D", "write one number with s, m, h, d or w, such as 12h or 7d, or forever"),
        ("7d\n", "write one number with s, m, h, d or w, such as 12h or 7d, or forever"),
        ("\u0667d", "write one number with s, m, h, d or w, such as 12h or 7d, or forever"),
        ("9999999999d", "write one number with s, m, h, d or w, such as 12h or 7d, or forever"),
    ],
)
def test_what_is_no_lifetime_is_refused_with_the_cure(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"is no lifetime: {re.escape(reason)}$"):
        Ttl.parse(text)
