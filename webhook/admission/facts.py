"""Facts: what was learned outside the object, as plain data, so that a decision can be recorded and replayed."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # what a run without evidence does not import
    from webhook.admission.evidence import ImageFacts, ImageNeed, NotHad

_NOTHING: Mapping[str, str] = MappingProxyType({})


class Namespace(NamedTuple):
    """A namespace's labels and annotations, as far as rules read them."""

    name: str
    labels: Mapping[str, str] = _NOTHING
    annotations: Mapping[str, str] = _NOTHING


class Unavailable(NamedTuple):
    """A fact that was asked for and could not be had; `reason` is a sentence for people."""

    reason: str


class Facts(NamedTuple):
    """What is known so far.

    A namespace that is missing from `namespaces` has not been asked for yet; one that is `Unavailable` was asked
    for in vain; `None` means that the API server says it does not exist. With `askable` False nobody can answer
    (an offline check): what is missing is then undecided at once instead of a need. The same for `images`, by their
    references, and `dialable`.
    """

    namespaces: Mapping[str, Namespace | Unavailable | None] = MappingProxyType({})
    askable: bool = True
    images: "Mapping[str, ImageFacts | NotHad]" = MappingProxyType({})
    dialable: bool = True


NO_FACTS = Facts()


@cache
def not_asked() -> "NotHad":
    """What is known of an image where nobody can ask: always the same value."""
    from webhook.admission.evidence import NotHad, Outcome

    return NotHad(Outcome.UNAVAILABLE, "only its registry knows, and nobody asked it")


class Needs(NamedTuple):
    """The outside facts that a decision still misses; gather them and decide again."""

    namespaces: frozenset[str] = frozenset()
    images: "frozenset[ImageNeed]" = frozenset()

    def __bool__(self) -> bool:
        return bool(self.namespaces or self.images)


class Learning:
    """What one decision has asked of the facts about images: `missing` is what nobody has looked up yet."""

    __slots__ = ("_facts", "missing")

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self.missing: set[ImageNeed] = set()

    def image(self, need: "ImageNeed") -> "ImageFacts | NotHad | None":
        """What is known of an image; None after noting that it has to be learnt first: the decision is made again."""
        from webhook.admission.evidence import NotHad

        known = self._facts.images.get(need.reference)
        if known is not None and (isinstance(known, NotHad) or _suffices(known, need)):
            return known
        if not self._facts.dialable:
            return not_asked()
        self.missing.add(need)
        return None


def _suffices(known: "ImageFacts", need: "ImageNeed") -> bool:
    return (known.evidence is not None or not need.evidence) and (known.platforms is not None or not need.platforms)


NOTHING_TO_LEARN = Learning(Facts(askable=False, dialable=False))
