"""words: a rule's own message and fix, filled in from what was found."""

from typing import Any

import pytest

from tests.objects import decided, pod, policy
from webhook.policy.words import PLACES, Template

IMAGE = "registry.corp.example:5000/shop/web:1.4.2"
VALUES: dict[str, Any] = {
    "value": "nginx:latest",
    "path": "spec.containers[0].image",
    "container": "web",
    "namespace": "shop",
    "name": "front",
}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("no places", "no places"),
        (
            "{container} in {namespace}/{name}: {value} at {path}",
            "web in shop/front: nginx:latest at spec.containers[0].image",
        ),
        ("{image.host} {image.path} {image.tag}", "registry.corp.example:5000 shop/web 1.4.2"),
        ("{image.digest}", "{image.digest}"),
        ("{value}{value}", "nginx:latestnginx:latest"),
        ("braces { } {} {5} {a b} stay", "braces { } {} {5} {a b} stay"),
        ("${value}", "$nginx:latest"),
    ],
)
def test_places_are_filled_in(text: str, filled: str) -> None:
    assert Template.parse(text).fill(VALUES, IMAGE) == filled


@pytest.mark.parametrize(
    ("image", "tag"),
    [("a.example/web", "latest"), ("a.example/web:1", "1"), ("a.example/web@sha256:" + "a" * 64, "{image.tag}")],
)
def test_no_tag_and_no_digest_means_latest(image: str, tag: str) -> None:
    assert Template("{image.tag}").fill({}, image) == tag


@pytest.mark.parametrize("image", ["", "Not A Reference"])
def test_an_image_that_cannot_be_read_leaves_its_places(image: str) -> None:
    assert Template("{image.host}/{image.path}").fill({}, image) == "{image.host}/{image.path}"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "{value}"), ("", "{value}"), (False, "false"), (0, "0"), (["a"], '["a"]'), ({"a": 1}, '{"a": 1}')],
)
def test_a_place_without_a_value_keeps_its_name_and_other_values_are_shown_as_people_write_them(
    value: Any, shown: str
) -> None:
    assert Template("{value}").fill({"value": value}, "") == shown


def test_what_a_user_wrote_is_cut_and_reaches_no_terminal_raw() -> None:
    assert Template("{value}").fill({"value": "x" * 500}, "") == "x" * 120
    assert Template("{value}").fill({"value": "\x1b[31m\n"}, "") == "\ufffd[31m\ufffd"


def test_a_value_that_looks_like_a_place_is_not_filled_again() -> None:
    assert Template("{value}").fill({**VALUES, "value": "{namespace}"}, "") == "{namespace}"


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("{vlaue}", "did you mean {value}?"),
        ("{image.tags}", "did you mean {image.tag}?"),
        ("{zzzzzzzz}", f"known: {', '.join(PLACES)}"),
    ],
)
def test_a_place_that_does_not_exist_is_refused(text: str, cure: str) -> None:
    with pytest.raises(ValueError, match="nothing is called") as raised:
        Template.parse(text)
    assert raised.value.args[1] == cure


def test_a_finding_says_the_rules_own_words() -> None:
    rules = policy(
        "- name: r\n  message: '{container} of {name} in {namespace} uses {image.tag}'\n"
        "  fix: 'pull corp.example/{image.path}'\n  images: {tag: {forbid: [latest]}}"
    )
    [finding] = decided(rules, pod(image="a.example/shop/web:latest")).findings
    assert (finding.message, finding.fix) == ("web of web in shop uses latest", "pull corp.example/shop/web")


def test_a_finding_about_an_image_volume_knows_its_image() -> None:
    rules = policy("- name: r\n  fix: 'pull corp.example/{image.path}'\n  images: {tag: {forbid: [latest]}}")
    volumes = [{"name": "v", "image": {"reference": "a.example/model:latest"}}]
    [finding] = decided(rules, pod({"spec": {"volumes": volumes}})).findings
    assert finding.fix == "pull corp.example/model"
