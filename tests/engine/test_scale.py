"""`kubectl scale` and autoscalers change replicas through a subresource: rules about replicas are judged there too."""

from typing import Any

import pytest

from tests.objects import decided, places, policy, request, ruleset, workload
from webhook.admission.decision import Verdict
from webhook.admission.finding import Standing
from webhook.admission.request import GroupKind, Request
from webhook.engine.decide import Stage
from webhook.engine.needs import needs
from webhook.engine.registration import Site, configurations

Json = dict[str, Any]
AT_LEAST_TWO = "fields: {object: spec.replicas, min: 2}"


def rule(text: str, kinds: str = "Deployment", **match: str) -> str:
    more = "".join(f", {key}: {value}" for key, value in match.items())
    return policy(f"- name: r\n  match: {{kinds: [{kinds}]{more}}}\n  {text}")


def scale(replicas: int | None, name: str = "web") -> Json:
    """A Scale as the API server sends it: no replicas are left out."""
    return {
        "apiVersion": "autoscaling/v1",
        "kind": "Scale",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"replicas": replicas} if replicas else {},
        "status": {"replicas": 3, "selector": "app=web"},
    }


def scaling(to: int | None, was: int | None = 3, kind: str = "apps/Deployment", **changes: Any) -> Request:
    group, _, name = kind.rpartition("/")
    asked = request(scale(to), scale(was), kind=GroupKind(group, name), subresource="scale")
    return asked._replace(**changes)


@pytest.mark.parametrize("kind", ["apps/Deployment", "apps/StatefulSet", "apps/ReplicaSet", "ReplicationController"])
def test_a_rule_about_replicas_judges_the_scale_of_its_kinds(kind: str) -> None:
    rules = rule(AT_LEAST_TWO, kind.rpartition("/")[2])
    assert decided(rules, scaling(2, kind=kind)).verdict is Verdict.ALLOWED
    denied = decided(rules, scaling(1, kind=kind))
    assert (denied.verdict, places(denied)) == (Verdict.DENIED, [("r", "spec.replicas")])
    assert (denied.findings[0].value, denied.findings[0].message) == (1, "is 1, must be at least 2")


def test_no_replicas_are_zero_although_a_scale_leaves_them_out() -> None:
    [finding] = decided(rule(AT_LEAST_TWO), scaling(None)).findings
    assert (finding.where, finding.value, finding.message) == ("spec.replicas", 0, "is 0, must be at least 2")


def test_only_what_is_said_of_replicas_is_judged_there() -> None:
    rules = rule(
        "fields:\n"
        "  - {object: spec.replicas, min: 2}\n"
        "  - {object: spec.strategy.type, equals: RollingUpdate, required: true}\n"
        "  - {container: livenessProbe, required: true}\n"
    )
    assert decided(rules, scaling(2)).verdict is Verdict.ALLOWED
    assert places(decided(rules, scaling(1))) == [("r", "spec.replicas")]


@pytest.mark.parametrize(
    "text",
    [
        "fields: {object: spec.replicas, in: [2, 3]}",
        "fields: {object: spec.replicas, unchanged: true}",
        "fields: {anyOf: [{object: spec.replicas, in: [0]}, {object: spec.replicas, min: 2}]}",
        "fields: {object: spec.replicas, min: 2, when: {pod: metadata.namespace, in: [shop]}}",
        "when: {object: metadata.name, equals: web}\n  " + AT_LEAST_TWO,
        "defaults: {enforce: {object: {spec: {replicas: 3, paused: false}}}}",
    ],
)
def test_every_way_to_say_something_of_replicas_holds_for_a_scale(text: str) -> None:
    assert decided(rule(text), scaling(3)).verdict is Verdict.ALLOWED
    denied = decided(rule(text), scaling(1))
    assert (denied.verdict, places(denied), denied.patch) == (Verdict.DENIED, [("r", "spec.replicas")], ())


@pytest.mark.parametrize(
    "text",
    [
        "fields: {object: spec.paused, equals: false}",
        "fields: {object: spec.replicas, min: 2, unless: {object: spec.paused, equals: false}}",
        "when: {object: spec.paused, notIn: [true]}\n  " + AT_LEAST_TWO,
        "fields: {container: image, required: true, when: {object: spec.replicas, min: 2}}",
        "metadata: {of: object, labels: {team: {required: true}}}",
    ],
)
def test_what_a_scale_leaves_open_is_not_judged_there(text: str) -> None:
    rules = rule(text)
    assert decided(rules, scaling(1)).findings == ()
    assert not any(need.target.subresource for need in needs(ruleset(rules).rules, Stage.VALIDATE, {}))


@pytest.mark.parametrize(
    ("match", "verdict"),
    [
        ({"namespaces": "{include: [shop]}"}, Verdict.DENIED),
        ({"namespaces": "{exclude: [shop]}"}, Verdict.ALLOWED),
        ({"namespaceSelector": "{matchLabels: {team: shop}}"}, Verdict.DENIED),
        ({"namespaceSelector": "{matchLabels: {team: pay}}"}, Verdict.ALLOWED),
        ({"names": "{include: [web]}"}, Verdict.DENIED),
        ({"names": "{exclude: [web]}"}, Verdict.ALLOWED),
        ({"users": "{include: {names: [alice]}}"}, Verdict.DENIED),
        ({"operations": "[UPDATE]"}, Verdict.DENIED),
        ({"operations": "[CREATE]"}, Verdict.ALLOWED),
        ({"objectSelector": "{matchLabels: {app: web}}"}, Verdict.ALLOWED),
    ],
)
def test_the_match_holds_for_a_scale_as_for_the_workload(match: dict[str, str], verdict: Verdict) -> None:
    assert decided(rule(AT_LEAST_TWO, **match), scaling(1)).verdict is verdict


def test_an_old_scale_ratchets() -> None:
    again = scaling(1, was=1)
    again = again._replace(object={**scale(1), "metadata": {"name": "web", "namespace": "shop", "labels": {"a": "b"}}})
    decision = decided(rule(AT_LEAST_TWO), again)
    assert (decision.verdict, [found.standing for found in decision.findings]) == (Verdict.ALLOWED, [Standing.OLD])


def test_a_rule_that_names_the_subresource_itself_judges_all_that_it_says() -> None:
    rules = rule(
        "fields: [{object: spec.replicas, max: 9}, {object: metadata.annotations.why, required: true}]",
        "Deployment/scale",
    )
    assert places(decided(rules, scaling(10))) == [("r", "spec.replicas"), ("r", "metadata.annotations.why")]


def test_the_workload_itself_is_judged_as_ever() -> None:
    rules = rule(AT_LEAST_TWO)
    assert decided(rules, workload("Deployment", None, {"spec": {"replicas": 2}})).verdict is Verdict.ALLOWED
    assert places(decided(rules, workload("Deployment", None, {"spec": {"replicas": 1}}))) == [("r", "spec.replicas")]


def test_the_webhook_asks_about_scales_where_a_rule_is_about_replicas_and_nowhere_else() -> None:
    mutating, validating = configurations(ruleset(rule(AT_LEAST_TWO, "Deployment, StatefulSet")), Site())
    asked = {name: one["operations"] for one in validating["webhooks"][0]["rules"] for name in one["resources"]}
    assert asked == {
        "deployments": ["CREATE", "UPDATE"],
        "deployments/scale": ["UPDATE"],
        "statefulsets": ["CREATE", "UPDATE"],
        "statefulsets/scale": ["UPDATE"],
    }
    assert "webhooks" not in mutating


@pytest.mark.parametrize("spec", [None, "x", [], {"replicas": None}, {"replicas": "two"}])
def test_a_scale_of_another_shape_breaks_nothing(spec: Any) -> None:
    odd = {**scale(1), "spec": spec}
    decision = decided(rule(AT_LEAST_TWO), scaling(1)._replace(object=odd))
    assert decision.faults == ()
