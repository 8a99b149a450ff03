"""What the API server must be asked about follows from the rules alone, and never includes what a cluster lives on."""

from typing import Any

import pytest

from tests.objects import policy, request, ruleset, workload
from webhook.admission.kinds import BUILT_IN, KEEPS_CLUSTER_ALIVE, KindPattern
from webhook.admission.request import GroupKind, Operation
from webhook.engine.decide import Stage
from webhook.engine.needs import _phases as phases_asked_about
from webhook.engine.needs import concerns_every_kind, guessed_kinds, needs, needs_by_rule, plural_of
from webhook.engine.permitted import phases_of
from webhook.pod.workloads import POD_AT
from webhook.policy.matching import Match
from webhook.policy.ruleset import Ruleset
from webhook.source.declare import changed, fields

FROM = "- name: from\n  images: {from: [registry.corp.example]}\n"
CARRIERS = {
    "pods",
    "podtemplates",
    "replicationcontrollers",
    "replicasets",
    "deployments",
    "statefulsets",
    "daemonsets",
    "jobs",
    "cronjobs",
}


def asked(rules: Ruleset | str, stage: Stage, plurals: dict[GroupKind, str] | None = None) -> dict[str, set[str]]:
    """Resource (with its group where there is one) to operations."""
    compiled = ruleset(rules) if isinstance(rules, str) else rules
    found: dict[str, set[str]] = {}
    for target, operation, _ in needs(compiled.rules, stage, plurals or {}):
        name = f"{target.group}/{target.resource}" if target.group else target.resource
        found.setdefault(name, set()).add(operation.value)
    return found


def plain(resources: dict[str, set[str]]) -> set[str]:
    return {name.rpartition("/")[2] if name.partition("/")[0] != "pods" else name for name in resources}


def about(kinds: str, operations: str = "", **spec: str) -> str:
    match = f"{{kinds: {kinds}{f', operations: {operations}' if operations else ''}}}"
    return policy("- name: r\n  fields: [{object: metadata.labels.x, required: true}]\n", match=match, **spec)


def with_match(rules: Ruleset, **match: Any) -> Ruleset:
    """The rules with another match, for what the loader would refuse."""
    [rule] = rules.rules
    empty = dict.fromkeys((part.name for part in fields(Match)), None) | {"kinds": (), "operations": ()}
    return rules.changed(rules=(rule._replace(matches=(Match(**{**empty, **match}),)),))


def test_a_rule_without_kinds_is_validated_on_all_nine_pod_carriers_and_the_pods_own_subresources() -> None:
    found = asked(policy(FROM), Stage.VALIDATE)
    assert plain(found) == CARRIERS | {"pods/ephemeralcontainers", "pods/resize"}
    assert found["pods/ephemeralcontainers"] == found["pods/resize"] == {"UPDATE"}
    assert found["pods"] == found["apps/deployments"] == found["batch/cronjobs"] == {"CREATE", "UPDATE"}


def test_a_rule_that_only_checks_is_never_asked_to_mutate() -> None:
    assert asked(policy(FROM), Stage.MUTATE) == {}


def test_a_rewrite_mutates_new_pods_and_new_ephemeral_containers_and_no_workload() -> None:
    rules = policy("- name: r\n  images: {rewrite: [{from: docker.io, to: registry.corp.example/hub}]}\n")
    assert asked(rules, Stage.MUTATE) == {"pods": {"CREATE"}, "pods/ephemeralcontainers": {"UPDATE"}}


def test_a_default_mutates_new_pods_alone() -> None:
    rules = policy("- name: r\n  defaults: {default: {pod: {hostname: x}}}\n")
    assert asked(rules, Stage.MUTATE) == {"pods": {"CREATE"}}


def test_an_objects_own_fields_are_filled_on_create_and_update_of_the_named_kind() -> None:
    rule = "- name: r\n  defaults: {default: {object: {spec: {ttlSecondsAfterFinished: 60}}}}\n"
    rules = policy(rule, match="{kinds: [Job]}")
    assert asked(rules, Stage.MUTATE) == {"batch/jobs": {"CREATE", "UPDATE"}}


def test_a_rule_that_does_not_enforce_mutates_nothing_and_is_still_validated() -> None:
    rules = policy("- name: r\n  images: {rewrite: [{from: docker.io, to: registry.corp.example/hub}]}\n", mode="warn")
    assert asked(rules, Stage.MUTATE) == {}
    assert "pods" in asked(rules, Stage.VALIDATE)


def test_a_rule_that_will_enforce_one_day_is_asked_about_today() -> None:
    rule = "- name: r\n  images: {rewrite: [{from: docker.io, to: registry.corp.example/hub}]}\n"
    rules = policy(rule, rollout="[{mode: warn}, {mode: enforce, from: 2099-01-01}]")
    assert asked(rules, Stage.MUTATE) == {"pods": {"CREATE"}, "pods/ephemeralcontainers": {"UPDATE"}}


def test_a_rule_that_is_off_needs_nothing() -> None:
    rules = policy(FROM, mode='"off"')
    assert asked(rules, Stage.VALIDATE) == asked(rules, Stage.MUTATE) == {}


@pytest.mark.parametrize(
    ("kinds", "operations", "expected"),
    [
        ("[Pod]", "[CREATE]", {"pods": {"CREATE"}}),
        ("[Pod]", "[DELETE]", {"pods": {"DELETE"}}),
        ("[Deployment]", "", {"apps/deployments": {"CREATE", "UPDATE"}}),
        ("[Deployment/scale]", "", {"apps/deployments/scale": {"UPDATE"}}),
        ("[Namespace]", "[DELETE]", {"namespaces": {"DELETE"}}),
        ("[networking.k8s.io/Ingress]", "", {"networking.k8s.io/ingresses": {"CREATE", "UPDATE"}}),
        ("[Pod/exec, Pod/attach]", "[CONNECT]", {"pods/exec": {"CONNECT"}, "pods/attach": {"CONNECT"}}),
        ("[Pod/eviction]", "[CREATE]", {"pods/eviction": {"CREATE"}}),
        ("[Pod/resize]", "", {"pods/resize": {"UPDATE"}}),
        ("[Pod/exec]", "[CREATE]", {}),
        ("[Pod/status]", "[UPDATE]", {}),
        ("[Pod/binding]", "[CREATE]", {}),
        ("[ServiceAccount/token]", "[CREATE]", {}),
        ("[Pod]", "[CONNECT]", {}),
    ],
)
def test_kinds_and_operations_of_a_match_become_resources(
    kinds: str, operations: str, expected: dict[str, set[str]]
) -> None:
    rules = policy("- name: r\n  images: {from: [registry.corp.example]}\n")
    named = tuple(KindPattern.parse(text.strip()) for text in kinds.strip("[]").split(","))
    done = tuple(Operation(text.strip()) for text in operations.strip("[]").split(",") if text)
    assert asked(with_match(ruleset(rules), kinds=named, operations=done), Stage.VALIDATE) == expected


def test_the_rules_own_match_narrows_the_policys() -> None:
    rules = policy(
        "- name: r\n  match: {kinds: [Pod], operations: [CREATE]}\n  images: {from: [registry.corp.example]}\n",
        match="{kinds: [Pod, Deployment]}",
    )
    assert asked(rules, Stage.VALIDATE) == {"pods": {"CREATE"}}


def test_every_kind_means_the_built_in_kinds_and_never_what_keeps_a_cluster_alive() -> None:
    rules = ruleset(about('["*"]', "[CREATE, UPDATE, DELETE, CONNECT]"))
    found = needs(rules.rules, Stage.VALIDATE, {})
    resources = {(need.target.group, need.target.plural) for need in found}
    kept = {kind: resource for kind, resource in BUILT_IN.items() if kind not in KEEPS_CLUSTER_ALIVE}
    assert resources == {(kind.group, resource.plural) for kind, resource in kept.items()}
    assert ("", "endpoints") not in resources
    assert {need.target.subresource for need in found} == {"", "ephemeralcontainers", "resize"}
    assert not [need for need in found if "*" in need.target.resource or need.operation is Operation.CONNECT]
    assert concerns_every_kind(rules.rules[0])


def test_every_kind_of_a_narrower_policy_is_only_the_policys_kinds() -> None:
    [rule] = ruleset(policy(FROM, match="{kinds: [Pod]}")).rules
    narrowed = rule._replace(matches=(*rule.matches, changed(rule.matches[0], kinds=(KindPattern("*", "*"),))))
    assert {need.target.resource for need in needs([narrowed], Stage.VALIDATE, {})} == {
        "pods",
        "pods/ephemeralcontainers",
        "pods/resize",
    }
    assert not concerns_every_kind(narrowed)


def test_targets_say_version_and_scope_as_the_api_server_serves_them() -> None:
    rules = ruleset(
        about(
            "[Namespace, ConfigMap, autoscaling/HorizontalPodAutoscaler, example.com/Gadget, node.k8s.io/RuntimeClass]"
        )
    )
    targets = {need.target.plural: need.target for need in needs(rules.rules, Stage.VALIDATE, {})}
    assert {name: (target.version, target.scope) for name, target in targets.items()} == {
        "namespaces": ("v1", "Cluster"),
        "configmaps": ("v1", "Namespaced"),
        "horizontalpodautoscalers": ("v2", "Namespaced"),
        "gadgets": ("*", "*"),
        "runtimeclasses": ("*", "Cluster"),
    }


def test_a_custom_kinds_plural_is_guessed_until_somebody_tells_it() -> None:
    rules, kind = ruleset(about("[example.com/Gadgetry]")), GroupKind("example.com", "Gadgetry")
    assert guessed_kinds(rules.rules, {}) == (kind,)
    assert asked(rules, Stage.VALIDATE) == {"example.com/gadgetries": {"CREATE", "UPDATE"}}
    assert guessed_kinds(rules.rules, {kind: "gadgetry"}) == ()
    assert asked(rules, Stage.VALIDATE, {kind: "gadgetry"}) == {"example.com/gadgetry": {"CREATE", "UPDATE"}}


@pytest.mark.parametrize(
    ("kind", "plural"),
    [
        ("Policy", "policies"),
        ("Gateway", "gateways"),
        ("Ingress", "ingresses"),
        ("Mesh", "meshes"),
        ("Index", "indexes"),
        ("Certificate", "certificates"),
    ],
)
def test_plurals_are_english(kind: str, plural: str) -> None:
    assert plural_of(kind) == plural


@pytest.mark.parametrize("kind", [kind for kind in BUILT_IN if kind.kind not in ("PodDisruptionBudget", "Endpoints")])
def test_the_guess_is_right_for_the_built_in_kinds(kind: GroupKind) -> None:
    assert plural_of(kind.kind) == BUILT_IN[kind].plural


@pytest.mark.parametrize("kind", [GroupKind(*kind) for kind in POD_AT])
@pytest.mark.parametrize("operation", [Operation.CREATE, Operation.UPDATE, Operation.DELETE])
@pytest.mark.parametrize("subresource", ["", "ephemeralcontainers", "resize"])
def test_the_phases_that_are_asked_about_are_those_that_the_engine_runs(
    kind: GroupKind, operation: Operation, subresource: str
) -> None:
    if subresource and (kind.kind != "Pod" or operation is not Operation.UPDATE):
        return
    obj = workload(kind.kind)
    gone = operation is Operation.DELETE
    asks = request(
        None if gone else obj, old=obj if gone else None, operation=operation, subresource=subresource, kind=kind
    )
    assert phases_asked_about(kind, subresource, operation) == phases_of(asks, POD_AT[kind])


def test_rules_about_the_same_kinds_share_what_was_found_for_the_first() -> None:
    rules = ruleset(policy("".join(FROM.replace("from\n", f"r{number}\n", 1) for number in range(3))))
    found = [need for _, need in needs_by_rule(rules.rules, Stage.VALIDATE, {})]
    assert len(found) == 3
    assert found[0] is found[1] is found[2]
