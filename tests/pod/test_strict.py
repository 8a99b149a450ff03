"""What the API server would not take over; tests/e2e/test_schema.py holds the same against a real one."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.objects import pod, workload
from tests.pod.mistakes import READABLE, UNKNOWN, UNREADABLE
from webhook.pod.misfits import Misfit, misfits, misfits_in
from webhook.pod.schema import Field, fields, struct_of
from webhook.pod.strict import reads_all
from webhook.source.path import look_up, render

Json = dict[str, Any]


def told(obj: Json) -> list[tuple[str, str | None]]:
    """Path and what was meant or wanted, after asking the quick answer too."""
    found = list(misfits(obj))
    assert reads_all(obj) is not bool(found)
    return [(render(one.path), one.meant if one.field is None else one.field.type) for one in found]


def test_all_of_it_is_told_in_the_order_of_the_object() -> None:
    container = {"zzz": 1, "env": [{"name": "A", "value": 1, "vaule": "b"}]}
    obj = workload("Deployment", {"spec": {"containers": [container], "hostnetwork": True}}, {"spec": {"replcas": 1}})
    at = "spec.template.spec.containers[0]"
    assert told(obj) == [
        (f"{at}.zzz", None),
        (f"{at}.env[0].value", "string"),
        (f"{at}.env[0].vaule", "value"),
        ("spec.template.spec.hostnetwork", "hostNetwork"),
        ("spec.replcas", "replicas"),
    ]


@pytest.mark.parametrize(("obj", "path", "meant"), UNKNOWN)
def test_an_unknown_field_is_named_with_what_was_meant(obj: Json, path: str, meant: str | None) -> None:
    assert told(obj) == [(path, meant)]


def test_of_several_places_further_in_the_one_that_is_there_is_meant() -> None:
    probe = {"path": "/", "port": 80, "httpGet": {"scheme": "HTTPS"}}
    at = "spec.containers[0].livenessProbe"
    assert told(pod(livenessProbe=probe)) == [(f"{at}.path", "httpGet.path"), (f"{at}.port", "httpGet.port")]


@pytest.mark.parametrize("obj", READABLE)
def test_what_the_api_server_reads_is_not_said(obj: Json) -> None:
    assert told(obj) == []


@pytest.mark.parametrize("kind", ["Deployment", "CronJob", "Pod", "PodTemplate"])
def test_null_is_fine_for_every_known_field(kind: str) -> None:
    obj = pod() if kind == "Pod" else workload(kind)
    assert told(obj | {name: None for name in fields(kind) if name not in ("apiVersion", "kind")}) == []


@pytest.mark.parametrize(("obj", "path", "wanted"), UNREADABLE)
def test_what_the_api_server_cannot_read_is_said(obj: Json, path: str, wanted: str) -> None:
    assert told(obj) == [(path, wanted)]


@pytest.mark.parametrize(
    "kind", ["extensions/v1beta1 Deployment", "apps/v2 Deployment", "example.com/v1 Pod", "v1 Pods", "v1 List"]
)
def test_kinds_that_are_not_built_in_are_let_alone(kind: str) -> None:
    version, name = kind.split()
    assert told({"apiVersion": version, "kind": name, "metadata": 1, "anything": {}}) == []


def test_other_built_in_kinds_are_known_too() -> None:
    obj = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "provisoner": "a", "parameters": {"a": 1}}
    assert told(obj) == [("provisoner", "provisioner"), ("parameters.a", "string")]
    schema = {"type": "object", "properties": {"a": {"default": [1], "items": {"type": 1}, "format": 5}}}
    versions = [{"name": "v1", "schema": {"openAPIV3Schema": schema}}]
    crd = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "spec": {"versions": versions}}
    assert told(crd) == [("spec.versions[0].schema.openAPIV3Schema.properties.a.format", "string")]


def test_a_part_of_an_object_is_read_as_strictly() -> None:
    container = Field("", "", "object", "#", "Container")
    found = list(misfits_in(container, {"image": 1, "tty": "yes", "resources": {"limits": {"cpu": "x"}}, "nmae": "a"}))
    assert [(one.path, one.found, one.is_of_wrong_type, one.meant) for one in found] == [
        (("image",), "integer", True, None),
        (("tty",), "string", True, None),
        (("resources", "limits", "cpu"), "string", False, None),
        (("nmae",), "string", False, "name"),
    ]


def generated(field: Field, depth: int = 3) -> st.SearchStrategy[Any]:
    """Any value that the field can have."""
    scalars: dict[str, Callable[[], st.SearchStrategy[Any]]] = {
        "s": st.text,
        "b": st.booleans,
        "i": lambda: st.integers(-(2**31), 2**31 - 1),
        "l": lambda: st.integers(-(2**63), 2**63 - 1),
        "f": lambda: st.floats(allow_nan=False, allow_infinity=False),
        "I": lambda: st.one_of(st.text(), st.integers(-(2**31), 2**31 - 1)),
        "q": lambda: st.sampled_from(["1", 1, 0.5, "100m", "1.5Gi", "1e3", "-2"]),
        "t": lambda: st.datetimes().map(lambda moment: f"{moment.isoformat()}Z".replace("+", "")),
        "y": lambda: st.sampled_from(["", "YQ==", "YWI=", "YWJj"]),
        "a": lambda: st.one_of(st.none(), st.integers(), st.lists(st.text())),
    }
    if field.code in scalars:
        return st.one_of(st.none(), scalars[field.code]())
    if depth == 0:
        return st.none()
    if field.code == "#":
        members = {name: generated(member, depth - 1) for name, member in fields(field.struct).items()}
        return st.fixed_dictionaries({}, optional=members)
    assert field.element is not None
    inner = generated(field.element, depth - 1)
    return st.lists(inner, max_size=2) if field.code == "[" else st.dictionaries(st.text(), inner, max_size=2)


KINDS = [{"apiVersion": "v1", "kind": "Pod"}, {"apiVersion": "apps/v1", "kind": "Deployment"}]
KINDS += [{"apiVersion": "batch/v1", "kind": "CronJob"}, {"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass"}]


@st.composite
def objects(draw: st.DrawFn) -> Json:
    """A whole object of one kind, of which a part is deep."""
    named = draw(st.sampled_from(KINDS))
    root = fields(struct_of(named) or "")
    spec = root.get("spec", root["metadata"])
    names = draw(st.sets(st.sampled_from(sorted(spec.children)), max_size=3))
    deep = {name: draw(generated(spec.children[name], 4)) for name in sorted(names)}
    return {**named, "metadata": draw(generated(root["metadata"], 2)), spec.name: deep}


@settings(max_examples=150, deadline=None)
@given(objects())
def test_nothing_is_said_of_what_has_the_right_types(obj: Json) -> None:
    assert list(misfits(obj)) == []
    assert reads_all(obj)


@settings(max_examples=150, deadline=None)
@given(objects(), st.data())
def test_one_thing_wrong_is_said_and_nothing_else(obj: Json, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(name for name in obj if isinstance(obj[name], dict))))
    wrong = {**obj, name: {**obj[name], "no such field": {}}}
    assert [(one.path, one.field) for one in misfits(wrong)] == [((name, "no such field"), None)]
    assert not reads_all(wrong)


NAMES = st.sampled_from(["name", "spec", "containers", "x", "data"])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
)


@settings(max_examples=200, deadline=None)
@given(ANYTHING)
def test_whatever_stands_somewhere_the_quick_answer_and_the_long_one_agree(value: Any) -> None:
    for obj in (pod({"spec": None}) | {"spec": value}, {"apiVersion": "v1", "kind": "Secret", "data": value}):
        found = list(misfits(obj))
        assert reads_all(obj) is not bool(found)
        assert all(isinstance(one, Misfit) and look_up(obj, one.path) is one.value for one in found if one.path)
