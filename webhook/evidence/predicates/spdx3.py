"""SPDX 3.0 in JSON-LD: a graph in which licences hang on packages by relationships."""

import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import count
from typing import Any

from webhook.admission.evidence import Package, Sbom
from webhook.evidence.predicates.fields import Unreadable, each, moment, text, texts, word
from webhook.evidence.predicates.sbom import MOST_LICENSES, bill, package
from webhook.patterns import shown

_LISTED = "spdx.org/licenses/"

_NOTHING = frozenset({"noassertionlicense", "nonelicense", "noassertion", "none", ""})

_ROOTS = frozenset({"container", "file"})
"""What stands for the image itself, or for a file in it."""

_PARTS = (
    "expandedlicensing_member",
    "expandedlicensing_subjectLicense",
    "expandedlicensing_subjectExtendableLicense",
)
"""Where a licence is made of others: a set, `or later`, or one with an exception."""

_DEEPEST = 16

_LICENSE_OF = frozenset({"hasConcludedLicense", "hasDeclaredLicense"})

Graph = Mapping[str, dict[str, Any]]


def is_one(document: Mapping[str, Any]) -> bool:
    """Whether it is a graph, as only SPDX 3 is one."""
    return "@graph" in document


def read(document: dict[str, Any]) -> Sbom:
    """A document of 3.0; raises Unreadable."""
    graph: dict[str, dict[str, Any]] = {}
    elements = each(document, "@graph", lambda element: _known(graph, element))
    infos = [one for one in elements if _type(one) == "CreationInfo"] + _inline(elements)
    version = next((text(info, "specVersion") for info in infos), "")
    if not version.startswith("3.0"):
        raise Unreadable("@graph", f"is SPDX {shown(version)}: SPDX 2.2, 2.3 and 3.0 are read")
    licenses = _licenses(elements, graph)
    every = [(one, _package(one, licenses.get(_id(one), []))) for one in elements if _type(one) == "software_Package"]
    packages: list[Package] = []
    images: list[Package] = []
    for one, known in every:
        (images if text(one, "software_primaryPurpose") in _ROOTS else packages).append(known)
    makers = [maker for info in infos for name in ("createdBy", "createdUsing") for maker in _ids(info, name)]
    return bill("spdx", version, _created(elements, graph, infos), makers, packages, images)


def _known(graph: dict[str, dict[str, Any]], element: dict[str, Any]) -> dict[str, Any]:
    graph.setdefault(_id(element), element)
    return element


def _type(element: dict[str, Any]) -> str:
    return text(element, "type") or text(element, "@type")


def _id(element: dict[str, Any]) -> str:
    return text(element, "spdxId") or text(element, "@id")


def _inline(elements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Infos about the making of a document that stand within it."""
    found = [one.get("creationInfo") for one in elements if _type(one) == "SpdxDocument"]
    return [info for info in found if isinstance(info, dict)]


def _created(elements: list[dict[str, Any]], graph: Graph, infos: list[dict[str, Any]]) -> datetime | None:
    """When the document was made; the earliest time of all where it does not say so itself."""
    for one in elements:
        info = one.get("creationInfo") if _type(one) == "SpdxDocument" else None
        found = graph.get(info) if isinstance(info, str) else info
        if isinstance(found, dict):
            return moment(found, "created")
    times = [moment(info, "created") for info in infos]
    return min((time for time in times if time), default=None)


def _ids(element: dict[str, Any], name: str) -> tuple[str, ...]:
    """A reference, or a list of them, which may stand there as whole elements too."""
    found = element.get(name)
    if isinstance(found, dict):
        found = [_id(found)]
    listed = [_id(one) if isinstance(one, dict) else one for one in found] if isinstance(found, list) else [found]
    return texts({name: listed}, name)


def _licenses(elements: list[dict[str, Any]], graph: Graph) -> dict[str, list[str]]:
    """The licences of each package, by its id."""
    licenses: dict[str, list[str]] = defaultdict(list)
    known: dict[str, str] = {}
    for one in elements:
        if text(one, "relationshipType") in _LICENSE_OF:
            for target in _ids(one, "to"):
                if target not in known:
                    known[target] = sys.intern(_expression(target, graph, count(), 0))
                licenses[text(one, "from")] += [known[target]] if known[target] else []
    return licenses


def _expression(target: str, graph: Graph, counted: Iterator[int], depth: int) -> str:
    """The licence that an id means, as an expression; sets are written with OR or AND."""
    if next(counted) > MOST_LICENSES or depth > _DEEPEST:
        raise Unreadable("@graph", f"has a set of more than {MOST_LICENSES} licences, or too deep a one")
    element = graph.get(target)
    members = _members(element) if element else ()
    if not members:
        meant = _meant(target, element)
        return "" if meant.lower() in _NOTHING else meant
    parts = list(filter(None, (_expression(member, graph, counted, depth + 1) for member in members)))
    joined = (" OR " if _type(element or {}).endswith("DisjunctiveLicenseSet") else " AND ").join(parts)
    return f"({joined})" if depth and len(parts) > 1 else joined


def _members(element: dict[str, Any]) -> tuple[str, ...]:
    if text(element, "simplelicensing_licenseExpression"):
        return ()
    return tuple(one for name in _PARTS for one in _ids(element, name))


def _meant(name: str, element: dict[str, Any] | None) -> str:
    """A licence by its element, or, where the document has none of that id, by the id itself."""
    if element is not None:
        expression = text(element, "simplelicensing_licenseExpression")
        return expression or word(element, "name") or name.rpartition("/")[2]
    return name.rpartition(_LISTED)[2] if _LISTED in name else name.rpartition("_")[2]


def _package(one: dict[str, Any], licenses: list[str]) -> Package:
    return package(word(one, "name"), word(one, "software_packageVersion"), licenses)
