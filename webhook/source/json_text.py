"""JSON text, several objects one after the other as kubectl accepts them, past the YAML parser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from webhook.expressions import expression
from webhook.source import scalars
from webhook.source.chunk import Chunk
from webhook.source.problem import Problem
from webhook.source.tree import DEEPEST

_SPACE = expression(r"[ \t\r\n]*")
_JSON_BEGINS = expression(rb'\s*(?:\{\s*["}]|\[\s*["{\[\]])')
_ESCAPES = expression(r"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|u[dD][89a-fA-F]..|.)", re.DOTALL)
_MESSAGES = {
    "Expecting property name enclosed in double quotes": "expected a key in double quotes",
    "Expecting ':' delimiter": "expected a : after the key",
    "Expecting ',' delimiter": "expected a , before this",
    "Expecting value": "expected a value",
    "Invalid control character at": "a line break or another control character inside quotes",
    "Extra data": "text after the end of the JSON",
}


class NotPlainJSON(ValueError):
    """The YAML parser has to look at this text: a duplicate key, or something that is not JSON."""


def looks_like_json(data: bytes) -> bool:
    """Whether a text that cannot be read was meant as JSON."""
    return _JSON_BEGINS.match(data) is not None


def documents(data: bytes, file: str) -> list[tuple[Any, Chunk]]:
    """Each value of the text with its chunk; raises NotPlainJSON."""
    from json import JSONDecoder

    decoder = JSONDecoder(object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant)
    try:
        text = _without_lone_surrogates(data.decode())
        return list(_values(decoder, text, file))
    except (ValueError, RecursionError) as error:
        raise NotPlainJSON from error


def complaint(data: bytes, chunk: Chunk) -> Problem | None:
    """What is wrong with the text as JSON; None where something is never closed: the YAML way says that better."""
    from json import JSONDecodeError, JSONDecoder

    try:
        JSONDecoder().decode(data.decode())
    except JSONDecodeError as error:
        if error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated string"):
            return None
        message = _MESSAGES.get(error.msg, error.msg[:1].lower() + error.msg[1:])
        return Problem(f"this is no JSON: {message}", chunk.place(error.pos, error.pos + 1))
    except (ValueError, RecursionError):
        return None
    return None


def for_positions(chunk: Chunk) -> Chunk:
    """The same characters at the same places, for libyaml, which cannot read JSON's surrogate pairs."""
    text = _ESCAPES.sub(lambda escape: "?" * 12 if len(escape[0]) == 12 else escape[0], chunk.text)
    return Chunk(chunk.file, text.encode(), chunk.first_line)


def _values(decoder: Any, text: str, file: str) -> Iterator[tuple[Any, Chunk]]:
    end = _SPACE.match(text).end()  # type: ignore[union-attr]  # it matches everywhere
    line, counted = 1, 0
    while end < len(text):
        start = end
        value, end = decoder.raw_decode(text, start)
        if _too_deep(value):
            raise NotPlainJSON
        line_start = text.rfind("\n", 0, start) + 1
        line, counted = line + text.count("\n", counted, line_start), line_start
        yield value, Chunk(file, (" " * (start - line_start) + text[start:end]).encode(), line)
        end = _SPACE.match(text, end).end()  # type: ignore[union-attr]


def _without_lone_surrogates(text: str) -> str:
    if "\\ud" not in text and "\\uD" not in text:
        return text
    return _ESCAPES.sub(lambda escape: "\\ufffd" if re.match(r"\\u[dD].{3}\Z", escape[0]) else escape[0], text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        raise NotPlainJSON
    return mapping


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) < 19 else scalars.integer_in_json(int(digits))


def _float(digits: str) -> int | float:
    number = float(digits)
    if number - number != 0:
        raise NotPlainJSON
    return scalars.canonical(number)


def _constant(_name: str) -> None:
    raise NotPlainJSON


def _too_deep(value: Any) -> bool:
    level = _collections([value])
    for _ in range(DEEPEST):
        if not level:
            return False
        level = [inner for outer in level for inner in _collections(outer)]
    return bool(level)


def _collections(parent: Any) -> list[Any]:
    children = parent.values() if parent.__class__ is dict else parent
    return [child for child in children if child.__class__ is dict or child.__class__ is list]
