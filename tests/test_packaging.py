"""What is installed: the locks, the wheel, and the image, whose steps are done and whose server runs here."""

import json
import os
import re
import signal
import ssl
import subprocess
import sysconfig
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.request import HTTPSHandler, ProxyHandler, Request, build_opener

import pytest

from tests.dockerfile import ROOT, Image, stages
from tests.e2e.doorward import free_ports, is_ready
from tests.e2e.process import Process
from webhook import VERSION

LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-build.lock")


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    with tempfile.TemporaryDirectory(prefix="doorward-image-") as folder:
        Path(folder).chmod(0o755)  # pytest's own folders are closed to the user that the image runs as
        made = Image(Path(folder))
        made.build()
        yield made


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_has_a_hash_for_everything_and_names_no_index(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    pinned = [line for line in lines if not line.startswith(" ")]
    hashes = [line.strip(" \\") for line in lines if line.startswith(" ")]
    assert [line for line in pinned if not re.fullmatch(r"[a-z0-9-]+==[\w.]+( ; .+)? \\", line)] == []
    assert [line for line in hashes if not re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", line)] == []


def test_the_locks_pin_what_pyproject_asks_for_and_agree_with_each_other() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    running, testing, building = (_pins(name) for name in LOCKS)
    assert _names(project["project"]["dependencies"]) <= running.keys()
    assert _names(project["project"]["optional-dependencies"]["dev"]) <= testing.keys()
    assert _names(project["build-system"]["requires"]) == building.keys()
    assert running.items() <= testing.items()


def _pins(lock: str) -> dict[str, str]:
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    pins = (line.split()[0].partition("==")[::2] for line in lines if not line.startswith(" "))
    return dict(pins)


def _names(requirements: Sequence[str]) -> set[str]:
    return {re.split(r"[<>=~! ;\[]", requirement)[0].lower().replace("_", "-") for requirement in requirements}


def test_the_dockerfile_has_nothing_that_hadolint_objects_to() -> None:
    hadolint = Path(sysconfig.get_path("scripts")) / "hadolint"
    done = subprocess.run([hadolint, "Dockerfile"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_final_stage_runs_nothing_and_ends_as_a_user_with_a_number() -> None:
    _, final = stages()
    assert final.all("RUN") == [], "what is installed there, a compiler say, would stay"
    assert final.last("USER") == "65532:65532"
    assert final.last("WORKDIR") == "/etc/doorward"


def test_the_wheel_carries_the_packages_the_shipped_rules_and_nothing_else(image: Image) -> None:
    (wheel,) = image.at("/src/dist").glob("doorward-*.whl")
    carried = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    code = {
        str(path.relative_to(ROOT))
        for package in ("webhook", "certs")
        for path in (ROOT / package).rglob("*")
        if path.suffix in (".py", ".json", ".typed")
    }
    shipped = {f"webhook/_policies/{path.relative_to(ROOT / 'policies')}" for path in _shipped()}
    assert shipped
    assert carried == code | shipped


def _shipped() -> list[Path]:
    return list((ROOT / "policies").rglob("*.yaml"))


def test_the_image_says_its_version_and_checks_with_the_rules_in_its_folder(image: Image) -> None:
    version = _run(image, "version")
    assert (version.returncode, version.stdout) == (0, f"doorward {VERSION}\n")
    bad = _run(image, "check", str(ROOT / "examples/bad-pod.yaml"))
    assert (bad.returncode, "error[host-namespaces]" in bad.stdout) == (1, True), bad.stdout + bad.stderr
    good = _run(image, "check", str(ROOT / "examples/good-deployment.yaml"))
    assert (good.returncode, good.stdout) == (0, ""), good.stdout + good.stderr


def _run(image: Image, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        image.command(*arguments),
        cwd=image.working_directory,
        env=image.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_image_serves_as_another_user_without_writing_and_ends_when_told_to(image: Image, tmp_path: Path) -> None:
    pair = _certificates(image)
    port, health = free_ports(2)
    words = ["serve", "--tls-cert", pair / "tls.crt", "--tls-key", pair / "tls.key", "--in-cluster", "never"]
    words += ["--host", "127.0.0.1", "--port", port, "--health-host", "127.0.0.1", "--health-port", health]
    command = image.command(*map(str, words), "--drain-seconds", "0")
    before = image.files()
    server = Process(
        "doorward serve",
        [*_as_the_images_user(image), *command],
        tmp_path / "log",
        env=image.environment(),
        cwd=image.working_directory,
    )
    with server:
        server.wait_until(lambda: is_ready(health))
        response = _post(f"https://127.0.0.1:{port}/validate", ROOT / "examples/review.json", pair / "bundle.crt")
        users = _users(server.pid)
        server.send(signal.SIGTERM)
        assert server.wait() == 0, server.told("was told to end")
    assert (response["allowed"], response["status"]["code"]) == (False, 403)
    assert users == ({65532} if os.geteuid() == 0 else {os.geteuid()})
    assert image.files() == before


def _certificates(image: Image) -> Path:
    """A pair as a mounted Secret has it: the server's user may read it, and no more."""
    folder = image.at("/run/doorward-tls")
    made = _run(image, "certs", "init", str(folder), "--local")
    assert made.returncode == 0, made.stderr
    for path in (folder.parent, folder):
        path.chmod(0o755)
    for path in folder.iterdir():
        path.chmod(0o444)
    return folder


def _as_the_images_user(image: Image) -> list[str]:
    """The words that run a command as the image's user, where whoever runs the tests may become another.

    An interpreter in a closed home may be out of that user's reach; there it keeps one right: to read, never to write.
    """
    if os.geteuid() != 0:
        return []
    user, _, group = image.final.last("USER").partition(":")
    words = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", "--no-new-privs"]
    python = str(image.at("/opt/doorward/bin/python"))
    reachable = subprocess.run([*words, python, "-c", ""], capture_output=True, check=False).returncode == 0
    return words if reachable else [*words, "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]


def _users(pid: int) -> set[int]:
    """The real, effective, saved and file system user of a process."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return {int(number) for line in status.splitlines() if line.startswith("Uid:") for number in line.split()[1:]}


def _post(url: str, review: Path, bundle: Path) -> Any:
    opener = build_opener(ProxyHandler({}), HTTPSHandler(context=ssl.create_default_context(cafile=str(bundle))))
    request = Request(url, review.read_bytes(), {"Content-Type": "application/json"})
    with opener.open(request, timeout=10) as answer:
        return json.load(answer)["response"]
