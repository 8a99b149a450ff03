"""Evidence as a case writes it: one shape for each type, told apart by `type`."""

import hashlib
from typing import Any, Literal

from webhook.admission import evidence as facts
from webhook.admission.days import Moment
from webhook.admission.evidence import Attestation, EvidenceType
from webhook.source.declare import field, shape

SeverityWord = Literal["none", "negligible", "low", "medium", "high", "critical", "unknown"]


@shape
class Signed:
    """What every attestation says. (A shape is made by its keys, so the order of those that must be there is free.)"""

    type: str = field("The type of evidence.")
    by: tuple[str, ...] = field("The Authorities who have signed it.", one_or_many=True)
    signed: Moment | None = field("When it was signed; nothing proves it where left out.", default=None)
    problem: str = field("Why what is signed cannot be used.", default="")

    def claim(self) -> facts.Claim:
        """What it says."""
        return None


@shape
class CaseSignature(Signed):
    """An image signature."""

    type: Literal["signature"] = field("An image signature.")
    annotations: dict[str, str] = field("The annotations that it covers.", default={})


@shape
class CaseProvenance(Signed):
    """SLSA provenance."""

    type: Literal["slsa-provenance"] = field("SLSA provenance.")
    builder: str = field("Who built it.", default="")
    build_type: str = field("How it was built.", default="")
    sources: tuple[str, ...] = field("The sources that it was built from.", default=())
    materials: tuple[str, ...] = field("What went into the build.", default=())
    finished: Moment | None = field("When the build ended.", default=None)

    def claim(self) -> facts.Claim:
        """What it says."""
        return facts.Provenance(self.builder, self.build_type, self.sources, self.materials, self.finished)


@shape
class CaseVulnerability:
    """A vulnerability in a package."""

    id: str = field("Its id.")
    severity: SeverityWord = field("How bad it is.")
    package: str = field("The package that has it.", default="")
    installed: str = field("The version that is installed.", default="")
    fixed: str = field("The versions without it.", default="")
    aliases: tuple[str, ...] = field("Other ids of it.", default=())

    def fact(self) -> facts.Vulnerability:
        """As rules see it."""
        severity = facts.Severity(self.severity)
        return facts.Vulnerability(self.id, severity, self.package, self.installed, self.fixed, self.aliases)


@shape
class CaseScan(Signed):
    """A vulnerability scan."""

    type: Literal["vulnerability-scan"] = field("A vulnerability scan.")
    scanner: str = field("What scanned.", default="")
    scanned: Moment | None = field("When it scanned.", default=None)
    database: Moment | None = field("How old its knowledge is.", default=None)
    vulnerabilities: tuple[CaseVulnerability, ...] = field("What it found; nothing where left out.", default=())

    def claim(self) -> facts.Claim:
        """What it says."""
        return facts.Scan(self.scanner, self.scanned, self.database, tuple(v.fact() for v in self.vulnerabilities))


@shape
class CasePackage:
    """A package of a bill of materials."""

    name: str = field("Its name.")
    version: str = field("Its version.", default="")
    licenses: tuple[str, ...] = field("Its licences.", default=())


@shape
class CaseSbom(Signed):
    """A bill of materials."""

    type: Literal["sbom"] = field("A bill of materials.")
    format: Literal["spdx", "cyclonedx"] = field("Its format.", default="spdx")
    created: Moment | None = field("When it was made.", default=None)
    packages: tuple[CasePackage, ...] = field("What it lists.", default=())
    lacks: str = field("What it lacks to be complete.", default="")

    def claim(self) -> facts.Claim:
        """What it says."""
        packages = tuple(facts.Package(one.name, one.version, one.licenses) for one in self.packages)
        return facts.Sbom(self.format, "", self.created, packages, self.lacks)


@shape
class CaseVexStatement:
    """What is said of vulnerabilities."""

    vulnerabilities: tuple[str, ...] = field("Their ids.")
    status: Literal["not_affected", "affected", "fixed", "under_investigation"] = field("What is said of them.")
    products: tuple[str, ...] = field("What it is about; the image where left out.", default=())
    components: tuple[str, ...] = field("The packages that alone it is about.", default=())
    at: Moment | None = field("When it was said.", default=None)


@shape
class CaseVex(Signed):
    """A VEX document."""

    type: Literal["vex"] = field("A VEX document.")
    statements: tuple[CaseVexStatement, ...] = field("What it says.")  # type: ignore[misc]
    at: Moment | None = field("When it was written.", default=None)

    def claim(self) -> facts.Claim:
        """What it says."""
        said = (
            facts.VexStatement(one.vulnerabilities, one.status, "", one.products, one.at, one.components)
            for one in self.statements
        )
        return facts.Vex("", self.at, tuple(said))


@shape
class CaseTests(Signed):
    """The result of a run of tests."""

    type: Literal["test-result"] = field("The result of a run of tests.")
    result: Literal["PASSED", "WARNED", "FAILED"] = field("How it ended.")  # type: ignore[misc]
    failed: tuple[str, ...] = field("The tests that failed.", default=())

    def claim(self) -> facts.Claim:
        """What it says."""
        return facts.RunOfTests(self.result, self.failed)


@shape
class CaseSummary(Signed):
    """Another verifier's verdict."""

    type: Literal["verification-summary"] = field("Another verifier's verdict.")
    verifier: str = field("Who verified it.")  # type: ignore[misc]
    passed: bool = field("false: it did not pass.", default=True)
    levels: tuple[str, ...] = field("The levels that it has.", default=())
    at: Moment | None = field("When it was verified.", default=None)

    def claim(self) -> facts.Claim:
        """What it says."""
        return facts.Summary(self.verifier, self.passed, self.levels, "", self.at)


@shape
class CaseApprover:
    """Somebody who decided."""

    id: str = field("Who it is.")
    role: str = field("In which role.", default="")


@shape
class CaseApproval(Signed):
    """A decision of people about a release."""

    type: Literal["approval"] = field("A decision of people about a release.")
    approvers: tuple[CaseApprover, ...] = field("Who decided.")  # type: ignore[misc]
    requested_by: str = field("Who asked for it.")  # type: ignore[misc]
    at: Moment = field("When it was decided.")  # type: ignore[misc]
    decision: Literal["approved", "rejected", "revoked"] = field("What was decided.", default="approved")
    ticket: str = field("Where it was decided.", default="")
    not_before: Moment | None = field("From when it holds.", default=None)
    not_after: Moment | None = field("Until when it holds.", default=None)
    namespaces: tuple[str, ...] = field("The namespaces that it is for; all where left out.", default=())
    environments: tuple[str, ...] = field("The environments that it is for; all where left out.", default=())
    sequence: int = field("Its number; a larger one is newer.", default=0)

    def claim(self) -> facts.Claim:
        """What it says."""
        approvers = tuple(facts.Approver(one.id, one.role) for one in self.approvers)
        window = (self.ticket, self.not_before, self.not_after)
        scope = (self.namespaces, self.environments)
        return facts.Approval(self.decision, approvers, self.requested_by, self.at, *window, *scope, self.sequence)


CaseAttestation = (
    CaseSignature | CaseProvenance | CaseScan | CaseSbom | CaseVex | CaseTests | CaseSummary | CaseApproval
)
"""Something that somebody has signed about an image."""


def attestation(one: Any, name: str) -> Attestation:
    """Something signed, as rules see it; `name` is where it was found."""
    digest = f"sha256:{hashlib.sha256(repr(one).encode()).hexdigest()}"
    annotations = tuple(getattr(one, "annotations", {}).items())
    claim = None if one.problem else one.claim()
    return Attestation(EvidenceType(one.type), "", one.by, one.signed, claim, digest, name, annotations, one.problem)
