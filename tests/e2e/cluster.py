"""A real kube-apiserver over a real etcd on loopback: started in seconds, gone without a trace."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import socket
import subprocess
import tempfile
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import httpx

from tests.e2e import components
from tests.e2e.apiserver import CLIENT_SOCKET, api_server_command, etcd_command
from tests.e2e.authority import Authority, Pair
from tests.e2e.process import Process
from tests.e2e.users import ADMIN, User, Users
from tests.e2e.waiting import poll

JSON, APPLY = "application/json", "application/apply-patch+yaml"
REGISTRATIONS = "/apis/admissionregistration.k8s.io/v1"
WEBHOOK_CALLS = "apiserver_admission_webhook_request_total{"
PROBE_POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"generateName": "is-the-webhook-called-"},
    "spec": {"containers": [{"name": "probe", "image": "registry.example/probe:1"}]},
}


class Refused(Exception):
    """The API server refused something that the tests need to be there."""


class Answer(NamedTuple):
    """What the API server answered: the HTTP status and the decoded body."""

    status: int
    body: dict[str, Any]


class Cluster:
    """One API server with RBAC, an audit log and the admission plugins that kubeadm turns on; a context manager.

    No controller runs beside it: namespaces come from `namespace()`, and Deployments make no pods. `flags` are added
    to the command line of kube-apiserver. Every method may be called from any thread.
    """

    def __init__(self, flags: Sequence[str] = ()) -> None:
        self._flags = flags
        self.binaries = components.folder()
        self.folder = Path(tempfile.mkdtemp(prefix="doorward-e2e-"))
        self._processes: list[Process] = []
        self._registered: list[tuple[str, list[str]]] = []
        self._authority = Authority(self.folder, "cluster-ca")
        self._webhook_clients = Authority(self.folder, "webhook-client-ca")
        self.webhook_client_ca = self._webhook_clients.path
        self.ca = self._authority.path
        self.port = 0

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> Self:
        """Start both programs and return when /readyz says yes; raises `Died` with the log where it never does."""
        atexit.register(self.stop)
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def _start(self) -> None:
        etcd = self._run("etcd", etcd_command(self.binaries, self.folder))
        etcd.wait_until((self.folder / CLIENT_SOCKET).exists)
        with socket.socket() as held:
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            held.bind(("127.0.0.1", 0))
            self.port = held.getsockname()[1]
            self.url = f"https://127.0.0.1:{self.port}"
            self._users = Users(self.folder, self._authority, self.url)
            command = api_server_command(self.binaries, self.folder, self.port, self._authority, self._webhook_clients)
            self._run("kube-apiserver", [*command, *self._flags]).wait_until(self._ready)
        for name in ("default", "kube-system"):
            self.namespace(name)

    def stop(self) -> None:
        """End both programs and remove their folder; a second call does nothing."""
        for process in reversed(self._processes):
            process.stop()
        if self.port:
            self._users.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        atexit.unregister(self.stop)  # last: whoever interrupts the ending leaves the rest of it to the exit

    def _run(self, name: str, command: list[str]) -> Process:
        process = Process(name, command, self.folder / f"{name}.log", cwd=self.folder)
        self._processes.append(process)
        return process

    def _ready(self) -> bool:
        try:
            return self.request("GET", "/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def request(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        user: User = ADMIN,
        content_type: str = JSON,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Send one request as `user`; `path` may carry a query, `body` becomes JSON unless it is bytes already."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Content-Type": content_type, **(headers or {})} if body is not None else headers
        client = self._users.client(user)
        return client.request(method, path, content=content if body is not None else None, headers=sent)

    def api(
        self, method: str, path: str, body: object = None, *, user: User = ADMIN, content_type: str = JSON
    ) -> Answer:
        """Send one request as `user` and return status and decoded body (a Status object where it was refused)."""
        response = self.request(method, path, body, user=user, content_type=content_type)
        return Answer(response.status_code, response.json())

    def kubeconfig(self, user: User = ADMIN) -> Path:
        """Return a kubeconfig file that carries its certificates itself."""
        return self._users.kubeconfig(user)

    def kubectl(
        self,
        *words: str,
        input: str | None = None,  # noqa: A002 - the name that subprocess.run has for it
        user: User = ADMIN,
    ) -> subprocess.CompletedProcess[str]:
        """Run kubectl as `user` with the text `input` on its stdin; the caller looks at the exit code."""
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.folder),
            "KUBECONFIG": str(self.kubeconfig(user)),
        }
        command = [str(self.binaries / "kubectl"), *words]
        return subprocess.run(
            command, input=input or "", env=environment, capture_output=True, text=True, timeout=60, check=False
        )

    def namespace(self, name: str, labels: Mapping[str, str] | None = None) -> str:
        """Make or relabel a namespace with what controllers would put there; return its name when pods can be made."""
        here = f"/api/v1/namespaces/{name}"
        metadata = {"name": name, "labels": dict(labels or {})}
        self.apply(here, {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
        self.apply(f"{here}/serviceaccounts/default", account)
        root = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kube-root-ca.crt"}}
        self.apply(f"{here}/configmaps/kube-root-ca.crt", {**root, "data": {"ca.crt": self.ca.read_text()}})
        token = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
        path = f"{here}/serviceaccounts/default/token"
        poll(lambda: self.api("POST", path, token).status == 201, f"no token for the ServiceAccount of {name}")
        return name

    def apply(self, path: str, document: Mapping[str, Any]) -> dict[str, Any]:
        """Make the object at `path` be `document` by server-side apply; raises `Refused` where it is not taken."""
        answer = self.api("PATCH", f"{path}?fieldManager=tests&force=true", document, content_type=APPLY)
        if answer.status not in (200, 201):
            raise Refused(f"apply to {path}: {answer.status} {answer.body.get('message')}")
        return answer.body

    def webhook_client(self, name: str) -> Pair:
        """Return a client certificate of the authority that signs the one which the server shows to webhooks."""
        return self._webhook_clients.client(f"webhook-client-{name}", name)

    def audit_mark(self) -> int:
        """Return a place in the audit log; `audit_events` of it tells only what came later."""
        return self._audit_log.stat().st_size if self._audit_log.exists() else 0

    def audit_events(self, mark: int = 0) -> list[dict[str, Any]]:
        """Return the whole events after `mark`; the server writes an event just after it has answered."""
        with self._audit_log.open("rb") as log:
            log.seek(mark)
            return [json.loads(line) for line in log if line.endswith(b"\n")]

    def audit_event(self, wanted: Callable[[dict[str, Any]], bool], mark: int = 0) -> dict[str, Any]:
        """Wait for the first event after `mark` that is wanted; raises `TimeoutError` where none comes."""
        found: list[dict[str, Any]] = []

        def look() -> bool:
            found.extend(event for event in self.audit_events(mark) if wanted(event))
            return bool(found)

        poll(look, "no such event in the audit log")
        return found[0]

    @property
    def _audit_log(self) -> Path:
        return self.folder / "audit.log"

    def register_webhooks(
        self,
        configurations: Iterable[Mapping[str, Any]],
        port: int,
        ca: bytes,
        called: Callable[[], bool] | None = None,
    ) -> None:
        """Point webhook configurations that name a service at 127.0.0.1:`port`, apply them, wait until they are in use.

        `ca` is the PEM bundle that signs the webhook's certificate. Pods are created by dry run in `default` until
        `called` says yes or, where it is not given, until the API server counts a call to each of the webhooks.
        """
        ours = [at_address(configuration, port, ca) for configuration in configurations]
        names = [webhook["name"] for configuration in ours for webhook in configuration["webhooks"]]
        before = self._calls()
        for configuration in ours:
            path = f"{REGISTRATIONS}/{configuration['kind'].lower()}s/{configuration['metadata']['name']}"
            self._registered.append((path, names))
            self.apply(path, configuration)
        used = called or (lambda: all(self._calls().get(name, 0) > before.get(name, 0) for name in names))

        def in_use() -> bool:
            self._probe()
            return used()

        poll(in_use, f"the API server does not call {', '.join(names)}")

    def unregister_webhooks(self) -> None:
        """Delete what `register_webhooks` applied and wait until the API server calls none of it."""
        names = {name for _, names in self._registered for name in names}
        while self._registered:
            self.api("DELETE", self._registered.pop()[0])

        def idle() -> bool:
            before = self._calls()
            self._probe()
            after = self._calls()
            return all(before.get(name, 0) == after.get(name, 0) for name in names)

        poll(idle, f"the API server still calls {', '.join(sorted(names))}")

    def _probe(self) -> None:
        self.api("POST", "/api/v1/namespaces/default/pods?dryRun=All", PROBE_POD)

    def _calls(self) -> dict[str, float]:
        """Return how often the API server has called each webhook, failed calls included."""
        counts: dict[str, float] = {}
        for line in self.request("GET", "/metrics").text.splitlines():
            if line.startswith(WEBHOOK_CALLS):
                name = line.partition('name="')[2].partition('"')[0]
                counts[name] = counts.get(name, 0) + float(line.rpartition(" ")[2])
        return counts


def at_address(configuration: Mapping[str, Any], port: int, ca: bytes) -> dict[str, Any]:
    """Return the configuration with each webhook's service replaced by the same path at 127.0.0.1:`port`."""

    def client(webhook: Mapping[str, Any]) -> dict[str, str]:
        path = webhook["clientConfig"]["service"]["path"]
        return {"url": f"https://127.0.0.1:{port}{path}", "caBundle": b64encode(ca).decode()}

    webhooks = [{**webhook, "clientConfig": client(webhook)} for webhook in configuration.get("webhooks", [])]
    return {**configuration, "webhooks": webhooks}
