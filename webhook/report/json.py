"""The report for programs: one JSON document, a contract. Its JSON Schema stands in tests/report/check.schema.json.

schema     "doorward.dev/check/v1"; within v1 keys are only added
summary    objects, files, rules, seconds; denied, warned, undecided, changed (numbers of objects); dropped, refused
           (numbers of fields that the API server itself would drop, or would refuse the object for);
           exceptions: the names of those that excused something
objects    in the order in which they were read, each with
    kind, group, namespace, name, operation, file, line, origin (a chart's file, or "")
    verdict      allowed, denied or undecided: the rules' answer, as in the cluster
    id, revision the decision's, as in the cluster's message and logs ("" for an id where nothing was found)
    rules        the ids (policy/rule) of the rules that applied
    findings     most severe first (doorward/unknown-field and doorward/wrong-type: what the API server itself would
                 say, which is no part of the verdict), each with rule, severity, mode, action (deny, warn, audit),
                 cause (violates, unavailable, failed), standing (new, old, excepted), path, pointer (RFC 6901),
                 container, value (canonical; null for nothing), hidden (true: the value is secret, so it is
                 null here), message, fix, why, title, docs, team, contact, exception, deniesFrom (a day),
                 file, line, column
    notes        rule and text: what was changed or left out and is worth knowing
    patch        RFC 6902: from the object as the API server has it to the object after mutation
    object       the author's object with our changes only; of a Secret only the keys, and without what rules found that
                 do not show it
problems   inputs that could not be read: level, message, help, file, line, column
notes      sentences about the whole run
"""

import json
from typing import Any

from webhook.admission.edits import replay
from webhook.admission.finding import Finding
from webhook.admission.hidden import HIDDEN
from webhook.report.result import Checked, Run, tally
from webhook.report.secrecy import secrets, told, without_secrets
from webhook.report.words import one_line
from webhook.source.path import pointer
from webhook.source.problem import Problem

SCHEMA = "doorward.dev/check/v1"


def report(run: Run) -> str:
    """The whole run as one JSON document."""
    document = {
        "schema": SCHEMA,
        "summary": _summary(run),
        "objects": [_object(one, run) for one in run.checked],
        "problems": [problem(found) for found in run.problems],
        "notes": list(run.notes),
    }
    return dumped(document)


def dumped(document: Any) -> str:
    """JSON in ASCII with a line break at the end: no terminal and no reader can choke on it."""
    return json.dumps(document, indent=2, default=str) + "\n"


def problem(found: Problem) -> dict[str, Any]:
    """A problem of an input or a rules folder."""
    place = found.place
    return {
        "level": found.level.value,
        "message": found.message,
        "help": found.help or "",
        "file": place.file,
        "line": place.line,
        "column": place.column,
    }


def _summary(run: Run) -> dict[str, Any]:
    counted = tally(run)
    return {
        "objects": len(run.checked),
        "files": run.files,
        "rules": run.rules,
        "seconds": round(run.seconds, 3),
        "denied": counted.denied,
        "warned": counted.warned,
        "undecided": counted.undecided,
        "changed": counted.changed,
        "dropped": counted.dropped,
        "refused": counted.refused,
        "exceptions": list(run.exceptions_used()),
    }


def _object(one: Checked, run: Run) -> dict[str, Any]:
    decision, request = one.decision, one.request
    metadata = request.subject.get("metadata")
    name = request.name or (metadata.get("name") if isinstance(metadata, dict) else None) or ""
    return {
        "kind": request.kind.kind,
        "group": request.kind.group,
        "namespace": request.namespace,
        "name": str(name),
        "operation": request.operation.value,
        "file": one.file,
        "line": one.place((), "value").line,
        "origin": one.origin,
        "verdict": decision.verdict.value,
        "id": decision.id,
        "revision": decision.revision,
        "rules": list(decision.matched),
        "findings": [finding_of(finding, one, run) for finding in one.findings],
        "notes": [{"rule": note.rule, "text": one_line(note.text)} for note in decision.notes],
        "patch": [_operation(operation, one) for operation in decision.patch],
        "object": without_secrets(replay(decision.edits, one.authored), one.kind, one.hidden),
    }


def _operation(operation: dict[str, Any], one: Checked) -> dict[str, Any]:
    if "value" not in operation:
        return operation
    secret = one.kind == "Secret" and operation["path"].startswith(("/data", "/stringData"))
    value = HIDDEN if secret else without_secrets(operation["value"], "", one.hidden)
    return {**operation, "value": value}


def finding_of(finding: Finding, one: Checked, run: Run) -> dict[str, Any]:
    """One finding, as every JSON document tells it."""
    rule, place = finding.rule, one.place_of(finding)
    hidden = finding.hidden or bool(secrets(finding.path, finding.value, one.kind))
    return {
        "rule": rule.id,
        "severity": str(rule.severity),
        "mode": finding.mode.value,
        "action": finding.action.value,
        "cause": finding.cause.value,
        "standing": finding.standing.value,
        "path": finding.where,
        "pointer": pointer(finding.path),
        "container": finding.container,
        "value": None if hidden else finding.value,
        "hidden": hidden,
        "message": told(finding.message, finding, one.kind),
        "fix": told(finding.fix or "", finding, one.kind),
        "why": rule.why,
        "title": rule.title,
        "docs": rule.docs,
        "team": rule.team,
        "contact": rule.contact,
        "exception": finding.exception,
        "deniesFrom": run.outlook.denies_from.get(rule.id, ""),
        "file": place.file,
        "line": place.line,
        "column": place.column,
    }
