"""What the rule types defaults and images make of a pod is accepted by a real API server, and stays as it is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.cluster import Cluster
from tests.objects import decided, policy, request, ruleset
from tests.pod import corpus
from webhook.admission.finding import Finding

Json = dict[str, Any]

NAMESPACE = "defaults-rule"
RULES = ruleset(
    policy("""
- name: filled
  defaults:
    default:
      pod:
        hostUsers: false
        shareProcessNamespace: true
        activeDeadlineSeconds: 3600
        securityContext: {seccompProfile: {type: RuntimeDefault}, runAsNonRoot: true, fsGroup: 2000}
      containers:
        securityContext:
          allowPrivilegeEscalation: false
          readOnlyRootFilesystem: true
          capabilities: {drop: [ALL]}
        resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {memory: 1Gi}}
        livenessProbe: {tcpSocket: {port: 80}, periodSeconds: 7}
      volumes: {emptyDir: {sizeLimit: 1Gi}}
- name: enforced
  defaults:
    enforce:
      pod: {enableServiceLinks: false, dnsConfig: {options: [{name: ndots, value: "2"}]}}
      containers: {imagePullPolicy: Always, terminationMessagePolicy: FallbackToLogsOnError}
- name: appended
  defaults:
    append:
      pod:
        tolerations: [{key: pool, value: batch, effect: NoSchedule}]
        imagePullSecrets: [{name: corp}]
        volumes: [{name: scratch, emptyDir: {}}]
        topologySpreadConstraints: [{topologyKey: zone, whenUnsatisfiable: ScheduleAnyway, maxSkew: 1}]
      containers:
        env: [{name: TZ, value: Europe/Amsterdam}, {name: POD, value: {from: {pod: spec.schedulerName}}}]
        envFrom: [{secretRef: {name: common}}]
        volumeMounts: [{name: scratch, mountPath: /scratch}]
- {name: token, defaults: {remove: [serviceAccountToken]}}
- {name: bounded, defaults: {clamp: {pod: {terminationGracePeriodSeconds: {max: 20}}}}}
- name: mirrored
  images: {rewrite: [{from: docker.io, to: registry.corp.example/hub}]}
""")
)


def a_pod(name: str, container: Json | None = None, **spec: Any) -> Json:
    containers = [{"name": "web", "image": "nginx:1", **(container or {})}]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"containers": containers, **spec}}


CONTRARY = [
    a_pod("privileged", {"securityContext": {"privileged": True}}),
    a_pod("sys-admin", {"securityContext": {"capabilities": {"add": ["CAP_SYS_ADMIN"]}}}),
    a_pod("root", {"securityContext": {"runAsUser": 0}}),
    a_pod("windows", os={"name": "windows"}),
    a_pod("host-network", hostNetwork=True),
    a_pod("host-pid", hostPID=True),
    a_pod("large", {"resources": {"requests": {"memory": "2Gi"}}}),
    a_pod("small", {"resources": {"limits": {"memory": "8Mi", "cpu": "1m"}}}),
    a_pod("whole", resources={"limits": {"memory": "8Mi", "cpu": "1m"}}),
    a_pod("probed", {"livenessProbe": {"exec": {"command": ["true"]}}}),
    a_pod(
        "device",
        {"volumeDevices": [{"name": "d", "devicePath": "/dev/d"}]},
        volumes=[{"name": "d", "persistentVolumeClaim": {"claimName": "d"}}],
    ),
    a_pod(
        "waits", initContainers=[{"name": "i", "image": "b"}, {"name": "s", "image": "c", "restartPolicy": "Always"}]
    ),
    a_pod("own-scratch", volumes=[{"name": "scratch", "configMap": {"name": "x"}}]),
]
"""What some of the rules' values cannot stand beside."""

PODS = [*CONTRARY, *(obj for obj in corpus.objects(540, seed=7) if obj["kind"] == "Pod")]


@pytest.fixture(scope="module")
def namespace(cluster: Cluster) -> str:
    """A namespace with the corpus's ServiceAccounts."""
    name = cluster.namespace(NAMESPACE)
    for account in ("robot", "quiet"):
        document = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": account}}
        cluster.apply(f"/api/v1/namespaces/{name}/serviceaccounts/{account}", document)
    return name


@pytest.mark.parametrize("obj", PODS, ids=lambda obj: obj["metadata"]["name"])
def test_a_mutated_pod_is_accepted_and_a_second_pass_changes_nothing(
    cluster: Cluster, namespace: str, obj: Json
) -> None:
    path = f"/api/v1/namespaces/{namespace}/pods?dryRun=All"
    seen = cluster.api("POST", path, obj)
    assert seen.status == 201, seen.body.get("message")
    mutated = decided(RULES, request({**obj, "spec": seen.body["spec"]}, namespace="shop")).object
    answer = cluster.api("POST", path, mutated)
    assert answer.status == 201, answer.body.get("message")
    names = [volume["name"] for volume in answer.body["spec"]["volumes"]]
    second = decided(RULES, request(answer.body, namespace="shop"))
    assert (second.patch, second.faults) == ((), ())
    assert all(allowed_to_stay(finding) for finding in second.findings), second.findings
    assert not any(name.startswith("kube-api-access-") for name in names)


def allowed_to_stay(finding: Finding) -> bool:
    """The corpus has images that cannot be read, and tokens that an author mounts."""
    return finding.rule.name == "mirrored" or finding.where.endswith(".serviceAccountToken")
