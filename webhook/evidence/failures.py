"""Why a registry did not give what was asked for, in words that name the host and the thing, never a credential.

DoorwardError
└── RegistryFailure
    ├── NotAvailable    it does not answer, answers too slowly, or is out of order: later it may be different
    ├── NotThere        it says that this does not exist
    ├── Refused         it does not let us see this, or it hides that this does not exist
    ├── Lying           what it sends is not what was asked for: another digest, too much, malformed
    └── Misconfigured   no Registry allows to dial this, or what a Registry names cannot be used
"""

from webhook.admission.evidence import NotHad, Outcome
from webhook.errors import DoorwardError


class RegistryFailure(DoorwardError):
    """A registry did not give what was asked for: `what` was asked, `reason` is why nothing came of it."""

    outcome = Outcome.UNAVAILABLE

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(f"{what}: {reason}")
        self.what = what
        self.reason = reason


class NotAvailable(RegistryFailure):
    """Nothing is known, and later something may be: the only failure that leaves a decision open."""


class NotThere(RegistryFailure):
    """The registry says that it does not exist.

    `instead_of` is set where a mirror said so while the registry itself was away: a mirror that lacks something proves
    nothing about the registry.
    """

    outcome = Outcome.MISSING

    def __init__(self, what: str, reason: str, instead_of: NotAvailable | None = None) -> None:
        super().__init__(what, reason)
        self.instead_of = instead_of


class Refused(RegistryFailure):
    """401 or 403 (`status`); some registries answer so for what does not exist: absent or forbidden, who can tell."""

    outcome = Outcome.MISCONFIGURED

    def __init__(self, what: str, reason: str, status: int) -> None:
        super().__init__(what, reason)
        self.status = status


class Lying(RegistryFailure):
    """The answer is not what was asked for; nothing of it is used."""

    outcome = Outcome.INVALID


class Misconfigured(RegistryFailure):
    """What would have to be dialled is not declared, or what is declared cannot be used."""

    outcome = Outcome.MISCONFIGURED


def not_had(failure: RegistryFailure) -> NotHad:
    """The failure as a fact about an image."""
    return NotHad(failure.outcome, str(failure))
