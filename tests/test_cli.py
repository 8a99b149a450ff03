"""The command line: commands, their errors, exit codes and streams, and what starting it costs."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from webhook import VERSION
from webhook.cli import COMMANDS, main
from webhook.errors import UsageError

HEAVY = (
    "httpx",
    "starlette",
    "uvicorn",
    "kubernetes",
    "cryptography",
    "prometheus_client",
    "msgspec",
    "asyncio",
    "ssl",
)


def streams(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """The exit code and both streams."""
    try:
        code = main(arguments)
    except SystemExit as ended:
        code = int(ended.code or 0)
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return code, out, err


def run(folder: Path, *arguments: str, before: str = "") -> subprocess.CompletedProcess[str]:
    """The command in its own process."""
    program = f"import sys; {before}\nfrom webhook.cli import main\nraise SystemExit(main())"
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def test_every_command_is_a_module_with_add_and_run_and_has_a_sentence() -> None:
    modules = {path.stem for path in Path(__file__).parents[1].glob("webhook/commands/[a-z]*.py")}
    assert set(COMMANDS) == modules
    for name, sentence in COMMANDS.items():
        module = import_module(f"webhook.commands.{name}")
        assert callable(module.add)
        assert callable(module.run)
        assert sentence.endswith(".")


def test_help_tells_every_command_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = streams(capsys, "--help")
    assert (code, err) == (0, "")
    assert all(name in out for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = streams(capsys, command, "--help")
    assert (code, err) == (0, "")
    assert out.startswith(f"usage: doorward {command}")


def test_the_version_is_told_in_both_ways(capsys: pytest.CaptureFixture[str]) -> None:
    told = (0, f"doorward {VERSION}\n", "")
    assert streams(capsys, "--version") == streams(capsys, "version") == told


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "COMMAND"),
        (("chekc", "."), "there is no command `chekc`; did you mean `check`?"),
        (("Check", "."), "did you mean `check`?"),
        (("zzzzzz",), "there is no command `zzzzzz`"),
        (("check",), "PATH"),
        (("check", ".", "--outptu", "json"), "--outptu"),
        (("check", ".", "-o", "yaml"), "yaml"),
        (("check", ".", "--fail-on", "never"), "never"),
        (("check", ".", "--operation", "CONNECT"), "CONNECT"),
        (("version", "extra"), "extra"),
    ],
)
def test_a_slip_on_the_command_line_is_told_on_standard_error_with_exit_code_2(
    arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = streams(capsys, *arguments)
    assert (code, out) == (2, "")
    assert words in err


def test_an_error_of_ours_is_one_sentence_and_its_exit_code(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> int:
        raise UsageError("that makes no sense")

    monkeypatch.setattr("webhook.commands.version.run", refuse)
    assert streams(capsys, "version") == (2, "", "doorward: error: that makes no sense\n")


def test_a_fault_of_ours_is_one_sentence_with_its_place_and_no_trace(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> int:
        raise KeyError("oops")

    monkeypatch.setattr("webhook.commands.version.run", fail)
    code, out, err = streams(capsys, "version")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "internal error, a fault of ours: KeyError: 'oops'" in err
    assert "test_cli.py:" in err


def test_an_interruption_is_exit_code_130(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("webhook.commands.version.run", interrupt)
    assert streams(capsys, "version") == (130, "", "")


def test_whoever_stops_reading_is_no_error(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "webhook", "schema"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=Path(__file__).parents[1]
    ) as one:
        assert one.stdout is not None
        assert one.stderr is not None
        one.stdout.close()
        said = one.stderr.read().decode()
        one.wait(60)
    assert "Traceback" not in said
    assert "internal error" not in said


RULES = """apiVersion: doorward.dev/v1
kind: Policy
metadata: {name: p}
spec:
  title: A policy
  why: Because.
  owner: {team: platform}
  rules:
  - {name: r, images: {tag: {forbid: [latest]}}}
"""
POD = """apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec: {containers: [{name: web, image: "a.example/web:1"}]}
"""

NO_NETWORK = """
import socket
def refuse(*_, **__): raise AssertionError("the network was asked for")
socket.socket = socket.create_connection = socket.getaddrinfo = refuse
"""


@pytest.mark.parametrize("form", ["text", "json", "sarif", "junit", "github"])
def test_check_asks_no_network_and_imports_nothing_that_it_does_not_use(tmp_path: Path, form: str) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "rules.yaml").write_text(RULES)
    (tmp_path / "pod.yaml").write_text(POD)
    told = "import atexit; atexit.register(lambda: print('LOADED', *sorted(sys.modules), file=sys.stderr))"
    root = Path(__file__).parents[1]
    done = run(
        tmp_path, "check", "pod.yaml", "-o", form, before=f"sys.path.insert(0, {str(root)!r})\n{NO_NETWORK}\n{told}"
    )
    assert done.returncode == 0, done.stderr
    loaded = set(done.stderr.rpartition("LOADED ")[2].split())
    assert "webhook.engine.decide" in loaded
    assert loaded.isdisjoint(HEAVY)


@pytest.mark.parametrize("command", ["version", "schema"])
def test_other_commands_are_not_imported(tmp_path: Path, command: str) -> None:
    told = "import atexit; atexit.register(lambda: print('LOADED', *sorted(sys.modules), file=sys.stderr))"
    root = Path(__file__).parents[1]
    done = run(tmp_path, command, before=f"sys.path.insert(0, {str(root)!r})\n{told}")
    loaded = set(done.stderr.rpartition("LOADED ")[2].split())
    assert done.returncode == 0
    assert {name for name in loaded if name.startswith("webhook.commands.")} == {f"webhook.commands.{command}"}
    assert loaded.isdisjoint(HEAVY)
