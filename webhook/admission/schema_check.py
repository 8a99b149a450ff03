"""Paths in rules, held against the Kubernetes API: a field that does not exist is an error when rules load."""

from webhook.admission.rule import Compiling
from webhook.patterns import closest
from webhook.pod.containers import LISTS
from webhook.pod.schema import Field, Schema, fields, kind_schema
from webhook.source.path import Each, Path, Steps


def check_path(subject: str, steps: Steps, text: str, below: Path, compiling: Compiling) -> bool:
    """Whether a path of this subject exists; after telling what is wrong where it does not."""
    if subject == "container":
        return _check(Schema(Field("", "", "object", "#", "Container")), steps, text, below, compiling)
    if subject == "pod":
        if len(steps) > 1 and steps[0] == "spec" and steps[1] in LISTS:
            rest = text.split("]", 1)[-1].lstrip(".")
            cure = f"write `container: {rest}`, which sees every container" if rest else "use `container:`"
            compiling.error(below, f"`pod: {text}` would see one list of containers only", cure)
            return False
        schema = kind_schema("", "Pod")
        return schema is None or _check(schema, steps, text, below, compiling)
    return _check_object(steps, text, below, compiling)


def _check_object(steps: Steps, text: str, below: Path, compiling: Compiling) -> bool:
    kinds = compiling.kinds
    if not kinds:
        compiling.error(below, "`object:` needs to know which kind it is about", "name it in match.kinds")
        return False
    if any(kind.kind == "Pod" and not kind.subresource for kind in kinds):
        compiling.error(
            below, "`object:` is literal, and the match includes Pod", "use `pod:`, or leave Pod out of match.kinds"
        )
        return False
    good = True
    for kind in kinds:
        schema = kind_schema(kind.group, kind.kind)
        if schema is None:
            compiling.warning(below, f"the fields of {kind} are not known here, so this path is not checked")
        else:
            good = _check(schema, steps, text, below, compiling) and good
    return good


def _check(schema: Schema, steps: Steps, text: str, below: Path, compiling: Compiling) -> bool:
    plain: list[str | int] = []
    for step in steps:
        parent = schema.at(tuple(plain))
        plain.append("*" if isinstance(step, Each) else step)
        if schema.at(tuple(plain)) is None:
            compiling.error(below, f"there is no field `{_shown(step)}` in `{text}`", _cure(step, parent))
            return False
    return True


def _shown(step: str | int | Each) -> str:
    return "[*]" if isinstance(step, Each) else str(step)


def _cure(step: str | int | Each, parent: Field | None) -> str | None:
    if parent is None:
        return None
    if parent.type == "list" and isinstance(step, str):
        return f"it is a list: write [*] before `{step}`"
    known = list(parent.children) or list(fields(parent.struct))
    guess = closest(str(step), known)
    return f"did you mean `{guess}`?" if guess else f"known here: {', '.join(sorted(known))[:300]}" if known else None
