"""Kubernetes kinds as rules name them: which are built in, how their resources are called, what is never touched."""

from typing import NamedTuple

from webhook.admission.request import GroupKind
from webhook.expressions import expression
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

SCALED = frozenset(
    {
        GroupKind("", "ReplicationController"),
        *(GroupKind("apps", kind) for kind in ("Deployment", "ReplicaSet", "StatefulSet")),
    }
)
"""Kinds whose replicas are changed through their subresource `scale` too."""

NOT_A_SPEC = frozenset(
    {"status", "scale", "binding", "eviction", "exec", "attach", "portforward", "proxy", "log", "token"}
)
"""Subresources that change no spec; they are only judged where a rule names them."""


_SUBRESOURCES = (POD_SUBRESOURCES | NOT_A_SPEC | {"finalize", "approval"}) - {""}
_PLAIN_GROUPS = frozenset({"apps", "autoscaling", "batch", "policy"})
_VERSION = expression(r"v[0-9]+((alpha|beta)[0-9]+)?")


class KindPattern(NamedTuple):
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
            if mistake := _mistake(first, kind, subresource):
                raise ValueError(f"`{text}` names no kind", mistake)
            return cls._checked(GroupKind(first, kind), subresource)
        if first not in BARE:
            vital = next((kind for kind in KEEPS_CLUSTER_ALIVE if kind.kind == first), None)
            if vital is None:
                raise ValueError(f"`{first}` is no core or workload kind", _bare_cure(first))
            return cls._checked(vital, rest)
        return cls._checked(BARE[first], rest)

    @classmethod
    def _checked(cls, kind: GroupKind, subresource: str) -> "KindPattern":
        if not kind.kind or not kind.kind[0].isupper():
            raise ValueError(f"`{kind}` names no kind", "write GROUP/Kind, such as networking.k8s.io/Ingress")
        if kind in KEEPS_CLUSTER_ALIVE:
            raise ValueError(f"{kind} keeps a cluster alive, so no rule may concern it", "leave it out")
        if subresource and kind in BUILT_IN and subresource not in _SUBRESOURCES:
            guess = closest(subresource, _SUBRESOURCES)
            cure = f"did you mean `{guess}`?" if guess else f"known: {', '.join(sorted(_SUBRESOURCES))}"
            raise ValueError(f"`{subresource}` is no subresource of {kind}", cure)
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


def _mistake(group: str, kind: str, subresource: str) -> str:
    """What to write instead of a group and kind that cannot be; "" where they can. A group of Kubernetes' own without
    a dot is one of a few, and a version plays no part."""
    if _VERSION.fullmatch(group):
        return f"leave the version out: {_full_name(kind)}"
    if _VERSION.fullmatch(kind):
        return f"leave the version out: {_full_name(subresource, group)}"
    if "." not in group and group not in _PLAIN_GROUPS:
        return f"write {_full_name(kind)}" if any(known.kind == kind for known in BUILT_IN) else "write GROUP/Kind"
    own = [known.kind for known in BUILT_IN if known.group == group]
    guess = closest(kind, own) if kind not in own else None
    return f"did you mean {_full_name(guess, group)}?" if guess else ""


def _full_name(kind: str, group: str | None = None) -> str:
    """How a rule names a kind: bare where it is a core or workload kind."""
    known = next(
        (one for one in BUILT_IN if one.kind == kind and group in (None, one.group)), GroupKind(group or "", kind)
    )
    return known.kind if known.kind in BARE and BARE[known.kind] == known else str(known)


def _bare_cure(kind: str) -> str:
    for known in BUILT_IN:
        if known.kind.lower() == kind.lower():
            return f"write `{known.kind if known.kind in BARE else known}`"
    guess = closest(kind, BARE)
    return f"did you mean `{guess}`?" if guess else "write other kinds as GROUP/Kind, such as networking.k8s.io/Ingress"
