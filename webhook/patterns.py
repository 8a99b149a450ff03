"""Globs, path globs, anchored regular expressions and did-you-mean: everything here runs in linear or n*m time.

The one door to `re2`, which is imported when the first regular expression is compiled, so that a run without one never
pays for it. Globs are matched by hand: `*` is any run of characters, newlines too; every other character means itself,
`?` and the backslash included, and case counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

_LONGEST_PATTERN = 10_000  # characters; long enough for a few hundred alternatives
_MEMORY_OF_ONE_PATTERN = 1 << 20  # bytes; re2 refuses a program that does not fit, and slows down linearly beyond


def shown(text: str, limit: int = 80) -> str:
    """The text quoted for a message: shortened, and with control and invisible characters escaped."""
    shortened = text if len(text) <= limit else text[: limit - 1] + "…"
    if not shortened.isprintable():
        shortened = "".join(char if char.isprintable() else repr(char)[1:-1] for char in shortened)
    return f'"{shortened}"'


class Glob(NamedTuple):
    """A glob over a whole value; `text` is what was written."""

    text: str
    pieces: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Glob:
        """The glob that the text means; every text is one."""
        head, *rest = text.split("*")
        if not rest:
            return cls(text, (head,))
        return cls(text, (head, *filter(None, rest[:-1]), rest[-1]))

    @property
    def is_exact(self) -> bool:
        """Whether it has no `*` and so means one value."""
        return len(self.pieces) == 1

    def matches(self, value: str) -> bool:
        """Whether the glob covers the whole value."""
        pieces = self.pieces
        if len(pieces) == 1:
            return value == self.text
        head, tail = pieces[0], pieces[-1]
        if not head and not tail and len(pieces) == 3:
            return pieces[1] in value
        at, end = len(head), len(value) - len(tail)
        if at > end or not value.startswith(head) or not value.endswith(tail):
            return False
        for piece in pieces[1:-1]:  # the leftmost place is always good enough: what follows has the most room there
            at = value.find(piece, at, end)
            if at < 0:
                return False
            at += len(piece)
        return True


class Globs(NamedTuple):
    """A set of globs: the exact ones are looked up, the others tried in order."""

    exact: frozenset[str]
    others: tuple[Glob, ...]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Globs:
        """The set of the globs that these texts mean."""
        globs = [Glob.parse(text) for text in texts]
        exact = frozenset(glob.text for glob in globs if glob.is_exact)
        return cls(exact, tuple(glob for glob in globs if not glob.is_exact))

    def matches(self, value: str) -> bool:
        """Whether one of them covers the value."""
        return value in self.exact or any(glob.matches(value) for glob in self.others)

    def first(self, value: str) -> str | None:
        """The text of the glob that covers the value, an exact one before others; None if none does."""
        if value in self.exact:
            return value
        return next((glob.text for glob in self.others if glob.matches(value)), None)

    def __bool__(self) -> bool:
        return bool(self.exact or self.others)


class PathGlob(NamedTuple):
    """A glob over a path of `/` segments: `*` stays within a segment, a segment `**` is any number of segments.

    A `*` that is a whole segment wants at least one character, a `**` at the end at least one segment. Values are taken
    as they are: whoever matches file paths removes `//` and `/./` before.
    """

    text: str
    runs: tuple[tuple[Glob, ...], ...]

    @classmethod
    def parse(cls, text: str) -> PathGlob:
        """Raises ValueError where `**` is only part of a segment."""
        runs: list[tuple[Glob, ...]] = [()]
        for segment in text.split("/"):
            if segment == "**":
                runs.append(())
            elif "**" in segment:
                cure = segment.replace("**", "*")
                raise ValueError(f"in {shown(text)}, ** must fill a segment of its own: write {cure} or {cure}/**")
            else:
                runs[-1] += (Glob.parse(segment),)
        return cls(text, tuple(runs))

    def matches(self, path: str) -> bool:
        """Whether the glob covers the whole path."""
        return self.matches_segments(path.split("/"), below=False)

    def covers(self, path: str) -> bool:
        """Whether the glob covers the path or something that the path is below."""
        return self.matches_segments(path.split("/"), below=True)

    def matches_segments(self, segments: Sequence[str], *, below: bool) -> bool:
        """`matches` (or with `below`, `covers`) for a path that has already been split at its slashes."""
        head, *rest = self.runs
        if not _run_at(head, segments, 0):
            return False
        at = len(head)
        if not rest:
            return below or at == len(segments)
        *middle, tail = rest
        for run in middle:
            found = _find_run(run, segments, at)
            if found < 0:
                return False
            at = found + len(run)
        if not tail:
            return at < len(segments)
        if below:
            return _find_run(tail, segments, at) >= 0
        return len(segments) - len(tail) >= at and _run_at(tail, segments, len(segments) - len(tail))


def _run_at(run: tuple[Glob, ...], segments: Sequence[str], at: int) -> bool:
    if at + len(run) > len(segments):
        return False
    for offset, glob in enumerate(run, at):
        segment = segments[offset]
        if not glob.matches(segment) or (not segment and glob.text):
            return False
    return True


def _find_run(run: tuple[Glob, ...], segments: Sequence[str], start: int) -> int:
    for at in range(start, len(segments) - len(run) + 1):
        if _run_at(run, segments, at):
            return at
    return -1


class Pattern:
    """A regular expression in RE2's grammar that covers the whole value; `.` matches a newline too."""

    __slots__ = ("_full_match", "text")

    def __init__(self, text: str, full_match: Callable[[bytes], object]) -> None:
        self.text = text
        self._full_match = full_match

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pattern) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Pattern({self.text!r})"

    @classmethod
    def parse(cls, text: str) -> Pattern:
        """Raises ValueError for what is no RE2 expression, is too large, or provably matches nothing."""
        if len(text) > _LONGEST_PATTERN:
            raise ValueError(f"a regular expression has at most {_LONGEST_PATTERN} characters, this one {len(text)}")
        compiled = _compile(text)
        if _matches_nothing(compiled):
            raise ValueError(f"{shown(text)} can never match anything: nothing can stand before ^ or after $")
        return cls(text, compiled.fullmatch)

    def matches(self, value: str) -> bool:
        """Whether the expression covers the whole value."""
        try:
            encoded = value.encode()
        except UnicodeEncodeError:  # a lone surrogate: read as the API server's decoder reads it
            encoded = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()
        return self._full_match(encoded) is not None


def _compile(text: str) -> Any:
    import re2

    options = re2.Options()
    options.dot_nl = True
    options.never_capture = True
    options.log_errors = False
    options.max_mem = _MEMORY_OF_ONE_PATTERN
    try:
        return re2.compile(text, options)
    except UnicodeEncodeError:
        raise ValueError(f"{shown(text)} is no regular expression: it holds half of a surrogate pair") from None
    except re2.error as error:
        said = error.args[0]
        reason = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        raise ValueError(f"{shown(text)} is no regular expression: {_explain(text, reason)}") from None


_NOT_LINEAR = "does not exist here, because every expression runs in linear time"
_CURES = {
    "invalid perl operator: (?=": f"look-ahead {_NOT_LINEAR}",
    "invalid perl operator: (?!": f"look-ahead {_NOT_LINEAR}",
    "invalid perl operator: (?<=": f"look-behind {_NOT_LINEAR}",
    "invalid perl operator: (?<!": f"look-behind {_NOT_LINEAR}",
    "invalid escape sequence: \\Z": "leave it out: an expression always covers the whole value",
    "pattern too large - compile failed": "its repetitions written out take too much memory",
    "invalid repetition size": "at most 1000, nested ones multiplied",
}


def _explain(text: str, reason: str) -> str:
    what, _, fragment = reason.partition(": ")
    cure = _CURES.get(reason) or _CURES.get(what, "")
    if what == "invalid escape sequence" and fragment[1:2].isdigit():
        cure = f"a reference back to a group {_NOT_LINEAR}"
    if what in {"missing )", "unexpected )"}:
        return f"{what} at character {_unbalanced(text) + 1}"
    at = text.find(fragment) if fragment else -1
    place = f" at character {at + 1}, {shown(fragment)}" if at >= 0 else ""
    return f"{what}{place}" + (f" ({cure})" if cure else "")


def _unbalanced(text: str) -> int:
    """The place of the bracket that is not closed, or was never opened."""
    opened: list[int] = []
    at, in_class = 0, False
    while at < len(text):
        char = text[at]
        if char == "\\":
            at += 1
        elif in_class:
            in_class = char != "]"
        elif char == "[":
            in_class = True
            at += len(text[at + 1 :]) - len(text[at + 1 :].removeprefix("^").removeprefix("]"))
        elif char == "(":
            opened.append(at)
        elif char == ")":
            if not opened:
                return at
            opened.pop()
        at += 1
    return opened[-1] if opened else len(text)


def _matches_nothing(compiled: Any) -> bool:
    """Whether provably no value matches: re2 bounds all matches, and the bounds leave one value, which does not."""
    import re2

    try:
        lowest, highest = compiled.possiblematchrange(256)
    except re2.error:
        return False
    return lowest == highest and compiled.fullmatch(lowest) is None


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that was probably meant: the same but for case, `-` and `_`, or few slips away; else None."""
    known = list(candidates)
    folded = _folded(word)
    for candidate in known:
        if _folded(candidate) == folded:
            return candidate
    limit = min(max(len(word), 3) // 3, len(word) - 1)
    best: tuple[int, str] | None = None
    for candidate in known:
        if abs(len(candidate) - len(word)) <= limit:
            distance = _slips(folded, _folded(candidate))
            if distance <= limit and (best is None or distance < best[0]):
                best = (distance, candidate)
    return best[1] if best else None


def _folded(word: str) -> str:
    return word.lower().replace("-", "").replace("_", "")


def _slips(one: str, other: str) -> int:
    """How many letters were added, lost, mistaken or swapped with their neighbour (optimal string alignment)."""
    before: list[int] = []
    above = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, against in enumerate(other, 1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (letter != against))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == against:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, above = above, row
    return above[-1]
