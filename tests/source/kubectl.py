"""What the real kubectl makes of YAML, and the table of it that the tests read: kubectl_scalars.json.

`python -m tests.source.kubectl` asks kubectl again and writes the table.
"""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.e2e import components

TABLE = Path(__file__).parent / "kubectl_scalars.json"
REFUSED = object()
HEAD = "apiVersion: example.com/v1\nkind: Thing\nmetadata:\n  name: thing\n"


def table() -> dict[str, dict[str, Any]]:
    """Scalar as written -> what kubectl sends for it as a `value` and as a `key`; it refuses what is not there."""
    scalars: dict[str, dict[str, Any]] = json.loads(TABLE.read_text())
    return scalars


def spec_by_kubectl(body: str) -> Any:
    """What kubectl would send as the spec of an object; `body` is the YAML below `spec:`. REFUSED where it refuses."""
    command = [str(components.folder() / "kubectl"), "label", "--local", "-f", "-", "-o", "json", "asked=yes"]
    answer = subprocess.run(command, input=f"{HEAD}spec:\n{body}", capture_output=True, text=True, check=False)
    if answer.returncode:
        assert "error" in answer.stderr, answer.stderr
        return REFUSED
    return as_int64_or_float(json.loads(answer.stdout).get("spec"))


def as_int64_or_float(value: Any) -> Any:
    """Numbers as Go holds them: kubectl prints a large float without a point."""
    if isinstance(value, dict):
        return {key: as_int64_or_float(child) for key, child in value.items()}
    if isinstance(value, list):
        return [as_int64_or_float(child) for child in value]
    return float(value) if type(value) is int and not -(2**63) <= value < 2**63 else value


def ask(written: list[str]) -> dict[str, dict[str, Any]]:
    """Ask kubectl about each scalar in both positions."""
    with ThreadPoolExecutor(2) as pool:
        values = list(pool.map(lambda scalar: spec_by_kubectl(f"  a: {scalar}\n"), written))
        keys = list(pool.map(lambda scalar: spec_by_kubectl(f"  {scalar}: 1\n"), written))
    answers: dict[str, dict[str, Any]] = {scalar: {} for scalar in written}
    for scalar, value, key in zip(written, values, keys, strict=True):
        if value is not REFUSED:
            answers[scalar]["value"] = value["a"]
        if key is not REFUSED:
            (answers[scalar]["key"],) = key
    return answers


def write(written: list[str]) -> None:
    lines = (f"{json.dumps(scalar)}: {json.dumps(meaning)}" for scalar, meaning in ask(written).items())
    TABLE.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    write(list(table()))
