"""Row `reload`: what a request waits for while 1,000 policies are read again, at a constant rate of requests."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

from bench.load import calls, steady
from bench.objects import pod, review
from bench.result import Figure, Spread
from bench.rules import change, write_mostly_elsewhere
from bench.server import Broken, Server, Servers

RATE = 300.0
"""Requests a second."""

QUIET = 4.0
"""Seconds before each change that are measured for comparison."""

AFTER = 0.5
"""Seconds after the new rules are in force that still count as their reading."""

PATIENCE = 60.0

Taken = list[tuple[float, float]]


def reload(folder: Path, rounds: int) -> Iterator[Figure]:
    """The slowest request and the slowest of a thousand, before and during."""
    policies = write_mostly_elsewhere(folder / "thousand", 10, 1000)
    with Servers(folder) as servers:
        server = servers.doorward("reload", policies, 1000)
        measured = [_round(server, policies, at) for at in range(min(rounds, 3))]
    before, during = [quiet for quiet, _, _ in measured], [busy for _, busy, _ in measured]
    seconds = Spread(tuple(seconds for _, _, seconds in measured))
    slowest, quiet = _spread(during, 1.0), _spread(before, 1.0)
    note = (
        f"before, {quiet} ms; a change is in force after {seconds} s, of which 0.2 to 2.2 s go by until it is noticed"
    )
    yield Figure("reload", "slowest request while 1,000 policies are read", "ms", slowest, most=50.0, note=note)
    for words, share in (("99.9 % of requests", 0.999), ("half of them", 0.5)):
        yield Figure("reload", f"{words} while reading", "ms", _spread(during, share), "before", _spread(before, share))


def _round(server: Server, policies: Path, number: int) -> tuple[Taken, Taken, float]:
    """The requests before a change, those between it and half a second after it is in force, and how long it took."""
    told = server.log.read_text().count("rules are in force")
    changed = finished = 0.0
    over = threading.Event()

    def edit() -> None:
        nonlocal changed, finished
        time.sleep(QUIET)
        changed = time.perf_counter()
        change(policies, number)
        while time.perf_counter() < changed + PATIENCE:
            if server.log.read_text().count("rules are in force") > told:
                finished = time.perf_counter()
                break
            time.sleep(0.05)
        time.sleep(AFTER)
        over.set()

    asked = calls(server, [review(pod(at), at) for at in range(64)])
    editor = threading.Thread(target=edit)
    editor.start()
    taken = steady(server, asked, RATE, over.is_set)
    editor.join()
    if not finished:
        raise Broken("a change of the rules did not come into force")
    before = [one for one in taken if one[0] < changed]
    return before, [one for one in taken if one[0] >= changed], finished - changed


def _spread(rounds: list[Taken], share: float) -> Spread:
    """In milliseconds: what this share of the requests kept below, of each round."""
    return Spread(tuple(_quantile([seconds for _, seconds in taken], share) * 1000 for taken in rounds))


def _quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]
