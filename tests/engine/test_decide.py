"""decide: modes, verdicts, what is mutated and what only judged, what is never denied."""

from datetime import timedelta
from typing import Any

import jsonpatch
import pytest

from tests.objects import NOW, clashing, decided, facts, places, pod, policy, request, ruleset, workload
from webhook.admission.decision import Verdict
from webhook.admission.facts import Facts, Needs, Unavailable
from webhook.admission.finding import Action, Cause, Standing
from webhook.admission.request import GroupKind, Operation
from webhook.engine.decide import Stage, decide
from webhook.engine.manifest import as_request
from webhook.pod.workloads import POD_AT

NO_LATEST = policy("- name: no-latest\n  images: {tag: {forbid: [latest]}}")
SAFE = policy("- name: safe\n  defaults: {default: {containers: {securityContext: {allowPrivilegeEscalation: false}}}}")
LATEST = "registry.corp.example/web:latest"


def test_a_pod_that_keeps_every_rule_is_allowed_without_findings() -> None:
    decision = decided(NO_LATEST, pod())
    assert (decision.verdict, decision.findings, decision.patch, decision.id) == (Verdict.ALLOWED, (), (), "")
    assert decision.matched == ("p/no-latest",)


def test_a_violation_denies_with_rule_path_value_and_container() -> None:
    decision = decided(NO_LATEST, pod(image=LATEST))
    [finding] = decision.findings
    assert decision.verdict is Verdict.DENIED
    assert (finding.rule.id, finding.where, finding.value, finding.container) == (
        "p/no-latest",
        "spec.containers[0].image",
        LATEST,
        "web",
    )
    assert finding.action is Action.DENY


@pytest.mark.parametrize(("mode", "action"), [("warn", Action.WARN), ("audit", Action.AUDIT)])
def test_a_mode_below_enforce_allows_and_keeps_the_finding(mode: str, action: Action) -> None:
    decision = decided(policy("- name: no-latest\n  images: {tag: {forbid: [latest]}}", mode=mode), pod(image=LATEST))
    assert decision.verdict is Verdict.ALLOWED
    assert [finding.action for finding in decision.findings] == [action]


def test_mode_off_judges_nothing() -> None:
    decision = decided(policy("- name: r\n  images: {tag: {forbid: [latest]}}", mode='"off"'), pod(image=LATEST))
    assert decision.findings == ()
    assert decision.matched == ()


def test_findings_come_most_severe_first_whatever_the_order_of_rules() -> None:
    rules = """
- {name: a-low, severity: low, images: {tag: {forbid: [latest]}}}
- {name: b-critical, severity: critical, fields: {pod: spec.hostNetwork, forbidden: true}}
- {name: c-high, severity: high, fields: {pod: spec.hostPID, forbidden: true}}
"""
    decision = decided(policy(rules), pod({"spec": {"hostNetwork": True, "hostPID": True}}, image=LATEST))
    assert [finding.rule.name for finding in decision.findings] == ["b-critical", "c-high", "a-low"]


@pytest.mark.parametrize("kind", [kind for _, kind in POD_AT])
def test_every_kind_that_carries_a_pod_is_judged_at_the_authors_path(kind: str) -> None:
    obj = workload(kind, {"spec": {"initContainers": [{"name": "init", "image": LATEST}]}})
    at = next(path for (_, name), path in POD_AT.items() if name == kind)
    decision = decided(NO_LATEST, obj)
    assert places(decision) == [("no-latest", ".".join((*map(str, at), "spec", "initContainers[0]", "image")))]


def test_mutation_is_recorded_as_a_patch_that_leads_to_the_judged_object() -> None:
    before = pod()
    decision = decided(SAFE, before)
    assert decision.verdict is Verdict.ALLOWED
    assert jsonpatch.apply_patch(before, list(decision.patch)) == decision.object
    assert decision.object is not None
    assert decision.object["spec"]["containers"][0]["securityContext"] == {"allowPrivilegeEscalation": False}


def test_a_second_pass_over_its_own_result_patches_nothing() -> None:
    first = decided(SAFE, pod())
    assert first.object is not None
    assert decided(SAFE, first.object).patch == ()


def test_the_mutate_stage_never_denies_and_the_validate_stage_never_patches() -> None:
    both = NO_LATEST.replace(
        "  rules:\n", "  rules:\n  - name: safe\n    defaults: {default: {pod: {hostUsers: false}}}\n"
    )
    mutated = decided(both, pod(image=LATEST), stage=Stage.MUTATE)
    assert (mutated.verdict, mutated.findings) == (Verdict.ALLOWED, ())
    assert [op["path"] for op in mutated.patch] == ["/spec/hostUsers"]
    validated = decided(both, pod(image=LATEST), stage=Stage.VALIDATE)
    assert validated.patch == ()
    assert places(validated) == [("no-latest", "spec.containers[0].image"), ("safe", "spec.hostUsers")]


def test_in_mode_warn_nothing_is_changed_and_one_finding_says_what_would_have_been() -> None:
    decision = decided(SAFE.replace("  rules:", "  mode: warn\n  rules:"), pod())
    assert decision.patch == ()
    [finding] = decision.findings
    assert finding.where == "spec.containers[0].securityContext.allowPrivilegeEscalation"
    assert finding.message == "missing, must be false"


def test_a_workloads_template_is_judged_as_the_pod_it_will_become_and_never_changed() -> None:
    both = SAFE + "  - name: must\n    fields: {container: securityContext.allowPrivilegeEscalation, equals: false}\n"
    decision = decided(both, workload("Deployment"))
    assert (decision.verdict, decision.findings, decision.patch) == (Verdict.ALLOWED, (), ())


def test_a_pod_update_is_judged_and_not_changed() -> None:
    decision = decided(SAFE, request(pod({"metadata": {"labels": {"a": "b"}}}), old=pod(image="x.example/y:1")))
    assert decision.patch == ()
    assert places(decision) == [("safe", "spec.containers[0].securityContext.allowPrivilegeEscalation")]


def test_mirror_pods_are_judged_and_never_changed() -> None:
    mirror = pod({"metadata": {"annotations": {"kubernetes.io/config.mirror": "x"}}})
    decision = decided(SAFE, mirror)
    assert decision.patch == ()
    assert decision.verdict is Verdict.DENIED


def test_two_rules_that_want_different_values_both_fail_and_neither_is_applied() -> None:
    rules = """
- {name: a, defaults: {default: {pod: {hostUsers: false}}}}
- {name: b, defaults: {default: {pod: {hostUsers: true}}}}
"""
    for stage in (Stage.BOTH, Stage.VALIDATE):
        decision = decided(clashing(policy(rules)), pod(), stage=stage)
        assert decision.verdict is Verdict.UNDECIDED
        assert [(f.rule.name, f.cause) for f in decision.findings] == [("a", Cause.FAILED), ("b", Cause.FAILED)]
        assert "spec.hostUsers is set by p/a and, with another value, by p/b" in decision.findings[0].message
        assert decision.patch == ()


def test_a_rule_that_breaks_is_failed_and_denies_when_enforcing(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = ruleset(NO_LATEST)

    def broken(_: Any) -> Any:
        raise KeyError("our own bug")

    monkeypatch.setattr("webhook.rule_types.images.Image.parse", broken)
    decision = decided(rules, pod())
    assert decision.verdict is Verdict.UNDECIDED
    [finding] = decision.findings
    assert (finding.cause, finding.action) == (Cause.FAILED, Action.DENY)
    assert [fault.rule for fault in decision.faults] == ["p/no-latest"]


def test_labels_that_nobody_has_asked_for_are_a_need() -> None:
    rules = ruleset(
        policy("- name: r\n  images: {tag: {forbid: [latest]}}", match="{namespaceSelector: {matchLabels: {a: b}}}")
    )
    assert decide(request(pod()), rules, Facts(), NOW) == Needs(frozenset({"shop"}))


@pytest.mark.parametrize("unknown", [Facts({"shop": Unavailable("the API server is away")}), Facts(askable=False)])
def test_labels_that_cannot_be_had_leave_the_rule_undecided_never_unmatched(unknown: Facts) -> None:
    rules = ruleset(
        policy("- name: r\n  images: {tag: {forbid: [latest]}}", match="{namespaceSelector: {matchLabels: {a: b}}}")
    )
    decision = decide(request(pod(image=LATEST)), rules, unknown, NOW)
    assert not isinstance(decision, Needs)
    assert decision.verdict is Verdict.UNDECIDED
    assert [finding.cause for finding in decision.findings] == [Cause.UNAVAILABLE]


def test_an_unavailable_fact_only_warns_where_the_rule_says_so() -> None:
    text = policy(
        "- name: r\n  onUnavailable: warn\n  images: {tag: {forbid: [latest]}}",
        match="{namespaceSelector: {matchLabels: {a: b}}}",
    )
    decision = decide(request(pod()), ruleset(text), Facts(askable=False), NOW)
    assert not isinstance(decision, Needs)
    assert (decision.verdict, decision.findings[0].action) == (Verdict.ALLOWED, Action.WARN)


def test_the_namespaces_own_name_label_is_always_known() -> None:
    selector = "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}"
    rules = ruleset(policy("- name: r\n  images: {tag: {forbid: [latest]}}", match=selector))
    decision = decide(request(pod(image=LATEST)), rules, Facts(askable=False), NOW)
    assert not isinstance(decision, Needs)
    assert decision.verdict is Verdict.DENIED


def test_on_update_what_the_old_object_already_had_warns() -> None:
    old = pod(image=LATEST)
    decision = decided(NO_LATEST, request(pod({"metadata": {"labels": {"a": "b"}}}, image=LATEST), old=old))
    assert decision.verdict is Verdict.ALLOWED
    assert [(f.standing, f.action) for f in decision.findings] == [(Standing.OLD, Action.WARN)]


def test_the_ratchet_is_lost_when_the_containers_image_repository_changes() -> None:
    rules = policy("- name: r\n  fields: {container: securityContext.privileged, equals: false}")
    old = pod(image="a.example/web:1", securityContext={"privileged": True})
    same_repository = pod(image="a.example/web:2", securityContext={"privileged": True})
    another = pod(image="a.example/other:1", securityContext={"privileged": True})
    assert decided(rules, request(same_repository, old=old)).verdict is Verdict.ALLOWED
    assert decided(rules, request(another, old=old)).verdict is Verdict.DENIED


def test_the_ratchet_goes_by_container_name_not_by_index() -> None:
    rules = policy("- name: r\n  fields: {container: securityContext.privileged, equals: false}")
    bad = {"name": "web", "image": "a.example/web:1", "securityContext": {"privileged": True}}
    good = {"name": "log", "image": "a.example/log:1"}
    old = pod({"spec": {"containers": [bad, good]}})
    swapped = pod({"spec": {"containers": [good, bad]}})
    exchanged = pod(
        {"spec": {"containers": [{**bad, "name": "log", "image": "a.example/log:1"}, {**good, "name": "web"}]}}
    )
    assert decided(rules, request(swapped, old=old)).verdict is Verdict.ALLOWED
    assert decided(rules, request(exchanged, old=old)).verdict is Verdict.DENIED


def test_a_rule_without_ratchet_denies_old_violations_too() -> None:
    rules = policy("- name: r\n  ratchet: false\n  images: {tag: {forbid: [latest]}}")
    old = pod(image=LATEST)
    assert (
        decided(rules, request(pod({"metadata": {"labels": {"a": "b"}}}, image=LATEST), old=old)).verdict
        is Verdict.DENIED
    )


def test_the_ratchet_holds_for_workloads_at_the_authors_paths() -> None:
    old = workload("Deployment", {"spec": {"containers": [{"name": "web", "image": LATEST}]}})
    new = {**old, "spec": {**old["spec"], "replicas": 3}}
    decision = decided(NO_LATEST, request(new, old=old))
    assert decision.verdict is Verdict.ALLOWED
    assert decision.findings[0].where == "spec.template.spec.containers[0].image"


@pytest.mark.parametrize(
    "metadata",
    [{"finalizers": ["a/b"]}, {"ownerReferences": [{"uid": "1"}]}, {"managedFields": [{}]}, {"resourceVersion": "2"}],
)
def test_updates_of_bookkeeping_alone_are_never_denied(metadata: dict[str, Any]) -> None:
    rules = NO_LATEST.replace("- name: no-latest", "- name: no-latest\n    ratchet: false")
    new = pod({"metadata": metadata}, image=LATEST)
    decision = decided(rules, request(new, old=pod(image=LATEST)))
    assert decision.verdict is Verdict.ALLOWED
    assert [finding.action for finding in decision.findings] == [Action.WARN]


def test_objects_that_are_being_deleted_are_never_denied() -> None:
    rules = NO_LATEST.replace("- name: no-latest", "- name: no-latest\n    ratchet: false")
    dying = {"metadata": {"deletionTimestamp": "2026-11-21T00:00:00Z"}}
    deleting = pod({"metadata": {**dying["metadata"], "labels": {"x": "y"}}}, image=LATEST)
    assert decided(rules, request(deleting, old=pod(dying, image="a.example/b:1"))).verdict is Verdict.ALLOWED


def test_a_debug_container_cannot_bring_another_image_in() -> None:
    new = pod({"spec": {"ephemeralContainers": [{"name": "dbg", "image": LATEST}]}})
    decision = decided(NO_LATEST, request(new, old=pod(), subresource="ephemeralcontainers"))
    assert places(decision) == [("no-latest", "spec.ephemeralContainers[0].image")]


def test_a_new_ephemeral_container_is_rewritten_and_an_old_one_is_left() -> None:
    rules = policy("- name: m\n  images: {rewrite: [{from: docker.io, to: registry.corp.example/hub}]}")
    old = pod({"spec": {"ephemeralContainers": [{"name": "a", "image": "busybox:1"}]}})
    both = [{"name": "a", "image": "busybox:1"}, {"name": "b", "image": "busybox:1"}]
    new = pod({"spec": {"ephemeralContainers": both}})
    decision = decided(rules, request(new, old=old, subresource="ephemeralcontainers"))
    assert decision.patch == (
        {
            "op": "replace",
            "path": "/spec/ephemeralContainers/1/image",
            "value": "registry.corp.example/hub/library/busybox:1",
        },
    )
    assert decision.verdict is Verdict.ALLOWED


def test_status_and_exec_do_not_concern_rules_about_pods() -> None:
    for subresource, operation in (
        ("status", Operation.UPDATE),
        ("exec", Operation.CONNECT),
        ("binding", Operation.CREATE),
    ):
        asked = request(pod(image=LATEST), subresource=subresource, operation=operation, kind=GroupKind("", "Pod"))
        assert decided(NO_LATEST, asked).matched == ()


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ({"containers": "none"}, "spec.containers"),
        ({"containers": ["web"]}, "spec.containers[0]"),
        ({"containers": [{"name": "web", "image": 5}]}, "spec.containers[0].image"),
        ({"volumes": {"a": 1}, "containers": []}, "spec.volumes"),
        ("none", "spec"),
    ],
)
def test_an_object_of_another_shape_is_denied_at_the_place_and_nothing_breaks(spec: Any, path: str) -> None:
    broken = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}, "spec": spec}
    decision = decided(NO_LATEST, broken)
    assert decision.verdict is Verdict.DENIED
    assert [finding.where for finding in decision.findings] == [path]
    assert decision.faults == ()


def test_containers_null_is_a_pod_without_containers() -> None:
    decision = decided(NO_LATEST, {"apiVersion": "v1", "kind": "Pod", "metadata": {}, "spec": {"containers": None}})
    assert decision.verdict is Verdict.ALLOWED


def test_the_same_refusal_has_the_same_id_whatever_the_generated_name() -> None:
    def refused(name: str) -> str:
        obj = pod({"metadata": {"name": name, "generateName": "web-7d4b9c8f5d-"}}, image=LATEST)
        return decided(NO_LATEST, obj).id

    assert refused("web-7d4b9c8f5d-aaaaa") == refused("web-7d4b9c8f5d-bbbbb")
    assert decided(NO_LATEST, pod(image=LATEST)).id != decided(NO_LATEST, pod(image="other:latest")).id


EXCEPTION = """---
apiVersion: doorward.dev/v1
kind: Exception
metadata: {name: legacy}
spec:
  rules: [p/no-latest]
  match: {namespaces: {include: [shop]}, MATCH}
  reason: being rebuilt
  owner: team-shop
  granted: 2026-11-01
  expires: EXPIRES
"""


def excepted(match: str = "names: {include: [web]}", expires: str = "2027-01-31") -> str:
    return NO_LATEST + EXCEPTION.replace("MATCH", match).replace("EXPIRES", expires)


def test_an_exception_allows_and_the_finding_is_still_reported_with_its_name() -> None:
    decision = decided(excepted(), pod(image=LATEST))
    assert decision.verdict is Verdict.ALLOWED
    assert [(f.standing, f.exception, f.action) for f in decision.findings] == [
        (Standing.EXCEPTED, "legacy", Action.AUDIT)
    ]


def test_an_exception_does_not_reach_other_names_or_namespaces() -> None:
    assert decided(excepted(), pod({"metadata": {"name": "other"}}, image=LATEST)).verdict is Verdict.DENIED
    assert decided(excepted(), pod({"metadata": {"namespace": "pay"}}, image=LATEST)).verdict is Verdict.DENIED


def test_an_exception_counts_a_controllers_pod_by_its_generate_name_without_the_hash() -> None:
    generated = pod({"metadata": {"name": None, "generateName": "web-7d4b9c8f5d-"}}, image=LATEST)
    assert decided(excepted(), generated).verdict is Verdict.ALLOWED


def test_an_expired_exception_denies_naming_itself_and_how_to_renew_it() -> None:
    decision = decided(excepted(expires="2026-11-20"), pod(image=LATEST))
    assert decision.verdict is Verdict.DENIED
    assert decision.findings[0].message.endswith("the exception legacy expired on 2026-11-20")


def test_an_exception_holds_until_the_end_of_its_last_day_and_warns_before() -> None:
    decision = decided(excepted(expires="2026-11-21"), pod(image=LATEST))
    assert decision.verdict is Verdict.ALLOWED
    assert [note.text for note in decision.notes] == ["the exception legacy expires on 2026-11-21"]
    assert decided(excepted(expires="2026-12-20"), pod(image=LATEST)).notes == ()


def test_an_exception_for_images_excuses_only_containers_with_those_images() -> None:
    rules = excepted('images: ["registry.corp.example/web"]')
    two = [{"name": "a", "image": LATEST}, {"name": "b", "image": "registry.corp.example/other:latest"}]
    decision = decided(rules, pod({"spec": {"containers": two}}))
    assert decision.verdict is Verdict.DENIED
    assert {f.container: f.standing for f in decision.findings} == {"a": Standing.EXCEPTED, "b": Standing.NEW}


def test_an_excepted_rule_does_not_mutate() -> None:
    rules = SAFE + EXCEPTION.replace("p/no-latest", "p/safe").replace("MATCH", "names: {include: [web]}").replace(
        "EXPIRES", "2027-01-31"
    )
    assert decided(rules, pod()).patch == ()
    assert decided(rules, pod({"metadata": {"name": "other"}})).patch != ()


def test_a_rollout_step_begins_on_its_day_and_the_last_that_matches_wins() -> None:
    rollout = "[{mode: audit}, {mode: warn, from: 2026-12-01}, {mode: enforce, from: 2027-01-10}]"
    rules = policy("- name: r\n  images: {tag: {forbid: [latest]}}", rollout=rollout)
    modes = [
        decided(rules, pod(image=LATEST), now=NOW + timedelta(days=days)).findings[0].action for days in (0, 20, 60)
    ]
    assert modes == [Action.AUDIT, Action.WARN, Action.DENY]


def test_a_rollout_by_percent_takes_the_same_namespaces_every_time() -> None:
    rules = ruleset(policy("- name: r\n  images: {tag: {forbid: [latest]}}", rollout="[{mode: enforce, percent: 25}]"))
    denied = [not decided(rules, pod({"metadata": {"namespace": f"ns-{n}"}}, image=LATEST)).allowed for n in range(400)]
    assert 60 < sum(denied) < 140
    assert denied == [
        not decided(rules, pod({"metadata": {"namespace": f"ns-{n}"}}, image=LATEST)).allowed for n in range(400)
    ]


def test_what_a_controller_would_get_is_the_same_in_a_file_and_in_a_review() -> None:
    obj = pod(image="nginx")
    offline = decide(as_request(obj), ruleset(NO_LATEST), facts(), NOW)
    assert not isinstance(offline, Needs)
    assert places(offline) == [("no-latest", "spec.containers[0].image")]


@pytest.mark.parametrize(
    ("exempted", "image"),
    [
        ("docker.io/acme/billing", "acme/billing:1"),
        ("docker.io/acme", "acme/billing:1"),
        ("docker.io", "nginx:1"),
        ("docker.io/library/nginx", "nginx:1"),
        ("docker.io/acme/billing:1.*", "acme/billing:1.2"),
    ],
)
def test_an_exception_for_an_image_holds_after_another_rule_has_rewritten_it(exempted: str, image: str) -> None:
    rules = ruleset(
        policy(
            "- {name: mirror, images: {rewrite: [{from: docker.io, to: registry.corp.example/hub}]}}\n"
            "- {name: no-root, fields: {container: securityContext.runAsNonRoot, required: true}}"
        )
        + EXCEPTION.replace("p/no-latest", "p/no-root")
        .replace("MATCH", f'images: ["{exempted}"]')
        .replace("EXPIRES", "2027-01-31")
    )
    asked = pod(image=image)
    offline = decided(rules, asked)
    mutated = decided(rules, asked, stage=Stage.MUTATE)
    assert mutated.object is not None
    served = decided(rules, mutated.object, stage=Stage.VALIDATE)
    assert [f.standing for f in offline.findings] == [f.standing for f in served.findings] == [Standing.EXCEPTED]
    other = decided(rules, pod(image="registry.corp.example/hub/other/thing:1"), stage=Stage.VALIDATE)
    assert other.allowed is (exempted == "docker.io")


def test_a_new_ephemeral_container_does_not_make_the_pod_anew() -> None:
    """What plugins fill into a pod when it is created they do not fill in later, and /validate does not see it."""
    rules = policy("- name: r\n  metadata: {labels: {made-by: {from: {pod: spec.serviceAccountName}}}}")
    debugged = pod({"spec": {"ephemeralContainers": [{"name": "debug", "image": "a.example/a:1"}]}})
    asked = request(debugged, old=pod(), subresource="ephemeralcontainers")
    both, validate = decided(rules, asked), decided(rules, asked, Stage.VALIDATE)
    assert (both.verdict, both.findings) == (validate.verdict, validate.findings) == (Verdict.ALLOWED, ())
