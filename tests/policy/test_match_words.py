"""match_words: a match, a choice of containers and a step of a rollout, in words."""

from typing import TypeVar

import pytest

from webhook.policy.match_words import containers, criteria, step
from webhook.policy.matching import ContainerMatch, Match
from webhook.policy.model import Step
from webhook.source import yaml
from webhook.source.problem import Place
from webhook.source.shape import BROKEN, Problems, decode

T = TypeVar("T")


def read(shape: type[T], text: str) -> T:
    problems = Problems(lambda _path, _on: Place("rules.yaml", 1, 1, 1, ""))
    found = decode(shape, yaml.read(text.encode(), "rules.yaml").documents[0].value, (), problems)
    assert found is not BROKEN, problems.found
    return found


def test_every_criterion_of_a_match_is_told() -> None:
    match = read(
        Match,
        """
kinds: [Pod, networking.k8s.io/Ingress]
operations: [CREATE, UPDATE, DELETE]
namespaces: {include: ["shop*", pay], exclude: [shop-test]}
namespaceSelector: {matchLabels: {team: shop}, matchExpressions: [{key: stage, operator: NotIn, values: [a, b]}]}
objectSelector: {matchExpressions: [{key: x, operator: Exists}, {key: z, operator: DoesNotExist}]}
names: {exclude: ["a*", b]}
users: {include: {names: [alice], serviceAccounts: ["ci/*"]}, exclude: {groups: [guests]}}
owners: {include: [Job]}
during: {from: "22:00", to: "06:30", zone: Europe/Amsterdam}
""",
    )
    assert dict(criteria(match)) == {
        "kinds": "only Pod and networking.k8s.io/Ingress",
        "operations": "only CREATE, UPDATE and DELETE",
        "namespaces": "only shop* or pay, exclude shop-test",
        "namespaceSelector": "labels team=shop, stage not in (a, b)",
        "objectSelector": "labels x is there, z is not there",
        "names": "exclude a* and b",
        "users": "only alice or service account ci/*, exclude group guests",
        "owners": "only Job",
        "during": "from 22:00 to 06:30 Europe/Amsterdam",
    }


def test_every_kind_is_told_as_that() -> None:
    assert dict(criteria(read(Match, 'kinds: ["*"]'))) == {"kinds": "every kind"}


def test_a_choice_of_containers_is_told_by_its_keys() -> None:
    match = read(ContainerMatch, "{of: [containers, sidecars], names: {exclude: [x]}, images: {include: [a.example]}}")
    assert list(containers(match)) == [
        ("containers.of", "only containers and sidecars"),
        ("containers.names", "exclude x"),
        ("containers.images", "only a.example"),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{mode: audit}", "audit"),
        ("{mode: enforce, from: 2027-01-10}", "enforce from 2027-01-10"),
        (
            "{mode: warn, namespaceSelector: {matchLabels: {stage: test}}, percent: 25}",
            "warn, namespaces with stage=test, 25 percent of namespaces",
        ),
        ("{mode: warn, namespaces: {exclude: [legacy]}}", "warn, namespaces: exclude legacy"),
    ],
)
def test_a_step_is_told_with_when_and_where(text: str, words: str) -> None:
    assert step(read(Step, text)) == words
