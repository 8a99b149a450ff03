"""DER, as far as time stamps need it: one element at a time, each in the only way that it may be written (X.690, 10).

`cryptography` reads certificates and keys; this reads what it does not: the envelope of a time stamp.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from webhook.evidence.strict_json import Malformed

INTEGER = 0x02
OCTET_STRING = 0x04
OBJECT_IDENTIFIER = 0x06
UTF8_STRING = 0x0C
GENERALIZED_TIME = 0x18
SEQUENCE = 0x30
SET = 0x31

_TIME = re.compile(rb"(\d{14})(?:\.(\d+))?Z")
_LONGEST_LENGTH = 4  # bytes


class Element(NamedTuple):
    """One element: its tag (of one byte), what it holds, and all of it as it stands."""

    tag: int
    content: bytes
    whole: bytes

    def children(self) -> list["Element"]:
        """What a SEQUENCE, SET or explicit tag holds; raises Malformed."""
        return list(_elements(self.content))


def context(number: int) -> int:
    """The tag of what a SEQUENCE marks with [number]."""
    return 0xA0 | number


def read(data: bytes) -> Element:
    """The one element that these bytes are; raises Malformed."""
    found = list(_elements(data))
    if len(found) != 1:
        raise Malformed("it is not one element of DER")
    return found[0]


def expect(element: Element | None, tag: int) -> Element:
    """The element, if it is there and has this tag; raises Malformed."""
    if element is None or element.tag != tag:
        raise Malformed("it is not built as it should be")
    return element


def integer(element: Element | None) -> int:
    """The value of an INTEGER; raises Malformed."""
    content = expect(element, INTEGER).content
    if not content:
        raise Malformed("it has an empty number")
    return int.from_bytes(content, signed=True)


def utf8(element: Element | None) -> str:
    """The text of a UTF8String; raises Malformed."""
    try:
        return expect(element, UTF8_STRING).content.decode()
    except UnicodeDecodeError:
        raise Malformed("its text is not in UTF-8") from None


def moment(element: Element | None) -> datetime:
    """The time of a GeneralizedTime in UTC, as RFC 3161 2.4.2 wants it; raises Malformed."""
    written = _TIME.fullmatch(expect(element, GENERALIZED_TIME).content)
    try:
        if written is None:
            raise ValueError
        at = datetime.strptime(written[1].decode(), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        raise Malformed("its time cannot be read") from None
    return at.replace(microsecond=int((written[2] or b"")[:6].ljust(6, b"0")))


def _elements(data: bytes) -> Iterator[Element]:
    at = 0
    while at < len(data):
        start = _start(data, at)
        length, content = _length(data, at)
        if content + length > len(data):
            raise Malformed("it ends too early")
        yield Element(start, data[content : content + length], data[at : content + length])
        at = content + length


def _start(data: bytes, at: int) -> int:
    tag = data[at]
    if tag & 0x1F == 0x1F:
        raise Malformed("it has a tag of several bytes")
    return tag


def _length(data: bytes, at: int) -> tuple[int, int]:
    """The length of what an element holds, and where that begins."""
    first = data[at + 1 : at + 2]
    if not first:
        raise Malformed("it ends too early")
    if first[0] < 0x80:
        return first[0], at + 2
    size = first[0] & 0x7F
    written = data[at + 2 : at + 2 + size]
    length = int.from_bytes(written)
    if not 0 < size <= _LONGEST_LENGTH or len(written) < size or length < 0x80 or not written[0]:
        raise Malformed("it is not in DER: a length is written in another way")
    return length, at + 2 + size
