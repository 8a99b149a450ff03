"""The report of `doorward explain FILE`: for each object which rules apply and why the others do not, in what mode,
under which exceptions, what they find, and whose words led to every value that they fill in."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, NamedTuple

from webhook.admission.finding import Action, Cause, Finding
from webhook.admission.words import plural
from webhook.engine.criteria import Reason
from webhook.engine.explain import Explained, Explanation, Fit, Use
from webhook.policy.exceptions import Exemption
from webhook.report import chains
from webhook.report import json as contract
from webhook.report.grouping import grouped
from webhook.report.result import Checked, Run
from webhook.report.rollout import data as rollout_data
from webhook.report.rollout import mode_line, rollout_lines
from webhook.report.style import Style
from webhook.report.words import one_line, wrapped

SCHEMA = "doorward.dev/explain/v1"

_WIDEST = 48  # columns of a rule's name
_LEVEL = {Action.DENY: "error", Action.WARN: "warning", Action.AUDIT: "note"}
_CURES = {
    "users": "say --as USER",
    "namespaceSelector": "say --namespaces FILE",
    "mode": "say --namespaces FILE",
}


class Told(NamedTuple):
    """One object of a file and its explanation."""

    checked: Checked
    explanation: Explanation


class Explaining(NamedTuple):
    """Everything that `doorward explain FILE` tells; `absent` are the policies that the Profile leaves out."""

    told: tuple[Told, ...]
    run: Run
    now: datetime
    profile: str
    absent: tuple[str, ...]


def text(run: Explaining, style: Style) -> str:
    """Every object by itself."""
    return "\n".join(style.plain("".join(f"{line}\n" for line in _object(one, run, style))) for one in run.told)


def summary(run: Explaining, style: Style) -> str:
    """The closing line."""
    notes = "".join(f"note: {one_line(note)}\n" for note in run.run.notes)
    told = f"Explained {plural(len(run.told), 'object')} against {plural(run.run.rules, 'rule')}."
    return style.plain(f"{notes}{told if run.told else 'There is no object to explain.'}\n")


def json(run: Explaining) -> str:
    """One document, a contract; within v1 keys are only added.

    schema, at, profile, notInForce (policies that the Profile leaves out), and objects, each with kind, group,
    namespace, name, operation, file, line, verdict, id; findings as in the report of a check; rules with rule, applies
    (yes, no, pods, undecided), reason (criterion, wants, found), rollout, exceptions, containers; filled and
    filledInPods with path, pointer, value, hidden, rule and chain (from, value, refused); notes.
    """
    document = {
        "schema": SCHEMA,
        "at": run.now.isoformat(),
        "profile": run.profile,
        "notInForce": list(run.absent),
        "objects": [_data(one, run) for one in run.told],
    }
    return contract.dumped(document)


def _object(one: Told, run: Explaining, style: Style) -> Iterator[str]:
    checked, explanation = one.checked, one.explanation
    place = checked.place((), "value")
    yield f"{checked.name}   {one_line(place.file)}:{place.line}"
    yield _circumstances(explanation, run)
    yield _verdict(explanation, style)
    by_fit = {fit: [rule for rule in explanation.rules if rule.fit is fit] for fit in Fit}
    yield from _section("Rules that apply", _applying(by_fit[Fit.APPLIES], one, run, style), style)
    yield from _section("Rules that nobody can decide here", _undecided(by_fit[Fit.UNDECIDED]), style)
    yield from _section("Rules that apply to its pods, not to itself", _away(by_fit[Fit.PODS]), style)
    yield from _section("Rules that do not apply", _away(by_fit[Fit.NOT]), style)
    yield from _section("Also found", _others(one, style), style)
    yield from _section("Filled in", chains.text(explanation.filled, checked.kind), style)
    yield from _section("Its pods will get", chains.text(explanation.filled_in_pods, checked.kind), style)
    notes = (f"  {one_line(note.text)}   ({note.rule})" for note in explanation.decision.notes)
    yield from _section("Worth knowing", notes, style)
    absent = [f"  {line}" for line in wrapped(", ".join(run.absent), 100)]
    yield from _section(f"Policies that the Profile {run.profile} leaves out", absent, style)


def _circumstances(explanation: Explanation, run: Explaining) -> str:
    request, namespace = explanation.request, explanation.namespace
    where = f" in namespace {one_line(request.namespace, 80)}" if request.namespace else ""
    unknown = " (its labels are not known)" if where and namespace is None else ""
    who = f"by {one_line(request.user.name, 80)}" if request.user else "by nobody known"
    profile = f", Profile {run.profile}" if run.profile else ""
    return f"{request.operation.value}{where}{unknown} {who}, {run.now.astimezone(UTC):%Y-%m-%d %H:%M} UTC{profile}"


def _verdict(explanation: Explanation, style: Style) -> str:
    decision = explanation.decision
    judged = [finding for finding in decision.findings if finding.cause is Cause.VIOLATES]
    counts = [(sum(finding.action is action for finding in judged), word) for action, word in _SAYS.items()]
    counts.append((len(decision.findings) - len(judged), "undecided"))
    said = ", ".join(f"{count} {word}" for count, word in counts if count)
    role = {"allowed": "help", "denied": "error", "undecided": "undecided"}[decision.verdict.value]
    return f"{style.paint(decision.verdict.value, role)}: {said or 'nothing was found'}"


_SAYS = {Action.DENY: "refused", Action.WARN: "warned about", Action.AUDIT: "only recorded"}


def _section(title: str, lines: Iterable[str], style: Style) -> Iterator[str]:
    """A title and its lines; nothing where there are none."""
    found = list(lines)
    if found:
        yield ""
        yield style.paint(title, "gutter")
        yield from found


def _applying(rules: list[Explained], one: Told, run: Explaining, style: Style) -> Iterator[str]:
    width = _width(rule.rule.info.id for rule in rules)
    for rule in rules:
        yield f"  {rule.rule.info.id:{width}}  {mode_line(rule.rollout)}"
        if rule.containers is not None:
            yield f"    containers: {one_line(', '.join(rule.containers) or 'none of them', 120)}"
        yield from (f"    {line}" for line in rollout_lines(rule.rollout))
        yield from (f"    {_exemption(exemption, use, run.now)}" for exemption, use in rule.exemptions)
        found = [finding for finding in one.explanation.decision.findings if finding.rule == rule.rule.info]
        yield from _findings(found, one.checked, style)


def _findings(found: list[Finding], checked: Checked, style: Style) -> Iterator[str]:
    for told in grouped(found, checked.kind):
        where, action = told.at(told.first.path), told.first.action
        line = f"line {checked.place_of(told.first).line}: " if where else ""
        message = f"{line}{where}: {told.message}" if where else told.message
        yield f"    {style.paint(f'{action.value:5}', _LEVEL[action])}  {message}"
        if told.fix:
            yield f"           help: {told.fix}"


def _exemption(exemption: Exemption, use: Use, now: datetime) -> str:
    days = (exemption.spec.expires.is_over - now).days
    ends = f"it ends on {exemption.spec.expires}, {plural(days, 'day')} left"
    said = {
        Use.USED: f"used; {ends}",
        Use.READY: f"not needed here; {ends}",
        Use.EXPIRED: f"expired on {exemption.spec.expires}",
    }
    return f"exception {exemption.name}: {said[use]}"


def _undecided(rules: list[Explained]) -> Iterator[str]:
    """Rules of which nobody can say whether they apply, or in what mode."""
    yield from _away(rules, cure=True)
    for policy, group in groupby(rules, lambda one: one.rule.info.policy):
        rollout = next(group).rollout
        if rollout.mode is None:
            yield f"  the rollout of {policy}"
            yield from (f"    {line}" for line in rollout_lines(rollout))


def _away(rules: list[Explained], *, cure: bool = False) -> list[str]:
    """Rules with the reason; those of one policy together where their reason is the same."""
    told: list[tuple[str, str]] = []
    for policy, group in groupby(rules, lambda one: one.rule.info.policy):
        reasons = [(one.rule.info.id, _reason(one, cure=cure)) for one in group]
        same = len(reasons) > 1 and len({why for _, why in reasons}) == 1
        told += [(policy, reasons[0][1])] if same else reasons
    width = _width(name for name, _ in told)
    return [f"  {name:{width}}  {why}" for name, why in told]


def _reason(one: Explained, *, cure: bool) -> str:
    why = one.reason or Reason("match", "")
    changes = one.rollout.changes
    found = f"; {why.found}" if why.found else ""
    if why.criterion == "mode" and changes:
        found = f"; {changes[1]} from {changes[0]}"
    hint = f" ({_CURES[why.criterion]})" if cure and why.criterion in _CURES else ""
    return one_line(f"{why.criterion}: {why.wants}{found}{hint}", 200)


def _others(one: Told, style: Style) -> Iterator[str]:
    """Findings of rules that are not among those that apply: objects of no shape."""
    told = {rule.rule.info for rule in one.explanation.rules if rule.fit is not Fit.NOT}
    found = [finding for finding in one.explanation.decision.findings if finding.rule not in told]
    yield from _findings(found, one.checked, style)


def _width(names: Iterable[str]) -> int:
    return max((len(name) for name in names if len(name) <= _WIDEST), default=0)


def _data(one: Told, run: Explaining) -> dict[str, Any]:
    checked, explanation = one.checked, one.explanation
    request, decision = explanation.request, explanation.decision
    return {
        "kind": request.kind.kind,
        "group": request.kind.group,
        "namespace": request.namespace,
        "name": request.name,
        "operation": request.operation.value,
        "file": checked.file,
        "line": checked.place((), "value").line,
        "verdict": decision.verdict.value,
        "id": decision.id,
        "rules": [_rule_data(rule) for rule in explanation.rules],
        "findings": [contract.finding_of(finding, checked, run.run) for finding in decision.findings],
        "filled": chains.data(explanation.filled, checked.kind),
        "filledInPods": chains.data(explanation.filled_in_pods, checked.kind),
        "notes": [{"rule": note.rule, "text": one_line(note.text)} for note in decision.notes],
    }


def _rule_data(one: Explained) -> dict[str, Any]:
    return {
        "rule": one.rule.info.id,
        "title": one.rule.info.title,
        "severity": str(one.rule.info.severity),
        "applies": one.fit.value,
        "reason": one.reason._asdict() if one.reason else None,
        "rollout": rollout_data(one.rollout),
        "exceptions": [
            {"name": exemption.name, "use": use.value, "expires": exemption.spec.expires.isoformat()}
            for exemption, use in one.exemptions
        ],
        "containers": list(one.containers) if one.containers is not None else None,
    }
