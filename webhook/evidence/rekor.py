"""Transparency logs, offline: that what was signed stands in a log, and since when, by the log's own signature.

An entry that only comes along proves nothing: it must be about this very hash, signature and key (CVE-2022-36056,
CVE-2026-22703). Time is only what the log has promised (the SignedEntryTimestamp); a proof of inclusion has none.
"""

import json
from base64 import b64encode
from binascii import a2b_base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from webhook.evidence.inclusion import is_included, read_proof
from webhook.evidence.keys import Key
from webhook.evidence.signed import Held, LogEntry, Message, Signed
from webhook.evidence.strict_json import (
    Malformed,
    base64_bytes,
    mapping,
    number,
    objects,
    parse_object,
    text,
)
from webhook.patterns import shown

LARGEST_ANNOTATION = 512 * 1024
_LATEST = 253402300799  # the last second that datetime can name
_MOST_SIGNATURES = 32


def read_entry(document: Mapping[str, Any]) -> LogEntry:
    """An entry as sigstore bundles write it; raises Malformed."""
    proof = document.get("inclusionProof")
    return LogEntry(
        body=base64_bytes(document, "canonicalizedBody"),
        position=number(document, "logIndex"),
        log_id=base64_bytes(mapping(document, "logId"), "keyId"),
        integrated=number(document, "integratedTime"),
        promise=base64_bytes(mapping(document, "inclusionPromise"), "signedEntryTimestamp"),
        proof=read_proof(mapping(document, "inclusionProof")) if proof is not None else None,
    )


def read_annotation(annotation: str) -> LogEntry:
    """An entry as cosign's annotation `dev.sigstore.cosign/bundle` writes it; raises Malformed."""
    document = parse_object(annotation.encode("utf-8", "surrogatepass"), LARGEST_ANNOTATION)
    payload = mapping(document, "Payload")
    try:
        log_id = bytes.fromhex(text(payload, "logID"))
    except ValueError:
        raise Malformed("its `logID` is no hexadecimal") from None
    promise = base64_bytes(document, "SignedEntryTimestamp")
    body, integrated = base64_bytes(payload, "body"), number(payload, "integratedTime")
    return LogEntry(body, number(payload, "logIndex"), log_id, integrated, promise)


class Log(NamedTuple):
    """A transparency log that is trusted."""

    key: Key

    def holds(self, signed: Signed, signer: bytes) -> Held | str:
        """Whether the log has this signature of the signer (the DER of his key or certificate), and since when."""
        answers = [self._answer(entry, signed, signer) for entry in signed.entries]
        held = [answer for answer in answers if isinstance(answer, Held)]
        if held:
            return min(held, key=lambda one: one.signed or datetime.max.replace(tzinfo=UTC))
        reasons = [answer for answer in answers if isinstance(answer, str)]
        return reasons[0] if reasons else "nothing shows that it stands in the transparency log"

    def _answer(self, entry: LogEntry, signed: Signed, signer: bytes) -> Held | str:
        if entry.log_id.hex() != self.key.fingerprint:
            return "it stands in another transparency log"
        promised = self._promised(entry)
        if not promised and not (entry.proof and is_included(entry.body, entry.proof, self.key)):
            return "its log entry is not the log's: no promise and no proof of inclusion holds"
        try:
            problem = _mismatch(parse_object(entry.body), signed, signer)
        except Malformed as error:
            return f"its log entry cannot be read: {error}"
        return problem or Held(datetime.fromtimestamp(entry.integrated, UTC) if promised else None)

    def _promised(self, entry: LogEntry) -> bool:
        """Whether the log has signed the entry together with its time."""
        if not entry.promise or not 0 < entry.integrated <= _LATEST:
            return False
        promised = {
            "body": b64encode(entry.body).decode(),
            "integratedTime": entry.integrated,
            "logID": entry.log_id.hex(),
            "logIndex": entry.position,
        }
        canonical = json.dumps(promised, sort_keys=True, separators=(",", ":")).encode()
        return self.key.verifies(entry.promise, Message(canonical))


def _mismatch(body: dict[str, Any], signed: Signed, signer: bytes) -> str:
    """What the entry is about instead, "" where it is about this signature."""
    kind = f"{text(body, 'kind')} {text(body, 'apiVersion')}"
    binding = _BINDINGS.get(kind)
    if binding is None:
        return f"its log entry is of the kind {shown(kind)}, which cannot be compared with what was signed"
    return binding(mapping(body, "spec"), signed, signer)


def _hashedrekord(spec: dict[str, Any], signed: Signed, signer: bytes) -> str:
    signature = mapping(spec, "signature")
    if not _is_hash(mapping(mapping(spec, "data"), "hash"), signed.message):
        return _OTHER_CONTENT
    if base64_bytes(signature, "content") != signed.signature:
        return _OTHER_SIGNATURE
    return "" if _is_pem_of(base64_bytes(mapping(signature, "publicKey"), "content"), signer) else _OTHER_SIGNER


def _dsse(spec: dict[str, Any], signed: Signed, signer: bytes) -> str:
    if not _is_hash(mapping(spec, "payloadHash"), Message(signed.payload)):
        return _OTHER_CONTENT
    logged = objects(spec, "signatures", _MOST_SIGNATURES)
    ours = [one for one in logged if base64_bytes(one, "signature") == signed.signature]
    if not ours:
        return _OTHER_SIGNATURE
    return "" if any(_is_pem_of(base64_bytes(one, "verifier"), signer) for one in ours) else _OTHER_SIGNER


def _intoto_1(spec: dict[str, Any], signed: Signed, signer: bytes) -> str:
    """Version 0.0.1 keeps no signature: that the log has checked one of this key on this payload is all it says."""
    if not _is_hash(mapping(mapping(spec, "content"), "payloadHash"), Message(signed.payload)):
        return _OTHER_CONTENT
    return "" if _is_pem_of(base64_bytes(spec, "publicKey"), signer) else _OTHER_SIGNER


def _intoto_2(spec: dict[str, Any], signed: Signed, signer: bytes) -> str:
    """Version 0.0.2 keeps the signature as base64 of its base64."""
    content = mapping(spec, "content")
    if not _is_hash(mapping(content, "payloadHash"), Message(signed.payload)):
        return _OTHER_CONTENT
    logged = objects(mapping(content, "envelope"), "signatures", _MOST_SIGNATURES)
    ours = [one for one in logged if base64_bytes(one, "sig") == b64encode(signed.signature)]
    if not ours:
        return _OTHER_SIGNATURE
    return "" if any(_is_pem_of(base64_bytes(one, "publicKey"), signer) for one in ours) else _OTHER_SIGNER


_OTHER_CONTENT = "its log entry is about another content"
_OTHER_SIGNATURE = "its log entry is about another signature"
_OTHER_SIGNER = "its log entry is about another signer"

_BINDINGS: dict[str, Callable[[dict[str, Any], Signed, bytes], str]] = {
    "hashedrekord 0.0.1": _hashedrekord,
    "dsse 0.0.1": _dsse,
    "intoto 0.0.1": _intoto_1,
    "intoto 0.0.2": _intoto_2,
}


def _is_hash(logged: dict[str, Any], message: Message) -> bool:
    known = message.hashed(text(logged, "algorithm"))
    return known is not None and known.hex() == text(logged, "value")


def _is_pem_of(pem: bytes, der: bytes) -> bool:
    """Whether a PEM text is one block of exactly these bytes."""
    lines = pem.strip().splitlines()
    if len(lines) < 3 or not lines[0].startswith(b"-----BEGIN ") or not lines[-1].startswith(b"-----END "):
        return False
    try:
        return a2b_base64(b"".join(lines[1:-1]), strict_mode=True) == der
    except ValueError:
        return False
