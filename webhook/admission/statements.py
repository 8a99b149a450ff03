"""Statements: "this field must be so", the words of `fields` and of every condition (policy-language.md, "How words
are read").

A statement has one subject (pod, container or object) with a path, and operators. As a rule it yields what is wrong
(`found`); as a condition it is true or false (it is called), where an absent field makes positive operators false and
negative ones true.
"""

from collections.abc import Iterator
from typing import Any

from webhook.admission.absent import Required, is_set, is_there
from webhook.admission.changes import also_in_its_container, changes
from webhook.admission.duplicates import duplicates
from webhook.admission.finding import Found
from webhook.admission.found_words import alternatives, found_words, such, wanted, wrong_words
from webhook.admission.operands import Scope
from webhook.admission.operators import CannotDecide, Operator
from webhook.admission.request import Operation
from webhook.admission.rule import Subject
from webhook.admission.spots import BUDGET, WORDS_COST, BudgetSpent, Look, Spot
from webhook.admission.words import quote
from webhook.pod.containers import Container, Role
from webhook.pod.schema import fields_allowed_in
from webhook.source.declare import shape
from webhook.source.path import EACH, Path, Steps, look_up, select

__all__ = ["BUDGET", "BudgetSpent", "Statement"]


@shape
class Statement:
    """One compiled statement. Those in `where` are about an element: their steps begin there."""

    subject: str
    steps: Steps
    text: str
    operators: tuple[Operator, ...] = ()
    required: Required = False
    forbidden: bool = False
    refuse_absent: bool = False
    absent_means: Any = None
    unique: str = ""
    unchanged: tuple[Steps, ...] | None = None
    where: tuple["Statement", ...] = ()
    when: tuple["Statement", ...] = ()
    unless: tuple["Statement", ...] = ()
    any_of: tuple["Statement", ...] = ()

    def found(self, subject: Subject) -> Iterator[Found]:
        """Everything that is wrong with the subject; nothing when all is well. Raises BudgetSpent, CannotDecide."""
        look = Look(subject, self.text)
        told: set[tuple[Path, str]] = set()
        for found in self._all(look):
            look.spend(WORDS_COST)
            if (found.path, found.message) not in told:  # what several containers inherit is told once
                yield found
            told.add((found.path, found.message))

    def _all(self, look: Look) -> Iterator[Found]:
        across: list[Spot] = []
        for container in self._judged(look):
            for found in self._found_in(look, container, across):
                yield found
                yield from also_in_its_container(found, container, look.subject.request)
        yield from duplicates(across)

    def __call__(self, subject: Subject) -> bool:
        """The statement as a condition on the subject; of containers, one for which it holds is enough."""
        return self._holds_somewhere(Look(subject, self.text))

    def holds_for(self, subject: Subject, container: Container) -> bool:
        """The statement as a condition on one container."""
        return self._holds_in(Look(subject, self.text), container)

    def _holds_somewhere(self, look: Look) -> bool:
        if self.subject != "container":
            return self._holds_in(look, None)
        return any(self._holds_in(look, one) for one in look.subject.containers if self._is_about(one))

    def _holds_in(self, look: Look, container: Container | None) -> bool:
        if self.any_of:
            return any(part._holds_in(look, container) for part in self.any_of)
        values = [value for _, value in self._spots(look, container) if value is not None]
        return self._true_of(values, look.scope(container))

    def _true_of(self, values: list[Any], scope: Scope) -> bool:
        """Of many values a positive operator needs one and a negative one all; of none it is false, or true."""
        if self.required and not any(is_there(value, self.required) for value in values):
            return False
        if self.forbidden and any(map(self._minds, values)):
            return False
        return all(_true_of_many(operator, values, scope) for operator in self.operators)

    def _judged(self, look: Look) -> Iterator[Container | None]:
        """What is judged one by one, each container, or the pod or object once; less what the conditions leave out.

        A condition on containers chooses among them in a statement about containers.
        """
        if not self._applies(look, None):
            return
        if self.subject != "container":
            yield None
            return
        for container in look.subject.containers:
            if self._is_about(container) and self._applies(look, container):
                yield container

    def _applies(self, look: Look, container: Container | None) -> bool:
        """The conditions for one container; without one, those that are the same for all."""

        def holds(condition: Statement) -> bool:
            return condition._holds_in(look, container) if container else condition._holds_somewhere(look)

        def is_asked(condition: Statement) -> bool:
            return (self.subject == condition.subject == "container") is (container is not None)

        return all(holds(one) for one in self.when if is_asked(one)) and not any(
            holds(one) for one in self.unless if is_asked(one)
        )

    def _is_about(self, container: Container) -> bool:
        """Whether the API allows the field in that container's list."""
        if self.any_of:
            return any(part._is_about(container) for part in self.any_of)
        field = self.steps[0]
        name = "sidecars" if container.role is Role.SIDECAR else container.list
        return not isinstance(field, str) or fields_allowed_in(name, field)

    def _spots(self, look: Look, container: Container | None) -> Iterator[Spot]:
        """Every place that the path leads to; with `where`, through the elements that fit."""
        if not self.where:
            return look.spots(self.subject, self.steps, container)
        return self._spots_where(look, container)

    def _spots_where(self, look: Look, container: Container | None) -> Iterator[Spot]:
        last = len(self.steps) - self.steps[::-1].index(EACH)
        scope = look.scope(container)
        for at, element in look.spots(self.subject, self.steps[:last], container):
            if self._fits(element, look, scope):
                yield from select(element, self.steps[last:], at)

    def _fits(self, element: Any, look: Look, scope: Scope) -> bool:
        return all(part._true_of(look.below(element, part.steps), scope) for part in self.where)

    def _found_in(self, look: Look, container: Container | None, across: list[Spot]) -> Iterator[Found]:
        """What is wrong in one container, pod or object; values that must be unique in all go to `across`."""
        if self.any_of:
            yield from self._none_of(look, container)
            return
        if self.unchanged is not None:
            yield from self._changed(look, container, self.unchanged)
        if self.where and self.required and self.steps[-1] is EACH:
            yield from self._without_such(look, container)
        scope = look.scope(container)
        chosen = across if self.unique == "pod" else []
        for spot in self._spots(look, container):
            if not self.is_fine(spot[1], scope):
                yield from self._wrong(spot, scope)
            if self.unique:
                chosen.append(spot)
        if self.unique == "list":
            yield from duplicates(chosen, below_list=self.steps[::-1].index(EACH) + 1)

    def is_fine(self, value: Any, scope: Scope) -> bool:
        """The short answer for the many places where all is well."""
        if self.forbidden:
            return not self._minds(value)
        if value is None or (self.required == "nonEmpty" and not is_there(value, self.required)):
            return False
        for operator in self.operators:  # noqa: SIM110 - a generator would cost as much as the answer
            if not operator.holds(value, scope):
                return False
        return True

    def _minds(self, value: Any) -> bool:
        """Whether `forbidden` minds it: of elements that `where` has chosen every one, however empty it is."""
        return value is not None if self.where and self.steps[-1] is EACH else is_set(value)

    @property
    def absence_is_fine(self) -> bool:
        """Whether nothing is said of a field that is absent."""
        if self.forbidden:
            return True
        if self.required or self.refuse_absent or self.absent_means is not None:
            return False
        return all(operator.absent is None for operator in self.operators)

    def _wrong(self, spot: Spot, scope: Scope) -> Iterator[Found]:
        path, value = spot
        if self.forbidden:
            yield Found(path, value, f"is {found_words(path, value)}, must not be set", "remove it")
            return
        if not is_there(value, self.required):
            yield from self._absent(spot, scope)
            return
        for operator in self.operators:
            if not operator.holds(value, scope):
                yield Found(path, value, wrong_words(path, value, operator), _fix(path, operator))

    def _absent(self, spot: Spot, scope: Scope) -> Iterator[Found]:
        """What an absent field is told: that it is missing, or what its absence means where that is wrong."""
        path, value = spot
        if self.required or self.refuse_absent:
            wants = wanted(self.operators) if self.operators or value is None else "not be empty"
            fix = _fix(path, self.operators[0]) if len(self.operators) == 1 else None
            yield Found(path, value, f"{'missing' if value is None else 'is empty'}, must {wants}", fix)
            return
        for operator in self.operators:
            means = operator.absent if operator.absent is not None else self.absent_means
            if means is not None and not operator.holds(means, scope):
                told = "missing," if means == () else f"missing, which means {quote(means)}; it"
                yield Found(path, None, f"{told} must {operator.said}", _fix(path, operator))

    def _without_such(self, look: Look, container: Container | None) -> Iterator[Found]:
        """`required` with `where` on the element itself: each list must have one that fits."""
        scope = look.scope(container)
        for path, items in look.spots(self.subject, self.steps[:-1], container):
            elements = look.below(items, (EACH,))
            if not any(self._fits(element, look, scope) for element in elements):
                yield Found(path, None, f"has none {such(self)}, must have one")

    def _none_of(self, look: Look, container: Container | None) -> Iterator[Found]:
        """anyOf, judged container by container: one alternative must hold."""
        if any(part._is_met(look, container) for part in self.any_of):
            return
        path = self._plain_path(look, container)
        value = look_up(look.subject.object, path)
        yield Found(path, value, alternatives(self.any_of))

    def _is_met(self, look: Look, container: Container | None) -> bool:
        """Inside anyOf an absent field satisfies no value operator unless absence has a meaning."""
        if not self._applies(look, None) or (container is not None and not self._applies(look, container)):
            return False
        if self.operators and self.absent_means is None:
            spots = [value for _, value in self._spots(look, container)]
            if not spots or any(value is None for value in spots):
                return False
        return next(self._found_in(look, container, []), None) is None

    def _changed(self, look: Look, container: Container | None, exceptions: tuple[Steps, ...]) -> Iterator[Found]:
        """What differs from the old object; without an update there is none."""
        request = look.subject.request
        base = look.base(self.subject, container)
        if request.operation is not Operation.UPDATE or base is None:
            return
        if request.old_object is None:
            raise CannotDecide("the old object is not given (use --old FILE)")
        yield from changes(request, look.subject.object, base, container, self.steps, exceptions)

    def _plain_path(self, look: Look, container: Container | None) -> Path:
        """The path as far as it is one: up to the first [*]."""
        last = self.steps.index(EACH) if EACH in self.steps else len(self.steps)
        plain = tuple(step for step in self.steps[:last] if isinstance(step, str | int))
        return (*(look.base(self.subject, container) or ()), *plain)


def _true_of_many(operator: Operator, values: list[Any], scope: Scope) -> bool:
    results = (operator.holds(value, scope) for value in values)
    return all(results) if operator.negative else any(results)


def _fix(path: Path, operator: Operator) -> str | None:
    """What to write, where the operator wants one plain value."""
    if not isinstance(operator.sets, str | int | float) or not isinstance(path[-1], str):
        return None
    return f"set {path[-1]}: {quote(operator.sets)}"
