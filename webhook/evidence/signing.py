"""Private keys that sign as cosign does: PEM files with an EC, RSA or Ed25519 key."""

import re
from typing import NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from webhook.evidence.keys import Key, UnusableKey, key_of

LARGEST_KEY = 64 * 1024

PASSWORD = "DOORWARD_KEY_PASSWORD"  # noqa: S105 - the variable's name
"""The environment variable with the password of an encrypted key."""

_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----")
_OWN_FORMAT = (b"ENCRYPTED SIGSTORE PRIVATE KEY", b"ENCRYPTED COSIGN PRIVATE KEY")
_MAKE_ONE = "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem"

_Private = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


class Signer(NamedTuple):
    """A private key and its public part: `key` as it is trusted, `pem` as rules name it."""

    private: _Private
    key: Key
    pem: str

    def __repr__(self) -> str:
        return f"Signer({self.key.kind} {self.key.fingerprint})"

    def sign(self, message: bytes) -> bytes:
        """A signature that `cosign verify-attestation --key` takes: it hashes with SHA-256, whatever the curve."""
        match self.private:
            case ed25519.Ed25519PrivateKey():
                return self.private.sign(message)
            case rsa.RSAPrivateKey():
                return self.private.sign(message, padding.PKCS1v15(), hashes.SHA256())
            case _:
                return self.private.sign(message, ec.ECDSA(hashes.SHA256()))


def read_signer(pem: bytes, password: str) -> Signer:
    """The signer of a PEM file; raises UnusableKey, whose words hold nothing of the key or the password."""
    blocks = _BLOCK.findall(pem)
    if any(block in _OWN_FORMAT for block in blocks):
        raise UnusableKey(
            "this is a key in cosign's own encrypted format, which only cosign reads and never writes out again",
            f"sign with `cosign attest`; or make a PEM key ({_MAKE_ONE}) "
            "and give it to cosign with `cosign import-key-pair --key key.pem`",
        )
    if not any(block.endswith(b"PRIVATE KEY") for block in blocks):
        raise UnusableKey("this is no PEM private key", f"make one: {_MAKE_ONE}")
    private = _loaded(pem, password)
    if not isinstance(private, _Private):
        raise UnusableKey("this is no ECDSA, RSA or Ed25519 key", f"make one: {_MAKE_ONE}")
    public = private.public_key()
    return Signer(
        private, key_of(public), public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    )


def _loaded(pem: bytes, password: str) -> object:
    encrypted = b"ENCRYPTED" in pem
    if encrypted and not password:
        raise UnusableKey("this key is encrypted", f"put its password into the environment variable {PASSWORD}")
    try:
        return load_pem_private_key(pem, password.encode() if encrypted else None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        if encrypted:
            told = f"this key cannot be decrypted with the password in {PASSWORD}"
            raise UnusableKey(told, "correct the password, or the file") from None
        raise UnusableKey("this PEM block holds no private key that can be read", f"make one: {_MAKE_ONE}") from None
