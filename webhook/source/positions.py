"""Where a path stands in the text of one document."""

from __future__ import annotations

from typing import Literal

from yaml.error import YAMLError

from webhook.source.chunk import Chunk
from webhook.source.path import Path
from webhook.source.problem import Place
from webhook.source.tree import Collection, Node, Parse, Refused, Scalar, is_merge, key_text, resolve

Part = Literal["key", "value"]
_Entry = tuple[Scalar | None, Node]  # a key, which a list item has not, and its value


class Positions:
    """The places of all keys and values of one document that could be read."""

    def __init__(self, chunk: Chunk) -> None:
        self._chunk = chunk
        self._root = _tree(chunk)

    def place(self, path: Path, part: Part) -> Place:
        """The key or value at the path; where nothing stands there, its nearest existing parent."""
        entry: _Entry = (None, self._root)
        for step in path:
            found = _child(entry[1], step)
            if found is None:
                part = "value"
                break
            entry = found
        return self._chunk.place(*self._span(*entry, part))

    def _span(self, key: Scalar | None, node: Node, part: Part) -> tuple[int, int]:
        if key is not None and (part == "key" or node.start == node.end or self._spreads(node)):
            return key.start, key.end
        if isinstance(node, Collection) and not node.flow and node.children:
            return self._first_entry(node)
        return node.start, node.end

    def _spreads(self, node: Node) -> bool:
        """Whether the value goes over several lines, so that its key names it better."""
        if not isinstance(node, Collection):
            return False
        return not node.flow or self._chunk.line_of(node.start) != self._chunk.line_of(node.end)

    def _first_entry(self, block: Collection) -> tuple[int, int]:
        """The first line of a block: for a mapping its first key, with the value if that is on the same line."""
        first, last = block.children[0], block.children[min(1, len(block.children) - 1) if block.is_mapping else 0]
        if isinstance(last, Collection) or self._chunk.line_of(first.start) != self._chunk.line_of(last.start):
            last = first
        return (first.start if block.is_mapping else block.start), last.end


def _tree(chunk: Chunk) -> Node:
    """The chunk's tree; for the odd JSON that libyaml cannot read, such as a very long key, its first character."""
    try:
        root = Parse(chunk).run()
    except (YAMLError, Refused):
        root = None
    start = len(chunk.text) - len(chunk.text.lstrip())
    return root or Scalar(start, start + 1, None, "", True)


def _child(node: Node, step: str | int) -> _Entry | None:
    owner = resolve(node)
    if not isinstance(owner, Collection):
        return None
    if isinstance(step, str):
        return _entry(owner, step) if owner.is_mapping else None
    if owner.is_mapping or not 0 <= step < len(owner.children):
        return None
    return None, owner.children[step]


def _entry(mapping: Collection, name: str) -> _Entry | None:
    """The pair that gives this key its value: the last one, in the order in which kubectl merges."""
    found = None
    for key_node, value in mapping.pairs():
        if is_merge(key_node):
            found = _merged_entry(value, name) or found
        else:
            key = resolve(key_node)
            if isinstance(key, Scalar) and key_text(key) == name:
                found = (key, value)
    return found


def _merged_entry(value: Node, name: str) -> _Entry | None:
    sources = value.children if isinstance(value, Collection) and not value.is_mapping else [value]
    targets = (resolve(source) for source in sources)
    entries = (_entry(target, name) for target in targets if isinstance(target, Collection))
    return next((entry for entry in entries if entry), None)
