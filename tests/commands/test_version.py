"""doorward version."""

import pytest

from webhook import VERSION
from webhook.cli import main


def test_the_version_stands_alone_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["version"]) == 0
    assert capsys.readouterr() == (f"doorward {VERSION}\n", "")
