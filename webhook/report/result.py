"""What `doorward check` hands over to a report, and the exit code, which is the same for every format."""

import os.path
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from webhook.admission.decision import Decision, Verdict
from webhook.admission.finding import Action, Cause, Finding, Standing
from webhook.admission.hidden import leaves
from webhook.admission.request import Request
from webhook.engine.as_written import AS_WRITTEN, UNKNOWN_FIELD, UNREADABLE_VALUE
from webhook.engine.fold import in_order
from webhook.policy.ruleset import Ruleset
from webhook.report.words import object_name, rule_names
from webhook.source.path import Path
from webhook.source.positions import Part
from webhook.source.problem import Level, Place, Problem

CLEAN = 0
FINDINGS = 1
BROKEN = 2
UNDECIDED = 3


class FailOn(StrEnum):
    """From which findings on a check fails: deny is what the cluster would refuse."""

    DENY = "deny"
    WARN = "warn"
    AUDIT = "audit"


_COUNTED = {
    FailOn.DENY: frozenset({Action.DENY}),
    FailOn.WARN: frozenset({Action.DENY, Action.WARN}),
    FailOn.AUDIT: frozenset(Action),
}


class Checked(NamedTuple):
    """One object of a file and what was decided: `authored` is the object as written, before any default.

    `place` takes a path in that object, and whether the key or the value is meant. `origin` is the chart's or
    overlay's file that the object came from, where something says so. `as_written` are the findings about the file
    itself (engine/as_written.py), which are no part of the decision; their paths are those of `authored`, and where
    `place` takes others `place_as_written` finds them.
    """

    decision: Decision
    request: Request
    authored: dict[str, Any]
    file: str
    place: Callable[[Path, Part], Place]
    origin: str = ""
    as_written: tuple[Finding, ...] = ()
    place_as_written: Callable[[Path, Part], Place] | None = None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that is to be told of the object: what the decision found and what the file itself has wrong."""
        found = self.decision.findings
        if not self.as_written:
            return found
        told = {finding.path for finding in found if finding.rule.policy == UNREADABLE_VALUE.policy}
        return in_order((*found, *(finding for finding in self.as_written if finding.path not in told)))

    @property
    def hidden(self) -> tuple[Any, ...]:
        """The values that rules found which do not show them."""
        return tuple(leaf for finding in self.decision.findings if finding.hidden for leaf in leaves(finding.value))

    @property
    def name(self) -> str:
        """The object as people call it: Deployment shop/web."""
        return object_name(self.request)

    @property
    def kind(self) -> str:
        """The object's kind, without its group."""
        return self.request.kind.kind

    def place_of(self, finding: Finding) -> Place:
        """Where the finding's value stands, or the nearest thing around it that does; of an unknown field its name."""
        return self.place_in(finding)(finding.path, "key" if finding.rule is UNKNOWN_FIELD else "value")

    def place_in(self, finding: Finding) -> Callable[[Path, Part], Place]:
        """What finds the place of a path in the object that the finding is about."""
        return (self.place_as_written if finding.rule in AS_WRITTEN else None) or self.place


class Outlook(NamedTuple):
    """What lies ahead: from which day rules deny that do not yet, and how many days exceptions have left."""

    denies_from: Mapping[str, str] = MappingProxyType({})
    days_left: Mapping[str, int] = MappingProxyType({})


class Run(NamedTuple):
    """A whole check. `problems` are inputs that could not be read, and warnings about others; `notes` are said once.

    `files` and `rules` are counts, `seconds` the time it took. File names are relative to the folder `cwd`; reports
    for code hosts tell them relative to `root`, the folder of the repository ("" for both: as they are).
    """

    checked: tuple[Checked, ...]
    files: int
    rules: int
    seconds: float = 0.0
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    outlook: Outlook = Outlook()
    root: str = ""
    cwd: str = ""

    def rule_names(self) -> dict[str, str]:
        """How each rule is called here."""
        return rule_names(
            rule
            for one in self.checked
            for rule in (*one.decision.matched, *(finding.rule.id for finding in one.findings))
        )

    @property
    def unreadable(self) -> tuple[Problem, ...]:
        """The inputs that could not be read; a mere warning about one is not among them."""
        return tuple(problem for problem in self.problems if problem.level is Level.ERROR)

    def exceptions_used(self) -> tuple[str, ...]:
        """The names of the exceptions that excused something."""
        findings = (finding for one in self.checked for finding in one.decision.findings)
        return tuple(dict.fromkeys(finding.exception for finding in findings if finding.exception))


def exit_code(run: Run, fail_on: FailOn = FailOn.DENY) -> int:
    """0 clean, 1 findings, 2 an input or a rule is broken, 3 undecided or nothing checked (design.md 7).

    2 beats 1: a list of findings that is not whole must not look like one that is. A finding counts when what it
    would do is at or above `fail_on`, an undecided one too: not knowing is never worse than the violation would be.
    What an exception excuses never counts. A rule that failed on an object is a broken rule; a fact that could not be
    had is undecided. A run without objects or without rules has checked nothing, which is no success.
    """
    counted = [finding for one in run.checked for finding in one.findings if counts(finding, fail_on)]
    causes = {finding.cause for finding in counted}
    if run.unreadable or Cause.FAILED in causes:
        return BROKEN
    if Cause.VIOLATES in causes:
        return FINDINGS
    if causes or not run.checked or not run.rules:
        return UNDECIDED
    return CLEAN


def counts(finding: Finding, fail_on: FailOn) -> bool:
    """Whether the finding is at or above `fail_on`."""
    return finding.standing is not Standing.EXCEPTED and finding.action in _COUNTED[fail_on]


class Tally(NamedTuple):
    """How many objects had which worst outcome, how many of them would be changed, and how many fields the API server
    itself would drop or refuse."""

    denied: int
    warned: int
    undecided: int
    changed: int
    dropped: int
    refused: int


def tally(run: Run) -> Tally:
    """Count objects; one that is denied or undecided is not counted again as warned."""
    decisions = [one.decision for one in run.checked]
    as_written = [finding.rule for one in run.checked for finding in one.as_written]
    return Tally(
        denied=sum(decision.verdict is Verdict.DENIED for decision in decisions),
        warned=sum(decision.allowed and _warns(decision) for decision in decisions),
        undecided=sum(decision.verdict is Verdict.UNDECIDED for decision in decisions),
        changed=sum(bool(decision.patch) for decision in decisions),
        dropped=as_written.count(UNKNOWN_FIELD),
        refused=as_written.count(UNREADABLE_VALUE),
    )


def outlook(ruleset: Ruleset, now: datetime) -> Outlook:
    """What lies ahead for the rules and exceptions of a ruleset."""
    starts = {rule.info.id: rule.rollout.next_enforcement(now) for rule in ruleset.rules}
    exemptions = {one.name: one for rule in ruleset.rules for one in rule.exemptions}
    return Outlook(
        denies_from={rule: day for rule, day in starts.items() if day},
        days_left={name: (one.spec.expires.is_over - now).days for name, one in exemptions.items()},
    )


def told_from(file: str, root: str, cwd: str) -> str:
    """A file's name as a code host knows it: relative to the repository, with slashes."""
    if root and (cwd or os.path.isabs(file)):
        file = os.path.relpath(os.path.join(cwd, file), root)
    return os.path.normpath(file).replace(os.sep, "/") if file else file


def _warns(decision: Decision) -> bool:
    return bool(decision.notes) or any(finding.action is Action.WARN for finding in decision.findings)
