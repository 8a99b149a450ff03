"""Kubernetes manifests and rules as plain data, read as kubectl reads them, with a place for everything.

`read` never raises for bad content. The stream is cut into documents at the lines where kubectl cuts it, so one bad
document hides no other. Most documents take the quick way (quick.py), from libyaml's events straight to plain data;
one with an anchor, a tag, a merge or a mistake takes the careful way (tree.py, convert.py), to the same data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from yaml.error import YAMLError

from webhook.expressions import expression
from webhook.source import json_text, quick, scalars, syntax, template
from webhook.source.chunk import Chunk
from webhook.source.convert import Budget, Conversion
from webhook.source.path import Path
from webhook.source.positions import Part, Positions
from webhook.source.problem import Place, Problem
from webhook.source.tree import Parse, Refused

_SEPARATOR = expression(rb"^---([^\n]*)\n?", re.MULTILINE)
_SOURCE_COMMENT = "# Source: "
_CONTROLS = tuple(bytes((code,)) for code in (*range(9), *range(14, 32), 127))
_FEW_CONTROLS = 3
_MOST_PROBLEMS = 200
_FEWEST_ALIASED = 100_000
_BYTES_PER_ALIASED = 16


class Document:
    """One document that says something: its plain data (`value`) and where it stands.

    `index` counts the documents of the file from 0, the unreadable ones too; `line` is the 1-based first line of
    content. The data are the caller's own: no two places in it share a list or a mapping.
    """

    __slots__ = ("_chunk", "_positions", "file", "index", "line", "value")

    def __init__(self, value: Any, chunk: Chunk, index: int, line: int) -> None:
        self.value = value
        self.file = chunk.file
        self.index = index
        self.line = line
        self._chunk = chunk
        self._positions: Positions | None = None

    def place(self, path: Path, on: Part = "value") -> Place:
        """Where the path's value or key stands, or its nearest existing parent; a long value is shown by its key."""
        return self.positions.place(path, on)

    @property
    def positions(self) -> Positions:
        """Where everything stands; made when it is first asked for."""
        if self._positions is None:
            self._positions = Positions(json_text.for_positions(self._chunk))
        return self._positions

    @property
    def origin(self) -> str | None:
        """The chart's file that Helm names in a comment above the content, if it does."""
        above = self._chunk.data.decode().split("\n")[: self.line - self._chunk.first_line]
        found = (line.removeprefix(_SOURCE_COMMENT) for line in reversed(above) if line.startswith(_SOURCE_COMMENT))
        return next((source.strip() for source in found), None)

    def __repr__(self) -> str:
        return f"Document({self.file}:{self.line})"


class Reading(NamedTuple):
    """What a file holds: the documents that can be read, and everything that is wrong with the others."""

    documents: tuple[Document, ...]
    problems: tuple[Problem, ...]


def read(data: bytes, file: str) -> Reading:
    """Read a YAML or JSON text; `file` is the name that places show."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    if foreign := _foreign(data, file):
        return Reading((), (foreign,))
    if data.lstrip()[:1] in (b"{", b"["):
        try:
            return _json_reading(data, file)
        except json_text.NotPlainJSON:
            return _explained(data, file, _Reader(data, file).reading())
    return _Reader(data, file).reading()


def _json_reading(data: bytes, file: str) -> Reading:
    found = (entry for entry in json_text.documents(data, file) if entry[0] is not None)
    return Reading(tuple(Document(value, chunk, n, chunk.first_line) for n, (value, chunk) in enumerate(found)), ())


def _explained(data: bytes, file: str, reading: Reading) -> Reading:
    """Prefer what a JSON parser says about a text that is meant as JSON and is no YAML either."""
    if reading.documents or not reading.problems or not json_text.looks_like_json(data):
        return reading
    problem = json_text.complaint(data, Chunk(file, data, 1))
    return Reading((), (problem,)) if problem else reading


def _foreign(data: bytes, file: str) -> Problem | None:
    """The problem of a file that is no UTF-8 text at all."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")) or b"\0" in data[:2] != data[:2].strip(b"\0"):
        return Problem("the file is UTF-16 or UTF-32 text", Place(file, 1, 1, 1, ""), help="save it as UTF-8")
    head = data[:8192]
    controls = sum(map(head.count, _CONTROLS)) if b"\0" in data else 0
    if controls > _FEW_CONTROLS and controls * 20 > len(head):
        return Problem("this is a binary file, neither YAML nor JSON", Place(file, 1, 1, 1, ""))
    return None


class _Reader:
    """Reads one YAML stream."""

    def __init__(self, data: bytes, file: str) -> None:
        self._data = data
        self._file = file
        self._budget = Budget(max(_FEWEST_ALIASED, len(data) // _BYTES_PER_ALIASED))
        self._documents: list[Document] = []
        self._problems: list[Problem] = []
        self._index = 0
        self._may_hold_template = b"{{" in data

    def reading(self) -> Reading:
        for chunk in self._chunks():
            self._read(chunk)
        return Reading(tuple(self._documents), tuple(self._problems))

    def _chunks(self) -> Iterator[Chunk]:
        """Cut as kubectl cuts: at every line that begins with ---, whatever stands around it."""
        start, line = 0, 1
        readable = True
        for separator in _SEPARATOR.finditer(self._data):
            if readable:
                yield Chunk(self._file, self._data[start : separator.start()], line)
            line += self._data.count(b"\n", start, separator.start())
            readable = self._is_separator(separator, line)
            start = separator.end()
            line += 1
        if readable:
            yield Chunk(self._file, self._data[start:].removesuffix(b"\n") + b"\n", line)  # kubectl ends the last line

    def _is_separator(self, found: re.Match[bytes], line: int) -> bool:
        rest = found[1].strip()
        if not rest or rest.startswith(b"#"):
            return True
        chunk = Chunk(self._file, found[0], line)
        self._add(template.in_broken(chunk) or syntax.bad_separator(chunk, len(chunk.text)))
        self._index += 1
        return False

    def _read(self, chunk: Chunk) -> None:
        if not chunk.data.strip(b" \r\n"):
            return
        if self._may_hold_template and b"{{" in chunk.data:
            self._read_carefully(chunk)
            return
        try:
            value, line = quick.read(chunk.data)
        except (quick.Unusual, YAMLError, scalars.ScalarError):
            self._read_carefully(chunk)
        else:
            self._keep(value, chunk, chunk.first_line + line)

    def _keep(self, value: Any, chunk: Chunk, line: int) -> None:
        if value is not None:
            self._documents.append(Document(value, chunk, self._index, line))
            self._index += 1

    def _read_carefully(self, chunk: Chunk) -> None:
        parse = Parse(chunk)
        conversion = Conversion(chunk, self._budget)
        problems = conversion.problems
        try:
            root = parse.run()
            if root is None:
                return
            value = conversion.value(root)
            if not problems:
                problems.extend(filter(None, [template.in_text(chunk, root)]))
            if not problems:
                self._keep(value, chunk, chunk.where(root.start)[0])
                return
        except YAMLError as error:
            problems.append(syntax.explain(error, chunk, parse.open))
        except Refused as refused:
            problems.append(refused.problem)
        self._index += 1
        unrendered = template.in_broken(chunk)
        for problem in [unrendered] if unrendered else problems:
            self._add(problem)

    def _add(self, problem: Problem) -> None:
        if len(self._problems) < _MOST_PROBLEMS:
            self._problems.append(problem)
        elif len(self._problems) == _MOST_PROBLEMS:
            self._problems.append(Problem(f"more than {_MOST_PROBLEMS} problems: the rest is not shown", problem.place))
