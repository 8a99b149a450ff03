"""What many findings come to: their order, the verdict, and an id that the same refusal always has."""

import hashlib
from collections.abc import Sequence

from webhook.admission.decision import Verdict
from webhook.admission.finding import Action, Cause, Finding
from webhook.admission.request import Request
from webhook.engine.match import name_of

_RANK = {Action.DENY: 0, Action.WARN: 1, Action.AUDIT: 2}


def in_order(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings, what denies first, then most severe first; the order of rules and files says nothing."""
    return tuple(sorted(findings, key=_most_severe_first)) if findings else ()


def verdict_of(findings: Sequence[Finding]) -> Verdict:
    """Denied by a violation; undecided where only what could not be decided stands in the way; else allowed."""
    denying = [finding for finding in findings if finding.action is Action.DENY]
    if not denying:
        return Verdict.ALLOWED
    violated = any(finding.cause is Cause.VIOLATES for finding in denying)
    return Verdict.DENIED if violated else Verdict.UNDECIDED


def decision_id(request: Request, revision: str, findings: Sequence[Finding]) -> str:
    """The same refusal has the same id: generated names play no part."""
    metadata = request.subject.get("metadata")
    generated = metadata.get("generateName") if isinstance(metadata, dict) else None
    parts = [revision, str(request.kind), request.namespace, str(generated or name_of(request))]
    parts += [f"{finding.rule.id} {finding.where} {finding.value!r} {finding.cause}" for finding in findings]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:8]


def _most_severe_first(finding: Finding) -> tuple[int, int, str, str]:
    return _RANK[finding.action], -finding.rule.severity, finding.rule.id, finding.where
