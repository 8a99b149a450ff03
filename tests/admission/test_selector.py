"""selector: Kubernetes label selectors; k8s.io/apimachinery/pkg/labels is what they are held against."""

from typing import Any

import pytest

from webhook.admission.selector import NAME_LABEL, LabelSelector, Requirement, SelectorOperator
from webhook.source.problem import Place
from webhook.source.shape import BROKEN, Problems, decode

IN, NOT_IN = SelectorOperator.IN, SelectorOperator.NOT_IN
EXISTS, ABSENT = SelectorOperator.EXISTS, SelectorOperator.DOES_NOT_EXIST


@pytest.mark.parametrize(
    ("operator", "values", "labels", "holds"),
    [
        (IN, ("a", "b"), {"k": "a"}, True),
        (IN, ("a", "b"), {"k": "b"}, True),
        (IN, ("a", "b"), {"k": "c"}, False),
        (IN, ("a", "b"), {}, False),
        (IN, ("a",), {"K": "a"}, False),
        (NOT_IN, ("a", "b"), {"k": "a"}, False),
        (NOT_IN, ("a", "b"), {"k": "c"}, True),
        (NOT_IN, ("a", "b"), {}, True),
        (EXISTS, (), {"k": "a"}, True),
        (EXISTS, (), {"k": ""}, True),
        (EXISTS, (), {}, False),
        (ABSENT, (), {"k": "a"}, False),
        (ABSENT, (), {"k": ""}, False),
        (ABSENT, (), {}, True),
    ],
)
def test_a_requirement_holds_as_in_the_api_server(
    operator: SelectorOperator, values: tuple[str, ...], labels: dict[str, str], holds: bool
) -> None:
    assert Requirement("k", operator, values).holds(labels) is holds


def test_everything_that_a_selector_says_must_hold() -> None:
    selector = LabelSelector({"a": "1", "b": "2"}, (Requirement("c", EXISTS), Requirement("a", NOT_IN, ("9",))))
    whole = {"a": "1", "b": "2", "c": ""}
    assert selector.matches(whole)
    for missing in whole:
        assert not selector.matches({key: value for key, value in whole.items() if key != missing})


@pytest.mark.parametrize(
    ("selector", "answer"),
    [
        (LabelSelector({NAME_LABEL: "shop"}), True),
        (LabelSelector({NAME_LABEL: "pay"}), False),
        (LabelSelector({"tier": "prod"}), None),
        (LabelSelector({NAME_LABEL: "shop", "tier": "prod"}), None),
        (LabelSelector({NAME_LABEL: "pay", "tier": "prod"}), False),
        (LabelSelector({}, (Requirement(NAME_LABEL, NOT_IN, ("pay",)),)), True),
        (LabelSelector({}, (Requirement(NAME_LABEL, ABSENT),)), False),
        (LabelSelector({}, (Requirement("tier", ABSENT),)), None),
        (LabelSelector({}, (Requirement("tier", EXISTS), Requirement(NAME_LABEL, IN, ("pay",)))), False),
    ],
)
def test_of_a_namespace_whose_labels_are_not_known_the_name_may_decide(
    selector: LabelSelector, answer: bool | None
) -> None:
    assert selector.matches_name_alone("shop") is answer


def read(value: Any) -> tuple[Any, list[tuple[str, str | None]]]:
    problems = Problems(lambda path, on: Place("x", 1, 1, 1, ""))
    selector = decode(LabelSelector, value, (), problems)
    return selector, [(problem.message, problem.help) for problem in problems.found]


def test_a_selector_is_written_as_in_kubernetes() -> None:
    selector, problems = read(
        {"matchLabels": {"a": "1"}, "matchExpressions": [{"key": "b", "operator": "In", "values": ["2"]}]}
    )
    assert problems == []
    assert selector == LabelSelector({"a": "1"}, (Requirement("b", IN, ("2",)),))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({}, "the selector is empty"),
        ({"matchLabels": {}}, "the mapping is empty"),
        ({"matchExpressions": [{"key": "a", "operator": "In"}]}, "In needs `values`"),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn"}]}, "NotIn needs `values`"),
        ({"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["b"]}]}, "Exists takes no `values`"),
        ({"matchExpressions": [{"key": "a", "operator": "in", "values": ["b"]}]}, "`in` is not one of"),
        ({"matchExpressions": [{"key": "a", "operator": "Gt", "values": ["1"]}]}, "`Gt` is not one of"),
        ({"matchLabels": {"a": True}}, "expected a string"),
        ({"matchLabel": {"a": "b"}}, "unknown key `matchLabel`"),
    ],
)
def test_a_selector_that_means_nothing_is_refused(value: Any, words: str) -> None:
    selector, problems = read(value)
    assert selector is BROKEN
    assert words in problems[0][0]
