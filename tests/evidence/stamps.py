"""A time-stamp authority for tests (RFC 3161), which can be told to do wrong."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from tests.evidence.pki import TIME_STAMPING, Certified, certify, root
from webhook.evidence.der import INTEGER, read

SIGNED_DATA = "1.2.840.113549.1.7.2"
DATA = "1.2.840.113549.1.7.1"
TST_INFO = "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12"
SIGNING_CERTIFICATE_2 = "1.2.840.113549.1.9.16.2.47"
HASHES = {
    "sha1": "1.3.14.3.2.26",
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
}
SCHEMES = {"ECDSA": "1.2.840.10045.4.3.", "RSA": "1.2.840.113549.1.1."}
PSS = "1.2.840.113549.1.1.10"
_ALGORITHMS: dict[str, Any] = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
_LAST = {
    "ECDSA": {"sha256": "2", "sha384": "3", "sha512": "4"},
    "RSA": {"sha256": "11", "sha384": "12", "sha512": "13"},
}


def der(tag: int, *parts: bytes) -> bytes:
    """An element of DER."""
    content = b"".join(parts)
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    size = (len(content).bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + len(content).to_bytes(size) + content


def sequence(*parts: bytes) -> bytes:
    return der(0x30, *parts)


def one_of(*parts: bytes) -> bytes:
    """A SET OF, in the order that DER wants."""
    return der(0x31, *sorted(parts))


def integer(value: int) -> bytes:
    return der(2, value.to_bytes(value.bit_length() // 8 + 1, signed=True))


def octets(value: bytes) -> bytes:
    return der(4, value)


def identifier(dotted: str) -> bytes:
    """An object identifier: two numbers in the first byte, seven bits a byte in the others."""
    first, second, *others = map(int, dotted.split("."))
    content = bytes([first * 40 + second])
    for number in others:
        digits = [number & 0x7F]
        while number := number >> 7:
            digits.append(number & 0x7F | 0x80)
        content += bytes(reversed(digits))
    return der(6, content)


def algorithm(dotted: str) -> bytes:
    return sequence(identifier(dotted))


def attribute(name: str, value: bytes) -> bytes:
    return sequence(identifier(name), der(0x31, value))


class Stamper(NamedTuple):
    """A time-stamp authority: its own certificate, and whoever certifies it."""

    signer: Certified
    issuer: Certified

    def response(self, content: bytes, at: datetime, **tweaks: Any) -> bytes:
        """What it answers when it is asked for a stamp (TimeStampResp)."""
        status = tweaks.pop("status", 0)
        return sequence(sequence(integer(status)), self.token(content, at, **tweaks))

    def token(
        self,
        content: bytes,
        at: datetime,
        *,
        hashed: str = "sha256",
        signed_hash: str = "sha256",
        written: str = "",
        certificates: Sequence[Certified] | None = None,
        essential: str = SIGNING_CERTIFICATE_2,
        without: str = "",
        digest: bytes = b"",
        content_type: str = TST_INFO,
        wraps: str = TST_INFO,
        signers: int = 1,
        pss: bool = False,
        version: int = 1,
        twice: bool = False,
        imprint: bytes = b"",
        nonce: bytes = b"",
    ) -> bytes:
        """A token on some content, or on what a request says (`imprint`, `nonce`: elements of DER)."""
        about = imprint or sequence(algorithm(HASHES[hashed]), octets(hashlib.new(hashed, content).digest()))
        moment = der(0x18, (written or f"{at:%Y%m%d%H%M%SZ}").encode())
        info = sequence(integer(version), identifier("1.2.3.4"), about, integer(42), moment, nonce)
        attributes = {
            CONTENT_TYPE: identifier(content_type),
            MESSAGE_DIGEST: octets(digest or hashlib.new(signed_hash, info).digest()),
            essential: self._essential(essential),
        }
        attributes.pop(without, None)
        made = sorted(attribute(name, value) for name, value in attributes.items())
        signed = der(0x31, *made, *made[:1] if twice else ())
        signature, scheme = self._signature(signed, signed_hash, pss)
        signer = sequence(
            integer(1),
            sequence(self.signer.certificate.issuer.public_bytes(), integer(self.signer.certificate.serial_number)),
            algorithm(HASHES[signed_hash]),
            b"\xa0" + signed[1:],
            algorithm(scheme),
            octets(signature),
        )
        along = [one.der for one in ((self.signer,) if certificates is None else certificates)]
        data = sequence(
            integer(3),
            one_of(algorithm(HASHES[signed_hash])),
            sequence(identifier(wraps), der(0xA0, octets(info))),
            *([der(0xA0, *along)] if along else []),
            der(0x31, *[signer] * signers),
        )
        return sequence(identifier(SIGNED_DATA), der(0xA0, data))

    def answer(self, request: bytes, at: datetime) -> bytes:
        """What it answers to a TimeStampReq, as a client sends it."""
        _, imprint, *others = read(request).children()
        nonce = next((one.whole for one in others if one.tag == INTEGER), b"")
        return self.response(b"", at, imprint=imprint.whole, nonce=nonce)

    def _essential(self, name: str) -> bytes:
        by = "sha1" if name == SIGNING_CERTIFICATE else "sha256"
        return sequence(sequence(sequence(octets(hashlib.new(by, self.signer.der).digest()))))

    def _signature(self, signed: bytes, hashed: str, pss: bool) -> tuple[bytes, str]:
        key, used = self.signer.key, _ALGORITHMS[hashed]
        if isinstance(key, rsa.RSAPrivateKey) and pss:
            return key.sign(signed, padding.PSS(padding.MGF1(used), used.digest_size), used), PSS
        if isinstance(key, rsa.RSAPrivateKey):
            return key.sign(signed, padding.PKCS1v15(), used), SCHEMES["RSA"] + _LAST["RSA"][hashed]
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return key.sign(signed, ec.ECDSA(used)), SCHEMES["ECDSA"] + _LAST["ECDSA"][hashed]
        return key.sign(signed), "1.3.101.112"


def stamper(**tweaks: Any) -> Stamper:
    """A time-stamp authority, with its signer tweaked."""
    issuer = tweaks.pop("by", None) or root("CN=Time Root,O=corp")
    made = {"purposes": (TIME_STAMPING,), "critical": True, **tweaks}
    return Stamper(certify("CN=tsa,O=corp", issuer, **made), issuer)
