"""resources: bounds, defaults, sums, classes and quality of service."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.objects import decided, places, pod, policy, problems, request, ruleset, workload
from webhook.admission.decision import Decision, Verdict
from webhook.policy.ruleset import Ruleset

IMAGE = "registry.corp.example/shop/web:1.4.2"
LIMITS = "spec.containers[0].resources.limits"
REQUESTS = "spec.containers[0].resources.requests"


def rules(text: str) -> Ruleset:
    """A ruleset of one rule `r` with this text under `resources`."""
    indented = "\n".join(f"    {line}" for line in text.strip("\n").splitlines())
    return ruleset(policy(f"- name: r\n  resources:\n{indented}"))


def wrongs(text: str) -> list[tuple[str, str, str | None]]:
    """What is wrong with such a rule: level, message, cure."""
    indented = "\n".join(f"    {line}" for line in text.strip("\n").splitlines())
    return [(str(p.level), p.message, p.help) for p in problems(policy(f"- name: r\n  resources:\n{indented}"))]


def with_(requests: dict[str, Any] | None = None, limits: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    """A pod whose one container has these resources."""
    resources = {key: value for key, value in (("requests", requests), ("limits", limits)) if value}
    return pod({"spec": spec}, **({"resources": resources} if resources else {}))


def said(decision: Decision) -> list[tuple[str, str]]:
    """(path, message) of every finding."""
    return [(finding.where, finding.message) for finding in decision.findings]


def test_a_pod_within_all_bounds_is_allowed_untouched() -> None:
    bound = rules("cpu: {request: {min: 10m, max: '1'}, limit: {max: '2'}, maxLimitToRequest: 2}")
    decision = decided(bound, with_({"cpu": "500m"}, {"cpu": "1"}))
    assert (decision.verdict, decision.findings, decision.patch) == (Verdict.ALLOWED, (), ())


def test_a_request_above_its_maximum_names_value_bound_and_cure() -> None:
    decision = decided(rules("cpu: {request: {max: '4'}}"), with_({"cpu": "4001m"}))
    (finding,) = decision.findings
    assert decision.verdict is Verdict.DENIED
    assert (finding.where, finding.value) == (f"{REQUESTS}.cpu", "4001m")
    assert finding.message == '"4001m" is above the maximum 4'
    assert finding.fix == "resources: {requests: {cpu: 4}}"


def test_bounds_compare_by_value_and_not_by_spelling() -> None:
    bound = rules("memory: {request: {min: 1Gi, max: 1Gi}}")
    for spelling in ("1Gi", "1024Mi", "1073741824", 1073741824, "1073741824000m"):
        assert decided(bound, with_({"memory": spelling})).findings == ()
    assert places(decided(bound, with_({"memory": "1073741823"}))) == [("r", f"{REQUESTS}.memory")]


def test_bounds_are_exact_where_floating_point_is_not() -> None:
    bound = rules("cpu: {request: {max: 300m}}")
    assert decided(bound, with_({"cpu": "0.3"})).findings == ()
    assert places(decided(bound, with_({"cpu": "300000001n"}))) == [("r", f"{REQUESTS}.cpu")]


def test_a_missing_request_is_read_as_the_limit() -> None:
    bound = rules("cpu: {request: {required: true, max: '1'}}")
    assert decided(bound, with_(limits={"cpu": "1"})).findings == ()
    assert said(decided(bound, with_(limits={"cpu": "2"}))) == [
        (f"{REQUESTS}.cpu", '"2", read from the limit, is above the maximum 1')
    ]


def test_a_bound_on_a_request_refuses_an_absent_one_where_no_limit_stands_in() -> None:
    decision = decided(rules("cpu: {request: {max: '4'}}"), pod())
    assert said(decision) == [(f"{REQUESTS}.cpu", "missing, must be at most 4")]
    assert decision.findings[0].fix == "resources: {requests: {cpu: 100m}}"


def test_every_bound_on_a_limit_refuses_an_absent_limit() -> None:
    for text in (
        "memory: {limit: {max: 8Gi}}",
        "memory: {limit: {min: 8Mi}}",
        "memory: {limit: {equalsRequest: true}}",
        "memory: {maxLimitToRequest: 2}",
        "memory: {limit: {required: true}}",
    ):
        assert places(decided(rules(text), with_({"memory": "1Gi"}))) == [("r", f"{LIMITS}.memory")]


def test_required_false_lets_an_absent_value_pass_and_still_bounds_a_present_one() -> None:
    bound = rules("memory: {request: {required: false, max: 1Gi}, limit: {required: false, max: 1Gi}}")
    assert decided(bound, pod()).findings == ()
    assert places(decided(bound, with_({"memory": "1Gi"}, {"memory": "2Gi"}))) == [("r", f"{LIMITS}.memory")]


def test_an_absent_limit_of_a_device_means_none_unless_it_is_required() -> None:
    assert decided(rules("nvidia.com/gpu: {limit: {min: 1, max: 2}}"), pod()).findings == ()
    assert places(decided(rules("nvidia.com/gpu: {limit: {required: true}}"), pod())) == [
        ("r", f'{LIMITS}["nvidia.com/gpu"]')
    ]
    assert places(decided(rules("hugepages-2Mi: {limit: {max: 4Mi}}"), with_(limits={"hugepages-2Mi": "6Mi"}))) == [
        ("r", f"{LIMITS}.hugepages-2Mi")
    ]


def test_a_limit_must_equal_its_request() -> None:
    bound = rules("memory: {limit: {equalsRequest: true}}")
    assert decided(bound, with_({"memory": "1024Mi"}, {"memory": "1Gi"})).findings == ()
    assert said(decided(bound, with_({"memory": "1Gi"}, {"memory": "2Gi"}))) == [
        (f"{LIMITS}.memory", '"2Gi" must equal the request "1Gi"')
    ]


def test_the_ratio_of_limit_to_request_is_exact() -> None:
    bound = rules("cpu: {maxLimitToRequest: 1.5}")
    assert decided(bound, with_({"cpu": "2"}, {"cpu": "3"})).findings == ()
    decision = decided(bound, with_({"cpu": "2"}, {"cpu": "3001m"}))
    assert said(decision) == [(f"{LIMITS}.cpu", '"3001m" is 1.6 times the request "2", at most 1.5 times is allowed')]
    assert decision.findings[0].fix == "resources: {limits: {cpu: 3}}"


def test_a_limit_beside_a_request_of_zero_is_beyond_every_ratio() -> None:
    decision = decided(rules("cpu: {maxLimitToRequest: 4}"), with_({"cpu": "0"}, {"cpu": "1"}))
    assert said(decision) == [
        (f"{LIMITS}.cpu", '"1" is any number of times the request "0", at most 4 times is allowed')
    ]


def test_a_forbidden_limit_must_be_left_out_of_containers_and_of_the_pod() -> None:
    bound = rules("cpu: {limit: {forbidden: true}}")
    assert decided(bound, with_({"cpu": "1"})).findings == ()
    assert said(decided(bound, with_(limits={"cpu": "1"}))) == [(f"{LIMITS}.cpu", 'is "1", no limit may be set')]
    whole = with_(resources={"limits": {"cpu": "4"}})
    assert places(decided(bound, whole)) == [("r", "spec.resources.limits.cpu")]


def test_init_containers_and_sidecars_are_judged_and_ephemeral_containers_are_not() -> None:
    spec = {
        "initContainers": [
            {"name": "migrate", "image": IMAGE},
            {"name": "proxy", "image": IMAGE, "restartPolicy": "Always"},
        ],
        "ephemeralContainers": [{"name": "debug", "image": IMAGE}],
    }
    decision = decided(rules("cpu: {request: {required: true}}"), pod({"spec": spec}))
    assert [(finding.where, finding.container) for finding in decision.findings] == [
        (f"{REQUESTS}.cpu", "web"),
        ("spec.initContainers[0].resources.requests.cpu", "migrate"),
        ("spec.initContainers[1].resources.requests.cpu", "proxy"),
    ]


def test_defaults_are_filled_in_canonical_form_and_a_second_pass_patches_nothing() -> None:
    bound = rules("cpu: {request: {default: '0.1'}, limit: {default: 1000m}}\nmemory: {request: {default: 1024Mi}}")
    decision = decided(bound, pod())
    resources = {"requests": {"cpu": "100m", "memory": "1Gi"}, "limits": {"cpu": "1"}}
    assert decision.verdict is Verdict.ALLOWED
    assert decision.patch == ({"op": "add", "path": "/spec/containers/0/resources", "value": resources},)
    assert decision.object is not None
    assert decided(bound, decision.object).patch == ()


def test_a_request_default_applies_only_where_neither_request_nor_limit_is_set() -> None:
    bound = rules("cpu: {request: {default: 100m}}")
    for resources in (with_({"cpu": "5m"}), with_(limits={"cpu": "50m"})):
        decision = decided(bound, resources)
        assert (decision.verdict, decision.patch) == (Verdict.ALLOWED, ())


def test_as_request_copies_the_request_and_without_one_required_decides() -> None:
    assert decided(rules("memory: {limit: {default: asRequest}}"), with_({"memory": "512Mi"})).patch == (
        {"op": "add", "path": "/spec/containers/0/resources/limits", "value": {"memory": "512Mi"}},
    )
    without = decided(rules("memory: {limit: {default: asRequest}}"), pod())
    assert (without.verdict, without.patch) == (Verdict.ALLOWED, ())
    required = decided(rules("memory: {limit: {default: asRequest, required: true}}"), pod())
    assert said(required) == [(f"{LIMITS}.memory", "missing, must be set")]


def test_a_default_limit_below_the_authors_request_is_raised_and_said() -> None:
    decision = decided(rules("memory: {limit: {default: 128Mi}}"), with_({"memory": "256Mi"}))
    assert decision.verdict is Verdict.ALLOWED
    assert decision.patch[0]["value"] == {"memory": "256Mi"}
    assert [note.text for note in decision.notes] == [
        f"{LIMITS}.memory is set to 256Mi, not to the default 128Mi: the request is 256Mi"
    ]


def test_a_default_limit_beyond_the_ratio_is_lowered_and_said() -> None:
    bound = rules("memory: {limit: {default: 1Gi}, maxLimitToRequest: 4}")
    decision = decided(bound, with_({"memory": "128Mi"}))
    assert (decision.verdict, decision.patch[0]["value"]) == (Verdict.ALLOWED, {"memory": "512Mi"})
    assert len(decision.notes) == 1


def test_where_no_limit_fits_both_request_and_bounds_nothing_is_filled_and_the_reason_is_said() -> None:
    decision = decided(rules("memory: {limit: {default: 128Mi, max: 200Mi}}"), with_({"memory": "256Mi"}))
    assert decision.patch == ()
    assert said(decision) == [(f"{LIMITS}.memory", "missing, and the request 256Mi is above the largest limit 200Mi")]


def test_in_mode_warn_nothing_is_filled_and_the_finding_says_what_would_be() -> None:
    bound = ruleset(policy("- name: r\n  resources: {cpu: {request: {default: 100m}}}", mode="warn"))
    decision = decided(bound, pod())
    assert (decision.verdict, decision.patch) == (Verdict.ALLOWED, ())
    assert said(decision) == [(f"{REQUESTS}.cpu", "missing, would be 100m")]


def test_the_template_of_a_workload_is_judged_as_filled_and_never_patched() -> None:
    bound = rules("cpu: {request: {default: 100m, max: '1'}}")
    for kind in ("Deployment", "CronJob", "PodTemplate"):
        decision = decided(bound, workload(kind))
        assert (decision.verdict, decision.patch) == (Verdict.ALLOWED, ())
    container = {"name": "web", "image": IMAGE, "resources": {"requests": {"cpu": "2"}}}
    decision = decided(bound, workload("CronJob", {"spec": {"containers": [container]}}))
    path = "spec.jobTemplate.spec.template.spec.containers[0].resources.requests.cpu"
    assert places(decision) == [("r", path)]


def test_ephemeral_containers_are_never_filled() -> None:
    spec = {"ephemeralContainers": [{"name": "debug", "image": IMAGE}]}
    decision = decided(rules("cpu: {request: {default: 100m}}"), pod({"spec": spec}))
    assert [operation["path"] for operation in decision.patch] == ["/spec/containers/0/resources"]


def test_an_unreadable_quantity_is_a_finding_and_never_filled_over() -> None:
    bound = rules(
        "memory: {request: {default: 64Mi, max: 1Gi}, limit: {default: 128Mi}}\npod: {memory: {request: {max: 1Gi}}}"
    )
    for value, message in (
        ("1K", '"1K" is no quantity: "K" is no suffix, did you mean 1k?'),
        ("1e1000000000", '"1e1000000000" is no quantity that can be counted'),
        (True, "true is no quantity: write a number, or a text such as 500m or 1Gi"),
        ([], "[] is no quantity: write a number, or a text such as 500m or 1Gi"),
    ):
        decision = decided(bound, with_({"memory": value}))
        assert (decision.verdict, decision.patch, decision.faults) == (Verdict.DENIED, (), ())
        assert said(decision) == [(f"{REQUESTS}.memory", message)]


@pytest.mark.parametrize(
    "shape", ["many", 7, [], ["memory"], True, {"requests": []}, {"limits": "1Gi"}, {"limits": None}]
)
def test_resources_of_a_wrong_shape_never_break_the_rule(shape: Any) -> None:
    bound = rules("memory: {request: {default: 64Mi}, limit: {default: 128Mi}}\nqos: [Guaranteed, Burstable]")
    decision = decided(bound, pod(resources=shape))
    assert decision.faults == ()


def test_memory_in_thousandths_of_a_byte_gets_the_cure_that_was_meant() -> None:
    decision = decided(rules("memory: {request: {min: 32Mi}}"), with_({"memory": "512m"}))
    assert decision.findings[0].fix == 'did you mean "512Mi"? m is a thousandth of a byte'


def test_the_pods_own_resources_stand_in_for_what_containers_lack_and_are_named_once() -> None:
    bound = rules("cpu: {request: {required: true}, limit: {max: '4'}}")
    two = {"containers": [{"name": "a", "image": IMAGE}, {"name": "b", "image": IMAGE}]}
    good = {**two, "resources": {"requests": {"cpu": "1"}, "limits": {"cpu": "4"}}}
    assert decided(bound, pod({"spec": good})).findings == ()
    bad = {**two, "resources": {"requests": {"cpu": "1"}, "limits": {"cpu": "8"}}}
    assert said(decided(bound, pod({"spec": bad}))) == [
        ("spec.resources.limits.cpu", '"8", for containers without a limit of their own, is above the maximum 4')
    ]


def test_nothing_is_filled_into_containers_where_the_pod_has_the_resource() -> None:
    bound = rules("cpu: {request: {default: 100m}, limit: {default: '1'}}\nmemory: {request: {default: 64Mi}}")
    decision = decided(bound, with_(resources={"requests": {"cpu": "1"}, "limits": {"cpu": "1"}}))
    assert decision.verdict is Verdict.ALLOWED
    assert [operation["value"] for operation in decision.patch] == [{"requests": {"memory": "64Mi"}}]


def test_a_limit_that_the_pod_has_is_held_against_the_pods_request() -> None:
    bound = rules("cpu: {maxLimitToRequest: 2}")
    whole = {"requests": {"cpu": "2"}, "limits": {"cpu": "4"}}
    assert decided(bound, with_({"cpu": "100m"}, resources=whole)).findings == ()
    whole = {"requests": {"cpu": "1"}, "limits": {"cpu": "4"}}
    assert places(decided(bound, with_({"cpu": "1"}, resources=whole))) == [("r", "spec.resources.limits.cpu")]


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
    obj = with_({"memory": "1Gi"}, overhead={"memory": "120Mi"})
    decision = decided(rules("pod: {memory: {request: {max: 1Gi}}}"), obj)
    assert said(decision) == [
        (
            "spec.containers",
            "1144Mi in memory requests of the whole pod, overhead 120Mi included, is above the maximum 1Gi",
        )
    ]


def test_the_pods_own_resources_replace_the_sum() -> None:
    bound = rules("pod: {cpu: {request: {max: '2'}}}")
    assert decided(bound, with_({"cpu": "1"}, resources={"requests": {"cpu": "2"}})).findings == ()
    assert places(decided(bound, with_({"cpu": "1"}, resources={"requests": {"cpu": "3"}}))) == [
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
    (with_(), "BestEffort"),
    (with_({"cpu": "1"}), "Burstable"),
    (with_({"nvidia.com/gpu": 1}), "BestEffort"),
    (with_({"cpu": "0"}), "BestEffort"),
    (with_(limits={"cpu": "1"}), "Burstable"),
    (with_(limits={"cpu": "1", "memory": "1Gi"}), "Guaranteed"),
    (with_({"cpu": "500m"}, {"cpu": "1", "memory": "1Gi"}), "Burstable"),
    (with_({"cpu": "1000m", "memory": "1024Mi"}, {"cpu": "1", "memory": "1Gi"}), "Guaranteed"),
    (with_(resources={"requests": {"cpu": "1"}}), "Burstable"),
    (with_(resources={"limits": {"cpu": "1", "memory": "1Gi"}}), "Guaranteed"),
    (with_(limits={"cpu": "1", "memory": "1Gi"}, initContainers=[{"name": "i", "image": IMAGE}]), "Burstable"),
]


@pytest.mark.parametrize(("obj", "quality"), QUALITIES)
def test_the_quality_of_service_is_the_one_that_kubernetes_gives(obj: dict[str, Any], quality: str) -> None:
    assert decided(rules(f"qos: [{quality}]"), obj).findings == ()
    others = [one for one in ("Guaranteed", "Burstable", "BestEffort") if one != quality]
    (finding,) = decided(rules(f"qos: [{', '.join(others)}]"), obj).findings
    assert finding.value == quality


def test_a_wrong_quality_of_service_points_to_what_spoils_it() -> None:
    decision = decided(rules("qos: [Guaranteed]"), with_({"cpu": "1"}, {"cpu": "1"}))
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
    assert said(decided(bound, with_({"cpu": "2"}))) == [(f"{REQUESTS}.cpu", '"2" is above the maximum 1')]
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


def test_two_rules_that_fill_different_requests_both_fail_whatever_their_names() -> None:
    text = "- name: {}\n  resources: {{cpu: {{request: {{default: {}}}}}}}\n"
    decision = decided(ruleset(policy(text.format("a", "100m") + text.format("b", "200m"))), pod())
    assert (decision.verdict, decision.patch) == (Verdict.UNDECIDED, ())
    assert [finding.cause.value for finding in decision.findings] == ["failed", "failed"]


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_one_rules_request_and_anothers_limit_give_the_same_in_either_order(names: tuple[str, str]) -> None:
    text = (
        "- name: {}\n  resources: {{cpu: {{request: {{default: 100m}}}}}}\n"
        "- name: {}\n  resources: {{cpu: {{limit: {{default: '1'}}}}}}\n"
    )
    decision = decided(ruleset(policy(text.format(*names))), pod())
    assert decision.verdict is Verdict.ALLOWED
    assert decision.object is not None
    assert decision.object["spec"]["containers"][0]["resources"] == {
        "requests": {"cpu": "100m"},
        "limits": {"cpu": "1"},
    }


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_a_default_limit_below_another_rules_default_request_is_a_clash_in_either_order(names: tuple[str, str]) -> None:
    text = (
        "- name: {}\n  resources: {{cpu: {{request: {{default: 200m}}}}}}\n"
        "- name: {}\n  resources: {{cpu: {{limit: {{default: 100m}}}}}}\n"
    )
    decision = decided(ruleset(policy(text.format(*names))), pod())
    assert (decision.verdict, decision.patch) == (Verdict.UNDECIDED, ())


def test_an_old_violation_warns_on_update_and_a_new_one_denies() -> None:
    bound = rules("cpu: {request: {max: '1'}}")
    old = workload("Deployment", {"spec": {"containers": [_with_cpu("2")]}})
    same = workload("Deployment", {"spec": {"containers": [_with_cpu("2")]}}, {"metadata": {"labels": {"x": "y"}}})
    worse = workload("Deployment", {"spec": {"containers": [_with_cpu("3")]}})
    assert decided(bound, request(same, old)).verdict is Verdict.ALLOWED
    assert decided(bound, request(worse, old)).verdict is Verdict.DENIED


def _with_cpu(cpu: str) -> dict[str, Any]:
    return {"name": "web", "image": IMAGE, "resources": {"requests": {"cpu": cpu}}}


@pytest.mark.parametrize(
    ("text", "message", "cure"),
    [
        ("cpu: {request: {min: '2', max: '1'}}", "the minimum 2 is above the maximum 1", None),
        ("cpu: {request: {default: '2', max: '1'}}", "the default 2 is above the maximum 1", None),
        ("cpu: {limit: {default: 5m, min: 10m}}", "the default 5m is below the minimum 10m", None),
        (
            "cpu: {limit: {forbidden: true, default: '1'}}",
            "the limit is forbidden, so `default` can never act",
            "leave one of them out",
        ),
        (
            "cpu: {limit: {forbidden: true}, maxLimitToRequest: 2}",
            "the limit is forbidden, so there is no ratio",
            "leave one of them out",
        ),
        (
            "cpu: {maxLimitToRequest: 0.5}",
            "a limit is never below its request, so it cannot be at most 0.5 times as large",
            "write 1 or more",
        ),
        ("cpu: {request: {min: '2'}, limit: {max: '1'}}", "no limit is below its request, and limit.max is 1", None),
        (
            "cpu: {request: {default: '2'}, limit: {max: '1'}}",
            "the default request 2 is above the largest limit 1",
            None,
        ),
        (
            "cpu: {request: {default: '2'}, limit: {default: '1'}}",
            "the default limit 1 is below the default request 2",
            None,
        ),
        (
            "cpu: {request: {default: '1'}, limit: {default: '2', equalsRequest: true}}",
            "the default limit 2 is not the default request 1",
            "say asRequest",
        ),
        (
            "cpu: {request: {default: '1'}, limit: {default: '5'}, maxLimitToRequest: 4}",
            "the default limit 5 is more than 4 times the default request 1",
            None,
        ),
        (
            "cpu: {request: {max: '1'}, limit: {min: '5'}, maxLimitToRequest: 4}",
            "no limit reaches 5: it is at most 4 times a request of at most 1",
            None,
        ),
        (
            "cpu: {request: {max: '1'}, limit: {default: '2'}}",
            "the default limit 2 is read as the request, above its maximum 1",
            "give the request a default",
        ),
        (
            "cpu: {limit: {equalsRequest: true}, maxLimitToRequest: 2}",
            "equalsRequest already wants a ratio of 1",
            "leave one of them out",
        ),
        ("memory: {request: {default: 128m}}", "memory is counted in whole bytes, 128m is not", "did you mean 128Mi?"),
        (
            "nvidia.com/gpu: {limit: {max: 1500m}}",
            "nvidia.com/gpu is counted in whole numbers, 1500m is not",
            "did you mean 1500Mi?",
        ),
        (
            "nvidia.com/gpu: {request: {default: 1}}",
            "a request of nvidia.com/gpu without a limit is refused by the API server",
            "give the limit the default: it is read as the request",
        ),
        ("memroy: {request: {max: 1Gi}}", "there is no resource `memroy`", "did you mean `memory`?"),
        ("storage: {request: {max: 1Gi}}", "there is no resource `storage`", "did you mean `ephemeral-storage`?"),
        (
            "gpu: {limit: {max: 1}}",
            "there is no resource `gpu`",
            "extended resources are written DOMAIN/NAME: nvidia.com/gpu",
        ),
        ("hugepages-large: {limit: {max: 1Gi}}", "it names no page size", "such as hugepages-2Mi"),
        ("pod: {memroy: {request: {max: 1Gi}}}", "there is no resource `memroy`", "did you mean `memory`?"),
        ("pod: {memory: {request: {min: 2Gi, max: 1Gi}}}", "the minimum 2Gi is above the maximum 1Gi", None),
        ("cpu: {limit: {default: asrequest}}", "`asrequest` is no quantity", "did you mean `asRequest`?"),
        ("cpu: {maxLimitToRequest: 4x}", "`4x` is no ratio", "write a number such as 4 or 1.5"),
        ("cpu: {request: {maximum: '1'}}", "unknown key `maximum`", "known here: default, max, min, required"),
        (
            "qos: [Guaranteed, Burstable, BestEffort]",
            "every pod has one of these classes, so this can never act",
            "leave one out",
        ),
        (
            "classes: {by: {annotation: a, label: b}, small: {cpu: {request: {max: '1'}}}}",
            "one thing chooses the class",
            "say either `annotation` or `label`",
        ),
        (
            "classes: {by: {annotation: a}, cpu: {request: {request: {max: '1'}}}}",
            "`cpu` is a key of resources and cannot name a class",
            "put it under the name of a class, or outside `classes`",
        ),
        (
            "cpu: {request: {default: 100m}}\nclasses: {by: {annotation: a}, tiny: {cpu: {request: {max: 50m}}}}",
            "the default 100m is above the maximum 50m",
            None,
        ),
    ],
)
def test_what_contradicts_is_an_error_when_rules_load(text: str, message: str, cure: str | None) -> None:
    assert ("error", message, cure) in wrongs(text)


def test_what_is_probably_not_meant_is_a_warning() -> None:
    assert wrongs("cpu: {request: {max: '16'}, limit: {max: '8'}}") == [
        ("warning", "requests above 8 stay refused: a limit is at least the request, and limit.max is 8", None)
    ]
    assert wrongs("nvidia.com/gpus: {limit: {max: 1}}") == [
        ("warning", "no known device is called `nvidia.com/gpus`", "did you mean `nvidia.com/gpu`?")
    ]
    assert wrongs("vendor.example/fpga: {limit: {max: 1}}") == []


def test_nothing_said_is_an_error_at_every_level() -> None:
    for text in (
        "{}",
        "cpu: {}",
        "cpu: {request: {}}",
        "pod: {}",
        "pod: {cpu: {request: {}}}",
        "classes: {by: {label: a}}",
    ):
        assert [level for level, _, _ in wrongs(text)] == ["error"], text


AMOUNTS = st.sampled_from([None, "50m", "100m", "250m", "1", "2", "16"])


@settings(max_examples=150, deadline=None)
@given(
    request_=AMOUNTS,
    limit=AMOUNTS,
    words=st.sampled_from(
        [
            "{request: {default: 100m}, limit: {default: 200m}}",
            "{request: {default: 100m}, limit: {default: asRequest, equalsRequest: true}}",
            "{request: {default: 100m}, limit: {default: 400m}, maxLimitToRequest: 4}",
            "{limit: {default: 250m, min: 50m, max: '4'}}",
        ]
    ),
)
def test_what_is_filled_in_is_accepted_and_a_second_pass_changes_nothing(
    request_: str | None, limit: str | None, words: str
) -> None:
    bound = rules(f"cpu: {words}")
    obj = with_({"cpu": request_} if request_ else None, {"cpu": limit} if limit else None)
    decision = decided(bound, obj)
    assert decision.faults == ()
    assert decision.object is not None
    again = decided(bound, decision.object)
    assert again.patch == ()
    assert said(again) == said(decision)
    filled = {operation["path"].rsplit("/", 1)[-1] for operation in decision.patch}
    if filled:
        assert not any(finding.value in filled for finding in decision.findings)
