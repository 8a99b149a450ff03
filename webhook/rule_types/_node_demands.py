"""What a pod demands of its node: nodeSelector and required node affinity, as the scheduler and the kubelet read them.

Both must hold. Of the affinity's terms one is enough, of a term everything must hold, and a term without anything
matches no node (k8s.io/component-helpers, scheduling/corev1/nodeaffinity).
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from webhook.expressions import expression
from webhook.source.path import Path, look_up

REQUIRED: Path = ("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
TERMS: Path = (*REQUIRED, "nodeSelectorTerms")

_INTEGER = expression(r"[+-]?[0-9]{1,19}")


class Naming(NamedTuple):
    """A place in a pod's spec that asks for a label, and what stands there."""

    path: Path
    value: Any


class Term(NamedTuple):
    """One term of the required affinity: its place in the list, and what it says of labels."""

    number: int
    expressions: tuple[tuple[int, dict[str, Any]], ...]

    def about(self, key: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """What it says of one label."""
        return ((index, one) for index, one in self.expressions if one.get("key") == key)

    def demands(self, key: str, value: str) -> bool:
        """Whether no node matches on which the label has another value, or is not."""
        wanted = [frozenset(_values(one)) for _, one in self.about(key) if one.get("operator") == "In"]
        refused = {text for _, one in self.about(key) if one.get("operator") == "NotIn" for text in _values(one)}
        return bool(wanted) and frozenset.intersection(*wanted) - refused == {value}

    def admits(self, labels: Mapping[str, str]) -> bool:
        """Whether a node with these labels, and any others, can match."""
        return all(_holds(one, labels[one["key"]]) for _, one in self.expressions if one.get("key") in labels)


class Demands(NamedTuple):
    """A pod's demands; `terms` is None where it has no required affinity."""

    selector: Mapping[str, Any]
    terms: tuple[Term, ...] | None

    @classmethod
    def of(cls, spec: Any) -> "Demands":
        """What a pod's spec demands; what has another shape than the API's is left to the API server."""
        selector = look_up(spec, ("nodeSelector",))
        terms = look_up(spec, TERMS)
        found = tuple(_terms(terms)) if isinstance(terms, list) else None
        return cls(selector if isinstance(selector, dict) else {}, found)

    def demand(self, key: str, value: str) -> bool:
        """Whether the pod only runs where the label has this value."""
        if self.selector.get(key) == value:
            return True
        return self.terms is not None and all(term.demands(key, value) for term in self.terms)

    def leave_open(self, key: str, value: str) -> bool:
        """Whether nothing that the pod says of the label speaks against this value."""
        if self.selector.get(key) is not None:
            return False
        return all(term.admits({key: value}) for term in self.terms or ())

    def admit(self, labels: Mapping[str, str]) -> bool:
        """Whether the pod can run on a node with these labels, and any others."""
        if any(self.selector.get(key, value) != value for key, value in labels.items()):
            return False
        return self.terms is None or any(term.admits(labels) for term in self.terms)

    def naming(self, labels: Mapping[str, str], asked: Mapping[str, str]) -> Naming | None:
        """Where the pod asks for one of the labels `asked`, and so for nodes with all of `labels`; None where not."""
        if not self.admit(labels):
            return None
        for key, value in asked.items():
            if self.selector.get(key) == value:
                return Naming(("nodeSelector", key), value)
        for term in self.terms or ():
            if term.admits(labels):
                for index, one in term.expressions:
                    if one.get("key") in asked and one.get("operator") in _ASKING:
                        return Naming((*TERMS, term.number, "matchExpressions", index), one)
        return None


_ASKING = ("In", "Exists", "Gt", "Lt")
"""Operators that only hold where the label is."""


def _terms(terms: list[Any]) -> Iterator[Term]:
    for index, raw in enumerate(terms):
        expressions = look_up(raw, ("matchExpressions",)) or ()
        if expressions or look_up(raw, ("matchFields",)):
            told = enumerate(expressions if isinstance(expressions, list) else ())
            yield Term(index, tuple((at, one) for at, one in told if isinstance(look_up(one, ("key",)), str)))


def _values(expression: dict[str, Any]) -> tuple[str, ...]:
    values = expression.get("values")
    return tuple(text for text in values if isinstance(text, str)) if isinstance(values, list) else ()


def _holds(expression: dict[str, Any], value: str) -> bool:
    """Whether a label that is there satisfies one expression; what the API does not know is left to the API server."""
    operator, values = expression.get("operator"), _values(expression)
    if operator in ("In", "NotIn"):
        return (value in values) is (operator == "In")
    if operator in ("Gt", "Lt"):
        return len(values) == 1 and _compares(operator, value, values[0])
    return operator != "DoesNotExist"


def _compares(operator: str, found: str, bound: str) -> bool:
    if not (_INTEGER.fullmatch(found) and _INTEGER.fullmatch(bound)):
        return False
    return int(found) > int(bound) if operator == "Gt" else int(found) < int(bound)
