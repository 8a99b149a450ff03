"""Plain data as YAML that kubectl reads back as the same data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

from webhook.source import scalars

_WIDTH = 120
_SHORT = 90  # characters of a list that stands on one line


class _Dumper(yaml.SafeDumper):
    """No anchors: two places that share a list in memory are two lists."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the same for all
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        """Lists are indented below their key."""
        super().increase_indent(flow, indentless=False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """A string; quoted where it would be something else without quotes: `1e3` is a number to kubectl, not to PyYAML."""
    try:
        quoted = scalars.value(text) != text
    except scalars.ScalarError:
        quoted = True
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="'" if quoted else None)


def _list(dumper: yaml.SafeDumper, items: list[Any]) -> yaml.SequenceNode:
    """A short list of scalars stands on one line."""
    plain = not any(isinstance(item, dict | list) for item in items)
    flow = plain and sum(len(str(item)) + 4 for item in items) < _SHORT
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=flow)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(list, _list)


def dump(documents: Iterable[Any]) -> str:
    """The documents as one stream of YAML; keys keep their order, so the same data are the same text."""
    return yaml.dump_all(
        documents, Dumper=_Dumper, sort_keys=False, explicit_start=True, width=_WIDTH, allow_unicode=True
    )
