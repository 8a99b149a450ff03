"""What each control of the pod security standards finds wrong in a pod and in a container.

Judged exactly as k8s.io/pod-security-admission v0.36 judges; a value of a type that the API refuses is wrong too.
"""

from collections.abc import Iterator
from typing import Any

from webhook.admission.finding import Found
from webhook.admission.words import listing, quote
from webhook.patterns import Globs
from webhook.pod.containers import Container
from webhook.rule_types._pod_security_view import (
    NOTHING,
    Finds,
    OfContainer,
    OfPod,
    PodView,
    as_dict,
    as_list,
    is_not,
    needs_escalation,
)
from webhook.source.path import Path, look_up

APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
SECCOMP_OF_POD = "seccomp.security.alpha.kubernetes.io/pod"
SECCOMP_OF_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"


def privileged(_: PodView, container: Container, security: dict[str, Any]) -> Finds:
    """A privileged container."""
    value = security.get("privileged")
    if value is None or value is False:
        return NOTHING
    fix = "remove securityContext.privileged; give the container the one capability or device that it needs"
    return (Found((*container.at, "securityContext", "privileged"), value, is_not(value, "must be false"), fix),)


def escalation(_: PodView, container: Container, security: dict[str, Any]) -> Finds:
    """A container that may gain more privileges than it starts with; silence means that it may."""
    value = security.get("allowPrivilegeEscalation")
    if value is False:
        return NOTHING
    message = "missing, which means true; must be false" if value is None else is_not(value, "must be false")
    fix = "securityContext: {allowPrivilegeEscalation: false}"
    if needs_escalation(security):
        fix += ", which the API server refuses beside privileged or CAP_SYS_ADMIN: remove that first"
    return (Found((*container.at, "securityContext", "allowPrivilegeEscalation"), value, message, fix),)


def added_capabilities(allowed: frozenset[str]) -> OfContainer:
    """Capabilities beyond the allowed ones; names are compared exactly."""
    words = f"only {listing(sorted(allowed), 'and')}"

    def check(_: PodView, container: Container, security: dict[str, Any]) -> Finds:
        capabilities = security.get("capabilities")
        if not isinstance(capabilities, dict) or not (added := as_list(capabilities.get("add"))):
            return NOTHING
        at = (*container.at, "securityContext", "capabilities", "add")
        return [
            Found((*at, index), name, f"{quote(name)} may not be added, {words}", _capability_cure(name, allowed))
            for index, name in enumerate(added)
            if not isinstance(name, str) or name not in allowed
        ]

    return check


def _capability_cure(name: Any, allowed: frozenset[str]) -> str:
    plain = str(name).upper().removeprefix("CAP_")
    cure = f"write {plain}" if plain in allowed else "remove it from securityContext.capabilities.add"
    return f"{cure}: names are read exactly" if plain in allowed else cure


def undropped_capabilities(_: PodView, container: Container, security: dict[str, Any]) -> Finds:
    """A container that keeps capabilities which its runtime gives to all."""
    drop = as_dict(security.get("capabilities")).get("drop")
    if "ALL" in as_list(drop):
        return NOTHING
    message = f"{quote(drop)} does not drop ALL" if drop else "missing, must contain ALL"
    path = (*container.at, "securityContext", "capabilities", "drop")
    return (Found(path, drop, message, "securityContext: {capabilities: {drop: [ALL]}}"),)


def host_namespaces(view: PodView) -> Finds:
    """A pod that shares the node's network, processes or IPC."""
    return [
        Found((*view.at, key), value, is_not(value, "must be false"), f"remove {key}")
        for key in ("hostNetwork", "hostPID", "hostIPC")
        if (value := view.spec.get(key)) is not None and value is not False
    ]


def host_paths(view: PodView) -> Finds:
    """Volumes that are folders of the node."""
    fix = "use a persistentVolumeClaim, emptyDir, configMap or csi volume instead"
    volumes = view.spec.get("volumes")
    if not volumes:
        return NOTHING
    return [
        Found((*view.at, "volumes", index, "hostPath"), source, _host_path(source), fix)
        for index, volume in enumerate(as_list(volumes))
        if (source := as_dict(volume).get("hostPath")) is not None
    ]


def _host_path(source: Any) -> str:
    return f"mounts {quote(look_up(source, ('path',)))} of the node, hostPath volumes are not allowed"


VOLUMES = (
    *("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image"),
    *("persistentVolumeClaim", "projected", "secret"),
)
_VOLUMES = frozenset(VOLUMES)


def volume_types(view: PodView) -> Finds:
    """Volumes whose source is none of those that every team may use."""
    volumes = view.spec.get("volumes")
    if not volumes:
        return NOTHING
    return [
        _volume((*view.at, "volumes", index), as_dict(volume))
        for index, volume in enumerate(as_list(volumes))
        if not any(key in _VOLUMES and source is not None for key, source in as_dict(volume).items())
    ]


def _volume(at: Path, volume: dict[str, Any]) -> Found:
    kind = next((key for key, source in volume.items() if key != "name" and source is not None), None)
    allowed = f"only {listing(VOLUMES, 'and')} are allowed"
    fix = "use a persistentVolumeClaim, or one of the other allowed types"
    if kind is None:
        return Found(at, volume or None, f"names no source, {allowed}", fix)
    return Found((*at, kind), volume[kind], f"is a volume of type {quote(kind)}, {allowed}", fix)


def host_ports(allowed: tuple[range, ...]) -> OfContainer:
    """Ports of the node that a container takes."""
    words = [str(ports[0]) if len(ports) == 1 else f"{ports[0]}-{ports[-1]}" for ports in allowed]
    must = f"allowed are {listing(words, 'and')}" if words else "must be left out"
    fix = "remove hostPort, and reach the pod through a Service"

    def check(_: PodView, container: Container, __: dict[str, Any]) -> Finds:
        ports = container.raw.get("ports")
        if not ports:
            return NOTHING
        return [
            Found(
                (*container.at, "ports", index, "hostPort"), port, f"{quote(port)} is a port of the node, {must}", fix
            )
            for index, entry in enumerate(as_list(ports))
            if (port := as_dict(entry).get("hostPort")) and not any(port in ports for ports in allowed)
        ]

    return check


def handler_hosts(_: PodView, container: Container, __: dict[str, Any]) -> Finds:
    """Probes and lifecycle hooks that make the kubelet call another host than the pod."""
    found: list[Found] = []
    for at, handler in _handlers(container.raw):
        for action in ("httpGet", "tcpSocket"):
            host = look_up(handler, (action, "host"))
            if host is not None and host != "":
                message = f"the kubelet would call {quote(host)}, must be left out: the pod itself is called then"
                found.append(Found((*container.at, *at, action, "host"), host, message, f"remove {action}.host"))
    return found


def _handlers(raw: dict[str, Any]) -> Iterator[tuple[Path, Any]]:
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        if (handler := raw.get(probe)) is not None:
            yield (probe,), handler
    if (lifecycle := raw.get("lifecycle")) is not None:
        for hook in ("postStart", "preStop"):
            if (handler := look_up(lifecycle, (hook,))) is not None:
                yield ("lifecycle", hook), handler


def proc_mount(_: PodView, container: Container, security: dict[str, Any]) -> Finds:
    """A container that sees parts of /proc which are masked otherwise."""
    value = security.get("procMount")
    if value is None or value == "Default":
        return NOTHING
    at = (*container.at, "securityContext", "procMount")
    return (Found(at, value, is_not(value, "must be Default"), "remove securityContext.procMount"),)


def sysctls(safe: frozenset[str], allowed: Globs) -> OfPod:
    """Kernel settings beyond the safe ones and those that the rule allows."""
    also = [name for name in sorted(allowed.exact) if name not in safe]
    names = listing([*sorted(safe), *also, *(glob.text for glob in allowed.others)], "and")
    fix = f"remove it; allowed are {names}"

    def check(view: PodView) -> Finds:
        return [
            Found((*view.at, "securityContext", "sysctls", index, "name"), name, f"{quote(name)} is not allowed", fix)
            for index, entry in enumerate(as_list(view.security.get("sysctls")))
            if not isinstance(name := as_dict(entry).get("name"), str) or not (name in safe or allowed.matches(name))
        ]

    return check


def apparmor_of_others(view: PodView) -> Finds:
    """AppArmor annotations that name no container of the pod: upstream refuses them just the same."""
    names = None
    found: Finds = NOTHING
    for key, value in view.annotations.items():
        if key.startswith(APPARMOR) and not _apparmor_allows(value):
            names = names or {container.name for container in view.pod.containers}
            if key.removeprefix(APPARMOR) not in names:
                found = (*found, _annotation(view, key, value, _APPARMOR_MUST))
    return found


def apparmor_annotation(view: PodView, container: Container, _: dict[str, Any]) -> Finds:
    """The container's AppArmor profile, as it was written before the field existed."""
    value = view.annotations.get(key := APPARMOR + container.name) if view.annotations else None
    return NOTHING if _apparmor_allows(value) else (_annotation(view, key, value, _APPARMOR_MUST),)


_APPARMOR_MUST = "must be runtime/default or localhost/PROFILE"


def _apparmor_allows(value: Any) -> bool:
    return value in (None, "", "runtime/default") or (isinstance(value, str) and value.startswith("localhost/"))


def seccomp_annotation_of_pod(view: PodView) -> Finds:
    """The pod's seccomp profile, as it was written before v1.19."""
    return _seccomp_annotation(view, SECCOMP_OF_POD) if SECCOMP_OF_POD in view.annotations else NOTHING


def seccomp_annotation(view: PodView, container: Container, _: dict[str, Any]) -> Finds:
    """The container's seccomp profile, as it was written before v1.19."""
    key = SECCOMP_OF_CONTAINER + container.name
    return _seccomp_annotation(view, key) if key in view.annotations else NOTHING


def _seccomp_annotation(view: PodView, key: str) -> Finds:
    value = view.annotations[key]
    if value in ("runtime/default", "docker/default") or (isinstance(value, str) and value.startswith("localhost/")):
        return NOTHING
    return (_annotation(view, key, value, "must be runtime/default, docker/default or localhost/PROFILE"),)


def _annotation(view: PodView, key: str, value: Any, must: str) -> Found:
    return Found((*view.meta_at, key), value, is_not(value, must), "remove the annotation, or set runtime/default")
