"""Any object, any request: an answer always comes, in bounded work; and nothing hostile is a way in."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.objects import NOW
from tests.proofs.asking import SEEDS, alike, any_requests, creations, variants
from tests.proofs.objects import ANYTHING, HOSTILE, PODS, Json, Place, hostile_relatives, places, put
from tests.proofs.proving import FACTS, decision_of, loaded, proven
from tests.proofs.rules import DRAWN, MAKING_RULE, Rules, enforced, folders, policy, typed
from webhook.admission.facts import Facts, Needs
from webhook.admission.finding import Action, Cause
from webhook.admission.request import Operation, Request
from webhook.admission.rule import Subject
from webhook.engine.decide import Stage, decide
from webhook.engine.mutate import narrow
from webhook.pod.containers import Pod
from webhook.policy.ruleset import Rule, Ruleset, makes
from webhook.source.path import look_up

MOST_CALLS = 1_000_000
"""Calls of functions that one decision may take under these few rules: some hundred times what most take."""


class TooMuchWork(BaseException):
    """Not an Exception, so that nobody takes it for a rule that broke."""


@contextmanager
def bounded(most: int = MOST_CALLS) -> Iterator[None]:
    """Ends what would take more calls than this."""
    left = most

    def count(*_: Any) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            sys.setprofile(None)
            raise TooMuchWork

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(before)


@proven(110)
@given(folders(), any_requests(), st.sampled_from(list(Stage)), SEEDS)
def test_an_answer_always_comes_and_no_rule_breaks(
    documents: list[Json], request: Request, stage: Stage, seed: int
) -> None:
    ruleset = loaded(documents)
    spoiled = hostile_relatives(request.object, seed, 5) if request.object else ()
    for one in (*variants(request), *(request._replace(object=obj) for obj in spoiled)):
        with bounded():
            decision_of(one, ruleset, stage)
    needs = decide(request, ruleset, Facts(), NOW, stage)
    assert not isinstance(needs, Needs) or needs.namespaces == {request.namespace}


ENFORCED = folders().map(enforced)


@proven(60)
@given(folders(MAKING_RULE).map(enforced), creations(), SEEDS)
def test_clashes_come_to_an_end(documents: list[Json], request: Request, seed: int) -> None:
    ruleset = loaded(documents)
    for one in alike(request, seed):
        with bounded():
            decision_of(one, ruleset)


BROKEN = (ValueError("x"), KeyError("x"), TypeError(), RecursionError(), ZeroDivisionError(), AttributeError("y"))

MAKES = ("inject", "rewrite", "fill")


def breaking(rule: Rule, part: str, error: Exception) -> Rule:
    """The rule with a part that breaks."""

    def broken(*_: Any) -> Any:
        raise error

    if part == "check":
        return rule._replace(parts=rule.parts._replace(checks=(*rule.parts.checks, broken), fine=None, said=None))
    if part == "when":
        return rule._replace(when=(broken,))
    parts: Any = rule.parts
    spoiled = parts._replace(said=None, **{part: broken})
    return rule._replace(parts=spoiled, makes=makes(spoiled))


@proven(80)
@given(ENFORCED, creations(), st.data())
def test_a_rule_that_breaks_never_lets_an_object_in(
    documents: list[Json], request: Request, data: st.DataObject
) -> None:
    ruleset = loaded(documents)
    applying = [rule for rule in ruleset.rules if rule.info.id in decision_of(request, ruleset).matched]
    assume(applying)
    victim = data.draw(st.sampled_from(applying))
    parts = ["check", "fine", "when"]
    if request.kind == ("", "Pod") and not victim.when:
        parts += [phase for phase in MAKES if getattr(victim.parts, phase)]
    part, error = data.draw(st.sampled_from(parts)), data.draw(st.sampled_from(BROKEN))
    assume(part == "when" or not victim.when)
    broken = breaking(victim, part, error)
    rules = tuple(broken if rule is victim else rule for rule in ruleset.rules)
    decision = decide(request, Ruleset(rules, "r"), FACTS, NOW)
    assert not isinstance(decision, Needs)
    if part in MAKES and decision.allowed:  # somebody else made it so
        assert list(in_full(decision, ruleset, request)) == []
        return
    assert not decision.allowed
    if decision.matched:
        failed = [f for f in decision.acting(Action.DENY) if f.rule == victim.info and f.cause is Cause.FAILED]
        assert failed
        assert victim.info.id in {fault.rule for fault in decision.faults}


def in_full(decision: Any, ruleset: Ruleset, request: Request) -> Iterator[Any]:
    """What the checks of all rules that apply say, asked one by one: no short answer, nothing caught."""
    obj = decision.object or {}
    pod = Pod(obj, ()) if request.kind == ("", "Pod") else None
    subject = Subject(request, obj, pod, FACTS.namespaces[request.namespace], NOW)  # type: ignore[arg-type]
    for rule in ruleset.rules:
        if rule.info.id in decision.matched and not rule.when:
            for check in rule.parts.checks:
                yield from (found for found in check(narrow(subject, rule)) if not found.only_warns)


OF_EACH = {kind: typed(kind) for kind in DRAWN}


@pytest.mark.parametrize("kind", DRAWN)
def test_what_is_allowed_was_asked_of_every_rule_in_full(kind: str) -> None:
    """Whatever hostile stands in it; and no rule breaks, nor in an update where it stood before."""
    rule: Rules = OF_EACH[kind]

    @proven(26)
    @given(st.lists(rule, min_size=1, max_size=6), creations(PODS), SEEDS)
    def asked(bodies: list[Json], request: Request, seed: int) -> None:
        ruleset = loaded(enforced([policy("p", bodies)]))
        obj = request.object or {}
        for one in variants(request):
            decision_of(one, ruleset)
        for spoiled in (obj, *hostile_relatives(obj, seed, 8)):
            one = request._replace(object=spoiled)
            decision = decision_of(one, ruleset)
            if decision.allowed and decision.matched:
                assert list(in_full(decision, ruleset, one)) == []
            decision_of(request._replace(operation=Operation.UPDATE, old_object=spoiled), ruleset)

    asked()


def grown(obj: Json) -> list[Place]:
    """Places of a pod where something more can stand, of which no rule wants that it be there."""
    found = []
    for place in places(obj):
        value = look_up(obj, place)
        if isinstance(value, dict) or (isinstance(value, list) and value and place[-1] != "drop"):
            found.append(place)
    return found


def with_more(value: Any, more: Any) -> Any:
    """The mapping or list with one thing more."""
    return {**value, "zz": more} if isinstance(value, dict) else [*value, more]


@proven(100)
@given(ENFORCED, PODS, st.data())
def test_something_hostile_beside_what_is_denied_never_lets_it_in(
    documents: list[Json], obj: Json, data: st.DataObject
) -> None:
    ruleset = loaded(documents)
    request = data.draw(creations(st.just(obj)))
    assume(not decision_of(request, ruleset).allowed)
    spoiled: Json = request.object or {}
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(grown(spoiled)))
        more = data.draw(st.sampled_from(HOSTILE) | ANYTHING)
        spoiled = put(spoiled, place, with_more(look_up(spoiled, place), more))
    assert not decision_of(request._replace(object=spoiled), ruleset).allowed
