"""The proofs prove something: nearly all drawn rules load, and rules of each type find, and make so where they can."""

from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis.errors import UnsatisfiedAssumption

from tests.proofs.asking import SEEDS, alike, creations, requests
from tests.proofs.objects import PLAUSIBLE, PODS, Json, weighted
from tests.proofs.proving import decision_of, loaded, loading, proven
from tests.proofs.rules import DRAWN, Rules, enforced, folders, policy, typed
from webhook.admission.decision import Verdict
from webhook.admission.request import Request

FLOOR = 0.95
"""The share of drawn folders that load where clashes are no reason to refuse them, as everywhere in these proofs."""

FLOOR_WITHOUT_CLASHES = 0.8
"""The share that loads as it is: some have rules that provably clash."""

MAKING = {"defaults", "images", "metadata", "podSecurity", "resources", "sidecar", "volumes"}


def test_nearly_all_folders_load() -> None:
    seen: Counter[str] = Counter()

    @proven(80)
    @given(folders())
    def draw(documents: list[Json]) -> None:
        seen["drawn"] += 1
        seen["loads"] += loading([documents]).ruleset is not None
        with suppress(UnsatisfiedAssumption):
            loaded(documents)
            seen["loads but for clashes"] += 1

    draw()
    assert seen["loads"] >= FLOOR_WITHOUT_CLASHES * seen["drawn"]
    assert seen["loads but for clashes"] >= FLOOR * seen["drawn"]


def test_all_verdicts_come_up_and_many_objects_are_changed() -> None:
    seen: Counter[Verdict | str] = Counter()

    @proven(80)
    @given(folders(), requests())
    def draw(documents: list[Json], request: Request) -> None:
        decision = decision_of(request, loaded(documents))
        seen.update((decision.verdict, "patched" if decision.patch else "as it was"))

    draw()
    assert min(seen[Verdict.ALLOWED], seen[Verdict.DENIED], seen["patched"], seen["as it was"]) >= 15


OF_EACH = {kind: typed(kind) for kind in DRAWN}


@pytest.mark.parametrize("kind", DRAWN)
def test_rules_of_each_type_find_and_make_so(kind: str) -> None:
    seen: Counter[str] = Counter()
    rule: Rules = OF_EACH[kind]

    @proven(30)
    @given(rule, creations(weighted((3, PODS), (1, PLAUSIBLE))), SEEDS)
    def draw(body: Json, request: Request, seed: int) -> None:
        ruleset = loaded(enforced([policy("p", [body])]))
        for one in alike(request, seed, 8):
            decision = decision_of(one, ruleset)
            seen.update(found=len(decision.findings), made=len(decision.edits))

    draw()
    assert seen["found"] or seen["made"]
    assert seen["made"] or kind not in MAKING
