"""A certificate with its key: what it says, and whether it can serve."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID

Certificate = x509.Certificate


class UnusableError(Exception):
    """A key, certificate or pair cannot be used; the message is a sentence and never holds key material."""


@dataclass(frozen=True, slots=True)
class Pair:
    """PEM bytes: a certificate (first in its chain; intermediates may follow) and the key that belongs to it."""

    certificate: bytes
    key: bytes = field(repr=False)


@contextmanager
def _explained(what: str) -> Iterator[None]:
    try:
        yield
    except (ValueError, TypeError, UnsupportedAlgorithm, ssl.SSLError) as error:
        raise UnusableError(f"{what}: {error}") from error


def certificates(pem: bytes) -> list[Certificate]:
    """All certificates of a PEM text in their order; raises UnusableError where there is none or one is broken."""
    with _explained("no certificate can be read (PEM is expected)"):
        found = x509.load_pem_x509_certificates(pem)
    if len(found) != pem.count(b"-----BEGIN CERTIFICATE-----"):
        raise UnusableError("a certificate is cut off in the middle")
    return found


def certificate_of(pair: Pair) -> Certificate:
    """The pair's own certificate, without its chain."""
    return certificates(pair.certificate)[0]


def private_key(pem: bytes) -> PrivateKeyTypes:
    """The key of a PEM text; raises UnusableError for one that is broken, of an unknown kind or has a passphrase."""
    if b"ENCRYPTED" in pem:
        raise UnusableError("the key has a passphrase: give a key without one, readable by this process alone")
    with _explained("no private key can be read (PEM is expected)"):
        return load_pem_private_key(pem, password=None)


def key_matches(pair: Pair) -> bool:
    """Whether the key is the one that the certificate was issued for."""
    encoded = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    own = certificate_of(pair).public_key().public_bytes(*encoded)
    return private_key(pair.key).public_key().public_bytes(*encoded) == own


def names(certificate: Certificate) -> tuple[str, ...]:
    """The DNS names and addresses that the certificate is valid for (RFC 5280 section 4.2.1.6)."""
    try:
        listed = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return (
        *listed.get_values_for_type(x509.DNSName),
        *(str(address) for address in listed.get_values_for_type(x509.IPAddress)),
    )


def fingerprint(certificate: Certificate) -> str:
    """SHA-256 of the DER form as lower-case hex."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def issued_by(certificate: Certificate, issuer: Certificate) -> bool:
    """Whether the issuer's key signed the certificate."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def lifetime(certificate: Certificate) -> timedelta:
    """From not-before to not-after."""
    return certificate.not_valid_after_utc - certificate.not_valid_before_utc


def share_left(certificate: Certificate, now: datetime) -> float:
    """How much of the lifetime remains: 1.0 when fresh, 0.0 or less when expired."""
    return (certificate.not_valid_after_utc - now) / lifetime(certificate)


def expired(certificate: Certificate, now: datetime) -> bool:
    """Whether its time is over."""
    return certificate.not_valid_after_utc <= now


def prove(pair: Pair, now: datetime) -> Certificate:
    """The pair's certificate if the Kubernetes API server would accept it from us now; raises UnusableError if not."""
    certificate = certificate_of(pair)
    if not key_matches(pair):
        raise UnusableError("the key belongs to another certificate")
    if expired(certificate, now):
        raise UnusableError(f"the certificate expired at {moment(certificate.not_valid_after_utc)}")
    if certificate.not_valid_before_utc > now:
        raise UnusableError(f"the certificate is not valid before {moment(certificate.not_valid_before_utc)}")
    if not names(certificate):
        raise UnusableError("the certificate names no host (subjectAltName); clients no longer read its subject")
    if not _may_serve(certificate):
        raise UnusableError("the certificate is not for servers (extendedKeyUsage lacks serverAuth)")
    return certificate


def _may_serve(certificate: Certificate) -> bool:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return ExtendedKeyUsageOID.SERVER_AUTH in usage or ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in usage


def moment(when: datetime) -> str:
    """A point in time as people read it."""
    return when.strftime("%Y-%m-%d %H:%M:%S UTC")
