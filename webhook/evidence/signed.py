"""What signature formats and kinds of trust say to each other: a message, its signature, and what came with it.

    format (bundle, dsse, legacy, notation) -> Signed -> Verifier.holds -> Held | why not

Every kind of trust (a key, a certificate authority, an identity) is a Verifier; trust.py makes them of Authorities.
"""

import hashlib
from datetime import datetime
from typing import NamedTuple, Protocol

from webhook.admission.evidence import Validity

HASHES = ("sha256", "sha384", "sha512")


class Message:
    """Bytes that somebody signed; each of their hashes is computed once, however many keys are tried.

    `content` is None where only the hash is known: what was signed is then something that we do not have.
    """

    __slots__ = ("_hashes", "content")

    def __init__(self, content: bytes | None, hashes: dict[str, bytes] | None = None) -> None:
        self.content = content
        self._hashes = hashes or {}

    def hashed(self, algorithm: str) -> bytes | None:
        """The hash by the algorithm (one of HASHES), None where it cannot be known."""
        if algorithm not in self._hashes and self.content is not None and algorithm in HASHES:
            self._hashes[algorithm] = hashlib.new(algorithm, self.content).digest()
        return self._hashes.get(algorithm)


class LogEntry(NamedTuple):
    """What a transparency log is said to hold: `body` is its canonical JSON, `integrated` seconds since 1970.

    `promise` is the log's signature on all of it (the SignedEntryTimestamp); `proof` shows that the entry is in the
    tree. Either may be missing.
    """

    body: bytes
    position: int
    log_id: bytes
    integrated: int
    promise: bytes = b""
    proof: "InclusionProof | None" = None


class InclusionProof(NamedTuple):
    """The way from an entry up to the root of the log's tree, and the log's signed note about that root."""

    position: int
    size: int
    hashes: tuple[bytes, ...]
    checkpoint: str


class Signed(NamedTuple):
    """One signature on one message, and all that came with it. Nothing of it is proven.

    `hint` may name the key (base64 of the SHA-256 of its DER); `payload` is what a DSSE envelope carries, None outside
    of one; `certificates` are DER, the signer's first; `timestamps` are RFC 3161 responses or tokens, DER, over
    `stamped`, which is b"" where that is the signature. `whole` is the sigstore bundle that all of this was read from,
    b"" where there was none.
    """

    signature: bytes
    message: Message
    payload: bytes | None = None
    hint: str = ""
    certificates: tuple[bytes, ...] = ()
    timestamps: tuple[bytes, ...] = ()
    entries: tuple[LogEntry, ...] = ()
    whole: bytes = b""
    stamped: bytes = b""


class Held(NamedTuple):
    """A signature that holds; `signed` is when it was made, None where nothing that is trusted says so.

    `valid` is when alone it counts, None where it always does: the clock is for whoever judges, at each request.
    """

    signed: datetime | None = None
    valid: Validity | None = None


class Verifier(Protocol):
    """One Authority's way to say that a signature is its own."""

    @property
    def name(self) -> str:
        """The Authority's name."""

    @property
    def fingerprint(self) -> str:
        """Changes with everything that `holds` depends on."""

    @property
    def signer(self) -> str:
        """Who signs for it: equal for two Authorities that one signer satisfies."""

    def holds(self, signed: Signed) -> Held | str:
        """Held, or why not: "" where nothing points at this Authority, else a sentence for people.

        Raises nothing, whatever the bytes are, and knows no clock.
        """
