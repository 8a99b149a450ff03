"""One running Doorward for end-to-end tests: serve as a subprocess, registered with the API server."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.e2e.authority import Authority, Pair
from tests.e2e.balancer import Backend
from tests.e2e.cluster import Cluster
from tests.e2e.process import Process

DOORWARD = (sys.executable, "-m", "webhook")
ROOT = Path(__file__).parents[2]
COMMAND_LIMIT_S = 60


class Failed(Exception):
    """A command of doorward did not do what the tests need."""


class Doorward(Process):
    """`doorward serve` on ports of its own; its log and its ports stand in `folder`, so a second one adds to the log.

    `words` are what the command line says besides the listeners. `ports` are the admission port and the health port to
    take; by default they are any that are free.
    """

    def __init__(self, folder: Path, *words: object, ports: tuple[int, int] = (0, 0)) -> None:
        self._ports_file = folder / "ports.json"
        self._ports_file.unlink(missing_ok=True)
        listeners = ["--host=127.0.0.1", f"--port={ports[0]}", "--health-host=127.0.0.1", f"--health-port={ports[1]}"]
        command = [*DOORWARD, "serve", *listeners, f"--ports-file={self._ports_file}", *map(str, words)]
        super().__init__("doorward serve", command, folder / "doorward.log", cwd=ROOT)

    def listening(self) -> Doorward:
        """Wait until its ports are open; raises `Died` with the log where they never are."""
        try:
            self.wait_until(self._ports_file.exists)
        except BaseException:
            self.stop()
            raise
        return self

    def ready(self) -> Doorward:
        """Wait until it says that it may be asked; raises `Died` with the log where it never does."""
        self.listening()
        try:
            self.wait_until(lambda: is_ready(self.health_port))
        except BaseException:
            self.stop()
            raise
        return self

    @property
    def port(self) -> int:
        """Where the API server asks."""
        return self._port("port")

    @property
    def health_port(self) -> int:
        return self._port("health_port")

    @property
    def backend(self) -> Backend:
        """What a balancer needs to know of it."""
        return Backend("127.0.0.1", self.port, f"http://127.0.0.1:{self.health_port}/readyz")

    def parts(self) -> dict[str, Any]:
        """What /readyz says of each part."""
        address = f"http://127.0.0.1:{self.health_port}/readyz"
        answer = httpx.get(address, headers={"accept": "application/json"}, trust_env=False)
        return answer.json()["parts"]

    def metrics(self) -> str:
        """What /metrics says."""
        return httpx.get(f"http://127.0.0.1:{self.health_port}/metrics", trust_env=False).text

    def decisions(self) -> list[dict[str, Any]]:
        """Every line of the decision log so far."""
        lines = self.log.read_text(encoding="utf-8").splitlines()
        records = [json.loads(line) for line in lines if line.startswith("{")]
        return [record for record in records if record.get("event") == "decision"]

    def _port(self, name: str) -> int:
        return json.loads(self._ports_file.read_text())[name]


def is_ready(port: int) -> bool:
    """Say whether /readyz on this loopback port answers 200; no proxy is asked."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def free_ports(count: int) -> list[int]:
    """Return loopback ports that nobody listens on at this moment, for a program that cannot say which it took."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in sockets]
    for listener in sockets:
        listener.close()
    return ports


def folder_in(cluster: Cluster) -> Path:
    """Return a new folder that goes when the cluster goes."""
    return Path(tempfile.mkdtemp(prefix="doorward-", dir=cluster.folder))


def of_pair(pair: Pair) -> tuple[str, str]:
    """Return the words of `serve` that name its certificate."""
    return f"--tls-cert={pair.certificate}", f"--tls-key={pair.key}"


def serve(cluster: Cluster, authority: Authority, policies: Path, *words: object) -> Doorward:
    """Start `doorward serve` with a certificate of `authority` and return it when it is ready."""
    pair = authority.server("doorward", "127.0.0.1")
    known = [f"--policies={policies}", f"--kubeconfig={cluster.kubeconfig()}", "--drain-seconds=0", *of_pair(pair)]
    return Doorward(folder_in(cluster), *known, *words).ready()


def doorward(*words: object) -> subprocess.CompletedProcess[str]:
    """Run one command of doorward; the caller looks at the exit code."""
    command = [*DOORWARD, *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=COMMAND_LIMIT_S, check=False)


def webhook_configurations(policies: Path) -> list[dict[str, Any]]:
    """Return the webhook configurations that `doorward manifests` prints for these rules; raises `Failed`."""
    printed = doorward("manifests", "--policies", policies)
    if printed.returncode != 0:
        raise Failed(f"doorward manifests: {printed.stderr}")
    return list(yaml.safe_load_all(printed.stdout))


@contextmanager
def registered(cluster: Cluster, policies: Path, *words: object) -> Iterator[Doorward]:
    """Serve the rules and have the API server ask; unregister and end at exit."""
    authority = Authority(cluster.folder, "doorward-ca")
    with serve(cluster, authority, policies, *words) as served, asked(cluster, policies, served.port, authority.pem):
        yield served


@contextmanager
def asked(cluster: Cluster, policies: Path, port: int, ca: bytes) -> Iterator[None]:
    """Have the API server ask at a port of 127.0.0.1 what these rules need to be asked; unregister at exit."""
    try:
        cluster.register_webhooks(webhook_configurations(policies), port, ca)
        yield
    finally:
        cluster.unregister_webhooks()
