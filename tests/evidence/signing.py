"""Signers with a key, and what they attach, as cosign 2 and 3 write it; enclosed.py has more."""

import hashlib
import json
from base64 import b64encode
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.evidence.enclosed import BUNDLE_TYPE, DIGEST, SIGNATURE_AT, attached, envelope, statement
from tests.evidence.pki import base64, new_key, public_pem
from tests.evidence.recorded import keyed
from webhook.admission.evidence import Rejected
from webhook.evidence.attached import Attached, Kind
from webhook.evidence.prove import Proven, prove
from webhook.evidence.trust import Trust
from webhook.policy.trusted import Authority

SCAN = "https://cosign.sigstore.dev/attestation/vuln/v1"


class Signer:
    """Somebody with a private key."""

    def __init__(self, kind: str = "P-256") -> None:
        self.key = new_key(kind)

    @property
    def pem(self) -> str:
        return public_pem(self.key)

    @property
    def hint(self) -> str:
        der = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return b64encode(hashlib.sha256(der).digest()).decode()

    def sign(self, message: bytes, algorithm: hashes.HashAlgorithm | None = None, *, pss: bool = False) -> bytes:
        hashed = algorithm or hashes.SHA256()
        if isinstance(self.key, ed25519.Ed25519PrivateKey):
            return self.key.sign(message)
        if isinstance(self.key, rsa.RSAPrivateKey):
            way = padding.PSS(padding.MGF1(hashed), hashed.digest_size) if pss else padding.PKCS1v15()
            return self.key.sign(message, way, hashed)
        return self.key.sign(message, ec.ECDSA(hashed))

    def on(self, payload: bytes, kind: str = "application/vnd.in-toto+json") -> bytes:
        """A signature on an envelope's payload."""
        return self.sign(b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload))

    def authority(self, name: str = "ci", log: str = "", roles: tuple[str, ...] = ("build",)) -> Authority:
        return keyed(name, self.pem, log, roles)


def bundle(payload: bytes, signer: Signer, entries: tuple[dict[str, Any], ...] = (), **tweaks: Any) -> bytes:
    """A bundle as cosign 3 writes it; `tweaks` replace its parts."""
    material: dict[str, Any] = {"publicKey": {"hint": signer.hint}}
    if entries:
        material["tlogEntries"] = list(entries)
    document = {
        "mediaType": BUNDLE_TYPE,
        "verificationMaterial": material,
        "dsseEnvelope": envelope(payload, signer.on(payload)),
        **tweaks,
    }
    return json.dumps(document).encode()


def signature(payload: bytes, signer: Signer, more: dict[str, str] | None = None) -> Attached:
    """A SimpleSigning payload as cosign 2 attaches it."""
    notes = {SIGNATURE_AT: base64(signer.sign(payload)), **(more or {})}
    return attached(Kind.SIMPLE_SIGNING, annotations=notes)


def attestation(signer: Signer, *others: Signer, payload: bytes = b"") -> bytes:
    """A bare envelope as cosign 2 attaches it."""
    content = payload or statement(SCAN)
    return json.dumps(envelope(content, *(one.on(content) for one in (signer, *others)))).encode()


def counted(blob: bytes, trust: Trust, kind: Kind = Kind.BUNDLE, digest: str = DIGEST) -> Proven:
    """The one thing that a blob proves."""
    answer = prove(attached(kind), blob, digest, trust)
    assert not isinstance(answer, Rejected), answer
    (proven,) = answer
    return proven


def reason(blob: bytes, trust: Trust, kind: Kind = Kind.BUNDLE, digest: str = DIGEST) -> str:
    """Why a blob proves nothing."""
    answer = prove(attached(kind), blob, digest, trust)
    assert isinstance(answer, Rejected), answer
    return answer.reason
