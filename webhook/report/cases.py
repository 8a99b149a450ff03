"""The report of `doorward test`: each case that did not come out as expected, at its line, with what differs.

error: an image from Docker Hub is refused
  --> policies/images/registries.test.yaml:9:22   PolicyTest registries
  |
8 |   - name: an image from Docker Hub is refused
9 |     expect: {decision: denied}
  |                        ^^^^^^ the decision is allowed
    - expected   + found
    - decision: denied
    + decision: allowed
"""

import json as encoder
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from webhook.admission.words import plural, quote
from webhook.engine.cases import Judgement, Mismatch
from webhook.report import json as contract
from webhook.report import snippet
from webhook.report.junit import escaped
from webhook.report.style import Style
from webhook.report.words import one_line
from webhook.source.path import Path, render
from webhook.source.positions import Part
from webhook.source.problem import Place

SCHEMA = "doorward.dev/test/v1"

_VALUE = 200  # characters of a value that a diff shows


class Ran(NamedTuple):
    """A case that ran: its document's name and policy, its own name, and where it stands.

    `place` finds a path of the case, and whether the key or the value is meant, in the document's file.
    """

    test: str
    policy: str
    name: str
    place: Callable[[Path, Part], Place]
    judgement: Judgement

    @property
    def passed(self) -> bool:
        """Whether everything came out as expected."""
        return not self.judgement.mismatches


class Untested(NamedTuple):
    """A policy that lacks a case that it refuses, or one that it lets through."""

    policy: str
    lacks: str
    place: Place


class CasesRun(NamedTuple):
    """A whole run."""

    ran: tuple[Ran, ...]
    untested: tuple[Untested, ...]
    seconds: float

    @property
    def failed(self) -> tuple[Ran, ...]:
        """The cases that did not come out as expected."""
        return tuple(one for one in self.ran if not one.passed)


def exit_code(run: CasesRun) -> int:
    """0 where every case passed, 1 where one failed, 3 where none ran (design.md 7)."""
    return 1 if run.failed else 0 if run.ran else 3


def text(run: CasesRun, style: Style) -> str:
    """Every failed case with its line and a caret, then the policies that lack cases."""
    failed = "".join(f"{_failure(one, style)}\n\n" for one in run.failed)
    return failed + "".join(f"{_lacking(one, style)}\n" for one in run.untested)


def summary(run: CasesRun, style: Style) -> str:
    """The closing line."""
    if not run.ran:
        return style.plain("Nothing was tested: no case was found.\n")
    policies = len({one.policy for one in run.ran})
    ran = f"Ran {plural(len(run.ran), 'case')} of {plural(policies, 'policy', 'policies')}"
    failed = len(run.failed)
    return style.plain(f"{ran} in {run.seconds:.2f} s: {len(run.ran) - failed} passed, {failed} failed.\n")


def json(run: CasesRun) -> str:
    """One document, a contract: schema, summary (cases, passed, failed, seconds), cases and untested.

    A case has test, policy, name, file, line, column, passed, decision, and mismatches with at (a path in the case),
    expected and found. Untested has policy, lacks, file and line. Within v1 keys are only added.
    """
    document = {
        "schema": SCHEMA,
        "summary": {
            "cases": len(run.ran),
            "passed": len(run.ran) - len(run.failed),
            "failed": len(run.failed),
            "seconds": round(run.seconds, 3),
        },
        "cases": [_case(one) for one in run.ran],
        "untested": [
            {"policy": one.policy, "lacks": one.lacks, "file": one.place.file, "line": one.place.line}
            for one in run.untested
        ],
    }
    return contract.dumped(document)


def junit(run: CasesRun) -> str:
    """JUnit XML: a suite per PolicyTest, a case per case."""
    suites: dict[str, list[Ran]] = {}
    for one in run.ran:
        suites.setdefault(one.test, []).append(one)
    body = "".join(_suite(name, ran) for name, ran in suites.items())
    head = f'<testsuites name="doorward test" {_counts(run.ran)} time="{run.seconds:.3f}">'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}\n{body}</testsuites>\n'


def _failure(one: Ran, style: Style) -> str:
    first = one.judgement.mismatches[0]
    named = one.place(("name",), "value")
    place = one.place(first.at, "value")
    diagnostic = snippet.Diagnostic(
        "error", "", one.name, place, f"PolicyTest {one.test}", label=_sentence(first), around=named
    )
    lines = [snippet.render(diagnostic, style), "    - expected   + found"]
    lines += [f"    {_painted(line, style)}" for line in _differences(one)]
    return "\n".join([*lines, *(f"    {style.plain(line)}" for line in _context(one))])


def _painted(line: str, style: Style) -> str:
    return style.paint(style.plain(line), "error" if line.startswith("-") else "help")


def _sentence(mismatch: Mismatch) -> str:
    key = mismatch.at[1]
    if key == "decision":
        return f"the decision is {mismatch.found}"
    if key in ("findings", "warnings"):
        what = "finding" if key == "findings" else "warning"
        return f"there is no such {what}" if mismatch.found is None else f"there is another {what}"
    return "the patch is another one" if key == "patch" else f"it is {quote(mismatch.found)}"


def _differences(one: Ran) -> Iterator[str]:
    for mismatch in one.judgement.mismatches:
        key = str(mismatch.at[1])
        if key == "patch":
            yield from (f"- patch: {_shown(op)}" for op in mismatch.expected if op not in mismatch.found)
            yield from (f"+ patch: {_shown(op)}" for op in mismatch.found if op not in mismatch.expected)
            if not any(op not in mismatch.found for op in mismatch.expected):
                yield f"+ patch: {plural(len(mismatch.found), 'operation')}, in this order: {_shown(mismatch.found)}"
        elif key == "object":
            where = render(mismatch.at[2:])
            yield f"- object: {where} = {_shown(mismatch.expected)}"
            yield f"+ object: {where} = {_shown(mismatch.found)}"
        else:
            yield from (
                f"{sign} {key}: {_told(value)}"
                for sign, value in (("-", mismatch.expected), ("+", mismatch.found))
                if value is not None
            )


def _told(value: Any) -> str:
    if not isinstance(value, dict):
        return one_line(str(value))
    action = f" ({value['action']})" if "action" in value else ""
    where = f" at {value['path']}" if "path" in value else ""
    message = f": {value['message']}" if "message" in value else ""
    return one_line(f"{value['rule']}{where}{action}{message}")


def _shown(value: Any) -> str:
    return "nothing" if value is None else one_line(encoder.dumps(value, ensure_ascii=False, default=str), _VALUE)


def _context(one: Ran) -> Iterator[str]:
    """What was found where only a verdict was expected, and whether the policy was about the object at all."""
    decision = one.judgement.decision
    if not decision.matched and not decision.findings:
        yield "no rule of the policy applied"
    elif all(mismatch.at[1] != "findings" for mismatch in one.judgement.mismatches):
        for finding in decision.findings:
            where = f" at {finding.where}" if finding.path else ""
            yield one_line(f"found: {finding.rule.name}{where} ({finding.action.value}): {finding.message}")
    for fault in decision.faults:
        yield one_line(f"a fault of ours in {fault.rule}: {type(fault.error).__name__}: {fault.error}")


def _lacking(one: Untested, style: Style) -> str:
    place = f"{one.place.file}:{one.place.line}:{one.place.column}"
    return style.plain(f"{style.paint('warning', 'warning')}: {one_line(place)}: {one.policy} has {one.lacks}")


def _case(one: Ran) -> dict[str, Any]:
    place = one.place(("name",), "value")
    return {
        "test": one.test,
        "policy": one.policy,
        "name": one.name,
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "passed": one.passed,
        "decision": one.judgement.decision.verdict.value,
        "mismatches": [
            {"at": render(mismatch.at), "expected": mismatch.expected, "found": mismatch.found}
            for mismatch in one.judgement.mismatches
        ],
    }


def _suite(name: str, ran: list[Ran]) -> str:
    cases = "".join(_testcase(one) for one in ran)
    return f'  <testsuite name="{escaped(name)}" {_counts(ran)}>\n{cases}  </testsuite>\n'


def _counts(ran: Any) -> str:
    return f'tests="{len(ran)}" failures="{sum(not one.passed for one in ran)}" errors="0"'


def _testcase(one: Ran) -> str:
    head = f'    <testcase classname="{escaped(one.policy)}" name="{escaped(one.name)}"'
    if one.passed:
        return f"{head}/>\n"
    first = one.judgement.mismatches[0]
    where = one.place(first.at, "value")
    lines = [f"{where.file}:{where.line}:{where.column}", *_differences(one), *_context(one)]
    failure = f'      <failure message="{escaped(_sentence(first))}">{escaped(chr(10).join(lines))}</failure>\n'
    return f"{head}>\n{failure}    </testcase>\n"
