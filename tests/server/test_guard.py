"""Limits: time, size, number; and whether it is worth to ask again."""

import asyncio
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.waiting import poll
from tests.server.serving import serving, settings, write_rules
from webhook.server.guard import LONGEST, Disconnected, Guard, Refused, allowance, try_again


@pytest.mark.parametrize(
    ("query", "seconds"),
    [
        (b"timeout=10s", 9.0),
        (b"timeout=5s", 4.0),
        (b"timeout=1s", 0.5),
        (b"a=b&timeout=2s", 1.0),
        (b"timeout=1m30s", 29.0),
        (b"timeout=30s", 29.0),
        (b"timeout=0s", 0.0),
        (b"", LONGEST),
        (b"timeout=", LONGEST),
        (b"timeout=soon", LONGEST),
        (b"timeout=-5s", LONGEST),
        (b"timeout=\xff", LONGEST),
        (b"timeout=10", LONGEST),
    ],
)
def test_the_api_servers_timeout_less_a_margin_is_what_we_have(query: bytes, seconds: float) -> None:
    assert allowance(query) == seconds


@pytest.mark.parametrize(("seconds", "retry"), [(4.0, True), (2.0, True), (1.9, False), (0.0, False)])
def test_the_api_server_is_asked_to_come_again_only_while_it_has_time(seconds: float, retry: bool) -> None:
    answer = try_again("overload", "too many requests at once", seconds).answer
    assert answer.status == 503
    assert ((b"retry-after", b"1") in answer.headers) is retry


def test_too_many_requests_are_sent_away() -> None:
    guard = Guard(most=2)
    guard.arrived = lambda: 2
    guard.admit(4.0)
    guard.arrived = lambda: 3
    with pytest.raises(Refused) as refused:
        guard.admit(4.0)
    assert refused.value.reason == "overload"
    assert (refused.value.answer.status, refused.value.answer.headers[-1]) == (503, (b"retry-after", b"1"))


def read(guard: Guard, *pieces: bytes | None, seconds: float = 5.0) -> bytes:
    """The body that arrives in these pieces; None: the client is gone."""
    waiting = list(pieces)

    async def receive() -> MutableMapping[str, Any]:
        piece = waiting.pop(0)
        if piece is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece, "more_body": bool(waiting)}

    return asyncio.run(guard.body(receive, seconds))


def test_a_body_may_arrive_in_pieces() -> None:
    assert read(Guard(), b"one", b"", b"two") == b"onetwo"
    assert read(Guard(), b"") == b""


@pytest.mark.parametrize("pieces", [(b"12345678901",), (b"123456", b"78901"), (b"123456", b"78901", b"")])
def test_a_body_that_grows_too_big_is_refused(pieces: tuple[bytes, ...]) -> None:
    with pytest.raises(Refused) as refused:
        read(Guard(body_limit=10), *pieces)
    assert (refused.value.answer.status, refused.value.reason) == (413, "too_large")


def test_a_client_that_leaves_is_no_error() -> None:
    with pytest.raises(Disconnected):
        read(Guard(), b"half", None)
    with pytest.raises(Disconnected):
        read(Guard(), None)


def test_many_large_bodies_at_once_do_not_fill_the_memory() -> None:
    guard = Guard(buffered=10, body_limit=100)
    with pytest.raises(Refused) as refused:
        read(guard, b"123456", b"123456", b"123456")
    assert (refused.value.answer.status, refused.value.reason) == (503, "overload")
    assert read(guard, b"12345", b"") == b"12345"


def test_a_body_that_stalls_is_told_so() -> None:
    async def never() -> MutableMapping[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(Refused) as refused:
        asyncio.run(Guard().body(never, 0.01))
    assert (refused.value.answer.status, refused.value.reason) == (408, "too_slow")


def test_a_cancellation_from_outside_stays_one() -> None:
    async def cancelled() -> None:
        started = asyncio.Event()

        async def never() -> MutableMapping[str, Any]:
            started.set()
            await asyncio.Event().wait()
            raise AssertionError

        task = asyncio.create_task(Guard().body(never, 5.0))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())


def test_an_overloaded_server_says_so_at_once_and_counts_it(tmp_path: Path) -> None:
    write_rules(tmp_path)
    with serving(settings(tmp_path, most_requests=0)) as server:
        poll(server.is_ready, "the server did not become ready")
        reply = server.validate()
        assert (reply.status, reply.headers["retry-after"]) == (503, "1")
        assert reply.json == {"error": "too many requests at once"}
        assert server.metric('doorward_refused_requests_total{reason="overload"}') == 1
