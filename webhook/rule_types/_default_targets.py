"""Where defaults go: the pod's spec, each container, each volume of a source, or the object's own fields."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from webhook.admission.rule import Compiling, Subject
from webhook.patterns import closest
from webhook.pod.containers import LISTS, Container, Role
from webhook.pod.defaults import admitted, defaulted
from webhook.pod.schema import Field, Schema, fields_allowed_in, kind_schema
from webhook.rule_types._default_leaves import leaves, source_of
from webhook.source.path import Path, look_up, render
from webhook.source.shape import field


@dataclass(frozen=True, slots=True)
class Targets:
    """Partial values, by what they are merged into."""

    pod: dict = field("Merged into the pod's spec.", default={})  # type: ignore[type-arg]
    containers: dict = field("Merged into each container.", default={})  # type: ignore[type-arg]
    volumes: dict = field("Merged into each volume that has this source.", default={})  # type: ignore[type-arg]
    object: dict = field("Merged into the object itself; needs match.kinds.", default={})  # type: ignore[type-arg]

    def __post_init__(self) -> None:
        if not any((self.pod, self.containers, self.volumes, self.object)):
            raise ValueError("nothing is said of what to merge", "say pod, containers, volumes or object")

    @property
    def in_pod(self) -> bool:
        """Whether any of it goes into a pod."""
        return bool(self.pod or self.containers or self.volumes)

    @property
    def from_namespace(self) -> bool:
        """Whether a value is taken from the namespace."""
        everything = (self.pod, self.containers, self.volumes, self.object)
        return any(
            (source_of(value) or "").startswith("namespace.") for part in everything for _, value in leaves(part)
        )


@dataclass(frozen=True, slots=True)
class Target:
    """One place to merge into: its path, what is wanted there, what the API says of it, and its container."""

    at: Path
    wanted: dict[str, Any]
    field: Field
    container: Container | None = None


_CONTAINER = Field("", "", "object", "#", "Container")


def targets_of(targets: Targets, subject: Subject) -> Iterator[Target]:
    """The places in the subject's pod; never an ephemeral container."""
    pod = subject.pod
    if pod is None:
        return
    spec_at: Path = (*pod.at, "spec")
    if targets.pod:
        yield Target(spec_at, targets.pod, _pod_spec())
    if targets.containers:
        for container in subject.containers:
            if container.role is not Role.EPHEMERAL:
                yield Target(container.at, _allowed(targets.containers, container), _CONTAINER, container)
    volumes = pod.spec.get("volumes") if targets.volumes else None
    for index, volume in enumerate(volumes if isinstance(volumes, list) else ()):
        if isinstance(volume, dict):
            for source, wanted in targets.volumes.items():
                if isinstance(volume.get(source), dict):
                    yield Target((*spec_at, "volumes", index, source), wanted, _volume_source(source))


def object_target(targets: Targets) -> Target:
    """The object itself."""
    return Target((), targets.object, Field("", "", "any", "a"))


def _allowed(wanted: dict[str, Any], container: Container) -> dict[str, Any]:
    """Without what the API refuses in this list, such as probes of an init container."""
    name = "sidecars" if container.role is Role.SIDECAR else container.list
    if all(fields_allowed_in(name, key) for key in wanted):
        return wanted
    return {key: value for key, value in wanted.items() if fields_allowed_in(name, key)}


def _pod_spec() -> Field:
    schema = kind_schema("", "Pod")
    found = schema.at(("spec",)) if schema else None
    return found or Field("", "", "any", "a")


def _volume_source(name: str) -> Field:
    return _pod_spec().children["volumes"].children.get(name) or Field("", "", "any", "a")


def check_targets(verb: str, targets: Targets, compiling: Compiling) -> None:
    """Fields that do not exist, defaults that can never act, and what belongs elsewhere."""
    spec, container = Schema(_pod_spec()), Schema(_CONTAINER)
    for name in LISTS:
        if name in targets.pod:
            compiling.error((verb, "pod", name), f"`pod` does not reach into {name}", "use `containers:`", on="key")
    _check_fields(verb, "pod", targets.pod, spec, compiling)
    _check_fields(verb, "containers", targets.containers, container, compiling)
    for source, wanted in targets.volumes.items():
        _check_fields(verb, "volumes", {source: wanted}, Schema(_volume_element()), compiling)
    if targets.object:
        _check_object(verb, targets, compiling)
    if verb == "default":
        _check_can_act(targets, compiling)


def _volume_element() -> Field:
    volumes = _pod_spec().children["volumes"]
    return replace(volumes, type="object") if volumes.element is None else volumes.element


def _check_fields(verb: str, target: str, wanted: Any, schema: Schema, compiling: Compiling) -> None:
    for path, _ in leaves(wanted):
        for depth in range(1, len(path) + 1):
            if schema.at(path[:depth]) is None:
                parent = schema.at(path[: depth - 1])
                guess = closest(str(path[depth - 1]), parent.children if parent else ())
                cure = f"did you mean `{guess}`?" if guess else None
                message = f"there is no field `{path[depth - 1]}` in {render(path[: depth - 1]) or 'it'}"
                compiling.error((verb, target, *path[:depth]), message, cure, on="key")
                break


def _check_object(verb: str, targets: Targets, compiling: Compiling) -> None:
    if not compiling.kinds:
        compiling.error(
            (verb, "object"), "`object` needs to know which kind it is about", "name it in match.kinds", on="key"
        )
        return
    for kind in compiling.kinds:
        if kind.kind == "Pod":
            compiling.error((verb, "object"), "a Pod's own fields are filled with `pod`", on="key")
        schema = kind_schema(kind.group, kind.kind)
        if schema is not None:
            _check_fields(verb, "object", targets.object, schema, compiling)


_SPECIAL = {
    "automountServiceAccountToken": (
        "the token volume is already there when a webhook sees the pod",
        "use `remove: [serviceAccountToken]`",
    ),
    "priorityClassName": (
        "the number is already set when a webhook sees the pod",
        "set a global default PriorityClass",
    ),
}


def _check_can_act(targets: Targets, compiling: Compiling) -> None:
    """A default for what the API server or a plugin before us has always filled already can never act."""
    minimal = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "x", "image": "x.example/x:1"}]}}
    spec = admitted(defaulted(minimal))["spec"]
    for target, wanted, seen in (("pod", targets.pod, spec), ("containers", targets.containers, spec["containers"][0])):
        for path, _ in leaves(wanted):
            if path[0] in _SPECIAL and target == "pod":
                why, cure = _SPECIAL[str(path[0])]
            elif look_up(seen, path) is not None:
                filled = look_up(seen, path)
                why, cure = f"the API server has always filled it already (with {str(filled)[:60]})", "use `enforce`"
            else:
                continue
            compiling.error(("default", target, *path), f"this default can never act: {why}", cure, on="key")
