"""The log: one JSON object a line, whatever is logged."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from webhook.observe.log import LEVELS, JsonFormatter, log_as_json


@pytest.fixture
def _a_log_of_its_own() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, raising = root.handlers[:], root.level, logging.raiseExceptions
    yield
    root.handlers[:], logging.raiseExceptions = handlers, raising
    root.setLevel(level)
    for name in ("uvicorn", "urllib3", "kubernetes", "asyncio"):
        logging.getLogger(name).setLevel(logging.NOTSET)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    captured = capsys.readouterr()
    assert captured.out == ""
    return [json.loads(line) for line in captured.err.splitlines()]


@pytest.mark.usefixtures("_a_log_of_its_own")
def test_a_record_is_a_line_with_its_extra_fields(capsys: pytest.CaptureFixture[str]) -> None:
    log_as_json("info")
    logging.getLogger("doorward.rules").info("%s are in force", "rules", extra={"revision": "abc", "rules": 3})
    (line,) = lines(capsys)
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "info",
        "logger": "doorward.rules",
        "message": "rules are in force",
        "revision": "abc",
        "rules": 3,
    }


@pytest.mark.usefixtures("_a_log_of_its_own")
def test_a_trace_stays_on_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    log_as_json("info")
    try:
        raise ValueError("two\nlines")
    except ValueError:
        logging.getLogger("doorward").exception("broken\nthing")
    (line,) = lines(capsys)
    assert line["message"] == "broken\nthing"
    assert line["trace"].startswith("Traceback (most recent call last):\n")


@pytest.mark.usefixtures("_a_log_of_its_own")
def test_what_is_no_json_becomes_text(capsys: pytest.CaptureFixture[str]) -> None:
    log_as_json("info")
    logging.getLogger("doorward").warning("odd", extra={"thing": {1, 2}, "words": "a\x1b[2J\u2028b"})
    (line,) = lines(capsys)
    assert (line["thing"], line["words"]) == ("{1, 2}", "a\x1b[2J\u2028b")


@pytest.mark.usefixtures("_a_log_of_its_own")
def test_escapes_do_not_reach_a_terminal_raw(capsys: pytest.CaptureFixture[str]) -> None:
    log_as_json("info")
    logging.getLogger("doorward").warning("a\x1b[2J\x9b")
    assert "\x1b" not in capsys.readouterr().err


@pytest.mark.usefixtures("_a_log_of_its_own")
@pytest.mark.parametrize(("level", "count"), [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)])
def test_the_level_says_what_is_written(capsys: pytest.CaptureFixture[str], level: str, count: int) -> None:
    log_as_json(level)
    for each in LEVELS:
        logging.getLogger("doorward").log(logging.getLevelName(each.upper()), "x")
    assert len(lines(capsys)) == count


@pytest.mark.usefixtures("_a_log_of_its_own")
def test_libraries_tell_only_what_is_worth_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    log_as_json("debug")
    logging.getLogger("uvicorn.error").info("Started server process")
    assert lines(capsys) == []


def test_a_record_without_extras_has_four_fields() -> None:
    record = logging.LogRecord("doorward", logging.INFO, __file__, 1, "hello", (), None)
    assert sorted(json.loads(JsonFormatter().format(record))) == ["level", "logger", "message", "time"]
