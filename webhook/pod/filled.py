"""The API's defaults by API type: what SetDefaults and the conversions set in each struct once its members are read.

Kubernetes v1.36.3: pkg/apis/{core,apps,batch}/v1 defaults.go, zz_generated.defaults.go, conversion.go.
Each function gets a dict that is fresh; what is below it may be shared with the input and is replaced, never changed.
"""

from collections.abc import Callable, Iterator
from typing import Any

from webhook.pod.encoding import Hooks
from webhook.pod.filled_others import OTHER_HOOKS
from webhook.pod.image_pull import pull_policy
from webhook.pod.pod_resources import fill_pod_resources

Json = dict[str, Any]

_MODE = {"defaultMode": 420}
_RETAIN = {"whenDeleted": "Retain", "whenScaled": "Retain"}

_ABSENT: dict[str, Json] = {
    "AzureDiskVolumeSource": {"cachingMode": "ReadWrite", "fsType": "ext4", "readOnly": False, "kind": "Shared"},
    "ConfigMapVolumeSource": _MODE,
    "ContainerPort": {"protocol": "TCP"},
    "CronJobSpec": {
        "concurrencyPolicy": "Allow",
        "suspend": False,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 1,
    },
    "DaemonSetSpec": {"revisionHistoryLimit": 10},
    "DeploymentSpec": {"replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600},
    "DownwardAPIVolumeSource": _MODE,
    "FileKeySelector": {"optional": False},
    "GRPCAction": {"service": ""},
    "HTTPGetAction": {"path": "/", "scheme": "HTTP"},
    "HostPathVolumeSource": {"type": ""},
    "ISCSIVolumeSource": {"iscsiInterface": "default"},
    "NamespaceStatus": {"phase": "Active"},
    "NetworkPolicyPort": {"protocol": "TCP"},
    "ObjectFieldSelector": {"apiVersion": "v1"},
    "PersistentVolumeClaimSpec": {"volumeMode": "Filesystem"},
    "PersistentVolumeClaimStatus": {"phase": "Pending"},
    "PodSpec": {
        "dnsPolicy": "ClusterFirst",
        "restartPolicy": "Always",
        "securityContext": {},
        "terminationGracePeriodSeconds": 30,
        "schedulerName": "default-scheduler",
    },
    "Probe": {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3},
    "ProjectedVolumeSource": _MODE,
    "RBDVolumeSource": {"pool": "rbd", "user": "admin", "keyring": "/etc/ceph/keyring"},
    "ReplicaSetSpec": {"replicas": 1},
    "ReplicationControllerSpec": {"replicas": 1},
    "ScaleIOVolumeSource": {"storageMode": "ThinProvisioned", "fsType": "xfs"},
    "SecretVolumeSource": _MODE,
    "ServiceAccountTokenProjection": {"expirationSeconds": 3600},
    "StatefulSetPersistentVolumeClaimRetentionPolicy": _RETAIN,
    "StatefulSetSpec": {"podManagementPolicy": "OrderedReady", "replicas": 1, "revisionHistoryLimit": 10},
}
"""What is set where a field is absent; in these fields "" and 0 were dropped before, so they count as absent."""

_RETIRED_ANNOTATIONS = frozenset(
    f"pod.{stage}.kubernetes.io/{what}"
    for stage in ("alpha", "beta")
    for what in ("init-containers", "init-container-statuses")
)


def set_absent(struct: Json, values: Json) -> None:
    """Sets what is absent or null."""
    for key, value in values.items():
        if struct.get(key) is None:
            struct[key] = value


def fill_pod(pod: Json) -> None:
    """The defaults of Pods that no pod template gets; changes `pod`, its spec and its containers."""
    _template(pod)
    spec = pod.get("spec")
    if not isinstance(spec, dict):
        return
    containers = [*dicts(spec.get("initContainers")), *dicts(spec.get("containers"))]
    for container in containers:
        _requests_from_limits(container)
        if spec.get("hostNetwork") is True:
            _host_ports(container)
    fill_pod_resources(spec)
    set_absent(spec, {"enableServiceLinks": True})
    grace = spec.get("terminationGracePeriodSeconds")
    if isinstance(grace, int) and grace < 0:
        spec["terminationGracePeriodSeconds"] = 1


def dicts(values: Any) -> Iterator[Json]:
    """The objects of a list; nothing where it is none."""
    return (value for value in values if isinstance(value, dict)) if isinstance(values, list) else iter(())


def _requests_from_limits(container: Json) -> None:
    resources = container.get("resources")
    limits = resources.get("limits") if isinstance(resources, dict) else None
    if isinstance(limits, dict) and isinstance(resources, dict):
        requests = resources.get("requests") or {}
        if isinstance(requests, dict) and not limits.keys() <= requests.keys():
            container["resources"] = resources | {"requests": limits | requests}


def _host_ports(container: Json) -> None:
    if isinstance(container.get("ports"), list):
        container["ports"] = [_host_port(port) for port in container["ports"]]


def _host_port(port: Any) -> Any:
    if not isinstance(port, dict) or port.get("hostPort") or not port.get("containerPort"):
        return port
    return port | {"hostPort": port["containerPort"]}


def _template(template: Json) -> None:
    """Annotations that old clients sent for init containers are dropped from pods and pod templates."""
    metadata = template.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if isinstance(metadata, dict) and isinstance(annotations, dict) and annotations.keys() & _RETIRED_ANNOTATIONS:
        kept = {key: value for key, value in annotations.items() if key not in _RETIRED_ANNOTATIONS}
        rest = {key: value for key, value in metadata.items() if key != "annotations"}
        template["metadata"] = rest | {"annotations": kept} if kept else rest


def _pod_spec(spec: Json) -> None:
    set_absent(spec, _ABSENT["PodSpec"] | {"securityContext": {}})
    name = spec.get("serviceAccountName") or spec.get("serviceAccount")
    if name:
        spec["serviceAccountName"] = spec["serviceAccount"] = name


def _container(container: Json) -> None:
    set_absent(container, {"terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"})
    set_absent(container, {"imagePullPolicy": pull_policy(container.get("image"))})


def _image_volume(source: Json) -> None:
    set_absent(source, {"pullPolicy": pull_policy(source.get("reference"))})


def _volume(volume: Json) -> None:
    if volume.keys() <= {"name"}:
        volume["emptyDir"] = {}


def _rolling(strategy: Json, values: Json) -> None:
    set_absent(strategy, {"type": "RollingUpdate"})
    rolling = strategy.get("rollingUpdate")
    if strategy["type"] == "RollingUpdate" and (rolling is None or isinstance(rolling, dict)):
        strategy["rollingUpdate"] = values | (rolling or {})


def _stateful_set_strategy(strategy: Json) -> None:
    if strategy.get("type") is None:
        set_absent(strategy, {"type": "RollingUpdate", "rollingUpdate": {}})
    rolling = strategy.get("rollingUpdate")
    if isinstance(rolling, dict):
        strategy["rollingUpdate"] = {"partition": 0} | rolling


def _stateful_set_spec(spec: Json) -> None:
    set_absent(spec, _ABSENT["StatefulSetSpec"])
    set_absent(spec, {"persistentVolumeClaimRetentionPolicy": dict(_RETAIN)})
    if isinstance(spec.get("volumeClaimTemplates"), list):
        spec["volumeClaimTemplates"] = [
            {**one, "apiVersion": "v1", "kind": "PersistentVolumeClaim"} if isinstance(one, dict) else one
            for one in spec["volumeClaimTemplates"]
        ]


def _job(job: Json) -> None:
    spec = job.get("spec")
    if not isinstance(spec, dict):
        return
    if spec.get("parallelism") is None:
        set_absent(spec, {"completions": 1})
    failed = "TerminatingOrFailed" if spec.get("podFailurePolicy") is None else "Failed"
    backoff = 6 if spec.get("backoffLimitPerIndex") is None else 2**31 - 1
    set_absent(spec, {"parallelism": 1, "backoffLimit": backoff, "completionMode": "NonIndexed", "suspend": False})
    set_absent(spec, {"podReplacementPolicy": failed, "manualSelector": False})
    _own_labels(job, _labels(spec.get("template")))


def _replication_controller(controller: Json) -> None:
    spec = controller.get("spec")
    labels = _labels(spec.get("template")) if isinstance(spec, dict) else None
    if labels and isinstance(spec, dict):
        set_absent(spec, {"selector": labels})
        _own_labels(controller, labels)


def _pod_condition(pattern: Json) -> None:
    pattern["status"] = pattern.get("status") or "True"


def _own_labels(obj: Json, labels: Json | None) -> None:
    metadata = obj.get("metadata")
    if labels and isinstance(metadata, dict) and not metadata.get("labels"):
        obj["metadata"] = metadata | {"labels": labels}


def _labels(template: Any) -> Json | None:
    metadata = template.get("metadata") if isinstance(template, dict) else None
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    return labels if isinstance(labels, dict) else None


def _namespace(namespace: Json) -> None:
    metadata = namespace.get("metadata")
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    if isinstance(metadata, dict) and metadata.get("name") and isinstance(labels, dict | None):
        named = {**(labels or {}), "kubernetes.io/metadata.name": metadata["name"]}
        namespace["metadata"] = metadata | {"labels": named}


def _absent(values: Json) -> Callable[[Json], None]:
    return lambda struct: set_absent(struct, values)


HOOKS: Hooks = (
    {name: _absent(values) for name, values in _ABSENT.items()}
    | dict(OTHER_HOOKS)
    | {
        "Container": _container,
        "DaemonSetUpdateStrategy": lambda strategy: _rolling(strategy, {"maxUnavailable": 1, "maxSurge": 0}),
        "DeploymentStrategy": lambda strategy: _rolling(strategy, {"maxUnavailable": "25%", "maxSurge": "25%"}),
        "EphemeralContainer": _container,
        "ImageVolumeSource": _image_volume,
        "Job": _job,
        "Namespace": _namespace,
        "Pod": fill_pod,
        "PodFailurePolicyOnPodConditionsPattern": _pod_condition,
        "PodSpec": _pod_spec,
        "PodTemplateSpec": _template,
        "ReplicationController": _replication_controller,
        "StatefulSetSpec": _stateful_set_spec,
        "StatefulSetUpdateStrategy": _stateful_set_strategy,
        "Volume": _volume,
    }
)
