"""doorward schema: the JSON Schema alone on standard output."""

import json

import pytest

from webhook.cli import main
from webhook.policy.schema import rules_schema


def test_the_schema_stands_alone_on_standard_output_and_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert json.loads(out) == rules_schema()


def test_help_tells_how_an_editor_uses_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["schema", "--help"])
    assert "yaml-language-server" in capsys.readouterr().out
