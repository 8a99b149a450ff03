"""SLSA provenance: the builder, the type of build, the sources and what went in."""

from typing import Any

import pytest

from tests.evidence.predicates.documents import at, claim, document, unusable
from webhook.admission.evidence import Provenance
from webhook.evidence.predicates import provenance

V02, V1 = "https://slsa.dev/provenance/v0.2", "https://slsa.dev/provenance/v1"


def test_v0_2_has_its_source_in_the_invocation() -> None:
    source = "https://git.corp.example/shop/web.git#refs/heads/main"
    assert claim(V02, document("provenance-v0.2")) == Provenance(
        "https://ci.corp.example/builders/container@v3",
        "https://mobyproject.org/buildkit@v1",
        (source,),
        ("pkg:docker/debian@12-slim?platform=linux%2Famd64", source),
        at(11, 1, 10, 4, 11, 765_432),
    )


def test_v0_2_without_a_source_was_built_from_its_git_materials() -> None:
    predicate = {**document("provenance-v0.2"), "invocation": {"configSource": {}}}
    assert claim(V02, predicate).sources == ("https://git.corp.example/shop/web.git#refs/heads/main",)


def test_v1_of_github_names_the_workflow_s_repository() -> None:
    assert claim(V1, document("provenance-v1")) == Provenance(
        "https://github.com/corp/workflows/.github/workflows/build.yml@refs/tags/v3",
        "https://actions.github.io/buildtypes/workflow/v1",
        ("https://github.com/corp/shop-web",),
        ("git+https://github.com/corp/shop-web@refs/tags/v1.4.2",),
        at(11, 1, 10, 4, 11),
    )


def test_v1_of_tekton_names_no_source_and_so_all_git_repositories_are() -> None:
    repositories = ("git+https://git.corp.example/platform/tasks.git", "https://git.corp.example/shop/web.git")
    assert claim(V1, document("provenance-v1-tekton")).sources == repositories


@pytest.mark.parametrize(
    ("parameters", "sources"),
    [
        ({"source": "https://git.corp.example/a"}, ("https://git.corp.example/a",)),
        ({"source": {"uri": "git+https://git.corp.example/a"}}, ("git+https://git.corp.example/a",)),
        ({"source": {"repository": "https://git.corp.example/a"}}, ("https://git.corp.example/a",)),
        ({"configSource": {"uri": "https://git.corp.example/a.git#main"}}, ("https://git.corp.example/a.git#main",)),
        (
            {"sourceToBuild": {"repository": "https://a"}, "buildConfigSource": {"repository": "https://b"}},
            ("https://a", "https://b"),
        ),
        ({"workflow": "a name", "source": 3}, ("git+https://github.com/corp/shop-web@refs/tags/v1.4.2",)),
    ],
)
def test_each_type_of_build_has_its_own_place_for_the_source(parameters: Any, sources: tuple[str, ...]) -> None:
    predicate = document("provenance-v1")
    predicate["buildDefinition"]["externalParameters"] = parameters
    assert claim(V1, predicate).sources == sources


@pytest.mark.parametrize(
    ("predicate_type", "predicate", "reason"),
    [
        (V1, None, "it is no object"),
        (V1, {}, "its `buildDefinition.buildType` is missing"),
        (V1, {"buildDefinition": {"buildType": "x"}}, "its `runDetails.builder.id` is missing"),
        (V1, {"buildDefinition": []}, "its `buildDefinition` is no object"),
        (
            V1,
            {"buildDefinition": {"buildType": "x", "externalParameters": {"source": {"uri": 1}}}},
            "its `buildDefinition.externalParameters.source.uri` is no text",
        ),
        (V02, {}, "its `builder.id` is missing"),
        (V02, {"builder": {"id": "x" * 5000}}, "its `builder.id` has 5000 characters, more than 4096"),
        (V02, {"materials": [{}, {"uri": 1}]}, "its `materials[1].uri` is no text"),
    ],
)
def test_what_cannot_be_read_is_named(predicate_type: str, predicate: Any, reason: str) -> None:
    assert unusable(predicate_type, predicate) == reason


def test_a_build_from_too_many_materials_is_not_read() -> None:
    materials = [{"uri": "x"}] * (provenance.MOST_MATERIALS + 1)
    predicate = {**document("provenance-v0.2"), "materials": materials}
    assert unusable(V02, predicate) == "its `materials` has 10001 entries, more than 10000"
