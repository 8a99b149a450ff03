"""Manifests and indexes as registries keep them, OCI and Docker, read with caps and without believing them.

A manifest must mean the same to us and to the runtime that pulls the image, or the runtime runs what we did not look
at. Runtimes are written in Go, whose JSON takes the last of two equal keys and folds their case: whatever could be read
in two ways is malformed here.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from webhook.evidence.strict_json import Malformed, parse_object
from webhook.patterns import shown
from webhook.pod.reference import digest_mistake

LARGEST_MANIFEST = 4 * 1024 * 1024
MOST_PLATFORMS = 128

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
INDEXES = frozenset({OCI_INDEX, DOCKER_LIST})
MANIFESTS = frozenset({OCI_MANIFEST, DOCKER_MANIFEST})
READABLE = (OCI_INDEX, OCI_MANIFEST, DOCKER_LIST, DOCKER_MANIFEST)

_FIELDS = frozenset(
    {"schemaVersion", "mediaType", "artifactType", "config", "layers", "manifests", "subject", "annotations"}
    | {"digest", "size", "urls", "data", "platform", "architecture", "os", "variant"}
)
_FOLDED = frozenset(name.casefold() for name in _FIELDS)
_NOTHING: Mapping[str, str] = {}


class MalformedManifest(ValueError):
    """The bytes are no manifest that we can read; the message is a clause for people."""


class Descriptor(NamedTuple):
    """What a manifest says of something else: where its bytes are known by `digest`, and that they are `size` many.

    `platform` is os/architecture[/variant], "" where none is given. Annotations are unsigned: good for ordering.
    """

    media_type: str
    digest: str
    size: int
    artifact_type: str = ""
    annotations: Mapping[str, str] = _NOTHING
    platform: str = ""


class Manifest(NamedTuple):
    """An image's or artifact's manifest, or an index: `manifests` is None unless it is one.

    `digest` was computed from the bytes, and they are `size` many. `artifact_type` is the type of its config where it
    does not say its own.
    """

    digest: str
    media_type: str
    artifact_type: str
    layers: tuple[Descriptor, ...]
    manifests: tuple[Descriptor, ...] | None
    subject: Descriptor | None
    annotations: Mapping[str, str]
    size: int = 0

    @property
    def is_index(self) -> bool:
        """Whether it lists manifests instead of layers."""
        return self.manifests is not None


class Platform(NamedTuple):
    """One image of an index; `name` is os/architecture[/variant], "unnamed" where the index does not say."""

    name: str
    digest: str


def platforms(index: Manifest) -> tuple[Platform, ...]:
    """What a runtime may choose from an index, () for what is none; raises MalformedManifest for far too many.

    BuildKit's attestation manifests are left out: marked as such, and of the platform unknown/unknown, which no runtime
    chooses. The mark alone does not count: whoever pushes could put it on an image.
    """
    chosen = tuple(one for one in index.manifests or () if not _is_attestation(one))
    if len(chosen) > MOST_PLATFORMS:
        raise MalformedManifest(f"it lists {len(chosen)} images, more than {MOST_PLATFORMS}")
    return tuple(Platform(one.platform or "unnamed", one.digest) for one in chosen)


def _is_attestation(one: Descriptor) -> bool:
    marked = one.annotations.get("vnd.docker.reference.type") == "attestation-manifest"
    return marked and one.platform == "unknown/unknown"


def parse_manifest(body: bytes, digest: str, content_type: str = "") -> Manifest:
    """A manifest or index of either make; `digest` is that of the bytes. Raises MalformedManifest."""
    try:
        document = parse_object(body, LARGEST_MANIFEST)
    except Malformed as error:
        raise MalformedManifest(str(error)) from None
    _only_one_reading(document)
    media_type = _media_type(document, content_type.partition(";")[0].strip())
    is_index = media_type in INDEXES
    for name in ("layers", "config") if is_index else ("manifests",):
        if document.get(name) is not None:
            raise MalformedManifest(f"it says it is {media_type} and has `{name}`, so it can be read as two things")
    config = _optional(document, "config")
    return Manifest(
        digest=digest,
        media_type=media_type,
        artifact_type=_text(document, "artifactType") or (config.media_type if config else ""),
        layers=_descriptors(document, "layers"),
        manifests=_descriptors(document, "manifests") if is_index else None,
        subject=_optional(document, "subject"),
        annotations=_annotations(document),
        size=len(body),
    )


def _media_type(document: dict[str, Any], sent_as: str) -> str:
    """What it says it is, else what it was sent as, else what its fields show; both must agree."""
    said = _text(document, "mediaType")
    shows = [kind for kind, name in ((OCI_INDEX, "manifests"), (OCI_MANIFEST, "layers")) if name in document]
    known = [one for one in (said, sent_as) if one in READABLE]
    if len(set(known)) == 2:
        raise MalformedManifest(f"it says it is {said} and was sent as {sent_as}")
    if said and said not in READABLE:
        raise MalformedManifest(f"{shown(said)} is no manifest that can be verified")
    if not known and not shows:
        raise MalformedManifest(f"{shown(sent_as)} is no manifest that can be verified")
    return (*known, *shows)[0]


def _descriptors(document: dict[str, Any], name: str) -> tuple[Descriptor, ...]:
    found = document.get(name)
    if found is None:
        return ()
    if not isinstance(found, list):
        raise MalformedManifest(f"`{name}` is no list")
    return tuple(_descriptor(item, f"{name}[{index}]") for index, item in enumerate(found))


def _optional(document: dict[str, Any], name: str) -> Descriptor | None:
    found = document.get(name)
    return None if found is None else _descriptor(found, name)


def _descriptor(item: Any, at: str) -> Descriptor:
    if not isinstance(item, dict):
        raise MalformedManifest(f"`{at}` is no descriptor")
    _only_one_reading(item)
    digest, size = item.get("digest"), item.get("size")
    if not isinstance(digest, str) or digest_mistake(digest):
        raise MalformedManifest(f"`{at}` has no digest that can be checked")
    if type(size) is not int or not 0 <= size < 2**63:
        raise MalformedManifest(f"`{at}` has no size")
    artifact_type = _text(item, "artifactType")
    return Descriptor(_text(item, "mediaType"), digest, size, artifact_type, _annotations(item), _platform(item))


def _platform(item: dict[str, Any]) -> str:
    platform = item.get("platform")
    if platform is None:
        return ""
    if not isinstance(platform, dict):
        raise MalformedManifest("a `platform` is no object")
    _only_one_reading(platform)
    return "/".join(filter(None, (_text(platform, name) for name in ("os", "architecture", "variant"))))


def _text(document: dict[str, Any], name: str) -> str:
    found = document.get(name) or ""
    if not isinstance(found, str):
        raise MalformedManifest(f"`{name}` is no text")
    return found


def _annotations(document: dict[str, Any]) -> Mapping[str, str]:
    found = document.get("annotations")
    if found is None:
        return _NOTHING
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise MalformedManifest("`annotations` is no map of texts")
    return found


def _only_one_reading(document: dict[str, Any]) -> None:
    """Refuses keys that Go would take for a field of manifests and Python would not."""
    for key in document:
        if key not in _FIELDS and key.casefold() in _FOLDED:
            raise MalformedManifest(f"the key {shown(key)} is read in two ways")
