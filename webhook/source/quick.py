"""The quick way from YAML to plain data, for documents without anchors, tags, merges or mistakes.

Nearly all manifests are such documents, and reading them is where the time of `doorward check` goes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from yaml._yaml import CParser
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from webhook.source import scalars
from webhook.source.tree import DEEPEST

_MOST_REMEMBERED = 20_000
_LONGEST_REMEMBERED = 64


class Unusual(Exception):
    """The quick way cannot read this document; the careful way can, or says what is wrong."""


class _Remembered(dict[str, Any]):
    """What short scalars mean: manifests say the same few words again and again."""

    def __init__(self, meaning: Callable[[str], Any]) -> None:
        super().__init__()
        self._meaning = meaning

    def __missing__(self, text: str) -> Any:
        value = self._meaning(text) if text[:1] in scalars.MAY_MEAN_MORE else text
        if len(text) <= _LONGEST_REMEMBERED:
            if len(self) >= _MOST_REMEMBERED:
                self.clear()
            self[text] = value
        return value


def _key(text: str) -> str:
    if text == "<<":
        raise Unusual
    return scalars.key(text)


_values = _Remembered(scalars.value)
_keys = _Remembered(_key)


def read(data: bytes) -> tuple[Any, int]:
    """The plain data of a document and the 0-based line on which it begins; None where the bytes say nothing.

    Raises Unusual, yaml.YAMLError or scalars.ScalarError for whatever needs the careful way.
    """
    next_event: Callable[[], Any] = CParser(data).get_event
    next_event()  # the start of the stream
    if next_event().__class__ is StreamEndEvent:
        return None, 0
    first = next_event()
    value = _collection(next_event, first)
    if next_event().__class__ is not DocumentEndEvent or next_event().__class__ is not StreamEndEvent:
        raise Unusual
    return value, first.start_mark.line


def _collection(next_event: Callable[[], Any], first: Any) -> Any:
    """Everything from the first event, which must begin a collection, to the event that ends it.

    One loop for all levels that calls nothing of ours: a call per event would take a third longer.
    """
    values, keys = _values, _keys
    scalar, alias, mapping_start = ScalarEvent, AliasEvent, MappingStartEvent
    mapping_end, sequence_end = MappingEndEvent, SequenceEndEvent
    in_mapping = first.__class__ is mapping_start
    if not in_mapping and first.__class__ is not SequenceStartEvent:
        raise Unusual
    if first.tag is not None or first.anchor is not None:
        raise Unusual
    container: Any = {} if in_mapping else []
    parents: list[Any] = []
    key = ""
    while True:
        event = next_event()
        kind = event.__class__
        if in_mapping and kind is scalar:
            if event.tag is not None or event.anchor is not None:
                raise Unusual
            key = keys[event.value] if event.implicit[0] else event.value
            if key in container:
                raise Unusual
            event = next_event()
            kind = event.__class__
        elif kind is sequence_end or kind is mapping_end:
            if not parents:
                return container
            container = parents.pop()
            in_mapping = container.__class__ is dict
            continue
        elif in_mapping:
            raise Unusual
        if kind is alias or event.tag is not None or event.anchor is not None:
            raise Unusual
        if kind is scalar:
            value = values[event.value] if event.implicit[0] else event.value
            if in_mapping:
                container[key] = value
            else:
                container.append(value)
            continue
        value = {} if kind is mapping_start else []
        if in_mapping:
            container[key] = value
        else:
            container.append(value)
        if len(parents) >= DEEPEST - 1:
            raise Unusual
        parents.append(container)
        container = value
        in_mapping = kind is mapping_start
