"""The report for people: findings with carets (stdout), and one closing line (stderr). The words may change."""

from collections.abc import Iterator
from typing import Any

from webhook.admission.edits import Note
from webhook.admission.finding import Action, Cause, Finding, Standing
from webhook.admission.words import plural
from webhook.engine.as_written import DROPPED, REFUSED, UNKNOWN_FIELD, UNREADABLE_VALUE
from webhook.engine.ratchet import container_at
from webhook.report import snippet
from webhook.report.grouping import said
from webhook.report.result import Checked, Run, Tally, tally
from webhook.report.secrecy import is_secret, may_hold_secrets, secrets
from webhook.report.snippet import Diagnostic
from webhook.report.style import Style
from webhook.report.words import one_line
from webhook.source.path import Path, look_up, render
from webhook.source.problem import Place

_LEVEL = {Action.DENY: "error", Action.WARN: "warning", Action.AUDIT: "note"}
_WHY = 300  # characters
_OF_THE_API_SERVER = {UNKNOWN_FIELD: DROPPED, UNREADABLE_VALUE: REFUSED}


def report(run: Run, style: Style) -> str:
    """Everything that was found, object by object; "" where there is nothing to say."""
    names = run.rule_names()
    explained: set[str] = set()
    told = [snippet.render(snippet.problem(problem), style) for problem in run.problems]
    for one in run.checked:
        told += [snippet.render(diagnostic, style) for diagnostic in _object(one, run, names, explained)]
    return "".join(f"{text}\n\n" for text in told)


def summary(run: Run, style: Style) -> str:
    """The closing lines: what was checked and what came of it."""
    counted = tally(run)
    checked = (
        f"Checked {plural(len(run.checked), 'object')} in {plural(run.files, 'file')} "
        f"against {plural(run.rules, 'rule')} in {run.seconds:.2f} s: {counted.denied} denied, "
        f"{counted.warned} warned, {counted.undecided} undecided."
    )
    extra = [_as_written(counted), _unreadable(run), _nothing(run), _exceptions(run)]
    notes = "".join(f"note: {one_line(note)}\n" for note in run.notes)
    return style.plain(f"{notes}{' '.join([checked, *filter(None, extra)])}\n")


def diagnostic(finding: Finding, one: Checked, run: Run, code: str, *, explain: bool = True) -> Diagnostic:
    """One finding as text, at its place in the file; with `explain` also why the rule is there and whom to ask."""
    place = _shown(finding, one)
    message, fix = said(finding, one.kind)
    return Diagnostic(
        level=_LEVEL[finding.action] if finding.cause is Cause.VIOLATES else "undecided",
        code=code,
        title=finding.rule.title,
        place=place,
        subject=_subject(finding, one),
        label=_label(finding, one, message),
        around=_around(finding, place, one),
        hidden=_shows_secret(finding, place, one.kind),
        footers=tuple(footer for footer in (("help", fix), *_footers(finding, run, explain=explain)) if footer[1]),
    )


def _footers(finding: Finding, run: Run, *, explain: bool) -> Iterator[tuple[str, str]]:
    if explain:
        yield "why", one_line(finding.rule.why, _WHY)
        yield "ask", _owner(finding)
    outcome, docs = outcome_of(finding, run), one_line(finding.rule.docs, 200)
    yield ("docs", f"{docs}      cluster would: {outcome}") if docs else ("cluster would", outcome)


def outcome_of(finding: Finding, run: Run) -> str:
    """What the finding does in the cluster, in words."""
    if finding.rule in _OF_THE_API_SERVER:
        return _OF_THE_API_SERVER[finding.rule]
    if finding.cause is Cause.UNAVAILABLE:
        return "decide it with facts that are not known here"
    if finding.cause is Cause.FAILED:
        return f"{_verb(finding)}, because the rule failed"
    if finding.standing is Standing.EXCEPTED:
        left = run.outlook.days_left.get(finding.exception)
        until = f", {plural(left, 'day')} left" if left is not None else ""
        return f"allow (exception {finding.exception}{until})"
    if finding.standing is Standing.OLD:
        return f"{_verb(finding)} (the old object had it already)"
    day = run.outlook.denies_from.get(finding.rule.id)
    return f"{_verb(finding)} (deny from {day})" if day and finding.action is not Action.DENY else _verb(finding)


def _verb(finding: Finding) -> str:
    return {Action.DENY: "deny", Action.WARN: "warn", Action.AUDIT: "allow and record it"}[finding.action]


def _object(one: Checked, run: Run, names: dict[str, str], explained: set[str]) -> Iterator[Diagnostic]:
    for finding in one.findings:
        rule = finding.rule.id
        yield diagnostic(finding, one, run, names[rule], explain=rule not in explained)
        explained.add(rule)
    for note in one.decision.notes:
        yield _note(note, one, names)


def _note(note: Note, one: Checked, names: dict[str, str]) -> Diagnostic:
    return Diagnostic("note", names.get(note.rule, note.rule), note.text, _whole(one), _subject(None, one))


def _subject(finding: Finding | None, one: Checked) -> str:
    words = [one.name]
    if finding and finding.container:
        words.append(f'container "{one_line(finding.container, 80)}"')
    if one.origin:
        words.append(f"from {one_line(one.origin, 120)}")
    return ", ".join(words)


def _label(finding: Finding, one: Checked, message: str) -> str:
    """The message; where the value is not in the file, with the part of the path that is missing there."""
    missing = _missing(finding.path, one.authored)
    return f"{one_line(render(missing), 120)}: {message}" if missing else message


def _missing(path: Path, value: Any) -> Path:
    """The end of the path that does not exist in the object."""
    for depth in range(1, len(path) + 1):
        if look_up(value, path[:depth]) is None:
            return path[depth - 1 :]
    return ()


def _around(finding: Finding, place: Place, one: Checked) -> Place | None:
    """The first line of the container that the finding is in."""
    path = finding.path
    at = container_at(path)
    if at is None or len(path) <= at + 2:
        return None
    around = one.place_in(finding)(path[: at + 2], "value")
    return around if around.line < place.line else None


def _shown(finding: Finding, one: Checked) -> Place:
    """Where the finding stands; what concerns the whole object has no line of its own.

    An unknown field may hold what its right name would keep secret: then only its name is shown.
    """
    if not finding.path:
        return _whole(one)
    place = one.place_of(finding)
    if finding.rule is UNKNOWN_FIELD and may_hold_secrets(finding.path, one.kind):
        return place._replace(text=place.text[: place.column - 1 + place.length])
    return place


def _whole(one: Checked) -> Place:
    return one.place((), "value")._replace(text="")


def _shows_secret(finding: Finding, place: Place, kind: str) -> bool:
    if finding.hidden or is_secret(finding.path, kind):
        return True
    return any(str(secret) in place.text for secret in secrets(finding.path, finding.value, kind))


def _owner(finding: Finding) -> str:
    rule = finding.rule
    return one_line(", ".join(filter(None, (rule.team, rule.contact))), 120)


def _as_written(counted: Tally) -> str:
    told = [f"drop {plural(counted.dropped, 'unknown field')}"] if counted.dropped else []
    told += [f"refuse {plural(counted.refused, 'value')}"] if counted.refused else []
    return f"The API server itself would {' and '.join(told)}." if told else ""


def _unreadable(run: Run) -> str:
    count = len(run.unreadable)
    return f"{plural(count, 'input')} could not be read." if count else ""


def _nothing(run: Run) -> str:
    return "" if run.checked and run.rules else "Nothing was checked."


def _exceptions(run: Run) -> str:
    used = run.exceptions_used()
    if not used:
        return ""
    left = [days for name in used if (days := run.outlook.days_left.get(name)) is not None]
    first = "first expires" if len(used) > 1 else "expires"
    until = f" ({first} in {plural(min(left), 'day')})" if left else ""
    return f"{plural(len(used), 'exception')} used{until}."
