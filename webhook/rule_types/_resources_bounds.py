"""The words of `resources`: bounds for requests and limits, and how a class lays its own over them."""

import re
from typing import Any, NamedTuple

from webhook.expressions import expression
from webhook.patterns import closest
from webhook.pod.quantity import Quantity
from webhook.rule_types._amounts import Amount
from webhook.source.declare import changed, field, fields, shape
from webhook.source.path import Path
from webhook.source.shape import BROKEN, Problems, decode, json_schema, wrong

ONE = 10**9

OVERCOMMITTED = ("cpu", "memory", "ephemeral-storage")
"""The resources that a container without a limit takes without bounds; of all others it then gets none."""

HUGE_PAGES = "hugepages-"
_DEVICES = ("nvidia.com/gpu", "amd.com/gpu")
_QUALIFIED = expression(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")


class Ratio(NamedTuple):
    """How many times something, exactly: billionths of a time."""

    nano: int
    text: str

    @classmethod
    def parse(cls, text: str) -> "Ratio":
        """A plain number such as 4 or 1.5."""
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text):
            raise ValueError(f"`{text[:40]}` is no ratio", "write a number such as 4 or 1.5")
        return cls(Quantity.parse(text).nano, text)

    @classmethod
    def of(cls, value: int | float) -> "Ratio":
        """A number as YAML has it."""
        return cls.parse(str(value))

    def allows(self, limit: Quantity, request: Quantity) -> bool:
        """Whether the limit is at most this many times the request."""
        return limit.nano * ONE <= request.nano * self.nano

    def times(self, request: Quantity) -> Quantity:
        """The largest limit that goes with a request, rounded down to thousandths."""
        nano = request.nano * self.nano // ONE
        return Quantity(max(nano - nano % (ONE // 1000), request.nano), request.family, "")


class LimitDefault(NamedTuple):
    """What a limit is set to where there is none: a quantity, or None for what the container requests."""

    quantity: Quantity | None

    @classmethod
    def parse(cls, text: str) -> "LimitDefault":
        """A quantity, or asRequest."""
        if text == "asRequest":
            return cls(None)
        if closest(text, ["asRequest"]):
            raise ValueError(f"`{text}` is no quantity", "did you mean `asRequest`?")
        return cls(Quantity.parse(text))

    @classmethod
    def of(cls, value: int | float) -> "LimitDefault":
        """A number as YAML has it."""
        return cls(Amount.of(value))


@shape
class RequestBounds:
    """What a request must be; where there is none, the container's limit is read as its request."""

    required: bool | None = field("A request must be there; false lets it be left out despite bounds.", default=None)
    default: Amount | None = field("Set where a container has neither a request nor a limit.", default=None)
    min: Amount | None = field("The smallest request.", default=None)
    max: Amount | None = field("The largest request.", default=None)

    def __post_init__(self) -> None:
        _refuse_empty(self)


@shape
class LimitBounds:
    """What a limit must be; any bound here also refuses a limit that is left out, unless `required: false`."""

    required: bool | None = field("A limit must be there; false lets it be left out despite bounds.", default=None)
    default: LimitDefault | None = field(
        "Set where a container has no limit: a quantity, or asRequest for what it requests.", default=None
    )
    min: Amount | None = field("The smallest limit.", default=None)
    max: Amount | None = field("The largest limit.", default=None)
    equals_request: bool | None = field("The limit must be what is requested.", default=None)
    forbidden: bool | None = field("There must be no limit.", default=None)

    def __post_init__(self) -> None:
        _refuse_empty(self)

    @property
    def binds(self) -> bool:
        """Whether it bounds what a limit may be."""
        return self.min is not None or self.max is not None or bool(self.equals_request)


@shape
class ResourceBounds:
    """What the containers' requests and limits of one resource must be."""

    request: RequestBounds | None = field("What the request must be.", default=None)
    limit: LimitBounds | None = field("What the limit must be.", default=None)
    max_limit_to_request: Ratio | None = field("How many times the request a limit may be, such as 4.", default=None)

    def __post_init__(self) -> None:
        _refuse_empty(self)


@shape
class Range:
    """From where to where a sum may go."""

    min: Amount | None = field("The smallest sum.", default=None)
    max: Amount | None = field("The largest sum.", default=None)

    def __post_init__(self) -> None:
        _refuse_empty(self)


@shape
class PodBounds:
    """What a pod may request, and be limited to, in all."""

    request: Range | None = field("The effective request of the whole pod, as the scheduler counts it.", default=None)
    limit: Range | None = field("The effective limit of the whole pod.", default=None)

    def __post_init__(self) -> None:
        _refuse_empty(self)


@shape
class Bounds:
    """The bounds of a rule, or of one of its classes: per container by resource, and per pod by resource."""

    containers: dict[str, ResourceBounds] = field("What each container's requests and limits must be, by resource.")
    pod: dict[str, PodBounds] = field("What a pod may request, and be limited to, in all, by resource.")

    @classmethod
    def from_yaml(cls, value: Any, at: Path, problems: Problems) -> Any:
        """Resource names as keys, and `pod`; BROKEN after telling what is wrong."""
        if not isinstance(value, dict):
            wrong(value, "a mapping", at, problems)
            return BROKEN
        if not value:
            problems.error(at, "nothing is said of resources", "say something of cpu or memory", on="key")
            return BROKEN
        raw_pod = value.get("pod", {})
        raw = {name: bounds for name, bounds in value.items() if name != "pod"}
        known = [tell_unknown_resource(name, (*at, name), problems) for name in raw]
        known += [tell_unknown_resource(name, (*at, "pod", name), problems) for name in _keys(raw_pod)]
        pod = decode(dict[str, PodBounds], raw_pod, (*at, "pod"), problems) if "pod" in value else {}
        read = {name: decode(ResourceBounds, bounds, (*at, name), problems) for name, bounds in raw.items()}
        broken = pod is BROKEN or not all(known) or any(bounds is BROKEN for bounds in read.values())
        return BROKEN if broken else cls(read, pod)

    @classmethod
    def json_schema(cls, definitions: dict[str, Any]) -> dict[str, Any]:
        """Any resource name as key; the well-known ones by name, for completion."""
        of_containers = json_schema(ResourceBounds, definitions)
        of_pod = json_schema(dict[str, PodBounds], definitions)
        known = {name: {"description": f"Bounds on {name}.", "allOf": [of_containers]} for name in OVERCOMMITTED}
        pod = {"description": "What a pod may request, and be limited to, in all.", "allOf": [of_pod]}
        return {"type": "object", "properties": {**known, "pod": pod}, "additionalProperties": of_containers}

    def under(self, over: "Bounds") -> "Bounds":
        """These bounds with those of a class laid over them, word by word."""
        containers = {name: _laid_over(self.containers.get(name), bounds) for name, bounds in over.containers.items()}
        pod = {name: _pod_over(self.pod.get(name), bounds) for name, bounds in over.pod.items()}
        return Bounds({**self.containers, **containers}, {**self.pod, **pod})


def is_pod_level(name: str) -> bool:
    """Whether the pod as a whole can have this resource in its spec.resources (KEP-2837)."""
    return name in ("cpu", "memory") or name.startswith(HUGE_PAGES)


def tell_unknown_resource(name: str, at: Path, problems: Problems) -> bool:
    """Whether containers can have such a resource; after telling why not, or which device was probably meant."""
    mistake = _mistake(name)
    if mistake:
        problems.error(at, *mistake, on="key")
    elif "/" in name and name not in _DEVICES and (guess := _misspelled_device(name)):
        problems.warning(at, f"no known device is called `{name}`", f"did you mean `{guess}`?", on="key")
    return not mistake


def _mistake(name: str) -> tuple[str, str] | None:
    if name in OVERCOMMITTED:
        return None
    if name.startswith(HUGE_PAGES):
        return None if _is_size(name.removeprefix(HUGE_PAGES)) else ("it names no page size", "such as hugepages-2Mi")
    if "/" not in name:
        device = next((device for device in _DEVICES if device.endswith(f"/{name}")), None)
        guess = device or ("ephemeral-storage" if name == "storage" else closest(name, OVERCOMMITTED))
        cure = f"did you mean `{guess}`?" if guess else "extended resources are written DOMAIN/NAME: nvidia.com/gpu"
        return f"there is no resource `{name[:80]}`", cure
    if not _QUALIFIED.fullmatch(name) or "kubernetes.io/" in name:
        return f"`{name[:80]}` is no name of an extended resource", "such as nvidia.com/gpu"
    return None


def _is_size(text: str) -> bool:
    try:
        Quantity.parse(text)
    except ValueError:
        return False
    return True


def _misspelled_device(name: str) -> str | None:
    domain, _, own = name.partition("/")
    for device in _DEVICES:
        vendor, _, kind = device.partition("/")
        if (domain == vendor and closest(own, [kind])) or (own == kind and closest(domain, [vendor])):
            return device
    return None


def _laid_over(base: ResourceBounds | None, over: ResourceBounds) -> ResourceBounds:
    if base is None:
        return over
    replaces_ratio = over.limit is not None and (over.limit.forbidden or over.limit.equals_request)
    return ResourceBounds(
        request=_overlaid(base.request, over.request),
        limit=_limit_over(base.limit, over.limit),
        max_limit_to_request=over.max_limit_to_request or (None if replaces_ratio else base.max_limit_to_request),
    )


def _limit_over(base: LimitBounds | None, over: LimitBounds | None) -> LimitBounds | None:
    """A class that forbids the limit says all there is to say; one that bounds it takes a ban back."""
    if over is not None and (over.forbidden or (base is not None and base.forbidden)):
        return over
    merged: LimitBounds | None = _overlaid(base, over)
    return merged


def _pod_over(base: PodBounds | None, over: PodBounds) -> PodBounds:
    if base is None:
        return over
    return PodBounds(request=_overlaid(base.request, over.request), limit=_overlaid(base.limit, over.limit))


def _overlaid(base: Any, over: Any) -> Any:
    """The words of `over` where it says something, those of `base` elsewhere."""
    if base is None or over is None:
        return base if over is None else over
    said = {part.name: getattr(over, part.name) for part in fields(over)}
    return changed(base, **{name: value for name, value in said.items() if value is not None})


def _refuse_empty(bounds: Any) -> None:
    if all(getattr(bounds, part.name) is None for part in fields(bounds)):
        raise ValueError("nothing is said here", "say one of its keys, or leave it out")


def _keys(value: Any) -> list[str]:
    return list(value) if isinstance(value, dict) else []
