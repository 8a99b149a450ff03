import copy
from typing import Any

import pytest

from webhook.pod.admitted import admitted, token_volume

Json = dict[str, Any]

TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
MOUNT = {"name": "kube-api-access-00000", "readOnly": True, "mountPath": TOKEN_PATH}
NOT_READY, UNREACHABLE = (
    {"key": f"node.kubernetes.io/{what}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
    for what in ("not-ready", "unreachable")
)


def a_pod(**spec: Any) -> Json:
    return {"metadata": {"name": "web"}, "spec": {"containers": [{"name": "web"}]} | spec}


def test_a_minimal_pod_gets_account_token_priority_and_tolerations() -> None:
    pod = a_pod()
    before = copy.deepcopy(pod)
    assert admitted(pod)["spec"] == {
        "containers": [{"name": "web", "volumeMounts": [MOUNT]}],
        "serviceAccountName": "default",
        "serviceAccount": "default",
        "volumes": [token_volume()],
        "priority": 0,
        "preemptionPolicy": "PreemptLowerPriority",
        "tolerations": [NOT_READY, UNREACHABLE],
    }
    assert pod == before
    assert admitted(admitted(pod)) == admitted(pod)


def test_the_token_is_mounted_into_init_containers_and_not_into_ephemeral_ones() -> None:
    spec = admitted(a_pod(initContainers=[{"name": "i"}], ephemeralContainers=[{"name": "e"}]))["spec"]
    assert spec["initContainers"] == [{"name": "i", "volumeMounts": [MOUNT]}]
    assert spec["ephemeralContainers"] == [{"name": "e"}]


def test_a_container_that_mounts_something_there_gets_no_token() -> None:
    own = {"name": "mine", "mountPath": TOKEN_PATH}
    spec = admitted(a_pod(containers=[{"name": "a", "volumeMounts": [own]}]))["spec"]
    assert spec["containers"] == [{"name": "a", "volumeMounts": [own]}]
    assert "volumes" not in spec


def test_a_volume_that_is_named_like_the_token_is_the_token() -> None:
    volumes = [{"name": "kube-api-access-abcde", "emptyDir": {}}]
    spec = admitted(a_pod(volumes=volumes))["spec"]
    assert spec["volumes"] == volumes
    assert spec["containers"][0]["volumeMounts"] == [MOUNT | {"name": "kube-api-access-abcde"}]


@pytest.mark.parametrize(
    ("pod", "account", "mounted"),
    [
        ({"automountServiceAccountToken": False}, {"automountServiceAccountToken": True}, False),
        ({"automountServiceAccountToken": True}, {"automountServiceAccountToken": False}, True),
        ({}, {"automountServiceAccountToken": False}, False),
        ({}, {}, True),
    ],
)
def test_the_pods_word_on_automount_comes_before_the_accounts(pod: Json, account: Json, mounted: bool) -> None:
    assert ("volumes" in admitted(a_pod(**pod), account)["spec"]) is mounted


def test_pull_secrets_come_from_the_account_where_the_pod_has_none() -> None:
    account = {"imagePullSecrets": [{"name": "corp"}]}
    assert admitted(a_pod(), account)["spec"]["imagePullSecrets"] == [{"name": "corp"}]
    own = [{"name": "own"}]
    assert admitted(a_pod(imagePullSecrets=own), account)["spec"]["imagePullSecrets"] == own


@pytest.mark.parametrize(
    ("own", "added"),
    [
        ({"operator": "Exists"}, []),
        ({"operator": "Exists", "effect": "NoExecute"}, []),
        ({"operator": "Exists", "effect": "NoSchedule"}, [NOT_READY, UNREACHABLE]),
        ({"key": "node.kubernetes.io/not-ready", "operator": "Exists"}, [UNREACHABLE]),
        ({"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute"}, [NOT_READY]),
    ],
)
def test_default_tolerations_are_added_only_where_nothing_tolerates(own: Json, added: list[Json]) -> None:
    assert admitted(a_pod(tolerations=[own]))["spec"]["tolerations"] == [own, *added]


def test_a_named_priority_class_is_known_only_where_every_cluster_has_it() -> None:
    assert "priority" not in admitted(a_pod(priorityClassName="gold"))["spec"]
    assert admitted(a_pod(priorityClassName="system-node-critical"))["spec"]["priority"] == 2000001000


def test_a_mirror_pod_gets_no_account() -> None:
    pod = a_pod() | {"metadata": {"annotations": {"kubernetes.io/config.mirror": "x"}}}
    spec = admitted(pod)["spec"]
    assert ("serviceAccountName" in spec, "volumes" in spec, spec["priority"]) == (False, False, 0)
