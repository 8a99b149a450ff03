"""The report as SARIF 2.1.0, for code hosts (docs.oasis-open.org/sarif/sarif/v2.1.0).

One result per finding. What is undecided is a result of kind `open`, which is neither a pass nor a failure. GitHub
refuses a file with more than 25,000 results and shows 5,000: the most severe come first and what is left out is said.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from webhook import VERSION
from webhook.admission.finding import Action, Cause, Finding, RuleInfo, Severity, Standing
from webhook.report.grouping import said
from webhook.report.json import dumped
from webhook.report.result import Checked, Run, told_from
from webhook.report.words import one_line
from webhook.source.path import render
from webhook.source.problem import Place, Problem

MOST = 25_000
SHOWN = 5_000

_LEVEL = {Action.DENY: "error", Action.WARN: "warning", Action.AUDIT: "note"}
_RANK = {Action.DENY: 0, Action.WARN: 1, Action.AUDIT: 2}
_SECURITY_SEVERITY = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "2.0"}
"""What GitHub sorts by: over 9 critical, from 7 high, from 4 medium."""

Found = tuple[Checked, Finding]


def report(run: Run) -> str:
    """The whole run as one SARIF log."""
    found = [(one, finding) for one in run.checked for finding in one.findings]
    found.sort(key=lambda pair: (_RANK[pair[1].action], -pair[1].rule.severity))
    kept = found[:MOST]
    rules = list(dict.fromkeys(finding.rule for _, finding in kept))
    index = {rule: number for number, rule in enumerate(rules)}
    notifications = [notification(problem, run.root, run.cwd) for problem in run.problems]
    notifications += _undecided(kept) + _capped(len(found)) + [_notice(note) for note in run.notes]
    complete = not run.unreadable and not any(finding.cause is Cause.FAILED for _, finding in found)
    results = [_result(one, finding, index[finding.rule], run) for one, finding in kept]
    return log(map(_rule, rules), results, notifications, complete=complete)


def log(
    rules: Iterable[dict[str, Any]],
    results: list[dict[str, Any]],
    notifications: list[dict[str, Any]],
    *,
    complete: bool,
) -> str:
    """A SARIF log with one run; `complete` is False where something could not be read or judged."""
    driver = {"name": "doorward", "version": VERSION, "rules": list(rules)}
    invocation = {"executionSuccessful": complete, "toolExecutionNotifications": notifications}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [invocation],
        "results": results,
    }
    schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
    return dumped({"$schema": schema, "version": "2.1.0", "runs": [run]})


def notification(found: Problem, root: str, cwd: str) -> dict[str, Any]:
    """Something wrong with an input, which is no result."""
    text = f"{found.message} ({found.help})" if found.help else found.message
    located = location(found.place, root, cwd)
    return {"level": found.level.value, "message": {"text": one_line(text)}, "locations": [located]}


def location(place: Place, root: str, cwd: str) -> dict[str, Any]:
    """A place; the file relative to the repository, lines and columns from 1."""
    from urllib.parse import quote

    uri = quote(told_from(place.file, root, cwd), safe="/", errors="replace")
    line, column = max(1, place.line), max(1, place.column)
    region = {"startLine": line, "startColumn": column, "endColumn": column + max(1, place.length)}
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}


def fingerprint(*parts: str) -> dict[str, str]:
    """What makes a result the same in the next run: never a line.

    Not under GitHub's own key, primaryLocationLineHash: its upload action computes that one itself and logs a warning
    for every result whose value differs.
    """
    return {"doorward/v1": hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:32]}


def _rule(rule: RuleInfo) -> dict[str, Any]:
    described: dict[str, Any] = {
        "id": rule.id,
        "name": rule.name,
        "shortDescription": {"text": one_line(rule.title) or rule.id},
        "fullDescription": {"text": one_line(rule.why or rule.title) or rule.id},
        "help": _help(rule),
        "properties": {"tags": ["security"], "security-severity": _SECURITY_SEVERITY[rule.severity]},
    }
    if rule.docs.startswith(("https://", "http://")):
        described["helpUri"] = rule.docs
    return described


def _help(rule: RuleInfo) -> dict[str, str]:
    owner = ", ".join(filter(None, (rule.team, rule.contact)))
    lines = [rule.why, f"Ask: {owner}" if owner else "", f"More: {rule.docs}" if rule.docs else ""]
    text = "\n\n".join(one_line(line) for line in lines if line) or rule.id
    return {"text": text, "markdown": text}


def _result(one: Checked, finding: Finding, rule: int, run: Run) -> dict[str, Any]:
    decided = finding.cause is Cause.VIOLATES
    result: dict[str, Any] = {
        "ruleId": finding.rule.id,
        "ruleIndex": rule,
        "kind": "fail" if decided else "open",
        "level": _LEVEL[finding.action] if decided else "none",  # the standard wants none beside every other kind
        "message": {"text": _message(one, finding)},
        "locations": [_located(one, finding, run)],
        "partialFingerprints": fingerprint(finding.rule.id, str(one.request.kind), one.name, finding.where),
        "properties": {
            "action": finding.action.value,
            "standing": finding.standing.value,
            "cause": finding.cause.value,
        },
    }
    if finding.standing is Standing.EXCEPTED:
        justification = f"exception {finding.exception}"
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": justification}]
    return result


def _message(one: Checked, finding: Finding) -> str:
    message, fix = said(finding, one.kind)
    where = one_line(render(finding.path), 200)
    container = f" ({one_line(finding.container, 80)})" if finding.container else ""
    text = f"{one.name}: {where}{container}: {message}" if where else f"{one.name}: {message}"
    return f"{text}. Fix: {fix}" if fix else text


def _located(one: Checked, finding: Finding, run: Run) -> dict[str, Any]:
    logical = {"fullyQualifiedName": f"{one.name} {finding.where}".strip(), "kind": "member"}
    return {**location(one.place_of(finding), run.root, run.cwd), "logicalLocations": [logical]}


def _undecided(found: Sequence[Found]) -> list[dict[str, Any]]:
    """Undecided findings once more where readers look who do not know the kind `open`."""
    return [
        {
            "level": "warning",
            "message": {"text": f"{finding.rule.id}: {_message(one, finding)}"},
            "associatedRule": {"id": finding.rule.id},
        }
        for one, finding in found
        if finding.cause is not Cause.VIOLATES
    ]


def _capped(count: int) -> list[dict[str, Any]]:
    if count > MOST:
        return [_notice(f"{count - MOST} of {count} findings are left out: a SARIF file holds {MOST}")]
    return [_notice(f"GitHub shows only the first {SHOWN} of {count} findings")] if count > SHOWN else []


def _notice(text: str) -> dict[str, Any]:
    return {"level": "note", "message": {"text": one_line(text)}}
