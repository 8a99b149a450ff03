"""The documents of a rules folder, as they are written: every key with its sentence. policy-language.md is the text."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, ClassVar, Literal, NamedTuple

from webhook.admission.days import Day
from webhook.admission.finding import Mode, Severity
from webhook.admission.names import Names, NamespaceGlob, NamespaceNames
from webhook.admission.selector import LabelSelector
from webhook.expressions import expression
from webhook.patterns import Glob
from webhook.pod.image import ImagePattern
from webhook.policy.matching import ContainerMatch, Match
from webhook.policy.trust import AuthoritySpec, RegistrySpec
from webhook.source.declare import field, shape
from webhook.source.path import Path
from webhook.source.shape import Problems, decode

API_VERSION = "doorward.dev/v1"

_NAME = expression(r"[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?\Z")


class Name(str):
    """The name of a document or rule: lower-case letters, digits, `-` and `.`, at most 63 characters."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> "Name":
        """Names stand in messages, metrics and exceptions, so they are kept plain."""
        if not _NAME.match(text):
            raise ValueError(f"`{text[:80]}` is no name", "use lower-case letters, digits and `-`, at most 63 of them")
        return cls(text)


@shape
class Metadata:
    """A document's name."""

    name: Name = field("The document's name.")
    labels: dict[str, str] = field("Free labels, for people.", default={})
    annotations: dict[str, str] = field("Free annotations, for people.", default={})


class SeverityName(StrEnum):
    """How bad a violation is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def severity(self) -> Severity:
        """The severity as it is compared and sorted."""
        return Severity[self.name]


@shape
class Owner:
    """Who is responsible, and where to ask."""

    team: str = field("The team that owns the policy.")
    contact: str = field("Where people ask: a channel, an address, a URL.", default="")


@shape
class Step:
    """One step of a rollout: from when and for whom a mode holds."""

    mode: Mode = field("enforce, warn, audit or off.")
    from_: Day | None = field("The day from which it holds.", default=None)
    namespace_selector: LabelSelector | None = field("Only in namespaces with these labels.", default=None)
    namespaces: NamespaceNames | None = field("Only in these namespaces.", default=None)
    percent: int | None = field("Only in this share of namespaces, chosen by a stable hash.", default=None)

    def __post_init__(self) -> None:
        if self.percent is not None and not 1 <= self.percent <= 100:
            raise ValueError("`percent` must be from 1 to 100", "100 means every namespace", "percent")


@shape
class ExceptionsAllowed:
    """Whether exceptions to a policy may exist, and for how long."""

    allowed: bool = field("false: no exception can be made.", default=True)
    max_days: int | None = field("The longest time from `granted` to `expires`, in days.", default=None)

    def __post_init__(self) -> None:
        if self.max_days is not None and self.max_days < 1:
            raise ValueError("`maxDays` must be at least 1", "to allow none, say `allowed: false`", "maxDays")
        if self.max_days is not None and not self.allowed:
            raise ValueError("no exceptions are allowed, so `maxDays` means nothing", "leave it out", "maxDays")


@shape
class Parameter:
    """A typed value that a Profile may set, used in the policy as ${name}."""

    type: Literal["string", "int", "bool", "list"] = field("string, int, bool or list (of strings).")
    default: Any = field("The value without a Profile that sets it.", default=None)
    doc: str = field("What it means, for whoever sets it.", default="")


@shape
class PolicySpec:
    """One or more rules with an owner, a match and a mode."""

    title: str = field("What the policy wants, in one line.")
    why: str = field("Why, in words that a refused developer accepts.")
    owner: Owner = field("Who is responsible.")
    rules: tuple[dict, ...] = field("The rules.")  # type: ignore[type-arg]
    severity: SeverityName = field("low, medium, high or critical.", default=SeverityName.MEDIUM)
    docs: str = field("A page with more.", default="")
    parameters: dict[str, Parameter] = field("Values that a Profile may set.", default={})
    match: Match | None = field("When the policy applies.", default=None, may_be_empty=True)
    mode: Mode | None = field("enforce (default), warn, audit or off.", default=None)
    rollout: tuple[Step, ...] = field("Instead of a mode: who is where, and when.", default=())
    exceptions: ExceptionsAllowed = field("Whether exceptions may exist.", default=ExceptionsAllowed(True, None))

    def __post_init__(self) -> None:
        if self.mode and self.rollout:
            raise ValueError("both `mode` and `rollout` are given", "keep one of them", "rollout")


@shape
class RuleSpec:
    """What every rule may say beside its rule type."""

    name: Name = field("The rule's name, unique in its policy.")
    match: Match | None = field("Narrower than the policy's match.", default=None, may_be_empty=True)
    containers: ContainerMatch | None = field("Which containers the rule is about.", default=None, may_be_empty=True)
    when: tuple[Any, ...] = field(
        "Conditions on the object as it came in; all must hold.", default=(), one_or_many=True
    )
    mode: Mode | None = field("This rule's own mode.", default=None)
    severity: SeverityName | None = field("This rule's own severity.", default=None)
    message: str = field("Words of your own for what was found.", default="")
    fix: str = field("How to mend it; {image.path}, {value}, {namespace} and the like are filled in.", default="")
    ratchet: bool = field("false: an old violation is no excuse.", default=True)
    show: bool = field("false: what was found is never shown, in no output.", default=True)
    on_unavailable: Literal["deny", "warn"] = field("What happens while a declared registry is away.", default="deny")


@shape
class ExceptionMatch:
    """To whom an exception applies; namespaces are mandatory, the rest narrows."""

    namespaces: NamespaceNames = field("The namespaces it is for.")
    names: Names | None = field("Workload names.", default=None)
    images: tuple[ImagePattern, ...] = field("Only containers with these images, as submitted.", default=())

    def __post_init__(self) -> None:
        if not self.namespaces.include:
            raise ValueError("an exception must name the namespaces it is for", "say namespaces: {include: [...]}")


@shape
class ExceptionSpec:
    """A declared, owned, expiring permission to break named rules."""

    rules: tuple[str, ...] = field("The rules, as policy/rule, or whole policies.")
    match: ExceptionMatch = field("To whom it applies.")
    reason: str = field("Why it is needed.")
    owner: str = field("Who needs it.")
    granted: Day = field("The day it was granted.")
    expires: Day = field("The last day on which it holds (UTC).")
    ticket: str = field("Where it was asked for.", default="")
    approved_by: tuple[str, ...] = field("Who approved it.", default=())

    def __post_init__(self) -> None:
        if self.expires < self.granted:
            told = f"it expires before it was granted, on {self.granted}"
            raise ValueError(told, "let `expires` be the last day on which it holds", "expires")


@shape
class ProfileSpec:
    """Which policies are in force in a cluster, how, and which namespaces are left alone."""

    include: tuple[Glob, ...] = field("The policies in force, by name or glob.", default=())
    mode: Mode | None = field("The mode of policies that do not say their own.", default=None)
    modes: dict[str, Mode] = field("A mode for single policies, whatever they say.", default={})
    parameters: dict[str, dict[str, Any]] = field("Values for policies' parameters.", default={})
    exclude_namespaces: tuple[NamespaceGlob, ...] = field("Namespaces that are left alone.", default=())
    default: bool = field("true: of several Profiles, the one in force where nobody chooses.", default=False)

    def in_force(self, policy: str) -> bool:
        """Whether the policy of this name is in force."""
        return not self.include or any(glob.matches(policy) for glob in self.include)


class _Specs(Mapping[str, Any]):
    """That of a PolicyTest is imported when it is asked for: of all who read rules, few read their tests."""

    _read: ClassVar[dict[str, Any]] = {
        "Policy": PolicySpec,
        "Exception": ExceptionSpec,
        "Profile": ProfileSpec,
        "Registry": RegistrySpec,
        "Authority": AuthoritySpec,
    }

    def __getitem__(self, kind: str) -> Any:
        if kind != "PolicyTest":
            return self._read[kind]
        from webhook.policy.cases import PolicyTestSpec

        return PolicyTestSpec

    def __iter__(self) -> Iterator[str]:
        return iter([*self._read, "PolicyTest"])

    def __len__(self) -> int:
        return len(self._read) + 1


SPECS: Mapping[str, Any] = _Specs()
"""The kinds of documents in a rules folder, and the shape of each one's spec."""


class Document(NamedTuple):
    """One document of the rules folder: its kind, name and spec as plain data, and where it stands."""

    kind: str
    name: str
    spec: Any
    problems: Problems
    file: str

    def decoded(self, spec: Any) -> Any:
        """The spec (with its parameters filled in) as its shape says; BROKEN after telling why."""
        return decode(SPECS[self.kind], spec, SPEC_AT, self.problems)

    def silently(self) -> Any:
        """The spec as its shape says; BROKEN, without telling why, where it is told elsewhere."""
        return decode(SPECS[self.kind], self.spec, SPEC_AT, Problems(self.problems.place))


SPEC_AT: Path = ("spec",)
