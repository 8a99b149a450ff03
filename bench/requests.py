"""Rows `shipped`, `regulated`, `fifty`, `growth` and `mutation`: the server's processor time per review of a pod."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.load import Call, calls, must_refuse, patching_calls, saturate
from bench.objects import bad_pod, bare_of_defaults, pod, regulated_pod, review
from bench.result import Figure, Spread
from bench.rules import MUTATING, TEN, policies_of, rules_in, write_matching, write_mostly_elsewhere, write_profile
from bench.server import Server, Servers

VARIANTS = 64
"""Different pods, asked about in turn."""

SECONDS = 2
"""How long each server is asked in each round."""


def shipped(folder: Path, rounds: int) -> Iterator[Figure]:
    """Ten shipped policies against the bare server."""
    with Servers(folder) as servers:
        ours, bare = _doorward(servers, "shipped", write_profile(folder / "shipped", TEN), len(TEN)), servers.bare()
        mine, its = _alternately((ours, bare), rounds)
    yield Figure("shipped", "ten shipped policies", "CPU us/request", mine, "bare uvicorn", its, 1.5)


def regulated(folder: Path, rounds: int) -> Iterator[Figure]:
    """All policies of the shipped Profile `regulated`, all enforced, against ten of them."""
    with Servers(folder) as servers:
        names = policies_of("regulated")
        policies = write_profile(folder / "regulated", names)
        all_of_it = _doorward(servers, "regulated", policies, rules_in(policies))
        ten = _doorward(servers, "ten", write_profile(folder / "ten", TEN), len(TEN))
        mine, its = _alternately((all_of_it, ten), rounds, regulated_pod)
    name = f"the Profile regulated, {len(names)} policies"
    yield Figure("regulated", name, "CPU us/request", mine, "ten policies", its, 2.0)


def mutation(folder: Path, rounds: int) -> Iterator[Figure]:
    """A sidecar and defaults put into a pod, patch included, against the bare server."""
    with Servers(folder) as servers:
        policies = write_profile(folder / "mutation", MUTATING)
        ours, bare = servers.doorward("mutation", policies, rules_in(policies)), servers.bare()
        bodies = [review(bare_of_defaults(number), number) for number in range(VARIANTS)]
        mine, its = _in_turn((ours, bare), (patching_calls(ours, bodies, 4), calls(bare, bodies)), rounds)
    yield Figure("mutation", "a sidecar and defaults, with the patch", "CPU us/request", mine, "bare uvicorn", its)


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


def _alternately(both: Sequence[Server], rounds: int, made: Callable[[int], dict[str, Any]] = pod) -> list[Spread]:
    """Microseconds of processor time per request of each server, asked about the same pods in turn."""
    bodies = [review(made(number), number) for number in range(VARIANTS)]
    return _in_turn(both, [calls(server, bodies) for server in both], rounds)


def _in_turn(both: Sequence[Server], asked: Sequence[Sequence[Call]], rounds: int) -> list[Spread]:
    """What each server takes, round by round; the first time warms up."""
    for server, its in zip(both, asked, strict=True):
        saturate(server, its, 1)
    taken: list[list[float]] = [
        [_cost(server, its) for server, its in zip(both, asked, strict=True)] for _ in range(rounds)
    ]
    return [Spread(values) for values in zip(*taken, strict=True)]


def _cost(server: Server, asked: Sequence[Call]) -> float:
    before = server.cpu()
    answered = saturate(server, asked, SECONDS)
    return (server.cpu() - before) / answered * 1e6
