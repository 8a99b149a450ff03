"""What is asked about: pods as an API server sends them, reviews around them, and manifests as people write them."""

import json
from typing import Any

REGISTRY = "registry.corp.example"
NAMESPACE = "shop"

TOKEN_MOUNT = {
    "name": "kube-api-access-x7k2p",
    "readOnly": True,
    "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
}


def pod(number: int, bytes_: int = 5_000) -> dict[str, Any]:
    """A pod that every rule here accepts, defaulted by an API server, of about `bytes_` bytes of JSON.

    `number` makes its names, images and values its own, so that no cache answers for all.
    """
    labels = {
        "app.kubernetes.io/name": f"web-{number}",
        "app.kubernetes.io/part-of": "shop",
        "app.kubernetes.io/version": f"1.4.{number}",
        "team": "shop",
        "tier": "frontend",
        "pod-template-hash": f"6d4cf56db{number}",
    }
    metadata = {
        "name": f"web-{number}-6d4cf56db-{number:05d}",
        "generateName": f"web-{number}-6d4cf56db-",
        "namespace": NAMESPACE,
        "labels": labels,
        "annotations": {"acme.example/cost-centre": "CC-1234", "acme.example/filler": ""},
        "ownerReferences": [
            {
                "apiVersion": "apps/v1",
                "kind": "ReplicaSet",
                "name": f"web-{number}-6d4cf56db",
                "uid": f"0b6b1f0a-8b1c-4f6e-9d3a-{number:012d}",
                "controller": True,
                "blockOwnerDeletion": True,
            }
        ],
    }
    spec = {
        "initContainers": [container("migrate", number)],
        "containers": [container("web", number), container("proxy", number)],
        "volumes": [_token_volume(), {"name": "scratch", "emptyDir": {"sizeLimit": "1Gi"}}],
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "serviceAccountName": "shop",
        "securityContext": {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
        "schedulerName": "default-scheduler",
        "priority": 0,
        "enableServiceLinks": True,
        "preemptionPolicy": "PreemptLowerPriority",
        "tolerations": [
            {"key": f"node.kubernetes.io/{why}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
            for why in ("not-ready", "unreachable")
        ],
    }
    made = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    return _filled(made, bytes_)


def _filled(made: dict[str, Any], bytes_: int) -> dict[str, Any]:
    """The pod with an annotation that brings it to so many bytes of JSON."""
    missing = bytes_ - len(compact(made))
    made["metadata"]["annotations"]["acme.example/filler"] = "x" * max(0, missing)
    return made


def container(name: str, number: int, variables: int = 3) -> dict[str, Any]:
    """A container that every rule here accepts."""
    probe = {"httpGet": {"path": "/healthz", "port": 8080, "scheme": "HTTP"}, "timeoutSeconds": 1, "periodSeconds": 10}
    return {
        "name": name,
        "image": f"{REGISTRY}/shop/{name}-{number}:1.4.{number}",
        "imagePullPolicy": "IfNotPresent",
        "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
        "env": [{"name": f"SETTING_{at}", "value": f"value {at} of {name} {number}"} for at in range(variables)],
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "500m", "memory": "256Mi"}},
        "livenessProbe": probe,
        "volumeMounts": [{"name": "scratch", "mountPath": "/tmp"}, TOKEN_MOUNT],
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }


def regulated_pod(number: int) -> dict[str, Any]:
    """The same pod as a company wants it that has to show what it runs: the Profile `regulated` accepts it."""
    made = pod(number, 0)
    spec = made["spec"]
    spec["automountServiceAccountToken"] = False
    spec["imagePullSecrets"] = [{"name": "corp-registry"}]
    spec["volumes"] = [one for one in spec["volumes"] if one["name"] != TOKEN_MOUNT["name"]]
    for one in spec["containers"] + spec["initContainers"]:
        one["image"] += f"@sha256:{number:064x}"
        one["volumeMounts"] = [mount for mount in one["volumeMounts"] if mount is not TOKEN_MOUNT]
    for one in spec["containers"]:
        one["readinessProbe"] = {**one["livenessProbe"], "httpGet": {"path": "/ready", "port": 8080, "scheme": "HTTP"}}
    return _filled(made, 5_000)


def bare_of_defaults(number: int) -> dict[str, Any]:
    """A pod that asks for a sidecar and leaves open what defaults fill in."""
    made = pod(number, 0)
    made["metadata"]["annotations"]["mesh.doorward.dev/inject"] = "true"
    made["spec"]["securityContext"] = {"runAsNonRoot": True}
    for one in made["spec"]["containers"] + made["spec"]["initContainers"]:
        one["securityContext"] = {"readOnlyRootFilesystem": True}
    return _filled(made, 5_000)


def large_pod(number: int, containers: int, bytes_: int) -> dict[str, Any]:
    """A pod of `bytes_` bytes of JSON in so many containers; what fills them is environment."""
    made = pod(number)
    each = bytes_ // containers
    variables = max(3, (each - len(compact(container("c", number, 0)))) // len(compact(_variable(0))))
    made["spec"]["containers"] = [container(f"c{at}", number, variables) for at in range(containers)]
    return made


def _variable(at: int) -> dict[str, str]:
    return {"name": f"SETTING_{at:03d}", "value": f"value {at} of c{at} {at}"}


def bad_pod() -> dict[str, Any]:
    """A pod that the shipped rules and those of rules.py refuse."""
    made = pod(0)
    made["metadata"]["labels"] = {}
    made["spec"]["containers"] = [{"name": "bad", "image": "docker.io/library/nginx:latest"}]
    made["spec"]["hostNetwork"] = True
    return made


def review(obj: dict[str, Any], number: int = 0) -> bytes:
    """The AdmissionReview with which an API server asks about the creation of a pod."""
    kind = {"group": "", "version": "v1", "kind": "Pod"}
    resource = {"group": "", "version": "v1", "resource": "pods"}
    request = {
        "uid": f"7d7c1b8e-2f0a-4a55-9d3e-{number:012d}",
        "kind": kind,
        "resource": resource,
        "requestKind": kind,
        "requestResource": resource,
        "name": obj["metadata"]["name"],
        "namespace": NAMESPACE,
        "operation": "CREATE",
        "userInfo": {
            "username": "system:serviceaccount:kube-system:replicaset-controller",
            "groups": ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"],
        },
        "object": obj,
        "oldObject": None,
        "dryRun": False,
        "options": {"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1"},
    }
    return compact({"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": request})


def deployment(number: int) -> dict[str, Any]:
    """A Deployment as people write it, of about 4 KB of YAML."""
    labels = {"app.kubernetes.io/name": f"web-{number}", "team": "shop"}
    containers = [container(name, number, 14) for name in ("web", "proxy")]
    for one in containers:
        one["volumeMounts"] = one["volumeMounts"][:1]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": f"web-{number}", "namespace": NAMESPACE, "labels": labels},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app.kubernetes.io/name": f"web-{number}"}},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "containers": containers,
                    "volumes": [{"name": "scratch", "emptyDir": {"sizeLimit": "1Gi"}}],
                    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
                },
            },
        },
    }


def compact(value: Any) -> bytes:
    """JSON as the API server writes it."""
    return json.dumps(value, separators=(",", ":")).encode()


def _token_volume() -> dict[str, Any]:
    sources = [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
    ]
    return {"name": TOKEN_MOUNT["name"], "projected": {"sources": sources, "defaultMode": 420}}
