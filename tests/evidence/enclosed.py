"""What signers attach to images, as cosign and notation write it: bundles, envelopes and old annotations."""

import json
from typing import Any

from tests.evidence.pki import Certified, base64
from webhook.evidence.attached import Attached, Kind
from webhook.evidence.dsse import PAYLOAD_TYPE, encoded
from webhook.evidence.manifests import Descriptor
from webhook.evidence.statement import COSIGN_SIGNATURE

DIGEST = f"sha256:{'d1' * 32}"
BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
OLD_BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle+json;version=0.1"
SIGNATURE_AT = "dev.cosignproject.cosign/signature"
CERTIFICATE_AT = "dev.sigstore.cosign/certificate"
CHAIN_AT = "dev.sigstore.cosign/chain"
LOG_AT = "dev.sigstore.cosign/bundle"
STAMP_AT = "dev.sigstore.cosign/rfc3161timestamp"


def statement(predicate_type: str = COSIGN_SIGNATURE, digest: str = DIGEST, **predicate: Any) -> bytes:
    """An in-toto statement about an image."""
    algorithm, _, value = digest.partition(":")
    return json.dumps(
        {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"digest": {algorithm: value}}],
            "predicateType": predicate_type,
            "predicate": predicate,
        }
    ).encode()


def envelope(payload: bytes, *signatures: bytes) -> dict[str, Any]:
    return {
        "payload": base64(payload),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [{"sig": base64(one)} for one in signatures],
    }


def signature_on(payload: bytes, signer: Certified) -> bytes:
    """As cosign signs an envelope."""
    return signer.sign(encoded(PAYLOAD_TYPE, payload))


def bundle_of(
    payload: bytes,
    signature: bytes,
    *certificates: bytes,
    stamps: tuple[bytes, ...] = (),
    entries: tuple[dict[str, Any], ...] = (),
    chained: bool = False,
) -> bytes:
    """A sigstore bundle, with one certificate, or of an old version with a chain of them."""
    raw = [{"rawBytes": base64(one)} for one in certificates]
    material: dict[str, Any] = {"x509CertificateChain": {"certificates": raw}} if chained else {"certificate": raw[0]}
    if stamps:
        listed = [{"signedTimestamp": base64(one)} for one in stamps]
        material["timestampVerificationData"] = {"rfc3161Timestamps": listed}
    if entries:
        material["tlogEntries"] = list(entries)
    kind = OLD_BUNDLE_TYPE if chained else BUNDLE_TYPE
    document = {
        "mediaType": kind,
        "verificationMaterial": material,
        "dsseEnvelope": envelope(payload, signature),
    }
    return json.dumps(document).encode()


def attached(kind: Kind, media_type: str = "", annotations: dict[str, str] | None = None) -> Attached:
    """Something that is attached, as it is listed."""
    descriptor = Descriptor(media_type, f"sha256:{'b' * 64}", 100)
    return Attached(kind, descriptor, annotations or {}, "corp/web@sha256:m", f"sha256:{'c' * 64}")


def simple_signing(digest: str = DIGEST) -> bytes:
    """The payload of an old image signature."""
    critical = {
        "identity": {"docker-reference": "registry.corp.example/web"},
        "image": {"docker-manifest-digest": digest},
        "type": "cosign container image signature",
    }
    return json.dumps({"critical": critical, "optional": None}).encode()
