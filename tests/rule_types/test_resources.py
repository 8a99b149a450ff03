"""resources: bounds on containers, and what stands in for what is left out."""

from typing import Any

import pytest

from tests.objects import decided, places, pod, request, workload
from tests.rule_types.one_rule import IMAGE, one_rule, said, with_resources
from webhook.admission.decision import Verdict
from webhook.engine.decide import Stage
from webhook.policy.ruleset import Ruleset

LIMITS = "spec.containers[0].resources.limits"
REQUESTS = "spec.containers[0].resources.requests"


def rules(text: str) -> Ruleset:
    """A ruleset of one rule `r` with this text under `resources`."""
    return one_rule("resources", text)


def test_a_pod_within_all_bounds_is_allowed_untouched() -> None:
    bound = rules("cpu: {request: {min: 10m, max: '1'}, limit: {max: '2'}, maxLimitToRequest: 2}")
    decision = decided(bound, with_resources({"cpu": "500m"}, {"cpu": "1"}))
    assert (decision.verdict, decision.findings, decision.patch) == (Verdict.ALLOWED, (), ())


def test_a_request_above_its_maximum_names_value_bound_and_cure() -> None:
    decision = decided(rules("cpu: {request: {max: '4'}}"), with_resources({"cpu": "4001m"}))
    (finding,) = decision.findings
    assert decision.verdict is Verdict.DENIED
    assert (finding.where, finding.value) == (f"{REQUESTS}.cpu", "4001m")
    assert finding.message == '"4001m" is above the maximum 4'
    assert finding.fix == "resources: {requests: {cpu: 4}}"


def test_bounds_compare_by_value_and_not_by_spelling() -> None:
    bound = rules("memory: {request: {min: 1Gi, max: 1Gi}}")
    for spelling in ("1Gi", "1024Mi", "1073741824", 1073741824, "1073741824000m"):
        assert decided(bound, with_resources({"memory": spelling})).findings == ()
    assert places(decided(bound, with_resources({"memory": "1073741823"}))) == [("r", f"{REQUESTS}.memory")]


def test_bounds_are_exact_where_floating_point_is_not() -> None:
    bound = rules("cpu: {request: {max: 300m}}")
    assert decided(bound, with_resources({"cpu": "0.3"})).findings == ()
    assert places(decided(bound, with_resources({"cpu": "300000001n"}))) == [("r", f"{REQUESTS}.cpu")]


def test_a_missing_request_is_read_as_the_limit() -> None:
    bound = rules("cpu: {request: {required: true, max: '1'}}")
    assert decided(bound, with_resources(limits={"cpu": "1"})).findings == ()
    as_it_came_in = decided(bound, with_resources(limits={"cpu": "2"}), stage=Stage.VALIDATE)
    assert said(as_it_came_in) == [(f"{REQUESTS}.cpu", '"2", read from the limit, is above the maximum 1')]
    as_served = decided(bound, with_resources(limits={"cpu": "2"}))  # the API server copies the limit
    assert said(as_served) == [(f"{REQUESTS}.cpu", '"2" is above the maximum 1')]


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
        assert places(decided(rules(text), with_resources({"memory": "1Gi"}))) == [("r", f"{LIMITS}.memory")]


def test_required_false_lets_an_absent_value_pass_and_still_bounds_a_present_one() -> None:
    bound = rules("memory: {request: {required: false, max: 1Gi}, limit: {required: false, max: 1Gi}}")
    assert decided(bound, pod()).findings == ()
    assert places(decided(bound, with_resources({"memory": "1Gi"}, {"memory": "2Gi"}))) == [("r", f"{LIMITS}.memory")]


def test_an_absent_limit_of_a_device_means_none_unless_it_is_required() -> None:
    assert decided(rules("nvidia.com/gpu: {limit: {min: 1, max: 2}}"), pod()).findings == ()
    assert places(decided(rules("nvidia.com/gpu: {limit: {required: true}}"), pod())) == [
        ("r", f'{LIMITS}["nvidia.com/gpu"]')
    ]
    assert places(
        decided(rules("hugepages-2Mi: {limit: {max: 4Mi}}"), with_resources(limits={"hugepages-2Mi": "6Mi"}))
    ) == [("r", f"{LIMITS}.hugepages-2Mi")]


def test_a_limit_must_equal_its_request() -> None:
    bound = rules("memory: {limit: {equalsRequest: true}}")
    assert decided(bound, with_resources({"memory": "1024Mi"}, {"memory": "1Gi"})).findings == ()
    assert said(decided(bound, with_resources({"memory": "1Gi"}, {"memory": "2Gi"}))) == [
        (f"{LIMITS}.memory", '"2Gi" must equal the request "1Gi"')
    ]


def test_the_ratio_of_limit_to_request_is_exact() -> None:
    bound = rules("cpu: {maxLimitToRequest: 1.5}")
    assert decided(bound, with_resources({"cpu": "2"}, {"cpu": "3"})).findings == ()
    decision = decided(bound, with_resources({"cpu": "2"}, {"cpu": "3001m"}))
    assert said(decision) == [(f"{LIMITS}.cpu", '"3001m" is 1.6 times the request "2", at most 1.5 times is allowed')]
    assert decision.findings[0].fix == "resources: {limits: {cpu: 3}}"


def test_a_limit_beside_a_request_of_zero_is_beyond_every_ratio() -> None:
    decision = decided(rules("cpu: {maxLimitToRequest: 4}"), with_resources({"cpu": "0"}, {"cpu": "1"}))
    assert said(decision) == [
        (f"{LIMITS}.cpu", '"1" is any number of times the request "0", at most 4 times is allowed')
    ]


def test_a_forbidden_limit_must_be_left_out_of_containers_and_of_the_pod() -> None:
    bound = rules("cpu: {limit: {forbidden: true}}")
    assert decided(bound, with_resources({"cpu": "1"})).findings == ()
    assert said(decided(bound, with_resources(limits={"cpu": "1"}))) == [
        (f"{LIMITS}.cpu", 'is "1", no limit may be set')
    ]
    whole = with_resources(resources={"limits": {"cpu": "4"}})
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
        decision = decided(bound, with_resources({"memory": value}))
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
    decision = decided(rules("memory: {request: {min: 32Mi}}"), with_resources({"memory": "512m"}))
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


def test_a_limit_that_the_pod_has_is_held_against_the_pods_request() -> None:
    bound = rules("cpu: {maxLimitToRequest: 2}")
    whole = {"requests": {"cpu": "2"}, "limits": {"cpu": "4"}}
    assert decided(bound, with_resources({"cpu": "100m"}, resources=whole)).findings == ()
    whole = {"requests": {"cpu": "1"}, "limits": {"cpu": "4"}}
    assert places(decided(bound, with_resources({"cpu": "1"}, resources=whole))) == [("r", "spec.resources.limits.cpu")]


def test_an_old_violation_warns_on_update_and_a_new_one_denies() -> None:
    bound = rules("cpu: {request: {max: '1'}}")
    old = workload("Deployment", {"spec": {"containers": [_with_cpu("2")]}})
    same = workload("Deployment", {"spec": {"containers": [_with_cpu("2")]}}, {"metadata": {"labels": {"x": "y"}}})
    worse = workload("Deployment", {"spec": {"containers": [_with_cpu("3")]}})
    assert decided(bound, request(same, old)).verdict is Verdict.ALLOWED
    assert decided(bound, request(worse, old)).verdict is Verdict.DENIED


def _with_cpu(cpu: str) -> dict[str, Any]:
    return {"name": "web", "image": IMAGE, "resources": {"requests": {"cpu": cpu}}}
