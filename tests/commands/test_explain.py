"""doorward explain: what it prints for objects and policies, and how it ends."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from webhook.cli import main

HERE = Path(__file__).parent / "explain"
ROOT = Path(__file__).parents[2]
KNOWN = ("--namespaces", "namespaces.yaml", "--as", "alice", "--at", "2026-12-05")


@pytest.fixture(autouse=True)
def _folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HERE)
    monkeypatch.setenv("NO_COLOR", "1")


def explain(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """The exit code, and what stood on both streams."""
    code = main(["explain", *words, "--policies", "rules.yaml"])
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return code, out, err


def told(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    code, out, _ = explain(capsys, *words, "-o", "json")
    assert code == 0
    return json.loads(out)


@pytest.mark.parametrize(
    ("golden", "words"),
    [
        ("pod.txt", ("objects.yaml", "--name", "Pod/web", *KNOWN)),
        ("deployment.txt", ("objects.yaml", "--name", "shop/api", *KNOWN)),
        ("unknown.txt", ("objects.yaml", "--name", "api", "--at", "2027-01-10")),
        ("policy.txt", ("private-registries", "--at", "2026-12-05")),
        ("rule.txt", ("fixed-versions/fixed-tag", "--at", "2026-12-05")),
    ],
)
def test_what_is_printed_is_as_it_was(golden: str, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = explain(capsys, *words)
    assert out == (HERE / golden).read_text(encoding="utf-8")
    assert code == 0


def test_the_readme_shows_what_is_printed() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = readme.partition("$ doorward explain deploy/web.yaml")[2].partition("\n\n")[0].splitlines()[1:]
    printed = (HERE / "pod.txt").read_text(encoding="utf-8").splitlines()
    assert len(shown) > 10
    assert [line for line in shown if line.removeprefix("    ") not in printed] == []


def test_several_objects_are_told_one_after_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = explain(capsys, "objects.yaml", *KNOWN)
    both = [(HERE / name).read_text(encoding="utf-8") for name in ("pod.txt", "deployment.txt")]
    assert (code, out) == (0, "\n".join(both))
    assert err == "Explained 2 objects against 9 rules.\n"


def test_an_object_may_come_on_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = io.TextIOWrapper(io.BytesIO((HERE / "objects.yaml").read_bytes()))
    monkeypatch.setattr("sys.stdin", given)
    code, out, _ = explain(capsys, "-", "--name", "Pod/web", *KNOWN)
    assert code == 0
    assert out == (HERE / "pod.txt").read_text(encoding="utf-8").replace("objects.yaml", "<stdin>")


def test_json_tells_of_every_rule_whether_it_applies_and_why_not(capsys: pytest.CaptureFixture[str]) -> None:
    document = told(capsys, "objects.yaml", "--name", "api", *KNOWN)
    assert (document["schema"], document["profile"]) == ("doorward.dev/explain/v1", "regulated")
    assert (document["at"], document["notInForce"]) == ("2026-12-05T00:00:00+00:00", ["digests"])
    [one] = document["objects"]
    assert (one["kind"], one["namespace"], one["name"], one["verdict"]) == ("Deployment", "shop", "api", "denied")
    rules = {rule["rule"]: rule for rule in one["rules"]}
    assert {name: rule["applies"] for name, rule in rules.items()} == {
        "fixed-versions/fixed-tag": "yes",
        "later/read-only": "no",
        "mesh-sidecar/proxy": "pods",
        "no-terminals/no-shell": "no",
        "no-terminals/no-shell-at-night": "no",
        "ownership/no-host-network": "yes",
        "ownership/team": "yes",
        "private-registries/allowed": "no",
        "private-registries/mirrored": "yes",
    }
    assert rules["private-registries/allowed"]["reason"] == {
        "criterion": "when",
        "wants": 'pod metadata.annotations["acme.example/scan"] is not "done"',
        "found": 'it is "done"',
    }
    assert rules["fixed-versions/fixed-tag"]["rollout"]["next"] == {"mode": "enforce", "from": "2027-03-01"}
    assert rules["ownership/team"]["exceptions"] == [{"name": "old-one", "use": "expired", "expires": "2026-10-31"}]
    assert [finding["path"] for finding in one["findings"]] == ["spec.template.spec.hostNetwork"]


def test_json_tells_the_chain_of_every_value(capsys: pytest.CaptureFixture[str]) -> None:
    [one] = told(capsys, "objects.yaml", "--name", "Pod/web", *KNOWN)["objects"]
    filled = {chain["path"]: chain for chain in one["filled"]}
    memory = filled["spec.initContainers[0].resources.requests.memory"]
    assert (memory["rule"], memory["value"]) == ("mesh-sidecar/proxy", "128Mi")
    assert memory["pointer"] == "/spec/initContainers/0/resources/requests/memory"
    assert [(link["from"], link["value"], bool(link["refused"])) for link in memory["chain"]] == [
        ("rule default", "64Mi", False),
        ("namespace annotation mesh.example/memory-request", "128Mi", False),
        ("pod annotation mesh.example/memory-request", "9Gi", True),
    ]
    assert one["filledInPods"] == []


def test_values_of_environment_variables_stay_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    [one] = told(capsys, "objects.yaml", "--name", "Pod/web", *KNOWN)["objects"]
    [hidden] = [chain for chain in one["filled"] if chain["path"] == "spec.initContainers[0].env[0].value"]
    assert (hidden["value"], hidden["hidden"]) == (None, True)
    assert [link["value"] for link in hidden["chain"]] == [None]


def test_json_of_a_policy_has_its_words_and_values(capsys: pytest.CaptureFixture[str]) -> None:
    document = told(capsys, "private-registries")
    assert (document["policy"], document["line"], document["inForce"]) == ("private-registries", 20, True)
    assert [(one["name"], one["value"], one["fromProfile"]) for one in document["parameters"]] == [
        ("registry", "registry.corp.example", False),
        ("hub", "docker", True),
    ]
    assert document["exceptions"] == {"allowed": True, "maxDays": 90, "names": ["legacy-billing"]}
    allowed, mirrored = document["rules"]
    assert (allowed["rule"], allowed["type"], allowed["severity"]) == (
        "private-registries/allowed",
        "images",
        "critical",
    )
    assert allowed["when"] == ['pod metadata.annotations["acme.example/scan"] is not "done"']
    assert (mirrored["modeBy"], mirrored["rollout"], mirrored["makes"]) == ("rule", ["warn"], ["rewrites images"])


def test_a_policy_that_the_profile_leaves_out_is_told_and_said_to_be_left_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, _ = explain(capsys, "digests")
    assert code == 0
    assert "not in force: the Profile regulated does not include it" in out
    assert "digest: required" in out


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("fixed-version", "no policy fixed-version; did you mean fixed-versions?"),
        ("mirrored", "did you mean private-registries/mirrored?"),
        ("ownership/tema", "did you mean ownership/team?"),
        ("regulated", "regulated is a Profile"),
        ("legacy-billing", "legacy-billing is an Exception"),
        (
            "zzzzzzzzz",
            "the policies here are digests, fixed-versions, later, mesh-sidecar, no-terminals, ",
        ),
    ],
)
def test_a_name_that_nothing_has_is_told_with_what_was_meant(
    what: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = explain(capsys, what)
    assert (code, out) == (2, "")
    assert words in err


def test_a_file_is_a_file_though_a_policy_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("rules.yaml", "objects.yaml", "namespaces.yaml"):
        (tmp_path / name).write_bytes((HERE / name).read_bytes())
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ownership").write_bytes((HERE / "objects.yaml").read_bytes())
    assert explain(capsys, "ownership", *KNOWN)[1].startswith("Pod shop/web   ownership:1")
    (tmp_path / "ownership").unlink()
    (tmp_path / "ownership").mkdir()
    assert explain(capsys, "ownership")[1].startswith("Policy ownership   rules.yaml:")


def test_an_object_that_is_not_there_is_told_with_what_was_meant(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = explain(capsys, "objects.yaml", "--name", "wep")
    assert (code, out) == (2, "")
    assert err == "doorward: error: no object is called wep; did you mean web?\n"


def test_a_file_without_an_object_ends_with_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty.yaml").write_text("# nothing\n", encoding="utf-8")
    assert explain(capsys, str(tmp_path / "empty.yaml")) == (3, "", "There is no object to explain.\n")
    code, _, err = explain(capsys, "rules.yaml")
    assert code == 3
    assert "10 documents of doorward.dev/v1 are rules, not manifests" in err


def test_a_file_that_cannot_be_read_ends_with_2_and_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.yaml").write_text("a: [", encoding="utf-8")
    code, out, err = explain(capsys, str(tmp_path / "broken.yaml"))
    assert (code, out) == (2, "")
    assert "the [ that opens here is never closed" in err
    assert "broken.yaml:1:4" in err


def test_a_denied_object_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert [explain(capsys, "objects.yaml", *KNOWN, "-o", form)[0] for form in ("text", "json")] == [0, 0]


def test_broken_rules_are_told_as_by_every_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules.yaml").write_text("apiVersion: doorward.dev/v1\nkind: Policy\n", encoding="utf-8")
    code, out, err = explain(capsys, "p")
    assert (code, out) == (2, "")
    assert "`metadata` is missing" in err
