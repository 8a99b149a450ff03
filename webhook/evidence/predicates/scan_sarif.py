"""SARIF 2.1.0 as Trivy, Grype and Snyk write it; each has its own place for the package, its version and the cure.

A severity is the scanner's word where it gives one (Trivy among the rule's tags, Snyk before its title), else the CVSS
score that it gives as `security-severity`, else what the level may stand for at worst. SARIF of anything else is no
scan of packages for vulnerabilities, or cannot be told from one, and is not read.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from webhook.admission.evidence import Severity
from webhook.evidence.predicates import moments
from webhook.evidence.predicates.fields import Unreadable, each, mapping, moment, nested, text, word, words
from webhook.evidence.predicates.reports import Findings, Report, cut, digests
from webhook.evidence.predicates.severities import is_word, score_of, severity_of, severity_of_score
from webhook.patterns import shown

_TOOLS = {"trivy": "trivy", "grype": "grype", "snyk container": "snyk", "snyk open source": "snyk"}

_LEVELS = {"error": Severity.CRITICAL, "warning": Severity.MEDIUM, "note": Severity.LOW}

_NOT_FOUND = frozenset({"pass", "notApplicable"})

_OTHER_MATTERS = frozenset({"misconfiguration", "secret", "license"})
"""What Trivy's rules are tagged with when they are about something else."""

_LONGEST_TEXT = 1_000_000


class _Package(NamedTuple):
    """What a result says about the package, in the words of its tool."""

    identity: str
    name: str
    version: str
    fixed: str
    aliases: tuple[str, ...] = ()


def is_one(document: Any) -> bool:
    """Whether it is SARIF of a scanner whose SARIF is known."""
    runs = document.get("runs") if isinstance(document, dict) and document.get("version") == "2.1.0" else None
    if not isinstance(runs, list) or not runs or not isinstance(runs[0], dict):
        return False
    try:
        return bool(_tool(runs[0]))
    except Unreadable:
        return False


def read(document: dict[str, Any]) -> Report:
    """The report; raises Unreadable."""
    found = Findings()
    runs = each(document, "runs", partial(_run, found), most=1_000)
    return Report(
        runs[0].tool,
        runs[0].version,
        tuple(time for run in runs for time in run.times),
        None,
        found.all(),
        tuple(dict.fromkeys(image for run in runs for image in run.images)),
    )


def _run(found: Findings, run: dict[str, Any]) -> Report:
    tool = _tool(run)
    if run.get("results") is None:
        raise Unreadable("results", "is missing")
    rules = nested(run, "tool", lambda described: nested(described, "driver", _rules))
    each(run, "results", partial(_result, found, tool, rules))
    version = word(mapping(mapping(run, "tool"), "driver"), "version")
    images = nested(run, "properties", lambda properties: digests(words(properties, "repoDigests")))
    return Report(tool, version, _times(run), None, (), images)


def _tool(run: dict[str, Any]) -> str:
    name = nested(run, "tool", lambda tool: nested(tool, "driver", lambda driver: text(driver, "name")))
    if name.lower() not in _TOOLS:
        raise Unreadable("tool.driver.name", f"is {shown(name)}: only Trivy's, Grype's and Snyk's SARIF is read")
    return _TOOLS[name.lower()]


def _times(run: dict[str, Any]) -> tuple[Any, ...]:
    """SARIF has them in `invocations`; Snyk puts the time into the name of the run: Snyk/Container/TIME."""
    named = nested(run, "automationDetails", lambda details: text(details, "id")).rpartition("/")[2]
    times = [moments.parse(named)]
    for name in ("startTimeUtc", "endTimeUtc"):
        times += each(run, "invocations", lambda one, name=name: moment(one, name), most=1_000)  # type: ignore[misc]
    return tuple(time for time in times if time is not None and not moments.is_zero(time))


def _rules(driver: dict[str, Any]) -> dict[str, dict[str, Any]]:
    rules: dict[str, dict[str, Any]] = {}
    each(driver, "rules", lambda rule: rules.setdefault(text(rule, "id"), rule))
    return rules


def _result(found: Findings, tool: str, rules: Mapping[str, dict[str, Any]], result: dict[str, Any]) -> None:
    if text(result, "kind") in _NOT_FOUND:
        return
    identity = word(result, "ruleId") or nested(result, "rule", lambda rule: word(rule, "id"))
    if not identity:
        raise Unreadable("ruleId", "is missing")
    rule = rules.get(identity, {})
    tags = nested(rule, "properties", lambda properties: words(properties, "tags"))
    if not _OTHER_MATTERS.isdisjoint(tags):
        return
    package = _PACKAGES[tool](identity, result, rule)
    severity = _severity(tags, rule, result)
    found.add(package.identity, severity, package.name, package.version, package.fixed, package.aliases)


def _severity(tags: tuple[str, ...], rule: dict[str, Any], result: dict[str, Any]) -> Severity:
    said = next((tag for tag in tags if is_word(tag)), _message(rule, "shortDescription").partition(" severity - ")[0])
    if is_word(said):
        return severity_of(said)
    score = score_of(mapping(rule, "properties").get("security-severity"))
    if score is not None:  # 0.0 is what Trivy and Grype write where they know nothing
        return severity_of_score(score) if score else Severity.UNKNOWN
    level = text(result, "level") or nested(rule, "defaultConfiguration", lambda default: text(default, "level"))
    return _LEVELS.get(level or "warning", Severity.UNKNOWN)


def _message(document: dict[str, Any], name: str) -> str:
    return nested(document, name, lambda message: text(message, "text", _LONGEST_TEXT))


def _lines(written: str) -> dict[str, str]:
    """`name: value` in each line of a text; the first one counts, as what follows may be anybody's prose."""
    lines: dict[str, str] = {}
    for line in written.split("\n", 20)[:20]:
        name, colon, value = line.partition(": ")
        if colon:
            lines.setdefault(name, value.strip())
    return lines


def _of_trivy(identity: str, result: dict[str, Any], _: dict[str, Any]) -> _Package:
    lines = _lines(_message(result, "message"))
    name, version, fixed = (cut(lines.get(name, "")) for name in ("Package", "Installed Version", "Fixed Version"))
    return _Package(identity, name, version, fixed)


def _of_grype(identity: str, result: dict[str, Any], rule: dict[str, Any]) -> _Package:
    """The rule is named `VULNERABILITY-PACKAGE`, the message is a sentence, and the cure stands in the rule's help."""
    _, _, said = _message(result, "message").partition(" package: ")
    name, _, rest = said.partition(", version ")
    fixed = _lines(_message(rule, "help")).get("Fix Version", "")
    bare = identity.removesuffix(f"-{name}") if name else identity
    return _Package(cut(bare), cut(name), cut(rest.partition(" was found")[0]), cut(fixed))


def _of_snyk(identity: str, result: dict[str, Any], rule: dict[str, Any]) -> _Package:
    """`package@version` is the place, and the CVEs stand in brackets before the rule's long name."""
    places = each(result, "locations", lambda place: each(place, "logicalLocations", _full_name), most=1_000)
    name, _, version = next((full for place in places for full in place if full), "").rpartition("@")
    described = _message(rule, "fullDescription")
    listed = described[1:].partition(")")[0] if described.startswith("(") else ""
    return _Package(identity, cut(name), cut(version), "", tuple(cut(one.strip()) for one in listed.split(",") if one))


def _full_name(place: dict[str, Any]) -> str:
    return text(place, "fullyQualifiedName")


_PACKAGES = {"trivy": _of_trivy, "grype": _of_grype, "snyk": _of_snyk}
