"""doorward evidence attest: what is signed, pushed and told, and what is refused before anybody is asked."""

import argparse
import json
from pathlib import Path

import pytest

from tests.commands.evidence_world import World
from tests.evidence.asking import docker_config
from webhook.commands import evidence
from webhook.evidence.attesting import KINDS
from webhook.evidence.signing import PASSWORD as PASSWORD_VARIABLE

PASSWORD = "correct-horse-battery"


def pushes(world: World) -> list[str]:
    return [one.path for one in world.fake.asked if one.method != "GET"]


def test_a_scan_is_attached_to_the_digest_of_the_tag_and_told(world: World) -> None:
    image, digest = world.image()
    outcome = world.attest(image, "vulnerability-scan", world.trivy())
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert lines[0] == f"vulnerability-scan of {world.host}/shop/web@{digest}"
    assert lines[1].startswith("  trivy 0.70.0, scanned 2026-11-02 08:15 UTC")
    assert lines[3] == "  https://cosign.sigstore.dev/attestation/vuln/v1"
    assert lines[4].startswith("  signed with an ECDSA P-256 key, SHA-256 ")
    [listed] = world.fake.referring[digest]
    assert lines[5] == f"pushed as {world.host}/shop/web@{listed['digest']}"


def test_without_the_referrers_api_the_tag_that_lists_it_is_told(world: World) -> None:
    world.fake.has_referrers = False
    image, digest = world.image()
    outcome = world.attest(image, "approval", world.approval(window=None, expiresOn="2099-01-01T00:00:00Z"), "board")
    tag = f"{world.host}/shop/web:{digest.replace(':', '-')}"
    assert outcome.out.endswith(f"  listed under {tag}, as the registry has no referrers API\n")


def test_with_output_nothing_is_pushed_and_a_digest_needs_no_registry_at_all(world: World) -> None:
    image, digest = world.image()
    outcome = world.attest(
        f"{world.host}/shop/web@{digest}", "vulnerability-scan", world.trivy(), "scanner", "--output", "b.json"
    )
    assert outcome.code == 0
    assert outcome.out.endswith("written to b.json; nothing was pushed\n")
    assert world.fake.asked == []
    assert json.loads((world.folder / "b.json").read_text())["dsseEnvelope"]["signatures"]
    assert world.attest(image, "vulnerability-scan", world.trivy(), "scanner", "--output", "c.json").code == 0
    assert pushes(world) == []


def test_a_bundle_that_was_written_is_read_back_from_its_folder(world: World) -> None:
    _, digest = world.image()
    named = f"{world.host}/shop/web@{digest}"
    (world.folder / "bundles").mkdir()
    world.attest(named, "vulnerability-scan", world.trivy(), "scanner", "--output", "bundles/scan.json")
    _, shown = world.shown(named, "--evidence", "bundles", "--at", "2026-11-05")
    assert [one["type"] for one in shown["attached"][0]["attestations"]] == ["vulnerability-scan"]
    assert shown["rules"][0]["requirements"][0]["outcome"] == "satisfied"


def test_without_rules_a_bundle_can_still_be_written(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _, digest = world.image()
    elsewhere = world.folder / "elsewhere"
    elsewhere.mkdir()
    scan, key = world.folder / world.trivy(), world.folder / "scanner"
    monkeypatch.chdir(elsewhere)
    outcome = world.attest(
        f"{world.host}/shop/web@{digest}", "vulnerability-scan", str(scan), str(key), "--output", "b.json"
    )
    assert outcome.code == 0
    assert outcome.err == (
        "note: no Authority in the rules has this key, so it counts only where one with the role scan is declared\n"
        f"note: the report says that it is about {_named(scan)}, not this digest\n"
    )


def _named(scan: Path) -> str:
    found: str = json.loads(scan.read_text())["Metadata"]["RepoDigests"][0].rpartition("@")[2]
    return found


@pytest.mark.parametrize(
    ("kind", "content", "words"),
    [
        ("vulnerability-scan", "{", "predicate.json: it is no JSON"),
        ("vulnerability-scan", '{"a": 1, "a": 2}', "predicate.json: it has the key `a` twice"),
        ("vulnerability-scan", '{"a": 1}', "predicate.json: it is no report that is known"),
        ("approval", '{"decision": "approved"}', "predicate.json: its `approvedOn` is missing"),
        ("scan", "{}", "nothing is attested as scan: it is vulnerability-scan, sbom"),
        ("https://corp.example/v1", "{}", "says nothing that rules ask for"),
    ],
)
def test_what_would_not_be_read_is_refused_before_anybody_is_asked(
    world: World, kind: str, content: str, words: str
) -> None:
    image, _ = world.image()
    outcome = world.attest(image, kind, world.file(content))
    assert (outcome.code, outcome.out) == (2, "")
    assert words in outcome.err
    assert world.fake.asked == []


def test_what_is_dated_in_the_future_is_refused_and_not_pushed(world: World) -> None:
    image, _ = world.image()
    outcome = world.attest(image, "vulnerability-scan", world.trivy(CreatedAt="2099-01-01T00:00:00Z"))
    assert outcome.code == 2
    assert "it would not count: the scan by this key is dated in the future, 2099-01-01" in outcome.err
    assert pushes(world) == []


def test_an_approval_that_has_ended_is_refused(world: World) -> None:
    image, _ = world.image()
    ended = world.approval(window=None, expiresOn="2026-11-04T00:00:00Z")
    outcome = world.attest(image, "approval", ended, "board")
    assert outcome.code == 2
    assert "it would not count: the approval held until 2026-11-04 00:00 UTC" in outcome.err


def test_the_password_of_a_key_is_asked_for_and_shown_nowhere(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    image, _ = world.image()
    world.lock("scanner", PASSWORD)
    asked = world.attest(image, "vulnerability-scan", world.trivy())
    assert asked.code == 2
    assert (
        "scanner.key: this key is encrypted; put its password into the environment variable DOORWARD_KEY" in asked.err
    )
    monkeypatch.setenv("DOORWARD_KEY_PASSWORD", "another-word")
    wrong = world.attest(image, "vulnerability-scan", world.trivy())
    assert wrong.code == 2
    assert "another-word" not in wrong.text
    monkeypatch.setenv("DOORWARD_KEY_PASSWORD", PASSWORD)
    right = world.attest(image, "vulnerability-scan", world.trivy())
    assert right.code == 0
    assert PASSWORD not in right.text


def test_cosigns_own_key_is_refused_with_the_way_round_it(world: World) -> None:
    image, _ = world.image()
    pem = "-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\neyJ9\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n"
    world.file(pem, "cosign.key")
    outcome = world.attest(image, "vulnerability-scan", world.trivy(), "cosign")
    assert outcome.code == 2
    assert "cosign.key: this is a key in cosign's own encrypted format" in outcome.err
    assert "cosign import-key-pair --key key.pem" in outcome.err


@pytest.mark.parametrize(("file", "key"), [("nothing.json", "scanner"), ("scan.json", "nothing")])
def test_a_file_that_is_not_there_is_named(world: World, file: str, key: str) -> None:
    image, _ = world.image()
    world.trivy()
    outcome = world.attest(image, "vulnerability-scan", file, key)
    assert outcome.code == 2
    assert "nothing" in outcome.err
    assert "cannot be read: No such file or directory" in outcome.err


def test_a_host_that_nobody_declared_is_not_asked(world: World) -> None:
    outcome = world.attest("elsewhere.example/shop/web:1", "vulnerability-scan", world.trivy())
    assert outcome.code == 2
    assert "no Registry has the host elsewhere.example" in outcome.err
    assert world.fake.asked == []


def test_the_developers_docker_login_is_used_and_never_shown(world: World) -> None:
    image, digest = world.image()
    world.fake.auth, world.fake.users = "bearer", {"ada": "secret-word"}
    refused = world.attest(image, "vulnerability-scan", world.trivy())
    assert refused.code == 2
    assert "refuses a pull without a login" in refused.err
    (world.folder / "docker").mkdir()
    (world.folder / "docker" / "config.json").write_bytes(docker_config({world.host: ("ada", "secret-word")}))
    done = world.attest(image, "vulnerability-scan", world.trivy())
    assert done.code == 0
    assert world.fake.referring[digest]
    assert "secret-word" not in done.text + refused.text
    assert "token-" not in done.text + refused.text


PAGE = Path(__file__).parents[2] / "docs/evidence/attesting.md"


@pytest.mark.parametrize(
    "line", [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("doorward evidence ")]
)
def test_every_command_of_the_page_is_one(line: str) -> None:
    parser = argparse.ArgumentParser()
    evidence.add(parser)
    assert parser.parse_args(line.split()[2:]).image.startswith("registry.corp.example/shop/web")


def test_the_page_names_every_type() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [kind for kind in KINDS if f"`{kind}`" not in page] == []
    assert PASSWORD_VARIABLE in page
