"""images with `pin: digest`: tags are resolved once, where a Registry says how to ask."""

import pytest

from tests.objects import NOW, SHOP, pod, policy, request, ruleset, workload
from tests.rule_types.evidence_rule import DIGEST, IMAGE, PINNED, REPOSITORY, images, judged, only, registry
from tests.rule_types.one_rule import text_of
from webhook.admission.decision import Verdict
from webhook.admission.evidence import ImageFacts, ImageNeed, NotHad, Outcome
from webhook.admission.facts import Facts, Needs
from webhook.admission.finding import Cause
from webhook.engine.decide import Stage, decide
from webhook.policy.ruleset import Ruleset
from webhook.source.path import look_up

KNOWN = {IMAGE: ImageFacts(DIGEST)}
AT = ("spec", "containers", 0, "image")


def rule(text: str = "pin: digest", beside: str = registry(), **spec: str) -> Ruleset:
    return ruleset(text_of("images", text, **spec) + beside)


def test_a_tag_is_resolved_and_the_digest_written_behind_it() -> None:
    decision = judged(rule(), KNOWN)
    assert (decision.verdict, decision.findings) == (Verdict.ALLOWED, ())
    assert decision.patch == ({"op": "replace", "path": "/spec/containers/0/image", "value": PINNED},)


@pytest.mark.parametrize("written", ["REGISTRY.corp.example/shop/web", REPOSITORY])
def test_an_image_keeps_its_own_spelling_and_gets_no_tag_that_nobody_wrote(written: str) -> None:
    decision = judged(rule(), {f"{REPOSITORY}:latest": ImageFacts(DIGEST)}, pod(image=written))
    assert look_up(decision.object, AT) == f"{written}@{DIGEST}"


def test_pinning_twice_is_pinning_once() -> None:
    assert judged(rule(), {}, pod(image=PINNED)).patch == ()


def test_the_rewritten_image_is_resolved() -> None:
    text = "rewrite: [{from: docker.io, to: registry.corp.example/hub}]\npin: digest"
    known = {"registry.corp.example/hub/library/nginx:1": ImageFacts(DIGEST)}
    decision = judged(rule(text), known, pod(image="nginx:1"))
    assert look_up(decision.object, AT) == f"registry.corp.example/hub/library/nginx:1@{DIGEST}"


def test_what_is_needed_is_the_digest_alone_and_only_of_hosts_that_are_declared() -> None:
    spec = {"initContainers": [{"name": "x", "image": "quay.io/acme/x:1"}]}
    needs = decide(request(pod({"spec": spec}, image=IMAGE)), rule(), Facts({SHOP.name: SHOP}), NOW)
    assert needs == Needs(images=frozenset({ImageNeed(IMAGE)}))


def test_an_image_on_a_host_without_a_registry_is_left_alone() -> None:
    decision = judged(rule(), {}, pod(image="quay.io/acme/x:1"))
    assert (decision.verdict, decision.patch, decision.findings) == (Verdict.ALLOWED, (), ())


def test_a_policy_by_itself_leaves_alone_what_its_case_calls_misconfigured() -> None:
    alone = ruleset(text_of("images", "pin: digest"))
    known = images('"quay.io/acme/x:1": {misconfigured: no Registry}')
    assert judged(alone, known, pod(image="quay.io/acme/x:1")).findings == ()


@pytest.mark.parametrize(
    ("outcome", "verdict", "cause"),
    [
        (Outcome.UNAVAILABLE, Verdict.UNDECIDED, Cause.UNAVAILABLE),
        (Outcome.MISSING, Verdict.DENIED, Cause.VIOLATES),
        (Outcome.MISCONFIGURED, Verdict.DENIED, Cause.VIOLATES),
        (Outcome.INVALID, Verdict.DENIED, Cause.VIOLATES),
    ],
)
def test_what_could_not_be_resolved_stays_as_it_is_and_is_found(
    outcome: Outcome, verdict: Verdict, cause: Cause
) -> None:
    decision = judged(rule(), {IMAGE: NotHad(outcome, "that is why")})
    assert (decision.verdict, decision.patch, only(decision).cause) == (verdict, (), cause)
    assert only(decision).message == f'"{IMAGE}" is {outcome}: that is why'


def test_offline_a_pod_is_undecided_and_a_template_is_fine() -> None:
    decision = judged(rule(), {})
    assert (decision.verdict, only(decision).message) == (Verdict.UNDECIDED, f'"{IMAGE}" needs the registry')
    assert judged(rule(), {}, workload("Deployment")).findings == ()


def test_what_was_not_pinned_is_found_when_it_is_validated() -> None:
    decision = judged(rule(), KNOWN, stage=Stage.VALIDATE)
    assert (decision.verdict, only(decision).message) == (Verdict.DENIED, f'"{IMAGE}" is not pinned to its digest')
    assert only(decision).fix == f"submit it again, or write {PINNED}"
    again = judged(rule(), KNOWN, stage=Stage.VALIDATE)
    assert again.findings == decision.findings


def test_what_nobody_knew_is_not_remembered_as_fine() -> None:
    one = rule()
    assert isinstance(decide(request(pod(image=IMAGE)), one, Facts({SHOP.name: SHOP}), NOW, Stage.VALIDATE), Needs)
    assert judged(one, KNOWN, stage=Stage.VALIDATE).verdict is Verdict.DENIED
    assert judged(one, {}, pod(image=PINNED), stage=Stage.VALIDATE).findings == ()
    assert judged(one, KNOWN, stage=Stage.VALIDATE).verdict is Verdict.DENIED


def test_nothing_is_demanded_of_a_templates_own_text_and_other_rules_see_it_pinned() -> None:
    text = policy("- {name: r, images: {pin: digest}}\n- {name: d, images: {digest: required}}") + registry()
    decision = judged(ruleset(text), KNOWN, workload("Deployment"))
    assert (decision.verdict, decision.findings, decision.patch) == (Verdict.ALLOWED, (), ())


def test_a_required_digest_is_not_told_twice_and_still_required_where_nothing_is_pinned() -> None:
    both = rule("digest: required\npin: digest")
    assert len(judged(both, {IMAGE: NotHad(Outcome.UNAVAILABLE, "x")}).findings) == 1
    assert only(judged(both, {}, pod(image="quay.io/acme/x:1"))).message.endswith("has no digest, must have one")


def test_an_update_asks_about_new_images_alone() -> None:
    labelled = pod({"metadata": {"labels": {"a": "b"}}}, image=IMAGE)
    decision = decide(request(labelled, old=pod(image=IMAGE)), rule(), Facts({SHOP.name: SHOP}), NOW)
    assert getattr(decision, "findings", None) == ()
    changed = judged(rule(), KNOWN, request(pod(image=IMAGE), old=pod(image=f"{REPOSITORY}:1")))
    assert (changed.verdict, changed.patch) == (Verdict.DENIED, ())


def test_a_new_debug_container_is_pinned_on_its_own_subresource() -> None:
    new = pod({"spec": {"ephemeralContainers": [{"name": "b", "image": IMAGE}]}}, image=IMAGE)
    asked = request(new, old=pod(image=IMAGE), subresource="ephemeralcontainers")
    decision = judged(rule(), KNOWN, asked)
    assert [(edit["path"], edit["value"]) for edit in decision.patch] == [("/spec/ephemeralContainers/0/image", PINNED)]
    assert decision.findings == ()


@pytest.mark.parametrize("mode", ["warn", "audit"])
def test_in_mode_warn_or_audit_nothing_is_pinned_and_one_finding_says_what_would_be(mode: str) -> None:
    decision = judged(rule(mode=mode), KNOWN)
    assert (decision.verdict, decision.patch) == (Verdict.ALLOWED, ())
    assert only(decision).fix == f"submit it again, or write {PINNED}"
