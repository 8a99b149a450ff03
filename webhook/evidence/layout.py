"""Images and what is attached to them from a folder, for machines that reach no registry.

A folder is an OCI image layout (`oci-layout`, `index.json`, `blobs/`: https://github.com/opencontainers/image-spec
image-layout.md), as `cosign save`, `oras copy --to-oci-layout` and `skopeo copy` write it; or it holds sigstore
bundles, one a file, each about the digest that it names itself. What a folder does not hold is unknown, not absent.
"""

import hashlib
import os
from collections.abc import Iterator

from webhook.errors import UsageError
from webhook.evidence.attached import BUNDLE_TYPE
from webhook.evidence.endpoints import Terms
from webhook.evidence.failures import Lying, NotAvailable, NotThere
from webhook.evidence.manifests import OCI_MANIFEST, Descriptor, MalformedManifest, Manifest, parse_manifest
from webhook.evidence.registry import LARGEST_BLOB, Referrers
from webhook.pod.image import Image

_NAMES = ("io.containerd.image.name", "org.opencontainers.image.ref.name")
_BUNDLES = (".json", ".sigstore", ".bundle")


class Layout:
    """A folder as a source of images; raises UsageError where it is neither a layout nor holds bundles."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._bundles: dict[str, tuple[Manifest, bytes]] = {}
        self._index: tuple[Descriptor, ...] = ()
        if os.path.exists(os.path.join(folder, "index.json")):
            self._index = self._read_index()
        else:
            self._bundles = dict(self._read_bundles())
            if not self._bundles:
                told = "it is no OCI layout (no index.json) and holds no sigstore bundles (.json)"
                raise UsageError(f"--evidence {folder}: {told}")

    async def resolve(self, image: Image, terms: Terms) -> Manifest:
        """The image's manifest; of a folder of bundles, an empty one for whatever digest is asked for."""
        if image.digest:
            return await self.manifest(image, image.digest, terms)
        for name in (f"{image.repository}:{image.tag_or_latest}", image.text, image.tag_or_latest):
            for one in self._index:
                if name in (one.annotations.get(key) for key in _NAMES):
                    return await self.manifest(image, one.digest, terms)
        what = f"the manifest {image.reference}"
        raise NotAvailable(what, f"the folder {self._folder} does not say which digest this tag is")

    async def manifest(self, image: Image, digest: str, terms: Terms) -> Manifest:  # noqa: ARG002 - as a client has it
        """The manifest of a digest."""
        if digest in self._bundles:
            return self._bundles[digest][0]
        if not self._index:
            return Manifest(digest, OCI_MANIFEST, "", (), None, None, {})
        what = f"the manifest {image.repository}@{digest}"
        try:
            return parse_manifest(self._blob(digest, what), digest)
        except MalformedManifest as error:
            raise Lying(what, str(error)) from None

    async def tagged(self, image: Image, tag: str, terms: Terms) -> Manifest:
        """The manifest of a tag."""
        for one in self._index:
            names = [one.annotations.get(key, "") for key in _NAMES]
            if any(name == tag or name.endswith(f":{tag}") for name in names):
                return await self.manifest(image, one.digest, terms)
        raise NotThere(f"the manifest {image.repository}:{tag}", f"the folder {self._folder} has none")

    async def referrers(self, image: Image, digest: str, terms: Terms, artifact_type: str = "") -> Referrers:
        """What refers to a digest; of a folder of bundles, all of them."""
        found = [
            Descriptor(OCI_MANIFEST, name, 0, manifest.artifact_type) for name, (manifest, _) in self._bundles.items()
        ]
        for one in self._index:
            manifest = await self.manifest(image, one.digest, terms)
            if manifest.subject is not None and manifest.subject.digest == digest:
                found.append(one._replace(artifact_type=manifest.artifact_type, annotations=manifest.annotations))
        return Referrers(tuple(one for one in found if not artifact_type or one.artifact_type == artifact_type))

    async def blob(self, image: Image, blob: Descriptor, terms: Terms) -> bytes:  # noqa: ARG002 - as a client has it
        """The bytes of a blob."""
        if blob.digest in self._bundles:
            return self._bundles[blob.digest][1]
        return self._blob(blob.digest, f"the blob {image.repository}@{blob.digest}")

    def _blob(self, digest: str, what: str) -> bytes:
        algorithm, _, name = digest.partition(":")
        path = os.path.join(self._folder, "blobs", algorithm, name)
        try:
            content = _content(path)
        except OSError as error:
            raise NotAvailable(what, f"{path} cannot be read: {error.strerror}") from None
        if f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}" != digest:
            raise Lying(what, f"{path} holds other bytes")
        return content

    def _read_index(self) -> tuple[Descriptor, ...]:
        path = os.path.join(self._folder, "index.json")
        try:
            index = parse_manifest(_content(path), "", "application/vnd.oci.image.index.v1+json")
        except (OSError, MalformedManifest) as error:
            raise UsageError(f"--evidence {self._folder}: {path} cannot be used: {error}") from None
        return index.manifests or ()

    def _read_bundles(self) -> Iterator[tuple[str, tuple[Manifest, bytes]]]:
        try:
            names = sorted(os.listdir(self._folder))
        except OSError as error:
            raise UsageError(f"--evidence {self._folder} cannot be read: {error.strerror}") from None
        for name in names:
            path = os.path.join(self._folder, name)
            if name.endswith(_BUNDLES) and os.path.isfile(path):
                content = _content(path)
                digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
                layer = Descriptor(f"{BUNDLE_TYPE}.v0.3+json", digest, len(content))
                yield digest, (Manifest(digest, OCI_MANIFEST, layer.media_type, (layer,), None, None, {}), content)


def _content(path: str) -> bytes:
    """A file's bytes, as many as are of use."""
    with open(path, "rb") as file:
        return file.read(LARGEST_BLOB + 1)
