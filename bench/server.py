"""Servers to be measured, each a process of its own: `doorward serve` with shipped defaults, and the bare yardstick."""

import json
import os
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.rules import NAMESPACES
from certs.authority import LOCAL_NAMES, make_authority, make_leaf

ROOT = Path(__file__).parent.parent

ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
    "PYTHONPYCACHEPREFIX": str(ROOT / ".bench/bytecode"),
}
"""Of every process that is measured: with bytecode, as an installed package has it, but apart from the tree."""

PATIENCE = 60.0
"""Seconds that a server may take to be ready."""

_TICK = os.sysconf("SC_CLK_TCK")


class Broken(Exception):
    """A server did not begin, or gave a wrong answer: nothing that was measured counts."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs."""

    name: str
    pid: int
    port: int
    health_port: int
    log: Path
    context: ssl.SSLContext

    def cpu(self) -> float:
        """Seconds of processor time that all its threads have taken, in user and kernel mode."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICK

    def resident(self) -> float:
        """Megabytes (of 1,000,000 bytes) in memory."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024 / 1e6

    def rules(self) -> int:
        """How many rules it says are in force."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.health_port}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        return int(float(text.partition("\ndoorward_ruleset_rules ")[2].split()[0]))


class Servers:
    """Starts servers in a folder, with one certificate for all, and ends them all."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._stack = folder, ExitStack()
        now = datetime.now(UTC)
        authority = make_authority(now)
        leaf = make_leaf(authority, LOCAL_NAMES, now)
        self._certificate, self._key, self._namespaces = (
            folder / "tls.crt",
            folder / "tls.key",
            folder / "namespaces.yaml",
        )
        self._certificate.write_bytes(leaf.certificate)
        self._key.write_bytes(leaf.key)
        self._namespaces.write_text(NAMESPACES)
        self._context = ssl.create_default_context(cadata=authority.certificate.decode())

    def __enter__(self) -> "Servers":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def bare(self) -> Server:
        """The yardstick: bench/bare.py."""
        ports = self._folder / "bare.json"
        arguments = ["-m", "bench.bare", str(self._certificate), str(self._key), str(ports)]
        return self._start("bare", arguments, ports)

    def doorward(self, name: str, policies: Path, rules: int) -> Server:
        """`doorward serve` with its defaults: TLS, metrics, and the decision log into a file."""
        ports = self._folder / f"{name}.json"
        arguments = ["-m", "webhook", "serve", "--policies", str(policies), "--in-cluster", "never"]
        arguments += ["--namespaces", str(self._namespaces), "--tls-cert", str(self._certificate)]
        arguments += ["--tls-key", str(self._key), "--host", "127.0.0.1", "--port", "0", "--health-host", "127.0.0.1"]
        arguments += ["--health-port", "0", "--ports-file", str(ports), "--drain-seconds", "0"]
        server = self._start(name, arguments, ports)
        _wait_for(lambda: _ready(server.health_port), f"{name} is not ready; {server.log} says why")
        if server.rules() != rules:
            raise Broken(f"{name} has {server.rules()} rules in force, not {rules}")
        return server

    def _start(self, name: str, arguments: Sequence[str], ports: Path) -> Server:
        log = self._folder / f"{name}.log"
        ports.unlink(missing_ok=True)
        process = self._stack.enter_context(_process(arguments, self._folder / f"{name}.out", log))
        _wait_for(lambda: ports.exists() or process.poll() is not None, f"{name} opened no port")
        if process.poll() is not None:
            raise Broken(f"{name} ended: {log.read_text()}")
        opened = json.loads(ports.read_bytes())
        return Server(name, process.pid, opened["port"], opened.get("health_port", 0), log, self._context)


@contextmanager
def _process(arguments: Sequence[str], out: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, *arguments]
    with out.open("wb") as stdout, log.open("wb") as stderr:
        process = subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, stdout=stdout, stderr=stderr)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _ready(health_port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{health_port}/readyz", timeout=10) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _wait_for(done: Callable[[], bool], words: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > deadline:
            raise Broken(words)
        time.sleep(0.05)
