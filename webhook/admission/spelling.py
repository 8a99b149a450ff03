"""Values that can be spelled in several ways are compared in one: capabilities, amounts, paths of volumes."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from webhook.admission.operands import Given, Reference
from webhook.admission.operators import Operator, compile_operator
from webhook.patterns import Glob, PathGlob
from webhook.pod.quantity import Quantity
from webhook.pod.schema import Field
from webhook.source.path import Steps

Spelling = Callable[[Any], Any]

_EXACT = frozenset({"equals", "in", "notIn", "sameAs", "differsFrom"})
_REGULAR = frozenset({"pattern", "notPattern"})
_PATHS = frozenset({("HostPathVolumeSource", "path"), ("VolumeMount", "mountPath"), ("VolumeMount", "subPath")})
_IMAGES = frozenset({("Container", "image"), ("EphemeralContainer", "image"), ("ImageVolumeSource", "reference")})


def compile_spelled(name: str, given: Given, steps: Steps, fields: Sequence[Field]) -> Operator | None:
    """The operator for the field at the steps: `*` stays within a segment of images and volume paths, and where a
    value can be spelled in several ways the operator sees one spelling. The words keep the rule's own spelling."""
    operator = compile_operator(name, given._replace(glob=PathGlob if has_segments(fields) else Glob))
    spelling = _spelling(name, steps, fields)
    if operator is None or spelling is None:
        return operator
    spelled = given.operand
    if name not in _REGULAR and not isinstance(spelled, Reference):
        spelled = _everywhere(spelling, spelled)
    inner = compile_operator(name, given._replace(operand=spelled, glob=PathGlob if has_segments(fields) else Glob))
    return inner and operator._replace(holds=_spelled(inner, spelling))


def has_segments(fields: Sequence[Field]) -> bool:
    """Whether the values are image references or paths of volumes."""
    return any((field.owner, field.name) in _PATHS | _IMAGES for field in fields)


def _spelled(operator: Operator, spelling: Spelling) -> Callable[[Any, Any], bool]:
    test = operator.holds

    def holds(value: Any, scope: Any) -> bool:
        return test(_everywhere(spelling, value), lambda other: [_everywhere(spelling, v) for v in scope(other)])

    return holds


def _spelling(name: str, steps: Steps, fields: Sequence[Field]) -> Spelling | None:
    if ("securityContext", "capabilities") in pairwise(steps):
        return _capability
    if name in _EXACT and any(field.type == "quantity" for field in fields):
        return _amount
    return _volume_path if any((field.owner, field.name) in _PATHS for field in fields) else None


def _everywhere(spelling: Spelling, value: Any) -> Any:
    """The spelling of a value and of what is in it; keys stay what they are."""
    if isinstance(value, list):
        return [_everywhere(spelling, item) for item in value]
    if isinstance(value, dict):
        return {key: _everywhere(spelling, item) for key, item in value.items()}
    return spelling(value)


def _capability(value: Any) -> Any:
    return value.upper().removeprefix("CAP_") if isinstance(value, str) else value


def _amount(value: Any) -> Any:
    try:
        return Quantity.of(value)
    except ValueError:
        return value


def _volume_path(value: Any) -> Any:
    """Without `//`, `/./` and a slash at the end, which the kubelet does not see either."""
    if not isinstance(value, str) or not value:
        return value
    plain = "/".join(part for part in value.split("/") if part not in ("", "."))
    return f"/{plain}" if value.startswith("/") else plain
