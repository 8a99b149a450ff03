"""Row `check`: `doorward check` of one file against a Python that does nothing, and of 1,000 documents against reading
them with libyaml's events alone; whole processes, by the clock on the wall."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from bench.objects import deployment
from bench.result import Figure, Spread
from bench.rules import SHIPPED, TEN
from bench.server import ENVIRONMENT, ROOT, Broken

RUNS = 20
"""Of the one file, however many rounds: each is short, and starts of processes vary."""

DOCUMENTS, IN_ONE_FILE = 1000, 50

_EVENTS = """\
import sys, yaml
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        for event in yaml.parse(file, Loader=yaml.CLoader):
            pass
"""


def check(folder: Path, rounds: int) -> Iterator[Figure]:
    """One file, and many."""
    files = _write_documents(folder)
    one = folder / "one.yaml"
    one.write_text(_document(0))
    ten = _ten_policies()
    mine, its = _alternately([_doorward([one], ten), ["-c", "pass"]], RUNS)
    yield Figure("check", f"one file, {len(ten)} policies", "ms", mine, "python -c pass", its, 8.0)
    size = sum(file.stat().st_size for file in files) / DOCUMENTS / 1000
    mine, its = _alternately([_doorward(files, ten), ["-c", _EVENTS, *map(str, files)]], rounds)
    name = f"{DOCUMENTS:,} documents of {size:.1f} KB, {len(ten)} policies"
    yield Figure("check", name, "ms", mine, "libyaml's events", its, 2.5)


def _ten_policies() -> list[Path]:
    """Ten of the shipped policies."""
    return [file for name in TEN for file in SHIPPED.glob(f"*/{name}.yaml")]


def _doorward(files: Sequence[Path], policies: Sequence[Path]) -> list[str]:
    rules = [word for policy in policies for word in ("--policies", str(policy))]
    return ["-m", "webhook", "check", *rules, *map(str, files)]


def _alternately(commands: Sequence[list[str]], runs: int) -> list[Spread]:
    """Milliseconds of each command, run in turn; the first time compiles and warms up."""
    for command in commands:
        _milliseconds(command)
    return [Spread(values) for values in zip(*([_milliseconds(c) for c in commands] for _ in range(runs)), strict=True)]


def _milliseconds(arguments: Sequence[str]) -> float:
    began = time.perf_counter()
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, check=False, capture_output=True)
    taken = (time.perf_counter() - began) * 1000
    if done.returncode:
        raise Broken(f"{' '.join(arguments[:3])} ended with {done.returncode}: {done.stdout!r} {done.stderr!r}")
    return taken


def _write_documents(folder: Path) -> list[Path]:
    files = []
    for first in range(0, DOCUMENTS, IN_ONE_FILE):
        path = folder / f"deployments-{first:04d}.yaml"
        path.write_text("---\n".join(map(_document, range(first, first + IN_ONE_FILE))))
        files.append(path)
    return files


def _document(number: int) -> str:
    return yaml.dump(deployment(number), Dumper=_Plain, sort_keys=False)


class _Plain(yaml.CSafeDumper):
    """Without anchors, which people do not write."""

    def ignore_aliases(self, _data: object) -> bool:
        return True
