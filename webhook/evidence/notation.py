"""Signatures of the Notary Project in JWS form (its signature specification 1.0 and 1.1, flattened JSON of RFC 7515).

They are signatures of images and nothing else: the payload names the digest. Times in them are the signer's own word:
when a signature ends he may say himself, when it was made only the countersignature of a time-stamp authority proves.
The scheme `notary.x509.signingAuthority` lets a service vouch for the time; as no Authority can say that somebody is
one, its time proves nothing here either.
"""

import re
from binascii import Error, a2b_base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from webhook.evidence.chains import MOST_CERTIFICATES, NotTrusted, read_leaf
from webhook.evidence.signed import Message, Signed
from webhook.evidence.strict_json import Malformed, from_base64, mapping, parse_object, text
from webhook.patterns import shown

JWS = "application/jose+json"
COSE = "application/cose"
PAYLOAD_TYPE = "application/vnd.cncf.notary.payload.v1+json"
LARGEST = 1024 * 1024

_SCHEME = "io.cncf.notary.signingScheme"
_SIGNED_AT = "io.cncf.notary.signingTime"
_AUTHENTIC_AT = "io.cncf.notary.authenticSigningTime"
_EXPIRY = "io.cncf.notary.expiry"
_TIMESTAMP = "io.cncf.notary.timestampSignature"
_TIME_OF = {"notary.x509": _SIGNED_AT, "notary.x509.signingAuthority": _AUTHENTIC_AT}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")
_UNPADDED = re.compile(r"[A-Za-z0-9_-]*")


class Notation(NamedTuple):
    """A signature and what it says: the digest that it is for, with annotations, and when it ends if it does."""

    signed: Signed
    digest: str
    annotations: Mapping[str, Any]
    expiry: datetime | None


def read_notation(blob: bytes, media_type: str) -> Notation:
    """The signature of a blob, which holds for the certificate that comes along; raises Malformed."""
    if media_type == COSE:
        raise Malformed("it is in COSE, which is not supported: sign with notation sign --signature-format jws")
    if media_type != JWS:
        raise Malformed(f"it is {shown(media_type)}, not a signature in JWS")
    document = parse_object(blob, LARGEST)
    payload, header = parse_object(_part(document, "payload")), mapping(document, "header")
    protected = parse_object(_part(document, "protected"))
    expiry = _protected(protected)
    target = mapping(payload, "targetArtifact")
    signed = _signed(document, header, text(protected, "alg"))
    return Notation(signed, text(target, "digest"), mapping(target, "annotations"), expiry)


def _protected(header: dict[str, Any]) -> datetime | None:
    """Looks at what the signer wants to be understood, and answers when it ends; raises Malformed."""
    if text(header, "cty") != PAYLOAD_TYPE:
        raise Malformed(f"its payload is {shown(text(header, 'cty'))}, not {PAYLOAD_TYPE}")
    scheme = text(header, _SCHEME)
    if scheme not in _TIME_OF:
        raise Malformed(f"its signing scheme is {shown(scheme)}, which is unknown")
    at = _TIME_OF[scheme]
    if other := next((name for name in _TIME_OF.values() if name != at and name in header), None):
        raise Malformed(f"it has {other}, which does not belong to the signing scheme {scheme}")
    if _moment(header, at) is None:
        raise Malformed(f"it has no {at}, which belongs to the signing scheme {scheme}")
    _critical(header, {_SCHEME, _EXPIRY, *((at,) if at == _AUTHENTIC_AT else ())})
    return _moment(header, _EXPIRY)


def _critical(header: dict[str, Any], known: set[str]) -> None:
    """Whatever is critical must be known, and what must be critical must be said to be (RFC 7515, 4.1.11)."""
    critical = header.get("crit")
    if not isinstance(critical, list) or not all(isinstance(one, str) for one in critical):
        raise Malformed("its `crit` is no list of names")
    if unknown := next((one for one in critical if one not in known), None):
        raise Malformed(f"it makes {shown(unknown)} critical, which is unknown here")
    if len(set(critical)) != len(critical) or not all(one in header for one in critical):
        raise Malformed("its `crit` names what is not there, or something twice")
    if forgotten := next((one for one in sorted(known) if one in header and one not in critical), None):
        raise Malformed(f"it does not make {forgotten} critical")


def _signed(document: dict[str, Any], header: dict[str, Any], algorithm: str) -> Signed:
    """The signature, which is checked by the algorithm that is named and the key of the first certificate."""
    if algorithm not in _ALGORITHMS:
        raise Malformed(f"its algorithm is {shown(algorithm)}, not one of {', '.join(_ALGORITHMS)}")
    content = f"{text(document, 'protected')}.{text(document, 'payload')}".encode()
    raw, certificates = _part(document, "signature"), _certificates(header)
    try:
        signature = _ALGORITHMS[algorithm](read_leaf(certificates[0]).certificate.public_key(), raw, content)
    except NotTrusted as error:
        raise Malformed(str(error)) from None
    except (InvalidSignature, UnsupportedAlgorithm):
        raise Malformed("its signature does not hold, not even for its own certificate") from None
    stamps = (from_base64(text(header, _TIMESTAMP), _TIMESTAMP),) if _TIMESTAMP in header else ()
    return Signed(signature, Message(content), certificates=certificates, timestamps=stamps, stamped=raw)


def _certificates(header: dict[str, Any]) -> tuple[bytes, ...]:
    chain = header.get("x5c")
    if not isinstance(chain, list) or not chain or not all(isinstance(one, str) for one in chain):
        raise Malformed("its certificates (x5c) are missing")
    if len(chain) > MOST_CERTIFICATES:
        raise Malformed(f"it has {len(chain)} certificates, more than {MOST_CERTIFICATES}")
    return tuple(from_base64(one, "x5c") for one in chain)


_Verify = Callable[[object, bytes, bytes], bytes]
"""Takes a public key, a signature as JWS writes it and what it is on; gives the signature as X.509 writes it."""


def _rsa(algorithm: hashes.HashAlgorithm) -> _Verify:
    """RSASSA-PSS with a salt as long as the hash (RFC 7518, 3.5)."""

    def verify(public: object, signature: bytes, content: bytes) -> bytes:
        if not isinstance(public, rsa.RSAPublicKey):
            raise Malformed("its algorithm is for RSA, and the key of its certificate is not")
        scheme = padding.PSS(padding.MGF1(algorithm), algorithm.digest_size)
        public.verify(signature, content, scheme, algorithm)
        return signature

    return verify


def _ecdsa(curve: str, algorithm: hashes.HashAlgorithm) -> _Verify:
    """ECDSA as two numbers, each as long as the curve's (RFC 7518, 3.4)."""

    def verify(public: object, signature: bytes, content: bytes) -> bytes:
        if not isinstance(public, ec.EllipticCurvePublicKey) or public.curve.name != curve:
            raise Malformed(f"its algorithm is for {curve}, and the key of its certificate is not")
        size = (public.curve.key_size + 7) // 8
        if len(signature) != 2 * size:
            raise Malformed("its signature is of the wrong length")
        encoded = encode_dss_signature(int.from_bytes(signature[:size]), int.from_bytes(signature[size:]))
        public.verify(encoded, content, ec.ECDSA(algorithm))
        return encoded

    return verify


_ALGORITHMS: dict[str, _Verify] = {
    "PS256": _rsa(hashes.SHA256()),
    "PS384": _rsa(hashes.SHA384()),
    "PS512": _rsa(hashes.SHA512()),
    "ES256": _ecdsa("secp256r1", hashes.SHA256()),
    "ES384": _ecdsa("secp384r1", hashes.SHA384()),
    "ES512": _ecdsa("secp521r1", hashes.SHA512()),
}


def _part(document: dict[str, Any], name: str) -> bytes:
    """Bytes from base64url without padding (RFC 7515, 2)."""
    written = text(document, name)
    if not written:
        raise Malformed(f"its `{name}` is missing")
    if not _UNPADDED.fullmatch(written):
        raise Malformed(f"its `{name}` is no base64url")
    try:
        padded = written + "=" * (-len(written) % 4)
        return a2b_base64(padded.replace("-", "+").replace("_", "/"), strict_mode=True)
    except Error:
        raise Malformed(f"its `{name}` is no base64url") from None


def _moment(header: dict[str, Any], name: str) -> datetime | None:
    """A time of RFC 3339, None where there is none."""
    written = text(header, name)
    if not written:
        return None
    try:
        if not _TIME.fullmatch(written):
            raise ValueError
        return datetime.fromisoformat(written).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Malformed(f"its {name} is {shown(written)}, which is no time") from None
