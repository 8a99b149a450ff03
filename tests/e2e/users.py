"""Who talks to the API server: a client certificate, a kubeconfig and an HTTP client for any user and groups."""

from __future__ import annotations

import json
import ssl
import threading
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.e2e.authority import Authority, Pair

ANSWER_LIMIT_S = 60


@dataclass(frozen=True, slots=True)
class User:
    """Who a client certificate says it is; `system:authenticated` is added by the API server."""

    name: str
    groups: tuple[str, ...] = ()


ADMIN = User("tests-admin", ("system:masters",))


def node(name: str) -> User:
    """Return the user that the kubelet of a node is."""
    return User(f"system:node:{name}", ("system:nodes",))


def service_account(namespace: str, name: str) -> User:
    """Return the user that a ServiceAccount is, such as `kube-system` and `namespace-controller`."""
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")
    return User(f"system:serviceaccount:{namespace}:{name}", groups)


@dataclass
class Users:
    """The users of the API server at `url`, made when they are first asked for; their files stand in `folder`."""

    folder: Path
    authority: Authority
    url: str
    _pairs: dict[User, Pair] = field(default_factory=dict)
    _clients: dict[User, httpx.Client] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def client(self, user: User) -> httpx.Client:
        """Return the HTTP client of a user; it is shared between threads."""
        with self._lock:
            if user not in self._clients:
                pair = self._pair(user)
                context = ssl.create_default_context(cafile=self.authority.path)
                context.load_cert_chain(pair.certificate, pair.key)
                self._clients[user] = httpx.Client(
                    base_url=self.url, verify=context, timeout=ANSWER_LIMIT_S, trust_env=False
                )
            return self._clients[user]

    def kubeconfig(self, user: User) -> Path:
        """Return the kubeconfig file of a user."""
        with self._lock:
            pair = self._pair(user)
            path = pair.certificate.with_suffix(".kubeconfig")
            if not path.exists():
                path.touch(mode=0o600)
                path.write_text(json.dumps(self._kubeconfig(pair), indent=2))
            return path

    def close(self) -> None:
        """Close the connections of all clients."""
        for client in self._clients.values():
            client.close()

    def _pair(self, user: User) -> Pair:
        if user not in self._pairs:
            self._pairs[user] = self.authority.client(f"user-{len(self._pairs)}", user.name, user.groups)
        return self._pairs[user]

    def _kubeconfig(self, pair: Pair) -> dict[str, object]:
        credentials = {"client-certificate-data": _data(pair.certificate), "client-key-data": _data(pair.key)}
        server = {"server": self.url, "certificate-authority-data": _data(self.authority.path)}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "doorward", "cluster": server}],
            "users": [{"name": "user", "user": credentials}],
            "contexts": [{"name": "doorward", "context": {"cluster": "doorward", "user": "user"}}],
            "current-context": "doorward",
        }


def _data(path: Path) -> str:
    return b64encode(path.read_bytes()).decode()
