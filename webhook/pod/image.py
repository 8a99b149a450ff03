"""Image references in their normal form, and patterns over them; the grammar stands in reference.py."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from webhook.expressions import expression
from webhook.patterns import Glob, PathGlob, shown
from webhook.pod import reference
from webhook.pod.version import Version, VersionRange


class Image:
    """A reference in its normal form: `host` with its port, `path` with library/ on Docker Hub; `text` as written.

    Where both are there, the digest decides what is pulled and the tag is kept for people.
    """

    __slots__ = ("digest", "host", "path", "segments", "tag", "text")

    def __init__(self, host: str, path: str, tag: str | None, digest: str | None, text: str) -> None:
        self.host = host
        self.path = path
        self.tag = tag
        self.digest = digest
        self.text = text
        self.segments = tuple(path.split("/"))

    @classmethod
    def parse(cls, text: str) -> Image:
        """Raises ValueError with what is wrong. (Kubernetes itself refuses only an empty text and outer blanks.)"""
        return _parse_image(text)

    @classmethod
    def normal(cls, reference: str) -> Image:
        """The image of a reference in its normal form (`reference`): what stands before the first slash is its host."""
        host, _, rest = reference.partition("/")
        name, at, digest = rest.partition("@")
        path, _, tag = name.rpartition(":") if not at else (name, "", "")
        return cls(host, path, tag or None, digest or None, reference)

    @property
    def repository(self) -> str:
        """Host and path, without tag and digest."""
        return f"{self.host}/{self.path}"

    @property
    def tag_or_latest(self) -> str | None:
        """The tag; `latest` where neither tag nor digest is written; None where the digest stands alone."""
        return self.tag or (None if self.digest else "latest")

    @property
    def reference(self) -> str:
        """What a registry is asked for: repository@digest, or repository:tag where no digest is written."""
        return f"{self.repository}@{self.digest}" if self.digest else f"{self.repository}:{self.tag_or_latest}"

    @property
    def suffix(self) -> str:
        """The tag and the digest as they follow a repository; empty where neither is written."""
        return (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Image) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return f"Image({self.text!r})"

    @property
    def _key(self) -> tuple[str | None, ...]:
        return self.host, self.path, self.tag, self.digest


@lru_cache(maxsize=4096)
def _parse_image(text: str) -> Image:
    host, path, tag, digest = reference.split(text)
    return Image(host, path, tag, digest, text)


class ImagePattern(NamedTuple):
    """A host, or host/path, which covers everything below it; with a tag, range or digest exactly that repository.

    `*` stays within a segment and never crosses a port's colon, `**` is any number of segments, and one of them alone
    in the host's place is any host with any port. `docker.io/NAME` means the official image of that name as well. A
    range is matched by a tag that states a version, never by others: `cannot_tell` says where that decided.
    """

    text: str
    host: Glob | None
    path: PathGlob | None
    tag: Glob | VersionRange | None
    digest: str | None

    @classmethod
    def parse(cls, text: str) -> ImagePattern:
        """Raises ValueError for what is no pattern, has no host, or can match no image."""
        name, at, digest = text.partition("@")
        first, slash, rest = name.partition("/")
        path, colon, tag = rest.partition(":")
        reason = (
            _misfit(text, first, rest if slash else None)
            or (_path_mistake(path) if slash else "")
            or (reference.digest_mistake(digest) if at else "")
        )
        if reason:
            raise ValueError(f"{shown(text)} is no image pattern: {reason}")
        host = None if first in _ANY else Glob.parse(reference.canonical_host(first))
        paths = PathGlob.parse(f"**/{path}" if first == "**" else path) if slash else None
        return cls(text, host, paths, _parse_tag(text, tag) if colon else None, digest or None)

    def matches(self, image: Image) -> bool:
        """Whether the pattern covers the image as it is written, tag included."""
        return self._names(image) and self._tags(image)

    def cannot_tell(self, image: Image) -> bool:
        """Whether it is this repository, but the tag (latest, or none beside a digest) is not comparable to the range.

        A refusal should treat this as a match that cannot be excluded, a permission as none.
        """
        return isinstance(self.tag, VersionRange) and _version(image) is None and self._names(image)

    def _names(self, image: Image) -> bool:
        host = self.host
        if host is not None and not (host.matches(image.host) and host.text.count(":") == image.host.count(":")):
            return False
        if self.path is None:
            return True
        below = self.tag is None and self.digest is None
        if self.path.matches_segments(image.segments, below=below):
            return True
        official = len(image.segments) == 2 and image.repository.startswith(_OFFICIAL)
        return official and self.path.matches_segments(image.segments[1:], below=below)

    def _tags(self, image: Image) -> bool:
        if self.digest is not None and image.digest != self.digest:
            return False
        if isinstance(self.tag, VersionRange):
            version = _version(image)
            return version is not None and self.tag.contains(version)
        if self.tag is None or self.tag.text == "*":
            return True
        tag = image.tag_or_latest
        return tag is not None and self.tag.matches(tag)


_OFFICIAL = f"{reference.DOCKER_HUB}/{reference.OFFICIAL}/"


def _version(image: Image) -> Version | None:
    tag = image.tag_or_latest
    return Version.of_tag(tag) if tag else None


_ANY = frozenset({"*", "**"})
_NAME_GLOB = r"(?![._-])(?!.*\.\.)[a-z0-9._*-]*[a-z0-9*]"
_HOST_GLOB = expression(rf"(?:{_NAME_GLOB}(?::(?:[0-9]+|\*))?|\[[a-f0-9:]+\]:\*)")
_SEGMENT_GLOB = expression(_NAME_GLOB)
_TAG_GLOB = expression(r"[A-Za-z0-9_*][A-Za-z0-9_.*-]{0,127}")


def _misfit(text: str, first: str, rest: str | None) -> str:
    """What is wrong with the whole or with its host; `rest` is None where nothing follows a host."""
    if not text.strip():
        return "it is empty; a pattern for every image is **"
    if text != text.strip():
        return "it has blanks around it"
    if "://" in text:
        return f"leave out the scheme {shown(text.partition('://')[0] + '://', 20)}"
    if first in _ANY:
        return "a digest follows a repository" if rest is None and "@" in text else ""
    host, name = reference.canonical_host(first), first.partition(":")[0]
    if rest is None and not reference.looks_like_host(name.lower()) and "[" not in name:
        return _without_host(text, name, first.partition(":")[2])
    if not reference.looks_like_host(host):
        return f"{shown(first)} is no host; did you mean {_on_docker_hub(text)}?"
    if rest is None and "@" in text:
        return "a digest follows a repository, not a host"
    if not (_HOST_GLOB.fullmatch(host) if "*" in host else reference.is_host(host)):
        return _host_mistake(first, rest)
    return ""


def _without_host(text: str, name: str, port: str) -> str:
    if name in _ANY:
        return f"a tag follows a repository; for every repository write **/*:{port}"
    if port.isdigit():
        return f"write {shown(text + '/**')} for the host, or {_on_docker_hub(text)} for the image"
    return f"it has no host; did you mean {_on_docker_hub(text)}?"


def _on_docker_hub(text: str) -> str:
    official = "" if "/" in text else f"{reference.OFFICIAL}/"
    return shown(f"{reference.DOCKER_HUB}/{official}{text}")


def _host_mistake(first: str, rest: str | None) -> str:
    name, _, port = first.rpartition(":")
    if rest is None and name and _HOST_GLOB.fullmatch(name.lower()):
        return f"{shown(port)} is no port, and a tag follows a repository: write {name}/**:{port or '*'}"
    return f"{shown(first)} is no host name with or without a port"


def _path_mistake(path: str) -> str:
    for segment in path.split("/"):
        if not segment:
            return "a part of its path is empty" + ("; leave out the slash at the end" if path[-1:] in "/" else "")
        if "*" not in segment and (reason := reference.path_mistake(segment)):
            return reason
        if "**" in segment and segment != "**":
            return f"** must fill a segment of its own, not stand in {shown(segment)}"
        if segment != segment.lower():
            return f"a repository has no upper case letters, write {shown(segment.lower())}"
        if not _SEGMENT_GLOB.fullmatch(segment):
            return f"{shown(segment)} matches no part of a repository's path"
    return ""


def _parse_tag(text: str, tag: str) -> Glob | VersionRange:
    if tag[:1] in {"<", ">", "=", "!"}:
        return VersionRange.parse(tag)
    reason = reference.tag_mistake(tag) if "*" not in tag else ""
    if not reason and not _TAG_GLOB.fullmatch(tag):
        reason = f"{shown(tag)} matches no tag: tags have letters, digits, _ . and -, and do not begin with . or -"
    if reason:
        raise ValueError(f"{shown(text)} is no image pattern: {reason}")
    return Glob.parse(tag)


class ImagePatterns:
    """A set of patterns, asked about images; those with a plain host are looked up by it."""

    __slots__ = ("_anywhere", "_by_host", "patterns")

    def __init__(self, patterns: Iterable[ImagePattern]) -> None:
        self.patterns = tuple(patterns)
        hosts = {one.host.text for one in self.patterns if one.host is not None and one.host.is_exact}
        self._by_host = {host: self._for_host(host) for host in hosts}
        self._anywhere = self._for_host(None)

    def _for_host(self, name: str | None) -> tuple[ImagePattern, ...]:
        """The patterns, in their order, that may cover images of a host, or of any host that no pattern names."""
        return tuple(one for one in self.patterns if one.host is None or not one.host.is_exact or one.host.text == name)

    def covers(self, image: Image) -> bool:
        """Whether one of them covers the image."""
        return self.first(image) is not None

    def first(self, image: Image) -> ImagePattern | None:
        """The first of them, as they were written, that covers the image."""
        for pattern in self._by_host.get(image.host, self._anywhere):
            if pattern.matches(image):
                return pattern
        return None

    def first_in_doubt(self, image: Image) -> ImagePattern | None:
        """The first of them that cannot tell about the image (`ImagePattern.cannot_tell`)."""
        for pattern in self._by_host.get(image.host, self._anywhere):
            if pattern.cannot_tell(image):
                return pattern
        return None

    def __bool__(self) -> bool:
        return bool(self.patterns)
