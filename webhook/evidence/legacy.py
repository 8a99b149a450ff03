"""What cosign 1 and 2 attach: SimpleSigning payloads (.sig) and bare DSSE envelopes (.att), the rest in annotations.

Annotations of a layer are signed by nobody. Signature, certificate and log entry are taken from them to be verified;
what is said about the image is taken from the payload alone.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from webhook.evidence.dsse import Envelope, read_envelope
from webhook.evidence.rekor import read_annotation
from webhook.evidence.signed import LogEntry, Message, Signed
from webhook.evidence.strict_json import Malformed, base64_bytes, from_base64, mapping, parse_object, text
from webhook.patterns import shown

SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json"
IMAGE_SIGNATURE = "cosign container image signature"
LARGEST_PAYLOAD = 1024 * 1024
MOST_CERTIFICATES = 5

_SIGNATURE = "dev.cosignproject.cosign/signature"
_CERTIFICATES = ("dev.sigstore.cosign/certificate", "dev.sigstore.cosign/chain")
_LOG = "dev.sigstore.cosign/bundle"
_TIMESTAMP = "dev.sigstore.cosign/rfc3161timestamp"
_LARGEST_CHAIN = 256 * 1024
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----\s+([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*")


class SimpleSigning(NamedTuple):
    """What a SimpleSigning payload says: this digest, with annotations of the signer's."""

    digest: str
    annotations: Mapping[str, Any]


def read_simple_signing(payload: bytes) -> SimpleSigning:
    """The payload of an image signature; raises Malformed. The name that stands in it counts for nothing."""
    document = parse_object(payload, LARGEST_PAYLOAD)
    critical = mapping(document, "critical")
    kind, digest = text(critical, "type"), text(mapping(critical, "image"), "docker-manifest-digest")
    if kind != IMAGE_SIGNATURE:
        raise Malformed(f"it is {shown(kind)}, not a {IMAGE_SIGNATURE}")
    if not digest:
        raise Malformed("it does not say which digest it is about")
    return SimpleSigning(digest, mapping(document, "optional"))


def signed_payload(blob: bytes, annotations: Mapping[str, str]) -> Signed:
    """The signature on a SimpleSigning payload; raises Malformed, where there is none too."""
    signature = from_base64(annotations.get(_SIGNATURE, ""), _SIGNATURE)
    if not signature:
        raise Malformed("its signature is missing")
    return _material(annotations)._replace(signature=signature, message=Message(blob))


def signed_envelope(blob: bytes, annotations: Mapping[str, str]) -> tuple[Envelope, tuple[Signed, ...]]:
    """A bare envelope, and the signatures on it; raises Malformed."""
    envelope = read_envelope(parse_object(blob))
    # cosign has had the whole envelope stamped here, not the signature in it.
    material = _material(annotations)._replace(message=envelope.message, payload=envelope.payload, stamped=blob)
    return envelope, tuple(material._replace(signature=one) for one in envelope.signatures)


def _material(annotations: Mapping[str, str]) -> Signed:
    return Signed(
        signature=b"",
        message=Message(None),
        certificates=_certificates("\n".join(annotations.get(name, "") for name in _CERTIFICATES)),
        timestamps=_timestamps(annotations.get(_TIMESTAMP, "")),
        entries=_entries(annotations.get(_LOG, "")),
    )


def _certificates(pem: str) -> tuple[bytes, ...]:
    if len(pem) > _LARGEST_CHAIN:
        raise Malformed(f"its certificates have more than {_LARGEST_CHAIN} characters")
    found = _CERTIFICATE.findall(pem)
    if _CERTIFICATE.sub("", pem).strip():
        raise Malformed("what stands as its certificate is none")
    if len(found) > MOST_CERTIFICATES:
        raise Malformed(f"it has {len(found)} certificates, more than {MOST_CERTIFICATES}")
    return tuple(from_base64("".join(one.split()), "certificate") for one in found)


def _timestamps(annotation: str) -> tuple[bytes, ...]:
    if not annotation:
        return ()
    try:
        document = parse_object(annotation.encode("utf-8", "surrogatepass"), _LARGEST_CHAIN)
        return (base64_bytes(document, "SignedRFC3161Timestamp"),)
    except Malformed as error:
        raise Malformed(f"its timestamp cannot be read: {error}") from None


def _entries(annotation: str) -> tuple[LogEntry, ...]:
    if not annotation:
        return ()
    try:
        return (read_annotation(annotation),)
    except Malformed as error:
        raise Malformed(f"its log entry cannot be read: {error}") from None
