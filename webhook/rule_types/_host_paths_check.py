"""Whether a pod mounts only what it may of the node, and writes only where it may: every volume, every mount."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from webhook.admission.finding import Found
from webhook.admission.rule import Check, Subject
from webhook.admission.words import listing, quote
from webhook.pod.containers import Container
from webhook.rule_types._host_paths import Allowed, HostPath, ReadOnly, Segments, below, segments_of, strictness
from webhook.rule_types._volumes import volumes_of
from webhook.source.path import Path

_INSTEAD = "use a persistentVolumeClaim, emptyDir, configMap or csi volume instead"


class _Mounted(NamedTuple):
    """A volume that is an allowed path of the node."""

    path: Segments
    entry: tuple[HostPath, ReadOnly]


def no_paths(subject: Subject) -> Iterator[Found]:
    """Every volume that is a path of the node."""
    for at, volume in volumes_of(subject):
        source = volume.get("hostPath")
        if source is not None:
            message = f"mounts {quote(_path(source))} of the node, hostPath volumes are not allowed"
            yield Found((*at, "hostPath"), source, message, _INSTEAD)


def check_paths(allowed: Allowed) -> Check:
    """Volumes of other paths, and mounts that could write where they must not."""
    words = [f"{path.text}{_READ_ONLY[strictness(only)]}" for path, only in reversed(allowed.entries)]
    only = f"only {listing(words, 'and')} may be mounted"
    restricts = any(read_only for _, read_only in allowed.entries)

    def check(subject: Subject) -> Iterator[Found]:
        mounted: dict[str, list[_Mounted]] = {}
        for at, volume in volumes_of(subject):
            source = volume.get("hostPath")
            if source is None:
                continue
            path = _path(source)
            segments = segments_of(path) if isinstance(path, str) else None
            entry = allowed.find(segments) if segments is not None else None
            if segments is None or entry is None:
                yield Found((*at, "hostPath", "path"), path, f"{quote(path)} of the node, {only}", _INSTEAD)
            else:
                mounted.setdefault(str(volume.get("name")), []).append(_Mounted(segments, entry))
        if mounted:
            for container in subject.containers:
                yield from _mounts(container, mounted, allowed, only)
                if restricts:
                    yield from _devices(container, mounted)

    return check


_READ_ONLY = ("", " (read-only)", " (read-only, recursively)")


def _path(source: Any) -> Any:
    return source.get("path") if isinstance(source, dict) else None


def _mounts(
    container: Container, mounted: Mapping[str, list[_Mounted]], allowed: Allowed, only: str
) -> Iterator[Found]:
    for at, mount in _items(container, "volumeMounts"):
        for volume in mounted.get(str(mount.get("name")), ()):
            entry = _entry(volume, mount, allowed)
            if entry is None:
                sub_path = mount.get("subPath")
                message = f"{quote(sub_path)} leads out of /{'/'.join(volume.path)} of the node, {only}"
                yield Found((*at, "subPath"), sub_path, message, "leave .. out")
            else:
                yield from _writable(at, mount, entry)


def _entry(volume: _Mounted, mount: Mapping[str, Any], allowed: Allowed) -> tuple[HostPath, ReadOnly] | None:
    """What holds for what is mounted: a path below the volume's may fall under a longer entry."""
    expanded = mount.get("subPathExpr")
    if isinstance(expanded, str) and "$" in expanded:
        return allowed.strictest(volume.path, volume.entry)  # what it expands to is known when the container starts
    sub_path = mount.get("subPath") or expanded
    if not isinstance(sub_path, str) or not sub_path:
        return volume.entry
    return allowed.find(below(volume.path, sub_path))


def _writable(at: Path, mount: Mapping[str, Any], entry: tuple[HostPath, ReadOnly]) -> Iterator[Found]:
    path, read_only = entry
    if not read_only:
        return
    value, recursive = mount.get("readOnly"), mount.get("recursiveReadOnly")
    if value is not True:
        word = "missing, which means false" if value is None else f"is {quote(value)}"
        message = f"{word}; {path.text} of the node may only be mounted read-only"
        yield Found((*at, "readOnly"), value, message, "readOnly: true")
    if read_only == "recursive" and recursive != "Enabled":
        word = "missing, which means Disabled" if recursive is None else f"is {quote(recursive)}"
        message = f"{word}; what is mounted below {path.text} of the node must be read-only too"
        yield Found((*at, "recursiveReadOnly"), recursive, message, "recursiveReadOnly: Enabled")


def _devices(container: Container, mounted: Mapping[str, list[_Mounted]]) -> Iterator[Found]:
    """A block device has no readOnly, so none may be made of a path that is read-only."""
    for at, device in _items(container, "volumeDevices"):
        for volume in mounted.get(str(device.get("name")), ()):
            path, read_only = volume.entry
            if read_only:
                message = f"is a block device, which can be written; {path.text} of the node may only be read"
                yield Found((*at, "name"), device.get("name"), message, "mount it with readOnly: true")


def _items(container: Container, key: str) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    items = container.raw.get(key)
    for index, item in enumerate(items if isinstance(items, list) else ()):
        if isinstance(item, dict):
            yield (*container.at, key, index), item
