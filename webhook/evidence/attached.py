"""Everything that is attached to an image's digest, wherever it is kept: referrers, their fallback tag, old tags.

All of it is read and united, always: what a registry answers to one question must never decide where we look. What is
said here about an item is unsigned; it orders and skips, it proves nothing.
"""

import asyncio
from collections.abc import Coroutine, Iterable, Mapping
from enum import StrEnum
from itertools import zip_longest
from typing import Any, NamedTuple, Protocol, TypeVar

from webhook.evidence.endpoints import Terms
from webhook.evidence.failures import Lying, NotAvailable, NotThere, Refused, RegistryFailure
from webhook.evidence.manifests import INDEXES, Descriptor, Manifest
from webhook.evidence.registry import Referrers
from webhook.pod.image import Image

MOST_CANDIDATES = 64
"""How many things that may be evidence are looked at for one digest; the rest is counted, not hidden."""

BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle"
DSSE_TYPE = "application/vnd.dsse.envelope.v1+json"
IN_TOTO_TYPE = "application/vnd.in-toto+json"
SIMPLE_SIGNING_TYPE = "application/vnd.dev.cosign.simplesigning.v1+json"
NOTATION_TYPE = "application/vnd.cncf.notary.signature"
EMPTY_TYPE = "application/vnd.oci.empty.v1+json"

_ASKED_FOR = (f"{BUNDLE_TYPE}.v0.3+json", IN_TOTO_TYPE, NOTATION_TYPE)  # by name, where a listing has no end
_SAYS_NOTHING = ("", EMPTY_TYPE)
_LONGEST_TAG = 128
_COSIGN_TYPE = "application/vnd.dev.cosign."
_HINTS = ("dev.sigstore.bundle.predicateType", "in-toto.io/predicate-type", "predicateType")
_CREATED = "org.opencontainers.image.created"

_Made = TypeVar("_Made")


class Kind(StrEnum):
    """How an item is to be read, as far as its media type says."""

    BUNDLE = "bundle"
    """A sigstore bundle (JSON)."""
    DSSE = "dsse"
    """A bare DSSE envelope; of an `.att` tag, with certificate and log entry in `annotations`."""
    SIMPLE_SIGNING = "simplesigning"
    """cosign's old payload; its signature, certificate and log entry are in `annotations`."""
    NOTATION = "notation"
    """A Notary Project envelope, JWS or COSE: `descriptor.media_type` says which."""


class Attached(NamedTuple):
    """One thing that may be evidence: `descriptor` names the blob to fetch, `manifest` the digest it was listed under.

    `annotations` are those of the layer over those of its manifest. `hint` is the predicate type that it claims, and
    `created` when (RFC 3339): both "" where nothing is claimed. `where` says for people where it was found.
    """

    kind: Kind
    descriptor: Descriptor
    annotations: Mapping[str, str]
    where: str
    manifest: str
    hint: str = ""
    created: str = ""


class Listing(NamedTuple):
    """What is attached to a digest, of each kind of claim the newest first.

    `unexamined` counts what was left out because there is too much. `problems` say what could not be read or was
    refused: absent or forbidden, malformed, about something else. There may be more behind each of them.
    """

    items: tuple[Attached, ...]
    unexamined: int = 0
    problems: tuple[str, ...] = ()


class Source(Protocol):
    """Where manifests come from: RegistryClient, or whoever answers like it. All raise RegistryFailure."""

    async def manifest(self, image: Image, digest: str, terms: Terms) -> Manifest:
        """The manifest of a digest."""

    async def tagged(self, image: Image, tag: str, terms: Terms) -> Manifest:
        """The manifest of a tag."""

    async def referrers(self, image: Image, digest: str, terms: Terms, artifact_type: str = "") -> Referrers:
        """What refers to a digest; NotThere where it cannot tell."""


async def attached(source: Source, image: Image, digest: str, terms: Terms) -> Listing:
    """All that is attached to a digest of the image's repository.

    A place that does not exist, refuses or lies is an empty one, and said; one that does not answer raises
    NotAvailable, and so does a mirror that has nothing at all.
    """
    search = _Search(source, image, digest, terms)
    places = await side_by_side(
        [search.referrers(), search.fallback(), search.legacy(".sig"), search.legacy(".att")],
    )
    referring = _once_each(one for place in places[:2] for one in place.candidates)
    chosen = _chosen(referring, MOST_CANDIDATES)
    read = await side_by_side([search.referrer(one) for one in chosen])
    items = [item for items in (*read, *(place.items for place in places[2:])) for item in items]
    if not items and search.only_a_mirror_said_so:
        raise search.only_a_mirror_said_so
    kept = _chosen(items, MOST_CANDIDATES)
    unexamined = len(referring) - len(chosen) + len(items) - len(kept) + sum(place.unread for place in places)
    return Listing(tuple(kept), unexamined, tuple(search.problems))


async def side_by_side(asks: Iterable[Coroutine[Any, Any, _Made]]) -> list[_Made]:
    """All of them at once, in their order; the first failure ends the others, and nothing runs on behind the caller."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(ask) for ask in asks]
    except ExceptionGroup as failures:
        raise _first(failures) from None
    return [task.result() for task in tasks]


def _first(failures: ExceptionGroup[Exception]) -> Exception:
    """The failure to report: the first of them, unless there is one that nobody expected."""
    expected, others = failures.split(RegistryFailure)
    first: Exception = others or expected or failures
    while isinstance(first, ExceptionGroup):
        first = first.exceptions[0]
    return first


class _Place(NamedTuple):
    """What one place has: manifests to be read, or items; `unread` is 1 where it has more than it was asked for."""

    candidates: tuple[Descriptor, ...] = ()
    items: tuple[Attached, ...] = ()
    unread: int = 0


_EMPTY = _Place()


class _Search:
    """One look at everything that is attached to one digest."""

    def __init__(self, source: Source, image: Image, digest: str, terms: Terms) -> None:
        self._source, self._image, self._digest, self._terms = source, image, digest, terms
        self._algorithm, _, self._hex = digest.partition(":")
        self.problems: list[str] = []
        self.only_a_mirror_said_so: NotAvailable | None = None

    async def referrers(self) -> _Place:
        """The referrers API; where its list has no end, again by the types that matter."""
        found = await self._had(self._referrers())
        if found is None or not found.more:
            return _Place(found.descriptors) if found else _EMPTY
        self.problems.append(f"{self._image.host} lists more than was read for {self._digest}")
        by_type = await side_by_side([self._had(self._referrers(one)) for one in _ASKED_FOR])
        return _Place(found.descriptors + tuple(one for part in by_type if part for one in part.descriptors), unread=1)

    async def fallback(self) -> _Place:
        """The index that clients keep where a registry has no referrers API, and where it once had none."""
        index = await self._tagged(f"{self._algorithm[:32]}-{self._hex[:64]}")
        return _Place(index.manifests or ()) if index else _EMPTY

    async def legacy(self, suffix: str) -> _Place:
        """cosign's old tags: one manifest, whose layers are the items, the newest last."""
        tag = f"{self._algorithm}-{self._hex}{suffix}"
        manifest = await self._tagged(tag)
        layers = enumerate(manifest.layers) if manifest else ()
        where = f"{self._image.repository}:{tag}"
        items = [item for index, layer in layers if (item := _item(layer, manifest, f"{where} layer {index}"))]
        return _Place(items=tuple(reversed(items)))

    async def referrer(self, candidate: Descriptor) -> tuple[Attached, ...]:
        """The items of one manifest that refers to the digest."""
        manifest = await self._had(self._source.manifest(self._image, candidate.digest, self._terms))
        if manifest is None:
            return ()
        where = f"{self._image.repository}@{candidate.digest}"
        if manifest.subject and manifest.subject.digest != self._digest:
            self.problems.append(f"{where} is about {manifest.subject.digest}")
            return ()
        return tuple(item for layer in manifest.layers if (item := _item(layer, manifest, where)))

    def _referrers(self, artifact_type: str = "") -> Coroutine[Any, Any, Referrers]:
        return self._source.referrers(self._image, self._digest, self._terms, artifact_type)

    async def _tagged(self, tag: str) -> Manifest | None:
        if len(tag) > _LONGEST_TAG:
            return None
        return await self._had(self._source.tagged(self._image, tag, self._terms))

    async def _had(self, ask: Coroutine[Any, Any, _Made]) -> _Made | None:
        """What was asked for, None where it is not there or cannot be read; NotAvailable passes."""
        try:
            return await ask
        except NotThere as absent:
            self.only_a_mirror_said_so = absent.instead_of or self.only_a_mirror_said_so
        except (Refused, Lying) as failure:
            self.problems.append(str(failure))
        return None


def _once_each(candidates: Iterable[Descriptor]) -> list[Descriptor]:
    """The manifests that may hold something that we read, each once."""
    found = {one.digest: one for one in candidates if one.media_type not in INDEXES and _may_matter(one.artifact_type)}
    return list(found.values())


def _may_matter(artifact_type: str) -> bool:
    known = (BUNDLE_TYPE, DSSE_TYPE, IN_TOTO_TYPE, NOTATION_TYPE, _COSIGN_TYPE)
    return artifact_type in _SAYS_NOTHING or artifact_type.startswith(known)


def _item(layer: Descriptor, manifest: Manifest | None, where: str) -> Attached | None:
    if manifest is None or (kind := _kind(layer.media_type, manifest.artifact_type)) is None:
        return None
    annotations = {**manifest.annotations, **layer.annotations}
    hint, created = _hint(annotations), annotations.get(_CREATED, "")
    return Attached(kind, layer, annotations, where, manifest.digest, hint, created)


def _kind(media_type: str, artifact_type: str) -> Kind | None:
    if media_type.startswith(BUNDLE_TYPE):
        return Kind.BUNDLE
    if media_type in (DSSE_TYPE, IN_TOTO_TYPE):
        return Kind.DSSE
    if media_type == SIMPLE_SIGNING_TYPE:
        return Kind.SIMPLE_SIGNING
    return Kind.NOTATION if artifact_type == NOTATION_TYPE else None


def _hint(annotations: Mapping[str, str]) -> str:
    return next((annotations[name] for name in _HINTS if name in annotations), "")


_Listed = TypeVar("_Listed", Descriptor, Attached)


def _chosen(listed: Iterable[_Listed], most: int) -> list[_Listed]:
    """As many as may be looked at: the newest of each kind of claim, then the next of each, and so on.

    Otherwise a scan every day would after two months hide the one signature.
    """
    groups: dict[tuple[str, str], list[_Listed]] = {}
    for one in sorted(listed, key=_age, reverse=True):
        kind = one.kind if isinstance(one, Attached) else one.artifact_type
        groups.setdefault((kind, _hint(one.annotations)), []).append(one)
    return [one for row in zip_longest(*groups.values()) for one in row if one is not None][:most]


def _age(one: Descriptor | Attached) -> str:
    """A word that sorts by age, as far as it is told: those that do not tell come last, and keep their order."""
    return one.annotations.get(_CREATED, "")
