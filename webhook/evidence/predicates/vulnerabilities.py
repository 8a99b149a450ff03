"""Vulnerability scans: cosign's vuln/v1, in-toto's vulns v0.1 and v0.2, and reports that nothing is wrapped around.

The time of a scan is the earliest of all that are signed with it: who converts an old report writes a new time around
it. What cosign signs when it is given a plain report (`result: null`, times of the year 1) is evidence of nothing.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from webhook.admission.evidence import Scan, Severity
from webhook.evidence.predicates import moments, scan_grype, scan_sarif, scan_snyk, scan_trivy
from webhook.evidence.predicates.fields import (
    Unreadable,
    as_object,
    each,
    earliest,
    mapping,
    moment,
    nested,
    required,
    text,
    word,
    written_moment,
)
from webhook.evidence.predicates.reports import Findings, Report
from webhook.evidence.predicates.severities import is_word, score_of, severity_of, severity_of_score, worse

CURE = (
    "`cosign attest --type vuln` keeps nothing of a plain report: "
    "write it with `trivy image --format cosign-vuln`, or attach it with `--type custom`"
)

_FORMATS: tuple[tuple[Callable[[Any], bool], Callable[[Any], Report]], ...] = (
    (scan_trivy.is_one, scan_trivy.read),
    (scan_grype.is_one, scan_grype.read),
    (scan_sarif.is_one, scan_sarif.read),
    (scan_snyk.is_one, scan_snyk.read),
)


class Scanned(NamedTuple):
    """A scan, and the digests of images that it names itself."""

    scan: Scan
    images: tuple[str, ...] = ()


class _Around(NamedTuple):
    """What a predicate says around a report."""

    uri: str
    version: str
    database: datetime | None
    times: tuple[datetime, ...]


def report_reader(document: Any) -> Callable[[Any], Report] | None:
    """What reads this report; None where it is of no scanner that is known."""
    return next((read for is_one, read in _FORMATS if is_one(document)), None)


def is_wrapped(document: Any) -> bool:
    """Whether it is a predicate of cosign or in-toto, with a report inside."""
    return isinstance(document, dict) and isinstance(document.get("scanner"), dict) and "metadata" in document


def read_wrapped(predicate: Any, lists: bool = False) -> Scanned:
    """cosign's or in-toto's predicate; in-toto's may hold a plain list of vulnerabilities. Raises Unreadable."""
    document = as_object(predicate)
    scanner = mapping(document, "scanner")
    if scanner.get("result") is None:
        raise Unreadable("scanner.result", f"{'is null' if 'result' in scanner else 'is missing'}: {CURE}")
    around = _Around(
        nested(document, "scanner", lambda one: word(one, "uri")),
        nested(document, "scanner", lambda one: word(one, "version")),
        nested(document, "scanner", lambda one: nested(one, "db", lambda database: moment(database, "lastUpdate"))),
        nested(document, "metadata", _times),
    )
    return nested(document, "scanner", lambda one: _scanned(_inner(one, lists), around))


def read_report(document: Any, *times: datetime | None) -> Scanned | None:
    """A report that nothing is around but perhaps times; None where no known scanner wrote it. Raises Unreadable."""
    read = report_reader(document)
    if read is None:
        return None
    return _scanned(read(document), _Around("", "", None, tuple(time for time in times if time)))


def _scanned(report: Report, around: _Around) -> Scanned:
    named = f"{report.tool} {report.version or around.version}".rstrip() if report.tool else around.uri
    scanned, database = earliest(*report.times, *around.times), earliest(report.database, around.database)
    return Scanned(Scan(named, scanned, database, report.vulnerabilities), report.images)


def _times(metadata: dict[str, Any]) -> tuple[datetime, ...]:
    found = [(name, written_moment(metadata, name)) for name in ("scanStartedOn", "scanFinishedOn")]
    for name, time in found:
        if time is not None and moments.is_zero(time):
            raise Unreadable(name, f"is {text(metadata, name)[:20]}, a time that nobody has set: {CURE}")
    return tuple(time for _, time in found if time)


def _inner(scanner: dict[str, Any], lists: bool) -> Report:
    result = scanner["result"]
    read = report_reader(result)
    if read is None and lists and isinstance(result, list):
        found = Findings()
        each(scanner, "result", partial(_listed, found))
        return Report("", "", (), None, found.all())
    if read is None:
        raise Unreadable("result", "is no report that is known: Trivy's, Grype's or Snyk's, in JSON or SARIF")
    try:
        return read(result)
    except Unreadable as error:
        raise error.within("result") from None


def _listed(found: Findings, entry: dict[str, Any]) -> None:
    """An entry of in-toto's list; the text of v0.1 puts it below `vulnerability`, its example does not."""
    one = mapping(entry, "vulnerability") or entry
    identity = required(one, "id")
    severity = one.get("severity")
    rated = {**one, "severity": [severity]} if isinstance(severity, dict) else one
    found.add(word({"id": identity}, "id"), _severity(each(rated, "severity", _score, most=1_000)))


def _score(one: dict[str, Any]) -> str | float | None:
    """A word for the severity, or a CVSS score, or nothing that is known."""
    written = one.get("score")
    if written is not None and type(written) not in (str, int, float):
        raise Unreadable("score", "is no text")
    return written if isinstance(written, str) and is_word(written[:32]) else score_of(written)


def _severity(scores: list[str | float | None]) -> Severity:
    """The worst of the words; where there is none, of the scores."""
    severities = [severity_of(score) for score in scores if isinstance(score, str)]
    severities = severities or [severity_of_score(score) for score in scores if isinstance(score, float)]
    worst = severities[0] if severities else Severity.UNKNOWN
    for severity in severities:
        worst = worse(worst, severity)
    return worst
