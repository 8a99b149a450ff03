"""All namespaces' labels and annotations, kept current by a watch in a thread of its own.

The protocol: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes. A list says
at which version to begin; a watch tells what changed since; bookmarks move the version along while nothing changes;
410 says that the version is too old, and everything is listed anew.
"""

from __future__ import annotations

import logging
import random
import re
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from webhook.admission.facts import Namespace
from webhook.cluster.client import Cluster, Json, RefusedError, Stream, UnreachableError
from webhook.errors import ClusterError

_PATH = "/api/v1/namespaces"
_PAGE = 500
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\Z")
_log = logging.getLogger("doorward.cluster")


@dataclass(frozen=True, slots=True)
class Timing:
    """How patient the watch is, in seconds."""

    watch: float = 120.0
    """The server ends a watch after this time at the latest; it is then resumed."""
    grace: float = 15.0
    """A watch that is silent this much longer hangs and is given up."""
    stale: float = 300.0
    """Nothing heard for this long is worth telling."""
    first_delay: float = 0.5
    longest_delay: float = 30.0


@dataclass(frozen=True, slots=True)
class Freshness:
    """How well the namespaces are known; `age` is seconds since the last sign of life, None before the first."""

    ready: bool
    stale: bool
    age: float | None
    message: str


class Namespaces:
    """The namespaces of a cluster; `get` and `status` never wait and may be called from any thread."""

    def __init__(
        self, cluster: Cluster, timing: Timing | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._cluster, self._timing, self._clock = cluster, timing or Timing(), clock
        self._known: dict[str, Namespace] = {}
        self._version: str | None = None
        self._heard: float | None = None
        self._trouble: str | None = None
        self._failures = 0
        self._stream: Stream | None = None
        self._listed, self._stopped = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="namespace-watch", daemon=True)

    def start(self) -> None:
        """Begins to list and watch."""
        self._thread.start()

    def stop(self, timeout: float = 5.0) -> None:
        """Ends the watch and waits for its thread, at most `timeout` seconds."""
        self._stopped.set()
        deadline = time.monotonic() + timeout
        while self._thread.is_alive() and time.monotonic() < deadline:
            if self._stream is not None:
                self._stream.hang_up()
            self._thread.join(0.1)

    def ready(self) -> bool:
        """Whether all namespaces have been listed once."""
        return self._listed.is_set()

    def wait_until_ready(self, timeout: float) -> bool:
        """Waits for the first full list, at most `timeout` seconds."""
        return self._listed.wait(timeout)

    def get(self, name: str) -> Namespace | None:
        """What the watch knows; None may also mean that the namespace is too new."""
        return self._known.get(name)

    def ask(self, name: str, timeout: float) -> Namespace | None:
        """Asks the API server itself, for a namespace that came with its first pod; None if it does not exist.

        Raises ClusterError when there is no answer within `timeout` seconds. The answer is not kept: only the watch
        knows when it ends.
        """
        if not _NAME.match(name):
            return None
        try:
            return _namespace(self._cluster.get(f"{_PATH}/{name}", timeout=timeout))
        except RefusedError as error:
            if error.status == 404:
                return None
            raise

    def status(self) -> Freshness:
        """The state in words, for readiness detail."""
        heard = self._heard
        age = None if heard is None else self._clock() - heard
        because = f": {self._trouble}" if self._trouble else ""
        if not self.ready() or age is None:
            return Freshness(False, False, age, f"the namespaces are not known yet{because}")
        count = len(self._known)
        if age > self._timing.stale:
            told = f"nothing was heard of namespaces for {age:.0f} s{because}; the {count} known ones stay in use"
            return Freshness(True, True, age, told)
        return Freshness(True, False, age, f"{count} namespaces are known")

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                if self._version is None:
                    self._list()
                self._watch(self._version or "")
            except ClusterError as error:
                self._failed(error)
            except Exception as error:  # noqa: BLE001 - whatever it is, a watch that died would never be missed
                self._failed(ClusterError(f"the watch of namespaces failed: {error!r}"))

    def _failed(self, error: ClusterError) -> None:
        if self._stopped.is_set():
            return
        self._failures += 1
        # Whatever is wrong with this version, a list does not depend on it.
        if self._failures > 1 or (isinstance(error, RefusedError) and error.status == 410):
            self._version = None
        if self._trouble is None:
            _log.warning("the watch of namespaces broke and is resumed: %s", error)
        self._trouble = str(error)
        delay = min(self._timing.longest_delay, self._timing.first_delay * 2.0 ** min(self._failures - 1, 10))
        # All replicas lose the same API server at the same moment; they should not come back at the same moment.
        self._stopped.wait(delay * random.uniform(0.5, 1.0))  # noqa: S311

    def _alive(self) -> None:
        self._heard = self._clock()
        self._failures = 0
        if self._trouble is not None:
            _log.info("namespaces are heard of again")
        self._trouble = None

    def _list(self) -> None:
        """Replaces everything known at once, page by page so that a big cluster does not arrive in one piece."""
        known: dict[str, Namespace] = {}
        more: str | None = ""
        while more is not None:
            page = self._cluster.get(_PATH, {"limit": _PAGE} | ({"continue": more} if more else {}), timeout=30.0)
            for item in page.get("items") or []:
                namespace = _namespace(item)
                known[namespace.name] = namespace
            metadata = page.get("metadata") or {}
            more = metadata.get("continue") or None
        self._known, self._version = known, str(metadata.get("resourceVersion") or "")
        self._heard = self._clock()
        self._listed.set()

    def _watch(self, version: str) -> None:
        begun = self._clock()
        seconds = int(self._timing.watch * random.uniform(0.75, 1.0)) or 1  # noqa: S311
        query: dict[str, str | int] = {
            "watch": 1,
            "allowWatchBookmarks": "true",
            "resourceVersion": version,
            "timeoutSeconds": seconds,
        }
        heard = False
        with closing(self._cluster.watch(_PATH, query, seconds + self._timing.grace)) as self._stream:
            for event in self._stream:
                self._take(event)
                self._alive()
                heard = True
        if not heard and self._clock() - begun < min(1.0, seconds / 2):
            raise UnreachableError("the watch of namespaces was ended at once, without an event")
        if not heard:
            # Not even a bookmark, which comes every minute. An API server takes a version from the future, as one is
            # after a backup was restored, and says nothing until it gets there: do not believe the silence.
            self._version = None
        self._alive()

    def _take(self, event: Json) -> None:
        kind, item = event.get("type"), event.get("object")
        if not isinstance(item, dict):
            raise UnreachableError(f"a watch event of type {kind!r} carries no object")
        if kind == "ERROR":
            code = item.get("code")
            message = f"the watch of namespaces ended: {item.get('message')}"
            raise RefusedError(message, code if isinstance(code, int) else 500)
        if kind in {"ADDED", "MODIFIED"}:
            namespace = _namespace(item)
            self._known[namespace.name] = namespace
        elif kind == "DELETED":
            self._known.pop(_namespace(item).name, None)
        self._version = str(item["metadata"]["resourceVersion"])


def _namespace(item: Json) -> Namespace:
    try:
        metadata = item["metadata"]
        return Namespace(metadata["name"], dict(metadata.get("labels") or {}), dict(metadata.get("annotations") or {}))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnreachableError("the API server sent something that is no Namespace") from error
