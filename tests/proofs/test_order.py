"""The order of files, of documents in them and of rules says nothing; names say only what comes first in a list."""

import json
import re
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from tests.proofs.asking import SEEDS, alike, requests, variants
from tests.proofs.objects import Json
from tests.proofs.proving import decision_of, loaded, proven, told
from tests.proofs.rules import folders
from webhook.admission.decision import Decision
from webhook.admission.finding import Cause
from webhook.admission.request import Request


@st.composite
def shuffled(draw: st.DrawFn, documents: list[Json]) -> list[list[Json]]:
    """The documents in another order, in one or several files, the rules of each policy in another order."""
    files: list[list[Json]] = [[] for _ in range(draw(st.integers(1, 3)))]
    for document in draw(st.permutations(documents)):
        spec: dict[str, Any] = document["spec"]
        if "rules" in spec:
            spec = {**spec, "rules": draw(st.permutations(spec["rules"]))}
        draw(st.sampled_from(files)).append({**document, "spec": spec})
    return [file for file in files if file]


@proven(80)
@given(folders(), requests(), st.data())
def test_the_order_of_files_documents_and_rules_does_not_matter(
    documents: list[Json], request: Request, data: st.DataObject
) -> None:
    one = decision_of(request, loaded(documents))
    other = decision_of(request, loaded(*data.draw(shuffled(documents))))
    assert (one.verdict, one.object, one.matched) == (other.verdict, other.object, other.matched)
    assert json.dumps(one.patch) == json.dumps(other.patch)
    assert told(one.findings) == told(other.findings)
    assert one.notes == other.notes


_ID = re.compile(r"\b[pr][0-9]\b")


def renamed(text: str) -> str:
    """The last name first: p0 is p9, r1 is r8."""
    return _ID.sub(lambda name: f"{name[0][0]}{9 - int(name[0][1])}", text)


def as_sets(value: Any) -> Any:
    """A value in which the order of lists, and of words in a text, says nothing."""
    if isinstance(value, dict):
        return {key: as_sets(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return sorted((as_sets(inner) for inner in value), key=repr)
    return ",".join(sorted(value.split(","))) if isinstance(value, str) else value


def without_places(decision: Decision) -> list[Any]:
    """What is found, wherever in a list; of rules that clash at several places, one is named."""
    return sorted(
        (f.rule.id, "" if f.cause is Cause.FAILED else re.sub(r"\[[0-9]+\]", "[]", f.where), f.cause, f.action)
        for f in decision.findings
    )


@proven(90)
@given(folders(), requests(), SEEDS)
def test_names_settle_no_clash(documents: list[Json], request: Request, seed: int) -> None:
    """A rollout by percent goes by the policy's name, and is left out; so are two rules that put in one container."""
    text = json.dumps(documents).replace('"percent": 50', '"percent": 100')
    assume(all(text.count(f'"name": "{name}", "image"') < 2 for name in ("mesh-proxy", "secrets-agent")))
    rules, renamed_rules = loaded(json.loads(text)), loaded(json.loads(renamed(text)))
    for asked in alike(request, seed):
        one, other = decision_of(asked, rules), decision_of(asked, renamed_rules)
        assert other.verdict is one.verdict
        assert as_sets(other.object) == as_sets(one.object)
        back = [(renamed(rule), *rest) for rule, *rest in without_places(other)]
        assert sorted(back) == without_places(one)


@proven(50)
@given(folders(), st.lists(requests(), min_size=1, max_size=3), requests(), st.booleans())
def test_what_was_asked_before_does_not_matter(
    documents: list[Json], before: list[Request], request: Request, related: bool
) -> None:
    """The engine remembers which rules concern what, and what was fine."""
    used, fresh = loaded(documents), loaded(documents)
    asked = [one for earlier in before for one in variants(earlier)] + (list(variants(request)) if related else [])
    for one in asked:
        decision_of(one, used)
    for one in variants(request):
        again, first = decision_of(one, used), decision_of(one, fresh.changed())
        assert (again.verdict, again.patch, again.matched) == (first.verdict, first.patch, first.matched)
        assert told(again.findings) == told(first.findings)
