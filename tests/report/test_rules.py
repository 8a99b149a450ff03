import json
from pathlib import Path

import jsonschema

from tests.objects import problems
from webhook.report.rules import Linted, exit_code, github, sarif, summary, text
from webhook.report.rules import json as as_json
from webhook.report.style import Style
from webhook.source.problem import Level, Place, Problem

UNUSED = Problem("the parameter `x` is not used", Place("a.yaml", 2, 3, 1, "  x: {}"), Level.WARNING, "remove it")
UNKNOWN = Problem("unknown key `imags`", Place("b.yaml", 4, 5, 5, "    imags: {}"), help="did you mean `images`?")
FOLDER = Linted((UNUSED, UNKNOWN), files=2, rules=3)


def test_errors_are_told_before_warnings() -> None:
    assert text(FOLDER, Style()) == (
        "error: unknown key `imags`\n --> b.yaml:4:5\n  |\n4 |     imags: {}\n  |     ^^^^^\n  |\n"
        "help: did you mean `images`?\n\n"
        "warning: the parameter `x` is not used\n --> a.yaml:2:3\n  |\n2 |   x: {}\n  |   ^\n  |\n"
        "help: remove it\n\n"
    )


def test_problems_of_one_level_stay_in_the_order_of_the_files() -> None:
    first, second = UNKNOWN, Problem("other", Place("c.yaml", 1, 1, 1, "x"))
    assert Linted((first, UNUSED, second), 3, 1).ordered() == [first, second, UNUSED]


def test_the_closing_line_counts() -> None:
    assert summary(FOLDER, Style()) == "Read 2 files with 3 rules: 1 error, 1 warning.\n"
    assert summary(Linted((), 1, 1), Style()) == "Read 1 file with 1 rule: 0 errors, 0 warnings.\n"


def test_only_errors_fail() -> None:
    assert exit_code(FOLDER) == 2
    assert exit_code(Linted((UNUSED,), 1, 1)) == 0
    assert exit_code(Linted((), 1, 1)) == 0


def test_programs_get_one_document() -> None:
    assert json.loads(as_json(FOLDER)) == {
        "schema": "doorward.dev/lint/v1",
        "summary": {"files": 2, "rules": 3, "errors": 1, "warnings": 1},
        "problems": [
            {
                "level": "error",
                "message": "unknown key `imags`",
                "help": "did you mean `images`?",
                "file": "b.yaml",
                "line": 4,
                "column": 5,
            },
            {
                "level": "warning",
                "message": "the parameter `x` is not used",
                "help": "remove it",
                "file": "a.yaml",
                "line": 2,
                "column": 3,
            },
        ],
    }


def test_sarif_has_one_result_per_problem_and_obeys_the_standard() -> None:
    schema = json.loads(Path(__file__).with_name("sarif.schema.json").read_text(encoding="utf-8"))
    document = json.loads(sarif(FOLDER))
    jsonschema.Draft202012Validator(schema).validate(document)
    shown = [
        (result["ruleId"], result["level"], result["message"]["text"]) for result in document["runs"][0]["results"]
    ]
    assert shown == [
        ("rules-folder/error", "error", "unknown key `imags`. did you mean `images`?"),
        ("rules-folder/warning", "warning", "the parameter `x` is not used. remove it"),
    ]


def test_github_gets_annotations() -> None:
    assert github(FOLDER) == (
        "::error file=b.yaml,line=4,col=5,endColumn=10,title=doorward::"
        "unknown key `imags`%0Ahelp: did you mean `images`?\n"
        "::warning file=a.yaml,line=2,col=3,endColumn=4,title=doorward::"
        "the parameter `x` is not used%0Ahelp: remove it\n"
    )


def test_a_problem_of_a_real_rules_folder_is_told_with_its_line() -> None:
    found = problems("apiVersion: doorward.dev/v1\nkind: Polizy\nmetadata: {name: p}\nspec: {}\n")
    told = text(Linted(found, 1, 0), Style())
    assert "rules.yaml:2:7\n" in told
    assert "2 | kind: Polizy\n  |       ^^^^^^\n" in told
