"""parameters: typed values that a Profile may set, and how they stand in a policy's text."""

from typing import Any

import pytest

from tests.objects import decided, places, pod, policy, problems, ruleset

PROFILE = """---
apiVersion: doorward.dev/v1
kind: Profile
metadata: {name: x}
spec: {parameters: {p: {VALUES}}}
"""


def document(rules: str, parameters: str, profile: str | None = None) -> str:
    text = policy(rules, parameters=parameters)
    return text + (PROFILE.replace("VALUES", profile) if profile is not None else "")


def said(text: str) -> list[tuple[str, str | None]]:
    return [(problem.message, problem.help) for problem in problems(text)]


FROM = "- name: r\n  images: {from: ['${registry}']}"
STRING = "{registry: {type: string, default: registry.corp.example}}"


def allowed(text: str, image: str) -> bool:
    return decided(text, pod(image=image)).allowed


def test_a_default_stands_in_where_nobody_sets_the_parameter() -> None:
    text = document(FROM, STRING)
    assert [allowed(text, image) for image in ("registry.corp.example/a:1", "quay.io/a:1")] == [True, False]


def test_a_profile_sets_a_parameter() -> None:
    text = document(FROM, STRING, "registry: quay.io")
    assert [allowed(text, image) for image in ("registry.corp.example/a:1", "quay.io/a:1")] == [False, True]


def test_a_parameter_stands_within_a_text() -> None:
    text = document("- name: r\n  images: {from: ['${registry}/shop', 'x-${registry}']}", STRING)
    images = ("registry.corp.example/shop/a:1", "registry.corp.example/b:1", "x-registry.corp.example/b:1")
    assert [allowed(text, image) for image in images] == [True, False, True]


def test_a_list_is_spliced_into_a_list() -> None:
    text = document(
        "- name: r\n  images: {from: [a.example, '${more}', z.example]}",
        "{more: {type: list, default: [b.example, c.example]}}",
    )
    hosts = ("a.example", "b.example", "c.example", "z.example", "d.example")
    assert [allowed(text, f"{host}/x:1") for host in hosts] == [True, True, True, True, False]


@pytest.mark.parametrize(("grace", "found"), [(30, []), (90, [("r", "spec.terminationGracePeriodSeconds")])])
def test_a_number_stays_a_number(grace: int, found: list[tuple[str, str]]) -> None:
    text = document(
        "- name: r\n  fields: {pod: spec.terminationGracePeriodSeconds, max: '${most}'}",
        "{most: {type: int, default: 60}}",
    )
    assert places(decided(text, pod({"spec": {"terminationGracePeriodSeconds": grace}}))) == found


def test_a_boolean_stays_a_boolean() -> None:
    text = document(
        "- name: r\n  fields: {container: securityContext.readOnlyRootFilesystem, equals: '${ro}'}",
        "{ro: {type: bool, default: true}}",
        "ro: false",
    )
    assert decided(text, pod(securityContext={"readOnlyRootFilesystem": False})).allowed
    assert not decided(text, pod(securityContext={"readOnlyRootFilesystem": True})).allowed


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("string", "5"),
        ("string", "true"),
        ("string", "[a]"),
        ("int", '"5"'),
        ("int", "true"),
        ("int", "1.5"),
        ("bool", '"true"'),
        ("bool", "1"),
        ("list", "a"),
        ("list", "{a: b}"),
    ],
)
def test_a_value_of_another_type_is_told_wherever_it_comes_from(kind: str, value: str) -> None:
    use = "- name: r\n  message: '${p1}'\n  images: {from: [a.example]}"
    by_default = said(document(use, f"{{p1: {{type: {kind}, default: {value}}}}}"))
    assert (f"the default of `p1` is not of type {kind}", None) in by_default
    by_profile = said(document(use, f"{{p1: {{type: {kind}}}}}", f"p1: {value}"))
    assert (f"the Profile's value of `p1` is not of type {kind}", None) in by_profile


def test_a_parameter_that_is_never_used_is_told() -> None:
    [(message, cure)] = said(document("- name: r\n  images: {from: [a.example]}", STRING))
    assert (message, cure) == ("the parameter `registry` is never used", "use it as ${registry}")


def test_a_parameter_without_a_value_is_told_with_both_cures() -> None:
    found = said(document(FROM, "{registry: {type: string}}"))
    assert (
        "the parameter `registry` has no value",
        "give it a default, or set it in the Profile under `parameters`",
    ) in found


@pytest.mark.parametrize(
    ("name", "cure"), [("registri", "did you mean ${registry}?"), ("zzzz", "declare it under `parameters`")]
)
def test_a_parameter_that_nobody_declared_is_told_where_it_is_used(name: str, cure: str) -> None:
    text = document(f"- name: r\n  message: '${{registry}}'\n  images: {{from: ['${{{name}}}', a.example]}}", STRING)
    found = [problem for problem in problems(text) if "there is no parameter" in problem.message]
    [problem] = found
    assert (problem.message, problem.help) == (f"there is no parameter `{name}`", cure)
    assert f"${{{name}}}" in problem.place.text


def test_a_profile_must_not_set_what_does_not_exist() -> None:
    assert said(document(FROM, STRING, "registri: quay.io")) == [("unknown key `registri`", "did you mean `registry`?")]
    other_policy = document(FROM, STRING, "registry: quay.io").replace("parameters: {p: {reg", "parameters: {q: {reg")
    assert [message for message, _ in said(other_policy)] == ["no policy is called `q`"]


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ("{a: {type: float, default: 1}}", "`float` is not one of string, int, bool, list"),
        ("{a: {default: 1}}", "`type` is missing"),
        ("{a: 5}", "expected a mapping"),
        ("[a]", "expected a mapping"),
        ("{a: {type: int, defualt: 1}}", "unknown key `defualt`"),
    ],
)
def test_a_declaration_of_another_shape_is_told(parameters: str, words: str) -> None:
    found = said(document("- name: r\n  message: 'x ${a}'\n  images: {from: [a.example]}", parameters))
    assert any(words in message for message, _ in found), found


def test_words_for_findings_are_no_parameters() -> None:
    rules = policy("- name: r\n  fix: 'use {value}, costs $5'\n  images: {tag: {forbid: [latest]}}")
    [finding] = decided(rules, pod(image="a.example/b:latest")).findings
    assert finding.fix == "use a.example/b:latest, costs $5"


def test_keys_of_rules_are_never_filled_in() -> None:
    found: Any = said(
        document("- name: r\n  message: '${registry}'\n  '${registry}': {}\n  images: {from: [a.example]}", STRING)
    )
    assert [message for message, _ in found] == ["unknown key `${registry}`"]


KEY = "{key: {type: string, default: acme.example/team}}"


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ("metadata: {labels: {'${key}': {required: true}}}", 'metadata.labels["acme.example/team"]'),
        ("metadata: {annotations: {'${key}-of': {required: true}}}", 'metadata.annotations["acme.example/team-of"]'),
    ],
)
def test_names_of_labels_and_annotations_are_filled_in(rule: str, path: str) -> None:
    assert places(decided(document(f"- {{name: r, {rule}}}", KEY), pod())) == [("r", path)]


@pytest.mark.parametrize(
    "rule",
    [
        "match: {namespaceSelector: {matchLabels: {'${key}': shop}}}\n  refuse: go away",
        "defaults: {default: {pod: {nodeSelector: {'${key}': shop}}}}",
        "nodeGroup: {groups: {a: {labels: {'${key}': a}, default: true}}}",
    ],
)
def test_other_keys_that_are_names_of_labels_are_filled_in(rule: str) -> None:
    assert problems(document(f"- name: r\n  {rule}", KEY)) == ()


@pytest.mark.parametrize(
    ("parameters", "message", "cure"),
    [
        ("{key: {type: string, default: 'a b'}}", "no object can have this key", None),
        (
            "{key: {type: int, default: 5}}",
            "the parameter `key` is of type int, and a key is a string",
            "declare it with `type: string`",
        ),
        (
            "{key: {type: string, default: app}}",
            "the key `app` stands here twice, once as `${key}`",
            "take one away, or give the parameter another value",
        ),
    ],
)
def test_a_name_that_parameters_make_must_be_one(parameters: str, message: str, cure: str | None) -> None:
    [(told, help_)] = said(
        document("- {name: r, metadata: {labels: {app: {required: true}, '${key}': {required: true}}}}", parameters)
    )
    assert message in told
    assert cure is None or help_ == cure


@pytest.mark.parametrize(
    "rule",
    [
        "defaults: {default: {containers: {resources: {limits: {memory: '${odd}'}}}}}",
        "fields: {pod: spec.terminationGracePeriodSeconds, max: '${odd}'}",
        "when: {container: image, in: ['${odd}']}\n  images: {digest: required}",
        "metadata: {labels: {'${odd}': {required: true}}}",
    ],
)
@pytest.mark.parametrize("profile", [None, "odd: x"])
def test_a_declaration_that_cannot_be_read_is_told_alone(rule: str, profile: str | None) -> None:
    parameters = "{odd: {type: string, default: a, doc: One, two}}"
    assert [message for message, _ in said(document(f"- name: r\n  {rule}", parameters, profile))] == [
        "unknown key `two`"
    ]


def test_parameters_are_part_of_the_revision_only_through_the_bytes() -> None:
    one, other = ruleset(document(FROM, STRING)), ruleset(document(FROM, STRING, "registry: quay.io"))
    assert one.revision != other.revision
