import pytest

from webhook.report.style import Style, When, choose


@pytest.mark.parametrize(
    ("when", "environ", "terminal", "colour"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "0"}, True, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_the_flag_beats_the_environment_which_beats_the_terminal(
    when: When, environ: dict[str, str], terminal: bool, colour: bool
) -> None:
    assert choose(when, environ, terminal=terminal, encoding="utf-8") == Style(colour, True)


@pytest.mark.parametrize(
    ("encoding", "unicode"),
    [("UTF-8", True), ("utf8", True), ("utf_8", True), ("ISO-8859-1", False), ("ascii", False), (None, False)],
)
def test_only_a_unicode_stream_gets_more_than_ascii(encoding: str | None, unicode: bool) -> None:
    assert choose("never", {}, terminal=True, encoding=encoding) == Style(False, unicode)
