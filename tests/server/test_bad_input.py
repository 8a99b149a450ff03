"""Bodies and requests that no API server sends: each gets a clean answer, and the next request is served."""

import json
import ssl
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.waiting import poll
from tests.objects import pod
from tests.server.serving import BAD_POD, Running, review
from webhook.server.guard import BODY_LIMIT

HEAD = b"POST /validate?timeout=1s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


@pytest.fixture(autouse=True)
def _the_server_lives_on(server: Running, capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    yield
    assert server.validate().response["allowed"] is True
    assert "Traceback" not in "".join(capfd.readouterr())


def everything(connection: ssl.SSLSocket) -> bytes:
    """All that the server sends until it hangs up."""
    received = b""
    try:
        while piece := connection.recv(65536):
            received += piece
    except (ssl.SSLError, ConnectionError):
        pass
    return received


def status(answer: bytes) -> bytes:
    return answer.partition(b"\r\n")[0]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe\x00",
        b"\x00" * 100,
        b'{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"}',
        b'{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": null}',
        b'{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {}}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
)
@pytest.mark.parametrize("path", ["/mutate", "/validate"])
def test_what_is_no_review_is_a_bad_request(server: Running, path: str, body: bytes) -> None:
    reply = server.send("POST", path, body)
    assert reply.status == 400
    assert reply.json["error"].startswith("the ")
    assert "\n" not in reply.json["error"]


@pytest.mark.parametrize("path", ["/mutate", "/validate"])
@pytest.mark.parametrize(
    "spoiled",
    [
        {"operation": "EAT"},
        {"object": []},
        {"object": "pod"},
        {"kind": None},
        {"userInfo": 7},
        {"dryRun": "yes"},
        {"namespace": {"a": 1}},
    ],
)
def test_a_review_that_cannot_be_read_is_denied_under_its_uid(
    server: Running, path: str, spoiled: dict[str, Any]
) -> None:
    reply = server.send("POST", path, review(**spoiled))
    assert reply.status == 200
    assert reply.response["uid"] == "705ab4f5-6393-11e8-b7cc-42010a800002"
    assert reply.response["allowed"] is False
    assert (reply.response["status"]["code"], reply.response["status"]["reason"]) == (400, "BadRequest")


def test_a_v1beta1_review_is_denied_in_clear_words(server: Running) -> None:
    reply = server.send("POST", "/validate", {**review(), "apiVersion": "admission.k8s.io/v1beta1"})
    assert reply.response["status"]["message"] == (
        "expected admission.k8s.io/v1 AdmissionReview, got admission.k8s.io/v1beta1 AdmissionReview"
    )


def test_unknown_fields_are_no_reason_to_refuse(server: Running) -> None:
    asked = review(requestKind={"group": "", "version": "v1", "kind": "Pod"}, fromTheFuture={"a": [1]})
    reply = server.send("POST", "/validate", {**asked, "alsoNew": 1})
    assert reply.response["allowed"] is True


def test_a_delete_has_no_object(server: Running) -> None:
    response = server.validate(operation="DELETE", object=None, oldObject=pod()).response
    assert response["allowed"] is True


def test_no_object_at_all_is_allowed_where_no_rule_concerns_it(server: Running) -> None:
    assert server.validate(operation="CONNECT", object=None, subResource="exec").response["allowed"] is True


def test_containers_null_is_no_container(server: Running) -> None:
    broken = {**pod(), "spec": {"containers": None}}
    assert server.validate(broken).response["allowed"] is True


@pytest.mark.parametrize(
    "spec",
    [7, {"containers": {"web": {}}}, {"containers": "web"}, {"containers": [7]}, {"containers": [["web"]]}],
)
def test_wrong_types_in_a_pod_are_denied_because_nobody_knows_what_they_run(server: Running, spec: Any) -> None:
    response = server.validate({**pod(), "spec": spec}).response
    assert response["allowed"] is False
    assert response["status"]["code"] in (403, 500)
    assert "Traceback" not in response["status"]["message"]


def test_a_thousand_containers_are_judged_and_told_within_bounds(server: Running) -> None:
    many = [{"name": f"c{number}", "image": "nginx:1"} for number in range(1000)]
    response = server.validate({**pod(), "spec": {"containers": many}}).response
    assert response["status"]["code"] == 403
    assert len(json.dumps(response)) < 64 * 1024


def test_an_image_name_in_unicode_is_judged(server: Running) -> None:
    response = server.validate(pod(image="nginx\u200b\u0431:latest")).response
    assert response["allowed"] is False


def test_terminal_escapes_are_never_echoed(server: Running) -> None:
    response = server.validate(pod(image="evil.example/\x1b[31mred\x9b2J\r\n:1")).response
    assert response["allowed"] is False
    told = response["status"]["message"] + json.dumps(response["status"]["details"], ensure_ascii=False)
    assert not set(told) & {"\x1b", "\x9b", "\r"}


def test_an_annotation_of_256_kilobytes_is_carried(server: Running) -> None:
    big = pod({"metadata": {"annotations": {"notes": "x" * 256 * 1024}}})
    assert server.validate(big).response["allowed"] is True


def test_an_object_that_is_nested_deeply_gets_an_answer(server: Running) -> None:
    text = json.dumps(review()).replace('"dryRun"', '"options": ' + '{"a":' * 900 + "1" + "}" * 900 + ', "dryRun"')
    assert server.send("POST", "/validate", text.encode()).status in (200, 400)
    deep = json.dumps(review(BAD_POD)).replace('"spec": {', '"x": ' + "[" * 900 + "]" * 900 + ', "spec": {')
    assert server.send("POST", "/validate", deep.encode()).response["allowed"] is False


def test_a_body_above_the_limit_is_refused_by_its_length(server: Running) -> None:
    with server.raw() as connection:
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % (BODY_LIMIT + 1))
        answer = everything(connection)
    assert status(answer) == b"HTTP/1.1 413 Request Entity Too Large"
    assert b"connection: close" in answer
    assert answer.endswith(b'{"error":"the body is larger than 7 MiB"}')


def test_a_chunked_body_is_counted_while_it_arrives(server: Running) -> None:
    piece = b"10000\r\n" + b" " * 65536 + b"\r\n"
    with server.raw() as connection:
        connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        answer = b""
        try:
            for _ in range(BODY_LIMIT // 65536 + 2):
                connection.sendall(piece)
        except (ssl.SSLError, ConnectionError, TimeoutError):
            pass
        answer = everything(connection)
    assert status(answer) in (b"HTTP/1.1 413 Request Entity Too Large", b"")


def test_a_body_just_below_the_limit_is_read_whole(server: Running) -> None:
    body = json.dumps(review()).encode()
    reply = server.send("POST", "/validate", body + b" " * (BODY_LIMIT - len(body)))
    assert reply.response["allowed"] is True


def test_half_a_body_is_told_so_when_its_time_is_over(server: Running) -> None:
    with server.raw() as connection:
        connection.sendall(HEAD + b'Content-Length: 100\r\n\r\n{"apiVersion"')
        answer = everything(connection)
    assert status(answer) == b"HTTP/1.1 408 Request Timeout"
    assert answer.endswith(b'{"error":"the body did not arrive in time"}')


def test_half_a_body_and_gone_is_no_fault(server: Running) -> None:
    before = server.metric('doorward_refused_requests_total{reason="fault"}')
    with server.raw() as connection:
        connection.sendall(HEAD + b'Content-Length: 100\r\n\r\n{"apiVersion"')
    with server.raw() as connection:
        connection.sendall(HEAD[:40])
    assert server.metric('doorward_refused_requests_total{reason="fault"}') == before


def test_who_leaves_before_the_answer_harms_nobody(server: Running) -> None:
    body = json.dumps(review(BAD_POD)).encode()
    for _ in range(20):
        with server.raw() as connection:
            connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)


@pytest.mark.parametrize(
    "nonsense",
    [
        b"\x16\x03\x01\x00\x05hello",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /validate HTTP/1.1\r\nContent-Length: minus one\r\n\r\n",
        b"POST /validate HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST http://[::/validate HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT evil.example:443 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_what_is_no_http_is_a_bad_request(server: Running, nonsense: bytes) -> None:
    with server.raw() as connection:
        connection.sendall(nonsense)
        connection.settimeout(3)
        answer = everything(connection)
    assert status(answer).startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 404 ", b"HTTP/1.1 405 "))


def test_a_head_without_end_is_given_up(server: Running) -> None:
    with server.raw() as connection:
        connection.sendall(b"POST /validate HTTP/1.1\r\nHost: x\r\n")
        try:
            for number in range(400):
                connection.sendall(b"X-%d: %s\r\n" % (number, b"y" * 1000))
        except (ssl.SSLError, ConnectionError):
            pass
        answer = everything(connection)
    assert status(answer) in (b"HTTP/1.1 400 Bad Request", b"")


def test_an_offer_to_upgrade_is_passed_over(server: Running) -> None:
    upgrade = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAMAAABkAAQAAP__"}
    assert server.send("GET", "/readyz", headers=upgrade).status == 200


@pytest.mark.parametrize("query", ["", "?timeout=", "?timeout=soon", "?timeout=-1s", "?timeout=%ff", "?timeout=9999h"])
def test_a_timeout_that_makes_no_sense_is_passed_over(server: Running, query: str) -> None:
    assert server.send("POST", f"/validate{query}", review()).status == 200


def test_the_client_is_told_to_go_on_with_a_body_that_it_announced(server: Running) -> None:
    body = json.dumps(review()).encode()
    with server.raw() as connection:
        connection.sendall(HEAD + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body))
        assert connection.recv(1024) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        poll(lambda: connection.recv(1024).startswith(b"HTTP/1.1 200 OK"), "no answer came")
