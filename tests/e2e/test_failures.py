"""What becomes of requests when something is missing: Doorward itself, the namespaces, or a certificate."""

from __future__ import annotations

import json
import signal
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.e2e.authority import Authority
from tests.e2e.balancer import Backend, Balancer
from tests.e2e.cluster import Answer, Cluster
from tests.e2e.doorward import Doorward, folder_in, of_pair, registered, serve, webhook_configurations
from tests.e2e.objects import BAD, Json, pod, pods
from tests.e2e.waiting import poll

ENFORCING = """
apiVersion: doorward.dev/v1
kind: Policy
metadata: {name: registries}
spec:
  title: Images come from our registry
  why: Images from elsewhere have not been scanned.
  owner: {team: platform-security}
  rules:
  - name: from-ours
    images: {from: [registry.corp.example]}
  - name: tier
    match: {namespaceSelector: {matchLabels: {stage: production}}}
    metadata: {labels: {tier: {required: true}}}
  - name: no-escalation
    defaults: {default: {containers: {securityContext: {allowPrivilegeEscalation: false}}}}
"""
JUDGING = ENFORCING.partition("  - name: no-escalation")[0]
WARNING = ENFORCING.replace("  rules:", "  mode: warn\n  rules:")
REVIEW = {
    "apiVersion": "admission.k8s.io/v1",
    "kind": "AdmissionReview",
    "request": {
        "uid": "1",
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "resource": {"group": "", "version": "v1", "resource": "pods"},
        "operation": "CREATE",
        "namespace": "default",
        "object": pod(image=BAD),
    },
}


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "rules.yaml").write_text(ENFORCING)
    return tmp_path / "rules"


def made(cluster: Cluster, namespace: str, one: Json) -> Answer:
    return cluster.api("POST", f"{pods(namespace)}?dryRun=All", one)


def kill(process: Doorward) -> None:
    process.send(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def test_while_doorward_is_dead_validate_refuses_everything_and_says_that_it_could_not_be_asked(
    cluster: Cluster, rules: Path
) -> None:
    with registered(cluster, rules) as doorward:
        assert made(cluster, "default", pod()).status == 201
        kill(doorward)
        for one in (pod(), pod(image=BAD)):
            answer = made(cluster, "default", one)
            assert (answer.status, answer.body["reason"]) == (500, "InternalError")
            assert 'failed calling webhook "policies.doorward.dev": ' in answer.body["message"]
        assert made(cluster, "kube-system", pod(image=BAD)).status == 201, "the cluster must be able to heal"


def test_while_doorward_is_dead_mutate_lets_everything_through_as_it_is(cluster: Cluster, rules: Path) -> None:
    authority = Authority(cluster.folder, "doorward-ca")
    [mutate, validate] = webhook_configurations(rules)
    assert [one["webhooks"][0]["failurePolicy"] for one in (mutate, validate)] == ["Ignore", "Fail"]
    with serve(cluster, authority, rules) as doorward:
        try:
            cluster.register_webhooks([mutate], doorward.port, authority.pem)
            alive = made(cluster, "default", pod()).body["spec"]["containers"][0]
            kill(doorward)
            dead = made(cluster, "default", pod())
        finally:
            cluster.unregister_webhooks()
    assert alive["securityContext"] == {"allowPrivilegeEscalation": False}
    assert dead.status == 201
    assert "securityContext" not in dead.body["spec"]["containers"][0]


def test_rules_that_only_warn_never_stand_in_the_way_of_anybody_when_doorward_is_dead(
    cluster: Cluster, rules: Path
) -> None:
    (rules / "rules.yaml").write_text(WARNING)
    assert {one["webhooks"][0]["failurePolicy"] for one in webhook_configurations(rules) if one.get("webhooks")} == {
        "Ignore"
    }
    with registered(cluster, rules) as doorward:
        kill(doorward)
        assert made(cluster, "default", pod(image=BAD)).status == 201


@pytest.fixture
def gate() -> Iterator[Balancer]:
    """A way to the API server that is closed until a backend is put behind it, and again when it is stopped."""
    with Balancer() as balancer:
        yield balancer


def through(gate: Balancer, cluster: Cluster) -> Path:
    """A kubeconfig that reaches the API server by the gate."""
    kubeconfig = json.loads(cluster.kubeconfig().read_text())
    kubeconfig["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{gate.port}"
    path = folder_in(cluster) / "by-the-gate.kubeconfig"
    path.write_text(json.dumps(kubeconfig))
    return path


def test_no_answer_comes_before_the_namespaces_are_known_and_undecided_is_never_a_pass_when_they_are_lost(
    cluster: Cluster, rules: Path, gate: Balancer
) -> None:
    (rules / "rules.yaml").write_text(JUDGING)
    authority = Authority(cluster.folder, "doorward-ca")
    pair = authority.server("doorward", "127.0.0.1")
    production = cluster.namespace("failures-production", {"stage": "production"})
    words = (f"--policies={rules}", f"--kubeconfig={through(gate, cluster)}", "--drain-seconds=0", *of_pair(pair))
    with ExitStack() as stack:
        port = already_asked(cluster, rules, authority, stack)
        doorward = stack.enter_context(Doorward(folder_in(cluster), *words, ports=(port, 0)).listening())
        nobody_is_let_in_early(cluster, doorward, production, authority)
        gate.replace([Backend("127.0.0.1", cluster.port)])
        doorward.ready()
        denied = made(cluster, production, pod())
        assert [cause["reason"] for cause in denied.body["details"]["causes"]] == ["registries/tier"]
        assert made(cluster, "default", pod()).status == 201
        gate.stop()
        what_is_known_is_still_judged_and_the_rest_is_undecided(cluster, production)
        assert doorward.parts()["namespaces"]["ready"], "it goes on with what it knows"


def test_a_namespace_that_the_watch_has_not_told_of_is_asked_for(cluster: Cluster, rules: Path, gate: Balancer) -> None:
    """For a moment after its connection broke the watch hears nothing, and what is made then is known to nobody."""
    gate.replace([Backend("127.0.0.1", cluster.port)])
    gate.wait_for(Backend("127.0.0.1", cluster.port))
    with registered(cluster, rules, f"--kubeconfig={through(gate, cluster)}") as doorward:
        for number in range(10):
            before = doorward.parts()["namespaces"]["message"]
            gate.cut()
            name = quickly_made(cluster, f"too-new-{number}", {"stage": "production"})
            answer = made(cluster, name, pod())
            unknown = doorward.parts()["namespaces"]["message"] == before
            assert answer.status == 403, answer.body
            assert [cause["reason"] for cause in answer.body["details"]["causes"]] == ["registries/tier"]
            poll(lambda: doorward.parts()["namespaces"]["message"] != before, "the watch does not come back")  # noqa: B023
            if unknown:
                return
    pytest.fail("the watch was quicker each time")


def quickly_made(cluster: Cluster, name: str, labels: dict[str, str]) -> str:
    """Make a namespace with the account that its pods need, and nothing else."""
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
    assert cluster.api("POST", "/api/v1/namespaces", space).status == 201
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
    assert cluster.api("POST", f"/api/v1/namespaces/{name}/serviceaccounts", account).status == 201
    return name


def already_asked(cluster: Cluster, rules: Path, authority: Authority, stack: ExitStack) -> int:
    """The port at which the API server asks for validation, and where nobody answers any more."""
    with serve(cluster, authority, rules) as earlier:
        stack.callback(cluster.unregister_webhooks)
        cluster.register_webhooks(webhook_configurations(rules)[1:], earlier.port, authority.pem)
        return earlier.port


def nobody_is_let_in_early(cluster: Cluster, doorward: Doorward, namespace: str, authority: Authority) -> None:
    poll(lambda: doorward.parts()["rules"]["ready"], "the rules are not read")
    with httpx.Client(verify=ssl.create_default_context(cafile=authority.path), trust_env=False) as client:
        answer = client.post(f"https://127.0.0.1:{doorward.port}/validate", json=REVIEW)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert "not ready: the namespaces are not known yet" in answer.text
    refused = made(cluster, namespace, pod(image=BAD))
    assert (refused.status, refused.body["reason"]) == (500, "InternalError")
    assert 'failed calling webhook "policies.doorward.dev"' in refused.body["message"]
    assert not doorward.parts()["namespaces"]["ready"]


def what_is_known_is_still_judged_and_the_rest_is_undecided(cluster: Cluster, production: str) -> None:
    known = made(cluster, production, pod())
    assert (known.status, known.body["details"]["causes"][0]["reason"]) == (403, "registries/tier")
    new = cluster.namespace("failures-new")
    undecided = made(cluster, new, pod())
    assert (undecided.status, undecided.body["reason"]) == (500, "InternalError")
    head = f"Pod {new}/web could not be decided: 1 rule lacks a fact; the object is not at fault"
    assert head in undecided.body["message"]
    assert "try again in a minute" in undecided.body["message"]
    [cause] = undecided.body["details"]["causes"]
    assert (cause["reason"], cause["field"]) == ("registries/tier", "(object)")
    bad = made(cluster, new, pod(image=BAD))
    assert (bad.status, bad.body["reason"]) == (403, "Forbidden"), "a violation needs no labels to be one"


def test_with_a_client_authority_only_the_api_server_may_ask(cluster: Cluster, rules: Path, tmp_path: Path) -> None:
    words = (f"--client-ca={cluster.webhook_client_ca}", "--client-name=kube-apiserver")
    with registered(cluster, rules, *words) as doorward:
        assert made(cluster, "default", pod(image=BAD)).status == 403
        trusted = ssl.create_default_context(cafile=cluster.folder / "doorward-ca.crt")
        url = f"https://127.0.0.1:{doorward.port}/validate"
        with httpx.Client(verify=trusted, trust_env=False) as client, pytest.raises(httpx.TransportError):
            client.post(url, json=REVIEW)
        stranger = Authority(tmp_path, "strangers").client("stranger", "kube-apiserver")
        trusted.load_cert_chain(stranger.certificate, stranger.key)
        with httpx.Client(verify=trusted, trust_env=False) as client, pytest.raises(httpx.TransportError):
            client.post(url, json=REVIEW)
        other = cluster_client(cluster, "somebody-else")
        with httpx.Client(verify=other, trust_env=False) as client:
            turned_away = client.post(url, json=REVIEW)
        assert turned_away.status_code == 403
        assert turned_away.json() == {"error": "the client certificate's name may not ask here"}
        asking = [one["user"] for one in doorward.decisions() if one["stage"] == "validate"]
        assert asking, "the API server was answered"


def cluster_client(cluster: Cluster, name: str) -> ssl.SSLContext:
    """Whoever trusts Doorward and has a certificate of the authority that signs the API server's own."""
    pair = cluster.webhook_client(name)
    context = ssl.create_default_context(cafile=cluster.folder / "doorward-ca.crt")
    context.load_cert_chain(pair.certificate, pair.key)
    return context
