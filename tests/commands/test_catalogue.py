"""doorward catalogue: the page on standard output, and what it wants."""

from pathlib import Path

import pytest

from tests.objects import policy
from webhook.cli import main

RULE = "- {name: r, images: {digest: required}}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a rules folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies/p.yaml").write_text(policy(RULE))
    return tmp_path


@pytest.mark.parametrize("words", [[], ["policies"], ["policies/"], ["--policies", "policies"]])
def test_the_page_stands_on_standard_output_with_links_within_the_folder(
    folder: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert main(["catalogue", *words]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("# Policies\n")
    assert "| [p](p.yaml) | " in out
    assert err == ""


def test_a_broken_folder_is_told_and_prints_no_page(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "policies/p.yaml").write_text(policy(RULE.replace("digest", "digset")))
    assert main(["catalogue"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "did you mean `digest`?" in err


def test_it_is_about_one_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["catalogue", "policies", "policies"]) == 2
    assert capsys.readouterr().err == "doorward: error: a catalogue is of one folder: name one\n"
