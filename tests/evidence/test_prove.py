"""What is attached and does not count: each attack, and the reason that is given for it."""

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.evidence.enclosed import (
    BUNDLE_TYPE,
    CERTIFICATE_AT,
    DIGEST,
    LOG_AT,
    STAMP_AT,
    attached,
    envelope,
    simple_signing,
    statement,
)
from tests.evidence.pki import bare_key, base64, certify, trust
from tests.evidence.rekor_log import dsse_body, hashedrekord_body, new_log
from tests.evidence.signing import SCAN, Signer, attestation, bundle, counted, reason, signature
from webhook.admission.evidence import Rejected
from webhook.evidence.attached import Kind
from webhook.evidence.prove import NOT_OURS, Proven, prove
from webhook.evidence.strict_json import LARGEST

CI, SCANNER, STRANGER = Signer(), Signer(), Signer()
LOG = new_log()
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
OTHER = f"sha256:{'ee' * 32}"
TRUST = trust(CI.authority("ci"), SCANNER.authority("scan", roles=("scan",)))
LOGGED = trust(CI.authority("ci", log=LOG.pem))
BLOB = f"sha256:{'b' * 64}"
SIGN = "https://sigstore.dev/cosign/sign/v1"
ONE_SIGNER = "exactly one of publicKey, certificate, x509CertificateChain is needed"
SIMPLE = "application/vnd.dev.cosign.simplesigning.v1+json"


def tweaked(blob: bytes, **tweaks: Any) -> bytes:
    return json.dumps({**json.loads(blob), **tweaks}).encode()


def enveloped(**tweaks: Any) -> bytes:
    """A good bundle, but for its envelope."""
    payload = statement(SCAN)
    return bundle(payload, CI, dsseEnvelope={**envelope(payload, CI.on(payload)), **tweaks})


def of_material(**material: Any) -> bytes:
    """A good bundle, but for its verification material."""
    return bundle(statement(SCAN), CI, verificationMaterial=material)


Notes = dict[str, str] | None


def simple(payload: bytes, signer: Signer = CI, notes: Notes = None) -> tuple[Proven, ...] | Rejected:
    return prove(signature(payload, signer, notes), payload, DIGEST, TRUST)


def simply_rejected(payload: bytes, signer: Signer = CI, notes: Notes = None) -> str:
    answer = simple(payload, signer, notes)
    assert isinstance(answer, Rejected), answer
    return answer.reason


def test_a_bundle_that_counts() -> None:
    blob = bundle(statement(SCAN, finished="now"), CI)
    assert counted(blob, TRUST) == Proven(
        SCAN, {"finished": "now"}, False, ("ci",), None, (), BLOB, "corp/web@sha256:m"
    )


@pytest.mark.parametrize(
    "media_type",
    [BUNDLE_TYPE, *(f"application/vnd.dev.sigstore.bundle+json;version=0.{minor}" for minor in (1, 2, 3))],
)
def test_versions_of_bundles(media_type: str) -> None:
    assert counted(bundle(statement(SCAN), CI, mediaType=media_type), TRUST).authorities == ("ci",)


@pytest.mark.parametrize(
    "media_type", ["", "application/json", "application/vnd.dev.sigstore.bundle.v0.4+json", BUNDLE_TYPE.upper()]
)
def test_versions_that_are_not_known(media_type: str) -> None:
    assert reason(bundle(statement(SCAN), CI, mediaType=media_type), TRUST) == (
        f'it is "{media_type}", not a sigstore bundle of v0.1, v0.2 or v0.3'
    )


def test_fields_that_are_not_known_are_ignored() -> None:
    blob = tweaked(bundle(statement(SCAN), CI), futureField={"x": 1}, DsseEnvelope={"payload": 1})
    assert counted(blob, TRUST).predicate_type == SCAN


def test_an_image_signature_as_cosign_3_makes_it() -> None:
    document = json.loads(statement())
    document["subject"][0]["annotations"] = {"team": "shop", "build": 7}
    proven = counted(bundle(json.dumps(document).encode(), CI), TRUST)
    assert (proven.is_signature, proven.predicate_type, proven.annotations) == (True, SIGN, (("team", "shop"),))


def test_an_image_signature_as_cosign_2_makes_it() -> None:
    payload = json.loads(simple_signing())
    payload["optional"] = {"team": "shop", "build": 7}
    proven = Proven(SIMPLE, None, True, ("ci",), None, (("team", "shop"),), BLOB, "corp/web@sha256:m")
    assert simple(json.dumps(payload).encode()) == (proven,)


@pytest.mark.parametrize("predicate_type", [SCAN, "https://slsa.dev/provenance/v1", SIMPLE, f"{SIGN}/"])
def test_an_attestation_is_never_an_image_signature(predicate_type: str) -> None:
    for blob, kind in (
        (bundle(statement(predicate_type), CI), Kind.BUNDLE),
        (attestation(CI, payload=statement(predicate_type)), Kind.DSSE),
    ):
        proven = counted(blob, TRUST, kind)
        assert (proven.is_signature, proven.predicate_type) == (False, predicate_type)


def test_who_signed_is_said_and_what_for_is_the_rules_affair() -> None:
    assert counted(bundle(statement(SCAN), CI), TRUST).authorities == ("ci",)
    assert counted(bundle(statement(SCAN), SCANNER), TRUST).authorities == ("scan",)
    assert counted(bundle(statement(), SCANNER), TRUST).authorities == ("scan",)


def test_somebody_whom_nobody_knows() -> None:
    answer = prove(attached(Kind.BUNDLE), bundle(statement(SCAN), STRANGER), DIGEST, TRUST)
    assert answer == Rejected(NOT_OURS, "corp/web@sha256:m", BLOB, SCAN)
    assert simply_rejected(simple_signing(), STRANGER) == NOT_OURS
    assert reason(attestation(STRANGER), TRUST, Kind.DSSE) == NOT_OURS


def test_the_listing_says_what_it_claims_to_be_unless_somebody_signed_otherwise() -> None:
    lying = attached(Kind.BUNDLE, annotations={})._replace(hint="https://lie")
    answer = prove(lying, bundle(statement(SCAN), STRANGER), DIGEST, TRUST)
    assert isinstance(answer, Rejected)
    assert answer.hint == "https://lie"
    answer = prove(lying, bundle(statement(SCAN), CI), DIGEST, TRUST)
    assert not isinstance(answer, Rejected)
    assert [one.predicate_type for one in answer] == [SCAN]
    answer = prove(lying, bundle(statement(SCAN, OTHER), CI), DIGEST, TRUST)
    assert isinstance(answer, Rejected)
    assert answer.hint == SCAN


def test_a_claim_is_shortened() -> None:
    long = attached(Kind.BUNDLE)._replace(hint="x" * 1000)
    answer = prove(long, b"", DIGEST, TRUST)
    assert isinstance(answer, Rejected)
    assert answer.hint == "x" * 200


def test_about_another_digest() -> None:
    told = f'ci signed it, but it is about "{OTHER}", not this image'
    assert reason(bundle(statement(SCAN, OTHER), CI), TRUST) == told
    assert reason(attestation(CI, payload=statement(SCAN, OTHER)), TRUST, Kind.DSSE) == told
    assert simply_rejected(simple_signing(OTHER)) == told


def test_about_no_digest_at_all() -> None:
    nothing = json.dumps({**json.loads(statement(SCAN)), "subject": []}).encode()
    assert reason(bundle(nothing, CI), TRUST) == 'ci signed it, but it is about "no digest", not this image'


def test_about_another_algorithm_of_the_same_value() -> None:
    blob = bundle(statement(SCAN, DIGEST.replace("sha256", "sha512")), CI)
    assert reason(blob, TRUST).endswith("not this image")


def test_two_signatures_in_the_envelope_of_a_bundle() -> None:
    payload = statement(SCAN)
    two = [{"sig": base64(CI.on(payload))}, {"sig": base64(SCANNER.on(payload))}]
    told = "its envelope has more than one signature; a bundle has exactly one"
    assert reason(enveloped(signatures=two), TRUST) == told
    assert reason(enveloped(signatures=[two[0], two[0]]), TRUST) == told
    assert reason(enveloped(signatures=[two[0], None]), TRUST) == told


def test_elsewhere_an_envelope_may_have_many_and_keys_count() -> None:
    blob = attestation(STRANGER, SCANNER, CI, CI)
    assert counted(blob, TRUST, Kind.DSSE).authorities == ("scan", "ci")


@pytest.mark.parametrize("signatures", [[], None, [{}], [{"sig": ""}]])
def test_a_signature_that_was_stripped(signatures: Any) -> None:
    assert reason(enveloped(signatures=signatures), TRUST) == "its signature is missing"


def test_a_stripped_simple_signature() -> None:
    item = attached(Kind.SIMPLE_SIGNING)
    answer = prove(item, simple_signing(), DIGEST, TRUST)
    assert isinstance(answer, Rejected)
    assert answer.reason == "its signature is missing"


def test_a_statement_without_an_envelope() -> None:
    assert reason(statement(SCAN), TRUST, Kind.DSSE) == "it is a statement that nobody signed"


@pytest.mark.parametrize("field", ["payload", "signatures"])
def test_truncated_base64(field: str) -> None:
    payload = statement(SCAN)
    cut = base64(payload)[:-1] if field == "payload" else [{"sig": base64(CI.on(payload))[:-1]}]
    name = {"payload": "payload", "signatures": "sig"}[field]
    assert reason(enveloped(**{field: cut}), TRUST) == f"its `{name}` is no whole base64"


def test_base64_cut_at_four_characters_is_another_payload() -> None:
    cut = base64(statement(SCAN))[:-4]
    assert reason(enveloped(payload=cut), TRUST) == "it says that ci has signed it, but the signature does not hold"


def test_a_changed_payload() -> None:
    blob = enveloped(payload=base64(statement(SCAN, severity="none")))
    assert reason(blob, TRUST) == "it says that ci has signed it, but the signature does not hold"


def test_a_changed_payload_type_is_refused_before_it_matters() -> None:
    payload = statement(SCAN)
    blob = bundle(
        payload, CI, dsseEnvelope={**envelope(payload, CI.on(payload, "text/plain")), "payloadType": "text/plain"}
    )
    assert reason(blob, TRUST) == 'its payload is "text/plain", not application/vnd.in-toto+json'


def test_a_signature_on_the_bare_payload_is_none_on_the_envelope() -> None:
    payload = statement(SCAN)
    blob = bundle(payload, CI, dsseEnvelope=envelope(payload, CI.sign(payload)))
    assert reason(blob, TRUST) == "it says that ci has signed it, but the signature does not hold"


@pytest.mark.parametrize(
    ("blob", "told"),
    [
        (b"", "it is no JSON"),
        (b"null", "it is no JSON object"),
        (b"[" * 100_000, "it is nested more than 64 deep"),
        (b'{"mediaType": "a", "mediaType": "b"}', "it has the key `mediaType` twice"),
        (b'{"x": NaN}', "NaN is no number in JSON"),
        (b"\xff\xfe", "it is no JSON: not in UTF-8"),
        (b" " * (LARGEST + 1), f"it has {LARGEST + 1} bytes, more than {LARGEST}"),
    ],
)
@pytest.mark.parametrize("kind", [Kind.BUNDLE, Kind.DSSE])
def test_no_json(blob: bytes, told: str, kind: Kind) -> None:
    assert reason(blob, TRUST, kind) == told


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        (statement(SCAN)[:-1], "it is no JSON"),
        (statement(SCAN)[:-1] + b', "predicateType": "https://other"}', "it has the key `predicateType` twice"),
        (statement(SCAN)[:-1] + b', "x": ' + b"[" * 99 + b"]" * 99 + b"}", "it is nested more than 64 deep"),
        (b"not a statement", "it is no JSON"),
        (b'{"_type": "x"}', 'it is "x", not a statement v0.1 or v1 of in-toto'),
    ],
)
def test_who_signs_nonsense_has_signed_nothing(payload: bytes, told: str) -> None:
    assert reason(bundle(payload, CI), TRUST) == f"ci signed it, but {told}"


@pytest.mark.parametrize(
    ("material", "told"),
    [
        ({}, f"it has none where {ONE_SIGNER}"),
        (
            {"publicKey": {"hint": CI.hint}, "certificate": {"rawBytes": ""}},
            f"it has publicKey and certificate where {ONE_SIGNER}",
        ),
        ({"publicKey": "x"}, "its `publicKey` is no object"),
        ({"publicKey": {}, "tlogEntries": [{}] * 9}, "it has 9 `tlogEntries`, more than 8"),
        ({"publicKey": {}, "tlogEntries": [{"canonicalizedBody": "e"}]}, "its `canonicalizedBody` is no whole base64"),
        (
            {"publicKey": {}, "timestampVerificationData": {"rfc3161Timestamps": [{}] * 9}},
            "it has 9 `rfc3161Timestamps`, more than 8",
        ),
        (
            {"x509CertificateChain": {"certificates": [{"rawBytes": "AAAA"}] * 6}},
            "it has 6 `certificates`, more than 5",
        ),
    ],
)
def test_material_that_cannot_be_read(material: dict[str, Any], told: str) -> None:
    assert reason(of_material(**material), TRUST) == told


def test_exactly_one_content() -> None:
    good = bundle(statement(SCAN), CI)
    told = "where exactly one of dsseEnvelope, messageSignature is needed"
    assert reason(tweaked(good, messageSignature={"signature": "AAAA"}), TRUST) == (
        f"it has dsseEnvelope and messageSignature {told}"
    )
    assert reason(tweaked(good, dsseEnvelope=None), TRUST) == f"it has none {told}"


def test_a_bare_public_key_in_the_place_of_a_certificate_is_not_trusted_for_it() -> None:
    payload = statement(SCAN)
    own = certify("CN=ci,O=corp")
    der = bare_key(own)
    signed = own.sign(b"DSSEv1 28 application/vnd.in-toto+json %d %s" % (len(payload), payload))
    material = {"certificate": {"rawBytes": base64(der)}}
    blob = bundle(payload, CI, verificationMaterial=material, dsseEnvelope=envelope(payload, signed))
    assert reason(blob, TRUST) == NOT_OURS
    pem = f"-----BEGIN PUBLIC KEY-----\n{b64encode(der).decode()}\n-----END PUBLIC KEY-----\n"
    told = simply_rejected(simple_signing(), STRANGER, {CERTIFICATE_AT: pem})
    assert told == "what stands as its certificate is none"


def test_a_certificate_that_came_along_is_not_trusted_for_it() -> None:
    own = certify("CN=ci,O=corp")
    payload = statement(SCAN)
    signed = own.sign(b"DSSEv1 28 application/vnd.in-toto+json %d %s" % (len(payload), payload))
    material = {"certificate": {"rawBytes": base64(own.der)}}
    blob = bundle(payload, CI, verificationMaterial=material, dsseEnvelope=envelope(payload, signed))
    assert reason(blob, TRUST) == NOT_OURS


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"critical": {"type": "atomic container signature"}}, "atomic container signature"),
        ({"critical": {"type": "cosign attestation"}}, "cosign attestation"),
        ({"critical": {}}, ""),
        ({}, ""),
    ],
)
def test_a_simple_signature_of_another_type(change: dict[str, Any], told: str) -> None:
    payload = json.dumps(change).encode()
    assert simply_rejected(payload) == f'ci signed it, but it is "{told}", not a cosign container image signature'


def test_a_simple_signature_on_no_digest() -> None:
    payload = json.dumps({"critical": {"type": "cosign container image signature", "image": {}}}).encode()
    assert simply_rejected(payload) == "ci signed it, but it does not say which digest it is about"


def test_a_simple_signature_with_a_key_twice() -> None:
    twice = simple_signing()[:-1] + b', "optional": {}}'
    assert simply_rejected(twice) == "ci signed it, but it has the key `optional` twice"


def test_the_name_in_a_simple_signature_counts_for_nothing() -> None:
    assert b"registry.corp.example/web" in simple_signing()
    renamed = simple_signing().replace(b"registry.corp.example/web", b"evil.example/web")
    assert not isinstance(simple(renamed), Rejected)


def test_a_lying_annotation_changes_nothing() -> None:
    notes = {"predicateType": "https://slsa.dev/provenance/v1", "dev.cosignproject.cosign/signature": ""}
    answer = prove(attached(Kind.DSSE, annotations=notes), attestation(SCANNER), DIGEST, TRUST)
    assert not isinstance(answer, Rejected)
    assert [(one.predicate_type, one.annotations) for one in answer] == [(SCAN, ())]


def test_a_signature_of_another_layer() -> None:
    item = signature(simple_signing(OTHER), CI)
    answer = prove(item, simple_signing(), DIGEST, TRUST)
    assert isinstance(answer, Rejected)
    assert answer.reason == NOT_OURS


def logged(payload: bytes, at: datetime = NOON, *, other: bytes = b"", signed: bytes = b"") -> bytes:
    envelope_signature = CI.on(payload)
    body = dsse_body(other or payload, signed or envelope_signature, CI.pem)
    blob = bundle(payload, CI, entries=(LOG.entry(body, at),))
    return tweaked(blob, dsseEnvelope=envelope(payload, envelope_signature))


def test_the_log_gives_the_time() -> None:
    assert counted(logged(statement(SCAN)), LOGGED).signed == NOON


def test_the_log_is_no_witness_for_those_who_do_not_name_it() -> None:
    assert counted(logged(statement(SCAN)), TRUST).signed is None


def test_a_log_that_is_asked_for_and_not_there() -> None:
    told = "ci has signed it, but nothing shows that it stands in the transparency log"
    assert reason(bundle(statement(SCAN), CI), LOGGED) == told


def test_a_log_entry_of_something_else() -> None:
    told = "ci has signed it, but its log entry is about another"
    assert reason(logged(statement(SCAN), other=statement(SIGN)), LOGGED) == f"{told} content"
    assert reason(logged(statement(SCAN), signed=CI.on(b"x")), LOGGED) == f"{told} signature"


def test_a_logged_simple_signature() -> None:
    payload = simple_signing()
    made = CI.sign(payload)
    notes = {
        "dev.cosignproject.cosign/signature": base64(made),
        LOG_AT: LOG.annotation(hashedrekord_body(payload, made, CI.pem), NOON),
    }
    answer = prove(attached(Kind.SIMPLE_SIGNING, annotations=notes), payload, DIGEST, LOGGED)
    assert not isinstance(answer, Rejected)
    assert [one.signed for one in answer] == [NOON]
    other = {**notes, LOG_AT: LOG.annotation(hashedrekord_body(b"other", made, CI.pem), NOON)}
    answer = prove(attached(Kind.SIMPLE_SIGNING, annotations=other), payload, DIGEST, LOGGED)
    assert isinstance(answer, Rejected)
    assert answer.reason == "ci has signed it, but its log entry is about another content"


def test_a_broken_log_entry_is_said() -> None:
    assert simply_rejected(simple_signing(), notes={LOG_AT: "{"}) == "its log entry cannot be read: it is no JSON"
    told = "its timestamp cannot be read: its `SignedRFC3161Timestamp` is no whole base64"
    assert simply_rejected(simple_signing(), notes={STAMP_AT: '{"SignedRFC3161Timestamp": "x"}'}) == told


def test_each_time_of_signing_is_proven_apart() -> None:
    mixed = trust(
        CI.authority("ci", log=LOG.pem), CI.authority("scan", roles=("scan",)), CI.authority("po", roles=("approval",))
    )
    answer = prove(attached(Kind.BUNDLE), logged(statement(SCAN)), DIGEST, mixed)
    assert not isinstance(answer, Rejected)
    assert [(one.authorities, one.signed) for one in answer] == [(("ci",), NOON), (("scan", "po"), None)]


def test_a_future_time_is_told_as_it_is() -> None:
    """The clock is judged with each request, never here."""
    future = NOON + timedelta(days=3650)
    assert counted(logged(statement(SCAN), future), LOGGED).signed == future
