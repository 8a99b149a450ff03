"""One answer: a file through `doorward check` and the same file through a real API server.

Verdict, rule, author's path, the words (with the canonical value in them) and the final object must be equal after
this normalisation: what the API server sets after webhooks have run (uid, creationTimestamp, generation, managedFields,
status, the controller's labels and selector of a Job), the token volume's random name, and the order of tolerations
(a set: the API server's own come first where the author's file has none of them).
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.cluster import Cluster
from tests.e2e.doorward import Doorward, registered
from tests.e2e.parity.corpus import NAMESPACE, objects
from tests.e2e.waiting import poll
from webhook.pod.defaults import admitted, defaulted
from webhook.pod.workloads import POD_AT, group_kind

RULES = Path(__file__).parent / "parity"
CORPUS = {name: (case, obj) for name, case, obj in objects()}
PLURALS = {
    "Pod": "pods",
    "PodTemplate": "podtemplates",
    "ReplicationController": "replicationcontrollers",
    "ReplicaSet": "replicasets",
    "Deployment": "deployments",
    "StatefulSet": "statefulsets",
    "DaemonSet": "daemonsets",
    "Job": "jobs",
    "CronJob": "cronjobs",
}


@pytest.fixture(scope="module")
def doorward(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doorward]:
    rules = tmp_path_factory.mktemp("rules")
    (rules / "rules.yaml").write_text((RULES / "rules.yaml").read_text())
    cluster.namespace(NAMESPACE, {"team": "parity"})
    with registered(cluster, rules) as started:
        yield started


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What `doorward check` says of the whole corpus, by object name."""
    folder = tmp_path_factory.mktemp("manifests")
    (folder / "all.yaml").write_text(yaml.safe_dump_all([obj for _, obj in CORPUS.values()]))
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": {"team": "parity"}}}
    (folder / "namespace.yml").write_text(yaml.safe_dump(namespace))
    command = [sys.executable, "-m", "webhook", "check", str(folder / "all.yaml"), "--output", "json"]
    command += ["--policies", str(RULES / "rules.yaml"), "--namespaces", str(folder / "namespace.yml"), "--as", "admin"]
    printed = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert printed.returncode in (1, 2), printed.stderr
    return {one["name"]: one for one in json.loads(printed.stdout)["objects"]}


def created(cluster: Cluster, obj: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    group, kind = group_kind(obj)
    prefix = f"/apis/{group}/v1" if group else "/api/v1"
    return cluster.api("POST", f"{prefix}/namespaces/{NAMESPACE}/{PLURALS[kind]}?dryRun=All", obj)


def verdict(status: int, body: dict[str, Any]) -> str:
    if status == 201:
        return "allowed"
    return "denied" if body.get("reason") == "Forbidden" else "undecided"


def told(body: dict[str, Any]) -> list[tuple[str, str, str]]:
    causes = body.get("details", {}).get("causes", [])
    return sorted((cause["reason"], cause["field"], cause["message"].split("; fix: ")[0]) for cause in causes)


def difference(one: Any, other: Any, at: str = "") -> Iterator[str]:
    """Where two JSON values differ, for a message that can be read."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}):
            yield from difference(one.get(key), other.get(key), f"{at}.{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, pair in enumerate(zip(one, other, strict=True)):
            yield from difference(*pair, f"{at}[{index}]")
    elif one != other:
        yield f"{at}: cluster {one!r}, check {other!r}"


def denying(one: dict[str, Any]) -> list[tuple[str, str, str]]:
    return sorted(
        (found["rule"], found["path"], found["message"]) for found in one["findings"] if found["action"] == "deny"
    )


def normal(obj: dict[str, Any]) -> dict[str, Any]:
    """The object without what the API server sets after webhooks have run."""
    text = re.sub(r"kube-api-access-[a-z0-9]{5}", "kube-api-access-xxxxx", json.dumps(obj))
    result: dict[str, Any] = json.loads(text)
    result.pop("status", None)
    result["spec" if result["kind"] == "Pod" else "metadata"].get("tolerations", []).sort(
        key=lambda one: sorted(one.items(), key=str)
    )
    for key in ("uid", "creationTimestamp", "generation", "managedFields", "namespace"):
        result["metadata"].pop(key, None)
    if result["kind"] == "Job":
        result["spec"].pop("selector", None)
        for labels in (result["metadata"].get("labels"), result["spec"]["template"]["metadata"].get("labels")):
            for key in [key for key in labels or {} if "controller-uid" in key or "job-name" in key]:
                labels.pop(key)
        if not result["metadata"].get("labels"):
            result["metadata"].pop("labels", None)
    if result["kind"] == "DaemonSet":
        annotations = result["metadata"].get("annotations", {})
        annotations.pop("deprecated.daemonset.template.generation", None)
        if not annotations:
            result["metadata"].pop("annotations", None)
    return result


def test_the_corpus_covers_every_kind_rule_type_and_outcome() -> None:
    assert len(CORPUS) >= 300
    seen = {(obj["kind"], case.about, case.outcome) for case, obj in CORPUS.values()}
    outcomes = ("passed", "denied", "undecided", "mutated")
    abouts = ("images", "metadata", "resources", "defaults", "podSecurity", "fields")
    assert seen == {(kind, about, outcome) for _, kind in POD_AT for about in abouts for outcome in outcomes}


@pytest.mark.parametrize("name", CORPUS)
def test_a_file_gets_the_same_answer_from_check_and_from_the_cluster(
    name: str, cluster: Cluster, doorward: Doorward, checked: dict[str, dict[str, Any]]
) -> None:
    case, obj = CORPUS[name]
    one = checked[name]
    status, body = created(cluster, obj)
    expected = {"passed": "allowed", "mutated": "allowed"}.get(case.outcome, case.outcome)
    assert (one["verdict"], verdict(status, body)) == (expected, expected), body
    if status != 201:
        assert told(body) == denying(one)
        return
    assert bool(one["patch"]) is (case.outcome == "mutated" and obj["kind"] == "Pod"), one["patch"]
    final = defaulted(one["object"])
    final = admitted(final) if obj["kind"] == "Pod" else final
    assert list(difference(normal(body), normal(final))) == []


def logged_findings(doorward: Doorward) -> dict[str, list[tuple[str, str, str]]]:
    """(rule, path, action) of every finding of /validate, by object name."""
    return {
        record["name"]: sorted((f["rule"], f["path"], f["action"]) for f in record.get("findings", []))
        for record in doorward.decisions()
        if record["stage"] == "validate" and record.get("name") in CORPUS
    }


def test_what_only_warns_is_the_same_too(doorward: Doorward, checked: dict[str, dict[str, Any]]) -> None:
    """The decision log has every finding of every stage, the warning ones included."""
    poll(lambda: CORPUS.keys() <= logged_findings(doorward).keys(), "not every decision is in the log")
    logged = logged_findings(doorward)
    for name, findings in logged.items():
        assert findings == sorted((f["rule"], f["path"], f["action"]) for f in checked[name]["findings"]), name
