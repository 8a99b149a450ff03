"""fields: how the rule reads its statements. What statements say: tests/admission/test_statements.py."""

from typing import Any

import pytest

from tests.objects import decided, places, pod, policy, problems, ruleset, workload
from tests.rule_types.one_rule import one_rule, said, text_of, wrongs
from webhook.admission.decision import Verdict
from webhook.admission.finding import Cause
from webhook.policy.ruleset import Ruleset
from webhook.rule_types.fields import Params


def test_a_rule_is_a_list_of_statements_each_of_which_is_judged() -> None:
    rules = one_rule("fields", "- {pod: spec.hostPID, forbidden: true}\n- {container: stdin, equals: true}")
    assert said(decided(rules, pod({"spec": {"hostPID": True}}))) == [
        ("spec.containers[0].stdin", "missing, which means false; it must be true"),
        ("spec.hostPID", "is true, must not be set"),
    ]


def test_a_rule_may_be_one_statement_alone() -> None:
    rules = one_rule("fields", "{pod: spec.hostPID, forbidden: true}")
    assert said(decided(rules, pod({"spec": {"hostPID": True}}))) == [("spec.hostPID", "is true, must not be set")]


def test_everything_wrong_is_told_at_once_each_at_its_own_place() -> None:
    text = text_of(
        "fields", "- {pod: spec.hostPDI, forbidden: true}\n- {container: tty, min: 5}\n- {pod: spec.hostPID}"
    )
    assert [(problem.message, problem.place.line, problem.place.column) for problem in problems(text)] == [
        ("there is no field `hostPDI` in `spec.hostPDI`", 11, 15),
        ("`min` cannot judge `tty`, which is true or false", 12, 26),
        ("nothing is said of `spec.hostPID`", 13, 9),
    ]


@pytest.mark.parametrize("text", ["[]", "5", "true", "text"])
def test_what_is_no_list_of_statements_is_an_error(text: str) -> None:
    ((level, message, _),) = wrongs("fields", text)
    assert level == "error"
    assert message.startswith("expected a list of statements, found ")


def test_a_rule_about_objects_alone_may_name_kinds_without_a_pod() -> None:
    rules = policy("- name: r\n  match: {kinds: [Service]}\n  fields: {object: spec.type, notIn: [NodePort]}")
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": "shop"}}
    assert places(decided(rules, {**service, "spec": {"type": "NodePort"}})) == [("r", "spec.type")]
    assert places(decided(rules, {**service, "spec": {}})) == []


def test_a_rule_is_about_the_containers_that_the_rule_chooses() -> None:
    rules = policy(
        "- name: r\n  containers: {of: [containers], names: {exclude: [proxy]}}\n"
        "  fields: {container: stdin, equals: true}\n"
    )
    image = "registry.corp.example/shop/web:1.4.2"
    names = [{"name": name, "image": image} for name in ("proxy", "web")]
    obj = pod({"spec": {"containers": names, "initContainers": [{"name": "i", "image": image}]}})
    assert places(decided(rules, obj)) == [("r", "spec.containers[1].stdin")]


def test_a_rule_never_changes_an_object() -> None:
    rules = one_rule("fields", "{container: stdin, equals: true}")
    assert decided(rules, pod()).patch == ()


def test_a_finding_of_the_rule_may_have_words_of_its_own() -> None:
    rules = policy(
        "- name: r\n  message: no ports of the node here ({value})\n"
        "  fields: {container: 'ports[*].hostPort', forbidden: true}\n"
    )
    decision = decided(rules, pod(ports=[{"hostPort": 80}]))
    assert said(decision) == [("spec.containers[0].ports[0].hostPort", "no ports of the node here (80)")]


def test_the_schema_of_the_rule_knows_every_word() -> None:
    schema = Params.json_schema({})
    statement, many = schema["anyOf"]
    assert many == {"type": "array", "items": statement, "minItems": 1}
    assert {"pod", "container", "object", "required", "where", "anyOf", "equals", "selects"} <= statement[
        "properties"
    ].keys()
    assert statement["additionalProperties"] is False


EXAMPLES = """
- {pod: spec.hostNetwork, forbidden: true}
- {container: securityContext.readOnlyRootFilesystem, equals: true}
- {container: "ports[*].containerPort", min: 1024}
- {container: "env[*].value", where: {name: {like: ["*PASSWORD*", "*TOKEN*"]}}, forbidden: true}
- {container: livenessProbe.httpGet.port, in: {container: "ports[*].name"}}
- {container: livenessProbe, differsFrom: {container: readinessProbe}}
- {container: securityContext.capabilities.drop, containsAny: [ALL, NET_RAW]}
- {container: securityContext.runAsUser, required: true, ranges: ["1000-1999", "3000-3999"]}
- {pod: "spec.volumes[*].hostPath", forbidden: true, unless: {pod: metadata.namespace, in: [storage]}}
- {pod: spec.priorityClassName, required: true, in: [low, normal, high]}
- anyOf: [{container: livenessProbe, required: true}, {container: startupProbe, required: true}]
"""


@pytest.fixture(scope="module")
def examples() -> Ruleset:
    return one_rule("fields", EXAMPLES)


GOOD = {
    "securityContext": {"readOnlyRootFilesystem": True, "runAsUser": 3999, "capabilities": {"drop": ["cap_net_raw"]}},
    "ports": [{"name": "http", "containerPort": 8080}],
    "env": [{"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "p"}}}],
    "livenessProbe": {"httpGet": {"port": "http", "path": "/live"}},
    "readinessProbe": {"httpGet": {"port": "http", "path": "/ready"}},
}


def test_a_pod_that_follows_every_example_of_the_policy_language_is_allowed(examples: Ruleset) -> None:
    obj = pod({"spec": {"priorityClassName": "low"}}, **GOOD)
    assert decided(examples, obj).findings == ()
    template = workload("CronJob", {"spec": obj["spec"]})
    assert decided(examples, template).findings == ()


BAD: dict[str, Any] = {
    "securityContext": {"readOnlyRootFilesystem": False, "runAsUser": 2000, "capabilities": {"drop": ["KILL"]}},
    "ports": [{"name": "http", "containerPort": 80}],
    "env": [{"name": "DB_PASSWORD", "value": "hunter2"}],
    "livenessProbe": {"httpGet": {"port": "admin"}},
    "readinessProbe": {"httpGet": {"port": "admin"}},
}


def test_a_pod_that_breaks_every_example_has_every_finding_at_once_and_shows_no_secret(examples: Ruleset) -> None:
    volumes = [{"name": "v", "hostPath": {"path": "/"}}]
    decision = decided(examples, pod({"spec": {"hostNetwork": True, "volumes": volumes}}, **BAD))
    web = "spec.containers[0]"
    assert said(decision) == [
        (f"{web}.env[0].value", "is a value that is not shown, must not be set"),
        (f"{web}.livenessProbe", "is the same as readinessProbe"),
        (f"{web}.livenessProbe.httpGet.port", 'is "admin", must be one of ports[*].name'),
        (f"{web}.ports[0].containerPort", "is 80, must be at least 1024"),
        (f"{web}.securityContext.capabilities.drop", 'is ["KILL"], must contain "ALL" or "NET_RAW"'),
        (f"{web}.securityContext.readOnlyRootFilesystem", "is false, must be true"),
        (f"{web}.securityContext.runAsUser", "is 2000, must be in 1000-1999 or 3000-3999"),
        ("spec.hostNetwork", "is true, must not be set"),
        ("spec.priorityClassName", 'missing, must be "low", "normal" or "high"'),
        ("spec.volumes[0].hostPath", 'is {"path": "/"}, must not be set'),
    ]
    assert decision.verdict is Verdict.DENIED


WRONG: list[Any] = [None, 5, True, "x", [], [1, None, "x"], {}, {"a": None}, [[{}]], [{"name": 5, "value": {}}]]


@pytest.mark.parametrize("value", WRONG)
def test_values_of_wrong_types_anywhere_in_a_pod_never_break_the_rule(examples: Ruleset, value: Any) -> None:
    for field in ("securityContext", "ports", "env", "livenessProbe", "readinessProbe", "startupProbe"):
        decision = decided(examples, pod(**{field: value}))
        assert decision.faults == ()
        assert {finding.cause for finding in decision.findings} == {Cause.VIOLATES}
    for field in ("securityContext", "hostNetwork", "priorityClassName"):
        assert decided(examples, pod({"spec": {field: value}})).faults == ()


def test_a_rule_that_spends_its_budget_fails_alone() -> None:
    env = [{"name": f"e{index}"} for index in range(1000)]
    many = [{"name": f"c{index}", "image": "a", "env": env} for index in range(1000)]
    text = (
        "- name: a\n  fields: {container: 'env[*].name', notIn: [z]}\n"
        "- name: b\n  fields: {pod: spec.hostPID, forbidden: true}\n"
    )
    decision = decided(ruleset(policy(text)), pod({"spec": {"containers": many, "hostPID": True}}))
    assert [(finding.rule.name, finding.cause) for finding in decision.findings] == [
        ("a", Cause.FAILED),
        ("b", Cause.VIOLATES),
    ]
    assert decision.verdict is Verdict.DENIED
