"""The short answer of a statement: whether it surely has nothing to say, whatever its conditions say.

Statements about the same path share what stands there, and each looks at every different value once.
"""

from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Any

from webhook.admission.absent import inherited_leaf
from webhook.admission.operands import Reference
from webhook.admission.operators import CannotDecide
from webhook.admission.rule import Fine, Subject
from webhook.admission.spots import BUDGET, NAMESPACE, BudgetSpent, Look
from webhook.admission.statements import Statement
from webhook.source.path import Path, Steps, look_up, values

_PLAIN = frozenset({str, int, float, bool, type(None)})
_EQUAL_TO_OTHERS = frozenset({int, float, bool})  # 1 equals true, but is not the same


def short_answer(statement: Statement) -> Fine | None:
    """True only where `statement.found` would yield nothing; None where every subject has to be asked."""
    if statement.any_of or statement.where or statement.unique or statement.unchanged is not None:
        return None
    refers = any(operator.refers for operator in statement.operators)
    if refers and statement.subject == "container":  # each container has another path of its own
        return None
    read, absence_is_fine = _reader(statement.subject, statement.steps), statement.absence_is_fine

    def fine(subject: Subject) -> bool:
        found = subject.derived(read, read)
        if found is None:
            return False
        scope = Look(subject, statement.text).scope(None) if refers else _nowhere
        for value in found:  # noqa: SIM110 - a generator would cost as much as the answer
            if not (absence_is_fine if value is None else statement.is_fine(value, scope)):
                return False
        return True

    def careful(subject: Subject) -> bool:
        try:
            return fine(subject)
        except (BudgetSpent, CannotDecide):  # conditions may leave out what was too much
            return False

    return careful if refers else fine


def _nowhere(_: Reference) -> list[Any]:
    """The scope of operators that look at no other path."""
    return []


@lru_cache(1024)
def _reader(about: str, steps: Steps) -> "_Reader":
    """One reader for all statements about the same path."""
    return _Reader(about, steps)


class _Reader:
    """Reads the different values that stand at one path; None where there are too many, or no such subject."""

    __slots__ = ("_about", "_leaf", "_steps")

    def __init__(self, about: str, steps: Steps) -> None:
        self._about, self._steps = about, steps
        self._leaf: Path = inherited_leaf(steps) if about == "container" else ()

    def __call__(self, subject: Subject) -> Collection[Any] | None:
        if self._about == "pod" and self._steps == NAMESPACE:
            return (subject.request.namespace or None,)
        if self._about != "object" and subject.pod is None:
            return None
        found: list[Any] = []
        for root in self._roots(subject):
            found += values(root, self._steps)
        return _different(found) if len(found) <= BUDGET else None

    def _roots(self, subject: Subject) -> Iterable[Any]:
        if self._about == "object" or subject.pod is None:
            return (subject.object,)
        if self._about == "pod":
            return (look_up(subject.object, subject.pod.at),)
        if not self._leaf:
            return [container.raw for container in subject.containers]
        spec = subject.pod.spec
        if look_up(spec, self._leaf) is None:
            return [container.raw for container in subject.containers]
        return [spec if look_up(one.raw, self._leaf) is None else one.raw for one in subject.containers]


def _different(found: list[Any]) -> Collection[Any]:
    """The values, each once where that is simply told."""
    types = set(map(type, found))
    return set(found) if types <= _PLAIN and len(types & _EQUAL_TO_OTHERS) < 2 else found
