"""Quantities: what is accepted, its exact value, and how it is written, as k8s.io/apimachinery has it (v0.36.3)."""

import re
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webhook.pod.quantity import Family, Quantity, QuantityError

NANO = 10**9
MOST = 2**63 - 1

# text, billionths, canonical form, what the API server writes (where that is something else)
READ_AS_UPSTREAM: list[tuple[str, int, str, str]] = [
    ("0", 0, "0", ""),
    ("0Mi", 0, "0", ""),
    ("00m", 0, "0", ""),
    ("0.000", 0, "0", ""),
    ("1", NANO, "1", ""),
    ("1.", NANO, "1", "1."),
    (".5", NANO // 2, "500m", ""),
    ("0.1", NANO // 10, "100m", ""),
    ("0.5", NANO // 2, "500m", ""),
    ("1.5", NANO * 3 // 2, "1500m", ""),
    ("1.50", NANO * 3 // 2, "1500m", ""),
    ("1.500", NANO * 3 // 2, "1500m", "1.500"),
    ("010", 10 * NANO, "10", "010"),
    ("100m", NANO // 10, "100m", ""),
    ("1000m", NANO, "1", ""),
    ("1500m", NANO * 3 // 2, "1500m", ""),
    ("0.1m", 100_000, "100u", ""),
    ("100u", 100_000, "100u", ""),
    ("1n", 1, "1n", ""),
    ("0.1n", 1, "1n", ""),
    ("1.0000000001", NANO + 1, "1000000001n", ""),
    ("1000k", 10**6 * NANO, "1M", ""),
    ("1000M", 10**9 * NANO, "1G", ""),
    ("1.5k", 1500 * NANO, "1500", ""),
    ("123456M", 123_456 * 10**6 * NANO, "123456M", ""),
    ("1T", 10**12 * NANO, "1T", ""),
    ("1P", 10**15 * NANO, "1P", ""),
    ("1E", 10**18 * NANO, "1E", ""),
    ("9E", 9 * 10**18 * NANO, "9E", ""),
    ("1Ki", 1024 * NANO, "1Ki", ""),
    ("0.5Ki", 512 * NANO, "512", ""),
    ("0.0001Ki", 102_400_000, "102400u", ""),
    ("1.1Ki", 1_126_400_000_000, "1126400m", ""),
    ("1.5Gi", 1536 * 2**20 * NANO, "1536Mi", ""),
    ("1024Mi", 2**30 * NANO, "1Gi", ""),
    ("1025Mi", 1025 * 2**20 * NANO, "1025Mi", ""),
    ("01Mi", 2**20 * NANO, "1Mi", "01Mi"),
    ("0.5Ei", 2**59 * NANO, "512Pi", ""),
    ("7Ei", 7 * 2**60 * NANO, "7Ei", ""),
    ("8Ei", MOST * NANO, "9223372036854775807", ""),
    ("9999Ei", MOST * NANO, "9223372036854775807", ""),
    ("9223372036854775807", MOST * NANO, "9223372036854775807", ""),
    ("1e3", 1000 * NANO, "1e3", ""),
    ("1E3", 1000 * NANO, "1e3", "1E3"),
    ("1e+3", 1000 * NANO, "1e3", "1e+3"),
    ("12e6", 12 * 10**6 * NANO, "12e6", ""),
    ("1e4", 10_000 * NANO, "10e3", ""),
    ("1e0", NANO, "1", "1e0"),
    ("5e-1", NANO // 2, "500e-3", ""),
    ("1e-9", 1, "1e-9", ""),
    ("1e-10", 1, "1e-9", ""),
    ("1e-1000000000", 1, "1e-9", ""),
    ("0e-1000000000", 0, "0", ""),
]


@pytest.mark.parametrize(("text", "nano", "canonical", "written"), READ_AS_UPSTREAM)
def test_a_quantity_is_read_exactly_and_written_as_upstream_does(
    text: str, nano: int, canonical: str, written: str
) -> None:
    for quantity in (Quantity.parse(text), Quantity.of(text)):
        assert (quantity.nano, quantity.text) == (nano, text)
        assert quantity.canonical == canonical == str(quantity)
        assert quantity.written == (written or canonical)


# Only the API server reads these: signs, outer blanks, and suffixes that stand alone.
@pytest.mark.parametrize(
    ("text", "nano", "written"),
    [
        ("+1", NANO, "+1"),
        ("-1", -NANO, "-1"),
        ("-0.1n", -1, "-1n"),
        ("-1.5Gi", -1536 * 2**20 * NANO, "-1536Mi"),
        ("-10Ei", -MOST * NANO, "-9223372036854775807"),
        (" 1Gi ", 2**30 * NANO, "1Gi"),
        ("Mi", 0, "0"),
        ("m", 0, "0"),
        ("+", 0, "0"),
        (".", 0, "0"),
        ("e3", 0, "0"),
    ],
)
def test_the_api_server_reads_more_than_people_should_write(text: str, nano: int, written: str) -> None:
    quantity = Quantity.of(text)
    assert (quantity.nano, quantity.written) == (nano, written)
    with pytest.raises(QuantityError, match="is no quantity"):
        Quantity.parse(text)


NOT_A_NUMBER = "write a number and a suffix, such as 500m or 1Gi"
ALL = "there are n u m k M G T P E, Ki Mi Gi Ti Pi Ei, and exponents such as e3"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", NOT_A_NUMBER),
        ("a", NOT_A_NUMBER),
        ("NaN", NOT_A_NUMBER),
        ("Infinity", NOT_A_NUMBER),
        ("\u0661\u0662", NOT_A_NUMBER),
        ("1 ", "leave out the blanks, write 1"),
        ("1 Gi", '" Gi" is no suffix, did you mean 1Gi?'),
        ("1K", '"K" is no suffix, did you mean 1k?'),
        ("64KB", '"KB" is no suffix, did you mean 64k?'),
        ("64MB", '"MB" is no suffix, did you mean 64M?'),
        ("2Gb", '"Gb" is no suffix, did you mean 2G?'),
        ("2GiB", '"GiB" is no suffix, did you mean 2Gi?'),
        ("2gi", '"gi" is no suffix, did you mean 2Gi?'),
        ("2mi", '"mi" is no suffix, did you mean 2Mi?'),
        ("500M ", "leave out the blanks, write 500M"),
        ("1_000", f'"_000" is no suffix; {ALL}'),
        ("1,5", f'",5" is no suffix; {ALL}'),
        ("1.5.1", f'".1" is no suffix; {ALL}'),
        ("0x10", f'"x10" is no suffix; {ALL}'),
        ("1ke3", f'"ke3" is no suffix; {ALL}'),
        ("1e", f'"e" is no suffix; {ALL}'),
        ("1e3m", f'"e3m" is no suffix; {ALL}'),
        ("1Gi\n2", f'"Gi\\n2" is no suffix; {ALL}'),
    ],
)
def test_what_is_no_quantity_is_refused_with_what_was_probably_meant(text: str, reason: str) -> None:
    with pytest.raises(QuantityError, match=f"is no quantity: {re.escape(reason)}$"):
        Quantity.parse(text)


@pytest.mark.parametrize("text", ["Ei", "Pi", "+.Ei", "e-12"])
def test_some_suffixes_that_stand_alone_are_refused_by_the_api_server_too(text: str) -> None:
    with pytest.raises(QuantityError, match="is no quantity"):
        Quantity.of(text)


@pytest.mark.parametrize("text", ["1e1000000000", "1e19", "9223372036854775808", "10E", "1e" + "9" * 37, "0e999"])
def test_a_decimal_quantity_beyond_the_largest_is_refused_before_it_is_computed(text: str) -> None:
    with pytest.raises(QuantityError, match=r"is too large for a quantity: at most 2\^63-1, 9223372036854775807$"):
        Quantity.parse(text)


def test_an_endless_text_is_refused() -> None:
    with pytest.raises(QuantityError, match=r"is no quantity: it is longer than 40 characters$"):
        Quantity.parse("1" * 41)
    with pytest.raises(QuantityError, match=r"is no quantity: it is longer than 256 characters$"):
        Quantity.of("0" * 257)
    assert Quantity.of("0." + "0" * 253 + "1").canonical == "1n"


@pytest.mark.parametrize(
    ("value", "canonical"),
    [
        (1, "1"),
        (0, "0"),
        (-2, "-2"),
        (1024, "1024"),
        (MOST, str(MOST)),
        (1.0, "1"),
        (0.5, "500m"),
        (0.1, "100m"),
        (-0.0, "0"),
        (1.5e-05, "15u"),
        (1e-07, "100e-9"),
        (1e16, "10P"),
        (1.25e17, "125P"),
        (1.2345678901234567e18, "1234567890123456800"),
        (5e-324, "1e-9"),
    ],
)
def test_a_json_number_is_a_quantity_as_go_would_write_it(value: Any, canonical: str) -> None:
    assert Quantity.of(value).canonical == canonical


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "null is no quantity: write a number, or a text such as 500m or 1Gi"),
        (True, "true or false is no quantity: write a number, or a text such as 500m or 1Gi"),
        ([], "a list is no quantity: write a number, or a text such as 500m or 1Gi"),
        ({}, "a mapping is no quantity: write a number, or a text such as 500m or 1Gi"),
        (float("nan"), f'"nan" is no quantity: {NOT_A_NUMBER}'),
        (float("inf"), f'"inf" is no quantity: {NOT_A_NUMBER}'),
        (1e300, '"1e300" is too large for a quantity: at most 2^63-1, 9223372036854775807'),
        (10**30, "the number is too large for a quantity: at most 2^63-1"),
    ],
)
def test_other_json_values_are_no_quantities(value: Any, message: str) -> None:
    with pytest.raises(QuantityError, match=f"^{re.escape(message)}$"):
        Quantity.of(value)


def test_quantities_compare_by_value_whatever_they_were_written_with() -> None:
    assert Quantity.parse("1Gi") == Quantity.parse("1024Mi") == Quantity.parse("1073741824")
    assert hash(Quantity.parse("1Gi")) == hash(Quantity.parse("1024Mi"))
    assert Quantity.parse("1G") < Quantity.parse("1Gi") < Quantity.parse("1.1G")
    assert max(Quantity.parse("900m"), Quantity.parse("1")).text == "1"


@pytest.mark.parametrize(
    ("one", "other", "total"),
    [
        ("100m", "900m", "1"),
        ("512Mi", "512Mi", "1Gi"),
        ("1Gi", "1M", "1074741824"),
        ("1M", "1Gi", "1074741824"),
        ("0", "512Mi", "512Mi"),
        ("512Mi", "0", "512Mi"),
        ("0.0001Ki", "1Ki", "1024102400u"),
        ("1e3", "1k", "2e3"),
        ("8Ei", "8Ei", "18446744073709551614"),
    ],
)
def test_a_sum_keeps_the_family_of_its_first_part_that_is_not_zero(one: str, other: str, total: str) -> None:
    assert (Quantity.parse(one) + Quantity.parse(other)).canonical == total


def test_a_quantity_is_multiplied_exactly() -> None:
    assert (Quantity.parse("150m") * 3).canonical == "450m"
    assert (Quantity.parse("512Mi") * 4).canonical == "2Gi"
    assert (Quantity.parse("9E") * 1000).canonical == "9000E"
    assert (Quantity.parse("1Gi") * 0).canonical == "0"


@pytest.mark.parametrize(
    ("text", "milli", "value", "whole"),
    [
        ("1", 1000, 1, True),
        ("100m", 100, 1, False),
        ("1u", 1, 1, False),
        ("1.0001", 1001, 2, False),
        ("1Gi", 2**30 * 1000, 2**30, True),
        ("0", 0, 0, True),
        ("-1500m", -1500, -2, False),
    ],
)
def test_thousandths_and_whole_numbers_are_rounded_away_from_zero(
    text: str, milli: int, value: int, whole: bool
) -> None:
    quantity = Quantity.of(text)
    assert (quantity.milli, quantity.value, quantity.is_whole) == (milli, value, whole)


def test_a_quantity_remembers_its_family() -> None:
    families = [Quantity.parse(text).family for text in ("1", "1k", "1Ki", "1e3", "0.0001Ki")]
    assert families == [Family.DECIMAL, Family.DECIMAL, Family.BINARY, Family.EXPONENT, Family.DECIMAL]


FACTORS = {
    **{"n": Fraction(1, 10**9), "u": Fraction(1, 10**6), "m": Fraction(1, 1000), "": Fraction(1)},
    **{suffix: Fraction(1000) ** power for power, suffix in enumerate("kMGTP", 1)},
    **{suffix: Fraction(1024) ** power for power, suffix in enumerate(("Ki", "Mi", "Gi", "Ti"), 1)},
}
numbers = st.tuples(
    st.integers(min_value=0, max_value=9000),
    st.text(alphabet="0123456789", max_size=6),
    st.sampled_from(sorted(FACTORS)),
)


def _exact(number: tuple[int, str, str]) -> Fraction:
    whole, fraction, suffix = number
    billionths = (whole + Fraction(int(fraction or 0), 10 ** len(fraction))) * FACTORS[suffix] * NANO
    return Fraction(-(-billionths.numerator // billionths.denominator), NANO)


@settings(deadline=None)
@given(numbers, numbers)
def test_values_and_comparisons_agree_with_fractions(one: tuple[int, str, str], other: tuple[int, str, str]) -> None:
    first, second = (Quantity.parse(f"{whole}.{fraction}{suffix}") for whole, fraction, suffix in (one, other))
    assert Fraction(first.nano, NANO) == _exact(one)
    assert (first < second, first == second) == (_exact(one) < _exact(other), _exact(one) == _exact(other))
    assert Fraction((first + second).nano, NANO) == _exact(one) + _exact(other)


@settings(deadline=None)
@given(numbers)
def test_the_canonical_form_is_read_as_the_same_quantity(number: tuple[int, str, str]) -> None:
    whole, fraction, suffix = number
    quantity = Quantity.parse(f"{whole}.{fraction}{suffix}")
    again = Quantity.parse(quantity.canonical)
    assert again == quantity
    assert again.canonical == quantity.canonical
    assert Quantity.parse(quantity.written) == quantity


@settings(deadline=None)
@given(st.text(max_size=12) | st.text(alphabet="01.+-eEmKMGTPinuk ", max_size=12))
def test_any_text_is_a_quantity_or_a_quantity_error(text: str) -> None:
    try:
        quantity = Quantity.of(text)
    except QuantityError:
        return
    assert abs(quantity.nano) <= MOST * NANO
