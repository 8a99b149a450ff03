"""What the made certificates say, extension by extension."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from certs.authority import make_authority, make_leaf, service_names
from certs.pair import Pair, UnusableError, certificate_of, issued_by, key_matches, names, private_key

NOW = datetime(2026, 11, 21, 12, 0, 0, 987654, tzinfo=UTC)
ON_THE_SECOND = NOW.replace(microsecond=0)


def test_an_authority_lasts_a_year_and_starts_five_minutes_ago_for_clocks_that_are_behind() -> None:
    authority = certificate_of(make_authority(NOW))
    assert authority.not_valid_before_utc == ON_THE_SECOND - timedelta(minutes=5)
    assert authority.not_valid_after_utc == ON_THE_SECOND + timedelta(days=365)


def test_an_authority_may_sign_leaves_and_nothing_else() -> None:
    extensions = certificate_of(make_authority(NOW)).extensions
    constraints = extensions.get_extension_for_class(x509.BasicConstraints)
    usage = extensions.get_extension_for_class(x509.KeyUsage)
    assert constraints.critical
    assert (constraints.value.ca, constraints.value.path_length) == (True, 0)
    assert usage.critical
    assert (usage.value.key_cert_sign, usage.value.crl_sign, usage.value.digital_signature) == (True, True, False)


def test_a_leaf_lasts_three_days_and_may_only_serve() -> None:
    leaf = certificate_of(make_leaf(make_authority(NOW), ["doorward.doorward.svc"], NOW))
    extensions = leaf.extensions
    constraints = extensions.get_extension_for_class(x509.BasicConstraints)
    usage = extensions.get_extension_for_class(x509.KeyUsage)
    assert leaf.not_valid_after_utc == ON_THE_SECOND + timedelta(days=3)
    assert (constraints.critical, constraints.value.ca) == (True, False)
    assert (usage.critical, usage.value.digital_signature, usage.value.key_cert_sign) == (True, True, False)
    assert list(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [ExtendedKeyUsageOID.SERVER_AUTH]


def test_the_keys_are_on_the_curve_p256() -> None:
    authority = make_authority(NOW)
    for pair in (authority, make_leaf(authority, ["a"], NOW)):
        key = private_key(pair.key)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        assert key.curve.name == "secp256r1"
        assert key_matches(pair)


def test_a_leaf_points_at_its_authority_by_key_and_is_signed_by_it_alone() -> None:
    authority, other = make_authority(NOW), make_authority(NOW)
    leaf = certificate_of(make_leaf(authority, ["a"], NOW))
    pointed = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    own = certificate_of(authority).extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert pointed == own.digest
    assert issued_by(leaf, certificate_of(authority))
    assert not issued_by(leaf, certificate_of(other))


def test_two_authorities_of_the_same_moment_differ_in_serial_number_and_subject() -> None:
    one, two = certificate_of(make_authority(NOW)), certificate_of(make_authority(NOW))
    assert one.serial_number != two.serial_number
    assert one.subject != two.subject


def test_names_and_addresses_are_told_apart_and_each_stands_once() -> None:
    leaf = make_leaf(make_authority(NOW), ["localhost", "127.0.0.1", "::1", "*.example.org", "localhost"], NOW)
    assert names(certificate_of(leaf)) == ("localhost", "*.example.org", "127.0.0.1", "::1")


def test_a_leaf_never_outlives_its_authority() -> None:
    authority = make_authority(NOW, timedelta(days=1))
    assert certificate_of(make_leaf(authority, ["a"], NOW)).not_valid_after_utc == ON_THE_SECOND + timedelta(days=1)


def test_the_names_of_a_service_begin_with_the_short_one_and_hold_the_one_the_api_server_uses() -> None:
    assert service_names("doorward", "guard") == (
        "doorward",
        "doorward.guard",
        "doorward.guard.svc",
        "doorward.guard.svc.cluster.local",
    )


@pytest.mark.parametrize("name", ["", "bücher.example", "with space", "line\nbreak", "a" * 254])
def test_a_name_that_no_certificate_can_hold_is_refused_by_name(name: str) -> None:
    with pytest.raises(UnusableError) as refused:
        make_leaf(make_authority(NOW), [name], NOW)
    assert str(refused.value) == f"{name!r} is neither a DNS name nor an IP address"


def test_a_leaf_without_any_name_is_refused() -> None:
    with pytest.raises(UnusableError) as refused:
        make_leaf(make_authority(NOW), [], NOW)
    assert str(refused.value) == "a server's certificate needs at least one name or address"


def test_a_pair_never_shows_its_key_when_printed() -> None:
    pair = make_authority(NOW)
    assert "key=" not in repr(pair)
    assert repr(Pair(b"c", b"secret")) == "Pair(certificate=b'c')"
