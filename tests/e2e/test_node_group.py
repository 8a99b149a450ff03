"""nodeGroup with a real API server: what it makes of pods is taken and stays, and who must stay out reads why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from subprocess import CompletedProcess
from typing import Any

import pytest

from tests.e2e.cluster import Cluster
from tests.e2e.doorward import registered
from tests.e2e.objects import Json, deployment, deployments, pod, pods
from tests.e2e.users import node
from tests.objects import NOW, policy, request, ruleset
from tests.pod import corpus
from webhook.admission.decision import Decision, Verdict
from webhook.admission.facts import Facts, Namespace
from webhook.engine.decide import decide

PCI, OPEN = "node-group-pci", "node-group-open"
TEXT = policy("""
- name: pools
  nodeGroup:
    groups:
      pci:
        labels: {pool: pci, acme.example/zone: inner}
        taints: ["pool=pci:NoSchedule", "acme.example/inner:NoExecute"]
        restrictedTo: {namespaceSelector: {matchLabels: {data-class: pci}}}
      shared: {labels: {pool: shared}, default: true}
    forbid: {nodeName: true, wildcardTolerations: true}
""")
RULES = ruleset(TEXT)
LABELS = {PCI: {"data-class": "pci"}, OPEN: {"data-class": "none"}}
TOLERATIONS = [
    {"key": "pool", "operator": "Equal", "value": "pci", "effect": "NoSchedule"},
    {"key": "acme.example/inner", "operator": "Equal", "effect": "NoExecute"},
]


def a_pod(name: str, **spec: Any) -> Json:
    made = pod(name)
    made["spec"] |= spec
    return made


def required(*terms: list[Json]) -> Json:
    selectors = {"nodeSelectorTerms": [{"matchExpressions": list(expressions)} for expressions in terms]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": selectors}}


def pool(operator: str, *values: str) -> Json:
    return {"key": "pool", "operator": operator, **({"values": list(values)} if values else {})}


INNER = {"key": "acme.example/zone", "operator": "In", "values": ["inner"]}
PLAIN = [
    a_pod("plain"),
    a_pod("zoned", nodeSelector={"zone": "a"}),
    a_pod("tolerant", tolerations=[{"key": "spot", "operator": "Exists"}]),
    a_pod("either", affinity=required([pool("In", "pci", "shared")])),
    a_pod("any", affinity=required([pool("Exists")], [pool("NotIn", "spot")])),
    a_pod("none", affinity=required([])),
    a_pod(
        "one-node",
        affinity={
            "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {
                    "nodeSelectorTerms": [
                        {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]}
                    ]
                }
            }
        },
    ),
]
"""Pods that fit either group."""
ODD = [
    a_pod("selects", nodeSelector={"pool": "pci"}),
    a_pod("elsewhere", nodeSelector={"pool": "other"}),
    a_pod("demands", affinity=required([pool("In", "pci"), INNER])),
    a_pod("half", affinity=required([pool("In", "pci")], [pool("In", "shared")])),
    a_pod("tolerates", tolerations=TOLERATIONS),
    a_pod("by-key", tolerations=[{"key": "pool", "operator": "Exists"}]),
    a_pod("everything", tolerations=[{"operator": "Exists"}]),
    a_pod("everything-evicting", tolerations=[{"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 9}]),
    a_pod("bound", nodeName="n1"),
]
PODS = [*PLAIN, *ODD, *(obj for obj in corpus.objects(270, seed=23) if obj["kind"] == "Pod")]


@pytest.fixture(scope="module", autouse=True)
def namespaces(cluster: Cluster) -> None:
    """A namespace that uses the restricted group and one that does not, with the corpus's ServiceAccounts."""
    for name, labels in LABELS.items():
        cluster.namespace(name, labels)
        for account in ("robot", "quiet"):
            document = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": account}}
            cluster.apply(f"/api/v1/namespaces/{name}/serviceaccounts/{account}", document)


def judged(obj: Json, namespace: str) -> Decision:
    known = Facts({namespace: Namespace(namespace, LABELS[namespace])})
    decision = decide(request(obj, namespace=namespace), RULES, known, NOW)
    assert isinstance(decision, Decision)
    assert decision.faults == ()
    return decision


@pytest.mark.parametrize("namespace", LABELS)
@pytest.mark.parametrize("obj", PODS, ids=lambda obj: obj["metadata"]["name"])
def test_a_mutated_pod_is_accepted_and_comes_back_unchanged_from_a_second_pass(
    cluster: Cluster, namespace: str, obj: Json
) -> None:
    path = f"{pods(namespace)}?dryRun=All"
    seen = cluster.api("POST", path, obj)
    assert seen.status == 201, seen.body.get("message")
    first = judged({**obj, "spec": seen.body["spec"]}, namespace)
    answer = cluster.api("POST", path, first.object)
    assert answer.status == 201, answer.body.get("message")
    second = judged(answer.body, namespace)
    assert (second.patch, second.verdict) == ((), first.verdict)
    assert [(one.where, one.message) for one in second.findings] == [(one.where, one.message) for one in first.findings]


@pytest.mark.parametrize("namespace", LABELS)
@pytest.mark.parametrize("obj", PLAIN, ids=lambda obj: obj["metadata"]["name"])
def test_a_pod_that_fits_gets_what_its_group_wants(namespace: str, obj: Json) -> None:
    decision = judged(obj, namespace)
    assert (decision.verdict, decision.findings) == (Verdict.ALLOWED, ())


# asked by the API server


@pytest.fixture(scope="module")
def asked(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    for namespace in LABELS:  # what runs already when the rule comes
        assert cluster.api("POST", pods(namespace), pod("old")).status == 201
    rules = tmp_path_factory.mktemp("rules")
    (rules / "rules.yaml").write_text(TEXT)
    with registered(cluster, rules):
        yield


def create(cluster: Cluster, namespace: str, obj: Json) -> CompletedProcess[str]:
    return cluster.kubectl("create", "-n", namespace, "-f", "-", input=json.dumps(obj))


def patch(cluster: Cluster, namespace: str, name: str, operation: Json) -> CompletedProcess[str]:
    return cluster.kubectl("patch", "pod", name, "-n", namespace, "--type=json", "-p", json.dumps([operation]))


LABELLED = {"op": "add", "path": "/metadata/labels", "value": {"a": "b"}}
WILD = {"op": "add", "path": "/spec/tolerations/-", "value": {"operator": "Exists", "effect": "NoExecute"}}


def test_a_pod_of_the_group_is_stored_with_selector_and_tolerations(cluster: Cluster, asked: None) -> None:
    made = create(cluster, PCI, pod("of-the-group"))
    assert (made.returncode, made.stderr) == (0, "")
    spec = cluster.api("GET", pods(PCI, "of-the-group")).body["spec"]
    assert spec["nodeSelector"] == {"pool": "pci", "acme.example/zone": "inner"}
    assert [one for one in spec["tolerations"] if not one["key"].startswith("node.kubernetes.io/")] == TOLERATIONS
    other = cluster.api("POST", pods(OPEN), pod("of-the-default")).body["spec"]
    assert other["nodeSelector"] == {"pool": "shared"}
    assert {one["key"].partition("/")[0] for one in other["tolerations"]} == {"node.kubernetes.io"}


def test_a_pod_outside_is_refused_and_kubectl_says_why(cluster: Cluster, asked: None) -> None:
    tolerations = [{"key": "pool", "operator": "Exists"}, {"operator": "Exists"}]
    refused = create(cluster, OPEN, a_pod("outside", nodeSelector={"pool": "pci"}, tolerations=tolerations))
    assert refused.returncode == 1
    not_theirs = 'the nodes of the group "pci", which its namespace may not use'
    for told in (
        f'spec.nodeSelector.pool: "pci" leads to {not_theirs}',
        f"spec.tolerations[0]: tolerates pool=pci:NoSchedule: it is to keep pods off {not_theirs}",
        "spec.tolerations[1]: tolerates every taint, so that none keeps it off a node",
        'nodeSelector: {pool: "shared"}',
    ):
        assert told in refused.stderr
    assert cluster.api("GET", pods(OPEN, "outside")).status == 404


def test_a_pod_that_names_its_node_is_refused_and_one_that_the_scheduler_binds_is_left_alone(
    cluster: Cluster, asked: None
) -> None:
    refused = create(cluster, OPEN, a_pod("past", nodeName="n1"))
    assert refused.returncode == 1
    assert 'spec.nodeName: names the node "n1", which goes past the scheduler and most taints' in refused.stderr
    assert create(cluster, OPEN, pod("scheduled")).returncode == 0
    binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "scheduled"}}
    target = {"target": {"kind": "Node", "name": "n1"}}
    assert cluster.api("POST", f"{pods(OPEN, 'scheduled')}/binding", {**binding, **target}).status == 201
    assert cluster.api("GET", pods(OPEN, "scheduled")).body["spec"]["nodeName"] == "n1"
    labelled = patch(cluster, OPEN, "scheduled", LABELLED)
    assert (labelled.returncode, labelled.stderr) == (0, "")


def test_a_toleration_that_is_added_to_a_running_pod_is_refused(cluster: Cluster, asked: None) -> None:
    assert create(cluster, OPEN, pod("running")).returncode == 0
    refused = patch(cluster, OPEN, "running", WILD)
    assert refused.returncode == 1
    assert 'tolerates every taint with the effect "NoExecute", so that none keeps it off a node' in refused.stderr


def test_what_ran_before_the_rule_is_warned_of_and_goes_on(cluster: Cluster, asked: None) -> None:
    labelled = patch(cluster, PCI, "old", LABELLED)
    assert labelled.returncode == 0
    assert 'spec.nodeSelector.pool: missing, must be "pci": its namespace uses the group "pci"' in labelled.stderr


def test_a_daemon_set_is_refused_where_it_was_written_until_it_says_itself_where_it_runs(
    cluster: Cluster, asked: None
) -> None:
    one = deployment("agent")
    one["kind"] = "DaemonSet"
    del one["spec"]["replicas"]
    refused = create(cluster, PCI, one)
    assert refused.returncode == 1
    assert "spec.template.spec.tolerations: do not tolerate pool=pci:NoSchedule" in refused.stderr
    assert "in the template, by which a DaemonSet chooses its nodes" in refused.stderr
    labels = {"pool": "pci", "acme.example/zone": "inner"}
    one["spec"]["template"]["spec"] |= {"nodeSelector": labels, "tolerations": TOLERATIONS}
    made = create(cluster, PCI, one)
    assert (made.returncode, made.stderr) == (0, "")
    assert cluster.api("POST", deployments(PCI), deployment("web")).status == 201, "its pods are filled in"


def test_a_kubelets_picture_of_a_static_pod_is_let_in(cluster: Cluster, asked: None) -> None:
    made = cluster.api("POST", "/api/v1/nodes", {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n7"}}).body
    owner = {"apiVersion": "v1", "kind": "Node", "name": "n7", "uid": made["metadata"]["uid"], "controller": True}
    notes = {"kubernetes.io/config.mirror": "0123", "kubernetes.io/config.source": "file"}
    static = pod("static-n7", annotations=notes, ownerReferences=[owner])
    static["spec"] |= {"nodeName": "n7", "tolerations": [{"operator": "Exists", "effect": "NoExecute"}]}
    answer = cluster.api("POST", pods(OPEN), static, user=node("n7"))
    assert answer.status == 201, answer.body
    assert "nodeSelector" not in answer.body["spec"]
    assert cluster.api("DELETE", "/api/v1/nodes/n7").status == 200
