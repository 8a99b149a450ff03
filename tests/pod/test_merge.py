import json
from pathlib import Path
from typing import Any

import pytest

from webhook.pod import schema
from webhook.pod.merge import MERGE_KEYS, Difference, How, find, key_of, keys_at, missing
from webhook.pod.schema import Field, kind_schema

Json = dict[str, Any]

TABLE: Json = json.loads((Path(schema.__file__).parent / "data" / "schema.json").read_text(encoding="utf-8"))

OURS_WHERE_THE_API_IS_ATOMIC = {
    "Capabilities.add",
    "Capabilities.drop",
    "ConfigMapProjection.items",
    "ConfigMapVolumeSource.items",
    "Container.envFrom",
    "DownwardAPIProjection.items",
    "DownwardAPIVolumeSource.items",
    "EphemeralContainer.envFrom",
    "PodDNSConfig.nameservers",
    "PodDNSConfig.options",
    "PodDNSConfig.searches",
    "PodSecurityContext.supplementalGroups",
    "PodSecurityContext.sysctls",
    "PodSpec.readinessGates",
    "PodSpec.tolerations",
    "ProjectedVolumeSource.sources",
    "SecretProjection.items",
    "SecretVolumeSource.items",
    "ServiceAccount.imagePullSecrets",
}


def at(*path: str | int) -> Field:
    pod = kind_schema("", "Pod")
    assert pod is not None
    field = pod.at(path)
    assert field is not None
    return field


def test_our_keys_are_those_of_server_side_apply_but_for_the_listed_atomic_ones() -> None:
    differing = {place for place, keys in MERGE_KEYS.items() if TABLE["keys"][place] not in (list(keys), "set")}
    assert differing == OURS_WHERE_THE_API_IS_ATOMIC
    assert {TABLE["keys"][place] for place in differing} == {"atomic"}


def test_every_keyed_list_of_a_pod_spec_is_in_our_table() -> None:
    owners = ("PodSpec.", "Container.", "EphemeralContainer.", "PodSecurityContext.", "ResourceRequirements.")
    keyed = {place for place, keys in TABLE["keys"].items() if place.startswith(owners) and isinstance(keys, list)}
    assert keyed <= MERGE_KEYS.keys()


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        (("spec", "containers"), ("name",)),
        (("spec", "containers", "*", "ports"), ("containerPort", "protocol")),
        (("spec", "initContainers", 0, "volumeMounts"), ("mountPath",)),
        (("spec", "topologySpreadConstraints"), ("topologyKey", "whenUnsatisfiable")),
        (("spec", "tolerations"), ("key", "operator", "value", "effect")),
        (("spec", "containers", "*", "securityContext", "capabilities", "drop"), ()),
        (("spec", "containers", "*", "args"), None),
        (("spec", "hostNetwork"), None),
        (("spec", "nothing"), None),
    ],
)
def test_keys_at_a_path_of_a_pod(path: tuple[str | int, ...], keys: tuple[str, ...] | None) -> None:
    assert keys_at(path) == keys


def test_keys_at_a_path_of_another_kind() -> None:
    assert keys_at(("spec", "ports"), kind_schema("", "Service")) == ("port", "protocol")
    deployment = kind_schema("apps", "Deployment")
    assert keys_at(("spec", "template", "spec", "volumes"), deployment) == ("name",)
    assert keys_at(("spec", "egress"), kind_schema("networking.k8s.io", "NetworkPolicy")) is None


def test_an_absent_key_field_means_what_the_api_means_by_it() -> None:
    ports = ("containerPort", "protocol")
    assert key_of({"containerPort": 80}, ports) == key_of({"containerPort": 80, "protocol": "TCP"}, ports)
    assert key_of({"containerPort": 80}, ports) != key_of({"containerPort": 80, "protocol": "UDP"}, ports)
    tolerations = MERGE_KEYS["PodSpec.tolerations"]
    assert key_of({"key": "a"}, tolerations) == key_of({"key": "a", "operator": "Equal", "value": ""}, tolerations)


def test_find_tells_the_index_of_the_same_element() -> None:
    assert find([{"name": "a"}, {"name": "b"}], {"name": "b", "value": "1"}, ("name",)) == 1
    assert find(["NET_RAW"], "ALL", ()) is None
    assert find(["NET_RAW", "ALL"], "ALL", ()) == 1
    assert find(None, "ALL", ()) is None


def differences(existing: Any, wanted: Any, *path: str | int) -> list[tuple[Any, ...]]:
    found = missing(existing, wanted, at(*path), path)
    return [(one.path, one.value, str(one.how)) for one in found]


def test_only_absent_leaves_are_set_and_present_ones_are_said_to_differ() -> None:
    existing = {"runAsNonRoot": False, "runAsUser": None}
    wanted = {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}}
    assert list(missing(existing, wanted, at("spec", "securityContext"), ("spec", "securityContext"))) == [
        Difference(("spec", "securityContext", "runAsNonRoot"), True, How.REPLACE, False),
        Difference(("spec", "securityContext", "runAsUser"), 1000, How.SET),
        Difference(("spec", "securityContext", "seccompProfile"), {"type": "RuntimeDefault"}, How.SET),
    ]


def test_an_absent_parent_is_one_step() -> None:
    wanted = {"dnsConfig": {"options": [{"name": "ndots"}]}}
    assert differences({}, wanted, "spec") == [(("spec", "dnsConfig"), {"options": [{"name": "ndots"}]}, "set")]


def test_keyed_elements_merge_by_key_and_new_ones_are_appended() -> None:
    existing = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    wanted = [{"name": "B", "value": "3"}, {"name": "C", "value": "4"}]
    env = ("spec", "containers", 0, "env")
    assert differences(existing, wanted, *env) == [
        ((*env, 1, "value"), "3", "replace"),
        (env, {"name": "C", "value": "4"}, "append"),
    ]


def test_sets_get_only_what_is_missing() -> None:
    drop = ("spec", "containers", 0, "securityContext", "capabilities", "drop")
    assert differences(["NET_RAW"], ["ALL", "NET_RAW"], *drop) == [(drop, "ALL", "append")]


def test_other_lists_must_be_equal() -> None:
    args = ("spec", "containers", 0, "args")
    assert differences(["-v"], ["-v"], *args) == []
    assert differences(["-v"], ["-v", "-x"], *args) == [(args, ["-v", "-x"], "replace")]


def test_what_the_api_reads_the_same_is_the_same() -> None:
    limits = ("spec", "containers", 0, "resources", "limits")
    assert differences({"cpu": "1", "memory": "1Gi"}, {"cpu": "1e0", "memory": 1073741824}, *limits) == []
    volume = {
        "name": "a",
        "projected": {"sources": [{"serviceAccountToken": {"path": "t", "expirationSeconds": 3600}}]},
    }
    wanted = {"name": "a", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}}
    assert differences([volume], [wanted], "spec", "volumes") == []
    tolerations = [{"key": "pool", "operator": "Equal", "value": "batch", "effect": "NoSchedule"}]
    wanted_one = [{"key": "pool", "value": "batch", "effect": "NoSchedule"}]
    assert differences(tolerations, wanted_one, "spec", "tolerations") == []


def test_a_boolean_is_no_number() -> None:
    assert differences({"priority": True}, {"priority": 1}, "spec") == [(("spec", "priority"), 1, "replace")]


def test_one_leaf_objects_are_replaced_as_a_whole() -> None:
    profile = ("spec", "securityContext", "seccompProfile")
    existing = {"type": "Localhost", "localhostProfile": "a.json"}
    assert differences(existing, {"type": "RuntimeDefault"}, *profile) == [
        (profile, {"type": "RuntimeDefault"}, "replace")
    ]


def test_another_source_replaces_the_volume() -> None:
    existing = [{"name": "tmp", "hostPath": {"path": "/tmp"}}]
    wanted = [{"name": "tmp", "emptyDir": {"sizeLimit": "1Gi"}}]
    assert differences(existing, wanted, "spec", "volumes") == [(("spec", "volumes", 0), wanted[0], "replace")]


def test_another_source_replaces_a_variables_value_and_a_probes_handler() -> None:
    env = ("spec", "containers", 0, "env")
    reference = {"valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
    assert differences([{"name": "A", "value": "1"}], [{"name": "A", **reference}], *env) == [
        ((*env, 0), {"name": "A", **reference}, "replace")
    ]
    probe = ("spec", "containers", 0, "livenessProbe")
    assert differences({"exec": {"command": ["a"]}, "periodSeconds": 5}, {"httpGet": {"port": 80}}, *probe) == [
        (probe, {"httpGet": {"port": 80}, "periodSeconds": 5}, "replace")
    ]


def test_null_wants_nothing_and_wrong_shapes_are_replaced() -> None:
    assert differences({"a": "b"}, None, "spec", "nodeSelector") == []
    assert differences({}, {"nodeSelector": None}, "spec") == []
    assert differences("all", [{"key": "a"}], "spec", "tolerations") == [
        (("spec", "tolerations"), [{"key": "a"}], "replace")
    ]
