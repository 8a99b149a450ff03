"""What somebody tries who may submit any object and any update, and what becomes of it."""

from typing import Any

import pytest

from tests.objects import IMAGE, decided, places, pod, policy, request, workload
from webhook.admission.decision import Verdict
from webhook.admission.finding import Cause
from webhook.engine.decide import Stage
from webhook.engine.judge import MOST as MOST_FINDINGS
from webhook.pod.containers import MOST as MOST_CONTAINERS

EVIL = "evil.example/tool:1"
OURS = policy("- name: ours\n  images: {from: [registry.corp.example]}")
UNPRIVILEGED = policy("- name: r\n  fields: {container: securityContext.privileged, equals: false}")


def container(name: str, image: str = IMAGE, **fields: Any) -> dict[str, Any]:
    return {"name": name, "image": image, **fields}


def pod_with(**lists: Any) -> dict[str, Any]:
    return pod({"spec": {"containers": [container("web")], **lists}})


def updated(rules: str, new: dict[str, Any], old: dict[str, Any], **changes: Any) -> Verdict:
    return decided(rules, request(new, old=old, **changes)).verdict


# Where software comes in


@pytest.mark.parametrize(
    ("lists", "path"),
    [
        ({"containers": [container("web", EVIL)]}, "spec.containers[0].image"),
        ({"initContainers": [container("i", EVIL)]}, "spec.initContainers[0].image"),
        ({"initContainers": [container("s", EVIL, restartPolicy="Always")]}, "spec.initContainers[0].image"),
        ({"ephemeralContainers": [container("e", EVIL)]}, "spec.ephemeralContainers[0].image"),
        ({"volumes": [{"name": "v", "image": {"reference": EVIL}}]}, "spec.volumes[0].image.reference"),
    ],
)
@pytest.mark.parametrize("subresource", ["", "ephemeralcontainers", "resize", "not-known-yet"])
def test_an_image_is_seen_wherever_and_however_it_comes_in(lists: dict[str, Any], path: str, subresource: str) -> None:
    new = pod_with(**lists)
    assert places(decided(OURS, new)) == [("ours", path)]
    assert places(decided(OURS, request(new, old=pod(), subresource=subresource))) == [("ours", path)]


@pytest.mark.parametrize(
    "image",
    [
        "EVIL.example/tool:1",
        "registry.corp.example.evil.example/tool:1",
        "registry.corp.example:evil/tool:1",
        "registry.corp.example@evil.example/tool",
        "registry.corp.example",
        "registry.corp.ex\u0430mple/tool:1",
        "registry.corp.example\u200b/tool:1",
        " registry.corp.example/tool:1",
        "registry.corp.example/tool:1\n",
        "registry.corp.example//tool:1",
        "registry.corp.example/../evil.example/tool:1",
        "http://registry.corp.example/tool:1",
        "registry.corp.example\\tool:1",
        "",
    ],
)
def test_an_image_name_that_only_looks_like_ours_is_refused(image: str) -> None:
    assert decided(OURS, pod(image=image)).verdict is Verdict.DENIED


def test_the_registrys_name_in_capitals_is_still_ours() -> None:
    assert decided(OURS, pod(image="Registry.CORP.example/tool:1")).verdict is Verdict.ALLOWED


def test_two_containers_of_one_name_are_both_judged() -> None:
    decision = decided(OURS, pod_with(containers=[container("web"), container("web", EVIL)]))
    assert places(decision) == [("ours", "spec.containers[1].image")]


@pytest.mark.parametrize("name", [None, 7, "", ["web"]])
def test_a_container_without_a_usable_name_is_judged(name: Any) -> None:
    assert decided(OURS, pod_with(containers=[container(name, EVIL)])).verdict is Verdict.DENIED


@pytest.mark.parametrize("containers", ["", 0, False, {}, "web", {"web": {}}])
def test_a_container_list_that_is_none_is_denied(containers: Any) -> None:
    broken = {**pod(), "spec": {"containers": containers}}
    assert places(decided(OURS, broken)) == [("object-shape", "spec.containers")]


def test_more_containers_than_anybody_runs_are_denied_without_looking_at_them() -> None:
    many = pod_with(containers=[container(f"c{number}") for number in range(MOST_CONTAINERS + 1)])
    decision = decided(OURS, many)
    assert places(decision) == [("object-shape", "spec.containers")]
    assert decision.findings[0].message == "spec.containers has 2001 containers, at most 2000 can be judged"
    assert decided(OURS, many, stage=Stage.MUTATE).verdict is Verdict.ALLOWED


def test_an_object_with_more_findings_than_anybody_reads_is_denied_and_the_rest_is_not_looked_for() -> None:
    rules = policy("- {name: a, images: {from: [registry.corp.example]}}\n- {name: b, images: {digest: required}}")
    volumes = [{"name": f"v{number}", "image": {"reference": EVIL}} for number in range(MOST_FINDINGS + 10)]
    decision = decided(rules, pod_with(volumes=volumes))
    assert len(decision.findings) == MOST_FINDINGS + 2
    assert decision.verdict is Verdict.DENIED
    assert {(f.rule.name, f.message) for f in decision.findings if f.cause is Cause.FAILED} == {
        ("a", "could not be checked: this object has more than 5,000 findings"),
        ("b", "could not be checked: this object has more than 5,000 findings"),
    }


# Values that are nearly what is wanted


@pytest.mark.parametrize("value", [True, "true", "false", 1, 0, [], {}, "False"])
def test_what_is_not_exactly_false_is_not_false(value: Any) -> None:
    assert decided(UNPRIVILEGED, pod(securityContext={"privileged": value})).verdict is Verdict.DENIED


@pytest.mark.parametrize("user", [0, 0.0, -0.0, "0"])
def test_root_is_root_however_the_number_is_written(user: Any) -> None:
    rules = policy("- name: r\n  podSecurity: {level: restricted, only: [runAsUser]}")
    assert decided(rules, pod(securityContext={"runAsUser": user})).verdict is Verdict.DENIED


@pytest.mark.parametrize("replicas", [3.5, 1e300, 2**70, -(2**70), "3", "1e1000000000", True])
def test_a_number_above_the_bound_or_none_at_all_is_refused(replicas: Any) -> None:
    rules = policy("- name: r\n  fields: {object: spec.replicas, min: 1, max: 3}", match="{kinds: [Deployment]}")
    new = workload("Deployment", patch={"spec": {"replicas": replicas}})
    assert decided(rules, new).verdict is (Verdict.ALLOWED if replicas == "3" else Verdict.DENIED)


def test_null_is_absent_and_the_rule_decides() -> None:
    rules = policy("- name: r\n  fields: {container: securityContext.privileged, required: true, equals: false}")
    broken = pod(securityContext={})
    broken["spec"]["containers"][0]["securityContext"]["privileged"] = None
    assert decided(rules, broken).verdict is Verdict.DENIED
    assert decided(UNPRIVILEGED, broken).verdict is Verdict.ALLOWED


# What the author claims about the object


def test_a_deletion_timestamp_on_a_new_object_opens_nothing() -> None:
    dying = pod({"metadata": {"deletionTimestamp": "2026-11-21T00:00:00Z"}}, image=EVIL)
    assert decided(OURS, dying).verdict is Verdict.DENIED


def test_a_deletion_timestamp_that_the_old_object_has_not_opens_nothing() -> None:
    dying = pod({"metadata": {"deletionTimestamp": "2026-11-21T00:00:00Z"}}, image=EVIL)
    assert updated(OURS, dying, pod()) is Verdict.DENIED


def test_a_mirror_annotation_skips_no_rule() -> None:
    safe = policy("- name: r\n  defaults: {default: {pod: {hostUsers: false}}}")
    mirror = {"metadata": {"annotations": {"kubernetes.io/config.mirror": "abc"}}}
    assert decided(OURS, pod(mirror, image=EVIL)).verdict is Verdict.DENIED
    assert places(decided(safe, pod(mirror))) == [("r", "spec.hostUsers")]


def test_an_owner_reference_skips_no_rule_that_does_not_ask_for_owners() -> None:
    owned = pod({"metadata": {"ownerReferences": [{"kind": "DaemonSet", "name": "x", "uid": "1"}]}}, image=EVIL)
    assert decided(OURS, owned).verdict is Verdict.DENIED


@pytest.mark.parametrize(
    "metadata",
    [
        {"annotations": {"doorward.dev/skip": "true", "doorward.dev/exception": "legacy"}},
        {"labels": {"doorward.dev/ignore": "true", "admission.doorward.dev/ignore": "true"}},
        {"namespace": "kube-system"},
        {"managedFields": [{"manager": "doorward"}]},
    ],
)
def test_nothing_written_on_the_object_skips_a_rule(metadata: dict[str, Any]) -> None:
    asked = request(pod({"metadata": metadata}, image=EVIL), namespace="shop")
    assert decided(OURS, asked).verdict is Verdict.DENIED


def test_labels_of_the_namespace_are_the_clusters_and_not_the_objects() -> None:
    rules = policy(
        "- name: r\n  images: {from: [registry.corp.example]}", match="{namespaceSelector: {matchLabels: {team: shop}}}"
    )
    claims = pod({"metadata": {"labels": {"team": "other", "kubernetes.io/metadata.name": "other"}}}, image=EVIL)
    assert decided(rules, claims).verdict is Verdict.DENIED


def test_a_namespace_cannot_take_another_name_by_a_label() -> None:
    rules = policy(
        "- name: r\n  metadata: {of: object, labels: {team: {required: true}}}",
        match='{kinds: ["*"], namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: prod}}}',
    )
    labels = {"kubernetes.io/metadata.name": "dev"}
    prod = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "prod", "labels": labels}}
    assert decided(rules, request(prod, namespace="prod")).verdict is Verdict.DENIED


@pytest.mark.parametrize(
    "metadata", ["none", 7, [], ["x"], {"labels": ["a"]}, {"labels": "a"}, {"annotations": 3}, {"labels": {"a": 1}}]
)
def test_a_namespace_with_metadata_of_another_shape_gets_a_decision(metadata: Any) -> None:
    rules = policy(
        "- name: r\n  metadata: {of: object, labels: {team: {required: true}}}",
        match='{kinds: ["*"], namespaceSelector: {matchExpressions: [{key: a, operator: DoesNotExist}]}}',
    )
    sound = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    asked = request(sound, name="shop", namespace="shop")
    assert decided(rules, asked._replace(object={**sound, "metadata": metadata})).faults == ()
