"""SLSA provenance v0.2 and v1: who built it, how, and from which sources.

Sources are what the build was asked to build. v0.2 has one place for that; in v1 each type of build has its own. Where
none of them says anything (as Tekton Chains does it), the Git repositories among the materials are the sources.
"""

import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from webhook.admission.evidence import Provenance
from webhook.evidence.predicates.fields import as_object, each, moment, nested, required, text

MOST_MATERIALS = 10_000
"""Materials of a build; a build from more of them is not read."""

_PLACES = (
    ("workflow", "repository"),  # GitHub's actions, npm
    ("source", "uri"),  # slsa-github-generator; GitLab has a bare text
    ("source", "repository"),
    ("configSource", "uri"),  # BuildKit
    ("sourceToBuild", "repository"),  # Google Cloud Build
    ("buildConfigSource", "repository"),
)
"""Where the parameters of a build name its source: an object, and a field in it."""


def read_v02(predicate: Any) -> Provenance:
    """slsa.dev/provenance/v0.2; raises Unreadable."""
    document = as_object(predicate)
    materials = tuple(filter(None, each(document, "materials", _uri, MOST_MATERIALS)))
    asked = nested(document, "invocation", lambda invocation: nested(invocation, "configSource", _uri))
    return Provenance(
        nested(document, "builder", lambda builder: required(builder, "id")),
        required(document, "buildType"),
        (asked,) if asked else _git(materials),
        materials,
        nested(document, "metadata", lambda metadata: moment(metadata, "buildFinishedOn")),
    )


def read_v1(predicate: Any) -> Provenance:
    """slsa.dev/provenance/v1; raises Unreadable."""
    return _v1(as_object(predicate))


def _v1(document: dict[str, Any]) -> Provenance:
    build_type, asked, materials = nested(document, "buildDefinition", _definition)
    builder, finished = nested(document, "runDetails", _run)
    return Provenance(builder, build_type, asked or _git(materials), materials, finished)


def _definition(definition: dict[str, Any]) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """The type of build, what it was asked to build, and everything that went into it."""
    return (
        required(definition, "buildType"),
        nested(definition, "externalParameters", lambda parameters: tuple(dict.fromkeys(_asked(parameters)))),
        tuple(filter(None, each(definition, "resolvedDependencies", _uri, MOST_MATERIALS))),
    )


def _asked(parameters: dict[str, Any]) -> Iterator[str]:
    for name, field in _PLACES:
        if isinstance(parameters.get(name), dict):
            found = nested(parameters, name, lambda place, field=field: text(place, field))  # type: ignore[misc]
        elif isinstance(parameters.get(name), str) and field == "uri":
            found = text(parameters, name)
        else:  # parameters belong to the type of build: elsewhere the same name may mean something else
            continue
        if found:
            yield sys.intern(found)


def _run(run: dict[str, Any]) -> tuple[str, datetime | None]:
    return (
        nested(run, "builder", lambda builder: required(builder, "id")),
        nested(run, "metadata", lambda metadata: moment(metadata, "finishedOn")),
    )


def _uri(descriptor: dict[str, Any]) -> str:
    return sys.intern(text(descriptor, "uri"))


def _git(materials: tuple[str, ...]) -> tuple[str, ...]:
    """The materials that are Git repositories."""
    return tuple(one for one in materials if one.startswith(("git+", "git:", "git@")) or _is_repository(one))


def _is_repository(uri: str) -> bool:
    return uri.partition("#")[0].partition("@")[0].endswith(".git")
