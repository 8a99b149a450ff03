"""Servers on loopback in a thread: a whole ASGI application, or fixed bytes below HTTP."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import uvicorn

from certs.pair import Pair


@contextmanager
def serving(app: Any, tls: Pair | None = None, address: str = "127.0.0.1") -> Iterator[str]:
    """Serves in a thread; yields the host with its port."""
    with socket.socket() as listening, TemporaryDirectory() as folder:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((address, 0))
        listening.listen(256)
        given: dict[str, Any] = {}
        if tls:
            app.tls = True
            given = {"ssl_certfile": Path(folder, "leaf.pem"), "ssl_keyfile": Path(folder, "leaf.key")}
            given["ssl_certfile"].write_bytes(tls.certificate)
            given["ssl_keyfile"].write_bytes(tls.key)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", **given))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield f"{address}:{listening.getsockname()[1]}"
        finally:
            server.should_exit = server.force_exit = True
            thread.join(10)
            assert not thread.is_alive()


class Wire:
    """A server below HTTP: counts who connects, sends fixed bytes to whoever asks, and closes."""

    def __init__(self, sends: bytes = b"") -> None:
        self.sends, self.connections = sends, 0

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Serves in a thread; yields the host with its port."""
        with socket.create_server(("127.0.0.1", 0)) as listening:
            thread = threading.Thread(target=self._serve, args=(listening,))
            thread.start()
            try:
                yield f"127.0.0.1:{listening.getsockname()[1]}"
            finally:
                listening.shutdown(socket.SHUT_RDWR)
                thread.join(10)
                assert not thread.is_alive()

    def _serve(self, listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            self.connections += 1
            with connection, suppress(OSError):  # whoever has read enough hangs up
                connection.settimeout(5)
                if connection.recv(65536):
                    connection.sendall(self.sends)
                    connection.shutdown(socket.SHUT_WR)
