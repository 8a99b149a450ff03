"""Kubernetes label selectors: matchLabels and matchExpressions with the API server's exact semantics.

Labels may be known in part (a namespace that nobody could ask for): then the answer may be None, "not known".
"""

from collections.abc import Mapping
from enum import StrEnum

from webhook.source.declare import field, shape

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

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether an object with these labels is selected."""
        for name, value in self.match_labels.items():
            if labels.get(name) != value:
                return False
        return all(requirement.holds(labels) for requirement in self.match_expressions)

    def matches_name_alone(self, name: str) -> bool | None:
        """The answer for a namespace of which only the name is known: None where other labels decide."""
        labels = {NAME_LABEL: name}
        wanted = [
            *(Requirement(label, SelectorOperator.IN, (value,)) for label, value in self.match_labels.items()),
            *self.match_expressions,
        ]
        if any(part.key == NAME_LABEL and not part.holds(labels) for part in wanted):
            return False
        return True if all(part.key == NAME_LABEL for part in wanted) else None
