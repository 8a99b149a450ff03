"""Rows `shipped`, `fifty` and `growth`: processor time of the server for one validate review of a 5 KB pod."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.load import Call, calls, must_refuse, saturate
from bench.objects import bad_pod, pod, review
from bench.result import Figure, Spread
from bench.rules import SHIPPED, shipped_in_force, write_matching, write_mostly_elsewhere
from bench.server import Server, Servers

VARIANTS = 64
"""Different pods, asked about in turn."""

SECONDS = 1.5
"""How long each server is asked in each round."""


def shipped(folder: Path, rounds: int) -> Iterator[Figure]:
    """The shipped policies against the bare server."""
    with Servers(folder) as servers:
        count = len(shipped_in_force())
        ours, bare = _doorward(servers, "shipped", SHIPPED, count), servers.bare()
        mine, its = _alternately((ours, bare), rounds)
    name = f"the {count} shipped policies in force"
    yield Figure("shipped", name, "CPU us/request", mine, "bare uvicorn", its, 1.5)


def fifty(folder: Path, rounds: int) -> Iterator[Figure]:
    """Fifty rules that match, against the bare server."""
    with Servers(folder) as servers:
        ours, bare = _doorward(servers, "fifty", write_matching(folder / "fifty", 50), 50), servers.bare()
        mine, its = _alternately((ours, bare), rounds)
    yield Figure("fifty", "50 rules, all of which match", "CPU us/request", mine, "bare uvicorn", its, 2.0)


def growth(folder: Path, rounds: int) -> Iterator[Figure]:
    """A thousand policies of which ten match, against those ten alone."""
    with Servers(folder) as servers:
        ten = _doorward(servers, "ten", write_matching(folder / "ten", 10), 10)
        many = _doorward(servers, "thousand", write_mostly_elsewhere(folder / "thousand", 10, 1000), 1000)
        mine, its = _alternately((many, ten), rounds)
    name = "1,000 policies of which 10 match"
    yield Figure("growth", name, "CPU us/request", mine, "10 policies", its, 1.3)


def _doorward(servers: Servers, name: str, policies: Path, rules: int) -> Server:
    server = servers.doorward(name, policies, rules)
    must_refuse(server, review(bad_pod()), 8)
    return server


def _alternately(both: Sequence[Server], rounds: int) -> list[Spread]:
    """Microseconds of processor time per request of each server, asked in turn; the first time warms up."""
    bodies = [review(pod(number), number) for number in range(VARIANTS)]
    asked = [calls(server, bodies) for server in both]
    for server, its in zip(both, asked, strict=True):
        saturate(server, its, SECONDS / 3)
    taken: list[list[float]] = [
        [_cost(server, its) for server, its in zip(both, asked, strict=True)] for _ in range(rounds)
    ]
    return [Spread(values) for values in zip(*taken, strict=True)]


def _cost(server: Server, asked: Sequence[Call]) -> float:
    before = server.cpu()
    answered = saturate(server, asked, SECONDS)
    return (server.cpu() - before) / answered * 1e6
