"""Reports of `trivy image --format json`, schema 2.

`CreatedAt` is when Trivy scanned; a report that is converted later keeps it, whatever the paper around it says. What
its users suppressed stands only in `ExperimentalModifiedFindings`, which is not read: it is no vulnerability. Which
scanners ran is not said anywhere in it.
"""

from functools import partial
from typing import Any

from webhook.evidence.predicates.fields import Unreadable, each, moment, nested, word, words
from webhook.evidence.predicates.reports import Findings, Report, digests
from webhook.evidence.predicates.severities import severity_of

_OTHERS = frozenset({"ArtifactName", "ArtifactType", "Results"})


def is_one(document: Any) -> bool:
    """Whether it is a report of Trivy."""
    return isinstance(document, dict) and "SchemaVersion" in document and not _OTHERS.isdisjoint(document)


def read(report: dict[str, Any]) -> Report:
    """The report; raises Unreadable."""
    if report["SchemaVersion"] != 2:
        raise Unreadable("SchemaVersion", "is not 2, the one schema of Trivy's reports that is read")
    found = Findings()
    each(report, "Results", partial(_result, found))
    scanned = moment(report, "CreatedAt")
    return Report(
        "trivy",
        nested(report, "Trivy", lambda trivy: word(trivy, "Version")),
        (scanned,) if scanned else (),
        nested(report, "Trivy", lambda trivy: nested(trivy, "Server", _database)),
        found.all(),
        digests(nested(report, "Metadata", lambda metadata: words(metadata, "RepoDigests"))),
    )


def _database(server: dict[str, Any]) -> Any:
    """How old the server's knowledge is; a client alone does not write it into its reports."""
    return nested(server, "VulnerabilityDB", lambda database: moment(database, "UpdatedAt"))


def _result(found: Findings, result: dict[str, Any]) -> None:
    each(result, "Vulnerabilities", partial(_vulnerability, found))


def _vulnerability(found: Findings, one: dict[str, Any]) -> None:
    identity = word(one, "VulnerabilityID")
    if not identity:
        raise Unreadable("VulnerabilityID", "is missing")
    found.add(
        identity,
        severity_of(word(one, "Severity")),
        word(one, "PkgName"),
        word(one, "InstalledVersion"),
        word(one, "FixedVersion"),
        words(one, "VendorIDs"),
    )
