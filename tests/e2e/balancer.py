"""A TCP balancer on loopback that treats its backends as a Service treats its endpoints."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

from tests.e2e.waiting import poll

PERIOD_S = 0.1
PROBE_LIMIT_S = 1.0
STOP_LIMIT_S = 10
CHUNK = 65536
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Backend:
    """Where connections go, and the plain-HTTP URL that says with 200 that it takes new ones; without one it does."""

    host: str
    port: int
    readyz: str = ""


class Balancer:
    """Listens on 127.0.0.1:`port` in a thread of its own until `stop()`; a context manager.

    Each backend's readyz is asked every 100 ms. A new connection goes to the next ready backend and is cut where there
    is none or it cannot be reached, as kube-proxy does; a connection once made stays until one end closes it, whatever
    becomes of the backend's readiness.
    """

    def __init__(self, backends: Iterable[Backend] = ()) -> None:
        self._ready: tuple[Backend, ...] = ()
        self._turn = 0
        self._probes: dict[Backend, asyncio.Task[None]] = {}
        self._connections: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="balancer", daemon=True)
        self._thread.start()
        self._server = self._in_loop(asyncio.start_server(self._connected, "127.0.0.1", 0))
        self.port: int = self._server.sockets[0].getsockname()[1]
        self.replace(backends)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def ready(self) -> tuple[Backend, ...]:
        """The backends that new connections go to."""
        return self._ready

    def wait_for(self, *backends: Backend) -> None:
        """Wait until exactly these backends are ready; raises `TimeoutError` where they do not become so."""
        poll(lambda: set(self._ready) == set(backends), f"the ready backends did not become {backends}")

    def replace(self, backends: Iterable[Backend]) -> None:
        """Change the backends; connections to one that is gone stay until they close."""
        self._in_loop(self._replace(tuple(backends)))

    def cut(self) -> None:
        """End every connection; new ones are taken as before."""
        self._in_loop(self._cut())

    def stop(self) -> None:
        """Close the port and every connection; a second call does nothing."""
        if self._loop.is_closed():
            return
        self._in_loop(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(STOP_LIMIT_S)
        self._loop.close()

    def _in_loop(self, work: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(STOP_LIMIT_S)

    async def _replace(self, backends: tuple[Backend, ...]) -> None:
        for gone in set(self._probes) - set(backends):
            self._probes.pop(gone).cancel()
            self._set(gone, False)
        for backend in backends:
            if backend not in self._probes:
                self._probes[backend] = self._loop.create_task(self._probe(backend))

    async def _probe(self, backend: Backend) -> None:
        while True:
            self._set(backend, not backend.readyz or await _says_ready(backend.readyz))
            await asyncio.sleep(PERIOD_S)

    def _set(self, backend: Backend, ready: bool) -> None:
        others = tuple(other for other in self._ready if other != backend)
        if ready != (backend in self._ready):
            self._ready = (*others, backend) if ready else others

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            await self._carry(reader, writer)
        except asyncio.CancelledError:
            pass  # it was ended by us; asyncio would log it as an error of the callback
        finally:
            writer.transport.abort()
            self._connections.discard(task)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._ready:
            return
        self._turn += 1
        backend = self._ready[self._turn % len(self._ready)]
        try:
            from_backend, to_backend = await asyncio.open_connection(backend.host, backend.port)
        except OSError:
            return
        try:
            await asyncio.gather(_copy(reader, to_backend), _copy(from_backend, writer))
        finally:
            to_backend.transport.abort()

    async def _cut(self) -> None:
        await _end(self._connections)

    async def _close(self) -> None:
        self._server.close()
        await _end([*self._probes.values(), *self._connections])
        await self._server.wait_closed()


async def _end(tasks: Iterable[asyncio.Task[None]]) -> None:
    ending = list(tasks)
    for task in ending:
        task.cancel()
    await asyncio.gather(*ending, return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carry bytes until one end closes, then let the other end know in the same way."""
    try:
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except OSError:
        writer.transport.abort()


async def _says_ready(url: str) -> bool:
    try:
        async with asyncio.timeout(PROBE_LIMIT_S):
            return b" 200 " in await _status_line(url)
    except (OSError, TimeoutError, ValueError):
        return False


async def _status_line(url: str) -> bytes:
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        writer.write(f"GET {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\nConnection: close\r\n\r\n".encode())
        return await reader.readline()
    finally:
        writer.transport.abort()
