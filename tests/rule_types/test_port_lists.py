"""Lists of ports: ranges, each port once, what is outside of others."""

import pytest

from webhook.rule_types._port_lists import PortList


@pytest.mark.parametrize(
    ("text", "canonical", "count"),
    [
        ("", "", 0),
        ("80", "80", 1),
        ("8080, 80-81,81", "80-81,8080", 3),
        ("1-65535", "1-65535", 65535),
        ("81,80", "80-81", 2),
    ],
)
def test_ports_are_sorted_and_counted_once(text: str, canonical: str, count: int) -> None:
    ports = PortList.parse(text)
    assert (ports.canonical, ports.count) == (canonical, count)


@pytest.mark.parametrize("text", ["0", "65536", "90-80", "http", "80;81", "80-", ",", "٨٠"])
def test_what_is_no_list_of_ports_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="port"):
        PortList.parse(text)


def test_a_number_is_one_port() -> None:
    assert PortList.of(8080) == PortList.parse("8080")


def test_a_range_that_is_not_wholly_allowed_is_outside() -> None:
    allowed = PortList.parse("1024-2000,9000")
    assert PortList.parse("80,1024-1030,1990-2010,9000").outside(allowed).canonical == "80,1990-2010"
