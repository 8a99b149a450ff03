"""What is dumped reads back as the same data, by kubectl's reading of scalars and not by PyYAML's."""

from typing import Any

import pytest

from webhook.source import yaml
from webhook.source.dump import dump


def read_back(text: str) -> list[Any]:
    reading = yaml.read(text.encode(), "dumped.yaml")
    assert not reading.problems
    return [document.value for document in reading.documents]


WORDS = "1e3 0o17 017 0x1f on No y ~ null 1_000 12:30 .5 - # * << = 2026-11-21 1. +1 0b11 .nan ' \" é & ! % @ ` { [ , ?"
TEXTS = [
    *WORDS.split(" "),
    "",
    "- a",
    "a: b",
    "a #b",
    "a\nb",
    "\n",
    "\t",
    "  a",
    "a ",
    "\u2028",
    "a" * 300,
    "x y " * 60,
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_string_stays_a_string_alone_in_a_list_and_as_a_key(text: str) -> None:
    documents = [{"a": text, "b": [text, "x"], "c": {"d": [{"e": text}]}, "f": {text: text}}]
    assert read_back(dump(documents)) == documents


def test_other_scalars_stay_what_they_are() -> None:
    documents = [{"a": 1, "b": True, "c": None, "d": 1.5, "e": [1, False]}]
    assert read_back(dump(documents)) == documents


def test_documents_are_separated_keys_keep_their_order_and_short_lists_stand_on_one_line() -> None:
    assert dump([{"b": ["x", 1], "a": [{"c": 2}]}, {"long": ["y" * 50, "z" * 50]}]) == (
        "---\nb: [x, 1]\na:\n  - c: 2\n---\nlong:\n" + f"  - {'y' * 50}\n  - {'z' * 50}\n"
    )


def test_a_list_in_two_places_is_written_twice() -> None:
    shared = [{"a": "b"}]
    assert dump([{"v": shared, "w": shared}]) == "---\nv:\n  - a: b\nw:\n  - a: b\n"
