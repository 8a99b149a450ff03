"""Statements for the proofs: the words of `fields` and of every condition, each operator at least once."""

from typing import Any

from hypothesis import strategies as st

from tests.proofs.objects import one_of

Json = dict[str, Any]

OF_PODS: tuple[Json, ...] = (
    {"pod": "spec.hostNetwork", "forbidden": True},
    {"pod": "spec.hostPID", "equals": False},
    {"pod": "spec.automountServiceAccountToken", "equals": False},
    {"pod": "spec.priorityClassName", "in": ["low", "high"], "absent": "refuse"},
    {"pod": "spec.terminationGracePeriodSeconds", "min": 5, "max": 600},
    {"pod": "spec.terminationGracePeriodSeconds", "max": {"pod": "spec.activeDeadlineSeconds"}},
    {"pod": "metadata.labels.app", "required": "nonEmpty"},
    {"pod": "metadata.labels[*]", "pattern": "[a-z]+", "notPattern": "db"},
    {"pod": "spec.hostIPC", "forbidden": True, "unless": {"pod": "spec.hostNetwork", "equals": True}},
    {"pod": 'metadata.annotations["acme.example/unknown"]', "forbidden": True},
    {"pod": "metadata.namespace", "in": ["shop"]},
    {"pod": "metadata.namespace", "notLike": "p*"},
    {"pod": "spec.tolerations[*]", "where": {"operator": "Exists", "key": {"forbidden": True}}, "forbidden": True},
    {"pod": "spec.volumes", "minItems": 1, "maxItems": 3},
    {"pod": "spec.volumes[*].hostPath.path", "like": ["/var/**", "/data"]},
    {"pod": "spec.volumes[*].name", "unique": True},
    {"pod": "spec.topologySpreadConstraints[*]", "where": {"topologyKey": "zone"}, "required": True},
    {"pod": "spec.nodeSelector", "contains": ["pool"]},
    {"pod": "spec.imagePullSecrets[*].name", "required": True, "differsFrom": {"pod": "spec.serviceAccountName"}},
    {"pod": "spec.nodeName", "unchanged": True},
    {"pod": "spec.containers", "unchanged": {"except": ["[*].image"]}},
    {"anyOf": [{"pod": "spec.securityContext.runAsUser", "min": 1000}, {"pod": "spec.hostUsers", "equals": False}]},
)
OF_CONTAINERS: tuple[Json, ...] = (
    {"container": "securityContext.readOnlyRootFilesystem", "equals": True},
    {"container": "securityContext.privileged", "notIn": [True]},
    {"container": "securityContext.runAsUser", "required": True, "ranges": ["1000-1999", "10001"]},
    {"container": "securityContext.seccompProfile.type", "in": ["RuntimeDefault", "Localhost"]},
    {"container": "securityContext.capabilities.drop", "contains": ["ALL"], "required": True},
    {"container": "securityContext.capabilities.add", "notContains": ["SYS_ADMIN"]},
    {"container": "securityContext.capabilities.add", "containsAny": ["NET_BIND_SERVICE", "CHOWN"]},
    {"container": "env[*].value", "where": {"name": {"like": ["*PASSWORD*", "*TOKEN*"]}}, "forbidden": True},
    {"container": "env[*].name", "uniqueIn": "pod"},
    {"container": "ports[*].containerPort", "min": 1024, "notIn": [9090]},
    {"container": "ports[*].hostPort", "uniqueIn": "pod"},
    {"container": "livenessProbe", "differsFrom": {"container": "readinessProbe"}},
    {"container": "livenessProbe.httpGet.port", "in": {"container": "ports[*].containerPort"}},
    {"container": "readinessProbe", "required": True, "unless": {"container": "name", "like": "vault*"}},
    {"container": "image", "like": "registry.corp.example/**", "when": {"container": "stdin", "equals": True}},
    {"container": "image", "unchanged": True},
    {"container": "imagePullPolicy", "sameAs": {"container": "terminationMessagePolicy"}},
    {"container": "resources.limits.memory", "required": True, "min": "1Mi", "max": "16Gi"},
    {"container": "resources.requests.cpu", "required": True, "max": "1"},
    {"container": "resources.requests.memory", "sameAs": {"container": "resources.limits.memory"}},
    {"container": "volumeMounts", "maxItems": 0},
    {"container": "volumeMounts[*].mountPath", "notLike": ["/vault/**"]},
    {"container": "volumeMounts[*].readOnly", "equals": True, "where": {"name": "logs"}},
    {"anyOf": [{"container": "livenessProbe", "required": True}, {"container": "startupProbe", "required": True}]},
)
OF_OBJECTS: dict[str, tuple[Json, ...]] = {
    "Deployment": (
        {"object": "spec.replicas", "min": 3, "unless": {"pod": "metadata.namespace", "in": ["pay"]}},
        {"object": "spec.selector", "selects": {"pod": "metadata.labels"}},
        {"object": "spec.replicas", "unchanged": True},
    ),
    "Service": (
        {"object": "spec.type", "notIn": ["LoadBalancer"]},
        {"object": "spec.ports[*].port", "min": 1024, "unique": True},
    ),
    "networking.k8s.io/Ingress": (
        {"object": "spec.tls", "minItems": 1},
        {"object": "spec.rules[*].host", "required": True},
    ),
    "ConfigMap": ({"object": "data", "contains": ["b"]}, {"object": "data.a", "unchanged": True}),
    "Namespace": ({"object": "metadata.labels.team", "required": True},),
    "acme.example/Widget": ({"object": "spec.parts[*].name", "required": True}, {"object": "spec.size", "max": 0}),
}

CONDITIONS: tuple[Json, ...] = (
    {"pod": "spec.hostNetwork", "equals": True},
    {"pod": "spec.hostNetwork", "notIn": [True]},
    {"pod": "metadata.labels.tier", "in": ["gold"]},
    {"pod": "metadata.labels.stage", "notIn": ["test"]},
    {"pod": 'metadata.annotations["acme.example/size"]', "required": True},
    {"pod": "metadata.namespace", "in": ["shop"]},
    {"pod": "spec.nodeName", "forbidden": True},
    {"container": "stdin", "equals": True},
    {"container": "name", "like": ["web", "migrate"]},
    {"anyOf": [{"pod": "spec.hostPID", "equals": True}, {"pod": "metadata.labels.tier", "like": "s*"}]},
)
"""Conditions of rules. None reads what a rule of these proofs fills in; those on containers are positive, so that no
container that a rule puts in fits."""

FIELDS = st.lists(st.sampled_from(OF_PODS + OF_CONTAINERS), min_size=1, max_size=3, unique_by=repr)
WHEN = one_of(CONDITIONS) | st.lists(st.sampled_from(CONDITIONS), min_size=2, max_size=2, unique_by=repr)
