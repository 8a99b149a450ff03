"""`make cluster` as a person uses it: it starts, kubectl is refused a bad pod, and Ctrl-C leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e import components
from tests.e2e.doorward import ROOT
from tests.e2e.process import Process

EXPORT = re.compile(r"^  export KUBECONFIG=(\S+) PATH=(\S+):\$PATH$", re.MULTILINE)


@pytest.fixture
def playground(tmp_path: Path) -> Iterator[Process]:
    made = tmp_path / "made"
    made.mkdir()
    environment = {**os.environ, "TMPDIR": str(made), "KUBEBUILDER_ASSETS": str(components.folder())}
    command = [sys.executable, "-m", "tests.e2e.playground"]
    with Process("the playground", command, tmp_path / "log", env=environment, cwd=ROOT) as started:
        started.wait_until(lambda: EXPORT.search(started.log.read_text()) is not None, seconds=180)
        yield started


def children(parent: int) -> list[int]:
    """The processes that this one has started."""
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True, check=False)
    return [int(word) for word in listed.stdout.split()]


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_playground_refuses_a_bad_pod_and_ends_without_a_trace_at_ctrl_c(
    playground: Process, tmp_path: Path
) -> None:
    printed = EXPORT.search(playground.log.read_text())
    assert printed
    kubeconfig, binaries = printed.groups()
    environment = {"KUBECONFIG": kubeconfig, "PATH": binaries, "HOME": str(tmp_path)}
    command = [f"{binaries}/kubectl", "run", "web", "--image=nginx:latest"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert 'admission webhook "policies.doorward.dev" denied the request: ' in ended.stderr
    assert "[from-our-registry] spec.containers[0].image (web): " in ended.stderr
    started = children(playground.pid)
    assert len(started) == 3, "etcd, kube-apiserver and doorward serve"
    playground.send(signal.SIGINT)
    assert playground.wait() == 0, playground.told("was interrupted")
    assert playground.log.read_text().endswith("\nended\n")
    assert [pid for pid in started if runs(pid)] == []
    assert list((tmp_path / "made").iterdir()) == []
