"""AppArmor's annotations as fields, without a server; tests/e2e/test_apparmor.py compares with a real one."""

import copy
from typing import Any

import pytest

from tests.objects import pod, workload
from webhook.pod.apparmor import with_apparmor_fields
from webhook.pod.defaults import created_pod_of, defaulted, pod_of
from webhook.source.path import look_up

Json = dict[str, Any]

KEY = "container.apparmor.security.beta.kubernetes.io/"


def annotated(value: Any, name: str = "web", **spec: Any) -> Json:
    return pod({"metadata": {"annotations": {f"{KEY}{name}": value}}, "spec": spec})


def profile(obj: Json) -> Any:
    return look_up(obj, ("spec", "containers", 0, "securityContext", "appArmorProfile"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("unconfined", {"type": "Unconfined"}),
        ("runtime/default", {"type": "RuntimeDefault"}),
        ("localhost/mine", {"type": "Localhost", "localhostProfile": "mine"}),
        ("localhost/localhost/x", {"type": "Localhost", "localhostProfile": "localhost/x"}),
        ("localhost/", None),
        ("localhost/ mine", None),
        (f"localhost/{'é' * 2048}", None),
        ("mine", None),
        ("", None),
        (5, None),
        ({}, None),
    ],
)
def test_an_annotation_becomes_the_field_where_it_is_a_valid_profile(value: Any, expected: Json | None) -> None:
    obj = annotated(value)
    before = copy.deepcopy(obj)
    assert profile(with_apparmor_fields(obj)) == expected
    assert obj == before


def test_the_containers_own_profile_stays_and_the_pods_own_is_not_repeated() -> None:
    own = {"appArmorProfile": {"type": "RuntimeDefault"}}
    obj = annotated("unconfined")
    obj["spec"]["containers"][0]["securityContext"] = own
    assert with_apparmor_fields(obj) == obj
    assert profile(with_apparmor_fields(annotated("runtime/default", securityContext=own))) is None
    assert profile(with_apparmor_fields(annotated("unconfined", securityContext=own))) == {"type": "Unconfined"}


def test_other_containers_and_windows_pods_get_nothing() -> None:
    for obj in (annotated("unconfined", "other"), annotated("unconfined", os={"name": "windows"}), pod()):
        assert with_apparmor_fields(obj) == obj


@pytest.mark.parametrize(
    "spec",
    [
        {"containers": None},
        {"containers": ["web", None, {"name": 5}, {"name": ["web"]}]},
        {"containers": {"web": 1}, "securityContext": 5, "os": "windows"},
    ],
)
def test_values_of_wrong_types_break_nothing(spec: Json) -> None:
    obj = annotated("unconfined") | {"spec": spec}
    assert with_apparmor_fields(obj) == obj
    assert with_apparmor_fields({**obj, "spec": "x"})["spec"] == "x"
    assert with_apparmor_fields({"metadata": {"annotations": ["x"]}, "spec": spec})["spec"] == spec


def test_a_template_gets_the_field_as_its_created_pod_and_not_before_mutation() -> None:
    at = ("spec", "template")
    template = {"metadata": {"annotations": {f"{KEY}web": "unconfined"}}}
    deployment = defaulted(workload("Deployment", template))
    assert profile(look_up(created_pod_of(deployment, at), at)) == {"type": "Unconfined"}
    assert profile(look_up(pod_of(deployment, at), at)) is None
