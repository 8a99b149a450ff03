"""Transparency logs: an entry must be the log's, and about this very signature."""

import hashlib
import json
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.evidence.data.log_server import tree_root, way_up
from tests.evidence.enclosed import statement
from tests.evidence.pki import base64
from tests.evidence.rekor_log import RekorLog, dsse_body, hashedrekord_body, new_log
from tests.evidence.signing import Signer
from webhook.evidence.dsse import PAYLOAD_TYPE, encoded
from webhook.evidence.inclusion import is_included
from webhook.evidence.keys import read_key
from webhook.evidence.rekor import Log, read_annotation, read_entry
from webhook.evidence.signed import Held, InclusionProof, LogEntry, Message, Signed
from webhook.evidence.strict_json import Malformed

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 20, 13, 0, tzinfo=UTC)
SIGNER, OTHER = Signer(), Signer()
PAYLOAD = statement("https://scan")
SIGNATURE = SIGNER.on(PAYLOAD)
LOG = new_log()
NOT_THE_LOGS = "its log entry is not the log's: no promise and no proof of inclusion holds"


def digest(data: bytes) -> dict[str, str]:
    return {"algorithm": "sha256", "value": hashlib.sha256(data).hexdigest()}


def intoto_1(payload: bytes, signature: bytes, verifier: str) -> dict[str, Any]:
    content = {"hash": digest(b"the envelope"), "payloadHash": digest(payload)}
    return {
        "apiVersion": "0.0.1",
        "kind": "intoto",
        "spec": {"content": content, "publicKey": base64(verifier.encode())},
    }


def intoto_2(payload: bytes, signature: bytes, verifier: str) -> dict[str, Any]:
    twice = base64(b64encode(signature))
    kept = {"payloadType": PAYLOAD_TYPE, "signatures": [{"publicKey": base64(verifier.encode()), "sig": twice}]}
    content = {"envelope": kept, "hash": digest(b"the envelope"), "payloadHash": digest(payload)}
    return {"apiVersion": "0.0.2", "kind": "intoto", "spec": {"content": content}}


def hashedrekord(payload: bytes, signature: bytes, verifier: str) -> dict[str, Any]:
    return hashedrekord_body(encoded(PAYLOAD_TYPE, payload), signature, verifier)


Body = Callable[[bytes, bytes, str], dict[str, Any]]
kinds = pytest.mark.parametrize("body", [dsse_body, intoto_1, intoto_2, hashedrekord])


def answer(*entries: LogEntry, log: RekorLog = LOG, signer: Signer = SIGNER) -> Held | str:
    message = Message(encoded(PAYLOAD_TYPE, PAYLOAD))
    signed = Signed(SIGNATURE, message, PAYLOAD, entries=entries)
    return Log(read_key(log.pem)).holds(signed, read_key(signer.pem).der)


def entry(body: dict[str, Any], at: datetime = NOON, log: RekorLog = LOG, **more: Any) -> LogEntry:
    return read_entry(log.entry(body, at, **more))


@kinds
def test_an_entry_proves_the_time(body: Body) -> None:
    assert answer(entry(body(PAYLOAD, SIGNATURE, SIGNER.pem))) == Held(NOON)


@kinds
def test_an_annotation_proves_the_time(body: Body) -> None:
    logged = read_annotation(LOG.annotation(body(PAYLOAD, SIGNATURE, SIGNER.pem), NOON))
    assert answer(logged) == Held(NOON)


@kinds
def test_an_entry_about_another_payload(body: Body) -> None:
    logged = entry(body(statement("https://other"), SIGNATURE, SIGNER.pem))
    assert answer(logged) == "its log entry is about another content"


@pytest.mark.parametrize("body", [dsse_body, intoto_2, hashedrekord])
def test_an_entry_about_another_signature(body: Body) -> None:
    logged = entry(body(PAYLOAD, SIGNER.on(PAYLOAD), SIGNER.pem))
    assert answer(logged) == "its log entry is about another signature"


@kinds
def test_an_entry_about_another_key(body: Body) -> None:
    logged = entry(body(PAYLOAD, SIGNATURE, OTHER.pem))
    assert answer(logged) == "its log entry is about another signer"


@kinds
@pytest.mark.parametrize("verifier", ["", "x", "-----BEGIN PUBLIC KEY-----", "-----BEGIN A-----\n%%\n-----END A-----"])
def test_an_entry_about_no_key(body: Body, verifier: str) -> None:
    assert answer(entry(body(PAYLOAD, SIGNATURE, verifier))) == "its log entry is about another signer"


@pytest.mark.parametrize(
    ("kind", "version"), [("hashedrekord", "0.0.2"), ("dsse", "0.0.2"), ("rekord", "0.0.1"), ("", "")]
)
def test_a_kind_of_entry_that_cannot_be_compared(kind: str, version: str) -> None:
    logged = entry({"apiVersion": version, "kind": kind, "spec": {}})
    assert answer(logged) == (
        f'its log entry is of the kind "{kind} {version}", which cannot be compared with what was signed'
    )


def test_no_entry() -> None:
    assert answer() == "nothing shows that it stands in the transparency log"


def test_another_log() -> None:
    logged = entry(dsse_body(PAYLOAD, SIGNATURE, SIGNER.pem), log=new_log())
    assert answer(logged) == "it stands in another transparency log"


def test_another_log_that_says_that_it_is_ours() -> None:
    impostor = new_log()
    logged = entry(dsse_body(PAYLOAD, SIGNATURE, SIGNER.pem), log=impostor)._replace(log_id=LOG.id)
    assert answer(logged) == NOT_THE_LOGS


@pytest.mark.parametrize("change", [{"integrated": 1}, {"position": 1}, {"body": b"{}"}])
def test_a_promise_covers_everything(change: dict[str, Any]) -> None:
    logged = entry(dsse_body(PAYLOAD, SIGNATURE, SIGNER.pem))._replace(proof=None, **change)
    assert answer(logged) == NOT_THE_LOGS


@pytest.mark.parametrize("seconds", [0, -1, 253402300800, 2**62])
def test_a_time_that_is_none_is_not_believed_even_from_the_log(seconds: int) -> None:
    body = json.dumps(dsse_body(PAYLOAD, SIGNATURE, SIGNER.pem)).encode()
    promised = {"body": base64(body), "integratedTime": seconds, "logID": LOG.id.hex(), "logIndex": 0}
    promise = LOG.sign(json.dumps(promised, separators=(",", ":")).encode())
    assert answer(LogEntry(body, 0, LOG.id, seconds, promise)) == NOT_THE_LOGS


def test_inclusion_alone_proves_no_time() -> None:
    logged = entry(dsse_body(PAYLOAD, SIGNATURE, SIGNER.pem), promised=False)
    assert answer(logged) == Held(None)


def test_a_promise_is_enough_without_inclusion() -> None:
    logged = entry(dsse_body(PAYLOAD, SIGNATURE, SIGNER.pem))._replace(proof=None)
    assert answer(logged) == Held(NOON)


def test_of_many_entries_the_earliest_that_holds_counts() -> None:
    good = dsse_body(PAYLOAD, SIGNATURE, SIGNER.pem)
    other = dsse_body(PAYLOAD, SIGNATURE, OTHER.pem)
    early = datetime(2020, 1, 1, tzinfo=UTC)
    entries = entry(other, early), entry(good, LATER), entry(good, NOON), entry(good, early, promised=False)
    assert answer(*entries) == Held(NOON)


def test_a_logged_body_that_is_no_json() -> None:
    body = b"{"
    logged = LogEntry(body, 0, LOG.id, int(NOON.timestamp()), LOG.promise(body, NOON))
    assert answer(logged) == "its log entry cannot be read: it is no JSON"


@pytest.mark.parametrize(
    ("annotation", "reason"),
    [
        ("", "it is no JSON"),
        ("[]", "it is no JSON object"),
        ('{"Payload": {"logID": "xyz"}}', "its `logID` is no hexadecimal"),
        ('{"Payload": {"body": "e"}}', "its `body` is no whole base64"),
        ('{"Payload": {"integratedTime": 1.5}}', "its `integratedTime` is no number"),
        ("\ud800", "it is no JSON: not in UTF-8"),
        (" " * 600_000, "it has 600000 bytes, more than 524288"),
    ],
)
def test_broken_annotations(annotation: str, reason: str) -> None:
    with pytest.raises(Malformed) as caught:
        read_annotation(annotation)
    assert str(caught.value) == reason


def proof(size: int, index: int, entry: bytes = b"entry", log: RekorLog = LOG) -> InclusionProof:
    leaves = [hashlib.sha256(b"\0" + (entry if at == index else b"%d" % at)).digest() for at in range(size)]
    note = f"log - 1\n{size}\n{base64(tree_root(leaves))}\n"
    line = f"\N{EM DASH} log {base64(log.id[:4] + log.sign(note.encode()))}"
    return InclusionProof(index, size, tuple(way_up(leaves, index)), f"{note}\n{line}\n")


def included(proven: InclusionProof, entry: bytes = b"entry") -> bool:
    return is_included(entry, proven, read_key(LOG.pem))


@pytest.mark.parametrize("size", range(1, 18))
def test_every_leaf_of_a_tree_is_included(size: int) -> None:
    for index in range(size):
        assert included(proof(size, index))


def test_what_is_not_included() -> None:
    good = proof(7, 4)
    assert not included(good, b"another")
    assert not included(good._replace(position=3))
    assert not included(good._replace(position=7))
    assert not included(good._replace(position=-1))
    assert not included(good._replace(size=8))
    assert not included(good._replace(size=0))
    assert not included(good._replace(hashes=good.hashes[1:]))
    assert not included(good._replace(hashes=(*good.hashes, good.hashes[0])))
    assert not included(good._replace(hashes=good.hashes[::-1]))


def test_a_node_of_the_tree_is_no_entry() -> None:
    """The hash of a node is made in another way, or a made-up entry could stand for two."""
    leaves = [hashlib.sha256(b"\0%d" % at).digest() for at in range(4)]
    note = f"log - 1\n2\n{base64(tree_root(leaves))}\n"
    line = f"\N{EM DASH} log {base64(LOG.id[:4] + LOG.sign(note.encode()))}"
    shorter = InclusionProof(0, 2, (tree_root(leaves[2:]),), f"{note}\n{line}\n")
    assert not included(shorter, leaves[0] + leaves[1])


@pytest.mark.parametrize(
    "change",
    [
        lambda note: note.replace("\n\n", "\n"),
        lambda note: note.replace("log - 1", "log - 2"),
        lambda note: note.replace("\N{EM DASH}", "-"),
        lambda note: note[: note.index("\n\n") + 2],
        lambda note: "",
        lambda note: "log\n7\n\n",
        lambda note: note + " " * 20_000,
        lambda note: "\n\n" + note,
    ],
)
def test_a_note_that_the_log_has_not_signed(change: Callable[[str], str]) -> None:
    good = proof(7, 4)
    assert not included(good._replace(checkpoint=change(good.checkpoint)))


def test_a_note_of_another_log() -> None:
    assert not included(proof(7, 4, log=new_log()))


def test_others_may_have_signed_the_note_too() -> None:
    good = proof(7, 4)
    note, _, line = good.checkpoint.partition("\n\n")
    assert included(good._replace(checkpoint=f"{note}\n\n\N{EM DASH} witness AAAA\n{line}"))


@pytest.mark.parametrize(
    ("tweaks", "reason"),
    [
        ({"hashes": ["AA"]}, "its `hashes` is no whole base64"),
        ({"hashes": [1]}, "its `hashes` are no list of at most 64 hashes"),
        ({"hashes": ["AAAA"] * 65}, "its `hashes` are no list of at most 64 hashes"),
        ({"treeSize": "many"}, "its `treeSize` is no number"),
    ],
)
def test_broken_proofs(tweaks: dict[str, Any], reason: str) -> None:
    document = LOG.entry(dsse_body(PAYLOAD, SIGNATURE, SIGNER.pem), NOON)
    document["inclusionProof"].update(tweaks)
    with pytest.raises(Malformed) as caught:
        read_entry(document)
    assert str(caught.value) == reason


def test_defaults_of_an_entry_may_be_left_out() -> None:
    document = LOG.entry(dsse_body(PAYLOAD, SIGNATURE, SIGNER.pem), NOON)
    del document["logIndex"], document["inclusionProof"]["logIndex"], document["inclusionProof"]["hashes"]
    assert answer(read_entry(document)) == Held(NOON)
    del document["inclusionPromise"]
    assert answer(read_entry(document)) == Held(None)
