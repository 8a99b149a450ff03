"""Authorities that vouch for signers by certificates: an own X.509 authority, and one subject whom it has certified.

A certificate counts at the time at which the signature was made, as far as that is proven: by a time-stamp authority
or a transparency log that the Authority names. Where nothing proves it, the certificate must be valid whenever the
signature is judged, so Held says until when.
"""

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime

from cryptography import x509

from webhook.admission.evidence import Validity
from webhook.evidence.chains import (
    CODE_SIGNING,
    Anchors,
    Leaf,
    NotTrusted,
    read_anchors,
    read_certificates,
    read_leaf,
    written,
)
from webhook.evidence.keys import UnusableKey
from webhook.evidence.rekor import Log
from webhook.evidence.signed import Held, Signed
from webhook.evidence.timestamps import TimestampAuthorities
from webhook.patterns import shown

_NAME = re.compile(r"\s*[A-Za-z0-9.-]+\s*=")
_NAMES = {
    "E": x509.NameOID.EMAIL_ADDRESS,
    "EMAIL": x509.NameOID.EMAIL_ADDRESS,
    "EMAILADDRESS": x509.NameOID.EMAIL_ADDRESS,
    "emailAddress": x509.NameOID.EMAIL_ADDRESS,
    "SERIALNUMBER": x509.NameOID.SERIAL_NUMBER,
    "serialNumber": x509.NameOID.SERIAL_NUMBER,
}


class Subject:
    """Whom a certificate must be for: a whole name, or one alternative name."""

    def __init__(self, text: str) -> None:
        """Raises UnusableKey for what begins like a name (RFC 4514) and is none."""
        self.text = text
        self.name: x509.Name | None = None
        if _NAME.match(text):
            try:
                self.name = x509.Name.from_rfc4514_string(text, _NAMES)
            except (ValueError, KeyError):
                cure = "write it as `openssl x509 -noout -subject -nameopt RFC2253` does: CN=ci,O=corp"
                raise UnusableKey(f"the subject {shown(text)} is no name", cure) from None

    @property
    def canonical(self) -> str:
        """The same for two texts that mean the same."""
        return written(self.name) if self.name is not None else f"one of {self.text}"

    def why_not(self, leaf: Leaf) -> str:
        """Whom a certificate is for instead, "" where it is for this subject."""
        if self.name is not None:
            return "" if leaf.subject == self.name else f"its certificate is that of {leaf.named}"
        wanted = (self.text, self.text.lower())
        if any(one in wanted[: 2 if _is_host(one) else 1] for one in leaf.alternatives):
            return ""
        others = ", ".join(shown(one) for one in leaf.alternatives[:3])
        return f"its certificate is that of {leaf.named}" + (f" ({others})" if others else "")


def _is_host(name: str) -> bool:
    return "@" not in name and ":" not in name


class CertifiedAuthority:
    """Holds for what a subject has signed whom one of the anchors certifies for signing code."""

    def __init__(
        self,
        name: str,
        anchors: Anchors,
        subject: Subject,
        log: Log | None = None,
        timestamps: TimestampAuthorities | None = None,
    ) -> None:
        self.name = name
        self._anchors, self._subject, self._log, self._timestamps = anchors, subject, log, timestamps
        self.signer = f"{subject.canonical} of {anchors.fingerprint}"
        parts = (self.signer, log.key.fingerprint if log else "", timestamps.fingerprint if timestamps else "")
        self.fingerprint = hashlib.sha256(" ".join(("certificates", *parts)).encode()).hexdigest()

    def holds(self, signed: Signed) -> Held | str:
        """Whether the subject has signed it, and was certified when it did."""
        if not signed.certificates:
            return ""
        try:
            return self._held(signed, read_leaf(signed.certificates[0]))
        except NotTrusted as error:
            return f"it is not of {self.name}: {error}"

    def _held(self, signed: Signed, leaf: Leaf) -> Held:
        if other := self._subject.why_not(leaf):
            raise NotTrusted(f"{other}, not {shown(self._subject.text)}")
        check_purpose(leaf)
        if not leaf.key.verifies(signed.signature, signed.message):
            raise NotTrusted("its signature is not that of its certificate")
        at, note = self._time(signed)
        others = read_certificates(signed.certificates[1:])
        if at is not None:
            self._anchors.chain(leaf.certificate, others, at)
            return Held(at)
        return Held(None, _validity(self._anchors.lasting(leaf.certificate, others), note))

    def _time(self, signed: Signed) -> tuple[datetime | None, str]:
        """The earliest time that is proven, else None and why there is none."""
        times, why = [], "nothing proves that it was signed before"
        if self._log is not None:
            answer = self._log.holds(signed, signed.certificates[0])
            if isinstance(answer, str):
                raise NotTrusted(answer)
            times.append(answer.signed)
        if self._timestamps is not None:
            at, problem = self._timestamps.earliest(signed)
            times.append(at)
            why = f"{why}: {problem}" if problem else why
        return min((at for at in times if at is not None), default=None), f", and {why}"


def certified_authority(
    name: str, bundle: bytes, subject: str, log: Log | None, timestamps: TimestampAuthorities | None
) -> CertifiedAuthority:
    """The authority of a PEM bundle and the subject that is meant; raises UnusableKey."""
    return CertifiedAuthority(name, read_anchors(bundle), Subject(subject), log, timestamps)


def check_purpose(leaf: Leaf) -> None:
    """Raises NotTrusted for a certificate that is not for signing code."""
    if leaf.is_ca:
        raise NotTrusted("its certificate is a certificate authority's, which signs no images (CA:true)")
    if not leaf.may_sign:
        raise NotTrusted("its certificate is not for signing (keyUsage without digitalSignature)")
    if CODE_SIGNING not in leaf.purposes:
        raise NotTrusted("its certificate is not for signing code (extendedKeyUsage without codeSigning)")


def _validity(chain: Sequence[x509.Certificate], note: str) -> Validity:
    since, until = (one.not_valid_before_utc for one in chain), (one.not_valid_after_utc for one in chain)
    return Validity("its certificate", max(since), min(until), note)
