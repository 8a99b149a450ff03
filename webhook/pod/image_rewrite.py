"""Where images are pulled from instead: the reference that a list of rewrites gives an image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from webhook.patterns import shown
from webhook.pod import reference
from webhook.pod.image import Image, ImagePattern

_HOST = "{host}"
_ANY_HOST = "h"  # stands for a host where a target's grammar is looked at


def _place(text: str, misfit: str) -> tuple[str, tuple[str, ...]]:
    """Host and path of what must be a plain host or host/path."""
    is_host = "/" not in text and text.rpartition(":")[2].isdigit()
    pattern = ImagePattern.parse(f"{text}/**" if is_host else text)
    if "*" in text:
        raise ValueError(f"{shown(text)} {misfit}: it must be one host or path, without *")
    if pattern.tag or pattern.digest:
        raise ValueError(f"{shown(text)} {misfit}: leave out tag and digest, an image keeps its own")
    host, _, path = text.partition("/")
    return reference.canonical_host(host), tuple(path.split("/")) if path else ()


class RewriteSource(NamedTuple):
    """What is rewritten: a host, the beginning of a repository, or `*`, all others whose host is no target's.

    A path is taken as it is written: the official images of Docker Hub are below docker.io/library.
    """

    text: str
    host: str | None
    segments: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> RewriteSource:
        """Raises ValueError for what is no host or host/path without tag, digest and wildcards, nor a single `*`."""
        if text == "*":
            return cls(text, None, ())
        return cls(text, *_place(text, "cannot be rewritten"))

    def rest(self, image: Image) -> tuple[str, ...] | None:
        """The part of the image's path below this, or None where the image is not below it."""
        if self.host is not None and self.host != image.host:
            return None
        length = len(self.segments)
        return image.segments[length:] if image.segments[:length] == self.segments else None


class RewriteTarget(NamedTuple):
    """What is pulled instead: a host, or host/path, in whose path `{host}` is the image's own host."""

    text: str
    fixed: RewriteSource

    @classmethod
    def parse(cls, text: str) -> RewriteTarget:
        """Raises ValueError for what makes no image reference, and for any other placeholder."""
        odd = next((one for one in text.split("{")[1:] if not one.startswith("host}")), None)
        if odd is not None:
            raise ValueError(
                f"{shown('{' + ''.join(odd.partition('}')[:2]))} is no placeholder here; there is only {_HOST}"
            )
        if _HOST in text.partition("/")[0]:
            raise ValueError(
                f"{shown(text)} cannot be a target: {_HOST} stands in the path, or any host could be meant"
            )
        host, segments = _place(text.replace(_HOST, _ANY_HOST), "cannot be a target")
        written = text.split("/")[1:]
        own = next((index for index, segment in enumerate(written) if _HOST in segment), len(written))
        return cls(text, RewriteSource(text, host, segments[:own]))

    @property
    def has_host(self) -> bool:
        """Whether images of different hosts stay apart below it."""
        return _HOST in self.text


class Rewrites(NamedTuple):
    """A list of rewrites that fit together, the longest source first and `*` last."""

    pairs: tuple[tuple[RewriteSource, RewriteTarget], ...]

    @classmethod
    def of(cls, pairs: Sequence[tuple[RewriteSource, RewriteTarget]]) -> Rewrites:
        """Raises RewriteError where two have one source, one can never act, or one mixes up hosts."""
        for index, (source, target) in enumerate(pairs):
            if any((one.host, one.segments) == (source.host, source.segments) for one, _ in pairs[:index]):
                raise RewriteError(f"{shown(source.text)} is rewritten twice", index)
            if source.host is None and not target.has_host:
                cure = f"write {target.text}/{_HOST}"
                raise RewriteError(f"images of different hosts would become one: {cure}", index)
            if over := next((one for _, one in pairs if _is_below(source, one.fixed)), None):
                why = f"everything below it is already below the target {shown(over.text)}"
                raise RewriteError(f"{shown(source.text)} can never be rewritten: {why}", index)
        return cls(tuple(sorted(pairs, key=lambda pair: (pair[0].host is None, -len(pair[0].segments)))))


class RewriteError(ValueError):
    """Rewrites contradict each other; `index` says which one is wrong."""

    def __init__(self, message: str, index: int) -> None:
        super().__init__(message)
        self.index = index


def _is_below(source: RewriteSource, target: RewriteSource) -> bool:
    return source.host == target.host and source.segments[: len(target.segments)] == target.segments


def rewrite(image: Image, rewrites: Rewrites) -> str | None:
    """The reference to use instead, tag and digest kept; None where the image stays as it is.

    What is below a target already stays, and so does, under `*`, every host that a target is on; so rewriting twice is
    rewriting once. It also stays where no path is left below a target that is a bare host, or the path gets too long.
    """
    if any(target.fixed.rest(image) is not None for _, target in rewrites.pairs):
        return None
    for source, target in rewrites.pairs:
        if source.host is None and any(one.fixed.host == image.host for _, one in rewrites.pairs):
            return None
        rest = source.rest(image)
        if rest is not None:
            place = target.text.replace(_HOST, image.host.replace(":", "_"))
            return _valid("/".join([place, *rest]) + image.suffix, target)
    return None


def _valid(text: str, target: RewriteTarget) -> str | None:
    try:
        image = Image.parse(text)
    except ValueError:
        return None
    return text if target.fixed.rest(image) is not None else None  # a bare host and no path left would be an image name
