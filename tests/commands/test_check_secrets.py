"""doorward check and explain tell no secret, whatever a finding beside it is about."""

import json
from pathlib import Path

import pytest

from tests.commands.checking import FORMATS, Check
from tests.objects import policy
from webhook.cli import main

RULES = policy(
    "- {name: once, fields: {container: 'env[*].name', unique: true}}\n"
    "- {name: args, show: false, fields: {container: 'args[*]', notPattern: ['--password=.*']}}\n"
    "- {name: others, fields: {container: 'args[*]', notIn: ['--debug']}}\n"
    "- {name: images, images: {from: [registry.corp.example], rewrite: [{from: docker.io, to: registry.corp.example}]}}"
)
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, annotations: {acme.example/api-token: hunter1}}
spec:
  containers:
  - name: web
    image: nginx
    args: [--password=hunter2, --debug]
    env: [{name: DB_PASSWORD, value: hunter3}, {name: A, value: hunter4}, {name: A, value: hunter5}]
"""
SECRET = "{apiVersion: v1, kind: Secret, metadata: {name: a}, stringData: {p: hunter6}}"


@pytest.fixture
def check(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Check:
    monkeypatch.chdir(tmp_path)
    return Check(tmp_path, capsys, RULES)


def test_every_value_of_a_variable_in_a_shown_line_is_covered(check: Check) -> None:
    out = check.of(POD).out
    assert (
        "9 |     env: [{name: DB_PASSWORD, value: *******}, {name: A, value: *******}, {name: A, value: *******}]\n"
        "  |                                                                                  "
        '^ is "A" a second time, must be unique\n'
    ) in out


def test_what_a_rule_does_not_show_is_covered_for_the_other_rules_too(check: Check) -> None:
    out = check.of(POD).out
    assert "8 |     args: [******************, --debug]\n" in out
    assert '^^^^^^^^^^^^^^^^^^ is (not shown), must not match "--password=.*"\n' in out
    assert '^^^^^^^ is "--debug", must not be "--debug"\n' in out


@pytest.mark.parametrize("form", FORMATS)
def test_no_format_tells_a_value_that_is_not_shown(check: Check, form: str) -> None:
    assert "hunter2" not in check.of(POD, "-o", form).text


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "json"])
def test_no_format_for_people_and_code_hosts_tells_any_secret(check: Check, form: str) -> None:
    assert "hunter" not in check.of(POD, "-o", form).text


def test_json_says_that_the_value_is_hidden(check: Check) -> None:
    (one,) = json.loads(check.of(POD, "-o", "json").out)["objects"]
    (found,) = [finding for finding in one["findings"] if finding["rule"] == "p/args"]
    assert (found["value"], found["hidden"]) == (None, True)
    assert one["object"]["spec"]["containers"][0]["args"] == ["(not shown)", "--debug"]


def test_the_diff_tells_no_secret_and_says_which_are_new(check: Check) -> None:
    check.rules(policy("- {name: e, defaults: {append: {containers: {env: [{name: Z, value: hunter7}]}}}}"))
    out = check.of(POD.replace("hunter2", "x"), "--diff").out
    assert "hunter" not in out
    assert "+        - name: Z\n+          value: (not shown, new)\n         - name: DB_PASSWORD\n" in out
    assert "         - name: DB_PASSWORD\n           value: (not shown)\n" in out


def test_the_diff_of_a_secret_tells_its_keys_alone(check: Check) -> None:
    rule = "- name: l\n  match: {kinds: [Secret]}\n  defaults: {default: {object: {immutable: true}}}"
    check.rules(policy(rule))
    out = check.of(SECRET, "--diff").out
    assert "+immutable: true" in out
    assert "p: (not shown)" in out
    assert "hunter" not in out


@pytest.mark.parametrize("as_json", [False, True])
def test_another_object_on_the_same_line_tells_nothing_of_a_secret(check: Check, as_json: bool) -> None:
    bad = "{apiVersion: v1, kind: Pod, metadata: {name: b}, spec: {containers: [{name: c, image: 'quay.io/c'}]}}"
    text = f"{{apiVersion: v1, kind: List, items: [{SECRET}, {bad}]}}"
    if as_json:
        from webhook.source import yaml

        text = json.dumps(yaml.read(text.encode(), "a").documents[0].value)
    out = check.of(text).out
    assert "quay.io/c" in out
    assert "hunter" not in out


def test_a_value_behind_an_alias_a_merge_and_over_several_lines_is_covered(check: Check) -> None:
    text = (
        "apiVersion: v1\nkind: Pod\n"
        "metadata: {name: web, namespace: shop, labels: {a: &pw hunter1}}\n"
        "spec:\n  containers:\n  - name: web\n    image: registry.corp.example/a:1\n"
        "    env: [{name: A, value: *pw}, &b {name: B, value: hunter2}, {name: C, <<: *b}, {name: D, value: 'hunter3\n"
        "      hunter4'}, {name: A, value: x}]\n"
    )
    outcome = check.of(text)
    assert '"A" a second time' in outcome.out
    assert "hunter" not in outcome.out


def test_a_misspelt_value_beside_a_finding_is_covered(check: Check) -> None:
    text = POD.replace("value: hunter4", "valeu: hunter4")
    assert "hunter" not in check.of(text).out


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (POD.replace("hunter3}", "hunter3, value: hunter4}"), "9 |     env: [{name: DB_PASSWORD, value: ***"),
        (f"{SECRET[:-1]}, stringData: {{q: hunter7}}}}", "1 | ****"),
        ("kind: Secret\nstringData:\n  p: hunter6: hunter7\n", "3 |   p: ****"),
        ("kind: Secret\nstringData:\n  p: 'hunter6\n  \n", "3 |   p: ****"),
        ("kind: Pod\nenv:\n- name: A\n  value: 'hunter6\n", "4 |   value: ****"),
    ],
)
def test_a_file_that_cannot_be_read_tells_no_secret(check: Check, text: str, shown: str) -> None:
    outcome = check.of(text)
    assert outcome.code == 2
    assert shown in outcome.out
    assert "hunter" not in outcome.text


@pytest.mark.parametrize("form", ["text", "json"])
def test_explain_tells_no_secret(check: Check, capsys: pytest.CaptureFixture[str], form: str) -> None:
    main(["explain", check.file(POD), "-o", form])
    assert "hunter" not in capsys.readouterr().out
