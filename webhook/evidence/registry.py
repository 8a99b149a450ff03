"""The registry client: manifests, blobs and referrers of images on declared registries, and nothing from elsewhere.

    client = RegistryClient(ruleset.trusted.registries, Credentials())
    manifest = await client.resolve(image, Terms(time.monotonic() + 2, secrets))

Every byte that it hands out was hashed here. A failure is one of failures.py, and `not_had` makes a fact of it. It
keeps connections and tokens, no contents: whoever caches those keys them by digest. One client lives on one event loop;
nothing of it runs when nobody waits for it.
"""

import asyncio
import hashlib
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from webhook.evidence.credentials import Credentials
from webhook.evidence.endpoints import Endpoints, Question, Terms
from webhook.evidence.failures import Lying, Misconfigured, NotThere
from webhook.evidence.manifests import (
    LARGEST_MANIFEST,
    OCI_INDEX,
    READABLE,
    Descriptor,
    MalformedManifest,
    Manifest,
    parse_manifest,
)
from webhook.evidence.transport import Answer
from webhook.patterns import shown
from webhook.pod.image import Image
from webhook.pod.reference import digest_mistake, tag_mistake
from webhook.policy.trusted import Registry

LARGEST_BLOB = 16 * 1024 * 1024
MOST_PAGES = 10

_BIG = 256 * 1024  # bytes from which hashing and reading would keep other requests waiting: a thread does it
_LONGEST_QUERY = 4096
_NO_SUCH_API = frozenset({400, 404, 405, 410, 501})  # what registries answer that do not know referrers
_LINK = re.compile(r"<([^<>]*)>([^<]*)")
_NEXT = re.compile(r';\s*rel\s*=\s*(?:"[^"]*\bnext\b[^"]*"|next\b)', re.IGNORECASE)

_Made = TypeVar("_Made")


class Referrers(NamedTuple):
    """What a registry lists as attached to a digest; `more` says that there are pages that were not read."""

    descriptors: tuple[Descriptor, ...]
    more: bool = False


class RegistryClient:
    """Asks declared registries; every method takes an image for its host and path, and Terms. See the module."""

    def __init__(self, registries: Sequence[Registry], credentials: Credentials | None = None) -> None:
        self.endpoints = Endpoints(registries, credentials or Credentials())
        """The hosts that may be dialled, for whoever has more to ask of them."""

    async def resolve(self, image: Image, terms: Terms) -> Manifest:
        """The manifest or index that the reference means now; its digest is the one to verify and to pin."""
        if image.digest:
            return await self.manifest(image, image.digest, terms)
        try:
            return await self.tagged(image, image.tag_or_latest or "", terms)
        except NotThere as absent:
            raise absent.instead_of or absent from None

    async def manifest(self, image: Image, digest: str, terms: Terms) -> Manifest:
        """The manifest or index of a digest in the image's repository."""
        what = f"the manifest {image.repository}@{digest}"
        _well_formed(digest_mistake(digest), what)
        try:
            answer = await self._manifest(image, digest, what, terms)
        except NotThere as absent:
            raise absent.instead_of or absent from None
        await _hashed(answer, digest, what)
        return await _parsed(answer, digest, what)

    async def tagged(self, image: Image, tag: str, terms: Terms) -> Manifest:
        """The manifest or index of a tag in the image's repository. The digest is ours, whatever the registry says.

        Raises NotThere, which may say that only a mirror lacks it.
        """
        what = f"the manifest {image.repository}:{tag}"
        _well_formed(tag_mistake(tag), what)
        answer = await self._manifest(image, tag, what, terms)
        said = answer.headers.get("docker-content-digest", "")
        if said and not digest_mistake(said):
            await _hashed(answer, said, what)
            return await _parsed(answer, said, what)
        return await _parsed(answer, await _off_loop(answer.body, _digest, "sha256"), what)

    async def blob(self, image: Image, blob: Descriptor, terms: Terms, most: int = LARGEST_BLOB) -> bytes:
        """The bytes of a blob; Lying where it says that it has more than `most`, before it is asked for."""
        what = f"the blob {image.repository}@{blob.digest}"
        _well_formed(digest_mistake(blob.digest), what)
        if blob.size > most:
            raise Lying(what, f"it has {blob.size} bytes, more than {most}")
        try:
            answer = await self.endpoints.ask(image, Question(f"blobs/{blob.digest}", what, blob.size), terms)
        except NotThere as absent:
            raise absent.instead_of or absent from None
        if len(answer.body) != blob.size:
            raise Lying(what, f"{answer.host} sends {len(answer.body)} bytes instead of {blob.size}")
        await _hashed(answer, blob.digest, what)
        return answer.body

    async def referrers(self, image: Image, digest: str, terms: Terms, artifact_type: str = "") -> Referrers:
        """What the referrers API lists, of one artifact type or all; raises NotThere where there is no such API."""
        what = f"what is attached to {image.repository}@{digest}"
        _well_formed(digest_mistake(digest), what)
        path, found = f"referrers/{digest}", list[Descriptor]()
        query = f"?artifactType={artifact_type.replace('+', '%2B')}" if artifact_type else ""
        for _ in range(MOST_PAGES):
            question = Question(path, what, LARGEST_MANIFEST, OCI_INDEX, query, _NO_SUCH_API)
            answer = await self.endpoints.ask(image, question, terms)
            page = await _parsed(answer, "", what)
            if page.manifests is None:
                raise Lying(what, f"{answer.host} sends no index")
            filtered = not artifact_type or "artifacttype" in answer.headers.get("oci-filters-applied", "").lower()
            found += [one for one in page.manifests if filtered or one.artifact_type == artifact_type]
            query = _next_query(answer, f"/v2/{image.path}/{path}", what)
            if not query:
                return Referrers(tuple(found))
        return Referrers(tuple(found), more=True)

    async def aclose(self) -> None:
        """Closes every connection."""
        await self.endpoints.aclose()

    async def _manifest(self, image: Image, reference: str, what: str, terms: Terms) -> Answer:
        question = Question(f"manifests/{reference}", what, LARGEST_MANIFEST, ", ".join(READABLE))
        return await self.endpoints.ask(image, question, terms)


def _well_formed(mistake: str, what: str) -> None:
    """What becomes part of an address must not be able to change it."""
    if mistake:
        raise Misconfigured(what, mistake)


def _next_query(answer: Answer, path: str, what: str) -> str:
    """The query of the next page, "" where this is the last one (RFC 8288).

    Only the query is taken from the registry, so it cannot lead elsewhere, and one that writes its links with the
    scheme of the wrong side of a proxy is understood.
    """
    for header in answer.headers.get_list("link"):
        for target, parameters in _LINK.findall(header):
            if _NEXT.search(parameters):
                before, mark, query = target.partition("?")
                here = not before or before.endswith(path)
                if not (here and mark and query.isprintable() and len(query) <= _LONGEST_QUERY) or "#" in query:
                    raise Lying(what, f"{answer.host} continues its list at {shown(target)}")
                return f"?{query}"
    return ""


async def _hashed(answer: Answer, digest: str, what: str) -> None:
    """Raises Lying unless the bytes have the digest."""
    found = await _off_loop(answer.body, _digest, digest.partition(":")[0])
    if found != digest:
        raise Lying(what, f"{answer.host} sends other bytes: they have the digest {found}, not {digest}")


async def _parsed(answer: Answer, digest: str, what: str) -> Manifest:
    try:
        return await _off_loop(answer.body, parse_manifest, digest, answer.headers.get("content-type", ""))
    except MalformedManifest as error:
        raise Lying(what, f"{answer.host} sends what cannot be used: {error}") from None


def _digest(body: bytes, algorithm: str) -> str:
    return f"{algorithm}:{hashlib.new(algorithm, body).hexdigest()}"


async def _off_loop(body: bytes, make: Callable[..., _Made], *arguments: str) -> _Made:
    return await asyncio.to_thread(make, body, *arguments) if len(body) > _BIG else make(body, *arguments)
