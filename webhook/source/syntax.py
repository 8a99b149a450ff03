"""What the YAML parser complains about, in words for the person who wrote the file.

libyaml names the rule of its grammar that failed and the place where it gave up, which is often the end of the file.
Here the place is where the mistake was made, as far as it can be known, and the cure is said.
"""

from __future__ import annotations

import re

from yaml.error import MarkedYAMLError, YAMLError

from webhook.expressions import expression
from webhook.source import scalars
from webhook.source.chunk import Chunk
from webhook.source.problem import Problem
from webhook.source.tree import Collection

_ALIGN = "check the indentation: all keys of one block start in the same column"
_QUOTE = "quote the value"
_TAB = ("a tab cannot indent YAML", "use spaces")
_WORD = expression(r"[^\s,\[\]{}]*")
_FORBIDDEN = r"[^\t\n\r\x20-\x7e\x85\xa0-\ufffd\U00010000-\U0010ffff]"

# libyaml's words -> ours and the cure, where the place that libyaml gives is the right one
_SENTENCES = {
    "did not find expected '-' indicator": ("this line does not fit the list that begins at line {began}", _ALIGN),
    "block sequence entries are not allowed in this context": (
        "a list cannot begin on the line of its key",
        "begin the list on a line of its own",
    ),
    "mapping keys are not allowed in this context": (
        "a ? is YAML's sign for a key, and none can stand here",
        _QUOTE,
    ),
    "did not find expected comment or line break": (
        "only an indentation and a + or - may follow | and >",
        "begin the text on the next line",
    ),
    "found unknown escape character": (
        "{here} is no escape inside double quotes",
        "write \\\\ for a backslash, or use single quotes",
    ),
    "found invalid Unicode character escape code": (
        "this escape is no Unicode character",
        "write the character itself",
    ),
    "found undefined tag handle": ("unknown tag {word}", "quote the value if it is text that begins with !"),
    "found a tab character that violates indentation": _TAB,
    "found a tab character where an indentation space is expected": _TAB,
}
_TAG_CONTEXTS = ("while scanning a tag", "while parsing a tag")
_QUOTE_ENDS = ("found unexpected end of stream", "found unexpected document indicator")


def explain(error: YAMLError, chunk: Chunk, still_open: list[Collection]) -> Problem:
    """The problem behind libyaml's complaint; `still_open` is what was being read, the innermost last."""
    if not isinstance(error, MarkedYAMLError) or error.problem_mark is None:
        return _unreadable(chunk)
    return _Complaint(error, chunk, still_open).problem()


def bad_separator(chunk: Chunk, end: int) -> Problem:
    """For a line that begins with --- and goes on with something other than a comment."""
    return Problem(
        "a line that begins with --- begins a new document, and nothing but a comment may follow on it",
        chunk.place(0, end),
        help="put --- on a line of its own, or indent this line if it belongs to the text above",
    )


def _unreadable(chunk: Chunk) -> Problem:
    """For bytes that are no text that YAML allows."""
    try:
        chunk.data.decode()
    except UnicodeDecodeError as error:
        start = len(chunk.data[: error.start].decode())
        message = f"byte 0x{chunk.data[error.start]:02x} is not UTF-8"
        return Problem(message, chunk.place(start, start + 1), help="save the file as UTF-8")
    found = re.search(_FORBIDDEN, chunk.text)
    start = found.start() if found else 0
    message = f"the control character U+{ord(chunk.text[start]):04X} cannot stand in YAML"
    help_text = f'remove it, or write it as "\\x{ord(chunk.text[start]):02x}" inside double quotes'
    return Problem(message, chunk.place(start, start + 1), help=help_text)


class _Complaint:
    """One error of libyaml's with the text around it."""

    def __init__(self, error: MarkedYAMLError, chunk: Chunk, still_open: list[Collection]) -> None:
        self.said = error.problem or ""
        self.context = error.context or ""
        self.at = error.problem_mark.index if error.problem_mark else 0
        self.began = error.context_mark.index if error.context_mark else self.at
        self.flow = next((node for node in reversed(still_open) if node.flow), None)
        self.chunk = chunk
        self.character = chunk.text[self.at : self.at + 1]

    def problem(self) -> Problem:
        if self.said in _QUOTE_ENDS:
            return self._unclosed_quote()
        if self.flow and (self.said.startswith("did not find expected ") or self.character == ""):
            return self._in_flow(self.flow)
        if self.said in ("found character that cannot start any token", "did not find expected node content"):
            return self._cannot_begin()
        special = {
            "mapping values are not allowed in this context": self._second_colon,
            "did not find expected key": self._no_key,
            "could not find expected ':'": self._no_colon,
            "did not find expected alphabetic or numeric character": self._no_anchor,
            "did not find expected <document start>": self._after_the_end,
        }.get(self.said)
        if special:
            return special()
        return self._listed() if self.said in _SENTENCES else self._other()

    def _at(self, message: str, help_text: str | None, start: int | None = None, end: int | None = None) -> Problem:
        start = self.at if start is None else start
        return Problem(message, self.chunk.place(start, start + 1 if end is None else end), help=help_text)

    def _listed(self) -> Problem:
        message, help_text = _SENTENCES[self.said]
        here = scalars.shown(self.chunk.text[self.at : self.at + 2])
        message = message.format(here=here, word=self._word(self.at), began=self.chunk.where(self.began)[0])
        return self._at(message, help_text)

    def _other(self) -> Problem:
        if self.context.startswith(_TAG_CONTEXTS):
            return self._at(f"{self._word(self.began)} is no tag", "quote the value", self.began)
        if "directive" in self.context:
            return self._at("a line cannot begin with %", "quote it if it is text", self.began)
        return self._at(f"this is no YAML: {' '.join(filter(None, (self.said, self.context)))}", None)

    def _unclosed_quote(self) -> Problem:
        quote = self.chunk.text[self.began]
        line_end = self.chunk.line_of(self.began)[1]
        message = f"the quote {quote} that opens here is never closed"
        return self._at(message, f"close it with {quote}", self.began, line_end)

    def _in_flow(self, flow: Collection) -> Problem:
        opening, closing = "{}" if flow.is_mapping else "[]"
        if not self.chunk.text[self.at :].strip():
            return self._at(f"the {opening} that opens here is never closed", f"close it with {closing}", flow.start)
        line, column = self.chunk.where(flow.start)
        if self.said == "did not find expected node content":
            return self._at(f"a value is missing before {self.character}", "remove it, or write the value")
        message = f"expected , or {closing} here: the {opening} at line {line}, column {column} is still open"
        return self._at(message, f"close it with {closing}, or quote the value")

    def _cannot_begin(self) -> Problem:
        if self.character == "\t":
            return self._at(*_TAB)
        return self._at(f"a value cannot begin with {scalars.shown(self.character)}", _QUOTE)

    def _second_colon(self) -> Problem:
        line_start = self.chunk.line_of(self.at)[0]
        before = self.chunk.text[line_start : self.at]
        if re.search(r":[ \t]", before):
            return self._at("a second ': ' on one line: the value looks like a mapping", _QUOTE)
        start = line_start + len(before) - len(before.lstrip())
        message = "a key cannot stand here: the line above has a value already, or lacks its colon"
        return self._at(message, _ALIGN, start, self.at)

    def _no_key(self) -> Problem:
        line_start, line_end = self.chunk.line_of(self.at)
        before = self.chunk.text[line_start : self.at].rstrip()
        if before.endswith(("'", '"', "]", "}")):
            what = "quote" if before.endswith(("'", '"')) else "bracket"
            return self._at(f"text after the closing {what}", "quote the whole value", self.at, line_end)
        if self.character == ":":
            return self._at("there is no key before this colon", 'write "": if it is meant to be empty')
        line, _ = self.chunk.where(self.began)
        return self._at(f"this line does not fit the block that begins at line {line}", _ALIGN, self.at, line_end)

    def _no_colon(self) -> Problem:
        message = "this line is no key: value"
        help_text = "end the key with ': ', or indent the line if it belongs to the text above"
        return self._at(message, help_text, self.began, self.chunk.line_of(self.began)[1])

    def _no_anchor(self) -> Problem:
        sign = self.chunk.text[self.began]
        what = "alias" if sign == "*" else "anchor"
        end = self.began + len(self._word(self.began))
        return self._at(f"a value that begins with {sign} is an {what} in YAML", _QUOTE, self.began, end)

    def _after_the_end(self) -> Problem:
        if self.chunk.text.lstrip().startswith("%"):
            start = self.chunk.text.index("%")
            message = "kubectl cannot read YAML directives"
            return self._at(message, "remove the line", start, self.chunk.line_of(start)[1])
        message = "the document is complete before this"
        help_text = "separate documents with a line that says ---"
        return self._at(message, help_text, self.at, self.chunk.line_of(self.at)[1])

    def _word(self, start: int) -> str:
        found = _WORD.match(self.chunk.text, start)
        return scalars.shown(found[0]) if found else ""
