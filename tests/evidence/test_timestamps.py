"""Time stamps: which ones are believed, and why others are not."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.evidence.pki import CODE_SIGNING, SERVER_AUTH, START, TIME_STAMPING, bundle, certify, days, new_key, root
from tests.evidence.stamps import (
    CONTENT_TYPE,
    DATA,
    MESSAGE_DIGEST,
    SIGNING_CERTIFICATE,
    SIGNING_CERTIFICATE_2,
    Stamper,
    der,
    integer,
    octets,
    sequence,
    stamper,
)
from webhook.evidence.keys import UnusableKey
from webhook.evidence.signed import Message, Signed
from webhook.evidence.timestamps import read_timestamps

CONTENT = b"the signature that was stamped"
AT = days(2)


def believed(made: Stamper, data: bytes, content: bytes = CONTENT) -> datetime | str:
    return read_timestamps(bundle(made.issuer)).time(data, content)


def test_a_response_says_when() -> None:
    made = stamper()
    assert believed(made, made.response(CONTENT, AT)) == AT


def test_a_token_alone_says_when() -> None:
    made = stamper()
    assert believed(made, made.token(CONTENT, AT)) == AT


@pytest.mark.parametrize("kind", ["P-256", "P-384", "P-521", "RSA2048", "RSA3072"])
@pytest.mark.parametrize("hashed", ["sha256", "sha384", "sha512"])
def test_keys_and_hashes_that_count(kind: str, hashed: str) -> None:
    made = stamper(kind=kind)
    assert believed(made, made.response(CONTENT, AT, hashed=hashed, signed_hash=hashed)) == AT


def test_an_rsa_signature_may_be_pss() -> None:
    made = stamper(kind="RSA2048")
    assert believed(made, made.response(CONTENT, AT, pss=True)) == AT


def test_parts_of_a_second_are_read() -> None:
    made = stamper()
    assert believed(made, made.token(CONTENT, AT, written="20260103040506.25Z")) == datetime(
        2026, 1, 3, 4, 5, 6, 250000, tzinfo=UTC
    )


def test_the_certificate_may_be_in_the_file_instead_of_the_token() -> None:
    made = stamper()
    ours = read_timestamps(bundle(made.issuer, made.signer))
    assert ours.time(made.token(CONTENT, AT, certificates=()), CONTENT) == AT


def test_the_certificate_of_the_stamper_alone_may_be_trusted() -> None:
    made = stamper()
    assert read_timestamps(bundle(made.signer)).time(made.token(CONTENT, AT), CONTENT) == AT


def test_a_chain_with_an_issuer_between() -> None:
    between = certify("CN=Time Issuing,O=corp", (top := root("CN=Time Root,O=corp")), ca=True)
    made = stamper(by=between)
    token = made.token(CONTENT, AT, certificates=(made.signer, between, top))
    assert read_timestamps(bundle(top)).time(token, CONTENT) == AT


def test_an_old_attribute_names_the_certificate_by_sha_1() -> None:
    made = stamper()
    assert believed(made, made.token(CONTENT, AT, essential=SIGNING_CERTIFICATE)) == AT


def test_a_certificate_that_has_since_expired_was_good_then() -> None:
    made = stamper(until=days(3))
    assert believed(made, made.token(CONTENT, AT)) == AT


@pytest.mark.parametrize(
    ("tweaks", "reason"),
    [
        ({"digest": b"\0" * 32}, "what it says is not what was signed"),
        ({"content_type": DATA}, "what it says is not what was signed"),
        ({"hashed": "sha1"}, "it uses a hash that is not trusted"),
        ({"wraps": DATA}, "it is no time stamp"),
        ({"certificates": ()}, "the certificate of its signer is missing"),
        ({"without": MESSAGE_DIGEST}, "it is not built as it should be"),
        ({"without": CONTENT_TYPE}, "it is not built as it should be"),
        ({"without": SIGNING_CERTIFICATE_2}, "it is not built as it should be"),
        ({"signers": 2}, "it has 2 signers where one is needed"),
        ({"signers": 0}, "it has 0 signers where one is needed"),
        ({"twice": True}, "it has an attribute twice"),
        ({"version": 2}, "it is of another version than 1"),
        ({"written": "20260103040506+0100"}, "its time cannot be read"),
        ({"written": "20261303040506Z"}, "its time cannot be read"),
        ({"written": "20260103040506.Z"}, "its time cannot be read"),
        ({"written": "2026010304Z"}, "its time cannot be read"),
        ({"status": 2}, "it says that no time stamp was granted"),
    ],
)
def test_a_stamp_that_is_not_as_it_should_be(tweaks: dict[str, Any], reason: str) -> None:
    made = stamper()
    assert believed(made, made.response(CONTENT, AT, **tweaks)) == reason


@pytest.mark.parametrize(
    ("tweaks", "reason"),
    [
        (
            {"purposes": (TIME_STAMPING,), "critical": False},
            "its certificate is not for time stamps alone (extendedKeyUsage timeStamping, critical)",
        ),
        (
            {"purposes": (TIME_STAMPING, CODE_SIGNING)},
            "its certificate is not for time stamps alone (extendedKeyUsage timeStamping, critical)",
        ),
        (
            {"purposes": (SERVER_AUTH,)},
            "its certificate is not for time stamps alone (extendedKeyUsage timeStamping, critical)",
        ),
        ({"purposes": ()}, "its certificate is not for time stamps alone (extendedKeyUsage timeStamping, critical)"),
        ({"kind": "RSA1024"}, "its certificate cannot be used: an RSA key of 1024 bits is too weak"),
        ({"kind": "Ed25519"}, "its signature does not hold"),
        ({"until": days(1)}, "its certificate expired on 2026-01-02 00:00 UTC, before 2026-01-03 00:00 UTC"),
        (
            {"since": days(3)},
            "its certificate is not valid before 2026-01-04 00:00 UTC, which is after 2026-01-03 00:00 UTC",
        ),
    ],
)
def test_a_stamper_who_is_not_believed(tweaks: dict[str, Any], reason: str) -> None:
    made = stamper(**tweaks)
    assert believed(made, made.response(CONTENT, AT)) == reason


def test_a_stamp_by_somebody_else() -> None:
    made = stamper(by=root("CN=Other Root,O=other"))
    ours = read_timestamps(bundle(root("CN=Time Root,O=corp")))
    answer = ours.time(made.response(CONTENT, AT), CONTENT)
    assert answer == 'its certificate was issued by "CN=Other Root,O=other", who is not trusted'


def test_a_stamp_by_somebody_who_calls_himself_as_ours_do() -> None:
    made, forger = stamper(), stamper()
    answer = believed(made, forger.response(CONTENT, AT))
    assert answer == 'its certificate names "CN=Time Root,O=corp" as its issuer, whose signature it does not have'


def test_a_stamp_on_something_else() -> None:
    made = stamper()
    assert believed(made, made.response(b"something else", AT)) == "it is about something else"


def test_a_signature_by_another_key_than_the_certificates() -> None:
    made = stamper()
    forged = made._replace(signer=made.signer._replace(key=new_key()))
    assert believed(made, forged.response(CONTENT, AT)) == "its signature does not hold"


def test_a_scheme_of_another_kind_of_key() -> None:
    made = stamper()
    forged = made._replace(signer=made.signer._replace(key=new_key("RSA2048")))
    assert believed(made, forged.response(CONTENT, AT)) == "its signature does not hold"


def test_a_certificate_that_is_swapped_for_another_is_not_the_one_that_was_signed() -> None:
    made, other = stamper(), stamper()
    token = made.token(CONTENT, AT, certificates=(other.signer,))
    assert believed(made, token) == "the certificate of its signer is missing"


def test_nine_certificates_are_too_many() -> None:
    made = stamper()
    token = made.token(CONTENT, AT, certificates=[made.signer] * 9)
    assert believed(made, token) == "it has 9 certificates, more than 8"


def test_a_huge_stamp_is_not_read() -> None:
    assert believed(stamper(), b"\x30" * 70_000) == "it has 70000 bytes, more than 65536"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it is not one element of DER"),
        (b"\x30", "it ends too early"),
        (b"\x30\x05\x00", "it ends too early"),
        (b"\x30\x80\x00\x00", "it is not in DER: a length is written in another way"),
        (b"\x30\x81\x01\x00", "it is not in DER: a length is written in another way"),
        (b"\x30\x85\x01\x00\x00\x00\x00", "it is not in DER: a length is written in another way"),
        (b"\x1f\x81\x01\x00", "it has a tag of several bytes"),
        (b"\x04\x00", "it is not built as it should be"),
        (sequence(), "it is not built as it should be"),
        (sequence(sequence(integer(0))), "it is not built as it should be"),
        (sequence(sequence(der(2))), "it has an empty number"),
        (sequence(der(6, b"\x2a")), "it is no signed data"),
        (octets(b"text") * 2, "it is not one element of DER"),
    ],
)
def test_bytes_that_are_no_stamp(data: bytes, reason: str) -> None:
    assert believed(stamper(), data) == reason


def test_no_byte_that_is_changed_or_cut_makes_another_time() -> None:
    made = stamper()
    whole = made.response(CONTENT, AT)
    ours = read_timestamps(bundle(made.issuer))
    for at in range(len(whole)):
        for changed in (whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :], whole[:at]):
            answer = ours.time(changed, CONTENT)
            assert isinstance(answer, str) or answer == AT


def signed(*stamps: bytes, stamped: bytes = b"") -> Signed:
    return Signed(CONTENT, Message(b"message"), timestamps=stamps, stamped=stamped)


def test_the_earliest_of_several_counts_and_those_that_prove_nothing_do_no_harm() -> None:
    made = stamper()
    ours = read_timestamps(bundle(made.issuer))
    stamps = (b"none", made.response(CONTENT, days(3)), made.response(CONTENT, AT), made.response(b"other", START))
    assert ours.earliest(signed(*stamps)) == (AT, "")


def test_without_one_that_counts_there_is_no_time_and_a_reason() -> None:
    made = stamper()
    ours = read_timestamps(bundle(made.issuer))
    assert ours.earliest(signed()) == (None, "")
    reason = "its time stamp does not count: it is about something else"
    assert ours.earliest(signed(made.response(b"other", AT))) == (None, reason)


def test_what_was_stamped_need_not_be_the_signature() -> None:
    made = stamper()
    ours = read_timestamps(bundle(made.issuer))
    assert ours.earliest(signed(made.response(b"the envelope", AT), stamped=b"the envelope")) == (AT, "")
    assert ours.earliest(signed(made.response(CONTENT, AT), stamped=b"the envelope"))[0] is None


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (lambda: b"", "`timestamps`: this file holds no certificate"),
        (lambda: b"-----BEGIN PUBLIC KEY-----\n", "`timestamps`: this file holds public key"),
        (
            lambda: bundle(root("CN=Weak,O=corp", kind="RSA1024")),
            '`timestamps`: the certificate of "CN=Weak,O=corp": an RSA key of 1024 bits is too weak',
        ),
    ],
)
def test_a_file_that_cannot_be_used(file: Callable[[], bytes], message: str) -> None:
    with pytest.raises(UnusableKey) as error:
        read_timestamps(file())
    assert error.value.message == message


def test_the_fingerprint_is_that_of_the_certificates() -> None:
    one, other = root(), root()
    assert read_timestamps(bundle(one, other)).fingerprint == read_timestamps(bundle(other, one)).fingerprint
    assert read_timestamps(bundle(one)).fingerprint != read_timestamps(bundle(other)).fingerprint


def test_our_stamper_is_one_to_others_too() -> None:
    from rfc3161_client import VerifierBuilder, decode_timestamp_response

    made = stamper()
    verifier = VerifierBuilder().tsa_certificate(made.signer.certificate).add_root_certificate(made.issuer.certificate)
    answer = decode_timestamp_response(made.response(CONTENT, AT))
    assert verifier.build().verify_message(answer, CONTENT)
    assert answer.tst_info.gen_time == AT + timedelta(0)
