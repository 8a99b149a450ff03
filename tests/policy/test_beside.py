"""A sidecar whose own container breaks the rules that it sits beside is told at the container, when the rules load."""

import pytest

from tests.objects import policy, problems
from tests.policy.telling import exception, told

PROBE = "startupProbe: {tcpSocket: {port: 1}}"
CURE = "use an image from registry.corp.example"


def sidecar(container: str = "", image: str = "r.example/mesh:1", **spec: str) -> str:
    more = "".join(f"  {key}: {value}\n" for key, value in spec.items())
    head = f"- name: mesh\n{more}  sidecar:\n    container:\n      name: mesh\n"
    return f"{head}      image: {image}\n      {PROBE}\n{container}"


def rules(*others: str, first: str = "", **spec: str) -> str:
    body = "".join(f"- name: r{number}\n  {other}\n" for number, other in enumerate(others))
    return policy(f"{first or sidecar()}\n{body}", **spec)


def broken(text: str) -> list[tuple[str, str, str, str, str | None]]:
    """Level, line and column, what the caret is under, the words after the rule's place, the cure."""
    return [
        (
            str(found.level),
            f"{found.place.line}:{found.place.column}",
            found.place.text[found.place.column - 1 :][: found.place.length],
            found.message.partition("): ")[2],
            found.help,
        )
        for found in problems(text)
        if found.message.startswith("the container `mesh` breaks")
    ]


def test_what_no_pod_can_mend_is_an_error_at_the_containers_own_key() -> None:
    text = rules("images: {from: [registry.corp.example]}")
    assert broken(text) == [
        ("error", "13:9", "image", 'image: "r.example/mesh:1" comes from r.example/mesh, which is not allowed', CURE)
    ]
    [(_, _, message, _)] = told(text)
    assert message.startswith("the container `mesh` breaks `p/r0` (/")
    assert message.partition("): ")[0].endswith("rules.yaml:17:5")


@pytest.mark.parametrize(
    ("container", "rule", "level", "place", "under", "says"),
    [
        (
            "      securityContext: {privileged: true}\n",
            "podSecurity: {level: baseline, only: [privileged]}",
            *("error", "15:27", "privileged", "securityContext.privileged: is true, must be false"),
        ),
        (
            "",
            "resources: {memory: {limit: {required: true}}}",
            *("warning", "11:7", "container", "resources.limits.memory: missing, must be set"),
        ),
        (
            "      resources: {limits: {memory: 2Gi}}\n",
            "resources: {memory: {limit: {max: 1Gi}}}",
            *("error", "15:30", "memory", 'resources.limits.memory: "2Gi" is above the maximum 1Gi'),
        ),
        (
            "      resources: {limits: {memory: 2Gi}}\n",
            "resources: {classes: {by: {annotation: size}, small: {memory: {limit: {max: 1Gi}}}}, "
            "memory: {limit: {max: 1500Mi}}}",
            *("warning", "15:30", "memory", 'resources.limits.memory: "2Gi" is above the maximum 1500Mi'),
        ),
        (
            "      securityContext: {runAsUser: 0}\n",
            "podSecurity: {level: restricted, only: [runAsUser]}",
            *("warning", "15:27", "runAsUser", "securityContext.runAsUser: is 0, must not be 0"),
        ),
        (
            "",
            "fields: {container: securityContext.readOnlyRootFilesystem, equals: true}",
            *("warning", "11:7", "container"),
            "securityContext.readOnlyRootFilesystem: missing, which means false; it must be true",
        ),
    ],
)
def test_what_another_rule_finds_in_the_container_is_told(
    container: str, rule: str, level: str, place: str, under: str, says: str
) -> None:
    [found] = broken(rules(rule, first=sidecar(container)))
    assert found[:4] == (level, place, under, says)


FROM = "images: {from: [registry.corp.example]}"


@pytest.mark.parametrize(
    "others",
    [
        ["images: {from: [r.example]}"],
        [FROM, "images: {rewrite: [{from: r.example, to: registry.corp.example/mirror}]}"],
        ["resources: {cpu: {request: {required: true}}}", "resources: {cpu: {request: {default: 100m}}}"],
        ["images: {digest: required}", "images: {pin: digest}"],
        [f"containers: {{images: {{exclude: [r.example/mesh]}}}}\n  {FROM}"],
        [f"containers: {{of: [containers]}}\n  {FROM}"],
        [f'mode: "off"\n  {FROM}'],
        [f"match: {{kinds: [Deployment]}}\n  {FROM}"],
        [f"match: {{objectSelector: {{matchExpressions: [{{key: a, operator: Exists}}]}}}}\n  {FROM}"],
    ],
)
def test_what_goes_together_is_not_told(others: list[str]) -> None:
    skip = "when: {pod: metadata.labels.a, forbidden: true}"
    first = sidecar(when=skip.removeprefix("when: ")) if "Exists" in others[0] else sidecar()
    assert broken(rules(*others, first=first)) == []


def test_a_sidecar_that_is_not_put_in_breaks_nothing() -> None:
    assert broken(rules(FROM, first=sidecar(mode="warn"))) == []


@pytest.mark.parametrize(
    "change",
    [
        {"match": "{namespaces: {include: [shop]}}"},
        {"mode": "warn"},
        {"when": "{pod: spec.hostNetwork, notIn: [true]}"},
        {"match": "{users: {exclude: {groups: ['system:nodes']}}}"},
    ],
)
def test_what_is_not_always_so_is_a_warning(change: dict[str, str]) -> None:
    said = "".join(f"{key}: {value}\n  " for key, value in change.items())
    assert [(found[0], found[1]) for found in broken(rules(f"{said}{FROM}"))] == [("warning", "13:9")]


def test_where_both_are_about_the_same_namespaces_it_is_always_so() -> None:
    text = rules(FROM, match="{namespaces: {include: [shop]}}")
    assert [(found[0], found[1]) for found in broken(text)] == [("error", "14:9")]


def test_what_an_exception_may_excuse_is_a_warning() -> None:
    text = rules(FROM) + exception(rules="[p/r0]")
    assert [found[0] for found in broken(text)] == ["warning"]


def test_of_several_containers_the_one_at_fault_is_named() -> None:
    several = (
        f"- name: mesh\n  sidecar:\n    containers:\n    - {{name: setup, image: registry.corp.example/a:1}}\n"
        f"    - {{name: mesh, image: 'r.example/mesh:1', restartPolicy: Always, {PROBE}}}"
    )
    assert [found[1:3] for found in broken(rules(FROM, first=several))] == [("13:22", "image")]


def test_the_same_fault_under_many_rules_is_told_once() -> None:
    assert len(broken(rules(*[FROM] * 7))) == 1


def test_a_fault_is_told_by_rules_that_are_about_few_pods_too() -> None:
    text = rules(f"match: {{namespaceSelector: {{matchLabels: {{stage: prod}}}}}}\n  {FROM}")
    assert [(found[0], found[1]) for found in broken(text)] == [("warning", "13:9")]
