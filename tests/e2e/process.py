"""One started program with its log: waited for within bounds, ended by its pid, quoted when it dies."""

from __future__ import annotations

import os
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.e2e.waiting import poll

SHOWN_LINES = 30


class Died(Exception):
    """A program ended or did not become ready; the message ends with the last lines of its log."""


class Process:
    """Runs `command` with stdout and stderr in the file `log` until `stop()`; `name` is for error messages."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self.name, self.log = name, log
        with log.open("ab") as output:
            self._child = subprocess.Popen(
                [os.fspath(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=env,
                cwd=cwd,
                start_new_session=True,  # a Ctrl-C in the terminal is for us: we end our programs in order
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def returncode(self) -> int | None:
        return self._child.poll()

    def send(self, number: int) -> None:
        """Send a signal; nothing happens where the program has ended."""
        self._child.send_signal(number)

    def wait(self, seconds: float | None = 30) -> int:
        """Wait for the end and return the exit code; raises `Died` with the log where it does not come in time."""
        try:
            return self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Died(self.told(f"is still running after {seconds} s")) from None

    def wait_until(self, ready: Callable[[], bool], seconds: float = 60) -> None:
        """Poll `ready` until it says yes; raises `Died` with the log where the program ends first or time runs out."""

        def ready_or_dead() -> bool:
            return self.returncode is not None or ready()

        try:
            poll(ready_or_dead, "", seconds)
        except TimeoutError:
            raise Died(self.told(f"was not ready within {seconds} s")) from None
        if self.returncode is not None:
            raise Died(self.told(f"ended with exit code {self.returncode}"))

    def stop(self, patience: float = 10) -> int:
        """Ask it to end, then end it; returns the exit code."""
        self._child.terminate()
        try:
            return self._child.wait(patience)
        except subprocess.TimeoutExpired:
            self._child.kill()
            return self._child.wait()

    def told(self, what: str) -> str:
        """Return `what` as a sentence about this program, followed by the last lines of its log."""
        with self.log.open(errors="replace") as lines:
            last = "".join(deque(lines, maxlen=SHOWN_LINES))
        return f"{self.name} {what}; the end of its log {self.log}:\n{last}"
