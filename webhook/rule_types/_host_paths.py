"""Paths of the node by segments: what `hostPath` in a rule says, and which of its entries a pod's path falls under."""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from webhook.patterns import PathGlob, shown

ReadOnly = bool | Literal["recursive"]
"""False: may be written; True: mounted with readOnly; recursive: with recursiveReadOnly as well."""

Segments = tuple[str, ...]


def segments_of(path: str) -> Segments | None:
    """The segments that a path leads along, without `//`, `/./` and `/../`; None where it does not begin at `/`."""
    return below((), path) if path.startswith("/") else None


def below(base: Segments, path: str) -> Segments:
    """Where a path leads from a folder of the node; `..` may lead out of it, but never above `/`."""
    kept = list(base)
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    return tuple(kept)


class HostPath(NamedTuple):
    """A path of the node as a rule writes it, and everything below it; `*` is within a segment, `**` is any number."""

    text: str
    segments: Segments
    glob: PathGlob | None

    @classmethod
    def parse(cls, text: str) -> "HostPath":
        """Raises ValueError where it does not begin at `/`, has `..`, or `**` is only part of a segment."""
        segments = segments_of(text)
        if segments is None:
            raise ValueError(f"{shown(text)} is no path of the node: it does not begin with /", f"write /{text}")
        if ".." in text.split("/"):
            raise ValueError(f"{shown(text)} leads back with ..", f"write /{'/'.join(segments)}")
        return cls(f"/{'/'.join(segments)}", segments, PathGlob.parse("/".join(segments)) if segments else None)

    @property
    def is_exact(self) -> bool:
        """Whether it has no glob and so means one path."""
        return "*" not in self.text

    def covers(self, path: Segments) -> bool:
        """Whether the path is this one or below it."""
        if self.glob is None:
            return True
        if self.is_exact:
            return path[: len(self.segments)] == self.segments
        return self.glob.matches_segments(path, below=True)

    def leads_below(self, path: Segments) -> bool:
        """Whether something below the path may be covered."""
        head = self.glob.runs[0] if self.glob else ()
        return all(glob.matches(segment) for glob, segment in zip(head, path, strict=False))

    @property
    def length(self) -> tuple[int, bool, int]:
        """What orders paths that cover the same: more segments, then no glob, then more characters."""
        return sum(segment != "**" for segment in self.segments), self.is_exact, len(self.text)


class Allowed(NamedTuple):
    """The paths that a rule allows, the longest first."""

    entries: tuple[tuple[HostPath, ReadOnly], ...]

    @classmethod
    def of(cls, entries: Iterable[tuple[HostPath, ReadOnly]]) -> "Allowed":
        """In any order."""
        return cls(tuple(sorted(entries, key=lambda entry: entry[0].length, reverse=True)))

    def find(self, path: Segments) -> tuple[HostPath, ReadOnly] | None:
        """The longest entry that covers the path, which decides; None where none does."""
        return next((entry for entry in self.entries if entry[0].covers(path)), None)

    def strictest(self, path: Segments, found: tuple[HostPath, ReadOnly]) -> tuple[HostPath, ReadOnly]:
        """What may hold below a path that falls under this entry, where nobody knows where: the strictest of it and
        of the longer entries that lead there."""
        longer = self.entries[: self.entries.index(found)]
        return max([found, *(one for one in longer if one[0].leads_below(path))], key=lambda one: strictness(one[1]))


def strictness(read_only: ReadOnly) -> int:
    """0 for what may be written, 1 for read-only, 2 for read-only with all that is mounted below."""
    return 2 if read_only == "recursive" else int(read_only)


def writable_above(entries: Sequence[tuple[HostPath, ReadOnly]], path: HostPath, read_only: ReadOnly) -> str:
    """An entry through which a path can be written although its own entry is stricter; "" for none."""
    for other, allowed in entries:
        if other.text != path.text and other.covers(path.segments) and strictness(allowed) < strictness(read_only):
            return other.text
    return ""
