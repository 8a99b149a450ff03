"""ratchet: what makes an old violation the same one, and which updates are mere bookkeeping."""

from typing import Any

import pytest

from tests.objects import decided, merged, pod, policy, request, workload
from webhook.admission.finding import Finding, Mode, RuleInfo, Severity
from webhook.engine.ratchet import OldFindings, container_at, repository, touches_only_bookkeeping
from webhook.source.path import Path

RULE = RuleInfo("p", "r", "A policy", "Because.", Severity.HIGH)
PRIVILEGED: Path = ("spec", "containers", 0, "securityContext", "privileged")


def finding(path: Path, value: Any, rule: RuleInfo = RULE) -> Finding:
    return Finding(rule, path, value, "wrong", None, Mode.ENFORCE)


def two(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    return pod({"spec": {"containers": [first, second]}})


WEB = {"name": "web", "image": "a.example/web:1"}
LOG = {"name": "log", "image": "a.example/log:1"}


def test_the_same_rule_path_and_value_is_the_same_finding() -> None:
    old = OldFindings([finding(PRIVILEGED, True)], pod())
    assert old.has(finding(PRIVILEGED, True), pod())


@pytest.mark.parametrize(
    "other",
    [
        finding(PRIVILEGED, False),
        finding(PRIVILEGED, 1),
        finding((*PRIVILEGED[:-1], "runAsUser"), True),
        finding(("spec", "initContainers", 0, "securityContext", "privileged"), True),
        finding(PRIVILEGED, True, RuleInfo("p", "other", "A policy", "Because.", Severity.HIGH)),
        finding(PRIVILEGED, True, RuleInfo("q", "r", "A policy", "Because.", Severity.HIGH)),
    ],
)
def test_another_rule_place_or_value_is_another_finding(other: Finding) -> None:
    obj = pod({"spec": {"initContainers": [WEB]}})
    assert not OldFindings([finding(PRIVILEGED, True)], obj).has(other, obj)


def test_a_container_is_the_one_of_its_name_wherever_it_stands() -> None:
    old = OldFindings([finding(PRIVILEGED, True)], two(WEB, LOG))
    second: Path = ("spec", "containers", 1, "securityContext", "privileged")
    assert old.has(finding(second, True), two(LOG, WEB))
    assert not old.has(finding(PRIVILEGED, True), two(LOG, WEB))


def test_a_container_keeps_its_old_findings_with_another_tag_and_loses_them_with_another_repository() -> None:
    old = OldFindings([finding(PRIVILEGED, True)], two(WEB, LOG))
    for image, same in (
        ("a.example/web:2", True),
        ("a.example/web@sha256:" + "a" * 64, True),
        ("a.example/other:1", False),
        ("b.example/web:1", False),
        ("not a reference", False),
    ):
        assert old.has(finding(PRIVILEGED, True), two({**WEB, "image": image}, LOG)) is same


def test_values_are_compared_as_json() -> None:
    place: Path = ("spec", "x")
    old = OldFindings([finding(place, {"a": [1, True]})], pod())
    assert old.has(finding(place, {"a": [1.0, True]}), pod())
    assert not old.has(finding(place, {"a": [1, 1]}), pod())


def test_several_old_values_of_one_place_all_count() -> None:
    old = OldFindings([finding(PRIVILEGED, 1), finding(PRIVILEGED, 2)], pod())
    assert [old.has(finding(PRIVILEGED, value), pod()) for value in (1, 2, 3)] == [True, True, False]


def test_containers_without_names_are_told_apart_by_nothing_but_their_image() -> None:
    nameless = {"image": "a.example/web:1"}
    old = OldFindings([finding(PRIVILEGED, True)], two(nameless, LOG))
    assert old.has(finding(PRIVILEGED, True), two(nameless, LOG))
    assert not old.has(finding(PRIVILEGED, True), two({"image": "b.example/x:1"}, LOG))


@pytest.mark.parametrize(
    ("path", "at"),
    [
        (("spec", "containers", 0, "image"), 1),
        (("spec", "template", "spec", "initContainers", 2), 3),
        (("spec", "jobTemplate", "spec", "template", "spec", "ephemeralContainers", 0, "image"), 5),
        (("spec", "containers"), None),
        (("spec", "hostPID"), None),
        (("metadata", "annotations", "containers", 0), None),
        (("containers", 0, "image"), None),
        ((), None),
    ],
)
def test_a_path_is_in_a_container_only_below_a_pods_spec(path: Path, at: int | None) -> None:
    assert container_at(path) == at


@pytest.mark.parametrize(
    ("container", "text"),
    [
        ({"image": "nginx"}, repository({"image": "docker.io/library/nginx:1"})),
        ({"image": "a.example:5000/x/y:1@sha256:" + "a" * 64}, "a.example:5000/x/y"),
        ({"image": "Not A Reference"}, "Not A Reference"),
        ({"image": 5}, ""),
        ({}, ""),
        ("text", ""),
        (None, ""),
    ],
)
def test_the_repository_of_a_container_is_read_as_a_runtime_reads_it(container: Any, text: str) -> None:
    assert repository(container) == text


@pytest.mark.parametrize(
    ("metadata", "only"),
    [
        ({"finalizers": ["a/b"]}, True),
        ({"ownerReferences": [{"uid": "1"}]}, True),
        ({"managedFields": [{}], "resourceVersion": "9", "generation": 3}, True),
        ({"labels": {"a": "b"}}, False),
        ({"annotations": {"a": "b"}}, False),
        ({"deletionTimestamp": "2026-01-01T00:00:00Z"}, False),
        ({"finalizers": ["a/b"], "labels": {"a": "b"}}, False),
    ],
)
def test_bookkeeping_is_finalizers_owners_and_what_the_api_server_writes(metadata: dict[str, Any], only: bool) -> None:
    for build in (pod, lambda patch=None: workload("Deployment", None, patch)):
        old = build()
        new = merged(old, {"metadata": metadata})
        assert touches_only_bookkeeping(new, old) is only
        assert touches_only_bookkeeping(old, new) is only


def test_a_changed_spec_is_never_bookkeeping() -> None:
    new = pod({"metadata": {"finalizers": ["a/b"]}, "spec": {"hostPID": True}})
    assert not touches_only_bookkeeping(new, pod())


@pytest.mark.parametrize("metadata", [None, "text", []])
def test_metadata_of_another_shape_is_compared_as_it_is(metadata: Any) -> None:
    assert not touches_only_bookkeeping({**pod(), "metadata": metadata}, pod())
    assert touches_only_bookkeeping({**pod(), "metadata": metadata}, {**pod(), "metadata": metadata})


def test_volumes_go_by_their_names_so_that_their_order_says_nothing() -> None:
    rules = policy("- name: r\n  fields: {pod: 'spec.volumes[*].hostPath', forbidden: true}")
    host = {"name": "host", "hostPath": {"path": "/data"}}
    old = pod({"spec": {"volumes": [host]}})
    moved = pod({"spec": {"volumes": [{"name": "tmp", "emptyDir": {}}, host]}})
    another = pod({"spec": {"volumes": [{**host, "name": "other"}]}})
    assert decided(rules, request(moved, old=old)).allowed
    assert not decided(rules, request(another, old=old)).allowed


@pytest.mark.parametrize(("before", "verdict"), [("unconfined", "allowed"), ("runtime/default", "denied")])
def test_the_field_that_an_old_annotation_becomes_is_as_old_as_the_annotation(before: str, verdict: str) -> None:
    def deployment(profile: str) -> dict[str, Any]:
        annotations = {"container.apparmor.security.beta.kubernetes.io/web": profile}
        return workload("Deployment", {"metadata": {"annotations": annotations}})

    rules = policy("- {name: profile, podSecurity: {level: baseline, only: [appArmorProfile]}}")
    decision = decided(rules, request(deployment("unconfined"), deployment(before)))
    assert decision.verdict == verdict
    assert {finding.where for finding in decision.findings} == {
        'spec.template.metadata.annotations["container.apparmor.security.beta.kubernetes.io/web"]',
    }
