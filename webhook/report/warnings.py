"""Warnings that survive the API server, and annotations for its audit log.

The API server silently drops a warning with a control character, and cuts all of them once they are longer than 4096
characters together (kubernetes apiserver, filters/warning.go): one line each, at most 120 characters where the names
allow, eleven of them.
"""

from datetime import datetime

from webhook.admission.decision import Decision
from webhook.admission.finding import Action, Finding, Mode, Standing
from webhook.engine.ratchet import container_at
from webhook.policy.ruleset import Ruleset
from webhook.report.deny import kind_of
from webhook.report.grouping import Told, grouped
from webhook.report.words import cut, one_line, rule_names
from webhook.source.path import Path

MOST = 10
LENGTH = 120  # characters
LONGEST = 250  # where names and a date alone take more

_SHORTEST_MESSAGE = 30  # characters that a message keeps before a long path has to give way
_ANNOTATED = 20
_ANNOTATION = 4000  # characters


def warnings(decision: Decision, ruleset: Ruleset, now: datetime) -> tuple[str, ...]:
    """What is worth a warning, most severe first: findings that warn, and notes about what was changed."""
    if not decision.findings and not decision.notes:
        return ()
    warning = decision.acting(Action.WARN)
    names = rule_names(
        (*decision.matched, *(found.rule.id for found in warning), *(note.rule for note in decision.notes))
    )
    lines = [_warning(told, names, ruleset, now) for told in grouped(warning, kind_of(decision))]
    lines += [_line(f"[{names[note.rule]}] ", one_line(note.text), "") for note in decision.notes]
    unique = list(dict.fromkeys(lines))
    left = len(unique) - MOST
    return tuple(unique[:MOST]) if left <= 0 else (*unique[:MOST], f"and {left} more (decision {decision.id})")


def audit_annotations(decision: Decision) -> dict[str, str]:
    """What the API server's audit log keeps: the rules' revision, and the verdict, id and findings if there are any.

    Keys are without a slash (the API server puts our name before them) and values bounded; `findings` is a JSON list
    of rule, action, cause and path, and values found in the object are not told.
    """
    if not decision.matched and not decision.findings:
        return {}
    annotations = {"revision": decision.revision}
    if decision.findings:
        annotations |= {"verdict": decision.verdict.value, "decision-id": decision.id, "findings": _findings(decision)}
    return annotations


def _warning(told: Told, names: dict[str, str], ruleset: Ruleset, now: datetime) -> str:
    finding = told.first
    where = told.at(_short(finding.path))
    head = f"[{names[finding.rule.id]}] "
    tail = _what_next(finding, ruleset, now)
    line = _line(f"{head}{where}: " if where else head, told.message, tail)
    with_fix = f"{line}. fix: {told.fix}"
    return with_fix if told.fix and len(with_fix) <= LENGTH else line


def _what_next(finding: Finding, ruleset: Ruleset, now: datetime) -> str:
    """What makes people act: the day from which this is denied; or why it is not denied now."""
    if finding.standing is Standing.OLD:
        return "; was so before" if finding.mode is Mode.ENFORCE else ""
    day = ruleset.next_enforcement(finding.rule.id, now)
    return f"; denied from {day}" if day else ""


def _line(head: str, message: str, tail: str) -> str:
    room = max(LENGTH - len(head) - len(tail), _SHORTEST_MESSAGE)
    head = cut(head, LONGEST - room - len(tail))
    return f"{head}{cut(message, room)}{tail}"


def _short(path: Path) -> Path:
    """A path in a container from its list on: where the pod is in the object says nothing new."""
    at = container_at(path)
    return path if at is None else path[at:]


def _findings(decision: Decision) -> str:
    import json

    found = [
        {
            "rule": finding.rule.id,
            "action": finding.action.value,
            "cause": finding.cause.value,
            "path": one_line(finding.where, 150),
            **({"exception": finding.exception} if finding.exception else {}),
        }
        for finding in decision.findings
    ]
    kept: list[dict[str, str]] = []
    length = 0
    for one in found[:_ANNOTATED]:
        length += len(json.dumps(one))
        if length > _ANNOTATION:
            break
        kept.append(one)
    left = len(found) - len(kept)
    return json.dumps([*kept, *([{"more": left}] if left else [])], separators=(",", ":"))
