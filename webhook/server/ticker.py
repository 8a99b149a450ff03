"""Work that is done again and again beside the event loop."""

import logging
import threading
from collections.abc import Callable

_log = logging.getLogger("doorward.server")


class Ticker:
    """Does `work` at once and then every `interval` seconds, in a daemon thread; what it raises is logged."""

    def __init__(self, name: str, interval: float, work: Callable[[], object]) -> None:
        self._interval, self._work = interval, work
        self._wake, self._stopped = threading.Event(), False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def wake(self) -> None:
        """Does the work now, without waiting for the interval's end."""
        self._wake.set()

    def stop(self, patience: float = 1.0) -> None:
        """Ends; work under way is waited for, at most `patience` seconds."""
        self._stopped = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(patience)

    def _run(self) -> None:
        while not self._stopped:
            self._wake.clear()
            try:
                self._work()
            except Exception:  # noqa: BLE001 - a thread that died would never be missed
                _log.exception("%s failed and is tried again", self._thread.name)
            if not self._stopped:
                self._wake.wait(self._interval)
