"""metadata: the grammar of typed values, and what min and max measure in each."""

import pytest

from webhook.rule_types._metadata_types import TYPES

GOOD = {
    "string": ["", "anything\nat all"],
    "bool": ["true", "false"],
    "int": ["0", "-7", "007", "9" * 18],
    "cpu": ["500m", "2", "0.1"],
    "memory": ["64Mi", "1e9", "1024"],
    "quantity": ["0", "100m", "1Gi"],
    "percent": ["25%", "0.25", "100%", "1", "0.5%", "33.333333%"],
    "duration": ["1h30m", "20ms", "0"],
    "ttl": ["7d", "12h", "forever"],
    "date": ["2026-12-31", "2026-12-31T12:00:00Z", "2026-12-31t12:00:00.5+01:00"],
    "portList": ["", "80", "80,443", " 8000-8080 , 9000 "],
    "cidrList": ["", "10.0.0.0/8", "10.0.0.0/8, fd00::/8"],
    "email": ["a@b.example", "first.last+tag@corp.example"],
    "url": ["https://corp.example", "http://corp.example:8080/a?b#c", "https://[::1]:8443/x"],
    "semver": ["1.4.2", "v1.4.2-rc.1+build"],
    "json": ["{}", '{"a": [1, {"b": null}]}', '"text"'],
    "image": ["nginx", "registry.corp.example/a/b:1@sha256:" + "ab" * 32],
}

BAD = {
    "bool": ["True", "yes", "1", ""],
    "int": ["", "1.0", "+1", "1_000", "٣", "9" * 19, "1e3"],
    "cpu": ["0", "-1", "500 m", "1K", "abc"],
    "memory": ["0", "64MB", "512m", "1 Gi"],
    "quantity": ["", "+1", "Mi", "1e1000000000", "9" * 41],
    "percent": ["0", "0%", "101%", "1.5", "25 %", "-5%", "%"],
    "duration": ["7d", "1h 30m", "-1h", "90"],
    "ttl": ["7 days", "1h30m", "0d", "7"],
    "date": [
        "2026-02-30",
        "31-12-2026",
        "2026-12-31T12:00:00",
        "2026-12-31T25:00:00Z",
        "20261231",
        "2026-12-31T12:00:00+24:00",
    ],
    "portList": ["0", "65536", "90-80", "80,,443", "http", "80;443", "-80"],
    "cidrList": ["10.0.0.1/8", "10.0.0.0", "10.0.0.0/255.0.0.0", "10.0.0.0/33", "10.0.0.0/8,"],
    "email": ["a", "a@b", "a b@c.example", "@c.example", "a@c.example\n"],
    "url": ["ftp://a.example", "https://", "https://a b.example", "javascript:alert(1)", "https://a.example/\x1b[0m"],
    "semver": ["1.4", "latest", "1.4.2.3"],
    "json": ["{", '{"a": 1, "a": 2}', "NaN", "[" * 11 + "]" * 11, "[" * 9000, '"' + "x" * 17_000 + '"', ""],
    "image": ["", "NGINX", "https://corp.example/a", "a:b:c/d"],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in GOOD.items() for text in texts])
def test_values_of_a_type_are_read(name: str, text: str) -> None:
    TYPES[name].parse(text)


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in BAD.items() for text in texts])
def test_values_that_are_none_of_a_type_are_refused_with_a_reason_that_repeats_no_value(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"\S") as refused:
        TYPES[name].parse(text)
    assert "\x1b" not in str(refused.value)
    assert len(str(refused.value)) < 200


def test_every_type_reads_its_own_example() -> None:
    for kind in TYPES.values():
        kind.parse(kind.example)


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("80", 1), ("80,80", 1), ("8000-8009", 10), ("1-10,5-15", 15), ("1-65535,80", 65535), ("3,1-2", 3)],
)
def test_a_list_of_ports_counts_each_port_once(text: str, count: int) -> None:
    assert TYPES["portList"].parse(text) == count


def test_measures_compare_by_value() -> None:
    assert TYPES["percent"].parse("25%") == TYPES["percent"].parse("0.25")
    assert TYPES["cpu"].parse("0.5") == TYPES["cpu"].parse("500m")
    assert TYPES["date"].parse("2026-12-31") == TYPES["date"].parse("2026-12-31T01:00:00+01:00")
    assert TYPES["ttl"].parse("forever") > TYPES["ttl"].parse("999999999w")
    assert TYPES["semver"].parse("1.10.0") > TYPES["semver"].parse("1.9.0")
    assert TYPES["duration"].parse("90m") == TYPES["duration"].parse("1h30m")


def test_bounds_may_be_numbers_where_values_are() -> None:
    for name, bound in (("cpu", 2), ("percent", 0.5), ("memory", 1024)):
        read = TYPES[name].bound
        assert read is not None
        assert read(bound) == TYPES[name].parse(str(bound))
