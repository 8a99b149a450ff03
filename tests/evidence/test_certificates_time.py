"""A certificate counts when it was used, as far as a time stamp or a transparency log proves it."""

from datetime import datetime
from typing import Any

from tests.evidence.pki import (
    Certified,
    bundle,
    certify,
    days,
    new_key,
    root,
)
from tests.evidence.rekor_log import RekorLog, hashedrekord_body, new_log
from tests.evidence.stamps import stamper
from tests.evidence.vouched import CA, PAYLOAD, answer, signed, until, verifier
from webhook.evidence.rekor import read_entry
from webhook.evidence.signed import Held, Signed, Verifier
from webhook.policy.trust import TransparencyLog


def test_a_certificate_that_has_expired_says_so_to_whoever_judges() -> None:
    held = answer(certify("CN=ci,O=corp", CA, until=days(5)))
    assert isinstance(held, Held)
    assert held.valid is not None
    assert held.valid.lapsed(days(4)) == ""
    assert held.valid.lapsed(days(6)) == (
        "its certificate expired on 2026-01-06 00:00 UTC, and nothing proves that it was signed before"
    )
    assert held.valid.lapsed(days(-1)) == "its certificate is not valid before 2026-01-01 00:00 UTC"


def test_a_time_stamp_proves_that_it_was_signed_before() -> None:
    made, tsa = certify("CN=ci,O=corp", CA, until=days(5)), stamper()
    ours = verifier(bundle(CA), timestamps=bundle(tsa.issuer))
    material = signed(made)
    assert ours.holds(material._replace(timestamps=(tsa.response(material.signature, days(2)),))) == Held(days(2))


def test_a_time_stamp_from_after_the_end_proves_that_it_is_too_late() -> None:
    made, tsa = certify("CN=ci,O=corp", CA, until=days(5)), stamper()
    ours = verifier(bundle(CA), timestamps=bundle(tsa.issuer))
    material = signed(made)
    told = ours.holds(material._replace(timestamps=(tsa.response(material.signature, days(6)),)))
    assert told == ("it is not of ci: its certificate expired on 2026-01-06 00:00 UTC, before 2026-01-07 00:00 UTC")


def test_a_time_stamp_from_before_the_beginning_is_refused() -> None:
    made, tsa = certify("CN=ci,O=corp", CA, since=days(3)), stamper()
    ours = verifier(bundle(CA), timestamps=bundle(tsa.issuer))
    material = signed(made)
    told = ours.holds(material._replace(timestamps=(tsa.response(material.signature, days(2)),)))
    assert told == (
        "it is not of ci: its certificate is not valid before 2026-01-04 00:00 UTC, which is after 2026-01-03 00:00 UTC"
    )


def test_a_time_stamp_of_nobody_we_know_proves_nothing_and_says_why() -> None:
    made, tsa = certify("CN=ci,O=corp", CA, until=days(5)), stamper()
    ours = verifier(bundle(CA), timestamps=bundle(root("CN=Our Time,O=corp")))
    material = signed(made)
    held = ours.holds(material._replace(timestamps=(tsa.response(material.signature, days(2)),)))
    assert isinstance(held, Held)
    assert held.signed is None
    assert held.valid is not None
    assert held.valid.lapsed(days(6)) == (
        "its certificate expired on 2026-01-06 00:00 UTC, and nothing proves that it was signed before:"
        ' its time stamp does not count: its certificate was issued by "CN=Time Root,O=corp", who is not trusted'
    )


def test_time_stamps_mean_nothing_to_an_authority_that_names_none() -> None:
    made, tsa = certify("CN=ci,O=corp", CA, until=days(5)), stamper()
    material = signed(made)
    material = material._replace(timestamps=(tsa.response(material.signature, days(2)),))
    assert verifier(bundle(CA)).holds(material) == until(days(5))


def test_the_window_is_that_of_the_whole_chain() -> None:
    issuer = certify("CN=Issuing,O=corp", CA, ca=True, since=days(1), until=days(4))
    made = certify("CN=ci,O=corp", issuer)
    assert answer(made, issuer) == until(days(4), since=days(1))


def test_of_two_chains_the_longer_lasting_one_is_taken() -> None:
    key = new_key()
    short = certify("CN=Issuing,O=corp", CA, ca=True, key=key, until=days(4))
    long = certify("CN=Issuing,O=corp", CA, ca=True, key=key, until=days(8))
    made = certify("CN=ci,O=corp", short)
    assert answer(made, short, long) == until(days(8))
    assert answer(made, long, short) == until(days(8))


def test_an_issuer_that_ended_before_the_signer_began_never_counted() -> None:
    issuer = certify("CN=Issuing,O=corp", CA, ca=True, until=days(1))
    made = certify("CN=ci,O=corp", issuer, since=days(2))
    assert answer(made, issuer) == (
        'it is not of ci: the certificate of "CN=Issuing,O=corp" expired on 2026-01-02 00:00 UTC,'
        " before 2026-01-13 00:00 UTC"
    )


def logged(log: RekorLog, made: Certified, at: datetime, **more: Any) -> Signed:
    material = signed(made)
    body = hashedrekord_body(PAYLOAD, material.signature, more.pop("named", made).pem)
    return material._replace(entries=(read_entry(log.entry(body, at, **more)),))


def with_log(log: RekorLog, **more: Any) -> Verifier:
    return verifier(bundle(CA), transparency_log=TransparencyLog(log.pem), **more)


def test_the_logs_time_proves_that_it_was_signed_before() -> None:
    log, made = new_log(), certify("CN=ci,O=corp", CA, until=days(5))
    assert with_log(log).holds(logged(log, made, days(2))) == Held(days(2))


def test_the_logs_time_may_prove_that_it_is_too_late() -> None:
    log, made = new_log(), certify("CN=ci,O=corp", CA, until=days(5))
    told = with_log(log).holds(logged(log, made, days(6)))
    assert told == "it is not of ci: its certificate expired on 2026-01-06 00:00 UTC, before 2026-01-07 00:00 UTC"


def test_a_proof_without_a_promise_has_no_time() -> None:
    log, made = new_log(), certify("CN=ci,O=corp", CA)
    assert with_log(log).holds(logged(log, made, days(2), promised=False)) == until(days(10))


def test_what_does_not_stand_there_does_not_count() -> None:
    log, made = new_log(), certify("CN=ci,O=corp", CA)
    assert with_log(log).holds(signed(made)) == (
        "it is not of ci: nothing shows that it stands in the transparency log"
    )


def test_an_entry_about_another_certificate_does_not_count() -> None:
    log, made = new_log(), certify("CN=ci,O=corp", CA)
    other = certify("CN=ci,O=corp", CA)
    told = with_log(log).holds(logged(log, made, days(2), named=other))
    assert told == "it is not of ci: its log entry is about another signer"


def test_of_the_log_and_a_time_stamp_the_earlier_counts() -> None:
    log, made, tsa = new_log(), certify("CN=ci,O=corp", CA), stamper()
    material = logged(log, made, days(4))
    stamp = tsa.response(material.signature, days(3))
    ours = with_log(log, timestamps=bundle(tsa.issuer))
    assert ours.holds(material._replace(timestamps=(stamp,))) == Held(days(3))
    assert ours.holds(material) == Held(days(4))
