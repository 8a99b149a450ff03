"""A requirement in words, for `doorward explain`."""

from typing import Any

from webhook.admission.evidence import ROLES, EvidenceType
from webhook.admission.words import listing
from webhook.rule_types._evidence_words import Requirement
from webhook.source.declare import fields, is_shape

_ALWAYS = ("name", "type", "by")


def sentence(one: Requirement) -> str:
    """Its name, what it is, by whom, and what else it says."""
    whose = listing(one.by.authorities) if one.by else f"an Authority with the role {ROLES[EvidenceType(one.type)]}"
    count = f"{one.by.threshold} of " if one.by and one.by.threshold > 1 else ""
    more = "; ".join(_said(one, _ALWAYS))
    return f"{one.name}: {one.type}, by {count}{whose}{f'; {more}' if more else ''}"


def _said(shape: Any, without: tuple[str, ...] = ()) -> list[str]:
    """Each key that says more than is so anyway, with its value."""
    said = ((field, getattr(shape, field.name)) for field in fields(shape) if field.name not in without)
    return [f"{field.key} {_value(value)}" for field, value in said if field.required or value != field.default]


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if hasattr(value, "text"):
        return str(value.text)
    if isinstance(value, tuple):
        return ", ".join(map(_value, value))
    if isinstance(value, dict):
        return ", ".join(f"{name}={one}" for name, one in value.items())
    if is_shape(type(value)):
        return " ".join(_said(value))
    return str(value)
