"""A rule's `when`: which rules apply to an object as it came in, and which containers they are about."""

from typing import Any

import pytest

from tests.objects import decided, facts, merged, places, pod, policy, problems, request, ruleset, workload
from webhook.admission.decision import Decision, Verdict
from webhook.admission.finding import Cause, Standing
from webhook.admission.request import Operation
from webhook.engine.decide import Stage, decide

IMAGE = "registry.corp.example/shop/web:1.4.2"


def container(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "image": IMAGE, **fields}


def containers(*main: dict[str, Any], **others: Any) -> dict[str, Any]:
    return pod({"spec": {"containers": list(main), **others}})


def rule(when: str, body: str = "fields: {pod: spec.nodeName, required: true}", **spec: str) -> str:
    return policy(f"- name: r\n  when: {when}\n  {body}\n", **spec)


def test_a_rule_applies_only_when_its_condition_holds() -> None:
    text = rule("{pod: spec.hostPID, equals: true}")
    assert places(decided(text, pod({"spec": {"hostPID": True}}))) == [("r", "spec.nodeName")]
    decision = decided(text, pod())
    assert (decision.findings, decision.verdict) == ((), Verdict.ALLOWED)


def test_all_conditions_of_a_list_must_hold() -> None:
    text = rule("[{pod: spec.hostPID, equals: true}, {pod: spec.hostIPC, equals: true}]")
    assert places(decided(text, pod({"spec": {"hostPID": True, "hostIPC": True}}))) == [("r", "spec.nodeName")]
    assert places(decided(text, pod({"spec": {"hostPID": True}}))) == []


def test_the_example_of_the_policy_language() -> None:
    text = rule("{pod: 'metadata.annotations[\"inject-certs\"]', equals: enabled}")
    asked = pod({"metadata": {"annotations": {"inject-certs": "enabled"}}})
    assert places(decided(text, asked)) == [("r", "spec.nodeName")]
    assert places(decided(text, pod())) == []


def test_a_condition_is_read_in_the_template_of_a_workload() -> None:
    text = rule("{pod: spec.hostPID, equals: true}")
    assert places(decided(text, workload("CronJob", {"spec": {"hostPID": True}}))) == [
        ("r", "spec.jobTemplate.spec.template.spec.nodeName")
    ]
    assert places(decided(text, workload("CronJob"))) == []


def test_a_condition_on_the_object_itself() -> None:
    text = rule("{object: spec.replicas, min: 3}", match="{kinds: [Deployment]}")
    three = workload("Deployment", patch={"spec": {"replicas": 3}})
    assert places(decided(text, three)) == [("r", "spec.template.spec.nodeName")]
    assert places(decided(text, workload("Deployment", patch={"spec": {"replicas": 2}}))) == []


def test_a_condition_on_the_object_in_a_rule_whose_match_includes_pods_is_an_error() -> None:
    text = rule("{object: metadata.name, like: a}", match="{kinds: [Pod, Deployment]}")
    assert [(problem.message, problem.help) for problem in problems(text)] == [
        (
            "a condition on `object:` is literal, and the match includes Pod",
            "use `pod:`, or leave Pod out of match.kinds",
        )
    ]


def test_it_is_the_narrowed_match_that_counts() -> None:
    text = policy(
        "- name: r\n  match: {kinds: [Deployment]}\n  when: {object: spec.replicas, min: 3}\n"
        "  fields: {pod: spec.nodeName, required: true}\n",
        match="{kinds: [Pod, Deployment]}",
    )
    assert problems(text) == ()


def test_a_condition_is_read_on_the_object_as_it_came_in_before_it_was_made_so() -> None:
    text = policy(
        "- name: a\n  defaults: {default: {pod: {hostname: x}}}\n"
        "- name: b\n  when: {pod: spec.hostname, required: true}\n  fields: {pod: spec.nodeName, required: true}\n"
    )
    assert decided(text, pod()).object["spec"]["hostname"] == "x"  # type: ignore[index]
    assert places(decided(text, pod())) == []
    assert places(decided(text, pod({"spec": {"hostname": "mine"}}))) == [("b", "spec.nodeName")]


def test_a_rule_whose_condition_does_not_hold_changes_nothing() -> None:
    text = rule("{pod: spec.hostPID, equals: true}", "defaults: {default: {pod: {hostname: x}}}")
    assert decided(text, pod(), stage=Stage.MUTATE).patch == ()
    assert decided(text, workload("Deployment")).findings == ()
    hosted = decided(text, pod({"spec": {"hostPID": True}}), stage=Stage.MUTATE)
    assert hosted.patch == ({"op": "add", "path": "/spec/hostname", "value": "x"},)


# Conditions on containers

TTY = "{container: tty, equals: true}"
REQUESTS = "resources: {cpu: {request: {required: true}}}"
CPU = "resources.requests.cpu"


def test_a_condition_on_containers_chooses_the_containers_that_a_rule_about_containers_judges() -> None:
    obj = containers(container("a"), container("b", tty=True), initContainers=[container("i", tty=True)])
    for body in (REQUESTS, f"fields: {{container: {CPU}, required: true}}"):
        assert sorted(places(decided(rule(TTY, body), obj))) == [
            ("r", f"spec.containers[1].{CPU}"),
            ("r", f"spec.initContainers[0].{CPU}"),
        ]


def test_it_chooses_the_containers_that_a_rule_changes() -> None:
    body = "defaults: {default: {containers: {workingDir: /srv}}}"
    decision = decided(rule(TTY, body), containers(container("a"), container("b", tty=True)))
    assert decision.patch == ({"op": "add", "path": "/spec/containers/1/workingDir", "value": "/srv"},)
    assert decision.findings == ()


def test_it_chooses_in_the_template_of_a_workload_too() -> None:
    obj = workload("Deployment", {"spec": {"containers": [container("a"), container("b", tty=True)]}})
    assert places(decided(rule(TTY, REQUESTS), obj)) == [("r", f"spec.template.spec.containers[1].{CPU}")]


def test_several_conditions_on_containers_must_hold_for_the_same_container() -> None:
    when = "[{container: tty, equals: true}, {container: stdin, equals: true}]"
    apart = containers(container("a", tty=True), container("b", stdin=True))
    assert places(decided(rule(when, REQUESTS), apart)) == []
    both = containers(container("a", tty=True), container("b", tty=True, stdin=True))
    assert places(decided(rule(when, REQUESTS), both)) == [("r", f"spec.containers[1].{CPU}")]


def test_a_rule_about_something_else_applies_when_one_container_fits() -> None:
    text = rule(TTY)
    assert places(decided(text, containers(container("a"), container("b", tty=True)))) == [("r", "spec.nodeName")]
    assert places(decided(text, containers(container("a")))) == []


def test_conditions_are_about_the_containers_that_the_rule_is_about() -> None:
    text = policy(f"- name: r\n  containers: {{names: {{exclude: [proxy]}}}}\n  when: {TTY}\n  {REQUESTS}\n")
    obj = containers(container("proxy", tty=True), container("web"))
    assert places(decided(text, obj)) == []
    obj = containers(container("proxy", tty=True), container("web", tty=True), container("other"))
    assert places(decided(text, obj)) == [("r", f"spec.containers[1].{CPU}")]


def test_any_of_in_a_condition_is_asked_of_each_container() -> None:
    when = "{anyOf: [{container: tty, equals: true}, {container: stdin, equals: true}]}"
    obj = containers(container("a", tty=True), container("b"), container("c", stdin=True))
    assert places(decided(rule(when, REQUESTS), obj)) == [
        ("r", f"spec.containers[0].{CPU}"),
        ("r", f"spec.containers[2].{CPU}"),
    ]


def test_a_container_is_chosen_as_it_came_in_whatever_other_rules_make_of_it() -> None:
    text = policy(
        "- name: a\n  defaults: {default: {containers: {workingDir: /srv}}}\n"
        f"- name: b\n  when: {{container: workingDir, required: true}}\n  {REQUESTS}\n"
    )
    obj = containers(container("a"), container("b", workingDir="/mine"))
    assert places(decided(text, obj)) == [("b", f"spec.containers[1].{CPU}")]


def test_an_old_violation_of_a_chosen_container_ratchets() -> None:
    old = workload("Deployment", {"spec": {"containers": [container("a"), container("b", tty=True)]}})
    new = merged(old, {"spec": {"replicas": 5}})
    decision = decided(rule(TTY, REQUESTS), request(new, old))
    assert [finding.standing for finding in decision.findings] == [Standing.OLD]


# What cannot be read


def many() -> dict[str, Any]:
    env = [{"name": f"e{index}", "value": "x"} for index in range(1000)]
    return containers(*(container(f"c{index}", env=env) for index in range(1000)))


SPENT = "could not be checked: `env[*].value` leads to more than 100000 places in this object"


def judged(text: str, obj: dict[str, Any], stage: Stage = Stage.BOTH) -> Decision:
    from tests.objects import NOW

    decision = decide(request(obj), ruleset(text), facts(), NOW, stage)
    assert isinstance(decision, Decision)
    return decision


@pytest.mark.parametrize("severity", ["low", "critical"])
def test_a_rule_whose_condition_spends_its_budget_is_failed_and_not_left_out(severity: str) -> None:
    text = policy(
        "- name: a\n  when: {pod: spec.hostPID, in: {container: 'env[*].value'}}\n"
        "  fields: {pod: spec.nodeName, required: true}\n"
        "- name: b\n  fields: {pod: spec.nodeName, required: true}\n",
        severity=severity,
    )
    obj = merged(many(), {"spec": {"hostPID": True}})
    decision = judged(text, obj)
    assert [(finding.rule.name, finding.cause) for finding in decision.findings] == [
        ("a", Cause.FAILED),
        ("b", Cause.VIOLATES),
    ]
    assert decision.findings[0].message == SPENT.replace("env[*].value", "spec.hostPID")
    assert judged(text, obj, Stage.MUTATE).verdict is Verdict.ALLOWED


def test_a_failed_condition_denies_when_the_rule_enforces() -> None:
    env = [{"name": f"e{index}", "value": "x"} for index in range(200_000)]
    decision = judged(rule("{container: 'env[*].value', equals: z}"), containers(container("a", env=env)))
    assert [(finding.message, finding.cause) for finding in decision.findings] == [(SPENT, Cause.FAILED)]
    assert decision.verdict is Verdict.UNDECIDED
    assert decision.allowed is False


def test_a_delete_is_judged_by_the_old_object() -> None:
    text = policy(
        "- name: r\n  match: {operations: [DELETE]}\n  when: {pod: spec.hostPID, equals: true}\n"
        "  fields: {pod: spec.nodeName, required: true}\n"
    )
    obj = pod({"spec": {"hostPID": True}})
    decision = decided(text, request(None, obj, operation=Operation.DELETE))
    assert places(decision) == [("r", "spec.nodeName")]


def test_wrong_types_never_break_a_condition() -> None:
    text = rule("[{container: 'env[*].value', like: '*'}, {pod: 'spec.volumes[*].name', notIn: [a]}]")
    for value in (5, "x", [None, 5, "x"], {"a": 5}):
        obj = containers(container("a", env=value))
        assert decided(text, obj).faults == ()
        assert decided(text, pod({"metadata": {"annotations": value}})).faults == ()
