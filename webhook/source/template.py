"""Tells a Helm template, which is no YAML until Helm has rendered it, from YAML."""

from __future__ import annotations

import re

from webhook.source.chunk import Chunk
from webhook.source.problem import Problem
from webhook.source.tree import Collection, Node, Scalar

_ACTION_IN_TEXT = re.compile(
    r"\{\{-?\s*(?:(?:include|template|tpl|toYaml|if|else|range|with|end|define|block)\b"
    r"|[^}]*\.(?:Values|Release|Chart|Capabilities|Files|Template)\b)"
)
_ACTION_AS_VALUE = re.compile(r"^(?![ \t]*#)[^\n'\"]*?(?<![^\s:\-\[,(])(\{\{[^\n]*?)[ \t\r]*$", re.MULTILINE)


def in_broken(chunk: Chunk) -> Problem | None:
    """The problem of a chunk that could not be read, if it is that somebody has to render it first."""
    found = _ACTION_AS_VALUE.search(chunk.text) if b"{{" in chunk.data else None
    return _problem(chunk, found.start(1), found.end(1)) if found else None


def in_text(chunk: Chunk, root: Node) -> Problem | None:
    """The problem of a document that was read, with a template's expressions in its unquoted values."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Collection):
            waiting.extend(reversed(node.children))
        elif isinstance(node, Scalar) and node.plain and _ACTION_IN_TEXT.search(node.text):
            start = chunk.text.index("{{", node.start)
            return _problem(chunk, start, node.end)
    return None


def _problem(chunk: Chunk, start: int, end: int) -> Problem:
    return Problem(
        "this looks like a Helm template, which is no YAML until it is rendered",
        chunk.place(start, end),
        help="check what Helm makes of it: helm template CHART | doorward check -",
    )
