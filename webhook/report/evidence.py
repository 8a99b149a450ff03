"""The report of `doorward evidence show`: what is attached to an image, and what becomes of it under each rule."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from webhook.admission.evidence import Attestation, Evidence, ImageFacts, NotHad, Outcome, Rejected
from webhook.admission.finding import RuleInfo
from webhook.admission.words import listing, plural
from webhook.pod.image import Image
from webhook.report import claims
from webhook.report import json as contract
from webhook.report.result import CLEAN, FINDINGS, UNDECIDED
from webhook.report.style import Style
from webhook.report.words import one_line

SCHEMA = "doorward.dev/evidence/v1"

_LONGEST = 300  # characters of one thing that was attached
_ROLES = {Outcome.SATISFIED: "help", Outcome.UNAVAILABLE: "undecided", Outcome.STALE: "warning"}


class Needed(NamedTuple):
    """One requirement of a rule, and what became of it; `digest` and `platform` are those of which it is told."""

    name: str
    type: str
    outcome: Outcome
    detail: str
    cure: str
    digest: str = ""
    platform: str = ""


class Ruled(NamedTuple):
    """A rule about the image. `mode` is "" where nobody asked for a place; `unsure` says why nobody knows whether it
    applies there, "" where it does."""

    rule: RuleInfo
    mode: str
    unsure: str
    needed: tuple[Needed, ...]


class Showing(NamedTuple):
    """All that is shown of an image; `namespace` is "" where no place was asked for."""

    image: Image
    facts: ImageFacts | NotHad
    rules: tuple[Ruled, ...]
    namespace: str
    now: datetime

    @property
    def exit_code(self) -> int:
        """3 where something could not be learnt, 1 where a rule is not satisfied, or there is no such image."""
        outcomes = [one.outcome for rule in self.rules for one in rule.needed]
        if isinstance(self.facts, NotHad):
            outcomes.append(self.facts.outcome)
        if Outcome.UNAVAILABLE in outcomes:
            return UNDECIDED
        missed = [rule for rule in self.rules if any(one.outcome is not Outcome.SATISFIED for one in rule.needed)]
        if isinstance(self.facts, NotHad) or any(not rule.unsure for rule in missed):
            return FINDINGS
        return UNDECIDED if missed else CLEAN


def text(showing: Showing, style: Style) -> str:
    """The image, what is attached to it and to each platform's image, and the rules."""
    facts = showing.facts
    lines = [style.paint(showing.image.reference, "gutter")]
    if isinstance(facts, NotHad):
        lines.append(f"  {style.paint(facts.outcome, _role(facts.outcome))}: {one_line(facts.reason)}")
    else:
        lines += _image(facts, style)
    lines += ["", *_rules(showing, style)]
    return style.plain("\n".join(lines) + "\n")


def json(showing: Showing) -> str:
    """One document, a contract; within v1 keys are only added.

    schema, at, image, digest (null where nothing is known), outcome and reason (of the image itself, null and "" where
    it is there), namespace, attached (each with digest, platform, unexamined, attestations and rejected) and rules.
    An attestation: type, predicateType, authorities, signed, claim, problem, annotations, digest, where. What is
    rejected: reason, claims, digest, where. A rule: rule, title, mode, unsure, requirements (name, type, outcome,
    detail, fix, digest, platform).
    """
    facts = showing.facts
    document = {
        "schema": SCHEMA,
        "at": showing.now.isoformat(),
        "image": showing.image.reference,
        "digest": facts.digest if isinstance(facts, ImageFacts) else None,
        "outcome": None if isinstance(facts, ImageFacts) else facts.outcome.value,
        "reason": "" if isinstance(facts, ImageFacts) else facts.reason,
        "namespace": showing.namespace,
        "attached": [_evidence_data(one) for one in _each(facts)],
        "rules": [_rule_data(one) for one in showing.rules],
    }
    return contract.dumped(document)


def _each(facts: ImageFacts | NotHad) -> Iterator[Evidence]:
    if isinstance(facts, ImageFacts):
        if facts.evidence:
            yield facts.evidence
        yield from facts.platforms or ()


def _image(facts: ImageFacts, style: Style) -> Iterator[str]:
    yield f"  digest     {facts.digest}"
    for index, one in enumerate(facts.platforms or ()):
        yield f"  {'platforms' if index == 0 else '':9}  {one.platform} {one.digest}"
    for one in _each(facts):
        yield ""
        yield from _attached(one, style)


def _attached(evidence: Evidence, style: Style) -> Iterator[str]:
    whose = f"the image of {one_line(evidence.platform)}" if evidence.platform else "it"
    if not (evidence.attestations or evidence.rejected or evidence.unexamined):
        yield f"Nothing is attached to {whose}"
        return
    yield f"Attached to {whose}"
    for one in evidence.attestations:
        yield from _attestation(one, style)
    for rejected in evidence.rejected:
        yield f"  {style.paint('counts for nothing', 'warning')}: {_word(rejected.reason)}"
        yield from _below(f"claims to be {_word(rejected.hint)}" if rejected.hint else "", _word(rejected.where))
    if evidence.unexamined:
        yield f"  {plural(evidence.unexamined, 'more thing')} not looked at: there is too much"


def _attestation(one: Attestation, style: Style) -> Iterator[str]:
    signed = f", signed {claims.clock(one.signed)}" if one.signed else ""
    yield f"  {style.paint(one.type, 'help')} by {listing(one.authorities, 'and')}{signed}"
    notes = ", ".join(f"{_word(name)}={_word(value)}" for name, value in one.annotations)
    ends = [claims.clock(part.until) for part in one.valid if part.until]
    yield from _below(
        *([f"cannot be used: {_word(one.problem)}"] if one.problem else claims.lines(one.claim)),
        f"covers {notes}" if notes else "",
        f"counts until {ends[0]}" if ends else "",
        _word(one.predicate_type),
        _word(one.where),
    )


def _rules(showing: Showing, style: Style) -> Iterator[str]:
    where = f" in the namespace {one_line(showing.namespace)}" if showing.namespace else ""
    if not showing.rules:
        yield f"No rule asks for evidence of it{where}"
        return
    yield f"Rules{where}"
    for rule in showing.rules:
        yield f"  {style.paint(rule.rule.id, 'gutter')}{f'   {rule.mode}' if rule.mode else ''}"
        if rule.unsure:
            yield f"    may apply: {one_line(rule.unsure)}"
        width = max((len(one.name) for one in rule.needed), default=0)
        for one in rule.needed:
            yield from _needed(one, width, style)


def _needed(one: Needed, width: int, style: Style) -> Iterator[str]:
    detail = f": {one_line(one.detail)}" if one.detail else ""
    platform = f" ({one_line(one.platform)})" if one.platform else ""
    yield f"    {one.name:{width}}  {style.paint(one.outcome, _role(one.outcome))}{platform}{detail}"
    if one.cure:
        yield f"    {'':{width}}  {style.paint('fix', 'help')}: {one_line(one.cure)}"


def _below(*lines: str) -> Iterator[str]:
    return (f"    {line}" for line in lines if line)


def _role(outcome: Outcome) -> str:
    return _ROLES.get(outcome, "error")


def _word(text: str) -> str:
    return one_line(text, _LONGEST)


def _evidence_data(evidence: Evidence) -> dict[str, Any]:
    return {
        "digest": evidence.digest,
        "platform": evidence.platform,
        "unexamined": evidence.unexamined,
        "attestations": [_attestation_data(one) for one in evidence.attestations],
        "rejected": _rejected_data(evidence.rejected),
    }


def _attestation_data(one: Attestation) -> dict[str, Any]:
    return {
        "type": one.type.value,
        "predicateType": one.predicate_type,
        "authorities": list(one.authorities),
        "signed": one.signed.isoformat() if one.signed else None,
        "claim": claims.data(one.claim),
        "problem": one.problem,
        "annotations": dict(one.annotations),
        "digest": one.digest,
        "where": one.where,
    }


def _rejected_data(rejected: Iterable[Rejected]) -> list[dict[str, str]]:
    return [{"reason": one.reason, "claims": one.hint, "digest": one.digest, "where": one.where} for one in rejected]


def _rule_data(one: Ruled) -> dict[str, Any]:
    needed = [
        {
            "name": need.name,
            "type": need.type,
            "outcome": need.outcome.value,
            "detail": need.detail,
            "fix": need.cure,
            "digest": need.digest,
            "platform": need.platform,
        }
        for need in one.needed
    ]
    return {
        "rule": one.rule.id,
        "title": one.rule.title,
        "mode": one.mode,
        "unsure": one.unsure,
        "requirements": needed,
    }
