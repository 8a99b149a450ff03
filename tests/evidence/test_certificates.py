"""Signers whom a certificate authority vouches for: who counts, when, and why others do not."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
from cryptography import x509

from tests.evidence.pki import (
    CODE_SIGNING,
    PLACE,
    SERVER_AUTH,
    START,
    Certified,
    bare_key,
    bundle,
    certified,
    certify,
    chain,
    days,
    new_key,
    refused,
    root,
    trust,
)
from tests.evidence.rekor_log import RekorLog, hashedrekord_body, new_log
from tests.evidence.stamps import stamper
from webhook.admission.evidence import Validity
from webhook.evidence.rekor import read_entry
from webhook.evidence.signed import Held, Message, Signed, Verifier
from webhook.policy.trust import TransparencyLog

PAYLOAD = b"what somebody signs"
CA = root()
UNPROVEN = ", and nothing proves that it was signed before"


def verifier(trusted: bytes, subject: str = "CN=ci,O=corp", **more: Any) -> Verifier:
    return trust(certified("ci", trusted, subject, **more)).verifiers[0]


def signed(by: Certified, *others: Certified | bytes, **more: Any) -> Signed:
    certificates = [one if isinstance(one, bytes) else one.der for one in (by, *others)]
    return Signed(by.sign(PAYLOAD), Message(PAYLOAD), certificates=tuple(certificates), **more)


def answer(by: Certified, *others: Certified, trusted: Sequence[Certified] = (CA,), **more: Any) -> Held | str:
    return verifier(bundle(*trusted), **more).holds(signed(by, *others))


def until(at: datetime, since: datetime = START) -> Held:
    return Held(None, Validity("its certificate", since, at, UNPROVEN))


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


class TestTime:
    """A certificate counts when it was used, as far as that is proven."""

    def test_a_certificate_that_has_expired_says_so_to_whoever_judges(self) -> None:
        held = answer(certify("CN=ci,O=corp", CA, until=days(5)))
        assert isinstance(held, Held)
        assert held.valid is not None
        assert held.valid.lapsed(days(4)) == ""
        assert held.valid.lapsed(days(6)) == (
            "its certificate expired on 2026-01-06 00:00 UTC, and nothing proves that it was signed before"
        )
        assert held.valid.lapsed(days(-1)) == "its certificate is not valid before 2026-01-01 00:00 UTC"

    def test_a_time_stamp_proves_that_it_was_signed_before(self) -> None:
        made, tsa = certify("CN=ci,O=corp", CA, until=days(5)), stamper()
        ours = verifier(bundle(CA), timestamps=bundle(tsa.issuer))
        material = signed(made)
        assert ours.holds(material._replace(timestamps=(tsa.response(material.signature, days(2)),))) == Held(days(2))

    def test_a_time_stamp_from_after_the_end_proves_that_it_is_too_late(self) -> None:
        made, tsa = certify("CN=ci,O=corp", CA, until=days(5)), stamper()
        ours = verifier(bundle(CA), timestamps=bundle(tsa.issuer))
        material = signed(made)
        told = ours.holds(material._replace(timestamps=(tsa.response(material.signature, days(6)),)))
        assert told == ("it is not of ci: its certificate expired on 2026-01-06 00:00 UTC, before 2026-01-07 00:00 UTC")

    def test_a_time_stamp_from_before_the_beginning_is_refused(self) -> None:
        made, tsa = certify("CN=ci,O=corp", CA, since=days(3)), stamper()
        ours = verifier(bundle(CA), timestamps=bundle(tsa.issuer))
        material = signed(made)
        told = ours.holds(material._replace(timestamps=(tsa.response(material.signature, days(2)),)))
        assert told == (
            "it is not of ci: its certificate is not valid before 2026-01-04 00:00 UTC,"
            " which is after 2026-01-03 00:00 UTC"
        )

    def test_a_time_stamp_of_nobody_we_know_proves_nothing_and_says_why(self) -> None:
        made, tsa = certify("CN=ci,O=corp", CA, until=days(5)), stamper()
        ours = verifier(bundle(CA), timestamps=bundle(root("CN=Our Time,O=corp")))
        material = signed(made)
        held = ours.holds(material._replace(timestamps=(tsa.response(material.signature, days(2)),)))
        assert isinstance(held, Held)
        assert held.signed is None
        assert held.valid is not None
        assert held.valid.lapsed(days(6)) == (
            "its certificate expired on 2026-01-06 00:00 UTC, and nothing proves that it was signed before:"
            ' its time stamp does not count: its certificate was issued by "CN=Time Root,O=corp", who is not trusted'
        )

    def test_time_stamps_mean_nothing_to_an_authority_that_names_none(self) -> None:
        made, tsa = certify("CN=ci,O=corp", CA, until=days(5)), stamper()
        material = signed(made)
        material = material._replace(timestamps=(tsa.response(material.signature, days(2)),))
        assert verifier(bundle(CA)).holds(material) == until(days(5))

    def test_the_window_is_that_of_the_whole_chain(self) -> None:
        issuer = certify("CN=Issuing,O=corp", CA, ca=True, since=days(1), until=days(4))
        made = certify("CN=ci,O=corp", issuer)
        assert answer(made, issuer) == until(days(4), since=days(1))

    def test_of_two_chains_the_longer_lasting_one_is_taken(self) -> None:
        key = new_key()
        short = certify("CN=Issuing,O=corp", CA, ca=True, key=key, until=days(4))
        long = certify("CN=Issuing,O=corp", CA, ca=True, key=key, until=days(8))
        made = certify("CN=ci,O=corp", short)
        assert answer(made, short, long) == until(days(8))
        assert answer(made, long, short) == until(days(8))

    def test_an_issuer_that_ended_before_the_signer_began_never_counted(self) -> None:
        issuer = certify("CN=Issuing,O=corp", CA, ca=True, until=days(1))
        made = certify("CN=ci,O=corp", issuer, since=days(2))
        assert answer(made, issuer) == (
            'it is not of ci: the certificate of "CN=Issuing,O=corp" expired on 2026-01-02 00:00 UTC,'
            " before 2026-01-13 00:00 UTC"
        )


class TestLog:
    """With a transparency log, it must stand there; then the log's time counts."""

    def logged(self, log: RekorLog, made: Certified, at: datetime, **more: Any) -> Signed:
        material = signed(made)
        body = hashedrekord_body(PAYLOAD, material.signature, more.pop("named", made).pem)
        return material._replace(entries=(read_entry(log.entry(body, at, **more)),))

    def ours(self, log: RekorLog, **more: Any) -> Verifier:
        return verifier(bundle(CA), transparency_log=TransparencyLog(log.pem), **more)

    def test_the_logs_time_proves_that_it_was_signed_before(self) -> None:
        log, made = new_log(), certify("CN=ci,O=corp", CA, until=days(5))
        assert self.ours(log).holds(self.logged(log, made, days(2))) == Held(days(2))

    def test_the_logs_time_may_prove_that_it_is_too_late(self) -> None:
        log, made = new_log(), certify("CN=ci,O=corp", CA, until=days(5))
        told = self.ours(log).holds(self.logged(log, made, days(6)))
        assert told == "it is not of ci: its certificate expired on 2026-01-06 00:00 UTC, before 2026-01-07 00:00 UTC"

    def test_a_proof_without_a_promise_has_no_time(self) -> None:
        log, made = new_log(), certify("CN=ci,O=corp", CA)
        assert self.ours(log).holds(self.logged(log, made, days(2), promised=False)) == until(days(10))

    def test_what_does_not_stand_there_does_not_count(self) -> None:
        log, made = new_log(), certify("CN=ci,O=corp", CA)
        assert self.ours(log).holds(signed(made)) == (
            "it is not of ci: nothing shows that it stands in the transparency log"
        )

    def test_an_entry_about_another_certificate_does_not_count(self) -> None:
        log, made = new_log(), certify("CN=ci,O=corp", CA)
        other = certify("CN=ci,O=corp", CA)
        told = self.ours(log).holds(self.logged(log, made, days(2), named=other))
        assert told == "it is not of ci: its log entry is about another signer"

    def test_of_the_log_and_a_time_stamp_the_earlier_counts(self) -> None:
        log, made, tsa = new_log(), certify("CN=ci,O=corp", CA), stamper()
        material = self.logged(log, made, days(4))
        stamp = tsa.response(material.signature, days(3))
        ours = self.ours(log, timestamps=bundle(tsa.issuer))
        assert ours.holds(material._replace(timestamps=(stamp,))) == Held(days(3))
        assert ours.holds(material) == Held(days(4))


class TestRules:
    """What an Authority cannot be is told at its place when rules load."""

    @pytest.mark.parametrize(
        ("trusted", "subject", "message", "cure"),
        [
            (b"", "CN=ci", "this file holds no certificate", "write the authority's certificates into it"),
            (bundle(CA).replace(b"MII", b"!!!"), "CN=ci", "this file holds a certificate that cannot be read", ""),
            (
                b"-----BEGIN PRIVATE KEY-----\n",
                "CN=ci",
                "this file holds a private key",
                "leave only certificates in it, and replace that key",
            ),
            (bundle(CA) + b"-----BEGIN PUBLIC KEY-----\n", "CN=ci", "this file holds public key", "write the"),
            (
                bundle(root("CN=Weak,O=corp", kind="RSA1024")),
                "CN=ci",
                'the certificate of "CN=Weak,O=corp": an RSA key of 1024 bits is too weak',
                "use at least 2048 bits",
            ),
            (
                bundle(root("CN=Ed,O=corp", kind="Ed25519")),
                "CN=ci",
                'the certificate of "CN=Ed,O=corp": an authority with an Ed25519 key is not supported',
                "use an authority with a key of ECDSA or RSA",
            ),
            (bundle(CA), "CN=ci,XX=corp", 'the subject "CN=ci,XX=corp" is no name', "write it as `openssl x509"),
            (bundle(CA), "CN=ci, O=corp", 'the subject "CN=ci, O=corp" is no name', "write it as `openssl x509"),
            (bundle(CA), "CN=ci,corp", 'the subject "CN=ci,corp" is no name', "write it as `openssl x509"),
        ],
    )
    def test_it_is_refused(self, trusted: bytes, subject: str, message: str, cure: str) -> None:
        problem = refused(certified("ci", trusted, subject))
        assert (problem.message, problem.place) == (message, PLACE)
        assert (problem.help or "").startswith(cure)

    def test_two_authorities_for_one_subject_would_count_one_signer_twice(self) -> None:
        problem = refused(
            certified("one", bundle(CA), "CN=ci,O=corp"), certified("two", bundle(CA), "2.5.4.3=ci,O=corp")
        )
        assert problem.message == "this is the signer of Authority one, which has the role build too"

    def test_two_subjects_of_one_authority_are_two(self) -> None:
        both = trust(certified("one", bundle(CA), "CN=ci,O=corp"), certified("two", bundle(CA), "CN=dev,O=corp"))
        assert len({one.fingerprint for one in both.verifiers}) == 2

    def test_the_fingerprint_changes_with_whatever_changes_an_answer(self) -> None:
        other, log, tsa = root("CN=Other,O=corp"), new_log(), stamper()
        prints = [
            verifier(bundle(CA)).fingerprint,
            verifier(bundle(other)).fingerprint,
            verifier(bundle(CA, other)).fingerprint,
            verifier(bundle(CA), "CN=dev,O=corp").fingerprint,
            verifier(bundle(CA), timestamps=bundle(tsa.issuer)).fingerprint,
            verifier(bundle(CA), transparency_log=TransparencyLog(log.pem)).fingerprint,
        ]
        assert len(set(prints)) == len(prints)
        assert verifier(bundle(other, CA)).fingerprint == verifier(bundle(CA, other)).fingerprint
