"""doorward check: streams, exit codes and every option; what is decided is the engine's and tested there."""

import io
import json
import re
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.commands.checking import FORMATS, Check, Outcome
from tests.objects import pod, policy, workload

LATEST = "registry.corp.example/web:latest"
NO_LATEST = policy("- {name: no-latest, images: {tag: {forbid: [latest]}}}")


@pytest.fixture
def check(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Check:
    """`doorward check` in a folder with one rule against the tag latest."""
    monkeypatch.chdir(tmp_path)
    return Check(tmp_path, capsys, NO_LATEST)


def text(*objects: dict[str, Any]) -> str:
    return "---\n".join(json.dumps(obj) + "\n" for obj in objects)


GOOD, BAD = text(pod()), text(pod(image=LATEST))


def rules_with(match: str = "", mode: str = "enforce") -> str:
    spec = {"mode": mode, **({"match": match} if match else {})}
    return policy("- {name: no-latest, images: {tag: {forbid: [latest]}}}", **spec)


SELECTOR = "{namespaceSelector: {matchLabels: {tier: prod}}}"


# exit codes and streams


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    ("content", "rules", "code"),
    [
        (GOOD, NO_LATEST, 0),
        (BAD, NO_LATEST, 1),
        (BAD, rules_with(mode="warn"), 0),
        ("a: [1\n", NO_LATEST, 2),
        (f"{BAD}---\na: [1\n", NO_LATEST, 2),
        ("# nothing\n", NO_LATEST, 3),
        (BAD, rules_with(SELECTOR), 3),
        (text(pod(), {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}), NO_LATEST, 0),
    ],
)
def test_the_exit_code_is_the_same_for_every_format(
    check: Check, form: str, content: str, rules: str, code: int
) -> None:
    check.rules(rules)
    assert check.of(content, "-o", form).code == code


@pytest.mark.parametrize("form", FORMATS)
def test_the_summary_is_on_standard_error_and_a_machine_format_is_alone_on_standard_output(
    check: Check, form: str
) -> None:
    outcome = check.of(BAD, "-o", form)
    assert "Checked 1 object in 1 file" in outcome.err
    assert "Checked 1 object" not in outcome.out
    assert LATEST in outcome.out
    if form in ("json", "sarif"):
        json.loads(outcome.out)
    elif form == "junit":
        ET.fromstring(outcome.out)
    elif form == "github":
        assert all(line.startswith("::") for line in outcome.out.splitlines())


def test_a_clean_run_says_nothing_on_standard_output(check: Check) -> None:
    outcome = check.of(GOOD)
    assert (outcome.code, outcome.out) == (0, "")
    assert "0 denied" in outcome.err


def test_broken_rules_are_told_on_standard_error_and_nothing_is_checked(check: Check) -> None:
    check.rules(NO_LATEST.replace("images:", "image:"))
    outcome = check.of(BAD)
    assert (outcome.code, outcome.out) == (2, "")
    assert "did you mean `images`?" in outcome.err


@pytest.mark.parametrize(
    ("mode", "fail_on", "code"),
    [
        ("enforce", "deny", 1),
        ("enforce", "warn", 1),
        ("enforce", "audit", 1),
        ("warn", "deny", 0),
        ("warn", "warn", 1),
        ("warn", "audit", 1),
        ("audit", "deny", 0),
        ("audit", "warn", 0),
        ("audit", "audit", 1),
    ],
)
def test_fail_on_says_from_which_findings_on_a_check_fails(check: Check, mode: str, fail_on: str, code: int) -> None:
    check.rules(rules_with(mode=mode))
    assert check.of(BAD, "--fail-on", fail_on).code == code


# inputs


def test_files_folders_and_globs_may_be_named_together(check: Check) -> None:
    (check.folder / "deep").mkdir()
    names = [check.file(GOOD, name) for name in ("one.yaml", "deep/two.yml", "deep/three.json")]
    assert "Checked 3 objects in 3 files" in check(*names).err
    assert "Checked 2 objects in 2 files" in check("deep").err
    assert "Checked 1 object in 1 file" in check("deep/*.json").err


def test_standard_input_is_a_dash(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BAD.encode())))
    outcome = check("-")
    assert outcome.code == 1
    assert LATEST in outcome.out


def test_documents_of_our_own_are_said_and_not_checked(check: Check) -> None:
    outcome = check.of(f"{GOOD}---\n{NO_LATEST}")
    assert outcome.code == 0
    assert "1 document" in outcome.err
    assert "doorward lint" in outcome.err


# rules


def test_several_rules_folders_are_one(check: Check) -> None:
    (check.folder / "more").mkdir()
    other = policy("- {name: pids, fields: {pod: spec.hostPID, forbidden: true}}").replace("name: p}", "name: q}")
    (check.folder / "more" / "rules.yaml").write_text(other)
    bad = text(pod({"spec": {"hostPID": True}}, image=LATEST))
    found = [check.of(bad, *words).out for words in ((), ("-p", "more"), ("-p", "policies", "--policies", "more"))]
    assert [("[no-latest]" in out, "[pids]" in out) for out in found] == [(True, False), (False, True), (True, True)]


def test_a_profile_is_chosen_by_name(check: Check) -> None:
    head = "---\napiVersion: doorward.dev/v1\nkind: Profile\n"
    profiles = "".join(f"{head}metadata: {{name: {mode}}}\nspec: {{mode: {mode}}}\n" for mode in ("warn", "enforce"))
    check.rules(NO_LATEST + profiles)
    assert [check.of(BAD, "--profile", mode).code for mode in ("warn", "enforce")] == [0, 1]
    undecided = check.of(BAD)
    assert (undecided.code, undecided.out) == (2, "")
    assert "choose one with --profile" in undecided.err
    assert "did you mean enforce" in check.of(BAD, "--profile", "enforec").err


def test_without_a_rules_folder_the_cure_is_told(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    name = check.folder / check.file(BAD)
    (check.folder / "elsewhere").mkdir()
    monkeypatch.chdir(check.folder / "elsewhere")
    outcome = check(str(name))
    assert (outcome.code, outcome.out) == (2, "")
    assert "--policies DIR" in outcome.err


# namespaces


NOWHERE = text(pod({"metadata": {"namespace": None}}, image=LATEST))


def test_the_namespace_is_the_objects_own_or_the_one_that_is_told_or_default_and_said(check: Check) -> None:
    check.rules(rules_with("{namespaces: {include: [pay]}}"))
    unsaid, told, own = check.of(NOWHERE), check.of(NOWHERE, "-n", "pay"), check.of(BAD, "--namespace", "pay")
    assert (unsaid.code, told.code, own.code) == (0, 1, 0)
    assert "checked as if in `default`" in unsaid.err
    assert "checked as if in `default`" not in told.err + own.err


def namespace(name: str, **labels: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def test_labels_of_namespaces_come_from_a_file_or_from_the_inputs_and_the_inputs_win(check: Check) -> None:
    check.rules(rules_with(SELECTOR))
    check.file(text(namespace("shop", tier="prod")), "prod.yaml")
    check.file(text(namespace("shop", tier="test")), "test.yaml")
    check.file(BAD)
    assert check("a.yaml").code == 3
    assert check("a.yaml", "--namespaces", "prod.yaml").code == 1
    assert check("a.yaml", "--namespaces", "test.yaml").code == 0
    assert check("a.yaml", "prod.yaml").code == 1
    assert check("a.yaml", "test.yaml", "--namespaces", "prod.yaml").code == 0
    assert check("a.yaml", "--namespaces", "nowhere.yaml").code == 2


# the request


def test_the_user_is_who_is_told_and_without_one_a_criterion_on_users_is_undecided(check: Check) -> None:
    check.rules(rules_with("{users: {include: {names: [alice], groups: [devs]}}}"))
    codes = [
        check.of(BAD, *words).code
        for words in (
            (),
            ("--as", "alice"),
            ("--as", "bob"),
            ("--as", "bob", "--as-group", "ops", "--as-group", "devs"),
        )
    ]
    assert codes == [3, 1, 0, 1]


def test_a_user_without_groups_is_authenticated_and_nothing_else(check: Check) -> None:
    check.rules(rules_with('{users: {include: {groups: ["system:authenticated"]}}}'))
    assert check.of(BAD, "--as", "bob").code == 1
    assert check.of(BAD, "--as", "bob", "--as-group", "devs").code == 0


def test_a_group_needs_a_user(check: Check) -> None:
    outcome = check.of(BAD, "--as-group", "devs")
    assert (outcome.code, outcome.out) == (2, "")
    assert "--as-group needs --as USER" in outcome.err


@pytest.mark.parametrize(
    ("operations", "arguments", "code"),
    [
        ("[CREATE]", (), 1),
        ("[UPDATE]", (), 0),
        ("[UPDATE]", ("--operation", "UPDATE"), 1),
        ("[DELETE]", ("--operation", "DELETE"), 1),
        ("[CREATE]", ("--operation", "DELETE"), 0),
        ("[UPDATE]", ("--old", "old.yaml"), 1),
        ("[CREATE]", ("--old", "old.yaml"), 0),
    ],
)
def test_the_operation_is_the_one_that_is_told_and_an_old_file_makes_it_an_update(
    check: Check, operations: str, arguments: tuple[str, ...], code: int
) -> None:
    check.rules(rules_with(f"{{operations: {operations}}}"))
    check.file(GOOD, "old.yaml")
    assert check.of(BAD, *arguments).code == code


def changed(**metadata: Any) -> str:
    return text(pod({"metadata": metadata}, image=LATEST))


def test_what_the_old_object_already_had_only_warns(check: Check) -> None:
    check.file(BAD, "old.yaml")
    outcome = check.of(changed(labels={"a": "b"}), "--old", "old.yaml")
    assert outcome.code == 0
    assert LATEST in outcome.out
    assert check.of(changed(labels={"a": "b"}), "--old", "old.yaml", "--fail-on", "warn").code == 1


def test_the_old_object_is_the_one_of_the_same_kind_namespace_and_name(check: Check) -> None:
    check.file(BAD, "old.yaml")
    assert check.of(changed(name="other"), "--old", "old.yaml").code == 1
    assert check.of(changed(namespace="pay"), "--old", "old.yaml").code == 1


def test_an_old_object_that_names_no_namespace_is_in_the_one_that_is_told(check: Check) -> None:
    check.file(NOWHERE, "old.yaml")
    assert check.of(changed(labels={"a": "b"}), "--old", "old.yaml", "-n", "shop").code == 0


def test_the_old_object_is_of_the_same_group_too(check: Check) -> None:
    foreign = {**json.loads(BAD), "apiVersion": "acme.example/v1"}
    check.file(text(foreign), "old.yaml")
    assert check.of(changed(labels={"a": "b"}), "--old", "old.yaml").code == 1


@pytest.mark.parametrize("option", ["--old", "--namespaces"])
@pytest.mark.parametrize("form", FORMATS)
def test_a_file_beside_the_inputs_that_cannot_be_read_is_exit_code_2_in_every_format(
    check: Check, option: str, form: str
) -> None:
    check.file("a: [1\n", "beside.yaml")
    outcome = check.of(GOOD, option, "beside.yaml", "-o", form)
    assert outcome.code == 2
    assert "beside.yaml" in outcome.out


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        ("2026-12-31", 0),
        ("2027-01-01", 1),
        ("2026-12-31T23:59:59Z", 0),
        ("2027-01-01T00:00:00Z", 1),
        ("2027-01-01T00:30:00+01:00", 0),
    ],
)
def test_the_moment_is_the_one_that_is_told(check: Check, moment: str, code: int) -> None:
    check.rules(NO_LATEST.replace("  rules:", "  rollout: [{mode: warn}, {mode: enforce, from: 2027-01-01}]\n  rules:"))
    assert check.of(BAD, "--at", moment).code == code


@pytest.mark.parametrize("moment", ["tomorrow", "2027-13-01", "12:00"])
def test_what_is_no_moment_is_refused(check: Check, moment: str) -> None:
    outcome = check.of(BAD, "--at", moment)
    assert (outcome.code, outcome.out) == (2, "")
    assert f"--at {moment} is no moment" in outcome.err


# changes


FILLS = policy("- {name: safe, defaults: {default: {pod: {hostUsers: false}}}}")


def diffed(outcome: Outcome) -> list[str]:
    return [line for line in outcome.out.splitlines() if line.startswith(("+", "-")) and line[:3] not in ("+++", "---")]


def test_a_diff_shows_what_the_rules_change_and_nothing_that_the_api_server_fills_in(check: Check) -> None:
    check.rules(FILLS)
    outcome = check.of(GOOD, "--diff")
    assert outcome.code == 0
    assert diffed(outcome) == ["+  hostUsers: false"]
    assert "a.yaml (Pod shop/web)" in outcome.out


def test_there_is_no_diff_where_nothing_changes_or_nobody_asked(check: Check) -> None:
    check.rules(FILLS)
    assert check.of(GOOD).out == ""
    assert check.of(text(pod({"spec": {"hostUsers": False}})), "--diff").out == ""
    assert check.of(text(workload("Deployment")), "--diff").out == ""


@pytest.mark.parametrize("form", ["json", "sarif", "junit", "github"])
def test_a_machine_format_stays_alone_on_standard_output_with_diff_too(check: Check, form: str) -> None:
    check.rules(FILLS)
    with_diff, without = (check.of(GOOD, *words, "-o", form).out for words in (("--diff",), ()))
    timing = r'("seconds": |time=")[0-9.]+'
    assert re.sub(timing, "", with_diff) == re.sub(timing, "", without)


# colour


def test_colour_is_for_terminals_unless_it_is_told(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[" not in check.of(BAD).text
    assert "\x1b[" not in check.of(BAD, "--color", "never").text
    assert "\x1b[" in check.of(BAD, "--color", "always").out
