"""Registries that every test here can have: `fake` and `other` on plain loopback, and a book of what was dialled."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import anyio
import pytest

from tests.evidence.asking import docker_config, logging_in, registry
from tests.evidence.behaviours import Receive, Scope, Send
from tests.evidence.fake_registry import FakeRegistry
from tests.evidence.listing import PATH
from tests.evidence.loopback import serving


class _Switch:
    """Servers take a while to stop, so they outlive tests and serve the registry of whichever is running."""

    def __init__(self) -> None:
        self.app = FakeRegistry()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


class _Server(NamedTuple):
    switch: _Switch
    host: str

    def renewed(self) -> FakeRegistry:
        self.switch.app = FakeRegistry()
        self.switch.app.host = self.host
        return self.switch.app


@pytest.fixture(scope="session")
def servers() -> Iterator[tuple[_Server, _Server]]:
    with ExitStack() as stack:
        switches = _Switch(), _Switch()
        first, second = (stack.enter_context(serving(switch)) for switch in switches)
        yield _Server(switches[0], first), _Server(switches[1], second)


@pytest.fixture
def fake(servers: tuple[_Server, _Server]) -> FakeRegistry:
    """An empty registry."""
    return servers[0].renewed()


@pytest.fixture
def other(servers: tuple[_Server, _Server]) -> FakeRegistry:
    """Another empty registry, on another host."""
    return servers[1].renewed()


@pytest.fixture
def full(fake: FakeRegistry) -> FakeRegistry:
    """A registry that has the blob."""
    fake.blob(b"hello")
    return fake


class Dialled:
    """Every host and port that was dialled; `names` says where a name leads to, `silent` which ones never answer."""

    def __init__(self) -> None:
        self.hosts: list[str] = []
        self.names: dict[str, str] = {}
        self.silent: set[str] = set()


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> Dialled:
    book, connect = Dialled(), anyio.connect_tcp

    async def dial(remote_host: str, remote_port: int, **given: Any) -> Any:
        written = f"{remote_host}:{remote_port}"
        book.hosts.append(written)
        if written in book.silent:
            await asyncio.Event().wait()
        host, _, port = book.names.get(written, written).rpartition(":")
        return await connect(host, int(port), **given)

    monkeypatch.setattr(anyio, "connect_tcp", dial)
    return book


@pytest.fixture
def corp(tmp_path: Path, fake: FakeRegistry) -> Any:
    """A registry for which the operator has a login: ci with the password word."""
    fake.image("shop/web", "1.2")
    fake.image("shop/api", "1.2")
    fake.users["ci"] = "word"
    file = tmp_path / "config.json"
    file.write_bytes(docker_config({fake.host: ("ci", "word")}))
    return lambda **spec: registry(fake.host, credentials=logging_in(str(file)), **spec)


@pytest.fixture
def digest(fake: FakeRegistry) -> str:
    return fake.image(PATH, "1.2")
