"""What whoever is refused reads: all findings that block, most severe first, each with its cure, and whom to ask.

The text is read in kubectl, in one collapsed paragraph of Argo CD, in an event of 1024 bytes and in the first line of
a chat message, so: the first line is a whole sentence, every item begins with its rule in brackets, the cure begins
with "fix:", the essentials come first, and the last line stands for itself.
"""

import re
from collections.abc import Iterator, Sequence

from webhook.admission.decision import Decision, Verdict
from webhook.admission.finding import Action, Cause, Finding
from webhook.admission.request import Operation, Request
from webhook.admission.words import plural
from webhook.expressions import expression
from webhook.report.grouping import Told, grouped, said
from webhook.report.words import cut, cut_bytes, object_name, one_line, rule_names, what_is_asked

TARGET = 900  # bytes; an event keeps 1024, with a prefix that is not ours
CAP = 4000  # bytes
FIRST_LINE = 150  # characters; chat messages show no more
IN_DETAIL = 5
MOST_CAUSES = 100

_WHY = 160  # bytes
_OWNER = 80
_URL = 200

_UNSAID = expression("im(mutable)", re.IGNORECASE)


def deny_message(decision: Decision, request: Request) -> str:
    """The message of a refusal, or of an answer that says why nothing could be decided; never above 4 kB."""
    blocking = decision.acting(Action.DENY)
    names = rule_names((*decision.matched, *(finding.rule.id for finding in blocking)))
    told = grouped(_violations_first(blocking), request.kind.kind)
    head, tail = _first_line(decision, request, blocking), _last_line(decision, request, blocking)
    for why, detailed in ((True, IN_DETAIL), *((False, count) for count in range(IN_DETAIL, 0, -1))):
        lines = [head, "", *_items(told[:detailed], names, why=why), *_rest(told[detailed:], request), "", tail]
        text = _safe("\n".join(lines))
        if len(text.encode()) <= (TARGET if why else CAP):
            return text
    return cut_bytes(text, CAP)


def denial(decision: Decision) -> tuple[int, str]:
    """The HTTP code and reason of an answer that is not "allowed".

    A violation is 403 Forbidden: with 422 Invalid `kubectl apply --force` and Flux delete the live object and create
    it anew. Undecided is 500 InternalError: no judgement of the object, and controllers try again. It is not 503 or
    429: those speak for the API server itself, and clients and load balancers act on that.
    """
    return (403, "Forbidden") if decision.verdict is Verdict.DENIED else (500, "InternalError")


def causes(decision: Decision) -> list[dict[str, str]]:
    """The findings that block as status.details.causes: field, message, and the rule's id as reason.

    `field` is the path in the author's object; "(object)" where the whole object is meant, for it must not be empty.
    """
    return [
        {"field": one_line(finding.where) or "(object)", "message": _safe(_cause(finding, decision)), "reason": rule}
        for finding in decision.acting(Action.DENY)[:MOST_CAUSES]
        for rule in (finding.rule.id,)
    ]


def kind_of(decision: Decision) -> str:
    """The kind of the object that was decided on; "" where there is none (a deletion)."""
    return str(decision.object.get("kind") or "") if decision.object else ""


def _cause(finding: Finding, decision: Decision) -> str:
    message, fix = said(finding, kind_of(decision))
    return f"{message}; fix: {fix}" if fix else message


def _violations_first(findings: Sequence[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: finding.cause is not Cause.VIOLATES)


def _first_line(decision: Decision, request: Request, blocking: Sequence[Finding]) -> str:
    if decision.verdict is not Verdict.DENIED:
        return _undecided_line(request, blocking)
    violations = [finding for finding in blocking if finding.cause is Cause.VIOLATES]
    rules = len({finding.rule.id for finding in violations})
    verb = "blocks" if rules == 1 else "block"
    left = len(blocking) - len(violations)
    also = f", {left} more could not be decided" if left else ""
    problems = f" ({plural(len(violations), 'problem')}{also})"
    return _fitting(f"{plural(rules, 'rule')} {verb} ", what_is_asked(request), problems)


def _undecided_line(request: Request, blocking: Sequence[Finding]) -> str:
    rules = {finding.rule.id: finding.cause for finding in blocking}
    failed = sum(cause is Cause.FAILED for cause in rules.values())
    lacking = len(rules) - failed
    reasons = [f"{plural(failed, 'rule')} failed"] if failed else []
    reasons += [f"{plural(lacking, 'rule')} {'lacks' if lacking == 1 else 'lack'} a fact"] if lacking else []
    outcome = f" could not be decided: {' and '.join(reasons)}; the object is not at fault"
    return _fitting("", object_name(request), outcome)


def _fitting(head: str, name: str, tail: str) -> str:
    return f"{head}{cut(name, FIRST_LINE - len(head) - len(tail))}{tail}"


def _items(told: Sequence[Told], names: dict[str, str], *, why: bool) -> Iterator[str]:
    explained = set()
    for one in told:
        rule = one.first.rule
        where = one.at(one.first.path)
        yield f"  [{names[rule.id]}] {where}: {one.message}" if where else f"  [{names[rule.id]}] {one.message}"
        if one.fix:
            yield f"      fix: {one.fix}"
        if why and rule.why and rule.id not in explained:
            explained.add(rule.id)
            yield f"      why: {cut_bytes(one_line(rule.why), _WHY)}"


def _rest(told: Sequence[Told], request: Request) -> list[str]:
    if not told:
        return []
    left = sum(len(one.findings) for one in told)
    return [f"  +{left} more: doorward check FILE" if _is_a_file(request) else f"  +{left} more"]


def _last_line(decision: Decision, request: Request, blocking: Sequence[Finding]) -> str:
    parts = []
    if decision.verdict is Verdict.DENIED and _is_a_file(request):
        parts.append("reproduce: doorward check FILE")
    if all(finding.cause is Cause.UNAVAILABLE for finding in blocking):
        parts.append("try again in a minute")
    owners = dict.fromkeys(finding.rule.contact or finding.rule.team for finding in blocking)
    asked = [cut_bytes(one_line(owner), _OWNER) for owner in owners if owner][:2]
    docs = next((finding.rule.docs for finding in blocking if finding.rule.docs), "")
    parts += [f"ask: {' or '.join(asked)}"] if asked else []
    parts += [f"docs: {cut_bytes(one_line(docs), _URL)}"] if docs else []
    parts += [f"id: {decision.id}"] if decision.id else []
    return f"  {' | '.join(parts)}"


def _is_a_file(request: Request) -> bool:
    """Whether the request could come from a manifest."""
    return request.operation in (Operation.CREATE, Operation.UPDATE) and not request.subresource


def _safe(text: str) -> str:
    """Without the word at which Flux deletes an object and creates it anew; other users may have written it."""
    return _UNSAID.sub(lambda found: f"{found[0][:2]}-{found[1]}", text)
