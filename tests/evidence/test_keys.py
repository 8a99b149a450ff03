"""Which public keys are trusted, and which signatures are theirs."""

import hashlib
from base64 import b64encode
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.evidence.pki import public_pem, root
from tests.evidence.signing import Signer
from webhook.evidence.keys import UnusableKey, read_key
from webhook.evidence.signed import Message

MESSAGE = b"what is signed"
P256, P384, P521 = "P-256", "P-384", "P-521"
KINDS = [P256, P384, P521, "RSA2048", "RSA3072", "Ed25519"]
NEW = "make a new one: cosign generate-key-pair"


def verifies(signer: Signer, signature: bytes, message: bytes = MESSAGE) -> bool:
    return read_key(signer.pem).verifies(signature, Message(message))


@pytest.mark.parametrize("kind", KINDS)
def test_a_signature_is_of_the_key_that_made_it(kind: str) -> None:
    signer = Signer(kind)
    assert verifies(signer, signer.sign(MESSAGE))


@pytest.mark.parametrize("kind", KINDS)
def test_a_signature_on_something_else_is_none(kind: str) -> None:
    signer = Signer(kind)
    assert not verifies(signer, signer.sign(MESSAGE), MESSAGE + b"!")


@pytest.mark.parametrize("kind", [P256, P384, P521, "Ed25519"])
def test_a_signature_of_another_key_is_none(kind: str) -> None:
    assert not verifies(Signer(kind), Signer(kind).sign(MESSAGE))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("signature", [b"", b"\0", b"\x30\x00", b"x" * 64, b"\0" * 256, b"\xff" * 384])
def test_no_bytes_are_a_signature_by_chance(kind: str, signature: bytes) -> None:
    assert not verifies(Signer(kind), signature)


@pytest.mark.parametrize(
    ("kind", "algorithm", "holds"),
    [
        (P256, hashes.SHA256(), True),
        (P384, hashes.SHA256(), True),
        (P384, hashes.SHA384(), True),
        (P521, hashes.SHA256(), True),
        (P521, hashes.SHA512(), True),
        (P256, hashes.SHA1(), False),
        (P256, hashes.SHA512(), False),
        (P384, hashes.SHA512(), False),
        (P521, hashes.SHA384(), False),
        ("RSA2048", hashes.SHA256(), True),
        ("RSA2048", hashes.SHA384(), True),
        ("RSA2048", hashes.SHA512(), True),
        ("RSA2048", hashes.SHA224(), False),
    ],
)
def test_the_hashes_that_a_kind_of_key_is_used_with(kind: str, algorithm: Any, holds: bool) -> None:
    signer = Signer(kind)
    assert verifies(signer, signer.sign(MESSAGE, algorithm)) is holds


@pytest.mark.parametrize("algorithm", [hashes.SHA256(), hashes.SHA384(), hashes.SHA512()])
def test_rsa_may_pad_the_newer_way(algorithm: Any) -> None:
    signer = Signer("RSA2048")
    assert verifies(signer, signer.sign(MESSAGE, algorithm, pss=True))


def test_a_hash_alone_is_enough_but_for_ed25519() -> None:
    known = Message(None, {"sha256": hashlib.sha256(MESSAGE).digest()})
    for kind, holds in ((P256, True), ("RSA2048", True), ("Ed25519", False)):
        signer = Signer(kind)
        assert read_key(signer.pem).verifies(signer.sign(MESSAGE), known) is holds


@pytest.mark.parametrize(
    ("kind", "name"), [(P256, "ECDSA P-256"), ("RSA3072", "RSA 3072"), ("Ed25519", "Ed25519"), (P521, "ECDSA P-521")]
)
def test_keys_have_names(kind: str, name: str) -> None:
    assert read_key(Signer(kind).pem).kind == name


def test_a_key_is_known_by_the_hash_of_its_der() -> None:
    signer = Signer()
    key = read_key(signer.pem)
    der = signer.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert (key.fingerprint, key.hint) == (
        hashlib.sha256(der).hexdigest(),
        b64encode(hashlib.sha256(der).digest()).decode(),
    )


def test_an_rsa_key_may_stand_in_its_older_form() -> None:
    signer = Signer("RSA2048")
    older = signer.key.public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode()
    assert read_key(older).fingerprint == read_key(signer.pem).fingerprint


def unusable(pem: str) -> tuple[str, str]:
    with pytest.raises(UnusableKey) as caught:
        read_key(pem)
    return caught.value.message, caught.value.cure


@pytest.mark.parametrize(
    ("key", "message", "cure"),
    [
        (
            ec.generate_private_key(ec.SECP224R1()),
            "an ECDSA key on the curve secp224r1 is not trusted",
            f"use P-256, P-384, P-521; {NEW}",
        ),
        (
            ec.generate_private_key(ec.SECP256K1()),
            "an ECDSA key on the curve secp256k1 is not trusted",
            f"use P-256, P-384, P-521; {NEW}",
        ),
        (
            rsa.generate_private_key(65537, 1024),
            "an RSA key of 1024 bits is too weak",
            f"use at least 2048 bits; {NEW}",
        ),
        (
            dsa.generate_private_key(2048),
            "a key of the kind DSA is not trusted",
            f"use ECDSA, RSA or Ed25519; {NEW}",
        ),
        (
            ed448.Ed448PrivateKey.generate(),
            "a key of the kind Ed448 is not trusted",
            f"use ECDSA, RSA or Ed25519; {NEW}",
        ),
        (
            x25519.X25519PrivateKey.generate(),
            "a key of the kind X25519 is not trusted",
            f"use ECDSA, RSA or Ed25519; {NEW}",
        ),
    ],
)
def test_weak_and_odd_keys_are_refused(key: Any, message: str, cure: str) -> None:
    assert unusable(public_pem(key)) == (message, cure)


def test_what_is_no_key() -> None:
    assert unusable("gcpkms://projects/corp/keys/ci") == (
        "this is no PEM public key",
        "paste cosign.pub, from -----BEGIN PUBLIC KEY----- to its end",
    )
    assert unusable(root().pem) == (
        "this is a certificate, not a public key",
        "take its key: openssl x509 -pubkey -noout -in FILE; or use certificateAuthority",
    )
    assert unusable("-----BEGIN PGP MESSAGE-----\nx\n-----END PGP MESSAGE-----\n") == (
        "this is a PEM block of pgp message, not a public key",
        "paste cosign.pub",
    )


def test_a_private_key_is_lost_once_it_is_in_the_rules() -> None:
    pem = Signer().key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    message, cure = unusable(pem)
    assert message == "this is a private key"
    assert cure == "write the public key, and replace this pair: whoever read these rules has it now"


def test_two_keys_are_one_too_many() -> None:
    assert unusable(Signer().pem + Signer().pem) == (
        "there are 2 PEM blocks",
        "give each key an Authority of its own",
    )


@pytest.mark.parametrize("cut", [40, 80, 120])
def test_a_key_that_is_cut_short(cut: int) -> None:
    pem = Signer().pem
    broken = pem[:cut] + "\n-----END PUBLIC KEY-----\n"
    assert unusable(broken) == ("this PEM block holds no public key that can be read", "paste it again, whole")
