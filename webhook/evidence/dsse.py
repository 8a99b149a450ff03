"""DSSE envelopes, of protocol version 1.0.2: what was signed is the payload and its type, not the envelope around it.

What holds is then read from the very bytes that were verified. `keyid` is somebody's word, and ignored.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from webhook.evidence.signed import Message
from webhook.evidence.strict_json import Malformed, base64_bytes, objects, text
from webhook.patterns import shown

PAYLOAD_TYPE = "application/vnd.in-toto+json"
MOST_SIGNATURES = 32


class Envelope(NamedTuple):
    """A payload and the signatures on it, each once."""

    payload: bytes
    signatures: tuple[bytes, ...]

    @property
    def message(self) -> Message:
        """What the signatures are on: the pre-authentication encoding."""
        return Message(encoded(PAYLOAD_TYPE, self.payload))


def encoded(payload_type: str, payload: bytes) -> bytes:
    """PAE: the type and the payload, each behind its length in bytes."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def read_envelope(document: Mapping[str, Any]) -> Envelope:
    """The envelope of parsed JSON; raises Malformed, for one without signatures too."""
    if "_type" in document and "signatures" not in document:
        raise Malformed("it is a statement that nobody signed")
    kind = text(document, "payloadType")
    if kind != PAYLOAD_TYPE:
        raise Malformed(f"its payload is {shown(kind)}, not {PAYLOAD_TYPE}")
    signatures = [base64_bytes(one, "sig") for one in objects(document, "signatures", MOST_SIGNATURES)]
    if not signatures or not all(signatures):
        raise Malformed("its signature is missing")
    return Envelope(base64_bytes(document, "payload"), tuple(dict.fromkeys(signatures)))
