"""CycloneDX 1.4 to 1.7 in JSON: components, those within components too, and their licences."""

import sys
from functools import partial
from typing import Any

from webhook.admission.evidence import Package, Sbom
from webhook.evidence.predicates.fields import Unreadable, each, mapping, moment, nested, text, word
from webhook.evidence.predicates.sbom import MOST_LICENSES, MOST_PACKAGES, bill, package
from webhook.patterns import shown

VERSIONS = frozenset({"1.4", "1.5", "1.6", "1.7"})

_NOT_PACKAGES = frozenset({"file", "cryptographic-asset"})

_SYSTEMS = ("pkg:deb/", "pkg:rpm/", "pkg:apk/", "pkg:alpm/")
"""Where a group is only the name of the distribution."""


def read(document: dict[str, Any]) -> Sbom:
    """A bill of a version that is known; raises Unreadable."""
    if document.get("bomFormat") != "CycloneDX":
        raise Unreadable("bomFormat", "is not CycloneDX")
    version = text(document, "specVersion")
    if version not in VERSIONS:
        raise Unreadable("specVersion", f"is {shown(version)}: CycloneDX 1.4 to 1.7 is read")
    created = nested(document, "metadata", lambda metadata: moment(metadata, "timestamp"))
    return bill("cyclonedx", version, created, nested(document, "metadata", _makers), _packages(document))


def _packages(document: dict[str, Any]) -> list[Package]:
    """Every component that is a package, however deep; a field is named from the component that it is in."""
    packages: list[Package] = []
    waiting = [document]
    while waiting:
        each(waiting.pop(), "components", partial(_component, packages, waiting), MOST_PACKAGES)
        if len(packages) > MOST_PACKAGES:
            raise Unreadable("components", f"has more than {MOST_PACKAGES} packages")
    return packages


def _component(packages: list[Package], waiting: list[dict[str, Any]], one: dict[str, Any]) -> None:
    if text(one, "type") not in _NOT_PACKAGES:
        licenses = each(one, "licenses", _license, MOST_LICENSES)
        packages.append(package(_name(one), word(one, "version"), filter(None, licenses)))
    if one.get("components"):
        waiting.append(one)


def _name(one: dict[str, Any]) -> str:
    """The name as its own tools have it: group:artifact in Java, @scope/name in JavaScript, else the name alone."""
    name, group, where = word(one, "name"), word(one, "group"), text(one, "purl")
    if not group or where.startswith(_SYSTEMS):
        return name
    return sys.intern(f"{group}{':' if where.startswith('pkg:maven/') else '/'}{name}")


def _license(choice: dict[str, Any]) -> str:
    """An expression, the id of a licence, or its name, which is now and then its whole text, and then cut."""
    expression = text(choice, "expression")
    if expression:
        return sys.intern(expression)
    return nested(choice, "license", lambda one: word(one, "id") or word(one, "name"))


def _makers(metadata: dict[str, Any]) -> list[str]:
    """The tools, authors and suppliers; tools are a list until 1.4, and an object of components and services since."""
    tools = metadata.get("tools")
    if isinstance(tools, dict):
        found = nested(
            metadata, "tools", lambda known: each(known, "components", _named) + each(known, "services", _named)
        )
    else:
        found = each(metadata, "tools", _named)
    return [*found, *each(metadata, "authors", _named), *(_named(mapping(metadata, one)) for one in _ONE_MAKER)]


_ONE_MAKER = ("supplier", "manufacture", "manufacturer")


def _named(one: dict[str, Any]) -> str:
    return word(one, "name") or word(one, "vendor") or word(one, "email")
