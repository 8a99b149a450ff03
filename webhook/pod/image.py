"""Image references as container runtimes read them, and patterns over them.

The grammar is that of github.com/distribution/reference (ParseDockerRef), with one difference: a host is folded to
lower case before anything else, because names in DNS know no case, so `Docker.io/nginx` is Docker Hub's nginx.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from webhook.patterns import Glob, PathGlob, shown
from webhook.pod.version import Version, VersionRange

DOCKER_HUB = "docker.io"
_OFFICIAL = "library"
_LONGEST = 1024
_LONGEST_PATH = 255
_DIGEST_SIZES = {"sha256": 64, "sha384": 96, "sha512": 128}

_LABEL = "[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_COMPONENT = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-f0-9:]+\])(?::[0-9]+)?")
_UNDERSCORED_HOST = re.compile(_COMPONENT)  # no host by the grammar, and still what a runtime dials
_PATH = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_IDENTIFIER = re.compile("[a-f0-9]{64}")
_DIGEST = re.compile("([a-z0-9]+):([a-f0-9]+)")


@dataclass(frozen=True, slots=True)
class Image:
    """A reference in its normal form: `host` with its port, `path` with library/ on Docker Hub; `text` as written.

    Where both are there, the digest decides what is pulled and the tag is kept for people.
    """

    host: str
    path: str
    tag: str | None
    digest: str | None
    text: str = field(compare=False)
    segments: tuple[str, ...] = field(compare=False, repr=False)

    @classmethod
    @lru_cache(maxsize=4096)
    def parse(cls, text: str) -> Image:
        """Raises ValueError with what is wrong. Kubernetes itself only refuses an empty text and outer blanks."""
        _refuse_what_is_no_reference(text)
        host, remainder = _split_host(text)
        name, at, digest = remainder.partition("@")
        path, colon, tag = name.partition(":")
        _check_path(text, path)
        if colon and not _TAG.fullmatch(tag):
            raise ValueError(f"{shown(text)} is no image reference: {_tag_cure(tag)}")
        if at and (wrong := _digest_mistake(digest)):
            raise ValueError(f"{shown(text)} is no image reference: {wrong}")
        if not _HOST.fullmatch(host) and not _UNDERSCORED_HOST.fullmatch(host):
            raise ValueError(
                f"{shown(text)} is no image reference: {shown(host)} is no host name with or without a port"
            )
        return cls(host, path, tag or None, digest or None, text, tuple(path.split("/")))

    @property
    def repository(self) -> str:
        """Host and path, without tag and digest."""
        return f"{self.host}/{self.path}"

    @property
    def tag_or_latest(self) -> str | None:
        """The tag, `latest` where neither tag nor digest is written, None where the digest stands alone."""
        return self.tag or (None if self.digest else "latest")

    @property
    def suffix(self) -> str:
        """The tag and the digest as they follow a repository; empty where neither is written."""
        return (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")


def _refuse_what_is_no_reference(text: str) -> None:
    reason = ""
    if not text.strip():
        reason = "it is empty"
    elif len(text) > _LONGEST:
        reason = f"it is longer than {_LONGEST} characters"
    elif text != text.strip():
        reason = "it has blanks around it"
    elif "://" in text:
        reason = f"leave out the scheme {shown(text.partition('://')[0] + '://', 20)}"
    elif not text.isascii() or not text.isprintable() or " " in text:
        odd = next(char for char in text if not "!" <= char <= "~")
        reason = f"it contains {shown(odd)} (U+{ord(odd):04X})"
    elif _IDENTIFIER.fullmatch(text):
        reason = "it is an image ID; name a repository before it"
    if reason:
        raise ValueError(f"{shown(text)} is no image reference: {reason}")


def _split_host(text: str) -> tuple[str, str]:
    first, slash, rest = text.partition("/")
    host = first.lower()
    if not slash:
        host, rest = DOCKER_HUB, text
    elif host == f"index.{DOCKER_HUB}":
        host = DOCKER_HUB
    elif host == first and host != "localhost" and "." not in host and ":" not in host:
        host, rest = DOCKER_HUB, text
    if host == DOCKER_HUB and "/" not in rest:
        rest = f"{_OFFICIAL}/{rest}"
    return host, rest


def _check_path(text: str, path: str) -> None:
    if len(path) > _LONGEST_PATH:
        raise ValueError(f"{shown(text)} is no image reference: its path is longer than {_LONGEST_PATH} characters")
    if not _PATH.fullmatch(path):
        raise ValueError(f"{shown(text)} is no image reference: {_path_cure(path)}")


def _path_cure(path: str) -> str:
    if _PATH.fullmatch(path.lower()):
        return f"a repository has no upper case letters, write {shown(path.lower())}"
    wrong = next(one for one in path.split("/") if not re.fullmatch(_COMPONENT, one))
    if not wrong:
        return "a part of its path is empty"
    return f"{shown(wrong)} is not made of lower case letters and digits with single . _ or - between them"


def _tag_cure(tag: str) -> str:
    if not tag:
        return "nothing follows the colon"
    if "/" in tag:
        return f"a port belongs to the host and a tag to the end, not {shown(':' + tag)}"
    return f"{shown(tag)} is no tag (at most 128 letters, digits, _ . and -, not beginning with . or -)"


def _digest_mistake(digest: str) -> str:
    found = _DIGEST.fullmatch(digest)
    size = _DIGEST_SIZES.get(digest.partition(":")[0])
    if size is None:
        return f"{shown(digest)} is no digest, write sha256: and 64 hexadecimal digits"
    if found is None or len(found[2]) != size:
        return f"{shown(digest)} is no digest, after the colon stand {size} lower case hexadecimal digits"
    return ""


_NAME_GLOB = re.compile("[a-z0-9._*-]+(?::(?:[0-9]+|\\*))?")
_SEGMENT_GLOB = re.compile("[a-z0-9._*-]+")
_TAG_GLOB = re.compile(r"[A-Za-z0-9_*][A-Za-z0-9_.*-]*")
_ANY = frozenset({"*", "**"})


@dataclass(frozen=True, slots=True)
class ImagePattern:
    """A host, or host/path: covers everything below it; with a tag, a range or a digest exactly that repository.

    `*` stays within a segment and never crosses a port's colon, `**` is any number of segments, and either of them
    alone in the host's place is any host with any port. A range of versions is matched by a tag that states a version;
    `cannot_tell` answers for the others, because for a refusal they are the suspicious ones.
    """

    text: str
    host: Glob | None = field(compare=False)
    path: PathGlob | None = field(compare=False)
    tag: Glob | VersionRange | None = field(compare=False)
    digest: str | None = field(compare=False)

    @classmethod
    def parse(cls, text: str) -> ImagePattern:
        """Raises ValueError for what is no pattern, has no host, or can match no image."""
        from webhook.pod.image_pattern import parts_of

        return cls(text, *parts_of(text))
