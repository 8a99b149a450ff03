"""OpenVEX 0.0.1 to 0.2.0: what its author says of vulnerabilities in the image.

A statement without products is about the image that is signed for. One with products is about those alone, and, where
it names components of them, about those components alone.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from webhook.admission.evidence import Vex, VexStatement
from webhook.evidence.predicates.fields import (
    MOST_NAMES,
    Unreadable,
    as_object,
    each,
    mapping,
    moment,
    required,
    text,
    word,
    words,
)
from webhook.evidence.predicates.reports import MOST_ALIASES, cut
from webhook.patterns import shown

MOST_STATEMENTS = 20_000
"""Statements of a document, counted for each product of which other components are named."""

_STATUSES = frozenset({"not_affected", "affected", "fixed", "under_investigation"})

T = TypeVar("T")

_NAMESPACE = "https://openvex.dev/ns"


def read(predicate: Any) -> Vex:
    """The document; raises Unreadable."""
    document = as_object(predicate)
    context = document.get("@context")
    if not isinstance(context, str) or not context.startswith(_NAMESPACE):
        raise Unreadable("@context", f"is not {_NAMESPACE}: only OpenVEX is read")
    if document.get("statements") is None:
        raise Unreadable("statements", "is missing")
    at = moment(document, "last_updated") or moment(document, "timestamp")
    statements = [
        one for some in each(document, "statements", partial(_statements, at), MOST_STATEMENTS) for one in some
    ]
    if len(statements) > MOST_STATEMENTS:
        raise Unreadable("statements", f"has {len(statements)} entries, more than {MOST_STATEMENTS}")
    return Vex(word(document, "author"), at, tuple(statements))


def _statements(at: datetime | None, one: dict[str, Any]) -> list[VexStatement]:
    """A statement, once for all products without components, and once for each that has some."""
    status = text(one, "status")
    if status not in _STATUSES:
        raise Unreadable("status", f"is {shown(status, 40)}, none of OpenVEX's")
    reason = word(one, "justification") or word(one, "impact_statement")
    if status == "not_affected" and not reason:
        raise Unreadable("justification", "is missing: not_affected needs one, or an impact_statement")
    when = moment(one, "last_updated") or moment(one, "timestamp") or at
    said = VexStatement(_vulnerabilities(one), status, reason, (), when)
    products = _products(one)
    whole = tuple(name for names, components in products if not components for name in names)
    parts = [said._replace(products=names, components=components) for names, components in products if components]
    return ([said._replace(products=whole)] if whole or not products else []) + parts


def _vulnerabilities(one: dict[str, Any]) -> tuple[str, ...]:
    """All its ids; documents before 0.2.0 have a bare text."""
    found = one.get("vulnerability")
    if isinstance(found, str):
        return (cut(required(one, "vulnerability")),)
    described = mapping(one, "vulnerability")
    name = word(described, "name") or word(described, "@id")
    if not name:
        raise Unreadable("vulnerability", "is missing")
    return tuple(dict.fromkeys((name, *words(described, "aliases", MOST_ALIASES))))


def _products(one: dict[str, Any]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The names of each product, and of its components, which older documents have beside the products."""
    older = _flat(_things(one, "subcomponents", _names))
    return [(names, parts or older) for names, parts in _things(one, "products", _product)]


def _things(one: dict[str, Any], name: str, read: Callable[[dict[str, Any]], T]) -> list[T]:
    """Products or components; in older documents they are bare texts."""
    listed = one.get(name)
    if isinstance(listed, list) and len(listed) <= MOST_NAMES:
        one = {name: [{"@id": thing} if isinstance(thing, str) else thing for thing in listed]}
    return each(one, name, read, MOST_NAMES)


def _product(one: dict[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return _names(one), _flat(_things(one, "subcomponents", _names))


def _names(thing: dict[str, Any]) -> tuple[str, ...]:
    """All that a product or component goes by."""
    identifiers, hashes = mapping(thing, "identifiers"), mapping(thing, "hashes")
    names = [text(thing, "@id"), *(text(identifiers, kind) for kind in ("purl", "cpe23", "cpe22"))]
    names += [f"sha256:{text(hashes, kind)}" for kind in ("sha-256", "sha256") if text(hashes, kind)]
    known = tuple(dict.fromkeys(cut(name) for name in names if name))
    if not known:
        raise Unreadable("@id", "is missing")
    return known


def _flat(names: list[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(name for some in names for name in some)
