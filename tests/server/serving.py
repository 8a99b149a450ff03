"""A real server on loopback in a thread, and small clients that speak to it over TLS, byte by byte where it matters."""

import asyncio
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import uvloop

from tests.objects import pod
from webhook.pod.workloads import group_kind
from webhook.server.serve import Server
from webhook.server.settings import Settings

RULES = """\
apiVersion: doorward.dev/v1
kind: Policy
metadata: {name: registries}
spec:
  title: Images come from our registry
  why: Other registries are not scanned.
  owner: {team: platform}
  severity: high
  rules:
  - name: allowed
    images: {from: [registry.corp.example]}
"""

PROD_ONLY = RULES.replace("  rules:\n", "  match: {namespaceSelector: {matchLabels: {tier: prod}}}\n  rules:\n")
"""The same, for namespaces with a label."""

BAD_POD = pod(image="nginx:1.27")


class Reply(NamedTuple):
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def response(self) -> Any:
        """The response of the review in the body."""
        return self.json["response"]


def review(obj: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """The AdmissionReview that creates an object (a good pod), as the API server words it."""
    created = pod() if obj is None else obj
    group, kind = group_kind(created)
    request = {
        "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
        "kind": {"group": group, "version": "v1", "kind": kind},
        "resource": {"group": group, "version": "v1", "resource": f"{kind.lower()}s"},
        "operation": "CREATE",
        "name": created["metadata"].get("name", ""),
        "namespace": created["metadata"].get("namespace", ""),
        "userInfo": {"username": "alice", "groups": ["system:authenticated"]},
        "object": created,
        "oldObject": None,
        "dryRun": False,
    }
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {**request, **changes}}


class Running:
    """A server that runs, and how to speak to it."""

    def __init__(self, server: Server, context: ssl.SSLContext) -> None:
        self.server, self.context = server, context

    def connect(self) -> http.client.HTTPSConnection:
        """A connection to the admission listener; it is kept until it is closed."""
        return http.client.HTTPSConnection("localhost", self.server.port, timeout=10, context=self.context)

    @contextmanager
    def raw(self) -> Iterator[ssl.SSLSocket]:
        """A TLS socket to the admission listener."""
        with (
            socket.create_connection(("127.0.0.1", self.server.port), timeout=10) as plain,
            self.context.wrap_socket(plain, server_hostname="localhost") as secure,
        ):
            yield secure

    def send(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Reply:
        """One request to the admission listener; what is no bytes is sent as JSON."""
        connection = self.connect()
        try:
            return send_on(connection, method, path, body, headers)
        finally:
            connection.close()

    def validate(self, obj: dict[str, Any] | None = None, **changes: Any) -> Reply:
        return self.send("POST", "/validate?timeout=5s", review(obj, **changes))

    def mutate(self, obj: dict[str, Any] | None = None, **changes: Any) -> Reply:
        return self.send("POST", "/mutate?timeout=5s", review(obj, **changes))

    def health(self, path: str, **headers: str) -> Reply:
        """One GET to the health listener."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.health_port, timeout=10)
        try:
            return send_on(connection, "GET", path, None, headers)
        finally:
            connection.close()

    def is_ready(self) -> bool:
        return self.health("/readyz").status == 200

    def metric(self, series: str) -> float | None:
        """The value of one series in /metrics; None where there is none."""
        for line in self.health("/metrics").body.decode().splitlines():
            name, _, value = line.rpartition(" ")
            if name == series:
                return float(value)
        return None


def send_on(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: Any = None,
    headers: dict[str, str] | None = None,
) -> Reply:
    """One request on an open connection."""
    content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    kind = {"Content-Type": "application/json"} if content is not None else {}
    connection.request(method, path, content, {**kind, **(headers or {})})
    answer = connection.getresponse()
    return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())


def settings(folder: Path, **changes: Any) -> Settings:
    """A server on loopback with its own certificate and the rules in FOLDER/rules."""
    rules = folder / "rules"
    rules.mkdir(exist_ok=True)
    values: dict[str, Any] = {
        "policies": (str(rules),),
        "host": "127.0.0.1",
        "port": 0,
        "health_host": "127.0.0.1",
        "health_port": 0,
        "self_signed": ("localhost", "127.0.0.1"),
        "bundle_file": folder / "bundle.pem",
        "decision_log": False,
        "rules_interval": 0.05,
        "certificates_interval": 0.05,
        "registration_interval": 0.05,
    }
    return Settings(**{**values, **changes})


def write_rules(folder: Path, text: str = RULES, name: str = "rules.yaml") -> None:
    """Puts one file into FOLDER/rules, whole or not at all."""
    rules = folder / "rules"
    rules.mkdir(exist_ok=True)
    unfinished = folder / "unfinished"
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(rules / name)


@contextmanager
def serving(wanted: Settings, client: ssl.SSLContext | None = None) -> Iterator[Running]:
    """A server with these settings, in a thread, until the block ends."""
    server = Server(wanted)
    context = client or ssl.create_default_context(cafile=str(wanted.bundle_file))
    codes: list[int] = []

    def run() -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            codes.append(runner.run(server.run()))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield Running(server, context)
    finally:
        server.stop()
        thread.join(20)
    assert codes == [0]
