"""refuse, asked by a real API server: shells and deletions, which bring no new object along."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.e2e.cluster import Cluster
from tests.e2e.doorward import registered
from tests.e2e.objects import pod
from tests.e2e.waiting import poll
from tests.objects import policy

NAMESPACE = "refused"
RULES = policy(
    "- name: asked-about-new-pods\n  volumes: {hostPath: {forbidden: true}}\n"
    "- name: no-shell\n  refuse: no shell here\n"
    "  match: {kinds: [Pod/exec, Pod/attach], operations: [CONNECT], namespaces: {include: [refused]}}\n"
    "- name: kept\n  refuse: this pod is kept\n"
    '  match: {kinds: [Pod], operations: [DELETE], objectSelector: {matchLabels: {keep: "true"}}}\n'
)


@pytest.fixture(scope="module", autouse=True)
def asked(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    rules = tmp_path_factory.mktemp("rules")
    (rules / "rules.yaml").write_text(RULES)
    for namespace in (NAMESPACE, "free"):
        cluster.namespace(namespace)
        for name, labels in (("kept", {"keep": "true"}), ("web", {})):
            one = pod(name)
            one["metadata"]["labels"] = labels
            one["metadata"]["finalizers"] = ["test.example/held"]
            made = cluster.kubectl("create", "-n", namespace, "-f", "-", input=json.dumps(one))
            assert made.returncode == 0, made.stderr
    with registered(cluster, rules):
        poll(lambda: "no shell here" in shell(cluster, "exec", NAMESPACE), "nobody is refused")
        yield
    for namespace in (NAMESPACE, "free"):
        for name in ("kept", "web"):
            released = json.dumps({"metadata": {"finalizers": None}})
            cluster.kubectl("patch", "-n", namespace, "pod", name, "--type=merge", "-p", released)


def shell(cluster: Cluster, verb: str, namespace: str) -> str:
    words = ("--", "sh") if verb == "exec" else ()
    return cluster.kubectl(verb, "-n", namespace, "web", *words).stderr


def delete(cluster: Cluster, name: str, *words: str) -> tuple[int, str]:
    ended = cluster.kubectl("delete", "-n", NAMESPACE, "pod", name, "--wait=false", *words)
    return ended.returncode, ended.stderr


@pytest.mark.parametrize("verb", ["exec", "attach"])
def test_a_shell_is_refused_where_the_rule_says_so_and_nowhere_else(cluster: Cluster, verb: str) -> None:
    refused = shell(cluster, verb, NAMESPACE)
    assert "no shell here" in refused
    assert "no-shell" in refused
    free = shell(cluster, verb, "free")
    assert "does not have a host assigned" in free, "it came past admission, and no node runs the pod"


def test_a_deletion_is_refused_by_a_label_of_the_old_object(cluster: Cluster) -> None:
    code, told = delete(cluster, "kept")
    assert (code, "this pod is kept" in told) == (1, True), told
    code, told = delete(cluster, "web")
    assert (code, told) == (0, "")


def test_what_is_being_deleted_already_can_be_deleted_to_the_end(cluster: Cluster) -> None:
    """A pod's kubelet deletes it a second time when its containers have ended."""
    labelled = json.dumps({"metadata": {"labels": {"keep": "true"}}})
    patched = cluster.kubectl("patch", "-n", NAMESPACE, "pod", "web", "--type=merge", "-p", labelled)
    assert patched.returncode == 0, patched.stderr
    code, told = delete(cluster, "web", "--grace-period=0", "--force")
    assert (code, "denied" in told) == (0, False), told
