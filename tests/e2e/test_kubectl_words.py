"""What kubectl prints when the shipped rules refuse something, word for word: the texts stand in words/.

`UPDATE_WORDS=1` in the environment writes them anew; then read what has become of them.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.e2e.cluster import Cluster
from tests.e2e.doorward import ROOT, registered
from tests.e2e.objects import Json, deployment, pod
from tests.e2e.waiting import poll

WORDS = Path(__file__).parent / "words"
NAMESPACE = "words"
SHOWN = 900
"""Bytes of a message that people see wherever they meet it; the beginning is kubectl's and the API server's own."""
OURS = "denied the request: "


@pytest.fixture(scope="module", autouse=True)
def asked(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    cluster.namespace(NAMESPACE)
    web = compliant(pod())
    old = cluster.kubectl("apply", "-n", NAMESPACE, "-f", "-", input=json.dumps(web))
    assert old.returncode == 0, old.stderr
    rules = tmp_path_factory.mktemp("rules") / "policies"
    shutil.copytree(ROOT / "policies", rules)
    with registered(cluster, rules):
        poll(lambda: "denied" in run(cluster, "create", [pod("asked", "nginx")]), "nobody is refused")
        yield


def compliant(one: Json) -> Json:
    """A pod that the shipped rules accept as it is."""
    one["metadata"]["labels"] = {"app.kubernetes.io/name": "web"}
    one["spec"]["securityContext"] = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    [container] = one["spec"]["containers"]
    container["resources"] = {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "64Mi"}}
    container["securityContext"] = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    return one


def worst() -> Json:
    """A pod with something against nearly every rule, in three containers."""
    one = pod("worst", "nginx:latest")
    one["spec"]["hostNetwork"] = True
    one["spec"]["volumes"] = [{"name": "root", "hostPath": {"path": "/"}}]
    one["spec"]["containers"][0]["securityContext"] = {"privileged": True}
    one["spec"]["containers"] += [{"name": "side", "image": "nginx"}, {"name": "log", "image": "quay.example/log:1"}]
    return one


def run(cluster: Cluster, verb: str, documents: list[Json], *words: str) -> str:
    """What kubectl says on stderr of the documents, each in a file of its own."""
    files = []
    for document in documents:
        path = cluster.folder / f"{document['metadata']['name']}.yaml"
        path.write_text(yaml.safe_dump(document))
        files += ["-f", str(path)]
    ended = cluster.kubectl(verb, *words, "-n", NAMESPACE, *files)
    return ended.stderr.replace(f"{cluster.folder}/", "")


CASES = {
    "create": ("create", [pod("bad", "nginx:latest")], ()),
    "create-with-much-wrong": ("create", [worst()], ()),
    "create-deployment": ("create", [deployment("shop", "quay.example/shop")], ()),
    "update": ("apply", [compliant(pod("web", "quay.example/web:2"))], ()),
    "server-side-apply": ("apply", [compliant(pod("web", "nginx:1.27"))], ("--server-side", "--force-conflicts")),
    "several-files": ("apply", [pod("one", "nginx"), compliant(pod("two")), deployment("three", "nginx:latest")], ()),
}


@pytest.mark.parametrize("case", CASES)
def test_kubectl_says_the_same_words_each_time(case: str, cluster: Cluster) -> None:
    verb, documents, words = CASES[case]
    told = run(cluster, verb, documents, "--dry-run=server", *words)
    assert run(cluster, verb, documents, "--dry-run=server", *words) == told, "the same refusal, another text"
    told = re.sub(r"\bid: [0-9a-f]{8}$", "id: ID", told, flags=re.MULTILINE)
    golden = WORDS / f"{case}.txt"
    if os.environ.get("UPDATE_WORDS"):
        golden.write_text(told)
    assert told == golden.read_text()


@pytest.mark.parametrize("case", CASES)
def test_the_first_900_bytes_of_each_message_have_the_object_a_rule_a_place_and_its_cure(case: str) -> None:
    text = (WORDS / f"{case}.txt").read_text()
    messages = text.split(OURS)[1:]
    assert len(messages) == (2 if case == "several-files" else 1)
    for message in messages:
        shown = message.encode()[:SHOWN].decode(errors="ignore")
        assert re.match(rf"\d+ rules? blocks? (Pod|Deployment) {NAMESPACE}/[a-z]+ \(\d+ problems?\)\n", shown)
        assert re.search(r"^  \[[a-z-]+\] (metadata|spec)\.[^ ]+.*: .+\n      fix: .+\n", shown, re.MULTILINE)
        assert all(letter.isprintable() or letter == "\n" for letter in message)


def test_a_pod_with_much_wrong_has_the_worst_first_and_the_rest_counted() -> None:
    message = (WORDS / "create-with-much-wrong.txt").read_text().split(OURS)[1]
    told = re.findall(r"^  \[([a-z-]+)\] ", message, re.MULTILINE)
    assert (told[0], len(told)) == ("privileged", 5)
    [problems] = re.findall(r"\((\d+) problems\)$", message, re.MULTILINE)
    assert f"\n  +{int(problems) - len(told)} more: doorward check FILE\n" in message
