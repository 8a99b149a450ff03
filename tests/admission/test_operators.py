"""Every operator, as a rule and as a condition: with a value that it accepts, one that it refuses, and none."""

from typing import Any

import pytest

from tests.objects import decided, places, pod, policy, problems, ruleset, workload
from webhook.admission.finding import Cause

KEY = 'metadata.annotations["a.b/c"]'
ANNOTATION = f"pod: '{KEY}'"


def annotated(value: Any) -> dict[str, Any]:
    return pod({"metadata": {"annotations": {"a.b/c": value}}} if value is not None else {})


def web(**container: Any) -> dict[str, Any]:
    return pod(**container)


def spec(**fields: Any) -> dict[str, Any]:
    return pod({"spec": fields})


def as_rule(words: str, obj: dict[str, Any]) -> list[tuple[str, str]]:
    """(path, message) of what a rule with this one statement finds."""
    decision = decided(policy(f"- name: r\n  fields: {{{words}}}"), obj)
    return [(finding.where, finding.message) for finding in decision.findings]


def as_condition(words: str, obj: dict[str, Any]) -> bool:
    """Whether a statement holds as a condition: only then the rule finds what is always wrong."""
    rule = f"- name: r\n  when: {{{words}}}\n  fields: {{pod: metadata.name, forbidden: true}}"
    return bool(decided(policy(rule), obj).findings)


PORT = "spec.containers[0].ports[0].containerPort"
CPU = "spec.containers[0].resources.limits.cpu"
DROP = "spec.containers[0].securityContext.capabilities.drop"
PROBE = "livenessProbe.httpGet.port"


def port(number: Any) -> dict[str, Any]:
    return web(ports=[{"containerPort": number}])


def cpu(amount: Any) -> dict[str, Any]:
    return web(resources={"limits": {"cpu": amount}})


def drop(*names: str) -> dict[str, Any]:
    return web(securityContext={"capabilities": {"drop": list(names)}})


def probe(number: Any, *names: str) -> dict[str, Any]:
    ports = [{"name": name, "containerPort": 80} for name in names]
    return web(livenessProbe={"httpGet": {"port": number}}, ports=ports)


def args(*values: Any) -> dict[str, Any]:
    return web(args=list(values))


A = 'metadata.annotations["a.b/c"]'
ARGS = "spec.containers[0].args"
LIVE = "spec.containers[0].livenessProbe.httpGet.port"

CASES: list[tuple[str, dict[str, Any], dict[str, Any], str, str]] = [
    # words, what is accepted, what is refused, the path and the words of the refusal
    (f"{ANNOTATION}, equals: a", annotated("a"), annotated("ab"), A, 'is "ab", must be "a"'),
    (f"{ANNOTATION}, equals: 'true'", annotated("true"), annotated("True"), A, 'is "True", must be "true"'),
    ("pod: spec.hostPID, equals: true", spec(hostPID=True), spec(hostPID=False), "spec.hostPID",
     "is false, must be true"),
    (f"{ANNOTATION}, in: [a, b]", annotated("b"), annotated("c"), A, 'is "c", must be "a" or "b"'),
    (f"{ANNOTATION}, notIn: [a, b]", annotated("c"), annotated("b"), A, 'is "b", must not be "a" or "b"'),
    (f"{ANNOTATION}, like: 'a*'", annotated("a/b\nc"), annotated("ba"), A, 'is "ba", must be like "a*"'),
    (f"{ANNOTATION}, like: ['a*', '*b']", annotated("cb"), annotated("c"), A, 'is "c", must be like "a*" or "*b"'),
    (f"{ANNOTATION}, notLike: 'a*'", annotated("ba"), annotated("ab"), A, 'is "ab", must not be like "a*"'),
    (f"{ANNOTATION}, pattern: 'a|bc'", annotated("bc"), annotated("abc"), A, 'is "abc", must match "a|bc"'),
    (f"{ANNOTATION}, pattern: 'a.c'", annotated("a\nc"), annotated("a.cd"), A, 'is "a.cd", must match "a.c"'),
    (f"{ANNOTATION}, notPattern: '[0-9]+'", annotated("1a"), annotated("12"), A, 'is "12", must not match "[0-9]+"'),
    ("container: 'ports[*].containerPort', min: 1024", port(1024), port(1023), PORT, "is 1023, must be at least 1024"),
    ("container: 'ports[*].containerPort', max: 1024", port(1024), port(1025), PORT, "is 1025, must be at most 1024"),
    ("container: resources.limits.cpu, min: 500m", cpu("0.5"), cpu("499m"), CPU, 'is "499m", must be at least "500m"'),
    ("container: resources.limits.cpu, max: '1'", cpu("1000m"), cpu("1001m"), CPU, 'is "1001m", must be at most "1"'),
    (f"{ANNOTATION}, max: 1h", annotated("59m"), annotated("61m"), A, 'is "61m", must be at most "1h"'),
    (f"{ANNOTATION}, max: 5m", annotated("30s"), annotated("1h"), A, 'is "1h", must be at most "5m"'),
    ("container: 'ports[*].containerPort', ranges: ['1000-1999', 3000]", port(3000), port(2000), PORT,
     "is 2000, must be in 1000-1999 or 3000"),
    (f"{ANNOTATION}, ranges: ['1-9']", annotated("9"), annotated("10"), A, 'is "10", must be in 1-9'),
    ("container: args, contains: [a, b]", args("b", "c", "a"), args("a", "c"), ARGS,
     'is ["a", "c"], must contain "a" and "b"'),
    ("container: args, containsAny: [a, b]", args("b"), args("c"), ARGS, 'is ["c"], must contain "a" or "b"'),
    ("container: args, notContains: [a, b]", args("c"), args("b", "c"), ARGS,
     'is ["b", "c"], must not contain "a" or "b"'),
    ("pod: metadata.labels, contains: [app]", pod({"metadata": {"labels": {"app": "x"}}}),
     pod({"metadata": {"labels": {"team": "x"}}}), "metadata.labels", 'is {"team": "x"}, must contain "app"'),
    ("container: args, minItems: 2", args("a", "b"), args("a"), ARGS, 'is ["a"], must have at least 2 items'),
    ("container: args, maxItems: 1", args("a"), args("a", "b"), ARGS, 'is ["a", "b"], must have at most 1 item'),
    (f"container: {PROBE}, in: {{container: 'ports[*].name'}}", probe("http", "http"), probe(8080, "http"), LIVE,
     "is 8080, must be one of ports[*].name"),
    (f"container: {PROBE}, in: {{container: args}}", web(args=["a", "b"], livenessProbe={"httpGet": {"port": "b"}}),
     web(args=["a"], livenessProbe={"httpGet": {"port": "b"}}), LIVE, 'is "b", must be one of args'),
    (f"container: {PROBE}, notIn: {{container: 'ports[*].name'}}", probe("a", "http"), probe("http", "http"), LIVE,
     'is "http", must be none of ports[*].name'),
    (f"container: {PROBE}, equals: {{container: name}}", probe("web"), probe("http"), LIVE,
     'is "http", must equal name'),
    (f"container: {PROBE}, sameAs: {{container: name}}", probe("web"), probe("http"), LIVE,
     'is "http", must be the same as name'),
    (f"container: {PROBE}, differsFrom: {{container: name}}", probe("http"), probe("web"), LIVE,
     'is "web", must differ from name'),
    (f"{ANNOTATION}, min: {{pod: spec.priority}}", {**annotated("5"), "spec": {**pod()["spec"], "priority": 5}},
     {**annotated("4"), "spec": {**pod()["spec"], "priority": 5}}, A, 'is "4", must be at least spec.priority'),
    (f"{ANNOTATION}, max: {{pod: spec.priority}}", {**annotated("5"), "spec": {**pod()["spec"], "priority": 5}},
     {**annotated("6"), "spec": {**pod()["spec"], "priority": 5}}, A, 'is "6", must be at most spec.priority'),
    ("container: args, contains: {container: command}", web(args=["a", "b"], command=["a"]),
     web(args=["b"], command=["a"]), ARGS, 'is ["b"], must contain every value of command'),
    ("container: args, containsAny: {container: 'command[*]'}", web(args=["a", "b"], command=["a", "c"]),
     web(args=["b"], command=["a"]), ARGS, 'is ["b"], must contain a value of command[*]'),
    ("container: args, notContains: {container: 'command[*]'}", web(args=["b"], command=["a"]),
     web(args=["a", "b"], command=["a"]), ARGS, 'is ["a", "b"], must not contain any value of command[*]'),
]  # fmt: skip


@pytest.mark.parametrize(("words", "good", "bad", "path", "message"), CASES, ids=[case[0] for case in CASES])
def test_in_a_rule_an_operator_finds_the_value_that_it_refuses(
    words: str, good: dict[str, Any], bad: dict[str, Any], path: str, message: str
) -> None:
    assert as_rule(words, good) == []
    assert as_rule(words, bad) == [(path, message)]


@pytest.mark.parametrize(("words", "good", "bad"), [case[:3] for case in CASES], ids=[case[0] for case in CASES])
def test_in_a_condition_an_operator_is_true_of_the_value_that_it_accepts(
    words: str, good: dict[str, Any], bad: dict[str, Any]
) -> None:
    assert as_condition(words, good) is True
    assert as_condition(words, bad) is False


NEGATIVE = ("notIn", "notLike", "notPattern", "notContains", "differsFrom", "maxItems")

WHERE_ABSENCE_MEANS_SOMETHING = {
    "pod: spec.hostPID, equals: true": [("spec.hostPID", "missing, which means false; it must be true")],
    "container: args, minItems: 2": [(ARGS, "missing, must have at least 2 items")],
}


@pytest.mark.parametrize("words", [case[0] for case in CASES])
def test_in_a_rule_an_absent_field_passes_every_operator_unless_absence_has_a_meaning(words: str) -> None:
    assert as_rule(words, pod()) == WHERE_ABSENCE_MEANS_SOMETHING.get(words, [])


@pytest.mark.parametrize("words", [case[0] for case in CASES])
def test_in_a_condition_an_absent_field_makes_positive_operators_false_and_negative_ones_true(words: str) -> None:
    assert as_condition(words, pod()) is any(f", {name}:" in words for name in NEGATIVE)


def deployment(selector: Any, **labels: str) -> dict[str, Any]:
    return workload("Deployment", {"metadata": {"labels": {"app": None, **labels}}}, {"spec": {"selector": selector}})


SELECTS = """
- name: r
  match: {kinds: [Deployment]}
  fields: {object: spec.selector, selects: {pod: metadata.labels}}
"""
WHEN_SELECTED = """
- name: r
  match: {kinds: [Deployment]}
  when: {object: spec.selector, selects: {pod: metadata.labels}}
  fields: {object: metadata.name, forbidden: true}
"""


@pytest.mark.parametrize(
    ("selector", "labels", "selects"),
    [
        ({"matchLabels": {"app": "web"}}, {"app": "web", "tier": "x"}, True),
        ({"matchLabels": {"app": "web"}}, {"app": "api"}, False),
        ({"matchLabels": {"app": "web"}}, {}, False),
        ({"matchLabels": None, "matchExpressions": [{"key": "app", "operator": "Exists"}]}, {"app": "x"}, True),
        ({"matchLabels": None, "matchExpressions": [{"key": "app", "operator": "In", "values": ["a"]}]}, {}, False),
        ({"matchLabels": None, "matchExpressions": [{"key": "app", "operator": "Near"}]}, {"app": "x"}, False),
        ({"matchLabels": "nonsense"}, {"app": "web"}, False),
    ],
)
def test_selects_wants_a_label_selector_that_selects_those_labels(
    selector: Any, labels: dict[str, str], selects: bool
) -> None:
    obj = deployment(selector, **labels)
    assert places(decided(policy(SELECTS), obj)) == ([] if selects else [("r", "spec.selector")])
    assert bool(decided(policy(WHEN_SELECTED), obj).findings) is selects


def test_selects_reads_the_plain_map_of_a_service_and_an_empty_one_selects_everything() -> None:
    rules = ruleset(
        policy(
            "- name: r\n  match: {kinds: [Service]}\n"
            "  fields: {object: spec.selector, selects: {object: metadata.labels}}"
        )
    )

    def service(selector: Any) -> dict[str, Any]:
        metadata = {"name": "s", "namespace": "shop", "labels": {"app": "web"}}
        return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"selector": selector}}

    assert decided(rules, service({"app": "web"})).findings == ()
    assert decided(rules, service({})).findings == ()
    assert [f.message for f in decided(rules, service({"app": "api"})).findings] == [
        'is {"app": "api"}, must select metadata.labels'
    ]


def test_a_finding_says_what_to_write_where_one_plain_value_is_wanted() -> None:
    rule = policy("- name: r\n  fields: {container: securityContext.readOnlyRootFilesystem, equals: true}")
    assert [finding.fix for finding in decided(rule, pod()).findings] == ["set readOnlyRootFilesystem: true"]


# Wrong types in objects never crash


@pytest.mark.parametrize("value", [1, 1.5, True, "", "text", [], ["a", 1, None], {}, {"a": {"b": None}}, [[[]]]])
@pytest.mark.parametrize("words", [case[0] for case in CASES])
def test_values_of_wrong_types_are_refused_or_accepted_and_never_break_a_rule(words: str, value: Any) -> None:
    obj = pod({"metadata": {"annotations": {"a.b/c": value}, "labels": value}})
    obj["spec"] |= {"hostPID": value, "priority": value}
    fields = ("args", "command", "ports", "livenessProbe", "resources", "securityContext")
    obj["spec"]["containers"][0] |= dict.fromkeys(fields, value)
    decision = decided(policy(f"- name: r\n  fields: {{{words}}}\n- name: s\n  when: {{{words}}}\n{NEVER}"), obj)
    assert decision.faults == ()
    assert {finding.cause for finding in decision.findings} <= {Cause.VIOLATES}


NEVER = "  fields: {pod: spec.nodeName, required: true}"


def test_a_pattern_on_a_value_that_is_no_string_is_a_finding_in_a_rule_and_false_in_a_condition() -> None:
    words = f"{ANNOTATION}, pattern: '.*'"
    assert as_rule(words, annotated(5)) == [(A, 'is 5, must match ".*"')]
    assert as_condition(words, annotated(5)) is False


def test_a_named_port_has_no_size() -> None:
    words = f"container: {PROBE}, min: 1024"
    assert as_rule(words, probe(8080)) == []
    assert as_rule(words, probe("8080")) == []
    assert as_rule(words, probe("http")) == [(LIVE, 'is "http", must be at least 1024')]


def test_a_boolean_is_no_number() -> None:
    assert as_rule("container: 'ports[*].containerPort', max: 5", port(True)) == [(PORT, "is true, must be at most 5")]
    assert as_rule("container: 'ports[*].containerPort', in: [1]", port(True)) == [(PORT, "is true, must be 1")]


# Values with several spellings


@pytest.mark.parametrize("spelled", ["ALL", "all", "CAP_ALL", "cap_all"])
def test_capabilities_compare_in_upper_case_and_without_their_prefix(spelled: str) -> None:
    words = "container: securityContext.capabilities.drop"
    assert as_rule(f"{words}, contains: [{spelled}]", drop("ALL")) == []
    assert as_rule(f"{words}, contains: [ALL]", drop(spelled)) == []
    assert as_condition(f"{words}, contains: [{spelled}]", drop("ALL")) is True
    assert as_rule("container: 'securityContext.capabilities.drop[*]', pattern: A.L", drop(spelled)) == []
    assert as_rule(f"container: 'securityContext.capabilities.drop[*]', like: '{spelled[:-1]}*'", drop("ALL")) == []


def test_a_capability_is_quoted_as_it_was_written() -> None:
    words = "container: securityContext.capabilities.drop, containsAny: [cap_all, NET_RAW]"
    assert as_rule(words, drop("cap_kill")) == [(DROP, 'is ["cap_kill"], must contain "cap_all" or "NET_RAW"')]


def test_a_whole_set_of_capabilities_compares_likewise() -> None:
    words = "container: securityContext.capabilities, equals: {drop: [ALL]}"
    assert as_rule(words, drop("cap_all")) == []
    assert len(as_rule(words, drop("kill"))) == 1


def test_elsewhere_case_counts() -> None:
    assert as_rule(f"{ANNOTATION}, equals: ALL", annotated("all")) == [(A, 'is "all", must be "ALL"')]


def test_amounts_are_equal_however_they_are_written() -> None:
    assert as_rule("container: resources.limits.cpu, equals: 1", cpu("1000m")) == []
    assert as_rule("container: resources.limits.cpu, notIn: ['0.5']", cpu("500m")) == [
        (CPU, 'is "500m", must not be "0.5"')
    ]


def test_a_volume_path_has_one_spelling() -> None:
    words = "pod: 'spec.volumes[*].hostPath.path', notIn: [/var/run/docker.sock]"
    for path in ("/var/run/docker.sock", "/var//run/docker.sock", "/var/run/./docker.sock/"):
        found = as_rule(words, spec(volumes=[{"name": "v", "hostPath": {"path": path}}]))
        assert found == [("spec.volumes[0].hostPath.path", f'is "{path}", must not be "/var/run/docker.sock"')]


@pytest.mark.parametrize(
    ("glob", "image", "fits"),
    [
        ("registry.corp.example/*", "registry.corp.example/web", True),
        ("registry.corp.example/*", "registry.corp.example/shop/web", False),
        ("registry.corp.example/**", "registry.corp.example/shop/web", True),
        ("**/*:latest", "docker.io/library/nginx:latest", True),
        ("**/*:latest", "nginx:latest", True),
    ],
)
def test_in_image_references_a_star_stays_within_a_segment(glob: str, image: str, fits: bool) -> None:
    assert bool(as_rule(f"container: image, like: '{glob}'", web(image=image))) is not fits


def test_in_volume_paths_a_star_stays_within_a_segment() -> None:
    words = "pod: 'spec.volumes[*].hostPath.path', like: /data/*"
    assert as_rule(words, spec(volumes=[{"name": "v", "hostPath": {"path": "/data/a/"}}])) == []
    assert len(as_rule(words, spec(volumes=[{"name": "v", "hostPath": {"path": "/data/a/b"}}]))) == 1


# Comparison with another path


def test_what_is_compared_with_an_absent_path_is_neither_equal_nor_among_it_and_has_no_bound() -> None:
    assert as_rule("pod: spec.nodeName, equals: {pod: spec.hostname}", spec(nodeName="a")) == [
        ("spec.nodeName", 'is "a", must equal spec.hostname')
    ]
    assert as_rule("pod: spec.nodeName, differsFrom: {pod: spec.hostname}", spec(nodeName="a")) == []
    assert as_rule("pod: spec.priority, min: {pod: spec.terminationGracePeriodSeconds}", spec(priority=5)) == []


def test_from_a_pod_another_path_of_containers_is_that_of_all_containers() -> None:
    words = f"{ANNOTATION}, in: {{container: name}}"
    both = {**annotated("b"), "spec": {"containers": [{"name": "a"}], "initContainers": [{"name": "b"}]}}
    assert as_rule(words, both) == []
    assert as_rule(words, annotated("b")) == [(A, 'is "b", must be one of name')]


# Operands that make no sense


@pytest.mark.parametrize(
    ("words", "message", "cure"),
    [
        ("min: lots", "expected a number, a quantity or a duration, found a string", "such as 1024, 1Gi, 30s"),
        ("min: true", "expected a number, a quantity or a duration, found the boolean true", "such as 1024, 1Gi, 30s"),
        ("ranges: [9-1]", "`9-1` is empty: it ends before it begins", 'write it as "1-9"'),
        ("ranges: [high]", "`high` is no range", 'write it as "1000-1999"'),
        ("in: []", "the list is empty", "give it an element, or leave the key out"),
        ("like: []", "the list is empty", "give it an element, or leave the key out"),
        ("in: {a: b}", "expected a list, found a mapping", "another path is written {container: PATH}"),
        ("in: [a, null]", "nothing stands here", "null is no value; use forbidden: true"),
        ("equals: null", "nothing stands here", "leave the key out, or give it a value"),
        ("sameAs: a", "expected another path, found a string", "write it as {container: readinessProbe}"),
        ("differsFrom: 5", "expected another path, found the number 5", "write it as {container: readinessProbe}"),
        ("like: 5", "expected a string, found the number 5", "put it in quotes"),
        (
            "pattern: '(?=a)'",
            '"(?=a)" is no regular expression: invalid perl operator at character 1, "(?="'
            " (look-ahead does not exist here, because every expression runs in linear time)",
            None,
        ),
        (
            "pattern: {pod: metadata.name}",
            "expected a string, found a mapping",
            None,
        ),
        ("in: {pod: spec.nodName}", "there is no field `nodName` in `spec.nodName`", "did you mean `nodeName`?"),
        ("in: {pod: 'spec['}", "the path `spec[` cannot be read at `[`",
         'write it as spec.volumes[*].name or metadata.annotations["a.b/c"]'),
    ],
)  # fmt: skip
def test_an_operand_that_makes_no_sense_is_told_with_its_cure(words: str, message: str, cure: str | None) -> None:
    told = problems(policy(f"- name: r\n  fields: {{{ANNOTATION}, {words}}}"))
    assert [(problem.message, problem.help) for problem in told] == [(message, cure)]


@pytest.mark.parametrize(
    ("words", "message", "cure"),
    [
        ("minItems: 0", "the smallest number that says something here is 1", None),
        ("maxItems: -1", "the smallest number that says something here is 0", None),
        ("minItems: many", "expected a whole number, found a string", None),
    ],
)
def test_a_number_of_items_that_says_nothing_is_told(words: str, message: str, cure: str | None) -> None:
    told = problems(policy(f"- name: r\n  fields: {{container: args, {words}}}"))
    assert [(problem.message, problem.help) for problem in told] == [(message, cure)]
