"""YAML with the place of every key and value: for what is wrong, and for where a path stands.

This is the careful way: several times slower than the quick builder in yaml.py, and it knows anchors, tags and merges.
"""

from __future__ import annotations

from typing import Any

from yaml._yaml import CParser
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentEndEvent,
    MappingStartEvent,
    ScalarEvent,
    StreamEndEvent,
)

from webhook.source import scalars
from webhook.source.chunk import Chunk
from webhook.source.problem import Problem

DEEPEST = 200
MERGE_TAG = scalars.TAG_PREFIX + "merge"


class Refused(Exception):
    """This document cannot be read any further."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class Scalar:
    """A text; `plain` means neither quoted nor tagged, so that its words decide what it is."""

    __slots__ = ("end", "plain", "start", "tag", "text")

    def __init__(self, start: int, end: int, tag: str | None, text: str, plain: bool) -> None:
        self.start = start
        self.end = end
        self.tag = tag
        self.text = text
        self.plain = plain


class Collection:
    """A mapping, whose children are keys and values in turn, or a sequence."""

    __slots__ = ("children", "end", "flow", "is_mapping", "start", "tag")

    def __init__(self, start: int, end: int, tag: str | None, is_mapping: bool, flow: bool) -> None:
        self.start = start
        self.end = end
        self.tag = tag
        self.is_mapping = is_mapping
        self.flow = flow
        self.children: list[Node] = []

    def pairs(self) -> zip[tuple[Node, Node]]:
        return zip(self.children[::2], self.children[1::2], strict=True)


class Alias:
    """A `*name`; without a target when nothing above it has that anchor."""

    __slots__ = ("end", "name", "start", "target")

    def __init__(self, start: int, end: int, name: str, target: Scalar | Collection | None) -> None:
        self.start = start
        self.end = end
        self.name = name
        self.target = target


Node = Scalar | Collection | Alias


class Parse:
    """One parse of a chunk; after an exception `open` still tells which collections were being read."""

    def __init__(self, chunk: Chunk) -> None:
        self.chunk = chunk
        self.open: list[Collection] = []
        self.root: Node | None = None
        self._anchors: dict[str, Scalar | Collection] = {}

    def run(self) -> Node | None:
        """The tree of the chunk's only document; raises yaml.YAMLError, or Refused where YAML allows more."""
        parser = CParser(self.chunk.data)
        parser.get_event()  # the start of the stream
        if isinstance(parser.get_event(), StreamEndEvent):
            return None
        while not isinstance(event := parser.get_event(), DocumentEndEvent):
            self._take(event)
        if not isinstance(following := parser.get_event(), StreamEndEvent):
            raise Refused(self._second_document(following))
        return self.root

    def _take(self, event: Any) -> None:
        if issubclass(event.__class__, CollectionEndEvent):
            self.open.pop().end = event.end_mark.index
            return
        node = self._node(event)
        if self.open:
            self.open[-1].children.append(node)
        else:
            self.root = node
        if isinstance(node, Collection):
            self._enter(node)

    def _node(self, event: Any) -> Node:
        start, end, kind = event.start_mark.index, event.end_mark.index, event.__class__
        if kind is AliasEvent:
            return Alias(start, end, event.anchor, self._anchors.get(event.anchor))
        tag = None if event.tag == "!" else event.tag  # a lone ! only says: do not guess
        node: Scalar | Collection
        if kind is ScalarEvent:
            node = Scalar(start, end, tag, event.value, event.implicit[0] and event.tag is None)
        else:
            node = Collection(start, end, tag, kind is MappingStartEvent, event.flow_style)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _enter(self, node: Collection) -> None:
        self.open.append(node)
        if len(self.open) > DEEPEST:
            place = self.chunk.place(node.start, node.start + 1)
            raise Refused(Problem(f"nested deeper than {DEEPEST} levels", place))

    def _second_document(self, event: Any) -> Problem:
        start = event.start_mark.index
        place = self.chunk.place(start, self.chunk.line_of(start)[1])
        help_text = "separate documents with a line that says ---"
        return Problem("a second document begins here, which kubectl would silently leave out", place, help=help_text)


def resolve(node: Node) -> Scalar | Collection | None:
    """What an alias stands for, or the node itself."""
    return node.target if isinstance(node, Alias) else node


def is_merge(key: Node) -> bool:
    return isinstance(key, Scalar) and key.text == "<<" and (key.tag == MERGE_TAG or (key.plain and key.tag is None))


def key_text(key: Scalar) -> str:
    """The key as kubectl writes it in JSON; scalars.ScalarError where it refuses one."""
    if key.tag is not None:
        return scalars.tagged_key(key.tag, key.text)
    return scalars.key(key.text) if key.plain else key.text
