"""Signatures of the Notary Project for tests, as `notation sign --signature-format jws` writes them."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests.evidence.enclosed import DIGEST
from tests.evidence.pki import Certified, base64
from webhook.evidence.notation import PAYLOAD_TYPE

SCHEME = "io.cncf.notary.signingScheme"
SIGNED_AT = "io.cncf.notary.signingTime"
AUTHENTIC_AT = "io.cncf.notary.authenticSigningTime"
EXPIRY = "io.cncf.notary.expiry"
STAMP = "io.cncf.notary.timestampSignature"
PLUGIN = "io.cncf.notary.verificationPlugin"

HASHES: dict[str, hashes.HashAlgorithm] = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}


def url64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def header(changes: dict[str, Any] | None = None) -> dict[str, Any]:
    """What is signed beside the payload; a change to None leaves a field out."""
    usual = {
        "alg": "ES256",
        "crit": [SCHEME],
        "cty": PAYLOAD_TYPE,
        SCHEME: "notary.x509",
        SIGNED_AT: "2026-01-02T03:04:05Z",
    }
    return {name: value for name, value in {**usual, **(changes or {})}.items() if value is not None}


def jws(
    chain: Sequence[Certified],
    head: dict[str, Any] | None = None,
    digest: str = DIGEST,
    *,
    stamp: Any = None,
    annotations: dict[str, Any] | None = None,
    salt: int | None = None,
    **document: Any,
) -> bytes:
    """A signature by the first of a chain; `stamp` makes a time stamp of the signature's bytes."""
    head = head or header()
    target = {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest, "size": 528}
    payload = url64(
        json.dumps({"targetArtifact": target | ({"annotations": annotations} if annotations else {})}).encode()
    )
    content = url64(json.dumps(head).encode())
    signature = _sign(chain[0].key, head["alg"], f"{content}.{payload}".encode(), salt)
    unsigned: dict[str, Any] = {"x5c": [base64(one.der) for one in chain]}
    if stamp:
        unsigned[STAMP] = base64(stamp(signature))
    made = {"payload": payload, "protected": content, "header": unsigned, "signature": url64(signature), **document}
    return json.dumps(made).encode()


def _sign(key: Any, algorithm: str, content: bytes, salt: int | None) -> bytes:
    hashed = HASHES.get(algorithm[-3:], HASHES["256"])
    if isinstance(key, rsa.RSAPrivateKey):
        scheme = padding.PSS(padding.MGF1(hashed), hashed.digest_size if salt is None else salt)
        return key.sign(content, scheme, hashed)
    size = (key.curve.key_size + 7) // 8
    return b"".join(part.to_bytes(size) for part in decode_dss_signature(key.sign(content, ec.ECDSA(hashed))))
