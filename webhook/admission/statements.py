"""Statements: "this field must be so", the words of `fields` and of every condition (policy-language.md, "How words
are read").

A statement has one subject (pod, container or object) with a path, and operators. As a rule it yields what is wrong;
as a condition it is true or false, where an absent field makes positive operators false and negative ones true.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from webhook.admission.absent import inherited
from webhook.admission.finding import Found
from webhook.admission.operators import CannotDecide, Operator, Reference, Scope
from webhook.admission.request import Operation
from webhook.admission.rule import Condition, Subject
from webhook.admission.words import quote, shown
from webhook.pod.containers import Container, Role
from webhook.pod.schema import fields_allowed_in
from webhook.source.path import EACH, Path, Steps, look_up, parse, select

BUDGET = 100_000  # places that one statement may look at in one object


class BudgetSpent(Exception):
    """One statement has more combinations of `[*]` than it may look at; the rule has *failed* for this object."""


@dataclass(frozen=True, slots=True)
class Spot:
    """One place that a statement is about: its path in the object, the value (None: absent), and its container."""

    path: Path
    value: Any
    container: Container | None
    element: Any = None


@dataclass(frozen=True, slots=True)
class Statement:
    """One compiled statement."""

    subject: str
    steps: Steps
    text: str
    operators: tuple[Operator, ...] = ()
    required: Any = False
    forbidden: bool = False
    refuse_absent: bool = False
    absent_means: Any = None
    unique: str = ""
    unchanged: tuple[Steps, ...] | None = None
    where: tuple[tuple[Steps, "Statement"], ...] = ()
    when: Condition | None = None
    any_of: tuple["Statement", ...] = ()

    def found(self, subject: Subject) -> Iterator[Found]:
        """Everything that is wrong with the subject; nothing when all is well."""
        if self.when is not None and not self.when(subject):
            return
        if self.any_of:
            yield from self._none_of(subject)
            return
        for scope in self._scopes(subject):
            yield from self._found_in(subject, scope)

    def holds(self, subject: Subject) -> bool:
        """The statement as a condition on the subject; with containers, one for which it holds is enough."""
        if self.any_of:
            return any(part.holds(subject) for part in self.any_of)
        return any(self.holds_for(subject, scope) for scope in self._scopes(subject))

    def holds_for(self, subject: Subject, scope: Container | None) -> bool:
        """The condition for one container, or for the pod or object."""
        spots = [spot for spot in self._spots(subject, scope) if self._where(spot)]
        present = [spot for spot in spots if spot.value is not None]
        if self.required and not any(_filled(spot.value, self.required) for spot in present):
            return False
        if self.forbidden and any(_filled(spot.value, "nonEmpty") for spot in present):
            return False
        return all(self._operator_holds(operator, present, subject) for operator in self.operators)

    def _operator_holds(self, operator: Operator, present: list[Spot], subject: Subject) -> bool:
        if not present:
            return operator.negative
        results = (operator.holds(spot.value, self._scope(subject, spot)) for spot in present)
        return all(results) if operator.negative else any(results)

    def _scopes(self, subject: Subject) -> tuple[Container | None, ...]:
        """What the statement is judged for one by one: each container, or the pod or object once."""
        if self.subject != "container":
            return (None,)
        field = self.steps[0]
        return tuple(c for c in subject.containers if _allows(c, field))

    def _found_in(self, subject: Subject, container: Container | None) -> Iterator[Found]:
        if self.unchanged is not None:
            yield from self._changed(subject, container)
            return
        spots = list(self._spots(subject, container))
        chosen = [spot for spot in spots if self._where(spot)] if self.where else spots
        if self.where and self.steps[-1] is EACH and self.required:
            if not chosen:
                at = self._base(subject, container)
                yield Found(
                    (*at, *self._plain_prefix()), None, f"has no element with {_told(self.where)}, must have one"
                )
            return
        for spot in chosen:
            yield from self._wrong(subject, spot)
        if self.unique:
            yield from _duplicates(chosen)

    def _wrong(self, subject: Subject, spot: Spot) -> Iterator[Found]:
        value = spot.value
        if self.forbidden:
            if _filled(value, "nonEmpty"):
                yield Found(spot.path, value, f"is {shown(spot.path, value)}, must not be set", "remove it")
            return
        if value is None or (self.required == "nonEmpty" and not _filled(value, "nonEmpty")):
            yield from self._absent(subject, spot)
            return
        for operator in self.operators:
            if not operator.holds(value, self._scope(subject, spot)):
                yield Found(
                    spot.path, value, f"is {shown(spot.path, value)}, must {operator.wants}", ratchets=operator.ratchets
                )

    def _absent(self, subject: Subject, spot: Spot) -> Iterator[Found]:
        wants = " and ".join(operator.wants for operator in self.operators)
        if spot.value is None and self.absent_means is not None and not self.required:
            meant = replace(spot, value=self.absent_means)
            for operator in self.operators:
                if not operator.holds(meant.value, self._scope(subject, meant)):
                    message = f"missing, which means {quote(meant.value)}; it must {operator.wants}"
                    yield Found(spot.path, None, message)
        elif self.required or self.refuse_absent:
            word = "missing" if spot.value is None else "empty"
            yield Found(spot.path, spot.value, f"{word}, must {wants or 'be set'}")

    def _spots(self, subject: Subject, container: Container | None) -> Iterator[Spot]:
        """Every place that the path leads to in this container, pod or object."""
        base = self._base(subject, container)
        root = look_up(subject.object, base)
        for count, (path, value) in enumerate(select(root, self.steps, base)):
            if count > BUDGET:
                raise BudgetSpent(f"{self.text} leads to more than {BUDGET} places in this object")
            read_value, read_path = self._as_kubelet_reads(subject, container, path, value)
            yield Spot(read_path, read_value, container, self._element(subject, path))

    def _as_kubelet_reads(
        self, subject: Subject, container: Container | None, path: Path, value: Any
    ) -> tuple[Any, Path]:
        """An inherited leaf that the container leaves out is the pod's; the namespace is the request's."""
        if value is None and container is not None and inherited(self.steps):
            pod_path: Path = (*container.pod.at, "spec", *path[len(container.at) :])
            inherited_value = look_up(subject.object, pod_path)
            return (inherited_value, pod_path) if inherited_value is not None else (None, path)
        if self.subject == "pod" and self.steps == ("metadata", "namespace"):
            return subject.request.namespace or None, path
        return value, path

    def _base(self, subject: Subject, container: Container | None) -> Path:
        if container is not None:
            return container.at
        return subject.pod.at if self.subject == "pod" and subject.pod else ()

    def _plain_prefix(self) -> Path:
        return tuple(step for step in self.steps[:-1] if isinstance(step, str | int))

    def _element(self, subject: Subject, path: Path) -> Any:
        """The element of the innermost `[*]` that a path goes through."""
        if not self.where:
            return None
        below = len(self.steps) - 1 - max(i for i, step in enumerate(self.steps) if step is EACH)
        return look_up(subject.object, path[: len(path) - below])

    def _where(self, spot: Spot) -> bool:
        return all(_holds_in(spot.element, steps, statement) for steps, statement in self.where)

    def _scope(self, subject: Subject, spot: Spot) -> Scope:
        return lambda reference: list(_referred(reference, subject, spot.container))

    def _none_of(self, subject: Subject) -> Iterator[Found]:
        """anyOf, judged container by container: one alternative must hold."""
        first = self.any_of[0]
        for scope in first._scopes(subject):
            if any(part._is_met(subject, scope) for part in self.any_of):
                continue
            path = (*first._base(subject, scope), *first._plain_steps())
            wanted = " or ".join(part.told() for part in self.any_of)
            yield Found(path, look_up(subject.object, path), f"none of the alternatives holds: {wanted}")

    def _is_met(self, subject: Subject, scope: Container | None) -> bool:
        """Inside anyOf an absent field satisfies no value operator unless absence has a meaning."""
        if self.operators and not self.forbidden and self.absent_means is None:
            spots = [spot for spot in self._spots(subject, scope) if self._where(spot)]
            if not any(spot.value is not None for spot in spots):
                return False
        return next(self._found_in(subject, scope), None) is None

    def _plain_steps(self) -> Path:
        plain: list[str | int] = []
        for step in self.steps:
            if not isinstance(step, str | int):
                break
            plain.append(step)
        return tuple(plain)

    def told(self) -> str:
        """The statement in words, for messages."""
        if self.forbidden:
            return f"{self.text} is not set"
        wants = " and ".join(operator.wants for operator in self.operators)
        return f"{self.text} must {wants}" if wants else f"{self.text} is set"

    def _changed(self, subject: Subject, container: Container | None) -> Iterator[Found]:
        """What differs from the old object; on a CREATE there is none."""
        if subject.request.operation is not Operation.UPDATE:
            return
        old = subject.request.old_object
        if old is None:
            raise CannotDecide("the old object is not given (use --old FILE)")
        base = self._base(subject, container)
        old_root = _old_container(old, container) if container is not None else look_up(old, base)
        before = [_without(value, self.unchanged or ()) for _, value in select(old_root, self.steps)]
        spots = list(self._spots(subject, container))
        after = [_without(spot.value, self.unchanged or ()) for spot in spots]
        if before != after and spots:
            yield Found(spots[0].path, spots[0].value, "was changed, must stay as it is", ratchets=False)


def _allows(container: Container, field: Any) -> bool:
    name = "sidecars" if container.role is Role.SIDECAR else container.list
    return not isinstance(field, str) or fields_allowed_in(name, field)


def _filled(value: Any, required: Any) -> bool:
    """Whether something counts as being there; false, "" and empty collections do not for nonEmpty and forbidden."""
    if value is None:
        return False
    return required != "nonEmpty" or not (value is False or value in ("", [], {}))


def _holds_in(element: Any, steps: Steps, statement: Statement) -> bool:
    values = [value for _, value in select(element, steps) if value is not None]
    if statement.required and not values:
        return False
    if statement.forbidden and values:
        return False
    for operator in statement.operators:
        results = [operator.holds(value, _nowhere) for value in values]
        if not (all(results) if operator.negative else any(results)):
            return False
    return True


def _nowhere(_: Reference) -> list[Any]:
    return []


def _told(where: tuple[tuple[Steps, Statement], ...]) -> str:
    return " and ".join(statement.told() for _, statement in where)


def _referred(reference: Reference, subject: Subject, container: Container | None) -> Iterator[Any]:
    """The values of another path; under `container` those of the same container."""
    base: Path = ()
    if reference.subject == "container" and container is not None:
        base = container.at
    elif reference.subject == "pod" and subject.pod is not None:
        base = subject.pod.at
    for _, value in select(look_up(subject.object, base), parse(reference.path)):
        if value is not None:
            yield value


def _duplicates(spots: list[Spot]) -> Iterator[Found]:
    seen: list[Any] = []
    for spot in spots:
        if spot.value is not None and spot.value in seen:
            yield Found(spot.path, spot.value, f"is {shown(spot.path, spot.value)} a second time, must be unique")
        seen.append(spot.value)


def _old_container(old: dict[str, Any], container: Container) -> Any:
    items = look_up(old, container.at[:-1]) or []
    return next((raw for raw in items if isinstance(raw, dict) and raw.get("name") == container.name), None)


def _without(value: Any, exceptions: tuple[Steps, ...]) -> Any:
    """The value without what may change."""
    for steps in exceptions:
        value = _dropped(value, steps)
    return value


def _dropped(value: Any, steps: Steps) -> Any:
    first, rest = steps[0], steps[1:]
    if isinstance(value, list):
        return [_dropped(item, rest) if first is EACH or first == i else item for i, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    if not rest:
        return {key: item for key, item in value.items() if first is not EACH and key != first} or None
    return {key: _dropped(item, rest) if first is EACH or key == first else item for key, item in value.items()}
