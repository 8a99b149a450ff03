"""Which pairs may serve, and why the others may not."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from certs.authority import make_authority, make_leaf
from certs.pair import Pair, UnusableError, certificate_of, certificates, fingerprint, private_key, prove, share_left

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
AUTHORITY = make_authority(NOW)
LEAF = make_leaf(AUTHORITY, ["localhost"], NOW)


def why_not(pair: Pair, now: datetime = NOW) -> str:
    with pytest.raises(UnusableError) as refused:
        prove(pair, now)
    return str(refused.value)


def self_signed(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, *extensions: x509.ExtensionType) -> Pair:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "old ways")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(NOW).not_valid_after(NOW + timedelta(days=1))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    certificate = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    return Pair(certificate, key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()))


def test_a_fresh_leaf_may_serve() -> None:
    assert prove(LEAF, NOW) == certificate_of(LEAF)


def test_a_chain_file_is_accepted_and_its_first_certificate_is_the_pairs_own() -> None:
    chain = Pair(LEAF.certificate + AUTHORITY.certificate, LEAF.key)
    assert prove(chain, NOW) == certificate_of(LEAF)
    assert certificates(chain.certificate)[1] == certificate_of(AUTHORITY)


def test_an_rsa_pair_with_a_bag_of_text_around_it_may_serve() -> None:
    pair = self_signed(
        rsa.generate_private_key(public_exponent=65537, key_size=2048),
        x509.SubjectAlternativeName([x509.DNSName("localhost")]),
    )
    wrapped = Pair(b"subject=old ways\n" + pair.certificate, pair.key)
    assert prove(wrapped, NOW) == certificate_of(pair)


def test_the_key_of_another_certificate_is_refused() -> None:
    other = make_leaf(AUTHORITY, ["localhost"], NOW)
    assert why_not(Pair(LEAF.certificate, other.key)) == "the key belongs to another certificate"


def test_an_expired_certificate_is_refused_from_its_last_second_on() -> None:
    end = NOW + timedelta(days=3)
    assert prove(LEAF, end - timedelta(seconds=1)) == certificate_of(LEAF)
    assert why_not(LEAF, end) == "the certificate expired at 2026-11-24 12:00:00 UTC"


def test_a_certificate_of_tomorrow_is_refused() -> None:
    assert why_not(LEAF, NOW - timedelta(days=1)) == "the certificate is not valid before 2026-11-21 11:55:00 UTC"


def test_a_certificate_without_alternative_names_is_refused_because_clients_do() -> None:
    pair = self_signed(ec.generate_private_key(ec.SECP256R1()))
    expected = "the certificate names no host (subjectAltName); clients no longer read its subject"
    assert why_not(pair) == expected


def test_a_certificate_for_clients_only_is_refused() -> None:
    pair = self_signed(
        ec.generate_private_key(ec.SECP256R1()),
        x509.SubjectAlternativeName([x509.DNSName("localhost")]),
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]),
    )
    assert why_not(pair) == "the certificate is not for servers (extendedKeyUsage lacks serverAuth)"


@pytest.mark.parametrize("pem", [b"", b"\x00\xff", LEAF.key, LEAF.certificate[:200]])
def test_what_is_no_certificate_is_refused(pem: bytes) -> None:
    assert why_not(Pair(pem, LEAF.key)).startswith("no certificate can be read (PEM is expected): ")


def test_a_chain_that_is_cut_off_in_an_intermediate_is_refused() -> None:
    cut = LEAF.certificate + AUTHORITY.certificate[:100]
    assert "certificate" in why_not(Pair(cut, LEAF.key))


@pytest.mark.parametrize("pem", [b"", b"\x00\xff", LEAF.certificate, LEAF.key[:100]])
def test_what_is_no_key_is_refused(pem: bytes) -> None:
    assert why_not(Pair(LEAF.certificate, pem)).startswith("no private key can be read (PEM is expected): ")


def test_a_key_with_a_passphrase_is_refused_instead_of_asking_for_one() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    locked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    with pytest.raises(UnusableError) as refused:
        private_key(locked)
    assert str(refused.value).startswith("the key has a passphrase: ")


def test_the_share_left_runs_from_one_to_below_nothing() -> None:
    certificate = certificate_of(LEAF)
    assert share_left(certificate, certificate.not_valid_before_utc) == 1.0
    assert share_left(certificate, certificate.not_valid_after_utc) == 0.0
    assert share_left(certificate, certificate.not_valid_after_utc + timedelta(days=1)) < 0


def test_a_fingerprint_is_64_hex_digits_of_the_der_form() -> None:
    certificate = certificate_of(LEAF)
    digest = hashes.Hash(hashes.SHA256())
    digest.update(certificate.public_bytes(Encoding.DER))
    assert fingerprint(certificate) == digest.finalize().hex()
