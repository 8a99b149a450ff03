"""The report of `doorward explain POLICY`: a policy and its rules in words, with the values that hold."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from webhook.admission.statement_words import fact
from webhook.admission.statements import Statement
from webhook.admission.words import listing, plural
from webhook.policy import match_words
from webhook.policy.described import DescribedPolicy, DescribedRule, ParameterNow
from webhook.policy.exceptions import Exemption
from webhook.policy.matching import Match
from webhook.policy.model import Step
from webhook.policy.ruleset import DEFAULT_KINDS, Rule
from webhook.report import json as contract
from webhook.report.explain import SCHEMA
from webhook.report.style import Style
from webhook.report.wants import wants
from webhook.report.words import one_line, wrapped
from webhook.source.problem import Place

_WIDTH = 100  # columns of a sentence
_LABEL = 12  # columns of a word at the left


class TellingPolicy(NamedTuple):
    """A policy to be told, and which of its rules ("" for all)."""

    policy: DescribedPolicy
    rule: str
    profile: str
    now: datetime

    @property
    def rules(self) -> tuple[DescribedRule, ...]:
        """The rules that are told."""
        return tuple(one for one in self.policy.rules if self.rule in ("", one.spec.name))


def text(telling: TellingPolicy, style: Style) -> str:
    """The policy, then each rule."""
    lines = list(_policy(telling, style))
    for one in telling.rules:
        lines += ["", *_rule(one, telling, style)]
    return style.plain("\n".join(line.rstrip() for line in lines) + "\n")


def json(telling: TellingPolicy) -> str:
    """One document, a contract; within v1 keys are only added.

    schema, at, policy, title, why, owner (team, contact), severity, docs, inForce, profile, file, line, exceptions
    (allowed, maxDays, names), parameters (name, type, value, default, fromProfile, doc), and rules, each with rule,
    type, severity, match, when, containers, wants, makes, mode (null with a rollout), modeBy, rollout, message, fix,
    file, line.
    """
    policy, spec = telling.policy, telling.policy.spec
    document = {
        "schema": SCHEMA,
        "at": telling.now.isoformat(),
        "policy": policy.name,
        "title": spec.title,
        "why": spec.why,
        "owner": dict(vars(spec.owner)),
        "severity": spec.severity.value,
        "docs": spec.docs,
        "inForce": policy.in_force,
        "profile": telling.profile,
        **_placed(policy.place),
        "exceptions": {
            "allowed": spec.exceptions.allowed,
            "maxDays": spec.exceptions.max_days,
            "names": [one.name for one in policy.exemptions],
        },
        "parameters": [_parameter_data(one) for one in policy.parameters],
        "rules": [_rule_data(one) for one in telling.rules],
    }
    return contract.dumped(document)


def _policy(telling: TellingPolicy, style: Style) -> Iterator[str]:
    policy, spec = telling.policy, telling.policy.spec
    yield f"{style.paint(f'Policy {policy.name}', 'gutter')}   {_where(policy.place)}"
    yield one_line(spec.title)
    if not policy.in_force:
        yield f"not in force: the Profile {telling.profile} does not include it"
    yield ""
    yield from _labelled("why", spec.why)
    yield from _labelled("ask", ", ".join(filter(None, (spec.owner.team, spec.owner.contact))))
    yield from _labelled("severity", spec.severity.value)
    yield from _labelled("docs", spec.docs)
    yield from _labelled("exceptions", _exceptions(telling))
    for one in policy.exemptions:
        yield from _labelled("", _exemption(one, telling.now))
    for index, parameter in enumerate(policy.parameters):
        yield from _labelled("parameters" if index == 0 else "", _parameter(parameter))
        yield from _labelled("", f"  {one_line(parameter.parameter.doc)}")


def _rule(one: DescribedRule, telling: TellingPolicy, style: Style) -> Iterator[str]:
    rule = one.rule
    yield f"{style.paint(f'Rule {one.spec.name}', 'gutter')} ({one.kind})   {_where(one.place)}"
    yield ""
    for index, line in enumerate(_about(rule, one)):
        yield from _labelled("about" if index == 0 else "", line)
    for index, wanted in enumerate(wants(one.kind, one.params, one.raw, one.sentences)):
        yield from _labelled("wants" if index == 0 else "", wanted.text, indent=2 * wanted.depth)
    for index, line in enumerate(_makes(rule)):
        yield from _labelled("makes so" if index == 0 else "", line)
    for index, line in enumerate(_mode(rule, telling)):
        yield from _labelled("mode" if index == 0 else "", line)
    if one.spec.severity:
        yield from _labelled("severity", one.spec.severity.value)
    yield from _labelled("says", one.spec.message)
    yield from _labelled("help", one.spec.fix)


def _labelled(label: str, text: str, indent: int = 0) -> Iterator[str]:
    """A word at the left and a text beside it, broken where it is too long; nothing for no text."""
    lead = indent + len(text) - len(text.lstrip())
    for index, line in enumerate(wrapped(text, _WIDTH - lead)):
        yield f"  {label if index == 0 else '':{_LABEL}}{' ' * (lead + 2 * bool(index))}{line}"


def _about(rule: Rule, one: DescribedRule) -> Iterator[str]:
    """What the match, the conditions and the choice of containers say."""
    kinds = "Pod and the kinds that carry one" if rule.kinds == DEFAULT_KINDS else listing(map(str, rule.kinds), "and")
    yield f"{listing(rule.operations, 'and')} of {'every kind' if kinds == '*' else kinds}"
    for match in rule.matches:
        yield from (f"{key}: {words}" for key, words in _narrower(match))
    for condition in rule.when:
        yield f"when {fact(condition) if isinstance(condition, Statement) else 'a condition holds'}"
    if one.spec.containers:
        yield from (f"{key}: {words}" for key, words in match_words.containers(one.spec.containers))


def _narrower(match: Match) -> Iterator[tuple[str, str]]:
    return ((key, words) for key, words in match_words.criteria(match) if key not in ("kinds", "operations"))


def _makes(rule: Rule) -> Iterator[str]:
    """What the rule changes, by its phases."""
    parts = rule.parts
    if parts.inject:
        yield f"puts the container {listing(parts.injects, 'and')} into pods that lack it"
    if parts.rewrite:
        yield "rewrites images"
    if parts.fill and not parts.inject:
        yield "fills in or sets fields of pods that are created"
    if parts.pin:
        yield "pins images to their digest"
    if parts.fill_object:
        yield "fills in the object's own fields"
    if rule.makes:
        yield "(in mode enforce alone; otherwise a finding says what would be made so)"
    else:
        yield "nothing, it only checks"


def _mode(rule: Rule, telling: TellingPolicy) -> Iterator[str]:
    rollout, now = rule.rollout, telling.now
    if len(rollout.steps) == 1 and rollout.steps[0] == Step(rollout.steps[0].mode):
        whose = {"Profile": f"the Profile {telling.profile}", "": "nobody says otherwise"}
        yield (
            f"{rollout.steps[0].mode}, says {whose.get(rollout.whose, f'the {rollout.whose}')}"
            if rollout.whose
            else (f"{rollout.steps[0].mode}, as nobody says otherwise")
        )
        return
    yield "the last of these that has begun and fits the namespace:"
    for step in rollout.steps:
        yield f"  {match_words.step(step)}{_begun(step, now)}"


def _begun(step: Step, now: datetime) -> str:
    if step.from_ is None:
        return ""
    days = -(now - step.from_.begins).days
    return " (begun)" if step.from_.begins <= now else f" (in {plural(days, 'day')})"


def _exceptions(telling: TellingPolicy) -> str:
    allowed = telling.policy.spec.exceptions
    if not allowed.allowed:
        return "none may be made"
    limit = f", for at most {plural(allowed.max_days, 'day')}" if allowed.max_days else ""
    there = "" if telling.policy.exemptions else "; there is none"
    return f"may be made{limit}{there}"


def _exemption(one: Exemption, now: datetime) -> str:
    spec = one.spec
    state = "expired on" if one.expired(now) else "until"
    where = match_words.wanted("namespaces", spec.match.namespaces)
    return f"{one.name}: {state} {spec.expires}, for {listing(spec.rules, 'and')}, namespaces: {where} ({spec.owner})"


def _parameter(one: ParameterNow) -> str:
    value = ", ".join(map(str, one.value)) if isinstance(one.value, list) else str(one.value)
    default = one.parameter.default
    if not one.from_profile:
        whose = "the default"
    elif default is None:
        whose = "from the Profile"
    else:
        whose = (
            f"from the Profile; the default is {', '.join(map(str, default)) if isinstance(default, list) else default}"
        )
    return f"{one.name} = {value}   ({one.parameter.type}, {whose})"


def _where(place: Place) -> str:
    return f"{one_line(place.file)}:{place.line}"


def _placed(place: Place) -> dict[str, Any]:
    return {"file": place.file, "line": place.line}


def _parameter_data(one: ParameterNow) -> dict[str, Any]:
    return {
        "name": one.name,
        "type": one.parameter.type,
        "value": one.value,
        "default": one.parameter.default,
        "fromProfile": one.from_profile,
        "doc": one.parameter.doc,
    }


def _criteria(told: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"criterion": key, "wants": words} for key, words in told]


def _rule_data(one: DescribedRule) -> dict[str, Any]:
    rule = one.rule
    return {
        "rule": rule.info.id,
        "type": one.kind,
        "severity": str(rule.info.severity),
        "kinds": [str(kind) for kind in rule.kinds],
        "operations": [operation.value for operation in rule.operations],
        "match": [told for match in rule.matches for told in _criteria(_narrower(match))],
        "when": [fact(condition) for condition in rule.when if isinstance(condition, Statement)],
        "containers": _criteria(match_words.containers(one.spec.containers)) if one.spec.containers else [],
        "wants": [
            {"depth": line.depth, "text": line.text} for line in wants(one.kind, one.params, one.raw, one.sentences)
        ],
        "makes": list(_makes(rule))[:-1] if rule.makes else [],
        "modeBy": rule.rollout.whose.lower() or "default",
        "rollout": [match_words.step(step) for step in rule.rollout.steps],
        "message": one.spec.message,
        "fix": one.spec.fix,
        **_placed(one.place),
    }
