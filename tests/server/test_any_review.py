"""Any JSON at all as the object of a review: a decision always comes, no rule breaks, and every patch fits."""

import base64
import copy
import json
from collections.abc import Iterator
from typing import Any

import jsonpatch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.objects import decided, pod, request, workload
from tests.server.reviewing import ABOUT, RULES, STAGES, Json, response
from tests.server.serving import review
from webhook.admission.request import Operation
from webhook.engine.decide import Stage
from webhook.pod.workloads import POD_AT

_KINDS = {name: (group, name) for group, name in POD_AT}
_WORDS = ["", "latest", "nginx", "a/b@c", "1e1000000000", "9" * 50, "1Gi", "\x1b[31m", "\u202e", "Always", "\x00"]
_FIELDS = ["name", "image", "env", "ports", "volumes", "reference", "labels", "resources", "drop", "limits"]

_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(_WORDS),
)
_KEYS = st.text(max_size=5) | st.sampled_from(_FIELDS)
_JSON = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3), max_leaves=8
)

_CONTAINER: Json = {
    "name": "web",
    "image": "registry.corp.example/old/web:1",
    "imagePullPolicy": "Always",
    "resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": 1}},
    "securityContext": {"privileged": True, "capabilities": {"add": ["X"], "drop": ["ALL"]}, "runAsUser": 0},
    "env": [{"name": "A_TOKEN", "value": "x"}],
    "ports": [{"containerPort": 80, "hostPort": 80, "name": "x"}],
    "volumeMounts": [{"name": "v", "mountPath": "/x"}],
    "livenessProbe": {"httpGet": {"port": 1, "host": "x"}},
}
_SPEC: Json = {
    "hostNetwork": False,
    "securityContext": {"runAsUser": 1, "seccompProfile": {"type": "RuntimeDefault"}, "sysctls": [{"name": "a"}]},
    "initContainers": [{"name": "i", "image": "docker.io/x:1", "restartPolicy": "Always"}],
    "containers": [_CONTAINER],
    "ephemeralContainers": [{"name": "e", "image": "x"}],
    "volumes": [
        {"name": "v", "image": {"reference": "x", "pullPolicy": "Always"}},
        {"name": "h", "hostPath": {"path": "/"}},
        {"name": "kube-api-access-x", "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}},
    ],
    "tolerations": [{"key": "a"}],
    "terminationGracePeriodSeconds": 30,
}


def _full(kind: str, about: str, clash: str) -> Json:
    """An object of a kind with nearly everything in it that a rule reads."""
    metadata = {"labels": {"about": about, "clash": clash}, "annotations": {"acme.example/ttl": "7d", "a": "b"}}
    inner: Any = {"metadata": metadata, "spec": copy.deepcopy(_SPEC)}
    group, _ = _KINDS[kind]
    for step in reversed(POD_AT[_KINDS[kind]]):
        inner = {step: inner}
    own = {"name": "web", "namespace": "shop", "generateName": "web-", "ownerReferences": [{"kind": "Job"}]}
    version = f"{group}/v1" if group else "v1"
    return {**inner, "apiVersion": version, "kind": kind, "metadata": {**inner.get("metadata", {}), **own}}


def _places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in entries:
        yield (*at, step)
        yield from _places(inner, (*at, step))


def _put(obj: Json, place: tuple[Any, ...], value: Any) -> None:
    inner: Any = obj
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = copy.deepcopy(value)


@st.composite
def _nearly_right(draw: st.DrawFn) -> Json:
    """A pod or workload with everything in it, of which a few places have become something else."""
    about, clash = draw(st.sampled_from(ABOUT)), draw(st.sampled_from(["", *ABOUT]))
    obj = _full(draw(st.sampled_from(list(_KINDS))), about, clash)
    for _ in range(draw(st.integers(1, 3))):
        places = [place for place in _places(obj) if place not in (("apiVersion",), ("kind",))]
        _put(obj, draw(st.sampled_from(places)), draw(_JSON))
    return obj


_OBJECTS = _nearly_right() | st.dictionaries(_KEYS, _JSON, max_size=4)
_OLD = st.none() | _OBJECTS

_ANYTHING = settings(
    max_examples=200,
    deadline=20_000,  # milliseconds: a guard against what would never end
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
)


def _kind_of(obj: Any) -> str:
    """The kind as the API server would name it in the request; an object that names none came in as a Pod."""
    kind = obj.get("kind") if isinstance(obj, dict) else None
    return kind if isinstance(kind, str) and kind in _KINDS else "Pod"


@_ANYTHING
@given(_OBJECTS, _OLD, st.sampled_from(list(Stage)), st.sampled_from(["", "", "", "resize", "ephemeralcontainers"]))
def test_no_object_makes_a_decision_raise_or_a_rule_break(
    obj: Json, old: Json | None, stage: Stage, subresource: str
) -> None:
    sound = request(pod() if _kind_of(obj) == "Pod" else workload(_kind_of(obj)), subresource=subresource)
    operation = Operation.UPDATE if old is not None or subresource else Operation.CREATE
    before = copy.deepcopy(obj)
    decision = decided(RULES, sound._replace(operation=operation, object=obj, old_object=old), stage=stage)
    assert decision.faults == ()
    assert obj == before
    assert jsonpatch.apply_patch(obj, list(decision.patch)) == decision.object


@_ANYTHING
@given(_JSON | _OBJECTS, _JSON | _OLD, st.sampled_from(STAGES), st.sampled_from(["CREATE", "UPDATE", "DELETE"]))
def test_no_review_is_left_without_a_sound_answer(obj: Any, old: Any, stage: Stage, operation: str) -> None:
    asked = review(operation=operation, object=obj, oldObject=old)
    asked["request"]["kind"] = dict(zip(("group", "kind"), _KINDS[_kind_of(obj)], strict=True))
    found = response(asked, stage)
    if "patch" in found:
        jsonpatch.apply_patch(obj, json.loads(base64.b64decode(found["patch"])))
