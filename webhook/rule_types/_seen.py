"""Parts of an object on which rules depend: the same few come again and again."""

from typing import Any

from webhook.admission.rule import Subject
from webhook.pod.containers import Role


def images(subject: Subject) -> list[Any] | None:
    """Each image with its pull policy."""
    said = [(one.raw.get("image"), one.raw.get("imagePullPolicy")) for one in subject.containers]
    return said + [(use.text, use.pull_policy) for use in subject.image_volumes]


def amounts(subject: Subject) -> list[Any] | None:
    """What each container requests and is limited to, where nothing holds for the pod as a whole."""
    pod = subject.pod
    if pod is None or pod.spec.get("resources") is not None:
        return None
    found: list[Any] = []
    for container in subject.containers:
        resources = container.raw.get("resources")
        if container.role is Role.EPHEMERAL:  # no rule judges what they ask for
            continue
        if not isinstance(resources, dict):
            return None
        requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
        if not isinstance(requests, dict) or not isinstance(limits, dict):
            return None
        found.append((*requests.items(), None, *limits.items()))
    return found


_OLD_PROFILES = (
    "container.apparmor.security.beta.kubernetes.io/",
    "container.seccomp.security.alpha.kubernetes.io/",
    "seccomp.security.alpha.kubernetes.io/",
)
_NODE = ("hostNetwork", "hostPID", "hostIPC", "hostUsers", "os")


def security(subject: Subject) -> list[Any] | None:
    """The security settings of the pod and its containers, as one text; None for what is rare.

    Rare are ports of the node, hooks, probes of other hosts and profiles in annotations. `repr` writes equal texts for
    equal settings alone: true is not 1.
    """
    pod = subject.pod
    if pod is None or subject.request.old_object is not None:
        return None
    spec, annotations = pod.spec, pod.metadata.get("annotations")
    if annotations and not (isinstance(annotations, dict) and _without_profiles(annotations)):
        return None
    said = [repr(spec.get("securityContext")), _volume_types(spec.get("volumes"))]
    said += [repr(spec[key]) + key for key in _NODE if key in spec]
    for container in subject.containers:
        raw = container.raw
        if "lifecycle" in raw or _uses_node(raw):
            return None
        said.append(repr(raw.get("securityContext")))
    return ["\n".join(said)]


def _without_profiles(annotations: dict[str, Any]) -> bool:
    for key in annotations:  # noqa: SIM110 - a generator would cost as much as the answer
        if key.startswith(_OLD_PROFILES):
            return False
    return True


def _volume_types(volumes: Any) -> str:
    if not isinstance(volumes, list):
        return f"no list: {volumes!r}"
    return " ".join(sorted({_volume_type(one) for one in volumes}))


def _volume_type(volume: Any) -> str:
    if not isinstance(volume, dict):
        return repr(volume)
    return repr([key for key, source in volume.items() if source is not None])


def _uses_node(raw: dict[str, Any]) -> bool:
    """Whether a port may be the node's, or a probe another host's."""
    ports = raw.get("ports")
    if ports:
        for port in ports if isinstance(ports, list) else (ports,):
            if not isinstance(port, dict) or "hostPort" in port:
                return True
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        handler = raw.get(probe)
        if handler is not None and (not isinstance(handler, dict) or _names_host(handler)):
            return True
    return False


def _names_host(handler: dict[str, Any]) -> bool:
    for action in ("httpGet", "tcpSocket"):
        called = handler.get(action)
        if called is not None and (not isinstance(called, dict) or "host" in called):
            return True
    return False
