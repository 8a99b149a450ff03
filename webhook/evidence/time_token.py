"""Tokens of RFC 3161, read: a CMS SignedData (RFC 5652) in DER, whose one signer has signed attributes.

The attributes name the hash of what is said (the TSTInfo) and of the signer's certificate (ESSCertID, of RFC 2634 and
RFC 5816). Only their form is looked at here; whether any of it holds, timestamps.py says.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from webhook.evidence import der
from webhook.evidence.der import Element
from webhook.evidence.strict_json import Malformed

LARGEST_TOKEN = 64 * 1024
MOST_CERTIFICATES = 8
MOST_ATTRIBUTES = 32

HASHES = {
    "608648016503040201": "sha256",
    "608648016503040202": "sha384",
    "608648016503040203": "sha512",
}
"""The hashes that count, by their object identifiers."""

_SIGNED_DATA = "2a864886f70d010702"
_TST_INFO = "2a864886f70d0109100104"
_CONTENT_TYPE = "2a864886f70d010903"
_MESSAGE_DIGEST = "2a864886f70d010904"
_CERTIFICATE_BY_SHA1 = "2a864886f70d010910020c"
_CERTIFICATE = "2a864886f70d010910022f"
_GRANTED = (0, 1)


class Said(NamedTuple):
    """A TSTInfo: at `at` there was something with this hash. `whole` are its bytes."""

    whole: bytes
    algorithm: str
    hashed: bytes
    at: datetime


class Token(NamedTuple):
    """A token, taken apart; object identifiers are in hexadecimal.

    `signed` are the bytes that `signature` is on, with the algorithm of `scheme` and the hash of `algorithm`. They say
    the type and hash of the content (`digest`), and of which certificate the signature is (`signer`, by `signer_hash`).
    """

    said: Said
    certificates: tuple[bytes, ...]
    signed: bytes
    content_type: str
    digest: bytes
    signer: bytes
    signer_hash: str
    algorithm: str
    scheme: str
    signature: bytes

    def is_about(self, content: bytes) -> bool:
        """Whether it is a stamp on these bytes, as far as it says."""
        return hashlib.new(self.said.algorithm, content).digest() == self.said.hashed

    @property
    def is_whole(self) -> bool:
        """Whether what is signed is what is said."""
        return self.content_type == _TST_INFO and hashlib.new(self.algorithm, self.said.whole).digest() == self.digest

    def is_signer(self, certificate: bytes) -> bool:
        """Whether this is the certificate that the signature says it is of."""
        # SHA-1 only chooses among certificates here: whichever it is must be trusted for its own signatures.
        return hashlib.new(self.signer_hash, certificate, usedforsecurity=False).digest() == self.signer


def read_token(data: bytes) -> Token:
    """The token of these bytes, which are a TimeStampResp or the token alone; raises Malformed."""
    if len(data) > LARGEST_TOKEN:
        raise Malformed(f"it has {len(data)} bytes, more than {LARGEST_TOKEN}")
    parts = der.expect(der.read(data), der.SEQUENCE).children()
    if parts and parts[0].tag == der.SEQUENCE:
        if der.integer(_at(parts[0].children(), 0)) not in _GRANTED:
            raise Malformed("it says that no time stamp was granted")
        parts = der.expect(_at(parts, 1), der.SEQUENCE).children()
    if _identifier(_at(parts, 0)) != _SIGNED_DATA:
        raise Malformed("it is no signed data")
    return _signed_data(_only(_at(parts, 1), der.context(0)))


def _signed_data(data: Element) -> Token:
    parts = der.expect(data, der.SEQUENCE).children()
    content = der.expect(_at(parts, 2), der.SEQUENCE).children()
    if _identifier(_at(content, 0)) != _TST_INFO:
        raise Malformed("it is no time stamp")
    said = _said(der.expect(_only(_at(content, 1), der.context(0)), der.OCTET_STRING).content)
    certificates = next((one.children() for one in parts[3:] if one.tag == der.context(0)), [])
    if len(certificates) > MOST_CERTIFICATES:
        raise Malformed(f"it has {len(certificates)} certificates, more than {MOST_CERTIFICATES}")
    signers = der.expect(parts[-1], der.SET).children()
    if len(signers) != 1:
        raise Malformed(f"it has {len(signers)} signers where one is needed")
    return _signer(signers[0], said, tuple(one.whole for one in certificates))


def _said(whole: bytes) -> Said:
    parts = der.expect(der.read(whole), der.SEQUENCE).children()
    if der.integer(_at(parts, 0)) != 1:
        raise Malformed("it is of another version than 1")
    imprint = der.expect(_at(parts, 2), der.SEQUENCE).children()
    hashed = der.expect(_at(imprint, 1), der.OCTET_STRING).content
    return Said(whole, _hash(_at(imprint, 0)), hashed, der.moment(_at(parts, 4)))


def _signer(signer: Element, said: Said, certificates: tuple[bytes, ...]) -> Token:
    parts = der.expect(signer, der.SEQUENCE).children()
    attributes = der.expect(_at(parts, 3), der.context(0))
    values = _attributes(attributes)
    certificate, signer_hash = _signers_certificate(values)
    return Token(
        said,
        certificates,
        signed=bytes([der.SET]) + attributes.whole[1:],  # they are signed as the SET that they are (RFC 5652, 5.4)
        content_type=_identifier(values.get(_CONTENT_TYPE)),
        digest=der.expect(values.get(_MESSAGE_DIGEST), der.OCTET_STRING).content,
        signer=certificate,
        signer_hash=signer_hash,
        algorithm=_hash(_at(parts, 2)),
        scheme=_algorithm(_at(parts, 4)),
        signature=der.expect(_at(parts, 5), der.OCTET_STRING).content,
    )


def _attributes(attributes: Element) -> dict[str, Element]:
    """The value of each signed attribute, of which every type may be there once."""
    values: dict[str, Element] = {}
    found = attributes.children()
    if len(found) > MOST_ATTRIBUTES:
        raise Malformed(f"it has {len(found)} attributes, more than {MOST_ATTRIBUTES}")
    for one in found:
        parts = der.expect(one, der.SEQUENCE).children()
        name = _identifier(_at(parts, 0))
        if name in values:
            raise Malformed("it has an attribute twice")
        values[name] = _only(_at(parts, 1), der.SET)
    return values


def _signers_certificate(values: dict[str, Element]) -> tuple[bytes, str]:
    """The hash of the signer's certificate, and by which algorithm it is."""
    by_sha1 = _CERTIFICATE not in values
    value = der.expect(values.get(_CERTIFICATE_BY_SHA1 if by_sha1 else _CERTIFICATE), der.SEQUENCE)
    listed = der.expect(_at(value.children(), 0), der.SEQUENCE).children()
    first = der.expect(_at(listed, 0), der.SEQUENCE).children()
    named = bool(first) and first[0].tag == der.SEQUENCE
    algorithm = "sha1" if by_sha1 else _hash(first[0]) if named else "sha256"
    return der.expect(_at(first, 1 if named else 0), der.OCTET_STRING).content, algorithm


def _at(parts: Sequence[Element], index: int) -> Element | None:
    return parts[index] if index < len(parts) else None


def _only(holder: Element | None, tag: int) -> Element:
    """The one element that another holds."""
    held = der.expect(holder, tag).children()
    if len(held) != 1:
        raise Malformed("it is not built as it should be")
    return held[0]


def _identifier(element: Element | None) -> str:
    return der.expect(element, der.OBJECT_IDENTIFIER).content.hex()


def _algorithm(identifier: Element | None) -> str:
    return _identifier(_at(der.expect(identifier, der.SEQUENCE).children(), 0))


def _hash(identifier: Element | None) -> str:
    name = HASHES.get(_algorithm(identifier))
    if name is None:
        raise Malformed("it uses a hash that is not trusted")
    return name
