"""Envelopes and statements: what was signed, and about which digests."""

import json
from typing import Any

import pytest

from tests.evidence.enclosed import DIGEST, envelope, statement
from webhook.evidence.dsse import PAYLOAD_TYPE, Envelope, encoded, read_envelope
from webhook.evidence.statement import read_statement
from webhook.evidence.strict_json import Malformed

OTHER = f"sha256:{'ee' * 32}"


def refused(document: dict[str, Any]) -> str:
    with pytest.raises(Malformed) as caught:
        read_envelope(document)
    return str(caught.value)


def refused_statement(**tweaks: Any) -> str:
    with pytest.raises(Malformed) as caught:
        read_statement(json.dumps({**json.loads(statement()), **tweaks}).encode())
    return str(caught.value)


def test_what_is_signed_has_its_lengths_in_bytes() -> None:
    assert encoded("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )
    assert encoded("é", "é".encode()) == b"DSSEv1 2 \xc3\xa9 2 \xc3\xa9"


def test_an_envelope_has_each_signature_once() -> None:
    assert read_envelope(envelope(b"payload", b"one", b"two", b"one")) == Envelope(b"payload", (b"one", b"two"))


def test_url_safe_base64_is_read() -> None:
    document = {"payload": "-_-_", "payloadType": PAYLOAD_TYPE, "signatures": [{"sig": "-_-_", "keyid": "x"}]}
    assert read_envelope(document) == Envelope(b"\xfb\xff\xbf", (b"\xfb\xff\xbf",))


@pytest.mark.parametrize(
    ("tweaks", "reason"),
    [
        ({"signatures": []}, "its signature is missing"),
        ({"signatures": None}, "its signature is missing"),
        ({"signatures": [{"keyid": "x"}]}, "its signature is missing"),
        ({"signatures": [{"sig": "eHk="}, {"sig": ""}]}, "its signature is missing"),
        ({"signatures": [{"sig": "eHk"}]}, "its `sig` is no whole base64"),
        ({"signatures": {"sig": "eHk="}}, "its `signatures` is no list"),
        ({"signatures": [{"sig": "eHk="}] * 33}, "it has 33 `signatures`, more than 32"),
        ({"payload": "eHk"}, "its `payload` is no whole base64"),
        ({"payload": 1}, "its `payload` is no text"),
        ({"payloadType": "text/plain"}, 'its payload is "text/plain", not application/vnd.in-toto+json'),
        ({"payloadType": None}, 'its payload is "", not application/vnd.in-toto+json'),
    ],
)
def test_broken_envelopes(tweaks: dict[str, Any], reason: str) -> None:
    assert refused({**envelope(b"payload", b"signature"), **tweaks}) == reason


def test_a_statement_in_the_place_of_an_envelope_is_unsigned() -> None:
    assert refused(json.loads(statement())) == "it is a statement that nobody signed"


@pytest.mark.parametrize("version", ["https://in-toto.io/Statement/v0.1", "https://in-toto.io/Statement/v1"])
def test_both_versions_of_statements(version: str) -> None:
    payload = json.dumps({**json.loads(statement("https://t", finished=True)), "_type": version}).encode()
    read = read_statement(payload)
    assert (read.predicate_type, read.predicate) == ("https://t", {"finished": True})
    assert read.about(DIGEST) is not None
    assert read.about(OTHER) is None


def test_a_statement_may_have_no_predicate() -> None:
    document = json.loads(statement())
    del document["predicate"]
    assert read_statement(json.dumps(document).encode()).predicate is None


@pytest.mark.parametrize(
    ("tweaks", "reason"),
    [
        (
            {"_type": "https://in-toto.io/Statement/v2"},
            'it is "https://in-toto.io/Statement/v2", not a statement v0.1 or v1 of in-toto',
        ),
        ({"_type": None}, 'it is "", not a statement v0.1 or v1 of in-toto'),
        ({"predicateType": ""}, "it does not say its predicateType"),
        ({"subject": [{}] * 1025}, "it has 1025 `subject`, more than 1024"),
        ({"subject": "x"}, "its `subject` is no list"),
        ({"subject": [{"digest": {f"a{n}": "1" for n in range(33)}}]}, "a subject has 33 digests, more than 32"),
        ({"subject": [{"digest": {"sha256": 1}}]}, "a subject's digest is no text"),
        ({"subject": [{"digest": "sha256:1"}]}, "its `digest` is no object"),
    ],
)
def test_broken_statements(tweaks: dict[str, Any], reason: str) -> None:
    assert refused_statement(**tweaks) == reason


def about(*subjects: Any) -> bool:
    payload = json.dumps({**json.loads(statement()), "subject": list(subjects)}).encode()
    return read_statement(payload).about(DIGEST) is not None


def test_subjects_match_by_digest_alone() -> None:
    value = DIGEST.partition(":")[2]
    assert about({"name": "whatever", "digest": {"sha256": value}})
    assert about(None, {"digest": {"sha1": "1"}}, {"digest": {"sha512": "2", "sha256": value}})
    assert not about({"name": DIGEST, "digest": {}})
    assert not about({"digest": {"sha256": value.upper()}})
    assert not about({"digest": {"sha512": value}})
    assert not about({"digest": {"sha256": DIGEST}})
    assert not about()


def test_annotations_are_those_of_the_subject_that_matches() -> None:
    subjects = [
        {"digest": {"sha256": OTHER.partition(":")[2]}, "annotations": {"env": "prod"}},
        {"digest": {"sha256": DIGEST.partition(":")[2]}, "annotations": {"env": "test"}},
    ]
    read = read_statement(json.dumps({**json.loads(statement()), "subject": subjects}).encode())
    subject = read.about(DIGEST)
    assert subject is not None
    assert subject.annotations == {"env": "test"}
    assert read.named == OTHER
