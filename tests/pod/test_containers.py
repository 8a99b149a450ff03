"""containers: the one walker finds every container and every image, and tells what has another shape."""

from typing import Any

import pytest

from tests.objects import IMAGE, pod, workload
from webhook.errors import MalformedObject
from webhook.pod.containers import ALL_ROLES, Pod, Role, image_use
from webhook.pod.workloads import POD_AT
from webhook.source.path import render

EVERYWHERE = {
    "initContainers": [{"name": "init", "image": "i:1"}, {"name": "mesh", "image": "m:1", "restartPolicy": "Always"}],
    "containers": [{"name": "web", "image": "w:1"}],
    "ephemeralContainers": [{"name": "debug", "image": "d:1"}],
    "volumes": [
        {"name": "data", "emptyDir": {}},
        {"name": "model", "image": {"reference": "v:1", "pullPolicy": "Always"}},
    ],
}


def test_every_list_is_walked_in_the_order_in_which_a_pod_starts() -> None:
    found = [(c.name, c.role, c.image, render(c.at)) for c in Pod(pod({"spec": EVERYWHERE}), ()).containers]
    assert found == [
        ("init", Role.INIT, "i:1", "spec.initContainers[0]"),
        ("mesh", Role.SIDECAR, "m:1", "spec.initContainers[1]"),
        ("web", Role.CONTAINER, "w:1", "spec.containers[0]"),
        ("debug", Role.EPHEMERAL, "d:1", "spec.ephemeralContainers[0]"),
    ]
    assert {role for _, role, _, _ in found} == ALL_ROLES


@pytest.mark.parametrize(("key", "at"), POD_AT.items())
def test_the_walk_begins_at_the_pod_of_each_kind_and_paths_are_the_authors(key: tuple[str, str], at: Any) -> None:
    obj = workload(key[1], {"spec": EVERYWHERE}) if key[1] != "Pod" else pod({"spec": EVERYWHERE})
    walked = Pod(obj, at)
    prefix = "".join(f"{step}." for step in at)
    assert [render(c.at).removeprefix(prefix) for c in walked.containers] == [
        "spec.initContainers[0]",
        "spec.initContainers[1]",
        "spec.containers[0]",
        "spec.ephemeralContainers[0]",
    ]
    assert [render(use.path) for use in walked.image_volumes] == [f"{prefix}spec.volumes[1].image.reference"]


@pytest.mark.parametrize("policy", ["OnFailure", "Never", "always", "", None, True, 5])
def test_only_restart_policy_always_makes_an_init_container_a_sidecar(policy: Any) -> None:
    obj = pod({"spec": {"initContainers": [{"name": "a"}]}})
    obj["spec"]["initContainers"][0]["restartPolicy"] = policy
    assert Pod(obj, ()).containers[0].role is Role.INIT


def test_restart_policy_always_means_nothing_outside_init_containers() -> None:
    assert Pod(pod(restartPolicy="Always"), ()).containers[0].role is Role.CONTAINER


def test_image_volumes_are_images_too() -> None:
    [use] = Pod(pod({"spec": EVERYWHERE}), ()).image_volumes
    assert (use.text, use.pull_policy, render(use.pull_policy_path), use.container, use.owner) == (
        "v:1",
        "Always",
        "spec.volumes[1].image.pullPolicy",
        None,
        "volume model",
    )


def test_an_image_volume_without_a_reference_has_an_empty_one() -> None:
    [use] = Pod(pod({"spec": {"volumes": [{"name": "x", "image": {}}]}}), ()).image_volumes
    assert (use.text, use.pull_policy) == ("", None)


def test_the_image_of_a_container_has_its_paths_and_its_owner() -> None:
    [container] = Pod(pod(imagePullPolicy="Never"), ()).containers
    use = image_use(container)
    assert (use.text, render(use.path), use.pull_policy, render(use.pull_policy_path), use.owner) == (
        IMAGE,
        "spec.containers[0].image",
        "Never",
        "spec.containers[0].imagePullPolicy",
        "container web",
    )
    assert use.container is container


@pytest.mark.parametrize("spec", [None, {}, {"containers": None}, {"containers": []}, {"volumes": None}])
def test_a_pod_without_containers_has_none(spec: Any) -> None:
    walked = Pod({"spec": spec}, ())
    assert (walked.containers, walked.image_volumes) == ((), ())


def test_a_container_without_a_name_or_image_is_still_a_container() -> None:
    [container] = Pod(pod({"spec": {"containers": [{}]}}), ()).containers
    assert (container.name, container.image, container.role) == ("", "", Role.CONTAINER)


def test_a_pod_template_that_is_missing_on_the_way_is_a_pod_without_anything() -> None:
    walked = Pod({"spec": None}, ("spec", "template"))
    assert (walked.metadata, walked.spec, walked.containers) == ({}, {}, ())


@pytest.mark.parametrize(
    ("spec", "words", "at"),
    [
        ({"containers": {}}, "spec.containers must be a list of containers, not an object", "spec.containers"),
        ({"containers": {"a": 1}}, "spec.containers must be a list of containers, not an object", "spec.containers"),
        ({"containers": "x"}, "spec.containers must be a list of containers, not a string", "spec.containers"),
        (
            {"initContainers": 5},
            "spec.initContainers must be a list of containers, not a number",
            "spec.initContainers",
        ),
        ({"containers": [None]}, "spec.containers[0] must be a container, not null", "spec.containers[0]"),
        ({"containers": [{}, []]}, "spec.containers[1] must be a container, not a list", "spec.containers[1]"),
        ("x", "spec must be an object, not a string", "spec"),
        (True, "spec must be an object, not a boolean", "spec"),
    ],
)
def test_containers_of_another_shape_are_told_with_their_place(spec: Any, words: str, at: str) -> None:
    with pytest.raises(MalformedObject) as raised:
        _ = Pod({"spec": spec}, ()).containers
    assert (str(raised.value), render(raised.value.path)) == (words, at)


@pytest.mark.parametrize(
    ("volumes", "at"),
    [
        ("x", "spec.volumes"),
        ({"a": 1}, "spec.volumes"),
        (["x"], "spec.volumes[0]"),
        ([{"image": "nginx"}], "spec.volumes[0].image"),
        ([{"image": {"reference": 5}}], "spec.volumes[0].image.reference"),
    ],
)
def test_volumes_of_another_shape_are_told_with_their_place(volumes: Any, at: str) -> None:
    with pytest.raises(MalformedObject) as raised:
        _ = Pod({"spec": {"volumes": volumes}}, ()).image_volumes
    assert render(raised.value.path) == at


@pytest.mark.parametrize("image", [5, True, ["nginx"], {"a": 1}])
def test_an_image_that_is_no_text_is_told_with_its_place(image: Any) -> None:
    obj = pod()
    obj["spec"]["containers"][0]["image"] = image
    [container] = Pod(obj, ()).containers
    assert container.image == ""
    with pytest.raises(MalformedObject) as raised:
        image_use(container)
    assert render(raised.value.path) == "spec.containers[0].image"


@pytest.mark.parametrize("template", ["x", [], 5])
def test_a_template_of_another_shape_is_told_with_its_place(template: Any) -> None:
    with pytest.raises(MalformedObject) as raised:
        Pod({"spec": {"template": template}}, ("spec", "template"))
    assert render(raised.value.path) == "spec.template"
