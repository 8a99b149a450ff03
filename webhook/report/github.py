"""The report as GitHub workflow commands: annotations at the lines of a pull request.

GitHub keeps ten errors, ten warnings and ten notices of one step and silently drops the others, so what does not fit
is counted in a last notice.
"""

from collections.abc import Iterable, Iterator
from itertools import islice

from webhook.admission.finding import Action, Cause, Finding
from webhook.report.grouping import said
from webhook.report.result import Checked, Run, told_from
from webhook.report.words import one_line
from webhook.source.problem import Place, Problem

KEPT = 10  # annotations of one level
_MESSAGE = 2000  # characters; GitHub cuts an annotation at about 4 kB

_LEVEL = {Action.DENY: "error", Action.WARN: "warning", Action.AUDIT: "notice"}

Command = tuple[str, str]
"""The level of an annotation, and the line that makes it."""


def report(run: Run) -> str:
    """The annotations of a run, most severe first."""
    found = [(one, finding) for one in run.checked for finding in one.findings]
    found.sort(key=lambda pair: -pair[1].rule.severity)
    commands = [problem(one, run.root, run.cwd) for one in run.problems]
    commands += [_finding(one, finding, run) for one, finding in found]
    return capped(commands, "doorward check prints all of them")


def capped(commands: Iterable[Command], rest: str) -> str:
    """The lines that GitHub keeps, errors first; the last notice says how many are left out and where all are."""
    commands = list(commands)
    kept = [line for level in ("error", "warning", "notice") for line in islice(_of(level, commands), _room(level))]
    left = len(commands) - len(kept)
    if left:
        kept.append(f"::notice title=doorward::+{left} more: {_data(rest)}")
    return "".join(f"{line}\n" for line in kept)


def problem(found: Problem, root: str, cwd: str) -> Command:
    """A problem of an input or a rules folder."""
    text = f"{found.message}\nhelp: {found.help}" if found.help else found.message
    return command(found.level.value, found.place, "doorward", text, root, cwd)


def command(level: str, place: Place, title: str, text: str, root: str, cwd: str) -> Command:
    """One annotation; `text` may have several lines."""
    properties = {
        "file": told_from(place.file, root, cwd),
        "line": str(max(1, place.line)),
        "col": str(max(1, place.column)),
        "endColumn": str(max(1, place.column) + max(1, place.length)),
        "title": title,
    }
    head = ",".join(f"{key}={_property(one_line(value))}" for key, value in properties.items())
    lines = "\n".join(one_line(line) for line in text.split("\n"))[:_MESSAGE]
    return level, f"::{level} {head}::{_data(lines)}"


def _finding(one: Checked, finding: Finding, run: Run) -> Command:
    message, fix = said(finding, one.kind)
    decided = finding.cause is Cause.VIOLATES
    level = _LEVEL[finding.action] if decided else "warning"
    title = finding.rule.id if decided else f"undecided: {finding.rule.id}"
    container = f" ({finding.container})" if finding.container else ""
    where = f"{finding.where}{container}: " if finding.path else ""
    lines = [f"{one.name}: {where}{message}", f"fix: {fix}" if fix else "", _more(finding)]
    return command(level, one.place_of(finding), title, "\n".join(filter(None, lines)), run.root, run.cwd)


def _more(finding: Finding) -> str:
    rule = finding.rule
    ask = rule.contact or rule.team
    return " | ".join(filter(None, (f"ask: {ask}" if ask else "", f"docs: {rule.docs}" if rule.docs else "")))


def _of(level: str, commands: list[Command]) -> Iterator[str]:
    return (line for found, line in commands if found == level)


def _room(level: str) -> int:
    return KEPT - 1 if level == "notice" else KEPT  # the last notice is ours


def _data(text: str) -> str:
    """Escaped as the runner reads a message."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Escaped as the runner reads a property."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
