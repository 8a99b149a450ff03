"""explain: what the engine recorded of one request, rule by rule; it never says anything else than the decision."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.objects import NOW, SHOP, facts, pod, policy, request, ruleset, workload
from webhook.admission.decision import Verdict
from webhook.admission.facts import Facts
from webhook.admission.request import Operation, Request
from webhook.engine.decide import decide
from webhook.engine.explain import Explanation, Fit, Use, explain
from webhook.policy.ruleset import Ruleset
from webhook.source.path import render

NO_LATEST = "- {name: r, images: {tag: {forbid: [latest]}}}"
NOBODY = Facts(askable=False)


def explained(
    rules: str | Ruleset, req: Request | dict[str, Any], known: Facts | None = None, now: datetime = NOW
) -> Explanation:
    compiled = ruleset(rules) if isinstance(rules, str) else rules
    return explain(req if isinstance(req, Request) else request(req), compiled, known or facts(), now)


def the(explanation: Explanation, name: str = "p/r") -> tuple[Fit, tuple[str, str, str] | None]:
    """Whether a rule applies, and the reason."""
    [one] = [one for one in explanation.rules if one.rule.info.id == name]
    return one.fit, tuple(one.reason) if one.reason else None  # type: ignore[return-value]


def filled(chains: Any) -> dict[str, tuple[Any, list[tuple[str, Any]]]]:
    return {render(one.path): (one.value, [link[:2] for link in one.links]) for one in chains}


def when(condition: str) -> str:
    return policy(f"- name: r\n  when: {condition}\n  images: {{tag: {{forbid: [latest]}}}}")


def test_a_rule_that_applies_has_no_reason() -> None:
    assert the(explained(policy(NO_LATEST), pod())) == (Fit.APPLIES, None)


def test_a_rule_that_does_not_match_says_the_first_criterion() -> None:
    rules = policy(NO_LATEST, match="{kinds: [Pod], namespaces: {include: [pay]}, names: {include: [api]}}")
    assert the(explained(rules, pod())) == (Fit.NOT, ("namespaces", "only pay", ""))


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        (
            '{pod: metadata.labels.scan, equals: "on"}',
            ("when", 'pod metadata.labels.scan is "on"', "it is absent"),
        ),
        ("{pod: spec.dnsPolicy, equals: Default}", ("when", 'pod spec.dnsPolicy is "Default"', 'it is "None"')),
        ("{container: image, like: b*}", ("when", 'container image is like "b*"', 'it is "a:1"; it is "c:1"')),
        (
            "[{container: image, like: a*}, {container: name, like: z}]",
            ("when", 'container image is like "a*" and container name is like "z", all in one container', ""),
        ),
        (
            '{container: "env[*].value", where: {name: A}, required: true}',
            ("when", 'container env[*].value where name is "A" is set', ""),
        ),
    ],
)
def test_a_condition_that_does_not_hold_says_what_it_asks_and_what_is_there(
    condition: str, reason: tuple[str, str, str]
) -> None:
    containers = [{"name": "x", "image": "a:1"}, {"name": "z", "image": "c:1"}]
    obj = pod({"spec": {"dnsPolicy": "None", "containers": containers}})
    assert the(explained(when(condition), obj)) == (Fit.NOT, reason)


def test_a_condition_that_breaks_is_undecided_and_says_how() -> None:
    made = ruleset(when("{pod: spec.hostPID, equals: true}"))

    def breaks(_: object) -> bool:
        raise RuntimeError("oops")

    broken = Ruleset((made.rules[0]._replace(when=(breaks,)),), "")
    fit, reason = the(explained(broken, pod()))
    assert fit is Fit.UNDECIDED
    assert reason is not None
    assert reason[0] == "when"
    assert reason[2] == "could not be checked: the rule broke on this object, which is our fault"


def test_a_rule_that_is_undecided_says_what_is_not_known() -> None:
    rules = policy(NO_LATEST, match="{namespaceSelector: {matchLabels: {team: shop}}}")
    reason = ("namespaceSelector", "labels team=shop", "the labels of namespace shop are not known here")
    assert the(explained(rules, pod(), NOBODY)) == (Fit.UNDECIDED, reason)


def test_a_rule_about_pods_alone_is_said_to_be_about_the_pods_of_a_workload() -> None:
    rules = policy(NO_LATEST, match="{kinds: [Pod]}")
    assert the(explained(rules, workload("Deployment"))) == (Fit.PODS, ("kinds", "only Pod", ""))
    other = policy(NO_LATEST, match='{kinds: [Pod], objectSelector: {matchLabels: {mesh: "on"}}}')
    assert the(explained(other, workload("Deployment"))) == (Fit.NOT, ("kinds", "only Pod", ""))


def test_a_rule_with_a_condition_that_its_pods_do_not_meet_is_not_about_them() -> None:
    rules = policy(
        "- name: r\n  match: {kinds: [Pod]}\n  when: {pod: spec.hostPID, equals: true}\n  images: {digest: required}"
    )
    assert the(explained(rules, workload("Deployment")))[0] is Fit.NOT


def test_containers_are_named_where_a_rule_is_not_about_all() -> None:
    rules = policy(
        "- {name: all, images: {digest: required}}\n"
        "- {name: r, containers: {names: {exclude: [b]}}, images: {digest: required}}\n"
        "- {name: chosen, when: {container: name, equals: b}, images: {digest: required}}"
    )
    obj = pod({"spec": {"containers": [{"name": "a", "image": "a:1"}, {"name": "b", "image": "a:1"}]}})
    chosen = {one.rule.info.name: one.containers for one in explained(rules, obj).rules}
    assert chosen == {"all": None, "r": ("a",), "chosen": ("b",)}


EXCEPTION = """---
apiVersion: doorward.dev/v1
kind: Exception
metadata: {name: %s}
spec:
  rules: [p]
  match: {namespaces: {include: [%s]}}
  reason: It is old.
  owner: team-x
  granted: 2026-10-01
  expires: %s
"""


@pytest.mark.parametrize(
    ("image", "namespace", "expires", "uses"),
    [
        ("a:latest", "shop", "2026-12-01", [("e", Use.USED)]),
        ("a:1", "shop", "2026-12-01", [("e", Use.READY)]),
        ("a:latest", "shop", "2026-11-20", [("e", Use.EXPIRED)]),
        ("a:latest", "pay", "2026-12-01", []),
    ],
)
def test_exceptions_are_used_or_ready_or_expired(image: str, namespace: str, expires: str, uses: Any) -> None:
    rules = policy(NO_LATEST) + EXCEPTION % ("e", namespace, expires)
    [rule] = explained(rules, pod(image=image)).rules
    assert [(exemption.name, use) for exemption, use in rule.exemptions] == uses


def test_metadata_from_the_namespace_tells_its_source() -> None:
    rules = policy("- {name: r, metadata: {labels: {team: {from: namespace, default: nobody}}}}")
    assert filled(explained(rules, pod()).filled) == {
        "metadata.labels.team": ("shop", [("rule default", "nobody"), ("namespace label team", "shop")]),
    }


@pytest.mark.parametrize(
    ("source", "words", "value"),
    [
        ("user", "who asks", "alice"),
        ("image", "tag of the first container's image", "1.4.2"),
        ("{pod: metadata.name}", "pod metadata.name", "web"),
    ],
)
def test_metadata_from_elsewhere_tells_its_source(source: str, words: str, value: str) -> None:
    rules = policy(f"- {{name: r, metadata: {{annotations: {{x: {{from: {source}}}}}}}}}")
    assert filled(explained(rules, pod()).filled) == {"metadata.annotations.x": (value, [(words, value)])}


def test_defaults_from_the_namespace_tell_their_source_also_in_lists() -> None:
    rules = policy(
        "- name: r\n  defaults:\n"
        "    default: {pod: {nodeSelector: {team: {from: namespace.labels.team}}}}\n"
        "    append: {containers: {env: [{name: A, value: x}, {name: B, value: {from: namespace.labels.team}}]}}"
    )
    made = filled(explained(rules, pod()).filled)
    assert made["spec.nodeSelector.team"] == ("shop", [("namespace label team", "shop")])
    assert made["spec.containers[0].env"[:-4] + ".env[1].value"] == ("shop", [("namespace label team", "shop")])
    assert made["spec.containers[0].env[0].value"] == ("x", [("rule p/r", "x")])


def test_a_class_of_resources_tells_what_chose_it() -> None:
    rules = policy(
        "- name: r\n  resources:\n    cpu: {request: {default: 100m}}\n"
        "    classes: {by: {annotation: size}, small: {cpu: {request: {default: 10m}}}}"
    )
    path = "spec.containers[0].resources.requests.cpu"
    small = explained(rules, pod({"metadata": {"annotations": {"size": "small"}}}))
    assert filled(small.filled) == {path: ("10m", [("class small (annotation size)", "10m")])}
    assert filled(explained(rules, pod()).filled) == {path: ("100m", [("no class (annotation size)", "100m")])}


SIDECAR = policy(
    "- name: r\n  sidecar:\n    container: {name: proxy, image: 'a.example/proxy:1'}\n    tune:\n"
    "      cpu.request: {default: 50m, annotation: x/cpu, max: '1'}\n"
    "      cpu.limit: {annotation: x/limit, max: '2'}\n"
    "      memory.request: {default: 64Mi}"
)
CPU = "spec.initContainers[0].resources.requests.cpu"


@pytest.mark.parametrize(
    ("namespace", "own", "value", "words"),
    [
        ({}, {}, "50m", ["rule default"]),
        ({"x/cpu": "60m"}, {}, "60m", ["rule default", "namespace annotation x/cpu"]),
        ({}, {"x/cpu": "70m"}, "70m", ["rule default", "pod annotation x/cpu"]),
        (
            {"x/cpu": "60m"},
            {"x/cpu": "70m"},
            "70m",
            ["rule default", "namespace annotation x/cpu", "pod annotation x/cpu"],
        ),
        ({}, {"x/limit": "20m"}, "20m", ["rule default", "to go with its request and limit"]),
    ],
)
def test_a_tuned_value_tells_the_rule_then_the_namespace_then_the_pod(
    namespace: dict[str, str], own: dict[str, str], value: str, words: list[str]
) -> None:
    known = facts(SHOP._replace(annotations=namespace))
    made = filled(explained(SIDECAR, pod({"metadata": {"annotations": own}}), known).filled)
    assert (made[CPU][0], [whose for whose, _ in made[CPU][1]]) == (value, words)
    assert made[CPU][1][-1][1] == value
    assert made[CPU.replace("cpu", "memory")] == ("64Mi", [("rule default", "64Mi")])


def test_a_word_that_does_not_count_says_why() -> None:
    made = explained(SIDECAR, pod({"metadata": {"annotations": {"x/cpu": "9"}}}))
    [chain] = [one for one in made.filled if render(one.path) == CPU]
    assert [(link.value, link.refused) for link in chain.links] == [
        ("50m", ""),
        ("9", '"9" is above the maximum of cpu.request, which is at most 1'),
    ]


def test_a_workload_is_told_what_its_pods_will_get_though_no_rule_is_about_itself() -> None:
    rules = policy("- {name: r, metadata: {labels: {team: {default: shop}}}}", match="{kinds: [Pod]}")
    made = explained(rules, workload("Deployment"))
    assert (made.filled, made.decision.verdict) == ((), Verdict.ALLOWED)
    assert list(filled(made.filled_in_pods)) == ["spec.template.metadata.labels.team"]


def test_a_rewritten_image_tells_what_the_author_wrote() -> None:
    rules = policy("- {name: r, images: {rewrite: [{from: docker.io, to: a.example/hub}]}}")
    words = [("author", "nginx:1"), ("rule p/r", "a.example/hub/library/nginx:1")]
    made = filled(explained(rules, pod(image="nginx:1")).filled)
    assert made == {"spec.containers[0].image": ("a.example/hub/library/nginx:1", words)}


OBJECTS: tuple[dict[str, Any], ...] = (
    pod(),
    pod(image="nginx:latest"),
    pod({"spec": {"containers": "nothing"}}),
    pod({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}),
    workload("Deployment"),
    workload("CronJob", {"spec": {"containers": [{"name": "a", "image": "b:latest"}]}}),
    workload("Deployment", {"spec": {"containers": 3}}),
    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "shop"}},
)


@pytest.mark.parametrize("index", range(len(OBJECTS)))
@pytest.mark.parametrize("operation", [Operation.CREATE, Operation.UPDATE, Operation.DELETE])
@pytest.mark.parametrize("known", [facts(), NOBODY], ids=["known", "unknown"])
def test_the_explanation_has_the_very_decision_and_names_every_rule(
    index: int, operation: Operation, known: Facts
) -> None:
    obj = OBJECTS[index]
    rules = ruleset(
        policy(
            "- {name: a, images: {tag: {forbid: [latest]}}}\n"
            "- name: b\n  match: {namespaceSelector: {matchLabels: {team: shop}}}\n"
            "  metadata: {labels: {team: {default: shop}}}\n"
            "- {name: c, match: {kinds: [Pod]}, when: {pod: spec.hostPID, notIn: [true]}, images: {digest: required}}"
        )
    )
    deleted = operation is Operation.DELETE
    asks = request(None if deleted else obj, old=obj if deleted else None, operation=operation)
    known = known if known.askable is False else Facts(known.namespaces, askable=False)
    made = explained(rules, asks, known, datetime(2026, 11, 21, tzinfo=UTC))
    assert made.decision == decide(asks, rules, known, datetime(2026, 11, 21, tzinfo=UTC))
    assert [one.rule for one in made.rules] == list(rules.rules)
    assert all((one.reason is None) is (one.fit is Fit.APPLIES) or one.fit is Fit.APPLIES for one in made.rules)
