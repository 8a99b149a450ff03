"""The controls of the Kubernetes pod security standards: upstream's names, levels and versions.

https://kubernetes.io/docs/concepts/security/pod-security-standards/, as k8s.io/pod-security-admission v0.36 has them.
"""

from collections.abc import Callable
from enum import Enum, StrEnum
from typing import Any, NamedTuple

from webhook.patterns import Globs
from webhook.pod.containers import Container
from webhook.rule_types import _pod_security_checks as finds
from webhook.rule_types import _pod_security_fill as fills
from webhook.rule_types._pod_security_view import Checks, Finds, Leaf, OfContainer, OfPod, PodView, checks_of

NEWEST = 36
"""The newest minor version whose standards are written down here; `latest` means it."""


class Level(StrEnum):
    """How strict a pod security standard is; restricted holds all that baseline holds."""

    BASELINE = "baseline"
    RESTRICTED = "restricted"


class Spares(Enum):
    """Pods that a control does not concern, from the version on in which upstream began to spare them."""

    WINDOWS = 25
    USER_NAMESPACES = 35


_NO_GLOBS = Globs.of(())


class Allowance(NamedTuple):
    """What a rule allows beyond the standard."""

    capabilities: frozenset[str] = frozenset()
    host_ports: tuple[range, ...] = ()
    sysctls: Globs = _NO_GLOBS


Build = Callable[[int, Allowance], Checks]
"""The checks of a control for a minor version."""


class Control(NamedTuple):
    """One control: the minor version that it begins with, and the baseline control whose place it takes."""

    name: str
    since: int
    build: Build
    replaces: str = ""
    spares: Spares | None = None
    fill: fills.Fill | None = None


_PROFILES = ("RuntimeDefault", "Localhost")
_PROFILE = f"must be {_PROFILES[0]} or {_PROFILES[1]}"
_DEFAULT_CAPABILITIES = frozenset(
    {
        *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE"),
        *("SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
    }
)
_SELINUX_TYPES = ("container_t", "container_init_t", "container_kvm_t")
_SELINUX_TYPES_SINCE_31 = (*_SELINUX_TYPES, "container_engine_t")
_SYSCTLS = {
    0: (
        *("kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies"),
        *("net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start"),
    ),
    27: ("net.ipv4.ip_local_reserved_ports",),
    29: (
        *("net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout"),
        *("net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes"),
    ),
    32: ("net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"),
}
"""The safe sysctls, by the minor version that they came with."""


def _always(*, pod: OfPod | None = None, container: OfContainer | None = None) -> Build:
    """A control that is the same in all versions."""
    checks = Checks((pod,) if pod else (), (container,) if container else ())
    return lambda _, __: checks


def _leaf(leaf: Leaf) -> Build:
    checks = checks_of(leaf)
    return lambda _, __: checks


def _apparmor(_: int, __: Allowance) -> Checks:
    fix = "securityContext: {appArmorProfile: {type: RuntimeDefault}}"
    field = checks_of(Leaf(("appArmorProfile", "type"), lambda value: value not in _PROFILES, _PROFILE, fix))
    [in_field] = field.container

    def once(view: PodView, container: Container, security: dict[str, Any]) -> Finds:
        """The annotation where it is wrong: the API server has copied it into the field, which nobody wrote."""
        return finds.apparmor_annotation(view, container, security) or in_field(view, container, security)

    return Checks((*field.pod, finds.apparmor_of_others), (once,))


def _added(_: int, allowance: Allowance) -> Checks:
    return Checks(container=(finds.added_capabilities(_DEFAULT_CAPABILITIES | allowance.capabilities),))


def _dropped_and_added(_: int, allowance: Allowance) -> Checks:
    added = finds.added_capabilities(frozenset({"NET_BIND_SERVICE"}) | allowance.capabilities)
    return Checks(container=(finds.undropped_capabilities, added))


def _selinux(minor: int, _: Allowance) -> Checks:
    types = _SELINUX_TYPES_SINCE_31 if minor >= 31 else _SELINUX_TYPES
    must = f"must be left out, or be {', '.join(types[:-1])} or {types[-1]}"
    return checks_of(
        Leaf(("seLinuxOptions", "type"), lambda value: value not in (None, "", *types), must, "remove it"),
        *(
            Leaf(("seLinuxOptions", key), lambda value: value not in (None, ""), "must be left out", "remove it")
            for key in ("user", "role")
        ),
    )


def _seccomp_leaf(required: bool) -> Leaf:
    fix = "securityContext: {seccompProfile: {type: RuntimeDefault}}"
    return Leaf(("seccompProfile", "type"), lambda value: value not in _PROFILES, _PROFILE, fix, required)


def _seccomp(minor: int, _: Allowance) -> Checks:
    if minor >= 19:
        return checks_of(_seccomp_leaf(required=False))
    return Checks((finds.seccomp_annotation_of_pod,), (finds.seccomp_annotation,))


def _sysctls(minor: int, allowance: Allowance) -> Checks:
    safe = frozenset(name for since, names in _SYSCTLS.items() if since <= minor for name in names)
    return Checks(pod=(finds.sysctls(safe, allowance.sysctls),))


def _host_ports(_: int, allowance: Allowance) -> Checks:
    return Checks(container=(finds.host_ports(allowance.host_ports),))


_NON_ROOT = Leaf(
    keys=("runAsNonRoot",),
    wrong=lambda value: value is not True,
    must="must be true",
    fix="securityContext: {runAsNonRoot: true}",
    required=True,
)
_USER = Leaf(
    keys=("runAsUser",),
    wrong=lambda value: isinstance(value, bool) or not isinstance(value, int) or value == 0,
    must="must not be 0",
    fix="securityContext: {runAsUser: 10001}, or another number that the image is built for",
)
_HOST_PROCESS = Leaf(
    keys=("windowsOptions", "hostProcess"),
    wrong=lambda value: value is not None and value is not False,
    must="must be false",
    fix="remove windowsOptions.hostProcess",
)

_BASELINE = (
    Control("appArmorProfile", 0, _apparmor),
    Control("capabilities_baseline", 0, _added),
    Control("hostNamespaces", 0, _always(pod=finds.host_namespaces)),
    Control("hostPathVolumes", 0, _always(pod=finds.host_paths)),
    Control("hostPorts", 0, _host_ports),
    Control("hostProbesAndHostLifecycle", 34, _always(container=finds.handler_hosts)),
    Control("privileged", 0, _always(container=finds.privileged)),
    Control("procMount", 0, _always(container=finds.proc_mount), spares=Spares.USER_NAMESPACES),
    Control("seLinuxOptions", 0, _selinux),
    Control("seccompProfile_baseline", 0, _seccomp),
    Control("sysctls", 0, _sysctls),
    Control("windowsHostProcess", 0, _leaf(_HOST_PROCESS)),
)
_RESTRICTED = (
    Control(
        "allowPrivilegeEscalation",
        8,
        _always(container=finds.escalation),
        spares=Spares.WINDOWS,
        fill=fills.no_escalation,
    ),
    Control(
        "capabilities_restricted",
        22,
        _dropped_and_added,
        replaces="capabilities_baseline",
        spares=Spares.WINDOWS,
        fill=fills.drop_all,
    ),
    Control("procMount_restricted", 35, _always(container=finds.proc_mount), replaces="procMount"),
    Control("restrictedVolumes", 0, _always(pod=finds.volume_types), replaces="hostPathVolumes"),
    Control("runAsNonRoot", 0, _leaf(_NON_ROOT), spares=Spares.USER_NAMESPACES, fill=fills.non_root),
    Control("runAsUser", 23, _leaf(_USER), spares=Spares.USER_NAMESPACES),
    Control(
        "seccompProfile_restricted",
        19,
        _leaf(_seccomp_leaf(required=True)),
        replaces="seccompProfile_baseline",
        spares=Spares.WINDOWS,
        fill=fills.seccomp,
    ),
)
_BY_NAME = {control.name: control for control in (*_BASELINE, *_RESTRICTED)}

FAMILIES = {
    "capabilities": ("capabilities_restricted", "capabilities_baseline"),
    "procMount": ("procMount_restricted", "procMount"),
    "seccompProfile": ("seccompProfile_restricted", "seccompProfile_baseline"),
}
"""Names that mean the control of the level, whichever that is."""

NAMES = tuple(sorted({*_BY_NAME, *FAMILIES}))


def in_force(level: Level, minor: int) -> dict[str, Control]:
    """The controls of a level in a minor version: those that another replaces are left out."""
    all_of_level = _BASELINE if level is Level.BASELINE else (*_BASELINE, *_RESTRICTED)
    begun = [control for control in all_of_level if control.since <= minor]
    replaced = {control.replaces for control in begun}
    return {control.name: control for control in begun if control.name not in replaced}


def find(name: str, level: Level, minor: int) -> Control:
    """The control that one of NAMES means; ValueError (what is wrong, the cure) where it is not in force."""
    here = in_force(level, minor)
    for candidate in FAMILIES.get(name, (name,)):
        if candidate in here:
            return here[candidate]
    control = _BY_NAME[name]
    if control in _RESTRICTED and level is Level.BASELINE:
        raise ValueError(f"{name} is no part of the level baseline", "write `level: restricted`, or leave it out")
    if control.since > minor:
        cure = f"write `version: v1.{control.since}` or later, or leave it out"
        raise ValueError(f"{name} begins with v1.{control.since}, and this rule is about v1.{minor}", cure)
    instead = next(one.name for one in here.values() if one.replaces == name)
    raise ValueError(f"at level restricted {instead} takes the place of {name}", f"write `{instead}`")
