"""Certificates for tests: authorities, signers and whatever is wrong with them, each made in a line."""

from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from webhook.errors import RulesError
from webhook.evidence.trust import Trust
from webhook.policy.trust import AuthoritySpec, CertificateAuthority
from webhook.policy.trusted import Authority, Trusted
from webhook.source.problem import Place, Problem

START = datetime(2026, 1, 1, tzinfo=UTC)
"""When certificates begin to be valid, unless a test says otherwise."""

CODE_SIGNING = ExtendedKeyUsageOID.CODE_SIGNING
TIME_STAMPING = ExtendedKeyUsageOID.TIME_STAMPING
SERVER_AUTH = ExtendedKeyUsageOID.SERVER_AUTH

PLACE = Place("rules.yaml", 7, 3, 1, "")


def days(number: float) -> datetime:
    """So many days after the start."""
    return START + timedelta(days=number)


def new_key(kind: str = "P-256") -> Any:
    """A new private key; of RSA and DSA, which take long, always the same."""
    if kind.startswith(("RSA", "DSA")):
        return _slow_key(kind)
    if kind == "Ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    curves = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1(), "secp256k1": ec.SECP256K1()}
    return ec.generate_private_key(curves[kind])


@cache
def _slow_key(kind: str) -> Any:
    size = int(kind[3:].partition("#")[0])
    return dsa.generate_private_key(size) if kind.startswith("DSA") else rsa.generate_private_key(65537, size)


class Certified(NamedTuple):
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: Any

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    def sign(self, message: bytes, algorithm: hashes.HashAlgorithm | None = None) -> bytes:
        """As cosign signs: SHA-256, whatever the key."""
        hashed = algorithm or hashes.SHA256()
        if isinstance(self.key, ed25519.Ed25519PrivateKey):
            return self.key.sign(message)
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(message, padding.PKCS1v15(), hashed)
        return self.key.sign(message, ec.ECDSA(hashed))


def certify(
    subject: str,
    by: Certified | None = None,
    *,
    kind: str = "P-256",
    key: Any = None,
    ca: bool | None = False,
    usage: bool = True,
    purposes: Sequence[ObjectIdentifier] = (CODE_SIGNING,),
    critical: bool = False,
    names: Sequence[x509.GeneralName] = (),
    since: datetime = START,
    until: datetime | None = None,
    more: Sequence[tuple[x509.ExtensionType, bool]] = (),
    last: Sequence[tuple[x509.ExtensionType, bool]] = (),
    serial: int = 0,
    issuer: str | None = None,
    signed_with: Any = None,
) -> Certified:
    """A certificate of a subject (RFC 4514); self-signed without `by`, for ten days unless it is said until when."""
    own = key or new_key(kind)
    signing = signed_with or (by.key if by else own)
    issuing = x509.Name.from_rfc4514_string(issuer) if issuer else by.certificate.subject if by else None
    named = x509.Name.from_rfc4514_string(subject)
    builder = x509.CertificateBuilder().subject_name(named).issuer_name(issuing if issuing is not None else named)
    builder = builder.public_key(own.public_key()).serial_number(serial or x509.random_serial_number())
    builder = builder.not_valid_before(since).not_valid_after(until or since + timedelta(days=3650 if ca else 10))
    for extension, is_critical in (*_extensions(own, by, ca, usage), *more):
        builder = builder.add_extension(extension, is_critical)
    if purposes and not ca:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=not subject)
    for extension, is_critical in last:
        builder = builder.add_extension(extension, is_critical)
    hashed = None if isinstance(signing, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return Certified(builder.sign(signing, hashed), own)


def _extensions(own: Any, by: Certified | None, ca: bool | None, usage: bool) -> list[tuple[x509.ExtensionType, bool]]:
    found: list[tuple[x509.ExtensionType, bool]] = []
    if ca is not None:
        found.append((x509.BasicConstraints(ca, None), True))
    if usage:
        issues = bool(ca)
        key_usage = x509.KeyUsage(
            digital_signature=not issues,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=issues,
            crl_sign=issues,
            encipher_only=False,
            decipher_only=False,
        )
        found.append((key_usage, True))
    found.append((x509.SubjectKeyIdentifier.from_public_key(own.public_key()), False))
    if by is not None:
        found.append((x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key()), False))
    return found


def root(subject: str = "CN=Corp Root,O=corp", **tweaks: Any) -> Certified:
    """A certificate authority that nobody certifies."""
    return certify(subject, ca=True, **tweaks)


def chain(length: int, **leaf: Any) -> list[Certified]:
    """So many certificates, the signer's first and the root last."""
    found = [root()]
    for number in range(length - 2):
        found.append(certify(f"CN=Issuing {number},O=corp", found[-1], ca=True))
    found.append(certify("CN=ci,O=corp", found[-1], **leaf))
    return found[::-1]


def bundle(*trusted: Certified) -> bytes:
    """A PEM file of certificates."""
    return "".join(one.pem for one in trusted).encode()


def bare_key(one: Certified) -> bytes:
    """The public key of a certificate alone, DER."""
    return one.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def public_pem(key: Any) -> str:
    """The public key of a private one, PEM."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def certified(
    name: str, trusted: bytes, subject: str = "CN=ci,O=corp", timestamps: bytes = b"", **spec: Any
) -> Authority:
    """An Authority of certificates, as a rules folder has it."""
    files = {"ca.pem": trusted, "tsa.pem": timestamps}
    made = AuthoritySpec(
        spec.pop("roles", ("build",)),
        certificate_authority=CertificateAuthority("ca.pem", subject),
        timestamps="tsa.pem" if timestamps else "",
        **spec,
    )
    return Authority(name, made, files, PLACE)


def trust(*authorities: Authority) -> Trust:
    """Whoever is trusted; raises RulesError as a rules folder would."""
    return Trust(Trusted(authorities))


def refused(*authorities: Authority) -> Problem:
    """The one problem for which they cannot be trusted."""
    with pytest.raises(RulesError) as error:
        trust(*authorities)
    [problem] = error.value.problems
    assert isinstance(problem, Problem)
    return problem


def base64(data: bytes) -> str:
    """As JSON carries bytes."""
    return b64encode(data).decode()
