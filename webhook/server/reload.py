"""The rules in force: read when the server starts, and again whenever a byte of them changes.

A change that is broken changes nothing: the last good rules stay, and every problem is told. Reading happens in a
thread; while it does, the interpreter changes threads more often than usual, so that requests do not wait for it.
"""

import gc
import hashlib
import logging
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain

from webhook.errors import DoorwardError, RulesError
from webhook.policy import load
from webhook.policy.ruleset import Ruleset
from webhook.source import files
from webhook.source.problem import Level, Problem

QUICK_SWITCH = 0.0002
"""Seconds after which the reading thread makes room for a request, instead of the usual 0.005."""

SETTLED = 0.2
"""Seconds without a change after which a folder is taken to be written to the end."""

_NEVER = 1_000_000_000

_PATIENCE = 25  # times that a folder may change while it is awaited to settle

_log = logging.getLogger("doorward.rules")


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the newest bytes are not in force: every problem as text, and since when."""

    problems: tuple[str, ...]
    since: datetime


class Rules:
    """The rules of some folders; `current` is what is in force, None before the first good reading.

    `prepare` is asked before rules are put in force, and may raise RulesError. `refresh` is called from one thread at a
    time; everything else may be read from any thread.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        profile: str = "",
        settled: float = SETTLED,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        prepare: Callable[[Ruleset], None] = lambda _: None,
    ) -> None:
        self.current: Ruleset | None = None
        self.since: datetime | None = None
        self.trouble: Trouble | None = None
        self.warnings: tuple[str, ...] = ()
        self.failures = 0
        self._arguments, self._profile = tuple(arguments), profile
        self._settled, self._clock, self._prepare = settled, clock, prepare
        self._beside: tuple[str, ...] = ()
        self._seen: bytes | None = None
        self._stopped = threading.Event()

    def refresh(self) -> bool:
        """Looks at every byte, and reads the rules if one has changed; says whether other rules are in force now."""
        found = self._fingerprint()
        if found == self._seen:
            return False
        if self._seen is not None:
            found = self._settle(found)
        self._seen = found
        with _making_room():
            return self._read()

    def stop(self) -> None:
        """Makes a refresh that waits for a folder to settle go on at once."""
        self._stopped.set()

    def _settle(self, found: bytes) -> bytes:
        """Waits while somebody is still writing: half of a change could be good rules with a hole in them."""
        for _ in range(_PATIENCE):
            before = found
            self._stopped.wait(self._settled)
            found = self._fingerprint()
            if found == before:
                break
        return found

    def _fingerprint(self) -> bytes:
        digest = hashlib.sha256()
        for part in self._bytes():
            digest.update(hashlib.sha256(part).digest())
        return digest.digest()

    def _bytes(self) -> Iterator[bytes]:
        """Names and contents of all files; a file or folder that cannot be read stands there as what is wrong."""
        try:
            for source in chain(files.find(self._arguments), map(files.Found, self._beside)):
                yield source.name.encode("utf-8", "surrogateescape")
                try:
                    yield source.read()
                except DoorwardError as error:
                    yield str(error).encode("utf-8", "replace")
        except DoorwardError as error:
            yield str(error).encode("utf-8", "replace")

    def _read(self) -> bool:
        try:
            loading = load.read(self._arguments, self._profile)
            if loading.ruleset is not None:
                self._prepare(loading.ruleset)
        except RulesError as error:
            return self._keep(tuple(map(str, error.problems)))
        except Exception as error:  # noqa: BLE001 - whatever it is, the last good rules must outlive it
            self._seen = None  # it may lie outside the files, so the same bytes are tried again
            ours = not isinstance(error, DoorwardError)
            told = f"the rules could not be read through a fault of ours: {error!r}" if ours else str(error)
            return self._keep((told,), error if ours else None)
        self._beside = loading.trusted.files
        if loading.ruleset is None:
            return self._keep(_texts(loading.problems, Level.ERROR))
        self._put_in_force(loading.ruleset, _texts(loading.problems, Level.WARNING))
        return True

    def _keep(self, problems: tuple[str, ...], fault: Exception | None = None) -> bool:
        """Leaves in force what is; the same trouble is told and counted once."""
        if self.trouble and self.trouble.problems == problems:
            return False
        self.failures += 1
        self.trouble = Trouble(problems, self._clock())
        kept = f"revision {self.current.revision} stays in force" if self.current else "no rules are in force"
        _log.error("the rules are broken; %s", kept, exc_info=fault, extra={"problems": problems})
        return False

    def _put_in_force(self, ruleset: Ruleset, warnings: tuple[str, ...]) -> None:
        if self.current is None:
            _settle_memory()
        old, self.current = self.current, ruleset
        self.since, self.trouble, self.warnings = self._clock(), None, warnings
        _log.info(
            "rules are in force",
            extra={"revision": ruleset.revision, "rules": len(ruleset.rules), "problems": warnings},
        )
        if old is not None:
            _let_go(list(old.rules))


def _texts(problems: Sequence[Problem], level: Level) -> tuple[str, ...]:
    return tuple(str(problem) for problem in problems if problem.level is level)


def _let_go(items: list[object]) -> None:
    """Frees one by one: to free a big structure at once would keep every other thread waiting."""
    while items:
        items.pop()


def _settle_memory() -> None:
    """Takes what lives as long as the process out of the garbage collector's sight, before the first request.

    A pass over it takes tens of milliseconds, now and then, in the middle of a request.
    """
    gc.collect()
    gc.freeze()


@contextmanager
def _making_room() -> Iterator[None]:
    """Reads without full passes of the garbage collector: each would stop every thread for tens of milliseconds."""
    switch, thresholds = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(QUICK_SWITCH)
    gc.set_threshold(thresholds[0], thresholds[1], _NEVER)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        sys.setswitchinterval(switch)
