"""Chains of X.509 certificates, from a signer's own up to one that is trusted, at a given time (RFC 5280, 6).

`cryptography` decides; what is asked here in addition is only in which words it is told why one does not hold.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier
from cryptography.x509.verification import Criticality, ExtensionPolicy, PolicyBuilder, Store

from webhook.evidence.der import read, utf8
from webhook.evidence.keys import Key, UnusableKey, key_of
from webhook.patterns import shown

MOST_CERTIFICATES = 5
"""How long a chain may be, with both of its ends."""

LARGEST_CERTIFICATE = 64 * 1024
"""Bytes of one certificate of a stranger."""

CODE_SIGNING = ExtendedKeyUsageOID.CODE_SIGNING
TIME_STAMPING = ExtendedKeyUsageOID.TIME_STAMPING

_MOST_ENDS = 8  # issuers that may end before the signer's own certificate, tried one after the other
_CAN_ISSUE = ("ECDSA", "RSA")
_USER_NAME = ObjectIdentifier("1.3.6.1.4.1.57264.1.7")  # how Fulcio writes names that are neither mail nor URI
_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----")


Certificates = Sequence[x509.Certificate]


class NotTrusted(ValueError):
    """Why a certificate is not believed; the message is a clause: "its certificate ..."."""


class Leaf(NamedTuple):
    """A signer's certificate, taken apart. Nothing of it is proven."""

    certificate: x509.Certificate
    key: Key
    subject: x509.Name
    alternatives: tuple[str, ...]
    purposes: tuple[ObjectIdentifier, ...]
    purposes_critical: bool
    may_sign: bool
    is_ca: bool

    @property
    def named(self) -> str:
        """Its subject, or else its first alternative name, for people."""
        return shown(written(self.subject) or next(iter(self.alternatives), "") or "nobody")


def read_leaf(der: bytes) -> Leaf:
    """The certificate of these bytes; raises NotTrusted for what is none, or is not fit to sign at all."""
    try:
        return _leaf(_parsed(der))
    except UnusableKey as error:
        raise NotTrusted(f"its certificate cannot be used: {error.message}") from None
    except NotTrusted:
        raise
    except Exception:  # noqa: BLE001 - X.509 is deep, and what its reader raises for odd bytes is not written down
        raise NotTrusted("its certificate cannot be read") from None


def read_certificates(ders: Iterable[bytes]) -> tuple[x509.Certificate, ...]:
    """Certificates that may be part of a chain; those that cannot be read are not."""
    found = []
    for der in ders:
        try:
            found.append(_parsed(der))
        except NotTrusted:
            continue
    return tuple(found)


class Anchors(NamedTuple):
    """The certificates that are trusted, all of one file."""

    certificates: tuple[x509.Certificate, ...]
    store: Store

    @property
    def fingerprint(self) -> str:
        """Of the certificates, whatever their order."""
        ders = sorted(one.public_bytes(Encoding.DER) for one in self.certificates)
        return hashlib.sha256(b"".join(hashlib.sha256(der).digest() for der in ders)).hexdigest()

    def chain(self, leaf: x509.Certificate, others: Certificates, at: datetime) -> Certificates:
        """The chain from a certificate up to a trusted one that holds at that time; raises NotTrusted."""
        policy = PolicyBuilder().store(self.store).time(at).max_chain_depth(MOST_CERTIFICATES - 2)
        policy = policy.extension_policies(ca_policy=_ISSUERS, ee_policy=ExtensionPolicy.permit_all())
        try:
            return policy.build_client_verifier().verify(leaf, list(others)).chain
        except Exception as error:  # noqa: BLE001 - as in read_leaf
            raise NotTrusted(self._why_not(leaf, others, at) or _library_words(error)) from None

    def lasting(self, leaf: x509.Certificate, others: Certificates) -> Certificates:
        """The chain that holds the longest, whenever that is; raises NotTrusted."""
        first, last = leaf.not_valid_before_utc, leaf.not_valid_after_utc
        try:
            return self.chain(leaf, others, last)
        except NotTrusted as error:
            problem = error
        ends = {one.not_valid_after_utc for one in (*others, *self.certificates)}
        for end in sorted((one for one in ends if first <= one < last), reverse=True)[:_MOST_ENDS]:
            with suppress(NotTrusted):
                return self.chain(leaf, others, end)
        raise problem

    def _why_not(self, leaf: x509.Certificate, others: Certificates, at: datetime) -> str:
        """What a walk upwards comes upon: the first thing in its way, "" where nothing is seen."""
        child, name = leaf, "its certificate"
        for _ in range(MOST_CERTIFICATES):
            if problem := _out_of_date(child, name, at):
                return problem
            if child in self.certificates:
                return ""
            if child.subject == child.issuer:
                return f"{name} is not one of those that are trusted"
            issuers = [one for one in (*self.certificates, *others) if one.subject == child.issuer and one != child]
            if not issuers:
                return f"{name} was issued by {shown(written(child.issuer))}, who is not trusted"
            problems = [_not_issued(child, name, issuer) for issuer in issuers]
            if all(problems):
                return problems[0]
            child = issuers[problems.index("")]
            name = f"the certificate of {shown(written(child.subject))}"
        return f"its chain has more than {MOST_CERTIFICATES} certificates"


_ISSUERS = ExtensionPolicy.webpki_defaults_ca().may_be_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, None)
"""What is asked of whoever issues: as of web servers' authorities, but for the purposes that it may issue for."""


def read_anchors(pem: bytes) -> Anchors:
    """The certificates of a PEM file that an Authority names; raises UnusableKey."""
    blocks = {block.decode() for block in _BLOCK.findall(pem)}
    cure = "write the authority's certificates into it, PEM, one after the other"
    if any("PRIVATE" in block for block in blocks):
        raise UnusableKey("this file holds a private key", "leave only certificates in it, and replace that key")
    if blocks != {"CERTIFICATE"}:
        named = ", ".join(sorted(block.lower() for block in blocks - {"CERTIFICATE"}))
        raise UnusableKey(f"this file holds {named or 'no certificate'}", cure)
    try:
        certificates = tuple(dict.fromkeys(x509.load_pem_x509_certificates(pem)))
        for one in certificates:
            _check_anchor(one)
        return Anchors(certificates, Store(list(certificates)))
    except UnusableKey:
        raise
    except Exception:  # noqa: BLE001 - as in read_leaf
        raise UnusableKey("this file holds a certificate that cannot be read", cure) from None


def written(name: x509.Name) -> str:
    """A name as RFC 4514 writes it."""
    return name.rfc4514_string()


def _check_anchor(certificate: x509.Certificate) -> None:
    name = shown(written(certificate.subject))
    try:
        key = key_of(certificate.public_key())
    except UnusableKey as error:
        raise UnusableKey(f"the certificate of {name}: {error.message}", error.cure) from None
    if not key.kind.startswith(_CAN_ISSUE) and _is_ca(certificate):
        cure = f"use an authority with a key of {' or '.join(_CAN_ISSUE)}"
        raise UnusableKey(f"the certificate of {name}: an authority with an {key.kind} key is not supported", cure)


def _parsed(der: bytes) -> x509.Certificate:
    if len(der) > LARGEST_CERTIFICATE:
        raise NotTrusted(f"its certificate has {len(der)} bytes, more than {LARGEST_CERTIFICATE}")
    try:
        certificate = x509.load_der_x509_certificate(der)
        # The library reads these only when they are asked for: asked here, they raise nowhere else.
        _ = certificate.subject, certificate.issuer, certificate.extensions
        _ = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    except Exception:  # noqa: BLE001 - as in read_leaf
        raise NotTrusted(f"what stands as its certificate is {_instead(der)}") from None
    return certificate


def _instead(der: bytes) -> str:
    """A key in the place of a certificate would be a key that anybody may choose."""
    try:
        load_der_public_key(der)
    except Exception:  # noqa: BLE001 - as in read_leaf
        return "none"
    return "a bare public key, which nobody vouches for"


def _leaf(certificate: x509.Certificate) -> Leaf:
    extensions = certificate.extensions
    for one in extensions:
        if one.critical and isinstance(one.value, x509.UnrecognizedExtension):
            raise NotTrusted(f"its certificate makes {one.oid.dotted_string} critical, which is unknown here")
    found = {type(one.value): one for one in extensions}
    usage = found.get(x509.KeyUsage)
    purposes = found.get(x509.ExtendedKeyUsage)
    names = found.get(x509.SubjectAlternativeName)
    return Leaf(
        certificate=certificate,
        key=key_of(certificate.public_key()),
        subject=certificate.subject,
        alternatives=tuple(_alternatives(names.value)) if names else (),
        purposes=tuple(purposes.value) if purposes else (),
        purposes_critical=bool(purposes and purposes.critical),
        may_sign=bool(usage and usage.value.digital_signature),
        is_ca=_is_ca(certificate),
    )


def _alternatives(names: x509.SubjectAlternativeName) -> Iterator[str]:
    for one in names:
        if isinstance(one, x509.DNSName):
            yield one.value.lower()
        elif isinstance(one, x509.RFC822Name | x509.UniformResourceIdentifier):
            yield one.value
        elif isinstance(one, x509.OtherName) and one.type_id == _USER_NAME:
            yield utf8(read(one.value))


def _is_ca(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _out_of_date(certificate: x509.Certificate, name: str, at: datetime) -> str:
    if at > certificate.not_valid_after_utc:
        return f"{name} expired on {day(certificate.not_valid_after_utc)}, before {day(at)}"
    if at < certificate.not_valid_before_utc:
        return f"{name} is not valid before {day(certificate.not_valid_before_utc)}, which is after {day(at)}"
    return ""


def day(at: datetime) -> str:
    """A time for people, in UTC."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _not_issued(child: x509.Certificate, name: str, issuer: x509.Certificate) -> str:
    """Why a certificate is not one that this issuer has issued, "" where it is."""
    called = shown(written(issuer.subject))
    try:
        if not _is_ca(issuer):
            return f"{name} was issued by {called}, which is no certificate authority (CA:false)"
        key_of(issuer.public_key())
        child.verify_directly_issued_by(issuer)
    except UnusableKey as error:
        return f"{name} was issued by {called}: {error.message}"
    except InvalidSignature:
        return f"{name} names {called} as its issuer, whose signature it does not have"
    except Exception:  # noqa: BLE001 - as in read_leaf
        return f"{name} was issued by {called} in a way that is not trusted"
    return ""


def _library_words(error: Exception) -> str:
    """What the library says, where nothing better is known: one line of printable text."""
    said = re.sub(r"[^\x20-\x7e]+", " ", str(error)).removeprefix("validation failed: ")
    said = said.removeprefix("candidates exhausted: ").partition(" (encountered processing")[0]
    return f"the chain of its certificate does not hold: {said[:160]}"
