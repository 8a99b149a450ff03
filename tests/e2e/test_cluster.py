"""The ground that the other end-to-end tests stand on is real: server, users, audit log, webhook calls, balancer."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tests.e2e import components
from tests.e2e.authority import Authority
from tests.e2e.balancer import Backend, Balancer
from tests.e2e.cluster import Cluster
from tests.e2e.process import Died, Process
from tests.e2e.users import User, node, service_account

POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web"},
    "spec": {"containers": [{"name": "web", "image": "registry.example/web:1"}]},
}


def test_the_server_and_kubectl_are_the_pinned_kubernetes(cluster: Cluster) -> None:
    assert cluster.api("GET", "/version").body["gitVersion"] == "v1.36.3" == components.kubernetes_version()
    versions = json.loads(cluster.kubectl("version", "--output=json").stdout)
    assert versions["clientVersion"]["gitVersion"] == versions["serverVersion"]["gitVersion"] == "v1.36.3"


def test_a_created_pod_gets_the_token_volume_of_its_service_account(cluster: Cluster) -> None:
    created = cluster.api("POST", f"/api/v1/namespaces/{cluster.namespace('token-volume')}/pods", POD)
    assert created.status == 201
    spec = created.body["spec"]
    (volume,) = spec["volumes"]
    assert volume["name"].startswith("kube-api-access-")
    assert [list(source) for source in volume["projected"]["sources"]] == [
        ["serviceAccountToken"],
        ["configMap"],
        ["downwardAPI"],
    ]
    assert [mount["name"] for mount in spec["containers"][0]["volumeMounts"]] == [volume["name"]]
    assert spec["serviceAccountName"] == "default"


def test_namespaces_carry_their_labels_and_can_be_relabelled(cluster: Cluster) -> None:
    cluster.namespace("labelled", {"team": "one"})
    cluster.namespace("labelled", {"team": "two"})
    labels = cluster.api("GET", "/api/v1/namespaces/labelled").body["metadata"]["labels"]
    assert labels == {"kubernetes.io/metadata.name": "labelled", "team": "two"}


def test_a_user_without_roles_is_refused_by_rbac(cluster: Cluster) -> None:
    path = f"/api/v1/namespaces/{cluster.namespace('no-roles')}/pods"
    answer = cluster.api("POST", path, POD, user=User("nobody", ("strangers",)))
    assert answer.status == 403
    assert answer.body["message"] == (
        'pods is forbidden: User "nobody" cannot create resource "pods" in API group "" in the namespace "no-roles"'
    )


def test_kubectl_speaks_as_the_user_it_is_given(cluster: Cluster) -> None:
    controller = service_account("kube-system", "namespace-controller")
    me = json.loads(cluster.kubectl("auth", "whoami", "--output=json", user=controller).stdout)["status"]["userInfo"]
    assert me["username"] == "system:serviceaccount:kube-system:namespace-controller"
    assert me["groups"] == ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"]


def test_kubectl_reads_manifests_from_stdin_and_reports_refusals(cluster: Cluster) -> None:
    name = cluster.namespace("by-kubectl")
    made = cluster.kubectl("create", "--namespace", name, "--filename=-", input=json.dumps(POD))
    assert (made.returncode, made.stdout, made.stderr) == (0, "pod/web created\n", "")
    again = cluster.kubectl("create", "--namespace", name, "--filename=-", input=json.dumps(POD))
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr == 'Error from server (AlreadyExists): error when creating "STDIN": pods "web" already exists\n'


def test_a_kubelet_may_update_the_status_of_its_own_pods_only(cluster: Cluster) -> None:
    path = f"/api/v1/namespaces/{cluster.namespace('kubelet')}/pods"
    spec = {**POD["spec"], "nodeName": "n1"}  # type: ignore[dict-item]
    cluster.api("POST", path, {**POD, "spec": spec})
    status = {"status": {"phase": "Running"}}
    patch = "application/strategic-merge-patch+json"
    foreign = cluster.api("PATCH", f"{path}/web/status", status, user=node("n2"), content_type=patch)
    own = cluster.api("PATCH", f"{path}/web/status", status, user=node("n1"), content_type=patch)
    assert (foreign.status, own.status) == (403, 200)
    assert own.body["status"]["phase"] == "Running"


def test_the_audit_log_holds_the_created_object(cluster: Cluster) -> None:
    mark = cluster.audit_mark()
    path = f"/api/v1/namespaces/{cluster.namespace('audited')}/pods"
    identity = cluster.request("POST", path, POD).headers["Audit-Id"]
    event = cluster.audit_event(lambda event: event["auditID"] == identity, mark)
    assert (event["verb"], event["objectRef"]["namespace"], event["user"]["username"]) == (
        "create",
        "audited",
        "tests-admin",
    )
    assert event["requestObject"]["spec"]["containers"][0]["image"] == "registry.example/web:1"
    assert event["responseObject"]["spec"]["volumes"][0]["name"].startswith("kube-api-access-")


class Webhook(BaseHTTPRequestHandler):
    """Says yes to every review and records who asked for what."""

    asked: ClassVar[list[tuple[str, str]]] = []

    def do_POST(self) -> None:
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert isinstance(self.connection, ssl.SSLSocket)
        peer: Any = self.connection.getpeercert()
        self.asked.append((self.path.partition("?")[0], peer["subject"][0][0][1]))
        answer = {**review, "response": {"uid": review["request"]["uid"], "allowed": True}}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def webhook_server(authority: Authority, clients: Path) -> Iterator[int]:
    pair = authority.server("webhook", "127.0.0.1")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=clients)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(pair.certificate, pair.key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Webhook)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    with running(server) as port:
        yield port


@contextmanager
def running(server: ThreadingHTTPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def configuration(kind: str, path: str) -> dict[str, Any]:
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
    webhook = {
        "name": f"{path}.probe.example",
        "clientConfig": {"service": {"namespace": "probe", "name": "probe", "path": f"/{path}"}},
        "rules": [rule],
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "failurePolicy": "Fail",
    }
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": kind,
        "metadata": {"name": "probe"},
        "webhooks": [webhook],
    }


def test_webhooks_are_called_with_a_client_certificate_until_they_are_unregistered(
    cluster: Cluster, tmp_path: Path
) -> None:
    authority = Authority(tmp_path, "webhook-ca")
    configurations = [
        configuration("MutatingWebhookConfiguration", "mutate"),
        configuration("ValidatingWebhookConfiguration", "validate"),
    ]
    with webhook_server(authority, cluster.webhook_client_ca) as port:
        cluster.register_webhooks(configurations, port, authority.pem)
        assert {("/mutate", "kube-apiserver"), ("/validate", "kube-apiserver")} == set(Webhook.asked)
        cluster.unregister_webhooks()
        Webhook.asked.clear()
        created = cluster.api("POST", f"/api/v1/namespaces/{cluster.namespace('unregistered')}/pods", POD)
    assert (created.status, Webhook.asked) == (201, [])


class Replica(BaseHTTPRequestHandler):
    """Answers with its server's name; ready while the server says so; keeps connections open."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, ReplicaServer)
        ready = self.path != "/readyz" or server.ready.is_set()
        self.send_response(200 if ready else 503)
        self.send_header("Content-Length", str(len(server.name)))
        self.end_headers()
        self.wfile.write(server.name.encode())

    def log_message(self, *_: object) -> None:
        pass


class ReplicaServer(ThreadingHTTPServer):
    def __init__(self, name: str) -> None:
        super().__init__(("127.0.0.1", 0), Replica)
        self.name, self.ready = name, threading.Event()
        self.ready.set()

    @property
    def backend(self) -> Backend:
        port = self.server_address[1]
        return Backend("127.0.0.1", port, f"http://127.0.0.1:{port}/readyz")


def ask(connection: http.client.HTTPConnection) -> str:
    connection.request("GET", "/")
    return connection.getresponse().read().decode()


def ask_anew(balancer: Balancer) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", balancer.port, timeout=10)
    try:
        return ask(connection)
    finally:
        connection.close()


def test_the_balancer_gives_new_connections_to_ready_backends_and_leaves_old_ones_alone() -> None:
    one, two = ReplicaServer("one"), ReplicaServer("two")
    with running(one), running(two), Balancer([one.backend, two.backend]) as balancer:
        balancer.wait_for(one.backend, two.backend)
        assert sorted(ask_anew(balancer) for _ in range(4)) == ["one", "one", "two", "two"]
        kept = [http.client.HTTPConnection("127.0.0.1", balancer.port, timeout=10) for _ in range(2)]
        assert sorted(ask(connection) for connection in kept) == ["one", "two"]
        one.ready.clear()
        balancer.wait_for(two.backend)
        assert [ask_anew(balancer) for _ in range(3)] == ["two", "two", "two"]
        assert sorted(ask(connection) for connection in kept) == ["one", "two"]
        two.ready.clear()
        balancer.wait_for()
        with pytest.raises((ConnectionError, http.client.RemoteDisconnected)):
            ask_anew(balancer)
        one.ready.set()
        balancer.wait_for(one.backend)
        assert ask_anew(balancer) == "one"
        for connection in kept:
            connection.close()


def test_the_balancer_follows_a_change_of_its_backends() -> None:
    one, two = ReplicaServer("one"), ReplicaServer("two")
    with running(one), running(two), Balancer([one.backend]) as balancer:
        balancer.wait_for(one.backend)
        balancer.replace([two.backend])
        balancer.wait_for(two.backend)
        assert [ask_anew(balancer) for _ in range(2)] == ["two", "two"]


def test_a_program_that_dies_early_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    words = ["sh", "-c", "for line in $(seq 100); do echo line $line; done; exit 7"]
    with Process("the program", words, tmp_path / "log") as program, pytest.raises(Died) as told:
        program.wait_until(lambda: False)
    first, *rest = str(told.value).splitlines()
    assert first == f"the program ended with exit code 7; the end of its log {tmp_path / 'log'}:"
    assert rest == [f"line {number}" for number in range(71, 101)]
