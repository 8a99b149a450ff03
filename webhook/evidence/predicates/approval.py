"""Our own predicate: what people decided about a release. docs/evidence/approval.md describes it field by field.

Elsewhere unknown fields are passed over. Not in `scope` and `window`: an approval must never count for more than its
approvers meant, so a limit that is unknown here makes it unusable.
"""

from typing import Any

from webhook.admission.evidence import Approval, Approver
from webhook.admission.words import listing
from webhook.evidence.predicates.fields import (
    MOST_NAMES,
    Unreadable,
    as_object,
    each,
    earliest,
    moment,
    nested,
    number,
    required,
    text,
    texts,
)
from webhook.patterns import shown

PREDICATE_TYPE = "https://doorward.dev/attestation/approval/v1"

DECISIONS = ("approved", "rejected", "revoked")

_SCOPE = ("namespaces", "environments")
_WINDOW = ("notBefore", "notAfter")


def read(predicate: Any) -> Approval:
    """The decision; raises Unreadable."""
    document = as_object(predicate)
    decision = text(document, "decision")
    if decision not in DECISIONS:
        raise Unreadable("decision", f"is {shown(decision, 40)}, not {listing(DECISIONS)}")
    decided = moment(document, "approvedOn")
    if decided is None:
        raise Unreadable("approvedOn", "is missing")
    approvers = tuple(dict.fromkeys(each(document, "approvers", _approver, MOST_NAMES)))
    if not approvers:
        raise Unreadable("approvers", "is missing")
    not_before, not_after = nested(document, "window", _window)
    namespaces, environments = nested(document, "scope", _scope)
    return Approval(
        decision,
        approvers,
        required(document, "requestedBy"),
        decided,
        nested(document, "ticket", _ticket),
        not_before,
        earliest(not_after, moment(document, "expiresOn")),
        namespaces,
        environments,
        number(document, "sequence"),
    )


def _approver(one: dict[str, Any]) -> Approver:
    return Approver(required(one, "id"), text(one, "role"))


def _ticket(ticket: dict[str, Any]) -> str:
    return text(ticket, "key")


def _window(window: dict[str, Any]) -> tuple[Any, Any]:
    _only(window, _WINDOW)
    opens, closes = (moment(window, name) for name in _WINDOW)
    if opens and closes and closes < opens:
        raise Unreadable("notAfter", "is before its notBefore")
    return opens, closes


def _scope(scope: dict[str, Any]) -> tuple[tuple[str, ...], ...]:
    _only(scope, _SCOPE)
    return tuple(_limit(scope, name) for name in _SCOPE)


def _limit(scope: dict[str, Any], name: str) -> tuple[str, ...]:
    found = texts(scope, name)
    if not found and scope.get(name) is not None:
        raise Unreadable(name, "is empty: leave it out, or name at least one")
    return found


def _only(limits: dict[str, Any], known: tuple[str, ...]) -> None:
    for name in limits:
        if name not in known:
            raise Unreadable("", f"has {shown(name, 40)}, which nobody here can judge: only {listing(known, 'and')}")
