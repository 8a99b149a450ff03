"""The report as JUnit XML, for CI systems: a suite per file, a case per object.

An object that fails (as the exit code counts it) is a failure, one that is undecided or unreadable is an error, and
what only warns stands in the output of a case that passes.
"""

from collections.abc import Iterable

from webhook.admission.finding import Cause, Finding
from webhook.report.grouping import said
from webhook.report.result import Checked, FailOn, Run, counts
from webhook.report.words import one_line
from webhook.source.problem import Problem

_XML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})

Case = tuple[str, str]
"""The outcome of a case (failure, error or passed) and its XML."""


def report(run: Run, fail_on: FailOn = FailOn.DENY) -> str:
    """The whole run as one XML document."""
    suites: dict[str, list[Case]] = {}
    for problem in run.unreadable:
        suites.setdefault(problem.place.file, []).append(_unreadable(problem))
    for one in run.checked:
        suites.setdefault(one.file, []).append(_case(one, fail_on))
    cases = [case for suite in suites.values() for case in suite]
    body = "".join(_suite(file, suite) for file, suite in suites.items())
    head = f'<testsuites name="doorward" {_counts(cases)} time="{run.seconds:.3f}">'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}\n{body}</testsuites>\n'


def _suite(file: str, cases: list[Case]) -> str:
    return f'  <testsuite name="{escaped(file)}" {_counts(cases)}>\n{"".join(xml for _, xml in cases)}  </testsuite>\n'


def _counts(cases: Iterable[Case]) -> str:
    outcomes = [outcome for outcome, _ in cases]
    failures, errors = outcomes.count("failure"), outcomes.count("error")
    return f'tests="{len(outcomes)}" failures="{failures}" errors="{errors}"'


def _case(one: Checked, fail_on: FailOn) -> Case:
    counted = [finding for finding in one.findings if counts(finding, fail_on)]
    rest = [finding for finding in one.findings if not counts(finding, fail_on)]
    violating = [finding for finding in counted if finding.cause is Cause.VIOLATES]
    undecided = [finding for finding in counted if finding.cause is not Cause.VIOLATES]
    xml = _element("failure", violating, one) + _element("error", undecided, one) + _output(rest, one)
    outcome = "failure" if violating else "error" if undecided else "passed"
    return outcome, _testcase(one.file, one.name, xml)


def _element(tag: str, findings: list[Finding], one: Checked) -> str:
    if not findings:
        return ""
    rules = ", ".join(dict.fromkeys(finding.rule.id for finding in findings))
    text = escaped("\n".join(_line(finding, one) for finding in findings))
    return f'      <{tag} message="{escaped(rules)}" type="{findings[0].cause.value}">{text}</{tag}>\n'


def _output(findings: list[Finding], one: Checked) -> str:
    if not findings and not one.decision.notes:
        return ""
    lines = [f"{finding.action.value}: {_line(finding, one)}" for finding in findings]
    lines += [f"note: [{note.rule}] {one_line(note.text)}" for note in one.decision.notes]
    return f"      <system-out>{escaped(chr(10).join(lines))}</system-out>\n"


def _line(finding: Finding, one: Checked) -> str:
    message, fix = said(finding, one.kind)
    container = f" ({one_line(finding.container, 80)})" if finding.container else ""
    where = f"{one_line(finding.where, 200)}{container}: " if finding.path else ""
    cure = f". fix: {fix}" if fix else ""
    return f"{one.place_of(finding)} [{finding.rule.id}] {where}{message}{cure}"


def _unreadable(problem: Problem) -> Case:
    text = f"{problem.place}: {problem.message}" + (f" ({problem.help})" if problem.help else "")
    xml = f'      <error message="{escaped(one_line(problem.message))}" type="unreadable">{escaped(text)}</error>\n'
    return "error", _testcase(problem.place.file, f"{problem.place.file}:{problem.place.line}", xml)


def _testcase(file: str, name: str, inner: str) -> str:
    head = f'    <testcase classname="{escaped(file)}" name="{escaped(name)}"'
    return f"{head}>\n{inner}    </testcase>\n" if inner else f"{head}/>\n"


def escaped(text: str) -> str:
    """The text for XML 1.0; lines are kept, every other control character is replaced."""
    return "\n".join(one_line(line) for line in text.split("\n")).translate(_XML)
