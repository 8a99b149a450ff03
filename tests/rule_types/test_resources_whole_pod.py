"""resources: the sum over a pod, its quality of service, and classes that a pod chooses."""

from typing import Any

import pytest

from tests.objects import decided, places, pod, workload
from tests.rule_types.one_rule import IMAGE, one_rule, said, with_resources
from webhook.policy.ruleset import Ruleset

REQUESTS = "spec.containers[0].resources.requests"


def rules(text: str) -> Ruleset:
    """A ruleset of one rule `r` with this text under `resources`."""
    return one_rule("resources", text)


def summed(containers: list[str], inits: list[tuple[str, bool]]) -> dict[str, Any]:
    """A pod with containers and (memory, is a sidecar) init containers of these memory requests."""
    spec: dict[str, Any] = {
        "containers": [
            {"name": f"c{index}", "image": IMAGE, "resources": {"requests": {"memory": memory}}}
            for index, memory in enumerate(containers)
        ],
        "initContainers": [
            {"name": f"i{index}", "image": IMAGE, "resources": {"requests": {"memory": memory}}}
            | ({"restartPolicy": "Always"} if sidecar else {})
            for index, (memory, sidecar) in enumerate(inits)
        ],
    }
    return pod({"spec": spec})


@pytest.mark.parametrize(
    ("containers", "inits", "total"),
    [
        (["1Gi", "2Gi"], [], "3Gi"),
        (["1Gi"], [("4Gi", False)], "4Gi"),
        (["1Gi"], [("4Gi", True)], "5Gi"),
        (["1Gi"], [("1Gi", True), ("3Gi", False)], "4Gi"),
        (["1Gi"], [("3Gi", False), ("1Gi", True)], "3Gi"),
        (["1Gi"], [("1Gi", True), ("5Gi", False), ("2Gi", True)], "6Gi"),
    ],
)
def test_the_sum_of_a_pod_is_what_the_scheduler_counts(
    containers: list[str], inits: list[tuple[str, bool]], total: str
) -> None:
    bound = rules("pod: {memory: {request: {max: 1Mi}}}")
    (finding,) = decided(bound, summed(containers, inits)).findings
    assert (finding.where, finding.value) == ("spec.containers", total)
    exact = rules(f"pod: {{memory: {{request: {{min: {total}, max: {total}}}}}}}")
    assert decided(exact, summed(containers, inits)).findings == ()


def test_the_overhead_of_a_runtime_class_is_part_of_the_sum() -> None:
    obj = with_resources({"memory": "1Gi"}, overhead={"memory": "120Mi"})
    decision = decided(rules("pod: {memory: {request: {max: 1Gi}}}"), obj)
    assert said(decision) == [
        (
            "spec.containers",
            "1144Mi in memory requests of the whole pod, overhead 120Mi included, is above the maximum 1Gi",
        )
    ]


def test_the_pods_own_resources_replace_the_sum() -> None:
    bound = rules("pod: {cpu: {request: {max: '2'}}}")
    assert decided(bound, with_resources({"cpu": "1"}, resources={"requests": {"cpu": "2"}})).findings == ()
    assert places(decided(bound, with_resources({"cpu": "1"}, resources={"requests": {"cpu": "3"}}))) == [
        ("r", "spec.resources.requests.cpu")
    ]


def test_a_container_without_a_limit_leaves_the_pod_without_a_sum_of_limits() -> None:
    bound = rules("pod: {memory: {limit: {max: 4Gi}}}")
    spec = {
        "containers": [
            {"name": "a", "image": IMAGE, "resources": {"limits": {"memory": "1Gi"}}},
            {"name": "b", "image": IMAGE},
        ]
    }
    assert said(decided(bound, pod({"spec": spec}))) == [
        (
            "spec.containers[1].resources.limits.memory",
            "missing, so the limits of the pod have no sum, which must be at most 4Gi",
        )
    ]


def test_who_needs_the_most_is_named() -> None:
    decision = decided(rules("pod: {memory: {request: {max: 2Gi}}}"), summed(["1Gi", "2Gi"], []))
    message = '3Gi in memory requests of the whole pod is above the maximum 2Gi (most of it "c1": 2Gi)'
    assert said(decision) == [("spec.containers", message)]


QUALITIES = [
    (with_resources(), "BestEffort"),
    (with_resources({"cpu": "1"}), "Burstable"),
    (with_resources({"nvidia.com/gpu": 1}), "BestEffort"),
    (with_resources({"cpu": "0"}), "BestEffort"),
    (with_resources(limits={"cpu": "1"}), "Burstable"),
    (with_resources(limits={"cpu": "1", "memory": "1Gi"}), "Guaranteed"),
    (with_resources({"cpu": "500m"}, {"cpu": "1", "memory": "1Gi"}), "Burstable"),
    (with_resources({"cpu": "1000m", "memory": "1024Mi"}, {"cpu": "1", "memory": "1Gi"}), "Guaranteed"),
    (with_resources(resources={"requests": {"cpu": "1"}}), "Burstable"),
    (with_resources(resources={"limits": {"cpu": "1", "memory": "1Gi"}}), "Guaranteed"),
    (with_resources(limits={"cpu": "1", "memory": "1Gi"}, initContainers=[{"name": "i", "image": IMAGE}]), "Burstable"),
]


@pytest.mark.parametrize(("obj", "quality"), QUALITIES)
def test_the_quality_of_service_is_the_one_that_kubernetes_gives(obj: dict[str, Any], quality: str) -> None:
    assert decided(rules(f"qos: [{quality}]"), obj).findings == ()
    others = [one for one in ("Guaranteed", "Burstable", "BestEffort") if one != quality]
    (finding,) = decided(rules(f"qos: [{', '.join(others)}]"), obj).findings
    assert finding.value == quality


def test_a_wrong_quality_of_service_points_to_what_spoils_it() -> None:
    decision = decided(rules("qos: [Guaranteed]"), with_resources({"cpu": "1"}, {"cpu": "1"}))
    assert said(decision) == [
        ("spec.containers[0].resources", 'makes the pod Burstable, it must be Guaranteed: "web" has no memory limit')
    ]


SIZES = """
cpu: {request: {default: 100m, max: '1'}}
classes:
  by: {annotation: acme.example/size}
  small: {cpu: {request: {max: 500m}}}
  large: {cpu: {request: {default: '2', max: '16'}}, pod: {cpu: {request: {max: '20'}}}}
"""


def sized(size: Any, cpu: str | None = None) -> dict[str, Any]:
    """A pod of a class."""
    return pod({"metadata": {"annotations": {"acme.example/size": size}}}, resources={"requests": {"cpu": cpu}})


def test_a_class_replaces_the_bounds_outside_classes_word_by_word() -> None:
    bound = rules(SIZES)
    assert decided(bound, sized("large", "16")).findings == ()
    assert said(decided(bound, sized("small", "501m"))) == [(f"{REQUESTS}.cpu", '"501m" is above the maximum 500m')]
    assert said(decided(bound, with_resources({"cpu": "2"}))) == [(f"{REQUESTS}.cpu", '"2" is above the maximum 1')]
    assert places(decided(bound, sized("large", "17"))) == [("r", f"{REQUESTS}.cpu")]


def test_a_class_brings_its_own_default() -> None:
    assert decided(rules(SIZES), sized("large")).object["spec"]["containers"][0]["resources"] == {  # type: ignore[index]
        "requests": {"cpu": "2"}
    }
    assert decided(rules(SIZES), sized("small")).object["spec"]["containers"][0]["resources"] == {  # type: ignore[index]
        "requests": {"cpu": "100m"}
    }


def test_an_unknown_class_is_a_finding_with_the_one_that_was_meant() -> None:
    decision = decided(rules(SIZES), sized("lagre", "500m"))
    (finding,) = decision.findings
    assert (finding.where, finding.fix) == ('metadata.annotations["acme.example/size"]', "did you mean large?")
    assert finding.message == '"lagre" is no class, there are large and small'
    assert places(decided(rules(SIZES), sized(["large"], "500m"))) == [
        ("r", 'metadata.annotations["acme.example/size"]')
    ]


def test_a_class_by_label_is_read_from_the_pod_template() -> None:
    bound = rules("classes:\n  by: {label: size}\n  small: {cpu: {request: {max: 500m}}}")
    container = {"name": "web", "image": IMAGE, "resources": {"requests": {"cpu": "2"}}}
    template = {"metadata": {"labels": {"size": "small"}}, "spec": {"containers": [container]}}
    path = "spec.template.spec.containers[0].resources.requests.cpu"
    assert places(decided(bound, workload("Deployment", template))) == [("r", path)]
    own = workload("Deployment", {"spec": {"containers": [container]}}, {"metadata": {"labels": {"size": "small"}}})
    assert decided(bound, own).findings == ()
