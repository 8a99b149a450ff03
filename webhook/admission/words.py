"""Values as people may read them: one line, no control characters, never longer than fits."""

import unicodedata
from typing import Any

from webhook.source.path import Path

SHOWN = 60  # characters of a user's value that we echo

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"  # as kubectl sent it
_TELLTALE = ("token", "password", "passwd", "secret", "credential", "api-key", "apikey")


def clean(text: str) -> str:
    """The text without control, format and line-breaking characters: nothing a user writes reaches a terminal raw."""
    if text.isprintable():
        return text
    return "".join(c if unicodedata.category(c)[0] != "C" and c not in "\u2028\u2029" else "\ufffd" for c in text)


def quote(value: Any, limit: int = SHOWN) -> str:
    """A value found in an object, for a message: strings in quotes, cut to `limit` characters."""
    if isinstance(value, str):
        return f'"{_cut(clean(value), limit)}"'
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _cut(str(value), limit)
    import json

    return _cut(clean(json.dumps(value, ensure_ascii=False, default=str)), limit)


def shown(path: Path, value: Any) -> str:
    """A value found at a path, as `quote` shows it; values of environment variables and of Secrets stay hidden."""
    if value is not None and _is_hidden(path):
        return "a value that is not shown"
    return quote(_without_hidden(path, value))


def may_hold_secret(annotation: str) -> bool:
    """Whether an annotation of this name may hold a secret, or the whole object again."""
    return annotation == _LAST_APPLIED or any(word in annotation.lower() for word in _TELLTALE)


def _is_hidden(path: Path) -> bool:
    if path[-2:-1] == ("annotations",):
        return may_hold_secret(str(path[-1]))
    return (path[-1:] == ("value",) and "env" in path) or path[:1] in (("data",), ("stringData",))


def _without_hidden(path: Path, value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_hidden((*path, key), item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_hidden((*path, index), item) for index, item in enumerate(value)]
    return "(not shown)" if value is not None and _is_hidden(path) else value


def listing(items: Any, last: str = "or") -> str:
    """`a`, `a or b`, `a, b or c`."""
    words = [str(item) for item in items]
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def some(items: Any, last: str = "or", room: int = 80) -> str:
    """The items as `listing` has them, of many the first that fit into `room` characters: `a, b or 7 others`."""
    words = [str(item) for item in items]
    told = words[:1]
    for word in words[1:]:
        if len(", ".join([*told, word])) > room:
            break
        told.append(word)
    left = len(words) - len(told)
    return listing(words, last) if not left else f"{', '.join(told)} {last} {plural(left, 'other')}"


def plural(count: int, noun: str, many: str | None = None) -> str:
    """`1 rule`, `2 rules`."""
    return f"{count} {noun if count == 1 else many or noun + 's'}"


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
