"""What somebody tries with updates, exceptions and sheer size, and what becomes of it."""

from typing import Any

import pytest

from tests.objects import IMAGE, decided, pod, policy, request, ruleset, workload
from webhook.admission.decision import Verdict
from webhook.admission.finding import Action, Cause, Standing
from webhook.admission.request import GroupKind, Operation
from webhook.engine.decide import Stage

EVIL = "evil.example/tool:1"
OURS = policy("- name: ours\n  images: {from: [registry.corp.example]}")
UNPRIVILEGED = policy("- name: r\n  fields: {container: securityContext.privileged, equals: false}")
PRIVILEGED = {"privileged": True}


def container(name: str, image: str = IMAGE, **fields: Any) -> dict[str, Any]:
    return {"name": name, "image": image, **fields}


def pod_with(**lists: Any) -> dict[str, Any]:
    return pod({"spec": {"containers": [container("web")], **lists}})


def updated(rules: str, new: dict[str, Any], old: dict[str, Any], **changes: Any) -> Verdict:
    return decided(rules, request(new, old=old, **changes)).verdict


# Updates


def test_a_new_container_does_not_inherit_what_an_old_one_was_forgiven() -> None:
    old = pod_with(containers=[container("web", securityContext=PRIVILEGED)])
    both = [container("web", securityContext=PRIVILEGED), container("two", securityContext=PRIVILEGED)]
    decision = decided(UNPRIVILEGED, request(pod_with(containers=both), old=old))
    assert [(f.container, f.standing) for f in decision.findings] == [("two", Standing.NEW), ("web", Standing.OLD)]
    assert decision.verdict is Verdict.DENIED


def test_a_container_that_takes_the_name_of_a_forgiven_one_is_judged_by_its_image() -> None:
    old = pod_with(containers=[container("old", "a.example/old:1", securityContext=PRIVILEGED), container("web")])
    new = pod_with(containers=[container("old", "a.example/web:1", securityContext=PRIVILEGED), container("web")])
    assert updated(UNPRIVILEGED, new, old) is Verdict.DENIED


@pytest.mark.parametrize("moved_to", ["initContainers", "ephemeralContainers"])
def test_a_container_that_moves_to_another_list_is_new(moved_to: str) -> None:
    risky = container("web", securityContext=PRIVILEGED)
    old, new = workload("Deployment"), workload("Deployment")
    old["spec"]["template"]["spec"]["containers"] = [risky, container("app")]
    new["spec"]["template"]["spec"] |= {"containers": [container("app")], moved_to: [risky]}
    assert updated(UNPRIVILEGED, new, old) is Verdict.DENIED


def test_an_init_container_that_becomes_a_sidecar_is_new_to_a_rule_about_sidecars() -> None:
    rules = policy(
        "- name: r\n  containers: {of: [sidecars]}\n  fields: {container: securityContext.privileged, equals: false}"
    )
    risky = container("i", securityContext=PRIVILEGED)
    old = workload("Deployment", {"spec": {"initContainers": [risky]}})
    new = workload("Deployment", {"spec": {"initContainers": [{**risky, "restartPolicy": "Always"}]}})
    assert updated(rules, old, old) is Verdict.ALLOWED
    assert updated(rules, new, old) is Verdict.DENIED


def test_another_value_at_the_place_of_an_old_violation_is_new() -> None:
    rules = policy("- name: r\n  podSecurity: {level: baseline, only: [hostPathVolumes]}")
    old = pod_with(volumes=[{"name": "v", "hostPath": {"path": "/var/log"}}])
    new = pod_with(volumes=[{"name": "v", "hostPath": {"path": "/"}}])
    assert updated(rules, old, old, subresource="resize") is Verdict.ALLOWED
    assert updated(rules, new, old) is Verdict.DENIED


def test_an_object_cannot_be_brought_under_a_rule_by_an_update_with_its_violations_forgiven() -> None:
    rules = policy(
        "- name: r\n  images: {from: [registry.corp.example]}", match="{objectSelector: {matchLabels: {tier: prod}}}"
    )
    dev, prod = pod({"metadata": {"labels": {"tier": "dev"}}}), pod({"metadata": {"labels": {"tier": "prod"}}})
    for obj in (dev, prod):
        obj["spec"]["containers"][0]["image"] = EVIL
    assert updated(rules, dev, dev) is Verdict.ALLOWED
    assert updated(rules, prod, prod) is Verdict.ALLOWED
    assert updated(rules, prod, dev) is Verdict.DENIED


def test_a_condition_that_comes_true_by_an_update_forgives_nothing_either() -> None:
    rules = policy(
        "- name: r\n  when: {pod: metadata.labels.tier, equals: prod}\n  images: {from: [registry.corp.example]}"
    )
    dev = workload("Deployment", {"metadata": {"labels": {"tier": "dev"}}})
    dev["spec"]["template"]["spec"]["containers"][0]["image"] = EVIL
    prod = workload("Deployment", {"metadata": {"labels": {"tier": "prod"}}})
    prod["spec"]["template"]["spec"]["containers"][0]["image"] = EVIL
    assert updated(rules, dev, dev) is Verdict.ALLOWED
    assert updated(rules, prod, dev) is Verdict.DENIED


@pytest.mark.parametrize("beside", [{"labels": {"a": "b"}}, {"annotations": {"a": "b"}}, {"generateName": "a-"}])
def test_bookkeeping_with_anything_beside_it_is_judged(beside: dict[str, Any]) -> None:
    rules = OURS.replace("- name: ours", "- name: ours\n    ratchet: false")
    old = pod(image=EVIL)
    books = {"ownerReferences": [{"uid": "1"}], "finalizers": ["a/b"], "managedFields": [{}]}
    assert updated(rules, pod({"metadata": books}, image=EVIL), old) is Verdict.ALLOWED
    assert updated(rules, pod({"metadata": {**books, **beside}}, image=EVIL), old) is Verdict.DENIED


def test_bookkeeping_with_another_spec_is_judged() -> None:
    books = {"metadata": {"ownerReferences": [{"uid": "1"}]}}
    assert updated(OURS, pod(books, image=EVIL), pod()) is Verdict.DENIED
    assert updated(OURS, pod({**books, "spec": {"activeDeadlineSeconds": True}}, image=EVIL), pod(image=EVIL)) is (
        Verdict.ALLOWED
    )


def test_an_old_object_that_nobody_can_read_forgives_nothing() -> None:
    assert updated(OURS, pod(image=EVIL), {**pod(), "spec": {"containers": "none"}}) is Verdict.DENIED


def test_an_update_without_the_old_object_forgives_nothing() -> None:
    asked = request(pod(image=EVIL), operation=Operation.UPDATE)
    assert decided(OURS, asked).verdict is Verdict.DENIED


@pytest.mark.parametrize("subresource", ["status", "scale", "binding", "eviction", "log", "exec"])
def test_a_subresource_that_brings_no_spec_is_nobodys_pod(subresource: str) -> None:
    asked = request(pod(image=EVIL), old=pod(), subresource=subresource, kind=GroupKind("", "Pod"))
    assert decided(OURS, asked).matched == ()


# Exceptions

EXCEPTION = """---
apiVersion: doorward.dev/v1
kind: Exception
metadata: {{name: {name}}}
spec:
  rules: [p/ours]
  match: {{namespaces: {{include: [shop]}}, {match}}}
  reason: it is being rebuilt
  owner: shop
  granted: 2026-01-01
  expires: {expires}
"""


def excepted(match: str, name: str = "e", expires: str = "2027-06-01") -> str:
    return OURS + EXCEPTION.format(match=match, name=name, expires=expires)


def test_an_exception_for_an_image_does_not_reach_the_container_beside_it() -> None:
    rules = excepted("images: [evil.example/tool]")
    both = pod_with(containers=[container("a", EVIL), container("b", "evil.example/other:1")])
    decision = decided(rules, both)
    assert [(f.container, f.action) for f in decision.findings] == [("b", Action.DENY), ("a", Action.AUDIT)]


def test_an_exception_for_a_name_is_not_reached_by_what_only_begins_or_ends_like_it() -> None:
    rules = excepted("names: {include: [billing]}")
    assert decided(rules, pod({"metadata": {"name": "billing"}}, image=EVIL)).verdict is Verdict.ALLOWED
    for name in ("billing2", "not-billing", "Billing", "billing\n"):
        assert decided(rules, pod({"metadata": {"name": name}}, image=EVIL)).verdict is Verdict.DENIED


@pytest.mark.parametrize("generated", ["billing-evil-", "billing-12345-", "billing-abc-", "evil-billing-", "billing--"])
def test_only_a_template_hash_is_taken_off_a_generated_name(generated: str) -> None:
    named = pod({"metadata": {"generateName": generated, "name": f"{generated}x"}}, image=EVIL)
    verdict = decided(excepted("names: {include: [billing]}"), named).verdict
    assert verdict is (Verdict.ALLOWED if generated == "billing--" else Verdict.DENIED)


@pytest.mark.parametrize("first", ["a", "z"])
def test_an_expired_exception_does_not_hide_one_that_holds(first: str) -> None:
    rules = excepted("images: [evil.example/tool]", name="m") + EXCEPTION.format(
        name=first, match="images: [evil.example/tool]", expires="2026-02-01"
    )
    [finding] = decided(rules, pod(image=EVIL)).findings
    assert (finding.standing, finding.exception) == (Standing.EXCEPTED, "m")


# What costs time


def test_a_condition_that_takes_too_many_combinations_leaves_its_rule_failed_and_denies() -> None:
    rules = policy(
        "- name: r\n"
        '  when: {container: "env[*].valueFrom.configMapKeyRef.name", in: {container: "volumeMounts[*].name"}}\n'
        "  images: {from: [registry.corp.example]}"
    )
    env = [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": f"n{number}"}}} for number in range(2000)]
    mounts = [{"name": f"m{number}", "mountPath": "/m"} for number in range(2000)]
    decision = decided(rules, pod(env=env, volumeMounts=mounts))
    [finding] = decision.findings
    assert (decision.verdict, finding.cause) == (Verdict.UNDECIDED, Cause.FAILED)
    assert finding.message == (
        "could not be checked: `env[*].valueFrom.configMapKeyRef.name` leads to more than 100000 places in this object"
    )


def test_a_condition_that_breaks_leaves_its_rule_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = ruleset(policy("- name: r\n  when: {pod: spec.nodeName, equals: a}\n  images: {digest: required}"))

    def broken(*_: Any) -> Any:
        raise KeyError("our own bug")

    monkeypatch.setattr("webhook.admission.spots.Look.spots", broken)
    decision = decided(rules, pod())
    assert [(f.rule.name, f.cause, f.action) for f in decision.findings] == [("r", Cause.FAILED, Action.DENY)]
    assert [fault.rule for fault in decision.faults] == ["p/r"]
    assert decided(rules, pod(), stage=Stage.MUTATE).verdict is Verdict.ALLOWED


def test_a_value_made_for_a_backtracking_expression_is_answered_in_linear_time() -> None:
    rules = policy('- name: r\n  fields: {pod: metadata.labels.a, pattern: "(a+)+$"}')
    assert decided(rules, pod({"metadata": {"labels": {"a": "a" * 200_000 + "b"}}})).verdict is Verdict.DENIED
    assert decided(rules, pod({"metadata": {"labels": {"a": "a" * 200_000}}})).verdict is Verdict.ALLOWED
