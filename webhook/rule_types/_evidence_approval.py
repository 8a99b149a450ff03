"""Approvals: who decided, for what place and time, and whether somebody has said otherwise since."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from webhook.admission.evidence import Approval, Attestation, EvidenceType, Outcome
from webhook.admission.words import listing, plural
from webhook.patterns import Glob
from webhook.rule_types import _evidence_words as words
from webhook.rule_types._evidence_verdicts import SATISFIED, SKEW, Judge, Looking, Verdict, clock, named, some, word

APPROVED = "approved"


def approval_judge(params: words.Approval, counts: frozenset[str] | None) -> Judge:
    """Judges one approval. `counts` are the Authorities whose decisions count, None for all: each of them may reject
    what another one has approved before."""

    def judge(attestation: Attestation, looking: Looking) -> Verdict:
        claim = attestation.claim
        if not isinstance(claim, Approval):
            return Verdict(Outcome.INVALID, f"{named(attestation)} says nothing")
        wrong = _elsewhere(claim, params, looking.request.namespace)
        if wrong:
            return Verdict(Outcome.UNACCEPTABLE, f"{named(attestation)} {_ticket(claim)}{wrong}")
        against = _against(claim, params, counts, looking)
        if against:
            told = f"it was {word(against.decision)} {clock(against.at)}{_by(against)}"
            return Verdict(Outcome.UNACCEPTABLE, told, "ask those who decided what it lacks")
        wrong = _too_few(claim, params)
        if wrong:
            return Verdict(Outcome.UNACCEPTABLE, f"{named(attestation)} {_ticket(claim)}{wrong}")
        return _outside_window(claim, attestation, looking.now)

    return judge


def newest(found: Sequence[Attestation]) -> list[Attestation]:
    """The newest of some approvals: by their sequence where all have one, and by their time; several at once."""
    claims = [(one.claim, one) for one in found if isinstance(one.claim, Approval)]
    by_sequence = all(claim.sequence for claim, _ in claims)
    keys = [((claim.sequence if by_sequence else 0, claim.at), one) for claim, one in claims]
    last = max((key for key, _ in keys), default=None)
    return [one for key, one in keys if key == last]


def is_for_here(params: words.Approval) -> Callable[[Attestation, Looking], bool]:
    """Which approvals are about this place at all: one for another place takes nothing from one for here."""

    def about(attestation: Attestation, looking: Looking) -> bool:
        claim = attestation.claim
        return isinstance(claim, Approval) and not _plainly_elsewhere(claim, params, looking.request.namespace)

    return about


def _plainly_elsewhere(claim: Approval, params: words.Approval, namespace: str) -> bool:
    """Whether it names other places alone."""
    if claim.environments and params.environments and set(claim.environments).isdisjoint(params.environments):
        return True
    return bool(claim.namespaces) and not _names(claim, namespace)


def _names(claim: Approval, namespace: str) -> bool:
    return any(Glob.parse(one).matches(namespace) for one in claim.namespaces)


def _elsewhere(claim: Approval, params: words.Approval, namespace: str) -> str:
    """Why it is not meant for here: it must name our environment where the rule says one; what it names, it means."""
    environments = params.environments
    if claim.environments and not environments:
        return f"is for {listing(map(word, claim.environments), 'and')}, and the rule does not say where this is"
    if environments and not set(environments) & set(claim.environments):
        is_for = f"is for {listing(map(word, claim.environments), 'and')}" if claim.environments else "names none"
        return f"{is_for}, this is {listing(environments)}"
    if claim.namespaces and not _names(claim, namespace):
        return f"is for the namespace {listing(map(word, claim.namespaces), 'and')}"
    return ""


def _against(
    claim: Approval, params: words.Approval, counts: frozenset[str] | None, looking: Looking
) -> Approval | None:
    """A decision against the image that is not older than this one: the decision itself, or one by somebody else."""
    if claim.decision != APPROVED:
        return claim
    return next((one for one in _refusals(params, counts, looking) if not _newer(claim, one)), None)


def _refusals(params: words.Approval, counts: frozenset[str] | None, looking: Looking) -> Iterator[Approval]:
    """Decisions against the image that are not plainly about another place."""
    for attestation in looking.beside:
        claim = attestation.claim
        if attestation.type is not EvidenceType.APPROVAL or not isinstance(claim, Approval) or attestation.problem:
            continue
        if claim.decision != APPROVED and (counts is None or not counts.isdisjoint(attestation.authorities)):
            here = not _plainly_elsewhere(claim, params, looking.request.namespace)
            if here and claim.at - looking.now <= SKEW:
                yield claim


def _newer(one: Approval, other: Approval) -> bool:
    """Whether the one was decided after the other: by their sequence where both have one, else by their time."""
    if one.sequence and other.sequence and one.sequence != other.sequence:
        return one.sequence > other.sequence
    return one.at > other.at


def _too_few(claim: Approval, params: words.Approval) -> str:
    """Who is missing among those who approved. Whoever asked for it does not count."""
    asked = claim.requested_by.casefold()
    approvers = [one for one in claim.approvers if one.id and one.id.casefold() != asked]
    counted = [one for one in approvers if not params.roles or _is_one_of(one.role, params.roles)]
    own = ", not counting who asked for it" if len(approvers) < len(claim.approvers) else ""
    for role in params.roles:
        if not any(role.matches(one.role) for one in counted):
            return f"has nobody in the role {role.text}{own}"
    people = {one.id.casefold() for one in counted}
    if len(people) < params.min_approvers:
        who = f" ({some(sorted(people))})" if people else ""
        return f"is by {plural(len(people), 'approver')}{who}, must be by {params.min_approvers}{own}"
    return ""


def _is_one_of(role: str, roles: Sequence[Glob]) -> bool:
    return any(one.matches(role) for one in roles)


def _outside_window(claim: Approval, attestation: Attestation, now: datetime) -> Verdict:
    if claim.not_before and now < claim.not_before:
        told = f"{named(attestation)} {_ticket(claim)}holds from {clock(claim.not_before)}"
        return Verdict(Outcome.UNACCEPTABLE, told, f"wait until {clock(claim.not_before)}, or ask for another time")
    if claim.not_after and now > claim.not_after:
        return Verdict(Outcome.STALE, f"{named(attestation)} {_ticket(claim)}held until {clock(claim.not_after)}")
    return SATISFIED


def _ticket(claim: Approval) -> str:
    return f"({word(claim.ticket)}) " if claim.ticket else ""


def _by(claim: Approval) -> str:
    people = some(one.id for one in claim.approvers)
    return f" by {people}" if people else ""
