"""PolicyTest documents as they are written: a minimal pod plus a tweak, and what is expected of it."""

from datetime import UTC
from enum import StrEnum
from typing import Any, Literal

from webhook.admission.days import Moment
from webhook.admission.finding import Action
from webhook.admission.request import Operation
from webhook.source import path as paths
from webhook.source.declare import field, shape
from webhook.source.path import Path
from webhook.source.shape import BROKEN, Problems, decode, json_schema, record, record_schema, unknown, wrong

SHORTHANDS: dict[str, tuple[type, str]] = {
    "image": (str, "a string"),
    "container": (dict, "a mapping"),
    "containers": (list, "a list"),
    "initContainer": (dict, "a mapping"),
    "ephemeralContainer": (dict, "a mapping"),
    "labels": (dict, "a mapping"),
    "annotations": (dict, "a mapping"),
}
"""What a tweak may say beside `metadata` and `spec`: the pod's usual places, by a short name, wherever the pod is."""

_TWEAKABLE = (*SHORTHANDS, "metadata", "spec", "data")

_REMOVABLE = ("labels", "annotations")
"""Short names that null takes away, as it does every other key."""

WHOLE = "(object)"
"""How the path of a finding about the whole object is written."""


class Tweak(dict[str, Any]):
    """A JSON merge patch (RFC 7386) on an object, with short names for a pod's usual places."""

    @classmethod
    def from_yaml(cls, value: Any, at: Path, problems: Problems) -> Any:
        """Keys that no tweak has, and short names with values of another type, are told."""
        if not isinstance(value, dict):
            return wrong(value, "a mapping", at, problems)
        usable = True
        for key, part in value.items():
            shape, expected = SHORTHANDS.get(key, (dict, "a mapping"))
            if key not in _TWEAKABLE:
                unknown(key, _TWEAKABLE, at, problems)
                usable = False
            elif not isinstance(part, shape) and not (part is None and key in _REMOVABLE):
                wrong(part, expected, (*at, key), problems)
                usable = False
        return cls(value) if usable else BROKEN

    @classmethod
    def json_schema(cls, _: dict[str, Any]) -> dict[str, Any]:
        """An object with these keys."""
        names: dict[type, str] = {str: "string", dict: "object", list: "array"}
        short: dict[str, Any] = {key: {"type": names[shape]} for key, (shape, _) in SHORTHANDS.items()}
        short |= {key: {"type": ["object", "null"]} for key in _REMOVABLE}
        rest = {key: {"type": "object"} for key in _TWEAKABLE if key not in SHORTHANDS}
        return {"type": "object", "properties": {**rest, **short}, "additionalProperties": False}


class OldObject(dict[str, Any]):
    """A whole object (it has a `kind`), or a tweak of the document's base."""

    @classmethod
    def from_yaml(cls, value: Any, at: Path, problems: Problems) -> Any:
        """An object is taken as it is; a tweak is checked as one."""
        if isinstance(value, dict) and "kind" in value:
            return cls(value)
        tweak = Tweak.from_yaml(value, at, problems)
        return tweak if tweak is BROKEN else cls(tweak)

    @classmethod
    def json_schema(cls, _: dict[str, Any]) -> dict[str, Any]:
        """Any object."""
        return {"type": "object"}


class FoundAt(str):
    """The path of a finding, as reports show it."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> "FoundAt":
        """Quotes and brackets are brought into the form that findings have."""
        return cls("" if text == WHOLE else paths.render_steps(paths.parse(text)))


class Judged(StrEnum):
    """How a policy is taken when its cases are judged."""

    ENFORCED = "enforced"
    DEPLOYED = "deployed"


@shape
class CaseUser:
    """Who asks."""

    name: str = field("The user's name.")
    groups: tuple[str, ...] = field("The user's groups; system:authenticated where left out.", default=())


@shape
class CaseNamespace:
    """The namespace that the object is in."""

    name: str = field("Its name.", default="shop")
    labels: dict[str, str] = field("Its labels; its name is always one of them.", default={})
    annotations: dict[str, str] = field("Its annotations.", default={})
    known: bool = field("false: nobody can say what labels it has.", default=True)


class FactsOfCase:
    """What was learned outside the object: a CaseFacts (case_facts.py), which is imported for those who say it."""

    images: Any

    @classmethod
    def from_yaml(cls, value: Any, at: Path, problems: Problems) -> Any:
        """The shape, decoded."""
        from webhook.policy.case_facts import CaseFacts

        return decode(CaseFacts, value, at, problems)

    @classmethod
    def json_schema(cls, definitions: dict[str, Any]) -> dict[str, Any]:
        """The shape's."""
        from webhook.policy.case_facts import CaseFacts

        return json_schema(CaseFacts, definitions)


@shape
class ExpectedFinding:
    """A finding, by rule and place; cases never name wording."""

    rule: str = field("The rule's name.")
    path: FoundAt | None = field("Where; every finding of the rule where left out.", default=None)
    action: Action | None = field("What it does: deny, warn or audit.", default=None)


class ExpectedFindings(tuple[ExpectedFinding, ...]):
    """All findings, in any order; none where the list is empty."""

    __slots__ = ()

    @classmethod
    def from_yaml(cls, value: Any, at: Path, problems: Problems) -> Any:
        """An empty list says that there is none."""
        found = () if value == [] else decode(tuple[ExpectedFinding, ...], value, at, problems)
        return BROKEN if found is BROKEN else cls(found)

    @classmethod
    def json_schema(cls, definitions: dict[str, Any]) -> dict[str, Any]:
        """A list that may be empty."""
        return {"type": "array", "items": json_schema(ExpectedFinding, definitions)}


class RuleNames(tuple[str, ...]):
    """The names of rules, in any order; none where the list is empty."""

    __slots__ = ()

    @classmethod
    def from_yaml(cls, value: Any, at: Path, problems: Problems) -> Any:
        """An empty list says that there is none."""
        names = () if value == [] else decode(tuple[str, ...], value, at, problems)
        return BROKEN if names is BROKEN else cls(names)

    @classmethod
    def json_schema(cls, _: dict[str, Any]) -> dict[str, Any]:
        """A list that may be empty."""
        return {"type": "array", "items": {"type": "string"}}


class Operations(tuple[dict[str, Any], ...]):
    """A JSON Patch (RFC 6902); nothing is changed where the list is empty."""

    __slots__ = ()

    @classmethod
    def from_yaml(cls, value: Any, at: Path, problems: Problems) -> Any:
        """A list of mappings, each an operation."""
        if not isinstance(value, list):
            return wrong(value, "a list", at, problems)
        told = [wrong(one, "a mapping", (*at, n), problems) for n, one in enumerate(value) if not isinstance(one, dict)]
        return BROKEN if told else cls(value)

    @classmethod
    def json_schema(cls, _: dict[str, Any]) -> dict[str, Any]:
        """A list of objects."""
        return {"type": "array", "items": {"type": "object"}}


@shape
class Expect:
    """What is expected; what is not named does not matter."""

    decision: Literal["allowed", "denied", "undecided"] | None = field("The verdict.", default=None)
    findings: ExpectedFindings | None = field("Exactly these findings; [] is none.", default=None)
    warnings: RuleNames | None = field("Exactly these rules warn, or say what they changed; [] is none.", default=None)
    patch: Operations | None = field("Exactly this JSON Patch; [] is none.", default=None)
    object: Tweak | None = field("Part of the object after mutation; null is absent.", default=None)

    def __post_init__(self) -> None:
        if all(getattr(self, key) is None for key in EXPECTATIONS):
            raise ValueError("nothing is expected", f"say {', '.join(f'`{key}`' for key in EXPECTATIONS)}")

    @classmethod
    def from_yaml(cls, value: Any, at: Path, problems: Problems) -> Any:
        """A verdict alone is short for `decision`."""
        if isinstance(value, str):
            verdict = decode(_VERDICT, value, at, problems)
            return BROKEN if verdict is BROKEN else cls(decision=verdict)
        return record(cls, value, at, problems)

    @classmethod
    def json_schema(cls, definitions: dict[str, Any]) -> dict[str, Any]:
        """A verdict, or the keys."""
        return {"anyOf": [json_schema(_VERDICT, definitions), record_schema(cls, definitions)]}

    @property
    def refuses(self) -> bool:
        """Whether the case shows what the policy is against."""
        return self.decision in ("denied", "undecided") or bool(self.findings)

    @property
    def passes(self) -> bool:
        """Whether the case shows what the policy lets through."""
        return not self.refuses and (self.decision == "allowed" or self.findings == ())


EXPECTATIONS = ("decision", "findings", "warnings", "patch", "object")

_VERDICT: Any = Literal["allowed", "denied", "undecided"]


@shape
class Case:
    """One object that somebody submits, and what becomes of it."""

    name: str = field("What the case shows, in a sentence.")
    expect: Expect = field("What is expected: a verdict, or a mapping.")
    with_: Tweak | None = field("A tweak of the base, or of `object` or `file`.", default=None)
    object: dict | None = field("A whole object instead of the base.", default=None)  # type: ignore[type-arg]
    file: str = field("A file with one object instead of the base, relative to the document.", default="")
    workload: (
        Literal[
            "Deployment",
            "StatefulSet",
            "DaemonSet",
            "ReplicaSet",
            "ReplicationController",
            "Job",
            "CronJob",
            "PodTemplate",
        ]
        | None
    ) = field("The pod comes as the template of a minimal workload of this kind.", default=None)
    old_object: OldObject | None = field("The object before an UPDATE: a tweak of the base, or whole.", default=None)
    operation: Operation | None = field("CREATE; UPDATE with an `oldObject`.", default=None)
    subresource: str = field("Such as exec; an UPDATE with `ephemeralContainer` has its own.", default="")
    user: CaseUser | None = field("Who asks, instead of the document's `user`.", default=None)
    namespace: CaseNamespace | None = field("Instead of the document's `namespace`.", default=None)
    now: Moment | None = field("Instead of the document's `now`.", default=None)
    facts: FactsOfCase | None = field("What registries have, beside what the document says.", default=None)
    as_: Judged | None = field("Instead of the document's `as`.", default=None)

    def __post_init__(self) -> None:
        if self.object and self.file:
            raise ValueError("both `object` and `file` are given", "keep one of them", "file")
        if self.workload and (self.object or self.file) and not self.subresource:
            raise ValueError("both `workload` and a whole object are given", "keep one of them", "workload")
        if self.object and not isinstance(self.object.get("kind"), str):
            cure = "give it apiVersion and kind, or tweak the base with `with`"
            raise ValueError("the object has no kind", cure, "object")


@shape
class PolicyTestSpec:
    """Cases for one policy."""

    policy: str = field("The policy's name.")
    cases: tuple[Case, ...] = field("The cases.")
    base: Tweak | None = field("A tweak of the minimal pod that every case starts from.", default=None)
    parameters: dict[str, Any] = field("Values for the policy's parameters, whatever the Profile says.", default={})
    user: CaseUser | None = field("Who asks; nobody is known where left out.", default=None)
    namespace: CaseNamespace = field("The namespace of the object.", default=CaseNamespace("shop", {}, {}, True))
    facts: FactsOfCase | None = field("What registries have; no image exists where left out.", default=None)
    now: Moment = field("The moment; always the same where left out.", default=Moment(2026, 1, 1, 12, tzinfo=UTC))
    as_: Judged = field(
        "enforced: the policy by itself. deployed: with Profile, modes, rollout and exceptions.",
        default=Judged.ENFORCED,
    )
