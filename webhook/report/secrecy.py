"""What must never be echoed: values of Secrets, of environment variables, and of annotations that may hold them."""

from collections.abc import Callable, Collection
from typing import Any

from webhook.admission.finding import Finding
from webhook.admission.hidden import HIDDEN, without
from webhook.admission.words import SHOWN, clean, may_hold_secret, quote
from webhook.source.path import Path

_DATA = frozenset({"data", "stringData"})
_OPEN = frozenset({"apiVersion", "kind", "metadata", "type", "immutable"})  # any other key may be data, misspelt
_NEW = "(not shown, new)"
_SECRETIVE = frozenset({"env", "annotations"})
_HARMLESS = frozenset({"name", "valueFrom"})  # of a variable; any other key may be its value, misspelt


def is_secret(path: Path, kind: str) -> bool:
    """Whether what stands at the path must not be told; an unknown kind ("") is taken for a Secret."""
    if kind in ("Secret", "") and path[:1] and path[0] in _DATA:
        return True
    for first, second, third in zip(path, path[1:], (*path[2:], ""), strict=False):
        if first == "env" and isinstance(second, int) and third == "value":
            return True
        if first == "annotations" and isinstance(second, str) and may_hold_secret(second):
            return True
    return False


def may_hold_secrets(path: Path, kind: str) -> bool:
    """Whether secrets stand around the path, so that a field with another name there may be one as well."""
    return kind == "Secret" or not _SECRETIVE.isdisjoint(path)


def secrets(path: Path, value: Any, kind: str) -> list[Any]:
    """The values at and below the path that must not be told."""
    if value is None:
        return []
    found = []
    rest = [(path, value, False)]
    while rest:
        at, item, inside = rest.pop()
        inside = inside or is_secret(at, kind)
        if isinstance(item, dict):
            rest += [((*at, key), below, inside) for key, below in item.items()]
        elif isinstance(item, list):
            rest += [((*at, index), below, inside) for index, below in enumerate(item)]
        elif inside and item not in (None, ""):
            found.append(item)
    return found


def told(text: str, finding: Finding, kind: str) -> str:
    """The words of a finding, with no secret in them and no value longer than values are shown."""
    if finding.hidden:
        return text
    hidden = secrets(finding.path, finding.value, kind)
    if hidden:
        return without(text, finding.value, hidden)
    if isinstance(finding.value, str) and len(finding.value) > SHOWN:
        for length in (len(finding.value), 120):  # a rule's own words may hold the value, as far as they took it over
            text = text.replace(clean(finding.value[:length]), quote(finding.value)[1:-1])
    return text


def begins(path: Path, kind: str) -> bool:
    """Whether nothing at or below exactly this path is shown in a line of a file: stricter than what is said, because
    what stands beside the value that is meant may be misspelt."""
    if len(path) == 1:
        return path[0] not in _OPEN if kind == "Secret" else not kind and path[0] in _DATA
    if path[-2:-1] == ("annotations",):
        return may_hold_secret(str(path[-1]))
    return path[-3:-2] == ("env",) and isinstance(path[-2], int) and path[-1] not in _HARMLESS


def without_secrets(obj: Any, kind: str, hidden: Collection[Any] = ()) -> Any:
    """The object for a report: of a Secret only the keys, and nothing that equals one of the `hidden` values."""
    if kind == "Secret" and isinstance(obj, dict):
        return {key: value if key in _OPEN else _keys_only(value) for key, value in obj.items()}
    return _replaced(obj, lambda _, leaf: HIDDEN if _is_among(leaf, hidden) else leaf) if hidden else obj


def for_reading(obj: Any, kind: str, hidden: Collection[Any], known: Collection[Any]) -> Any:
    """The object as a diff shows it, with no secret; one that is not among the `known` ones is told as new."""

    def shown(path: Path, leaf: Any) -> Any:
        if not (_begins_above(path, kind) or _is_among(leaf, hidden)):
            return leaf
        return HIDDEN if _is_among(leaf, [*known, *hidden]) else _NEW

    return _replaced(obj, shown)


def secrets_in(obj: Any, kind: str) -> list[Any]:
    """Every value of an object that no line of it shows."""
    found: list[Any] = []
    _replaced(obj, lambda path, leaf: found.append(leaf) if _begins_above(path, kind) else None)
    return found


def _begins_above(path: Path, kind: str) -> bool:
    return any(begins(path[:end], kind) for end in range(1, len(path) + 1))


def _replaced(value: Any, shown: Callable[[Path, Any], Any], at: Path = ()) -> Any:
    """The value with what `shown` makes of each path and leaf."""
    if isinstance(value, dict):
        return {key: _replaced(below, shown, (*at, key)) for key, below in value.items()}
    if isinstance(value, list):
        return [_replaced(below, shown, (*at, index)) for index, below in enumerate(value)]
    return value if value in (None, "") else shown(at, value)


def _is_among(leaf: Any, values: Collection[Any]) -> bool:
    return any(type(leaf) is type(value) and leaf == value and not isinstance(leaf, bool) for value in values)


def _keys_only(value: Any) -> Any:
    return dict.fromkeys(value, HIDDEN) if isinstance(value, dict) else HIDDEN
