"""AppArmor's old annotations: what the API server makes of them when a pod is created, and what check says of it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.cluster import Cluster
from tests.e2e.doorward import Doorward, registered
from tests.objects import merged, pod, policy, workload
from webhook.pod.defaults import created_pod_of, defaulted

Json = dict[str, Any]

NAMESPACE = "apparmor"
KEY = "container.apparmor.security.beta.kubernetes.io/"
RULES = policy("- {name: profile, podSecurity: {level: baseline, only: [appArmorProfile]}}")

RUNTIME = {"appArmorProfile": {"type": "RuntimeDefault"}}
LOCAL = {"appArmorProfile": {"type": "Localhost", "localhostProfile": "p"}}


def annotated(profiles: dict[str, str], spec: Json | None = None, **container: Any) -> Json:
    """A pod with an init container `i`, the containers `web` and `b`, and these annotations."""
    annotations = {f"{KEY}{name}": value for name, value in profiles.items()}
    obj = pod({"metadata": {"namespace": NAMESPACE, "annotations": annotations}, "spec": spec or {}}, **container)
    obj["spec"]["containers"].append({"name": "b", "image": "b"})
    obj["spec"]["initContainers"] = [{"name": "i", "image": "i"}]
    return obj


CASES: dict[str, Json] = {
    "nothing": annotated({}),
    "the runtime's": annotated({"web": "runtime/default"}),
    "local": annotated({"web": "localhost/p"}),
    "local with blanks": annotated({"web": "localhost/ p "}),
    "local without a name": annotated({"web": "localhost/"}),
    "too long": annotated({"web": f"localhost/{'p' * 4096}"}),
    "just not too long": annotated({"web": f"localhost/{'p' * 4095}"}),
    "none": annotated({"web": "unconfined", "i": "runtime/default"}),
    "empty": annotated({"web": ""}),
    "the same as the pod's": annotated({"web": "runtime/default"}, {"securityContext": RUNTIME}),
    "another than the pod's": annotated({"web": "unconfined"}, {"securityContext": RUNTIME}),
    "the pod's alone": annotated({}, {"securityContext": LOCAL}),
    "the container's own alone": annotated({}, securityContext=RUNTIME),
    "the container's own as well": annotated({"web": "runtime/default"}, securityContext=RUNTIME),
    "an empty one of the container": annotated({"web": "localhost/p"}, securityContext={}),
    "beside other settings": annotated({"web": "localhost/p"}, securityContext={"runAsNonRoot": True}),
    "for Windows": annotated({"web": "runtime/default"}, {"os": {"name": "windows"}}),
    "for Linux": annotated({"web": "runtime/default"}, {"os": {"name": "linux"}}),
}


def profiles(obj: Json) -> Json:
    """The annotations and every securityContext, by what has it."""
    spec = obj["spec"]
    found = {one["name"]: one.get("securityContext") for one in (*spec["containers"], *spec["initContainers"])}
    return {**found, "pod": spec["securityContext"], "annotations": obj["metadata"].get("annotations")}


@pytest.fixture(scope="module")
def prepared(cluster: Cluster) -> Cluster:
    cluster.namespace(NAMESPACE)
    return cluster


@pytest.mark.parametrize("name", CASES)
def test_a_created_pod_has_the_profiles_that_we_say(prepared: Cluster, name: str) -> None:
    answer = prepared.api("POST", f"/api/v1/namespaces/{NAMESPACE}/pods?dryRun=All", CASES[name])
    assert answer.status == 201, answer.body
    assert profiles(created_pod_of(defaulted(CASES[name]), ())) == profiles(answer.body)


@pytest.fixture(scope="module")
def doorward(prepared: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doorward]:
    rules = tmp_path_factory.mktemp("rules")
    (rules / "rules.yaml").write_text(RULES, encoding="utf-8")
    with registered(prepared, rules) as started:
        yield started


def as_deployment(obj: Json) -> Json:
    template = {"metadata": {"annotations": obj["metadata"].get("annotations", {})}, "spec": obj["spec"]}
    metadata = {"metadata": {"namespace": NAMESPACE}}
    return merged(workload("Deployment", template), metadata)


@pytest.mark.parametrize(
    ("name", "kind"),
    [(name, kind) for name in ("none", "local", "the runtime's", "the pod's alone") for kind in ("Pod", "Deployment")]
    + [("another than the pod's", "Pod")],  # of a workload the API server refuses it by itself
)
@pytest.mark.usefixtures("doorward")
def test_a_file_gets_the_same_findings_from_check_and_from_the_cluster(
    prepared: Cluster, tmp_path: Path, name: str, kind: str
) -> None:
    obj = CASES[name] if kind == "Pod" else as_deployment(CASES[name])
    place = "/api/v1" if kind == "Pod" else "/apis/apps/v1"
    answer = prepared.api("POST", f"{place}/namespaces/{NAMESPACE}/{kind.lower()}s?dryRun=All", obj)
    (tmp_path / "rules.yaml").write_text(RULES, encoding="utf-8")
    (tmp_path / "a.json").write_text(json.dumps(obj), encoding="utf-8")
    command = [sys.executable, "-m", "webhook", "check", "a.json", "-o", "json", "--policies", "rules.yaml"]
    printed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    [one] = json.loads(printed.stdout)["objects"]
    causes = answer.body.get("details", {}).get("causes", [])
    assert sorted(found["path"] for found in one["findings"]) == sorted(cause["field"] for cause in causes)
    assert (one["verdict"], answer.status) in (("denied", 403), ("allowed", 201))
    assert (one["verdict"] == "denied") is (name in ("none", "another than the pod's"))
