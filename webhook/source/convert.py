"""From a tree with places to the plain data that kubectl would send, with everything that is wrong on the way."""

from __future__ import annotations

from typing import Any

from webhook.source import scalars
from webhook.source.chunk import Chunk
from webhook.source.problem import Place, Problem
from webhook.source.tree import DEEPEST, Alias, Collection, Node, Refused, Scalar, is_merge, key_text, resolve

_MOST_PROBLEMS = 100
_COLLECTION_TAGS = {True: scalars.TAG_PREFIX + "map", False: scalars.TAG_PREFIX + "seq"}


class Budget:
    """How many values the aliases of one file may still stand for."""

    def __init__(self, values: int) -> None:
        self.values = self.left = values


class Conversion:
    """Turns one tree into plain data; every alias becomes its own copy, so that no two places share an object."""

    def __init__(self, chunk: Chunk, budget: Budget) -> None:
        self.problems: list[Problem] = []
        self._chunk = chunk
        self._budget = budget
        self._expanding: list[Alias] = []

    def value(self, node: Node, depth: int = 0) -> Any:
        """The plain data of a node; what cannot be read is None and has its problem. Raises Refused for a bomb."""
        if self._expanding:
            self._spend()
        if isinstance(node, Scalar):
            return self._scalar(node)
        if isinstance(node, Alias):
            return self._alias(node, depth)
        if depth >= DEEPEST:
            outermost = self._expanding[0] if self._expanding else node
            raise Refused(Problem(f"aliases nest deeper than {DEEPEST} levels", self._place(outermost)))
        if node.tag not in (None, _COLLECTION_TAGS[node.is_mapping]):
            self._unknown_tag(node, node.tag, " for a mapping" if node.is_mapping else " for a list")
        if node.is_mapping:
            return self._mapping(node, depth)
        return [self.value(child, depth + 1) for child in node.children]

    def _scalar(self, node: Scalar) -> scalars.Scalar:
        if node.tag is None and not node.plain:
            return node.text
        try:
            return scalars.value(node.text) if node.tag is None else scalars.tagged(node.tag, node.text)
        except scalars.UnknownTag:
            self._unknown_tag(node, node.tag)
        except scalars.ScalarError as error:
            self._add(Problem(str(error), self._place(node), help=error.help))
        return None

    def _alias(self, node: Alias, depth: int) -> Any:
        if node.target is None:
            self._add(
                Problem(
                    f"nothing above is anchored as &{scalars.shown(node.name)}",
                    self._place(node),
                    help="quote the value if it is no YAML alias",
                )
            )
            return None
        if any(outer.target is node.target for outer in self._expanding):
            raise Refused(Problem(f"&{scalars.shown(node.name)} contains itself", self._place(node)))
        self._expanding.append(node)
        value = self.value(node.target, depth + 1)
        self._expanding.pop()
        return value

    def _spend(self) -> None:
        self._budget.left -= 1
        if self._budget.left < 0:
            raise Refused(
                Problem(
                    f"the aliases stand for more than {self._budget.values:,} values",
                    self._place(self._expanding[0]),
                    help="write out what is meant: aliases of aliases multiply",
                )
            )

    def _mapping(self, node: Collection, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        written: dict[str, Node] = {}
        for key_node, value_node in node.pairs():
            if is_merge(key_node):
                self._merge(value_node, result, depth)
                continue
            key = self._key(key_node)
            value = self.value(value_node, depth + 1)
            if key is None:
                continue
            if key in written:
                self._duplicate(key, written[key], key_node)
            written[key] = key_node
            result[key] = value
        return result

    def _merge(self, source: Node, result: dict[str, Any], depth: int) -> None:
        """As go-yaml: in the order of the text, so that a merge overrides keys that are written above it."""
        is_list = isinstance(source, Collection) and not source.is_mapping
        sources = reversed(source.children) if is_list and isinstance(source, Collection) else [source]
        for one in sources:
            merged = self.value(one, depth + 1)
            if isinstance(merged, dict):
                result.update(merged)
            else:
                self._add(Problem("<< takes a mapping or a list of mappings", self._place(one)))

    def _key(self, node: Node) -> str | None:
        key = resolve(node)
        if key is None:
            self.value(node)
        elif isinstance(key, Collection):
            what = "mapping" if key.is_mapping else "list"
            self._add(Problem(f"a {what} cannot be a key", self._place(node), help="quote it if it is meant as text"))
        else:
            try:
                return key_text(key)
            except scalars.UnknownTag:
                self._unknown_tag(node, key.tag)
            except scalars.ScalarError as error:
                self._add(Problem(str(error), self._place(node), help=error.help))
        return None

    def _duplicate(self, key: str, first: Node, second: Node) -> None:
        line, column = self._chunk.where(first.start)
        self._add(
            Problem(
                f"duplicate key {scalars.shown(key)!r}: it stands at line {line}, column {column} already",
                self._place(second),
                help="remove one of the two: kubectl would silently use the last",
            )
        )

    def _unknown_tag(self, node: Node, tag: str | None, what: str = "") -> None:
        shown = scalars.shown((tag or "").replace(scalars.TAG_PREFIX, "!!"))
        help_text = "remove the tag, or quote the value if it is text that begins with !"
        self._add(Problem(f"unknown tag {shown}{what}", self._place(node), help=help_text))

    def _add(self, problem: Problem) -> None:
        self.problems.append(problem)
        if len(self.problems) >= _MOST_PROBLEMS:
            raise Refused(Problem(f"more than {_MOST_PROBLEMS} problems: the rest is not shown", problem.place))

    def _place(self, node: Node) -> Place:
        end = node.start + 1 if isinstance(node, Collection) else node.end
        return self._chunk.place(node.start, end)
