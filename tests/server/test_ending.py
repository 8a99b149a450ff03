"""The end of the process: no request is lost, connections move, and the exit code tells why."""

import json
import os
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path

import pytest

from tests.e2e.waiting import poll
from tests.server.serving import BAD_POD, RULES, Reply, review, send_on
from webhook.server import serve as serving_module

ROOT = Path(__file__).parents[2]
PROGRAM = "import sys; from webhook.cli import main; sys.exit(main())"


class Process:
    """`doorward serve` as a process of its own."""

    def __init__(self, folder: Path, child: subprocess.Popen[bytes]) -> None:
        self.folder, self.child = folder, child
        poll(lambda: (folder / "ports.json").exists() or child.poll() is not None, "the ports are not told")
        ports = json.loads((folder / "ports.json").read_text())
        self.port, self.health_port = ports["port"], ports["health_port"]
        self.context = ssl.create_default_context(cafile=str(folder / "bundle.pem"))
        assert ports["pid"] == child.pid

    def connect(self) -> HTTPSConnection:
        return HTTPSConnection("localhost", self.port, timeout=10, context=self.context)

    def health(self, path: str) -> Reply:
        connection = HTTPConnection("127.0.0.1", self.health_port, timeout=10)
        try:
            return send_on(connection, "GET", path)
        finally:
            connection.close()

    def is_ready(self) -> bool:
        return self.health("/readyz").status == 200

    def log(self) -> str:
        return (self.folder / "stderr").read_text()

    def decisions(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in (self.folder / "stdout").read_text().splitlines()]


@contextmanager
def process(folder: Path, *more: str) -> Iterator[Process]:
    (folder / "rules").mkdir()
    (folder / "rules/rules.yaml").write_text(RULES)
    words = ["serve", "--policies", "rules", "--self-signed", "--bundle-file", "bundle.pem", "--port", "0"]
    words += ["--health-port", "0", "--host", "127.0.0.1", "--health-host", "127.0.0.1", "--ports-file", "ports.json"]
    with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
        child = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *words, *more],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
        try:
            started = Process(folder, child)
            poll(started.is_ready, "the server did not become ready")
            yield started
        finally:
            child.kill()
            child.wait()


class Client(threading.Thread):
    """Asks without a pause over one kept connection, moves when told to, and not to a server that is not ready."""

    def __init__(self, server: Process) -> None:
        super().__init__()
        self.server, self.answered, self.moved = server, 0, 0
        self.lost: list[str] = []

    def run(self) -> None:
        while self.server.is_ready():
            connection = self.server.connect()
            try:
                self._ask_until_told_to_move(connection)
            except (OSError, HTTPException) as error:
                self.lost.append(repr(error))
                return
            finally:
                connection.close()
            self.moved += 1

    def _ask_until_told_to_move(self, connection: HTTPSConnection) -> None:
        while True:
            reply = send_on(connection, "POST", "/validate?timeout=5s", review(BAD_POD))
            if reply.status != 200 or reply.response["allowed"]:
                self.lost.append(f"{reply.status} {reply.body!r}")
            self.answered += 1
            if reply.headers.get("connection") == "close":
                return


def test_sigterm_under_load_loses_no_request_and_lets_no_violator_in(tmp_path: Path) -> None:
    with process(tmp_path, "--drain-seconds", "1") as server:
        clients = [Client(server) for _ in range(4)]
        for client in clients:
            client.start()
        poll(lambda: all(client.answered > 20 for client in clients), "the clients do not get on")
        server.child.send_signal(signal.SIGTERM)
        for client in clients:
            client.join(20)
        assert [client.lost for client in clients] == [[], [], [], []]
        assert [client.moved for client in clients] == [1, 1, 1, 1]
        assert server.child.wait(20) == 0
        assert len(server.decisions()) == sum(client.answered for client in clients)
        assert "Traceback" not in server.log()


def test_sigterm_makes_it_unready_at_once_while_it_still_answers(tmp_path: Path) -> None:
    with (
        process(tmp_path, "--drain-seconds", "30") as server,
        closing(server.connect()) as kept,
        closing(server.connect()) as anew,
    ):
        assert "connection" not in send_on(kept, "POST", "/validate", review()).headers
        server.child.send_signal(signal.SIGTERM)
        poll(lambda: not server.is_ready(), "readiness does not fail")
        assert b"server: NOT READY: ending" in server.health("/readyz").body
        assert server.health("/healthz").status == 200
        assert send_on(kept, "POST", "/validate", review()).headers["connection"] == "close"
        assert send_on(anew, "POST", "/validate", review(BAD_POD)).response["allowed"] is False
        server.child.send_signal(signal.SIGTERM)
        assert server.child.wait(20) == 128 + signal.SIGTERM


def test_an_interrupt_ends_it_soon_with_the_exit_code_of_interrupts(tmp_path: Path) -> None:
    with process(tmp_path, "--drain-seconds", "300") as server:
        with closing(server.connect()) as idle:
            send_on(idle, "POST", "/validate", review())
            server.child.send_signal(signal.SIGINT)
            assert server.child.wait(20) == 130
        assert "Traceback" not in server.log()
        assert len(server.decisions()) == 1


def test_connections_are_kept_longer_than_an_api_server_keeps_them() -> None:
    assert serving_module.KEEP_ALIVE > 90


def test_the_whole_end_fits_into_what_kubelet_grants() -> None:
    assert 10 + serving_module.LINGER + serving_module.UNDER_WAY < 30


def test_the_log_is_json_line_by_line_and_decisions_are_alone_on_stdout(tmp_path: Path) -> None:
    with process(tmp_path, "--drain-seconds", "0") as server:
        with closing(server.connect()) as connection:
            denied = send_on(connection, "POST", "/validate", review(BAD_POD)).response
        server.child.send_signal(signal.SIGTERM)
        assert server.child.wait(20) == 0
        lines = [json.loads(line) for line in server.log().splitlines()]
        assert [line["message"] for line in lines][:2] == ["listening", "rules are in force"]
        assert lines[0]["port"] == server.port
        (decision,) = server.decisions()
        assert decision["verdict"] == "denied"
        assert str(decision["id"]) in denied["status"]["message"]
        assert decision["findings"] == [
            {
                "rule": "registries/allowed",
                "path": "spec.containers[0].image",
                "action": "deny",
                "cause": "violates",
            }
        ]


@pytest.mark.parametrize("words", [["--no-decision-log"], []])
def test_the_decision_log_can_be_turned_off(tmp_path: Path, words: list[str]) -> None:
    with process(tmp_path, "--drain-seconds", "0", *words) as server:
        with closing(server.connect()) as connection:
            send_on(connection, "POST", "/validate", review())
        server.child.send_signal(signal.SIGTERM)
        assert server.child.wait(20) == 0
        assert len(server.decisions()) == (0 if words else 1)
