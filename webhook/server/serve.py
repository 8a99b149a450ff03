"""The process around the application: two listeners, timers, signals, and an end that loses no request.

The end, as the way API servers hold their connections wants it: /readyz fails at once; for `drain` seconds everything
is still answered, with `Connection: close`, while endpoints forget us and kept connections move; then nothing new is
accepted, what is under way is answered, and the process exits.
"""

import asyncio
import logging
import os
import signal
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import uvicorn
import uvloop

from webhook.errors import UsageError
from webhook.server.app import Admission
from webhook.server.connection import allowing
from webhook.server.health import health_app
from webhook.server.parts import Parts
from webhook.server.settings import Settings

KEEP_ALIVE = 120
"""Seconds that an idle connection stays: an API server keeps it for 90, and loses a request if we close it first."""

UNDER_WAY = 15
"""Seconds that requests under way may take at the end; with the drain it fits into kubelet's 30."""

INTERRUPTED_DRAIN = 0.5
"""Seconds of drain after Ctrl-C: a person is waiting, and no endpoints are."""

LINGER = 0.25
"""Seconds between the last accepted connection and the end of the idle ones: what is on the wire still arrives."""

GOODBYE = 0.5
"""Seconds that a client has to close its end of a connection that we have closed."""

_log = logging.getLogger("doorward.server")


class Listener(uvicorn.Server):
    """A uvicorn server that leaves signals to us and is slow to hang up."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """None: one place decides for both listeners."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accepts nothing new, answers what has been sent, and only then closes idle connections."""
        for server in self.servers:
            server.close()
        await asyncio.sleep(LINGER)
        hanging_up = asyncio.create_task(self._hang_up())
        try:
            await super().shutdown(sockets)
        finally:
            hanging_up.cancel()

    async def _hang_up(self) -> None:
        """Cuts connections on which nothing is left to say, but whose client does not say goodbye to TLS."""
        quiet: set[Any] = set()
        while True:
            before, quiet = quiet, {one for one in self.server_state.connections if _is_quiet(one)}
            for connection in before & quiet:
                connection.transport.abort()
            await asyncio.sleep(GOODBYE)


class Server:
    """One `doorward serve`; its ports are open from the moment it is made. Raises DoorwardError where it cannot be."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._parts = Parts(settings)
        self._sockets = [_bind(settings.host, settings.port), _bind(settings.health_host, settings.health_port)]
        self.port, self.health_port = (bound.getsockname()[1] for bound in self._sockets)
        self._ports = {"port": self.port, "health_port": self.health_port, "pid": os.getpid()}
        if settings.ports_file:
            _write_whole(settings.ports_file, msgspec.json.encode(self._ports))
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending: asyncio.Event | None = None
        self._drain = 0.0
        self._interrupted = False

    async def run(self) -> int:
        """Serves until `stop` or a signal; returns the exit code."""
        self._loop, self._ending = asyncio.get_running_loop(), asyncio.Event()
        admission, health = self._admission(), self._health()
        self._parts.guard.arrived = lambda: len(admission.server_state.tasks)
        serving = [
            self._loop.create_task(listener.serve(sockets=[bound]))
            for listener, bound in zip((admission, health), self._sockets, strict=True)
        ]
        self._parts.start()
        _log.info("listening", extra=self._ports)
        try:
            await self._until_the_end(serving)
            for listener, task in zip((admission, health), serving, strict=True):
                listener.should_exit = True
                await task
        finally:
            await self._parts.images.aclose()
            self._parts.stop()
        _log.info("ended")
        return 130 if self._interrupted else 0

    def handle_signals(self) -> None:
        """SIGTERM drains, SIGINT too but not for long, a second one ends at once; called in the event loop."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._signalled, signal.SIGTERM)
        loop.add_signal_handler(signal.SIGINT, self._signalled, signal.SIGINT)

    def stop(self, drain: float = 0.0) -> None:
        """Begins the end, from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._begin_to_end, drain)

    def _begin_to_end(self, drain: float) -> None:
        assert self._ending is not None  # noqa: S101 - the loop runs, so there is one
        self._parts.readiness.draining = True
        self._drain = drain
        self._ending.set()

    def _signalled(self, number: signal.Signals) -> None:
        if self._parts.readiness.draining:
            self._parts.flush()
            os._exit(128 + number)
        self._interrupted = number is signal.SIGINT
        drain = min(self._settings.drain, INTERRUPTED_DRAIN) if self._interrupted else self._settings.drain
        _log.info("%s: ending after %g s", number.name, drain)
        self._begin_to_end(drain)

    async def _until_the_end(self, serving: list[asyncio.Task[None]]) -> None:
        """Until somebody ends it and the drain is over, or a listener breaks."""
        assert self._ending is not None  # noqa: S101 - run() made it
        ending = asyncio.create_task(self._ending.wait())
        await asyncio.wait([ending, *serving], return_when=asyncio.FIRST_COMPLETED)
        if ending.done():
            await asyncio.sleep(self._drain)
        else:
            ending.cancel()

    def _admission(self) -> Listener:
        parts = self._parts
        app = Admission(parts.reviewer, parts.guard, parts.readiness, parts.metrics)
        context = parts.certificates.context()

        def live(_: uvicorn.Config, __: Any) -> ssl.SSLContext:
            return context

        return Listener(_config(app, http=allowing(self._settings.client_names), ssl_context_factory=live))

    def _health(self) -> Listener:
        return Listener(_config(health_app(self._parts.readiness, self._parts.metrics), limit_concurrency=256))


def serve(settings: Settings) -> int:
    """Serves until a signal; returns the exit code. Raises DoorwardError where it cannot begin."""

    async def until_signal() -> int:
        server.handle_signals()
        return await server.run()

    server = Server(settings)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(until_signal())


def _write_whole(path: Path, content: bytes) -> None:
    try:
        unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error


def _is_quiet(connection: Any) -> bool:
    return connection.cycle is None or connection.cycle.response_complete


def _config(app: Any, **more: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        **{"http": "httptools", **more},
        interface="asgi3",
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=UNDER_WAY,
    )


def _bind(host: str, port: int) -> socket.socket:
    try:
        if not host and socket.has_dualstack_ipv6():
            return socket.create_server(("", port), family=socket.AF_INET6, backlog=2048, dualstack_ipv6=True)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise UsageError(f"cannot listen on {host or 'all addresses'}, port {port}: {error.strerror}") from error
