"""Proofs that an entry is in a log's Merkle tree (RFC 6962, 2.1.1), up to a root that the log has signed.

The log signs its root in a note (https://C2SP.org/signed-note, tlog-checkpoint): origin, size, root, an empty line,
and lines of `— name base64(4 bytes of key id, signature)`.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from webhook.evidence.keys import Key
from webhook.evidence.signed import InclusionProof, Message
from webhook.evidence.strict_json import Malformed, from_base64, mapping, number, text

MOST_HASHES = 64
LARGEST_CHECKPOINT = 16 * 1024
_MOST_NOTE_SIGNATURES = 16


def read_proof(document: Mapping[str, Any]) -> InclusionProof:
    """A proof as sigstore bundles write it; raises Malformed."""
    hashes = document.get("hashes") or []
    if not isinstance(hashes, list) or len(hashes) > MOST_HASHES or not all(isinstance(one, str) for one in hashes):
        raise Malformed(f"its `hashes` are no list of at most {MOST_HASHES} hashes")
    checkpoint = text(mapping(document, "checkpoint"), "envelope")
    path = tuple(from_base64(one, "hashes") for one in hashes)
    return InclusionProof(number(document, "logIndex"), number(document, "treeSize"), path, checkpoint)


def is_included(entry: bytes, proof: InclusionProof, key: Key) -> bool:
    """Whether the proof leads from the entry to a root of a tree of its size that this key has signed."""
    root = _root(hashlib.sha256(b"\0" + entry).digest(), proof)
    return root is not None and _signed_root(proof, key) == root


def _root(leaf: bytes, proof: InclusionProof) -> bytes | None:
    """The root that follows from a leaf, None where the proof is not of the right length (RFC 9162, 2.1.3.2)."""
    at, last, root = proof.position, proof.size - 1, leaf
    if not 0 <= at <= last:
        return None
    for sibling in proof.hashes:
        if last == 0:
            return None
        if at & 1 or at == last:
            root = _node(sibling, root)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            root = _node(root, sibling)
        at, last = at >> 1, last >> 1
    return root if last == 0 else None


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def _signed_root(proof: InclusionProof, key: Key) -> bytes | None:
    """The root that the key has signed for a tree of this size."""
    if len(proof.checkpoint) > LARGEST_CHECKPOINT:
        return None
    note, found, signatures = proof.checkpoint.partition("\n\n")
    lines = note.split("\n")
    if not found or len(lines) < 3 or lines[1] != str(proof.size):
        return None
    message = Message(f"{note}\n".encode("utf-8", "surrogatepass"))
    if not any(_is_signed(line, message, key) for line in signatures.split("\n")[:_MOST_NOTE_SIGNATURES]):
        return None
    return _decoded(lines[2])


def _is_signed(line: str, message: Message, key: Key) -> bool:
    words = line.split(" ")
    if len(words) != 3 or words[0] != "\N{EM DASH}":
        return False
    signature = _decoded(words[2])
    return signature is not None and key.verifies(signature[4:], message)


def _decoded(written: str) -> bytes | None:
    try:
        return from_base64(written, "root")
    except Malformed:
        return None
