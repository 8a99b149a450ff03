"""What stands under a rule type's key, for the proofs: one strategy for each type, and the rules on its page.

A rule type without a strategy here is still drawn, as the rules that its page in docs/rules shows.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from tests.proofs.objects import any_of, one_of, some, weighted
from webhook.source.yaml import read

Json = dict[str, Any]

PAGES = Path(__file__).parents[2] / "docs" / "rules"
_RULE = re.compile(r"^```yaml\n# rule\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@cache
def page_rules(key: str) -> tuple[Json, ...]:
    """The rules on the page of a rule type, none where it has no page yet."""
    page = PAGES / f"{key}.md"
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    return tuple(read(block.encode(), key).documents[0].value for block in _RULE.findall(text))


def listing(values: Any, most: int = 2) -> st.SearchStrategy[list[Any]]:
    """One or more of these values, in any order."""
    return st.lists(st.sampled_from(values), min_size=1, max_size=most, unique_by=repr)


# images

REWRITES = (
    [{"from": "docker.io", "to": "registry.corp.example/hub"}],
    [
        {"from": "docker.io", "to": "registry.corp.example/hub"},
        {"from": "*", "to": "registry.corp.example/proxy/{host}"},
    ],
    [{"from": "registry.corp.example/old", "to": "registry.corp.example/new"}],
    [{"from": "docker.io/acme", "to": "mirror.corp.example/acme"}, {"from": "quay.io:8443", "to": "quay.corp.example"}],
    [{"from": "docker.io", "to": "registry.corp.example"}],
)
_IMAGES = any_of(
    **{
        "from": (["registry.corp.example"], ["registry.corp.example", "quay.io:8443/acme/**"], ["*/acme/*:7"]),
        "notFrom": (["registry.corp.example/sandbox"], ["**/web:<2"], ["**/billing"], ["registry.corp.example/old:*"]),
        "tag": ({"required": True}, {"forbid": ["latest"]}, {"required": True, "forbid": ["*-SNAPSHOT", "1"]}),
        "digest": ("required", "preferred"),
        "pullPolicy": (["Always"], {"mutableTags": ["Always"], "others": ["IfNotPresent", "Always"]}),
        "rewrite": REWRITES,
    }
)


def _led(body: Json) -> Json:
    """Without a `from` that allows nothing of what `rewrite` leads to."""
    targets = [one["to"] for one in body.get("rewrite", ())]
    strays = not all(target.startswith("registry.corp.example") for target in targets)
    return {key: value for key, value in body.items() if key != "from"} if strays else body


IMAGES = _IMAGES.map(_led)

# metadata: the keys that are filled in are none of those that rules select on

FILLED: dict[str, tuple[Json, ...]] = {
    "team": ({"required": True, "from": "namespace"}, {"default": "core"}),
    "zone": ({"in": ["b", "c"], "from": "namespace"},),
    "cost": ({"type": "int", "min": 1, "default": "3"}, {"default": "8", "required": False}),
    "version": ({"from": "image"}, {"from": "image", "required": True}),
    "made-by": ({"from": "user", "default": "somebody"}, {"from": {"pod": "spec.serviceAccountName"}}),
}
FILLED_ANNOTATIONS: dict[str, tuple[Json, ...]] = {
    "acme.example/ttl": ({"type": "ttl", "max": "30d", "default": "7d"}, {"type": "ttl", "default": "forever"}),
    "acme.example/owner": ({"type": "email", "from": "namespace", "required": "nonEmpty"},),
    "acme.example/for": ({"default": "a@b.example"}, {"from": {"pod": 'metadata.labels["app"]'}, "required": True}),
}
JUDGED: dict[str, tuple[Json, ...]] = {
    "app": ({"required": True}, {"like": "w*"}, {"equals": "web"}, {"notIn": ["db"], "required": "nonEmpty"}),
    "tier": ({"type": "enum", "values": ["gold", "silver"]}, {"in": ["gold"]}, {"pattern": "[a-z]+"}),
    "x*": ({"forbidden": True}, {"required": True}, {"notLike": ["y*"]}),
}
JUDGED_ANNOTATIONS: dict[str, tuple[Json, ...]] = {
    "acme.example/unknown": ({"forbidden": True}, {"required": True, "type": "json"}, {"notPattern": "x+"}),
    "acme.example/t*": ({"type": "ttl", "min": "1h"}, {"like": ["*d", "*h"]}),
    "proxy.acme.example/ports": ({"type": "portList", "max": 5},),
}


def keyed(keys: dict[str, tuple[Json, ...]]) -> st.SearchStrategy[Json]:
    return some(**keys)


@st.composite
def metadata(draw: st.DrawFn) -> Json:
    labels = draw(keyed(FILLED | JUDGED))
    annotations = draw(keyed(FILLED_ANNOTATIONS | JUDGED_ANNOTATIONS))
    more = draw(some(of=("pod", "workload", "both"), anyOfLabels=(["app"], ["team", "y*"]), known=KNOWN))
    if not any(key.startswith("acme.example/") for key in annotations):
        more.pop("known", None)
    body = {**({"labels": labels} if labels else {}), **({"annotations": annotations} if annotations else {}), **more}
    return body if body.keys() - {"of"} else {**body, "labels": {"team": {"default": "core"}}}


KNOWN = ({"prefix": "acme.example/"},)

# resources


def amounts(low: str, middle: str, high: str) -> st.SearchStrategy[Json]:
    """The bounds of one resource, from three amounts of it; a limit that is set is read as a request too."""

    def fitted(bounds: Json) -> Json:
        most = bounds.get("request", {}).get("max", high)
        over = most != high and bounds.get("limit", {}).get("default") == high
        return {**bounds, "limit": {"required": True}} if over else bounds

    return any_of(
        request=(
            {"default": middle},
            {"required": True, "default": low, "max": high},
            {"min": low, "max": middle},
            {"required": False, "max": middle},
            {"required": True},
        ),
        limit=(
            {"default": high},
            {"default": "asRequest"},
            {"default": "asRequest", "equalsRequest": True},
            {"required": True, "max": high},
            {"forbidden": True},
            {"default": middle, "required": False},
            {"min": low},
        ),
    ).map(fitted)


CLASSES = (
    {
        "by": {"annotation": "acme.example/size"},
        "small": {"cpu": {"request": {"max": "2"}}},
        "large": {"cpu": {"request": {"max": "16"}}, "memory": {"request": {"default": "128Mi"}}},
    },
    {
        "by": {"label": "tier"},
        "gold": {"cpu": {"limit": {"max": "3"}}},
        "silver": {"pod": {"cpu": {"limit": {"max": "2"}}}},
    },
)
RESOURCES = any_of(
    **{
        "cpu": amounts("50m", "100m", "2"),
        "memory": amounts("64Mi", "128Mi", "1Gi"),
        "ephemeral-storage": amounts("1Mi", "1Gi", "5Gi"),
        "nvidia.com/gpu": ({"limit": {"max": 2}}, {"limit": {"required": True}}),
        "hugepages-2Mi": ({"limit": {"max": "4Mi"}},),
        "pod": ({"cpu": {"request": {"max": "1"}}}, {"memory": {"limit": {"min": "1Mi", "max": "2Gi"}}}),
        "qos": (["Guaranteed"], ["Burstable", "Guaranteed"]),
        "classes": CLASSES,
    }
)

# defaults

POD_LEAVES = any_of(
    hostUsers=(False, True),
    shareProcessNamespace=(True, False),
    securityContext=any_of(
        seccompProfile=({"type": "RuntimeDefault"},), runAsNonRoot=(True,), runAsUser=(1000, 0), fsGroup=(2000,)
    ),
    nodeSelector=({"pool": "batch"}, {"zone": {"from": "namespace.labels.zone"}}),
    activeDeadlineSeconds=(3600,),
    dnsConfig=({"options": [{"name": "ndots", "value": "2"}]},),
    imagePullSecrets=([{"name": "corp-registry"}],),
)
CONTAINER_LEAVES = any_of(
    securityContext=any_of(
        allowPrivilegeEscalation=(False, True),
        readOnlyRootFilesystem=(True,),
        runAsNonRoot=(True,),
        runAsUser=(1000, 0),
        seccompProfile=({"type": "RuntimeDefault"},),
        capabilities=({"drop": ["ALL"]},),
    ),
    resources=(
        {"requests": {"cpu": "200m"}},
        {"limits": {"memory": "256Mi", "cpu": "1"}},
        {"requests": {"memory": "1Gi"}, "limits": {"memory": "2Gi"}},
    ),
    env=([{"name": "TZ", "value": "Europe/Amsterdam"}],),
    livenessProbe=({"httpGet": {"port": 8080}}, {"exec": {"command": ["x"]}}),
    lifecycle=({"preStop": {"sleep": {"seconds": 3}}},),
)
TARGETS = any_of(pod=POD_LEAVES, containers=CONTAINER_LEAVES, volumes=({"emptyDir": {"sizeLimit": "1Gi"}},))
ENFORCED = any_of(  # of nothing that `clamp` bounds below: which of two such rules comes first is seen
    pod=any_of(
        dnsConfig=({"options": [{"name": "ndots", "value": "2"}]},),
        enableServiceLinks=(False,),
        hostUsers=(False,),
        tolerations=([{"key": "pool", "operator": "Exists"}],),
        securityContext=({"runAsUser": 1000}, {"seccompProfile": {"type": "RuntimeDefault"}}),
    ),
    containers=any_of(
        imagePullPolicy=("Always", "IfNotPresent"),
        terminationMessagePolicy=("FallbackToLogsOnError",),
        env=([{"name": "TZ", "value": "UTC"}],),
        securityContext=({"privileged": False}, {"capabilities": {"drop": ["ALL"]}}),
        resources=({"limits": {"memory": "1Gi"}},),
    ),
)
APPENDED = any_of(
    pod=any_of(
        tolerations=([{"key": "pool", "value": "batch", "effect": "NoSchedule"}],),
        imagePullSecrets=([{"name": "corp-registry"}],),
        volumes=([{"name": "tmp", "emptyDir": {}}],),
    ),
    containers=any_of(
        env=(
            [{"name": "TZ", "value": "UTC"}],
            [{"name": "TEAM", "value": {"from": "namespace.labels.team"}}, {"name": "X", "value": "1"}],
        ),
        volumeMounts=([{"name": "data", "mountPath": "/data"}],),
    ),
)
_DEFAULTS = any_of(
    default=TARGETS,
    enforce=ENFORCED,
    append=APPENDED,
    remove=(["serviceAccountToken"],),
    clamp=({"pod": {"terminationGracePeriodSeconds": {"min": 10, "max": 300}}},),
)


def _of_one_mind(body: Json) -> Json:
    """Without an `enforce` of what `default` or `append` wants too: a rule may not want two things at once."""
    if not {"default", "append"} & body.keys():
        return body
    return {key: value for key, value in body.items() if key != "enforce"}


DEFAULTS = _DEFAULTS.map(_of_one_mind)
OF_OBJECTS: tuple[tuple[str, Json], ...] = (
    ("Job", {"default": {"object": {"spec": {"ttlSecondsAfterFinished": 86400}}}}),
    ("Deployment", {"enforce": {"object": {"spec": {"revisionHistoryLimit": 3}}}}),
    ("ServiceAccount", {"default": {"object": {"automountServiceAccountToken": False}}}),
    ("Service", {"default": {"object": {"spec": {"externalTrafficPolicy": "Local"}}}}),
    ("acme.example/Widget", {"default": {"object": {"spec": {"colour": "red"}}}}),
)

# podSecurity

LEVELS: dict[str, tuple[str, ...]] = {
    "baseline": ("privileged", "hostPorts", "hostNamespaces", "capabilities", "sysctls", "procMount"),
    "restricted": ("runAsNonRoot", "runAsUser", "seccompProfile", "restrictedVolumes", "allowPrivilegeEscalation"),
}


@st.composite
def pod_security(draw: st.DrawFn) -> Json:
    level = draw(st.sampled_from(tuple(LEVELS)))
    more: Json = draw(some(version=("latest", "v1.25", "v1.36"), fill=(True,)))
    if draw(st.booleans()):
        more["only"] = draw(listing(LEVELS[level], 3))
    elif draw(st.booleans()):
        control = draw(st.sampled_from(LEVELS[level]))
        more["except"] = [{"control": control}]
        if control in ("privileged", "capabilities", "hostPorts", "allowPrivilegeEscalation"):
            more["except"][0] |= draw(some(images=(["registry.corp.example/mesh/**"],)))
        if control == "hostNamespaces":
            more["allow"] = {"capabilities": ["SYS_PTRACE"], "hostPorts": ["5000-6000"], "sysctls": ["net.*"]}
    return {"level": level, **more}


# sidecar

PROXY: Json = {
    "name": "mesh-proxy",
    "image": "registry.corp.example/mesh/proxy:1.9",
    "startupProbe": {"httpGet": {"path": "/ready", "port": 15021}},
    "securityContext": {"runAsNonRoot": True, "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
}
AGENT: Json = {
    "name": "secrets-agent",
    "image": "docker.io/acme/agent:1.17",
    "restartPolicy": "Always",
    "startupProbe": {"exec": {"command": ["agent", "ready"]}},
    "volumeMounts": [{"name": "secrets", "mountPath": "/secrets"}],
}
FIRST: Json = {"name": "secrets-init", "image": "registry.corp.example/vault/agent:1.17", "args": ["once"]}
TUNE = (
    {"cpu.request": {"default": "50m", "annotation": "proxy.acme.example/cpu", "min": "10m", "max": "1"}},
    {"memory.limit": {"default": "256Mi"}, "memory.request": {"default": "64Mi"}},
    {"cpu.limit": {"annotation": "proxy.acme.example/cpu", "max": "2"}, "cpu.request": {"default": "100m"}},
)
PORTS = {"annotation": "proxy.acme.example/ports", "env": "EXCLUDE_PORTS", "allowed": "1024-65535", "max": 5}
MOUNT_INTO = {"containers": [{"name": "secrets", "mountPath": "/vault/secrets", "readOnly": True}]}
BOTH = some(
    position=("first", "last", {"before": "migrate"}, {"after": "mesh-init"}),
    optIn=({"annotation": "acme.example/inject"}, {"label": "tier", "value": "gold"}),
    optOut=({"label": "stage", "value": "test", "allowed": True}, {"label": "stage", "value": "prod"}),
    skip=({"hostNetwork": True}, {"ownerKinds": ["DaemonSet"]}),
    forbid=(["istio-proxy", "linkerd-*"],),
)


@st.composite
def sidecar(draw: st.DrawFn) -> Json:
    form = draw(st.sampled_from(("one", "several", "named", "forbid")))
    if form == "forbid":
        return {"forbid": draw(listing(("istio-proxy", "linkerd-*", "vault-agent")))}
    if form == "named":
        more = some(image=("registry.corp.example/**",), require=(["restartPolicy"],), forbid=(["linkerd-*"],))
        return {"named": "vault-agent", **draw(more)}
    if form == "several":
        volume = draw(one_of(({"name": "secrets", "emptyDir": {"medium": "Memory"}}, {"name": "secrets"})))
        mounts = draw(some(mountInto=(MOUNT_INTO,)))
        return {"containers": draw(one_of(([FIRST, AGENT], [AGENT]))), "volumes": [volume], **mounts, **draw(BOTH)}
    return {"container": PROXY, **draw(some(tune=TUNE, excludePorts=(PORTS,), require=(["image"],))), **draw(BOTH)}


# volumes, refuse

OF_VOLUMES = any_of(
    emptyDir=any_of(
        sizeLimit=({"default": "1Gi"}, {"max": "10Gi"}, {"default": "2Gi", "min": "1Mi", "required": False}),
    ),
    hostPath=(
        {"forbidden": True},
        {"allowed": [{"path": "/data"}, {"path": "/var/log", "readOnly": True}]},
        {"allowed": [{"path": "/**/log", "readOnly": "recursive"}]},
    ),
)
TYPES = one_of(({"types": ["configMap", "projected", "emptyDir", "image"]}, {"types": ["projected", "secret"]}))
VOLUMES = weighted((4, OF_VOLUMES), (1, TYPES))
REFUSED = ("not here", "a pod of its own is lost with its node", "wait until Monday")
