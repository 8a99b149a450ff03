"""A server with a cluster: what it waits for, what it asks, and what it says of its registration."""

import json
from pathlib import Path
from typing import Any

from tests.cluster.fake_api_server import FakeApiServer, status_body
from tests.e2e.waiting import poll
from tests.objects import pod
from tests.server.serving import PROD_ONLY, Running, serving, settings, write_rules
from webhook.server.settings import Settings

VALIDATING = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/doorward-validate"


def with_cluster(folder: Path, fake: FakeApiServer, rules: str = PROD_ONLY) -> Settings:
    write_rules(folder, rules)
    return settings(folder, cluster=True, kubeconfig=fake.kubeconfig(folder))


def bad_pod_in(namespace: str) -> dict[str, Any]:
    return pod({"metadata": {"namespace": namespace}}, image="nginx:1.27")


def part(server: Running, name: str) -> dict[str, Any]:
    found: dict[str, Any] = server.health("/readyz", accept="application/json").json["parts"][name]
    return found


def validating(*operations: str) -> dict[str, Any]:
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": list(operations), "resources": ["pods"]}
    metadata = {"name": "doorward-validate"}
    return {"kind": "ValidatingWebhookConfiguration", "metadata": metadata, "webhooks": [{"rules": [rule]}]}


def test_nothing_is_answered_before_the_namespaces_are_known(tmp_path: Path) -> None:
    with FakeApiServer() as fake:
        fake.before = lambda _, path: (500, status_body(500, "etcd is away")) if path.endswith("/namespaces") else None
        fake.namespace("shop", {"tier": "prod"})
        with serving(with_cluster(tmp_path, fake)) as server:
            poll(lambda: part(server, "rules")["ready"], "the rules are not in force")
            reply = server.validate(bad_pod_in("shop"))
            assert (reply.status, reply.headers["retry-after"]) == (503, "1")
            assert reply.json["error"].startswith("not ready: the namespaces are not known yet")
            assert server.health("/readyz").status == 503
            fake.before = lambda *_: None
            poll(server.is_ready, "the server did not become ready")
            assert server.validate(bad_pod_in("shop")).response["allowed"] is False


def test_labels_come_from_the_watch(tmp_path: Path) -> None:
    with FakeApiServer() as fake:
        fake.namespace("shop", {"tier": "prod"})
        fake.namespace("lab", {"tier": "test"})
        with serving(with_cluster(tmp_path, fake)) as server:
            poll(server.is_ready, "the server did not become ready")
            assert server.validate(bad_pod_in("shop")).response["allowed"] is False
            assert server.validate(bad_pod_in("lab")).response["allowed"] is True
            assert not [path for _, path, _ in fake.requests if path in ("/api/v1/namespaces/shop", "/namespaces/lab")]
            assert part(server, "namespaces")["message"] == "2 namespaces are known"
            assert server.metric("doorward_namespaces_age_seconds") is not None


def test_a_namespace_that_is_too_new_for_the_watch_is_asked_for(tmp_path: Path) -> None:
    with FakeApiServer() as fake, serving(with_cluster(tmp_path, fake)) as server:
        poll(server.is_ready, "the server did not become ready")
        item = {
            "kind": "Namespace",
            "metadata": {"name": "new", "labels": {"tier": "prod"}, "resourceVersion": "7"},
        }
        fake.objects["/api/v1/namespaces/new"] = item
        assert server.validate(bad_pod_in("new")).response["allowed"] is False
        assert ("GET", "/api/v1/namespaces/new", {}) in fake.requests


def test_labels_that_cannot_be_had_leave_the_request_undecided(tmp_path: Path) -> None:
    with FakeApiServer() as fake, serving(with_cluster(tmp_path, fake)) as server:
        poll(server.is_ready, "the server did not become ready")
        fake.before = lambda *_: (500, status_body(500, "etcd is away"))
        response = server.validate(bad_pod_in("new")).response
        assert (response["allowed"], response["status"]["code"]) == (False, 500)
        assert "etcd is away" in response["status"]["message"]
        assert response["auditAnnotations"]["verdict"] == "undecided"
        assert server.metric('doorward_undecided_total{cause="unavailable"}') == 1
        assert server.mutate(bad_pod_in("new")).response["allowed"] is True


def test_rules_that_the_registration_does_not_cover_are_told(tmp_path: Path) -> None:
    with FakeApiServer() as fake:
        fake.put(VALIDATING, validating("CREATE"))
        with serving(with_cluster(tmp_path, fake)) as server:
            poll(lambda: part(server, "registration")["details"] != [], "the gap is not told")
            told = part(server, "registration")
            assert (told["ready"], told["ok"]) == (True, False)
            assert told["message"] == "MutatingWebhookConfiguration doorward-mutate does not exist"
            assert "registries" in json.dumps(told["details"])
            assert (server.metric("doorward_registration_uncovered") or 0) > 0
            poll(server.is_ready, "a gap in the registration keeps the server from being ready")


def test_a_registration_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    with FakeApiServer() as fake:
        refusal = (403, status_body(403, "you may not"))
        fake.before = lambda _, path: refusal if "webhookconfigurations" in path else None
        with serving(with_cluster(tmp_path, fake)) as server:
            poll(server.is_ready, "the server did not become ready")
            poll(lambda: not part(server, "registration")["ok"], "the refusal is not told")
            message = part(server, "registration")["message"]
            assert message.startswith("the webhook configurations cannot be read: ")
            assert "you may not" in message
            assert server.metric("doorward_registration_uncovered") is None
