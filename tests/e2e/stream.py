"""A steady, bounded stream of creates, and what became of each of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from tests.e2e.cluster import Answer
from tests.e2e.waiting import poll

STOP_LIMIT_S = 60


@dataclass(frozen=True, slots=True)
class Create:
    """One create: which kind of object, between which moments (monotonic), and what came back.

    `status` is 0 where no answer came.
    """

    what: str
    begun: float
    ended: float
    status: int
    message: str


class Stream:
    """Sends `creates` in turn, each by its name, from `threads` threads, about `rate` a second; a context manager."""

    def __init__(self, creates: dict[str, Callable[[], Answer]], rate: float = 25, threads: int = 5) -> None:
        self._creates = list(creates.items())
        self._pause = threads / rate
        self._stopped = threading.Event()
        self._done: list[Create] = []
        self._threads = [threading.Thread(target=self._send, args=(number,)) for number in range(threads)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join(STOP_LIMIT_S)

    @property
    def done(self) -> list[Create]:
        """All creates that have ended so far."""
        return list(self._done)

    def go_on(self, creates: int) -> None:
        """Wait until that many more creates, begun after this moment, have ended."""
        now = time.monotonic()
        poll(lambda: sum(one.begun >= now for one in self.done) >= creates, "the stream stands still")

    def _send(self, number: int) -> None:
        turn = number
        while not self._stopped.is_set():
            began = time.monotonic()
            self._done.append(self._one(turn, began))
            turn += 1
            self._stopped.wait(max(0.0, began + self._pause - time.monotonic()))

    def _one(self, turn: int, began: float) -> Create:
        what, create = self._creates[turn % len(self._creates)]
        try:
            status, body = create()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a create that failed
            return Create(what, began, time.monotonic(), 0, repr(error))
        return Create(what, began, time.monotonic(), status, body.get("message", ""))
