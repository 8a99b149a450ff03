"""A finding: what a rule has to say about one place of an object."""

from enum import IntEnum, StrEnum
from typing import Any, NamedTuple

from webhook.source.path import Path, render


class Severity(IntEnum):
    """How bad; a larger number is worse."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    def __str__(self) -> str:
        return self.name.lower()


class Mode(StrEnum):
    """What a finding does."""

    ENFORCE = "enforce"
    WARN = "warn"
    AUDIT = "audit"
    OFF = "off"


class Cause(StrEnum):
    """Why there is a finding; only the first says something about the object."""

    VIOLATES = "violates"
    UNAVAILABLE = "unavailable"
    FAILED = "failed"


class Standing(StrEnum):
    """Whether a finding counts: an old violation and an excepted one are said, but do not deny."""

    NEW = "new"
    OLD = "old"
    EXCEPTED = "excepted"


class Action(StrEnum):
    """What a finding does to the request."""

    DENY = "deny"
    WARN = "warn"
    AUDIT = "audit"


class Found(NamedTuple):
    """What a check yields: the path in the author's object, the value there (None: nothing), a clause that reads
    after the path, and how to mend it. `ratchets` is False for what an old violation does not excuse, `only_warns` is
    True for what never denies. `cause` is UNAVAILABLE where it could not be learnt whether all is well. `also` are
    other values of the object that the message tells."""

    path: Path
    value: Any
    message: str
    fix: str | None = None
    ratchets: bool = True
    only_warns: bool = False
    cause: Cause = Cause.VIOLATES
    also: tuple[Any, ...] = ()


class RuleInfo(NamedTuple):
    """What people need to know of a rule: its name, why it is there, and whom to ask."""

    policy: str
    name: str
    title: str
    why: str
    severity: Severity
    team: str = ""
    contact: str = ""
    docs: str = ""

    @property
    def id(self) -> str:
        """policy/rule: how exceptions, reports and messages name it."""
        return f"{self.policy}/{self.name}"


class Finding(NamedTuple):
    """One thing that a rule has to say; `path` and `value` are those of the object that the author wrote. With
    `hidden` no report shows the value; the words do not tell it."""

    rule: RuleInfo
    path: Path
    value: Any
    message: str
    fix: str | None
    mode: Mode
    cause: Cause = Cause.VIOLATES
    standing: Standing = Standing.NEW
    container: str = ""
    exception: str = ""
    ratchets: bool = True
    hidden: bool = False

    @property
    def action(self) -> Action:
        """Deny, warn or only record: the mode, unless the finding is old (warns) or excepted (recorded)."""
        if self.standing is Standing.EXCEPTED or self.mode is Mode.AUDIT:
            return Action.AUDIT
        return Action.DENY if self.mode is Mode.ENFORCE and self.standing is Standing.NEW else Action.WARN

    @property
    def where(self) -> str:
        """The path as people read it."""
        return render(self.path)
