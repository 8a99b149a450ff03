"""A transparency log for tests: it promises, it proves inclusion, and it logs what it is told to."""

import hashlib
import json
import struct
from base64 import b64encode
from datetime import datetime
from typing import Any, NamedTuple

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.evidence.pki import base64, new_key, public_pem

ORIGIN = "log.corp.example"


class RekorLog(NamedTuple):
    """A log whose tree has one entry."""

    key: ec.EllipticCurvePrivateKey

    @property
    def der(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def pem(self) -> str:
        return public_pem(self.key)

    @property
    def id(self) -> bytes:
        return hashlib.sha256(self.der).digest()

    def sign(self, message: bytes) -> bytes:
        return self.key.sign(message, ec.ECDSA(hashes.SHA256()))

    def promise(self, body: bytes, at: datetime, index: int = 0) -> bytes:
        """The SignedEntryTimestamp."""
        promised = {
            "body": base64(body),
            "integratedTime": int(at.timestamp()),
            "logID": self.id.hex(),
            "logIndex": index,
        }
        return self.sign(json.dumps(promised, sort_keys=True, separators=(",", ":")).encode())

    def entry(self, body: dict[str, Any], at: datetime, *, promised: bool = True) -> dict[str, Any]:
        """An entry as bundles have it: with its time, a promise of it, and a proof of inclusion."""
        whole = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
        root = hashlib.sha256(b"\0" + whole).digest()
        note = f"{ORIGIN}\n1\n{base64(root)}\n"
        hint = struct.pack(">4s", self.id[:4])
        checkpoint = f"{note}\n\N{EM DASH} {ORIGIN} {base64(hint + self.sign(note.encode()))}\n"
        promise = {"inclusionPromise": {"signedEntryTimestamp": base64(self.promise(whole, at))}} if promised else {}
        return {
            "logIndex": "0",
            "logId": {"keyId": base64(self.id)},
            "kindVersion": {"kind": body["kind"], "version": body["apiVersion"]},
            "integratedTime": str(int(at.timestamp())),
            **promise,
            "inclusionProof": {
                "logIndex": "0",
                "rootHash": base64(root),
                "treeSize": "1",
                "hashes": [],
                "checkpoint": {"envelope": checkpoint},
            },
            "canonicalizedBody": base64(whole),
        }

    def annotation(self, body: dict[str, Any], at: datetime) -> str:
        """An entry as cosign 2 writes it beside a signature."""
        whole = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
        payload = {
            "body": base64(whole),
            "integratedTime": int(at.timestamp()),
            "logIndex": 0,
            "logID": self.id.hex(),
        }
        return json.dumps({"SignedEntryTimestamp": base64(self.promise(whole, at)), "Payload": payload})


def new_log() -> RekorLog:
    return RekorLog(new_key())


def dsse_body(payload: bytes, signature: bytes, verifier: str) -> dict[str, Any]:
    """What a log keeps of an envelope."""
    return {
        "apiVersion": "0.0.1",
        "kind": "dsse",
        "spec": {
            "envelopeHash": {
                "algorithm": "sha256",
                "value": hashlib.sha256(b"the envelope as it was sent").hexdigest(),
            },
            "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()},
            "signatures": [{"signature": base64(signature), "verifier": b64encode(verifier.encode()).decode()}],
        },
    }


def rekor_2_body(message: bytes, signature: bytes, certificate: bytes) -> dict[str, Any]:
    """What a log of the second version keeps of a signature on a message, of a certificate of P-256."""
    signed = {
        "content": base64(signature),
        "verifier": {"keyDetails": "PKIX_ECDSA_P256_SHA_256", "x509Certificate": {"rawBytes": base64(certificate)}},
    }
    data = {"algorithm": "SHA2_256", "digest": base64(hashlib.sha256(message).digest())}
    spec = {"hashedRekordV002": {"data": data, "signature": signed}}
    return {"apiVersion": "0.0.2", "kind": "hashedrekord", "spec": spec}


def hashedrekord_body(payload: bytes, signature: bytes, verifier: str) -> dict[str, Any]:
    """What a log keeps of a signature on a payload."""
    return {
        "apiVersion": "0.0.1",
        "kind": "hashedrekord",
        "spec": {
            "data": {"hash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()}},
            "signature": {"content": base64(signature), "publicKey": {"content": base64(verifier.encode())}},
        },
    }
