"""From something that is attached to what is proven by it: verified first, and then read from the verified bytes.

    prove(item, blob, digest, trust) -> Proven, ... | Rejected

A kind of attachment is read in `_read`, and nowhere else. Hostile bytes are rejected with a reason and never raise.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from webhook.admission.evidence import Rejected, Validity
from webhook.admission.words import listing
from webhook.evidence.attached import Attached, Kind
from webhook.evidence.bundle import read_bundle
from webhook.evidence.legacy import SIMPLE_SIGNING, read_simple_signing, signed_envelope, signed_payload
from webhook.evidence.notation import PAYLOAD_TYPE as NOTATION_PAYLOAD
from webhook.evidence.notation import read_notation
from webhook.evidence.signed import Held, Message, Signed
from webhook.evidence.statement import COSIGN_SIGNATURE, read_statement
from webhook.evidence.strict_json import LARGEST, Malformed
from webhook.evidence.trust import Trust
from webhook.patterns import shown

NOT_OURS = "no key of an Authority has signed it"
LONGEST_HINT = 200

_LARGEST_GUESS = 256 * 1024  # what nobody has signed is only read for its type, and only where that is cheap


class Proven(NamedTuple):
    """What Authorities have signed about an image's digest.

    `is_signature`: it is an image signature, and says nothing but that; else `predicate` is what it says, as parsed
    JSON of `predicate_type`. `signed`, `annotations`, `digest`, `where` and `valid` are as in Attestation.
    """

    predicate_type: str
    predicate: Any
    is_signature: bool
    authorities: tuple[str, ...]
    signed: datetime | None
    annotations: tuple[tuple[str, str], ...]
    digest: str
    where: str
    valid: tuple[Validity, ...] = ()


class Said(NamedTuple):
    """What verified bytes say about an image, and for how long if they say that."""

    predicate_type: str
    predicate: Any
    is_signature: bool
    annotations: Mapping[str, Any]
    valid: Validity | None = None


class Unproven(NamedTuple):
    """The signatures on an attachment, and how it is read once one of them holds.

    `said` takes an image's digest, and raises NotAbout and Malformed; `claims` is the type that it would have, "" where
    that is not known.
    """

    signatures: tuple[Signed, ...]
    said: Callable[[str], Said]
    claims: Callable[[], str]


class NotAbout(ValueError):
    """It is no evidence for this image; the message says what it is instead."""


def prove(item: Attached, blob: bytes, digest: str, trust: Trust) -> tuple[Proven, ...] | Rejected:
    """What the blob of an attachment proves about an image's digest (algorithm:hex), or why it proves nothing.

    There is one Proven for each time of signing, so most often one. Raises nothing, whatever the bytes are.
    """
    try:
        unproven = _read(item, blob, digest)
    except Malformed as error:
        return _rejected(item, str(error), item.hint)
    judged = trust.judge(unproven.signatures)
    if not judged.held:
        return _rejected(item, "; ".join(judged.reasons) or NOT_OURS, item.hint or unproven.claims())
    try:
        said = unproven.said(digest)
    except (NotAbout, Malformed) as error:
        return _rejected(item, f"{listing(judged.held, 'and')} signed it, but {error}", unproven.claims())
    return tuple(_proven(item, said, judged.held))


def _read(item: Attached, blob: bytes, digest: str) -> Unproven:
    """The signatures of an attachment, by what it is; raises Malformed."""
    if len(blob) > LARGEST:
        raise Malformed(f"it has {len(blob)} bytes, more than {LARGEST}")
    match item.kind:
        case Kind.BUNDLE:
            return _bundle(blob, digest)
        case Kind.DSSE:
            envelope, signatures = signed_envelope(blob, item.annotations)
            return _statement(envelope.payload, signatures)
        case Kind.SIMPLE_SIGNING:
            signature = signed_payload(blob, item.annotations)
            return Unproven((signature,), lambda about: _simply_said(blob, about), lambda: SIMPLE_SIGNING)
        case Kind.NOTATION:
            return _notation(blob, item.descriptor.media_type)


def _bundle(blob: bytes, digest: str) -> Unproven:
    bundle = read_bundle(blob)
    if bundle.envelope:
        return _statement(bundle.envelope.payload, (bundle.signed,))
    # The bytes that are signed would be those of the image's manifest: its digest is their hash.
    algorithm, _, value = digest.partition(":")
    if (other := bundle.hashes.get(algorithm, b"").hex()) not in ("", value):
        raise Malformed(f"it is about the bytes {algorithm}:{other[:64]}, not this image")
    signed = bundle.signed._replace(message=_known_by(digest))
    return Unproven((signed,), lambda _: _merely_bytes(), lambda: "")


def _notation(blob: bytes, media_type: str) -> Unproven:
    notation = read_notation(blob, media_type)

    def said(digest: str) -> Said:
        if notation.digest != digest:
            raise NotAbout(f"it is about {shown(notation.digest)}, not this image")
        ends = Validity("it", None, notation.expiry, ", as its signer wanted") if notation.expiry else None
        return Said(NOTATION_PAYLOAD, None, True, notation.annotations, ends)

    return Unproven((notation.signed,), said, lambda: NOTATION_PAYLOAD)


def _known_by(digest: str) -> Message:
    algorithm, _, value = digest.partition(":")
    return Message(None, {algorithm: bytes.fromhex(value)})


def _statement(payload: bytes, signatures: tuple[Signed, ...]) -> Unproven:
    return Unproven(signatures, lambda about: _stated(payload, about), lambda: _guess(payload))


def _stated(payload: bytes, digest: str) -> Said:
    statement = read_statement(payload)
    subject = statement.about(digest)
    if subject is None:
        raise NotAbout(f"it is about {shown(statement.named)}, not this image")
    is_signature = statement.predicate_type == COSIGN_SIGNATURE
    return Said(statement.predicate_type, statement.predicate, is_signature, subject.annotations)


def _guess(payload: bytes) -> str:
    """The type of a statement that nobody has signed, where it costs little to look."""
    try:
        return read_statement(payload).predicate_type if len(payload) <= _LARGEST_GUESS else ""
    except Malformed:
        return ""


def _simply_said(payload: bytes, digest: str) -> Said:
    simple = read_simple_signing(payload)
    if simple.digest != digest:
        raise NotAbout(f"it is about {shown(simple.digest)}, not this image")
    return Said(SIMPLE_SIGNING, None, True, simple.annotations)


def _merely_bytes() -> Said:
    """A signature on the manifest's bytes says neither what they are nor what for: it could be any blob's."""
    raise NotAbout("as mere bytes, which says nothing about an image: sign it with cosign sign, not sign-blob")


def _proven(item: Attached, said: Said, held: Mapping[str, Held]) -> Iterator[Proven]:
    """One for each time of signing, and one for what nobody knows the time of; apart, what holds only for a time."""
    at: dict[Held, list[str]] = defaultdict(list)
    for name, one in held.items():
        at[one].append(name)
    annotations = tuple((name, value) for name, value in said.annotations.items() if isinstance(value, str))
    for one, names in at.items():
        valid = tuple(ends for ends in (one.valid, said.valid) if ends)
        yield Proven(*said[:3], tuple(names), one.signed, annotations, item.descriptor.digest, item.where, valid)


def _rejected(item: Attached, reason: str, hint: str) -> Rejected:
    return Rejected(reason, item.where, item.descriptor.digest, hint[:LONGEST_HINT])
