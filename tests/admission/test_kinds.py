"""kinds: how rules name Kubernetes kinds, and what no rule may ever concern."""

import pytest

from webhook.admission.kinds import (
    BARE,
    BUILT_IN,
    CLUSTER_SCOPED,
    KEEPS_CLUSTER_ALIVE,
    NOT_A_SPEC,
    POD_CARRIERS,
    KindPattern,
)
from webhook.admission.request import GroupKind
from webhook.pod.workloads import POD_AT

POD = GroupKind("", "Pod")


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("Pod", KindPattern("", "Pod")),
        ("Deployment", KindPattern("apps", "Deployment")),
        ("CronJob", KindPattern("batch", "CronJob")),
        ("Namespace", KindPattern("", "Namespace")),
        ("Pod/exec", KindPattern("", "Pod", "exec")),
        ("Deployment/scale", KindPattern("apps", "Deployment", "scale")),
        ("networking.k8s.io/Ingress", KindPattern("networking.k8s.io", "Ingress")),
        ("apps/Deployment", KindPattern("apps", "Deployment")),
        ("apps/Deployment/scale", KindPattern("apps", "Deployment", "scale")),
        ("serving.knative.dev/Service", KindPattern("serving.knative.dev", "Service")),
        ("*", KindPattern("*", "*")),
    ],
)
def test_a_kind_is_read_as_people_write_it(text: str, pattern: KindPattern) -> None:
    assert KindPattern.parse(text) == pattern


@pytest.mark.parametrize(
    "text", ["Pod", "Pod/exec", "Deployment", "networking.k8s.io/Ingress", "acme.example/Shop/scale", "*"]
)
def test_a_kind_is_told_as_it_is_written(text: str) -> None:
    assert str(KindPattern.parse(text)) == text


def test_a_core_or_workload_kind_is_told_without_its_group() -> None:
    assert str(KindPattern.parse("apps/Deployment/scale")) == "Deployment/scale"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pod", "write `Pod`"),
        ("Pods", "did you mean `Pod`?"),
        ("Deploymnet", "did you mean `Deployment`?"),
        ("deployments", "did you mean `Deployment`?"),
        ("Ingress", "write `networking.k8s.io/Ingress`"),
        ("networkpolicy", "write `networking.k8s.io/NetworkPolicy`"),
        ("Zebra", "write other kinds as GROUP/Kind, such as networking.k8s.io/Ingress"),
        ("", "write other kinds as GROUP/Kind, such as networking.k8s.io/Ingress"),
    ],
)
def test_a_bare_kind_that_is_not_known_is_refused_with_what_was_probably_meant(text: str, words: str) -> None:
    with pytest.raises(ValueError, match="is no core or workload kind") as raised:
        KindPattern.parse(text)
    assert raised.value.args[1] == words


@pytest.mark.parametrize("text", ["apps/deployment", "networking.k8s.io/", "apps/"])
def test_a_group_needs_a_kind_with_a_capital(text: str) -> None:
    with pytest.raises(ValueError, match="names no kind"):
        KindPattern.parse(text)


@pytest.mark.parametrize("kind", sorted(KEEPS_CLUSTER_ALIVE))
def test_what_keeps_a_cluster_alive_can_neither_be_named_nor_be_meant_by_a_star(kind: GroupKind) -> None:
    with pytest.raises(ValueError, match="keeps a cluster alive"):
        KindPattern.parse(f"{kind.group}/{kind.kind}" if kind.group else kind.kind)
    assert not KindPattern.parse("*").covers(kind, "")


@pytest.mark.parametrize(
    ("text", "kind", "subresource", "covered"),
    [
        ("Pod", POD, "", True),
        ("Pod", POD, "ephemeralcontainers", True),
        ("Pod", POD, "resize", True),
        ("Pod", POD, "unheard-of", True),
        ("Pod", GroupKind("acme.example", "Pod"), "", False),
        ("Pod/ephemeralcontainers", POD, "ephemeralcontainers", True),
        ("Pod/ephemeralcontainers", POD, "", False),
        ("Deployment/scale", GroupKind("apps", "Deployment"), "scale", True),
        ("Deployment", GroupKind("apps", "Deployment"), "scale", False),
        ("Deployment/scale", GroupKind("apps", "StatefulSet"), "scale", False),
        ("*", GroupKind("acme.example", "Shop"), "", True),
        ("*", GroupKind("acme.example", "Shop"), "status", False),
    ],
)
def test_a_pattern_covers_its_kind_and_the_subresources_that_carry_its_spec(
    text: str, kind: GroupKind, subresource: str, covered: bool
) -> None:
    assert KindPattern.parse(text).covers(kind, subresource) is covered


@pytest.mark.parametrize("subresource", sorted(NOT_A_SPEC))
def test_subresources_without_a_spec_are_only_meant_by_their_name(subresource: str) -> None:
    assert not KindPattern.parse("Pod").covers(POD, subresource)
    assert KindPattern.parse(f"Pod/{subresource}").covers(POD, subresource)


def test_two_patterns_meet_where_something_can_be_meant_by_both() -> None:
    pods, services, every = KindPattern.parse("Pod"), KindPattern.parse("Service"), KindPattern.parse("*")
    assert pods.covers_pattern(pods)
    assert pods.covers_pattern(every)
    assert every.covers_pattern(pods)
    assert not pods.covers_pattern(services)


def test_kinds_that_carry_a_pod_are_the_nine_and_not_through_exec() -> None:
    assert len(POD_CARRIERS) == len(POD_AT) == 9
    assert all(KindPattern(kind.group, kind.kind).carries_pod for kind in POD_CARRIERS)
    assert KindPattern.parse("Pod/resize").carries_pod
    assert not KindPattern.parse("Pod/exec").carries_pod
    assert not KindPattern.parse("Service").carries_pod
    assert not KindPattern.parse("*").carries_pod


def test_every_kind_has_its_own_plural_and_the_tables_agree() -> None:
    resources = [(kind.group, resource.plural) for kind, resource in BUILT_IN.items()]
    assert len(set(resources)) == len(resources)
    assert set(BARE.values()) <= BUILT_IN.keys()
    assert not CLUSTER_SCOPED & set(POD_CARRIERS)
    assert not KEEPS_CLUSTER_ALIVE & set(POD_CARRIERS)


@pytest.mark.parametrize(("kind", "text"), [(POD, "Pod"), (GroupKind("apps", "Deployment"), "apps/Deployment")])
def test_a_group_and_kind_is_told_with_its_group(kind: GroupKind, text: str) -> None:
    assert str(kind) == text
