"""evidence: which images are judged, what is pinned, and when what is missing denies, warns or is undecided."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.objects import NOW, SHOP, pod, policy, request, ruleset, workload
from tests.rule_types.evidence_rule import (
    BESIDE,
    DIGEST,
    IMAGE,
    PINNED,
    REPLICASET_CONTROLLER,
    REPOSITORY,
    SHORT,
    attached,
    images,
    judged,
    only,
    rules,
    told,
)
from tests.rule_types.test_pages import EXAMPLES, PAGES, decided
from webhook.admission.decision import Verdict
from webhook.admission.evidence import Attestation, Evidence, EvidenceType, ImageFacts, ImageNeed, Validity
from webhook.admission.facts import Facts, Needs
from webhook.admission.finding import Action, Cause
from webhook.admission.request import Operation, User
from webhook.admission.rule import Compiling, Subject
from webhook.engine.decide import Stage, decide
from webhook.pod.containers import Pod
from webhook.rule_types._evidence_check import CONTROLLERS
from webhook.rule_types.evidence import Params, sentences
from webhook.source.problem import Place
from webhook.source.shape import Problems, decode

AT = "spec.containers[0].image"
SIGNED = "{name: signed, type: signature, by: {authorities: [ci]}}"
FRESH = "{name: scanned, type: vulnerability-scan, by: {authorities: [trivy]}, maxAge: 7d}"
BY_CI = "{type: signature, by: ci}"
OLD_SCAN = "{type: vulnerability-scan, by: trivy, scanned: 2026-11-02}"


# what is found instead


def test_a_signed_image_is_allowed_and_pinned_to_the_digest_that_was_judged() -> None:
    decision = judged(rules(SIGNED), attached(BY_CI))
    assert (decision.verdict, decision.findings) == (Verdict.ALLOWED, ())
    assert decision.patch == ({"op": "replace", "path": "/spec/containers/0/image", "value": PINNED},)


def test_an_image_that_nobody_has_signed_is_denied_with_the_command_that_signs_it() -> None:
    finding = only(judged(rules(SIGNED), attached()))
    assert (finding.where, finding.action, finding.cause) == (AT, Action.DENY, Cause.VIOLATES)
    assert finding.message == f'"{IMAGE}" ({SHORT}): signed is missing: no signature by ci'
    assert finding.fix == f"cosign sign --key ci.key {REPOSITORY}@{DIGEST}"


def test_the_right_key_in_the_wrong_role_does_not_count_and_is_named() -> None:
    decision = judged(rules(SIGNED), attached("{type: signature, by: trivy}"))
    assert told(decision) == (
        "signed is unacceptable: no signature by ci; there is one by trivy, which does not count here"
    )


def test_a_signature_by_a_stranger_is_invalid_and_the_reason_is_told() -> None:
    rejected = "rejected: [{reason: no key of an Authority has signed it, claims: https://sigstore.dev/cosign/sign/v1}]"
    assert told(judged(rules(SIGNED), attached(more=f", {rejected}"))) == (
        "signed is invalid: no signature by ci; what claims to be one was rejected: "
        "no key of an Authority has signed it"
    )


def test_what_counts_for_nothing_and_what_was_not_looked_at_is_said() -> None:
    more = ", rejected: [{reason: it is about another image}, {reason: x}], unexamined: 3"
    assert told(judged(rules(SIGNED), attached(more=more))) == (
        "signed is missing: no signature by ci; 2 things attached to it count for nothing, such as: "
        "it is about another image; 3 more things attached to it not looked at"
    )


def test_evidence_that_cannot_be_used_is_invalid_with_its_problem() -> None:
    decision = judged(rules(FRESH), attached("{type: vulnerability-scan, by: trivy, problem: its result is null}"))
    assert told(decision) == "scanned is invalid: the scan by trivy cannot be used: its result is null"


@pytest.mark.parametrize("kind", ["vulnerability-scan", "sbom, format: spdx", "test-result, result: PASSED"])
def test_one_type_never_stands_in_for_another(kind: str) -> None:
    decision = judged(rules(SIGNED), attached(f"{{type: {kind}, by: ci}}"))
    assert told(decision) == "signed is missing: no signature by ci"


def test_every_requirement_that_is_not_met_is_a_finding_of_its_own() -> None:
    decision = judged(rules(f"{SIGNED}, {FRESH}"), attached(OLD_SCAN))
    assert [one.message.partition("): ")[2].partition(":")[0] for one in decision.findings] == [
        "signed is missing",
        "scanned is stale",
    ]


def test_without_by_all_authorities_with_the_role_count_and_no_others() -> None:
    anybody = rules("{name: signed, type: signature}")
    for name in ("ci", "ci-2"):
        assert judged(anybody, attached(f"{{type: signature, by: {name}}}")).verdict is Verdict.ALLOWED
    assert told(judged(anybody, attached("{type: signature, by: bom}"))) == (
        "signed is unacceptable: no signature by ci or ci-2; there is one by bom, which does not count here"
    )


def test_a_threshold_counts_authorities_and_not_signatures() -> None:
    both = rules("{name: signed, type: signature, by: {authorities: [ci, ci-2], threshold: 2}}")
    assert judged(both, attached(BY_CI, "{type: signature, by: ci-2}")).verdict is Verdict.ALLOWED
    assert judged(both, attached("{type: signature, by: [ci, ci-2]}")).verdict is Verdict.ALLOWED
    assert told(judged(both, attached(BY_CI, BY_CI))) == (
        "signed is missing: 1 of 2 that are needed; no signature by ci or ci-2"
    )
    assert only(judged(both, attached(BY_CI))).fix == f"cosign sign --key ci-2.key {REPOSITORY}@{DIGEST}"


def test_of_a_threshold_the_one_who_is_still_needed_decides() -> None:
    two = "{name: s, type: vulnerability-scan, by: {authorities: [trivy, snyk], threshold: 2}, maxAge: 7d}"
    fresh = "{type: vulnerability-scan, by: snyk, scanned: 2026-11-20}"
    assert told(judged(rules(two), attached(OLD_SCAN, fresh))).startswith(
        "s is stale: 1 of 2 that are needed; the scan by trivy is of 2026-11-02"
    )


# which images


def test_only_the_images_of_the_rule_are_judged() -> None:
    decision = judged(rules(SIGNED), attached(), pod(image="quay.io/acme/web:1"))
    assert (decision.findings, decision.patch) == ((), ())


def test_every_list_and_the_image_volumes_are_judged_and_pinned() -> None:
    one = {"name": "x", "image": IMAGE}
    spec = {
        "initContainers": [one, {**one, "name": "y", "restartPolicy": "Always"}],
        "volumes": [{"name": "v", "image": {"reference": IMAGE}}],
    }
    decision = judged(rules(SIGNED), attached(), pod({"spec": spec}, image=IMAGE))
    assert [finding.where for finding in decision.findings] == [
        "spec.containers[0].image",
        "spec.initContainers[0].image",
        "spec.initContainers[1].image",
        "spec.volumes[0].image.reference",
    ]
    assert sorted(edit["path"] for edit in decision.patch) == [
        "/spec/containers/0/image",
        "/spec/initContainers/0/image",
        "/spec/initContainers/1/image",
        "/spec/volumes/0/image/reference",
    ]


def test_an_image_that_cannot_be_read_is_refused_and_one_that_is_left_out_is_not_ours() -> None:
    assert [(f.where, f.value) for f in judged(rules(SIGNED), attached(), pod(image="a//b")).findings] == [(AT, "a//b")]
    assert judged(rules(SIGNED), attached(), pod(image=None)).findings == ()


def test_an_image_that_could_not_be_read_before_either_is_no_news() -> None:
    labelled = pod({"metadata": {"labels": {"a": "b"}}}, image="a//b")
    assert judged(rules(SIGNED), attached(), request(labelled, old=pod(image="a//b"))).findings == ()


def test_an_image_with_a_digest_is_asked_for_by_that_and_is_not_changed() -> None:
    known = images(f'"{REPOSITORY}@{DIGEST}": {{digest: "{DIGEST}", evidence: [{BY_CI}]}}')
    decision = judged(rules(SIGNED), known, pod(image=f"{REPOSITORY}:moved@{DIGEST}"))
    assert (decision.verdict, decision.patch, decision.findings) == (Verdict.ALLOWED, (), ())


def test_a_host_without_a_registry_is_misconfigured_and_never_asked() -> None:
    text = policy(f"- name: r\n  evidence:\n    images: ['**']\n    require: [{SIGNED}]\n") + BESIDE
    finding = only(judged(ruleset(text), {}, pod(image="quay.io/acme/web:1")))
    assert (finding.cause, finding.action) == (Cause.VIOLATES, Action.DENY)
    assert finding.message == (
        '"quay.io/acme/web:1" is misconfigured: no Registry in the rules folder says how to ask quay.io'
    )


# what nobody could learn


@pytest.mark.parametrize(
    ("fact", "verdict", "message", "fix"),
    [
        (
            "unavailable: it does not answer",
            Verdict.UNDECIDED,
            f'"{IMAGE}" is unavailable: it does not answer',
            "try again later",
        ),
        (
            "misconfigured: no credentials",
            Verdict.DENIED,
            f'"{IMAGE}" is misconfigured: no credentials',
            "ask the owner of the rules folder to look at the Registry document of this host",
        ),
    ],
)
def test_only_a_registry_that_does_not_answer_is_undecided(fact: str, verdict: Verdict, message: str, fix: str) -> None:
    decision = judged(rules(f"{SIGNED}, {FRESH}"), images(f'"{IMAGE}": {{{fact}}}'))
    finding = only(decision)
    assert (decision.verdict, finding.message, finding.fix) == (verdict, message, fix)
    assert finding.cause is (Cause.UNAVAILABLE if verdict is Verdict.UNDECIDED else Cause.VIOLATES)


def test_an_image_that_does_not_exist_is_denied() -> None:
    decision = judged(rules(SIGNED), images('"registry.corp.example/other:1": {}'))
    assert (decision.verdict, only(decision).fix) == (Verdict.DENIED, "push the image first, or correct its name")


def test_on_unavailable_warn_opens_what_is_unavailable_and_nothing_else() -> None:
    text = policy(
        f"- name: r\n  onUnavailable: warn\n  evidence:\n    images: [registry.corp.example]\n    require: [{SIGNED}]\n"
    )
    lenient = ruleset(text + BESIDE)
    assert judged(lenient, images(f'"{IMAGE}": {{unavailable: no answer}}')).verdict is Verdict.ALLOWED
    assert judged(lenient, images(f'"{IMAGE}": {{misconfigured: no credentials}}')).verdict is Verdict.DENIED
    assert judged(lenient, attached()).verdict is Verdict.DENIED


def test_offline_each_image_needs_its_registry_and_is_undecided() -> None:
    decision = judged(rules(f"{SIGNED}, {FRESH}"), {}, workload("Deployment"))
    finding = only(decision)
    assert (decision.verdict, finding.where) == (Verdict.UNDECIDED, "spec.template.spec.containers[0].image")
    assert (finding.message, finding.fix) == (
        f'"{IMAGE}" needs the registry',
        "say --evidence registry, or --evidence DIR",
    )


def test_what_is_not_known_yet_is_a_need_and_the_digest_needs_no_second_one() -> None:
    rule = rules(SIGNED, "subject: named-or-all-platforms")
    needs = decide(request(pod(image=IMAGE)), rule, Facts({SHOP.name: SHOP}), NOW)
    assert needs == Needs(images=frozenset({ImageNeed(IMAGE, True, True)}))
    facts = Facts({SHOP.name: SHOP}, images=dict(attached(BY_CI)))
    assert getattr(decide(request(pod(image=IMAGE)), rule, facts, NOW), "verdict", None) is Verdict.ALLOWED


def test_evidence_of_the_platforms_is_asked_for_only_where_it_may_count() -> None:
    needs = decide(request(pod(image=IMAGE)), rules(SIGNED), Facts({SHOP.name: SHOP}), NOW)
    assert needs == Needs(images=frozenset({ImageNeed(IMAGE, True, False)}))


def test_a_listing_that_is_old_serves_and_says_so() -> None:
    known = attached(BY_CI, more=', stale: "as it was 5 minutes ago: it does not answer"')
    decision = judged(rules(SIGNED), known)
    assert (decision.verdict, only(decision).action) == (Verdict.ALLOWED, Action.WARN)
    assert only(decision).message.endswith("has what it needs, as it was 5 minutes ago: it does not answer")
    refused = judged(rules(SIGNED), attached(more=', stale: "as it was 5 minutes ago: it does not answer"'))
    assert only(refused).message.endswith(": no signature by ci (as it was 5 minutes ago: it does not answer)")


# pinning


def test_what_was_not_pinned_is_found_when_it_is_validated_and_its_evidence_is_judged_too() -> None:
    decision = judged(rules(SIGNED), attached(), stage=Stage.VALIDATE)
    assert [finding.message for finding in decision.findings] == [
        f'"{IMAGE}" is not pinned to its digest',
        f'"{IMAGE}" ({SHORT}): signed is missing: no signature by ci',
    ]
    assert decision.findings[0].fix == f"submit it again, or write {PINNED}"
    assert decision.verdict is Verdict.DENIED


def test_a_template_keeps_its_tag_and_is_judged_as_the_pods_that_it_makes() -> None:
    for stage in (Stage.BOTH, Stage.VALIDATE):
        good = judged(rules(SIGNED), attached(BY_CI), workload("Deployment"), stage=stage)
        assert (good.verdict, good.findings, good.patch) == (Verdict.ALLOWED, (), ())
        bad = judged(rules(SIGNED), attached(), workload("CronJob"), stage=stage)
        assert only(bad).where == "spec.jobTemplate.spec.template.spec.containers[0].image"
        assert only(bad).message == f'"{IMAGE}" ({SHORT}): signed is missing: no signature by ci'


def test_tags_may_be_allowed_and_then_nothing_is_pinned() -> None:
    rule = rules(SIGNED, "tags: allowed")
    for stage in (Stage.BOTH, Stage.VALIDATE):
        assert judged(rule, attached(BY_CI), stage=stage).findings == ()
        assert judged(rule, attached(BY_CI), stage=stage).patch == ()
        assert told(judged(rule, attached(), stage=stage)) == "signed is missing: no signature by ci"


@pytest.mark.parametrize("mode", ["warn", "audit"])
def test_in_mode_warn_or_audit_nothing_is_pinned_and_what_would_be_found_is_told(mode: str) -> None:
    decision = judged(rules(SIGNED, mode=mode), attached())
    assert (decision.verdict, decision.patch, len(decision.findings)) == (Verdict.ALLOWED, (), 2)
    template = judged(rules(SIGNED, mode=mode), attached(), workload("Deployment"))
    assert told(template) == "signed is missing: no signature by ci"


def test_a_new_debug_container_is_judged_and_pinned_on_its_own_subresource() -> None:
    old = pod({"spec": {"ephemeralContainers": [{"name": "a", "image": IMAGE}]}}, image=IMAGE)
    both = [{"name": "a", "image": IMAGE}, {"name": "b", "image": IMAGE}]
    new = pod({"spec": {"ephemeralContainers": both}}, image=IMAGE)
    asked = request(new, old=old, subresource="ephemeralcontainers")
    good = judged(rules(SIGNED), attached(BY_CI), asked)
    assert [(edit["path"], edit["value"]) for edit in good.patch] == [("/spec/ephemeralContainers/1/image", PINNED)]
    assert good.findings == ()
    bad = judged(rules(SIGNED), attached(), asked)
    assert only(bad).where == "spec.ephemeralContainers[1].image"


# updates


def test_an_update_judges_new_images_alone_and_asks_nobody_about_the_others() -> None:
    old = pod(image=IMAGE)
    labelled = pod({"metadata": {"labels": {"a": "b"}}}, image=IMAGE)
    unasked = decide(request(labelled, old=old), rules(SIGNED), Facts({SHOP.name: SHOP}), NOW)
    assert (getattr(unasked, "verdict", None), getattr(unasked, "findings", None)) == (Verdict.ALLOWED, ())
    changed = judged(rules(SIGNED), attached(), request(pod(image=IMAGE), old=pod(image=f"{REPOSITORY}:1.4.1")))
    assert (changed.verdict, len(changed.findings)) == (Verdict.DENIED, 2)


def test_a_workloads_image_that_stays_is_not_judged_again_and_is_not_resolved() -> None:
    new = workload("Deployment", patch={"spec": {"replicas": 3}})
    decision = decide(request(new, old=workload("Deployment")), rules(SIGNED), Facts({SHOP.name: SHOP}), NOW)
    assert getattr(decision, "findings", None) == ()


def test_an_image_that_moves_to_another_container_is_new() -> None:
    old = pod({"spec": {"containers": [{"name": "a", "image": IMAGE}, {"name": "b", "image": "quay.io/x:1"}]}})
    new = pod({"spec": {"containers": [{"name": "a", "image": "quay.io/x:1"}, {"name": "b", "image": IMAGE}]}})
    decision = judged(rules(SIGNED, "tags: allowed"), attached(), request(new, old=old))
    assert [finding.where for finding in decision.findings] == ["spec.containers[1].image"]


def test_two_containers_of_one_name_hide_no_new_image() -> None:
    old = pod({"spec": {"containers": [{"name": "a", "image": IMAGE}]}})
    new = pod({"spec": {"containers": [{"name": "a", "image": f"{REPOSITORY}:2"}, {"name": "a", "image": IMAGE}]}})
    decision = judged(rules(SIGNED, "tags: allowed"), attached(), request(new, old=old))
    assert [finding.where for finding in decision.findings] == ["spec.containers[0].image", "spec.containers[1].image"]


def test_a_new_image_is_never_excused_by_an_old_one_without_evidence() -> None:
    old = workload("Deployment", {"spec": {"containers": [{"name": "web", "image": f"{REPOSITORY}:1.4.1"}]}})
    decision = judged(rules(SIGNED), attached(), request(workload("Deployment"), old=old))
    assert decision.verdict is Verdict.DENIED


def test_deletion_is_never_judged_even_where_the_rule_names_it() -> None:
    text = policy(
        "- name: r\n  match: {operations: [CREATE, DELETE]}\n  evidence:\n    images: [registry.corp.example]\n"
        f"    require: [{SIGNED}]\n"
    )
    asked = request(None, old=pod(image=IMAGE), operation=Operation.DELETE)
    assert judged(ruleset(text + BESIDE), attached(), asked).findings == ()


def test_a_status_carries_no_image_to_judge() -> None:
    asked = request(pod(image=IMAGE), old=pod(image=f"{REPOSITORY}:1"), subresource="status")
    assert judged(rules(SIGNED), attached(), asked).findings == ()


# dates and the cluster's own controllers


@pytest.mark.parametrize("name", sorted(CONTROLLERS))
def test_a_pod_that_a_controller_makes_is_only_warned_about_stale_evidence(name: str) -> None:
    decision = judged(rules(FRESH), attached(OLD_SCAN), user=User(name))
    assert (decision.verdict, only(decision).action) == (Verdict.ALLOWED, Action.WARN)
    assert told(decision).startswith("scanned is stale")
    assert judged(rules(FRESH, "bind: pod"), attached(OLD_SCAN), user=User(name)).verdict is Verdict.DENIED


@pytest.mark.parametrize(
    "name", ["alice", "system:serviceaccount:shop:replicaset-controller", "system:serviceaccount:kube-system:other"]
)
def test_whoever_else_submits_a_pod_is_refused_whatever_its_owner_references_say(name: str) -> None:
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "1", "controller": True}
    owned = pod({"metadata": {"ownerReferences": [owner]}}, image=IMAGE)
    assert judged(rules(FRESH), attached(OLD_SCAN), owned, user=User(name)).verdict is Verdict.DENIED


def test_signatures_and_what_a_scan_found_bind_for_every_pod() -> None:
    bad = "{type: vulnerability-scan, by: trivy, scanned: 2026-11-02, vulnerabilities: [{id: C, severity: critical}]}"
    strict = rules("{name: s, type: vulnerability-scan, by: {authorities: [trivy]}, maxAge: 7d, maxSeverity: high}")
    assert judged(strict, attached(bad), user=REPLICASET_CONTROLLER).verdict is Verdict.DENIED
    assert judged(rules(SIGNED), attached(), user=REPLICASET_CONTROLLER).verdict is Verdict.DENIED


def test_a_node_drain_on_day_eight_is_no_outage() -> None:
    rule = rules(f"{SIGNED}, {FRESH}")
    known = attached(BY_CI, "{type: vulnerability-scan, by: trivy, scanned: 2026-11-21}")
    submitted = judged(rule, known, workload("Deployment"), now=NOW)
    assert (submitted.verdict, submitted.findings) == (Verdict.ALLOWED, ())
    day_eight = NOW + timedelta(days=8)
    drained = judged(rule, known, pod(image=IMAGE), now=day_eight, user=REPLICASET_CONTROLLER)
    assert (drained.verdict, drained.patch[0]["value"], only(drained).action) == (Verdict.ALLOWED, PINNED, Action.WARN)
    assert judged(rule, known, workload("Deployment"), now=day_eight).verdict is Verdict.DENIED


@pytest.mark.parametrize(
    ("since", "until", "problem"),
    [
        (None, None, ""),
        (NOW, NOW, ""),
        (None, NOW - timedelta(minutes=1), "its certificate expired on 2026-11-21 11:59 UTC"),
        (NOW + timedelta(minutes=1), None, "its certificate is not valid before 2026-11-21 12:01 UTC"),
    ],
)
@pytest.mark.parametrize("user", [User("alice"), REPLICASET_CONTROLLER])
def test_a_signature_counts_within_the_validity_of_its_certificate(
    since: datetime | None, until: datetime | None, problem: str, user: User
) -> None:
    validity = (Validity("its certificate", since, until),)
    signature = Attestation(EvidenceType.SIGNATURE, "", ("ci",), None, None, "sha256:0", "", valid=validity)
    known = ImageFacts(DIGEST, Evidence(DIGEST, "", (signature,)))
    decision = judged(rules(SIGNED), {IMAGE: known, f"{REPOSITORY}@{DIGEST}": known}, user=user)
    if problem:
        assert (decision.verdict, told(decision)) == (
            Verdict.DENIED,
            f"signed is invalid: the signature by ci does not count: {problem}",
        )
    else:
        assert decision.findings == ()


# platforms

ARM, AMD = ("sha256:" + digits * 32 for digits in ("a1", "b2"))


def multi(named: str = "", amd: str = "", arm: str = "") -> Any:
    """The image as an index of two platforms, with evidence in each place."""
    lists = {key: f", evidence: [{text}]" if text else "" for key, text in (("n", named), ("a", amd), ("r", arm))}
    platforms = f'linux/amd64: {{digest: "{AMD}"{lists["a"]}}}, linux/arm64: {{digest: "{ARM}"{lists["r"]}}}'
    return images(f'"{IMAGE}": {{digest: "{DIGEST}"{lists["n"]}, platforms: {{{platforms}}}}}')


def test_evidence_of_every_platform_stands_in_for_that_of_the_index_where_the_rule_says_so() -> None:
    either = rules(SIGNED, "subject: named-or-all-platforms")
    assert judged(either, multi(named=BY_CI)).verdict is Verdict.ALLOWED
    assert judged(either, multi(amd=BY_CI, arm=BY_CI)).verdict is Verdict.ALLOWED
    assert judged(rules(SIGNED), multi(amd=BY_CI, arm=BY_CI)).verdict is Verdict.DENIED
    assert judged(either, attached()).verdict is Verdict.DENIED


def test_a_platform_that_lacks_it_is_named_with_its_own_digest() -> None:
    either = rules(FRESH, "subject: named-or-all-platforms")
    fresh = "{type: vulnerability-scan, by: trivy, scanned: 2026-11-20}"
    finding = only(judged(either, multi(amd=fresh, arm=OLD_SCAN)))
    assert finding.message.startswith(f'"{IMAGE}" (linux/arm64, {ARM[:19]}): scanned is stale: ')
    assert finding.fix is not None
    assert finding.fix.endswith(f"{REPOSITORY}@{ARM}")
    assert only(judged(either, multi(amd=fresh))).message.startswith(f'"{IMAGE}" ({SHORT}): scanned is missing')


def test_a_platform_that_is_worse_than_the_index_hides_nothing() -> None:
    either = rules(FRESH, "subject: named-or-all-platforms")
    assert only(judged(either, multi(named=OLD_SCAN, amd=OLD_SCAN))).message.startswith(
        f'"{IMAGE}" ({SHORT}): scanned is stale: '
    )


# the short answer


@pytest.mark.parametrize("image", [IMAGE, "quay.io/acme/web:1", "a//b", "", None])
def test_what_is_called_fine_is_never_found_anything_in(image: str | None) -> None:
    [rule] = rules(SIGNED).rules
    asked = request(pod(image=image))
    assert asked.object is not None
    subject = Subject(asked, asked.object, Pod(asked.object, ()), SHOP, NOW)
    assert rule.parts.fine is not None
    found = [one for check in rule.parts.checks for one in check(subject)]
    assert rule.parts.fine(subject) is (found == [])


def test_facts_without_evidence_never_pass() -> None:
    """A digest alone is what `pin` asks for; a decision about evidence asks again."""
    facts = Facts({SHOP.name: SHOP}, images={IMAGE: ImageFacts(DIGEST)})
    needs = decide(request(pod(image=IMAGE)), rules(SIGNED), facts, NOW)
    assert needs == Needs(images=frozenset({ImageNeed(IMAGE, True, False)}))
    empty = ImageFacts(DIGEST, Evidence(DIGEST, "", ()))
    assert judged(rules(SIGNED), {IMAGE: empty, f"{REPOSITORY}@{DIGEST}": empty}).verdict is Verdict.DENIED


def test_the_page_quotes_what_a_refused_developer_reads() -> None:
    denied = next(one for one in EXAMPLES if one.page == "evidence" and one.of("denied"))
    finding = only(decided(denied))
    page = next(path for path in PAGES if path.stem == "evidence").read_text(encoding="utf-8")
    assert f"```\n{finding.message}\nfix: {finding.fix}\n```\n" in page


def test_a_requirement_is_explained_in_one_sentence() -> None:
    params = decode(
        Params,
        {
            "images": ["registry.corp.example"],
            "tags": "allowed",
            "require": [
                {"name": "a", "type": "signature", "by": {"authorities": ["x"]}, "annotations": {"stage": "prod"}},
                {"name": "b", "type": "sbom", "complete": True, "forbid": {"packages": ["p:<2", "q"]}},
                {
                    "name": "c",
                    "type": "vulnerability-scan",
                    "by": {"authorities": ["x", "y"], "threshold": 2},
                    "maxAge": "7d",
                    "maxSeverity": "high",
                    "ignore": [{"id": "CVE-1", "until": "2027-01-31", "reason": "unused"}],
                },
            ],
        },
        (),
        Problems(lambda *_: Place("rules.yaml", 1, 1, 1, "")),
    )
    assert list(sentences(params, Compiling((), Problems(lambda *_: Place("rules.yaml", 1, 1, 1, ""))))) == [
        "Of images of registry.corp.example there must be:",
        "a: signature, by x; annotations stage=prod",
        "b: sbom, by an Authority with the role sbom; complete true; forbid packages p:<2, q",
        "c: vulnerability-scan, by 2 of x or y; maxAge 7d; maxSeverity high; "
        "ignore id CVE-1 until 2027-01-31 reason unused",
        "A tag may stay.",
        "For a pod that one of the cluster's own controllers makes, what is only too old warns.",
    ]
