"""volumes: which volumes a pod may have, what of the node it may mount, and how large its scratch space may grow."""

from collections.abc import Iterator
from typing import Any, Literal

from webhook.admission.finding import Found
from webhook.admission.rule import Check, Compiling, RuleParts, Subject
from webhook.admission.words import listing, quote
from webhook.patterns import closest
from webhook.rule_types._empty_dir import SizeLimit, check_size, fill_size, tell_size
from webhook.rule_types._host_paths import Allowed, HostPath, ReadOnly, writable_above
from webhook.rule_types._host_paths_check import check_paths, no_paths
from webhook.rule_types._volumes import SOURCES, sources_of, volumes_of
from webhook.source.declare import field, shape
from webhook.source.path import Path

_ALSO_CALLED = {"pvc": "persistentVolumeClaim", "tmpfs": "emptyDir", "serviceAccountToken": "projected"}
_TOKEN = "kube-api-access-"  # noqa: S105 - how the API server begins the name of the volume that it puts in


class VolumeType(str):
    """What a volume is made of, by its key in the API."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> "VolumeType":
        """Only what the API knows."""
        if text not in SOURCES:
            guess = _ALSO_CALLED.get(text) or closest(text, SOURCES)
            cure = f"did you mean `{guess}`?" if guess else f"there are {listing(SOURCES, 'and')}"
            raise ValueError(f"there is no volume type `{text[:60]}`", cure)
        return cls(text)

    @classmethod
    def json_schema(cls, _: dict[str, Any]) -> dict[str, Any]:
        """All that there are."""
        return {"enum": list(SOURCES)}


@shape
class AllowedPath:
    """A path of the node that may be mounted."""

    path: HostPath = field("The path, and everything below it. Globs: `*` within a segment, `**` across.")
    read_only: ReadOnly = field(
        "true: every mount has readOnly; recursive: and recursiveReadOnly Enabled.", default=False
    )


@shape
class HostPaths:
    """What of the node's files may be mounted."""

    allowed: tuple[AllowedPath, ...] = field("Only these paths; the longest that fits decides.", default=())
    forbidden: Literal[True] | None = field("No path at all.", default=None)

    def __post_init__(self) -> None:
        if bool(self.allowed) is bool(self.forbidden):
            raise ValueError("one thing is said of host paths", "say either `allowed` or `forbidden: true`")


@shape
class EmptyDirs:
    """What scratch space must be."""

    size_limit: SizeLimit = field("How much may be written to each emptyDir before its pod is evicted.")


@shape
class Params:
    """What volumes must be."""

    types: tuple[VolumeType, ...] = field("The only volume types that may be used.", default=())
    host_path: HostPaths | None = field("What of the node's files may be mounted.", default=None)
    empty_dir: EmptyDirs | None = field("What emptyDir volumes must be.", default=None)

    def __post_init__(self) -> None:
        if not (self.types or self.host_path or self.empty_dir):
            raise ValueError("nothing is said of volumes", "say `types`, `hostPath` or `emptyDir`")


def compile(params: Params, compiling: Compiling) -> RuleParts:
    """Bind what can be known now: the types, the paths in their order, the bounds."""
    _tell_types(params, compiling)
    checks: list[Check] = []
    if params.types:
        checks.append(_types(params.types))
    if params.host_path and params.host_path.allowed:
        entries = [(one.path, one.read_only) for one in params.host_path.allowed]
        _tell_paths(entries, compiling)
        checks.append(check_paths(Allowed.of(entries)))
    elif params.host_path and not params.types:  # types already leave hostPath out
        checks.append(no_paths)
    mounts = bool(params.host_path and params.host_path.allowed)
    if params.empty_dir is None:
        return RuleParts(checks=tuple(checks), about_containers=mounts)
    size = params.empty_dir.size_limit
    tell_size(size, compiling)
    checks.append(check_size(size))
    fill = fill_size(size.default) if size.default else None
    return RuleParts(checks=tuple(checks), fill=fill, about_containers=mounts)


def _types(types: tuple[VolumeType, ...]) -> Check:
    allowed, only = frozenset(types), f"only {listing(dict.fromkeys(types), 'and')} may be used"

    def check(subject: Subject) -> Iterator[Found]:
        for at, volume in volumes_of(subject):
            for source in sources_of(volume):
                if source not in allowed:
                    yield _refused((*at, source), volume, source, only)
        if "persistentVolumeClaim" not in allowed:
            yield from _claims(subject, only)

    return check


def _refused(path: Path, volume: dict[str, Any], source: str, only: str) -> Found:
    """A volume of another type; the one with the service account's token stands in no manifest, so it is named."""
    if source == "projected" and str(volume.get("name")).startswith(_TOKEN):
        message = f'is the service account\'s token, a volume of type "projected"; {only}'
        return Found(path, volume[source], message, "automountServiceAccountToken: false")
    return Found(path, volume.get(source), f"is a volume of type {quote(source)}, {only}", None)


def _claims(subject: Subject, only: str) -> Iterator[Found]:
    """A StatefulSet's claims become volumes of its pods."""
    spec = subject.object.get("spec") if subject.request.kind == ("apps", "StatefulSet") else None
    templates = spec.get("volumeClaimTemplates") if isinstance(spec, dict) else None
    for index, _ in enumerate(templates if isinstance(templates, list) else ()):
        message = f'becomes a volume of type "persistentVolumeClaim", {only}'
        yield Found(("spec", "volumeClaimTemplates", index), None, message, None)


def _tell_types(params: Params, compiling: Compiling) -> None:
    """What `types` and the other keys say against each other, and the token that every pod has."""
    types, paths = params.types, params.host_path
    if not types:
        return
    if paths and paths.forbidden and "hostPath" in types:
        message = "hostPath is forbidden below and allowed here"
        compiling.error(("types", types.index(VolumeType("hostPath"))), message, "leave it out of `types`")
    for key, said in (("hostPath", paths and paths.allowed), ("emptyDir", params.empty_dir)):
        if said and key not in types:
            message = f"`types` leaves {key} out, so this can never act"
            compiling.error((key,), message, f"add {key} to `types`, or leave this out", on="key")
    if "projected" not in types:
        message = "this refuses every pod that mounts its service account's token, which is a projected volume"
        cure = "add projected, or have pods say automountServiceAccountToken: false"
        compiling.warning(("types",), message, cure, on="key")


def _tell_paths(entries: list[tuple[HostPath, ReadOnly]], compiling: Compiling) -> None:
    at: Path = ("hostPath", "allowed")
    texts = [path.text for path, _ in entries]
    for index, (path, read_only) in enumerate(entries):
        if path.text in texts[:index]:
            compiling.error((*at, index, "path"), f"{path.text} is already said", "leave one of them out")
        elif above := writable_above(entries, path, read_only):
            message = f"whoever mounts {above} can write {path.text} too"
            compiling.warning((*at, index, "readOnly"), message, f"make {above} read-only, or allow less of it")
