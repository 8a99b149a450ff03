"""Where defaults go: the pod's spec, each container, each volume of a source, or the object's own fields."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from webhook.admission.rule import Subject
from webhook.pod.containers import Container, Role
from webhook.pod.schema import Field, fields_allowed_in, kind_schema
from webhook.rule_types._default_sources import is_source, sources_in
from webhook.source.path import Path, look_up
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
        return any(isinstance(source["from"], str) for part in everything for _, source in sources_in(part))


@dataclass(frozen=True, slots=True)
class Target:
    """One place to merge into: its path, what is wanted there, what the API says of it, and its container.

    `spec_at` is where the spec of its pod stands.
    """

    at: Path
    wanted: dict[str, Any]
    field: Field
    spec_at: Path = ()
    container: Container | None = None


ANY = Field("", "", "any", "a")
CONTAINER = Field("", "", "object", "#", "Container")


def pod_spec() -> Field:
    """What the API says of a pod's spec."""
    schema = kind_schema("", "Pod")
    return (schema.at(("spec",)) if schema else None) or ANY


def volume() -> Field:
    """What the API says of a volume."""
    volumes = pod_spec().children.get("volumes")
    return (volumes.element if volumes else None) or ANY


def targets_of(targets: Targets, subject: Subject) -> Iterator[Target]:
    """The places in the subject's pod; never an ephemeral container."""
    pod = subject.pod
    if pod is None:
        return
    spec_at: Path = (*pod.at, "spec")
    if targets.pod:
        yield Target(spec_at, targets.pod, pod_spec(), spec_at)
    if targets.containers:
        for container in subject.containers:
            if container.role is not Role.EPHEMERAL:
                yield Target(container.at, _allowed(targets.containers, container), CONTAINER, spec_at, container)
    volumes = pod.spec.get("volumes") if targets.volumes else None
    for index, raw in enumerate(volumes if isinstance(volumes, list) else ()):
        for source, wanted in targets.volumes.items():
            if isinstance(look_up(raw, (source,)), dict) and not is_source(wanted):
                yield Target((*spec_at, "volumes", index, source), wanted, volume().children.get(source, ANY), spec_at)


def object_target(targets: Targets, subject: Subject) -> Target:
    """The object itself."""
    schema = kind_schema(*subject.request.kind)
    return Target((), targets.object, schema.root if schema else ANY)


def _allowed(wanted: dict[str, Any], container: Container) -> dict[str, Any]:
    """Without what the API refuses in this list, such as probes of an init container."""
    name = "sidecars" if container.role is Role.SIDECAR else container.list
    if all(fields_allowed_in(name, key) for key in wanted):
        return wanted
    return {key: value for key, value in wanted.items() if fields_allowed_in(name, key)}
