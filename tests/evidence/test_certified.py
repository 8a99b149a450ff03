"""What is attached to images by signers with certificates, in every format that carries them."""

import json
from typing import Any

import pytest

from tests.evidence.enclosed import (
    CERTIFICATE_AT,
    CHAIN_AT,
    DIGEST,
    LOG_AT,
    SIGNATURE_AT,
    STAMP_AT,
    attached,
    bundle_of,
    envelope,
    signature_on,
    simple_signing,
    statement,
)
from tests.evidence.pki import (
    PLACE,
    START,
    Certified,
    bare_key,
    base64,
    bundle,
    certified,
    certify,
    chain,
    days,
    public_pem,
    root,
    trust,
)
from tests.evidence.rekor_log import dsse_body, hashedrekord_body, new_log
from tests.evidence.stamps import stamper
from webhook.admission.evidence import Rejected, Validity
from webhook.evidence.attached import Kind
from webhook.evidence.prove import Proven, prove
from webhook.policy.trust import AuthoritySpec, TransparencyLog
from webhook.policy.trusted import Authority

CA = root()
CI = certify("CN=ci,O=corp", CA)
UNPROVEN = Validity("its certificate", START, days(10), ", and nothing proves that it was signed before")
SCAN = "https://cosign.sigstore.dev/attestation/vuln/v1"


def judged(
    kind: Kind, blob: bytes, *authorities: Authority, annotations: dict[str, str] | None = None
) -> tuple[Proven, ...] | Rejected:
    named = authorities or (certified("ci", bundle(CA)),)
    return prove(attached(kind, "", annotations), blob, DIGEST, trust(*named))


def only(found: tuple[Proven, ...] | Rejected) -> Proven:
    assert not isinstance(found, Rejected), found
    [one] = found
    return one


def reason(found: tuple[Proven, ...] | Rejected) -> str:
    assert isinstance(found, Rejected), found
    return found.reason


def cosign_3(signer: Certified = CI, payload: bytes | None = None, **more: Any) -> bytes:
    said = payload or statement()
    return bundle_of(said, signature_on(said, signer), signer.der, **more)


def test_a_bundle_with_an_image_signature() -> None:
    one = only(judged(Kind.BUNDLE, cosign_3()))
    assert (one.is_signature, one.authorities, one.signed, one.valid) == (True, ("ci",), None, (UNPROVEN,))


def test_a_bundle_with_an_attestation_is_no_image_signature() -> None:
    one = only(judged(Kind.BUNDLE, cosign_3(payload=statement(SCAN, scanner="trivy"))))
    assert (one.is_signature, one.predicate_type, one.predicate) == (False, SCAN, {"scanner": "trivy"})


def test_an_old_bundle_with_a_chain() -> None:
    signer, *others = chain(4)
    said = statement()
    blob = bundle_of(said, signature_on(said, signer), *(one.der for one in (signer, *others)), chained=True)
    assert only(judged(Kind.BUNDLE, blob, certified("ci", bundle(others[-1])))).authorities == ("ci",)


def test_a_chain_in_another_order_than_the_signer_first_is_not_believed() -> None:
    signer, issuer, top = chain(3)
    said = statement()
    certificates = (one.der for one in (issuer, signer, top))
    blob = bundle_of(said, signature_on(said, signer), *certificates, chained=True)
    told = reason(judged(Kind.BUNDLE, blob, certified("ci", bundle(top))))
    assert told == 'it is not of ci: its certificate is that of "CN=Issuing 0,O=corp", not "CN=ci,O=corp"'


def test_six_certificates_are_too_many() -> None:
    said = statement()
    blob = bundle_of(said, signature_on(said, CI), *[CI.der] * 6, chained=True)
    assert reason(judged(Kind.BUNDLE, blob)) == "it has 6 `certificates`, more than 5"


def test_a_bundle_with_a_time_stamp() -> None:
    tsa, said = stamper(), statement()
    signature = signature_on(said, CI)
    blob = bundle_of(said, signature, CI.der, stamps=(tsa.response(signature, days(3)),))
    one = only(judged(Kind.BUNDLE, blob, certified("ci", bundle(CA), timestamps=bundle(tsa.issuer))))
    assert (one.signed, one.valid) == (days(3), ())


def test_a_bundle_with_a_log_entry() -> None:
    log, said = new_log(), statement()
    signature = signature_on(said, CI)
    blob = bundle_of(said, signature, CI.der, entries=(log.entry(dsse_body(said, signature, CI.pem), days(3)),))
    ours = certified("ci", bundle(CA), transparency_log=TransparencyLog(log.pem))
    one = only(judged(Kind.BUNDLE, blob, ours))
    assert (one.signed, one.valid) == (days(3), ())


def test_a_bare_public_key_in_the_place_of_the_certificate() -> None:
    said = statement()
    blob = bundle_of(said, signature_on(said, CI), bare_key(CI))
    told = "it is not of ci: what stands as its certificate is a bare public key, which nobody vouches for"
    assert reason(judged(Kind.BUNDLE, blob)) == told


def test_whoever_trusts_the_key_itself_may_get_it_with_a_certificate() -> None:
    key = Authority("key", AuthoritySpec(("build",), public_key=public_pem(CI.key)), {}, PLACE)
    one = only(judged(Kind.BUNDLE, cosign_3(), key))
    assert (one.authorities, one.valid) == (("key",), ())


def test_what_holds_for_ever_and_what_holds_for_a_time_are_told_apart() -> None:
    key = Authority("key", AuthoritySpec(("scan",), public_key=public_pem(CI.key)), {}, PLACE)
    found = judged(Kind.BUNDLE, cosign_3(), key, certified("ci", bundle(CA)))
    assert not isinstance(found, Rejected)
    assert [(one.authorities, one.valid) for one in found] == [(("key",), ()), (("ci",), (UNPROVEN,))]


def test_several_authorities_say_each_why_not() -> None:
    told = reason(
        judged(
            Kind.BUNDLE,
            cosign_3(),
            certified("release", bundle(CA), "CN=release"),
            certified("other", bundle(root("CN=Other,O=other"))),
        )
    )
    assert told == (
        'it is not of release: its certificate is that of "CN=ci,O=corp", not "CN=release";'
        ' it is not of other: its certificate was issued by "CN=Corp Root,O=corp", who is not trusted'
    )


def old_signature(signer: Certified = CI, *others: Certified, **more: str) -> tuple[bytes, dict[str, str]]:
    """What `cosign sign --certificate ... --certificate-chain ...` of version 2 attached."""
    blob = simple_signing()
    annotations = {SIGNATURE_AT: base64(signer.sign(blob)), CERTIFICATE_AT: signer.pem}
    if others:
        annotations[CHAIN_AT] = "".join(one.pem for one in others)
    return blob, annotations


def test_an_old_image_signature() -> None:
    blob, annotations = old_signature()
    one = only(judged(Kind.SIMPLE_SIGNING, blob, annotations=annotations))
    assert (one.is_signature, one.authorities, one.valid) == (True, ("ci",), (UNPROVEN,))


def test_an_old_signature_with_a_chain() -> None:
    signer, *others = chain(4)
    blob, annotations = old_signature(signer, *others)
    found = judged(Kind.SIMPLE_SIGNING, blob, certified("ci", bundle(others[-1])), annotations=annotations)
    assert only(found).authorities == ("ci",)


def test_an_old_signature_with_a_time_stamp() -> None:
    tsa = stamper()
    blob, annotations = old_signature()
    response = tsa.response(CI.sign(b"another"), days(3))
    stamp = {STAMP_AT: json.dumps({"SignedRFC3161Timestamp": base64(response)})}
    ours = certified("ci", bundle(CA), timestamps=bundle(tsa.issuer))
    one = only(judged(Kind.SIMPLE_SIGNING, blob, ours, annotations=annotations | stamp))
    assert one.signed is None
    signature = CI.sign(blob)
    annotations[SIGNATURE_AT] = base64(signature)
    annotations[STAMP_AT] = json.dumps({"SignedRFC3161Timestamp": base64(tsa.response(signature, days(3)))})
    one = only(judged(Kind.SIMPLE_SIGNING, blob, ours, annotations=annotations))
    assert (one.signed, one.valid) == (days(3), ())


def test_an_old_signature_with_a_log_entry() -> None:
    log, blob = new_log(), simple_signing()
    signature = CI.sign(blob)
    annotations = {
        SIGNATURE_AT: base64(signature),
        CERTIFICATE_AT: CI.pem,
        LOG_AT: log.annotation(hashedrekord_body(blob, signature, CI.pem), days(3)),
    }
    ours = certified("ci", bundle(CA), transparency_log=TransparencyLog(log.pem))
    one = only(judged(Kind.SIMPLE_SIGNING, blob, ours, annotations=annotations))
    assert (one.signed, one.valid) == (days(3), ())


@pytest.mark.parametrize(
    ("field", "told"),
    [
        (public_pem(CI.key), "what stands as its certificate is none"),
        (
            f"-----BEGIN CERTIFICATE-----\n{base64(bare_key(CI))}\n-----END CERTIFICATE-----\n",
            "it is not of ci: what stands as its certificate is a bare public key, which nobody vouches for",
        ),
        ("", "no key of an Authority has signed it"),
    ],
)
def test_an_old_signature_with_what_is_no_certificate(field: str, told: str) -> None:
    blob, annotations = old_signature()
    found = judged(Kind.SIMPLE_SIGNING, blob, annotations=annotations | {CERTIFICATE_AT: field})
    assert reason(found) == told


def test_an_old_attestation_has_its_whole_envelope_stamped() -> None:
    tsa, said = stamper(), statement(SCAN, scanner="trivy")
    blob = json.dumps(envelope(said, signature_on(said, CI))).encode()
    stamp = json.dumps({"SignedRFC3161Timestamp": base64(tsa.response(blob, days(3)))})
    annotations = {SIGNATURE_AT: "", CERTIFICATE_AT: CI.pem, STAMP_AT: stamp}
    ours = certified("ci", bundle(CA), timestamps=bundle(tsa.issuer))
    one = only(judged(Kind.DSSE, blob, ours, annotations=annotations))
    assert (one.is_signature, one.predicate_type, one.signed, one.valid) == (False, SCAN, days(3), ())


def stamped_key(issuer: Certified, **more: Any) -> Authority:
    spec = AuthoritySpec(("build",), public_key=public_pem(CI.key), timestamps="tsa.pem", **more)
    return Authority("key", spec, {"tsa.pem": bundle(issuer)}, PLACE)


def test_what_a_key_signs_is_signed_when_it_was_stamped() -> None:
    tsa, said = stamper(), statement()
    signature = signature_on(said, CI)
    blob = bundle_of(said, signature, CI.der, stamps=(tsa.response(signature, days(3)),))
    assert only(judged(Kind.BUNDLE, blob, stamped_key(tsa.issuer))).signed == days(3)


def test_a_stamp_on_what_a_key_signs_that_does_not_count_does_no_harm() -> None:
    tsa, other, said = stamper(), stamper(), statement()
    signature = signature_on(said, CI)
    blob = bundle_of(said, signature, CI.der, stamps=(other.response(signature, days(3)),))
    assert only(judged(Kind.BUNDLE, blob, stamped_key(tsa.issuer))).signed is None


def test_of_the_log_and_a_time_stamp_on_what_a_key_signs_the_earlier_counts() -> None:
    tsa, log, said = stamper(), new_log(), statement()
    signature = signature_on(said, CI)
    entry = log.entry(dsse_body(said, signature, public_pem(CI.key)), days(2))
    blob = bundle_of(said, signature, CI.der, stamps=(tsa.response(signature, days(3)),), entries=(entry,))
    ours = stamped_key(tsa.issuer, transparency_log=TransparencyLog(log.pem))
    assert only(judged(Kind.BUNDLE, blob, ours)).signed == days(2)


def test_the_fingerprint_of_a_key_changes_with_its_time_stamp_authorities() -> None:
    one, other = stamper(), stamper()
    assert trust(stamped_key(one.issuer)).fingerprint != trust(stamped_key(other.issuer)).fingerprint
