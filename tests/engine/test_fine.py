"""The short answers of rules: what is called fine, no check minds; and good pods are called fine, or nothing is won."""

import tempfile
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.objects import NOW, SHOP, merged, policy, request
from webhook.admission.facts import Facts
from webhook.admission.finding import Found, Mode
from webhook.admission.operators import CannotDecide
from webhook.admission.request import Request
from webhook.admission.rule import Subject
from webhook.engine.decide import Stage, decide
from webhook.engine.mutate import narrow
from webhook.engine.plan import Applicable, Group, plan_of
from webhook.errors import MalformedObject
from webhook.pod.containers import Pod
from webhook.policy.load import load
from webhook.policy.ruleset import Rule, Ruleset
from webhook.source.path import look_up

ROOT = Path(__file__).parents[2]

MORE = """
- name: digests
  images: {notFrom: ["docker.io/**:<2"], digest: required, pullPolicy: {mutableTags: [Always], others: [IfNotPresent]}}
- name: only-web
  containers: {names: {include: [web]}}
  images: {from: [registry.corp.example]}
- name: known-keys
  metadata:
    anyOfLabels: [app, "team*"]
    known: {prefix: acme.example/}
    labels: {app: {like: "w*"}, "acme.example/*": {forbidden: true}}
    annotations: {acme.example/ttl: {type: ttl, max: 7d}, "acme.example/x*": {required: nonEmpty}}
- name: own-keys
  metadata: {of: both, labels: {team: {required: true, from: namespace}, old: {forbidden: true}}}
- name: classes
  resources:
    cpu: {limit: {required: true, max: "2"}}
    classes: {by: {label: size}, small: {cpu: {limit: {max: 100m}}}, large: {cpu: {limit: {max: "8"}}}}
- name: sums
  resources: {pod: {cpu: {request: {max: "1"}}}, qos: [Guaranteed, Burstable]}
- name: ratio
  resources: {memory: {limit: {equalsRequest: true}}, cpu: {maxLimitToRequest: 2}}
- name: baseline
  podSecurity: {level: baseline, except: [{control: privileged, images: [registry.corp.example/shop/web]}]}
- name: old-standard
  podSecurity: {level: restricted, version: v1.18}
- name: inherited
  fields:
  - {container: securityContext.runAsUser, min: 1000}
  - {container: securityContext.seccompProfile.type, in: [RuntimeDefault]}
- name: many
  fields:
  - {container: "env[*].name", notLike: ["*SECRET*", "DB_*"]}
  - {container: "env[*].value", pattern: "[a-z0-9]*"}
  - {container: "ports[*].containerPort", notIn: [1, 22], min: 1}
  - {container: stdin, equals: false}
- name: of-the-pod
  fields:
  - {pod: spec.hostNetwork, equals: false}
  - {pod: spec.terminationGracePeriodSeconds, max: {pod: spec.activeDeadlineSeconds}}
  - {pod: metadata.namespace, in: [shop]}
- name: of-the-object
  match: {kinds: [Pod]}
  fields:
  - {object: metadata.labels.x, forbidden: true, unless: {pod: spec.hostNetwork, equals: true}}
- name: others
  fields:
  - {container: image, uniqueIn: pod}
  - {container: imagePullPolicy, required: true}
- name: conditional
  when: [{pod: spec.hostNetwork, equals: false}, {container: "ports[*].containerPort", min: 1}]
  fields: {container: livenessProbe, required: true}
- name: conditional-images
  containers: {names: {exclude: [proxy]}}
  when: {container: imagePullPolicy, equals: Always}
  fields: {container: image, like: "registry.corp.example/**"}
- name: shapes
  fields:
  - {container: "ports[*].containerPort", unless: {container: stdin, equals: true}, unique: true}
  - {container: "env[*].value", where: {name: {like: "*SECRET*"}}, forbidden: true}
  - {anyOf: [{container: livenessProbe, required: true}, {container: startupProbe, required: true}]}
  - {container: securityContext.runAsUser, differsFrom: {container: securityContext.runAsGroup}}
- name: across
  fields:
  - {pod: metadata.labels.app, in: {container: "env[*].value"}, when: {container: stdin, equals: true}}
  - pod: "spec.volumes[*].name"
    in: {container: "volumeMounts[*].name"}
    unless: {pod: spec.hostNetwork, equals: false}
- name: appended
  defaults: {append: {pod: {imagePullSecrets: [{name: corp}]}}}
- name: everywhere
  defaults:
    default:
      pod: {securityContext: {runAsUser: 1000}, nodeSelector: {zone: a}}
      containers: {securityContext: {seccompProfile: {type: RuntimeDefault}}, livenessProbe: {httpGet: {port: 8080}}}
      volumes: {emptyDir: {sizeLimit: 1Gi}}
"""

CONDITIONS = ("p/across",)
"""Rules that are fine by a condition alone: no short answer looks at conditions, what was learnt does."""

CONTAINER = {
    "name": "web",
    "image": "registry.corp.example/shop/web:1.4.2",
    "imagePullPolicy": "IfNotPresent",
    "stdin": False,
    "env": [{"name": "LOG", "value": "x"}, {"name": "TZ", "value": "y"}],
    "ports": [{"containerPort": 8080, "protocol": "TCP"}],
    "livenessProbe": {"httpGet": {"port": 8080}},
    "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "100m", "memory": "128Mi"}},
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    },
}
GOOD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {
        "name": "web",
        "namespace": "shop",
        "labels": {"app": "web", "app.kubernetes.io/name": "web", "team": "shop", "size": "large"},
        "annotations": {"acme.example/cost-centre": "CC-1234", "acme.example/ttl": "3d"},
    },
    "spec": {
        "automountServiceAccountToken": False,
        "imagePullSecrets": [{"name": "corp"}, {"name": "corp-registry"}],
        "hostNetwork": False,
        "hostUsers": False,
        "activeDeadlineSeconds": 60,
        "terminationGracePeriodSeconds": 30,
        "nodeSelector": {"zone": "a"},
        "shareProcessNamespace": True,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
        "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "1Gi"}}],
        "initContainers": [{**CONTAINER, "name": "migrate"}],
        "containers": [CONTAINER, {**CONTAINER, "name": "proxy", "image": "registry.corp.example/proxy:2"}],
    },
}

_ODD: tuple[Any, ...] = (None, "", "x", 0, 1, 1.0, True, False, [], {}, ["x"], {"x": "y"}, [None], [{"x": 1}])
_IN_CONTAINER: dict[str, tuple[Any, ...]] = {
    "image": ("nginx", "nginx:latest", "docker.io/library/nginx:1@sha256:" + "0" * 64, "registry.corp.example/a:1"),
    "imagePullPolicy": ("Always", "Never"),
    "restartPolicy": ("Always",),
    "env": ([{"name": "DB_X"}], [{"name": "MY_SECRET", "value": "z"}], [{"value": "Ä"}], [{"name": True}], [1]),
    "ports": ([{"containerPort": 22}], [{"containerPort": True}], [{"hostPort": 80, "containerPort": 1.0}]),
    "resources": ({"limits": {"cpu": "3"}}, {"requests": {"cpu": 1}, "limits": {"cpu": True}}, {"requests": "x"}),
    "resources.requests.cpu": ("100m", "2", 1, True, "broken"),
    "resources.limits.memory": ("1Gi", 128, "128Mi", {"x": 1}),
    "securityContext.privileged": (True,),
    "securityContext.runAsUser": (0, 1000, 10),
    "securityContext.seccompProfile": ({"type": "Unconfined"}, {"type": "Localhost"}),
    "securityContext.capabilities": ({"drop": ["all"]}, {"drop": ["ALL"], "add": ["SYS_ADMIN"]}),
    "livenessProbe": ({"exec": {}}, {"httpGet": {"host": "1.2.3.4"}}),
    "stdin": (True,),
}
_IN_POD: dict[str, tuple[Any, ...]] = {
    "metadata.labels": ({"acme.example/y": "z"}, {"app": "db"}),
    "metadata.labels.team": ("shop",),
    "metadata.labels.size": ("small", "huge"),
    "metadata.labels.old": ("x",),
    "metadata.labels.x": ("x",),
    "metadata.annotations": ({"acme.example/xy": "z"}, {"acme.example/unknown": "z"}),
    "spec.hostNetwork": (True,),
    "spec.automountServiceAccountToken": (True,),
    "spec.imagePullSecrets": ([{"name": "corp"}], [{"name": "other"}], [{"name": "corp", "more": 1}, {"name": "corp"}]),
    "spec.hostUsers": (True,),
    "spec.os": ({"name": "windows"},),
    "spec.terminationGracePeriodSeconds": (90, 400),
    "spec.activeDeadlineSeconds": (10,),
    "spec.resources": ({"limits": {"cpu": "1"}}, {"requests": {"cpu": "4"}}),
    "spec.overhead": ({"cpu": "2"},),
    "spec.securityContext.runAsUser": (0,),
    "spec.securityContext.seccompProfile": ({"type": "Unconfined"},),
    "spec.volumes": ([{"name": "h", "hostPath": {"path": "/"}}], [{"name": "i", "image": {"reference": "nginx"}}]),
    "spec.ephemeralContainers": ([{"name": "debug", "image": "nginx"}], [{"resources": {"limits": {"cpu": "9"}}}]),
}
SPOTS = {**_IN_POD, **{f"spec.{at}.{key}": odd for key, odd in _IN_CONTAINER.items() for at in ("containers", "init")}}


@cache
def rules() -> tuple[Rule, ...]:
    """Those that are shipped, those of the parity test, and more."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "more.yaml").write_text(policy(MORE.strip("\n")), encoding="utf-8")
        more = load([folder]).rules
    return load([str(ROOT / "policies")]).rules + load([str(ROOT / "tests/e2e/parity/rules.yaml")]).rules + more


def put(obj: dict[str, Any], spot: str, value: Any) -> None:
    """The value at a spot of the pod, in the first of its containers or init containers; nothing where that is gone."""
    steps: list[Any] = []
    for step in spot.split("."):
        steps += {"containers": ["containers", 0], "init": ["initContainers", 0]}.get(step, [step])
    keys = [*steps[:2], ".".join(steps[2:])] if steps[0] == "metadata" and len(steps) > 2 else steps
    place = look_up(obj, tuple(keys[:-1]))
    if isinstance(place, dict):
        place[keys[-1]] = deepcopy(value)


@st.composite
def pods(draw: st.DrawFn) -> dict[str, Any]:
    """A good pod of which a few places are changed, for better or worse."""
    obj = deepcopy(GOOD)
    for spot in draw(st.lists(st.sampled_from(sorted(SPOTS)), max_size=4)):
        put(obj, spot, draw(st.sampled_from((*SPOTS[spot], *SPOTS[spot], *_ODD))))
    return obj


def asks(obj: dict[str, Any], shape: str) -> Request:
    """A request: a pod that is created or updated, or a Deployment with it as its template."""
    if shape == "template":
        spec = {"template": {key: obj[key] for key in ("metadata", "spec")}}
        metadata = {"name": "web", "namespace": "shop", "labels": {"team": "shop"}}
        obj = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}
    return request(obj, old=merged(obj, {}) if shape == "update" else None, namespace="shop")


def asked(obj: dict[str, Any], shape: str) -> tuple[Request, Subject]:
    """The same with its subject."""
    made = asks(obj, shape)
    pod = Pod(made.subject, ("spec", "template") if shape == "template" else ())
    return made, Subject(made, made.subject, pod, SHOP, NOW)


def said(rule: Rule, subject: Subject) -> list[Found]:
    """All that the rule's checks say."""
    return [found for check in rule.parts.checks for found in check(subject)]


@cache
def groups() -> dict[str, Group | None]:
    """What each rule remembers, by itself."""
    made = {rule.info.id: plan_of((Applicable(rule, Mode.ENFORCE),), Ruleset((rule,), "")) for rule in rules()}
    return {name: plan.groups[0] if plan.groups else None for name, plan in made.items()}


def group(rule: Rule) -> Group | None:
    return groups()[rule.info.id]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pods(), st.sampled_from(["create", "update", "template"]))
def test_of_what_is_called_fine_no_check_says_anything(obj: dict[str, Any], shape: str) -> None:
    for rule in rules():
        try:
            _, subject = asked(obj, shape)
            target = narrow(subject, rule)
            fine, known = rule.parts.fine is not None and rule.parts.fine(target), group(rule)
            fine = fine or (known is not None and known.knows(target))
            found = said(rule, target)
        except (MalformedObject, CannotDecide):
            continue
        assert not (fine and found), (rule.info.id, found)
        if known is not None and not found:
            known.learn(target)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pods(), st.sampled_from(["create", "update", "template"]))
def test_what_was_learnt_of_other_objects_changes_no_decision(obj: dict[str, Any], shape: str) -> None:
    """Rules that are judged together, and rules with a condition, which are learnt from request to request."""
    for ruleset in (everything(), without_faults()):
        made, facts = asks(obj, shape), Facts({"shop": SHOP}, askable=False)
        fresh = decide(made, ruleset.changed(), facts, NOW, Stage.VALIDATE)
        assert decide(made, ruleset, facts, NOW, Stage.VALIDATE) == fresh
        assert decide(made, ruleset, facts, NOW, Stage.VALIDATE) == fresh


@cache
def everything() -> Ruleset:
    """All rules, in force at once."""
    return Ruleset(rules(), "r")


@cache
def without_faults() -> Ruleset:
    """The rules that accept the good pod, so that they learn together."""
    _, subject = asked(deepcopy(GOOD), "create")
    return Ruleset(tuple(rule for rule in rules() if not said(rule, narrow(subject, rule)) or rule.when), "r")


def test_a_malformed_object_is_never_called_fine_by_a_rule_that_refuses_to_judge_it() -> None:
    for value in (5, True, ["nginx"], {"x": 1}):
        obj = deepcopy(GOOD)
        put(obj, "spec.containers.image", value)
        _, subject = asked(obj, "create")
        for rule in rules():
            known = group(rule)
            if rule.info.id == "allowed-registries/from-our-registry" and known is not None:
                assert not known.knows(subject)
                with pytest.raises(MalformedObject):
                    said(rule, subject)


def test_good_pods_are_called_fine_by_every_rule_that_has_a_short_answer() -> None:
    for shape in ("create", "update"):
        for rule in rules():
            _, subject = asked(deepcopy(GOOD), shape)
            target = narrow(subject, rule)
            known, found = group(rule), said(rule, target)
            if rule.parts.fine is not None and not found and rule.info.id not in CONDITIONS:
                assert rule.parts.fine(target), rule.info.id
            if known is not None and not found and known.said(target) is not None:
                known.learn(target)
                assert known.knows(narrow(asked(deepcopy(GOOD), shape)[1], rule)), rule.info.id


def test_the_rules_that_judge_every_pod_have_a_short_answer() -> None:
    without = {rule.info.id for rule in rules() if rule.parts.fine is None and group(rule) is None and not rule.when}

    assert without == {
        "defaults/safe",
        "mesh-sidecar/proxy",
        "p/sums",
        "volume-types/allowed-types",
    }


def test_what_was_fine_in_one_container_is_not_fine_because_it_is_alike_to_python() -> None:
    """1 equals true, and is no boolean; an ephemeral container is not judged, and says nothing of others."""
    [rule] = [one for one in rules() if one.info.id == "p/classes"]
    known = group(rule)
    assert known is not None
    first, second = deepcopy(GOOD), deepcopy(GOOD)
    put(second, "spec.containers.resources.limits.cpu", "9")
    first["spec"]["ephemeralContainers"] = [{**second["spec"]["containers"][0], "name": "debug"}]

    learnt(known, rule, first)
    assert not known.knows(narrowed(second, rule))
    put(second, "spec.containers.resources.limits.cpu", 1)
    learnt(known, rule, second)
    put(second, "spec.containers.resources.limits.cpu", True)
    assert not known.knows(narrowed(second, rule))


def test_a_volume_that_is_nothing_is_not_like_no_volumes() -> None:
    [rule] = [one for one in rules() if one.info.id == "p/old-standard"]
    known, none, one = group(rule), deepcopy(GOOD), deepcopy(GOOD)
    assert known is not None
    none["spec"]["volumes"], one["spec"]["volumes"] = None, [None]

    learnt(known, rule, none)
    assert not known.knows(narrowed(one, rule))


def narrowed(obj: dict[str, Any], rule: Rule) -> Subject:
    return narrow(asked(obj, "create")[1], rule)


def learnt(known: Group, rule: Rule, obj: dict[str, Any]) -> None:
    assert not said(rule, narrowed(obj, rule))
    known.learn(narrowed(obj, rule))
