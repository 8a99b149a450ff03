"""The bounded wait of the end-to-end tests: asking again until it is so, never sleeping and hoping."""

from __future__ import annotations

import time
from collections.abc import Callable

PERIOD_S = 0.05
LIMIT_S = 30.0


def poll(done: Callable[[], bool], otherwise: str, seconds: float = LIMIT_S) -> None:
    """Ask `done` until it says yes; raises `TimeoutError` saying `otherwise` where it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{otherwise} (waited {seconds} s)")
        time.sleep(PERIOD_S)
