"""Reports of `grype --output json`: the only ones that always say how old the database was.

What its users suppressed stands in `ignoredMatches`, which is not read.
"""

from datetime import datetime
from functools import partial
from typing import Any

from webhook.evidence.predicates.fields import Unreadable, each, earliest, moment, nested, text, word, words
from webhook.evidence.predicates.reports import Findings, Report, cut, digests
from webhook.evidence.predicates.severities import severity_of


def is_one(document: Any) -> bool:
    """Whether it is a report of Grype."""
    return isinstance(document, dict) and "matches" in document and "descriptor" in document


def read(report: dict[str, Any]) -> Report:
    """The report; raises Unreadable."""
    if report["matches"] is None:
        raise Unreadable("matches", "is null: that is no report of a scan that came to its end")
    found = Findings()
    each(report, "matches", partial(_match, found))
    scanned = nested(report, "descriptor", lambda descriptor: moment(descriptor, "timestamp"))
    return Report(
        "grype",
        nested(report, "descriptor", lambda descriptor: word(descriptor, "version")),
        (scanned,) if scanned else (),
        nested(report, "descriptor", lambda descriptor: nested(descriptor, "db", _built)),
        found.all(),
        nested(report, "source", _images),
    )


def _built(database: dict[str, Any]) -> datetime | None:
    """When the database was built; older versions have it one level higher."""
    return earliest(moment(database, "built"), nested(database, "status", lambda status: moment(status, "built")))


def _images(source: dict[str, Any]) -> tuple[str, ...]:
    """The digests of what was scanned; other sources than images have a path for a target."""
    target = source.get("target")
    if not isinstance(target, dict):
        return ()
    manifest = text(target, "manifestDigest")
    return tuple(dict.fromkeys((*((manifest,) if manifest else ()), *digests(words(target, "repoDigests")))))


def _match(found: Findings, match: dict[str, Any]) -> None:
    identity, severity, fixed = nested(match, "vulnerability", _vulnerability)
    package, installed = nested(match, "artifact", lambda artifact: (word(artifact, "name"), word(artifact, "version")))
    aliases = each(match, "relatedVulnerabilities", lambda related: word(related, "id"))
    found.add(identity, severity_of(severity), package, installed, fixed, tuple(filter(None, aliases)))


def _vulnerability(one: dict[str, Any]) -> tuple[str, str, str]:
    """Its id, its severity in Grype's words, and the versions without it."""
    identity = word(one, "id")
    if not identity:
        raise Unreadable("id", "is missing")
    return identity, word(one, "severity"), cut(", ".join(nested(one, "fix", lambda fix: words(fix, "versions"))))
