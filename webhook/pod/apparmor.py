"""AppArmor profiles that old annotations ask for, copied into the fields of containers when a pod is created.

Kubernetes v1.36.3, applyAppArmorVersionSkew in pkg/registry/core/pod/strategy.go: after mutating webhooks and before
validating ones, on CREATE only. Fields are not copied into annotations.
"""

from typing import Any

Json = dict[str, Any]

APPARMOR = "container.apparmor.security.beta.kubernetes.io/"

_LISTS = ("initContainers", "containers")
_LONGEST = 4095  # bytes of a profile's name on the node
_PLAIN = {"unconfined": "Unconfined", "runtime/default": "RuntimeDefault"}
_LOCALHOST = "localhost/"


def with_apparmor_fields(pod: Json) -> Json:
    """The pod with the annotated profile in each container that says none itself; the input is not changed."""
    metadata, spec = pod.get("metadata"), pod.get("spec")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if not isinstance(annotations, dict) or not isinstance(spec, dict):
        return pod
    profiles = {key.removeprefix(APPARMOR): _field(value) for key, value in annotations.items() if _is_ours(key)}
    if not profiles or _of(spec, "os").get("name") == "windows":
        return pod
    own = _of(spec, "securityContext").get("appArmorProfile")
    wanted = {name: profile for name, profile in profiles.items() if profile is not None and profile != own}
    lists = {name: [_given(one, wanted) for one in spec[name]] for name in _LISTS if isinstance(spec.get(name), list)}
    return {**pod, "spec": {**spec, **lists}}


def _is_ours(key: Any) -> bool:
    return isinstance(key, str) and key.startswith(APPARMOR)


def _given(container: Any, wanted: dict[str, Json]) -> Any:
    name = container.get("name") if isinstance(container, dict) else None
    profile = wanted.get(name) if isinstance(name, str) else None
    if profile is None or _of(container, "securityContext").get("appArmorProfile") is not None:
        return container
    return {**container, "securityContext": {**_of(container, "securityContext"), "appArmorProfile": profile}}


def _field(annotation: Any) -> Json | None:
    """The profile that an annotation means, as a field; None for what is no valid profile."""
    if not isinstance(annotation, str):
        return None
    if annotation in _PLAIN:
        return {"type": _PLAIN[annotation]}
    name = annotation.removeprefix(_LOCALHOST)
    if name == annotation or not name or name != name.strip() or len(name.encode("utf-8", "replace")) > _LONGEST:
        return None
    return {"type": "Localhost", "localhostProfile": name}


def _of(value: Json, key: str) -> Json:
    found = value.get(key)
    return found if isinstance(found, dict) else {}
