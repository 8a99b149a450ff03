"""Vulnerability scans: what they found, less what is ignored for a while, and what a supplier says does not matter."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from webhook.admission.days import Day
from webhook.admission.evidence import Attestation, Outcome, Scan, Severity, Vulnerability
from webhook.admission.words import listing
from webhook.rule_types import _evidence_words as words
from webhook.rule_types._evidence_verdicts import (
    MOST_KNOWN,
    SATISFIED,
    SKEW,
    Judge,
    Looking,
    Verdict,
    age,
    clock,
    named,
    some,
    word,
    worst,
)
from webhook.rule_types._evidence_vex import ids, not_lifted

_MOST_BAD = 64
"""Vulnerabilities of one scan that are remembered; one with more is read again each time."""


def scan_judge(params: words.Scan) -> Judge:
    """Judges what a scan says; its own age is judged by whoever asks."""
    too_bad, ignored = _TooBad(params), _last_days(params.ignore)

    def judge(attestation: Attestation, looking: Looking) -> Verdict:
        scan = attestation.claim
        if not isinstance(scan, Scan):
            return Verdict(Outcome.INVALID, f"{named(attestation)} is none")
        bad = too_bad.of(scan, attestation.digest)
        if bad and params.vex:
            bad = not_lifted(bad, params.vex.authorities, looking)
        found = _found(bad, ignored, attestation, params, looking) if bad else SATISFIED
        return worst((found, _database(scan, attestation, params))) if params.database_max_age else found

    return judge


def _last_days(ignore: Iterable[words.Ignored]) -> dict[str, Day]:
    """Until when each vulnerability is ignored."""
    days: dict[str, Day] = {}
    for one in ignore:
        days[one.id] = max(days.get(one.id, one.until), one.until)
    return days


class _TooBad:
    """The vulnerabilities of a scan that are worse than is allowed. A scan never changes, so it is read once."""

    def __init__(self, params: words.Scan) -> None:
        bad = {Severity.UNKNOWN} if Severity(params.unknown_severity).order > params.limit else set()
        bad |= {one for one in Severity if one.order > params.limit}
        self._bad = frozenset(bad)
        self._known: dict[str, tuple[Vulnerability, ...]] = {}

    def of(self, scan: Scan, digest: str) -> tuple[Vulnerability, ...]:
        """Those that are too bad, the worst first; `digest` is that of the bytes which were signed."""
        if not self._bad:
            return ()
        known = self._known.get(digest)
        if known is None:
            found = [one for one in scan.vulnerabilities if one.severity in self._bad]
            known = tuple(sorted(found, key=_worst_first))
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            if digest and len(known) <= _MOST_BAD:
                self._known[digest] = known
        return known


def _worst_first(one: Vulnerability) -> tuple[int, bool, str, str]:
    """By severity, those with a fix before others."""
    return -one.severity.order, not one.fixed, one.id, one.package


def _found(
    bad: Iterable[Vulnerability],
    ignored: dict[str, Day],
    attestation: Attestation,
    params: words.Scan,
    looking: Looking,
) -> Verdict:
    """What a scan has found that is too bad: refused, unless each of it is ignored today."""
    days = [(one, max((ignored[name] for name in ids(one) if name in ignored), default=None)) for one in bad]
    left = [one for one, day in days if day is None]
    if left:
        told = f"{named(attestation)} found {_counted(left, params)}: {some(map(_shown, left))}"
        return Verdict(Outcome.UNACCEPTABLE, told, _cure(left))
    over = [(one, day) for one, day in days if day is not None and looking.now >= day.is_over]
    if over:
        told = some(f"{word(one.id)} was ignored until {day}" for one, day in over)
        cure = _cure([one for one, _ in over])
        return Verdict(Outcome.STALE, f"{named(attestation)} found what is ignored no more: {told}", cure)
    return SATISFIED


def _counted(bad: Sequence[Vulnerability], params: words.Scan) -> str:
    """`2 critical`, `1 high and 3 unknown`."""
    severities = dict.fromkeys(one.severity for one in bad)
    counted = [f"{sum(one.severity is each for one in bad)} {each}" for each in severities]
    return f"{listing(counted, 'and')} ({params.max_severity} is the worst allowed)"


def _shown(one: Vulnerability) -> str:
    where = f" in {word(one.package)} {word(one.installed, 30)}".rstrip() if one.package else ""
    return f"{word(one.id)}{where}, {f'fixed in {word(one.fixed, 30)}' if one.fixed else 'no fix known'}"


def _cure(bad: Sequence[Vulnerability]) -> str:
    fixed = dict.fromkeys(f"{word(one.package)} {word(one.fixed, 30)}" for one in bad if one.package and one.fixed)
    if not fixed:
        return "use another base image, or ask the policy's owner to `ignore` it until a day"
    return f"build the image anew with {some(fixed)}, and attach a scan of that one"


def _database(scan: Scan, attestation: Attestation, params: words.Scan) -> Verdict:
    """How old the scanner's knowledge was when it scanned."""
    most = params.database_max_age
    if most is None:
        return SATISFIED
    if scan.database is None:
        told = f"{named(attestation)} does not say how old its database was (Trivy's format cosign-vuln never does)"
        return Verdict(Outcome.UNACCEPTABLE, told)
    at = scan.scanned or attestation.signed
    if at is None:
        return Verdict(Outcome.UNACCEPTABLE, f"{named(attestation)} does not say when it was made")
    if scan.database - at > SKEW:
        told = f"{named(attestation)} has a database from after it was made, {clock(scan.database)}"
        return Verdict(Outcome.INVALID, told)
    old = at - scan.database
    if old > timedelta(seconds=most.seconds):
        told = f"the database of {named(attestation)} was {age(old)} old when it scanned; at most {most} is allowed"
        return Verdict(Outcome.STALE, told, "update the scanner's database, then scan and attest again")
    return SATISFIED
