"""A small Kubernetes API server over real HTTP: objects with versions, lists in pages, watches, and ill will."""

import base64
import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from certs.authority import make_leaf
from certs.context import server_context
from certs.pair import Pair
from webhook.cluster.client import Cluster, connect

Json = dict[str, Any]
NAMESPACES = "/api/v1/namespaces"


class _QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that hangs up in the middle of an answer is what several tests are about."""


class FakeApiServer:
    """Use as a context manager.

    `moods` holds what the next watches do instead of their duty, one word each: "hang", "gone" (an ERROR event of code
    410), "gone at once" (HTTP 410), "error event", "500", "reset", "garbage", "end", "no object". `before` is called
    with method and path ahead of every request; what it returns, if anything, is (status, body) to answer with.
    """

    def __init__(self, authority: Pair | None = None) -> None:
        """Speaks TLS if it is given an authority, which then signs its certificate."""
        self.objects: dict[str, Json] = {}
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.tokens: list[str | None] = []
        self.moods: list[str] = []
        self.before: Callable[[str, str], tuple[int, bytes] | None] = lambda method, path: None
        self._version = 100
        self._events: list[Json] = []
        self._changed = threading.Condition(threading.RLock())
        self._closing = False
        self._server = _QuietServer(("127.0.0.1", 0), _answering_for(self))
        self._authority = authority
        if authority:
            leaf = make_leaf(authority, ["127.0.0.1"], datetime.now(UTC))
            self._server.socket = server_context(leaf).wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> "FakeApiServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"{'https' if self._authority else 'http'}://127.0.0.1:{self._server.server_address[1]}"

    def kubeconfig(self, folder: Path) -> str:
        """Writes a kubeconfig whose only context leads here."""
        path = folder / "kubeconfig"
        cluster = {"server": self.url}
        if self._authority:
            cluster["certificate-authority-data"] = base64.b64encode(self._authority.certificate).decode()
        path.write_text(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "current-context": "fake",
                    "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "fake"}}],
                    "clusters": [{"name": "fake", "cluster": cluster}],
                    "users": [{"name": "fake", "user": {"token": "t0ken"}}],
                }
            )
        )
        return str(path)

    def cluster(self, folder: Path) -> Cluster:
        return connect(self.kubeconfig(folder))

    def put(self, path: str, item: Json) -> Json:
        """Stores an object; one that is a namespace becomes an event."""
        with self._changed:
            self._version += 1
            kind = "MODIFIED" if path in self.objects else "ADDED"
            stored: Json = json.loads(json.dumps(item))
            stored.setdefault("metadata", {})["resourceVersion"] = str(self._version)
            self.objects[path] = stored
            self._tell(path, kind, stored)
            return stored

    def namespace(self, name: str, labels: dict[str, str] | None = None, **annotations: str) -> None:
        metadata = {"name": name, "labels": labels, "annotations": annotations or None}
        self.put(f"{NAMESPACES}/{name}", {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})

    def delete(self, path: str) -> None:
        with self._changed:
            self._version += 1
            item = self.objects.pop(path)
            item["metadata"]["resourceVersion"] = str(self._version)
            self._tell(path, "DELETED", item)

    def forget_silently(self, path: str) -> None:
        """As if it had been deleted while nobody watched and the event had been compacted."""
        with self._changed:
            del self.objects[path]

    def bookmark(self) -> None:
        """Moves the version of all watches along."""
        with self._changed:
            self._version += 1
            item = {"kind": "Namespace", "metadata": {"resourceVersion": str(self._version)}}
            self._events.append({"type": "BOOKMARK", "object": item})
            self._changed.notify_all()

    @property
    def version(self) -> str:
        return str(self._version)

    def watches(self) -> list[dict[str, str]]:
        return [query for _, _, query in self.requests if "watch" in query]

    def _tell(self, path: str, kind: str, item: Json) -> None:
        if path.startswith(NAMESPACES + "/") and path.count("/") == 4:
            self._events.append({"type": kind, "object": json.loads(json.dumps(item))})
            self._changed.notify_all()

    def events_after(self, version: int, seen: int, timeout: float) -> list[Json]:
        """Events with a newer version, beyond the first `seen`; waits for one, at most `timeout` seconds."""

        def fresh() -> list[Json]:
            newer = [e for e in self._events if int(e["object"]["metadata"]["resourceVersion"]) > version]
            return newer[seen:]

        with self._changed:
            self._changed.wait_for(lambda: self._closing or fresh(), timeout)
            return [] if self._closing else fresh()

    def wait_for_closing(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closing, 30)


def status_body(code: int, message: str) -> bytes:
    return json.dumps({"kind": "Status", "status": "Failure", "code": code, "message": message}).encode()


def eventually(true: Callable[[], object], seconds: float = 10.0) -> bool:
    """Waits until something holds; False if it does not come to pass."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


def _answering_for(fake: FakeApiServer) -> type[BaseHTTPRequestHandler]:
    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_: object) -> None:
            """Tests read what was asked from `requests`."""

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def do_PUT(self) -> None:
            self._answer()

        def _answer(self) -> None:
            address = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(address.query).items()}
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            fake.requests.append((self.command, address.path, query))
            fake.tokens.append(self.headers.get("authorization"))
            instead = fake.before(self.command, address.path)
            if instead is not None:
                self._send(*instead)
            elif "watch" in query:
                self._watch(query)
            elif self.command == "GET":
                self._get(address.path, query)
            else:
                self._write(address.path, json.loads(body))

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _json(self, status: int, value: Json) -> None:
            self._send(status, json.dumps(value).encode())

        def _get(self, path: str, query: dict[str, str]) -> None:
            if path in fake.objects:
                self._json(200, fake.objects[path])
            elif path == NAMESPACES:
                self._list(int(query["limit"]), int(query.get("continue", 0)))
            else:
                self._send(404, status_body(404, f'"{path}" not found'))

        def _list(self, limit: int, start: int) -> None:
            items = [fake.objects[path] for path in sorted(fake.objects) if path.count("/") == 4 and NAMESPACES in path]
            metadata = {"resourceVersion": fake.version}
            if start + limit < len(items):
                metadata["continue"] = str(start + limit)
            self._json(200, {"kind": "NamespaceList", "metadata": metadata, "items": items[start : start + limit]})

        def _write(self, path: str, item: Json) -> None:
            if self.command == "POST":
                path = f"{path}/{item['metadata']['name']}"
            present = fake.objects.get(path)
            if self.command == "POST" and present:
                self._send(409, status_body(409, f'"{path}" already exists'))
            elif self.command == "PUT" and not present:
                self._send(404, status_body(404, f'"{path}" not found'))
            elif present and present["metadata"]["resourceVersion"] != item["metadata"].get("resourceVersion"):
                self._send(409, status_body(409, "the object has been modified"))
            else:
                self._json(200, fake.put(path, item))

        def _watch(self, query: dict[str, str]) -> None:
            mood = fake.moods.pop(0) if fake.moods else "dutiful"
            if mood in {"500", "gone at once"}:
                code = 500 if mood == "500" else 410
                self._send(code, status_body(code, "etcd is away" if code == 500 else "too old resource version"))
                return
            self.send_response(200)
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            self.wfile.flush()
            if mood == "dutiful":
                self._watch_dutifully(int(query["resourceVersion"]), float(query["timeoutSeconds"]))
            else:
                self._misbehave(mood)

        def _misbehave(self, mood: str) -> None:
            if mood == "hang":
                fake.wait_for_closing()
            elif mood == "gone":
                self._chunk(b'{"type":"ERROR","object":{"kind":"Status","code":410,"message":"too old"}}\n')
            elif mood == "error event":
                self._chunk(b'{"type":"ERROR","object":{"kind":"Status","code":500,"message":"etcd is away"}}\n')
            elif mood == "garbage":
                self._chunk(b"<html>a proxy's page</html>\n")
            elif mood == "no object":
                self._chunk(b'{"type":"MODIFIED","object":{"kind":"Namespace"}}\n')
            if mood in {"reset", "hang"}:
                self.close_connection = True
            else:
                self._chunk(b"")

        def _watch_dutifully(self, version: int, seconds: float) -> None:
            end, seen = time.monotonic() + seconds, 0
            try:
                while time.monotonic() < end and not fake._closing:
                    for event in fake.events_after(version, seen, end - time.monotonic()):
                        line = json.dumps(event).encode() + b"\n"
                        # In two pieces: an event may arrive torn.
                        self._chunk(line[:20])
                        self._chunk(line[20:])
                        seen += 1
                self._chunk(b"")
            except OSError:
                self.close_connection = True

        def _chunk(self, content: bytes) -> None:
            self.wfile.write(f"{len(content):x}\r\n".encode() + content + b"\r\n")
            self.wfile.flush()

    return Answering
