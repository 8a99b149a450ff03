"""`python -m bench [ROW...]`: measures, prints a table, writes .bench/results.json; bench/README.md has the rows."""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.check import check
from bench.large import large
from bench.memory import memory
from bench.reload import reload
from bench.requests import fifty, growth, mutation, regulated, shipped
from bench.result import Figure, compared, table
from bench.server import ENVIRONMENT, ROOT, Broken

Row = Callable[[Path, int], Iterator[Figure]]

ROWS: dict[str, Row] = {
    "shipped": shipped,
    "fifty": fifty,
    "growth": growth,
    "regulated": regulated,
    "mutation": mutation,
    "large": large,
    "memory": memory,
    "check": check,
    "reload": reload,
}


def main() -> int:
    """0, or 1 if a server or a command gave a wrong answer; goals that are not met are only shown."""
    parser = argparse.ArgumentParser(prog="bench", description="Doorward's speed and memory, beside yardsticks.")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"which to measure: {', '.join(ROWS)} (default: all)")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="how often each is measured (default: 5)")
    parser.add_argument(
        "--json", type=Path, default=ROOT / ".bench/results.json", metavar="FILE", help="where to write"
    )
    parser.add_argument("--compare", type=Path, metavar="FILE", help="the JSON of an earlier run, to tell what changed")
    args = parser.parse_args()
    unknown = [row for row in args.rows if row not in ROWS]
    if unknown or args.rounds < 1:
        parser.error(
            f"there is no row {unknown[0]}; the rows are {', '.join(ROWS)}" if unknown else "--rounds: at least 1"
        )
    earlier = json.loads(args.compare.read_text())["figures"] if args.compare else []
    _compile()
    try:
        figures = list(_measured(args.rows or list(ROWS), args.rounds))
    except Broken as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    _write(args.json, figures, args.rounds)
    print(table(figures))
    if args.compare:
        print(f"\nagainst {args.compare}:\n{compared(figures, earlier)}")
    return 0


def _compile() -> None:
    """Bytecode for what is measured: compiling takes memory too, which a server that did it does not give back."""
    command = [sys.executable, "-m", "compileall", "-q", "webhook", "certs", "bench"]
    subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, check=True)


def _measured(rows: list[str], rounds: int) -> Iterator[Figure]:
    for row in rows:
        began = time.perf_counter()
        print(f"measuring {row} ...", end="", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(prefix="doorward-bench-") as folder:
            yield from ROWS[row](Path(folder), rounds)
        print(f" {time.perf_counter() - began:.0f} s", file=sys.stderr)


def _write(path: Path, figures: list[Figure], rounds: int) -> None:
    machine = {
        "python": platform.python_version(),
        "system": platform.platform(),
        "processors": os.cpu_count(),
        "load": os.getloadavg(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    told = {"machine": machine, "rounds": rounds, "figures": [figure.as_json() for figure in figures]}
    path.write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
