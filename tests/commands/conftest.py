"""A registry that tests of `doorward evidence` ask."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.evidence_world import World
from tests.evidence.fake_registry import FakeRegistry
from tests.evidence.loopback import serving


@pytest.fixture
def world(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """An empty registry, rules and keys, in a working directory of their own; nobody is logged in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("DOORWARD_KEY_PASSWORD", raising=False)
    fake = FakeRegistry()
    with serving(fake) as host:
        fake.host = host
        yield World(tmp_path, capsys, fake, host)
