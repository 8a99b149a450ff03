"""manifest: the request that the API server would make of an object in a file."""

from typing import Any

import pytest

from tests.objects import pod, workload
from webhook.admission.request import GroupKind, Operation, User
from webhook.engine.manifest import as_request
from webhook.pod.workloads import POD_AT


def test_a_pod_is_submitted_with_the_defaults_and_the_plugins_additions_of_the_api_server() -> None:
    asks = as_request(pod())
    assert asks.object is not None
    assert (asks.kind, asks.operation, asks.namespace, asks.name, asks.version, asks.user) == (
        GroupKind("", "Pod"),
        Operation.CREATE,
        "shop",
        "web",
        "v1",
        None,
    )
    assert asks.object["spec"]["restartPolicy"] == "Always"
    assert asks.object["spec"]["serviceAccountName"] == "default"
    assert any("projected" in volume for volume in asks.object["spec"]["volumes"])


def test_the_object_of_the_file_is_not_touched() -> None:
    written = pod()
    as_request(written)
    assert written == pod()


@pytest.mark.parametrize("kind", [kind for _, kind in POD_AT if kind != "Pod"])
def test_a_workload_gets_defaults_and_no_pod_plugin(kind: str) -> None:
    obj = workload(kind)
    asks = as_request(obj)
    at = next(path for (_, name), path in POD_AT.items() if name == kind)
    template: Any = asks.object
    for step in at:
        template = template[step]
    assert template["spec"]["dnsPolicy"] == "ClusterFirst"
    assert "volumes" not in template["spec"]


@pytest.mark.parametrize(
    ("obj", "namespace", "written"),
    [
        (pod({"metadata": {"namespace": None}}), "here", "here"),
        (pod({"metadata": {"namespace": ""}}), "here", "here"),
        (pod({"metadata": {"namespace": "pay"}}), "pay", "pay"),
        ({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}, "shop", None),
        ({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "namespace": "odd"}}, "shop", "odd"),
        ({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "x"}}, "", None),
        ({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "x"}}, "", None),
        ({"apiVersion": "acme.example/v1", "kind": "Shop", "metadata": {"name": "x"}}, "here", "here"),
    ],
)
def test_an_object_lives_where_it_says_or_else_where_it_is_applied(
    obj: dict[str, Any], namespace: str, written: str | None
) -> None:
    asks = as_request(obj, namespace="here")
    assert asks.object is not None
    assert (asks.namespace, asks.object["metadata"].get("namespace")) == (namespace, written)


def test_nothing_is_invented_where_there_is_no_metadata() -> None:
    asks = as_request({"apiVersion": "v1", "kind": "ConfigMap"})
    assert (asks.name, asks.namespace) == ("", "default")


def test_a_generated_name_is_no_name_yet() -> None:
    assert as_request(pod({"metadata": {"name": None, "generateName": "web-"}})).name == ""


def test_a_deletion_submits_the_object_as_the_old_one() -> None:
    asks = as_request(pod(), operation=Operation.DELETE)
    assert asks.object is None
    assert asks.old_object is not None
    assert asks.old_object["spec"]["restartPolicy"] == "Always"
    assert "volumes" not in asks.old_object["spec"]


def test_an_update_submits_both_with_defaults_so_that_spelling_is_no_difference() -> None:
    written, stored = pod(resources={"limits": {"cpu": 1}}), pod(resources={"limits": {"cpu": "1000m"}})
    asks = as_request(written, operation=Operation.UPDATE, old=stored)
    assert asks.object == asks.old_object
    assert asks.object is not None
    assert asks.object["spec"]["containers"][0]["resources"] == {"limits": {"cpu": "1"}, "requests": {"cpu": "1"}}


def test_an_update_whose_old_object_is_not_given_has_none() -> None:
    assert as_request(pod(), operation=Operation.UPDATE).old_object is None


def test_whoever_is_said_to_ask_asks() -> None:
    alice = User("alice", ("devs",))
    assert as_request(pod(), user=alice).user == alice


@pytest.mark.parametrize(
    ("version", "kind", "meant", "told"),
    [
        ("apps/v1", "Deployment", GroupKind("apps", "Deployment"), "v1"),
        ("apps/v1beta2", "Deployment", GroupKind("apps", "Deployment"), "v1beta2"),
        ("extensions/v1beta1", "Deployment", GroupKind("apps", "Deployment"), "v1beta1"),
        ("acme.example/v1", "Pod", GroupKind("acme.example", "Pod"), "v1"),
    ],
)
def test_the_kind_is_read_from_the_api_version_whatever_the_version(
    version: str, kind: str, meant: GroupKind, told: str
) -> None:
    asks = as_request({"apiVersion": version, "kind": kind, "metadata": {"name": "x"}})
    assert (asks.kind, asks.version) == (meant, told)
