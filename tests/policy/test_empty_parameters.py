"""Lists that parameters leave empty count as left out, where leaving them out means the same."""

import pytest

from tests.objects import decided, places, pod, policy, problems
from tests.policy.telling import profile, told, warned

NONE = "{none: {type: list, default: []}}"
ENV = "{container: 'env[*].value', where: {name: {pattern: '.*PASS.*', notPattern: ['${none}']}}, forbidden: true}"
EMPTY = "the list is empty"
CURE = "give `none` an element: without this key the rule would mean something else"


def loading(rule: str, parameters: str = NONE) -> str:
    return policy(f"- {{name: r, {rule}}}", parameters=parameters)


@pytest.mark.parametrize(
    "rule",
    [
        "podSecurity: {level: baseline, only: [capabilities], allow: {capabilities: ['${none}']}}",
        "podSecurity: {level: baseline, only: [sysctls], allow: {sysctls: '${none}'}}",
        "images: {from: [registry.corp.example], notFrom: ['${none}']}",
        "images: {tag: {required: true, forbid: ['${none}', '${none}']}}",
        "images: {from: [registry.corp.example], tag: {forbid: ['${none}']}}",
        "containers: {images: {exclude: ['${none}']}}, images: {digest: required}",
        "match: {namespaces: {include: [shop], exclude: ['${none}']}}, images: {digest: required}",
        "match: {users: {exclude: {groups: ['${none}'], names: ['${none}']}}}, images: {digest: required}",
        "metadata: {labels: {team: {required: true, notIn: ['${none}']}}}",
        "sidecar: {named: mesh, forbid: ['${none}']}",
        "fields: {container: stdin, equals: false, when: {pod: metadata.namespace, notIn: ['${none}']}}",
        "when: {pod: metadata.namespace, notLike: ['${none}']}, fields: {container: stdin, equals: false}",
        "fields: [{container: args, notContains: ['${none}']}, {container: stdin, equals: false}]",
        "fields: {container: args, required: true, contains: ['${none}']}",
        f"fields: {ENV}",
    ],
)
def test_what_parameters_leave_empty_is_left_out(rule: str) -> None:
    assert problems(loading(rule)) == ()


@pytest.mark.parametrize(
    "rule",
    [
        "images: {from: ['${none}']}",
        "images: {from: ['${none}'], tag: {required: true}}",
        "volumes: {types: ['${none}']}",
        "resources: {qos: ['${none}']}",
        "match: {namespaces: {include: ['${none}']}}, images: {digest: required}",
        "containers: {images: {include: ['${none}']}}, images: {digest: required}",
        "podSecurity: {level: baseline, only: ['${none}']}",
        "podSecurity: {level: baseline, except: [{control: hostPorts, images: ['${none}']}]}",
        "metadata: {labels: {team: {required: true, in: ['${none}']}}}",
        "fields: {container: 'args[*]', pattern: ['${none}']}",
        "fields: {pod: metadata.namespace, in: ['${none}']}",
        "fields: {container: 'ports[*].hostPort', ranges: ['${none}']}",
        "fields: {container: 'env[*].value', where: {name: {like: ['${none}']}}, forbidden: true}",
    ],
)
def test_where_leaving_it_out_would_mean_something_else_it_is_an_error(rule: str) -> None:
    assert [(message, cure) for _, _, message, cure in told(loading(rule))] == [(EMPTY, CURE)]


def test_a_set_of_users_with_nobody_in_it_is_an_error() -> None:
    rule = "match: {users: {include: {groups: ['${none}']}}}, images: {digest: required}"
    assert [message for _, _, message, _ in told(loading(rule))] == ["it is empty"]


def test_a_list_that_is_written_empty_stays_an_error() -> None:
    assert [(message, cure) for _, _, message, cure in told(policy("- {name: r, images: {notFrom: []}}"))] == [
        (EMPTY, "give it an element, or leave the key out")
    ]


def test_a_profile_can_leave_a_list_empty() -> None:
    parameters = "{none: {type: list, default: [SYS_PTRACE]}}"
    rule = "podSecurity: {level: baseline, only: [capabilities], allow: {capabilities: ['${none}']}}"
    text, adds = loading(rule, parameters), pod(securityContext={"capabilities": {"add": ["SYS_PTRACE"]}})
    assert decided(text, adds).allowed
    assert not decided(text + profile("{parameters: {p: {none: []}}}"), adds).allowed


def test_an_exclusion_of_nothing_excludes_nothing() -> None:
    env = pod(env=[{"name": "PASS", "value": "a"}, {"name": "LANG", "value": "C"}])
    assert places(decided(loading(f"fields: {ENV}"), env)) == [("r", "spec.containers[0].env[0].value")]
    rule = "when: {container: image, notIn: ['${none}']}, fields: {container: stdin, equals: false}"
    assert places(decided(loading(rule), pod(stdin=True))) == [("r", "spec.containers[0].stdin")]


def test_a_statement_of_which_nothing_is_left_finds_nothing_and_a_rule_says_so() -> None:
    statement = "{container: 'args[*]', notPattern: ['${none}']}"
    text = loading(f"fields: {statement}")
    assert [one[2:] for one in warned(text)] == [
        (
            "this finds nothing: its parameters leave nothing of it",
            "give them an element, or leave the policy out in the Profile",
        )
    ]
    assert decided(text, pod(args=["a"])).findings == ()
    assert warned(loading(f"fields: [{statement}, {{container: stdin, equals: false}}]")) == []


def test_an_exception_of_a_statement_that_would_always_hold_is_an_error() -> None:
    rule = "fields: {container: stdin, equals: false, unless: {pod: metadata.namespace, notIn: ['${none}']}}"
    assert [one[2] for one in told(loading(rule))] == [
        "a parameter leaves nothing of this condition, which would lift the statement everywhere"
    ]
