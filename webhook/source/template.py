"""Tells a Helm template, which is no YAML until Helm has rendered it, from YAML."""

from __future__ import annotations

from itertools import islice

from webhook.expressions import expression
from webhook.source.chunk import Chunk
from webhook.source.problem import Problem
from webhook.source.tree import Collection, Node, Scalar

_MOST_LOOKED_AT = 100
_UNQUOTED = expression(r"(?<![^\s:(,\[-])\{\{")  # at the start of a line or of a value, not within a word or a quote
_HELMS = expression(
    r"\{\{-?\s*(?:(?:include|template|tpl|toYaml|if|else|range|with|end|define|block)\b"
    r"|[^{}\n]{0,200}\.(?:Values|Release|Chart|Capabilities|Files|Template)\b)"
)


def in_broken(chunk: Chunk) -> Problem | None:
    """The problem of a chunk that could not be read, if it is that somebody has to render it first."""
    if b"{{" not in chunk.data:
        return None
    for found in islice(_UNQUOTED.finditer(chunk.text), _MOST_LOOKED_AT):
        line_start, line_end = chunk.line_of(found.start())
        before = chunk.text[line_start : found.start()]
        if not before.lstrip().startswith("#") and "'" not in before and '"' not in before:
            return _problem(chunk, found.start(), line_end)
    return None


def in_text(chunk: Chunk, root: Node) -> Problem | None:
    """The problem of a document that was read, with Helm's own expressions in its unquoted values."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Collection):
            waiting.extend(reversed(node.children))
        elif isinstance(node, Scalar) and node.plain and _HELMS.search(node.text):
            return _problem(chunk, chunk.text.index("{{", node.start), node.end)
    return None


def _problem(chunk: Chunk, start: int, end: int) -> Problem:
    return Problem(
        "this looks like a Helm template, which is no YAML until it is rendered",
        chunk.place(start, end),
        help="check what Helm makes of it: helm template CHART | doorward check -",
    )
