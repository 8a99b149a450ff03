"""What the API server would drop or refuse of an object as it is written, as findings of two rules of our own.

Only files are looked at: what reaches a webhook has been read by the API server already. The decision is not touched:
these findings are the API server's, and stand beside it.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from webhook.admission.finding import Finding, Mode, RuleInfo, Severity
from webhook.engine.ratchet import container_at
from webhook.pod.schema import Field, release
from webhook.pod.strict import reads_all
from webhook.source.path import look_up

if TYPE_CHECKING:
    from webhook.pod.misfits import Misfit

UNKNOWN_FIELD = RuleInfo(
    "doorward",
    "unknown-field",
    "Every field is one that Kubernetes has",
    "A field that the API server does not know is left out, and what it says never comes true.",
    Severity.MEDIUM,
)
UNREADABLE_VALUE = RuleInfo(
    "doorward",
    "wrong-type",
    "Every value is of its field's type",
    "The API server cannot read the object, whatever the rules say.",
    Severity.HIGH,
)

AS_WRITTEN = (UNKNOWN_FIELD, UNREADABLE_VALUE)

DROPPED = "drop it; kubectl refuses the object"
REFUSED = "refuse the object"
"""What becomes of it in the cluster, in words that go on after "would"."""

_TYPES = {
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "quantity": "a quantity",
    "intOrString": "a whole number or a string",
    "object": "a mapping",
    "map": "a mapping",
    "list": "a list",
}
_FOUND = {dict: "a mapping", list: "a list", str: "a string", bool: "true or false", int: "a number", float: "a number"}
_CONTENT = {"t": "is no time", "y": "is not base64", "q": "is no quantity"}


def told_by_api_server(obj: Mapping[str, Any], *, strict: bool = False) -> tuple[Finding, ...]:
    """The findings of an object as it is written, in its order; they deny where `strict` is set, else they warn."""
    if reads_all(obj):
        return ()
    from webhook.pod.misfits import misfits  # most runs never need it

    mode = Mode.ENFORCE if strict else Mode.WARN
    return tuple(_finding(misfit, obj, mode) for misfit in misfits(obj))


def _finding(misfit: "Misfit", obj: Mapping[str, Any], mode: Mode) -> Finding:
    at = container_at(misfit.path)
    name = look_up(obj, (*misfit.path[: at + 2], "name")) if at is not None else None
    container = name if isinstance(name, str) else ""
    if misfit.field is None:
        told = f"unknown field in Kubernetes {release()}; the API server drops it, and kubectl refuses it"
        fix = f"did you mean `{misfit.meant}`?" if misfit.meant else None
        return Finding(UNKNOWN_FIELD, misfit.path, None, told, fix, mode, container=container)
    told = f"{_mismatch(misfit.field, misfit.value)}; the API server refuses the object"
    fix = _cure(misfit.field, misfit.value, obj)
    return Finding(UNREADABLE_VALUE, misfit.path, misfit.value, told, fix, mode, container=container)


def _mismatch(field: Field, value: Any) -> str:
    """What the value is and what it must be; the value itself is not said, it may be a secret."""
    wanted = _TYPES[field.type]
    if field.code in _CONTENT and isinstance(value, str):
        return _CONTENT[field.code]
    if field.type in ("integer", "intOrString") and value.__class__ in (int, float):
        found = "a fraction" if isinstance(value, float) and not value.is_integer() else "too large"
        wanted = wanted.replace("number", f"number of {64 if field.code == 'l' else 32} bits")
    else:
        found = _FOUND.get(type(value), "of another type")
    return f"is {found}, must be {wanted}"


def _cure(field: Field, value: Any, obj: Mapping[str, Any]) -> str | None:
    if field.code == "y":
        kind = obj.get("kind")
        plain = {"Secret": "put plain text under stringData", "ConfigMap": "put plain text under data"}
        return plain.get(str(kind), "encode it in base64")
    if field.code == "t":
        return "write it as 2027-01-31T12:00:00Z"
    if field.type == "string" and isinstance(value, bool | int | float):
        return "put it in quotes"
    if field.type in ("integer", "boolean", "number") and isinstance(value, str):
        return "write it without quotes" if _is_quoted(field, value) else None
    if field.type == "quantity" and isinstance(value, str):
        return _quantity(value)
    if field.type == "list":
        return "begin each element with `- `"
    return "leave out the `- `" if isinstance(value, list) and field.type in ("object", "map") else None


def _is_quoted(field: Field, value: str) -> bool:
    return value in ("true", "false") if field.type == "boolean" else value.removeprefix("-").isdecimal()


def _quantity(value: str) -> str | None:
    from webhook.pod.quantity import Quantity, QuantityError

    try:
        Quantity.of(value)
    except QuantityError as error:
        return str(error).partition(" is no quantity: ")[2] or None
    return "leave out the blanks"
