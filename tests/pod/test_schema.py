import json
from pathlib import Path
from typing import Any

import pytest

from webhook.pod import schema
from webhook.pod.schema import Schema, fields, fields_allowed_in, kind_schema, release, schema_of, struct_of
from webhook.pod.workloads import POD_AT

Json = dict[str, Any]


def the(group: str, kind: str) -> Schema:
    found = kind_schema(group, kind)
    assert found is not None
    return found


@pytest.mark.parametrize("kind", POD_AT)
def test_every_kind_that_carries_a_pod_has_its_containers(kind: tuple[str, str]) -> None:
    field = the(*kind).at((*POD_AT[kind], "spec", "containers", "*", "image"))
    assert field is not None
    assert (field.owner, field.name, field.type) == ("Container", "image", "string")


@pytest.mark.parametrize(
    "kind",
    [
        ("", "Namespace"),
        ("", "Service"),
        ("", "ServiceAccount"),
        ("networking.k8s.io", "Ingress"),
        ("networking.k8s.io", "NetworkPolicy"),
        ("", "ConfigMap"),
        ("", "Secret"),
        ("", "PersistentVolumeClaim"),
        ("rbac.authorization.k8s.io", "Role"),
        ("rbac.authorization.k8s.io", "ClusterRole"),
        ("rbac.authorization.k8s.io", "RoleBinding"),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
        ("autoscaling", "HorizontalPodAutoscaler"),
        ("policy", "PodDisruptionBudget"),
        ("", "ResourceQuota"),
        ("", "LimitRange"),
    ],
)
def test_other_kinds_are_known_too(kind: tuple[str, str]) -> None:
    field = the(*kind).at(("metadata", "labels", "app"))
    assert field is not None
    assert field.type == "string"


def test_a_kind_or_path_that_is_not_there_is_none() -> None:
    assert kind_schema("example.com", "Widget") is None
    assert the("", "Pod").at(("spec", "containers", "name")) is None
    assert the("", "Pod").at(("spec", "contianers")) is None
    assert the("", "Pod").at(("spec", "hostNetwork", "x")) is None


def test_a_version_with_other_fields_has_no_schema() -> None:
    assert schema_of({"apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler"}) is None
    assert schema_of({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler"}) is not None
    assert schema_of({"apiVersion": "extensions/v1beta1", "kind": "Deployment"}) == the("apps", "Deployment")


@pytest.mark.parametrize(
    ("path", "type_", "pointer"),
    [
        (("spec", "hostNetwork"), "boolean", False),
        (("spec", "hostUsers"), "boolean", True),
        (("spec", "priority"), "integer", True),
        (("spec", "containers"), "list", False),
        (("spec", "containers", 3), "object", False),
        (("spec", "containers", "*", "resources", "limits"), "map", False),
        (("spec", "containers", "*", "resources", "limits", "*"), "quantity", False),
        (("spec", "containers", "*", "livenessProbe", "httpGet", "port"), "intOrString", False),
        (("metadata", "creationTimestamp"), "string", False),
        (("metadata", "managedFields", "*", "fieldsV1"), "any", True),
        (("metadata", "managedFields", "*", "fieldsV1", "f:spec"), "any", True),
    ],
)
def test_types_and_pointers(path: tuple[str | int, ...], type_: str, pointer: bool) -> None:
    field = the("", "Pod").at(path)
    assert field is not None
    assert (field.type, field.pointer) == (type_, pointer)


def test_enum_values_come_from_the_server() -> None:
    policy = the("", "Pod").at(("spec", "containers", "*", "imagePullPolicy"))
    assert policy is not None
    assert policy.enum == ("Always", "IfNotPresent", "Never")


def test_children_of_a_list_are_those_of_its_elements() -> None:
    volumes = the("", "Pod").at(("spec", "volumes"))
    assert volumes is not None
    assert {"name", "emptyDir", "image"} <= volumes.children.keys()


@pytest.mark.parametrize(
    ("list_name", "field", "allowed"),
    [
        ("containers", "ports", True),
        ("containers", "targetContainerName", False),
        ("initContainers", "ports", True),
        ("initContainers", "livenessProbe", False),
        ("sidecars", "livenessProbe", True),
        ("ephemeralContainers", "image", True),
        ("ephemeralContainers", "targetContainerName", True),
        ("ephemeralContainers", "resources", False),
        ("ephemeralContainers", "ports", False),
        ("ephemeralContainers", "lifecycle", False),
        ("ephemeralContainers", "securityContext", True),
        ("containers", "notAField", False),
    ],
)
def test_which_lists_allow_which_container_field(list_name: str, field: str, allowed: bool) -> None:
    assert fields_allowed_in(list_name, field) is allowed


def test_the_table_is_small_and_has_each_type_once() -> None:
    folder = Path(schema.__file__).parent / "data"
    assert sum(file.stat().st_size for file in folder.iterdir()) < 100_000
    table: Json = json.loads((folder / "schema.json").read_text(encoding="utf-8"))
    others: Json = json.loads((folder / "other_types.json").read_text(encoding="utf-8"))
    assert set(table) == {"atomic", "enums", "keys", "kinds", "others", "release", "types", "versions"}
    assert needed(table["types"]) <= set(table["types"])
    assert not set(table["types"]) & set(others)
    assert needed(others) | set(table["others"].values()) <= {*table["types"], *others}


def needed(types: Json) -> set[str]:
    """The structs that the fields of these types name."""
    used = {code.rstrip("?0").partition("#")[2] for fields in types.values() for code in fields.values()}
    return used - {""}


@pytest.mark.parametrize(
    ("version", "kind", "struct"),
    [
        ("v1", "Pod", "Pod"),
        ("apps/v1", "Deployment", "Deployment"),
        ("autoscaling/v2", "HorizontalPodAutoscaler", "HorizontalPodAutoscaler"),
        ("autoscaling/v1", "HorizontalPodAutoscaler", "autoscaling.v1.HorizontalPodAutoscaler"),
        ("storage.k8s.io/v1", "StorageClass", "storage.v1.StorageClass"),
        ("v1", "Node", "core.v1.Node"),
        ("extensions/v1beta1", "Deployment", None),
        ("apps/v1beta2", "Deployment", None),
        ("v2", "Pod", None),
        ("apps/v1", "Pod", None),
        ("example.com/v1", "Deployment", None),
        (None, "Pod", None),
    ],
)
def test_a_built_in_kind_is_known_in_its_versions_only(version: Any, kind: str, struct: str | None) -> None:
    assert struct_of({"apiVersion": version, "kind": kind}) == struct
    assert struct is None or {"apiVersion", "kind", "metadata"} <= fields(struct).keys()


def test_the_release_is_said_without_its_patch() -> None:
    assert release() == "1.36"
