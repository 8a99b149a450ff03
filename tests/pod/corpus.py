"""Valid objects of the nine kinds with everything that defaulting touches: written by hand, and any number at random.

A seed gives the same objects for ever. They are full of what people and tools write and the API server drops or
changes: nulls, zeros, empty collections, odd spellings of quantities, missing protocols, unknown fields.
"""

import random
from collections.abc import Callable, Iterator
from typing import Any

Json = dict[str, Any]

IMAGES = (
    "nginx",
    "nginx:latest",
    "nginx:1.27",
    "registry.corp.example:5000/shop/web",
    "registry.corp.example/shop/web:1.4.2",
    "registry.corp.example/shop/web@sha256:" + "a" * 64,
    "registry.corp.example/shop/web:latest@sha256:" + "b" * 64,
    "localhost/web",
    "localhost:5000/a/web:latest",
    "under_score.example/web",
    "index.docker.io/nginx:latest",
    "b" * 240,
    "a//b",
    "-a",
    "UPPER/case",
    "not:a:reference",
    "quay.io/" + "long/" * 60 + "name",
    "c" * 64,
    "${IMAGE}",
)
CPU = (
    "100m",
    "0.1",
    1,
    "1",
    "1000m",
    0.5,
    "2",
    "1e0",
    "0.0001",
    "1500u",
    "3000m",
    "2k",
    "1.500",
    "010",
    "+1",
    " 1 ",
    ".5",
    "1.",
)
MEMORY = (
    "64Mi",
    "67108864",
    134217728,
    "0.5Gi",
    "1Gi",
    "1024Mi",
    "1500M",
    "1e9",
    "128974848",
    "1.5Gi",
    "0.1Mi",
    "2Ei",
    "1.0Gi",
    "0.01Ki",
    "1E",
    "12E6",
)
KINDS = (
    "Pod",
    "PodTemplate",
    "ReplicationController",
    "Deployment",
    "ReplicaSet",
    "StatefulSet",
    "DaemonSet",
    "Job",
    "CronJob",
)


class Dice(random.Random):
    """Random choices that read as what they are for."""

    def often(self) -> bool:
        return self.random() < 0.6

    def seldom(self) -> bool:
        return self.random() < 0.15

    def some(self, options: Json) -> Json:
        """Some of the fields; a callable is called for its value."""
        return {key: self._value(value) for key, value in options.items() if self.random() < 0.4}

    def _value(self, value: Any) -> Any:
        if callable(value):
            return value()
        return self.choice(value) if isinstance(value, tuple) else value


def objects(count: int, seed: int) -> Iterator[Json]:
    """`count` objects, the nine kinds in turn."""
    for index in range(count):
        dice = Dice(f"{seed}/{index}")
        yield _WRITERS[KINDS[index % len(KINDS)]](dice, f"o-{index}")


def pod(dice: Dice, name: str) -> Json:
    template = pod_template(dice, bare=True)
    metadata = template.get("metadata") or {}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {**metadata, "name": name}, "spec": template["spec"]}


def pod_template(dice: Dice, bare: bool = False, restart: tuple[str | None, ...] = (None, "", "Always")) -> Json:
    volumes = [volume(dice, f"vol-{index}") for index in range(dice.choice((0, 0, 1, 3, 6)))]
    mounts = [one["name"] for one in volumes]
    host_network = dice.seldom()
    used: set[int] = set()
    spec = dice.some(_pod_fields(dice))
    spec["containers"] = [container(dice, f"c-{i}", "containers", mounts, used) for i in range(dice.choice((1, 1, 2)))]
    if dice.often():
        spec["initContainers"] = [
            container(dice, f"i-{i}", dice.choice(("initContainers", "sidecars")), mounts, used)
            for i in range(dice.choice((1, 2, 3)))
        ]
    if volumes or dice.seldom():
        spec["volumes"] = volumes
    if host_network or dice.seldom():
        spec["hostNetwork"] = host_network
        if host_network:
            spec.pop("hostUsers", None)
    policy = dice.choice(restart)
    if policy is not None:
        spec["restartPolicy"] = policy
    if not bare and dice.seldom():
        spec["overhead"] = {"cpu": dice.choice(CPU)}
    return {"metadata": _metadata(dice), "spec": spec}


def _metadata(dice: Dice) -> Json:
    annotations: Any = dice.choice((None, {}, {"a.example/b": "c"}, {"pod.beta.kubernetes.io/init-containers": "[]"}))
    return {"labels": {"app": "web"}} | dice.some(
        {"annotations": annotations, "creationTimestamp": None, "finalizers": ([], None), "generateName": ""}
    )


def _pod_fields(dice: Dice) -> Json:
    """Optional fields of a pod spec; a tuple is a choice."""
    return {
        "activeDeadlineSeconds": None,
        "affinity": (None, {}, {"nodeAffinity": {}}),
        "automountServiceAccountToken": (True, False, None),
        "dnsConfig": (None, {}, {"options": [{"name": "ndots", "value": "2"}], "nameservers": ["10.0.0.10"]}),
        "dnsPolicy": ("", "ClusterFirst", "Default"),
        "enableServiceLinks": (None, True, False),
        "ephemeralContainers": (None, []),
        "hostAliases": ([], [{"ip": "10.0.0.1", "hostnames": ["a.example"]}]),
        "hostIPC": False,
        "hostPID": False,
        "hostUsers": (None, True),
        "hostname": ("", "web"),
        "imagePullSecrets": (None, [], [{"name": "corp"}]),
        "nodeName": "",
        "nodeSelector": (None, {}, {"pool": "a"}),
        "notAField": 1,
        "os": (None, {"name": "linux"}),
        "preemptionPolicy": (None, "PreemptLowerPriority"),
        "priority": (None, 0),
        "priorityClassName": "",
        "readinessGates": ([], [{"conditionType": "a.example/ready"}]),
        "resources": lambda: pod_resources(dice),
        "schedulerName": ("", "default-scheduler", "other"),
        "schedulingGates": (None, []),
        "securityContext": lambda: pod_security(dice),
        "serviceAccount": ("", None, "robot"),
        "serviceAccountName": ("", None, "robot", "default"),
        "setHostnameAsFQDN": (False, None),
        "shareProcessNamespace": (None, False),
        "subdomain": ("", "web"),
        "terminationGracePeriodSeconds": (None, 0, 30, 120),
        "tolerations": lambda: [toleration(dice) for _ in range(dice.randrange(3))],
        "topologySpreadConstraints": lambda: [spread(dice)] if dice.often() else [],
    }


def pod_resources(dice: Dice) -> Any:
    """Pod-level resources, large enough for any containers."""
    large = {"cpu": dice.choice(("100000", "200k", 90000)), "memory": dice.choice(("3Ei", "3500P"))}
    return dice.choice((None, {}, {"limits": {}}, {"limits": large}, {"limits": {"cpu": "100000"}}, {"requests": {}}))


def pod_security(dice: Dice) -> Json | None:
    if dice.seldom():
        return None
    return dice.some(
        {
            "fsGroup": (0, 1000, None),
            "fsGroupChangePolicy": (None, "OnRootMismatch"),
            "runAsGroup": (0, 1000),
            "runAsNonRoot": (False, None),
            "runAsUser": (0, 1000),
            "seLinuxOptions": ({}, None, {"level": "s0", "user": ""}),
            "seccompProfile": (None, {"type": "RuntimeDefault"}, {"type": "Localhost", "localhostProfile": "a.json"}),
            "supplementalGroups": ([], [1, 2], None),
            "sysctls": ([], [{"name": "kernel.shm_rmid_forced", "value": "1"}]),
            "windowsOptions": None,
        }
    )


def toleration(dice: Dice) -> Json:
    key = dice.choice(("", "pool", "node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"))
    effect = dice.choice(("", "NoSchedule", "NoExecute"))
    operator = "Exists" if not key else dice.choice(("Exists", "Equal", ""))
    found: Json = {"key": key, "operator": operator, "effect": effect, "value": "" if operator == "Exists" else "a"}
    if effect == "NoExecute":
        found["tolerationSeconds"] = dice.choice((None, 0, 60))
    return found


def spread(dice: Dice) -> Json:
    required = {"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "DoNotSchedule"}
    return required | dice.some(
        {"labelSelector": (None, {}, {"matchLabels": {"app": "web"}, "matchExpressions": []}), "minDomains": (None, 1)}
    )


def container(dice: Dice, name: str, role: str, mounts: list[str], used: set[int]) -> Json:
    """A container; `used` are the ports that the pod's containers have taken."""
    found: Json = {"name": name, "image": dice.choice(IMAGES)} | dice.some(
        {
            "args": ([], None, ["-v"]),
            "command": ([], ["/bin/sh", ""]),
            "env": lambda: [env(dice, index) for index in range(dice.randrange(4))],
            "envFrom": ([], None, [{"configMapRef": {"name": "common"}, "prefix": ""}], [{"secretRef": {"name": "s"}}]),
            "imagePullPolicy": ("", None, "Always", "Never"),
            "notAField": {"a": 1},
            "ports": lambda: [port(dice, used) for _ in range(dice.randrange(3))],
            "resources": lambda: resources(dice),
            "securityContext": lambda: security(dice),
            "stdin": (False, True),
            "stdinOnce": False,
            "terminationMessagePath": ("", "/dev/other", None),
            "terminationMessagePolicy": ("", "FallbackToLogsOnError"),
            "tty": False,
            "volumeDevices": ([], None),
            "volumeMounts": lambda: [mount(dice, one, index) for index, one in enumerate(mounts)],
            "workingDir": ("", "/work"),
        }
    )
    if role == "sidecars":
        found["restartPolicy"] = "Always"
    elif dice.seldom():
        found["restartPolicy"] = None
    if role != "initContainers":
        found |= dice.some({f"{one}Probe": lambda: probe(dice) for one in ("startup", "readiness", "liveness")})
        found |= dice.some({"lifecycle": lambda: dice.some({"postStart": lambda: hook(dice), "preStop": None})})
    elif dice.seldom():
        found |= {"livenessProbe": None, "lifecycle": None}
    return found


def port(dice: Dice, used: set[int]) -> Json:
    number = max(used, default=8000) + 1
    used.add(number)
    return {"containerPort": number} | dice.some(
        {"hostIP": "", "hostPort": 0, "name": ("", f"p{number}"), "protocol": ("", "TCP", "UDP", None)}
    )


def env(dice: Dice, index: int) -> Json:
    name = f"E{index}"
    return dice.choice(
        (
            {"name": name},
            {"name": name, "value": None},
            {"name": name, "value": "", "valueFrom": None},
            {"name": name, "value": "x"},
            {"name": name, "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            {"name": name, "valueFrom": {"fieldRef": {"apiVersion": "", "fieldPath": "metadata.namespace"}}},
            {"name": name, "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}},
            {"name": name, "valueFrom": {"resourceFieldRef": {"resource": "requests.memory", "divisor": "1Mi"}}},
            {"name": name, "valueFrom": {"secretKeyRef": {"name": "s", "key": "k", "optional": False}}},
            {"name": name, "valueFrom": {"configMapKeyRef": {"name": "s", "key": "k", "optional": None}}},
        )
    )


def resources(dice: Dice) -> Json | None:
    """Limits and requests, a request never above its limit."""
    if dice.seldom():
        return None
    limits = dice.some({"cpu": CPU, "memory": MEMORY, "ephemeral-storage": ("1Gi", 1000)})
    small = {"cpu": ("0.1m", "100u", 0, None), "memory": ("1", 8, "0", None), "ephemeral-storage": ("1k", 0)}
    return dice.choice(
        (
            {},
            {"limits": limits},
            {"requests": limits},
            {"limits": limits, "requests": dice.some(small)},
            {"limits": None, "requests": {}, "claims": []},
        )
    )


def security(dice: Dice) -> Json:
    return dice.some(
        {
            "appArmorProfile": (None, {"type": "Unconfined"}),
            "capabilities": ({}, None, {"add": [], "drop": ["ALL"]}),
            "privileged": (False, None),
            "procMount": (None, "Default"),
            "readOnlyRootFilesystem": (True, False),
            "runAsNonRoot": (None, True),
            "runAsUser": (None, 1000),
            "seccompProfile": {"type": "RuntimeDefault"},
        }
    )


def mount(dice: Dice, name: str, index: int) -> Json:
    token = "/var/run/secrets/kubernetes.io/serviceaccount"
    path = token if index == 0 and dice.seldom() else f"/mnt/{index}"
    return {"name": name, "mountPath": path} | dice.some(
        {"mountPropagation": None, "readOnly": (True, False), "subPath": "", "subPathExpr": ""}
    )


def probe(dice: Dice) -> Json | None:
    if dice.seldom():
        return None
    action: Json = dice.choice(
        (
            {"httpGet": {"port": 80}},
            {"httpGet": {"port": "http", "path": "", "scheme": "", "host": "", "httpHeaders": []}},
            {"tcpSocket": {"port": 80}},
            {"exec": {"command": ["true"]}},
            {"grpc": {"port": 9000}},
            {"grpc": {"port": 9000, "service": None}, "httpGet": None},
        )
    )
    return action | dice.some(
        {
            "failureThreshold": (0, 5, None),
            "initialDelaySeconds": (0, 5),
            "periodSeconds": (0, 20),
            "successThreshold": (0, 1),
            "timeoutSeconds": (0, 2),
        }
    )


def hook(dice: Dice) -> Json:
    return dice.choice(({"exec": {"command": ["true"]}}, {"httpGet": {"port": 80}}, {"tcpSocket": {"port": 80}}))


def volume(dice: Dice, name: str) -> Json:
    items = [{"path": "p", "fieldRef": {"fieldPath": "metadata.labels"}}]
    sources: tuple[Json, ...] = (
        {},
        {"emptyDir": None},
        {"emptyDir": {"medium": "", "sizeLimit": dice.choice(("1024Mi", 0.5, None))}},
        {"hostPath": {"path": "/data"}},
        {"hostPath": {"path": "/data", "type": dice.choice((None, "", "Directory"))}},
        {"secret": {"secretName": "s", "items": []}},
        {"secret": {"secretName": "s", "defaultMode": 256, "optional": False}},
        {"configMap": {"name": "s", "defaultMode": None, "items": [{"key": "a", "path": "b", "mode": None}]}},
        {"downwardAPI": {"items": items}},
        {"downwardAPI": {}},
        {"projected": {}},
        {"projected": {"sources": [{"serviceAccountToken": {"path": "t"}}, {"downwardAPI": {"items": items}}]}},
        {"projected": {"sources": [{"secret": {"name": "a"}}, {"configMap": {"name": "a", "optional": None}}]}},
        {"persistentVolumeClaim": {"claimName": "c", "readOnly": False}},
        {"iscsi": {"targetPortal": "10.0.0.1", "iqn": "iqn.2016-04.a.example:storage", "lun": 0}},
        {"rbd": {"monitors": ["10.0.0.1"], "image": "i", "pool": "", "readOnly": False}},
        {"azureDisk": {"diskName": "d", "diskURI": "https://d.blob.core.windows.net/vhds/d.vhd"}},
        {"scaleIO": {"gateway": "https://g", "system": "s", "secretRef": {"name": "s"}, "volumeName": "v"}},
        {"nfs": {"server": "s", "path": "/p", "readOnly": False}},
        {"csi": {"driver": "d.example", "readOnly": None, "volumeAttributes": {}}},
        {"image": {"reference": dice.choice(IMAGES)}},
        {"ephemeral": {"volumeClaimTemplate": {"spec": claim(dice)}}},
        {"fc": {"targetWWNs": ["a"], "lun": 0, "readOnly": False}},
        {"gitRepo": {"repository": "https://git.example/a.git", "revision": ""}},
    )
    return {"name": name} | dice.choice(sources)


def claim(dice: Dice) -> Json:
    amount = dice.choice(("1Gi", "1024Mi", 1073741824, "0.5"))
    return {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": amount}}} | dice.some(
        {"volumeMode": None, "volumeName": "", "storageClassName": (None, ""), "selector": None}
    )


def _workload(kind: str, group: str, spec: Callable[[Dice], Json]) -> Callable[[Dice, str], Json]:
    def write(dice: Dice, name: str) -> Json:
        metadata: Json = {"name": name} | dice.some({"labels": ({"own": "label"}, {}, None)})
        return {"apiVersion": group, "kind": kind, "metadata": metadata} | spec(dice)

    return write


_SELECTOR: Json = {"selector": {"matchLabels": {"app": "web"}}}
_REPLICAS: Json = {"replicas": (0, 1, None, 3), "minReadySeconds": (0, 5), "revisionHistoryLimit": (None, 0, 3)}


def _deployment(dice: Dice) -> Json:
    strategy: tuple[Any, ...] = (
        None,
        {},
        {"type": "Recreate"},
        {"type": ""},
        {"rollingUpdate": {}},
        {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": dice.choice((0, 1, "50%", None))}},
    )
    more: Json = {"paused": False, "progressDeadlineSeconds": (None, 300), "strategy": strategy}
    spec = _SELECTOR | {"template": pod_template(dice)} | dice.some(_REPLICAS | more)
    return {"spec": spec} | dice.some({"status": {"replicas": 0}})


def _replica_set(dice: Dice) -> Json:
    return {"spec": _SELECTOR | {"template": pod_template(dice)} | dice.some(_REPLICAS)}


def _replication_controller(dice: Dice) -> Json:
    selector: Json = {"selector": (None, {}, {"app": "web"})}
    return {"spec": {"template": pod_template(dice)} | dice.some(_REPLICAS | selector)}


def _stateful_set(dice: Dice) -> Json:
    strategy: tuple[Any, ...] = (
        None,
        {},
        {"type": "OnDelete"},
        {"type": "RollingUpdate"},
        {"rollingUpdate": {"partition": 2}},
        {"type": "RollingUpdate", "rollingUpdate": {"partition": dice.choice((0, None))}},
    )
    claims = [{"metadata": {"name": "data"}, "spec": claim(dice)}]
    more: Json = {
        "serviceName": ("", "web"),
        "podManagementPolicy": ("", "Parallel"),
        "updateStrategy": strategy,
        "volumeClaimTemplates": ([], claims),
        "persistentVolumeClaimRetentionPolicy": (None, {}, {"whenDeleted": "Delete"}),
        "ordinals": (None, {}, {"start": 0}),
    }
    return {"spec": _SELECTOR | {"template": pod_template(dice)} | dice.some(_REPLICAS | more)}


def _daemon_set(dice: Dice) -> Json:
    strategy: tuple[Any, ...] = (
        None,
        {},
        {"type": "OnDelete"},
        {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%"}},
        {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
    )
    options: Json = {"updateStrategy": strategy, "minReadySeconds": 0, "revisionHistoryLimit": (None, 5)}
    return {"spec": _SELECTOR | {"template": pod_template(dice)} | dice.some(options)}


def _job_spec(dice: Dice) -> Json:
    failure = {"rules": [{"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]}]}
    options: Json = {
        "activeDeadlineSeconds": None,
        "backoffLimit": (None, 0, 3),
        "completionMode": (None, "NonIndexed"),
        "completions": (None, 2),
        "parallelism": (None, 0, 2),
        "suspend": (None, True, False),
        "ttlSecondsAfterFinished": (None, 0, 60),
        "manualSelector": (None, False),
        "selector": None,
    }
    template = pod_template(dice, restart=("Never",))
    spec: Json = {"template": template} | dice.some(options)
    if dice.seldom():
        spec["podFailurePolicy"] = failure
    if dice.seldom():
        spec |= {"completionMode": "Indexed", "completions": 2, "backoffLimitPerIndex": 1, "backoffLimit": None}
    return spec


def _job(dice: Dice) -> Json:
    return {"spec": _job_spec(dice)}


def _cron_job(dice: Dice) -> Json:
    options: Json = {
        "concurrencyPolicy": ("", "Forbid"),
        "failedJobsHistoryLimit": (None, 0),
        "successfulJobsHistoryLimit": (None, 5),
        "startingDeadlineSeconds": None,
        "suspend": (None, False, True),
        "timeZone": None,
    }
    return {"spec": {"schedule": "0 * * * *", "jobTemplate": {"spec": _job_spec(dice)}} | dice.some(options)}


_WRITERS: dict[str, Callable[[Dice, str], Json]] = {
    "Pod": pod,
    "PodTemplate": _workload("PodTemplate", "v1", lambda dice: {"template": pod_template(dice)}),
    "ReplicationController": _workload("ReplicationController", "v1", _replication_controller),
    "Deployment": _workload("Deployment", "apps/v1", _deployment),
    "ReplicaSet": _workload("ReplicaSet", "apps/v1", _replica_set),
    "StatefulSet": _workload("StatefulSet", "apps/v1", _stateful_set),
    "DaemonSet": _workload("DaemonSet", "apps/v1", _daemon_set),
    "Job": _workload("Job", "batch/v1", _job),
    "CronJob": _workload("CronJob", "batch/v1", _cron_job),
}
