"""`doorward test` as a user runs it: what is printed where, and the exit code."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.commands.checking import Outcome
from tests.objects import policy
from webhook.cli import main

ROOT = Path(__file__).parents[2]

RULES = policy("- {name: ours, images: {from: [registry.corp.example]}}")
HEAD = "apiVersion: doorward.dev/v1\nkind: PolicyTest\nmetadata: {name: p}\nspec:\n  policy: p\n  cases:\n"
PASSES = "  - {name: ours is fine, expect: allowed}\n"
REFUSES = "  - {name: another is refused, with: {image: 'nginx:1'}, expect: denied}\n"
UNTRUE = "  - name: another is fine\n    with: {image: 'nginx:1'}\n    expect: {decision: allowed}\n"

Run = Callable[..., Outcome]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`doorward test ARGUMENTS` in a folder with rules; whatever happens, no trace."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies/p.yaml").write_text(RULES, encoding="utf-8")

    def ran(*arguments: str, cases: str = "") -> Outcome:
        if cases:
            (tmp_path / "policies/p.test.yaml").write_text(HEAD + cases, encoding="utf-8")
        code = main(["test", *arguments])
        streams = capsys.readouterr()
        assert "Traceback" not in streams.out + streams.err
        assert "internal error" not in streams.err
        return Outcome(code, streams.out, streams.err)

    return ran


def seconds(text: str) -> str:
    return re.sub(r"\d+\.\d+ s", "N s", text)


def test_cases_that_come_out_as_expected_say_nothing_and_are_counted(run: Run) -> None:
    outcome = run(cases=PASSES + REFUSES)
    assert (outcome.code, outcome.out) == (0, "")
    assert seconds(outcome.err) == "Ran 2 cases of 1 policy in N s: 2 passed, 0 failed.\n"


def test_a_case_that_does_not_is_shown_at_its_line_with_what_was_found(run: Run) -> None:
    outcome = run(cases=PASSES + REFUSES + UNTRUE)
    assert outcome.code == 1
    assert outcome.out == (
        "error: another is fine\n"
        "  --> policies/p.test.yaml:11:24   PolicyTest p\n"
        "   |\n"
        " 9 |   - name: another is fine\n"
        "...\n"
        "11 |     expect: {decision: allowed}\n"
        "   |                        ^^^^^^^ the decision is denied\n"
        "    - expected   + found\n"
        "    - decision: allowed\n"
        "    + decision: denied\n"
        '    found: ours at spec.containers[0].image (deny): "nginx:1" comes from docker.io/library/nginx, '
        "which is not allowed\n\n"
    )
    assert seconds(outcome.err) == "Ran 3 cases of 1 policy in N s: 2 passed, 1 failed.\n"


@pytest.mark.parametrize(
    ("expect", "lines"),
    [
        (
            "{findings: [{rule: ours, path: spec.x}]}",
            [
                "- findings: ours at spec.x",
                '+ findings: ours at spec.containers[0].image (deny): "nginx:1" comes from docker.io/library/nginx, '
                "which is not allowed",
            ],
        ),
        (
            "{warnings: [ours]}",
            [
                "- warnings: ours",
                'found: ours at spec.containers[0].image (deny): "nginx:1" comes from docker.io/library/nginx, '
                "which is not allowed",
            ],
        ),
        (
            "{decision: denied, patch: [{op: remove, path: /spec}]}",
            [
                '- patch: {"op": "remove", "path": "/spec"}',
                'found: ours at spec.containers[0].image (deny): "nginx:1" comes from docker.io/library/nginx, '
                "which is not allowed",
            ],
        ),
        (
            "{decision: denied, object: {labels: {a: b}}}",
            [
                '- object: labels = {"a": "b"}',
                "+ object: labels = nothing",
                'found: ours at spec.containers[0].image (deny): "nginx:1" comes from docker.io/library/nginx, '
                "which is not allowed",
            ],
        ),
    ],
)
def test_a_difference_is_told_line_by_line(run: Run, expect: str, lines: list[str]) -> None:
    outcome = run(cases=f"  - {{name: c, with: {{image: 'nginx:1'}}, expect: {expect}}}\n")
    told = outcome.out.partition("    - expected   + found\n")[2].partition("\n\n")[0]
    assert [line.strip() for line in told.splitlines()] == lines


def test_where_no_rule_applied_that_is_said(run: Run) -> None:
    service = "{apiVersion: v1, kind: Service, metadata: {name: s}}"
    outcome = run(cases=f"  - {{name: c, object: {service}, expect: denied}}\n")
    assert outcome.out.endswith(
        "    no rule of the policy applied\n\nwarning: policies/p.yaml:3:18: p has no case that passes\n"
    )


@pytest.mark.parametrize(
    ("cases", "lacks"),
    [(PASSES, "no case that finds something"), (REFUSES, "no case that passes")],
)
def test_a_policy_that_lacks_cases_is_told(run: Run, cases: str, lacks: str) -> None:
    outcome = run(cases=cases)
    assert (outcome.code, outcome.out) == (0, f"warning: policies/p.yaml:3:18: p has {lacks}\n")


def test_where_nothing_is_tested_the_code_is_3(run: Run) -> None:
    outcome = run()
    assert (outcome.code, outcome.err) == (3, "Nothing was tested: no case was found.\n")
    assert outcome.out == "warning: policies/p.yaml:3:18: p has no case\n"


def test_a_word_chooses_cases_by_name_or_policy(run: Run) -> None:
    assert seconds(run("-k", "FINE", cases=PASSES + REFUSES).err).startswith("Ran 1 case of 1 policy")
    assert seconds(run("-k", "p").err).startswith("Ran 2 cases")
    chosen = run("-k", "nowhere")
    assert (chosen.code, chosen.out) == (3, "")


def test_broken_cases_are_told_before_anything_runs(run: Run) -> None:
    outcome = run(cases="  - {name: c, expect: maybe}\n")
    assert (outcome.code, outcome.out) == (2, "")
    assert "error: `maybe` is not one of allowed, denied, undecided" in outcome.err
    assert "policies/p.test.yaml:7:23" in outcome.err


def test_cases_elsewhere_are_run_under_the_rules_that_are_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/a.yaml").write_text(HEAD + PASSES, encoding="utf-8")
    outcome = run("mine", "-p", "policies", cases=PASSES + REFUSES)
    assert (outcome.code, seconds(outcome.err)) == (0, "Ran 1 case of 1 policy in N s: 1 passed, 0 failed.\n")
    alone = run("mine")
    assert alone.code == 2
    assert "there is no policy `p` here" in alone.err


def test_a_file_is_found_from_the_document(run: Run, tmp_path: Path) -> None:
    (tmp_path / "manifests").mkdir()
    pod = "{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {containers: [{name: x, image: 'nginx:1'}]}}"
    (tmp_path / "manifests/pod.yaml").write_text(pod, encoding="utf-8")
    case = "  - {{name: c, file: ../manifests/{}, with: {{labels: {{a: b}}}}, expect: denied}}\n"
    assert run(cases=case.format("pod.yaml")).code == 0
    missing = run(cases=case.format("none.yaml"))
    assert missing.code == 2
    assert missing.err.startswith("doorward: error: policies/p.test.yaml:7:21: ")
    (tmp_path / "manifests/two.yaml").write_text(f"{pod}\n---\n{pod}\n", encoding="utf-8")
    assert "two.yaml holds 2 objects; a case is about one" in run(cases=case.format("two.yaml")).err


def test_parameters_that_break_the_policy_are_told_in_the_policy(run: Run, tmp_path: Path) -> None:
    rules = policy("- {name: ours, images: {from: ['${r}']}}", parameters="{r: {type: string, default: a.example}}")
    (tmp_path / "policies/p.yaml").write_text(rules, encoding="utf-8")
    head = HEAD.replace("  cases", "  parameters: {r: nginx}\n  cases")
    (tmp_path / "policies/p.test.yaml").write_text(head + PASSES, encoding="utf-8")
    outcome = run()
    assert (outcome.code, outcome.out) == (2, "")
    assert "policies/p.yaml" in outcome.err


def test_json_has_every_case_with_its_differences(run: Run) -> None:
    outcome = run("-o", "json", cases=PASSES + UNTRUE)
    assert outcome.code == 1
    document = json.loads(outcome.out)
    assert document["schema"] == "doorward.dev/test/v1"
    assert {key: document["summary"][key] for key in ("cases", "passed", "failed")} == {
        "cases": 2,
        "passed": 1,
        "failed": 1,
    }
    fine, untrue = document["cases"]
    assert (fine["passed"], fine["mismatches"]) == (True, [])
    assert untrue == {
        "test": "p",
        "policy": "p",
        "name": "another is fine",
        "file": "policies/p.test.yaml",
        "line": 8,
        "column": 11,
        "passed": False,
        "decision": "denied",
        "mismatches": [{"at": "expect.decision", "expected": "allowed", "found": "denied"}],
    }
    assert document["untested"] == [
        {"policy": "p", "lacks": "no case that finds something", "file": "policies/p.yaml", "line": 3}
    ]


def test_junit_goes_to_standard_output_or_to_a_file_beside_the_text(run: Run, tmp_path: Path) -> None:
    printed = run("-o", "junit", cases=PASSES + UNTRUE)
    written = run("--junit", "report.xml")
    assert (printed.code, written.code) == (1, 1)
    assert written.out.startswith("error: another is fine\n")
    for text in (printed.out, (tmp_path / "report.xml").read_text(encoding="utf-8")):
        root = ElementTree.fromstring(text)
        [suite] = root
        assert (root.tag, suite.get("name"), suite.get("tests"), suite.get("failures")) == ("testsuites", "p", "2", "1")
        fine, untrue = suite
        assert (fine.get("classname"), fine.get("name"), len(fine)) == ("p", "ours is fine", 0)
        [failure] = untrue
        assert failure.get("message") == "the decision is denied"
        assert (failure.text or "").startswith("policies/p.test.yaml:10:24\n- decision: allowed\n+ decision: denied\n")


def test_a_report_that_cannot_be_written_is_told(run: Run) -> None:
    outcome = run("--junit", "nowhere/report.xml", cases=PASSES)
    assert outcome.code == 2
    assert outcome.err == "doorward: error: --junit nowhere/report.xml: No such file or directory\n"


def test_names_cannot_move_the_cursor(run: Run) -> None:
    outcome = run(cases='  - {name: "a\\e[2Jb\\nc", expect: denied}\n')
    assert outcome.out.startswith("error: a�[2Jb c\n")


def test_the_example_of_the_readme_passes(run: Run, tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    ours = [block for block in blocks if "doorward.dev/v1" in block]
    (tmp_path / "policies/p.yaml").write_text("---\n".join(ours), encoding="utf-8")
    outcome = run()
    assert (outcome.code, outcome.out) == (0, "")
    assert seconds(outcome.err) == "Ran 2 cases of 1 policy in N s: 2 passed, 0 failed.\n"
