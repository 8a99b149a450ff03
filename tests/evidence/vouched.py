"""Signers for whom an authority of certificates vouches, and what an Authority says of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tests.evidence.pki import START, Certified, bundle, certified, root, trust
from webhook.admission.evidence import Validity
from webhook.evidence.signed import Held, Message, Signed, Verifier

PAYLOAD = b"what somebody signs"
CA = root()
UNPROVEN = ", and nothing proves that it was signed before"


def verifier(trusted: bytes, subject: str = "CN=ci,O=corp", **more: Any) -> Verifier:
    return trust(certified("ci", trusted, subject, **more)).verifiers[0]


def signed(by: Certified, *others: Certified | bytes, **more: Any) -> Signed:
    certificates = [one if isinstance(one, bytes) else one.der for one in (by, *others)]
    return Signed(by.sign(PAYLOAD), Message(PAYLOAD), certificates=tuple(certificates), **more)


def answer(by: Certified, *others: Certified, trusted: Sequence[Certified] = (CA,), **more: Any) -> Held | str:
    return verifier(bundle(*trusted), **more).holds(signed(by, *others))


def until(at: datetime, since: datetime = START) -> Held:
    return Held(None, Validity("its certificate", since, at, UNPROVEN))
