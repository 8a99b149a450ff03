"""Row `memory`: what one worker with 100 policies keeps resident, after it has been asked for a while."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.load import calls, saturate
from bench.objects import pod, review
from bench.result import Figure, Spread
from bench.rules import write_matching
from bench.server import ENVIRONMENT, ROOT, Server, Servers

ROUNDS = 3
"""At most: memory hardly varies, and each round starts its servers anew."""

_SERVER = "import webhook.server.serve, webhook.cluster.client"
_WITH_CLIENT = f"{_SERVER}; from kubernetes import client, config; client.ApiClient()"
_RESIDENT = "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmRSS')))"


def memory(folder: Path, rounds: int) -> Iterator[Figure]:
    """A worker without a cluster, and what the kubernetes client adds where there is one."""
    policies = write_matching(folder / "hundred", 100)
    measured = [_round(folder, policies) for _ in range(min(rounds, ROUNDS))]
    mine, its, client = (Spread(values) for values in zip(*measured, strict=True))
    note = f"the bare server keeps {its} MB; in a cluster the kubernetes client adds {client} MB"
    yield Figure("memory", "one worker, 100 policies, no cluster", "MB resident", mine, most=90.0, note=note)


def _round(folder: Path, policies: Path) -> tuple[float, float, float]:
    with Servers(folder) as servers:
        mine, its = (_busy(server) for server in (servers.doorward("memory", policies, 100), servers.bare()))
    return mine, its, _imported(_WITH_CLIENT) - _imported(_SERVER)


def _busy(server: Server) -> float:
    saturate(server, calls(server, [review(pod(number), number) for number in range(64)]), 1)
    return server.resident()


def _imported(code: str) -> float:
    command = [sys.executable, "-c", f"{code}; {_RESIDENT}"]
    done = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, check=True, capture_output=True)
    return int(done.stdout) * 1024 / 1e6
