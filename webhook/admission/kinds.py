"""Kubernetes kinds as rules name them: which are built in, how their resources are called, what is never touched."""

from dataclasses import dataclass
from typing import NamedTuple

from webhook.admission.request import GroupKind
from webhook.patterns import closest
from webhook.pod.workloads import POD_AT


class Resource(NamedTuple):
    """How the API server serves a kind: plural resource name and version."""

    plural: str
    version: str


_CORE = {
    "ConfigMap": "configmaps",
    "Endpoints": "endpoints",
    "LimitRange": "limitranges",
    "Namespace": "namespaces",
    "PersistentVolume": "persistentvolumes",
    "PersistentVolumeClaim": "persistentvolumeclaims",
    "Pod": "pods",
    "PodTemplate": "podtemplates",
    "ReplicationController": "replicationcontrollers",
    "ResourceQuota": "resourcequotas",
    "Secret": "secrets",
    "Service": "services",
    "ServiceAccount": "serviceaccounts",
}
_APPS = {"Deployment": "deployments", "ReplicaSet": "replicasets", "StatefulSet": "statefulsets"}
_OTHERS = {
    "apps": {**_APPS, "DaemonSet": "daemonsets"},
    "batch": {"Job": "jobs", "CronJob": "cronjobs"},
    "autoscaling": {"HorizontalPodAutoscaler": "horizontalpodautoscalers"},
    "networking.k8s.io": {"Ingress": "ingresses", "NetworkPolicy": "networkpolicies", "IngressClass": "ingressclasses"},
    "policy": {"PodDisruptionBudget": "poddisruptionbudgets"},
    "rbac.authorization.k8s.io": {
        "Role": "roles",
        "RoleBinding": "rolebindings",
        "ClusterRole": "clusterroles",
        "ClusterRoleBinding": "clusterrolebindings",
    },
    "storage.k8s.io": {"StorageClass": "storageclasses"},
    "scheduling.k8s.io": {"PriorityClass": "priorityclasses"},
}
_VERSIONS = {"autoscaling": "v2"}

BUILT_IN: dict[GroupKind, Resource] = {
    GroupKind(group, kind): Resource(plural, _VERSIONS.get(group, "v1"))
    for group, kinds in {"": _CORE, **_OTHERS}.items()
    for kind, plural in kinds.items()
}

POD_CARRIERS = tuple(GroupKind(*kind) for kind in POD_AT)
"""Pod and every kind that carries one: what a rule without `match.kinds` is about."""

BARE = {key.kind: key for key in BUILT_IN if key.group in ("", "apps", "batch")}
"""Kinds that are named without their group: the core and the workload kinds."""

CLUSTER_SCOPED = frozenset(
    {
        GroupKind("", "Namespace"),
        GroupKind("", "Node"),
        GroupKind("", "PersistentVolume"),
        GroupKind("apiextensions.k8s.io", "CustomResourceDefinition"),
        GroupKind("certificates.k8s.io", "CertificateSigningRequest"),
        GroupKind("networking.k8s.io", "IngressClass"),
        GroupKind("node.k8s.io", "RuntimeClass"),
        GroupKind("rbac.authorization.k8s.io", "ClusterRole"),
        GroupKind("rbac.authorization.k8s.io", "ClusterRoleBinding"),
        GroupKind("scheduling.k8s.io", "PriorityClass"),
        GroupKind("storage.k8s.io", "CSIDriver"),
        GroupKind("storage.k8s.io", "StorageClass"),
        GroupKind("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
        GroupKind("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
    }
)
"""Built-in kinds that live in no namespace; a custom kind that is not known is taken to live in one."""

KEEPS_CLUSTER_ALIVE = frozenset(
    {
        GroupKind("coordination.k8s.io", "Lease"),
        GroupKind("", "Event"),
        GroupKind("events.k8s.io", "Event"),
        GroupKind("", "Node"),
        GroupKind("", "Endpoints"),
        GroupKind("discovery.k8s.io", "EndpointSlice"),
        GroupKind("", "Binding"),
        GroupKind("authentication.k8s.io", "TokenReview"),
        GroupKind("authentication.k8s.io", "TokenRequest"),
        GroupKind("authentication.k8s.io", "SelfSubjectReview"),
        GroupKind("authorization.k8s.io", "SubjectAccessReview"),
        GroupKind("authorization.k8s.io", "LocalSubjectAccessReview"),
        GroupKind("authorization.k8s.io", "SelfSubjectAccessReview"),
        GroupKind("authorization.k8s.io", "SelfSubjectRulesReview"),
        GroupKind("certificates.k8s.io", "CertificateSigningRequest"),
        GroupKind("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
        GroupKind("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
        GroupKind("apiregistration.k8s.io", "APIService"),
    }
)
"""Kinds without which a cluster dies; no rule ever concerns them, whatever it names (design.md 1.7)."""

POD_SUBRESOURCES = frozenset({"", "ephemeralcontainers", "resize"})
"""The ways in which a pod's spec comes in; a subresource that we do not know is judged as a pod too."""

NOT_A_SPEC = frozenset(
    {"status", "scale", "binding", "eviction", "exec", "attach", "portforward", "proxy", "log", "token"}
)
"""Subresources that change no spec; they are only judged where a rule names them."""


@dataclass(frozen=True, slots=True)
class KindPattern:
    """A kind in `match.kinds`: Pod, networking.k8s.io/Ingress, Pod/exec or "*"."""

    group: str
    kind: str
    subresource: str = ""

    @classmethod
    def parse(cls, text: str) -> "KindPattern":
        """A bare kind is a core or workload kind; a lower-case first letter before the slash is a group."""
        if text == "*":
            return cls("*", "*")
        first, slash, rest = text.partition("/")
        if slash and first[:1].islower():
            kind, _, subresource = rest.partition("/")
            return cls._checked(GroupKind(first, kind), subresource)
        if first not in BARE:
            raise ValueError(f"`{first}` is no core or workload kind", _bare_cure(first))
        return cls._checked(BARE[first], rest)

    @classmethod
    def _checked(cls, kind: GroupKind, subresource: str) -> "KindPattern":
        if not kind.kind or not kind.kind[0].isupper():
            raise ValueError(f"`{kind}` names no kind", "write GROUP/Kind, such as networking.k8s.io/Ingress")
        if kind in KEEPS_CLUSTER_ALIVE:
            raise ValueError(f"{kind} keeps a cluster alive, so no rule may concern it")
        return cls(kind.group, kind.kind, subresource)

    def covers(self, kind: GroupKind, subresource: str) -> bool:
        """Whether a request for this kind and subresource is meant."""
        if self.kind == "*":
            return kind not in KEEPS_CLUSTER_ALIVE and subresource not in NOT_A_SPEC
        if (self.group, self.kind) != kind:
            return False
        return self.subresource == subresource if self.subresource else subresource not in NOT_A_SPEC

    def covers_pattern(self, other: "KindPattern") -> bool:
        """Whether something can be meant by both."""
        return "*" in (self.kind, other.kind) or self == other

    @property
    def carries_pod(self) -> bool:
        """Whether objects of this kind have a pod in them."""
        return self.subresource not in NOT_A_SPEC and (self.group, self.kind) in POD_AT

    def __str__(self) -> str:
        kind = GroupKind(self.group, self.kind)
        name = self.kind if self.kind == "*" or BARE.get(self.kind) == kind else str(kind)
        return f"{name}/{self.subresource}" if self.subresource else name


def _bare_cure(kind: str) -> str:
    for known in BUILT_IN:
        if known.kind.lower() == kind.lower():
            return f"write `{known.kind if known.kind in BARE else known}`"
    guess = closest(kind, BARE)
    return f"did you mean `{guess}`?" if guess else "write other kinds as GROUP/Kind, such as networking.k8s.io/Ingress"
