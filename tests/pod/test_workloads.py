"""workloads: the nine kinds that carry a pod, how a kind is read, and what a List wraps."""

from typing import Any

import pytest

from tests.objects import pod, workload
from webhook.pod.workloads import POD, POD_AT, group_kind, is_list, objects_in
from webhook.source.path import look_up, render

SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"}}


def test_the_nine_kinds_carry_a_pod_at_these_places() -> None:
    assert {kind: render(at) for (_, kind), at in POD_AT.items()} == {
        "Pod": "",
        "PodTemplate": "template",
        "ReplicationController": "spec.template",
        "ReplicaSet": "spec.template",
        "Deployment": "spec.template",
        "StatefulSet": "spec.template",
        "DaemonSet": "spec.template",
        "Job": "spec.template",
        "CronJob": "spec.jobTemplate.spec.template",
    }


@pytest.mark.parametrize(("key", "at"), [item for item in POD_AT.items() if item[0] != POD])
def test_a_minimal_object_of_each_kind_has_its_pod_there(key: tuple[str, str], at: Any) -> None:
    obj = workload(key[1])
    assert group_kind(obj) == key
    assert look_up(obj, (*at, "spec", "containers", 0, "name")) == "web"


@pytest.mark.parametrize(
    ("obj", "meant"),
    [
        ({"apiVersion": "v1", "kind": "Pod"}, ("", "Pod")),
        ({"apiVersion": "apps/v1", "kind": "Deployment"}, ("apps", "Deployment")),
        ({"apiVersion": "apps/v1beta2", "kind": "Deployment"}, ("apps", "Deployment")),
        ({"apiVersion": "extensions/v1beta1", "kind": "DaemonSet"}, ("apps", "DaemonSet")),
        ({"apiVersion": "acme.example/v1", "kind": "Pod"}, ("acme.example", "Pod")),
        ({"kind": "Pod"}, ("", "Pod")),
        ({"apiVersion": 1, "kind": "Pod"}, ("", "Pod")),
        ({"apiVersion": "apps/v1", "kind": ["Deployment"]}, ("apps", "")),
        ({}, ("", "")),
    ],
)
def test_a_kind_is_its_group_and_name_whatever_the_version(obj: dict[str, Any], meant: tuple[str, str]) -> None:
    assert group_kind(obj) == meant


def test_a_document_that_is_no_list_is_its_own_object() -> None:
    assert list(objects_in(pod())) == [(pod(), ())]
    assert list(objects_in("text")) == [("text", ())]


def test_a_list_holds_its_items_however_deep_with_their_paths() -> None:
    inner = {"apiVersion": "v1", "kind": "PodList", "items": [pod(), SERVICE]}
    outer = {"apiVersion": "v1", "kind": "List", "items": [SERVICE, inner]}
    assert list(objects_in(outer)) == [
        (SERVICE, ("items", 0)),
        (pod(), ("items", 1, "items", 0)),
        (SERVICE, ("items", 1, "items", 1)),
    ]


def test_an_empty_list_holds_nothing() -> None:
    assert list(objects_in({"apiVersion": "v1", "kind": "List", "items": []})) == []


@pytest.mark.parametrize(
    "obj",
    [
        {"kind": "List"},
        {"kind": "List", "items": None},
        {"kind": "List", "items": {}},
        {"kind": "Pod", "items": []},
        {"kind": "Listing", "items": []},
        {"items": []},
        [],
        None,
    ],
)
def test_what_has_no_items_or_another_kind_is_no_list(obj: Any) -> None:
    assert not is_list(obj)
