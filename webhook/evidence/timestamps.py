"""Time-stamp authorities (RFC 3161): that something was there at a time, by the word of whoever is trusted for it."""

import hashlib
from datetime import datetime
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from webhook.evidence.chains import (
    TIME_STAMPING,
    Anchors,
    Leaf,
    NotTrusted,
    read_anchors,
    read_certificates,
    read_leaf,
)
from webhook.evidence.keys import UnusableKey
from webhook.evidence.signed import Signed
from webhook.evidence.strict_json import Malformed
from webhook.evidence.time_token import Token, read_token

_HASHES = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
_ECDSA = {"2a8648ce3d040302": "sha256", "2a8648ce3d040303": "sha384", "2a8648ce3d040304": "sha512"}
_RSA = {"2a864886f70d01010b": "sha256", "2a864886f70d01010c": "sha384", "2a864886f70d01010d": "sha512"}
_RSA_BARE = "2a864886f70d010101"
_RSA_PSS = "2a864886f70d01010a"


class TimestampAuthorities(NamedTuple):
    """Those whose stamps are believed: the authorities that certify them, or their own certificates."""

    anchors: Anchors

    @property
    def fingerprint(self) -> str:
        """The certificates: nothing else matters."""
        return hashlib.sha256(f"timestamps {self.anchors.fingerprint}".encode()).hexdigest()

    def earliest(self, signed: Signed) -> tuple[datetime | None, str]:
        """The earliest time at which the signature was there, else None and why its stamps, if any, prove none."""
        times, problem = [], ""
        for data in signed.timestamps:
            answer = self.time(data, signed.stamped or signed.signature)
            if isinstance(answer, datetime):
                times.append(answer)
            else:
                problem = problem or f"its time stamp does not count: {answer}"
        return (min(times), "") if times else (None, problem)

    def time(self, data: bytes, content: bytes) -> datetime | str:
        """When the content was there by this response or token (DER), or why that is not known; raises nothing."""
        try:
            return self._time(read_token(data), content)
        except (Malformed, NotTrusted) as error:
            return str(error)

    def _time(self, token: Token, content: bytes) -> datetime:
        if not token.is_about(content):
            raise NotTrusted("it is about something else")
        if not token.is_whole:
            raise NotTrusted("what it says is not what was signed")
        leaf = read_leaf(self._signer(token))
        _check_purpose(leaf)
        if not _is_signed(token, leaf):
            raise NotTrusted("its signature does not hold")
        others = read_certificates(token.certificates)
        self.anchors.chain(leaf.certificate, [one for one in others if one != leaf.certificate], token.said.at)
        return token.said.at

    def _signer(self, token: Token) -> bytes:
        """The certificate of whoever signed: it comes along, or is one of ours."""
        ours = [one.public_bytes(Encoding.DER) for one in self.anchors.certificates]
        found = next((one for one in (*token.certificates, *ours) if token.is_signer(one)), None)
        if found is None:
            raise NotTrusted("the certificate of its signer is missing")
        return found


def read_timestamps(bundle: bytes) -> TimestampAuthorities:
    """The authorities of a PEM file; raises UnusableKey."""
    try:
        return TimestampAuthorities(read_anchors(bundle))
    except UnusableKey as error:
        raise UnusableKey(f"`timestamps`: {error.message}", error.cure) from None


def _check_purpose(leaf: Leaf) -> None:
    """RFC 3161, 2.3: for time stamps alone, and critically so."""
    if leaf.purposes != (TIME_STAMPING,) or not leaf.purposes_critical:
        raise NotTrusted("its certificate is not for time stamps alone (extendedKeyUsage timeStamping, critical)")


def _is_signed(token: Token, leaf: Leaf) -> bool:
    """Whether the signature is the certificate's; the scheme must be that of its key."""
    public = leaf.certificate.public_key()
    try:
        if isinstance(public, ec.EllipticCurvePublicKey) and token.scheme in _ECDSA:
            public.verify(token.signature, token.signed, ec.ECDSA(_HASHES[_ECDSA[token.scheme]]))
            return True
        if isinstance(public, rsa.RSAPublicKey) and token.scheme in (*_RSA, _RSA_BARE):
            hashed = _HASHES[_RSA.get(token.scheme, token.algorithm)]
            public.verify(token.signature, token.signed, padding.PKCS1v15(), hashed)
            return True
        if isinstance(public, rsa.RSAPublicKey) and token.scheme == _RSA_PSS:
            hashed = _HASHES[token.algorithm]
            public.verify(token.signature, token.signed, padding.PSS(padding.MGF1(hashed), padding.PSS.AUTO), hashed)
            return True
    except (InvalidSignature, UnsupportedAlgorithm):
        return False
    return False
