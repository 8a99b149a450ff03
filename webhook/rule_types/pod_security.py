"""podSecurity: the Kubernetes pod security standards, control by control, with upstream's verdicts.

The standards stand in _pod_security_controls.py, what each control finds in _pod_security_checks.py, what is filled in
in _pod_security_fill.py.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from webhook.admission.edits import Draft
from webhook.admission.finding import Found
from webhook.admission.rule import Compiling, Make, RuleParts, Subject
from webhook.patterns import Glob, Globs, closest
from webhook.pod.containers import Container, Role
from webhook.pod.image import Image, ImagePattern, ImagePatterns
from webhook.rule_types._pod_security_controls import (
    NEWEST,
    Allowance,
    Control,
    Level,
    Spares,
    find,
    in_force,
)
from webhook.rule_types._pod_security_view import OfContainer, OfPod, PodView, Sort, view_of
from webhook.rule_types._pod_security_words import (
    CAPABILITIES,
    CapabilityName,
    ControlName,
    HostPorts,
    Version,
)
from webhook.rule_types._seen import security
from webhook.source.declare import field, shape
from webhook.source.path import Path


@shape
class ExceptParams:
    """A control that is left out, altogether or for some images."""

    control: ControlName = field("The control that is left out.")
    images: tuple[ImagePattern, ...] = field(
        "Only containers with these images are spared; what the pod itself sets is judged all the same.", default=()
    )


@shape
class AllowParams:
    """What is allowed beyond the standard."""

    capabilities: tuple[CapabilityName, ...] = field(
        "Capabilities that may be added, such as SYS_PTRACE.", default=(), may_be_empty=True
    )
    host_ports: tuple[HostPorts, ...] = field(
        'Ports of the node that may be taken: 8080 or "5000-6000".', default=(), may_be_empty=True
    )
    sysctls: tuple[Glob, ...] = field(
        "Kernel settings that may be set: names, or globs such as net.ipv4.*", default=(), may_be_empty=True
    )

    def __post_init__(self) -> None:
        if not (self.capabilities or self.host_ports or self.sysctls):
            raise ValueError("nothing is allowed here", "say capabilities, hostPorts or sysctls, or leave `allow` out")


@shape
class Params:
    """The pod security standards, or some of their controls."""

    level: Level = field("baseline, or restricted, which holds all of baseline.")
    version: Version = field(
        "The Kubernetes minor version whose standard is meant, v1.36, or latest.", default=Version(NEWEST)
    )
    only: tuple[ControlName, ...] = field("These controls alone.", default=(), one_or_many=True)
    except_: tuple[ExceptParams, ...] = field(
        "All but these controls, or these controls for all but some images.", name="except", default=()
    )
    allow: AllowParams | None = field("What is allowed beyond the standard.", default=None, may_be_empty=True)
    fill: bool = field("Set what the standard wants where the author left it open.", default=False)


class _Wanted(NamedTuple):
    """A control that the rule wants, and the images that it spares."""

    control: Control
    spared: ImagePatterns | None = None

    def spares(self, container: Container) -> bool:
        """Whether the container's image is spared; one that cannot be read never is."""
        if self.spared is None:
            return False
        try:
            return self.spared.covers(Image.parse(container.image))
        except ValueError:
            return False


def compile(params: Params, compiling: Compiling) -> RuleParts:
    """The rule: upstream's verdict on each control that it wants."""
    minor = min(params.version, NEWEST)
    if params.version > NEWEST:
        cure = f"write v1.{NEWEST} or latest"
        compiling.warning(("version",), f"the newest standard known here is v1.{NEWEST}, which is used instead", cure)
    wanted = _wanted(params, minor, compiling)
    if params.allow:
        _check_allowed(params.allow, {one.control.name for one in wanted}, compiling)
    fillable = tuple(one for one in wanted if one.control.fill)
    if params.fill and not fillable:
        message = "there is nothing to fill in: what these controls want, they want left out"
        compiling.warning(("fill",), message, "leave `fill` out")
    allowance = _allowance(params.allow)
    judges = _Judges(wanted, minor, allowance)
    return RuleParts(
        checks=(judges.check,),
        fine=judges.is_fine,
        said=None if any(one.spared for one in wanted) else security,
        fill=_fill(fillable, minor) if params.fill and fillable else None,
        about_containers=judges.look_at_containers,
    )


def _wanted(params: Params, minor: int, compiling: Compiling) -> tuple[_Wanted, ...]:
    controls = _chosen(params, minor, compiling)
    spared: dict[str, tuple[ImagePattern, ...]] = {}
    for index, exception in enumerate(params.except_):
        control = _found(exception.control, ("except", index, "control"), params, minor, compiling)
        if control and _may_spare(control, exception, index, controls, spared, compiling):
            spared[control.name] = exception.images
    wanted = tuple(
        _Wanted(control, ImagePatterns(spared[name]) if name in spared else None)
        for name, control in controls.items()
        if spared.get(name, True)
    )
    if controls and not wanted:
        compiling.error(("except",), "every control is left out, so nothing is left to judge", on="key")
    return wanted


def _chosen(params: Params, minor: int, compiling: Compiling) -> dict[str, Control]:
    """The controls of the level, or those that `only` names."""
    if not params.only:
        return in_force(params.level, minor)
    chosen: dict[str, Control] = {}
    for index, name in enumerate(params.only):
        control = _found(name, ("only", index), params, minor, compiling)
        if control and control.name in chosen:
            compiling.error(("only", index), f"{control.name} is named twice", "leave it out here")
        if control:
            chosen[control.name] = control
    return chosen


def _found(name: str, at: Path, params: Params, minor: int, compiling: Compiling) -> Control | None:
    try:
        return find(name, params.level, minor)
    except ValueError as error:
        compiling.error(at, *error.args)
        return None


def _may_spare(
    control: Control,
    exception: ExceptParams,
    index: int,
    controls: dict[str, Control],
    spared: dict[str, Any],
    compiling: Compiling,
) -> bool:
    """Whether an exception means something; else it is told."""
    at: Path = ("except", index, "control")
    if control.name not in controls:
        compiling.error(at, f"`only` does not name {control.name}, so nothing can be spared from it")
    elif control.name in spared:
        compiling.error(at, f"{control.name} is named twice", "put all images into one entry")
    elif exception.images and not control.build(NEWEST, Allowance()).container:
        message = f"{control.name} is about the pod, not about its containers, so it cannot spare images"
        compiling.error(("except", index, "images"), message, "leave `images` out, or narrow the rule with `match`")
    else:
        return True
    return False


def _check_allowed(allow: AllowParams, names: set[str], compiling: Compiling) -> None:
    """What is allowed must have a control that would forbid it."""
    forbidding = {
        "capabilities": (allow.capabilities, {"capabilities_baseline", "capabilities_restricted"}),
        "hostPorts": (allow.host_ports, {"hostPorts"}),
        "sysctls": (allow.sysctls, {"sysctls"}),
    }
    for key, (values, controls) in forbidding.items():
        if values and not names & controls:
            message = f"the control {key} is not in this rule, so nothing has to be allowed"
            compiling.error(("allow", key), message, "name the control in `only`, or leave this out", on="key")
    for index, name in enumerate(allow.capabilities):
        if name not in CAPABILITIES:
            guess = closest(name, CAPABILITIES)
            cure = f"did you mean `{guess}`?" if guess else None
            compiling.warning(("allow", "capabilities", index), f"Linux knows no capability `{name}`", cure)


def _allowance(allow: AllowParams | None) -> Allowance:
    if allow is None:
        return Allowance()
    return Allowance(
        capabilities=frozenset(map(str, allow.capabilities)),
        host_ports=tuple(one.ports for one in allow.host_ports),
        sysctls=Globs.of(glob.text for glob in allow.sysctls),
    )


def _concerns(control: Control, minor: int, sort: Sort) -> bool:
    """Whether a control concerns pods of this sort."""
    if control.spares is None or minor < control.spares.value:
        return True
    return not (sort.windows if control.spares is Spares.WINDOWS else sort.own_users)


_SORTS = tuple(Sort(windows, own_users) for windows in (False, True) for own_users in (False, True))


class _Judges:
    """What the wanted controls ask of a pod and of its containers, by the sort of pod."""

    def __init__(self, wanted: tuple[_Wanted, ...], minor: int, allowance: Allowance) -> None:
        self._of_pod: dict[Sort, list[OfPod]] = {sort: [] for sort in _SORTS}
        self._of_container: dict[Sort, list[tuple[OfContainer, _Wanted]]] = {sort: [] for sort in _SORTS}
        for one in wanted:
            checks = one.control.build(minor, allowance)
            for sort in _SORTS:
                if _concerns(one.control, minor, sort):
                    self._of_pod[sort] += checks.pod
                    self._of_container[sort] += [(judge, one) for judge in checks.container]

    @property
    def look_at_containers(self) -> bool:
        """Whether any of them is about containers."""
        return any(self._of_container.values())

    def check(self, subject: Subject) -> Iterator[Found]:
        """What they find, less what is spared."""
        view = view_of(subject)
        if view is None:
            return
        for judge in self._of_pod[view.sort]:
            yield from judge(view)
        for container in subject.containers:
            for judge_container, one in self._of_container[view.sort]:
                found = judge_container(view, container, container.security)
                if found and not one.spares(container):
                    yield from found

    def is_fine(self, subject: Subject) -> bool:
        """Whether they find nothing at all."""
        view = view_of(subject)
        if view is None:
            return True
        for judge in self._of_pod[view.sort]:
            if judge(view):
                return False
        for judge_container, _ in self._of_container[view.sort]:
            for container in subject.containers:
                if judge_container(view, container, container.security):
                    return False
        return True


def _fill(wanted: tuple[_Wanted, ...], minor: int) -> Make:
    def fill(subject: Subject, draft: Draft) -> None:
        if subject.pod is None:
            return
        view = PodView(subject.pod, subject.request)
        for one in wanted:
            put = one.control.fill
            if put is None or not _concerns(one.control, minor, view.sort):
                continue
            for container in subject.containers:
                if container.role is not Role.EPHEMERAL and not one.spares(container):
                    put(view, container, draft)

    return fill
