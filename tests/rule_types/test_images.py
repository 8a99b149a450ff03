"""images: where images come from, how they are named and pulled, and how they are rewritten."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.objects import NOW, clashing, decided, pod, policy, request, workload
from tests.rule_types.one_rule import one_rule, said, wrongs
from webhook.admission.decision import Decision, Verdict
from webhook.admission.finding import Action, Cause, Standing
from webhook.engine.decide import Stage
from webhook.pod.defaults import defaulted

DIGEST = "sha256:" + "a" * 64
AT = "spec.containers[0].image"
MIRROR = "from: [registry.corp.example]\nrewrite: [{from: docker.io, to: registry.corp.example/hub}]"


def judged(text: str, obj: dict[str, Any], **spec: str) -> Decision:
    return decided(one_rule("images", text, **spec), obj)


@pytest.mark.parametrize(
    "image",
    ["registry.corp.example/a:1", "registry.corp.example/a/b/c@" + DIGEST, "REGISTRY.corp.example/a:1"],
)
def test_a_host_covers_everything_below_it(image: str) -> None:
    assert judged("from: [registry.corp.example]", pod(image=image)).findings == ()


@pytest.mark.parametrize(
    ("image", "repository"),
    [
        ("nginx:1.27", "docker.io/library/nginx"),
        ("registry.corp.example.evil.com/a:1", "registry.corp.example.evil.com/a"),
        ("registry.corp.example:5000/a:1", "registry.corp.example:5000/a"),
        ("evil.com/registry.corp.example/a:1", "evil.com/registry.corp.example/a"),
    ],
)
def test_an_image_from_elsewhere_is_refused_with_the_repository_that_is_meant(image: str, repository: str) -> None:
    decision = judged("from: [registry.corp.example]", pod(image=image))
    assert said(decision) == [(AT, f'"{image}" comes from {repository}, which is not allowed')]
    assert decision.findings[0].fix == "use an image from registry.corp.example"


def test_every_list_and_the_image_volumes_are_seen() -> None:
    bad = {"name": "x", "image": "nginx:1"}
    spec = {
        "initContainers": [bad, {**bad, "restartPolicy": "Always"}],
        "ephemeralContainers": [bad],
        "volumes": [{"name": "v", "image": {"reference": "nginx:1"}}, {"name": "e", "emptyDir": {}}],
    }
    decision = judged("from: [registry.corp.example]", pod({"spec": spec}))
    assert [finding.where for finding in decision.findings] == [
        "spec.ephemeralContainers[0].image",
        "spec.initContainers[0].image",
        "spec.initContainers[1].image",
        "spec.volumes[0].image.reference",
    ]


def test_a_missing_or_unreadable_image_is_refused_whatever_the_rule_says_of_images() -> None:
    for text in ("from: [registry.corp.example]", "tag: {required: true}", "digest: required", "pullPolicy: [Always]"):
        assert said(judged(text, pod(image=None))) == [(AT, "missing, an image must be named")]
        assert said(judged(text, pod(image=""))) == [(AT, "missing, an image must be named")]
        unreadable = judged(text, pod(image="a//b"))
        assert [(f.where, f.value, f.action) for f in unreadable.findings] == [(AT, "a//b", Action.DENY)]


def test_where_a_digest_is_only_preferred_an_unreadable_image_only_warns_too() -> None:
    assert [f.action for f in judged("digest: preferred", pod(image="a//b")).findings] == [Action.WARN]


def test_not_from_names_repositories_tags_and_version_ranges() -> None:
    text = 'notFrom: [registry.corp.example/sandbox, "**/tiller", "**/argocd:<2.1.9"]'
    assert judged(text, pod(image="registry.corp.example/shop:1")).findings == ()
    assert said(judged(text, pod(image="registry.corp.example/sandbox/x:1"))) == [
        (AT, '"registry.corp.example/sandbox/x:1" is forbidden by "registry.corp.example/sandbox"')
    ]
    assert said(judged(text, pod(image="quay.io/helm/tiller:2")))[0][1].endswith('is forbidden by "**/tiller"')
    assert judged(text, pod(image="quay.io/argoproj/argocd:v2.1.9")).findings == ()
    assert said(judged(text, pod(image="quay.io/argoproj/argocd:v2.1.8")))[0][1].endswith(
        'forbidden by "**/argocd:<2.1.9"'
    )
    doubt = judged(text, pod(image="quay.io/argoproj/argocd:latest"))
    assert said(doubt)[0][1].endswith('may be forbidden by "**/argocd:<2.1.9": its tag states no version')
    assert doubt.findings[0].fix == "name a version as tag"


def test_a_digest_satisfies_a_required_tag_and_no_tag_means_latest() -> None:
    required = "tag: {required: true}"
    assert judged(required, pod(image=f"registry.corp.example/a@{DIGEST}")).findings == ()
    assert judged(required, pod(image="registry.corp.example/a:latest")).findings == ()
    message = '"registry.corp.example/a" has no tag, which means latest and can change at any time'
    for text in (required, "tag: {forbid: [latest]}", "tag: {required: true, forbid: [latest]}"):
        assert said(judged(text, pod(image="registry.corp.example/a"))) == [(AT, message)]
    assert judged('tag: {forbid: ["*-SNAPSHOT"]}', pod(image="registry.corp.example/a")).findings == ()


def test_a_forbidden_tag_is_named_beside_a_digest_too() -> None:
    text = 'tag: {forbid: [latest, "*-SNAPSHOT"]}'
    decision = judged(text, pod(image=f"registry.corp.example/a:latest@{DIGEST}"))
    assert said(decision)[0][1].endswith('has the forbidden tag "latest"')
    assert decision.findings[0].fix == "name a fixed version as tag, or the digest without a tag"
    assert judged(text, pod(image=f"registry.corp.example/a@{DIGEST}")).findings == ()
    assert said(judged(text, pod(image="registry.corp.example/a:1-SNAPSHOT")))[0][1].endswith('tag "1-SNAPSHOT"')


def test_a_digest_is_required_or_preferred() -> None:
    required = judged("digest: required", pod(image="a.example/a:1"))
    assert (required.verdict, required.findings[0].fix) == (Verdict.DENIED, "pin it: a.example/a:1@sha256:...")
    preferred = judged("digest: preferred", pod(image="a.example/a:1"))
    assert (preferred.verdict, said(preferred)) == (
        Verdict.ALLOWED,
        [(AT, '"a.example/a:1" has no digest, should have one')],
    )
    assert judged("digest: preferred", pod(image="a.example/a:1"), mode="audit").findings[0].action is Action.AUDIT


def test_pull_policies_depend_on_the_digest_and_a_plain_list_holds_for_all() -> None:
    text = "pullPolicy: {mutableTags: [Always], others: [Always, IfNotPresent]}"
    decision = judged(text, pod(image="a.example/a:1", imagePullPolicy="IfNotPresent"))
    assert said(decision) == [
        ("spec.containers[0].imagePullPolicy", 'is "IfNotPresent", must be Always for a tag that can change')
    ]
    pinned = f"a.example/a@{DIGEST}"
    assert judged(text, pod(image=pinned, imagePullPolicy="IfNotPresent")).findings == ()
    assert said(judged(text, pod(image=pinned, imagePullPolicy="Never")))[0][1] == (
        'is "Never", must be Always or IfNotPresent for an image with a digest'
    )
    assert len(judged("pullPolicy: [Always]", pod(image=pinned, imagePullPolicy="Never")).findings) == 1
    volume = {"name": "v", "image": {"reference": "a.example/a:1", "pullPolicy": "Never"}}
    at_volume = judged(text, pod({"spec": {"volumes": [volume]}}))
    assert [finding.where for finding in at_volume.findings] == ["spec.volumes[0].image.pullPolicy"]


def test_a_pull_policy_that_an_author_left_out_is_judged_as_the_api_server_fills_it_in() -> None:
    deployment = workload("Deployment", {"spec": {"containers": [{"name": "web", "image": "a.example/a:1"}]}})
    decision = judged("pullPolicy: [Always]", defaulted(deployment))
    assert said(decision) == [
        (
            "spec.template.spec.containers[0].imagePullPolicy",
            'is "IfNotPresent", must be Always for a tag that can change',
        )
    ]


def test_a_rewritten_image_keeps_tag_and_digest_and_from_is_judged_on_the_result() -> None:
    decision = judged(MIRROR, pod(image=f"nginx:1.27@{DIGEST}"))
    assert decision.verdict is Verdict.ALLOWED
    assert decision.patch == (
        {
            "op": "replace",
            "path": "/spec/containers/0/image",
            "value": f"registry.corp.example/hub/library/nginx:1.27@{DIGEST}",
        },
    )
    elsewhere = judged(MIRROR, pod(image="quay.io/a:1"))
    assert (said(elsewhere), elsewhere.patch) == (
        [(AT, '"quay.io/a:1" comes from quay.io/a, which is not allowed')],
        (),
    )


def test_image_volumes_are_rewritten_too() -> None:
    obj = pod({"spec": {"volumes": [{"name": "v", "image": {"reference": "nginx:1"}}]}})
    decision = judged(MIRROR, obj)
    assert [(edit["path"], edit["value"]) for edit in decision.patch] == [
        ("/spec/volumes/0/image/reference", "registry.corp.example/hub/library/nginx:1")
    ]


@given(image=st.sampled_from(["nginx", "docker.io/a/b:1", "quay.io/x:2", "ghcr.io:443/y/z@" + DIGEST, "a.example/b:3"]))
def test_rewriting_twice_is_rewriting_once(image: str) -> None:
    text = 'rewrite: [{from: docker.io, to: r.example/hub}, {from: "*", to: "r.example/proxy/{host}"}]'
    rules = one_rule("images", text)
    first = decided(rules, pod(image=image))
    assert first.object is not None
    assert (first.verdict, decided(rules, first.object).patch) == (Verdict.ALLOWED, ())


@pytest.mark.parametrize("mode", ["warn", "audit"])
def test_in_mode_warn_or_audit_nothing_is_rewritten_and_one_finding_says_what_would_be(mode: str) -> None:
    decision = judged(MIRROR, pod(image="nginx:1.27"), mode=mode)
    assert (decision.verdict, decision.patch) == (Verdict.ALLOWED, ())
    assert said(decision) == [(AT, '"nginx:1.27" must be pulled from "registry.corp.example/hub/library/nginx:1.27"')]
    assert decision.findings[0].fix == "image: registry.corp.example/hub/library/nginx:1.27"


def test_what_was_not_rewritten_is_found_when_it_is_validated() -> None:
    rules = one_rule("images", MIRROR)
    decision = decided(rules, pod(image="nginx:1.27"), stage=Stage.VALIDATE)
    assert (decision.verdict, len(decision.findings)) == (Verdict.DENIED, 1)


def test_a_workloads_template_is_judged_as_rewritten_and_stays_as_it_is() -> None:
    allowed = judged(MIRROR, workload("CronJob", {"spec": {"containers": [{"name": "web", "image": "nginx:1"}]}}))
    assert (allowed.verdict, allowed.findings, allowed.patch) == (Verdict.ALLOWED, (), ())
    denied = judged(MIRROR, workload("CronJob", {"spec": {"containers": [{"name": "web", "image": "quay.io/a:1"}]}}))
    assert [finding.where for finding in denied.findings] == ["spec.jobTemplate.spec.template.spec.containers[0].image"]


def test_a_new_image_on_update_is_not_rewritten_but_found_and_an_old_one_only_warns() -> None:
    rules = one_rule("images", MIRROR)
    old = pod(image="nginx:1.26")
    relabelled = pod({"metadata": {"labels": {"a": "b"}}}, image="nginx:1.26")
    kept = decided(rules, request(relabelled, old=old))
    assert (kept.verdict, kept.patch, [f.standing for f in kept.findings]) == (Verdict.ALLOWED, (), [Standing.OLD])
    changed = decided(rules, request(pod(image="nginx:1.27"), old=old))
    assert (changed.verdict, changed.patch) == (Verdict.DENIED, ())
    assert changed.findings[0].fix == "image: registry.corp.example/hub/library/nginx:1.27"


def test_only_new_ephemeral_containers_are_rewritten_and_old_ones_only_warn() -> None:
    rules = one_rule("images", MIRROR)
    old = pod({"spec": {"ephemeralContainers": [{"name": "a", "image": "busybox:1"}]}})
    both = [{"name": "a", "image": "busybox:1"}, {"name": "b", "image": "busybox:1"}]
    new = pod({"spec": {"ephemeralContainers": both}})
    decision = decided(rules, request(new, old=old, subresource="ephemeralcontainers"))
    assert [edit["path"] for edit in decision.patch] == ["/spec/ephemeralContainers/1/image"]
    assert [(f.where, f.standing) for f in decision.findings] == [("spec.ephemeralContainers[0].image", Standing.OLD)]
    foreign = pod({"spec": {"ephemeralContainers": [both[0], {"name": "b", "image": "quay.io/busybox:1"}]}})
    refused = decided(rules, request(foreign, old=old, subresource="ephemeralcontainers"))
    assert (refused.verdict, refused.findings[0].where) == (Verdict.DENIED, "spec.ephemeralContainers[1].image")


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_two_rules_that_rewrite_one_image_differently_are_both_failed_whatever_their_order(names: Any) -> None:
    rewrites = ("{from: docker.io, to: r.example/hub}", '{from: "*", to: "r.example/proxy/{host}"}')
    rules = "".join(f"- {{name: {n}, images: {{rewrite: [{r}]}}}}\n" for n, r in zip(names, rewrites, strict=True))
    decision = decided(clashing(policy(rules)), pod(image="nginx:1"))
    assert (decision.verdict, decision.patch) == (Verdict.UNDECIDED, ())
    assert {(finding.rule.name, finding.cause) for finding in decision.findings} == {
        ("a", Cause.FAILED),
        ("b", Cause.FAILED),
    }


EXCEPTION = """---
apiVersion: doorward.dev/v1
kind: Exception
metadata: {name: billing}
spec:
  rules: [p/r]
  match: {namespaces: {include: [shop]}, images: ["docker.io/acme/billing"]}
  reason: vendor image
  owner: team-billing
  granted: 2026-11-01
  expires: 2027-01-31
"""


def test_an_exception_for_images_spares_those_as_submitted_and_they_are_not_rewritten() -> None:
    rules = policy(f"- name: r\n  images:\n    {MIRROR.replace(chr(10), chr(10) + '    ')}") + EXCEPTION
    two = [{"name": "a", "image": "acme/billing:1"}, {"name": "b", "image": "acme/other:1"}]
    decision = decided(rules, pod({"spec": {"containers": two}}), now=NOW)
    assert [edit["path"] for edit in decision.patch] == ["/spec/containers/1/image"]
    assert [(f.where, f.standing) for f in decision.findings] == [(AT, Standing.EXCEPTED)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "nothing is said of images"),
        ("tag: {required: false}", "nothing is said of the tag"),
        ("pullPolicy: {}", "nothing is said of pull policies"),
        ("from: [nginx]", '"nginx" is no image pattern: it has no host; did you mean "docker.io/library/nginx"?'),
        ("tag: {forbid: ['a/b']}", '"a/b" matches no tag'),
        ("tag: {forbid: ['.*']}", '".*" matches no tag'),
        (
            "from: [a.example/x]\nnotFrom: [a.example/x]",
            "`a.example/x` is in `notFrom` too, so nothing of it is allowed",
        ),
        (
            "from: [a.example]\nrewrite: [{from: docker.io, to: b.example/hub}]",
            "every image rewritten to it would be refused: `from` allows nothing on b.example",
        ),
        (
            "notFrom: [b.example]\nrewrite: [{from: docker.io, to: b.example/hub}]",
            "every image rewritten to it would be refused: `b.example` in `notFrom` covers all of it",
        ),
        (
            "rewrite: [{from: docker.io, to: a.example}, {from: docker.io, to: b.example}]",
            '"docker.io" is rewritten twice',
        ),
        (
            'rewrite: [{from: "*", to: a.example/x}]',
            "images of different hosts would become one: write a.example/x/{host}",
        ),
    ],
)
def test_what_cannot_be_meant_is_an_error_when_rules_load(text: str, message: str) -> None:
    assert [(level, found) for level, found, _ in wrongs("images", text)] == [("error", message)]


def test_rewrites_to_where_images_may_come_from_are_fine() -> None:
    assert wrongs("images", 'from: [r.example/proxy]\nrewrite: [{from: "*", to: "r.example/proxy/{host}"}]') == []
