"""What a statement says of a field, sentence by sentence as docs/rules/fields.md and the policy language have it."""

from typing import Any

import pytest

from tests.objects import decided, merged, pod, policy, problems, request, ruleset, workload
from webhook.admission.decision import Decision, Verdict
from webhook.admission.finding import Cause, Standing
from webhook.admission.request import Operation
from webhook.engine.manifest import as_request

IMAGE = "registry.corp.example/shop/web:1.4.2"


def rules(statement: str, kinds: str = "") -> str:
    match = f"  match: {{kinds: [{kinds}]}}\n" if kinds else ""
    return policy(f"- name: r\n{match}  fields:\n  - {{{statement}}}\n")


def found(statement: str, obj: dict[str, Any], kinds: str = "", **changes: Any) -> list[tuple[str, str]]:
    """(path, message) of what a rule with this one statement finds."""
    return said(decided(rules(statement, kinds), obj, **changes))


def said(decision: Decision) -> list[tuple[str, str]]:
    return [(finding.where, finding.message) for finding in decision.findings]


def holds(condition: str, obj: dict[str, Any]) -> bool:
    """Whether a condition holds: only then the rule finds what is always wrong."""
    rule = f"- name: r\n  when: {{{condition}}}\n  fields: {{pod: metadata.namespace, forbidden: true}}"
    return bool(decided(policy(rule), obj).findings)


def container(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "image": IMAGE, **fields}


def containers(*main: dict[str, Any], **others: Any) -> dict[str, Any]:
    return pod({"spec": {"containers": list(main) or [container("web")], **others}})


# Three subjects


def test_a_pod_path_is_a_path_in_the_pod_wherever_it_stands() -> None:
    statement = "pod: spec.hostNetwork, forbidden: true"
    assert found(statement, pod({"spec": {"hostNetwork": True}}))[0][0] == "spec.hostNetwork"
    template = {"spec": {"hostNetwork": True}}
    assert found(statement, workload("Deployment", template))[0][0] == "spec.template.spec.hostNetwork"
    assert found(statement, workload("CronJob", template))[0][0] == "spec.jobTemplate.spec.template.spec.hostNetwork"
    assert found(statement, workload("PodTemplate", template))[0][0] == "template.spec.hostNetwork"


def test_a_container_path_is_a_path_in_each_container_of_every_list() -> None:
    obj = containers(
        initContainers=[container("init"), container("sidecar", restartPolicy="Always")],
        ephemeralContainers=[container("debug")],
    )
    assert found("container: stdin, equals: true", obj) == [
        (f"spec.{place}.stdin", "missing, which means false; it must be true")
        for place in ("containers[0]", "ephemeralContainers[0]", "initContainers[0]", "initContainers[1]")
    ]


def test_a_container_path_is_about_the_lists_in_which_the_api_allows_the_field() -> None:
    obj = containers(
        initContainers=[container("init"), container("sidecar", restartPolicy="Always")],
        ephemeralContainers=[container("debug")],
    )
    assert [path for path, _ in found("container: livenessProbe, required: true", obj)] == [
        "spec.containers[0].livenessProbe",
        "spec.initContainers[1].livenessProbe",
    ]
    assert [path for path, _ in found("container: resources, required: nonEmpty", obj)] == [
        "spec.containers[0].resources",
        "spec.initContainers[0].resources",
        "spec.initContainers[1].resources",
    ]


def test_an_object_path_is_literal() -> None:
    obj = workload("Deployment", patch={"spec": {"replicas": 1}})
    assert found("object: spec.replicas, min: 2", obj, "Deployment") == [("spec.replicas", "is 1, must be at least 2")]


def test_an_object_path_may_be_about_pods_beside_other_kinds() -> None:
    statement = "object: metadata.labels.team, required: true"
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": "shop"}, "spec": {}}
    for obj in (pod(), service):
        assert found(statement, obj, "Pod, Service") == [("metadata.labels.team", "missing, must be set")]


INHERITED = [
    ("runAsUser", 0),
    ("runAsGroup", 0),
    ("runAsNonRoot", False),
    ("seLinuxOptions", {"type": "t"}),
    ("seccompProfile", {"type": "Unconfined"}),
    ("appArmorProfile", {"type": "Unconfined"}),
    ("windowsOptions", {"hostProcess": True}),
]


@pytest.mark.parametrize(("leaf", "value"), INHERITED)
def test_an_inherited_leaf_is_read_from_the_pod_where_the_container_leaves_it_out_and_told_there(
    leaf: str, value: Any
) -> None:
    statement = f"container: securityContext.{leaf}, forbidden: true"
    obj = pod({"spec": {"securityContext": {leaf: value}}})
    expected = [] if value is False else [f"spec.securityContext.{leaf}"]
    assert [path for path, _ in found(statement, obj)] == expected
    assert [path for path, _ in found(f"container: securityContext.{leaf}, required: true", obj)] == []


def test_what_several_containers_inherit_is_told_once() -> None:
    obj = containers(container("a"), container("b"), securityContext={"runAsUser": 0})
    assert found("container: securityContext.runAsUser, min: 1000", obj) == [
        ("spec.securityContext.runAsUser", "is 0, must be at least 1000")
    ]


def test_the_containers_own_leaf_wins() -> None:
    obj = containers(container("a", securityContext={"runAsUser": 0}), securityContext={"runAsUser": 1000})
    assert found("container: securityContext.runAsUser, min: 1000", obj) == [
        ("spec.containers[0].securityContext.runAsUser", "is 0, must be at least 1000")
    ]


def test_a_leaf_that_neither_sets_is_missing_in_the_container() -> None:
    assert found("container: securityContext.runAsUser, required: true", pod()) == [
        ("spec.containers[0].securityContext.runAsUser", "missing, must be set")
    ]


def test_a_leaf_is_inherited_as_a_whole() -> None:
    own = {"seLinuxOptions": {"level": "s0"}}
    obj = containers(container("a", securityContext=own), securityContext={"seLinuxOptions": {"type": "spc_t"}})
    assert found("container: securityContext.seLinuxOptions.type, forbidden: true", obj) == []


def test_options_for_windows_are_inherited_one_by_one() -> None:
    own = {"windowsOptions": {"runAsUserName": "x"}}
    obj = containers(container("a", securityContext=own), securityContext={"windowsOptions": {"hostProcess": True}})
    assert found("container: securityContext.windowsOptions.hostProcess, forbidden: true", obj) == [
        ("spec.securityContext.windowsOptions.hostProcess", "is true, must not be set")
    ]


def test_other_leaves_are_not_inherited() -> None:
    obj = pod({"spec": {"securityContext": {"fsGroup": 1}}}, securityContext={})
    assert found("container: securityContext.capabilities, required: true", obj)[0][1] == "missing, must be set"


def test_in_an_update_a_new_container_that_inherits_an_old_violation_is_found() -> None:
    old = workload("Deployment", {"spec": {"securityContext": {"runAsUser": 0}}})
    new = merged(old, {"spec": {"template": {"spec": {"containers": [container("web"), container("new")]}}}})
    decision = decided(rules("container: securityContext.runAsUser, min: 1000"), request(new, old))
    at = "spec.template.spec"
    assert [(finding.where, finding.standing) for finding in decision.findings] == [
        (f"{at}.containers[1].securityContext.runAsUser", Standing.NEW),
        (f"{at}.containers[0].securityContext.runAsUser", Standing.OLD),
        (f"{at}.securityContext.runAsUser", Standing.OLD),
    ]
    assert decision.findings[0].message == "is 0, must be at least 1000 (inherited from the pod)"


# What is there


def test_everything_is_judged_after_the_api_servers_own_defaults() -> None:
    deployment = workload("Deployment")
    decision = decided(rules("object: spec.replicas, min: 2", "Deployment"), as_request(deployment))
    assert said(decision) == [("spec.replicas", "is 1, must be at least 2")]
    decision = decided(rules("container: imagePullPolicy, in: [Always]"), as_request(deployment))
    assert said(decision) == [
        ("spec.template.spec.containers[0].imagePullPolicy", 'is "IfNotPresent", must be "Always"')
    ]


def test_what_is_there_is_a_value_also_a_zero_or_false() -> None:
    zero = pod(securityContext={"runAsUser": 0, "privileged": False})
    assert found("container: securityContext.runAsUser, min: 1", zero)[0][1] == "is 0, must be at least 1"
    assert found("container: securityContext.privileged, equals: true", zero)[0][1] == "is false, must be true"
    assert found("container: securityContext.runAsUser, required: true", zero) == []
    assert found("container: securityContext.runAsUser, required: nonEmpty", zero) == []


@pytest.mark.parametrize("value", [False, "", [], {}, None])
def test_forbidden_accepts_an_explicit_false_and_what_is_empty(value: Any) -> None:
    obj = pod()
    obj["metadata"]["annotations"] = {"x": value}
    assert found("pod: metadata.annotations.x, forbidden: true", obj) == []
    assert holds("pod: metadata.annotations.x, forbidden: true", obj) is True


@pytest.mark.parametrize("value", [True, "x", 0, ["x"], {"x": None}])
def test_forbidden_minds_everything_else(value: Any) -> None:
    obj = pod()
    obj["metadata"]["annotations"] = {"x": value}
    assert [path for path, _ in found("pod: metadata.annotations.x, forbidden: true", obj)] == [
        "metadata.annotations.x"
    ]
    assert holds("pod: metadata.annotations.x, forbidden: true", obj) is False


@pytest.mark.parametrize("value", [False, "", [], {}, 0])
def test_required_accepts_whatever_is_there(value: Any) -> None:
    obj = pod()
    obj["metadata"]["annotations"] = {"x": value}
    assert found("pod: metadata.annotations.x, required: true", obj) == []
    assert holds("pod: metadata.annotations.x, required: true", obj) is True


@pytest.mark.parametrize("value", ["", [], {}])
def test_required_non_empty_wants_more_than_an_empty_text_or_collection(value: Any) -> None:
    obj = pod()
    obj["metadata"]["annotations"] = {"x": value}
    statement = "pod: metadata.annotations.x, required: nonEmpty"
    assert found(statement, obj) == [("metadata.annotations.x", "is empty, must not be empty")]
    assert holds(statement, obj) is False
    obj["metadata"]["annotations"] = {"x": False}
    assert found(statement, obj) == []
    assert holds(statement, obj) is True


def test_null_is_absent() -> None:
    obj = pod()
    obj["spec"]["priorityClassName"] = None
    assert found("pod: spec.priorityClassName, required: true", obj) == [
        ("spec.priorityClassName", "missing, must be set")
    ]
    assert found("pod: spec.priorityClassName, in: [low]", obj) == []


# What is absent

MEANINGS = [
    ("pod: spec.automountServiceAccountToken", "spec.automountServiceAccountToken", True),
    ("container: securityContext.allowPrivilegeEscalation",
     "spec.containers[0].securityContext.allowPrivilegeEscalation", True),
    ("container: securityContext.readOnlyRootFilesystem",
     "spec.containers[0].securityContext.readOnlyRootFilesystem", False),
    ("container: 'volumeMounts[*].readOnly'", "spec.containers[0].volumeMounts[0].readOnly", False),
]  # fmt: skip


@pytest.mark.parametrize(("subject", "path", "means"), MEANINGS)
def test_an_absent_field_whose_absence_means_something_is_judged_by_that_and_the_message_states_it(
    subject: str, path: str, means: bool
) -> None:
    obj = pod(volumeMounts=[{"name": "v", "mountPath": "/v"}])
    if "volumeMounts" in subject:
        obj["spec"]["automountServiceAccountToken"] = False
    words = {True: "true", False: "false"}
    assert found(f"{subject}, equals: {words[means]}", obj) == []
    assert found(f"{subject}, equals: {words[not means]}", obj) == [
        (path, f"missing, which means {words[means]}; it must be {words[not means]}")
    ]


def test_a_value_operator_on_another_absent_field_passes_unless_it_is_required() -> None:
    assert found("pod: spec.priorityClassName, in: [low]", pod()) == []
    assert found("pod: spec.priorityClassName, in: [low], required: true", pod()) == [
        ("spec.priorityClassName", 'missing, must be "low"')
    ]


def test_absent_refuse_overrides_that_absence_passes_or_means_something_good() -> None:
    assert found("pod: spec.priorityClassName, in: [low], absent: refuse", pod()) == [
        ("spec.priorityClassName", 'missing, must be "low"')
    ]
    assert found("pod: spec.automountServiceAccountToken, equals: true, absent: refuse", pod()) == [
        ("spec.automountServiceAccountToken", "missing, must be true")
    ]


def test_required_asks_for_the_field_itself_also_where_its_absence_means_what_is_wanted() -> None:
    statement = "container: securityContext.privileged, equals: false, required: true"
    assert found(statement, pod()) == [("spec.containers[0].securityContext.privileged", "missing, must be false")]


# Conditions


def test_of_many_values_a_positive_operator_needs_one_and_a_negative_one_all() -> None:
    both = pod(ports=[{"containerPort": 80}, {"containerPort": 443}])
    assert holds("container: 'ports[*].containerPort', equals: 443", both) is True
    assert holds("container: 'ports[*].containerPort', equals: 22", both) is False
    assert holds("container: 'ports[*].containerPort', notIn: [22]", both) is True
    assert holds("container: 'ports[*].containerPort', notIn: [443]", both) is False


def test_a_condition_on_a_list_that_is_absent_is_one_on_an_absent_field() -> None:
    assert holds("container: 'ports[*].containerPort', min: 1", pod()) is False
    assert holds("container: 'ports[*].containerPort', notIn: [80]", pod()) is True
    assert holds("container: 'ports[*].containerPort', required: true", pod()) is False
    assert holds("container: 'ports[*].containerPort', forbidden: true", pod()) is True


def test_in_a_condition_absence_is_absence_also_where_it_means_something() -> None:
    assert holds("pod: spec.automountServiceAccountToken, equals: true", pod()) is False
    assert holds("pod: spec.automountServiceAccountToken, notIn: [false]", pod()) is True


def test_several_words_of_one_condition_must_all_hold() -> None:
    statement = "pod: spec.priorityClassName, required: true, notIn: [low]"
    assert holds(statement, pod()) is False
    assert holds(statement, pod({"spec": {"priorityClassName": "low"}})) is False
    assert holds(statement, pod({"spec": {"priorityClassName": "high"}})) is True


def test_any_of_in_a_condition_needs_one_alternative() -> None:
    statement = "anyOf: [{pod: spec.hostPID, equals: true}, {pod: spec.hostIPC, equals: true}]"
    assert holds(statement, pod({"spec": {"hostIPC": True}})) is True
    assert holds(statement, pod()) is False


def test_where_in_a_condition_chooses_elements() -> None:
    statement = "container: 'env[*].value', where: {name: MODE}, equals: debug"
    assert holds(statement, pod(env=[{"name": "MODE", "value": "debug"}])) is True
    assert holds(statement, pod(env=[{"name": "OTHER", "value": "debug"}])) is False


def test_the_pods_namespace_is_the_requests_also_in_a_template_that_names_none() -> None:
    statement = "pod: metadata.namespace, in: [storage]"
    assert found(statement, pod()) == [("metadata.namespace", 'is "shop", must be "storage"')]
    assert found(statement, workload("Deployment")) == [("metadata.namespace", 'is "shop", must be "storage"')]
    assert holds("pod: metadata.namespace, equals: shop", workload("CronJob")) is True


# Elements


def test_each_is_every_existing_element() -> None:
    obj = pod(ports=[{"containerPort": 80}, {"containerPort": 8080}, {"containerPort": 443}])
    assert [path for path, _ in found("container: 'ports[*].containerPort', min: 1024", obj)] == [
        "spec.containers[0].ports[0].containerPort",
        "spec.containers[0].ports[2].containerPort",
    ]


def test_several_each_are_all_combinations() -> None:
    sources = [{"configMap": {"name": "a"}}, {"secret": {"name": "b"}}]
    volumes = [{"name": "x", "projected": {"sources": sources}}, {"name": "y", "projected": {"sources": sources}}]
    obj = pod({"spec": {"volumes": volumes}})
    assert [path for path, _ in found("pod: 'spec.volumes[*].projected.sources[*].secret', forbidden: true", obj)] == [
        "spec.volumes[0].projected.sources[1].secret",
        "spec.volumes[1].projected.sources[1].secret",
    ]


def test_required_below_each_means_in_each_element() -> None:
    obj = pod(ports=[{"name": "a", "containerPort": 1}, {"containerPort": 2}])
    assert found("container: 'ports[*].name', required: true", obj) == [
        ("spec.containers[0].ports[1].name", "missing, must be set")
    ]
    assert found("container: 'ports[*].name', required: true", pod()) == []


def test_min_items_minds_an_absent_list() -> None:
    assert found("container: ports, minItems: 1", pod()) == [
        ("spec.containers[0].ports", "missing, must have at least 1 item")
    ]


SPREAD = "pod: 'spec.topologySpreadConstraints[*]', where: {topologyKey: kubernetes.io/hostname}"


@pytest.mark.parametrize("constraints", [None, [], [{"topologyKey": "zone"}]])
def test_required_with_where_on_the_element_itself_means_at_least_one_such(constraints: Any) -> None:
    obj = pod({"spec": {"topologySpreadConstraints": constraints}})
    assert found(f"{SPREAD}, required: true", obj) == [
        (
            "spec.topologySpreadConstraints",
            'has none where topologyKey is "kubernetes.io/hostname", must have one',
        )
    ]
    fitting = pod(
        {"spec": {"topologySpreadConstraints": [*(constraints or []), {"topologyKey": "kubernetes.io/hostname"}]}}
    )
    assert found(f"{SPREAD}, required: true", fitting) == []


def test_at_least_one_such_is_wanted_in_each_innermost_list() -> None:
    statement = "pod: 'spec.volumes[*].projected.sources[*]', where: {secret.name: a}, required: true"
    fits, other = {"secret": {"name": "a"}}, {"secret": {"name": "b"}}
    volumes = [{"name": str(i), "projected": {"sources": [source]}} for i, source in enumerate((fits, other))]
    obj = pod({"spec": {"volumes": volumes, "automountServiceAccountToken": False}})
    assert [path for path, _ in found(statement, obj)] == ["spec.volumes[1].projected.sources"]


def test_required_with_where_on_a_path_below_means_in_each_such() -> None:
    statement = "pod: 'spec.topologySpreadConstraints[*].maxSkew', where: {topologyKey: zone}, required: true"
    constraints = [{"topologyKey": "host"}, {"topologyKey": "zone"}, {"topologyKey": "zone", "maxSkew": 1}]
    assert found(statement, pod({"spec": {"topologySpreadConstraints": constraints}})) == [
        ("spec.topologySpreadConstraints[1].maxSkew", "missing, must be set")
    ]


def test_forbidden_with_where_means_none_such_on_the_element_and_below_it() -> None:
    env = [{"name": "A", "value": "x"}, {"name": "B_TOKEN", "value": "x"}, {"name": "C_TOKEN", "valueFrom": {}}]
    where = "where: {name: {like: '*_TOKEN'}}, forbidden: true"
    assert [path for path, _ in found(f"container: 'env[*]', {where}", pod(env=env))] == [
        "spec.containers[0].env[1]",
        "spec.containers[0].env[2]",
    ]
    assert [path for path, _ in found(f"container: 'env[*].value', {where}", pod(env=env))] == [
        "spec.containers[0].env[1].value"
    ]


def test_where_wants_all_it_says_and_reads_absent_fields_as_conditions_do() -> None:
    where = "where: {name: {notLike: 'A*'}, value: {forbidden: true}, valueFrom: {required: true}}"
    env = [{"name": "AB", "valueFrom": {"x": 1}}, {"name": "B", "value": "b"}, {"valueFrom": {"x": 1}}, {"name": "C"}]
    assert [path for path, _ in found(f"container: 'env[*]', {where}, forbidden: true", pod(env=env))] == [
        "spec.containers[0].env[2]"
    ]


def test_where_may_compare_with_another_path_of_the_same_container() -> None:
    statement = "container: 'env[*]', where: {name: {in: {container: args}}}, forbidden: true"
    obj = containers(
        container("a", args=["A"], env=[{"name": "A"}, {"name": "B"}]), container("b", env=[{"name": "A"}])
    )
    assert [path for path, _ in found(statement, obj)] == ["spec.containers[0].env[0]"]


def test_operators_beside_where_judge_the_elements_that_fit() -> None:
    statement = "container: 'env[*].value', where: {name: MODE}, in: [prod], required: true"
    env = [{"name": "MODE", "value": "debug"}, {"name": "OTHER", "value": "debug"}]
    assert [path for path, _ in found(statement, pod(env=env))] == ["spec.containers[0].env[0].value"]


def test_each_also_runs_over_the_values_of_a_map() -> None:
    obj = pod({"metadata": {"annotations": {"a.b/c": "x", "d": "yy"}}})
    assert [path for path, _ in found("pod: 'metadata.annotations[*]', pattern: '.'", obj)] == [
        "metadata.annotations.d"
    ]
    limits = pod(resources={"limits": {"cpu": "1", "nvidia.com/gpu": "8"}})
    assert [path for path, _ in found("container: 'resources.limits[*]', max: 4", limits)] == [
        'spec.containers[0].resources.limits["nvidia.com/gpu"]'
    ]


def test_unique_is_within_the_innermost_list() -> None:
    twice = [{"containerPort": 80}, {"containerPort": 80}]
    obj = containers(container("a", ports=twice), container("b", ports=twice[:1]))
    assert found("container: 'ports[*].containerPort', unique: true", obj) == [
        ("spec.containers[0].ports[1].containerPort", "is 80 a second time, must be unique")
    ]
    sources = [{"secret": {"name": "a"}}]
    volumes = [{"name": name, "projected": {"sources": sources}} for name in "xy"]
    statement = "pod: 'spec.volumes[*].projected.sources[*].secret.name', unique: true"
    assert found(statement, pod({"spec": {"volumes": volumes}})) == []


def test_unique_in_pod_is_across_lists_and_containers() -> None:
    obj = containers(
        container("a", ports=[{"hostPort": 80}]),
        container("b", ports=[{"hostPort": 80}, {}]),
        initContainers=[container("i", ports=[{"hostPort": 80}])],
    )
    assert [path for path, _ in found("container: 'ports[*].hostPort', uniqueIn: pod", obj)] == [
        "spec.containers[0].ports[0].hostPort",
        "spec.containers[1].ports[0].hostPort",
    ]


def test_what_is_absent_is_never_there_a_second_time_and_true_is_not_one() -> None:
    obj = pod(args=[True, 1, None, None, "1", {"a": 1}, {"a": 1}])
    assert [path for path, _ in found("container: 'args[*]', unique: true", obj)] == ["spec.containers[0].args[6]"]


def test_comparison_under_a_container_stays_within_the_same_container() -> None:
    obj = containers(
        container("a", ports=[{"name": "http", "containerPort": 80}]),
        container("b", livenessProbe={"httpGet": {"port": "http"}}),
    )
    statement = "container: livenessProbe.httpGet.port, in: {container: 'ports[*].name'}"
    assert [path for path, _ in found(statement, obj)] == ["spec.containers[1].livenessProbe.httpGet.port"]


def test_another_path_of_a_container_is_read_with_what_it_inherits() -> None:
    obj = pod({"spec": {"securityContext": {"runAsUser": 5}}}, securityContext={"runAsGroup": 5})
    statement = "container: securityContext.runAsGroup, differsFrom: {container: securityContext.runAsUser}"
    assert [path for path, _ in found(statement, obj)] == ["spec.containers[0].securityContext.runAsGroup"]


# anyOf

PROBES = "anyOf: [{container: livenessProbe, required: true}, {container: startupProbe, required: true}]"


def test_any_of_is_judged_container_by_container() -> None:
    obj = containers(
        container("a", livenessProbe={"exec": {}}), container("b", startupProbe={"exec": {}}), container("c")
    )
    assert found(PROBES, obj) == [
        (
            "spec.containers[2].livenessProbe",
            "neither livenessProbe nor startupProbe is set",
        )
    ]


def test_any_of_is_about_containers_for_which_the_api_allows_one_of_the_fields() -> None:
    obj = containers(container("a", livenessProbe={}), initContainers=[container("i")])
    assert found(PROBES, obj) == []
    statement = "anyOf: [{container: livenessProbe, required: true}, {container: tty, equals: true}]"
    assert [path for path, _ in found(statement, obj)] == ["spec.initContainers[0].livenessProbe"]


def test_inside_any_of_an_absent_field_satisfies_no_value_operator() -> None:
    statement = "anyOf: [{pod: spec.priorityClassName, in: [low]}, {pod: spec.nodeName, notIn: [a]}]"
    assert [path for path, _ in found(statement, pod())] == ["spec.priorityClassName"]
    assert found(statement, pod({"spec": {"nodeName": "b"}})) == []
    ports = "anyOf: [{container: 'ports[*].name', notLike: x}, {container: tty, equals: true}]"
    assert [path for path, _ in found(ports, pod(ports=[{"name": "a"}, {}]))] == ["spec.containers[0].ports"]


def test_inside_any_of_absence_counts_where_it_has_a_meaning_or_is_what_is_wanted() -> None:
    meaning = "anyOf: [{container: securityContext.privileged, equals: false}, {pod: spec.nodeName, required: true}]"
    assert problems_of(meaning) == ["the alternatives of anyOf must share one subject"]
    meaning = "anyOf: [{container: securityContext.privileged, equals: false}, {container: tty, equals: true}]"
    assert found(meaning, pod()) == []
    assert found("anyOf: [{pod: spec.nodeName, forbidden: true}, {pod: spec.hostname, in: [a]}]", pod()) == []


def test_an_alternative_counts_only_where_its_own_condition_holds() -> None:
    statement = (
        "anyOf: [{container: tty, equals: false, when: {pod: spec.hostPID, equals: true}},"
        " {container: stdin, equals: true}]"
    )
    assert [path for path, _ in found(statement, pod())] == ["spec.containers[0].tty"]
    assert found(statement, pod({"spec": {"hostPID": True}})) == []


def problems_of(statement: str) -> list[str]:
    return [problem.message for problem in problems(rules(statement))]


# when and unless of one statement


def test_a_statement_is_only_judged_when_all_its_conditions_hold() -> None:
    statement = (
        "object: spec.replicas, min: 3, when: [{pod: spec.hostPID, equals: true}, {object: spec.paused, equals: true}]"
    )
    both = workload("Deployment", {"spec": {"hostPID": True}}, {"spec": {"replicas": 1, "paused": True}})
    assert [path for path, _ in found(statement, both, "Deployment")] == ["spec.replicas"]
    one = workload("Deployment", {"spec": {"hostPID": True}}, {"spec": {"replicas": 1}})
    assert found(statement, one, "Deployment") == []


def test_a_statement_is_not_judged_where_one_of_its_unless_holds() -> None:
    statement = "pod: 'spec.volumes[*].hostPath', forbidden: true, unless: {pod: metadata.namespace, in: [storage]}"
    obj = pod({"spec": {"volumes": [{"name": "v", "hostPath": {"path": "/x"}}]}})
    assert [path for path, _ in found(statement, obj)] == ["spec.volumes[0].hostPath"]
    assert found(statement, obj, namespace="storage") == []


def test_a_condition_on_containers_chooses_among_them_in_a_statement_about_containers() -> None:
    obj = containers(container("a", tty=True), container("b", tty=True, stdin=True))
    assert [
        path for path, _ in found("container: tty, forbidden: true, when: {container: stdin, equals: true}", obj)
    ] == ["spec.containers[1].tty"]
    assert [path for path, _ in found("container: tty, forbidden: true, unless: {container: name, in: [b]}", obj)] == [
        "spec.containers[0].tty"
    ]


def test_elsewhere_one_container_that_fits_is_enough() -> None:
    obj = containers(container("a"), container("b", stdin=True), hostPID=True)
    statement = "pod: spec.hostPID, forbidden: true, when: {container: stdin, equals: true}"
    assert [path for path, _ in found(statement, obj)] == ["spec.hostPID"]
    assert found(statement, pod({"spec": {"hostPID": True}})) == []


# What is found, in few words


@pytest.mark.parametrize(
    ("statement", "path", "message"),
    [
        (
            "anyOf: [{container: livenessProbe, required: true}, {container: startupProbe, required: true},"
            " {container: lifecycle, required: true}]",
            "spec.containers[0].livenessProbe",
            "none of livenessProbe, startupProbe and lifecycle is set",
        ),
        (
            "anyOf: [{container: tty, equals: true}, {container: stdin, forbidden: true, when: {container: tty, in:"
            " [true]}}]",
            "spec.containers[0].tty",
            "one of these must be so: tty must be true; or no stdin",
        ),
        (
            "anyOf: [{pod: 'spec.topologySpreadConstraints[*]', where: {topologyKey: {in: [zone, host]}}, required:"
            " true}, {pod: 'spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[*]', where:"
            " {topologyKey: zone}, required: true}, {pod: spec.hostname, like: 'a*'}]",
            "spec.topologySpreadConstraints",
            "one of these must be so: spec.topologySpreadConstraints[*] has one where topologyKey is"
            ' "zone" or "host"; or 2 other ways',
        ),
        (
            "anyOf: [{pod: 'spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[*]', where:"
            " {topologyKey: zone}, required: true}, {pod: spec.hostname, like: 'a*'}]",
            "spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution",
            "one of these must be so: requiredDuringSchedulingIgnoredDuringExecution has one where topologyKey is"
            ' "zone"; or 1 other way',
        ),
        (
            "container: image, pattern: ['[a-z]{40}', '[a-z]{41}.*', '[a-z]{42}.*.*', '[a-z]{43}[0-9]{12}.*',"
            " '[a-z]{44}[0-9]{12}.*', x]",
            "spec.containers[0].image",
            f'is "{IMAGE}", must match "[a-z]{{40}}", "[a-z]{{41}}.*", "[a-z]{{42}}.*.*", "[a-z]{{43}}[0-9]{{12}}.*"'
            " or 2 others",
        ),
        (
            "container: resources, notIn: [{}]",
            "spec.containers[0].resources",
            "must not be empty",
        ),
    ],
)
def test_many_words_are_told_in_few(statement: str, path: str, message: str) -> None:
    assert found(statement, pod(resources={})) == [(path, message)]


def test_a_mapping_that_is_the_same_as_another_is_not_told_again() -> None:
    probe = {"httpGet": {"path": "/", "port": 80}}
    statement = "container: livenessProbe, differsFrom: {container: readinessProbe}"
    assert found(statement, pod(livenessProbe=probe, readinessProbe=probe)) == [
        ("spec.containers[0].livenessProbe", "is the same as readinessProbe")
    ]


# forbidden

EGRESS = "networking.k8s.io/NetworkPolicy"


def egress(*rules: Any) -> dict[str, Any]:
    spec = {"podSelector": {}, "policyTypes": ["Egress"], "egress": list(rules)}
    meta = {"name": "a", "namespace": "shop"}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": meta, "spec": spec}


def test_forbidden_with_where_on_the_element_itself_means_none_such_however_empty_it_is() -> None:
    statement = "object: 'spec.egress[*]', where: {to: {forbidden: true}}, forbidden: true"
    obj = egress({}, {"to": []}, {"to": [{"podSelector": {}}]}, {"ports": [{"port": 53}]})
    assert found(statement, obj, EGRESS) == [
        ("spec.egress[0]", "is empty, must not be set"),
        ("spec.egress[1]", 'is {"to": []}, must not be set'),
        ("spec.egress[3]", 'is {"ports": [{"port": 53}]}, must not be set'),
    ]


def test_forbidden_with_where_below_the_element_accepts_what_is_empty_there() -> None:
    statement = "object: 'spec.egress[*].to', where: {ports: {forbidden: true}}, forbidden: true"
    assert found(statement, egress({}, {"to": []}, {"to": [{}], "ports": [{"port": 53}]}), EGRESS) == []
    assert found(statement, egress({"to": [{}]}), EGRESS) == [("spec.egress[0].to", "is [{}], must not be set")]


def test_forbidden_without_where_accepts_an_empty_element_and_says_so_at_load() -> None:
    statement = "object: 'spec.egress[*]', forbidden: true"
    assert found(statement, egress({}), EGRESS) == []
    assert [(one.message, one.help) for one in problems(rules(statement, EGRESS))] == [
        (
            "an element that is empty passes: `forbidden` accepts what is empty",
            "write {object: spec.egress, forbidden: true}, which accepts only an empty list",
        )
    ]
    assert found("object: spec.egress, forbidden: true", egress({}), EGRESS) == [
        ("spec.egress", "is [{}], must not be set")
    ]


@pytest.mark.parametrize("elements", [[], [{}], [{"to": []}], [{"to": [{}]}], [{"ports": []}, {}]])
def test_forbidden_with_where_says_the_same_in_a_condition(elements: list[Any]) -> None:
    condition = "object: 'spec.egress[*]', where: {to: {forbidden: true}}, forbidden: true"
    rule = f"- name: r\n  match: {{kinds: [{EGRESS}]}}\n  when: {{{condition}}}\n  refuse: it holds\n"
    holding = bool(decided(policy(rule), egress(*elements)).findings)
    assert holding is (found(condition, egress(*elements), EGRESS) == [])


# unchanged

TEMPLATE = "object: spec.template, unchanged: true"
RESTARTED = (
    "object: spec.template, unchanged: {except: ['metadata.annotations[\"kubectl.kubernetes.io/restartedAt\"]']}"
)


def updated(statement: str, new: dict[str, Any], old: dict[str, Any] | None, kinds: str = "") -> Decision:
    return decided(rules(statement, kinds), request(new, old, operation=Operation.UPDATE))


def test_unchanged_finds_what_an_update_changed() -> None:
    old = workload("Deployment")
    new = workload("Deployment", {"metadata": {"labels": {"x": "y"}}})
    assert said(updated(TEMPLATE, new, old, "Deployment")) == [
        ("spec.template.metadata.labels.x", "was added, must stay as it is")
    ]
    scaled = workload("Deployment", patch={"spec": {"replicas": 5}})
    assert said(updated(TEMPLATE, scaled, old, "Deployment")) == []


def test_unchanged_says_nothing_of_a_create() -> None:
    assert found(TEMPLATE, workload("Deployment"), "Deployment") == []


@pytest.mark.parametrize(
    ("before", "told"),
    [
        ({}, ("annotations", "was added")),
        ({"a": "b"}, ("annotations.other", "was added (and 1 more change)")),
        (None, ("annotations", "was added")),
    ],
)
def test_unchanged_lets_its_exceptions_change_also_where_nothing_else_is_beside_them(
    before: Any, told: tuple[str, str]
) -> None:
    stamped = {"kubectl.kubernetes.io/restartedAt": "2026-11-21"}
    old = workload("Deployment", {"metadata": {"annotations": before}})
    new = workload("Deployment", {"metadata": {"annotations": {**(before or {}), **stamped}}})
    assert said(updated(RESTARTED, new, old, "Deployment")) == []
    other = workload("Deployment", {"metadata": {"annotations": {"other": "x"}}})
    assert said(updated(RESTARTED, other, old, "Deployment")) == [
        (f"spec.template.metadata.{told[0]}", f"{told[1]}, must stay as it is")
    ]


def test_an_exception_may_run_over_elements() -> None:
    statement = "object: spec.template.spec, unchanged: {except: ['containers[*].image']}"
    old = workload("Deployment")
    image = workload("Deployment", {"spec": {"containers": [{"name": "web", "image": "other"}]}})
    assert said(updated(statement, image, old, "Deployment")) == []
    every = "object: spec.template.spec, unchanged: {except: ['containers[*]']}"
    more = workload("Deployment", {"spec": {"containers": [{"name": "web"}, {"name": "more"}]}})
    assert said(updated(every, more, old, "Deployment")) == []


def test_unchanged_finds_containers_again_by_name() -> None:
    old = pod({"spec": {"containers": [container("a"), container("b", image="x")]}})
    new = pod({"spec": {"containers": [container("b", image="x"), container("a")]}})
    assert said(updated("container: image, unchanged: true", new, old)) == []
    new["spec"]["containers"][1]["image"] = "y"
    assert said(updated("container: image, unchanged: true", new, old)) == [
        ("spec.containers[1].image", f'was "{IMAGE}" and is "y", must stay as it is')
    ]


def test_unchanged_names_the_first_leaf_that_changed_and_counts_the_others() -> None:
    old = workload("Deployment", {"spec": {"containers": [container("a"), container("b", image="x", stdin=True)]}})
    new = workload("Deployment", {"spec": {"containers": [container("a"), container("b", image="y", tty=True)]}})
    assert said(updated(TEMPLATE, new, old, "Deployment")) == [
        ("spec.template.spec.containers[1].image", 'was "x" and is "y" (and 2 more changes), must stay as it is')
    ]


def test_unchanged_names_what_a_list_has_lost_and_where_more_came_to_it_the_list() -> None:
    old, new = pod(args=["a", "b"]), pod(args=["a"])
    assert said(updated("container: args, unchanged: true", new, old)) == [
        ("spec.containers[0].args", 'was ["a", "b"] and is ["a"], must stay as it is')
    ]


def test_unchanged_never_shows_a_value_that_is_secret_neither_the_old_nor_the_new() -> None:
    old = pod({"metadata": {"annotations": {"api-token": "hunter1"}}}, env=[{"name": "A", "value": "hunter2"}])
    new = pod({"metadata": {"annotations": {"api-token": "hunter3"}}}, env=[{"name": "A", "value": "hunter4"}])
    assert said(updated("container: env, unchanged: true", new, old)) == [
        ("spec.containers[0].env[0].value", "was changed, must stay as it is")
    ]
    assert said(updated("pod: metadata, unchanged: true", new, old)) == [
        ("metadata.annotations.api-token", "was changed, must stay as it is")
    ]
    more = pod(env=[{"name": "A", "value": "hunter4"}, {"name": "B", "value": "hunter5"}])
    assert "hunter" not in str(said(updated("container: env, unchanged: true", more, old)))


def test_what_a_rule_does_not_show_is_not_told_of_an_old_value_either() -> None:
    rule = "- {name: r, show: false, fields: {container: image, unchanged: true}}"
    decision = decided(policy(rule), request(pod(image="hunter2"), pod(image="hunter1")))
    assert said(decision) == [("spec.containers[0].image", "was (not shown) and is (not shown), must stay as it is")]


def test_unchanged_tells_the_authors_place_where_rules_put_something_before_it() -> None:
    rule = policy(
        "- {name: u, fields: {container: env, unchanged: true}}\n"
        "- {name: t, match: {kinds: [Deployment]}, fields: {object: spec.template, unchanged: true}}\n"
        "- {name: e, defaults: {append: {containers: {env: [{name: Z, value: z}]}}}}\n"
        "- {name: s, sidecar: {container: {name: zz, image: registry.corp.example/a:1}, position: first}}\n"
    )

    def deployment(value: str) -> dict[str, Any]:
        init = {"name": "i", "image": "registry.corp.example/i:1", "env": [{"name": "A", "value": value}]}
        return workload("Deployment", {"spec": {"initContainers": [init]}})

    assert (
        said(decided(rule, request(deployment("2"), deployment("1"))))
        == [("spec.template.spec.initContainers[0].env[0].value", "was changed, must stay as it is")] * 2
    )


@pytest.mark.parametrize("before", [{}, {"initContainers": None}, {"initContainers": "none"}])
def test_unchanged_finds_the_first_container_of_a_list_that_was_not_there_before(before: dict[str, Any]) -> None:
    new = pod({"spec": {"initContainers": [{"name": "setup", "image": "b:1"}]}})
    decision = updated("container: image, unchanged: true", new, pod({"spec": before}))
    assert decision.faults == ()
    assert said(decision) == [("spec.initContainers[0].image", "was added, must stay as it is")]


def test_unchanged_finds_what_was_added_and_what_was_removed() -> None:
    old, new = pod(args=["a"]), pod()
    assert said(updated("container: args, unchanged: true", new, old)) == [
        ("spec.containers[0].args", "was removed, must stay as it is")
    ]
    assert said(updated("container: args, unchanged: true", old, new)) == [
        ("spec.containers[0].args", "was added, must stay as it is")
    ]
    assert said(updated("container: 'args[*]', unchanged: true", new, old)) == [
        ("spec.containers[0].args", 'has lost "a", must stay as it is')
    ]


def test_unchanged_looks_at_what_was_submitted_not_at_what_we_make_of_it() -> None:
    text = policy(
        "- name: r\n  match: {kinds: [Deployment]}\n  fields: {object: spec.template, unchanged: true}\n"
        "- name: fill\n  defaults: {default: {pod: {hostname: x}}}\n"
    )
    old = workload("Deployment")
    new = workload("Deployment", patch={"metadata": {"labels": {"a": "b"}}})
    assert said(decided(text, request(new, old))) == []


def test_unchanged_never_ratchets() -> None:
    old, new = workload("Deployment"), workload("Deployment", {"metadata": {"labels": {"x": "y"}}})
    decision = updated(TEMPLATE, new, old, "Deployment")
    assert [(f.standing, f.ratchets) for f in decision.findings] == [(Standing.NEW, False)]
    assert decision.verdict is Verdict.DENIED


def test_an_old_violation_of_another_word_ratchets() -> None:
    old = workload("Deployment", {"spec": {"hostPID": True}})
    decision = updated("pod: spec.hostPID, forbidden: true", merged(old, {"metadata": {"labels": {"a": "b"}}}), old)
    assert [finding.standing for finding in decision.findings] == [Standing.OLD]
    assert decision.verdict is Verdict.ALLOWED


def test_unchanged_is_undecided_in_an_update_whose_old_object_is_not_given() -> None:
    decision = updated(TEMPLATE, workload("Deployment"), None, "Deployment")
    assert [(f.message, f.cause) for f in decision.findings] == [
        ("could not be decided: the old object is not given (use --old FILE)", Cause.UNAVAILABLE)
    ]
    assert decision.verdict is Verdict.UNDECIDED


def test_operators_beside_unchanged_are_judged_too() -> None:
    obj = workload("Deployment", patch={"spec": {"replicas": 1}})
    assert found("object: spec.replicas, min: 2, unchanged: true", obj, "Deployment") == [
        ("spec.replicas", "is 1, must be at least 2")
    ]


# What is never shown


def test_values_of_environment_variables_are_never_shown_wherever_the_path_ends() -> None:
    obj = pod(env=[{"name": "DB_PASSWORD", "value": "hunter2"}])
    for path in ("env[*].value", "env[*]", "env"):
        messages = [message for _, message in found(f"container: '{path}', forbidden: true", obj)]
        assert len(messages) == 1
        assert "hunter2" not in messages[0]


def test_values_of_secrets_are_never_shown() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "shop"}}
    obj = {**secret, "stringData": {"key": "hunter2"}, "data": {"key": "aHVudGVyMg=="}}
    for path in ("stringData.key", "stringData", "data[*]"):
        messages = [message for _, message in found(f"object: '{path}', forbidden: true", obj, "Secret")]
        assert messages == ["is a value that is not shown, must not be set"]


def test_other_values_are_quoted_short_and_without_control_characters() -> None:
    obj = pod({"metadata": {"labels": {"a": "x\x1b[31m" + "y" * 200}}})
    ((_, message),) = found("pod: metadata.labels.a, equals: b", obj)
    assert message == f'is "x�[31m{"y" * 53}…", must be "b"'


# The budget


def many(containers: int, entries: int) -> dict[str, Any]:
    env = [{"name": f"e{index}", "value": "x"} for index in range(entries)]
    return pod({"spec": {"containers": [container(f"c{index}", env=env) for index in range(containers)]}})


SPENT = "could not be checked: `env[*].value` leads to more than 100000 places in this object"


@pytest.mark.parametrize(
    "words",
    [
        "notLike: z*",
        "required: true, notIn: [z]",
        "where: {name: {like: z*}}, forbidden: true",
        "unique: true, where: {value: z}",
        "notLike: z, unless: {container: args, contains: [a]}",
    ],
)
def test_combinations_have_a_budget_and_spending_it_is_failed(words: str) -> None:
    decision = decided(rules(f"container: 'env[*].value', {words}"), many(1000, 1000))
    assert [(f.message, f.cause) for f in decision.findings] == [(SPENT, Cause.FAILED)]
    assert decision.verdict is Verdict.UNDECIDED
    assert decision.faults == ()


def test_what_was_found_before_the_budget_was_spent_is_told_and_not_more_than_a_thousand() -> None:
    decision = decided(rules("container: 'env[*].value', like: z*"), many(1000, 1000))
    assert decision.verdict is Verdict.DENIED
    assert 900 < len(decision.findings) < 1000
    assert [f.message for f in decision.findings if f.cause is Cause.FAILED] == [SPENT]


def test_comparing_many_places_with_many_others_spends_the_budget_too() -> None:
    words = "container: 'env[*].value', notIn: {container: 'env[*].name'}"
    assert decided(rules(words), many(1, 300)).findings == ()
    assert [f.cause for f in decided(rules(words), many(1, 1000)).findings] == [Cause.FAILED]


def test_a_condition_spends_the_budget_of_its_statement() -> None:
    words = "pod: spec.hostPID, equals: true, unless: {container: 'env[*].value', equals: z}"
    assert [f.cause for f in decided(rules(words), many(1000, 1000)).findings] == [Cause.FAILED]


def test_an_ordinary_large_pod_is_judged() -> None:
    assert decided(ruleset(rules("container: 'env[*].value', notLike: z*")), many(100, 500)).findings == ()
