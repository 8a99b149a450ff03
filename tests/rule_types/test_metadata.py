"""metadata: which keys must be there, what their values must be, and whose they are."""

from typing import Any

import pytest

from tests.objects import decided, places, pod, policy, request, ruleset, workload
from tests.rule_types.one_rule import one_rule, said
from webhook.admission.decision import Verdict
from webhook.admission.request import Operation, User
from webhook.policy.ruleset import Ruleset

DEPLOYMENTS = User("system:serviceaccount:kube-system:deployment-controller")


def rules(text: str) -> Ruleset:
    """A ruleset of one rule `r` with this text under `metadata`."""
    return one_rule("metadata", text)


def with_(labels: dict[str, Any] | None = None, annotations: dict[str, Any] | None = None) -> dict[str, Any]:
    """A pod with these labels and annotations."""
    return pod({"metadata": {"labels": labels or {}, "annotations": annotations or {}}})


def test_metadata_as_they_should_be_are_allowed_untouched() -> None:
    bound = rules("labels: {team: {required: true, in: [shop, pay]}}\nannotations: {a/ttl: {type: ttl, max: 7d}}")
    decision = decided(bound, with_({"team": "pay"}, {"a/ttl": "3d", "other": "x"}))
    assert (decision.verdict, decision.findings, decision.patch) == (Verdict.ALLOWED, (), ())


def test_a_required_key_that_is_missing_is_named_with_what_it_wants() -> None:
    decision = decided(rules("labels: {team: {required: true, in: [shop, pay]}}"), pod())
    (finding,) = decision.findings
    assert decision.verdict is Verdict.DENIED
    assert (finding.where, finding.value) == ("metadata.labels.team", None)
    assert finding.message == 'missing, must be "shop" or "pay"'
    assert finding.fix == 'labels: {team: "shop"}'


def test_a_missing_key_with_a_slip_of_the_hand_beside_it_is_pointed_out() -> None:
    bound = rules("labels: {app.kubernetes.io/name: {required: true}}")
    for slip in ("app.kubernetes.io/nmae", "app.kubernetes.io/Name", "app.kubernets.io/name"):
        assert said(decided(bound, with_({slip: "web"}))) == [
            ('metadata.labels["app.kubernetes.io/name"]', f'missing, must be set; there is "{slip}"')
        ]
    assert said(decided(bound, with_({"app.kubernetes.io/part-of": "web"}))) == [
        ('metadata.labels["app.kubernetes.io/name"]', "missing, must be set")
    ]


def test_required_takes_an_empty_value_and_non_empty_does_not() -> None:
    assert decided(rules("labels: {team: {required: true}}"), with_({"team": ""})).findings == ()
    assert said(decided(rules("labels: {team: {required: nonEmpty}}"), with_({"team": ""}))) == [
        ("metadata.labels.team", '"" is empty, must have a value')
    ]


def test_null_is_absent() -> None:
    assert places(decided(rules("labels: {team: {required: true}}"), with_({"team": None}))) == [
        ("r", "metadata.labels.team")
    ]
    assert decided(rules("labels: {team: {forbidden: true}}"), with_({"team": None})).findings == ()


def test_an_absent_key_passes_every_operator_on_its_value() -> None:
    assert decided(rules("labels: {team: {equals: shop}, tier: {type: int, min: 1}}"), pod()).findings == ()


@pytest.mark.parametrize(
    ("words", "good", "bad", "message"),
    [
        ("equals: shop", "shop", "Shop", '"Shop" is not allowed, must be "shop"'),
        ("in: [a, b]", "b", "c", '"c" is not allowed, must be "a" or "b"'),
        ("notIn: [a, b]", "c", "b", '"b" is not allowed'),
        ("like: team-*", "team-a", "a-team", '"a-team" must be like "team-*"'),
        ("notLike: [tmp-*, '*-old']", "x", "x-old", '"x-old" must not be like "tmp-*" or "*-old"'),
        ('pattern: "CC-[0-9]{4}"', "CC-1234", "CC-12345", '"CC-12345" must match "CC-[0-9]{4}"'),
        ('pattern: "a|b"', "b", "ab", '"ab" must match "a|b"'),
        ('notPattern: ".*[A-Z].*"', "abc", "aBc", '"aBc" must not match ".*[A-Z].*"'),
        ("type: enum, values: [gold, silver]", "gold", "glod", '"glod" is not allowed, must be "gold" or "silver"'),
    ],
)
def test_operators_are_exact_and_cover_the_whole_value(words: str, good: str, bad: str, message: str) -> None:
    bound = rules(f"annotations: {{a/b: {{{words}}}}}")
    assert decided(bound, with_(None, {"a/b": good})).findings == ()
    assert said(decided(bound, with_(None, {"a/b": bad}))) == [('metadata.annotations["a/b"]', message)]


def test_a_value_that_is_no_text_is_told_to_be_quoted() -> None:
    decision = decided(rules("annotations: {a/on: {type: bool}}"), with_(None, {"a/on": True}))
    assert said(decision) == [
        ('metadata.annotations["a/on"]', "true is no text, and the API server takes nothing else")
    ]
    assert decision.findings[0].fix == "put it in quotes"


def test_long_and_unprintable_values_are_cut_and_cleaned_in_messages() -> None:
    decision = decided(rules("annotations: {a/b: {equals: x}}"), with_(None, {"a/b": "\x1b[31m" + "y" * 262_000}))
    message = decision.findings[0].message
    assert "\x1b" not in message
    assert len(message) < 120


def test_a_forbidden_key_must_not_be_there_whatever_its_value() -> None:
    bound = rules('annotations: {"fluxcd.io/*": {forbidden: true}, old: {forbidden: true}}')
    assert places(decided(bound, with_(None, {"fluxcd.io/ignore": "", "old": 1}))) == [
        ("r", "metadata.annotations.old"),
        ("r", 'metadata.annotations["fluxcd.io/ignore"]'),
    ]


def test_the_exact_key_wins_over_globs_and_then_the_longer_glob() -> None:
    bound = rules('annotations: {"a/*": {forbidden: true}, "a/b*": {equals: x}, a/bc: {equals: z}}')
    assert decided(bound, with_(None, {"a/bc": "z", "a/bd": "x"})).findings == ()
    assert [path for path, _ in said(decided(bound, with_(None, {"a/bc": "x", "a/bd": "z", "a/z": "x"})))] == [
        'metadata.annotations["a/bc"]',
        'metadata.annotations["a/bd"]',
        'metadata.annotations["a/z"]',
    ]


def test_required_on_a_glob_wants_at_least_one_matching_key() -> None:
    bound = rules('annotations: {"prometheus.io/*": {required: true}}')
    assert decided(bound, with_(None, {"prometheus.io/scrape": "true"})).findings == ()
    assert said(decided(bound, with_(None, {"scrape": "true"}))) == [
        ("metadata.annotations", "has no key like prometheus.io/*, one must be there")
    ]


def test_any_of_several_labels_is_enough() -> None:
    bound = rules("anyOfLabels: [app, app.kubernetes.io/instance]")
    assert decided(bound, with_({"app.kubernetes.io/instance": "web"})).findings == ()
    assert said(decided(bound, with_({"tier": "x"}))) == [
        ("metadata.labels", "has none of app or app.kubernetes.io/instance, one must be there")
    ]


def test_an_unknown_key_under_a_known_prefix_is_found_with_the_one_that_was_meant() -> None:
    bound = rules(
        'annotations: {acme.example/ttl: {type: ttl}, "acme.example/x-*": {like: "*"}}\nknown: {prefix: acme.example/}'
    )
    assert decided(bound, with_(None, {"acme.example/ttl": "1d", "acme.example/x-1": "", "other/k": ""})).findings == ()
    decision = decided(bound, with_({"acme.example/colour": "red"}, {"acme.example/tll": "1d"}))
    assert [(finding.where, finding.fix) for finding in decision.findings] == [
        ('metadata.annotations["acme.example/tll"]', "did you mean acme.example/ttl?"),
        ('metadata.labels["acme.example/colour"]', "take it out, or have it added to the rule"),
    ]


@pytest.mark.parametrize("shape", ["x", 3, [], ["team"], True])
def test_metadata_of_a_wrong_shape_never_break_the_rule(shape: Any) -> None:
    bound = rules("labels: {team: {required: true, default: shop}}\nanyOfLabels: [app]\nknown: {prefix: team}")
    decision = decided(bound, pod({"metadata": {"labels": shape, "annotations": shape}}))
    assert decision.faults == ()
    assert decision.verdict is Verdict.DENIED


def test_a_key_on_the_workload_instead_of_its_template_is_misplaced() -> None:
    bound = rules("labels: {team: {required: true}}\nannotations: {a/ttl: {type: ttl, default: 7d}}")
    obj = workload("Deployment", None, {"metadata": {"labels": {"team": "shop"}, "annotations": {"a/ttl": "1d"}}})
    decision = decided(bound, obj)
    message = "misplaced: it stands on the Deployment, and pods get what their template has"
    assert said(decision) == [('metadata.annotations["a/ttl"]', message), ("metadata.labels.team", message)]
    assert decision.findings[1].fix == "move it to spec.template.metadata.labels"
    assert decision.findings[1].value == "shop"


def test_a_key_on_both_the_workload_and_its_template_is_fine() -> None:
    bound = rules("labels: {team: {required: true}}")
    obj = workload("Deployment", {"metadata": {"labels": {"team": "shop"}}}, {"metadata": {"labels": {"team": "x"}}})
    assert decided(bound, obj).findings == ()


def test_a_key_on_the_job_template_of_a_cron_job_is_misplaced() -> None:
    obj = workload("CronJob", None, {"spec": {"jobTemplate": {"metadata": {"labels": {"team": "shop"}}}}})
    assert places(decided(rules("labels: {team: {required: true}}"), obj)) == [
        ("r", "spec.jobTemplate.metadata.labels.team")
    ]


def test_forbidden_keys_and_globs_of_everything_are_not_misplaced() -> None:
    bound = rules('annotations: {"*": {max: 300, type: string}, "fluxcd.io/*": {forbidden: true}}')
    obj = workload("Deployment", None, {"metadata": {"annotations": {"fluxcd.io/ignore": "true", "note": "x"}}})
    assert decided(bound, obj).findings == ()


def test_a_label_of_any_of_several_on_the_workload_itself_is_pointed_out() -> None:
    obj = workload("Deployment", {"metadata": {"labels": {"x": "y"}}}, {"metadata": {"labels": {"team": "shop"}}})
    message = (
        'has none of team or owner, one must be there; "team" stands on the workload itself, which its pods do not get'
    )
    assert said(decided(rules("anyOfLabels: [team, owner]"), obj)) == [("spec.template.metadata.labels", message)]


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        ("pod", ["spec.template.metadata.labels.team"]),
        ("workload", ["metadata.labels.team"]),
        ("both", ["metadata.labels.team", "spec.template.metadata.labels.team"]),
        ("object", ["metadata.labels.team"]),
    ],
)
def test_of_says_whose_metadata_of_a_workload_are_meant(of: str, expected: list[str]) -> None:
    decision = decided(rules(f"of: {of}\nlabels: {{team: {{required: true}}}}"), workload("Deployment"))
    assert [path for _, path in places(decision)] == expected


@pytest.mark.parametrize(("of", "count"), [("pod", 1), ("workload", 0), ("both", 1), ("object", 1)])
def test_of_says_whether_a_pod_is_meant(of: str, count: int) -> None:
    assert len(decided(rules(f"of: {of}\nlabels: {{team: {{required: true}}}}"), pod()).findings) == count


def test_what_a_controller_derives_from_a_workload_is_nobodys_to_label() -> None:
    own = rules("of: workload\nlabels: {team: {required: true, from: user}}")
    template = rules("labels: {team: {required: true}}")
    obj = workload("ReplicaSet", None, {"metadata": {"labels": {"team": "shop"}}})
    bare = workload("ReplicaSet")
    assert decided(own, bare, user=DEPLOYMENTS).findings == ()
    assert decided(own, bare, user=DEPLOYMENTS).patch == ()
    assert places(decided(own, request(bare, user=None))) == [("r", "metadata.labels.team")]
    assert places(decided(template, obj, user=DEPLOYMENTS)) == [("r", "spec.template.metadata.labels.team")]


def test_an_owner_reference_is_no_evidence_of_a_controller() -> None:
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "1", "controller": True}
    obj = workload("ReplicaSet", None, {"metadata": {"ownerReferences": [owner]}})
    assert places(decided(rules("of: workload\nlabels: {team: {required: true}}"), obj)) == [
        ("r", "metadata.labels.team")
    ]


def test_kinds_without_a_pod_are_judged_with_of_object() -> None:
    rule = "- name: r\n  match: {kinds: [Service]}\n  metadata: {of: object, labels: {team: {required: true}}}"
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"}}
    assert places(decided(ruleset(policy(rule)), service)) == [("r", "metadata.labels.team")]


def test_an_old_missing_label_warns_on_update_and_a_removed_one_denies() -> None:
    bound = rules("labels: {team: {required: true}}")
    old, new = with_({"app": "a"}), with_({"app": "b"})
    assert decided(bound, request(new, old)).verdict is Verdict.ALLOWED
    assert decided(bound, request(new, with_({"team": "shop"}))).verdict is Verdict.DENIED


def test_deleting_an_object_is_not_the_rules_business() -> None:
    asked = request(None, pod(), operation=Operation.DELETE)
    assert decided(rules("labels: {team: {required: true}}"), asked).verdict is Verdict.ALLOWED
