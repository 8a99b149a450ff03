"""Reports of `snyk container test --json`: an object, or a list of them, one for each project that was found.

They have neither a time nor a version nor a digest, so these must come from what is around them; and one entry for each
path on which a package is reached.
"""

from functools import partial
from typing import Any

from webhook.admission.evidence import Severity
from webhook.evidence.predicates.fields import Unreadable, each, nested, text, word, words
from webhook.evidence.predicates.reports import Findings, Report, cut
from webhook.evidence.predicates.severities import severity_of, worse
from webhook.patterns import shown

_OTHERS = frozenset({"ok", "packageManager", "dependencyCount", "uniqueCount", "projectName"})


def is_one(document: Any) -> bool:
    """Whether it is a report of Snyk."""
    projects = document if isinstance(document, list) and document else [document]
    return all(_is_project(project) for project in projects)


def _is_project(document: Any) -> bool:
    if not isinstance(document, dict) or _OTHERS.isdisjoint(document):
        return False
    return "vulnerabilities" in document or "error" in document


def read(report: dict[str, Any] | list[Any]) -> Report:
    """The report; raises Unreadable."""
    found = Findings()
    if isinstance(report, dict):
        _project(found, report)
    else:
        each({"": report}, "", partial(_project, found))
    return Report("snyk", "", (), None, found.all())


def _project(found: Findings, project: dict[str, Any]) -> None:
    """A project, with the applications that Snyk has found in an image, which have none of their own."""
    _vulnerabilities(found, project)
    each(project, "applications", partial(_vulnerabilities, found), most=1_000)


def _vulnerabilities(found: Findings, project: dict[str, Any]) -> None:
    error = text(project, "error")
    if error:
        raise Unreadable("error", f"is {shown(error)}: that is no scan")
    if project.get("vulnerabilities") is None:
        raise Unreadable("vulnerabilities", "is missing")
    each(project, "vulnerabilities", partial(_vulnerability, found))


def _vulnerability(found: Findings, one: dict[str, Any]) -> None:
    identity = word(one, "id")
    if not identity:
        raise Unreadable("id", "is missing")
    if word(one, "type") == "license":
        return
    fixed = word(one, "nearestFixedInVersion") or cut(", ".join(words(one, "fixedIn")))
    package = word(one, "packageName") or word(one, "name")
    found.add(identity, _severity(one), package, word(one, "version"), fixed, nested(one, "identifiers", _aliases))


def _severity(one: dict[str, Any]) -> Severity:
    """The older field has no critical, the newer one is not always there."""
    said = [word(one, name) for name in ("severity", "severityWithCritical")]
    severities = [severity_of(written) for written in said if written]
    return worse(severities[0], severities[-1]) if severities else Severity.UNKNOWN


def _aliases(identifiers: dict[str, Any]) -> tuple[str, ...]:
    return *words(identifiers, "CVE"), *words(identifiers, "GHSA")
