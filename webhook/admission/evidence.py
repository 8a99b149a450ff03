"""Evidence: what signers have said of an image, as plain data. `evidence/` gets and proves it, rules judge it.

    reference -> ImageFacts(digest, attestations, ...) | NotHad(outcome, reason)

Only what was proven stands in an Attestation: its signature holds under the named authorities, and its subject is the
digest under which it is listed. Whether that is enough, and still, is for the rule to say, anew for each request.
"""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Outcome(StrEnum):
    """What became of looking for one thing; only `unavailable` is undecided."""

    SATISFIED = "satisfied"
    MISSING = "missing"
    INVALID = "invalid"
    UNACCEPTABLE = "unacceptable"
    STALE = "stale"
    UNAVAILABLE = "unavailable"
    MISCONFIGURED = "misconfigured"


class EvidenceType(StrEnum):
    """What can be demanded of an image."""

    SIGNATURE = "signature"
    PROVENANCE = "slsa-provenance"
    SCAN = "vulnerability-scan"
    VEX = "vex"
    SBOM = "sbom"
    TEST_RESULT = "test-result"
    SUMMARY = "verification-summary"
    APPROVAL = "approval"


ROLES: dict[EvidenceType, str] = {
    EvidenceType.SIGNATURE: "build",
    EvidenceType.PROVENANCE: "build",
    EvidenceType.SCAN: "scan",
    EvidenceType.VEX: "scan",
    EvidenceType.SBOM: "sbom",
    EvidenceType.TEST_RESULT: "test",
    EvidenceType.SUMMARY: "test",
    EvidenceType.APPROVAL: "approval",
}
"""The role that an authority must have to vouch for it."""


class Severity(StrEnum):
    """How bad scanners call a vulnerability, in one vocabulary; `order` compares."""

    NONE = "none"
    NEGLIGIBLE = "negligible"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"
    UNKNOWN = "unknown"

    @property
    def order(self) -> int:
        """0 for none to 5 for critical; -1 for unknown, which a rule must first read as something else."""
        return -1 if self is Severity.UNKNOWN else list(Severity).index(self)


class Vulnerability(NamedTuple):
    """One vulnerability in one package; `aliases` are its other ids, `fixed` the versions without it."""

    id: str
    severity: Severity
    package: str = ""
    installed: str = ""
    fixed: str = ""
    aliases: tuple[str, ...] = ()


class Scan(NamedTuple):
    """A vulnerability scan. `scanned` is the earliest of all signed times, `database` how old its knowledge is."""

    scanner: str
    scanned: datetime | None
    database: datetime | None
    vulnerabilities: tuple[Vulnerability, ...]


class Provenance(NamedTuple):
    """SLSA provenance, v0.2 or v1: who built it, how, and from which sources (URIs, as written)."""

    builder: str
    build_type: str
    sources: tuple[str, ...]
    materials: tuple[str, ...] = ()
    finished: datetime | None = None


class Package(NamedTuple):
    """A package of an SBOM; `licenses` are SPDX expressions or names as written."""

    name: str
    version: str
    licenses: tuple[str, ...] = ()


class Sbom(NamedTuple):
    """A bill of materials; `lacks` says in words what it has not got that a complete one has ("" where complete)."""

    format: str
    version: str
    created: datetime | None
    packages: tuple[Package, ...]
    lacks: str = ""


class VexStatement(NamedTuple):
    """What a supplier says about vulnerabilities: not_affected, affected, fixed or under_investigation.

    Without `products` it is about the image that it is signed for; with `components` (of a product) about these alone.
    """

    vulnerabilities: tuple[str, ...]
    status: str
    reason: str
    products: tuple[str, ...] = ()
    at: datetime | None = None
    components: tuple[str, ...] = ()


class Vex(NamedTuple):
    """An OpenVEX document; a later statement about a vulnerability replaces an earlier one."""

    author: str
    at: datetime | None
    statements: tuple[VexStatement, ...]


class RunOfTests(NamedTuple):
    """A test result: PASSED, WARNED or FAILED."""

    result: str
    failed: tuple[str, ...] = ()
    url: str = ""
    at: datetime | None = None


class Summary(NamedTuple):
    """A verifier's verdict about the image: SLSA verification summary or in-toto svr."""

    verifier: str
    passed: bool
    levels: tuple[str, ...]
    policy: str = ""
    at: datetime | None = None


class Approver(NamedTuple):
    """Who approved, and in which role."""

    id: str
    role: str


class Approval(NamedTuple):
    """A decision of people about a release; docs/evidence/approval.md is its format."""

    decision: str
    approvers: tuple[Approver, ...]
    requested_by: str
    at: datetime
    ticket: str = ""
    not_before: datetime | None = None
    not_after: datetime | None = None
    namespaces: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    sequence: int = 0


Claim = Scan | Provenance | Sbom | Vex | RunOfTests | Summary | Approval | None
"""What an attestation says; a signature says nothing more than that it is there."""


class Validity(NamedTuple):
    """The time in which something that is signed counts, with both ends; None where it has none on that side.

    `what` is what has these ends, such as "its certificate"; `note` says more to whoever comes too late.
    """

    what: str
    since: datetime | None
    until: datetime | None
    note: str = ""

    def lapsed(self, now: datetime) -> str:
        """Why it does not count at this time, "" while it does."""
        if self.until and now > self.until:
            return f"{self.what} expired on {self.until:%Y-%m-%d %H:%M} UTC{self.note}"
        if self.since and now < self.since:
            return f"{self.what} is not valid before {self.since:%Y-%m-%d %H:%M} UTC"
        return ""


class Attestation(NamedTuple):
    """Something signed about a digest, and proven. `authorities` are the names of all whose signature holds on it.

    `signed` is when it was signed, as far as that is itself signed or countersigned; None where nothing proves it.
    `annotations` are those that the signature covers. `digest` names the bytes, `where` says where they were found.
    `problem` says why what is signed cannot be used: it is then evidence of nothing but its own uselessness.
    `valid` are the times in which alone it counts: of a certificate where nothing proves when it was used, and of what
    its signer has given an end himself.
    """

    type: EvidenceType
    predicate_type: str
    authorities: tuple[str, ...]
    signed: datetime | None
    claim: Claim
    digest: str
    where: str
    annotations: tuple[tuple[str, str], ...] = ()
    problem: str = ""
    valid: tuple[Validity, ...] = ()

    def lapsed(self, now: datetime) -> str:
        """Why it does not count at this time, "" while it does."""
        return next((reason for one in self.valid if (reason := one.lapsed(now))), "")


class Rejected(NamedTuple):
    """Something that is attached and does not count: signed by nobody we know, broken, or about another digest.

    `hint` is what it claims to be, unproven, so that a message can say what was found instead.
    """

    reason: str
    where: str
    digest: str = ""
    hint: str = ""


class Evidence(NamedTuple):
    """Everything that is attached to one digest; `platform` is "" for the digest that was named, else os/arch.

    `unexamined` counts what was not looked at because there is too much of it.
    """

    digest: str
    platform: str
    attestations: tuple[Attestation, ...]
    rejected: tuple[Rejected, ...] = ()
    unexamined: int = 0


class ImageFacts(NamedTuple):
    """What a registry has of an image. `evidence` is None where only the digest was asked for.

    `platforms` holds the evidence of each platform's own manifest, () where the digest is no index, None where it was
    not asked for.
    `listed` is when the registry was last asked; `stale` says why an older listing serves ("" where it is fresh).
    """

    digest: str
    evidence: Evidence | None = None
    platforms: tuple[Evidence, ...] | None = None
    listed: datetime | None = None
    stale: str = ""


class NotHad(NamedTuple):
    """Why nothing is known of an image: `missing` (it does not exist), `unavailable` or `misconfigured`."""

    outcome: Outcome
    reason: str


class ImageNeed(NamedTuple):
    """What must be learnt of an image: `reference` in its normal form (repository:tag or repository@digest).

    Without `evidence` its digest alone; with `platforms` the evidence of every platform's manifest too.
    """

    reference: str
    evidence: bool = False
    platforms: bool = False

    @property
    def repository(self) -> str:
        """Host and path."""
        name = self.reference.partition("@")[0]
        return name if "@" in self.reference else name.rpartition(":")[0]

    @property
    def host(self) -> str:
        """The registry's host, with its port."""
        return self.reference.partition("/")[0]
