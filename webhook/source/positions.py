"""Where a path stands in the text of one document."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

from yaml.error import YAMLError

from webhook.source.chunk import Chunk
from webhook.source.path import Path
from webhook.source.problem import Place
from webhook.source.tree import Alias, Collection, Node, Parse, Refused, Scalar, is_merge, key_text, resolve

Part = Literal["key", "value"]
Columns = dict[int, list[tuple[int, int]]]
"""By 1-based line: the first and last column, from 0 and exclusive, of each part of it that is meant."""

_Entry = tuple[Scalar | None, Node]  # a key, which a list item has not, and its value


class Positions:
    """The places of all keys and values of one document that could be read."""

    def __init__(self, chunk: Chunk) -> None:
        self._chunk = chunk
        tree = _tree(chunk)
        self._root = tree or _beginning(chunk)
        self._is_read = tree is not None

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

    def columns(self, is_meant: Callable[[Path], bool]) -> Columns:
        """Where every text stands that is at or below a path that is meant, by line.

        Of a key that stands twice both values count, and what an alias stands for counts where that is written.
        Where nothing is known, everything counts.
        """
        if not self._is_read:
            return {line: [(first, last)] for line, first, last in self._chunk.lines(0, len(self._chunk.text))}
        found: Columns = {}
        for start, end in _texts(self._root, is_meant):
            for line, first, last in self._chunk.lines(start, end):
                found.setdefault(line, []).append((first, last))
        return found

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


def _tree(chunk: Chunk) -> Node | None:
    """The chunk's tree; None for the odd JSON that libyaml cannot read, such as a very long key."""
    try:
        return Parse(chunk).run()
    except (YAMLError, Refused):
        return None


def _beginning(chunk: Chunk) -> Node:
    """The first character, in the place of a tree."""
    start = len(chunk.text) - len(chunk.text.lstrip())
    return Scalar(start, start + 1, None, "", True)


def _texts(root: Node, is_meant: Callable[[Path], bool]) -> Iterator[tuple[int, int]]:
    """Start and end of every scalar that is meant, and of the aliases that lead to one."""
    rest: list[tuple[Node, Path, bool]] = [(root, (), False)]
    while rest:
        node, path, inside = rest.pop()
        inside = inside or is_meant(path)
        if isinstance(node, Alias) and inside:
            yield node.start, node.end
        node = resolve(node) or Scalar(0, 0, None, "", True)
        if isinstance(node, Scalar):
            if inside:
                yield node.start, node.end
        else:
            rest += [(child, below, inside) for child, below in _children(node, path)]


def _children(node: Collection, path: Path) -> Iterator[tuple[Node, Path]]:
    """What stands in a collection, with its path; what is merged in stands at the path of the mapping."""
    if not node.is_mapping:
        for index, child in enumerate(node.children):
            yield child, (*path, index)
        return
    for key, value in node.pairs():
        name, source = resolve(key), resolve(value)
        if not is_merge(key):
            yield value, (*path, key_text(name)) if isinstance(name, Scalar) else path
        elif isinstance(source, Collection) and not source.is_mapping:
            yield from ((one, path) for one in source.children)
        else:
            yield value, path


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
