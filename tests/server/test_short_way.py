"""The short way of a plain review: the answers of the long way, and out of its way whatever is out of the ordinary."""

import json
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.server.serving import BAD_POD, Running, review
from webhook.server.app import Admission


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, int]]:
    """How many requests came each way."""
    ways = {"short": 0, "long": 0}
    at_once, call = Admission.at_once, Admission.__call__

    def short(self: Admission, target: bytes, body: bytes) -> Any:
        answer = at_once(self, target, body)
        ways["short"] += answer is not None
        return answer

    async def long(self: Admission, *arguments: Any) -> None:
        ways["long"] += 1
        await call(self, *arguments)

    monkeypatch.setattr(Admission, "at_once", short)
    monkeypatch.setattr(Admission, "__call__", long)
    yield ways


def request(body: bytes, *more: str, target: str = "/validate?timeout=5s", kind: str = "application/json") -> bytes:
    head = [f"POST {target} HTTP/1.1", "Host: doorward", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *more]
    return "\r\n".join([*head, "", ""]).encode() + body


def answers(connection: ssl.SSLSocket, count: int = 1) -> list[tuple[int, dict[str, Any]]]:
    """Status and body of so many answers, which may come in any pieces."""
    got, found = b"", list[tuple[int, dict[str, Any]]]()
    while len(found) < count:
        head, end, rest = got.partition(b"\r\n\r\n")
        lines = head.decode().lower().split("\r\n")
        length = next((int(line.split(":")[1]) for line in lines if line.startswith("content-length:")), -1)
        if end and len(rest) >= length:
            found.append((int(lines[0].split()[1]), json.loads(rest[:length])))
            got = rest[length:]
            continue
        piece = connection.recv(1 << 16)
        assert piece, f"the connection was closed after {found} and {got!r}"
        got += piece
    return found


def body_of(obj: dict[str, Any] | None = None) -> bytes:
    return json.dumps(review(obj)).encode()


def test_a_plain_review_goes_the_short_way_and_its_answer_is_that_of_the_long_way(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert server.validate().status == 200  # once complete, always complete
    for obj in (None, BAD_POD):
        with counted(monkeypatch) as ways, server.raw() as connection:
            connection.sendall(request(body_of(obj)))
            [plain] = answers(connection)
            connection.sendall(request(body_of(obj), "X-Unusual: yes"))
            [unusual] = answers(connection)
        assert plain == unusual
        assert plain[0] == 200
        assert (ways["short"], ways["long"]) == (1, 1)


@pytest.mark.parametrize(
    "asked",
    [
        request(body_of(), "Connection: close"),
        request(body_of(), kind="application/json; charset=utf-8"),
        request(body_of()).replace(b"HTTP/1.1", b"HTTP/1.0"),
        request(body_of(), "Expect: 100-continue"),
    ],
    ids=["close", "charset", "http-1.0", "expect"],
)
def test_what_is_out_of_the_ordinary_goes_the_long_way(
    server: Running, monkeypatch: pytest.MonkeyPatch, asked: bytes
) -> None:
    assert server.validate().status == 200
    with counted(monkeypatch) as ways, server.raw() as connection:
        connection.sendall(asked)
        got = b""
        while b'"allowed":true' not in got:
            piece = connection.recv(1 << 16)
            assert piece, got
            got += piece
    assert ways == {"short": 0, "long": 1}


def test_a_body_in_pieces_is_answered_once_and_rightly(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    assert server.validate().status == 200
    whole = request(body_of(BAD_POD))
    with counted(monkeypatch) as ways, server.raw() as connection:
        for piece in (whole[:40], whole[40:200], whole[200:-10], whole[-10:]):
            connection.sendall(piece)
            time.sleep(0.05)
        [(status, answer)] = answers(connection)
        assert (status, answer["response"]["allowed"]) == (200, False)
        connection.sendall(whole)
        [again] = answers(connection)
    assert again == (status, answer)
    assert ways == {"short": 1, "long": 1}


def test_requests_that_come_without_waiting_are_answered_in_their_order(server: Running) -> None:
    assert server.validate().status == 200
    bodies = [body_of(None if number % 2 else BAD_POD) for number in range(6)]
    unusual = [[], ["X-Unusual: yes"], []]
    with server.raw() as connection:
        connection.sendall(b"".join(request(body, *unusual[n % 3]) for n, body in enumerate(bodies)))
        found = answers(connection, len(bodies))
    assert [answer["response"]["allowed"] for _, answer in found] == [False, True] * 3


def test_what_cannot_be_read_gets_a_clean_answer_on_the_short_way_too(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert server.validate().status == 200
    with counted(monkeypatch) as ways, server.raw() as connection:
        connection.sendall(request(b"{]"))
        [(status, answer)] = answers(connection)
        assert status == 400
        assert answer["error"].startswith("the body is no AdmissionReview")
        connection.sendall(request(body_of(), target="/elsewhere"))
        [(status, _)] = answers(connection)
        assert status == 404
    assert ways["short"] == 1
