"""YAML scalars as kubectl reads them: YAML 1.1 words, Go's number grammar, and what is left of a number after JSON.

kubectl turns YAML into JSON with sigs.k8s.io/yaml before it sends it, so a number is what Go's JSON decoder makes of
it: an int64 where it is one, else a float64. tests/source/test_kubectl_scalars.py holds this against the real kubectl.
"""

from __future__ import annotations

import re
from typing import Any

from webhook.expressions import expression

Scalar = str | int | float | bool | None

TAG_PREFIX = "tag:yaml.org,2002:"
_TAGS = frozenset(("str", "int", "float", "bool", "null", "binary"))

_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_NUMBER_STARTS = frozenset("+-.0123456789")
MAY_MEAN_MORE = _NUMBER_STARTS | {word[:1] for word in ("<<", *_WORDS)}  # every other first character makes a string
_INTEGER = expression(r"([+-]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))\Z")
_SIGNED_BINARY = expression(r"0b([+-][01]+)\Z")  # go-yaml cuts off 0b and parses what is left: 0b-11 is -3
_FLOAT = expression(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_POINT_FIRST = expression(r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?\Z")
_INT64 = 1 << 63
_LONGEST_INTEGER = 80  # no 64-bit number is longer, not even in binary


class ScalarError(ValueError):
    """A scalar that kubectl refuses; the message is a sentence for a person, `help` the cure."""

    def __init__(self, message: str, help_text: str | None = None) -> None:
        super().__init__(message)
        self.help = help_text


class UnknownTag(ScalarError):
    """A tag that means nothing to Kubernetes."""


def value(text: str) -> Scalar:
    """What kubectl sends for a plain (unquoted, untagged) scalar; ScalarError for what JSON cannot carry."""
    return _in_json(text, _resolve(text))


def key(text: str) -> str:
    """The JSON key that kubectl sends for a plain scalar in key position; ScalarError where it refuses one."""
    return _as_key(text, _resolve(text))


def tagged(tag: str, text: str) -> Scalar:
    """What kubectl sends for a scalar under one of the tags !!str, !!int, !!float, !!bool, !!null and !!binary."""
    return _in_json(text, _resolve_tagged(tag, text))


def tagged_key(tag: str, text: str) -> str:
    """The JSON key for a scalar under a tag; ScalarError where kubectl refuses it."""
    return _as_key(text, _resolve_tagged(tag, text))


def canonical(number: float) -> int | float:
    """A float as it comes out of kubectl's way through JSON: 1e3 is the integer 1000."""
    if not number.is_integer() or abs(number) >= 1e21:
        return number
    digits, _, exponent = repr(number).partition("e")
    whole, _, fraction = digits.partition(".")
    integer = int(whole + fraction) * 10 ** int(exponent) // 10 ** len(fraction) if exponent else int(number)
    return integer if -_INT64 <= integer < _INT64 else number


def integer_in_json(integer: int) -> int | float:
    """An integer as Go keeps it: exact in 64 bits with a sign, else the nearest float; ScalarError beyond floats."""
    if -_INT64 <= integer < _INT64:
        return integer
    try:
        return float(integer)
    except OverflowError:
        raise ScalarError("the number is too large for Kubernetes") from None


def _resolve(text: str) -> Scalar:
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_STARTS:
        return text
    if text[0] == ".":
        return _float(text) if _POINT_FIRST.match(text) else text
    return _number(text)


def _number(text: str) -> Scalar:
    bare = text.replace("_", "")
    integer = _integer(bare)
    if integer is not None:
        return integer
    if _FLOAT.match(bare):
        number = _float(bare)
        return text if number is bare else number
    if len(bare) <= _LONGEST_INTEGER and (signed := _SIGNED_BINARY.match(bare)):
        return int(signed[1], 2)
    return text


def _integer(bare: str) -> int | None:
    found = _INTEGER.match(bare) if len(bare) <= _LONGEST_INTEGER else None
    if not found:
        return None
    sign, hexadecimal, binary, octal, decimal = found.groups()
    if hexadecimal:
        size = int(hexadecimal, 16)
    elif binary:
        size = int(binary, 2)
    else:
        size = int(octal, 8) if octal else int(decimal)
    integer = -size if sign == "-" else size
    highest = _INT64 if sign else 2 * _INT64  # only a number without sign may use all 64 bits
    return integer if -_INT64 <= integer < highest else None


def _float(text: str) -> float | str:
    number = float(text)
    return text if number in (float("inf"), float("-inf")) else number  # Go: out of range, so a string


def _resolve_tagged(tag: str, text: str) -> Scalar:
    name = tag.removeprefix(TAG_PREFIX)
    if name == tag or name not in _TAGS:
        raise UnknownTag(f"unknown tag {shown(tag)}")
    if name == "str":
        return text
    if name == "binary":
        return _from_base64(text)
    resolved = _resolve(text)
    if name == "float" and type(resolved) is int and resolved < _INT64:
        return float(resolved)
    if {bool: "bool", int: "int", float: "float", type(None): "null"}.get(type(resolved)) != name:
        raise ScalarError(f"{shown(text)} is no !!{name}")
    return resolved


def _from_base64(text: str) -> str:
    import base64  # rare: only for !!binary
    import binascii

    try:
        data = base64.b64decode(text.replace("\r", "").replace("\n", ""), validate=True)
    except (binascii.Error, ValueError):
        raise ScalarError("!!binary needs base64") from None
    return re.sub("[\udc80-\udcff]", "�", data.decode("utf-8", "surrogateescape"))


def _in_json(text: str, resolved: Scalar) -> Scalar:
    if type(resolved) is float:
        if resolved - resolved != 0:  # infinite or not a number
            raise ScalarError(
                f"{text} is a number that JSON, and so Kubernetes, cannot carry", "quote it if it is text"
            )
        return canonical(resolved)
    return integer_in_json(resolved) if type(resolved) is int else resolved


def _as_key(text: str, resolved: Scalar) -> str:
    if isinstance(resolved, str):
        return resolved
    if isinstance(resolved, bool):
        return "true" if resolved else "false"
    if resolved is None or (isinstance(resolved, int) and resolved >= _INT64):
        raise ScalarError(f"{shown(text)} cannot be a key" if text else "the key is empty", "quote the key")
    return str(resolved) if isinstance(resolved, int) else _float_key(resolved)


def _float_key(number: float) -> str:
    """A float as Go's strconv.FormatFloat(number, 'g', -1, 32) writes it, the way go-yaml spells infinities."""
    import struct  # rare: only for keys such as 1.20

    try:
        single: float = struct.unpack("f", struct.pack("f", number))[0]
    except OverflowError:
        return ".inf" if number > 0 else "-.inf"
    if single - single != 0:
        return ".inf" if single > 0 else "-.inf" if single < 0 else ".nan"
    written = next(text for digits in range(17) if _single(text := f"{single:.{digits}e}") == single)
    mantissa, _, exponent = written.partition("e")
    power = int(exponent)
    if power < -4 or power >= 6:
        return f"{mantissa}e{power:+03d}"
    return f"{single:.{max(0, len(mantissa.lstrip('-').replace('.', '')) - 1 - power)}f}"


def _single(text: str) -> Any:
    import struct

    try:
        return struct.unpack("f", struct.pack("f", float(text)))[0]
    except OverflowError:
        return None


def shown(text: str) -> str:
    """A user's text as one short printable line for a message."""
    printable = "".join(character if character.isprintable() else "�" for character in text[:40])
    return f"{printable}..." if len(text) > 40 else printable
