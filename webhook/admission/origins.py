"""Origins: whose word a filled-in value is. Kept while it is made, and only told where somebody asks."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from webhook.source.path import Path


class Link(NamedTuple):
    """One word on a value: whose it is, what they say, and why it does not count ("" where it may)."""

    whose: str
    value: Any
    refused: str = ""


Tell = Callable[[], Mapping[Path, Sequence[Link]]]
"""Every word on the values below one place, by their paths from there; of each the word that holds stands last."""


class Origin(NamedTuple):
    """What a rule can tell of a value that it has put at a path, when so many edits had been made."""

    rule: str
    path: Path
    edits: int
    tell: Tell
