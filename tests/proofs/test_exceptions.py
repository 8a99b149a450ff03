"""An exception makes nothing stricter, and means nothing to objects that it does not match."""

from fnmatch import fnmatchcase
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.objects import NOW
from tests.proofs.asking import requests
from tests.proofs.objects import Json
from tests.proofs.proving import decision_of, loaded, proven
from tests.proofs.rules import exceptions, folders
from webhook.admission.decision import Decision, Verdict
from webhook.admission.finding import Action, Cause, Standing
from webhook.admission.request import Request

IMAGES = (
    "registry.corp.example/shop",
    "docker.io/library/nginx",
    "docker.io/acme/billing",
    "registry.corp.example/old",
)
RANK = {Verdict.ALLOWED: 0, Verdict.UNDECIDED: 1, Verdict.DENIED: 2}


@st.composite
def excepted(draw: st.DrawFn) -> tuple[list[Json], list[Json]]:
    """Documents, and one or two exceptions to their rules; sometimes for some images only."""
    documents = draw(folders())
    made = []
    for index in range(draw(st.integers(1, 2))):
        images = IMAGES if draw(st.integers(1, 3)) == 3 else ()
        made.append(draw(exceptions(documents, f"e{index}", images)))
    return documents, made


def covers(names: Json, name: str) -> bool:
    """Whether a name is meant: said again here, in other words than the engine's."""
    left_out = any(fnmatchcase(name, one) for one in names.get("exclude", ()))
    return not left_out and any(fnmatchcase(name, one) for one in names.get("include", ("*",)))


def holding(documents: list[Json], made: list[Json], request: Request) -> dict[str, bool]:
    """The rules to which an exception is in force here, and whether one of them is for all images."""
    metadata = request.subject.get("metadata") or {}
    name = (metadata.get("generateName") or "").rstrip("-") or request.name
    found: dict[str, bool] = {}
    for spec in (one["spec"] for one in made):
        match, over = spec["match"], spec["expires"] < f"{NOW:%Y-%m-%d}"
        if over or not covers(match["namespaces"], request.namespace) or not covers(match.get("names", {}), name):
            continue
        for rule in ids(documents):
            if rule in spec["rules"] or rule.partition("/")[0] in spec["rules"]:
                found[rule] = found.get(rule, False) or "images" not in match
    return found


def ids(documents: list[Json]) -> list[str]:
    policies = [one for one in documents if one["kind"] == "Policy"]
    return [f"{one['metadata']['name']}/{rule['name']}" for one in policies for rule in one["spec"]["rules"]]


def findings_of(decision: Decision, *, but: Any = ()) -> list[Any]:
    """What is found by all rules but some. An exception that has expired is named in the words."""
    return sorted(
        (f.rule.id, f.where, repr(f.value), f.cause, f.action, f.container, f.exception)
        for f in decision.findings
        if f.rule.id not in but
    )


@proven(90)
@given(excepted(), requests())
def test_an_exception_means_nothing_to_what_it_does_not_match(
    both: tuple[list[Json], list[Json]], request: Request
) -> None:
    documents, made = both
    without, excepting = loaded(documents), loaded(documents + made)
    held = holding(documents, made, request)
    one, other = decision_of(request, without), decision_of(request, excepting)
    if not held:
        assert (one.patch, one.notes, one.matched) == (other.patch, other.notes, other.matched)
        assert findings_of(one) == findings_of(other)


@proven(90)
@given(excepted(), requests())
def test_an_exception_to_what_only_judges_excuses_and_changes_nothing_else(
    both: tuple[list[Json], list[Json]], request: Request
) -> None:
    documents, made = both
    without, excepting = loaded(documents), loaded(documents + made)
    held = holding(documents, made, request)
    one, other = decision_of(request, without), decision_of(request, excepting)
    if any(rule.makes for rule in without.rules if rule.info.id in held):
        return
    assert one.patch == other.patch
    assert RANK[other.verdict] <= RANK[one.verdict]
    assert findings_of(one, but=held) == findings_of(other, but=held)
    kept = {(f.rule.id, f.path, f.cause) for f in other.acting(Action.DENY)}
    assert kept <= {(f.rule.id, f.path, f.cause) for f in one.acting(Action.DENY)}
    for finding in other.findings:
        if held.get(finding.rule.id) and finding.cause is Cause.VIOLATES:
            assert finding.standing is Standing.EXCEPTED


@proven(90)
@given(excepted(), requests())
def test_an_excepted_rule_is_as_good_as_absent_but_for_what_is_recorded(
    both: tuple[list[Json], list[Json]], request: Request
) -> None:
    """Also for rules that make something so: what they would have made is not made, and nothing is asked for."""
    documents, made = both
    excepting = loaded(documents + made)
    held = holding(documents, made, request)
    if not held or not all(held.values()):
        return
    other = decision_of(request, excepting)
    bare = excepting.changed(rules=tuple(rule for rule in excepting.rules if rule.info.id not in held))
    one = decision_of(request, bare)
    assert (one.patch, one.object) == (other.patch, other.object)
    assert findings_of(one) == findings_of(other, but=held)
    assert not [f for f in other.acting(Action.DENY) if f.rule.id in held and f.cause is Cause.VIOLATES]
    if not any(f.rule.id in held for f in other.acting(Action.DENY)):
        assert one.verdict is other.verdict
