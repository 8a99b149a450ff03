"""JSON from strangers: one reading or none, and its fields in the types that they must have.

Python keeps the last of two equal keys, takes NaN and 1e999 for numbers, and reads UTF-16: whoever else reads the same
bytes may see something else. Key names are compared as they are written: what Go's decoder would fold is unknown here.
"""

import binascii
import json
import re
from collections.abc import Mapping
from typing import Any

LARGEST = 16 * 1024 * 1024
DEEPEST = 64

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_URL_SAFE = str.maketrans("-_", "+/")


class Malformed(ValueError):
    """Bytes that cannot be read as what they claim to be; the message is a clause for people: "its payload is ..."."""


def parse(data: bytes, largest: int = LARGEST) -> Any:
    """The value of a JSON text; raises Malformed if it is too long, too deep, says a key twice, or is no JSON."""
    if len(data) > largest:
        raise Malformed(f"it has {len(data)} bytes, more than {largest}")
    try:
        value = json.loads(data.decode(), object_pairs_hook=_once, parse_constant=_finite, parse_float=_finite)
        if b"\\u" in data and _SURROGATE.search(data):
            json.dumps(value, ensure_ascii=False).encode()
    except Malformed:
        raise
    except UnicodeError:
        raise Malformed("it is no JSON: not in UTF-8") from None
    except RecursionError:
        raise Malformed(f"it is nested more than {DEEPEST} deep") from None
    except ValueError:
        raise Malformed("it is no JSON") from None
    if _is_deeper(value, DEEPEST):
        raise Malformed(f"it is nested more than {DEEPEST} deep")
    return value


def parse_object(data: bytes, largest: int = LARGEST) -> dict[str, Any]:
    """The same for what must be an object."""
    value = parse(data, largest)
    if not isinstance(value, dict):
        raise Malformed("it is no JSON object")
    return value


def text(document: Mapping[str, Any], name: str) -> str:
    """A text, "" where there is none."""
    found = document.get(name)
    if found is not None and not isinstance(found, str):
        raise Malformed(f"its `{name}` is no text")
    return found or ""


def mapping(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An object, empty where there is none."""
    found = document.get(name)
    if found is not None and not isinstance(found, dict):
        raise Malformed(f"its `{name}` is no object")
    return found or {}


def objects(document: Mapping[str, Any], name: str, most: int) -> list[dict[str, Any]]:
    """A list of objects without its nulls, empty where there is none."""
    found = document.get(name) or []
    if not isinstance(found, list):
        raise Malformed(f"its `{name}` is no list")
    if len(found) > most:
        raise Malformed(f"it has {len(found)} `{name}`, more than {most}")
    present = [item for item in found if item is not None]
    if not all(isinstance(item, dict) for item in present):
        raise Malformed(f"its `{name}` holds what is no object")
    return present


def number(document: Mapping[str, Any], name: str) -> int:
    """An integer, 0 where there is none; protobuf's JSON writes those of 64 bits as texts."""
    found = document.get(name)
    if isinstance(found, str) and re.fullmatch(r"-?[0-9]{1,19}", found):
        return int(found)
    if found is None or (type(found) is int and -(2**63) <= found < 2**63):
        return found or 0
    raise Malformed(f"its `{name}` is no number")


def base64_bytes(document: Mapping[str, Any], name: str) -> bytes:
    """Bytes from base64, b"" where there is none."""
    return from_base64(text(document, name), name)


def from_base64(written: str, name: str) -> bytes:
    """Bytes from base64, standard or URL-safe, whole and padded."""
    if "-" in written or "_" in written:
        written = written.translate(_URL_SAFE)
    try:
        if len(written) % 4 == 0:
            return binascii.a2b_base64(written, strict_mode=True)
    except ValueError:
        pass
    raise Malformed(f"its `{name}` is no whole base64")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Malformed(f"it has the key `{twice[:40]}` twice")
    return found


def _finite(written: str) -> float:
    value = float(written)
    if value - value != 0:
        raise Malformed(f"{written[:20]} is no number in JSON")
    return value


def _is_deeper(value: Any, deepest: int) -> bool:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(deepest):
        if not level:
            return False
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) is dict or type(inner) is list
        ]
    return bool(level)
