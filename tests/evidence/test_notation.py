"""Signatures of the Notary Project: what they prove, for how long, and why others prove nothing."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.evidence.enclosed import DIGEST, attached
from tests.evidence.notary import AUTHENTIC_AT, EXPIRY, PLUGIN, SCHEME, SIGNED_AT, STAMP, header, jws, url64
from tests.evidence.pki import (
    PLACE,
    START,
    bare_key,
    base64,
    bundle,
    certified,
    certify,
    days,
    new_key,
    public_pem,
    root,
    trust,
)
from tests.evidence.stamps import stamper
from webhook.admission.evidence import Rejected, Validity
from webhook.evidence.attached import Kind
from webhook.evidence.notation import COSE, JWS, PAYLOAD_TYPE
from webhook.evidence.prove import Proven, prove
from webhook.policy.trust import AuthoritySpec
from webhook.policy.trusted import Authority

CA = root()
CI = certify("CN=ci,O=corp", CA)
CHAIN = (CI, CA)
UNPROVEN = Validity("its certificate", START, days(10), ", and nothing proves that it was signed before")


def judged(blob: bytes, media_type: str = JWS, digest: str = DIGEST, **more: Any) -> tuple[Proven, ...] | Rejected:
    return prove(attached(Kind.NOTATION, media_type), blob, digest, trust(certified("ci", bundle(CA), **more)))


def proven(blob: bytes, **more: Any) -> Proven:
    found = judged(blob, **more)
    assert not isinstance(found, Rejected), found
    [one] = found
    return one


def reason(blob: bytes, **more: Any) -> str:
    found = judged(blob, **more)
    assert isinstance(found, Rejected), found
    return found.reason


def test_it_is_an_image_signature_and_says_nothing_else() -> None:
    one = proven(jws(CHAIN))
    assert (one.is_signature, one.predicate, one.predicate_type) == (True, None, PAYLOAD_TYPE)
    assert (one.authorities, one.signed, one.valid) == (("ci",), None, (UNPROVEN,))


@pytest.mark.parametrize(
    ("algorithm", "kind"),
    [
        ("ES256", "P-256"),
        ("ES384", "P-384"),
        ("ES512", "P-521"),
        ("PS256", "RSA2048"),
        ("PS384", "RSA3072"),
        ("PS512", "RSA3072"),
    ],
)
def test_algorithms_that_count(algorithm: str, kind: str) -> None:
    signer = certify("CN=ci,O=corp", CA, kind=kind)
    assert proven(jws((signer, CA), header({"alg": algorithm}))).authorities == ("ci",)


def test_annotations_of_the_signer_are_signed() -> None:
    one = proven(jws(CHAIN, annotations={"build": "42", "number": 7}))
    assert one.annotations == (("build", "42"),)


def test_a_public_key_counts_for_it_too() -> None:
    spec = AuthoritySpec(("build",), public_key=public_pem(CI.key))
    found = prove(attached(Kind.NOTATION, JWS), jws(CHAIN), DIGEST, trust(Authority("key", spec, {}, PLACE)))
    assert not isinstance(found, Rejected)
    assert (found[0].authorities, found[0].valid) == (("key",), ())


def test_the_signing_time_proves_nothing() -> None:
    signer = certify("CN=ci,O=corp", CA, until=days(3))
    one = proven(jws((signer, CA), header({SIGNED_AT: "2026-01-02T03:04:05Z"})))
    assert one.signed is None
    assert one.valid[0].lapsed(days(4)) == (
        "its certificate expired on 2026-01-04 00:00 UTC, and nothing proves that it was signed before"
    )


def test_the_authentic_signing_time_proves_nothing_either_as_nobody_is_a_signing_authority() -> None:
    signer = certify("CN=ci,O=corp", CA, until=days(3))
    changes: dict[str, Any] = {
        SCHEME: "notary.x509.signingAuthority",
        SIGNED_AT: None,
        AUTHENTIC_AT: "2026-01-02T03:04:05Z",
        "crit": [SCHEME, AUTHENTIC_AT],
    }
    one = proven(jws((signer, CA), header(changes)))
    assert (one.signed, one.valid[0].until) == (None, days(3))


def test_a_countersignature_proves_it() -> None:
    tsa = stamper()
    signer = certify("CN=ci,O=corp", CA, until=days(3))
    blob = jws((signer, CA), stamp=lambda signature: tsa.token(signature, days(2)))
    one = proven(blob, timestamps=bundle(tsa.issuer))
    assert (one.signed, one.valid) == (days(2), ())


def test_a_countersignature_after_the_end_of_the_certificate() -> None:
    tsa = stamper()
    signer = certify("CN=ci,O=corp", CA, until=days(3))
    blob = jws((signer, CA), stamp=lambda signature: tsa.token(signature, days(4)))
    told = "it is not of ci: its certificate expired on 2026-01-04 00:00 UTC, before 2026-01-05 00:00 UTC"
    assert reason(blob, timestamps=bundle(tsa.issuer)) == told


def test_a_countersignature_of_another_signature_proves_nothing() -> None:
    tsa = stamper()
    blob = jws(CHAIN, stamp=lambda _: tsa.token(b"another signature", days(2)))
    one = proven(blob, timestamps=bundle(tsa.issuer))
    assert one.signed is None
    assert one.valid[0].note.endswith("its time stamp does not count: it is about something else")


def test_the_signer_may_give_it_an_end() -> None:
    tsa = stamper()
    blob = jws(
        CHAIN,
        header({EXPIRY: "2026-01-06T02:00:00+02:00", "crit": [SCHEME, EXPIRY]}),
        stamp=lambda signature: tsa.token(signature, days(2)),
    )
    one = proven(blob, timestamps=bundle(tsa.issuer))
    assert one.valid == (Validity("it", None, days(5), ", as its signer wanted"),)
    assert one.valid[0].lapsed(days(6)) == "it expired on 2026-01-06 00:00 UTC, as its signer wanted"
    assert one.valid[0].lapsed(days(5)) == ""


def test_of_a_certificate_and_an_expiry_both_count() -> None:
    one = proven(jws(CHAIN, header({EXPIRY: "2026-01-06T00:00:00Z", "crit": [SCHEME, EXPIRY]})))
    assert [ends.until for ends in one.valid] == [days(10), days(5)]


def test_parts_of_a_second_are_read() -> None:
    one = proven(jws(CHAIN, header({EXPIRY: "2026-01-06T00:00:00.123456789Z", "crit": [SCHEME, EXPIRY]})))
    assert one.valid[1].until == datetime(2026, 1, 6, 0, 0, 0, 123456, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"crit": [SCHEME, PLUGIN], PLUGIN: "x"}, f'it makes "{PLUGIN}" critical, which is unknown here'),
        ({"crit": [SCHEME, "alg"]}, 'it makes "alg" critical, which is unknown here'),
        ({"crit": []}, f"it does not make {SCHEME} critical"),
        ({"crit": None}, "its `crit` is no list of names"),
        ({"crit": SCHEME}, "its `crit` is no list of names"),
        ({"crit": [SCHEME, 7]}, "its `crit` is no list of names"),
        ({"crit": [SCHEME, SCHEME]}, "its `crit` names what is not there, or something twice"),
        ({"crit": [SCHEME, EXPIRY]}, "its `crit` names what is not there, or something twice"),
        ({EXPIRY: "2026-01-06T00:00:00Z"}, f"it does not make {EXPIRY} critical"),
        (
            {EXPIRY: "tomorrow", "crit": [SCHEME, EXPIRY]},
            f'its {EXPIRY} is "tomorrow", which is no time',
        ),
        (
            {EXPIRY: "2026-02-30T00:00:00Z", "crit": [SCHEME, EXPIRY]},
            f'its {EXPIRY} is "2026-02-30T00:00:00Z", which is no time',
        ),
        (
            {EXPIRY: "0001-01-01T00:00:00+23:00", "crit": [SCHEME, EXPIRY]},
            f'its {EXPIRY} is "0001-01-01T00:00:00+23:00", which is no time',
        ),
        ({EXPIRY: 7, "crit": [SCHEME, EXPIRY]}, f"its `{EXPIRY}` is no text"),
        ({SCHEME: "notary.x509.other"}, 'its signing scheme is "notary.x509.other", which is unknown'),
        ({SCHEME: None, "crit": []}, 'its signing scheme is "", which is unknown'),
        ({SIGNED_AT: None}, f"it has no {SIGNED_AT}, which belongs to the signing scheme notary.x509"),
        (
            {AUTHENTIC_AT: "2026-01-02T03:04:05Z"},
            f"it has {AUTHENTIC_AT}, which does not belong to the signing scheme notary.x509",
        ),
        (
            {SCHEME: "notary.x509.signingAuthority"},
            f"it has {SIGNED_AT}, which does not belong to the signing scheme notary.x509.signingAuthority",
        ),
        (
            {SCHEME: "notary.x509.signingAuthority", SIGNED_AT: None, AUTHENTIC_AT: "2026-01-02T03:04:05Z"},
            f"it does not make {AUTHENTIC_AT} critical",
        ),
        ({"cty": "application/json"}, f'its payload is "application/json", not {PAYLOAD_TYPE}'),
        ({"alg": "none"}, 'its algorithm is "none", not one of PS256, PS384, PS512, ES256, ES384, ES512'),
        ({"alg": "HS256"}, 'its algorithm is "HS256", not one of PS256, PS384, PS512, ES256, ES384, ES512'),
        ({"alg": "RS256"}, 'its algorithm is "RS256", not one of PS256, PS384, PS512, ES256, ES384, ES512'),
        ({"alg": "ES384"}, "its algorithm is for secp384r1, and the key of its certificate is not"),
        ({"alg": "PS256"}, "its algorithm is for RSA, and the key of its certificate is not"),
    ],
)
def test_headers_that_are_refused(changes: dict[str, Any], told: str) -> None:
    assert reason(jws(CHAIN, header(changes))) == told


BROKEN = "its signature does not hold, not even for its own certificate"
RSA_SIGNER = certify("CN=ci,O=corp", CA, kind="RSA2048")


@pytest.mark.parametrize(
    ("blob", "told"),
    [
        (
            lambda: jws((CI._replace(key=new_key()), CA)),
            BROKEN,
        ),
        (
            lambda: jws((RSA_SIGNER, CA), header({"alg": "PS256"}), salt=20),
            BROKEN,
        ),
        (
            lambda: jws(CHAIN, signature=url64(b"\1" * 64)),
            BROKEN,
        ),
        (
            lambda: jws(CHAIN, signature=url64(b"\0" * 64)),
            BROKEN,
        ),
        (lambda: jws(CHAIN, signature=url64(CI.sign(b"x"))), "its signature is of the wrong length"),
        (lambda: jws(CHAIN, signature=""), "its `signature` is missing"),
        (lambda: jws(CHAIN, signature="a+/="), "its `signature` is no base64url"),
        (lambda: jws(CHAIN, signature="a"), "its `signature` is no base64url"),
        (lambda: jws(CHAIN, payload=""), "its `payload` is missing"),
        (lambda: jws(CHAIN, payload=url64(b"7")), "it is no JSON object"),
        (
            lambda: jws(CHAIN, payload=url64(b'{"targetArtifact": {}}')),
            BROKEN,
        ),
        (lambda: jws(CHAIN, protected=url64(b'{"alg": "ES256", "alg": "ES256"}')), "it has the key `alg` twice"),
        (lambda: jws(CHAIN, header={}), "its certificates (x5c) are missing"),
        (lambda: jws(CHAIN, header={"x5c": []}), "its certificates (x5c) are missing"),
        (lambda: jws(CHAIN, header={"x5c": [7]}), "its certificates (x5c) are missing"),
        (lambda: jws(CHAIN, header={"x5c": ["!"]}), "its `x5c` is no whole base64"),
        (lambda: jws([*CHAIN, *[CA] * 4]), "it has 6 certificates, more than 5"),
        (
            lambda: jws(CHAIN, header={"x5c": [base64(bare_key(CI))]}),
            "what stands as its certificate is a bare public key, which nobody vouches for",
        ),
        (lambda: jws(CHAIN, header={"x5c": [base64(CI.der)], STAMP: "!"}), f"its `{STAMP}` is no whole base64"),
        (lambda: b"[]", "it is no JSON object"),
        (lambda: b"{", "it is no JSON"),
        (lambda: b" " * 2_000_000, "it has 2000000 bytes, more than 1048576"),
    ],
)
def test_what_is_no_signature(blob: Callable[[], bytes], told: str) -> None:
    assert reason(blob()) == told


def test_a_signature_by_somebody_else() -> None:
    other = root("CN=Other Root,O=other")
    told = 'it is not of ci: the certificate of "CN=Other Root,O=other" is not one of those that are trusted'
    assert reason(jws((certify("CN=ci,O=corp", other), other))) == told
    told = 'it is not of ci: its certificate is that of "CN=dev,O=corp", not "CN=ci,O=corp"'
    assert reason(jws((certify("CN=dev,O=corp", CA), CA))) == told


def test_a_signature_for_another_image() -> None:
    other = f"sha256:{'e' * 64}"
    assert reason(jws(CHAIN, digest=other)) == f'ci signed it, but it is about "{other}", not this image'
    assert reason(jws(CHAIN, digest="")) == 'ci signed it, but it is about "", not this image'


def test_cose_is_refused_by_name() -> None:
    told = "it is in COSE, which is not supported: sign with notation sign --signature-format jws"
    assert reason(b"\xd2\x84", media_type=COSE) == told
    assert reason(jws(CHAIN), media_type="text/plain") == 'it is "text/plain", not a signature in JWS'


def test_no_byte_that_is_changed_raises_or_proves_something_else() -> None:
    whole = jws(CHAIN)
    ours = trust(certified("ci", bundle(CA)))
    item = attached(Kind.NOTATION, JWS)
    for at in range(0, len(whole), 3):
        for changed in (whole[:at] + bytes([whole[at] ^ 0x01]) + whole[at + 1 :], whole[:at]):
            found = prove(item, changed, DIGEST, ours)
            assert isinstance(found, Rejected) or found[0].authorities == ("ci",)


def test_what_is_rejected_says_what_it_claims_to_be() -> None:
    other = root("CN=Other Root,O=other")
    found = judged(jws((certify("CN=ci,O=corp", other), other)))
    assert isinstance(found, Rejected)
    assert found.hint == PAYLOAD_TYPE
