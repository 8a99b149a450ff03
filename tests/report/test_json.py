import json
from pathlib import Path
from typing import Any

import jsonschema

from tests.objects import IMAGE
from tests.report.findings import TAG, checked, pinned, root, run, secret, tag
from webhook.admission.edits import Note
from webhook.admission.finding import Cause, Mode, Standing
from webhook.report.json import report
from webhook.report.result import Outlook, Run
from webhook.source.problem import Place, Problem

SCHEMA = json.loads(Path(__file__).with_name("check.schema.json").read_text(encoding="utf-8"))


def told(done: Run) -> dict[str, Any]:
    """The report, which obeys its schema."""
    document: dict[str, Any] = json.loads(report(done))
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    return document


def test_a_finding_is_told_with_everything_a_program_needs() -> None:
    done = run(checked(tag(mode=Mode.WARN)), outlook=Outlook({TAG.id: "2027-01-10"}))
    (one,) = told(done)["objects"]
    assert one["findings"] == [
        {
            "rule": "image-tags/image-tag-pinned",
            "severity": "high",
            "mode": "warn",
            "action": "warn",
            "cause": "violates",
            "standing": "new",
            "path": "spec.template.spec.containers[0].image",
            "pointer": "/spec/template/spec/containers/0/image",
            "container": "web",
            "value": "nginx:latest",
            "hidden": False,
            "message": '"nginx:latest" has no fixed version',
            "fix": "use a version tag or digest, for example nginx:1.27.2",
            "why": "A moving tag changes what runs without anybody deciding it.",
            "title": "Images have a fixed version",
            "docs": "https://policies.acme.example/image-tags",
            "team": "platform",
            "contact": "#platform-help",
            "exception": "",
            "deniesFrom": "2027-01-10",
            "file": "deploy/web.yaml",
            "line": 13,
            "column": 16,
        }
    ]


def test_an_object_is_told_with_its_verdict_and_where_it_stands() -> None:
    (one,) = told(run(checked(tag())))["objects"]
    assert {key: one[key] for key in ("kind", "group", "namespace", "name", "operation", "verdict", "id")} == {
        "kind": "Deployment",
        "group": "apps",
        "namespace": "shop",
        "name": "web",
        "operation": "CREATE",
        "verdict": "denied",
        "id": "7f3c2a1b",
    }
    assert (one["file"], one["line"], one["revision"]) == ("deploy/web.yaml", 1, "0123456789ab")


def test_the_object_is_the_authors_with_our_changes_only() -> None:
    one = pinned(checked(notes=(Note(TAG.id, "the image was\npinned"),)))
    defaulted = one.decision._replace(object={**(one.decision.object or {}), "status": {}})
    (shown,) = told(run(one._replace(decision=defaulted)))["objects"]
    expected = json.loads(json.dumps(one.authored))
    expected["spec"]["template"]["spec"]["containers"][0]["image"] = IMAGE
    assert shown["object"] == expected
    assert shown["patch"] == [
        {"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": IMAGE},
    ]
    assert shown["notes"] == [{"rule": TAG.id, "text": "the image was pinned"}]


def test_a_secret_value_is_null_and_marked() -> None:
    (one,) = told(run(checked(secret())))["objects"]
    (finding,) = one["findings"]
    assert (finding["value"], finding["hidden"]) == (None, True)
    assert finding["message"] == "(not shown) is a password"
    assert finding["fix"] == "put (not shown) into a Secret"


def test_of_a_secret_only_the_keys_are_told() -> None:
    manifest = "apiVersion: v1\nkind: Secret\nmetadata: {name: db, namespace: shop}\nstringData: {p: hunter2}\n"
    one = checked(manifest=manifest, patch=({"op": "add", "path": "/stringData/q", "value": "hunter2"},))
    (shown,) = told(run(one))["objects"]
    assert shown["object"]["stringData"] == {"p": "(not shown)"}
    assert shown["patch"] == [{"op": "add", "path": "/stringData/q", "value": "(not shown)"}]


def test_the_summary_counts_objects() -> None:
    excepted = tag(standing=Standing.EXCEPTED, exception="legacy")
    done = run(checked(tag()), checked(tag(cause=Cause.UNAVAILABLE)), checked(excepted), pinned(checked()))
    assert told(done)["summary"] == {
        "objects": 4,
        "files": 4,
        "rules": 23,
        "seconds": 0.114,
        "denied": 1,
        "warned": 0,
        "undecided": 1,
        "changed": 1,
        "dropped": 0,
        "refused": 0,
        "exceptions": ["legacy"],
    }


def test_unreadable_inputs_and_notes_are_told() -> None:
    broken = Problem("not YAML", Place("bad.yaml", 3, 1, 1, "{"), help="close the brace")
    document = told(run(problems=(broken,), notes=("nothing here",)))
    assert document["problems"] == [
        {"level": "error", "message": "not YAML", "help": "close the brace", "file": "bad.yaml", "line": 3, "column": 1}
    ]
    assert document["notes"] == ["nothing here"]


def test_the_report_is_ascii_whatever_was_found() -> None:
    odd = tag(value="\x1b[31m値\ud800", message="odd \x1b値")
    text = report(run(checked(odd, root())))
    assert text.isascii()
    assert all(char == "\n" or ord(char) >= 32 for char in text)
    assert text.endswith("}\n")
