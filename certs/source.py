"""Where a serving pair comes from: files that are watched by content, or an authority of our own in memory."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from cryptography import x509

from certs.context import LiveContext, server_context
from certs.pair import Pair, UnusableError, certificate_of, moment, names, prove, share_left
from certs.rotation import Plan, begin, changes, next_step

WARN_BELOW = 1 / 3


@dataclass(frozen=True, slots=True)
class Change:
    """What a refresh did: a new pair serves (`reloaded`), or one was refused and the old one stays."""

    reloaded: bool
    message: str


@dataclass(frozen=True, slots=True)
class Status:
    """How the serving certificate is doing; `ok` False asks for a person, it does not mean that serving stopped."""

    ok: bool
    message: str
    not_after: datetime


class Source(Protocol):
    """What the server asks of a source of certificates."""

    def context(self) -> ssl.SSLContext:
        """The live context; the same object for ever."""

    def refresh(self, now: datetime) -> Change | None:
        """Looks for something new and puts it to use; never raises. None if nothing is worth telling."""

    def status(self, now: datetime) -> Status:
        """The state in words."""


@dataclass(frozen=True, slots=True)
class _Read:
    """The files of one look."""

    pair: Pair
    client_authorities: bytes | None


class FileSource:
    """A pair in files, and the authorities of clients if they must show a certificate.

    The files are compared by content: a mounted Secret is exchanged by moving a symbolic link far above the file,
    which file notifications do not tell. A pair that cannot serve is refused and the one in use stays.
    Raises UnusableError if the first pair cannot serve.
    """

    def __init__(self, certificate: Path, key: Path, client_authorities: Path | None, now: datetime) -> None:
        self._paths = (certificate, key, client_authorities)
        self._used = self._read()
        self._certificate, first = self._proven(self._used, now)
        self._live = LiveContext(first)
        self._refused: str | None = None

    def context(self) -> ssl.SSLContext:
        """The live context."""
        return self._live.front

    def refresh(self, now: datetime) -> Change | None:
        """Reads the files again and puts what changed to use; a refusal is told once."""
        try:
            found = self._read()
            if found == self._used:
                self._refused = None
                return None
            certificate, context = self._proven(found, now)
        except UnusableError as error:
            return self._refuse(str(error))
        self._live.replace(context)
        self._used, self._certificate, self._refused = found, certificate, None
        return Change(True, f"the certificate was read again: {_words(certificate)}")

    def status(self, now: datetime) -> Status:
        """Not ok when the files hold a pair that was refused, or when little of the lifetime is left."""
        lasting = _status(self._certificate, now)
        if self._refused is None:
            return lasting
        return Status(
            False, f"{self._refused}; the earlier certificate stays in use, {lasting.message}", lasting.not_after
        )

    def _refuse(self, message: str) -> Change | None:
        told, self._refused = self._refused, message
        return Change(False, f"{message}; the earlier certificate stays in use") if told != message else None

    def _read(self) -> _Read:
        certificate, key, clients = self._paths
        return _Read(Pair(_content(certificate), _content(key)), _content(clients) if clients else None)

    def _proven(self, found: _Read, now: datetime) -> tuple[x509.Certificate, ssl.SSLContext]:
        try:
            return prove(found.pair, now), server_context(found.pair, found.client_authorities)
        except UnusableError as error:
            raise UnusableError(f"{self._paths[0]} with {self._paths[1]}: {error}") from error


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnusableError(f"{path} cannot be read: {error.strerror}") from error


class SelfSignedSource:
    """An authority and a leaf that live in this process alone and renew themselves; `bundle` is what clients trust."""

    def __init__(self, host_names: Sequence[str], now: datetime) -> None:
        self._plan = Plan(tuple(host_names))
        self._state = next_step(begin(now, self._plan), now, self._plan)
        self._live = LiveContext(server_context(self._leaf))

    @property
    def bundle(self) -> bytes:
        """The authorities' certificates as PEM."""
        return self._state.bundle

    def context(self) -> ssl.SSLContext:
        """The live context."""
        return self._live.front

    def refresh(self, now: datetime) -> Change | None:
        """Renews what is due."""
        before = self._state
        after = next_step(before, now, self._plan)
        if after == before:
            return None
        self._state = after
        if after.leaf != before.leaf:
            self._live.replace(server_context(self._leaf))
        return Change(True, f"{', '.join(changes(before, after))}: {_words(certificate_of(self._leaf))}")

    def status(self, now: datetime) -> Status:
        """Ok unless nobody called `refresh` for days."""
        return _status(certificate_of(self._leaf), now)

    @property
    def _leaf(self) -> Pair:
        if self._state.leaf is None:
            raise UnusableError("no leaf was made yet")
        return self._state.leaf


def _words(certificate: x509.Certificate) -> str:
    return f"for {', '.join(names(certificate))}, valid until {moment(certificate.not_valid_after_utc)}"


def _status(certificate: x509.Certificate, now: datetime) -> Status:
    end = certificate.not_valid_after_utc
    left = share_left(certificate, now)
    if left <= 0:
        return Status(False, f"the certificate expired at {moment(end)}: clients refuse it", end)
    if left < WARN_BELOW:
        return Status(False, f"the certificate ends at {moment(end)}: less than a third of its lifetime is left", end)
    return Status(True, f"the certificate is valid until {moment(end)}", end)


class Watch:
    """Refreshes a source at an interval (seconds) in a daemon thread, and hands every change to `told`."""

    def __init__(
        self,
        source: Source,
        interval: float,
        told: Callable[[Change], None],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._source, self._interval, self._told, self._clock = source, interval, told, clock
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="certificate-watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread and waits for it."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(self._interval):
            change = self._source.refresh(self._clock())
            if change is not None:
                self._told(change)
