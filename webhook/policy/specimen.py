"""Specimens: the least objects that rules are about, on which it is seen at load what the rules do."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from webhook.admission.kinds import BUILT_IN
from webhook.admission.request import GroupKind
from webhook.admission.rule import ReadMark
from webhook.pod.containers import Container, Pod, Role
from webhook.pod.image import Image, ImagePattern, ImagePatterns
from webhook.pod.image_rewrite import Rewrites, rewrite
from webhook.pod.workloads import POD_AT
from webhook.policy.ruleset import Selection
from webhook.policy.sample import IMAGE, put_at
from webhook.source.path import EACH, Path, parse

_LISTS = {Role.CONTAINER: "containers", Role.SIDECAR: "initContainers", Role.INIT: "initContainers"}
_TRIED = 8
"""Names and images of containers that are tried; a rule that lists more is about each of them."""


class Wanted(NamedTuple):
    """What an object must look like."""

    name: str
    labels: dict[str, str]
    owner: str
    selections: tuple[Selection, ...]
    rewrites: tuple[Rewrites, ...]
    marks: tuple[ReadMark, ...]
    conditions: tuple[Any, ...]


def specimen(kind: GroupKind, namespace: str, wanted: Wanted) -> dict[str, Any]:
    """An object of the kind that looks as wanted; whether conditions hold for it has still to be asked."""
    metadata: dict[str, Any] = {"name": wanted.name, **({"namespace": namespace} if namespace else {})}
    at = POD_AT.get(kind)
    obj: dict[str, Any] = {"apiVersion": _version(kind), "kind": kind.kind, "metadata": metadata}
    pod = _pod(wanted) if at is not None else {}
    if at:
        obj = put_at(obj, at, pod)
    elif at is not None:
        obj = {**obj, **pod, "metadata": {**metadata, **pod.get("metadata", {})}}
    elif wanted.labels:
        obj["metadata"]["labels"] = dict(wanted.labels)
    for raw in wanted.conditions:
        obj = _satisfied(obj, raw, at)
    return obj


def _version(kind: GroupKind) -> str:
    known = BUILT_IN.get(kind)
    version = known.version if known else "v1"
    return f"{kind.group}/{version}" if kind.group else version


def _pod(wanted: Wanted) -> dict[str, Any]:
    """A pod with one container that all choices among containers mean, where there can be such a one."""
    metadata: dict[str, Any] = {"labels": dict(wanted.labels)} if wanted.labels else {}
    if wanted.owner:
        metadata["ownerReferences"] = [{"apiVersion": "v1", "kind": wanted.owner, "name": "owner", "uid": "0"}]
    pod: dict[str, Any] = {"metadata": metadata, "spec": _spec(wanted)}
    for mark in wanted.marks:
        pod = put_at(pod, mark.at, mark.value)
    return pod


def _spec(wanted: Wanted) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "containers": [{"name": "main", "image": IMAGE}],
        "volumes": [{"name": "scratch", "emptyDir": {}}],
    }
    choices = [one for one in _choices(wanted) if _is_meant(one, wanted.selections)]
    rewritten = (one for one in choices if all(is_rewritten(one.image, by) for by in wanted.rewrites))
    chosen = next(rewritten, next(iter(choices), None))
    if chosen is None:
        return spec
    others = spec["containers"] if chosen.list != "containers" else []
    return {**spec, "containers": others, chosen.list: [chosen.raw]}


class _Choice(NamedTuple):
    """A container that may be the one."""

    role: Role
    name: str
    image: str

    @property
    def list(self) -> str:
        """The list that it stands in."""
        return _LISTS[self.role]

    @property
    def raw(self) -> dict[str, Any]:
        """The container itself."""
        always = {"restartPolicy": "Always"} if self.role is Role.SIDECAR else {}
        return {"name": self.name, "image": self.image, **always}


def _choices(wanted: Wanted) -> Iterator[_Choice]:
    images = (*(i for rewrites in wanted.rewrites for i in _rewritten(rewrites)), *_images(wanted.selections), IMAGE)
    names = ("main", *_names(wanted.selections))
    return (
        _Choice(role, name, image)
        for role in _LISTS
        for image in dict.fromkeys(images[:_TRIED])
        for name in dict.fromkeys(names[:_TRIED])
        if role is Role.CONTAINER or name != "main"
    )


def _is_meant(choice: _Choice, selections: Sequence[Selection]) -> bool:
    container = Container(Pod({}, ()), choice.list, 0, choice.raw)
    return all(selection.means(container) for selection in selections)


def is_rewritten(image: str, rewrites: Rewrites) -> bool:
    """Whether this is an image, and one that is replaced."""
    try:
        return rewrite(Image.parse(image), rewrites) is not None
    except ValueError:
        return False


def _names(selections: Sequence[Selection]) -> tuple[str, ...]:
    names = (selection.match.names for selection in selections if selection.match and selection.match.names)
    return (*(glob.text.replace("*", "x") for one in names for glob in one.include), "other")


def _images(selections: Sequence[Selection]) -> Iterator[str]:
    """Images that choices among containers take in."""
    return (image for one in selections for pattern in _patterns(one.include) for image in images_like(pattern))


def _patterns(patterns: ImagePatterns | None) -> tuple[ImagePattern, ...]:
    return patterns.patterns if patterns else ()


def images_like(pattern: ImagePattern) -> Iterator[str]:
    """Images that a pattern may mean: what it says, and something below it; a host alone is no image."""
    text = pattern.text.replace("**", "x").replace("*", "x")
    if "/" in text:
        yield text
    yield f"{text}/web:1"


def _rewritten(rewrites: Rewrites) -> Iterator[str]:
    """Images that rewrites replace."""
    for source, _ in rewrites.pairs:
        host, _, path = source.text.partition("/")
        yield "elsewhere.example/web:1" if source.host is None else f"{host}/{path or 'library'}/web:1"


def _satisfied(obj: Any, raw: Any, at: Path | None) -> Any:
    """The object with what a plain condition wants: a value at a path."""
    subject = next((key for key in ("pod", "object") if isinstance(raw, dict) and isinstance(raw.get(key), str)), "")
    values = [raw.get("equals"), *_first(raw.get("in")), "any" if raw.get("required") else None] if subject else []
    value = next((one for one in values if isinstance(one, str | int | float)), None)
    if value is None or (subject == "pod" and at is None):
        return obj
    with suppress(ValueError):
        steps = parse(raw[subject])
        path: Path = tuple(step for step in steps if isinstance(step, str))
        if path == steps and EACH not in steps:
            return put_at(obj, (*(at or ()), *path) if subject == "pod" else path, value)
    return obj


def _first(value: Any) -> list[Any]:
    return value[:1] if isinstance(value, list) else [value]
