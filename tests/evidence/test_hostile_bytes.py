"""Nothing raises, whatever the bytes are, and nothing that was changed counts for anything but what was signed."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.evidence.enclosed import (
    DIGEST,
    LOG_AT,
    SIGNATURE_AT,
    attached,
    simple_signing,
    statement,
)
from tests.evidence.pki import bundle as certificates
from tests.evidence.pki import certified, root, trust
from tests.evidence.rekor_log import dsse_body, hashedrekord_body, new_log
from tests.evidence.signing import SCAN, Signer, attestation, bundle, signature
from webhook.admission.evidence import Rejected
from webhook.evidence.attached import Attached, Kind
from webhook.evidence.prove import prove

CI, LOG = Signer(), new_log()
EDWARDS, RSA = Signer("Ed25519"), Signer("RSA2048")
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TRUST = trust(
    CI.authority("ci"),
    CI.authority("logged", log=LOG.pem, roles=("scan",)),
    EDWARDS.authority("edwards"),
    RSA.authority("rsa"),
    certified("corp", certificates(root())),
)
PAYLOAD = statement(SCAN, findings=[{"id": "CVE-1", "score": 1.5}], text="x\u00e9")
ENTRY = LOG.entry(dsse_body(PAYLOAD, CI.on(PAYLOAD), CI.pem), NOON)
BUNDLE = bundle(PAYLOAD, CI, entries=(ENTRY,))
LOGGED = LOG.annotation(hashedrekord_body(simple_signing(), CI.sign(simple_signing()), CI.pem), NOON)
GOOD: list[tuple[Attached, bytes]] = [
    (attached(Kind.BUNDLE), BUNDLE),
    (attached(Kind.DSSE), attestation(CI, RSA, EDWARDS, payload=PAYLOAD)),
    (signature(simple_signing(), CI, {LOG_AT: LOGGED}), simple_signing()),
    (attached(Kind.NOTATION, "application/jose+json"), b'{"payload": "e30", "protected": "e30", "signature": "AA"}'),
]
quick = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SAID = {SCAN, "application/vnd.dev.cosign.simplesigning.v1+json"}


def survives(item: Attached, blob: bytes) -> None:
    answer = prove(item, blob, DIGEST, TRUST)
    if isinstance(answer, Rejected):
        assert answer.reason
        answer.reason.encode()
    else:
        assert {one.predicate_type for one in answer} <= SAID


@pytest.mark.parametrize(("item", "blob"), GOOD[:3])
def test_the_unchanged_ones_count(item: Attached, blob: bytes) -> None:
    assert not isinstance(prove(item, blob, DIGEST, TRUST), Rejected)


@quick
@given(st.sampled_from(GOOD), st.data())
def test_bytes_that_were_changed(good: tuple[Attached, bytes], data: st.DataObject) -> None:
    item, blob = good
    at = data.draw(st.integers(0, len(blob)))
    gone = data.draw(st.integers(0, 40))
    survives(item, blob[:at] + data.draw(st.binary(max_size=20)) + blob[at + gone :])


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(["AAAA", "0"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for key, one in inner for place in places(one, (*at, key)))]


def put(document: Any, place: tuple[Any, ...], value: Any) -> Any:
    if not place:
        return value
    within = document
    for step in place[:-1]:
        within = within[step]
    within[place[-1]] = value
    return document


@quick
@given(st.sampled_from(GOOD), st.data())
def test_values_that_were_swapped(good: tuple[Attached, bytes], data: st.DataObject) -> None:
    item, blob = good
    document = json.loads(blob)
    place = data.draw(st.sampled_from(places(document)))
    survives(item, json.dumps(put(document, place, data.draw(VALUES))).encode())


@quick
@given(st.data())
def test_what_a_signer_writes_into_a_statement(data: st.DataObject) -> None:
    document = json.loads(PAYLOAD)
    place = data.draw(st.sampled_from(places(document)))
    payload = json.dumps(put(document, place, data.draw(VALUES))).encode()
    answer = prove(attached(Kind.BUNDLE), bundle(payload, CI), DIGEST, TRUST)
    assert isinstance(answer, Rejected) or [one.authorities for one in answer] == [("ci",)]


@quick
@given(st.data())
def test_what_a_log_writes_into_an_entry(data: st.DataObject) -> None:
    document = dsse_body(PAYLOAD, CI.on(PAYLOAD), CI.pem)
    place = data.draw(st.sampled_from(places(document)))
    body = put(document, place, data.draw(VALUES))
    if isinstance(body, dict):
        entry = LOG.entry({"kind": "dsse", "apiVersion": "0.0.1", **body}, NOON)
        survives(attached(Kind.BUNDLE), bundle(PAYLOAD, CI, entries=(entry,)))


@quick
@given(
    st.sampled_from([SIGNATURE_AT, LOG_AT, "dev.sigstore.cosign/certificate", "dev.sigstore.cosign/chain"]), st.text()
)
def test_annotations_that_were_changed(name: str, text: str) -> None:
    item, blob = GOOD[2]
    survives(item._replace(annotations={**item.annotations, name: text}), blob)


@quick
@given(st.sampled_from(list(Kind)), st.binary(max_size=200), st.text(max_size=20))
def test_any_bytes(kind: Kind, blob: bytes, media_type: str) -> None:
    survives(attached(kind, media_type), blob)
