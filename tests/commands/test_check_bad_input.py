"""Files that nobody should have written: each is told in one place and one sentence, and never as a trace."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.commands.checking import FORMATS, Check
from tests.objects import IMAGE, pod, policy, workload

GOOD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
  labels: {team: shop}
spec:
  containers:
  - name: web
    image: registry.corp.example/shop/web:1.4.2
"""
BAD = GOOD.replace("registry.corp.example/shop/web:1.4.2", "nginx:latest")


@pytest.fixture
def check(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Check:
    monkeypatch.chdir(tmp_path)
    return Check(tmp_path, capsys)


def in_json(obj: Any) -> str:
    return json.dumps(obj)


def good(patch: dict[str, Any] | None = None, **container: Any) -> dict[str, Any]:
    """A pod that keeps the rules, in plain data."""
    return pod({"metadata": {"labels": {"team": "shop"}}, **(patch or {})}, **container)


# What is no manifest


@pytest.mark.parametrize("text", ["", "\n\n", "# only\n# comments\n", "---\n---\n# nothing\n---\n", "\ufeff", "   \n"])
def test_a_file_that_says_nothing_is_nothing_checked(check: Check, text: str) -> None:
    outcome = check.of(text)
    assert (outcome.code, outcome.out) == (3, "")
    assert outcome.err.endswith("Nothing was checked.\n")


def test_a_directory_without_manifests_is_nothing_checked(check: Check) -> None:
    (check.folder / "chart" / "deep").mkdir(parents=True)
    (check.folder / "chart" / "README.md").write_text("kind: Pod\n")
    outcome = check("chart")
    assert outcome.code == 3
    assert outcome.err.startswith("Checked 0 objects in 0 files ")
    assert outcome.err.endswith("Nothing was checked.\n")


@pytest.mark.parametrize(
    ("content", "line", "column", "words", "cure"),
    [
        (bytes(range(1, 256)) * 40, 1, 1, "this is a binary file, neither YAML nor JSON", ""),
        (b"\x89PNG\r\n\x1a\n" + b"\0\1\2\3" * 500, 1, 1, "this is a binary file, neither YAML nor JSON", ""),
        (GOOD.encode("utf-16"), 1, 1, "the file is UTF-16 or UTF-32 text", "save it as UTF-8"),
        (GOOD.replace("web", "caf\xe9").encode("latin-1"), 4, 12, "byte 0xe9 is not UTF-8", "save the file as UTF-8"),
        (GOOD.replace("  name: web", "\tname: web"), 4, 1, "a tab cannot indent YAML", "use spaces"),
        (
            GOOD.replace("name: web", "name: {{ .Values.name }}"),
            4,
            9,
            "this looks like a Helm template, which is no YAML until it is rendered",
            "check what Helm makes of it: helm template CHART | doorward check -",
        ),
        (
            GOOD + "{{- if .Values.debug }}\n  hostNetwork: true\n{{- end }}\n",
            11,
            1,
            "this looks like a Helm template, which is no YAML until it is rendered",
            "check what Helm makes of it: helm template CHART | doorward check -",
        ),
        ("- just\n- a list\n", 1, 1, "this is no Kubernetes object", "an object is a mapping with"),
        ("name: web\n", 1, 1, "this is no Kubernetes object: `apiVersion` is missing", "add `apiVersion:`"),
        ("apiVersion: v1\nkind: 7\n", 1, 1, "this is no Kubernetes object: `kind` is missing", "add `kind:`"),
        ("apiVersion: v1\nkind: Pod\nmetadata: web\n", 1, 1, "`metadata` must be a mapping", "such as metadata:"),
        (GOOD + "kind: Pod\n", 11, 1, "duplicate key 'kind': it stands at line 2", "remove one of the two"),
    ],
)
def test_what_cannot_be_read_is_told_at_its_place_with_the_cure(
    check: Check, content: str | bytes, line: int, column: int, words: str, cure: str
) -> None:
    outcome = check.of(content)
    assert outcome.code == 2
    assert outcome.out.startswith(f"error: {words}")
    assert f"--> a.yaml:{line}:{column}\n" in outcome.out
    assert f"help: {cure}" in outcome.out if cure else "help:" not in outcome.out
    assert "1 input could not be read." in outcome.err


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGED = "a: &a {x: 1, y: 2}\n" + "".join(
    f"{name}: &{name}\n" + "".join(f"  {key}: {{<<: *{before}}}\n" for key in "pqrstuvw")
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize("bomb", [BOMB, MERGED])
def test_a_yaml_bomb_is_told_and_not_expanded(check: Check, bomb: str) -> None:
    outcome = check.of(GOOD + "---\n" + bomb)
    assert outcome.code == 2
    assert "error: the aliases stand for more than 100,000 values" in outcome.out
    assert outcome.err.startswith("Checked 1 object in 1 file ")


@pytest.mark.parametrize("opening", ["[", "{a: ", '{"a":', "- "])
def test_nesting_without_end_is_told(check: Check, opening: str) -> None:
    outcome = check.of(opening * 50_000)
    assert outcome.code == 2
    assert len(outcome.out) < 10_000


def test_a_name_that_does_not_exist_is_told_with_the_one_that_was_meant(check: Check) -> None:
    check.file(GOOD, "deployment.yaml")
    outcome = check("deploymnet.yaml")
    assert outcome.code == 2
    assert outcome.err == "doorward: error: deploymnet.yaml does not exist: did you mean deployment.yaml?\n"


def test_links_that_lead_in_circles_end(check: Check) -> None:
    (check.folder / "tree" / "inner").mkdir(parents=True)
    (check.folder / "tree" / "inner" / "again").symlink_to("..", target_is_directory=True)
    check.file(GOOD, "tree/a.yaml")
    assert (check("tree").code, check("tree").err[:27]) == (0, "Checked 1 object in 1 file ")


@pytest.mark.parametrize(
    ("target", "words"),
    [("a.yaml", "too many levels of symbolic links"), ("gone.yaml", "the link points to nothing")],
)
def test_a_link_that_leads_nowhere_is_told(check: Check, target: str, words: str) -> None:
    (check.folder / "a.yaml").symlink_to(target)
    outcome = check("a.yaml")
    assert outcome.code == 2
    assert outcome.out.startswith(f"error: a.yaml: {words}")


def test_a_pipe_that_nobody_writes_to_is_not_waited_for(check: Check) -> None:
    os.mkfifo(check.folder / "a.yaml")
    check.file(GOOD, "b.yaml")
    outcome = check(".", "--policies", "policies")
    assert outcome.code == 2
    assert "error: a.yaml: not a regular file: send its content to standard input and pass -" in outcome.out


def run_as_nobody() -> None:
    """For a child process: gives up the rights by which root may read everything."""
    if os.getuid() == 0:
        os.setgid(65534)
        os.setuid(65534)


def test_a_file_that_may_not_be_read_is_told_and_the_others_are_checked(tmp_path: Path) -> None:
    source = "import sys; sys.path.insert(0, sys.argv.pop(1)); from webhook.cli import main; sys.exit(main(sys.argv[1:]))"
    probe = subprocess.run(
        [sys.executable, "-c", "import yaml"], preexec_fn=run_as_nobody, capture_output=True, check=False  # noqa: PLW1509
    )
    assert probe.returncode in (0, 1, 126)
    assert source
