"""Duplicates: values that are there a second time, for `unique` and `uniqueIn`."""

from collections.abc import Iterable, Iterator
from typing import Any

from webhook.admission.finding import Found
from webhook.admission.spots import Spot
from webhook.admission.words import shown
from webhook.source.path import Path


def duplicates(spots: Iterable[Spot], *, within_list: bool) -> Iterator[Found]:
    """What is there a second time: in the same innermost list, or anywhere among the spots."""
    seen: set[Any] = set()
    for path, value in spots:
        if value is None:
            continue
        key = (_list_of(path) if within_list else (), _hashable(value))
        if key in seen:
            yield Found(path, value, f"is {shown(path, value)} a second time, must be unique")
        seen.add(key)


def _list_of(path: Path) -> Path:
    last = max((at for at, step in enumerate(path) if isinstance(step, int)), default=0)
    return path[:last]


def _hashable(value: Any) -> Any:
    if isinstance(value, dict | list):
        import json

        return json.dumps(value, sort_keys=True)
    return type(value), value
