"""Where a rule says what it does to a field: the key that is meant, found by the names on the way."""

from collections.abc import Iterator
from typing import Any

from webhook.policy.compile import Written
from webhook.source.path import Path, look_up


def place_of(written: Written, path: Path) -> Path:
    """The key in a rule's document that most names of the object's path lead to; the rule type's where none does.

    `memory: {limit: ...}` is what leads to resources.limits.memory.
    """
    named = {step for step in path if isinstance(step, str)}
    named |= {step.removesuffix("s") for step in named}
    at: Path = (*written.at, written.kind)
    paths = ((len(named.intersection(below)), -len(below), below) for below in _paths(written.raw.get(written.kind)))
    hits, _, best = max(paths, key=lambda found: found[:2], default=(0, 0, ()))
    return (*at, *best) if hits else at


def existing(raw: Any, path: Path) -> Path:
    """As much of the path as stands in the document."""
    found = 0
    while found < len(path) and look_up(raw, path[: found + 1]) is not None:
        found += 1
    return path[:found]


def _paths(value: Any, at: Path = ()) -> Iterator[Path]:
    """Every key below, however deep."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*at, key)
            yield from _paths(inner, (*at, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _paths(inner, (*at, index))
