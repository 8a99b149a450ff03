"""What two webhook configurations leave out of what the rules are about is told, policy by policy, with its cure."""

import copy
from typing import Any

import pytest

from tests.objects import policy, ruleset
from webhook.admission.request import GroupKind
from webhook.engine.coverage import uncovered
from webhook.engine.registration import Site, configurations
from webhook.policy.ruleset import Ruleset

NETWORKING = "networking.k8s.io"
AGAIN = "apply `doorward manifests` again"
RULES = policy(
    "- name: sources\n"
    "  images: {from: [registry.corp.example], rewrite: [{from: docker.io, to: registry.corp.example/hub}]}\n"
)
INGRESS = policy(
    "- name: tls\n  fields: [{object: spec.tls, minItems: 1}]\n", match="{kinds: [networking.k8s.io/Ingress]}"
)
PROFILE = (
    "\n---\napiVersion: doorward.dev/v1\nkind: Profile\nmetadata: {name: prod}\n"
    "spec: {excludeNamespaces: [kube-system, doorward, monitoring, 'sandbox-*']}\n"
)


def registered(rules: str | Ruleset, site: Site | None = None) -> list[Any]:
    """The two configurations of some rules, free to be changed."""
    compiled = ruleset(rules) if isinstance(rules, str) else rules
    return [copy.deepcopy(one) for one in configurations(compiled, site or Site())]


def changed(text: str, which: int, /, **fields: Any) -> tuple[str, ...]:
    """What is told when fields of one configuration's webhook (0: mutating, 1: validating) are other ones."""
    given = registered(text)
    webhook = given[which]["webhooks"][0]
    for name, value in fields.items():
        if value is None:
            webhook.pop(name)
        else:
            webhook[name] = value
    return uncovered(ruleset(text), given)


def asks(group: str, resource: str, version: str = "v1", **more: Any) -> dict[str, Any]:
    """One entry of a webhook's rules, for all operations."""
    return {"apiGroups": [group], "apiVersions": [version], "operations": ["*"], "resources": [resource], **more}


@pytest.mark.parametrize(
    "rules", [RULES, INGRESS, RULES + PROFILE, policy("- name: r\n  images: {notFrom: ['**/x']}\n", mode="warn")]
)
def test_what_is_rendered_for_the_rules_covers_them(rules: str) -> None:
    assert uncovered(ruleset(rules), registered(rules)) == ()


def test_rules_that_came_later_are_told_by_policy_kind_and_operation() -> None:
    given = registered(RULES)
    assert uncovered(ruleset(INGRESS), given) == (
        "the policy p is about networking.k8s.io/Ingress CREATE and UPDATE, which the webhook doorward-validate is not "
        f"registered for: {AGAIN}",
    )


def test_a_missing_operation_is_told_alone() -> None:
    given = registered(RULES)
    for rule in given[1]["webhooks"][0]["rules"]:
        rule["operations"] = [operation for operation in rule["operations"] if operation != "UPDATE"]
    [told] = uncovered(ruleset(RULES), given)
    assert told.startswith("the policy p is about CronJob UPDATE, DaemonSet UPDATE, Deployment UPDATE, Job UPDATE, ")
    assert told.endswith(f", 6 more kinds, which the webhook doorward-validate is not registered for: {AGAIN}")


def test_a_mutation_that_nobody_asks_for_is_told() -> None:
    checks = policy("- name: sources\n  images: {from: [registry.corp.example]}\n")
    mutating, validating = registered(checks)
    assert "webhooks" not in mutating
    assert uncovered(ruleset(RULES), [mutating, validating]) == (
        "the policy p is about Pod CREATE, Pod/ephemeralcontainers UPDATE, which the webhook doorward-mutate is not "
        f"registered for: {AGAIN}",
    )


def test_a_missing_configuration_is_told_where_the_rules_need_it() -> None:
    mutating, validating = registered(RULES)
    assert uncovered(ruleset(RULES), [mutating]) == (
        f"there is no ValidatingWebhookConfiguration, so nothing is refused or warned about: {AGAIN}",
    )
    assert uncovered(ruleset(RULES), [validating]) == (
        f"there is no MutatingWebhookConfiguration, so nothing is filled in or rewritten: {AGAIN}",
    )
    assert len(uncovered(ruleset(RULES), [])) == 2


def test_a_missing_mutating_configuration_is_no_gap_where_no_rule_changes_anything() -> None:
    _, validating = registered(INGRESS)
    assert uncovered(ruleset(INGRESS), [validating]) == ()


@pytest.mark.parametrize(
    "rule",
    [
        asks("*", "*/*", "*"),
        asks(NETWORKING, "ingresses", "v1beta1", operations=["CREATE", "UPDATE"]),
        asks(NETWORKING, "*", scope="*"),
        asks(NETWORKING, "ingresses/*", scope="Namespaced"),
    ],
)
def test_wider_rules_and_other_versions_cover_too(rule: dict[str, Any]) -> None:
    assert changed(INGRESS, 1, rules=[rule]) == ()


@pytest.mark.parametrize(
    "rule",
    [
        asks("extensions", "ingresses"),
        asks(NETWORKING, "ingresses/status"),
        asks(NETWORKING, "*/status"),
        asks(NETWORKING, "ingresses", scope="Cluster"),
    ],
)
def test_rules_about_something_else_do_not_cover(rule: dict[str, Any]) -> None:
    [told] = changed(INGRESS, 1, rules=[rule])
    assert "networking.k8s.io/Ingress CREATE and UPDATE" in told


def test_with_match_policy_exact_another_version_does_not_cover() -> None:
    rule = asks(NETWORKING, "ingresses", "v1beta1")
    told = changed(INGRESS, 1, rules=[rule], matchPolicy="Exact")
    assert told[0].startswith("the policy p is about networking.k8s.io/Ingress CREATE and UPDATE, ")
    assert told[1] == (
        "the webhook doorward-validate has matchPolicy Exact, so other versions of an API are a way around the rules: "
        f"{AGAIN}"
    )


def test_all_subresources_of_pods_cover_pods_and_those_we_need() -> None:
    given = registered(RULES)
    rule = {"apiGroups": ["*"], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["pods/*", "*"]}
    given[1]["webhooks"][0]["rules"] = [rule]
    assert uncovered(ruleset(RULES), given) == ()


def test_what_two_webhooks_cover_together_is_covered() -> None:
    given = registered(RULES)
    [webhook] = given[1]["webhooks"]
    first, second = webhook["rules"][:2], webhook["rules"][2:]
    given[1]["webhooks"] = [{**webhook, "rules": first}, {**webhook, "name": "more.doorward.dev", "rules": second}]
    assert uncovered(ruleset(RULES), given) == ()


NEVER_DENIES = "has failurePolicy Fail, so nothing can be changed while Doorward is away, although it never denies"
ALL_PASSES = "has failurePolicy Ignore, so everything passes while Doorward is away, although rules deny"
SELECTOR = {"matchLabels": {"a": "b"}}
CONDITION = {"name": "mine", "expression": "true"}


@pytest.mark.parametrize(
    ("which", "name", "value", "told"),
    [
        (1, "failurePolicy", "Ignore", ALL_PASSES),
        (0, "failurePolicy", "Fail", NEVER_DENIES),
        (0, "failurePolicy", None, NEVER_DENIES),
        (1, "timeoutSeconds", 30, "waits 30 s for an answer, 5 s are right"),
        (1, "timeoutSeconds", 1, "waits 1 s for an answer, 5 s are right"),
        (0, "reinvocationPolicy", "Never", "has reinvocationPolicy Never, so what later webhooks add is not completed"),
        (0, "reinvocationPolicy", None, "has reinvocationPolicy Never, so what later webhooks add is not completed"),
        (1, "matchPolicy", "Exact", "has matchPolicy Exact, so other versions of an API are a way around the rules"),
        (1, "objectSelector", SELECTOR, "has an objectSelector, so a label of one's own is a way around the rules"),
        (1, "matchConditions", [CONDITION], "has matchConditions that no rule speaks of (mine)"),
    ],
)
def test_a_setting_that_contradicts_the_rules_is_told(which: int, name: str, value: object, told: str) -> None:
    configuration = ("doorward-mutate", "doorward-validate")[which]
    assert changed(RULES, which, **{name: value}) == (f"the webhook {configuration} {told}: {AGAIN}",)


@pytest.mark.parametrize(
    "fields",
    [
        {"timeoutSeconds": None},
        {"timeoutSeconds": 3},
        {"objectSelector": {}},
        {"matchPolicy": None},
        {"matchConditions": None},
        {"matchConditions": []},
    ],
)
def test_a_setting_that_does_no_harm_is_not_told(fields: dict[str, Any]) -> None:
    assert changed(RULES, 1, **fields) == ()


def test_failing_closed_is_told_while_no_rule_denies() -> None:
    warns = policy("- name: r\n  images: {from: [registry.corp.example]}\n", mode="warn")
    assert registered(warns)[1]["webhooks"][0]["failurePolicy"] == "Ignore"
    assert changed(warns, 1, failurePolicy="Fail") == (
        "the webhook doorward-validate has failurePolicy Fail, so nothing can be changed while Doorward is away, "
        f"although no rule denies: {AGAIN}",
    )


def by_name(*names: str) -> dict[str, Any]:
    expression = {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": list(names)}
    return {"matchExpressions": [expression]}


LEFT_OUT = "is never asked about the namespace shop, which the Profile does not leave alone"
ONE_MORE = "is asked about the namespace monitoring, which must not depend on Doorward"
THREE_MORE = "is asked about the namespaces doorward, kube-system and monitoring, which must not depend on Doorward"
SOME_ONLY = "is asked about some namespaces only, by doorward, which no rule speaks of"


@pytest.mark.parametrize(
    ("selector", "told"),
    [
        (by_name("doorward", "kube-system", "monitoring", "shop"), LEFT_OUT),
        (by_name("doorward", "kube-system"), ONE_MORE),
        ({}, THREE_MORE),
        ({"matchLabels": {"doorward": "on"}}, SOME_ONLY),
    ],
)
def test_a_namespace_selector_that_contradicts_the_profile_is_told(selector: dict[str, Any], told: str) -> None:
    expected = (f"the webhook doorward-validate {told}: {AGAIN}",)
    assert changed(RULES + PROFILE, 1, namespaceSelector=selector) == expected


def test_a_namespace_that_a_glob_of_the_profile_covers_may_be_left_out_by_name() -> None:
    selector = by_name("doorward", "kube-system", "monitoring", "sandbox-7")
    assert changed(RULES + PROFILE, 1, namespaceSelector=selector) == ()


def test_the_own_namespace_is_the_services() -> None:
    assert uncovered(ruleset(RULES), registered(RULES, Site(namespace="security"))) == ()
    given = registered(RULES, Site(namespace="security"))
    given[1]["webhooks"][0]["namespaceSelector"] = by_name("kube-system")
    assert uncovered(ruleset(RULES), given) == (
        "the webhook doorward-validate is asked about the namespace security, which must not depend on Doorward: "
        f"{AGAIN}",
    )


def test_behind_a_url_nobody_knows_our_namespace_so_it_may_be_left_out_or_not() -> None:
    given = registered(RULES, Site(url="https://127.0.0.1:8443"))
    assert uncovered(ruleset(RULES), given) == ()
    for one in given:
        one["webhooks"][0]["namespaceSelector"] = by_name("kube-system")
    assert uncovered(ruleset(RULES), given) == ()


def test_a_plural_that_was_told_when_the_configurations_were_made_is_remembered_in_them() -> None:
    rules = policy("- name: r\n  fields: [{object: spec.x, required: true}]\n", match="{kinds: [example.com/Gadgetry]}")
    told = Site(plurals={GroupKind("example.com", "Gadgetry"): "gadgetry"})
    assert uncovered(ruleset(rules), registered(rules, told)) == ()
    [gap] = uncovered(
        ruleset(rules), [{**one, "metadata": {"name": one["metadata"]["name"]}} for one in registered(rules, told)]
    )
    assert gap.startswith("the policy p is about example.com/Gadgetry CREATE and UPDATE, which ")


def test_a_rule_that_no_webhook_can_be_asked_about_is_told() -> None:
    rules = policy(
        "- name: r\n  fields: {object: metadata.name, required: true}\n",
        match="{kinds: [Pod/eviction], operations: [UPDATE]}",
    )
    assert uncovered(ruleset(rules), registered(rules)) == (
        "the rule p/r is about UPDATE of Pod/eviction, which no webhook is ever asked about: "
        "name other operations or kinds",
    )


def test_each_policy_is_told_once_however_many_rules_it_has() -> None:
    many = policy("".join(f"- name: r{number}\n  images: {{notFrom: ['**/x{number}']}}\n" for number in range(20)))
    compiled = ruleset(many)
    other = [rule._replace(info=rule.info._replace(policy="q")) for rule in compiled.rules]
    both = compiled.changed(rules=(*compiled.rules, *other))
    told = uncovered(both, registered(INGRESS))
    assert [text.split(" is about ")[0] for text in told] == ["the policy p", "the policy q"]
