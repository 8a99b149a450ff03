"""The way to the Kubernetes API server: JSON in, JSON out, one sentence when it fails.

The `kubernetes` library reads the configuration (kubeconfig, service account, exec plugins, proxies) and brings its
connection pool; its typed models are not used, because they lose fields that they do not know.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import urllib3

from webhook import VERSION
from webhook.errors import ClusterError

Json = dict[str, Any]

# etcd holds no object of more than a few MiB; a longer line is not a watch event.
_LONGEST_LINE = 16 * 1024 * 1024


class UnreachableError(ClusterError):
    """The API server did not answer, or not in time."""


class RefusedError(ClusterError):
    """The API server answered with an error; `status` is the HTTP status code."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class ConflictError(RefusedError):
    """Somebody else changed the object since it was read, or created it first."""

    def __init__(self, message: str) -> None:
        super().__init__(message, 409)


def inside_cluster() -> bool:
    """Whether this process runs in a pod that may speak to its API server."""
    return bool(os.environ.get("KUBERNETES_SERVICE_HOST"))


def connect(kubeconfig: str | None = None, context: str | None = None) -> Cluster:
    """A client from the kubeconfig (or its default place, when only a context is given), else from inside a pod.

    Nothing is sent yet. Raises ClusterError if the configuration is missing or broken.
    """
    # Imported here: the library takes 35 MB and most of a second, and a server without a cluster needs none of it.
    from kubernetes import client, config

    configuration = client.Configuration()
    try:
        if kubeconfig or context or not inside_cluster():
            config.load_kube_config(kubeconfig, context, configuration, False)  # type: ignore[no-untyped-call]
        else:
            config.load_incluster_config(configuration)  # type: ignore[no-untyped-call]
    except Exception as error:  # the library lets the errors of its parser and its plugins through
        place = kubeconfig or ("the service account" if inside_cluster() and not context else "the default kubeconfig")
        raise ClusterError(f"no way to a cluster from {place}: {error}") from error
    pool = client.ApiClient(configuration).rest_client.pool_manager
    return Cluster(configuration.host, pool, lambda: _credentials(configuration))


def _credentials(configuration: Any) -> dict[str, str]:
    """The headers that prove who we are; tokens that expire are read again by the library."""
    try:
        settings = configuration.auth_settings().values()
    except Exception as error:  # the library lets the errors of its parser and its plugins through
        raise ClusterError(f"no credentials for the API server: {error}") from error
    return {setting["key"]: setting["value"] for setting in settings if setting["in"] == "header"}


class Cluster:
    """One API server. Every call raises UnreachableError or RefusedError; timeouts are in seconds."""

    def __init__(self, host: str, pool: urllib3.PoolManager, credentials: Callable[[], Mapping[str, str]]) -> None:
        self.host = host.rstrip("/")
        self._pool, self._credentials = pool, credentials

    def get(self, path: str, query: Mapping[str, str | int] | None = None, timeout: float = 10.0) -> Json:
        """One object or list. Asked again once if an idle connection turns out to be dead."""
        deadline = time.monotonic() + timeout
        try:
            return self._call("GET", path, query, None, timeout)
        except UnreachableError as error:
            left = deadline - time.monotonic()
            if left <= 0 or not isinstance(error.__cause__, urllib3.exceptions.ProtocolError):
                raise
            return self._call("GET", path, query, None, left)

    def create(self, path: str, body: Json, timeout: float = 10.0) -> Json:
        """Creates an object in the collection at `path`; ConflictError if it exists."""
        return self._call("POST", path, None, body, timeout)

    def replace(self, path: str, body: Json, timeout: float = 10.0) -> Json:
        """Replaces the object; ConflictError if its resourceVersion is no longer the one in `body`."""
        return self._call("PUT", path, None, body, timeout)

    def watch(self, path: str, query: Mapping[str, str | int], read_timeout: float) -> Stream:
        """Opens a watch; `read_timeout` is how long nothing at all may arrive."""
        timeout = urllib3.Timeout(connect=min(10.0, read_timeout), read=read_timeout)
        response = self._send("GET", path, query, None, timeout)
        if response.status != 200:
            _read(response, f"watch {path}")
            raise UnreachableError(f"watch {path}: the API server answered {response.status} instead of events")
        return Stream(response, f"watch {path}")

    def _call(
        self, method: str, path: str, query: Mapping[str, str | int] | None, body: Json | None, timeout: float
    ) -> Json:
        response = self._send(method, path, query, body, urllib3.Timeout(total=timeout))
        return _read(response, f"{method} {path}")

    def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str | int] | None,
        body: Json | None,
        timeout: urllib3.Timeout,
    ) -> urllib3.BaseHTTPResponse:
        url = f"{self.host}{path}?{urlencode(query)}" if query else f"{self.host}{path}"
        headers = {"accept": "application/json", "user-agent": f"doorward/{VERSION}"}
        if body is not None:
            headers["content-type"] = "application/json"
        try:
            return self._pool.request(
                method,
                url,
                body=None if body is None else json.dumps(body).encode(),
                headers={**headers, **self._credentials()},
                timeout=timeout,
                # A redirect would carry our token to somebody else.
                redirect=False,
                retries=False,
                preload_content=False,
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise _unreachable(f"{method} {path}", error) from error


class Stream:
    """The events of one watch, until the server ends it; close it in the end."""

    def __init__(self, response: urllib3.BaseHTTPResponse, what: str) -> None:
        self._response, self._what = response, what

    def __iter__(self) -> Iterator[Json]:
        rest = b""
        try:
            for piece in self._response.stream():
                *lines, rest = (rest + piece).split(b"\n")
                for line in lines:
                    yield _parsed(line, self._what)
                if len(rest) > _LONGEST_LINE:
                    raise UnreachableError(f"{self._what}: an event without end")
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise _unreachable(self._what, error) from error

    def close(self) -> None:
        """Gives the connection up."""
        self._response.close()

    def hang_up(self) -> None:
        """Ends the watch from another thread, which may be waiting for the next event."""
        with suppress(OSError, ValueError, RuntimeError, AttributeError):
            self._response.shutdown()


def _read(response: urllib3.BaseHTTPResponse, what: str) -> Json:
    try:
        content = response.data
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise _unreachable(what, error) from error
    if 200 <= response.status < 300:
        return _parsed(content, what)
    message = f"{what}: {_reason(content)} ({response.status})"
    raise ConflictError(message) if response.status == 409 else RefusedError(message, response.status)


def _parsed(content: bytes, what: str) -> Json:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UnreachableError(f"{what}: the answer is not JSON; is this address a Kubernetes API server?") from error
    if not isinstance(value, dict):
        raise UnreachableError(f"{what}: the answer is no JSON object; is this address a Kubernetes API server?")
    return value


def _reason(content: bytes) -> str:
    """The message of a Status object, or as much of anything else as fits a line."""
    try:
        message = json.loads(content).get("message")
    except (ValueError, AttributeError, RecursionError):
        message = None
    text = message if isinstance(message, str) and message else content[:200].decode(errors="replace")
    return "".join(letter if letter.isprintable() else " " for letter in text).strip() or "no reason given"


def _unreachable(what: str, error: Exception) -> UnreachableError:
    if isinstance(error, urllib3.exceptions.TimeoutError) and not isinstance(
        error, urllib3.exceptions.NewConnectionError
    ):
        return UnreachableError(f"{what}: the API server did not answer in time")
    return UnreachableError(f"{what}: the API server cannot be reached: {error}")
