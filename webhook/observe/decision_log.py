"""The decision log: one JSON line for every decision, on stdout. No value of an object is ever written, only its path.

Lines are gathered and written by a thread of its own, a few times a second: a reader that is slow or stuck keeps
nobody waiting. What no longer fits is dropped and counted.
"""

import os
import threading
from datetime import datetime

import msgspec

from webhook.admission.decision import Decision, Verdict
from webhook.admission.finding import Finding, Standing
from webhook.admission.request import Request
from webhook.admission.words import clean

INTERVAL = 0.1
"""Seconds that a line may wait before it is written."""

LIMIT = 8 * 1024 * 1024
"""Bytes that may wait."""

MOST = 100
"""Findings and patched paths that one line names; `findings_total` counts all findings."""

_LONGEST = 253  # characters of a name; the API server allows no more


class _Found(msgspec.Struct, omit_defaults=True):
    rule: str
    path: str
    action: str
    cause: str
    standing: str = ""
    exception: str = ""


class _Line(msgspec.Struct, omit_defaults=True):
    """One decision; what is empty is left out."""

    time: datetime
    event: str
    stage: str
    verdict: str
    duration_ms: float
    id: str = ""
    revision: str = ""
    uid: str = ""
    operation: str = ""
    kind: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    user: str = ""
    dry_run: bool = False
    patched: list[str] = []
    findings: list[_Found] = []
    findings_total: int = 0
    error: str = ""


class Lines:
    """Lines on their way to a file descriptor. `add` never waits; `dropped` counts the lines that were lost."""

    def __init__(self, descriptor: int, limit: int = LIMIT, interval: float = INTERVAL) -> None:
        self.dropped = 0
        self._descriptor, self._limit, self._interval = descriptor, limit, interval
        self._waiting: list[bytes] = []
        self._size = 0
        self._lock, self._closing = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="decision-log", daemon=True)
        self._thread.start()

    def add(self, line: bytes) -> None:
        """Takes a line, without its end."""
        with self._lock:
            if self._size < self._limit:
                self._waiting.append(line)
                self._size += len(line)
            else:
                self.dropped += 1

    def close(self, patience: float = 5.0) -> None:
        """Writes what waits, for at most `patience` seconds."""
        self._closing.set()
        self._thread.join(patience)

    def _run(self) -> None:
        while not self._closing.wait(self._interval):
            self._write()
        self._write()

    def _write(self) -> None:
        with self._lock:
            lines, self._waiting, self._size = self._waiting, [], 0
        if not lines:
            return
        data = memoryview(b"\n".join([*lines, b""]))
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
        except OSError:  # nobody reads any more
            with self._lock:
                self.dropped += len(lines)


class DecisionLog:
    """Writes decisions as lines."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._encode = msgspec.json.Encoder().encode

    def decided(self, now: datetime, stage: str, request: Request, decision: Decision, seconds: float) -> None:
        """A decision, which took `seconds`."""
        line = _line(now, stage, decision.verdict, request, seconds)
        line.id, line.revision = decision.id, decision.revision
        if decision.findings:
            line.findings = [_found(finding) for finding in decision.findings[:MOST]]
            line.findings_total = len(decision.findings)
        if decision.patch:
            line.patched = [clean(operation["path"]) for operation in decision.patch[:MOST]]
        self._lines.add(self._encode(line))

    def failed(self, now: datetime, stage: str, request: Request, failure: str, error: str) -> None:
        """A request that nothing could be decided about through a fault of ours; `failure` is the id that was told."""
        line = _line(now, stage, Verdict.UNDECIDED, request, 0.0)
        line.id, line.error = failure, clean(error)
        self._lines.add(self._encode(line))


def _line(now: datetime, stage: str, verdict: Verdict, request: Request, seconds: float) -> _Line:
    uid, kind, subresource, namespace, name, user = _names(request)
    return _Line(
        time=now,
        event="decision",
        stage=stage,
        verdict=verdict,
        duration_ms=round(seconds * 1000, 3),
        uid=uid,
        operation=request.operation,
        kind=kind,
        subresource=subresource,
        namespace=namespace,
        name=name,
        user=user,
        dry_run=request.dry_run,
    )


def _names(request: Request) -> tuple[str, ...]:
    """What a line names of a request, as it may be read; most often all of it is plain and short, which is one look."""
    user = request.user.name if request.user else ""
    names = (request.uid, str(request.kind), request.subresource, request.namespace, request.name, user)
    together = "".join(names)
    return names if len(together) <= _LONGEST and together.isprintable() else tuple(map(_short, names))


def _found(finding: Finding) -> _Found:
    return _Found(
        rule=finding.rule.id,
        path=clean(finding.where),
        action=finding.action,
        cause=finding.cause,
        standing="" if finding.standing is Standing.NEW else finding.standing,
        exception=finding.exception,
    )


def _short(text: str) -> str:
    return clean(text[:_LONGEST])
