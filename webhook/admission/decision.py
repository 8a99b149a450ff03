"""A decision: what is answered to a request, and everything that was found on the way."""

from enum import StrEnum
from typing import Any, NamedTuple

from webhook.admission.edits import Edit, Note
from webhook.admission.finding import Action, Finding


class Verdict(StrEnum):
    """Three, never two: `undecided` is neither a pass nor a violation."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNDECIDED = "undecided"


class Fault(NamedTuple):
    """A rule that broke: our own bug, for the log; the finding beside it says so to the user."""

    rule: str
    error: BaseException


class Decision(NamedTuple):
    """What is answered. `object` is the object after mutation; `patch` leads there from the object that came in."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    notes: tuple[Note, ...]
    patch: tuple[dict[str, Any], ...]
    edits: tuple[Edit, ...]
    object: dict[str, Any] | None
    id: str
    revision: str
    matched: tuple[str, ...]
    faults: tuple[Fault, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether the request may go on: an undecided one may not."""
        return self.verdict is Verdict.ALLOWED

    def acting(self, action: Action) -> tuple[Finding, ...]:
        """The findings that do this, most severe first."""
        return tuple(finding for finding in self.findings if finding.action is action)
