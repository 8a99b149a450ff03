"""sidecar: containers that are put into pods, that must be in them as declared, or that must not be there.

What is put in is a native sidecar: an init container with restartPolicy Always (KEP-753), which starts before the
author's containers, ends after them, and never keeps a Job alive.
"""

from collections.abc import Callable, Iterator
from typing import Any

from webhook.admission.edits import Draft
from webhook.admission.finding import Found
from webhook.admission.operators import CannotDecide
from webhook.admission.rule import Check, Compiling, Make, RuleParts, Subject
from webhook.admission.words import quote, shown
from webhook.patterns import Glob, Globs
from webhook.pod.containers import Container, Pod, Role
from webhook.pod.image import Image, ImagePattern
from webhook.rule_types import _sidecar_words as words
from webhook.rule_types._metadata_places import elsewhere, entries
from webhook.rule_types._sidecar_containers import Declared
from webhook.rule_types._sidecar_fit import Parts, misfits, standing
from webhook.rule_types._sidecar_inject import lacking_in, put_in, retune
from webhook.rule_types._sidecar_load import check_params, declared_amounts
from webhook.rule_types._sidecar_tune import Tuner, Tuning
from webhook.rule_types._sidecar_words import ExcludePorts, Mark, MountInto, OptOut, Position, Skip, Tuned, families
from webhook.source.declare import field, shape
from webhook.source.path import Path, look_up

_FIRST = Position("first")


@shape
class Params:
    """What is put into pods, required in them, or forbidden."""

    container: dict | None = field(  # type: ignore[type-arg]
        "A container that is put in as a native sidecar where it is missing.", default=None
    )
    containers: tuple[dict, ...] = field(  # type: ignore[type-arg]
        "Several, in this order: sidecars say restartPolicy Always, others are init containers.", default=()
    )
    volumes: tuple[dict, ...] = field(  # type: ignore[type-arg]
        "Volumes that are put in with them.", default=()
    )
    mount_into: MountInto | None = field("Mounts for the author's containers.", default=None)
    position: Position = field(
        "Where among the init containers: first, last, {before: NAME} or {after: NAME}.", default=_FIRST
    )
    named: str = field("A container of this name must be there; nothing is put in.", default="")
    image: ImagePattern | None = field("The image that the container in `named` must have.", default=None)
    opt_in: Mark | None = field("Only pods that ask for it.", default=None)
    opt_out: OptOut | None = field("How a pod asks to go without.", default=None)
    skip: Skip | None = field("Pods that go without.", default=None, may_be_empty=True)
    require: tuple[str, ...] = field(
        "Fields that must be as declared in the end; all that are declared where left out.", default=()
    )
    tune: dict[str, Tuned] = field(
        "Requests and limits that teams choose by annotation: cpu.request and so on.", default={}
    )
    exclude_ports: ExcludePorts | None = field("Ports that teams take out by annotation.", default=None)
    forbid: tuple[Glob, ...] = field(
        "Names or globs of containers that must not be there.", default=(), may_be_empty=True
    )

    @property
    def declared(self) -> tuple[dict[str, Any], ...]:
        """The containers that are put in."""
        return self.containers if self.container is None else (_as_sidecar(self.container),)

    @property
    def annotations(self) -> tuple[str, ...]:
        """The annotations by which people say something to this rule."""
        marks = [mark.annotation for mark in (self.opt_in, self.opt_out) if mark]
        tuned = [one.annotation for one in self.tune.values()]
        return tuple(filter(None, [*marks, *tuned, self.exclude_ports.annotation if self.exclude_ports else ""]))


def compile(params: Params, compiling: Compiling) -> RuleParts:
    """Bind containers, volumes and bounds; tell what contradicts."""
    if not check_params(params, compiling):
        return RuleParts()
    concerns, marks = _concerns(params), words.read_marks(params.opt_in, params.opt_out)
    checks: list[Check] = [_forbidden(Globs.of(glob.text for glob in params.forbid))] if params.forbid else []
    if params.opt_out and not params.opt_out.allowed:
        checks.append(_asks_in_vain(params.opt_out))
    if params.named:
        checks.append(_named(params, concerns))
    if not params.declared:
        return RuleParts(checks=tuple(checks), marks=marks, about_containers=bool(params.forbid))
    if params.annotations:
        checks.append(_misplaced(params.annotations))
    parts, tuner = _bound(params)
    tunes = tuner if params.tune or params.exclude_ports else None
    checks.append(_as_declared(parts, tunes, concerns))
    return RuleParts(
        checks=tuple(checks),
        inject=_inject(parts, tunes, concerns),
        fill=_retune(parts, tunes, concerns) if tunes and tunes.reads_namespace else None,
        injects=tuple(one.name for one in parts.containers),
        beside=params.position.name,
        needs_namespace=tunes is not None and tunes.reads_namespace,
        about_containers=bool(params.forbid or params.mount_into),
        marks=marks,
    )


def _as_sidecar(container: dict[str, Any]) -> dict[str, Any]:
    return {**container, "restartPolicy": container.get("restartPolicy", "Always")}


def _bound(params: Params) -> tuple[Parts, Tuner]:
    """The containers, bound; what is tuned is the one sidecar among them, or else the one container."""
    declared = params.declared
    sidecars = [raw for raw in declared if raw.get("restartPolicy") == "Always"]
    tuned = (sidecars or list(declared))[0]
    tuner = Tuner(params.tune, declared_amounts(tuned), params.exclude_ports)
    env = params.exclude_ports.env if params.exclude_ports else ""
    containers = tuple(
        Declared(raw, params.require, tuner if raw is tuned and params.tune else None, env) for raw in declared
    )
    mounts = params.mount_into.containers if params.mount_into else ()
    return Parts(containers, params.position, params.volumes, mounts), tuner


Concerns = Callable[[Subject, Pod], bool]


def _concerns(params: Params) -> Concerns:
    """Whether a pod is to have it: as it came in, so that no annotation that rules fill in counts."""
    opt_in, skip = params.opt_in, params.skip
    opt_out = params.opt_out if params.opt_out and params.opt_out.allowed else None

    def concerns(subject: Subject, pod: Pod) -> bool:
        came: Any = look_up(subject.request.subject, pod.at)
        metadata = look_up(came, ("metadata",))
        if opt_in is not None and look_up(metadata, opt_in.path) != opt_in.value:
            return False
        if opt_out is not None and look_up(metadata, opt_out.path) == opt_out.value:
            return False
        return skip is None or not _skipped(skip, subject, came)

    return concerns


def _skipped(skip: Skip, subject: Subject, came: Any) -> bool:
    if skip.host_network and look_up(came, ("spec", "hostNetwork")) is True:
        return True
    owners = look_up(came, ("metadata", "ownerReferences"))
    return any(kind in skip.owner_kinds for kind in families(subject.request.kind.kind, owners))


def _tuning(tuner: Tuner | None, subject: Subject, pod: Pod) -> Tuning | None:
    return tuner.tuning(subject, pod.at, pod.metadata) if tuner else None


def _inject(parts: Parts, tuner: Tuner | None, concerns: Concerns) -> Make:
    def make(subject: Subject, draft: Draft) -> None:
        pod = subject.pod
        if pod is None or not concerns(subject, pod):
            return
        try:
            tuning = _tuning(tuner, subject, pod)
        except CannotDecide:
            return  # the check tells that the rule is undecided
        put_in(parts, tuning, subject, pod, draft)

    return make


def _retune(parts: Parts, tuner: Tuner, concerns: Concerns) -> Make:
    def make(subject: Subject, draft: Draft) -> None:
        pod = subject.pod
        if pod is None or not concerns(subject, pod):
            return
        try:
            retune(parts, tuner.tuning(subject, pod.at, pod.metadata), pod, draft)
        except CannotDecide:
            return

    return make


def _as_declared(parts: Parts, tuner: Tuner | None, concerns: Concerns) -> Check:
    """What is missing or is not as declared; volumes and mounts are told once the containers are there."""

    def check(subject: Subject) -> Iterator[Found]:
        pod = subject.pod
        if pod is None or not concerns(subject, pod):
            return
        tuning = _tuning(tuner, subject, pod)
        if tuning is not None:
            yield from tuning.mistakes
        there = [standing(pod, one.name) for one in parts.containers]
        differs = [
            found
            for one, its in zip(parts.containers, there, strict=True)
            if its is not None
            for found in one.differences(its, tuning)
        ]
        yield from differs
        if None in there:
            yield from _absent(parts, tuning, pod)
        elif not differs:
            yield from _lacking(parts, subject, pod)

    return check


def _absent(parts: Parts, tuning: Tuning | None, pod: Pod) -> Iterator[Found]:
    """Why the containers could not be put in, or that they are missing."""
    reasons = list(misfits(parts, tuning, pod))
    yield from reasons
    path: Path = (*pod.at, "spec", "initContainers")
    for one in parts.containers if not reasons else ():
        if standing(pod, one.name) is None:
            kind = "sidecar" if one.is_sidecar else "init container"
            yield Found(
                path, None, f"the {kind} {quote(one.name)} is missing", "create the pod anew: it is put in then"
            )


def _lacking(parts: Parts, subject: Subject, pod: Pod) -> Iterator[Found]:
    for lacking in lacking_in(parts, subject, pod, subject.object):
        what = "volume" if lacking.at[-1] == "volumes" else "mount"
        if lacking.found is None:
            yield Found(lacking.at, None, f"the {what} {shown(lacking.at, lacking.wanted)} is missing")
        else:
            path = (*lacking.at, lacking.place)
            message = f"is another {what} than the one that the rule puts there: {shown(path, lacking.wanted)}"
            yield Found(path, lacking.found, message, "give yours another " + ("name" if what == "volume" else "path"))


def _asks_in_vain(mark: OptOut) -> Check:
    def check(subject: Subject) -> Iterator[Found]:
        pod = subject.pod
        if pod is not None and look_up(pod.metadata, mark.path) == mark.value:
            message = f"is {quote(mark.value)}, but no pod may go without"
            yield Found((*pod.at, "metadata", *mark.path), mark.value, message, "leave it out")

    return check


def _forbidden(names: Globs) -> Check:
    def check(subject: Subject) -> Iterator[Found]:
        for container in subject.containers:
            if names.matches(container.name):
                path: Path = (*container.at, "name")
                yield Found(path, container.name, f"{quote(container.name)} must not be in a pod", "take it out")

    return check


def _named(params: Params, concerns: Concerns) -> Check:
    name, image, sidecar = params.named, params.image, "restartPolicy" in params.require

    def check(subject: Subject) -> Iterator[Found]:
        pod = subject.pod
        if pod is None or not concerns(subject, pod):
            return
        there = standing(pod, name)
        if there is None:
            fix = f"add a container {name}" + (f" with an image from {image.text}" if image else "")
            yield Found((*pod.at, "spec", "containers"), None, f"there is no container {quote(name)}", fix)
            return
        if image is not None and not _is_from(image, there):
            yield Found((*there.at, "image"), there.image, f"{quote(there.image)} is not from {image.text}")
        if sidecar and there.role is not Role.SIDECAR:
            fix = "put it into initContainers with restartPolicy: Always"
            yield Found(there.at, None, "is no native sidecar", fix)

    return check


def _is_from(pattern: ImagePattern, container: Container) -> bool:
    try:
        return pattern.matches(Image.parse(container.image))
    except ValueError:
        return False


def _misplaced(keys: tuple[str, ...]) -> Check:
    """Annotations for this rule that stand on a workload and not on its pod template: nothing would come of them."""

    def check(subject: Subject) -> Iterator[Found]:
        for place, metadata, template in elsewhere(subject):
            there, mine = entries(template, "annotations"), entries(metadata, "annotations")
            for key in keys:
                if mine.get(key) is not None and there.get(key) is None:
                    message = f"stands on the {subject.request.kind.kind}, and pods get what their template has"
                    at = ".".join(str(step) for step in subject.pod.at) if subject.pod else ""
                    fix = f"move it to {at}.metadata.annotations"
                    yield Found((*place, "annotations", key), mine[key], message, fix, only_warns=True)

    return check
