"""resources: defaults, and what they become beside what the author set."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.objects import clashing, decided, places, pod, policy, ruleset, workload
from tests.rule_types.one_rule import IMAGE, one_rule, said, with_resources
from webhook.admission.decision import Verdict
from webhook.policy.ruleset import Ruleset

LIMITS = "spec.containers[0].resources.limits"
REQUESTS = "spec.containers[0].resources.requests"


def rules(text: str) -> Ruleset:
    """A ruleset of one rule `r` with this text under `resources`."""
    return one_rule("resources", text)


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
    for resources in (with_resources({"cpu": "5m"}), with_resources(limits={"cpu": "50m"})):
        decision = decided(bound, resources)
        assert (decision.verdict, decision.patch) == (Verdict.ALLOWED, ())


def test_as_request_copies_the_request_and_without_one_required_decides() -> None:
    assert decided(rules("memory: {limit: {default: asRequest}}"), with_resources({"memory": "512Mi"})).patch == (
        {"op": "add", "path": "/spec/containers/0/resources/limits", "value": {"memory": "512Mi"}},
    )
    without = decided(rules("memory: {limit: {default: asRequest}}"), pod())
    assert (without.verdict, without.patch) == (Verdict.ALLOWED, ())
    required = decided(rules("memory: {limit: {default: asRequest, required: true}}"), pod())
    assert said(required) == [(f"{LIMITS}.memory", "missing, must be set")]


def test_a_default_limit_below_the_authors_request_is_raised_and_said() -> None:
    decision = decided(rules("memory: {limit: {default: 128Mi}}"), with_resources({"memory": "256Mi"}))
    assert decision.verdict is Verdict.ALLOWED
    assert decision.patch[0]["value"] == {"memory": "256Mi"}
    assert [note.text for note in decision.notes] == [
        f"{LIMITS}.memory is set to 256Mi, not to the default 128Mi: the request is 256Mi"
    ]


def test_a_default_limit_beyond_the_ratio_is_lowered_and_said() -> None:
    bound = rules("memory: {limit: {default: 1Gi}, maxLimitToRequest: 4}")
    decision = decided(bound, with_resources({"memory": "128Mi"}))
    assert (decision.verdict, decision.patch[0]["value"]) == (Verdict.ALLOWED, {"memory": "512Mi"})
    assert len(decision.notes) == 1


def test_where_no_limit_fits_both_request_and_bounds_nothing_is_filled_and_the_reason_is_said() -> None:
    decision = decided(rules("memory: {limit: {default: 128Mi, max: 200Mi}}"), with_resources({"memory": "256Mi"}))
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


def test_nothing_is_filled_into_containers_where_the_pod_has_the_resource() -> None:
    bound = rules("cpu: {request: {default: 100m}, limit: {default: '1'}}\nmemory: {request: {default: 64Mi}}")
    decision = decided(bound, with_resources(resources={"requests": {"cpu": "1"}, "limits": {"cpu": "1"}}))
    assert decision.verdict is Verdict.ALLOWED
    assert [operation["value"] for operation in decision.patch] == [{"requests": {"memory": "64Mi"}}]


def test_two_rules_that_fill_different_requests_both_fail_whatever_their_names() -> None:
    text = "- name: {}\n  resources: {{cpu: {{request: {{default: {}}}}}}}\n"
    decision = decided(clashing(policy(text.format("a", "100m") + text.format("b", "200m"))), pod())
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
    decision = decided(clashing(policy(text.format(*names))), pod())
    assert (decision.verdict, decision.patch) == (Verdict.UNDECIDED, ())


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
    obj = with_resources({"cpu": request_} if request_ else None, {"cpu": limit} if limit else None)
    decision = decided(bound, obj)
    assert decision.faults == ()
    assert decision.object is not None
    again = decided(bound, decision.object)
    assert again.patch == ()
    assert said(again) == said(decision)
    filled = {operation["path"].rsplit("/", 1)[-1] for operation in decision.patch}
    if filled:
        assert not any(finding.value in filled for finding in decision.findings)
