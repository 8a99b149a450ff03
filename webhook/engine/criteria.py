"""The criteria of a rule, asked one by one with the very predicates that decide (match.py, shortlist.py), and what is
to be said of one that does not hold."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from webhook.admission.facts import Namespace
from webhook.admission.finding import Mode
from webhook.admission.request import Request
from webhook.admission.selector import LabelSelector
from webhook.admission.words import listing, quote
from webhook.engine.match import CRITERIA, families, labels_of, name_of
from webhook.engine.shortlist import labels_select, name_fits
from webhook.policy.match_words import kinds, wanted
from webhook.policy.matching import Match
from webhook.policy.ruleset import Rule, Ruleset
from webhook.source.declare import fields


class Asked(NamedTuple):
    """A request, and all that its matching depends on; `namespace` is None where its labels are not known."""

    request: Request
    ruleset: Ruleset
    namespace: Namespace | None
    now: datetime


class Criterion(NamedTuple):
    """One criterion by its key: whether it holds (None: nobody can say), and the match that it stands in."""

    key: str
    holds: bool | None
    part: Match | None = None


class Reason(NamedTuple):
    """A criterion that does not hold, or of which nobody can say: what it wants, and what is there instead."""

    criterion: str
    wants: str
    found: str = ""


def criteria(rule: Rule, asked: Asked) -> Iterator[Criterion]:
    """Every criterion of a rule but its conditions (`when`), in the order in which people look at them."""
    request, namespace = asked.request, asked.namespace
    yield Criterion("profile", not (request.namespace and asked.ruleset.leaves_alone(request.namespace)))
    yield Criterion("kinds", rule.other_kinds(request.kind, request.subresource) is None)
    yield Criterion("operations", request.operation in rule.operations)
    for part in rule.matches:
        yield Criterion("namespaces", name_fits(part, request), part)
        yield Criterion("namespaceSelector", labels_select(part, request, namespace), part)
        for key, holds in CRITERIA.items():
            yield Criterion(key, holds(part, request, asked.now), part)
    mode = rule.rollout.mode(asked.now, request.namespace, namespace)
    yield Criterion("mode", None if mode is None else mode is not Mode.OFF)


def reason(criterion: Criterion, rule: Rule, asked: Asked) -> Reason:
    """What is to be said of a criterion that does not hold."""
    key, request = criterion.key, asked.request
    if criterion.part is not None:
        value = next(getattr(criterion.part, known.name) for known in fields(criterion.part) if known.key == key)
        return Reason(key, wanted(key, value), _found(key, criterion.part, asked))
    if key == "profile":
        return Reason(key, f"leaves namespace {request.namespace} alone")
    if key == "kinds":
        return Reason(key, kinds(rule.other_kinds(request.kind, request.subresource) or ()))
    if key == "operations":
        return Reason(key, wanted(key, rule.operations))
    return Reason(key, "off" if criterion.holds is False else "the namespace's labels say which")


def _found(key: str, part: Match, asked: Asked) -> str:
    """What is there instead, where that does not stand in everybody's sight."""
    request = asked.request
    if key == "namespaceSelector" and part.namespace_selector:
        return _labels(part.namespace_selector, asked)
    if key == "objectSelector" and part.object_selector:
        return f"it has {_other(part.object_selector, labels_of(request))}"
    if key == "names":
        return f"it is called {quote(name_of(request))[1:-1] or 'nothing'}"
    if key == "users":
        return f"{quote(request.user.name)[1:-1]} asks" if request.user else "who asks is not known here"
    if key == "owners":
        return f"it belongs to a {quote(listing(families(request)))[1:-1]}"
    return f"it is {asked.now.astimezone(UTC):%a %H:%M} UTC".lower().replace("utc", "UTC") if key == "during" else ""


def _labels(selector: LabelSelector, asked: Asked) -> str:
    where = f"namespace {asked.request.namespace or asked.request.name}"
    if asked.namespace is None:
        return f"the labels of {where} are not known here"
    return f"{where} has {_other(selector, dict(asked.namespace.labels))}"


def _other(selector: LabelSelector, labels: dict[str, str]) -> str:
    """The label that does not fit."""
    key = next((one.key for one in selector.requirements if not one.holds(labels)), "")
    value = labels.get(key)
    return f"no label {key}" if value is None else f"{key}={quote(value)[1:-1]}"
