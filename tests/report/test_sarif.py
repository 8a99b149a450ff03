import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.report.findings import MANIFEST, TAG, checked, root, run, secret, tag
from webhook.admission.finding import Cause, Finding, Mode, Severity, Standing
from webhook.report import sarif
from webhook.report.result import Run
from webhook.source.problem import Place, Problem

SCHEMA = json.loads(Path(__file__).with_name("sarif.schema.json").read_text(encoding="utf-8"))


def told(done: Run) -> dict[str, Any]:
    """The only run of the log, which obeys the standard and what GitHub asks beyond it."""
    document = json.loads(sarif.report(done))
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    (only,) = document["runs"]
    return dict(only)


def result(finding: Finding, **changes: Any) -> dict[str, Any]:
    (only,) = told(run(checked(finding))._replace(**changes))["results"]
    return dict(only)


def test_a_finding_is_one_result_at_one_place() -> None:
    shown = result(tag())
    assert shown["ruleId"] == "image-tags/image-tag-pinned"
    assert (shown["kind"], shown["level"]) == ("fail", "error")
    assert shown["message"]["text"] == (
        'Deployment shop/web: spec.template.spec.containers[0].image (web): "nginx:latest" has no fixed version. '
        "Fix: use a version tag or digest, for example nginx:1.27.2"
    )
    assert shown["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "deploy/web.yaml"},
        "region": {"startLine": 13, "startColumn": 16, "endColumn": 28},
    }


@pytest.mark.parametrize(
    ("finding", "kind", "level"),
    [
        (tag(mode=Mode.WARN), "fail", "warning"),
        (tag(mode=Mode.AUDIT), "fail", "note"),
        (tag(cause=Cause.UNAVAILABLE), "open", "none"),
        (tag(cause=Cause.FAILED), "open", "none"),
    ],
)
def test_kind_and_level_keep_undecided_apart(finding: Finding, kind: str, level: str) -> None:
    shown = result(finding)
    assert (shown["kind"], shown["level"]) == (kind, level)


def test_what_is_undecided_is_told_as_a_notification_too() -> None:
    only = told(run(checked(tag(cause=Cause.UNAVAILABLE, path=(), container="", message="no labels", fix=None))))
    assert only["invocations"][0]["toolExecutionNotifications"] == [
        {
            "level": "warning",
            "message": {"text": "image-tags/image-tag-pinned: Deployment shop/web: no labels"},
            "associatedRule": {"id": "image-tags/image-tag-pinned"},
        }
    ]
    assert only["invocations"][0]["executionSuccessful"] is True


def test_an_excepted_finding_is_suppressed_by_name() -> None:
    shown = result(tag(standing=Standing.EXCEPTED, exception="legacy"))
    assert shown["suppressions"] == [
        {"kind": "external", "status": "accepted", "justification": "exception legacy"},
    ]


def test_a_fingerprint_survives_moved_lines_and_tells_places_apart() -> None:
    (moved,) = told(run(checked(tag(), manifest="# one more line\n" + MANIFEST)))["results"]
    assert moved["locations"][0]["physicalLocation"]["region"]["startLine"] == 14
    assert moved["partialFingerprints"] == result(tag())["partialFingerprints"]
    others = [tag(path=(*tag().path[:-1], "imagePullPolicy")), tag(rule=TAG._replace(policy="other"))]
    prints = [shown["partialFingerprints"]["doorward/v1"] for shown in map(result, [tag(), *others])]
    assert len(set(prints)) == 3


def test_rules_are_described_once_with_help_and_severity() -> None:
    driver = told(run(checked(tag(), root(), tag(1))))["tool"]["driver"]
    assert [rule["id"] for rule in driver["rules"]] == ["pod-security/run-as-non-root", "image-tags/image-tag-pinned"]
    critical, high = driver["rules"]
    assert high["helpUri"] == "https://policies.acme.example/image-tags"
    assert "helpUri" not in critical
    assert high["help"]["text"] == (
        "A moving tag changes what runs without anybody deciding it.\n\n"
        "Ask: platform, #platform-help\n\nMore: https://policies.acme.example/image-tags"
    )
    severities = [rule["properties"]["security-severity"] for rule in driver["rules"]]
    assert severities == ["9.5", "8.0"]


def test_results_refer_to_their_rule_by_index() -> None:
    only = told(run(checked(tag(), root())))
    rules = only["tool"]["driver"]["rules"]
    assert [rules[shown["ruleIndex"]]["id"] for shown in only["results"]] == [
        shown["ruleId"] for shown in only["results"]
    ]


def test_files_are_told_relative_to_the_repository() -> None:
    shown = result(tag(), root="/repo", cwd="/repo/apps")
    assert shown["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "apps/deploy/web.yaml"


def test_a_file_name_is_written_as_a_uri() -> None:
    (only,) = told(run(checked(tag(), file="my deploy/wéb\udcff.yaml")))["results"]
    uri = only["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "my%20deploy/w%C3%A9b%3F.yaml"


def test_lines_and_columns_begin_at_1() -> None:
    one = checked(tag())._replace(place=lambda path, on: Place("web.yaml", 0, 0, 0, ""))
    (only,) = told(run(one))["results"]
    assert only["locations"][0]["physicalLocation"]["region"] == {"startLine": 1, "startColumn": 1, "endColumn": 2}


def test_an_unreadable_input_is_no_result_but_no_success_either() -> None:
    broken = Problem("not YAML", Place("bad.yaml", 3, 1, 1, "{"), help="close the brace")
    only = told(run(checked(), problems=(broken,)))
    assert only["results"] == []
    invocation = only["invocations"][0]
    assert invocation["executionSuccessful"] is False
    (notification,) = invocation["toolExecutionNotifications"]
    assert (notification["level"], notification["message"]["text"]) == ("error", "not YAML (close the brace)")


def test_a_rule_that_broke_is_no_success() -> None:
    assert told(run(checked(tag(cause=Cause.FAILED))))["invocations"][0]["executionSuccessful"] is False


def test_secrets_stay_out() -> None:
    assert "hunter2" not in sarif.report(run(checked(secret())))


def test_too_many_results_are_cut_after_the_most_severe_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "MOST", 3)
    low = TAG._replace(name="low", severity=Severity.LOW)
    findings = [tag(rule=low), tag(mode=Mode.WARN), tag(), root(), tag(mode=Mode.AUDIT)]
    only = told(run(checked(*findings)))
    assert [shown["ruleId"].split("/")[1] for shown in only["results"]] == [
        "run-as-non-root",
        "image-tag-pinned",
        "low",
    ]
    (notice,) = only["invocations"][0]["toolExecutionNotifications"]
    assert notice["message"]["text"] == "2 of 5 findings are left out: a SARIF file holds 3"


def test_more_results_than_are_shown_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "SHOWN", 1)
    (notice,) = told(run(checked(tag(), root())))["invocations"][0]["toolExecutionNotifications"]
    assert notice["message"]["text"] == "GitHub shows only the first 1 of 2 findings"
