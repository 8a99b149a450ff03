"""Spots: the places of an object that a path in a rule leads to, read as the kubelet and the request mean them."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from webhook.admission.absent import inherited_leaf
from webhook.admission.operands import Reference, Scope
from webhook.admission.rule import Subject
from webhook.pod.containers import Container
from webhook.source.path import EACH, Path, Steps, look_up, select

BUDGET = 100_000
"""Places that one statement may look at in one object: some tenths of a second."""

WORDS_COST = 100
"""What telling one finding takes from the budget: words are dearer than looking."""

NAMESPACE = ("metadata", "namespace")
"""The path of the pod's namespace, which is always the request's."""


class BudgetSpent(Exception):
    """One statement has more combinations of `[*]` than it may look at; the rule has *failed* for this object."""


Spot = tuple[Path, Any]
"""One place: its path in the object, and the value there (None: absent)."""


class Look:
    """One statement looking at one subject: every place is counted, and another path is read once per container."""

    __slots__ = ("_known", "_left", "_text", "subject")

    def __init__(self, subject: Subject, text: str) -> None:
        self.subject = subject
        self._text = text
        self._left = BUDGET
        self._known: dict[tuple[Reference, Path], list[Any]] = {}

    def spend(self, places: int = 1) -> None:
        """Count places that are looked at; raises BudgetSpent."""
        self._left -= places
        if self._left < 0:
            told = f"could not be checked: `{self._text}` leads to more than {BUDGET} places in this object"
            raise BudgetSpent(told)

    def spots(self, about: str, steps: Steps, container: Container | None) -> Iterator[Spot]:
        """Every place that a path of this subject (pod, container, object) leads to; none where there is no pod.

        A leaf that a container inherits is read, and told, where the kubelet reads it. The pod's namespace is the
        request's: a template has none of its own.
        """
        if about == "pod" and steps == NAMESPACE:
            yield NAMESPACE, self.subject.request.namespace or None
            return
        base = self.base(about, container)
        if base is None:
            return
        root = container.raw if container is not None else look_up(self.subject.object, base)
        if container is not None and (leaf := inherited_leaf(steps)) and look_up(root, leaf) is None:
            shared = (*container.pod.at, "spec")
            if look_up(container.pod.spec, leaf) is not None:
                base, root = shared, container.pod.spec
        for spot in select(root, steps, base):
            self.spend()
            yield spot

    def base(self, about: str, container: Container | None) -> Path | None:
        """Where paths of this subject begin; None where there is no such subject."""
        if about == "object":
            return ()
        if about == "container":
            return container.at if container is not None else None
        return self.subject.pod.at if self.subject.pod is not None else None

    def below(self, element: Any, steps: Steps) -> list[Any]:
        """The values below an element."""
        if len(steps) == 1 and isinstance(element, dict) and steps[0] is not EACH:  # nearly always
            value = element.get(steps[0])
            return [value] if value is not None else []
        values = [value for _, value in select(element, steps) if value is not None]
        self.spend(len(values))
        return values

    def scope(self, container: Container | None) -> Scope:
        """How operators reach other paths from here."""
        return partial(self._values, container)

    def _values(self, container: Container | None, reference: Reference) -> list[Any]:
        """The values of another path; seen from a pod or object, those of all containers."""
        about_containers = reference.subject == "container"
        places = (container,) if container is not None or not about_containers else self.subject.containers
        key = (reference, container.at if container is not None else ())
        known = self._known.get(key)
        if known is None:
            spots = (
                self.spots(reference.subject, reference.steps, place if about_containers else None) for place in places
            )
            known = self._known[key] = [value for found in spots for _, value in found if value is not None]
        self.spend(len(known))
        return known
