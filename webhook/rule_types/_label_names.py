"""What Kubernetes takes as the key of a label or annotation, and as the value of a label (apimachinery validation)."""

import re
from collections.abc import Iterable

from webhook.admission.selector import LabelSelector
from webhook.admission.words import quote
from webhook.expressions import expression
from webhook.patterns import closest

_PART = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_PREFIX = expression(rf"{_PART}(?:\.{_PART})*")
_NAME = expression(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_VALUE = expression(r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_GLOB = expression(r"[-A-Za-z0-9_.*]+(?:/[-A-Za-z0-9_.*]+)?")

LONGEST_VALUE = 63
_LONGEST_PREFIX = 253
_LONGEST_KEY = _LONGEST_PREFIX + 1 + 63


def key_mistake(key: str, field: str) -> str | None:
    """Why no object can have this key among its labels or annotations; globs are only looked through for letters."""
    if "*" in key:
        return None if _GLOB.fullmatch(key) else "no key can match it: a key is NAME or PREFIX/NAME"
    prefix, slash, name = key.rpartition("/")
    if field == "annotations":  # the API server reads these in lower case
        prefix, name = prefix.lower(), name.lower()
    if not _NAME.fullmatch(name):
        return "the name of a key has at most 63 letters, digits, - _ and ., and a letter or digit at both ends"
    if slash and (len(prefix) > _LONGEST_PREFIX or not _PREFIX.fullmatch(prefix)):
        return "the part before the slash is a DNS name in lower case, such as acme.example"
    return None


def value_mistake(value: str) -> str | None:
    """Why no label can have this value."""
    if _VALUE.fullmatch(value):
        return None
    if len(value) > LONGEST_VALUE:
        return f"a label's value has at most {LONGEST_VALUE} characters"
    return "a label's value has letters, digits, - _ and . only, and a letter or digit at both ends"


def selector_mistake(selector: LabelSelector) -> str | None:
    """Why no object can have a label that the selector names; a selector knows no globs."""
    keys = [*selector.match_labels, *(one.key for one in selector.match_expressions)]
    values = [*selector.match_labels.values(), *(value for one in selector.match_expressions for value in one.values)]
    if glob := next((text for text in (*keys, *values) if "*" in text), None):
        return f"{quote(glob)} is no glob here"
    return next(filter(None, (*(key_mistake(key, "labels") for key in keys), *map(value_mistake, values))), None)


def similar(key: str, candidates: Iterable[str]) -> str | None:
    """The candidate that was probably meant: a slip in the name or in the prefix, the other part being the same."""
    prefix, _, name = key[:_LONGEST_KEY].rpartition("/")
    parts = [(one.rpartition("/")[0], one.rpartition("/")[2], one) for one in candidates]
    slip = closest(name, [own for before, own, _ in parts if before == prefix])
    if slip is not None and slip != name:
        return f"{prefix}/{slip}" if prefix else slip
    moved = [(before, one) for before, own, one in parts if own == name and before != prefix]
    guess = closest(prefix, [before for before, _ in moved])
    return next((one for before, one in moved if before == guess), None)


def made_fit(text: str) -> str:
    """The text as a label's value: other characters become _, and it is cut to what fits."""
    plain = re.sub(r"[^-A-Za-z0-9_.]", "_", text)
    return re.sub(r"^[^A-Za-z0-9]+", "", plain)[:LONGEST_VALUE].rstrip("-_.")
