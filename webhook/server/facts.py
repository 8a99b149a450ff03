"""What decisions need to know of namespaces: from the watch, from one question to the API server, or from a file."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

from webhook.admission.facts import Facts, Namespace, Needs, Unavailable
from webhook.engine.namespaces import known_namespaces
from webhook.errors import ClusterError, InputError
from webhook.source import yaml

ASK = 3.0
"""Seconds that one question may take; who asks for it may have less."""

_MEMO = 4096  # namespaces whose Facts are kept ready


class Watched(Protocol):
    """What the facts need of webhook.cluster.namespaces.Namespaces."""

    def get(self, name: str) -> Namespace | None:
        """What the watch knows."""

    def ask(self, name: str, timeout: float) -> Namespace | None:
        """One question to the API server; None if there is no such namespace; raises ClusterError."""


class FactsSource(Protocol):
    """Where facts come from."""

    def known(self, namespace: str) -> Facts:
        """What is known at once about a request's namespace."""

    async def gather(self, needs: Needs, known: Facts, seconds: float) -> Facts:
        """What is known, and what was needed; within `seconds`."""

    def close(self) -> None:
        """Gives up what is still being asked."""


class FileFacts:
    """The namespaces of a file, for a server without a cluster: nobody else can be asked."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts._replace(dialable=True)  # registries need no cluster

    def known(self, namespace: str) -> Facts:  # noqa: ARG002 - the same for all
        """Everything the file says."""
        return self._facts

    async def gather(self, needs: Needs, known: Facts, seconds: float) -> Facts:  # noqa: ARG002 - nobody to ask
        """What is needed and missing stays so."""
        missing = {name: Unavailable("there is no cluster to ask") for name in needs.namespaces}
        return known._replace(namespaces={**known.namespaces, **missing}, askable=False)

    def close(self) -> None:
        """Nothing is being asked."""


class ClusterFacts:
    """The namespaces that the watch knows; one that is too new for it is asked for, by all who wait for it at once."""

    def __init__(self, namespaces: Watched) -> None:
        self._namespaces = namespaces
        self._ready: dict[str, tuple[Namespace, Facts]] = {}
        self._asking: dict[str, asyncio.Task[Namespace | Unavailable | None]] = {}
        self._threads = ThreadPoolExecutor(4, "namespace-ask")

    def known(self, namespace: str) -> Facts:
        """The namespace as the watch knows it; made once for each state that it has."""
        found = self._namespaces.get(namespace) if namespace else None
        if found is None:
            return Facts()
        kept = self._ready.get(namespace)
        if kept is None or kept[0] is not found:
            if len(self._ready) >= _MEMO:
                self._ready.clear()
            kept = self._ready[namespace] = (found, Facts({namespace: found}))
        return kept[1]

    async def gather(self, needs: Needs, known: Facts, seconds: float) -> Facts:
        """One question for each namespace that is needed; Unavailable where no answer comes in time."""
        names = sorted(needs.namespaces)
        answers = await asyncio.gather(*(self._asked(name, seconds) for name in names))
        return known._replace(namespaces={**known.namespaces, **dict(zip(names, answers, strict=True))})

    def close(self) -> None:
        """Gives up what is still being asked."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _asked(self, name: str, seconds: float) -> Namespace | Unavailable | None:
        asking = self._asking.get(name)
        if asking is None:
            asking = self._asking[name] = asyncio.create_task(self._ask(name))
            asking.add_done_callback(lambda _: self._asking.pop(name, None))
        try:
            return await asyncio.wait_for(asyncio.shield(asking), seconds)
        except TimeoutError:
            return Unavailable("the API server did not answer in time")

    async def _ask(self, name: str) -> Namespace | Unavailable | None:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, self._namespaces.ask, name, ASK)
        except ClusterError as error:
            return Unavailable(str(error))


def read_namespaces(path: Path) -> Facts:
    """The Namespace documents of a YAML or JSON file; other documents are passed over. Raises InputError."""
    try:
        reading = yaml.read(path.read_bytes(), str(path))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    if reading.problems:
        raise InputError(str(reading.problems[0]))
    found = [item for document in reading.documents for item in _items(document.value)]
    facts = known_namespaces(item for item in found if isinstance(item, dict) and item.get("kind") == "Namespace")
    if not facts.namespaces:
        raise InputError(f"{path} holds no Namespace: `kubectl get namespaces -o yaml` writes such a file")
    return facts


def _items(value: Any) -> list[Any]:
    """The objects of a List, or the one object."""
    items = value.get("items") if isinstance(value, dict) else None
    return items if isinstance(items, list) else [value]
