"""The report of `doorward lint`: what is wrong with a rules folder, errors first, each in the order of the files."""

from collections.abc import Iterable
from typing import NamedTuple

from webhook.admission.words import plural
from webhook.report import github as commands
from webhook.report import json as contract
from webhook.report import sarif as log
from webhook.report import snippet
from webhook.report.style import Style
from webhook.report.words import one_line
from webhook.source.problem import Level, Problem

SCHEMA = "doorward.dev/lint/v1"

_RULE = {Level.ERROR: "rules-folder/error", Level.WARNING: "rules-folder/warning"}


class Linted(NamedTuple):
    """A rules folder that was read: its problems in file order, and how many files and rules it has.

    File names are relative to `cwd`; `root` is the repository's folder ("" for both: names stay as they are).
    """

    problems: tuple[Problem, ...]
    files: int
    rules: int
    root: str = ""
    cwd: str = ""

    def ordered(self) -> list[Problem]:
        """Errors before warnings, otherwise as they were found."""
        return sorted(self.problems, key=lambda problem: problem.level is not Level.ERROR)

    def count(self, level: Level) -> int:
        """How many problems there are of a level."""
        return sum(problem.level is level for problem in self.problems)


def exit_code(linted: Linted) -> int:
    """2 where the folder could not be put in force, else 0: a warning alone breaks nothing (design.md 7)."""
    return 2 if linted.count(Level.ERROR) else 0


def text(linted: Linted, style: Style) -> str:
    """Every problem with its line and a caret."""
    return "".join(f"{snippet.render(snippet.problem(problem), style)}\n\n" for problem in linted.ordered())


def summary(linted: Linted, style: Style) -> str:
    """The closing line."""
    read = f"Read {plural(linted.files, 'file')} with {plural(linted.rules, 'rule')}"
    errors, warnings = linted.count(Level.ERROR), linted.count(Level.WARNING)
    return style.plain(f"{read}: {plural(errors, 'error')}, {plural(warnings, 'warning')}.\n")


def json(linted: Linted) -> str:
    """One document: schema, summary (files, rules, errors, warnings), and problems as in the report of a check."""
    document = {
        "schema": SCHEMA,
        "summary": {
            "files": linted.files,
            "rules": linted.rules,
            "errors": linted.count(Level.ERROR),
            "warnings": linted.count(Level.WARNING),
        },
        "problems": [contract.problem(problem) for problem in linted.ordered()],
    }
    return contract.dumped(document)


def sarif(linted: Linted) -> str:
    """A SARIF log with one result per problem."""
    levels = list(dict.fromkeys(problem.level for problem in linted.ordered()))
    rules = [
        {"id": _RULE[level], "shortDescription": {"text": f"A rules folder has no {level.value}s"}} for level in levels
    ]
    results = _results(linted, levels)
    return log.log(rules, results, [], complete=True)


def github(linted: Linted) -> str:
    """Annotations at the lines of the rules folder."""
    found = (commands.problem(problem, linted.root, linted.cwd) for problem in linted.ordered())
    return commands.capped(found, "doorward lint prints all of them")


def _results(linted: Linted, levels: list[Level]) -> list[dict[str, object]]:
    return [
        {
            "ruleId": _RULE[problem.level],
            "ruleIndex": levels.index(problem.level),
            "level": problem.level.value,
            "message": {"text": one_line(f"{problem.message}. {problem.help or ''}")},
            "locations": [log.location(problem.place, linted.root, linted.cwd)],
            "partialFingerprints": log.fingerprint(problem.level.value, problem.place.file, problem.message),
        }
        for problem in _most(linted.ordered())
    ]


def _most(problems: Iterable[Problem]) -> list[Problem]:
    return list(problems)[: log.MOST]
