"""What the rule type sidecar makes of a pod is accepted by a real API server, and stays as it is in a second pass."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.cluster import Cluster
from tests.objects import decided, policy, request, ruleset
from tests.pod import corpus
from webhook.admission.decision import Verdict

Json = dict[str, Any]

NAMESPACE = "sidecar-rule"
RULES = ruleset(
    policy(
        """
- name: mesh
  sidecar:
    container:
      name: mesh-proxy
      image: registry.corp.example/mesh/proxy:1.9
      ports: [{name: mesh-ready, containerPort: 15021}]
      env: [{name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]
      startupProbe: {httpGet: {path: /ready, port: 15021}}
      lifecycle: {preStop: {sleep: {seconds: 5}}}
      securityContext:
        allowPrivilegeEscalation: false
        capabilities: {drop: [ALL]}
        runAsUser: 1337
      volumeMounts: [{name: mesh-certs, mountPath: /certs, readOnly: true}]
    volumes:
    - {name: mesh-certs, projected: {sources: [{serviceAccountToken: {audience: mesh, path: token}}]}}
    - {name: mesh-tmp}
    mountInto: {containers: [{name: mesh-tmp, mountPath: /mesh}]}
    position: first
    tune:
      cpu.request: {default: 50m, annotation: mesh.example/cpu-request, min: 10m, max: "1"}
      cpu.limit: {annotation: mesh.example/cpu-limit, max: "2"}
      memory.request: {default: 64Mi, annotation: mesh.example/memory-request, min: 32Mi, max: 1Gi}
      memory.limit: {default: 256Mi, annotation: mesh.example/memory-limit, max: 1Gi}
      ephemeral-storage.limit: {default: 0.5Gi}
    excludePorts: {annotation: mesh.example/exclude-ports, env: EXCLUDE_PORTS}
- name: secrets
  sidecar:
    containers:
    - {name: secrets-init, image: registry.corp.example/vault/agent@sha256:DIGEST, args: [once]}
    - name: secrets-agent
      image: registry.corp.example/vault/agent:1.17
      restartPolicy: Always
      startupProbe: {exec: {command: [ready]}}
    position: {after: mesh-proxy}
""".replace("DIGEST", "a" * 64)
    )
)


def a_pod(name: str, annotations: Json | None = None, **spec: Any) -> Json:
    metadata = {"name": name, "annotations": {f"mesh.example/{key}": text for key, text in (annotations or {}).items()}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [WEB], **spec}}


WEB = {"name": "web", "image": "nginx:1"}
REFUSED = [
    a_pod("whole-request", resources={"requests": {"cpu": "10m"}}),
    a_pod("whole-limit", resources={"limits": {"cpu": "1", "memory": "100Mi"}}),
    a_pod("hasty", terminationGracePeriodSeconds=1),
    a_pod("windows", os={"name": "windows"}),
    a_pod("too-much", {"cpu-request": "7", "memory-limit": "x", "exclude-ports": "0"}),
    a_pod("own-volume", volumes=[{"name": "mesh-tmp", "configMap": {"name": "mine"}}]),
    a_pod("own-container", initContainers=[{"name": "mesh-proxy", "image": "nginx:1"}]),
    a_pod("ordinary", containers=[WEB, {"name": "mesh-proxy", "image": "nginx:1"}]),
]
"""Pods of which nothing may be made that the API server would refuse: the words are to be ours."""
PLAIN = [
    a_pod("plain"),
    a_pod("tuned", {"cpu-request": "0.25", "cpu-limit": "1500m", "memory-limit": "1024Mi", "exclude-ports": "81,80"}),
    a_pod("limit-only", {"cpu-limit": "20m"}),
    a_pod("host-network", hostNetwork=True),
    a_pod("just-in-time", terminationGracePeriodSeconds=5),
    a_pod("job", restartPolicy="Never", activeDeadlineSeconds=60),
    a_pod("roomy", resources={"requests": {"cpu": "2", "memory": "2Gi"}, "limits": {"cpu": "4", "memory": "4Gi"}}),
    a_pod("init", initContainers=[{"name": "migrate", "image": "b:1"}, {"name": "s", "image": "c:1"}]),
    a_pod(
        "own-mount", volumes=[{"name": "v"}], containers=[{**WEB, "volumeMounts": [{"name": "v", "mountPath": "/v"}]}]
    ),
]
PODS = [*PLAIN, *REFUSED, *(obj for obj in corpus.objects(270, seed=11) if obj["kind"] == "Pod")]


@pytest.fixture(scope="module")
def namespace(cluster: Cluster) -> str:
    """A namespace with the corpus's ServiceAccounts."""
    name = cluster.namespace(NAMESPACE)
    for account in ("robot", "quiet"):
        document = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": account}}
        cluster.apply(f"/api/v1/namespaces/{name}/serviceaccounts/{account}", document)
    return name


@pytest.mark.parametrize("obj", PODS, ids=lambda obj: obj["metadata"]["name"])
def test_a_mutated_pod_is_accepted_and_comes_back_unchanged_from_a_second_pass(
    cluster: Cluster, namespace: str, obj: Json
) -> None:
    path = f"/api/v1/namespaces/{namespace}/pods?dryRun=All"
    seen = cluster.api("POST", path, obj)
    assert seen.status == 201, seen.body.get("message")
    first = decided(RULES, request({**obj, "spec": seen.body["spec"]}, namespace="shop"))
    assert first.faults == ()
    assert first.object is not None
    answer = cluster.api("POST", path, first.object)
    assert answer.status == 201, answer.body.get("message")
    second = decided(RULES, request(answer.body, namespace="shop"))
    assert (second.patch, second.faults, second.verdict) == ((), (), first.verdict)
    assert [(one.where, one.message) for one in second.findings] == [(one.where, one.message) for one in first.findings]


@pytest.mark.parametrize("obj", PLAIN, ids=lambda obj: obj["metadata"]["name"])
def test_containers_are_put_in_their_order_and_nothing_is_found(obj: Json) -> None:
    decision = decided(RULES, request(obj, namespace="shop"))
    assert decision.object is not None
    names = [one["name"] for one in decision.object["spec"]["initContainers"]]
    assert names[:3] == ["mesh-proxy", "secrets-init", "secrets-agent"]
    assert (decision.verdict, decision.findings) == (Verdict.ALLOWED, ())


@pytest.mark.parametrize("obj", REFUSED, ids=lambda obj: obj["metadata"]["name"])
def test_what_does_not_fit_is_refused_in_our_words(obj: Json) -> None:
    decision = decided(RULES, request(obj, namespace="shop"))
    assert decision.verdict is Verdict.DENIED
