"""What must not be told, taken out of words in which it may stand as it is, quoted, or cut."""

import re
from typing import Any

from webhook.admission.words import clean, quote

HIDDEN = "(not shown)"

INSTEAD = f"has a value that is not allowed {HIDDEN}"
_RECOGNISABLE = 8  # characters of a secret that must not survive, wherever a message was cut


def without(text: str, value: Any, secrets: list[Any]) -> str:
    """The text without the secrets; `value` is what was found, in which they stand."""
    if isinstance(value, dict | list):
        text = text.replace(quote(value), HIDDEN)
    for secret in sorted(map(str, secrets), key=len, reverse=True):
        text = text.replace(quote(secret), HIDDEN)
        raw = re.escape(clean(secret[:120]))
        text = re.sub(raw if len(secret) >= _RECOGNISABLE else rf"(?<!\w){raw}(?!\w)", HIDDEN, text)
    long = [clean(str(secret)) for secret in secrets if len(str(secret)) >= _RECOGNISABLE]
    return INSTEAD if any(secret[:_RECOGNISABLE] in text for secret in long) else text


def unquoted(text: str, values: list[Any]) -> str:
    """The text without these values, for words that tell values only as `quote` does."""
    for value in values:
        raw = re.escape(quote(value))
        text = re.sub(raw if isinstance(value, str) else rf"(?<![\w.]){raw}(?![\w.])", HIDDEN, text)
    return text


def leaves(value: Any) -> list[Any]:
    """Everything in a value that is no mapping and no list, and says something."""
    found, rest = [], [value]
    while rest:
        item = rest.pop()
        if isinstance(item, dict):
            rest += item.values()
        elif isinstance(item, list):
            rest += item
        elif item not in (None, ""):
            found.append(item)
    return found
