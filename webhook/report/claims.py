"""What signers claim of an image, each in one or two lines for people and as data for machines."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from webhook.admission.evidence import (
    Approval,
    Claim,
    Provenance,
    RunOfTests,
    Sbom,
    Scan,
    Severity,
    Summary,
    Vex,
)
from webhook.admission.words import plural
from webhook.report.words import one_line

_LONGEST = 160  # characters of one thing that somebody has written
_MOST = 3


def clock(at: datetime | None) -> str:
    """A moment in UTC to the minute; "" where there is none."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if at else ""


def lines(claim: Claim) -> Iterator[str]:
    """The claim in one or two lines; none for a signature, which says nothing more."""
    match claim:
        case Scan():
            yield _joined(claim.scanner, _at("scanned", claim.scanned), _at("database of", claim.database))
            yield ", ".join(f"{count} {name}" for name, count in _severities(claim)) or "no vulnerabilities"
        case Provenance():
            yield _joined(f"built by {claim.builder or 'nobody that it names'}", _at("finished", claim.finished))
            yield f"from {_some(claim.sources) or 'no source that it names'}"
        case Sbom():
            packages = plural(len(claim.packages), "package")
            yield _joined(f"{claim.format} {claim.version}", packages, _at("created", claim.created))
            if claim.lacks:
                yield f"lacks {_word(claim.lacks)}"
        case Vex():
            statements = plural(len(claim.statements), "statement")
            yield _joined(f"by {claim.author}" if claim.author else "", statements, _at("of", claim.at))
        case RunOfTests():
            failed = f"failed: {_some(claim.failed)}" if claim.failed else ""
            yield _joined(claim.result, failed, _at("of", claim.at))
        case Summary():
            levels = _some(claim.levels)
            yield _joined(
                f"{'passed' if claim.passed else 'failed'}, says {claim.verifier}", levels, _at("of", claim.at)
            )
        case Approval():
            yield from _approval(claim)


def data(claim: Claim) -> dict[str, Any] | None:
    """The claim as data: long lists as their numbers; None for a signature."""
    match claim:
        case None:
            return None
        case Scan():
            more: dict[str, Any] = {"vulnerabilities": dict(_severities(claim))}
        case Sbom():
            more = {"packages": len(claim.packages)}
        case Vex():
            more = {"statements": len(claim.statements)}
        case Approval():
            more = {"approvers": [one._asdict() for one in claim.approvers]}
        case _:
            more = {}
    return {_key(name): _value(value) for name, value in {**claim._asdict(), **more}.items()}


def _approval(claim: Approval) -> Iterator[str]:
    people = (f"{one.id} ({one.role})" if one.role else one.id for one in claim.approvers)
    asked = f"asked for by {claim.requested_by}"
    yield _joined(
        f"{claim.decision} {clock(claim.at)} by {_some(people)}", asked, claim.ticket and f"ticket {claim.ticket}"
    )
    since, until = clock(claim.not_before), clock(claim.not_after)
    places = _some((*claim.environments, *(f"namespace {name}" for name in claim.namespaces)))
    told = _joined(
        f"valid from {since}" if since else "", f"valid until {until}" if until else "", places and f"for {places}"
    )
    if told:
        yield told


def _severities(claim: Scan) -> list[tuple[str, int]]:
    """How many there are of each severity, the worst first; what nobody has rated stands at the end."""
    counted = Counter(one.severity for one in claim.vulnerabilities)
    return [(one.value, counted[one]) for one in sorted(counted, key=lambda one: one.order, reverse=True)]


def _at(word: str, at: datetime | None) -> str:
    return f"{word} {clock(at)}" if at else ""


def _joined(*parts: str) -> str:
    return ", ".join(_word(part) for part in parts if part)


def _word(text: str) -> str:
    return one_line(text, _LONGEST)


def _some(items: Iterable[str]) -> str:
    words = [_word(one) for one in items]
    return ", ".join(words[:_MOST]) + (f" and {len(words) - _MOST} more" if len(words) > _MOST else "")


def _key(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(one.capitalize() for one in others)


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, Severity) else value
