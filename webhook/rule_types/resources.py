"""resources: what containers and pods may request and be limited to. Quantities: pod/quantity.py."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Literal

from webhook.admission.edits import Draft
from webhook.admission.finding import Found
from webhook.admission.origins import Link
from webhook.admission.rule import Check, Compiling, Make, ReadMark, RuleParts, Said, Subject
from webhook.admission.words import listing, quote
from webhook.patterns import closest
from webhook.pod.containers import Pod, Role
from webhook.rule_types._label_names import key_mistake
from webhook.rule_types._resources_bounds import OVERCOMMITTED, Bounds, ResourceBounds
from webhook.rule_types._resources_check import check_container
from webhook.rule_types._resources_contradictions import contradictions, pod_contradictions, unreachable
from webhook.rule_types._resources_fill import fill_container
from webhook.rule_types._resources_pod import check_pod, quality
from webhook.rule_types._seen import amounts
from webhook.source.declare import field, shape
from webhook.source.path import Path, look_up
from webhook.source.shape import BROKEN, Problems, decode, json_schema, wrong

_ROLES = frozenset({Role.CONTAINER, Role.INIT, Role.SIDECAR})
_KEYS = ("pod", "qos", "classes")

Quality = Literal["Guaranteed", "Burstable", "BestEffort"]


@shape
class ClassKey:
    """What chooses a pod's class."""

    annotation: str = field("The annotation of the pod whose value names the class.", default="")
    label: str = field("The label of the pod whose value names the class.", default="")

    def __post_init__(self) -> None:
        if bool(self.annotation) is bool(self.label):
            raise ValueError("one thing chooses the class", "say either `annotation` or `label`")
        wrong = key_mistake(self.annotation or self.label, "annotations" if self.annotation else "labels")
        if wrong or "*" in self.annotation + self.label:
            raise ValueError("no object can have this key" + (f": {wrong}" if wrong else ""), "name one key")

    @property
    def path(self) -> Path:
        """Where in a pod it stands."""
        return ("metadata", "annotations", self.annotation) if self.annotation else ("metadata", "labels", self.label)


@shape
class Classes:
    """Bounds that a pod chooses by an annotation or label; a class's word replaces the one outside classes."""

    by: ClassKey = field("What chooses a pod's class.")
    bounds: dict[str, Bounds] = field("The classes by name, each with resources and `pod` of its own.")

    @classmethod
    def from_yaml(cls, value: Any, at: Path, problems: Problems) -> Any:
        """`by`, and a name for each class; BROKEN after telling what is wrong."""
        if not isinstance(value, dict):
            return wrong(value, "a mapping", at, problems)
        if "by" not in value:
            problems.error(at, "`by` is missing", "say by: {annotation: acme.example/size}", on="key")
            return BROKEN
        names = [name for name in value if name != "by"]
        if not names:
            problems.error(at, "there is no class here", "give it one, such as small: {cpu: {...}}", on="key")
            return BROKEN
        for name in names:
            if name in (*_KEYS, *OVERCOMMITTED):
                cure = "put it under the name of a class, or outside `classes`"
                problems.error((*at, name), f"`{name}` is a key of resources and cannot name a class", cure, on="key")
        by = decode(ClassKey, value["by"], (*at, "by"), problems)
        bounds = {name: decode(Bounds, value[name], (*at, name), problems) for name in names}
        broken = by is BROKEN or any(part is BROKEN for part in bounds.values())
        return BROKEN if broken else cls(by, bounds)

    @classmethod
    def json_schema(cls, definitions: dict[str, Any]) -> dict[str, Any]:
        """`by`, and any other key as a class."""
        by = {"description": "What chooses a pod's class.", "allOf": [json_schema(ClassKey, definitions)]}
        others = json_schema(Bounds, definitions)
        return {"type": "object", "properties": {"by": by}, "required": ["by"], "additionalProperties": others}


@shape
class Params:
    """What containers and pods may request and be limited to."""

    bounds: Bounds = field("Resources by name, and `pod` for the sums over a whole pod.")
    qos: tuple[Quality, ...] = field("The quality of service classes that pods may have.", default=())
    classes: Classes | None = field("Bounds that a pod chooses by an annotation or label.", default=None)

    @classmethod
    def from_yaml(cls, value: Any, at: Path, problems: Problems) -> Any:
        """Resource names, `pod`, `qos` and `classes`; BROKEN after telling what is wrong."""
        if not isinstance(value, dict):
            return wrong(value, "a mapping", at, problems)
        rest = {name: part for name, part in value.items() if name not in ("qos", "classes")}
        bounds = decode(Bounds, rest, at, problems) if rest or not value else Bounds({}, {})
        qos = decode(tuple[Quality, ...], value["qos"], (*at, "qos"), problems) if "qos" in value else ()
        classes = decode(Classes, value["classes"], (*at, "classes"), problems) if "classes" in value else None
        return BROKEN if any(part is BROKEN for part in (bounds, qos, classes)) else cls(bounds, qos, classes)

    @classmethod
    def json_schema(cls, definitions: dict[str, Any]) -> dict[str, Any]:
        """The keys, as far as they are known by name."""
        schema = Bounds.json_schema(definitions)
        qos = json_schema(tuple[Quality, ...], definitions)
        own = {
            "qos": {"description": "The quality of service classes that pods may have.", **qos},
            "classes": {"description": "Bounds that a pod chooses.", **json_schema(Classes, definitions)},
        }
        return {**schema, "properties": {**schema["properties"], **own}}


def compile(params: Params, compiling: Compiling) -> RuleParts:
    """Bind what can be known now: the bounds outside classes, and those of each class laid over them."""
    _tell_contradictions(params, compiling)
    choose = _chooser(params)
    everything = [params.bounds, *_classes(params).values()]
    checks: list[Check] = []
    if params.classes:
        checks.append(_unknown_class(params.classes))
    if any(bounds.containers for bounds in everything):
        checks.append(_containers(choose))
    if any(bounds.pod for bounds in everything):
        checks.append(_pods(choose))
    if params.qos:
        checks.append(quality(params.qos))
    fills = any(_fills(one) for bounds in everything for one in bounds.containers.values())
    said = None if params.qos or any(bounds.pod for bounds in everything) else _said(params.classes)
    return RuleParts(
        checks=(_once(*checks),),
        said=said,
        fill=_fill(choose, params.classes) if fills else None,
        roles=_ROLES,
        about_containers=any(bounds.containers for bounds in everything),
        marks=(ReadMark(params.classes.by.path, None, ("classes", "by")),) if params.classes else (),
    )


def _classes(params: Params) -> dict[str, Bounds]:
    if params.classes is None:
        return {}
    return {name: params.bounds.under(over) for name, over in params.classes.bounds.items()}


def _chooser(params: Params) -> Callable[[Pod], Bounds]:
    """The bounds for a pod: those of its class; those outside classes where it has none, or one that is unknown."""
    if params.classes is None:
        return lambda _: params.bounds
    path, choices, outside = params.classes.by.path[1:], _classes(params), params.bounds

    def choose(pod: Pod) -> Bounds:
        name = look_up(pod.metadata, path)
        return choices.get(name, outside) if isinstance(name, str) else outside

    return choose


def _once(*checks: Check) -> Check:
    """The checks as one that says nothing twice: what the pod says for all its containers, or what none can read."""

    def check(subject: Subject) -> Iterator[Found]:
        said: set[tuple[Path, str]] = set()
        for one in checks:
            for found in one(subject):
                if (found.path, found.message) not in said:
                    said.add((found.path, found.message))
                    yield found

    return check


def _containers(choose: Callable[[Pod], Bounds]) -> Check:
    """Each container by itself."""

    def check(subject: Subject) -> Iterator[Found]:
        if subject.pod is None:
            return
        bounds = choose(subject.pod).containers
        for container in subject.containers:
            if container.role is not Role.EPHEMERAL:
                for name, each in bounds.items():
                    yield from check_container(container, name, each)

    return check


def _said(classes: Classes | None) -> Said:
    """All that the containers' bounds depend on: what each container says, and the class of its pod."""
    if classes is None:
        return amounts
    path, names = classes.by.path[1:], frozenset(classes.bounds)

    def said(subject: Subject) -> list[Any] | None:
        parts = subject.derived(amounts, amounts)
        name = look_up(subject.pod.metadata, path) if subject.pod else None
        if parts is None or (name is not None and not (isinstance(name, str) and name in names)):
            return None
        return [(name, part) for part in parts]

    return said


def _pods(choose: Callable[[Pod], Bounds]) -> Check:
    def check(subject: Subject) -> Iterator[Found]:
        if subject.pod is not None:
            for name, bounds in choose(subject.pod).pod.items():
                yield from check_pod(subject.pod, name, bounds)

    return check


def _unknown_class(classes: Classes) -> Check:
    path, names = classes.by.path, sorted(classes.bounds)

    def check(subject: Subject) -> Iterator[Found]:
        value = look_up(subject.pod.metadata, path[1:]) if subject.pod else None
        if subject.pod is None or value is None or value in names:
            return
        guess = closest(value, names) if isinstance(value, str) else None
        fix = f"did you mean {guess}?" if guess else None
        yield Found(
            (*subject.pod.at, *path), value, f"{quote(value)} is no class, there are {listing(names, 'and')}", fix
        )

    return check


def _fills(bounds: ResourceBounds) -> bool:
    return any(side is not None and side.default is not None for side in (bounds.request, bounds.limit))


def _fill(choose: Callable[[Pod], Bounds], classes: Classes | None) -> Make:
    def make(subject: Subject, draft: Draft) -> None:
        if subject.pod is None:
            return
        made = len(draft.edits)
        for name, bounds in choose(subject.pod).containers.items():
            if _fills(bounds):
                for container in subject.containers:
                    if container.role is not Role.EPHEMERAL:
                        fill_container(container, name, bounds, draft)
        if classes is not None:
            for edit in draft.edits[made:]:
                draft.origin(edit.path, partial(_words_on, classes, subject.pod, edit.after))

    return make


def _words_on(classes: Classes, pod: Pod, amount: Any) -> dict[Path, list[Link]]:
    """Which class an amount belongs to, and what chose it."""
    by, name = classes.by, look_up(pod.metadata, classes.by.path[1:])
    chosen = f"class {quote(name)[1:-1]}" if isinstance(name, str) and name in classes.bounds else "no class"
    what = f"annotation {by.annotation}" if by.annotation else f"label {by.label}"
    return {(): [Link(f"{chosen} ({what})", amount)]}


def _tell_contradictions(params: Params, compiling: Compiling) -> None:
    if set(params.qos) == {"Guaranteed", "Burstable", "BestEffort"}:
        compiling.error(("qos",), "every pod has one of these classes, so this can never act", "leave one out")
    outside = _tell_bounds(params.bounds, (), params.bounds, compiling)
    if params.classes and not outside:
        for name, over in params.classes.bounds.items():
            _tell_bounds(over, ("classes", name), params.bounds.under(over), compiling)


def _tell_bounds(said: Bounds, at: Path, meant: Bounds, compiling: Compiling) -> bool:
    """Tell what contradicts in the resources that are named here, as they are meant; whether anything does."""
    broken = False
    for name in said.containers:
        for below, message, cure in contradictions(name, meant.containers[name]):
            compiling.error((*at, name, *below), message, cure)
            broken = True
    for name in said.pod:
        for below, message, cure in pod_contradictions(meant.pod[name]):
            compiling.error((*at, "pod", name, *below), message, cure)
            broken = True
    for name in said.containers:
        lint = unreachable(meant.containers[name])
        if lint:
            compiling.warning((*at, name), lint, on="key")
    return broken
