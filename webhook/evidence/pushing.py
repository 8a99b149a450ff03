"""Attaching a bundle to an image in its registry: two blobs, and a manifest that refers to the image.

    pushed = await Pushing(client).attach(image, subject, bundle, predicate_type, now, terms)

It goes where the client may ask, by the same rules, and to the registry itself alone: never to a mirror, and never to
another host where a registry wants an upload to go on there. Where a registry has no referrers API, the index under the
image's fallback tag is kept instead, as https://github.com/opencontainers/distribution-spec asks of clients.
"""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

from webhook.evidence.attached import BUNDLE_TYPE, EMPTY_TYPE
from webhook.evidence.endpoints import Question, Terms, Writing
from webhook.evidence.failures import Lying, NotAvailable, NotThere, Refused
from webhook.evidence.manifests import (
    LARGEST_MANIFEST,
    OCI_INDEX,
    OCI_MANIFEST,
    MalformedManifest,
    Manifest,
    parse_manifest,
)
from webhook.evidence.registry import RegistryClient
from webhook.evidence.strict_json import parse_object
from webhook.evidence.transport import Answer
from webhook.patterns import shown
from webhook.pod.image import Image

MOST_TURNS = 4
"""How often the index under a fallback tag is written: whoever writes at the same time may undo it."""

_EMPTY = b"{}"
_BUNDLE = f"{BUNDLE_TYPE}.v0.3+json"


class Pushed(NamedTuple):
    """The digest of the manifest that was pushed, and the tag that lists it ("" where the registry itself does)."""

    digest: str
    tag: str


class Pushing:
    """Attaches bundles through a client; every method raises RegistryFailure."""

    def __init__(self, client: RegistryClient) -> None:
        self._client, self._endpoints = client, client.endpoints

    async def attach(
        self, image: Image, subject: Manifest, bundle: bytes, predicate_type: str, now: datetime, terms: Terms
    ) -> Pushed:
        """Attaches a bundle to a manifest of the image's repository."""
        for blob in (_EMPTY, bundle):
            await self._upload(image, blob, terms)
        document = _manifest(subject, bundle, predicate_type, now)
        body = json.dumps(document, separators=(",", ":")).encode()
        digest = _digest(body)
        answer = await self._put(image, digest, body, OCI_MANIFEST, terms)
        said = answer.headers.get("docker-content-digest", digest)
        what = f"the manifest {image.repository}@{digest}"
        if said != digest:
            raise Lying(what, f"{answer.host} has kept it as {shown(said)}")
        if answer.headers.get("oci-subject") or await self._is_listed(image, subject.digest, digest, terms):
            return Pushed(digest, "")
        listed = {
            "mediaType": OCI_MANIFEST,
            "digest": digest,
            "size": len(body),
            "artifactType": _BUNDLE,
            "annotations": document["annotations"],
        }
        return Pushed(digest, await self._list(image, subject.digest, listed, terms))

    async def _is_listed(self, image: Image, about: str, own: str, terms: Terms) -> bool:
        """Whether the referrers API lists it: registries that have one need not have said so before."""
        try:
            listed = await self._client.referrers(image, about, terms)
        except (NotThere, Lying, Refused):
            return False
        return any(one.digest == own for one in listed.descriptors)

    async def _upload(self, image: Image, blob: bytes, terms: Terms) -> None:
        """A blob in one piece: POST says where, PUT brings it."""
        digest = _digest(blob)
        what = f"the blob {image.repository}@{digest}"
        begun = await self._endpoints.write(image, Writing("POST", "blobs/uploads/", what), terms)
        path = self._endpoints.upload_path(image, begun, what)
        place = f"{path}{'&' if '?' in path else '?'}digest={digest.replace(':', '%3A')}"
        writing = Writing("PUT", "", what, blob, "application/octet-stream", place)
        await self._endpoints.write(image, writing, terms)

    async def _put(self, image: Image, reference: str, body: bytes, media_type: str, terms: Terms) -> Answer:
        what = f"the manifest {image.repository}{'@' if ':' in reference else ':'}{reference}"
        return await self._endpoints.write(
            image, Writing("PUT", f"manifests/{reference}", what, body, media_type), terms
        )

    async def _list(self, image: Image, about: str, own: dict[str, Any], terms: Terms) -> str:
        """Adds a descriptor to the index under the fallback tag, which it returns, and looks whether it stays there."""
        algorithm, _, value = about.partition(":")
        tag = f"{algorithm[:32]}-{value[:64]}"
        what = f"the index {image.repository}:{tag}"
        for _ in range(MOST_TURNS):
            index = await self._index(image, tag, what, terms)
            if any(one["digest"] == own["digest"] for one in index["manifests"]):
                return tag
            index["manifests"].append(own)
            body = json.dumps(index, separators=(",", ":")).encode()
            if len(body) > LARGEST_MANIFEST:
                raise Lying(what, f"it would have {len(body)} bytes, more than {LARGEST_MANIFEST}")
            await self._put(image, tag, body, OCI_INDEX, terms)
        index = await self._index(image, tag, what, terms)
        if any(one["digest"] == own["digest"] for one in index["manifests"]):
            return tag
        raise NotAvailable(what, "others write it at the same time, so what was pushed is not listed; try again")

    async def _index(self, image: Image, tag: str, what: str, terms: Terms) -> dict[str, Any]:
        """The index under a tag, just as it is; an empty one where there is none."""
        question = Question(f"manifests/{tag}", what, LARGEST_MANIFEST, OCI_INDEX)
        try:
            # What a mirror has may be old, and what is missing there would be lost when it is written back.
            answer = await self._endpoints.ask(image, question, terms, mirrors=False)
        except NotThere:
            return {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}
        try:
            if not parse_manifest(answer.body, "", answer.headers.get("content-type", "")).is_index:
                raise Lying(what, f"{answer.host} has what is no index there; it is left as it is")
            return parse_object(answer.body, LARGEST_MANIFEST)
        except MalformedManifest as error:
            raise Lying(what, f"{answer.host} sends what cannot be used: {error}") from None


def _manifest(subject: Manifest, bundle: bytes, predicate_type: str, now: datetime) -> dict[str, Any]:
    """As cosign 3 writes it."""
    empty = {"mediaType": EMPTY_TYPE, "size": len(_EMPTY), "digest": _digest(_EMPTY), "artifactType": _BUNDLE}
    return {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "artifactType": _BUNDLE,
        "config": empty,
        "layers": [{"mediaType": _BUNDLE, "size": len(bundle), "digest": _digest(bundle)}],
        "subject": {"mediaType": subject.media_type, "size": subject.size, "digest": subject.digest},
        "annotations": {
            "dev.sigstore.bundle.content": "dsse-envelope",
            "dev.sigstore.bundle.predicateType": predicate_type,
            "org.opencontainers.image.created": f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        },
    }


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
