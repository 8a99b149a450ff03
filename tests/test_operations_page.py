"""docs/operations.md says what is true: every metric and option is there under its own name, and no other."""

import argparse
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from tests.cluster.fake_api_server import FakeApiServer
from webhook.cli import COMMANDS
from webhook.server.parts import Parts
from webhook.server.settings import Settings

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/operations.md").read_text(encoding="utf-8")


@pytest.fixture
def types(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Every metric of a server in a cluster with its type; nothing is started."""
    with FakeApiServer() as fake:
        settings = Settings(
            (str(tmp_path),), self_signed=("localhost",), cluster=True, kubeconfig=fake.kubeconfig(tmp_path)
        )
        parts = Parts(settings)
        try:
            yield dict(re.findall(r"^# TYPE (\S+) (\S+)$", parts.metrics.text().decode(), re.MULTILINE))
        finally:
            parts.stop()


def options() -> set[str]:
    """Every option of every command."""
    found = set()
    for command in COMMANDS:
        parser = argparse.ArgumentParser()
        import_module(f"webhook.commands.{command}").add(parser)
        actions = [*parser._actions]
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                actions += [inner for one in action.choices.values() for inner in one._actions]
        found |= {option for action in actions for option in action.option_strings}
    return found


def test_the_page_tells_every_metric_with_its_type_and_no_other(types: dict[str, str]) -> None:
    told = dict(re.findall(r"^\| `((?:doorward|process)_\w+)` \| (\w+) \|", PAGE, re.MULTILINE))
    assert told == types


def test_the_page_speaks_of_no_metric_that_does_not_exist(types: dict[str, str]) -> None:
    assert set(re.findall(r"\b(?:doorward|process)_\w+", PAGE)) <= types.keys()


def test_the_page_speaks_of_no_option_that_does_not_exist() -> None:
    spoken = re.findall(r"`(--[a-z-]+)[^`]*`", PAGE)
    spoken += re.findall(r"--[a-z-]+", " ".join(re.findall(r"(?:`|^)doorward [^`\n]+", PAGE, re.MULTILINE)))
    of_others = {"--admission-control-config-file"}
    assert set(spoken) - of_others - options() == set()
    assert len(set(spoken)) > 10


@pytest.mark.parametrize("page", ["operations.md", "rules-folder.md"])
def test_links_within_the_project_lead_somewhere(page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    links = {link for link in re.findall(r"\]\(([^)#]+)\)", text) if not link.startswith("rules/")}
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []
    headings = {
        re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) - headings == set()


def test_what_the_page_installs_exists() -> None:
    for path in set(re.findall(r"manifests/[\w/.-]+\w", PAGE)):
        assert (ROOT / path).exists(), path
