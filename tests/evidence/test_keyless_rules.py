"""Keyless Authorities that cannot be used: told at their place when rules load."""

import json
import sys
from typing import Any

import pytest

from tests.evidence.fulcio import ISSUER, Sigstore, authority, sigstore
from tests.evidence.pki import PLACE, refused, trust
from webhook.patterns import Pattern
from webhook.policy.trust import TransparencyLog
from webhook.policy.trusted import Authority


@pytest.fixture(scope="module")
def world() -> Sigstore:
    return sigstore()


def told(made: Authority) -> tuple[str, str]:
    problem = refused(made)
    assert problem.place == PLACE
    return problem.message, problem.help or ""


def test_without_the_extra_the_cure_is_to_install_it(world: Sigstore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sigstore.verify", None)
    assert told(authority(world.trusted_root())) == (
        "`keyless` needs sigstore-python, which is not installed",
        "pip install doorward[keyless]",
    )


@pytest.mark.parametrize("file", [b"", b"{}", b"[]", b"\xff", b'{"mediaType": "x", "mediaType": "y"}'])
def test_a_file_that_is_no_trusted_root(file: bytes) -> None:
    message, cure = told(authority(file))
    assert message.startswith("this is no trusted root: it ")
    assert cure.startswith("write trusted_root.json")


def test_a_trusted_root_without_logs(world: Sigstore) -> None:
    document = json.loads(world.trusted_root())
    message, _ = told(authority(json.dumps({**document, "ctlogs": [], "tlogs": []}).encode()))
    assert message == "this is no trusted root: it has no ctlogs and no tlogs"


def test_a_trusted_root_of_another_kind(world: Sigstore) -> None:
    document = json.loads(world.trusted_root())
    message, _ = told(authority(json.dumps({**document, "mediaType": "text/plain"}).encode()))
    assert message.startswith("this is no trusted root: ")


@pytest.mark.parametrize(
    ("name", "spec"),
    [("timestamps", {"timestamps": "tsa.pem"}), ("transparencyLog", {"transparency_log": TransparencyLog("key")})],
)
def test_the_trusted_root_names_logs_and_time_stamps_itself(world: Sigstore, name: str, spec: dict[str, Any]) -> None:
    assert told(authority(world.trusted_root(), spec=spec)) == (
        f"`{name}` has no meaning beside `keyless`",
        f"leave `{name}` out: the trusted root names the logs and time-stamp authorities",
    )


def test_one_identity_in_two_authorities_would_count_twice(world: Sigstore) -> None:
    file = world.trusted_root()
    problem = refused(authority(file), authority(file, "two"))
    assert problem.message == "this is the signer of Authority ci, which has the role build too"


def test_the_fingerprint_changes_with_whatever_changes_an_answer(world: Sigstore) -> None:
    file = world.trusted_root()
    prints = [
        trust(authority(file)).fingerprint,
        trust(authority(file + b"\n")).fingerprint,
        trust(authority(file, issuer=ISSUER, subject="other")).fingerprint,
        trust(authority(file, issuer=ISSUER, subject_pattern=Pattern.parse("other"))).fingerprint,
        trust(authority(file, issuer_pattern=Pattern.parse(ISSUER), subject="other")).fingerprint,
    ]
    assert len(set(prints)) == len(prints)
