"""What is missing or different in an object for a wanted partial one to be part of it; lists by their real keys.

The keys are those of server-side apply (OpenAPI's x-kubernetes-list-map-keys), not of strategic merge patch. Where the
API replaces a list as a whole but people mean a set (tolerations, capabilities, envFrom), MERGE_KEYS says our own key.
"""

from collections.abc import Hashable, Iterator
from enum import StrEnum
from typing import Any, NamedTuple

from webhook.pod.encoding import encoded
from webhook.pod.filled import HOOKS
from webhook.pod.quantity import Quantity, QuantityError
from webhook.pod.schema import Field, Schema, kind_schema
from webhook.source.path import Path

Keys = tuple[str, ...]

_NAME: Keys = ("name",)
_WHOLE: Keys = ()
"""A set: two elements are the same when they are equal."""

_CONTAINER: dict[str, Keys] = {
    "env": _NAME,
    "envFrom": _WHOLE,
    "ports": ("containerPort", "protocol"),
    "volumeDevices": ("devicePath",),
    "volumeMounts": ("mountPath",),
}

MERGE_KEYS: dict[str, Keys] = {
    "Capabilities.add": _WHOLE,
    "Capabilities.drop": _WHOLE,
    "ConfigMapProjection.items": _WHOLE,
    "ConfigMapVolumeSource.items": _WHOLE,
    "DownwardAPIProjection.items": _WHOLE,
    "DownwardAPIVolumeSource.items": _WHOLE,
    "ObjectMeta.finalizers": _WHOLE,
    "ObjectMeta.ownerReferences": ("uid",),
    "PodDNSConfig.nameservers": _WHOLE,
    "PodDNSConfig.options": _NAME,
    "PodDNSConfig.searches": _WHOLE,
    "PodSecurityContext.supplementalGroups": _WHOLE,
    "PodSecurityContext.sysctls": _NAME,
    "PodSpec.containers": _NAME,
    "PodSpec.ephemeralContainers": _NAME,
    "PodSpec.hostAliases": ("ip",),
    "PodSpec.imagePullSecrets": _NAME,
    "PodSpec.initContainers": _NAME,
    "PodSpec.readinessGates": ("conditionType",),
    "PodSpec.resourceClaims": _NAME,
    "PodSpec.schedulingGates": _NAME,
    "PodSpec.tolerations": ("key", "operator", "value", "effect"),
    "PodSpec.topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
    "PodSpec.volumes": _NAME,
    "ProjectedVolumeSource.sources": _WHOLE,
    "ResourceRequirements.claims": _NAME,
    "SecretProjection.items": _WHOLE,
    "SecretVolumeSource.items": _WHOLE,
    "ServiceAccount.imagePullSecrets": _NAME,
    "ServiceAccount.secrets": _NAME,
    "ServiceSpec.ports": ("port", "protocol"),
} | {f"{owner}.{name}": keys for owner in ("Container", "EphemeralContainer") for name, keys in _CONTAINER.items()}
"""The key fields of a list by API type and field; every other list has the API's own keys, or is replaced whole."""

_ABSENT_KEYS = {"protocol": "TCP", "operator": "Equal", "key": "", "value": "", "effect": ""}
"""What an absent key field means to the API."""

_ONE_LEAF = frozenset({"AppArmorProfile", "SELinuxOptions", "SeccompProfile"})

_HANDLERS = frozenset({"exec", "grpc", "httpGet", "sleep", "tcpSocket"})
_ONE_OF: dict[str, frozenset[str]] = {
    "EnvVar": frozenset({"value", "valueFrom"}),
    "EnvVarSource": frozenset({"configMapKeyRef", "fieldRef", "fileKeyRef", "resourceFieldRef", "secretKeyRef"}),
    "LifecycleHandler": _HANDLERS,
    "Probe": _HANDLERS,
}
"""Types of whose fields only one may be set; a Volume is one too, by all its fields but the name."""


class How(StrEnum):
    """What has to be done so that the wanted value is there."""

    SET = "set"
    """Nothing is at the path: set it."""
    APPEND = "append"
    """The path is a list in which the element is missing: append it."""
    REPLACE = "replace"
    """Something else is at the path."""


class Difference(NamedTuple):
    """One step towards the wanted value; for APPEND `path` is the list's and `value` one element."""

    path: Path
    value: Any
    how: How
    found: Any = None


def keys_at(path: Path, schema: Schema | None = None) -> Keys | None:
    """The key fields of the list at a path of a Pod, or of another schema; as `keys_of`."""
    field = (schema or _pod()).at(path)
    return keys_of(field) if field else None


def keys_of(field: Field) -> Keys | None:
    """The key fields of a list; () for a set; None where the API replaces it as a whole, or where it is no list."""
    ours = MERGE_KEYS.get(f"{field.owner}.{field.name}")
    if ours is not None:
        return ours
    api = field.merge
    return api if isinstance(api, tuple) else _WHOLE if api == "set" else None


def key_of(element: Any, keys: Keys) -> Hashable:
    """What makes an element itself: equal keys, same element."""
    if not keys or not isinstance(element, dict):
        return _frozen(element)
    return tuple(_frozen(element.get(key) or _ABSENT_KEYS.get(key)) for key in keys)


def find(elements: Any, wanted: Any, keys: Keys) -> int | None:
    """The index of the element that is the same as the wanted one; None where there is none."""
    if not isinstance(elements, list):
        return None
    key = key_of(wanted, keys)
    return next((index for index, element in enumerate(elements) if key_of(element, keys) == key), None)


def missing(existing: Any, wanted: Any, field: Field, path: Path = ()) -> Iterator[Difference]:
    """What has to change in `existing` so that `wanted`, a partial value of the same field, is part of it.

    `path` is where `existing` stands; the paths of the differences begin with it. Nothing is yielded for what is there
    already, as the API reads it: quantities compare by value and API defaults count as written. A null in `wanted`
    wants nothing. An absent parent is one SET of all that is wanted below it.
    """
    if wanted is None:
        return
    if existing is None:
        yield Difference(path, wanted, How.SET)
    elif isinstance(existing, dict) and isinstance(wanted, dict) and _is_open(field):
        yield from _in_dict(existing, wanted, field, path)
    elif isinstance(existing, list) and isinstance(wanted, list) and (keys := keys_of(field)) is not None:
        yield from _in_list(existing, wanted, field, keys, path)
    elif not _equal(existing, wanted, field):
        yield Difference(path, wanted, How.REPLACE, existing)


def _in_dict(existing: dict[str, Any], wanted: dict[str, Any], field: Field, path: Path) -> Iterator[Difference]:
    if (other := _excluded(existing, wanted, field)) is not None:
        kept = {key: value for key, value in existing.items() if key not in other}
        yield Difference(path, kept | wanted, How.REPLACE, existing)
        return
    for key, value in wanted.items():
        inner = field.element if field.type == "map" else field.children.get(key)
        yield from missing(existing.get(key), value, inner or _ANY, (*path, key))


def _in_list(existing: list[Any], wanted: list[Any], field: Field, keys: Keys, path: Path) -> Iterator[Difference]:
    element = field.element or _ANY
    known = [_read(one, element) for one in existing]
    for one in wanted:
        index = find(known, _read(one, element), keys)
        if index is None:
            yield Difference(path, one, How.APPEND)
        elif keys:
            yield from missing(existing[index], one, element, (*path, index))


def _excluded(existing: dict[str, Any], wanted: dict[str, Any], field: Field) -> frozenset[str] | None:
    """The fields of which only one may be set, where another than the wanted one is."""
    one_of = (
        frozenset(field.children) - {"name"} if field.struct == "Volume" else _ONE_OF.get(field.struct, frozenset())
    )
    has = {key for key in one_of & existing.keys() if existing[key] is not None}
    wants = {key for key in one_of & wanted.keys() if wanted[key] is not None}
    return one_of if has and wants and not has & wants else None


def _is_open(field: Field) -> bool:
    """Whether an object is merged field by field."""
    return field.type in ("map", "object") and not field.atomic and field.struct not in _ONE_LEAF


def _equal(first: Any, second: Any, field: Field) -> bool:
    if field.type == "quantity":
        try:
            return Quantity.of(first) == Quantity.of(second)
        except QuantityError:
            return bool(first == second)
    return bool(_frozen(_read(first, field)) == _frozen(_read(second, field)))


def _read(value: Any, field: Field) -> Any:
    return encoded(field, value, HOOKS)


def _frozen(value: Any) -> Hashable:
    """A value that compares as JSON does: true is not 1, and the order of an object's fields is nothing."""
    if isinstance(value, dict):
        return frozenset((key, _frozen(inner)) for key, inner in value.items())
    if isinstance(value, list):
        return tuple(_frozen(inner) for inner in value)
    return (type(value) is bool, value)


def _pod() -> Schema:
    schema = kind_schema("", "Pod")
    if schema is None:
        raise LookupError("data/schema.json has no Pod")
    return schema


_ANY = Field("", "", "any", "a")
