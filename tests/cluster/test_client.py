"""What the client sends, and the sentence for everything that can go wrong."""

import socket
import threading
from pathlib import Path

import pytest

from tests.cluster.fake_api_server import NAMESPACES, FakeApiServer, status_body
from webhook.cluster.client import ConflictError, RefusedError, UnreachableError, connect, inside_cluster
from webhook.errors import ClusterError

TEAM = f"{NAMESPACES}/team"


def test_objects_come_as_the_json_that_they_are_with_fields_no_model_knows(tmp_path: Path) -> None:
    with FakeApiServer() as api:
        api.put(TEAM, {"metadata": {"name": "team"}, "spec": {"fieldOfTomorrow": {"a": [1, None]}}})
        found = api.cluster(tmp_path).get(TEAM)
    assert found == {
        "metadata": {"name": "team", "resourceVersion": "101"},
        "spec": {"fieldOfTomorrow": {"a": [1, None]}},
    }


def test_the_token_of_the_kubeconfig_is_sent_along(tmp_path: Path) -> None:
    with FakeApiServer() as api:
        api.namespace("team")
        api.cluster(tmp_path).get(TEAM)
        assert api.tokens == ["Bearer t0ken"]


def test_a_refusal_tells_the_request_the_servers_own_words_and_the_status(tmp_path: Path) -> None:
    with FakeApiServer() as api:
        api.before = lambda method, path: (403, status_body(403, 'User "x" cannot get namespaces'))
        with pytest.raises(RefusedError) as refused:
            api.cluster(tmp_path).get(TEAM)
    assert str(refused.value) == 'GET /api/v1/namespaces/team: User "x" cannot get namespaces (403)'
    assert refused.value.status == 403
    assert refused.value.exit_code == 2


def test_a_refusal_by_something_else_than_an_api_server_is_told_without_control_characters(tmp_path: Path) -> None:
    with FakeApiServer() as api:
        api.before = lambda method, path: (502, b"<b>\x1b[31mBad\ngateway</b>")
        with pytest.raises(RefusedError) as refused:
            api.cluster(tmp_path).get(TEAM)
    assert str(refused.value) == "GET /api/v1/namespaces/team: <b> [31mBad gateway</b> (502)"


@pytest.mark.parametrize("body", [b"<html></html>", b"[]", b"", b"[" * 100_000])
def test_an_answer_that_is_no_object_asks_whether_this_is_an_api_server(tmp_path: Path, body: bytes) -> None:
    with FakeApiServer() as api:
        api.before = lambda method, path: (200, body)
        with pytest.raises(UnreachableError) as refused:
            api.cluster(tmp_path).get(TEAM)
    assert str(refused.value).endswith("is this address a Kubernetes API server?")


def test_a_redirect_is_not_followed_because_it_would_carry_the_token_away(tmp_path: Path) -> None:
    with FakeApiServer() as api:
        api.before = lambda method, path: (302, b"elsewhere")
        with pytest.raises(RefusedError) as refused:
            api.cluster(tmp_path).get(TEAM)
        assert refused.value.status == 302
        assert len(api.requests) == 1


def test_creating_what_exists_and_replacing_what_changed_are_conflicts(tmp_path: Path) -> None:
    with FakeApiServer() as api:
        api.namespace("team")
        cluster = api.cluster(tmp_path)
        item = cluster.get(TEAM)
        with pytest.raises(ConflictError):
            cluster.create(NAMESPACES, item)
        assert cluster.replace(TEAM, item)["metadata"]["resourceVersion"] == "102"
        with pytest.raises(ConflictError) as refused:
            cluster.replace(TEAM, item)
    assert str(refused.value) == "PUT /api/v1/namespaces/team: the object has been modified (409)"


def test_a_server_that_does_not_answer_is_given_up_after_the_timeout(tmp_path: Path) -> None:
    silent = threading.Event()
    with FakeApiServer() as api:
        api.before = lambda method, path: (200, b"{}") if silent.wait(10) else None
        with pytest.raises(UnreachableError) as refused:
            api.cluster(tmp_path).get(TEAM, timeout=0.2)
        silent.set()
        assert len(api.requests) == 1
    assert str(refused.value) == "GET /api/v1/namespaces/team: the API server did not answer in time"


def test_nobody_listening_is_told_with_the_request(tmp_path: Path) -> None:
    with FakeApiServer() as api:
        cluster = api.cluster(tmp_path)
    with pytest.raises(UnreachableError) as refused:
        cluster.get(TEAM)
    assert str(refused.value).startswith("GET /api/v1/namespaces/team: the API server cannot be reached: ")


def test_a_connection_that_dies_under_a_read_is_tried_once_more(tmp_path: Path) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    met = []

    def serve() -> None:
        for answer in (b"", b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"):
            plain, _ = listener.accept()
            with plain:
                met.append(plain.recv(10_000))
                plain.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    with FakeApiServer() as api:
        path = Path(api.kubeconfig(tmp_path))
        path.write_text(path.read_text().replace(api.url, f"http://127.0.0.1:{listener.getsockname()[1]}"))
        assert connect(str(path)).get(TEAM) == {}
    thread.join(10)
    listener.close()
    assert len(met) == 2


def test_a_kubeconfig_that_is_missing_broken_or_lacks_the_context_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("{")
    with FakeApiServer() as api:
        whole = api.kubeconfig(tmp_path)
    for path, context in ((str(tmp_path / "missing"), None), (str(broken), None), (whole, "other")):
        with pytest.raises(ClusterError) as refused:
            connect(path, context)
        assert str(refused.value).startswith(f"no way to a cluster from {path}: ")


def test_a_pod_without_its_token_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "1")
    assert inside_cluster()
    with pytest.raises(ClusterError) as refused:
        connect()
    assert str(refused.value) == "no way to a cluster from the service account: Service token file does not exist."


def test_outside_a_pod_is_not_inside_a_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    assert not inside_cluster()
