"""Private keys: which are read, which are refused and with what words, and that what they sign is their own."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import x25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from tests.evidence.pki import new_key, public_pem
from webhook.evidence.keys import UnusableKey
from webhook.evidence.signed import Message
from webhook.evidence.signing import read_signer

PASSWORD = "correct horse"


def pem(key: Any, encryption: KeySerializationEncryption | None = None, form: str = "PKCS8") -> bytes:
    data: bytes = key.private_bytes(Encoding.PEM, getattr(PrivateFormat, form), encryption or NoEncryption())
    return data


def refused(content: bytes, password: str = "") -> UnusableKey:
    with pytest.raises(UnusableKey) as caught:
        read_signer(content, password)
    return caught.value


@pytest.mark.parametrize("kind", ["P-256", "P-384", "P-521", "RSA3072", "Ed25519"])
def test_what_a_key_signs_its_public_part_verifies_and_no_other_key_does(kind: str) -> None:
    key = new_key(kind)
    signer = read_signer(pem(key), "")
    signature = signer.sign(b"said")
    assert signer.key.verifies(signature, Message(b"said"))
    assert not signer.key.verifies(signature, Message(b"said otherwise"))
    assert signer.pem == public_pem(key)
    other = read_signer(pem(new_key("P-256")), "")
    assert not other.key.verifies(signature, Message(b"said"))


@pytest.mark.parametrize("form", ["PKCS8", "TraditionalOpenSSL"])
def test_an_encrypted_key_is_read_with_its_password_alone(form: str) -> None:
    locked = pem(new_key(), BestAvailableEncryption(PASSWORD.encode()), form)
    assert read_signer(locked, PASSWORD).key.kind == "ECDSA P-256"
    assert refused(locked).message == "this key is encrypted"
    assert refused(locked).cure == "put its password into the environment variable DOORWARD_KEY_PASSWORD"
    wrong = refused(locked, "hunter2")
    assert wrong.message == "this key cannot be decrypted with the password in DOORWARD_KEY_PASSWORD"
    assert "hunter2" not in wrong.message + wrong.cure


def test_a_password_that_nobody_needs_does_no_harm() -> None:
    assert read_signer(pem(new_key()), PASSWORD).key.kind == "ECDSA P-256"


@pytest.mark.parametrize("name", ["ENCRYPTED SIGSTORE PRIVATE KEY", "ENCRYPTED COSIGN PRIVATE KEY"])
def test_a_key_in_cosigns_own_format_is_refused_with_the_way_round_it(name: str) -> None:
    error = refused(f"-----BEGIN {name}-----\neyJ9\n-----END {name}-----\n".encode(), PASSWORD)
    assert (
        error.message
        == "this is a key in cosign's own encrypted format, which only cosign reads and never writes out again"
    )
    assert "cosign import-key-pair --key key.pem" in error.cure


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "this is no PEM private key"),
        (public_pem(new_key()).encode(), "this is no PEM private key"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "holds no private key that can be read"),
        (pem(new_key("RSA1024")), "an RSA key of 1024 bits is too weak"),
        (pem(new_key("secp256k1")), "an ECDSA key on the curve secp256k1 is not trusted"),
        (pem(x25519.X25519PrivateKey.generate()), "this is no ECDSA, RSA or Ed25519 key"),
    ],
)
def test_what_is_no_key_to_be_trusted_is_refused(content: bytes, words: str) -> None:
    assert words in refused(content).message


def test_a_signer_shows_nothing_of_its_key() -> None:
    signer = read_signer(pem(new_key()), "")
    assert repr(signer) == f"Signer(ECDSA P-256 {signer.key.fingerprint})"
