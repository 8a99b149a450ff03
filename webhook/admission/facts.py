"""Facts: what was learned outside the object, as plain data, so that a decision can be recorded and replayed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace's labels and annotations, as far as rules read them."""

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


class Unavailable(NamedTuple):
    """A fact that was asked for and could not be had; `reason` is a sentence for people."""

    reason: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known so far.

    A namespace that is missing from `namespaces` has not been asked for yet; one that is `Unavailable` was asked
    for in vain; `None` means that the API server says it does not exist. With `askable` False nobody can answer
    (an offline check): what is missing is then undecided at once instead of a need.
    """

    namespaces: Mapping[str, Namespace | Unavailable | None] = field(default_factory=dict)
    askable: bool = True


NO_FACTS = Facts()


class Needs(NamedTuple):
    """The outside facts that a decision still misses; gather them and decide again."""

    namespaces: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.namespaces)
