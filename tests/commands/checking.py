"""`doorward check` as a user runs it: in process, with what it printed."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.objects import policy
from webhook.cli import main

FORMATS = ("text", "json", "sarif", "junit", "github")

RULES = policy(
    "- {name: ours, images: {from: [registry.corp.example]}}\n"
    "- {name: no-latest, images: {tag: {forbid: [latest]}}}\n"
    "- {name: team, metadata: {labels: {team: {required: true}}}}"
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The exit code and what stood on both streams."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """Both streams."""
        return self.out + self.err


class Check:
    """A working directory with a rules folder; `check` runs the command in it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], rules: str = RULES) -> None:
        self.folder, self._capsys = folder, capsys
        (folder / "policies").mkdir(exist_ok=True)
        self.rules(rules)

    def rules(self, text: str) -> None:
        """Puts other rules in the folder."""
        (self.folder / "policies" / "rules.yaml").write_text(text, encoding="utf-8")

    def file(self, content: str | bytes, name: str = "a.yaml") -> str:
        """Writes a file into the working directory and says its name."""
        data = content.encode() if isinstance(content, str) else content
        (self.folder / name).write_bytes(data)
        return name

    def __call__(self, *arguments: str) -> Outcome:
        """`doorward check ARGUMENTS`; whatever happens, no trace."""
        code = main(["check", *arguments])
        streams = self._capsys.readouterr()
        outcome = Outcome(code, streams.out, streams.err)
        assert "Traceback" not in outcome.text
        assert "internal error" not in outcome.text
        assert code in (0, 1, 2, 3)
        return outcome

    def of(self, content: str | bytes, *arguments: str) -> Outcome:
        """The outcome of checking one file with this content, called a.yaml."""
        return self(self.file(content), *arguments)
