"""The load: connections that are kept, and requests whose every answer is compared, byte by byte, with the right one.

`saturate` has wrk ask as fast as the answers come, for processor time per request: a generator that is slower than the
server would leave it idle between requests, and charge it for caches that are cold. `steady` asks at a constant rate
and measures from the moment at which each request was due, so that a server that stalls is charged for all who wait.
"""

import asyncio
import gc
import json
import shutil
import socket
import subprocess
import time
from base64 import b64decode
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any, TypeVar

import uvloop

from bench.server import Broken, Server

CONNECTIONS = 16

_SCRIPT = Path(__file__).parent / "load.lua"

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Call:
    """A request and the answer that it must get, both as bytes on the wire."""

    request: bytes
    answer: bytes


class Line:
    """One connection, for one request after another."""

    def __init__(self, server: Server) -> None:
        plain = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = server.context.wrap_socket(plain, server_hostname="localhost")

    def ask(self, request: bytes) -> bytes:
        """The whole answer."""
        self._socket.sendall(request)
        got = b""
        while not _complete(got):
            piece = self._socket.recv(1 << 16)
            if not piece:
                raise Broken(f"the connection was closed after {got!r}")
            got += piece
        return got

    def close(self) -> None:
        """Hangs up."""
        self._socket.close()


def http(body: bytes, path: str = "/validate") -> bytes:
    """The request that brings a review to the server, as an API server words it."""
    head = (
        f"POST {path}?timeout=5s HTTP/1.1\r\nHost: doorward.doorward.svc:443\r\n"
        "User-Agent: kube-apiserver-admission\r\n"
        f"Content-Length: {len(body)}\r\nAccept: application/json, */*\r\nContent-Type: application/json\r\n\r\n"
    )
    return head.encode() + body


def calls(server: Server, bodies: Sequence[bytes]) -> list[Call]:
    """Each review with its answer, asked once and held to be a plain yes to this very review."""
    made = _asked(server, [http(body) for body in bodies])
    for call, body in zip(made, bodies, strict=True):
        response = _decided(call.answer)
        if response != {"uid": json.loads(body)["request"]["uid"], "allowed": True}:
            raise Broken(f"{server.name} answered {response}")
    return made


def patching_calls(server: Server, bodies: Sequence[bytes], least: int) -> list[Call]:
    """The same of /mutate: each review with an answer that changes its object in at least so many places."""
    made = _asked(server, [http(body, "/mutate") for body in bodies])
    for call in made:
        response = _decided(call.answer)
        patch = json.loads(b64decode(response.get("patch", "")) or b"[]")
        if not response["allowed"] or len(patch) < least:
            raise Broken(f"{server.name} should have changed a pod in {least} places: {response}")
    return made


def _asked(server: Server, requests: Sequence[bytes]) -> list[Call]:
    line = Line(server)
    made = [Call(request, line.ask(request)) for request in requests]
    line.close()
    return made


def response_of(answer: bytes) -> Any:
    """The response in an HTTP answer with a review."""
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200 "):
        raise Broken(f"the answer was {answer[:300]!r}")
    return json.loads(body)["response"]


def _decided(answer: bytes) -> Any:
    """The response in an HTTP answer without the revision of the rules, which may change under way."""
    response = response_of(answer)
    response.pop("auditAnnotations", None)
    return response


def must_refuse(server: Server, body: bytes, least: int) -> None:
    """Makes sure that rules are at work: the review is refused with at least so many findings."""
    line = Line(server)
    response = response_of(line.ask(http(body)))
    line.close()
    causes = response.get("status", {}).get("details", {}).get("causes", [])
    if response["allowed"] or len(causes) < least:
        raise Broken(f"{server.name} should have refused a bad pod with {least} findings: {response}")


def saturate(server: Server, asked: Sequence[Call], seconds: int, connections: int = CONNECTIONS) -> int:
    """Asks for so many seconds, each connection as soon as it has its answer; returns how many were answered."""
    generator = shutil.which("wrk")
    if generator is None:
        raise Broken("the load generator wrk is missing: apt-get install wrk (Debian, Ubuntu) or brew install wrk")
    told = server.log.with_suffix(".asked")
    told.write_bytes(b"".join(map(_told, asked)))
    command = [generator, "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(_SCRIPT)]
    command += [f"https://127.0.0.1:{server.port}/", "--", str(told)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    answered, wrong = map(int, said.partition("RESULT ")[2].split())
    if wrong or not answered:
        raise Broken(f"{server.name} gave {wrong} wrong answers of {answered}: {said}")
    return answered


def _told(call: Call) -> bytes:
    """A call as the script reads it."""
    body = call.answer.partition(b"\r\n\r\n")[2]
    return b"%d %d\n" % (len(call.request), len(body)) + call.request + body


def steady(server: Server, asked: Sequence[Call], rate: float, until: Callable[[], bool]) -> list[tuple[float, float]]:
    """Asks `rate` times a second until told to end; (when it was due, seconds until its answer) of each request."""
    return _run(_steady(server, asked, rate, until))


def _run(work: Coroutine[Any, Any, _T]) -> _T:
    gc.collect()
    gc.disable()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(work)
    finally:
        gc.enable()


@dataclass(slots=True)
class _Load:
    """What the connections of one load share."""

    following: Callable[[], Call]
    answered: int = 0
    ended: bool = False
    wrong: str = ""
    free: deque["_Caller"] = field(default_factory=deque)
    done: Callable[["_Caller"], None] = lambda _: None


class _Caller(asyncio.Protocol):
    """One connection: sends a request, collects its answer, compares it."""

    def __init__(self, load: _Load) -> None:
        self._load, self._parts = load, b""
        self.due = 0.0

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def send(self) -> None:
        """Sends the next request."""
        call = self._load.following()
        self._expected = call.answer
        self._transport.write(call.request)

    def data_received(self, data: bytes) -> None:
        if self._parts:
            data = self._parts + data
        if len(data) < len(self._expected):
            self._parts = data
            return
        self._parts = b""
        if data != self._expected and _decided(data) != _decided(self._expected):
            self._load.wrong = f"expected {self._expected!r}, got {data!r}"
        self._load.answered += 1
        self._load.done(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._load.ended:
            self._load.wrong = f"the connection was closed: {exc}"


async def _connect(server: Server, load: _Load, connections: int) -> list[_Caller]:
    loop = asyncio.get_running_loop()
    opened = [
        await loop.create_connection(
            lambda: _Caller(load), "127.0.0.1", server.port, ssl=server.context, server_hostname="localhost"
        )
        for _ in range(connections)
    ]
    return [caller for _, caller in opened]


async def _steady(
    server: Server, asked: Sequence[Call], rate: float, until: Callable[[], bool]
) -> list[tuple[float, float]]:
    load = _Load(cycle(asked).__next__)
    load.free.extend(await _connect(server, load, CONNECTIONS))
    taken: list[tuple[float, float]] = []
    waiting: deque[float] = deque()

    def send(caller: _Caller, due: float) -> None:
        caller.due = due
        caller.send()

    def done(caller: _Caller) -> None:
        taken.append((caller.due, time.perf_counter() - caller.due))
        if waiting:
            send(caller, waiting.popleft())
        else:
            load.free.append(caller)

    load.done = done
    due = time.perf_counter()
    while not until() and not load.wrong:
        due += 1 / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        if load.free:
            send(load.free.popleft(), due)
        else:
            waiting.append(due)
    await _finish(server, load, lambda: len(load.free) == CONNECTIONS, time.perf_counter() + 30)
    return taken


async def _finish(server: Server, load: _Load, finished: Callable[[], bool], deadline: float) -> None:
    while not finished() and not load.wrong and time.perf_counter() < deadline:
        await asyncio.sleep(0.01)
    load.ended = True
    if load.wrong or not finished():
        raise Broken(f"{server.name}: {load.wrong or 'answers stayed away'}")


def _complete(got: bytes) -> bool:
    head, end, body = got.partition(b"\r\n\r\n")
    if not end:
        return False
    length = head.lower().partition(b"content-length:")[2].split()[0]
    return len(body) >= int(length)
