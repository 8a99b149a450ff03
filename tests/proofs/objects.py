"""Objects for the proofs: pods and everything that carries one, from plausible to odd, and a few other kinds.

Two sets of keys never meet. What rules select on (in `match`, `when`, `optIn` and classes) no rule ever fills in:
/validate selects on what /mutate has written, `check` on the object as it came in, and that is the one place where the
two are meant to differ.
"""

import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

from tests.pod import corpus
from webhook.pod.workloads import POD_AT
from webhook.source.path import look_up

Json = dict[str, Any]
Place = tuple[Any, ...]


def some(**options: Any) -> st.SearchStrategy[Json]:
    """Mappings with any of these keys; a tuple stands for one of its values."""
    chosen = {key: one_of(value) if isinstance(value, tuple) else value for key, value in options.items()}
    return st.fixed_dictionaries({}, optional=chosen)


def any_of(**options: Any) -> st.SearchStrategy[Json]:
    """Mappings with one of these keys at least; a tuple stands for one of its values."""
    chosen = {key: one_of(value) if isinstance(value, tuple) else value for key, value in options.items()}
    with_one = {
        key: st.fixed_dictionaries({key: value}, optional={other: chosen[other] for other in chosen if other != key})
        for key, value in chosen.items()
    }
    return st.sampled_from(tuple(with_one)).flatmap(with_one.__getitem__)


def one_of(values: Any) -> st.SearchStrategy[Any]:
    """One of these values, a copy of its own."""
    return st.sampled_from(values).map(deepcopy)


@st.composite
def weighted(draw: st.DrawFn, *choices: tuple[int, st.SearchStrategy[Any]]) -> Any:
    """One of the strategies, each as often as its number says."""
    number = draw(st.integers(1, sum(weight for weight, _ in choices)))
    for weight, strategy in choices:
        number -= weight
        if number <= 0:
            return draw(strategy)
    raise AssertionError(choices)


def listed(values: Any, key: str = "name", most: int = 2) -> st.SearchStrategy[list[Any]]:
    """Lists of these elements in which a key is told apart."""
    return st.lists(st.sampled_from(values), max_size=most, unique_by=lambda one: one[key]).map(deepcopy)


IMAGES = (
    "acme/billing:7",
    "registry.corp.example/shop/web:1.4.2",
    "registry.corp.example/shop/web",
    "registry.corp.example/old/web:1",
    "registry.corp.example/mesh/proxy:1.9",
    "registry.corp.example/shop/web:latest@sha256:" + "a" * 64,
    "nginx",
    "nginx:1.27",
    "index.docker.io/acme/billing:latest",
    "docker.io/acme/billing:7@sha256:" + "b" * 64,
    "quay.io:8443/acme/web:1",
    "mirror.corp.example/web:2-SNAPSHOT",
    "REGISTRY.corp.example/Web",
    "not:a:reference",
    "",
)
YES_NO = (True, False, None)
SECCOMP = ({"type": "RuntimeDefault"}, {"type": "Unconfined"}, {"type": "Localhost", "localhostProfile": "x"}, None)
CPU = ("100m", "0.5", 2, "8000m", "1m", 0, 0.1)
MEMORY = ("64Mi", 134217728, "0.1Gi", "20Gi", "512m")

AMOUNTS = some(cpu=CPU, memory=MEMORY, **{"nvidia.com/gpu": (1, "8")})
RESOURCES = some(requests=AMOUNTS | st.none(), limits=AMOUNTS)
SECURITY = some(
    privileged=YES_NO,
    allowPrivilegeEscalation=YES_NO,
    readOnlyRootFilesystem=YES_NO,
    runAsNonRoot=YES_NO,
    runAsUser=(0, 1000, 10001),
    seccompProfile=SECCOMP,
    procMount=("Default", "Unmasked"),
    capabilities=some(
        drop=(["ALL"], ["NET_RAW"], [], None), add=(["SYS_ADMIN"], ["NET_BIND_SERVICE", "CAP_CHOWN"], ["SYS_PTRACE"])
    ),
)
ENV = (
    {"name": "TZ", "value": "UTC"},
    {"name": "DB_PASSWORD", "value": "x"},
    {"name": "A_TOKEN", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
    {"name": "EXCLUDE_PORTS", "value": "1"},
    {"name": "X"},
)
PROBES = ({"httpGet": {"port": 8080, "path": "/"}}, {"tcpSocket": {"port": "http"}}, {"exec": {"command": ["true"]}})
MOUNTS = (
    {"name": "data", "mountPath": "/data"},
    {"name": "logs", "mountPath": "/logs", "readOnly": True},
    {"name": "secrets", "mountPath": "/vault/secrets", "subPath": "a/../b"},
)
VOLUMES = (
    {"name": "data", "emptyDir": {}},
    {"name": "scratch", "emptyDir": {}},
    {"name": "logs", "hostPath": {"path": "/var//log/../log"}},
    {"name": "root", "hostPath": {"path": "/"}},
    {"name": "secrets", "emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}},
    {"name": "model", "image": {"reference": "quay.io/acme/model:1"}},
    {"name": "other", "image": {"reference": "nginx:latest", "pullPolicy": "Always"}},
    {"name": "mine", "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}},
    {"name": "claim", "persistentVolumeClaim": {"claimName": "x"}},
    {"name": "nothing"},
)
CONTAINER = some(
    image=IMAGES,
    securityContext=SECURITY | st.none(),
    resources=RESOURCES,
    env=listed(ENV),
    ports=(
        [{"containerPort": 80}],
        [{"containerPort": 8080, "hostPort": 80, "name": "http"}],
        [{"containerPort": 8080, "protocol": "UDP"}, {"containerPort": 9090, "hostPort": 5001}],
        [],
    ),
    imagePullPolicy=("Always", "Never", "IfNotPresent"),
    volumeMounts=listed(MOUNTS, "mountPath"),
    livenessProbe=PROBES,
    readinessProbe=PROBES,
    lifecycle=({"preStop": {"sleep": {"seconds": 5}}},),
    command=(["run"], None),
    stdin=(True,),
    restartPolicy=("Always",),
)
NAMES = {
    "containers": ("web", "api", "vault-agent", "istio-proxy"),
    "initContainers": ("migrate", "setup", "mesh-proxy", "linkerd-init"),
    "ephemeralContainers": ("debug",),
}
SPEC = some(
    hostNetwork=YES_NO,
    hostPID=YES_NO,
    hostUsers=YES_NO,
    securityContext=some(
        runAsNonRoot=YES_NO,
        runAsUser=(0, 1000),
        fsGroup=(2000,),
        seccompProfile=SECCOMP,
        sysctls=([{"name": "kernel.msgmax", "value": "1"}], [{"name": "net.ipv4.ip_unprivileged_port_start"}]),
    )
    | st.none(),
    terminationGracePeriodSeconds=(0, 30, 90, 900),
    activeDeadlineSeconds=(10, 3600),
    automountServiceAccountToken=YES_NO,
    serviceAccountName=("builder",),
    tolerations=([{"key": "pool", "value": "batch", "effect": "NoSchedule"}], [{"operator": "Exists"}], []),
    nodeSelector=({"pool": "web"}, {}),
    nodeName=("node-1",),
    imagePullSecrets=([{"name": "own"}], [{"name": "corp-registry"}]),
    dnsConfig=({"options": [{"name": "ndots", "value": "5"}, {"name": "timeout", "value": "1"}]},),
    shareProcessNamespace=YES_NO,
    priorityClassName=("low",),
    resources=some(requests=AMOUNTS, limits=AMOUNTS),
    volumes=listed(VOLUMES, most=3),
    os=({"name": "windows"}, {"name": "linux"}),
)
LABELS = some(
    app=("web", "db"),
    tier=("gold", "silver"),  # selected on
    stage=("prod", "test"),  # selected on
    team=("shop", "Pay"),  # filled in
    cost=("7", "many"),  # filled in
    x=("y", ""),
)
ANNOTATIONS = some(
    **{
        "acme.example/ttl": ("3d", "60d", "soon"),  # filled in
        "acme.example/owner": ("shop@acme.example", ""),  # filled in
        "acme.example/unknown": ("x",),
        "acme.example/size": ("small", "large", "lagre"),  # selected on
        "acme.example/inject": ("true", "false"),  # selected on
        "proxy.acme.example/cpu": ("200m", "5", "x"),  # selected on
        "proxy.acme.example/ports": ("9091, 9090", "443"),  # selected on
    }
)
OWNERS = ([{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1", "uid": "1"}], [{"kind": "DaemonSet"}], None)
METADATA = some(labels=LABELS | st.none(), annotations=ANNOTATIONS, ownerReferences=OWNERS)


@st.composite
def templates(draw: st.DrawFn) -> Json:
    """A pod's metadata and spec, as people write them: right and wrong in every way that rules look at."""
    spec: Json = draw(SPEC)
    for name, fewest, most in (("containers", 1, 2), ("initContainers", 0, 2), ("ephemeralContainers", 0, 1)):
        names = draw(st.lists(st.sampled_from(NAMES[name]), min_size=fewest, max_size=most, unique=True))
        if names:
            spec[name] = [{"name": own, "image": IMAGES[0], **draw(CONTAINER)} for own in names]
    for one in spec["containers"]:
        one.pop("restartPolicy", None)
    return {"metadata": draw(METADATA), "spec": spec}


def corpus_template(seed: int) -> Json:
    """A pod of the defaults' corpus: nulls, zeros, odd spellings, unknown fields."""
    pod = corpus.pod(corpus.Dice(seed), "web")
    return {"metadata": {key: pod["metadata"][key] for key in pod["metadata"] if key != "name"}, "spec": pod["spec"]}


TEMPLATES = weighted((3, templates()), (1, st.integers(0, 5_000).map(corpus_template)))
CARRIERS = tuple(POD_AT)
NAMESPACES = ("shop", "shop", "pay")

OTHERS: tuple[Json, ...] = (
    {"apiVersion": "v1", "kind": "Service", "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]}},
    {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "b"}},
    {"apiVersion": "v1", "kind": "ServiceAccount"},
    {"apiVersion": "v1", "kind": "Namespace"},
    {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "spec": {"rules": [{"host": "a.example"}, {}]}},
    {"apiVersion": "acme.example/v1", "kind": "Widget", "spec": {"parts": [{"name": "a"}, 3, None], "size": 1}},
)


def carrier(kind: tuple[str, str], template: Json, metadata: Json) -> Json:
    """An object of a kind that carries a pod."""
    group, name = kind
    head: Json = {"apiVersion": f"{group}/v1" if group else "v1", "kind": name}
    if name == "Pod":
        return {**head, "metadata": {**template["metadata"], **metadata}, "spec": template["spec"]}
    inner: Json = template
    for step in reversed(POD_AT[kind]):
        inner = {str(step): inner}
    if name in ("Deployment", "ReplicaSet", "StatefulSet"):
        inner["spec"]["replicas"] = 2
    return {**head, **inner, "metadata": metadata}


@st.composite
def workloads(draw: st.DrawFn, kinds: tuple[tuple[str, str], ...] = CARRIERS) -> Json:
    """A pod, or an object of another kind that carries one."""
    kind = draw(st.sampled_from(kinds))
    metadata: Json = {"name": draw(st.sampled_from(("web", "job-7"))), "namespace": draw(st.sampled_from(NAMESPACES))}
    if kind[1] != "Pod":
        metadata |= draw(METADATA)
    return carrier(kind, draw(TEMPLATES), metadata)


@st.composite
def others(draw: st.DrawFn) -> Json:
    """An object without a pod."""
    obj: Json = draw(one_of(OTHERS))
    metadata = draw(METADATA)
    namespace = {} if obj["kind"] == "Namespace" else {"namespace": draw(st.sampled_from(NAMESPACES))}
    return {**obj, "metadata": {**metadata, "name": "web", **namespace}}


PODS = workloads((("", "Pod"),))
PLAUSIBLE = weighted((4, PODS), (2, workloads()), (1, others()))

# what is odd

HOSTILE: tuple[Any, ...] = (
    None,
    "",
    "x",
    0,
    1,
    1.5,
    -1,
    2**70,
    True,
    False,
    [],
    {},
    ["x"],
    [None],
    [[]],
    {"x": "y"},
    [{"name": 1}],
    {"name": {}},
    "1e1000000000",
    "9" * 50,
    "\x1b[31m",
    "\u202e\x00",
    "a/b@c",
    "*",
    "${x}",
)
FIELDS = ("name", "image", "env", "ports", "labels", "resources", "limits", "securityContext", "x/y", "restartPolicy")
ANYTHING = st.recursive(
    st.sampled_from(HOSTILE) | st.text(max_size=6) | st.integers(-(2**70), 2**70),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, at: Place = ()) -> Iterator[Place]:
    """Every place in a value."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        yield (*at, step)
        yield from places(inner, (*at, step))


def put(obj: Json, place: Place, value: Any) -> Json:
    """A copy of the object with another value at a place."""
    made: Any = deepcopy(obj)
    inner = made
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = deepcopy(value)
    return dict(made)


IDENTITY = {("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace")}


@st.composite
def spoiled(draw: st.DrawFn, objects: st.SearchStrategy[Json], most: int = 3) -> Json:
    """An object of which some places have become something else, be it of a wrong type, or are gone."""
    obj: Json = draw(objects)
    for _ in range(draw(st.integers(1, most))):
        found = [place for place in places(obj) if place not in IDENTITY]
        if not found:
            return obj
        obj = put(obj, draw(st.sampled_from(found)), draw(ANYTHING))
    return obj


ODD = spoiled(PLAUSIBLE)
ANY_OBJECT = weighted((2, PLAUSIBLE), (5, ODD), (1, st.dictionaries(st.sampled_from(FIELDS), ANYTHING, max_size=4)))

SPOTS: tuple[tuple[Place, tuple[Any, ...]], ...] = (
    (("spec", "containers", "image"), IMAGES),
    (("spec", "initContainers", "image"), IMAGES),
    (("spec", "containers", "env"), ([ENV[0]], [ENV[1], ENV[4]], [])),
    (
        ("spec", "containers", "securityContext"),
        ({"privileged": True}, {"runAsUser": 0}, {"seccompProfile": SECCOMP[1]}),
    ),
    (("spec", "containers", "securityContext", "capabilities"), ({"add": ["SYS_ADMIN"]}, {"drop": ["ALL"]})),
    (
        ("spec", "containers", "resources"),
        ({}, {"requests": {"cpu": "3"}}, {"limits": {"memory": "1Gi", "cpu": "100m"}}),
    ),
    (("spec", "containers", "ports"), ([{"containerPort": 80, "hostPort": 80}], [])),
    (("spec", "containers", "volumeMounts"), ([MOUNTS[0]], [MOUNTS[2], MOUNTS[1]])),
    (("spec", "volumes"), ([VOLUMES[0]], [VOLUMES[2], VOLUMES[5]], [VOLUMES[6]])),
    (("spec", "securityContext"), ({"runAsUser": 1000, "runAsNonRoot": True}, {"runAsUser": 0}, {})),
    (("spec", "tolerations"), ([{"key": "pool", "value": "batch", "effect": "NoSchedule"}], [{"operator": "Exists"}])),
    (("spec", "hostNetwork"), (True, False)),
    (("spec", "hostUsers"), (True, False)),
    (("spec", "terminationGracePeriodSeconds"), (0, 900)),
    (("spec", "resources"), ({"requests": {"cpu": "1"}}, {"limits": {"memory": "1Gi"}})),
    (("spec", "initContainers"), ([{"name": "migrate", "image": "nginx", "restartPolicy": "Always"}], [])),
    (("metadata", "labels"), ({"app": "web"}, {"app": "web", "cost": "7", "x": "y"}, {"team": "shop"})),
    (("metadata", "annotations"), ({"acme.example/ttl": "60d"}, {"acme.example/owner": ""}, {})),
)
"""Places of a pod that rules look at, each with values that people write there; those of a container are all of it."""


def relatives(obj: Json, at: Place, seed: int, count: int) -> Iterator[Json]:
    """Objects like this one, whose pod stands at a path: each with other values at some of the SPOTS."""
    dice = random.Random(seed)
    for _ in range(count):
        made = obj
        for spot, values in dice.sample(SPOTS, 3):
            for place in _meant(made, (*at, *spot)):
                made = put(made, place, dice.choice(values))
        yield made


def hostile_relatives(obj: Json, seed: int, count: int) -> Iterator[Json]:
    """Objects like this one, in which something hostile stands at one place or two."""
    dice = random.Random(seed)
    for _ in range(count):
        made = obj
        for _ in range(dice.choice((1, 1, 2))):
            found = [place for place in places(made) if place not in IDENTITY]
            of_metadata = [place for place in found if "metadata" in place]  # few, beside all that a spec has
            if found:
                place = dice.choice(dice.choice((found, of_metadata or found)))
                made = put(made, place, dice.choice(HOSTILE))
        yield made


def _meant(obj: Json, place: Place) -> Iterator[Place]:
    """The place in each container of its list; nothing where what it stands in is not there."""
    for index, step in enumerate(place[:-1]):
        if step in NAMES:
            listed = look_up(obj, place[: index + 1])
            every = range(len(listed)) if isinstance(listed, list) else ()
            found = [(*place[: index + 1], number, *place[index + 1 :]) for number in every]
            yield from (one for one in found if isinstance(look_up(obj, one[:-1]), dict))
            return
    if isinstance(look_up(obj, place[:-1]), dict):
        yield place
