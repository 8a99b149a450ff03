"""Paths in rules, held against the Kubernetes API: a field that does not exist is an error when rules load."""

from collections.abc import Iterator
from typing import Any

from webhook.admission.rule import Compiling
from webhook.patterns import closest
from webhook.pod.containers import LISTS
from webhook.pod.schema import Field, Schema, fields, kind_schema, subresource_schema
from webhook.pod.workloads import POD_AT
from webhook.source.path import Each, Path, Steps, render, render_steps

_TYPES = {
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "quantity": "a quantity",
    "intOrString": "a number or a name",
    "object": "an object",
    "map": "a map",
    "list": "a list",
}


def described(field: Field) -> str:
    """What a field holds, for a message."""
    return _TYPES.get(field.type, "anything")


def check_path(
    subject: str,
    steps: Steps,
    text: str,
    below: Path,
    compiling: Compiling,
    *,
    condition: bool = False,
    inner: bool = False,
) -> bool:
    """Whether a path of this subject exists in every kind that the rule is about; after telling what is wrong where
    it does not. An `inner` path goes on where another one ends: what it may see was asked there."""
    if subject == "object":
        usable = _knows_its_kinds(condition, below, compiling)
    else:
        usable = _has_pods(subject, below, compiling)
    if not usable or (not inner and _sees_one_list(subject, steps, text, below, compiling)):
        return False
    checked = [_check(schema, steps, text, below, compiling) for schema in _schemas(subject, steps, below, compiling)]
    return all(checked)


def fields_at(subject: str, steps: Steps, compiling: Compiling) -> tuple[Field, ...]:
    """The fields that a path means, one for each kind that has it; none where nothing is known of it."""
    plain = tuple("*" if isinstance(step, Each) else step for step in steps)
    found = (schema.at(plain) for schema in _schemas(subject, steps, None, compiling))
    return tuple(field for field in found if field is not None and field.type != "any")


def tell_misfits(field: Field, value: Any, at: Path, compiling: Compiling) -> None:
    """Tells the fields that do not exist and the values of wrong types in what a rule puts at a field."""
    from webhook.pod.misfits import misfits_in  # only rules that fill something in need it

    for misfit in misfits_in(field, value):
        if misfit.field is None:
            cure = f"did you mean `{misfit.meant}`?" if misfit.meant else None
            told = f"there is no field `{misfit.path[-1]}` in {render(misfit.path[:-1]) or 'it'}"
            compiling.error((*at, *misfit.path), told, cure, on="key")
        elif misfit.is_of_wrong_type:
            cure = "put it in quotes" if misfit.field.type == "string" else None
            told = f"`{render(misfit.path)}` is of type {misfit.field.type}, not {misfit.found}"
            compiling.error((*at, *misfit.path), told, cure)


def _schemas(subject: str, steps: Steps, below: Path | None, compiling: Compiling) -> Iterator[Schema]:
    """Where paths of this subject begin; `below` is where it is told that a kind is not known."""
    if subject == "container":
        ephemeral = steps[0] in fields("EphemeralContainer").keys() - fields("Container").keys()
        yield Schema(Field("", "", "object", "#", "EphemeralContainer" if ephemeral else "Container"))
        return
    if subject == "pod":
        yield Schema(Field("", "", "object", "#", "Pod"))
        return
    for kind in compiling.kinds or ():
        part = kind.subresource
        schema = subresource_schema(part) if part else kind_schema(kind.group, kind.kind)
        if schema is None and steps[0] == "metadata":
            schema = kind_schema("", "ConfigMap")  # metadata is the same in every kind
        if schema is not None:
            yield schema
        elif below is not None:
            compiling.warning(below, f"the fields of {kind} are not known here, so this path is not checked")


def _knows_its_kinds(condition: bool, below: Path, compiling: Compiling) -> bool:
    """`object:` is literal: it needs kinds; as a condition it would let the pods of a workload through."""
    if not compiling.kinds:
        compiling.error(below, "`object:` needs to know which kind it is about", "name it in match.kinds")
        return False
    if condition and any(kind.kind in ("Pod", "*") and not kind.subresource for kind in compiling.kinds):
        told = "a condition on `object:` is literal, and the match includes Pod"
        compiling.error(below, told, "use `pod:`, or leave Pod out of match.kinds")
        return False
    return True


def _has_pods(subject: str, below: Path, compiling: Compiling) -> bool:
    without = [str(kind) for kind in compiling.kinds or () if not kind.carries_pod]
    if without:
        told = f"`{subject}:` is about pods, and {', '.join(without)} carries none"
        compiling.error(below, told, "use `object:`", on="key")
    return not without


def _sees_one_list(subject: str, steps: Steps, text: str, below: Path, compiling: Compiling) -> bool:
    """A path through one list of containers, which would not see the others; the list as a whole may be meant."""
    carriers = {POD_AT[kind.group, kind.kind] for kind in compiling.kinds or () if kind.carries_pod}
    for at in carriers if subject == "object" else {()} if subject == "pod" else ():
        inner = steps[len(at) :]
        if steps[: len(at)] == at and len(inner) > 2 and inner[0] == "spec" and inner[1] in LISTS:
            rest = render_steps(inner[3:])
            cure = f"write `container: {rest}`, which sees every container" if rest else "use `container:`"
            compiling.error(below, f"`{subject}: {text}` would see one list of containers only", cure)
            return True
    return False


def _check(schema: Schema, steps: Steps, text: str, below: Path, compiling: Compiling) -> bool:
    plain: list[str | int] = []
    for index, step in enumerate(steps):
        parent = schema.at(tuple(plain))
        plain.append("*" if isinstance(step, Each) else step)
        if schema.at(tuple(plain)) is None:
            told = f"there is no field `{render_steps((step,))}` in `{text}`"
            compiling.error(below, told, _quoted(schema, steps, index) or _cure(step, parent))
            return False
    return True


def _quoted(schema: Schema, steps: Steps, index: int) -> str | None:
    """A key with dots was written without quotes: metadata.labels.app.kubernetes.io/name."""
    above = schema.at(tuple("*" if isinstance(step, Each) else step for step in steps[: index - 1]))
    names = [step for step in steps[index - 1 :] if isinstance(step, str)]
    if index < 1 or above is None or above.type != "map" or len(names) != len(steps) - index + 1:
        return None
    return f"quote a key that has dots: {render_steps((*steps[: index - 1], '.'.join(names)))}"


def _cure(step: str | int | Each, parent: Field | None) -> str | None:
    if parent is None:
        return None
    if parent.type == "list" and isinstance(step, str):
        return f"it is a list: write [*] before `{step}`"
    known = list(parent.children) or list(fields(parent.struct))
    if not known:
        return f"what is before it is {described(parent)}"
    guess = closest(str(step), known) if isinstance(step, str) else None
    return f"did you mean `{guess}`?" if guess else f"known here: {', '.join(sorted(known))[:300]}"
