"""Signers whom a certificate authority vouches for: who counts, when, and why others do not."""

from collections.abc import Sequence
from typing import Any

import pytest
from cryptography import x509

from tests.evidence.pki import (
    CODE_SIGNING,
    SERVER_AUTH,
    bare_key,
    bundle,
    certify,
    chain,
    days,
    new_key,
    root,
)
from tests.evidence.vouched import CA, PAYLOAD, answer, signed, until, verifier
from webhook.evidence.signed import Message, Signed


def test_whom_the_authority_certifies_counts_while_the_certificate_is_valid() -> None:
    assert answer(certify("CN=ci,O=corp", CA)) == until(days(10))


@pytest.mark.parametrize("kind", ["P-256", "P-384", "P-521", "RSA2048", "RSA3072", "Ed25519"])
def test_keys_of_signers_that_count(kind: str) -> None:
    assert answer(certify("CN=ci,O=corp", CA, kind=kind)) == until(days(10))


@pytest.mark.parametrize("kind", ["P-256", "P-384", "P-521", "RSA2048", "RSA3072"])
def test_keys_of_authorities_that_count(kind: str) -> None:
    own = root(kind=kind)
    assert answer(certify("CN=ci,O=corp", own), trusted=[own]) == until(days(10))


@pytest.mark.parametrize("length", [2, 3, 4, 5])
def test_a_chain_may_have_five_certificates(length: int) -> None:
    signer, *others = chain(length)
    assert answer(signer, *others, trusted=[others[-1]]) == until(days(10))


def test_a_chain_of_six_certificates_is_too_long() -> None:
    signer, *others = chain(6)
    reason = "it is not of ci: its chain has more than 5 certificates"
    assert answer(signer, *others, trusted=[others[-1]]) == reason


def test_intermediates_may_stand_in_the_file_instead() -> None:
    signer, *others = chain(4)
    assert answer(signer, trusted=others) == until(days(10))


def test_an_intermediate_may_be_trusted_without_its_root() -> None:
    signer, issuer, _ = chain(3)
    assert answer(signer, trusted=[issuer]) == until(days(10))


def test_a_signer_may_be_trusted_alone() -> None:
    own = certify("CN=ci,O=corp")
    assert answer(own, trusted=[own]) == until(days(10))


def test_a_missing_intermediate_is_named() -> None:
    signer, _, top = chain(3)
    reason = 'it is not of ci: its certificate was issued by "CN=Issuing 0,O=corp", who is not trusted'
    assert answer(signer, trusted=[top]) == reason


def test_a_root_that_comes_along_is_not_trusted_for_it() -> None:
    other = root("CN=Evil Root,O=corp")
    made = certify("CN=ci,O=corp", other)
    reason = 'it is not of ci: the certificate of "CN=Evil Root,O=corp" is not one of those that are trusted'
    assert answer(made, other) == reason
    reason = 'it is not of ci: its certificate was issued by "CN=Evil Root,O=corp", who is not trusted'
    assert answer(made) == reason


def test_an_authority_that_has_the_name_of_ours() -> None:
    other = root()
    made = certify("CN=ci,O=corp", other)
    reason = (
        'it is not of ci: its certificate names "CN=Corp Root,O=corp" as its issuer, whose signature it does not have'
    )
    assert answer(made) == reason
    reason = 'it is not of ci: the certificate of "CN=Corp Root,O=corp" is not one of those that are trusted'
    assert answer(made, other) == reason


def test_a_signer_whom_nobody_vouches_for() -> None:
    reason = "it is not of ci: its certificate is not one of those that are trusted"
    assert answer(certify("CN=ci,O=corp")) == reason


def test_an_issuer_that_is_no_authority() -> None:
    fake = certify("CN=Fake Issuing,O=corp", CA)
    reason = (
        'it is not of ci: its certificate was issued by "CN=Fake Issuing,O=corp",'
        " which is no certificate authority (CA:false)"
    )
    assert answer(certify("CN=ci,O=corp", fake), fake) == reason


def test_an_issuer_without_basic_constraints_is_no_authority_either() -> None:
    fake = certify("CN=Fake Issuing,O=corp", CA, ca=None, usage=False)
    reason = (
        'it is not of ci: its certificate was issued by "CN=Fake Issuing,O=corp",'
        " which is no certificate authority (CA:false)"
    )
    assert answer(certify("CN=ci,O=corp", fake), fake) == reason


def test_an_issuer_that_may_not_sign_certificates() -> None:
    fake = certify("CN=Fake Issuing,O=corp", CA, ca=True, usage=False)
    told = answer(certify("CN=ci,O=corp", fake), fake)
    assert isinstance(told, str)
    assert told.startswith("it is not of ci: the chain of its certificate does not hold: invalid extension: 2.5.29.15")


def test_an_intermediate_with_a_weak_key() -> None:
    weak = certify("CN=Issuing,O=corp", CA, ca=True, kind="RSA1024")
    reason = 'it is not of ci: its certificate was issued by "CN=Issuing,O=corp": an RSA key of 1024 bits is too weak'
    assert answer(certify("CN=ci,O=corp", weak), weak) == reason


@pytest.mark.parametrize(
    ("tweaks", "reason"),
    [
        ({"kind": "RSA1024"}, "its certificate cannot be used: an RSA key of 1024 bits is too weak"),
        ({"kind": "DSA1024"}, "its certificate cannot be used: a key of the kind DSA is not trusted"),
        ({"kind": "secp256k1"}, "its certificate cannot be used: an ECDSA key on the curve secp256k1 is not trusted"),
        ({"usage": False}, "its certificate is not for signing (keyUsage without digitalSignature)"),
        (
            {"purposes": (SERVER_AUTH,)},
            "its certificate is not for signing code (extendedKeyUsage without codeSigning)",
        ),
        ({"purposes": ()}, "its certificate is not for signing code (extendedKeyUsage without codeSigning)"),
        (
            {"purposes": (x509.oid.ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,)},
            "its certificate is not for signing code (extendedKeyUsage without codeSigning)",
        ),
        (
            {"more": [(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\0"), True)]},
            "its certificate makes 1.2.3.4 critical, which is unknown here",
        ),
    ],
)
def test_certificates_that_no_signer_of_images_may_have(tweaks: dict[str, Any], reason: str) -> None:
    made = certify("CN=ci,O=corp", CA, **tweaks)
    material = Signed(b"signature", Message(PAYLOAD), certificates=(made.der,))
    assert verifier(bundle(CA)).holds(material) == f"it is not of ci: {reason}"


def test_an_extension_that_is_unknown_and_not_critical_does_no_harm() -> None:
    more = [(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\0"), False)]
    assert answer(certify("CN=ci,O=corp", CA, more=more)) == until(days(10))


def test_purposes_beside_code_signing_do_no_harm() -> None:
    assert answer(certify("CN=ci,O=corp", CA, purposes=(SERVER_AUTH, CODE_SIGNING))) == until(days(10))


def test_a_certificate_authority_signs_no_images_itself() -> None:
    own = root("CN=ci,O=corp")
    reason = "it is not of ci: its certificate is a certificate authority's, which signs no images (CA:true)"
    assert answer(own, trusted=[own]) == reason


def test_a_bare_public_key_is_no_certificate() -> None:
    made = certify("CN=ci,O=corp", CA)
    material = Signed(made.sign(PAYLOAD), Message(PAYLOAD), certificates=(bare_key(made),))
    reason = "it is not of ci: what stands as its certificate is a bare public key, which nobody vouches for"
    assert verifier(bundle(CA)).holds(material) == reason


@pytest.mark.parametrize("garbage", [b"", b"\0", b"\x30\x03\x02\x01\x01", b"-----BEGIN CERTIFICATE-----"])
def test_bytes_that_are_no_certificate(garbage: bytes) -> None:
    material = Signed(b"signature", Message(PAYLOAD), certificates=(garbage,))
    assert verifier(bundle(CA)).holds(material) == "it is not of ci: what stands as its certificate is none"


def test_a_huge_certificate_is_not_read() -> None:
    material = Signed(b"signature", Message(PAYLOAD), certificates=(b"\x30" * 70_000,))
    assert verifier(bundle(CA)).holds(material) == "it is not of ci: its certificate has 70000 bytes, more than 65536"


def test_garbage_among_the_others_does_no_harm() -> None:
    signer, issuer, top = chain(3)
    material = signed(signer, b"garbage", issuer)
    assert verifier(bundle(top)).holds(material) == until(days(10))


def test_no_byte_of_a_certificate_that_is_changed_raises() -> None:
    made, ours = certify("CN=ci,O=corp", CA), verifier(bundle(CA))
    for at in range(len(made.der)):
        changed = made.der[:at] + bytes([made.der[at] ^ 0x55]) + made.der[at + 1 :]
        told = ours.holds(Signed(made.sign(PAYLOAD), Message(PAYLOAD), certificates=(changed,)))
        assert isinstance(told, str), at


def test_without_a_certificate_nothing_points_at_the_authority() -> None:
    assert verifier(bundle(CA)).holds(Signed(b"signature", Message(PAYLOAD))) == ""


def test_a_signature_by_another_key() -> None:
    made = certify("CN=ci,O=corp", CA)
    material = signed(made._replace(key=new_key()))
    assert verifier(bundle(CA)).holds(material) == "it is not of ci: its signature is not that of its certificate"


def test_a_signature_on_something_else() -> None:
    material = signed(certify("CN=ci,O=corp", CA))._replace(message=Message(b"something else"))
    assert verifier(bundle(CA)).holds(material) == "it is not of ci: its signature is not that of its certificate"


NAMES = (
    x509.RFC822Name("ci@corp.example"),
    x509.DNSName("CI.corp.example"),
    x509.UniformResourceIdentifier("spiffe://corp.example/ns/ci?x=1"),
)


@pytest.mark.parametrize(
    ("subject", "names", "wanted"),
    [
        ("CN=ci,O=corp", (), "CN=ci,O=corp"),
        ("CN=ci\\, prod,OU=a+OU=b,O=corp", (), "CN=ci\\, prod,OU=a+OU=b,O=corp"),
        ("2.5.4.3=ci,O=corp", (), "CN=ci,O=corp"),
        ("1.2.840.113549.1.9.1=ci@corp.example,CN=ci", (), "emailAddress=ci@corp.example,CN=ci"),
        ("CN=other", NAMES, "ci@corp.example"),
        ("CN=other", NAMES, "ci.corp.example"),
        ("CN=other", NAMES, "CI.corp.example"),
        ("CN=other", NAMES, "spiffe://corp.example/ns/ci?x=1"),
        ("", NAMES, "ci@corp.example"),
    ],
)
def test_subjects_that_are_meant(subject: str, names: Sequence[x509.GeneralName], wanted: str) -> None:
    assert answer(certify(subject, CA, names=names), subject=wanted) == until(days(10))


@pytest.mark.parametrize(
    ("subject", "names", "wanted", "found"),
    [
        ("CN=dev,O=corp", (), "CN=ci,O=corp", '"CN=dev,O=corp"'),
        ("CN=ci,O=corp,C=NL", (), "CN=ci,O=corp", '"CN=ci,O=corp,C=NL"'),
        ("CN=ci", (), "CN=ci,O=corp", '"CN=ci"'),
        ("O=corp,CN=ci", (), "CN=ci,O=corp", '"O=corp,CN=ci"'),
        ("CN=ci+O=corp", (), "CN=ci,O=corp", '"CN=ci+O=corp"'),
        ("CN=CI,O=corp", (), "CN=ci,O=corp", '"CN=CI,O=corp"'),
        ("CN=ci\\,O\\=corp", (), "CN=ci,O=corp", '"CN=ci\\,O=corp"'),
        ("CN=ci@corp.example", (), "ci@corp.example", '"CN=ci@corp.example"'),
        ("CN=dev", NAMES[:1], "CI@corp.example", '"CN=dev" ("ci@corp.example")'),
        ("CN=dev", NAMES, "corp.example", '"CN=dev" ("ci@corp.example", "ci.corp.example", "spiffe://corp.example/ns/'),
        ("CN=dev", (x509.DNSName("*.corp.example"),), "ci.corp.example", '"CN=dev" ("*.corp.example")'),
        ("", (x509.DNSName("dev.corp.example"),), "ci.corp.example", '"dev.corp.example" ("dev.corp.example")'),
        ("", (), "CN=ci", '"nobody"'),
    ],
)
def test_subjects_that_are_not_meant(subject: str, names: Sequence[x509.GeneralName], wanted: str, found: str) -> None:
    told = answer(certify(subject, CA, names=names), subject=wanted)
    assert isinstance(told, str)
    assert told.startswith(f"it is not of ci: its certificate is that of {found}")
    assert told.endswith(f', not "{wanted}"')
