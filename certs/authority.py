"""Makes an authority and the leaf that it signs: EC P-256, short-lived, with the extensions that clients insist on."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from certs.pair import Pair, UnusableError, certificate_of, private_key

AUTHORITY_LIFETIME = timedelta(days=365)
LEAF_LIFETIME = timedelta(days=3)
LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")

# Clocks differ between nodes: a certificate that starts now is refused by whoever is a minute behind.
_BACKDATED = timedelta(minutes=5)


def service_names(service: str, namespace: str, domain: str = "cluster.local") -> tuple[str, ...]:
    """The names under which a Service is reached; the API server calls webhooks as `<service>.<namespace>.svc`."""
    full = f"{service}.{namespace}.svc"
    return (service, f"{service}.{namespace}", full, f"{full}.{domain}")


def make_authority(now: datetime, lifetime: timedelta = AUTHORITY_LIFETIME) -> Pair:
    """A new self-signed certificate authority; each has a subject of its own, so that chains cannot be confused."""
    key = ec.generate_private_key(ec.SECP256R1())
    serial = x509.random_serial_number()
    subject = _subject(f"Doorward authority {now:%Y-%m-%d} {serial % 0x10000:04x}")
    usage = _usage(key_cert_sign=True, crl_sign=True)
    own_id = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = (
        _dated(now, now + lifetime)
        .serial_number(serial)
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(own_id, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own_id), critical=False)
    )
    return _pair(builder.sign(key, hashes.SHA256()), key)


def make_leaf(authority: Pair, names: Sequence[str], now: datetime, lifetime: timedelta = LEAF_LIFETIME) -> Pair:
    """A server's certificate for DNS names and IP addresses, signed by the authority, that never outlives it.

    Raises UnusableError for an authority that cannot sign and for a name that a certificate cannot hold.
    """
    issuer, signer = certificate_of(authority), private_key(authority.key)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise UnusableError("the authority's key is not an elliptic-curve key: Doorward did not make it")
    key = ec.generate_private_key(ec.SECP256R1())
    issuer_id = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = (
        _dated(now, min(now + lifetime, issuer.not_valid_after_utc))
        .serial_number(x509.random_serial_number())
        .subject_name(_subject("doorward"))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .add_extension(x509.SubjectAlternativeName(_alternatives(names)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_id), critical=False)
    )
    return _pair(builder.sign(signer, hashes.SHA256()), key)


def _dated(now: datetime, end: datetime) -> x509.CertificateBuilder:
    start = now.replace(microsecond=0) - _BACKDATED
    return x509.CertificateBuilder().not_valid_before(start).not_valid_after(end.replace(microsecond=0))


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _alternatives(names: Sequence[str]) -> list[x509.GeneralName]:
    if not names:
        raise UnusableError("a server's certificate needs at least one name or address")
    return [_alternative(name) for name in dict.fromkeys(names)]


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    if not name or len(name) > 253 or not all(0x21 <= ord(letter) < 0x7F for letter in name):
        raise UnusableError(f"{name!r} is neither a DNS name nor an IP address")
    return x509.DNSName(name)


def _pair(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Pair:
    return Pair(
        certificate.public_bytes(Encoding.PEM),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )
