"""yes, no, on and off without quotes: YAML reads them as true and false, people mean words."""

import re
from collections.abc import Iterator
from typing import Any

from webhook.expressions import expression
from webhook.source.path import Path
from webhook.source.shape import On, Problems

_WORDS = frozenset({"y", "yes", "on", "n", "no", "off"})
_MAY_BE = expression(rb"(?:^|[\s:,\[{-])(?:y|yes|on|n|no|off)(?=$|[\s:,\]}#])", re.IGNORECASE | re.MULTILINE)


def may_have_words(data: bytes) -> bool:
    """Whether a file may have such a word; also true of one that says `no` in a comment or a sentence."""
    return _MAY_BE.search(data) is not None


def warn_of_words(value: Any, problems: Problems) -> None:
    """Warn of every such word in a document, at its place."""
    for at, read, on in _booleans(value, ()):
        place = problems.place(at, on)
        word = place.text[place.column - 1 : place.column - 1 + place.length]
        if word.lower() in _WORDS:
            what = "the boolean" if on == "value" else "the key"
            cure = f'write it in quotes, "{word}"' + (f", or as {read}" if on == "value" else "")
            problems.warning(at, f"`{word}` is read as {what} {read}", cure, on)


def _booleans(value: Any, at: Path) -> Iterator[tuple[Path, str, On]]:
    """The places that may be such words: booleans, and keys that are called as booleans are."""
    if isinstance(value, bool):
        yield at, "true" if value else "false", "value"
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key in ("true", "false"):
                yield (*at, key), key, "key"
            yield from _booleans(inner, (*at, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _booleans(inner, (*at, index))
