"""What can be required of an image: one shape for each type of evidence, told apart by `type`."""

from typing import Literal

from webhook.admission.days import Day
from webhook.admission.evidence import Severity
from webhook.patterns import Glob
from webhook.pod.duration import Ttl
from webhook.rule_types._evidence_packages import ForbiddenPackage
from webhook.source.declare import field, shape

SeverityWord = Literal["none", "negligible", "low", "medium", "high", "critical"]


class Age(Ttl):
    """How old something may be; never without an end."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> "Age":
        """One number with s, m, h, d or w."""
        ttl = Ttl.parse(text)
        if ttl.forever:
            raise ValueError("forever is no age", "leave the key out where age does not matter")
        return cls(ttl.forever, ttl.seconds, ttl.text)


@shape
class By:
    """Whose evidence counts."""

    authorities: tuple[str, ...] = field("Authorities whose evidence counts, by name.")
    threshold: int = field("How many different ones must have signed.", default=1)

    def __post_init__(self) -> None:
        _refuse_doubles(self.authorities)
        if self.threshold < 1:
            raise ValueError("`threshold` must be at least 1", "leave it out for one", "threshold")
        if self.threshold > len(self.authorities):
            told = f"{self.threshold} of {len(self.authorities)} can never have signed"
            raise ValueError(told, "name more Authorities, or lower `threshold`", "threshold")


@shape
class Required:
    """What every requirement says."""

    name: str = field("What the requirement is called in messages.")
    type: str = field("The type of evidence.")
    by: By | None = field("Whose evidence counts; all Authorities with the type's role where left out.", default=None)


@shape
class Signature(Required):
    """An image signature."""

    type: Literal["signature"] = field("An image signature.")
    annotations: dict[str, str] = field("Annotations that the signature must cover, with these values.", default={})


@shape
class Provenance(Required):
    """SLSA provenance: who built it, how, and from what."""

    type: Literal["slsa-provenance"] = field("SLSA provenance, v0.2 or v1.")
    builders: tuple[Glob, ...] = field("Builders that may have built it, by their id or a glob.", default=())
    build_types: tuple[Glob, ...] = field("Build types that are allowed, or globs.", default=())
    sources: tuple[Glob, ...] = field(
        "Where all of its sources must come from, as globs over their URIs, with or without git+ in front.", default=()
    )
    materials: tuple[Glob, ...] = field("Where everything that went into the build must come from.", default=())
    max_age: Age | None = field("How long ago the build may have ended.", default=None)


@shape
class Ignored:
    """A vulnerability that is known and does not matter, for a while."""

    id: str = field("The vulnerability's id, or another id of it.")
    until: Day = field("The last day on which it is ignored (UTC).")
    reason: str = field("Why it does not matter.")


@shape
class VexBy:
    """Whose word lifts a vulnerability."""

    authorities: tuple[str, ...] = field("Authorities whose VEX documents count, by name.")

    def __post_init__(self) -> None:
        _refuse_doubles(self.authorities)


@shape
class Scan(Required):
    """A vulnerability scan."""

    type: Literal["vulnerability-scan"] = field("A vulnerability scan.")
    max_age: Age | None = field("How long ago it may have been made.", default=None)
    database_max_age: Age | None = field("How old the scanner's database may have been when it scanned.", default=None)
    max_severity: SeverityWord | None = field("The worst that it may have found.", default=None)
    unknown_severity: SeverityWord = field("As what a vulnerability of unknown severity counts.", default="high")
    ignore: tuple[Ignored, ...] = field("Vulnerabilities that do not count, each for a while.", default=())
    vex: VexBy | None = field("Vulnerabilities that these say do not affect the image do not count.", default=None)
    select: Literal["latest", "any", "all"] = field(
        "Which of an Authority's scans must pass: the latest, any, or all that are not too old.", default="latest"
    )

    def __post_init__(self) -> None:
        if self.max_severity is None:
            for key, given in (("ignore", self.ignore), ("vex", self.vex)):
                if given:
                    raise ValueError("nothing is forbidden that it could lift", "say `maxSeverity`", key)

    @property
    def limit(self) -> int:
        """The order of the worst severity that is allowed."""
        return Severity(self.max_severity or "critical").order


@shape
class Forbidden:
    """What a bill of materials must not list."""

    packages: tuple[ForbiddenPackage, ...] = field(
        "Packages, as a name or glob, and a version range after a colon.", default=()
    )
    licenses: tuple[Glob, ...] = field("Licences, by SPDX id or glob.", default=())

    def __post_init__(self) -> None:
        if not self.packages and not self.licenses:
            raise ValueError("nothing is forbidden", "say `packages` or `licenses`")


@shape
class Sbom(Required):
    """A bill of materials."""

    type: Literal["sbom"] = field("A bill of materials.")
    formats: tuple[Literal["spdx", "cyclonedx"], ...] = field("Formats that count; any where left out.", default=())
    complete: bool = field("true: it must have all that a bill of materials needs to be of use.", default=False)
    forbid: Forbidden | None = field("What it must not list.", default=None)
    max_age: Age | None = field("How long ago it may have been made.", default=None)


@shape
class Tests(Required):
    """The result of a run of tests."""

    type: Literal["test-result"] = field("The result of a run of tests.")
    results: tuple[Literal["passed", "warned"], ...] = field("Results that are good enough.", default=("passed",))
    max_age: Age | None = field("How long ago the tests may have run.", default=None)


@shape
class Summary(Required):
    """Another verifier's verdict."""

    type: Literal["verification-summary"] = field("Another verifier's verdict: a SLSA VSA, or in-toto's svr.")
    verifiers: tuple[Glob, ...] = field("Verifiers that are believed, by their id or a glob.", default=())
    levels: tuple[str, ...] = field(
        "Levels that must have been verified, all of them; a higher one will do.", default=()
    )
    max_age: Age | None = field("How long ago it may have been verified.", default=None)


@shape
class Approval(Required):
    """A decision of people to release the image."""

    type: Literal["approval"] = field("A decision of people to release the image.")
    roles: tuple[Glob, ...] = field("Roles in which it must have been approved, each of them.", default=())
    min_approvers: int = field(
        "How many different people must have approved; who asked for it never counts.", default=1
    )
    environments: tuple[str, ...] = field(
        "The environment that this is: the approval must name one of these.", default=()
    )
    max_age: Age | None = field("How long ago it may have been approved.", default=None)

    def __post_init__(self) -> None:
        if self.min_approvers < 1:
            raise ValueError("`minApprovers` must be at least 1", "leave it out for one", "minApprovers")


Requirement = Signature | Provenance | Scan | Sbom | Tests | Summary | Approval
"""One thing that must be proven of an image."""


def _refuse_doubles(names: tuple[str, ...]) -> None:
    double = next((name for name in names if names.count(name) > 1), None)
    if double is not None:
        raise ValueError(f"`{double}` is named twice", "name it once", "authorities")
