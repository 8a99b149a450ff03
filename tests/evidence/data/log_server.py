"""A transparency log that cosign uploads to: it promises and proves, keeps nothing, and believes whatever it is told.

It writes entries as Rekor 1 does: cosign checks each answer before it goes on, so what it accepts has the right form.
"""

import hashlib
import json
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.evidence.rekor_log import ORIGIN, RekorLog

EARLIER = [f"earlier entry {number}".encode() for number in range(6)]
"""What stands in the log already, so that proofs of inclusion have something to prove."""


@contextmanager
def serving(log: RekorLog) -> Iterator[str]:
    """Serves the log on the loopback address, and says where."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            proposed = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = uploaded(proposed, log, len(EARLIER))
            self._answer(201, answer, ETag=next(iter(answer)))

        def do_GET(self) -> None:
            self._answer(200, {})

        def _answer(self, status: int, document: dict[str, Any], **headers: str) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            for name, value in {
                "Content-Type": "application/json",
                "Content-Length": str(len(body)),
                **headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def uploaded(proposed: dict[str, Any], log: RekorLog, index: int) -> dict[str, Any]:
    """The answer to an upload (rekor, openapi.yaml: LogEntry)."""
    spec = {"hashedrekord": _same, "dsse": _dsse, "intoto": _intoto}[proposed["kind"]](proposed["spec"])
    entry = {"apiVersion": proposed["apiVersion"], "kind": proposed["kind"], "spec": spec}
    body = json.dumps(entry, sort_keys=True, separators=(",", ":")).encode()
    leaves = [hashlib.sha256(b"\0" + one).digest() for one in (*EARLIER, body)]
    root, now = tree_root(leaves), datetime.now(UTC)
    note = f"{ORIGIN} - 1\n{len(leaves)}\n{b64encode(root).decode()}\n"
    signature = b64encode(log.id[:4] + log.sign(note.encode())).decode()
    proof = {
        "checkpoint": f"{note}\n\N{EM DASH} {ORIGIN} {signature}\n",
        "hashes": [one.hex() for one in way_up(leaves, index)],
        "logIndex": index,
        "rootHash": root.hex(),
        "treeSize": len(leaves),
    }
    promise = b64encode(log.promise(body, now, index)).decode()
    answer = {
        "body": b64encode(body).decode(),
        "integratedTime": int(now.timestamp()),
        "logID": log.id.hex(),
        "logIndex": index,
        "verification": {"inclusionProof": proof, "signedEntryTimestamp": promise},
    }
    return {f"{0:016x}{leaves[index].hex()}": answer}


def tree_root(leaves: list[bytes]) -> bytes:
    """The hash of a tree, as RFC 6962 (2.1) defines it."""
    if len(leaves) == 1:
        return leaves[0]
    left = _left(len(leaves))
    return hashlib.sha256(b"\1" + tree_root(leaves[:left]) + tree_root(leaves[left:])).digest()


def way_up(leaves: list[bytes], index: int) -> list[bytes]:
    """The hashes that lead from a leaf to the root, as RFC 6962 (2.1.1) defines them."""
    if len(leaves) == 1:
        return []
    left = _left(len(leaves))
    if index < left:
        return [*way_up(leaves[:left], index), tree_root(leaves[left:])]
    return [*way_up(leaves[left:], index - left), tree_root(leaves[:left])]


def _left(size: int) -> int:
    """The largest power of two below a size."""
    return int(1 << (size - 1).bit_length() - 1)


def _same(spec: dict[str, Any]) -> dict[str, Any]:
    return spec


def _dsse(spec: dict[str, Any]) -> dict[str, Any]:
    proposed = spec["proposedContent"]
    envelope = json.loads(proposed["envelope"])
    signed = zip(envelope["signatures"], proposed["verifiers"], strict=True)
    return {
        "envelopeHash": _hash(proposed["envelope"].encode()),
        "payloadHash": _hash(b64decode(envelope["payload"])),
        "signatures": [{"signature": one["sig"], "verifier": verifier} for one, verifier in signed],
    }


def _intoto(spec: dict[str, Any]) -> dict[str, Any]:
    """0.0.1 is given the envelope as text, and keeps no signature; 0.0.2 keeps it without its payload."""
    content = spec["content"]
    if "publicKey" in spec:
        envelope = json.loads(content["envelope"])
        hashes = {"hash": _hash(content["envelope"].encode()), "payloadHash": _hash(b64decode(envelope["payload"]))}
        return {"content": hashes, "publicKey": spec["publicKey"]}
    kept = {name: value for name, value in content["envelope"].items() if name != "payload"}
    payload = b64decode(b64decode(content["envelope"]["payload"]))
    return {"content": {"envelope": kept, "hash": content["hash"], "payloadHash": _hash(payload)}}


def _hash(data: bytes) -> dict[str, str]:
    return {"algorithm": "sha256", "value": hashlib.sha256(data).hexdigest()}
