"""What is wrong with the values of a defaults rule: told when rules load, at the key that is meant."""

from collections.abc import Iterator
from typing import Any

from webhook.admission.rule import Compiling
from webhook.admission.schema_check import tell_misfits
from webhook.pod.containers import LISTS
from webhook.pod.defaults import admitted, defaulted
from webhook.pod.encoding import encoded
from webhook.pod.filled import HOOKS
from webhook.pod.merge import find, keys_of
from webhook.pod.quantity import Quantity, QuantityError
from webhook.pod.schema import Field, Schema, kind_schema
from webhook.pod.workloads import POD_AT
from webhook.rule_types._amounts import refuse_negative
from webhook.rule_types._default_leaves import HANDLERS, PROBES, leaves, means_absent
from webhook.rule_types._default_sources import check_source, is_source, sources_in, without_sources
from webhook.rule_types._default_targets import CONTAINER, Targets, pod_spec, volume
from webhook.source.path import Path, look_up, render

_OPTIONAL_KEYS = frozenset({"protocol", "operator", "key", "value", "effect"})
_NOT_FILLED = ("apiVersion", "kind", "status")
_SPECIAL = {
    "automountServiceAccountToken": (
        "the token volume is already there when a webhook sees the pod",
        "use `remove: [serviceAccountToken]`",
    ),
    "priorityClassName": (
        "the number is already set when a webhook sees the pod",
        "set a global default PriorityClass",
    ),
}
_MINIMAL = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "x", "image": "x.example/x:1"}]}}


def check_targets(verb: str, targets: Targets, compiling: Compiling) -> None:
    """Fields that do not exist, values of wrong types, what can never act, and what belongs elsewhere."""
    for name in targets.pod:
        if name in LISTS:
            compiling.error((verb, "pod", name), f"`pod` does not reach into {name}", "use `containers:`", on="key")
        if name == "metadata":
            cure = "use the rule type `metadata` for labels and annotations"
            compiling.error((verb, "pod", name), "`pod` is merged into the pod's spec", cure, on="key")
    if "name" in targets.containers:
        compiling.error((verb, "containers", "name"), "every container has a name of its own", on="key")
    spec = admitted(defaulted(_MINIMAL))["spec"]
    pod = {name: value for name, value in targets.pod.items() if name != "metadata" and name not in LISTS}
    _check(verb, ("pod",), pod, pod_spec(), spec, compiling)
    containers = {name: value for name, value in targets.containers.items() if name != "name"}
    _check(verb, ("containers",), containers, CONTAINER, spec["containers"][0], compiling)
    _check_volumes(verb, targets.volumes, compiling)
    _check_probes(verb, targets.containers, compiling)
    _check_amounts(verb, targets.containers, compiling)
    _check_kinds(verb, targets, compiling)


def _check_volumes(verb: str, wanted: dict[str, Any], compiling: Compiling) -> None:
    for source, value in wanted.items():
        field = volume().children.get(source)
        if field is None or field.type == "object":
            seen = encoded(volume(), {"name": "x", source: {}}, HOOKS)
            _check(verb, ("volumes",), {source: value}, volume(), seen, compiling)
        else:
            compiling.error((verb, "volumes", source), f"`{source}` is no source of a volume", on="key")


def _check_kinds(verb: str, targets: Targets, compiling: Compiling) -> None:
    """`pod` acts when Pods are created, `object` on all other kinds."""
    kinds = compiling.kinds
    has_pod = kinds is None or any(kind.kind == "*" or (kind.group, kind.kind) == ("", "Pod") for kind in kinds)
    if targets.in_pod and not has_pod:
        compiling.error((verb,), "a pod is filled when it is created", "name Pod in match.kinds", on="key")
    if not targets.object:
        return
    others = [kind for kind in kinds or () if (kind.group, kind.kind) != ("", "Pod")]
    if not others or any(kind.kind == "*" or kind.subresource for kind in others):
        cure = "a Pod's own fields are filled with `pod`" if kinds and not others else "name it in match.kinds"
        compiling.error((verb, "object"), "`object` needs to know which kind it is about", cure, on="key")
        return
    for kind in others:
        schema = kind_schema(kind.group, kind.kind)
        if schema is None:
            message = f"the fields of {kind} are not known here, so these are not checked"
            compiling.warning((verb, "object"), message, on="key")
        else:
            template = POD_AT.get((kind.group, kind.kind))
            _check_object(verb, targets.object, schema.root, template, compiling)


def _check_object(verb: str, wanted: dict[str, Any], root: Field, template: Path | None, compiling: Compiling) -> None:
    for name in _NOT_FILLED:
        if name in wanted:
            compiling.error((verb, "object", name), f"`{name}` is not for a rule to fill", on="key")
    if template and look_up(wanted, template) is not None:
        cure = "say it under `pod` or `containers`, with Pod in match.kinds"
        message = "a pod template is never changed: its pods are"
        compiling.error((verb, "object", *template), message, cure, on="key")
        return
    seen = encoded(root, {"spec": {}} if "spec" in root.children else {}, HOOKS)
    _check(verb, ("object",), wanted, root, seen, compiling)


def _check(verb: str, part: Path, wanted: Any, field: Field, seen: Any, compiling: Compiling) -> None:
    """Values that the field cannot have, and those that would never do anything; `seen` is what is always there."""
    at, schema, before = (verb, *part), Schema(field), len(compiling.problems.found)
    for path, source in sources_in(wanted):
        check_source(source, (*at, *path), schema.at(path), compiling)
    plain = without_sources(wanted)
    tell_misfits(field, plain, at, compiling)
    for path, value in _scalars(wanted):
        _check_scalar((*at, *path), value, schema.at(path), schema.at(path[:-1]), compiling)
    if len(compiling.problems.found) > before:
        return
    for path, value in leaves(wanted, field):
        _check_leaf(verb, part, (path, value), (schema, seen), compiling)


def _scalars(value: Any, at: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict | list) and not is_source(value):
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _scalars(inner, (*at, step))
    elif not is_source(value):
        yield at, value


def _check_scalar(at: Path, value: Any, field: Field | None, parent: Field | None, compiling: Compiling) -> None:
    if value is None:
        compiling.error(at, "null wants nothing", "leave the key out, or give it a value", on="key")
        return
    if field is None:
        return
    allowed = field.enum or (parent.enum if parent and parent.type == "list" else ())
    if allowed and value not in allowed:
        compiling.error(at, f"`{value}` is not one of {', '.join(allowed)}")
    if field.type == "quantity" and isinstance(value, str | int | float):
        try:
            refuse_negative(Quantity.of(value))
        except ValueError as error:
            compiling.refused(at, error)


def _check_leaf(verb: str, part: Path, leaf: tuple[Path, Any], known: tuple[Schema, Any], compiling: Compiling) -> None:
    (path, value), (schema, seen) = leaf, known
    at, field = (verb, *part, *path), schema.at(path)
    keys = keys_of(field) if field and field.type == "list" else None
    if verb == "append" and keys is None:
        cure = "use `default` or `enforce`"
        compiling.error(at, f"`append` is for lists that are sets, `{render(path)}` is none", cure, on="key")
    elif verb != "default" and value in ([], {}) and (verb == "append" or keys is not None or value == {}):
        compiling.error(at, f"an empty value under `{verb}` wants nothing", "use the rule type `fields`", on="key")
    elif verb != "default" and keys is not None and isinstance(value, list):
        _check_elements(at, value, keys, compiling)
    elif verb == "default":
        _check_can_act(at, path, value, field, seen if part != ("pod",) or path[0] not in _SPECIAL else None, compiling)


def _check_elements(at: Path, elements: list[Any], keys: tuple[str, ...], compiling: Compiling) -> None:
    for index, element in enumerate(elements):
        lacking = [
            key for key in keys if key not in _OPTIONAL_KEYS and isinstance(element, dict) and key not in element
        ]
        if lacking:
            compiling.error((*at, index), f"`{lacking[0]}` is missing: it tells this element from others", on="key")
        elif find(elements[:index], element, keys) is not None:
            compiling.error((*at, index), "it stands in this list twice", "keep one of them")


def _check_can_act(at: Path, path: Path, value: Any, field: Field | None, seen: Any, compiling: Compiling) -> None:
    """A default for what the API server or a plugin before us has always filled already can never act."""
    filled = look_up(seen, path) if seen is not None else None
    if seen is None:
        why, cure = _SPECIAL[str(path[0])]
    elif filled is not None:
        why, cure = f"the API server has always filled it already (with {str(filled)[:60]})", "use `enforce`"
    elif means_absent(value, field):
        why, cure = "absent means the same, and the API server drops it", "use `enforce`"
    else:
        return
    compiling.error(at, f"this default can never act: {why}", cure, on="key")


def _check_probes(verb: str, wanted: dict[str, Any], compiling: Compiling) -> None:
    """A default for a probe that cannot stand alone: where there is a probe, the API server has filled in the rest."""
    for name in sorted(PROBES & wanted.keys()) if verb == "default" else ():
        if isinstance(wanted[name], dict) and not HANDLERS & wanted[name].keys():
            message = "this default can never act: without one of exec, grpc, httpGet and tcpSocket it is no probe"
            compiling.error((verb, "containers", name), message, "use `enforce` for probes that are there", on="key")


def _check_amounts(verb: str, wanted: dict[str, Any], compiling: Compiling) -> None:
    """A request that is over the limit beside it."""
    requests, limits = (look_up(wanted, ("resources", side)) for side in ("requests", "limits"))
    for name in requests if isinstance(requests, dict) and isinstance(limits, dict) else ():
        try:
            over = name in limits and Quantity.of(requests[name]) > Quantity.of(limits[name])
        except (QuantityError, TypeError):
            continue
        if over:
            at = (verb, "containers", "resources", "requests", name)
            compiling.error(at, f"the request is over the limit of {limits[name]} beside it", "lower it")
