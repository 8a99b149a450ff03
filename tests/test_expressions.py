import re

import pytest

from webhook.expressions import expression


def test_an_expression_is_compiled_when_it_is_first_asked_and_not_before() -> None:
    broken = expression("(")
    with pytest.raises(re.error):
        broken.match("text")


def test_an_expression_answers_as_the_compiled_one_does_with_its_flags() -> None:
    word = expression("[a-z]+", re.IGNORECASE)
    assert [word.fullmatch(text) is not None for text in ("web", "WEB", "web 1", "")] == [True, True, False, False]
    assert word.findall("a B 1") == ["a", "B"]
    assert expression(rb"^kind:", re.MULTILINE).sub(b"", b"a\nkind: b") == b"a\n b"


def test_a_method_that_was_asked_once_is_the_compiled_expressions_own() -> None:
    word = expression("[a-z]+")
    word.fullmatch("web")
    assert vars(word)["fullmatch"] == re.compile("[a-z]+").fullmatch
