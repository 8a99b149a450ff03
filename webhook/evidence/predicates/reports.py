"""What every scanner's report comes down to, and the gathering of its findings.

Images share their bases, so scans share their findings: equal ones are one object in memory, however many scans have
them, and a claim costs hardly more than its tuple. The pool is bounded; what falls out of it is only no longer shared.
"""

import sys
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from webhook.admission.evidence import Severity, Vulnerability
from webhook.evidence.predicates.fields import LONGEST_WORD, Unreadable
from webhook.evidence.predicates.severities import worse

MOST_FINDINGS = 200_000
"""Different findings of a scan: more are no scan of an image."""

MOST_ALIASES = 64
"""Other ids of a vulnerability; further ones are left out."""

_MOST_SHARED = 16_384

_shared = lru_cache(maxsize=_MOST_SHARED)(Vulnerability)


class Report(NamedTuple):
    """What a scanner itself wrote. `times` are all that it gives for the scan; `images` the digests that it names."""

    tool: str
    version: str
    times: tuple[datetime, ...]
    database: datetime | None
    vulnerabilities: tuple[Vulnerability, ...]
    images: tuple[str, ...] = ()


class Findings:
    """Vulnerabilities as they are read: one for each id, package and installed version, the worst of its entries."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, str], Vulnerability] = {}

    def add(
        self,
        identity: str,
        severity: Severity,
        package: str = "",
        installed: str = "",
        fixed: str = "",
        aliases: tuple[str, ...] = (),
    ) -> None:
        """Adds an entry; raises Unreadable where there are too many."""
        key = identity, package, installed
        known = self._found.get(key)
        if known is not None:
            severity = worse(known.severity, severity)
            fixed, aliases = known.fixed or fixed, known.aliases or aliases
        elif len(self._found) == MOST_FINDINGS:
            raise Unreadable("", f"is one more than the {MOST_FINDINGS} findings that are read")
        others = tuple(one for one in dict.fromkeys(aliases) if one != identity)[:MOST_ALIASES] if aliases else ()
        self._found[key] = _shared(identity, severity, package, installed, fixed, others)

    def all(self) -> tuple[Vulnerability, ...]:
        """All of them, in the order of their first entries."""
        return tuple(self._found.values())


def cut(written: str) -> str:
    """A text that many documents have in common: cut, and shared."""
    return sys.intern(written[:LONGEST_WORD])


def digests(references: tuple[str, ...]) -> tuple[str, ...]:
    """The digests of image references that have one, each once."""
    return tuple(dict.fromkeys(one.rpartition("@")[2] for one in references if "@" in one))
