"""Where defaults go: the pod's spec, each container, each volume of a source, or the object's own fields."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from webhook.admission.rule import Subject
from webhook.pod.containers import Container, Role
from webhook.pod.schema import Field, fields_allowed_in, kind_schema
from webhook.rule_types._default_leaves import leaves
from webhook.rule_types._default_sources import sources_in
from webhook.source.declare import field, shape
from webhook.source.path import Path, look_up


@shape
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


class Wanted:
    """A partial value of one field, with what can be known of it when rules load."""

    __slots__ = ("field", "has_sources", "leaves", "value")

    def __init__(self, value: dict[str, Any], field: Field) -> None:
        self.value = value
        self.field = field
        self.leaves = tuple(leaves(value, field))
        self.has_sources = any(True for _ in sources_in(value))


class Target(NamedTuple):
    """One place to merge into: its path, what is wanted there, and its container.

    `spec_at` is where the spec of its pod stands.
    """

    at: Path
    wanted: Wanted
    spec_at: Path = ()
    container: Container | None = None

    @property
    def field(self) -> Field:
        """What the API says of the place."""
        return self.wanted.field


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


class Places:
    """Where the targets of one verb lead: everything that does not depend on an object, looked up once."""

    def __init__(self, targets: Targets) -> None:
        self._pod = Wanted(targets.pod, pod_spec()) if targets.pod else None
        self._containers = {role: Wanted(_allowed(targets.containers, role), CONTAINER) for role in _FILLED}
        self._volumes = {
            source: Wanted(wanted, volume().children.get(source, ANY)) for source, wanted in targets.volumes.items()
        }
        self._any_container = bool(targets.containers)
        self._object = targets.object

    def in_pod(self, subject: Subject) -> Iterator[Target]:
        """The places in the subject's pod; never an ephemeral container."""
        pod = subject.pod
        if pod is None:
            return
        spec_at: Path = (*pod.at, "spec")
        if self._pod:
            yield Target(spec_at, self._pod, spec_at)
        for container in subject.containers if self._any_container else ():
            if container.role is not Role.EPHEMERAL:
                yield Target(container.at, self._containers[container.role], spec_at, container)
        volumes = pod.spec.get("volumes") if self._volumes else None
        for index, raw in enumerate(volumes if isinstance(volumes, list) else ()):
            for source, wanted in self._volumes.items():
                if isinstance(look_up(raw, (source,)), dict):
                    yield Target((*spec_at, "volumes", index, source), wanted, spec_at)

    def roots(self, subject: Subject) -> list[tuple[Any, Wanted]]:
        """What stands at the same places, with what is wanted there: without paths, at a fraction of the cost."""
        pod = subject.pod
        if pod is None:
            return []
        found: list[tuple[Any, Wanted]] = [(pod.spec, self._pod)] if self._pod else []
        if self._any_container:
            filled = [one for one in subject.containers if one.role is not Role.EPHEMERAL]
            found += [(one.raw, self._containers[one.role]) for one in filled]
        volumes = pod.spec.get("volumes") if self._volumes else None
        for raw in volumes if isinstance(volumes, list) else ():
            if isinstance(raw, dict):
                found += [(raw[key], wanted) for key, wanted in self._volumes.items() if isinstance(raw.get(key), dict)]
        return found

    def in_object(self, subject: Subject) -> Target:
        """The object itself."""
        schema = kind_schema(*subject.request.kind)
        return Target((), Wanted(self._object, schema.root if schema else ANY))


_FILLED = (Role.CONTAINER, Role.INIT, Role.SIDECAR)


def _allowed(wanted: dict[str, Any], role: Role) -> dict[str, Any]:
    """Without what the API refuses in this list, such as probes of an init container."""
    return {key: value for key, value in wanted.items() if fields_allowed_in(role.value, key)}
