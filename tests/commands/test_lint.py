"""doorward lint: what is wrong with the rules, where, and the exit code."""

import json
from pathlib import Path

import pytest

from tests.objects import policy
from webhook.cli import main

RULE = "- {name: r, images: {tag: {forbid: [latest]}}}"
BROKEN = "- {name: r, image: {tag: {forbid: [latest]}}}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with an empty rules folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policies").mkdir()
    return tmp_path


def lint(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["lint", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def test_good_rules_say_nothing_but_a_summary(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "policies" / "a.yaml").write_text(policy(RULE))
    code, out, err = lint(capsys)
    assert (code, out) == (0, "")
    assert "1 rule" in err


def test_what_is_wrong_stands_on_standard_output_with_place_caret_and_cure(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "policies" / "a.yaml").write_text(policy(BROKEN))
    code, out, err = lint(capsys)
    assert code == 2
    assert "policies/a.yaml:9:" in out
    assert "^" in out
    assert "did you mean `images`?" in out
    assert "image" not in err


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github"])
@pytest.mark.parametrize(("rules", "code"), [(RULE, 0), (BROKEN, 2)])
def test_the_exit_code_is_the_same_for_every_format(
    folder: Path, capsys: pytest.CaptureFixture[str], form: str, rules: str, code: int
) -> None:
    (folder / "policies" / "a.yaml").write_text(policy(rules))
    got, out, _ = lint(capsys, "-o", form)
    assert got == code
    if form in ("json", "sarif"):
        json.loads(out)


def test_folders_may_be_named_in_both_ways(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, rules in (("good", RULE), ("bad", BROKEN)):
        (folder / name).mkdir()
        (folder / name / "a.yaml").write_text(policy(rules).replace("name: p}", f"name: {name}}}"))
    assert [lint(capsys, name)[0] for name in ("good", "bad")] == [0, 2]
    assert [lint(capsys, "--policies", name)[0] for name in ("good", "bad")] == [0, 2]
    assert lint(capsys, "good", "bad")[0] == 2


def test_without_a_folder_the_cure_names_the_rules_that_come_with_us(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = lint(capsys)
    assert (code, out) == (2, "")
    assert "--policies DIR" in err
    assert "_policies" in err


def test_the_rules_that_come_with_us_are_clean(capsys: pytest.CaptureFixture[str]) -> None:
    assert lint(capsys, str(Path(__file__).parents[2] / "policies"))[:2] == (0, "")
