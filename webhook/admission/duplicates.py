"""Duplicates: values that are there a second time, for `unique` and `uniqueIn`."""

from collections.abc import Iterable, Iterator
from typing import Any

from webhook.admission.finding import Found
from webhook.admission.spots import Spot
from webhook.admission.words import shown


def duplicates(spots: Iterable[Spot], below_list: int | None = None) -> Iterator[Found]:
    """What is there a second time, anywhere among the spots, or in the list that lies this many steps above each."""
    seen: set[Any] = set()
    for path, value in spots:
        if value is None:
            continue
        key = (path[:-below_list] if below_list else (), _hashable(value))
        if key in seen:
            yield Found(path, value, f"is {shown(path, value)} a second time, must be unique")
        seen.add(key)


def _hashable(value: Any) -> Any:
    if isinstance(value, dict | list):
        import json

        return json.dumps(value, sort_keys=True)
    return type(value), value
