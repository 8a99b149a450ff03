"""The parity corpus: nine kinds by every rule type by passed, denied, undecided and mutated, each in a few variants."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.objects import merged, workload
from webhook.pod.workloads import POD_AT

OURS = "registry.corp.example/shop/web:1.4.2"
NAMESPACE = "parity"
READ_ONLY = {"securityContext": {"readOnlyRootFilesystem": True}}
RESTRICTED = {
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
}
SET = {"resources": {"requests": {"cpu": "0.5", "memory": "1024Mi"}, "limits": {"memory": "1Gi"}}}


@dataclass(frozen=True)
class Case:
    """One pod template: what it is about, what is expected of it, and the pod's parts."""

    about: str
    outcome: str
    container: dict[str, Any]
    spec: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)


COST = {"acme.example/cost-centre": "CC-1234"}
CASES = (
    Case("images", "passed", {"image": OURS}),
    Case("images", "passed", {"image": "REGISTRY.corp.example/shop/web@sha256:" + "a" * 64}),
    Case("images", "denied", {"image": "quay.io/acme/web:1"}),
    Case("images", "denied", {"image": "registry.corp.example.evil.com/web:1"}),
    Case("images", "denied", {"image": OURS}, {"initContainers": [{"name": "init", "image": "ghcr.io/a/b:latest"}]}),
    Case("images", "denied", {"image": OURS, "imagePullPolicy": "Never"}),
    Case("images", "mutated", {"image": "nginx:1.27"}),
    Case(
        "images",
        "mutated",
        {"image": "index.docker.io/acme/web:2"},
        {"initContainers": [{"name": "i", "image": "busybox:1"}]},
    ),
    Case("images", "undecided", {"image": "registry.corp.example/old/web:1"}),
    Case("metadata", "passed", {}, {}, {"labels": {"team": "mine"}, "annotations": {**COST, "acme.example/ttl": "3d"}}),
    Case("metadata", "denied", {}, {}, {"annotations": {"acme.example/cost-centre": "none", "acme.example/ttl": "3d"}}),
    Case("metadata", "denied", {}, {}, {"annotations": {**COST, "acme.example/ttl": "60d"}}),
    Case("metadata", "mutated", {}, {}, {"annotations": COST}),
    Case("metadata", "undecided", {}, {}, {"annotations": COST}),
    Case("resources", "passed", SET),
    Case("resources", "denied", merged(SET, {"resources": {"requests": {"cpu": "8000m"}}})),
    Case("resources", "denied", merged(SET, {"resources": {"requests": {"cpu": 0.001}}})),
    Case("resources", "mutated", {"resources": {"limits": {"memory": "64Mi"}}}),
    Case("resources", "mutated", {}),
    Case("resources", "undecided", {}),
    Case(
        "defaults",
        "passed",
        merged(RESTRICTED, {"env": [{"name": "TZ", "value": "UTC"}]}),
        {
            "hostUsers": True,
            "automountServiceAccountToken": False,
            "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
            "tolerations": [{"key": "pool", "value": "batch", "effect": "NoSchedule"}],
        },
    ),
    Case("defaults", "denied", {}),
    Case("defaults", "mutated", {}),
    Case(
        "defaults",
        "mutated",
        {"securityContext": {"privileged": True}},
        {"hostUsers": True, "terminationGracePeriodSeconds": 900},
    ),
    Case("defaults", "undecided", {}),
    Case("podSecurity", "passed", RESTRICTED),
    Case("podSecurity", "denied", {"securityContext": {"privileged": True}}),
    Case("podSecurity", "denied", merged(RESTRICTED, {"ports": [{"containerPort": 8080, "hostPort": 8080}]})),
    Case("podSecurity", "denied", RESTRICTED, {"volumes": [{"name": "h", "hostPath": {"path": "/"}}]}),
    Case("podSecurity", "mutated", {}),
    Case("podSecurity", "undecided", {}),
    Case("fields", "passed", READ_ONLY),
    Case("fields", "denied", {}),
    Case("fields", "denied", READ_ONLY, {"hostNetwork": True}),
    Case("fields", "denied", merged(READ_ONLY, {"ports": [{"containerPort": 80}, {"containerPort": 8080}]})),
    Case(
        "fields",
        "denied",
        merged(READ_ONLY, {"env": [{"name": "A", "value": "b"}, {"name": "A_TOKEN", "value": "s3"}]}),
    ),
    Case("fields", "passed", READ_ONLY, {"hostNetwork": False}),
    Case("fields", "mutated", READ_ONLY),
    Case("fields", "undecided", READ_ONLY),
)


def objects() -> Iterator[tuple[str, Case, dict[str, Any]]]:
    """(name, case, object) for every kind and case; names are unique."""
    for _, kind in POD_AT:
        for number, case in enumerate(CASES):
            name = f"{kind.lower()}-{case.about.lower()}-{number}"
            yield name, case, _object(kind, name, case)


def _object(kind: str, name: str, case: Case) -> dict[str, Any]:
    labels = {"app": "web", "about": case.about}
    if case.outcome == "undecided":
        labels["clash"] = case.about
    if case.outcome == "denied" and case.about == "defaults":
        labels["deny"] = "defaults"
    if case.outcome == "mutated" and case.about == "fields":
        labels["change"] = "fields"
    metadata = merged({"labels": labels}, case.metadata)
    spec = {"containers": [merged({"name": "web", "image": OURS}, case.container)], **case.spec}
    if kind in ("Job", "CronJob"):
        spec["restartPolicy"] = "Never"
    patch: dict[str, Any] = {"metadata": {"name": name, "namespace": NAMESPACE}}
    if kind == "Pod":
        patch = merged({"metadata": metadata}, patch)
    if kind == "CronJob":
        patch["spec"] = {"schedule": "0 * * * *"}
    return merged(workload(kind, {"metadata": metadata, "spec": spec}), patch)
