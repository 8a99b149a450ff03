"""The types that a label's or annotation's value can have: their grammar, and what `min` and `max` measure in each.

Each reader gets text and returns something that can be measured; it raises ValueError with a reason that reads after
"is no NOUN: ".
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, NamedTuple

from webhook.expressions import expression
from webhook.patterns import shown
from webhook.pod.duration import Duration, Ttl
from webhook.pod.image import Image
from webhook.pod.quantity import Quantity
from webhook.pod.version import Version
from webhook.rule_types._port_lists import PortList

_LONGEST = 256  # characters of a value that has a grammar
_LONGEST_URL = 2048
_LARGEST_JSON = 16 * 1024
_DEEPEST_JSON = 10

_INT = expression(r"-?[0-9]{1,18}")
_PERCENT = expression(r"([0-9]{1,3})(?:\.([0-9]{1,6}))?(%?)")
_DATE = expression(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[Tt]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?([Zz]|[+-][0-9]{2}:[0-9]{2}))?"
)
_EMAIL = expression(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_URL = expression(
    r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:[/?#][!-~]*)?|https?://\[[0-9A-Fa-f:.]+\](?::[0-9]{1,5})?(?:[/?#][!-~]*)?"
)


class ValueType(NamedTuple):
    """One type: how it is called and written, how text is read, and how `min` and `max` are (None: they cannot be)."""

    noun: str
    example: str
    read: Callable[[str], Any]
    bound: Callable[[Any], Any] | None = None
    counts: str = ""
    """What is counted, where `min` and `max` are about how many."""
    fits_label: bool = True

    def parse(self, text: str) -> Any:
        """What the text is worth; raises ValueError with the reason alone."""
        try:
            return self.read(text)
        except ValueError as error:
            reason = str(error.args[0]) if error.args else ""
            head = shown(text)
            own = reason if not reason.startswith(head) else reason.removeprefix(head).partition(": ")[2]
            raise ValueError(own) from None


def _string(text: str) -> int:
    return len(text)


def _bool(text: str) -> str:
    if text not in ("true", "false"):
        raise ValueError("write true or false")
    return text


def _int(text: str) -> int:
    if not _INT.fullmatch(text):
        raise ValueError("write digits only, such as 3")
    return int(text)


def _positive(text: str) -> Quantity:
    quantity = Quantity.parse(text)
    if not quantity.nano:
        raise ValueError("it must be more than nothing")
    return quantity


def _memory(text: str) -> Quantity:
    quantity = _positive(text)
    if not quantity.is_whole:
        raise ValueError(f"a byte cannot be divided, did you mean {text.removesuffix('m')}Mi?")
    return quantity


def _percent(text: str) -> int:
    """Hundred-millionths: 25% and 0.25 are the same."""
    found = _PERCENT.fullmatch(text)
    if not found:
        raise ValueError("write it as 25% or 0.25")
    scaled = int(found[1]) * 10**6 + int((found[2] or "").ljust(6, "0"))
    scaled = scaled if found[3] else scaled * 100
    if not 0 < scaled <= 10**8:
        raise ValueError("it must be above 0% and at most 100%")
    return scaled


def _date(text: str) -> datetime:
    """RFC 3339 with a zone; a day alone is its first moment in UTC."""
    found = _DATE.fullmatch(text)
    if not found:
        raise ValueError("write it as 2026-12-31 or 2026-12-31T12:00:00Z")
    day, time, fraction, zone = found.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{time or '00:00:00'}")
    except ValueError:
        raise ValueError("there is no such day or time") from None
    return (moment + timedelta(microseconds=int((fraction or "")[:6].ljust(6, "0")))).replace(tzinfo=_zone(zone))


def _zone(text: str | None) -> timezone:
    if not text or text in "Zz":
        return UTC
    hours, minutes = int(text[1:3]), int(text[4:6])
    if hours > 23 or minutes > 59:
        raise ValueError("there is no such time zone")
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)


def _ports(text: str) -> int:
    """How many ports a list of ports and ranges names, each counted once; an empty text names none."""
    return PortList.parse(text).count


def _networks(text: str) -> int:
    """How many networks a list names; an empty text names none."""
    from ipaddress import ip_network

    parts = [part.strip() for part in text.split(",")] if text.strip() else []
    for part in parts:
        try:
            if not re.fullmatch(r"[0-9A-Fa-f:.]+/[0-9]{1,3}", part):
                raise ValueError(part)
            ip_network(part)
        except ValueError:
            raise ValueError("write networks with commas between them, such as 10.0.0.0/8") from None
    return len(parts)


def _email(text: str) -> str:
    if len(text) > _LONGEST or not _EMAIL.fullmatch(text):
        raise ValueError("write it as name@example.com")
    return text


def _url(text: str) -> str:
    if len(text) > _LONGEST_URL or not _URL.fullmatch(text):
        raise ValueError("write it as https://example.com/page")
    return text


def _json(text: str) -> int:
    """How many characters it has, once it has been read: small, flat, every key once."""
    import json

    if len(text) > _LARGEST_JSON:
        raise ValueError(f"it has more than {_LARGEST_JSON} characters")
    try:
        value = json.loads(text, object_pairs_hook=_without_twins, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise ValueError(f"{error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise ValueError(f"it is nested more than {_DEEPEST_JSON} deep") from None
    if _depth(value) > _DEEPEST_JSON:
        raise ValueError(f"it is nested more than {_DEEPEST_JSON} deep")
    return len(text)


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        raise ValueError("a key stands in it twice")
    return result


def _no_constant(_: str) -> Any:
    raise ValueError("there are no NaN and Infinity in JSON")


def _depth(value: Any) -> int:
    """Levels of lists and objects, counted with a stack of our own."""
    deepest, waiting = 0, [(value, 0)]
    while waiting:
        one, level = waiting.pop()
        if isinstance(one, dict | list):
            deepest = max(deepest, level + 1)
            waiting += [(below, level + 1) for below in (one.values() if isinstance(one, dict) else one)]
    return deepest


def _count(bound: Any) -> int:
    if isinstance(bound, bool) or not isinstance(bound, int) or not 0 <= bound <= 10**9:
        raise ValueError("expected a number, how many there may be")
    return bound


def _whole(bound: Any) -> int:
    if isinstance(bound, bool) or not isinstance(bound, int):
        raise ValueError("expected a whole number")
    return bound


def _text(read: Callable[[str], Any]) -> Callable[[Any], Any]:
    """A bound is written as values are; a number stands for its text."""

    def bound(value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValueError("expected a bound, written as values are")
        return read(str(value))

    return bound


TYPES: dict[str, ValueType] = {
    "string": ValueType("string", "...", _string, _count, "characters"),
    "bool": ValueType("boolean", "true", _bool),
    "int": ValueType("whole number", "3", _int, _whole),
    "cpu": ValueType("amount of cpu", "500m", _positive, _text(_positive)),
    "memory": ValueType("amount of memory", "256Mi", _memory, _text(_memory)),
    "quantity": ValueType("quantity", "1Gi", Quantity.parse, _text(Quantity.parse)),
    "percent": ValueType("percentage", "25%", _percent, _text(_percent)),
    "duration": ValueType("duration", "1h30m", Duration.parse, _text(Duration.parse)),
    "ttl": ValueType("lifetime", "7d", Ttl.parse, _text(Ttl.parse)),
    "date": ValueType("date", "2026-12-31", _date, _text(_date)),
    "portList": ValueType("list of ports", "80,8000-8080", _ports, _count, "ports"),
    "cidrList": ValueType("list of networks", "10.0.0.0/8", _networks, _count, "networks", fits_label=False),
    "enum": ValueType("value of these", "...", str),
    "email": ValueType("e-mail address", "name@example.com", _email, fits_label=False),
    "url": ValueType("URL", "https://example.com", _url, fits_label=False),
    "semver": ValueType("semantic version", "1.4.2", Version.parse, _text(Version.parse)),
    "json": ValueType("JSON", "{}", _json, _count, "characters", fits_label=False),
    "image": ValueType("image reference", "registry.example/app:1.0", Image.parse),
}
