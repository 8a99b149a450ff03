"""JSON from strangers has one reading, or none."""

import json
from typing import Any

import pytest

from webhook.evidence.strict_json import (
    DEEPEST,
    Malformed,
    base64_bytes,
    from_base64,
    mapping,
    number,
    objects,
    parse,
    parse_object,
    text,
)


def malformed(data: bytes, **more: Any) -> str:
    with pytest.raises(Malformed) as caught:
        parse(data, **more)
    return str(caught.value)


def test_values_are_read() -> None:
    assert parse(b'{"a": [1, 2.5, "\xc3\xa9", null, true]}') == {"a": [1, 2.5, "é", None, True]}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it is no JSON"),
        (b"{", "it is no JSON"),
        (b'{"a": 1} x', "it is no JSON"),
        (b'{"a": 1, "a": 1}', "it has the key `a` twice"),
        (b'[{"x": {"a": 1, "b": 2, "a": 3}}]', "it has the key `a` twice"),
        (b'{"a": 1, "\\u0061": 2}', "it has the key `a` twice"),
        (b'{"a": NaN}', "NaN is no number in JSON"),
        (b'{"a": -Infinity}', "-Infinity is no number in JSON"),
        (b'{"a": 1e999}', "1e999 is no number in JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "it is no JSON"),
        (b'{"a": "\xff"}', "it is no JSON: not in UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "it is no JSON: not in UTF-8"),
        (b'\xef\xbb\xbf{"a": 1}', "it is no JSON"),
        (b'{"a": "\\ud800"}', "it is no JSON: not in UTF-8"),
        (b'{"\\uDC00": 1}', "it is no JSON: not in UTF-8"),
    ],
)
def test_what_could_be_read_in_two_ways_is_not_read(data: bytes, reason: str) -> None:
    assert malformed(data) == reason


def test_a_pair_of_surrogates_is_a_character() -> None:
    assert parse(b'"\\ud83d\\ude00"') == "\N{GRINNING FACE}"


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_depth(opening: bytes, closing: bytes) -> None:
    parse(opening * DEEPEST + b"1" + closing * DEEPEST)
    deeper = opening * (DEEPEST + 1) + b"1" + closing * (DEEPEST + 1)
    assert malformed(deeper) == "it is nested more than 64 deep"


@pytest.mark.parametrize("bomb", [b"[" * 1_000_000, b'{"a":' * 200_000, b"[" * 100_000 + b"]" * 100_000])
def test_a_bomb_is_defused(bomb: bytes) -> None:
    assert malformed(bomb) == "it is nested more than 64 deep"


def test_size_is_looked_at_first() -> None:
    assert malformed(b"[" * 11, largest=10) == "it has 11 bytes, more than 10"


def test_an_object_may_be_demanded() -> None:
    assert parse_object(b'{"a": 1}') == {"a": 1}
    with pytest.raises(Malformed, match=r"^it is no JSON object$"):
        parse_object(b"[]")


def test_key_names_are_not_folded() -> None:
    document = parse_object(b'{"PayloadType": "x", "payloadtype": "y"}')
    assert text(document, "payloadType") == ""


@pytest.mark.parametrize(
    ("read", "written", "reason"),
    [
        (text, 1, "its `a` is no text"),
        (mapping, [], "its `a` is no object"),
        (lambda document, name: objects(document, name, 9), {"x": 1}, "its `a` is no list"),
        (lambda document, name: objects(document, name, 9), [1], "its `a` holds what is no object"),
        (lambda document, name: objects(document, name, 1), [{}, {}], "it has 2 `a`, more than 1"),
        (number, "1.5", "its `a` is no number"),
        (number, True, "its `a` is no number"),
        (number, 2**63, "its `a` is no number"),
        (number, "1" * 20, "its `a` is no number"),
        (number, "\u0661", "its `a` is no number"),
        (base64_bytes, "a", "its `a` is no whole base64"),
    ],
)
def test_fields_have_types(read: Any, written: Any, reason: str) -> None:
    with pytest.raises(Malformed) as caught:
        read({"a": written}, "a")
    assert str(caught.value) == reason


@pytest.mark.parametrize(
    ("read", "nothing"),
    [(text, ""), (mapping, {}), (lambda document, name: objects(document, name, 9), []), (number, 0)],
)
def test_defaults_may_be_left_out(read: Any, nothing: Any) -> None:
    assert read({}, "a") == nothing
    assert read({"a": None}, "a") == nothing


def test_long_numbers_are_texts_in_protobuf() -> None:
    assert number({"a": "1732147200"}, "a") == number({"a": 1732147200}, "a") == 1732147200


def test_nulls_in_a_list_are_nothing() -> None:
    assert objects(json.loads('{"a": [null, {"b": 1}]}'), "a", 2) == [{"b": 1}]


def test_both_alphabets_of_base64() -> None:
    assert from_base64("+/+/", "x") == from_base64("-_-_", "x") == b"\xfb\xff\xbf"


@pytest.mark.parametrize("written", ["YWJ", "YW Jj", "YWJj\n", "YWJj=", "=YWJj", "YW==Jj", "YWJjé", "%%%%"])
def test_base64_is_whole(written: str) -> None:
    with pytest.raises(Malformed, match=r"^its `payload` is no whole base64$"):
        from_base64(written, "payload")
