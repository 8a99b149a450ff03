"""words: values of users in our sentences; nothing that they write reaches a terminal raw."""

from typing import Any

import pytest

from webhook.admission.words import clean, listing, plural, quote, shown, some
from webhook.source.path import Path


@pytest.mark.parametrize(
    ("text", "shown_as"),
    [
        ("plain words", "plain words"),
        ("\u00fcml\u00e4ut \u4e2d\u6587", "\u00fcml\u00e4ut \u4e2d\u6587"),
        ("a\nb\r\tc", "a\ufffdb\ufffd\ufffdc"),
        ("\x1b[31mred", "\ufffd[31mred"),
        ("right\u202eleft", "right\ufffdleft"),
        ("zero\u200bwidth\ufeff", "zero\ufffdwidth\ufffd"),
        ("line\u2028paragraph\u2029", "line\ufffdparagraph\ufffd"),
        ("nul\x00del\x7f", "nul\ufffddel\ufffd"),
        ("\ud800", "\ufffd"),
    ],
)
def test_control_format_and_breaking_characters_are_replaced(text: str, shown_as: str) -> None:
    assert clean(text) == shown_as


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("web", '"web"'),
        ("", '""'),
        (None, "nothing"),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (1.5, "1.5"),
        ([1, "a"], '[1, "a"]'),
        ({"a": None}, '{"a": null}'),
        ({"a": "\u00fc"}, '{"a": "\u00fc"}'),
        (["\x1b\u202e"], '["\\u001b\ufffd"]'),
    ],
)
def test_a_value_is_quoted_as_people_write_it(value: Any, text: str) -> None:
    assert quote(value) == text


@pytest.mark.parametrize("value", ["x" * 200, ["x" * 200], {"x" * 200: 1}, int("9" * 200)])
def test_a_long_value_is_cut_with_an_ellipsis(value: Any) -> None:
    text = quote(value)
    assert len(text.strip('"')) == 60
    assert text.rstrip('"').endswith("\u2026")


def test_a_text_of_exactly_the_limit_is_whole() -> None:
    assert quote("x" * 60) == f'"{"x" * 60}"'
    assert quote("x" * 5, limit=5) == '"xxxxx"'


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        (("spec", "containers", 0, "env", 0, "value"), "s3cret", "a value that is not shown"),
        (("spec", "containers", 0, "env", 0, "name"), "TOKEN", '"TOKEN"'),
        (("spec", "containers", 0, "env", 0, "value"), None, "nothing"),
        (("data", "key"), "c2VjcmV0", "a value that is not shown"),
        (("data",), {"key": "c2VjcmV0"}, "a value that is not shown"),
        (("stringData", "key"), "secret", "a value that is not shown"),
        (("metadata", "labels", "value"), "x", '"x"'),
        (
            ("spec", "containers", 0, "env", 0),
            {"name": "A", "value": "s3cret"},
            '{"name": "A", "value": "(not shown)"}',
        ),
        (("spec", "containers", 0, "env"), [{"value": "s3cret"}], '[{"value": "(not shown)"}]'),
        (("spec", "containers", 0), {"env": [{"value": "s3cret"}]}, '{"env": [{"value": "(not shown)"}]}'),
    ],
)
def test_values_of_environment_variables_and_secrets_stay_hidden(path: Path, value: Any, text: str) -> None:
    assert shown(path, value) == text


@pytest.mark.parametrize(
    ("items", "text"),
    [([], ""), (["a"], "a"), (["a", "b"], "a or b"), (["a", "b", "c"], "a, b or c"), ([1, 2], "1 or 2")],
)
def test_a_listing_reads_as_a_sentence(items: list[Any], text: str) -> None:
    assert listing(items) == text
    assert listing(items, "and") == text.replace(" or ", " and ")


def test_one_is_told_from_many() -> None:
    assert [plural(n, "rule") for n in (0, 1, 2)] == ["0 rules", "1 rule", "2 rules"]
    assert [plural(n, "policy", "policies") for n in (1, 2)] == ["1 policy", "2 policies"]


@pytest.mark.parametrize(
    ("items", "last", "told"),
    [
        (["a", "b"], "or", "a or b"),
        (["x" * 50, "y" * 50], "or", f"{'x' * 50} or 1 other"),
        (["x" * 100, "b", "c"], "and", f"{'x' * 100} and 2 others"),
        (["a" * 20, "b" * 20, "c" * 20, "d" * 20, "e"], "or", f"{'a' * 20}, {'b' * 20}, {'c' * 20} or 2 others"),
    ],
)
def test_of_many_items_the_first_are_told_and_the_others_counted(items: list[str], last: str, told: str) -> None:
    assert some(items, last) == told
