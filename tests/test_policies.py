"""The shipped library: every case beside a policy comes out as it says, and no policy is without cases."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from tests.objects import decided, merged, pod
from webhook.admission.decision import Decision, Verdict
from webhook.admission.finding import Action, Cause
from webhook.cli import main
from webhook.engine.cases import judge_case
from webhook.policy.cases import Case
from webhook.policy.load import load, read
from webhook.policy.ruleset import Rule, Ruleset
from webhook.policy.schema import rules_schema
from webhook.policy.suites import Suite, ruleset_of
from webhook.source import yaml

FOLDER = Path(__file__).parents[1] / "policies"
LOADING = read([str(FOLDER)], tests=True)
POLICIES = [document.name for document in LOADING.folder.of("Policy")]


def cases() -> list[Any]:
    return [
        pytest.param(suite, case, id=f"{suite.spec.policy}: {case.name}")
        for suite in LOADING.suites
        for case in suite.spec.cases
    ]


def test_the_shipped_rules_and_cases_have_no_errors_and_no_warnings() -> None:
    assert [str(problem) for problem in LOADING.problems] == []


def test_editors_find_nothing_wrong_with_the_shipped_documents() -> None:
    validator = Draft7Validator(rules_schema())
    documents = [
        (path.name, document.value)
        for path in sorted(FOLDER.rglob("*.yaml"))
        if path.name != "kustomization.yaml"
        for document in yaml.read(path.read_bytes(), path.name).documents
    ]
    assert len(documents) == len(LOADING.folder.documents)
    assert [(name, error.message) for name, value in documents for error in validator.iter_errors(value)] == []


@pytest.mark.parametrize(("suite", "case"), cases())
def test_a_shipped_case_comes_out_as_it_says(suite: Suite, case: Case) -> None:
    ruleset, problems = ruleset_of(suite, case.as_ or suite.spec.as_, LOADING.profile, LOADING.exemptions)
    assert ruleset is not None, problems
    assert judge_case(case, suite.spec, ruleset, None).mismatches == ()


@pytest.mark.parametrize("policy", POLICIES)
def test_a_shipped_policy_has_a_case_that_finds_something_and_one_that_passes(policy: str) -> None:
    expected = [case.expect for suite in LOADING.suites if suite.spec.policy == policy for case in suite.spec.cases]
    assert (any(one.refuses for one in expected), any(one.passes for one in expected)) == (True, True)


@pytest.mark.parametrize("policy", POLICIES)
def test_a_shipped_policy_has_its_own_name_and_its_cases_beside_it(policy: str) -> None:
    file = next(Path(document.file) for document in LOADING.folder.of("Policy") if document.name == policy)
    assert (file.name, file.with_suffix(".test.yaml").is_file()) == (f"{policy}.yaml", True)


def judged(suite: Suite, case: Case) -> Decision:
    ruleset, problems = ruleset_of(suite, case.as_ or suite.spec.as_, LOADING.profile, LOADING.exemptions)
    assert ruleset is not None, problems
    return judge_case(case, suite.spec, ruleset, None).decision


def rules_of(suite: Suite) -> tuple[Rule, ...]:
    ruleset, problems = ruleset_of(suite, suite.spec.as_, LOADING.profile, LOADING.exemptions)
    assert ruleset is not None, problems
    return ruleset.rules


@pytest.mark.parametrize("policy", POLICIES)
def test_every_shipped_rule_finds_or_changes_something_in_one_case_and_is_silent_in_another(policy: str) -> None:
    suites = [suite for suite in LOADING.suites if suite.spec.policy == policy]
    decisions = [judged(suite, case) for suite in suites for case in suite.spec.cases]
    for rule in rules_of(suites[0]):
        found = [any(one.rule.name == rule.info.name for one in decision.findings) for decision in decisions]
        made = [any(edit.rule == rule.info.id for edit in decision.edits) for decision in decisions]
        assert any(found) or any(made), f"no case shows what {rule.info.name} is about"
        assert not all(found), f"no case shows what {rule.info.name} lets through"


def test_every_parameter_of_the_shipped_policies_has_a_default_and_a_sentence() -> None:
    bare = [
        f"{document.name}: {name}"
        for document in LOADING.folder.of("Policy")
        for name, parameter in (document.spec.get("parameters") or {}).items()
        if parameter.get("default") is None or len(parameter.get("doc", "").split()) < 3
    ]
    assert bare == []


def test_every_shipped_policy_has_an_owner_to_ask_and_a_page_of_its_own_name() -> None:
    for document in LOADING.folder.of("Policy"):
        assert document.spec["owner"].keys() == {"team", "contact"}, document.name
        assert document.spec["docs"] == f"https://docs.doorward.dev/policies/{document.name}"


def test_the_cases_of_a_policy_with_parameters_say_their_values() -> None:
    """Whoever tunes a policy in the Profile must not turn its cases red."""
    silent = [
        suite.spec.policy
        for suite in LOADING.suites
        if suite.spec.parameters.keys() != (suite.policy.spec.get("parameters") or {}).keys()
    ]
    assert silent == []


# the Profiles

PROFILES = {document.name: Path(document.file) for document in LOADING.folder.of("Profile")}
IN_PIECES = {"added-capabilities": "drop-capabilities wants all dropped, and says the same"}
"""Policies that are in no Profile, and what is there instead."""

NEEDS_OTHERS = {
    "approved-for-production": {"Authority", "Registry"},
    "built-by-our-ci": {"Authority", "Registry"},
    "has-sbom": {"Authority", "Registry"},
    "pin-digests": {"Registry"},
    "scanned-recently": {"Authority", "Registry"},
    "signed-by-ci": {"Authority", "Registry"},
}
"""Policies that are in no Profile because they need documents that only their user can write, and which."""


@cache
def in_force(profile: str) -> Ruleset:
    return load([str(FOLDER)], profile)


@pytest.mark.parametrize("profile", ["starter", "standard", "regulated", "air-gapped"])
def test_a_shipped_profile_loads_without_a_word_and_stands_in_a_file_of_its_name(profile: str) -> None:
    loading = read([str(FOLDER)], profile)
    assert (loading.problems, PROFILES[profile].name) == ((), f"{profile}.yaml")
    assert loading.ruleset is not None
    assert loading.ruleset.profile == profile


def test_there_are_four_profiles_and_nobody_has_to_choose() -> None:
    assert sorted(PROFILES) == ["air-gapped", "regulated", "standard", "starter"]
    assert load([str(FOLDER)]).profile == "standard"


def test_every_shipped_policy_is_in_a_profile() -> None:
    within = {policy for profile in PROFILES for policy in in_force(profile).policies}
    assert set(POLICIES) - within == {*IN_PIECES, *NEEDS_OTHERS}


OWN = """apiVersion: doorward.dev/v1
kind: Profile
metadata: {name: own}
spec: {include: [%s]}
---
apiVersion: doorward.dev/v1
kind: Registry
metadata: {name: corp}
spec: {host: registry.corp.example}
"""
AUTHORITY = """---
apiVersion: doorward.dev/v1
kind: Authority
metadata: {name: %s}
spec:
  roles: [%s]
  publicKey: %s
"""


@pytest.mark.parametrize("policy", NEEDS_OTHERS)
def test_a_policy_that_needs_other_documents_says_whom_it_counts_on_and_loads_with_them(
    policy: str, tmp_path: Path
) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(OWN.replace("%s", policy), encoding="utf-8")
    declared = read([str(FOLDER), str(own)], "own")
    lacking = [one for one in declared.problems if "Authority" in one.message]
    assert bool(lacking) is ("Authority" in NEEDS_OTHERS[policy])
    named = {
        (vouching.name, vouching.role)
        for suite in LOADING.suites
        if suite.spec.policy == policy
        for rule in rules_of(suite)
        for vouching in rule.parts.vouching
    }
    own.write_text(own.read_text() + "".join(AUTHORITY % (*one, one[0]) for one in named), encoding="utf-8")
    assert read([str(FOLDER), str(own)], "own").problems == ()


def test_the_profiles_build_on_each_other() -> None:
    standard, regulated, air_gapped = (set(in_force(name).policies) for name in ("standard", "regulated", "air-gapped"))
    assert standard < regulated < air_gapped
    assert len(regulated) >= 40
    assert air_gapped - regulated == {"mirror-rewrite", "no-way-out"}


def test_the_starter_refuses_nothing_and_changes_nothing() -> None:
    assert not in_force("starter").can_deny()
    bad = pod({"spec": {"hostNetwork": True}}, image="nginx", securityContext={"privileged": True})
    decision = decided(in_force("starter"), bad)
    assert (decision.verdict, decision.patch) == (Verdict.ALLOWED, ())
    assert {"baseline", "fixed-tag", "requests-and-memory-limit"} <= {one.rule.name for one in decision.findings}


GOOD = yaml.read((FOLDER.parent / "examples/good-deployment.yaml").read_bytes(), "good").documents[0].value


@pytest.mark.parametrize("profile", ["starter", "standard", "regulated", "air-gapped"])
@pytest.mark.parametrize("kind", ["Deployment", "Pod"])
def test_the_good_example_is_allowed_under_every_profile(profile: str, kind: str) -> None:
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-5d9c7b", "uid": "1", "controller": True}
    metadata = {"name": "web-5d9c7b-x2x4z", "namespace": "shop", "ownerReferences": [owner]}
    owned = merged({"apiVersion": "v1", "kind": "Pod", **GOOD["spec"]["template"]}, {"metadata": metadata})
    good = GOOD if kind == "Deployment" else owned
    decision = decided(in_force(profile), good)
    assert (decision.verdict, decision.acting(Action.DENY)) == (Verdict.ALLOWED, ())


@pytest.mark.parametrize("profile", ["standard", "regulated", "air-gapped"])
def test_rules_of_one_profile_never_clash_over_a_bare_pod(profile: str) -> None:
    decision = decided(in_force(profile), pod({"spec": {"volumes": [{"name": "tmp", "emptyDir": {}}]}}))
    assert [one for one in decision.findings if one.cause is not Cause.VIOLATES] == []


def test_in_the_air_gap_images_come_through_the_mirror_and_nothing_else_does() -> None:
    air_gapped = in_force("air-gapped")
    mirrored = decided(air_gapped, pod(image="nginx:1.27"))
    assert mirrored.object is not None
    assert (
        mirrored.object["spec"]["containers"][0]["image"] == "registry.corp.example/mirror/docker.io/library/nginx:1.27"
    )
    refused = {one.rule.name for one in mirrored.findings if one.action is Action.DENY}
    assert "from-our-registry" not in refused
    elsewhere = decided(air_gapped, pod(image="registry.example/web:1.4.2"))
    assert "from-our-registry" in {one.rule.name for one in elsewhere.findings if one.action is Action.DENY}


# the catalogue


def test_the_catalogue_is_what_the_command_prints(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(FOLDER.parent)
    assert main(["catalogue", "policies"]) == 0
    cure = "doorward catalogue policies > policies/README.md"
    assert (FOLDER / "README.md").read_text(encoding="utf-8") == capsys.readouterr().out, cure
