"""Sigstore bundles, v0.1 to v0.3: protobuf's JSON, so bytes are base64, long numbers texts, and defaults left out."""

from typing import Any, NamedTuple

from webhook.evidence.dsse import Envelope, read_envelope
from webhook.evidence.rekor import read_entry
from webhook.evidence.signed import Message, Signed
from webhook.evidence.strict_json import Malformed, base64_bytes, mapping, objects, parse_object, text
from webhook.patterns import shown

_TYPE = "application/vnd.dev.sigstore.bundle"
TYPES = frozenset({f"{_TYPE}.v0.3+json", *(f"{_TYPE}+json;version=0.{minor}" for minor in (1, 2, 3))})

MOST_CERTIFICATES = 5
MOST_TIMESTAMPS = 8
MOST_ENTRIES = 8

_HASHES = {"SHA2_256": "sha256", "SHA2_384": "sha384", "SHA2_512": "sha512"}


class Bundle(NamedTuple):
    """A bundle: what is signed is a DSSE envelope, or else (`envelope` is None) bytes that it does not hold.

    `hashes` are what it says of those bytes, by algorithm: they identify, they prove nothing.
    """

    envelope: Envelope | None
    signed: Signed
    hashes: dict[str, bytes]


def read_bundle(blob: bytes) -> Bundle:
    """The bundle of a blob; raises Malformed."""
    document = parse_object(blob)
    if text(document, "mediaType") not in TYPES:
        raise Malformed(f"it is {shown(text(document, 'mediaType'))}, not a sigstore bundle of v0.1, v0.2 or v0.3")
    _only_one_of(document, "dsseEnvelope", "messageSignature")
    material = _material(blob, mapping(document, "verificationMaterial"))
    if document.get("messageSignature") is not None:
        return _of_message(mapping(document, "messageSignature"), material)
    envelope = read_envelope(mapping(document, "dsseEnvelope"))
    if len(envelope.signatures) != 1 or len(mapping(document, "dsseEnvelope")["signatures"]) != 1:
        raise Malformed("its envelope has more than one signature; a bundle has exactly one")
    signed = material._replace(signature=envelope.signatures[0], message=envelope.message, payload=envelope.payload)
    return Bundle(envelope, signed, {})


def _of_message(document: dict[str, Any], material: Signed) -> Bundle:
    signature, digest = base64_bytes(document, "signature"), mapping(document, "messageDigest")
    if not signature:
        raise Malformed("its signature is missing")
    algorithm = _HASHES.get(text(digest, "algorithm"), "")
    hashes = {algorithm: base64_bytes(digest, "digest")} if algorithm else {}
    return Bundle(None, material._replace(signature=signature), hashes)


def _material(blob: bytes, document: dict[str, Any]) -> Signed:
    """All that comes with the signature; the signature itself and its message are to be put in."""
    kind = _only_one_of(document, "publicKey", "certificate", "x509CertificateChain")
    times = mapping(document, "timestampVerificationData")
    return Signed(
        signature=b"",
        message=Message(None),
        hint=text(mapping(document, "publicKey"), "hint"),
        certificates=_certificates(document) if kind != "publicKey" else (),
        timestamps=tuple(
            base64_bytes(one, "signedTimestamp") for one in objects(times, "rfc3161Timestamps", MOST_TIMESTAMPS)
        ),
        entries=tuple(read_entry(one) for one in objects(document, "tlogEntries", MOST_ENTRIES)),
        whole=blob,
    )


def _certificates(document: dict[str, Any]) -> tuple[bytes, ...]:
    chain = objects(mapping(document, "x509CertificateChain"), "certificates", MOST_CERTIFICATES)
    leaf = document.get("certificate")
    return tuple(base64_bytes(one, "rawBytes") for one in ([mapping(document, "certificate")] if leaf else chain))


def _only_one_of(document: dict[str, Any], *names: str) -> str:
    given = [name for name in names if document.get(name) is not None]
    if len(given) != 1:
        wanted = f"exactly one of {', '.join(names)}"
        raise Malformed(f"it has {' and '.join(given) or 'none'} where {wanted} is needed")
    return given[0]
