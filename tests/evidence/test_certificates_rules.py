"""Authorities of certificates that cannot be used: told at their place when rules load."""

import pytest

from tests.evidence.pki import (
    PLACE,
    bundle,
    certified,
    refused,
    root,
    trust,
)
from tests.evidence.rekor_log import new_log
from tests.evidence.stamps import stamper
from tests.evidence.vouched import CA, verifier
from webhook.policy.trust import TransparencyLog


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
def test_it_is_refused(trusted: bytes, subject: str, message: str, cure: str) -> None:
    problem = refused(certified("ci", trusted, subject))
    assert (problem.message, problem.place) == (message, PLACE)
    assert (problem.help or "").startswith(cure)


def test_two_authorities_for_one_subject_would_count_one_signer_twice() -> None:
    problem = refused(certified("one", bundle(CA), "CN=ci,O=corp"), certified("two", bundle(CA), "2.5.4.3=ci,O=corp"))
    assert problem.message == "this is the signer of Authority one, which has the role build too"


def test_two_subjects_of_one_authority_are_two() -> None:
    both = trust(certified("one", bundle(CA), "CN=ci,O=corp"), certified("two", bundle(CA), "CN=dev,O=corp"))
    assert len({one.fingerprint for one in both.verifiers}) == 2


def test_the_fingerprint_changes_with_whatever_changes_an_answer() -> None:
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
