"""Keyless identities: whoever an OpenID issuer has said it was, by a certificate that lived for minutes.

sigstore-python verifies (the optional extra `keyless`): the certificate's chain and its transparency (SCT), the log
entry and its inclusion, the time, and that all of it is about this signature. What it trusts is the file that the
Authority names; it asks nobody, not even for newer roots. It reads sigstore bundles alone.
"""

import hashlib
import re
from typing import TYPE_CHECKING, NamedTuple

from cryptography import x509

from webhook.evidence.chains import Leaf, NotTrusted, read_leaf
from webhook.evidence.der import read, utf8
from webhook.evidence.dsse import PAYLOAD_TYPE
from webhook.evidence.keys import UnusableKey
from webhook.evidence.signed import Held, Signed
from webhook.evidence.strict_json import Malformed, objects, parse_object
from webhook.patterns import Pattern, shown
from webhook.policy.trust import Keyless

if TYPE_CHECKING:
    from sigstore.verify import Verifier

_ISSUER = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.8")
_FORMER_ISSUER = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.1")
_NEEDED = ("certificateAuthorities", "ctlogs", "tlogs")
_MOST = 1000  # of each of them
_LONGEST_REASON = 160
_INSTALL = "pip install doorward[keyless]"


class Identity(NamedTuple):
    """Who somebody must be, and who must have said so; each exactly, or by a pattern."""

    spec: Keyless

    @property
    def canonical(self) -> str:
        """The same for the same identities."""
        spec = self.spec
        issuer = repr(spec.issuer_pattern.text) if spec.issuer_pattern else spec.issuer
        subject = repr(spec.subject_pattern.text) if spec.subject_pattern else spec.subject
        return f"{subject} of {issuer}"

    def why_not(self, leaf: Leaf) -> str:
        """Whose identity a certificate has instead, "" where it is this one; raises NotTrusted."""
        issuer = issuer_of(leaf.certificate)
        if not issuer:
            return "its certificate is not that of a keyless signature: it names no issuer"
        identities = leaf.alternatives
        if len(identities) != 1:
            return f"its certificate has {len(identities)} identities where one is needed"
        if not _is(self.spec.issuer, self.spec.issuer_pattern, issuer):
            return f"its identity is {shown(identities[0])} of the issuer {shown(issuer)}"
        return (
            ""
            if _is(self.spec.subject, self.spec.subject_pattern, identities[0])
            else (f"its identity is {shown(identities[0])}")
        )


class KeylessAuthority:
    """Holds for what an identity has signed, as sigstore-python finds."""

    def __init__(self, name: str, identity: Identity, root: bytes) -> None:
        """Raises UnusableKey for a trusted root that cannot be used, and where the extra is not installed."""
        self.name = name
        self._identity, self._verifier = identity, _verifier(root)
        self.signer = f"{identity.canonical} by {hashlib.sha256(root).hexdigest()}"
        self.fingerprint = hashlib.sha256(f"keyless {self.signer}".encode()).hexdigest()

    def holds(self, signed: Signed) -> Held | str:
        """Whether the identity has signed it; the time is at most a certificate's short life too early."""
        if not signed.certificates:
            return ""
        try:
            leaf = read_leaf(signed.certificates[0])
            if other := self._identity.why_not(leaf):
                raise NotTrusted(other)
            self._check(signed, leaf)
        except NotTrusted as error:
            return f"it is not of {self.name}: {error}"
        return Held(leaf.certificate.not_valid_before_utc)

    def _check(self, signed: Signed, leaf: Leaf) -> None:
        """Raises NotTrusted unless sigstore-python agrees, and has read what we have read."""
        if not signed.whole:
            raise NotTrusted(_OLD_FORMAT)
        if signed.payload is None:
            raise NotTrusted("it signs mere bytes, and no statement")
        from sigstore.models import Bundle

        try:
            verified = self._verifier.verify_dsse(Bundle.from_json(signed.whole), _Same(leaf))
        except Exception as error:  # noqa: BLE001 - AttributeError has been seen, for odd entries: whatever it is, no
            raise NotTrusted(f"sigstore does not accept it: {_one_line(error)}") from None
        if verified != (PAYLOAD_TYPE, signed.payload):
            raise NotTrusted("what it signs can be read in two ways")


class _Same(NamedTuple):
    """A policy of sigstore-python's: what it verifies must be the certificate that we have looked at."""

    leaf: Leaf

    def verify(self, cert: x509.Certificate) -> None:
        """Raises NotTrusted for another one."""
        if cert != self.leaf.certificate:
            raise NotTrusted("its certificate can be read in two ways")


_OLD_FORMAT = (
    "it is a keyless signature in the format of cosign 1 and 2 (annotations), which is not supported: sign with"
    " cosign 3, which writes bundles"
)


def issuer_of(certificate: x509.Certificate) -> str:
    """The OpenID issuer that a Fulcio certificate names, "" where it names none; raises NotTrusted."""
    found = {one.oid: one.value for one in certificate.extensions if isinstance(one.value, x509.UnrecognizedExtension)}
    try:
        if _ISSUER in found:
            return utf8(read(found[_ISSUER].value))
        return found[_FORMER_ISSUER].value.decode() if _FORMER_ISSUER in found else ""
    except (Malformed, UnicodeDecodeError):
        raise NotTrusted("its certificate names an issuer that cannot be read") from None


def _is(exact: str, pattern: Pattern | None, value: str) -> bool:
    return value == exact if pattern is None else pattern.matches(value)


def _verifier(root: bytes) -> "Verifier":
    """What verifies by the bytes of a trusted root, which is all that it knows; raises UnusableKey."""
    try:
        from sigstore.models import TrustedRoot
        from sigstore.verify import Verifier
        from sigstore_models.trustroot import v1
    except ImportError:
        raise UnusableKey("`keyless` needs sigstore-python, which is not installed", _INSTALL) from None
    try:
        missing = [name for name in _NEEDED if not objects(parse_object(root), name, _MOST)]
        if missing:
            raise Malformed(f"it has no {' and no '.join(missing)}")
        return Verifier(trusted_root=TrustedRoot(v1.TrustedRoot.from_json(root)))
    except Exception as error:  # noqa: BLE001 - it raises errors of many libraries for what is no trusted root
        cure = "write trusted_root.json as `cosign trusted-root create` does, with authorities, a CT log and a log"
        raise UnusableKey(f"this is no trusted root: {_one_line(error)}", cure) from None


def _one_line(error: Exception) -> str:
    """What a library says, as one line of printable text."""
    said = re.sub(r"[^\x20-\x7e]+", " ", str(error)) or type(error).__name__
    return said.partition(" (encountered processing")[0][:_LONGEST_REASON]
