"""One document's bytes and where they stand in their file."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property

from webhook.source.problem import Place


class Chunk:
    """The bytes between two `---` lines; offsets are in characters from the start of the chunk.

    `first_line` is the 1-based line of the file at which the bytes begin. They begin at the start of a line.
    """

    def __init__(self, file: str, data: bytes, first_line: int) -> None:
        self.file = file
        self.data = data.removeprefix(b"\xef\xbb\xbf")
        self.first_line = first_line
        self._line_texts: dict[int, str] = {}  # one text for all places of a line, which may be megabytes of JSON

    @cached_property
    def text(self) -> str:
        return self.data.decode("utf-8", "replace")

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        while following := self.text.find("\n", starts[-1]) + 1:
            starts.append(following)
        return starts

    def where(self, offset: int) -> tuple[int, int]:
        """The 1-based line and column in the file, both as an editor counts them."""
        index = bisect_right(self._line_starts, offset) - 1
        return self.first_line + index, offset - self._line_starts[index] + 1

    def line_of(self, offset: int) -> tuple[int, int]:
        """Where the line that holds this offset starts and ends, without its line break."""
        index = bisect_right(self._line_starts, offset) - 1
        start = self._line_starts[index]
        end = self._line_starts[index + 1] - 1 if index + 1 < len(self._line_starts) else len(self.text)
        return start, end - 1 if self.text.endswith("\r", start, end) else end

    def lines(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """The lines of these characters: 1-based line, and the first and last column on it, from 0 and exclusive."""
        index = bisect_right(self._line_starts, start) - 1
        while index < len(self._line_starts) and self._line_starts[index] < max(end, start + 1):
            line_start, line_end = self.line_of(self._line_starts[index])
            yield self.first_line + index, max(start, line_start) - line_start, min(end, line_end) - line_start
            index += 1

    def place(self, start: int, end: int) -> Place:
        """The place of these characters; what goes on after the first line is cut off, nothing is one character."""
        start = self._last_with_text(start)
        line_start, line_end = self.line_of(start)
        line, column = self.where(start)
        length = max(1, min(end, line_end) - start)
        text = self._line_texts.setdefault(line, self.text[line_start:line_end])
        return Place(self.file, line, column, length, text)

    def _last_with_text(self, offset: int) -> int:
        """The offset, or, past the last line break of the chunk, the end of the last line that says something."""
        if offset < len(self.text) or not self.text.endswith("\n"):
            return min(offset, len(self.text))
        return len(self.text.rstrip())
