"""What must never be echoed: values of Secrets, of environment variables, and of annotations that may hold them."""

import re
from typing import Any

from webhook.admission.finding import Finding
from webhook.admission.words import SHOWN, clean, quote
from webhook.source.path import Path

HIDDEN = "(not shown)"

_INSTEAD = f"has a value that is not allowed {HIDDEN}"
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"  # the whole object again, as kubectl sent it
_TELLTALE = ("token", "password", "passwd", "secret", "credential", "api-key", "apikey")
_OPEN = frozenset({"apiVersion", "kind", "metadata", "type", "immutable"})  # any other key may be data, misspelt
_SECRETIVE = frozenset({"env", "annotations"})
_RECOGNISABLE = 8  # characters of a secret that must not survive, wherever a message was cut


def is_secret(path: Path, kind: str) -> bool:
    """Whether what stands at the path must not be told; an unknown kind ("") is taken for a Secret."""
    if kind in ("Secret", "") and path[:1] in (("data",), ("stringData",)):
        return True
    for first, second, third in zip(path, path[1:], (*path[2:], ""), strict=False):
        if first == "env" and isinstance(second, int) and third == "value":
            return True
        if first == "annotations" and isinstance(second, str) and _may_hold_one(second):
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
    hidden = secrets(finding.path, finding.value, kind)
    if hidden:
        return _without(text, finding.value, hidden)
    if isinstance(finding.value, str) and len(finding.value) > SHOWN:
        for length in (len(finding.value), 120):  # a rule's own words may hold the value, as far as they took it over
            text = text.replace(clean(finding.value[:length]), quote(finding.value)[1:-1])
    return text


def without_secrets(obj: Any, kind: str) -> Any:
    """The object for a report; of a Secret only the keys."""
    if kind != "Secret" or not isinstance(obj, dict):
        return obj
    return {key: value if key in _OPEN else _keys_only(value) for key, value in obj.items()}


def _keys_only(value: Any) -> Any:
    return dict.fromkeys(value, HIDDEN) if isinstance(value, dict) else HIDDEN


def _without(text: str, value: Any, hidden: list[Any]) -> str:
    if isinstance(value, dict | list):
        text = text.replace(quote(value), HIDDEN)
    for secret in sorted(map(str, hidden), key=len, reverse=True):
        text = text.replace(quote(secret), HIDDEN)
        raw = re.escape(clean(secret[:120]))
        text = re.sub(raw if len(secret) >= _RECOGNISABLE else rf"(?<!\w){raw}(?!\w)", HIDDEN, text)
    long = [clean(str(secret)) for secret in hidden if len(str(secret)) >= _RECOGNISABLE]
    return _INSTEAD if any(secret[:_RECOGNISABLE] in text for secret in long) else text


def _may_hold_one(key: str) -> bool:
    return key == _LAST_APPLIED or any(word in key.lower() for word in _TELLTALE)
