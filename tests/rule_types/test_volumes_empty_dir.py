"""volumes.emptyDir: limits of scratch space, filled in and checked."""

from typing import Any

import pytest

from tests.objects import clashing, decided, merged, policy, request, workload
from tests.rule_types.one_rule import one_rule, said, with_volumes
from webhook.admission.decision import Decision, Verdict
from webhook.admission.finding import Action


def judged(rule: str, obj: dict[str, Any]) -> Decision:
    return decided(one_rule("volumes", rule), obj)


@pytest.mark.parametrize(
    ("volume", "expected"),
    [
        ({"name": "a", "emptyDir": {}}, {"sizeLimit": "1Gi"}),
        ({"name": "a"}, {"sizeLimit": "1Gi"}),
        ({"name": "a", "emptyDir": None}, {"sizeLimit": "1Gi"}),
        ({"name": "a", "emptyDir": {"sizeLimit": None}}, {"sizeLimit": "1Gi"}),
        ({"name": "a", "emptyDir": {"medium": "Memory"}}, {"medium": "Memory", "sizeLimit": "1Gi"}),
        ({"name": "a", "emptyDir": {"sizeLimit": "5Mi"}}, {"sizeLimit": "5Mi"}),
    ],
)
def test_a_default_is_set_where_there_is_no_limit(volume: dict[str, Any], expected: dict[str, Any]) -> None:
    rules = one_rule("volumes", "emptyDir: {sizeLimit: {default: 1024Mi, max: 10Gi}}")
    decision = decided(rules, with_volumes({"name": "s", "secret": {}}, volume))
    assert (decision.verdict, decision.findings) == (Verdict.ALLOWED, ())
    assert decision.object is not None
    assert decision.object["spec"]["volumes"] == [{"name": "s", "secret": {}}, {"name": "a", "emptyDir": expected}]
    again = decided(rules, decision.object)
    assert (again.patch, again.findings) == ((), ())


def test_the_patch_touches_the_limit_alone() -> None:
    rules = one_rule("volumes", "emptyDir: {sizeLimit: {default: 1Gi}}")
    assert decided(rules, with_volumes({"name": "a", "emptyDir": {}})).patch == (
        {"op": "add", "path": "/spec/volumes/0/emptyDir/sizeLimit", "value": "1Gi"},
    )


@pytest.mark.parametrize(
    ("bounds", "limit", "message"),
    [
        ("required: true", None, "missing, must be set"),
        ("required: true", "0", 'is "0", which means no limit; must be set'),
        ("max: 1Gi", None, "missing, must be at most 1Gi"),
        ("max: 1Gi", 0, "is 0, which means no limit; must be at most 1Gi"),
        ("max: 1Gi", "2Gi", '"2Gi" is above the maximum 1Gi'),
        ("max: 1Gi", 1073741825, "1073741825 is above the maximum 1Gi"),
        ("min: 1Mi", None, "missing, must be at least 1Mi"),
        ("min: 1Mi", "1k", '"1k" is below the minimum 1Mi'),
        ("max: 1Gi, required: false", "2Gi", '"2Gi" is above the maximum 1Gi'),
        ("max: 1Gi", "1GB", '"1GB" is no quantity: "GB" is no suffix, did you mean 1G?'),
        ("max: 1Gi", True, "true is no quantity: write a number, or a text such as 500m or 1Gi"),
        ("max: 1Gi", "1024Mi", ""),
        ("max: 1Gi, required: false", None, ""),
        ("min: 1Mi, max: 1Gi", "1Mi", ""),
        ("required: true", "900Ti", ""),
    ],
)
def test_a_limit_is_held_against_its_bounds(bounds: str, limit: Any, message: str) -> None:
    decision = judged(
        f"emptyDir: {{sizeLimit: {{{bounds}}}}}", with_volumes({"name": "a", "emptyDir": {"sizeLimit": limit}})
    )
    assert said(decision) == ([("spec.volumes[0].emptyDir.sizeLimit", message)] if message else [])


def test_other_volumes_need_no_limit() -> None:
    obj = with_volumes({"name": "a", "secret": {}}, {"name": "b", "ephemeral": {}})
    assert judged("emptyDir: {sizeLimit: {required: true}}", obj).findings == ()


def test_without_enforcing_nothing_is_set_and_a_finding_says_what_would_be() -> None:
    rules = one_rule("volumes", "emptyDir: {sizeLimit: {default: 1Gi}}", mode="warn")
    decision = decided(rules, with_volumes({"name": "a", "emptyDir": {}}))
    assert (decision.verdict, decision.patch) == (Verdict.ALLOWED, ())
    [finding] = decision.findings
    assert (finding.action, finding.message) == (Action.WARN, "missing, must be set, the default is 1Gi")
    assert finding.fix == "emptyDir: {sizeLimit: 1Gi}"


def test_a_template_is_judged_as_the_pod_it_becomes_and_not_changed() -> None:
    rules = one_rule("volumes", "emptyDir: {sizeLimit: {default: 1Gi}}")
    deployment = workload("Deployment", {"spec": {"volumes": [{"name": "a", "emptyDir": {}}]}})
    decision = decided(rules, deployment)
    assert (decision.verdict, decision.findings, decision.patch) == (Verdict.ALLOWED, (), ())


def test_two_defaults_clash_and_both_rules_fail() -> None:
    rules = policy(
        "- name: a\n  volumes: {emptyDir: {sizeLimit: {default: 1Gi}}}\n"
        "- name: b\n  volumes: {emptyDir: {sizeLimit: {default: 2Gi}}}\n"
    )
    decision = decided(clashing(rules), with_volumes({"name": "a", "emptyDir": {}}))
    assert decision.verdict is Verdict.UNDECIDED
    assert {(finding.rule.name, str(finding.cause)) for finding in decision.findings} == {
        ("a", "failed"),
        ("b", "failed"),
    }


def test_an_old_volume_does_not_block_an_unrelated_update() -> None:
    rules = one_rule("volumes", "types: [secret, projected]")
    old = workload("Deployment", {"spec": {"volumes": [{"name": "a", "nfs": {"server": "a", "path": "/"}}]}})
    decision = decided(rules, request(merged(old, {"spec": {"replicas": 2}}), old))
    assert decision.verdict is Verdict.ALLOWED
    assert [finding.action for finding in decision.findings] == [Action.WARN]
