"""Row `large`: how long the answer about an object of 3 MiB takes under fifty rules, one request at a time."""

import time
from collections.abc import Iterator
from pathlib import Path

from bench.load import Call, Line, calls
from bench.objects import large_pod, review
from bench.result import Figure, Spread
from bench.rules import write_matching
from bench.server import Broken, Servers

SIZE = 3 * 1024 * 1024
SHAPES = {"in 3 containers": 3, "in 600 containers": 600}


def large(folder: Path, rounds: int) -> Iterator[Figure]:
    """Few large containers, and many of a usual size."""
    with Servers(folder) as servers:
        both = servers.doorward("large", write_matching(folder / "fifty", 50), 50), servers.bare()
        for words, containers in SHAPES.items():
            body = review(large_pod(1, containers, SIZE))
            asked = [calls(server, [body])[0] for server in both]
            lines = [Line(server) for server in both]
            taken = [
                [_milliseconds(line, call) for line, call in zip(lines, asked, strict=True)] for _ in range(3 * rounds)
            ]
            mine, its = [Spread(values) for values in zip(*taken, strict=True)]
            for line in lines:
                line.close()
            name = f"{len(body) / 1024 / 1024:.1f} MiB {words}, 50 rules"
            yield Figure("large", name, "ms", mine, most=100.0, note=f"bare uvicorn takes {its} ms")


def _milliseconds(line: Line, call: Call) -> float:
    began = time.perf_counter()
    got = line.ask(call.request)
    taken = (time.perf_counter() - began) * 1000
    if got != call.answer:
        raise Broken(f"expected {call.answer!r}, got {got!r}")
    return taken
