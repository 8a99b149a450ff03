"""Public keys: which ones are good enough to be trusted, and whether a signature is theirs.

Signatures do not say how they were made. cosign hashes with SHA-256 whatever the curve, since version 3 with the
curve's own hash where a key was made so; key services use what they like. So each key tries what is usual for it.
"""

import hashlib
import re
from base64 import b64encode
from collections.abc import Callable
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from webhook.evidence.signed import Message

LEAST_RSA_BITS = 2048
MOST_RSA_BITS = 8192

_MAKE_ONE = "make a new one: cosign generate-key-pair"
_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]{1,40})-----")
_PREHASHED = {
    "sha256": Prehashed(hashes.SHA256()),
    "sha384": Prehashed(hashes.SHA384()),
    "sha512": Prehashed(hashes.SHA512()),
}
_CURVES = {
    "secp256r1": ("P-256", ("sha256",)),
    "secp384r1": ("P-384", ("sha256", "sha384")),
    "secp521r1": ("P-521", ("sha256", "sha512")),
}
_PADDINGS: tuple[tuple[str, padding.AsymmetricPadding], ...] = (
    ("sha256", padding.PKCS1v15()),
    ("sha256", padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO)),
    ("sha384", padding.PKCS1v15()),
    ("sha384", padding.PSS(padding.MGF1(hashes.SHA384()), padding.PSS.AUTO)),
    ("sha512", padding.PKCS1v15()),
    ("sha512", padding.PSS(padding.MGF1(hashes.SHA512()), padding.PSS.AUTO)),
)


class UnusableKey(ValueError):
    """A key that cannot be trusted: `message` says why, `cure` what to do."""

    def __init__(self, message: str, cure: str) -> None:
        super().__init__(message)
        self.message = message
        self.cure = cure


_Way = tuple[str, Callable[[bytes, bytes], None]]
"""A hash ("" for the message itself), and what raises InvalidSignature unless a signature on it holds."""


class Key(NamedTuple):
    """A public key that is good enough: `kind` names it for people, `der` is its SubjectPublicKeyInfo."""

    kind: str
    der: bytes
    ways: tuple[_Way, ...]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the DER, in hexadecimal: what transparency logs call their id."""
        return hashlib.sha256(self.der).hexdigest()

    @property
    def hint(self) -> str:
        """The same in base64: what sigstore bundles name a key by."""
        return b64encode(hashlib.sha256(self.der).digest()).decode()

    def verifies(self, signature: bytes, message: Message) -> bool:
        """Whether it is this key's signature on the message, in any of the usual ways; never raises."""
        return any(_holds(way, signature, message) for way in self.ways)


def read_key(pem: str) -> Key:
    """The one public key of a PEM text; raises UnusableKey."""
    blocks = _BLOCK.findall(pem)
    if len(blocks) != 1 or not blocks[0].endswith("PUBLIC KEY"):
        raise _no_key(blocks)
    try:
        public = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise UnusableKey("this PEM block holds no public key that can be read", "paste it again, whole") from None
    return key_of(public)


def key_of(public: PublicKeyTypes) -> Key:
    """The key, if it is of a kind and size that can be trusted; raises UnusableKey."""
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    match public:
        case ec.EllipticCurvePublicKey() if public.curve.name in _CURVES:
            name, algorithms = _CURVES[public.curve.name]
            return Key(f"ECDSA {name}", der, tuple(_ecdsa(public, one) for one in algorithms))
        case ec.EllipticCurvePublicKey():
            raise UnusableKey(
                f"an ECDSA key on the curve {public.curve.name} is not trusted", _cure("P-256, P-384, P-521")
            )
        case rsa.RSAPublicKey() if LEAST_RSA_BITS <= public.key_size <= MOST_RSA_BITS:
            return Key(f"RSA {public.key_size}", der, tuple(_rsa(public, *one) for one in _PADDINGS))
        case rsa.RSAPublicKey() if public.key_size < LEAST_RSA_BITS:
            raise UnusableKey(
                f"an RSA key of {public.key_size} bits is too weak", _cure(f"at least {LEAST_RSA_BITS} bits")
            )
        case rsa.RSAPublicKey():
            raise UnusableKey(
                f"an RSA key of {public.key_size} bits is too slow", _cure(f"at most {MOST_RSA_BITS} bits")
            )
        case ed25519.Ed25519PublicKey():
            return Key("Ed25519", der, (("", public.verify),))
        case _:
            kind = type(public).__name__.removesuffix("PublicKey").lstrip("_")
            raise UnusableKey(f"a key of the kind {kind} is not trusted", _cure("ECDSA, RSA or Ed25519"))


def _cure(wanted: str) -> str:
    return f"use {wanted}; {_MAKE_ONE}"


def _no_key(blocks: list[str]) -> UnusableKey:
    if len(blocks) > 1:
        return UnusableKey(f"there are {len(blocks)} PEM blocks", "give each key an Authority of its own")
    if not blocks:
        return UnusableKey("this is no PEM public key", "paste cosign.pub, from -----BEGIN PUBLIC KEY----- to its end")
    if "PRIVATE" in blocks[0]:
        cure = "write the public key, and replace this pair: whoever read these rules has it now"
        return UnusableKey("this is a private key", cure)
    if "CERTIFICATE" in blocks[0]:
        cure = "take its key: openssl x509 -pubkey -noout -in FILE; or use certificateAuthority"
        return UnusableKey("this is a certificate, not a public key", cure)
    return UnusableKey(f"this is a PEM block of {blocks[0].lower()}, not a public key", "paste cosign.pub")


def _holds(way: _Way, signature: bytes, message: Message) -> bool:
    algorithm, verify = way
    signed = message.hashed(algorithm) if algorithm else message.content
    if signed is None:
        return False
    try:
        verify(signature, signed)
    except InvalidSignature:
        return False
    return True


def _ecdsa(public: ec.EllipticCurvePublicKey, algorithm: str) -> _Way:
    scheme = ec.ECDSA(_PREHASHED[algorithm])
    return algorithm, lambda signature, digest: public.verify(signature, digest, scheme)


def _rsa(public: rsa.RSAPublicKey, algorithm: str, scheme: padding.AsymmetricPadding) -> _Way:
    hashed = _PREHASHED[algorithm]
    return algorithm, lambda signature, digest: public.verify(signature, digest, scheme, hashed)
