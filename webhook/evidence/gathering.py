"""One image -> what its registry has of it: resolve, list what is attached, fetch, prove, read.

    Gathering(source, trust).facts(need, terms) -> ImageFacts

Blobs never change, so what was proven of one stands for as long as the same authorities are trusted: it is kept by the
blob's digest, within bounds. Nothing else is kept here; how old a listing may be, images.py decides.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

from webhook.admission.evidence import Attestation, Claim, Evidence, EvidenceType, ImageFacts, ImageNeed, Rejected
from webhook.evidence import claims
from webhook.evidence.attached import Attached, Source, attached, side_by_side
from webhook.evidence.claims import claim_of
from webhook.evidence.endpoints import Terms
from webhook.evidence.failures import Lying, NotThere, Refused
from webhook.evidence.manifests import Descriptor, MalformedManifest, Manifest, Platform, platforms
from webhook.evidence.prove import Proven, prove
from webhook.evidence.trust import Trust
from webhook.evidence.weight import weight
from webhook.pod.image import Image

MOST_REMEMBERED = 24_000_000
"""Bytes, roughly, of what was proven of blobs."""

_BIG = 64 * 1024  # bytes from which proving would keep other requests waiting: a thread does it


class Images(Source, Protocol):
    """Where images and what is attached to them come from: a client or a folder. All raise RegistryFailure."""

    async def resolve(self, image: Image, terms: Terms) -> Manifest:
        """The manifest that a reference means now."""

    async def blob(self, image: Image, blob: Descriptor, terms: Terms) -> bytes:
        """The bytes of a blob."""


class Read(NamedTuple):
    """What one blob says of one digest."""

    attestations: tuple[Attestation, ...] = ()
    rejected: tuple[Rejected, ...] = ()


class Gathering:
    """Gathers facts about images from one source, for those who are trusted."""

    def __init__(self, source: Images, trust: Trust, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._source, self._trust, self._clock = source, trust, clock
        self._remembered: OrderedDict[tuple[str, ...], tuple[Read, int]] = OrderedDict()
        self._size = 0

    async def facts(self, need: ImageNeed, terms: Terms) -> ImageFacts:
        """What is needed of an image; raises RegistryFailure."""
        image = Image.normal(need.reference)
        manifest = await self._source.resolve(image, terms)
        if not need.evidence:
            return ImageFacts(manifest.digest, listed=self._clock())
        named = [(manifest.digest, "")]
        if need.platforms and manifest.is_index:
            named += [(one.digest, one.name) for one in _platforms(manifest, image)]
        first, *others = await side_by_side([self._evidence(image, digest, name, terms) for digest, name in named])
        return ImageFacts(manifest.digest, first, tuple(others) if need.platforms else None, self._clock())

    async def _evidence(self, image: Image, digest: str, platform: str, terms: Terms) -> Evidence:
        listing = await attached(self._source, image, digest, terms)
        read = await side_by_side([self._read(image, item, digest, terms) for item in listing.items])
        unread = tuple(Rejected(problem, image.repository) for problem in listing.problems)
        return Evidence(
            digest,
            platform,
            tuple(one for part in read for one in part.attestations),
            (*(one for part in read for one in part.rejected), *unread),
            listing.unexamined,
        )

    async def _read(self, image: Image, item: Attached, digest: str, terms: Terms) -> Read:
        key = (item.descriptor.digest, digest, item.kind.value, _fingerprint(item.annotations))
        known = self._remembered.get(key)
        if known is not None:
            self._remembered.move_to_end(key)
            return known[0]
        try:
            blob = await self._source.blob(image, item.descriptor, terms)
        except (NotThere, Refused, Lying) as failure:
            return Read(rejected=(Rejected(str(failure), item.where, item.descriptor.digest, item.hint),))
        if len(blob) > _BIG:
            read = await asyncio.to_thread(read_blob, item, blob, digest, self._trust)
        else:
            read = read_blob(item, blob, digest, self._trust)
        self._remember(key, read)
        return read

    def _remember(self, key: tuple[str, ...], read: Read) -> None:
        size = weight(read)
        if key in self._remembered or size > MOST_REMEMBERED // 8:
            return
        self._remembered[key] = read, size
        self._size += size
        while self._size > MOST_REMEMBERED:
            self._size -= self._remembered.popitem(last=False)[1][1]


def read_blob(item: Attached, blob: bytes, digest: str, trust: Trust) -> Read:
    """What a blob proves about a digest, and what it says; nothing raises, whatever the bytes are."""
    proven = prove(item, blob, digest, trust)
    if isinstance(proven, Rejected):
        return Read(rejected=(proven,))
    read = [_claimed(one) for one in proven]
    return Read(
        tuple(one for one in read if isinstance(one, Attestation)),
        tuple(one for one in read if isinstance(one, Rejected)),
    )


def _claimed(proven: Proven) -> Attestation | Rejected:
    """What is proven, as rules read it."""
    if proven.is_signature:
        return _attestation(proven, EvidenceType.SIGNATURE, None)
    read = claim_of(proven.predicate_type, proven.predicate)
    if isinstance(read, claims.Read):
        return _attestation(proven, read.type, read.claim)
    if read.type is None:
        return Rejected(read.reason, proven.where, proven.digest, proven.predicate_type)
    return _attestation(proven, read.type, None, read.reason)


def _attestation(proven: Proven, kind: EvidenceType, claim: Claim, problem: str = "") -> Attestation:
    return Attestation(
        kind,
        proven.predicate_type,
        proven.authorities,
        proven.signed,
        claim,
        proven.digest,
        proven.where,
        proven.annotations,
        problem,
        proven.valid,
    )


def _platforms(manifest: Manifest, image: Image) -> tuple[Platform, ...]:
    try:
        return platforms(manifest)
    except MalformedManifest as error:
        raise Lying(f"the index {image.repository}@{manifest.digest}", str(error)) from None


def _fingerprint(annotations: object) -> str:
    """Of what old signatures keep beside their blob."""
    return hashlib.sha256(repr(sorted(dict(annotations).items())).encode()).hexdigest()  # type: ignore[call-overload]
