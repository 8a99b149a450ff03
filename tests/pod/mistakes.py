"""Objects with one mistake each, and what is no mistake: what the strict reading and the real API server are asked."""

from typing import Any

from tests.objects import pod, workload

Json = dict[str, Any]

SPEC = "spec.template.spec"

UNKNOWN: list[tuple[Json, str, str | None]] = [
    (pod(imagepullPolicy="Always"), "spec.containers[0].imagepullPolicy", "imagePullPolicy"),
    (pod(Image="a"), "spec.containers[0].Image", "image"),
    (pod(limits={"cpu": "1"}), "spec.containers[0].limits", "resources.limits"),
    (pod(env=[{"name": "a", "vaule": "b"}]), "spec.containers[0].env[0].vaule", "value"),
    (pod(zzz=1), "spec.containers[0].zzz", None),
    (pod(resource={"limits": {"cpu": []}}), "spec.containers[0].resource", "resources"),
    (pod() | {"spce": None}, "spce", "spec"),
    (pod({"spec": {"volume": [{"name": "a"}]}}), "spec.volume", "volumes"),
    (pod({"metadata": {"lables": {}}}), "metadata.lables", "labels"),
    (pod() | {"status": {"phse": "Running"}}, "status.phse", "phase"),
    (workload("Deployment", {"spec": {"replicas": 2}}), f"{SPEC}.replicas", "spec.replicas"),
    (workload("Deployment", {"spec": {"selector": {}}}), f"{SPEC}.selector", "spec.selector"),
    (workload("Deployment", {"spec": {"runAsUser": 1}}), f"{SPEC}.runAsUser", "securityContext.runAsUser"),
    (workload("Deployment", {"name": "web"}), "spec.template.name", "metadata.name"),
    (workload("Deployment", patch={"spec": {"labels": {}}}), "spec.labels", "metadata.labels"),
    (workload("Deployment", patch={"spec": {"containers": []}}), "spec.containers", None),
    (workload("Deployment", patch={"labels": {}}), "labels", "metadata.labels"),
    (workload("CronJob", patch={"spec": {"Schedule": "* * * * *"}}), "spec.Schedule", "schedule"),
]
"""An object, the path of its unknown field, and the field that was meant."""

READABLE: list[Json] = [
    *(
        pod({"metadata": {"creationTimestamp": when}})
        for when in (
            "2026-01-31T00:00:00Z",
            "2026-01-31T4:00:00.123+02:00",
            "2026-01-31T04:00:00,5-24:00",
            "0000-02-29T00:00:00Z",
        )
    ),
    pod(resources={"limits": {"cpu": 1, "memory": "1Gi", "a.b/c": 0.5, "b.c/d": " 1 ", "e.f/g": "1e400"}}),
    pod({"spec": {"terminationGracePeriodSeconds": 2**40, "priority": -(2**31)}}),
    pod(livenessProbe={"httpGet": {"port": 80}}),
    pod(livenessProbe={"httpGet": {"port": "80 and any text"}}),
    pod({"metadata": {"managedFields": [{"fieldsV1": {"f:spec": {"any": 1}}}]}}),
    pod({"metadata": {"labels": {"a": "b"}}}, args=[None, "a"], env=[None]) | {"status": {"conditions": [None]}},
    {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "a"},
        "data": {"a": "", "b": "YQ==", "c": "YQ==\n", "d": [97, 255], "e": "YR=="},
    },
]
"""Odd, but the API server reads it."""


def secret(value: Any) -> Json:
    """A Secret with this under data."""
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "data": {"a": value}}


_QUANTITIES: list[Any] = ["512MB", "", "1 Gi", "1Gi\n", True, [], {}, "Ei", "1K"]
_BYTES: list[Any] = ["plain text", "YQ", "YQ=", "YQ==YQ==", "Y Q=", "_-==", 5, {}, [256], ["a"]]

UNREADABLE: list[tuple[Json, str, str]] = [
    (pod(env=[{"name": "A", "value": True}]), "spec.containers[0].env[0].value", "string"),
    (pod(env={"A": "B"}), "spec.containers[0].env", "list"),
    (pod(args=["a", 1]), "spec.containers[0].args[1]", "string"),
    (pod(ports=[{"containerPort": "80"}]), "spec.containers[0].ports[0].containerPort", "integer"),
    (pod(ports=[{"containerPort": 80.5}]), "spec.containers[0].ports[0].containerPort", "integer"),
    (pod(ports=[{"containerPort": True}]), "spec.containers[0].ports[0].containerPort", "integer"),
    (pod(ports=[{"containerPort": 2**31}]), "spec.containers[0].ports[0].containerPort", "integer"),
    (pod({"spec": {"terminationGracePeriodSeconds": 2**63}}), "spec.terminationGracePeriodSeconds", "integer"),
    (pod({"spec": {"hostPID": "true"}}), "spec.hostPID", "boolean"),
    (pod({"spec": {"hostPID": 1}}), "spec.hostPID", "boolean"),
    (pod({"spec": {"securityContext": ""}}), "spec.securityContext", "object"),
    (pod({"spec": {"nodeSelector": {"a": 1}}}), "spec.nodeSelector.a", "string"),
    (pod({"spec": {"nodeSelector": ["a"]}}), "spec.nodeSelector", "map"),
    (pod({"spec": {"containers": {"name": "a"}}}), "spec.containers", "list"),
    (pod({"spec": {"containers": ["a"]}}), "spec.containers[0]", "object"),
    (pod(livenessProbe={"httpGet": {"port": 80.5}}), "spec.containers[0].livenessProbe.httpGet.port", "intOrString"),
    (pod(livenessProbe={"httpGet": {"port": True}}), "spec.containers[0].livenessProbe.httpGet.port", "intOrString"),
    *(
        (pod(resources={"limits": {"memory": wrong}}), "spec.containers[0].resources.limits.memory", "quantity")
        for wrong in _QUANTITIES
    ),
    *(
        (pod({"metadata": {"creationTimestamp": wrong}}), "metadata.creationTimestamp", "string")
        for wrong in ("", "yesterday", "2026-01-31", 5, "2026-02-30T00:00:00Z", "2026-01-31T24:00:00Z")
    ),
    *(
        (pod({"metadata": {"creationTimestamp": f"2026-01-31T00:00:00{zone}"}}), "metadata.creationTimestamp", "string")
        for zone in ("", "z", "+25:00", "+0100", "Z\n")
    ),
    *((secret(wrong), "data.a", "string") for wrong in _BYTES),
]
"""An object, the path of the value that the API server cannot read, and the type that stands there."""
