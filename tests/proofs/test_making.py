"""What is made so: once is enough, the rule that made it accepts it, the patch says exactly what was done."""

from typing import Any

import pytest
from hypothesis import given

from tests.proofs.asking import SEEDS, alike, any_requests, creations, requests, updates, variants
from tests.proofs.objects import Json, weighted
from tests.proofs.proving import applied, decision_of, hides_a_clash, loaded, patched, proven, told
from tests.proofs.rules import DRAWN, Rules, enforced, folders, policy, typed
from webhook.admission.decision import Verdict
from webhook.admission.finding import Cause, Finding
from webhook.admission.request import Request
from webhook.engine.decide import Stage
from webhook.policy.ruleset import Ruleset

WRITTEN = weighted((5, creations()), (2, updates()))


@proven(130)
@given(folders(), WRITTEN, SEEDS)
def test_what_was_made_so_once_is_not_made_so_again_and_has_the_same_verdict(
    documents: list[Json], request: Request, seed: int
) -> None:
    ruleset = loaded(documents)
    for one in alike(request, seed):
        once = decision_of(one, ruleset)
        if hides_a_clash(one, once, ruleset):
            continue
        again = patched(one, once)
        assert decision_of(again, ruleset, Stage.MUTATE).patch == ()
        twice = decision_of(again, ruleset)
        assert (twice.verdict, twice.patch) == (once.verdict, ())
        assert told(twice.findings) == told(once.findings)


def asks_for(finding: Finding, made: set[tuple[Any, ...]]) -> bool:
    """Whether a finding is about a place that was made so, or about something in it.

    An image that was rewritten may still lack a tag or come from where it may not: that is another part of one text.
    """
    if finding.cause is not Cause.VIOLATES:
        return False
    if finding.path in made and isinstance(finding.value, str) and finding.path[-1] in ("image", "reference"):
        return "must be pulled from" in finding.message
    return any(finding.path[: len(path)] == path for path in made)


OF_EACH = {kind: typed(kind) for kind in DRAWN if kind not in ("fields", "refuse")}


@pytest.mark.parametrize("kind", OF_EACH)
def test_what_a_rule_makes_so_the_same_rule_accepts_and_does_not_make_so_again(kind: str) -> None:
    """A rule by itself has no finding at a place that it has filled, set or put in, nor below it."""
    rule: Rules = OF_EACH[kind]

    @proven(40)
    @given(rule, creations(), SEEDS)
    def accepts(body: Json, request: Request, seed: int) -> None:
        ruleset = loaded(enforced([policy("p", [body])]))
        for one in alike(request, seed, 8):
            decision = decision_of(one, ruleset)
            assert decision_of(patched(one, decision), ruleset, Stage.MUTATE).patch == ()
            made = {edit.path for edit in decision.edits}
            assert [finding for finding in decision.findings if asks_for(finding, made)] == []

    accepts()


def is_exact(request: Request, ruleset: Ruleset) -> None:
    """/mutate allows, its patch leads another hand to what is judged, and what came in is as it was."""
    before = repr(request)
    decision = decision_of(request, ruleset, Stage.MUTATE)
    assert (decision.verdict, decision.findings) == (Verdict.ALLOWED, ())
    if request.object is not None and request.subresource != "scale":  # its zero is written out for the rules
        assert applied(request.object, decision.patch) == decision.object
    assert repr(request) == before


@proven(60)
@given(folders(), requests(), SEEDS)
def test_mutate_never_denies_and_its_patch_leads_another_hand_to_the_same_object(
    documents: list[Json], request: Request, seed: int
) -> None:
    ruleset = loaded(documents)
    for one in (*variants(request), *alike(request, seed)):
        is_exact(one, ruleset)
        mutated, both = decision_of(one, ruleset, Stage.MUTATE), decision_of(one, ruleset)
        assert (both.patch, both.object) == (mutated.patch, mutated.object)
        assert decision_of(one, ruleset, Stage.VALIDATE).patch == ()


@proven(60)
@given(folders(), any_requests())
def test_so_it_is_for_any_object_at_all(documents: list[Json], request: Request) -> None:
    ruleset = loaded(documents)
    for one in variants(request):
        is_exact(one, ruleset)
