"""Authorities that are a public key, with a transparency log and time-stamp authorities where they name them."""

import hashlib
from typing import NamedTuple

from webhook.evidence.keys import Key
from webhook.evidence.rekor import Log
from webhook.evidence.signed import Held, Signed
from webhook.evidence.timestamps import TimestampAuthorities

_ED25519_SIGNATURE = 64  # bytes; those of other keys have another length
_PREHASHED = (
    "it is no plain Ed25519 signature; cosign makes Ed25519ph, which cannot be verified: sign with an ECDSA key"
)


class KeyedAuthority(NamedTuple):
    """Holds for what its key has signed; with a log, only for what is proven to stand in it.

    Time-stamp authorities prove since when, and are not asked for more: a key does not end.
    """

    name: str
    key: Key
    log: Log | None = None
    timestamps: TimestampAuthorities | None = None

    @property
    def signer(self) -> str:
        """The key: who has it signs."""
        return f"key {self.key.fingerprint}"

    @property
    def fingerprint(self) -> str:
        """The keys and certificates: nothing else matters."""
        log = self.log.key.fingerprint if self.log else ""
        timestamps = self.timestamps.fingerprint if self.timestamps else ""
        return hashlib.sha256(f"key {self.key.fingerprint} {log} {timestamps}".encode()).hexdigest()

    def holds(self, signed: Signed) -> Held | str:
        """Whether the key has signed it; the time is the earliest that the log or a time-stamp authority proves."""
        if not self.key.verifies(signed.signature, signed.message):
            return self._why_not(signed)
        stamped = self.timestamps.earliest(signed)[0] if self.timestamps else None
        if self.log is None:
            return Held(stamped)
        answer = self.log.holds(signed, self.key.der)
        if isinstance(answer, str):
            return f"{self.name} has signed it, but {answer}"
        return Held(min((at for at in (answer.signed, stamped) if at), default=None))

    def _why_not(self, signed: Signed) -> str:
        says = f"it says that {self.name} has signed it, but " if signed.hint == self.key.hint else ""
        if self.key.kind == "Ed25519" and len(signed.signature) == _ED25519_SIGNATURE:
            return f"{says or f'if {self.name} has signed it, '}{_PREHASHED}"
        return says and f"{says}the signature does not hold"
