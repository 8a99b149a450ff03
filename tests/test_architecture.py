"""Who may import whom: rooms, doors and the outer world; every import counts, wherever in a module it stands."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

ROOMS = (
    ("__main__",),
    ("cli",),
    ("commands",),
    ("server",),
    ("report", "observe", "evidence"),
    ("cluster",),
    ("engine",),
    ("policy",),
    ("rule_types",),
    ("admission",),
    ("pod",),
    ("source",),
    ("patterns", "expressions", "errors", "shipped", ""),
)
"""The rooms of `webhook` from left to right; "" is the package itself, which holds the version."""

RANK = {room: rank for rank, rooms in enumerate(ROOMS) for room in rooms}
PURE = [room for room in RANK if RANK[room] >= RANK["engine"] and room not in ("shipped", "")]

CERTS_ARE_FOR = ("server", "commands")

DOORS = {
    "cryptography": ("certs", "webhook.evidence"),
    "httptools": ("webhook.server",),
    "httpx": ("webhook.evidence",),
    "jsonpatch": ("webhook.report", "webhook.commands"),
    "kubernetes": ("webhook.cluster",),
    "msgspec": ("webhook.engine.review", "webhook.server", "webhook.observe"),
    "prometheus_client": ("webhook.observe", "webhook.server"),
    "re2": ("webhook.patterns",),
    "sigstore": ("webhook.evidence.keyless",),
    "sigstore_models": ("webhook.evidence.keyless",),
    "starlette": ("webhook.server",),
    "urllib3": ("webhook.cluster",),
    "uvicorn": ("webhook.server",),
    "uvloop": ("webhook.server",),
    "yaml": ("webhook.source",),
}
"""Every library that we use, and the only places that may import it."""

WORLD = {
    "the clock": ("time",),
    "files": ("fcntl", "glob", "io", "mmap", "pathlib", "shutil", "tempfile"),
    "its process and others": ("ctypes", "locale", "multiprocessing", "os", "pwd", "signal", "subprocess"),
    "the network": ("http", "select", "selectors", "socket", "socketserver", "ssl", "urllib.request"),
    "chance": ("random", "secrets", "uuid"),
    "the log": ("logging", "warnings"),
    "what runs beside it": ("asyncio", "concurrent", "threading"),
}
"""What the rooms from engine to the right leave alone: whatever they need of it is an argument."""

WORLD_IN_PURE_ROOMS = {
    "webhook.source.files": ("glob", "open", "os"),  # the one place that walks folders and reads
    "webhook.pod.schema": ("open", "os"),  # reads the table that comes with it, once
    "webhook.rule_types": ("os",),  # finds its own modules
}

FINDS_MODULES_BY_NAME = ("webhook.cli", "webhook.commands._output", "webhook.rule_types")

CLOCK = ("now", "today", "utcnow")


def breaches(module: str, source: str) -> Iterator[str]:
    """Everything in a module that its room does not allow, each with its line."""
    for node in ast.walk(ast.parse(source)):
        for breach in _in_node(module, node):
            yield f"{module}:{getattr(node, 'lineno', 0)}: {breach}"


def _in_node(module: str, node: ast.AST) -> Iterator[str]:
    match node:
        case ast.ImportFrom(level=level) if level:
            yield "a relative import"
        case ast.ImportFrom(module=str(origin), names=names):
            for alias in names:
                yield from _imports(module, f"{origin}.{alias.name}")
        case ast.Import(names=names):
            for alias in names:
                yield from _imports(module, alias.name)
        case ast.Name(id="__import__" | "import_module") if module not in FINDS_MODULES_BY_NAME:
            yield "an import by name, which this test cannot follow"
        case ast.Call(func=ast.Name(id="open" | "input" | "print" as name)) if _may_not(module, name):
            yield f"{name}() reaches for files"
        case ast.Attribute(value=ast.Name(id="datetime" | "date"), attr=attribute) if attribute in CLOCK:
            if _may_not(module, "time"):
                yield f"{attribute}() reaches for the clock"


def _imports(module: str, imported: str) -> Iterator[str]:
    """What is wrong with importing this name: a module, or something in one."""
    top = imported.partition(".")[0]
    if top == "webhook":
        yield from _room_to_room(module, imported)
    elif top == "certs":
        if not module.startswith("certs") and _room(module) not in CERTS_ARE_FOR:
            yield f"certs is for {' and '.join(CERTS_ARE_FOR)}"
    elif top not in sys.stdlib_module_names:
        yield from _through_a_door(module, top)
    else:
        for part, names in WORLD.items():
            for name in names:
                if f"{imported}.".startswith(f"{name}.") and _may_not(module, name):
                    yield f"{name} reaches for {part}"


def _room_to_room(module: str, imported: str) -> Iterator[str]:
    if module.startswith("certs"):
        yield f"certs imports {imported}"
    else:
        here, there = _room(module), _room(imported)
        if here != there and RANK[here] >= RANK[there]:
            yield f"{here or 'webhook'} imports {there or 'webhook'}, which is not further right"


def _through_a_door(module: str, library: str) -> Iterator[str]:
    doors = DOORS.get(library, ())
    if not any(module == door or module.startswith(f"{door}.") for door in doors):
        yield f"{library} belongs to {' and '.join(doors) or 'nobody'}"


def _room(name: str) -> str:
    words = name.split(".")
    return words[1] if len(words) > 1 and words[1] in RANK else ""


def _may_not(module: str, name: str) -> bool:
    pure = module.startswith("webhook.") and _room(module) in PURE
    return pure and name not in WORLD_IN_PURE_ROOMS.get(module, ())


def _modules() -> Iterator[tuple[str, Path]]:
    for package in ("webhook", "certs"):
        for path in sorted((ROOT / package).rglob("*.py")):
            yield ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"), path


def test_every_module_imports_only_what_its_room_allows() -> None:
    found = [breach for name, path in _modules() for breach in breaches(name, path.read_text(encoding="utf-8"))]
    assert found == []


def test_every_module_stands_in_a_room_that_is_drawn() -> None:
    drawn = [name for name, _ in _modules() if name in ("webhook", "certs") or name.startswith("certs.") or _room(name)]
    assert drawn == [name for name, _ in _modules()]


@pytest.mark.parametrize(
    ("module", "line", "breach"),
    [
        ("webhook.pod.image", "from webhook.engine import decide", "pod imports engine, which is not further right"),
        ("webhook.pod.image", "from webhook import engine", "pod imports engine, which is not further right"),
        ("webhook.pod.image", "import webhook.cli", "pod imports cli, which is not further right"),
        ("webhook.report.words", "import webhook.observe.log", "report imports observe, which is not further right"),
        ("webhook.pod.image", "from . import quantity", "a relative import"),
        (
            "webhook.pod.image",
            "def late():\n    import webhook.policy",
            "pod imports policy, which is not further right",
        ),
        ("webhook.pod.image", "from importlib import import_module", None),
        ("webhook.pod.image", "import_module('webhook.cli')", "an import by name, which this test cannot follow"),
        ("webhook.pod.image", "import certs", "certs is for server and commands"),
        ("certs.source", "from webhook.errors import UsageError", "certs imports webhook.errors.UsageError"),
        ("webhook.engine.decide", "import msgspec", "msgspec belongs to webhook.engine.review and webhook.server and "),
        ("webhook.server.app", "import httpx", "httpx belongs to webhook.evidence"),
        ("webhook.server.app", "import numpy", "numpy belongs to nobody"),
        ("webhook.engine.decide", "import time", "time reaches for the clock"),
        ("webhook.engine.decide", "from os import environ", "os reaches for its process and others"),
        ("webhook.engine.decide", "from urllib.request import urlopen", "urllib.request reaches for the network"),
        ("webhook.engine.decide", "from urllib import request", "urllib.request reaches for the network"),
        ("webhook.engine.decide", "from urllib.parse import quote", None),
        ("webhook.engine.decide", "open('file')", "open() reaches for files"),
        ("webhook.engine.decide", "datetime.now()", "now() reaches for the clock"),
        ("webhook.server.app", "import time, os\ndatetime.now()", None),
        ("webhook.server.app", "from certs.source import Watch", None),
        ("webhook.server.app", "from webhook import VERSION", None),
    ],
)
def test_a_breach_is_seen(module: str, line: str, breach: str | None) -> None:
    found = list(breaches(module, line))
    if breach is None:
        assert found == []
    else:
        assert len(found) == 1
        assert breach in found[0]


RULES = """
apiVersion: doorward.dev/v1
kind: Policy
metadata: {name: p}
spec:
  title: A policy
  why: Because.
  owner: {team: platform}
  rules:
  - name: registries
    images: {from: [registry.corp.example]}
---
apiVersion: doorward.dev/v1
kind: PolicyTest
metadata: {name: p}
spec:
  policy: p
  cases:
  - {name: ours is fine, expect: allowed}
"""

HEAVY = ("asyncio", "cryptography", "httpx", "kubernetes", "msgspec", "re2", "starlette", "uvicorn")

SLOW = ("dataclasses", "difflib", "inspect", "ipaddress", "pathlib", "shutil", "urllib", "webhook.admission.evidence")
"""What takes longer to import than to do without; a check that finds nothing asks for none of it."""

LOADED = """
import sys
from webhook.cli import main
code = main(sys.argv[1:])
print(*sys.modules, file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.parametrize(
    "words",
    [["check", "examples/good-deployment.yaml"], ["explain", "examples/good-deployment.yaml"], ["lint"], ["test"]],
)
def test_the_commands_of_a_developer_load_nothing_of_the_server(words: list[str], tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(RULES, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *words, "--policies", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    loaded = done.stderr.splitlines()[-1].split()
    assert {name for name in HEAVY if name in loaded} == set()
    assert {name for name in SLOW if name in loaded and words[0] == "check"} == set()
