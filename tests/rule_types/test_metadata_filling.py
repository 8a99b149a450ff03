"""metadata: what absent keys are filled with, where, and when."""

from typing import Any

import pytest

from tests.objects import NOW, clashing, decided, places, pod, policy, request, ruleset, workload
from tests.rule_types.one_rule import one_rule, said
from webhook.admission.decision import Decision, Verdict
from webhook.admission.facts import Facts, Namespace, Needs
from webhook.admission.request import User
from webhook.engine.decide import decide
from webhook.policy.ruleset import Ruleset

SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"}}


def rules(text: str) -> Ruleset:
    """A ruleset of one rule `r` with this text under `metadata`."""
    return one_rule("metadata", text)


def metadata_of(decision: Decision) -> Any:
    """Labels and annotations after mutation, without the object's names."""
    assert decision.object is not None
    return {key: value for key, value in decision.object["metadata"].items() if key in ("labels", "annotations")}


def test_a_default_fills_an_absent_key_and_a_second_pass_patches_nothing() -> None:
    bound = rules("annotations: {a/ttl: {type: ttl, default: 7d}}")
    decision = decided(bound, pod())
    assert decision.verdict is Verdict.ALLOWED
    assert decision.patch == ({"op": "add", "path": "/metadata/annotations", "value": {"a/ttl": "7d"}},)
    assert decision.object is not None
    assert decided(bound, decision.object).patch == ()


def test_a_default_never_changes_what_the_author_wrote_even_where_it_is_wrong() -> None:
    decision = decided(
        rules("labels: {tier: {in: [gold, silver], default: gold}}"), pod({"metadata": {"labels": {"tier": "tin"}}})
    )
    assert decision.patch == ()
    assert said(decision) == [("metadata.labels.tier", '"tin" is not allowed, must be "gold" or "silver"')]


def test_what_has_a_default_must_be_there_unless_it_is_only_a_help() -> None:
    old = pod({"metadata": {"labels": {"tier": "gold"}}})
    assert places(decided(rules("labels: {tier: {default: gold}}"), request(pod(), old))) == [
        ("r", "metadata.labels.tier")
    ]
    assert decided(rules("labels: {tier: {default: gold, required: false}}"), request(pod(), old)).findings == ()


def test_in_mode_audit_nothing_is_filled_and_the_finding_says_what_would_be() -> None:
    bound = one_rule("metadata", "labels: {team: {from: namespace}, tier: {default: gold}}", mode="audit")
    decision = decided(bound, pod())
    assert (decision.verdict, decision.patch) == (Verdict.ALLOWED, ())
    assert said(decision) == [
        ("metadata.labels.team", 'missing, would be "shop"'),
        ("metadata.labels.tier", 'missing, would be "gold"'),
    ]


def test_the_template_of_a_workload_is_judged_as_filled_and_never_patched() -> None:
    decision = decided(rules("labels: {team: {required: true, from: namespace}}"), workload("StatefulSet"))
    assert (decision.verdict, decision.findings, decision.patch) == (Verdict.ALLOWED, (), ())


def test_from_namespace_takes_labels_for_labels_and_annotations_for_annotations() -> None:
    bound = rules("labels: {team: {from: namespace}}\nannotations: {team: {from: namespace}}")
    shop = Facts({"shop": Namespace("shop", {"team": "shop"}, {"team": "the shop team"})})
    decision = decide(request(pod()), bound, shop, NOW)
    assert isinstance(decision, Decision)
    assert metadata_of(decision) == {"labels": {"team": "shop"}, "annotations": {"team": "the shop team"}}


def test_where_the_namespace_has_nothing_nothing_is_filled_and_required_decides() -> None:
    bare = Facts({"shop": Namespace("shop")})
    optional = decide(request(pod()), rules("labels: {team: {from: namespace}}"), bare, NOW)
    assert isinstance(optional, Decision)
    assert (optional.verdict, optional.patch) == (Verdict.ALLOWED, ())
    required = decide(request(pod()), rules("labels: {team: {required: true, from: namespace}}"), bare, NOW)
    assert isinstance(required, Decision)
    assert places(required) == [("r", "metadata.labels.team")]


def test_the_namespace_is_asked_for_and_where_nobody_knows_it_a_required_key_is_undecided() -> None:
    bound = rules("labels: {team: {required: true, from: namespace}, app: {required: true}}")
    assert decide(request(pod()), bound, Facts(), NOW) == Needs(frozenset({"shop"}))
    unknown = decide(request(pod({"metadata": {"labels": {"app": "web"}}})), bound, Facts(askable=False), NOW)
    assert isinstance(unknown, Decision)
    assert unknown.verdict is Verdict.UNDECIDED
    known = pod({"metadata": {"labels": {"app": "web", "team": "pay"}}})
    decision = decide(request(known), bound, Facts(askable=False), NOW)
    assert isinstance(decision, Decision)
    assert (decision.verdict, decision.findings) == (Verdict.ALLOWED, ())


def test_what_can_be_said_is_said_beside_what_is_undecided() -> None:
    bound = rules("labels: {team: {required: true, from: namespace}, app: {required: true}}")
    decision = decide(request(pod()), bound, Facts(askable=False), NOW)
    assert isinstance(decision, Decision)
    assert decision.verdict is Verdict.DENIED
    assert [(finding.where, finding.cause.value) for finding in decision.findings] == [
        ("", "unavailable"),
        ("metadata.labels.app", "violates"),
    ]


def test_a_value_of_a_source_that_the_rule_refuses_is_not_filled_and_said() -> None:
    decision = decided(rules("labels: {team: {required: true, from: namespace, in: [pay, web]}}"), pod())
    assert decision.patch == ()
    assert said(decision) == [
        (
            "metadata.labels.team",
            'missing, must be "pay" or "web"; "shop" from the namespace is not allowed, must be "pay" or "web"',
        )
    ]
    fallback = decided(rules("labels: {team: {from: namespace, in: [pay, web], default: web}}"), pod())
    assert metadata_of(fallback) == {"labels": {"team": "web"}}


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("alice", "alice"),
        ("alice@corp.example", "alice_corp.example"),
        ("system:serviceaccount:ci:deployer", "system_serviceaccount_ci_deployer"),
        ("-" * 5 + "x" * 70, "x" * 63),
    ],
)
def test_from_user_is_made_fit_for_a_label_and_kept_for_an_annotation(name: str, label: str) -> None:
    bound = rules("labels: {by: {from: user}}\nannotations: {by: {from: user}}")
    decision = decided(bound, pod(), user=User(name))
    assert metadata_of(decision) == {"labels": {"by": label}, "annotations": {"by": name}}


def test_from_user_fills_nothing_where_nobody_is_known_or_the_object_is_only_updated() -> None:
    bound = rules("of: workload\nlabels: {by: {from: user}}")
    assert decided(bound, workload("Deployment"), user=None).patch == ()
    assert decided(bound, workload("Deployment"), user=User("???")).patch == ()
    old, new = workload("Deployment"), workload("Deployment", None, {"metadata": {"labels": {"x": "y"}}})
    decision = decided(bound, request(new, old))
    assert (decision.verdict, decision.patch, decision.findings) == (Verdict.ALLOWED, (), ())


@pytest.mark.parametrize(
    ("image", "value"),
    [
        ("registry.corp.example/shop/web:1.4.2", "1.4.2"),
        (f"registry.corp.example/shop/web:1.4.2@sha256:{'ab' * 32}", "1.4.2"),
        (f"registry.corp.example/shop/web@sha256:{'ab' * 32}", "abababababab"),
        ("registry.corp.example/shop/web", None),
        ("not an image", None),
    ],
)
def test_from_image_is_the_tag_or_the_beginning_of_the_digest(image: str, value: str | None) -> None:
    decision = decided(rules("labels: {app.kubernetes.io/version: {from: image}}"), pod(image=image))
    expected = {"labels": {"app.kubernetes.io/version": value}} if value else {}
    assert metadata_of(decision) == expected


def test_from_a_field_of_the_pod_takes_texts_numbers_and_booleans_and_nothing_else() -> None:
    text = "annotations: {{a/x: {{from: {{pod: '{}'}}}}}}"
    spec = {"priority": 7, "hostNetwork": True, "nodeSelector": {"pool/name": "gpu"}}
    obj = pod({"metadata": {"labels": {"app": "web"}}, "spec": spec})
    for path, value in (
        ('metadata.labels["app"]', "web"),
        ("spec.priority", "7"),
        ("spec.hostNetwork", "true"),
        ('spec.nodeSelector["pool/name"]', "gpu"),
    ):
        assert decided(rules(text.format(path)), obj).patch[0]["value"] == {"a/x": value}
    assert decided(rules(text.format("spec.nodeSelector")), obj).patch == ()
    assert decided(rules(text.format("spec.nodeName")), obj).patch == ()


@pytest.mark.parametrize("of", ["workload", "both", "object"])
def test_the_own_metadata_of_a_workload_are_filled_from_its_pod(of: str) -> None:
    bound = rules(f"of: {of}\nlabels: {{app.kubernetes.io/version: {{from: image}}}}")
    decision = decided(bound, workload("Deployment"))
    assert decision.verdict is Verdict.ALLOWED
    assert decision.patch == (
        {"op": "add", "path": "/metadata/labels", "value": {"app.kubernetes.io/version": "1.4.2"}},
    )


def test_of_object_fills_a_pod_itself_and_an_object_without_one() -> None:
    text = "- name: r\n  match: {kinds: [Pod, Service]}\n  metadata: {of: object, labels: {team: {from: namespace}}}"
    bound = ruleset(policy(text))
    for obj in (pod(), SERVICE):
        decision = decided(bound, obj)
        assert (decision.verdict, metadata_of(decision)) == (Verdict.ALLOWED, {"labels": {"team": "shop"}})


def test_two_rules_with_different_defaults_for_a_key_both_fail() -> None:
    text = "- {name: a, metadata: {labels: {t: {default: x}}}}\n- {name: b, metadata: {labels: {t: {default: z}}}}"
    decision = decided(clashing(policy(text)), pod())
    assert (decision.verdict, decision.patch) == (Verdict.UNDECIDED, ())
    assert [finding.cause.value for finding in decision.findings] == ["failed", "failed"]


def test_labels_that_a_selector_uses_stay_as_they_are() -> None:
    bound = rules("of: both\nlabels: {app: {default: other}, team: {default: shop}}")
    decision = decided(bound, workload("Deployment"))
    assert [operation["path"] for operation in decision.patch] == ["/metadata/labels"]
    obj = pod({"metadata": {"labels": {"app": "web"}}})
    assert metadata_of(decided(bound, obj)) == {"labels": {"app": "web", "team": "shop"}}
