"""Kubernetes label selectors: matchLabels and matchExpressions with the API server's exact semantics.

Labels may be known in part (a namespace that nobody could ask for): then the answer may be None, "not known".
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from webhook.source.declare import field, shape
from webhook.source.shape import BROKEN, Problems, decode

NAME_LABEL = "kubernetes.io/metadata.name"
"""The label that every namespace has: its own name."""


class SelectorOperator(StrEnum):
    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"


@shape
class Requirement:
    """One expression of a selector."""

    key: str = field("The label's key.")
    operator: SelectorOperator = field("In, NotIn, Exists or DoesNotExist.")
    values: tuple[str, ...] = field("The values, for In and NotIn.", default=())

    def __post_init__(self) -> None:
        takes_values = self.operator in (SelectorOperator.IN, SelectorOperator.NOT_IN)
        if takes_values and not self.values:
            raise ValueError(f"{self.operator} needs `values`")
        if not takes_values and self.values:
            raise ValueError(f"{self.operator} takes no `values`")

    def holds(self, labels: Mapping[str, str]) -> bool:
        """An absent label satisfies NotIn and DoesNotExist."""
        value = labels.get(self.key)
        if self.operator is SelectorOperator.IN:
            return value in self.values
        if self.operator is SelectorOperator.NOT_IN:
            return value not in self.values
        return (value is not None) is (self.operator is SelectorOperator.EXISTS)


@shape
class LabelSelector:
    """A label selector; everything it says must hold."""

    match_labels: dict[str, str] = field("Labels that must have exactly these values.", default={})
    match_expressions: tuple[Requirement, ...] = field("Expressions that must all hold.", default=())

    def __post_init__(self) -> None:
        if not self.match_labels and not self.match_expressions:
            raise ValueError("the selector is empty", "say matchLabels or matchExpressions, or leave the selector out")

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """Everything that it wants, one by one."""
        labels = (Requirement(label, SelectorOperator.IN, (value,)) for label, value in self.match_labels.items())
        return (*labels, *self.match_expressions)

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether an object with these labels is selected."""
        for name, value in self.match_labels.items():
            if labels.get(name) != value:
                return False
        return all(requirement.holds(labels) for requirement in self.match_expressions)

    def matches_name_alone(self, name: str) -> bool | None:
        """The answer for a namespace of which only the name is known: None where other labels decide."""
        labels, wanted = {NAME_LABEL: name}, self.requirements
        if any(part.key == NAME_LABEL and not part.holds(labels) for part in wanted):
            return False
        return True if all(part.key == NAME_LABEL for part in wanted) else None


def contradiction(selectors: Iterable[LabelSelector]) -> str:
    """The label of which the selectors want what no object can have; "" where there is none."""
    wanted: dict[str, list[Requirement]] = {}
    for selector in selectors:
        for requirement in selector.requirements:
            wanted.setdefault(requirement.key, []).append(requirement)
    return next((key for key, all_of in wanted.items() if not _possible(key, all_of)), "")


def _possible(key: str, wanted: list[Requirement]) -> bool:
    """Whether some value, or the label's absence, satisfies all: those named are tried, and one that nobody names."""
    named = {value for requirement in wanted for value in requirement.values}
    candidates = [{}, *({key: value} for value in (*named, "\0"))]
    return any(all(requirement.holds(labels) for requirement in wanted) for labels in candidates)


def selects_labels(selector: Any, labels: dict[str, Any], problems: Problems) -> bool:
    """A label selector, or the plain map of a Service; an empty one selects everything."""
    if not isinstance(selector, dict):
        return False
    parts = {key: part for key, part in selector.items() if part}
    if not parts.keys() <= {"matchLabels", "matchExpressions"}:
        return all(labels.get(key) == wanted for key, wanted in parts.items())
    decoded = decode(LabelSelector, parts, (), Problems(problems.place)) if parts else None
    return decoded is None or (decoded is not BROKEN and decoded.matches(labels))
