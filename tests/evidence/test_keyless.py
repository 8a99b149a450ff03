"""Keyless identities, verified by sigstore-python itself against a sigstore of our own."""

import json
import socket
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from tests.evidence.enclosed import DIGEST, attached, statement
from tests.evidence.fulcio import AT, CI, ISSUER, Sigstore, authority, sigstore, utf8
from tests.evidence.pki import SERVER_AUTH, base64, certify, new_key, root, trust
from tests.evidence.rekor_log import new_log
from webhook.admission.evidence import Rejected
from webhook.evidence.attached import Kind
from webhook.evidence.bundle import read_bundle
from webhook.evidence.prove import Proven, prove
from webhook.evidence.signed import Held
from webhook.patterns import Pattern

LATER = AT + timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _nobody_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("something is dialled")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("HOME", str(tmp_path))  # TUF would keep a repository there


@pytest.fixture(scope="module")
def world() -> Sigstore:
    return sigstore()


def answer(world: Sigstore, bundle: bytes, **identity: Any) -> Held | str:
    [ours] = trust(authority(world.trusted_root(), **identity)).verifiers
    return ours.holds(read_bundle(bundle).signed)


def proven(world: Sigstore, bundle: bytes, **identity: Any) -> tuple[Proven, ...] | Rejected:
    return prove(attached(Kind.BUNDLE), bundle, DIGEST, trust(authority(world.trusted_root(), **identity)))


def test_what_the_identity_has_signed_is_proven(world: Sigstore) -> None:
    found = proven(world, world.bundle())
    assert not isinstance(found, Rejected)
    [one] = found
    assert (one.is_signature, one.authorities, one.signed, one.valid) == (True, ("ci",), AT, ())


def test_attestations_are_proven_alike(world: Sigstore) -> None:
    payload = statement("https://slsa.dev/provenance/v1", builder="ci")
    found = proven(world, world.bundle(payload=payload))
    assert not isinstance(found, Rejected)
    assert (found[0].predicate_type, found[0].predicate) == ("https://slsa.dev/provenance/v1", {"builder": "ci"})


@pytest.mark.parametrize(
    "made",
    [
        lambda world: world.bundle(chained=True),
        lambda world: world.bundle(stamped=LATER),
        lambda world: world.bundle(stamped=LATER, promised=False),
        lambda world: world.bundle(world.certificate(former=True)),
        lambda world: world.bundle(rekor_2=True, promised=False, stamped=LATER),
    ],
    ids=["v0.1", "log and time stamp", "time stamp alone", "the former issuer extension", "a log of version 2"],
)
def test_forms_that_count(world: Sigstore, made: Callable[[Sigstore], bytes]) -> None:
    assert answer(world, made(world)) == Held(AT)


@pytest.mark.parametrize(
    "identity",
    [
        {"issuer": ISSUER, "subject": CI},
        {"issuer": ISSUER, "subject_pattern": Pattern.parse("https://git.corp.example/shop/.+")},
        {"issuer_pattern": Pattern.parse("https://[a-z]+.corp.example"), "subject": CI},
    ],
)
def test_identities_that_are_meant(world: Sigstore, identity: dict[str, Any]) -> None:
    assert answer(world, world.bundle(), **identity) == Held(AT)


@pytest.mark.parametrize(
    ("identity", "reason"),
    [
        ({"issuer": ISSUER, "subject": CI[:-1]}, f'its identity is "{CI}"'),
        ({"issuer": ISSUER, "subject_pattern": Pattern.parse("https://git.corp.example")}, f'its identity is "{CI}"'),
        ({"issuer": ISSUER, "subject_pattern": Pattern.parse("shop/web/.*")}, f'its identity is "{CI}"'),
        ({"issuer": "https://ci", "subject": CI}, f'its identity is "{CI}" of the issuer "{ISSUER}"'),
        (
            {"issuer_pattern": Pattern.parse("https://ci"), "subject_pattern": Pattern.parse(".*")},
            f'its identity is "{CI}" of the issuer "{ISSUER}"',
        ),
    ],
)
def test_identities_that_are_not_meant(world: Sigstore, identity: dict[str, Any], reason: str) -> None:
    assert answer(world, world.bundle(), **identity) == f"it is not of ci: {reason}"


@pytest.mark.parametrize(
    "name",
    [
        x509.RFC822Name("dev@corp.example"),
        x509.OtherName(x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.7"), utf8("dev@corp.example")),
    ],
)
def test_identities_may_be_mail_addresses_and_user_names(world: Sigstore, name: x509.GeneralName) -> None:
    bundle = world.bundle(world.certificate(names=[name]))
    assert answer(world, bundle, issuer=ISSUER, subject="dev@corp.example") == Held(AT)


TWO = [x509.UniformResourceIdentifier(CI), x509.RFC822Name("dev@corp.example")]


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (
            lambda world: world.bundle(world.certificate(issuer=None)),
            "its certificate is not that of a keyless signature: it names no issuer",
        ),
        (
            lambda world: world.bundle(world.certificate(names=TWO)),
            "its certificate has 2 identities where one is needed",
        ),
        (
            lambda world: world.bundle(world.certificate(names=[])),
            "its certificate has 0 identities where one is needed",
        ),
        (
            lambda world: world.bundle(world.certificate(logged=False)),
            "sigstore does not accept it: failed to verify SCT on signing certificate:"
            " Certificate does not contain a signed certificate timestamp extension",
        ),
        (
            lambda world: world._replace(ct_key=new_key()).bundle(),
            "sigstore does not accept it: failed to verify SCT on signing certificate:"
            " SCT verify failed: keyring: invalid signature",
        ),
        (
            lambda world: world._replace(log=new_log()).bundle(),
            "sigstore does not accept it: invalid log entry:",
        ),
        (
            lambda world: world.bundle(at=AT + timedelta(minutes=11)),
            "sigstore does not accept it: failed to build timestamp certificate chain: validation failed:"
            " cert is not valid at validation time",
        ),
        (
            lambda world: world.bundle(at=AT - timedelta(minutes=1)),
            "sigstore does not accept it: failed to build timestamp certificate chain: validation failed:"
            " cert is not valid at validation time",
        ),
        (
            lambda world: world.bundle(promised=False),
            "sigstore does not accept it: bundle must contain an inclusion promise or signed timestamp(s)",
        ),
        (
            lambda world: world.bundle(logged=b"another payload"),
            "sigstore does not accept it: log entry payload hash does not match bundle",
        ),
        (
            lambda world: world.bundle(rekor_2=True, promised=False, stamped=LATER, logged=b"another payload"),
            "sigstore does not accept it: transparency log entry is inconsistent with other materials",
        ),
        (
            lambda world: world.bundle(rekor_2=True, stamped=LATER),
            "sigstore does not accept it: Integrated time only supported for dsse/hashedrekord 0.0.1 types",
        ),
        (
            lambda world: world._replace(authority=root("CN=Keyless Root,O=corp")).bundle(),
            "sigstore does not accept it: failed to build timestamp certificate chain: validation failed:"
            " candidates exhausted: signature does not match",
        ),
        (
            lambda world: world.bundle(world.certificate(purposes=(SERVER_AUTH,))),
            "sigstore does not accept it: Extended usage does not contain `code signing`",
        ),
        (
            lambda world: world.bundle(world.certificate()._replace(key=new_key())),
            "sigstore does not accept it: DSSE: invalid signature",
        ),
        (
            lambda world: world.bundle(world.certificate(kind="RSA1024", key=None)),
            "its certificate cannot be used: an RSA key of 1024 bits is too weak",
        ),
    ],
)
def test_what_is_not_believed(world: Sigstore, made: Callable[[Sigstore], bytes], reason: str) -> None:
    told = answer(world, made(world))
    assert isinstance(told, str)
    assert told.startswith(f"it is not of ci: {reason}")
    assert told.isprintable()


def test_a_statement_about_another_image_proves_nothing(world: Sigstore) -> None:
    other = f"sha256:{'e' * 64}"
    found = proven(world, world.bundle(payload=statement(digest=other)))
    assert isinstance(found, Rejected)
    assert found.reason == f'ci signed it, but it is about "{other}", not this image'


def changed(bundle: bytes, **material: Any) -> bytes:
    document = json.loads(bundle)
    document["verificationMaterial"].update(material)
    return json.dumps(document).encode()


def test_a_bundle_without_a_log_entry(world: Sigstore) -> None:
    told = answer(world, changed(world.bundle(), tlogEntries=[]))
    assert isinstance(told, str)
    assert told.startswith("it is not of ci: sigstore does not accept it: ")


def test_a_bare_public_key_in_the_place_of_the_certificate(world: Sigstore) -> None:
    spki = base64(world.log.der)
    told = answer(world, changed(world.bundle(), certificate={"rawBytes": spki}))
    assert told == "it is not of ci: what stands as its certificate is a bare public key, which nobody vouches for"


def test_an_entry_that_sigstore_stumbles_over_is_no_answer_but_no(world: Sigstore) -> None:
    odd: list[Any] = [None, [], {}, {"payloadHash": None}, {"payloadHash": {"algorithm": "md5", "value": ""}}]
    for spec in odd:
        body = {"kind": "dsse", "apiVersion": "0.0.1", "spec": spec}
        told = answer(world, changed(world.bundle(), tlogEntries=[world.log.entry(body, LATER)]))
        assert isinstance(told, str)
        assert told.startswith("it is not of ci: sigstore does not accept it: ")


def test_an_old_signature_with_annotations_is_refused_by_name(world: Sigstore) -> None:
    signer = world.certificate()
    [ours] = trust(authority(world.trusted_root())).verifiers
    told = ours.holds(read_bundle(world.bundle(signer)).signed._replace(whole=b""))
    assert told == (
        "it is not of ci: it is a keyless signature in the format of cosign 1 and 2 (annotations),"
        " which is not supported: sign with cosign 3, which writes bundles"
    )


def test_a_signature_on_mere_bytes_says_nothing(world: Sigstore) -> None:
    [ours] = trust(authority(world.trusted_root())).verifiers
    told = ours.holds(read_bundle(world.bundle()).signed._replace(payload=None))
    assert told == "it is not of ci: it signs mere bytes, and no statement"


def test_a_certificate_that_is_read_in_two_ways_does_not_count(world: Sigstore) -> None:
    [ours] = trust(authority(world.trusted_root())).verifiers
    ours_alone = world.certificate(at=AT + timedelta(days=300))
    told = ours.holds(read_bundle(world.bundle()).signed._replace(certificates=(ours_alone.der,)))
    assert told == "it is not of ci: sigstore does not accept it: its certificate can be read in two ways"


def test_what_is_read_in_two_ways_does_not_count(world: Sigstore) -> None:
    [ours] = trust(authority(world.trusted_root())).verifiers
    told = ours.holds(read_bundle(world.bundle()).signed._replace(payload=b"another reading"))
    assert told == "it is not of ci: what it signs can be read in two ways"


def test_no_byte_of_a_bundle_that_is_changed_raises_or_proves_something_else(world: Sigstore) -> None:
    whole, ours = world.bundle(), trust(authority(world.trusted_root()))
    for at in range(0, len(whole), 7):
        changed_there = whole[:at] + bytes([whole[at] ^ 0x01]) + whole[at + 1 :]
        found = prove(attached(Kind.BUNDLE), changed_there, DIGEST, ours)
        assert isinstance(found, Rejected) or (found[0].authorities, found[0].signed) == (("ci",), AT)


def test_without_a_certificate_nothing_points_at_an_identity(world: Sigstore) -> None:
    [ours] = trust(authority(world.trusted_root())).verifiers
    assert ours.holds(read_bundle(world.bundle()).signed._replace(certificates=())) == ""


def test_nothing_of_sigstore_is_written_or_asked_for(world: Sigstore, tmp_path: Path) -> None:
    assert answer(world, world.bundle()) == Held(AT)
    assert list(tmp_path.rglob("*")) == []


def test_a_certificate_of_another_authority_is_told_by_its_identity(world: Sigstore) -> None:
    told = answer(world, world.bundle(certify("CN=ci,O=corp", since=AT)))
    assert told == "it is not of ci: its certificate is not that of a keyless signature: it names no issuer"
