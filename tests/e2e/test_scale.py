"""Replicas, asked by a real API server: `kubectl scale` is no way around a rule about them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.cluster import Cluster
from tests.e2e.doorward import registered
from tests.e2e.objects import deployment
from tests.e2e.waiting import poll
from tests.objects import policy

NAMESPACE = "scaled"
KINDS = ("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController")
RULES = policy(
    "- name: asked-about-new-pods\n  volumes: {hostPath: {forbidden: true}}\n"
    f"- name: two-at-least\n  match: {{kinds: [{', '.join(KINDS)}], namespaces: {{include: [{NAMESPACE}]}}}}\n"
    "  fields: {object: spec.replicas, min: 2}\n"
)


def workload(kind: str) -> dict[str, Any]:
    """An object of the kind with three replicas."""
    made = deployment("web", replicas=3)
    if kind == "ReplicationController":
        made["spec"]["selector"] = made["spec"]["selector"]["matchLabels"]
        return {**made, "apiVersion": "v1", "kind": kind}
    return {**made, "kind": kind}


@pytest.fixture(scope="module", autouse=True)
def asked(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    rules = tmp_path_factory.mktemp("rules")
    (rules / "rules.yaml").write_text(RULES)
    cluster.namespace(NAMESPACE)
    for kind in KINDS:
        made = cluster.kubectl("create", "-n", NAMESPACE, "-f", "-", input=json.dumps(workload(kind)))
        assert made.returncode == 0, made.stderr
    with registered(cluster, rules):
        poll(lambda: scale(cluster, "Deployment", 1)[0] != 0, "nobody is refused")
        yield


def scale(cluster: Cluster, kind: str, replicas: int) -> tuple[int, str]:
    ended = cluster.kubectl("scale", kind.lower(), "web", "-n", NAMESPACE, f"--replicas={replicas}")
    return ended.returncode, ended.stdout + ended.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_a_scale_below_what_the_rule_wants_is_refused_and_another_is_not(cluster: Cluster, kind: str) -> None:
    code, told = scale(cluster, kind, 1)
    assert (code, "spec.replicas: is 1, must be at least 2" in told) == (1, True), told
    code, told = scale(cluster, kind, 4)
    assert (code, told.endswith("/web scaled\n")) == (0, True), told


def test_none_at_all_is_refused_although_a_scale_does_not_say_so(cluster: Cluster) -> None:
    code, told = scale(cluster, "Deployment", 0)
    assert (code, "spec.replicas: is 0, must be at least 2" in told) == (1, True), told
