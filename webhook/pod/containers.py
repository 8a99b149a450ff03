"""The one walker: every place of a pod where a container or an image can stand.

No rule walks by itself. Containers are in three lists (containers, initContainers, ephemeralContainers); an
initContainer with restartPolicy Always is a native sidecar (KEP-753); an image can also be mounted as a volume
(`volumes[].image.reference`, KEP-4639).
"""

from enum import StrEnum
from typing import Any, NamedTuple

from webhook.errors import MalformedObject
from webhook.source.path import Path, render

LISTS = ("initContainers", "containers", "ephemeralContainers")

MOST = 2_000
"""Containers in one list that are looked at; no node runs as many, and every one of them costs time."""


class Role(StrEnum):
    """What a container is to its pod."""

    CONTAINER = "containers"
    INIT = "initContainers"
    SIDECAR = "sidecars"
    EPHEMERAL = "ephemeralContainers"


ALL_ROLES = frozenset(Role)


class Container:
    """One container: its dict, what it is, and where it stands in the author's object."""

    __slots__ = ("index", "list", "name", "pod", "raw", "role", "security")

    def __init__(self, pod: "Pod", list_name: str, index: int, raw: dict[str, Any]) -> None:
        self.pod = pod
        self.list = list_name
        self.index = index
        self.raw = raw
        name = raw.get("name")
        self.name: str = name if isinstance(name, str) else ""
        self.role = Role.CONTAINER if list_name == "containers" else _role(list_name, raw)
        security = raw.get("securityContext")
        self.security: dict[str, Any] = security if isinstance(security, dict) else {}

    @property
    def at(self) -> Path:
        """Where it stands in the author's object."""
        return (*self.pod.at, "spec", self.list, self.index)

    @property
    def image(self) -> str:
        """The image as written, "" where there is none."""
        image = self.raw.get("image")
        return image if isinstance(image, str) else ""


class ImageUse(NamedTuple):
    """One image that the pod brings in, through a container or through an image volume."""

    text: str
    path: Path
    pull_policy: str | None
    pull_policy_path: Path
    container: Container | None
    owner: str


class Pod:
    """A pod wherever it stands: `root` is the whole object, `at` the path of the pod in it."""

    __slots__ = ("_containers", "_image_volumes", "at", "metadata", "root", "spec")

    def __init__(self, root: dict[str, Any], at: Path) -> None:
        self.root = root
        self.at = at
        pod: Any = root
        for index, step in enumerate(at):
            pod = _dict(pod.get(step), at[: index + 1])
        self.metadata: dict[str, Any] = _dict(pod.get("metadata"), (*at, "metadata"))
        self.spec: dict[str, Any] = _dict(pod.get("spec"), (*at, "spec"))
        self._containers: tuple[Container, ...] | None = None
        self._image_volumes: tuple[ImageUse, ...] | None = None

    @property
    def containers(self) -> tuple[Container, ...]:
        """Every container of every list, in the order in which the pod starts them."""
        if self._containers is None:
            self._containers = self._walked()
        return self._containers

    def _walked(self) -> tuple[Container, ...]:
        found: list[Container] = []
        for name in LISTS:
            items = self.spec.get(name)
            if items is not None:
                found += self._list(name, items)
        return tuple(found)

    def _list(self, name: str, items: Any) -> list[Container]:
        at = (*self.at, "spec", name)
        if not isinstance(items, list):
            raise _malformed(at, "a list of containers", items)
        if len(items) > MOST:
            raise MalformedObject(f"{render(at)} has {len(items)} containers, at most {MOST} can be judged", at, None)
        for index, raw in enumerate(items):
            if not isinstance(raw, dict):
                raise _malformed((*at, index), "a container", raw)
        bare = self._bare()
        return [Container(bare, name, index, raw) for index, raw in enumerate(items)]

    def _bare(self) -> "Pod":
        """The pod as its containers know it: one that held them would be a cycle, left to the garbage collector."""
        bare = Pod.__new__(Pod)
        bare.root, bare.at, bare.metadata, bare.spec = self.root, self.at, self.metadata, self.spec
        bare._containers = bare._image_volumes = None
        return bare

    @property
    def image_volumes(self) -> tuple[ImageUse, ...]:
        """The images that are mounted as volumes."""
        if self._image_volumes is None:
            self._image_volumes = self._mounted()
        return self._image_volumes

    def _mounted(self) -> tuple[ImageUse, ...]:
        volumes = self.spec.get("volumes") or []
        if not isinstance(volumes, list):
            raise _malformed((*self.at, "spec", "volumes"), "a list of volumes", volumes)
        others = [
            (at, raw) for at, raw in enumerate(volumes) if not isinstance(raw, dict) or raw.get("image") is not None
        ]
        return tuple(use for at, raw in others if (use := self._image_volume(at, raw)))

    def _image_volume(self, index: int, raw: Any) -> ImageUse | None:
        at = (*self.at, "spec", "volumes", index)
        source = _dict(raw, at).get("image")
        if source is None:
            return None
        at = (*at, "image")
        reference, policy = _dict(source, at).get("reference"), source.get("pullPolicy")
        if reference is not None and not isinstance(reference, str):
            raise _malformed((*at, "reference"), "a string", reference)
        return ImageUse(
            text=reference or "",
            path=(*at, "reference"),
            pull_policy=policy if isinstance(policy, str) else None,
            pull_policy_path=(*at, "pullPolicy"),
            container=None,
            owner=f"volume {raw.get('name')}",
        )


def _is_other_volume(raw: Any) -> bool:
    return isinstance(raw, dict) and raw.get("image") is None


def image_use(container: Container) -> ImageUse:
    """The image of a container as an ImageUse; an image that is no string is a MalformedObject."""
    image, policy = container.raw.get("image"), container.raw.get("imagePullPolicy")
    if image is not None and not isinstance(image, str):
        raise _malformed((*container.at, "image"), "a string", image)
    return ImageUse(
        text=image or "",
        path=(*container.at, "image"),
        pull_policy=policy if isinstance(policy, str) else None,
        pull_policy_path=(*container.at, "imagePullPolicy"),
        container=container,
        owner=f"container {container.name}",
    )


def _role(list_name: str, raw: dict[str, Any]) -> Role:
    if list_name == "initContainers":
        return Role.SIDECAR if raw.get("restartPolicy") == "Always" else Role.INIT
    return Role.EPHEMERAL


def _dict(value: Any, path: Path) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _malformed(path, "an object", value)
    return value


def _malformed(path: Path, expected: str, found: Any) -> MalformedObject:
    return MalformedObject(f"{render(path)} must be {expected}, not {_named(found)}", path, found)


def _named(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", int: "a number", float: "a number"}
    return names.get(type(value), "null")
