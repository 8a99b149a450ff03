"""The shipped library: every case beside a policy comes out as it says, and no policy is without cases."""

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from webhook.engine.cases import judge_case
from webhook.policy.cases import Case
from webhook.policy.load import read
from webhook.policy.schema import rules_schema
from webhook.policy.suites import Suite, ruleset_of
from webhook.source import yaml

FOLDER = Path(__file__).parents[1] / "policies"
LOADING = read([str(FOLDER)], tests=True)


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


@pytest.mark.parametrize("policy", [document.name for document in LOADING.folder.of("Policy")])
def test_a_shipped_policy_has_a_case_that_finds_something_and_one_that_passes(policy: str) -> None:
    expected = [case.expect for suite in LOADING.suites if suite.spec.policy == policy for case in suite.spec.cases]
    assert (any(one.refuses for one in expected), any(one.passes for one in expected)) == (True, True)


@pytest.mark.parametrize("policy", [document.name for document in LOADING.folder.of("Policy")])
def test_a_shipped_policy_has_its_own_name_and_its_cases_beside_it(policy: str) -> None:
    file = next(Path(document.file) for document in LOADING.folder.of("Policy") if document.name == policy)
    assert (file.name, file.with_suffix(".test.yaml").is_file()) == (f"{policy}.yaml", True)


def test_the_cases_of_a_policy_with_parameters_say_their_values() -> None:
    """Whoever tunes a policy in the Profile must not turn its cases red."""
    silent = [
        suite.spec.policy
        for suite in LOADING.suites
        if suite.spec.parameters.keys() != (suite.policy.spec.get("parameters") or {}).keys()
    ]
    assert silent == []
