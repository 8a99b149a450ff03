"""What is wrong with a sidecar rule: told when rules load, at the key that is meant."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from webhook.admission.rule import Compiling
from webhook.admission.schema_check import tell_misfits
from webhook.expressions import expression
from webhook.patterns import closest
from webhook.pod.image import Image
from webhook.pod.merge import find, keys_of
from webhook.pod.quantity import Quantity
from webhook.pod.schema import Field, fields_allowed_in
from webhook.rule_types._amounts import refuse_negative
from webhook.rule_types._default_targets import CONTAINER, volume
from webhook.rule_types._sidecar_tune import SIDES, Key, key_of
from webhook.source.path import Path, look_up

if TYPE_CHECKING:
    from webhook.rule_types.sidecar import Params

_LABEL = expression(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_RESOURCES = ("cpu", "memory", "ephemeral-storage")
_TUNABLE = tuple(f"{name}.{side}" for name in _RESOURCES for side in ("request", "limit"))
_NEED_CONTAINERS = ("volumes", "mount_into", "tune", "exclude_ports")
_NEED_SOME = ("opt_in", "opt_out", "skip", "require")
_OPTIONAL_KEYS = frozenset({"protocol"})


def check_params(params: "Params", compiling: Compiling) -> bool:
    """Tell everything that is wrong; whether nothing is."""
    before = _errors(compiling)
    _check_form(params, compiling)
    if _errors(compiling) > before:
        return False
    for index, raw in enumerate(params.declared):
        at: Path = ("container",) if params.container is not None else ("containers", index)
        _check_container(raw, at, compiling)
    _check_names(params, compiling)
    _check_volumes(params, compiling)
    if params.skip and params.skip.owner_kinds:
        told = "whoever writes a pod can go without by an owner reference that is not true"
        compiling.warning(("skip", "ownerKinds"), told, "choose by namespace, or make an exception", on="key")
    if params.declared and _errors(compiling) == before:
        _check_whole(params, compiling)
    return _errors(compiling) == before


def declared_amounts(container: dict[str, Any]) -> dict[Key, Quantity]:
    """The requests and limits that a declared container has of its own."""
    amounts = {}
    for side in SIDES:
        for name, raw in (look_up(container, ("resources", side)) or {}).items():
            amounts[side, name] = Quantity.of(raw)
    return amounts


def _errors(compiling: Compiling) -> int:
    return sum(problem.level == "error" for problem in compiling.problems.found)


def _check_form(params: "Params", compiling: Compiling) -> None:
    """One of three: containers that are put in, one that must be there, or only some that must not."""
    forms = [key for key in ("container", "containers", "named") if getattr(params, key)]
    if params.container == {}:
        compiling.error(("container",), "the container is empty", "give it a name and an image")
    elif len(forms) > 1:
        both = " and ".join(f"`{form}`" for form in forms)
        compiling.error((forms[1],), f"here are {both}", "a rule has one of them: make two rules of it", on="key")
    elif not forms and not params.forbid:
        cure = "give it a `container`, say what must be there with `named`, or what must not with `forbid`"
        compiling.error((), "nothing is put in, required or forbidden", cure, on="key")
        return
    needs = {"image": params.image if not params.named else None}
    needs |= {key: getattr(params, key) for key in _NEED_CONTAINERS if not params.declared}
    needs |= {key: getattr(params, key) for key in _NEED_SOME if not forms}
    for key, value in needs.items():
        if value:
            needed = "`named`" if key == "image" else "a `container`"
            compiling.error((_yaml(key),), f"`{_yaml(key)}` does nothing without {needed}", on="key")
    for index, name in enumerate(params.require if params.named else ()):
        if name != "restartPolicy":
            cure = "with `named` only restartPolicy can be required: say `container` to declare more"
            compiling.error(("require", index), f"`{name}` is not declared here", cure)
    kinds = compiling.kinds
    if params.declared and kinds is not None and not any(kind.kind in ("Pod", "*") for kind in kinds):
        compiling.error((), "containers are put into a pod when it is created", "name Pod in match.kinds", on="key")


def _yaml(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


def _check_container(raw: dict[str, Any], at: Path, compiling: Compiling) -> None:
    name, image = raw.get("name"), raw.get("image")
    if not isinstance(name, str) or not _LABEL.fullmatch(name):
        cure = "lower-case letters, digits and `-`, at most 63"
        compiling.error((*at, "name") if "name" in raw else at, "the container needs a name", cure, on="key")
    if not isinstance(image, str) or not image:
        compiling.error((*at, "image") if "image" in raw else at, "the container needs an image", on="key")
    else:
        try:
            Image.parse(image)
        except ValueError as error:
            compiling.refused((*at, "image"), error)
    if raw.get("restartPolicy", "Always") != "Always":
        cure = "leave it out" if at[0] == "container" else "leave it out for an init container"
        compiling.error((*at, "restartPolicy"), "a native sidecar has restartPolicy Always", cure)
    role = "sidecars" if "restartPolicy" in raw else "initContainers"
    for key in raw:
        if key in CONTAINER.children and not fields_allowed_in(role, key):
            cure = "say restartPolicy: Always, and it is a sidecar"
            compiling.error((*at, key), f"an init container has no {key}: it comes to an end", cure, on="key")
    check_values(raw, at, CONTAINER, compiling)
    if role == "sidecars" and "startupProbe" not in raw:
        message = "without a startupProbe the author's containers start before it is ready"
        compiling.warning(at, message, "give it a startupProbe", on="key")


def check_values(value: dict[str, Any], at: Path, field: Field, compiling: Compiling) -> None:
    """Fields that do not exist, values of wrong types, unknown words, quantities nobody can read, twins in lists."""
    tell_misfits(field, value, at, compiling)
    _check_below(value, at, field, compiling)


def _check_below(value: Any, at: Path, field: Field | None, compiling: Compiling) -> None:
    if value is None:
        compiling.error(at, "null wants nothing", "leave the key out, or give it a value", on="key")
    elif isinstance(value, dict):
        for key, inner in value.items():
            known = field.children.get(key) if field and field.type == "object" else field.element if field else None
            _check_below(inner, (*at, key), known, compiling)
    elif isinstance(value, list):
        _check_twins(value, at, field, compiling)
        for index, inner in enumerate(value):
            element = field.element if field else None
            if field and field.enum and inner not in field.enum:
                compiling.error((*at, index), f"`{inner}` is not one of {', '.join(field.enum)}")
            _check_below(inner, (*at, index), element, compiling)
    elif field is not None and field.enum and value not in field.enum:
        compiling.error(at, f"`{value}` is not one of {', '.join(field.enum)}")
    elif field is not None and field.type == "quantity" and not isinstance(value, bool):
        try:
            refuse_negative(Quantity.of(value))
        except ValueError as error:
            compiling.refused(at, error)


def _check_twins(elements: list[Any], at: Path, field: Field | None, compiling: Compiling) -> None:
    keys = keys_of(field) if field and field.type == "list" else None
    for index, element in enumerate(elements) if keys else ():
        lacking = [key for key in keys or () if isinstance(element, dict) and key not in element]
        if lacking and lacking[0] not in _OPTIONAL_KEYS:
            compiling.error((*at, index), f"`{lacking[0]}` is missing: it tells this element from others", on="key")
        elif not lacking and find(elements[:index], element, keys or ()) is not None:
            compiling.error((*at, index), "it stands in this list twice", "keep one of them")


def _check_names(params: "Params", compiling: Compiling) -> None:
    names = [raw.get("name") for raw in params.declared]
    for index, name in enumerate(names):
        if name is not None and name in names[:index]:
            compiling.error(("containers", index, "name"), f"there is another container `{name}` here")
    if params.position.name and params.position.name in names:
        compiling.error(("position", params.position.word), "it cannot be put beside itself")
    own = [name for name in (*names, params.named) if isinstance(name, str) and name]
    for index, glob in enumerate(params.forbid):
        met = next((name for name in own if glob.matches(name)), None)
        if met:
            compiling.error(("forbid", index), f"it forbids `{met}`, which this rule wants to be there")
    if params.named and not _LABEL.fullmatch(params.named):
        compiling.error(("named",), f"no container is called `{params.named[:80]}`")


def _check_volumes(params: "Params", compiling: Compiling) -> None:
    names: list[Any] = []
    for index, raw in enumerate(params.volumes):
        name = raw.get("name")
        if not isinstance(name, str) or not _LABEL.fullmatch(name):
            compiling.error(("volumes", index), "the volume needs a name", on="key")
        elif name in names:
            compiling.error(("volumes", index, "name"), f"there is another volume `{name}` here")
        if len(raw.keys() - {"name"}) > 1:
            compiling.error(("volumes", index), "a volume has one source", on="key")
        check_values(raw, ("volumes", index), volume(), compiling)
        names += [name] if isinstance(name, str) else []
    mounts = params.mount_into.containers if params.mount_into else ()
    field = CONTAINER.children["volumeMounts"]
    for index, raw in enumerate(mounts):
        check_values(raw, ("mountInto", "containers", index), field.element or field, compiling)
    _check_twins(list(mounts), ("mountInto", "containers"), field, compiling)
    used: list[tuple[Path, Any]] = [(("mountInto", "containers", index), raw) for index, raw in enumerate(mounts)]
    for index, raw in enumerate(params.declared):
        at: Path = ("container",) if params.container is not None else ("containers", index)
        own = raw.get("volumeMounts")
        used += [((*at, "volumeMounts", i), one) for i, one in enumerate(own if isinstance(own, list) else ())]
    for path, mount in used:
        name = mount.get("name") if isinstance(mount, dict) else None
        if name not in names:
            guess = closest(name, names) if isinstance(name, str) else None
            cure = f"did you mean `{guess}`?" if guess else "declare it under `volumes`"
            compiling.error((*path, "name") if name else path, f"there is no volume `{name}` in this rule", cure)
    mounted = [mount.get("name") for _, mount in used if isinstance(mount, dict)]
    for index, raw in enumerate(params.volumes):
        if raw.get("name") in names and raw.get("name") not in mounted:
            compiling.warning(("volumes", index), f"nothing mounts the volume `{raw['name']}`")


def _check_whole(params: "Params", compiling: Compiling) -> None:
    """What contradicts once every part is readable by itself."""
    sidecars = [raw for raw in params.declared if raw.get("restartPolicy") == "Always"]
    if not sidecars:
        message = "none of these is a sidecar: all come to an end before the author's containers start"
        compiling.warning(("containers",), message, "say restartPolicy: Always in the sidecar", on="key")
    for index, name in enumerate(params.require):
        known = {key for raw in params.declared for key in raw} - {"name"} | {"resources", "securityContext"}
        if name not in known:
            guess = closest(name, known)
            cure = f"did you mean `{guess}`?" if guess else None
            compiling.error(("require", index), f"the container declares no `{name}`", cure)
    marks = (params.opt_in, params.opt_out)
    if marks[0] and marks[1] and (marks[0].path, marks[0].value) == (marks[1].path, marks[1].value):
        compiling.error(("optOut",), "the same value opts in and out", on="key")
    if params.tune:
        if len(sidecars or params.declared) > 1:
            names = " and ".join(f"`{raw['name']}`" for raw in sidecars or params.declared)
            compiling.error(("tune",), f"here are {names}, and one is tuned", "make two rules of it", on="key")
        else:
            _check_tune(params, (sidecars or list(params.declared))[0], compiling)
    _check_annotations(params, compiling)


def _check_tune(params: "Params", container: dict[str, Any], compiling: Compiling) -> None:
    declared = declared_amounts(container)
    amounts = dict(declared)
    for name, tuned in params.tune.items():
        key = key_of(name)
        if name not in _TUNABLE:
            guess = closest(name, _TUNABLE)
            cure = f"did you mean `{guess}`?" if guess else f"known here: {', '.join(_TUNABLE)}"
            compiling.error(("tune", name), f"`{name}` cannot be tuned", cure, on="key")
            continue
        own = declared.get(key)
        if own is not None and tuned.default is not None:
            message = f"the container's own resources say {own} already"
            compiling.error(("tune", name, "default"), message, "keep one of them")
        elif own is not None and not tuned.allows(own):
            message = f"the container's own {own} is outside these bounds: it must be {tuned.bounds}"
            compiling.error(("tune", name), message, on="key")
        for word in ("default", "min", "max"):
            value = getattr(tuned, word)
            if value is not None and key[1] != "cpu" and not value.is_whole:
                compiling.error(("tune", name, word), f"{value} is no whole number of bytes", "did you mean Mi?")
        if tuned.default is not None:
            amounts[key] = tuned.default
    _check_together(amounts, compiling)


def _check_together(amounts: dict[Key, Quantity], compiling: Compiling) -> None:
    for side, name in amounts:
        request, limit = amounts.get(("requests", name)), amounts.get(("limits", name))
        if side == "requests" and request is not None and limit is not None and request > limit:
            compiling.error(("tune",), f"the {name} request {request} is over the limit {limit}", on="key")


def _check_annotations(params: "Params", compiling: Compiling) -> None:
    """One annotation says one thing."""
    seen: dict[str, str] = {}
    said: Sequence[tuple[Path, str]] = [
        *((("tune", name, "annotation"), tuned.annotation) for name, tuned in params.tune.items()),
        *([(("excludePorts", "annotation"), params.exclude_ports.annotation)] if params.exclude_ports else []),
    ]
    for path, key in said:
        if key and key in seen:
            compiling.error(path, f"`{key}` chooses {seen[key]} already", "give it an annotation of its own")
        seen.setdefault(key, ".".join(str(step) for step in path[:-1]))
