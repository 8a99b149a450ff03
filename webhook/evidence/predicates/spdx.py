"""SPDX 2.2 and 2.3 in JSON: packages, and what is concluded and declared of their licences."""

import sys
from typing import Any

from webhook.admission.evidence import Package, Sbom
from webhook.evidence.predicates import spdx3
from webhook.evidence.predicates.fields import LONGEST, Unreadable, each, moment, nested, text, word, words
from webhook.evidence.predicates.sbom import MOST_PACKAGES, bill, package
from webhook.patterns import shown

_VERSIONS = frozenset({"SPDX-2.2", "SPDX-2.3"})

_ROOTS = frozenset({"CONTAINER", "FILE"})
"""What stands for the image itself, or for a file in it."""

_NOTHING = frozenset({"", "NOASSERTION", "NONE"})


def read(document: dict[str, Any]) -> Sbom:
    """A document of any version that is known; raises Unreadable."""
    if spdx3.is_one(document):
        return spdx3.read(document)
    version = text(document, "spdxVersion")
    if version not in _VERSIONS:
        raise Unreadable("spdxVersion", f"is {shown(version)}: SPDX 2.2, 2.3 and 3.0 are read")
    described = _described(document)
    packages = each(document, "packages", lambda one: (_is_image(one, described), _package(one)), MOST_PACKAGES)
    return bill(
        "spdx",
        version.removeprefix("SPDX-"),
        nested(document, "creationInfo", lambda info: moment(info, "created")),
        nested(document, "creationInfo", lambda info: words(info, "creators")),
        [one for is_image, one in packages if not is_image],
        [one for is_image, one in packages if is_image],
    )


def _package(one: dict[str, Any]) -> Package:
    version = word(one, "versionInfo")
    licenses = [text(one, name, LONGEST) for name in ("licenseConcluded", "licenseDeclared")]
    return package(
        word(one, "name"),
        "" if version in _NOTHING else version,
        [sys.intern(expression) for expression in licenses if expression not in _NOTHING],
    )


def _is_image(one: dict[str, Any], described: str) -> bool:
    return text(one, "primaryPackagePurpose") in _ROOTS or bool(described and text(one, "SPDXID") == described)


def _described(document: dict[str, Any]) -> str:
    """The id of the one package that the document is about; SPDX 2.2 has no other sign for it."""
    related = each(document, "relationships", _describes)
    described = {one for one in (*words(document, "documentDescribes", MOST_PACKAGES), *related) if one}
    return described.pop() if len(described) == 1 else ""


def _describes(relationship: dict[str, Any]) -> str:
    of_document = text(relationship, "spdxElementId") == "SPDXRef-DOCUMENT"
    is_one = of_document and text(relationship, "relationshipType") == "DESCRIBES"
    return word(relationship, "relatedSpdxElement") if is_one else ""
