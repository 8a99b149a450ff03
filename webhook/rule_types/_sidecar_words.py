"""The words of `sidecar`: where it is put, who opts in or out, whom it skips, how teams tune it."""

from typing import Any, NamedTuple

from webhook.admission.rule import ReadMark
from webhook.expressions import expression
from webhook.pod.quantity import Quantity
from webhook.rule_types._amounts import Amount
from webhook.rule_types._label_names import key_mistake, value_mistake
from webhook.rule_types._port_lists import PortList
from webhook.source.declare import field, shape
from webhook.source.path import Path
from webhook.source.shape import BROKEN, Problems, choice, wrong

_KIND = expression(r"[A-Z][A-Za-z0-9]{0,62}")
_FAMILY = {"ReplicaSet": "Deployment", "CronJob": "Job"}


class Position(NamedTuple):
    """Where among the init containers: first, last, or before or after the one called `name`."""

    word: str
    name: str = ""

    @classmethod
    def from_yaml(cls, value: Any, at: Path, problems: Problems) -> Any:
        """first, last, {before: NAME} or {after: NAME}; BROKEN after telling what is wrong."""
        if isinstance(value, str):
            word = choice(("first", "last"), value, at, problems)
            return BROKEN if word is BROKEN else cls(word)
        word, name = next(iter(value.items())) if isinstance(value, dict) and len(value) == 1 else ("", None)
        if word not in ("before", "after") or not isinstance(name, str) or not name:
            return wrong(value, "first, last, {before: NAME} or {after: NAME}", at, problems)
        return cls(word, name)

    @classmethod
    def json_schema(cls, _: dict[str, Any]) -> dict[str, Any]:
        """A word, or a mapping with one key."""
        beside = {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": False}
        names = {"before": {"type": "string"}, "after": {"type": "string"}}
        return {"anyOf": [{"enum": ["first", "last"]}, {**beside, "properties": names}]}


@shape
class Mark:
    """A label or annotation of the pod that has this value."""

    annotation: str = field("The annotation of the pod.", default="")
    label: str = field("The label of the pod.", default="")
    value: str = field("The value that it must have.", default="true")

    def __post_init__(self) -> None:
        check_mark(self)

    @property
    def path(self) -> Path:
        """Where in a pod's metadata it stands."""
        return ("annotations", self.annotation) if self.annotation else ("labels", self.label)


@shape
class OptOut(Mark):
    """A label or annotation with which a pod asks to go without."""

    value: str = field("The value that it must have.", default="false")
    allowed: bool = field("true: it may; otherwise asking is a finding, and changes nothing.", default=False)


def check_mark(mark: Mark) -> None:
    """Raises ValueError (what is wrong, the cure) for a key or value that no pod can have."""
    if bool(mark.annotation) is bool(mark.label):
        raise ValueError("one thing is looked at", "say either `annotation` or `label`")
    mistake = key_mistake(mark.annotation or mark.label, "annotations" if mark.annotation else "labels")
    if mistake or "*" in mark.annotation + mark.label:
        raise ValueError("no object can have this key" + (f": {mistake}" if mistake else ""), "name one key")
    mistake = value_mistake(mark.value) if mark.label else None
    if mistake:
        raise ValueError(f"no label can have this value: {mistake}")


def read_marks(opt_in: Mark | None, opt_out: Mark | None) -> tuple[ReadMark, ...]:
    """What a pod says to be left in or out. What tunes is read again after other rules have written it."""
    said = ((opt_in, "optIn", True), (opt_out, "optOut", False))
    return tuple(
        ReadMark(("metadata", *mark.path), mark.value, (key,), needed=needed) for mark, key, needed in said if mark
    )


@shape
class Skip:
    """Pods that the rule is not about."""

    host_network: bool = field("true: pods on the host's network.", default=False)
    owner_kinds: tuple[str, ...] = field(
        "Pods of these workloads, such as DaemonSet (can be forged).", default=(), may_be_empty=True
    )

    def __post_init__(self) -> None:
        if not self.host_network and not self.owner_kinds:
            raise ValueError("nothing is skipped", "say `hostNetwork: true` or `ownerKinds: [DaemonSet]`")
        for kind in self.owner_kinds:
            if kind in _FAMILY:
                raise ValueError(f"pods of a {kind} count as those of its {_FAMILY[kind]}", f"write {_FAMILY[kind]}")
            if not _KIND.fullmatch(kind):
                raise ValueError(f"`{kind[:80]}` is no kind", "write it as DaemonSet or Job")


@shape
class MountInto:
    """Volume mounts for the author's containers."""

    containers: tuple[dict, ...] = field(  # type: ignore[type-arg]
        "volumeMounts for each of the author's containers, told apart by mountPath."
    )


@shape
class Tuned:
    """One request or limit of the sidecar that teams may choose, and within which bounds."""

    default: Amount | None = field("What it is where no annotation says.", default=None)
    annotation: str = field("The annotation that chooses it, on the pod or else on its namespace.", default="")
    min: Amount | None = field("The smallest that may be chosen.", default=None)
    max: Amount | None = field("The largest that may be chosen.", default=None)

    def __post_init__(self) -> None:
        if self.default is None and not self.annotation:
            raise ValueError("nothing chooses this amount", "give it a `default`, an `annotation`, or both")
        refuse_annotation(self.annotation)
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"`min` {self.min} is over `max` {self.max}, so nothing would fit", "swap them")
        if self.default is not None and not self.allows(self.default):
            raise ValueError(f"the default {self.default} is outside its own bounds: it must be {self.bounds}")

    def allows(self, amount: Quantity) -> bool:
        """Whether an amount is within the bounds."""
        return (self.min is None or amount >= self.min) and (self.max is None or amount <= self.max)

    @property
    def bounds(self) -> str:
        """The bounds in words; "" where there are none."""
        if self.min is not None and self.max is not None:
            return f"from {self.min} to {self.max}"
        return f"at least {self.min}" if self.min is not None else f"at most {self.max}" if self.max is not None else ""


@shape
class ExcludePorts:
    """Ports that a team may take out of what the sidecar sees."""

    annotation: str = field("The annotation that lists them, on the pod or else on its namespace.")
    env: str = field("The environment variable of the injected containers that gets the list.")
    allowed: PortList | None = field('The ports that may be listed, such as "1024-65535".', default=None)
    max: int | None = field("How many ports may be listed.", default=None)

    def __post_init__(self) -> None:
        refuse_annotation(self.annotation)
        if self.max is not None and self.max < 1:
            raise ValueError("`max` lets nobody list a port", "leave excludePorts out, or allow one")
        if not self.env.isprintable() or "=" in self.env or " " in self.env:
            raise ValueError(f"no environment variable is called `{self.env[:80]}`", "write it as EXCLUDE_PORTS")


def refuse_annotation(key: str) -> None:
    """Raises ValueError where no object can have an annotation with this key."""
    mistake = key_mistake(key, "annotations") if key else None
    if mistake or "*" in key:
        raise ValueError("no object can have this annotation" + (f": {mistake}" if mistake else ""), "name one key")


def families(request_kind: str, owners: Any) -> tuple[str, ...]:
    """The workload families of a pod: a Deployment's pods count as Deployment, a CronJob's as Job."""
    if request_kind != "Pod":
        return (_FAMILY.get(request_kind, request_kind),)
    kinds = [owner.get("kind") for owner in owners if isinstance(owner, dict)] if isinstance(owners, list) else []
    return tuple(_FAMILY.get(kind, kind) for kind in kinds if isinstance(kind, str))
