"""Paths as people write them: parsed, rendered, and followed through plain data."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook.source.path import EACH, look_up, parse, pointer, render, render_steps, select, values

POD = {
    "metadata": {"labels": {"a.b/c": "1", "empty": None}},
    "spec": {"volumes": [{"name": "a", "items": [{"key": "x"}, {"key": "y"}]}, {"name": "b"}], "nothing": []},
}


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("spec", ("spec",)),
        ("spec.hostNetwork", ("spec", "hostNetwork")),
        ("spec.volumes[*].hostPath", ("spec", "volumes", EACH, "hostPath")),
        ("spec.volumes[12].name", ("spec", "volumes", 12, "name")),
        ("a[*][*]", ("a", EACH, EACH)),
        ('metadata.annotations["a.b/c"]', ("metadata", "annotations", "a.b/c")),
        ('metadata.annotations["a.b/c"].x', ("metadata", "annotations", "a.b/c", "x")),
        (r'labels["say \"hi\" \\ there"]', ("labels", r'say "hi" \ there')),
        ('["a"]', ("a",)),
        ("metadata.labels.app-name", ("metadata", "labels", "app-name")),
    ],
)
def test_a_path_is_read_step_by_step(text: str, steps: tuple[object, ...]) -> None:
    assert parse(text) == steps


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        (".spec", ".spec"),
        ("spec.", "."),
        ("a..b", "..b"),
        ("a b", " b"),
        ("a[-1]", "[-1]"),
        ("a[x]", "[x]"),
        ("a[12345]", "[12345]"),
        ("a[*]b", "b"),
        ('a["x', '["x'),
        ("labels.2x", ".2x"),
        ("a.[0]", ".[0]"),
    ],
)
def test_what_is_no_path_is_refused_where_it_stops_being_one(text: str, rest: str) -> None:
    with pytest.raises(ValueError, match="cannot be read") as refused:
        parse(text)
    assert refused.value.args == (
        f"the path `{text}` cannot be read at `{rest}`",
        'write it as spec.volumes[*].name or metadata.annotations["a.b/c"]',
    )


def test_an_empty_path_is_refused() -> None:
    with pytest.raises(ValueError, match="the path is empty"):
        parse("")


def test_a_key_with_dots_or_slashes_is_rendered_in_quotes() -> None:
    assert render(("metadata", "labels", "a.b/c", 0, "x")) == 'metadata.labels["a.b/c"][0].x'


def test_steps_are_rendered_with_each_as_a_star() -> None:
    assert render_steps(("spec", "volumes", EACH, "a.b")) == 'spec.volumes[*]["a.b"]'


@given(st.lists(st.one_of(st.text(min_size=1), st.integers(0, 9999)), min_size=1))
def test_what_is_rendered_is_read_back(path: list[str | int]) -> None:
    assert parse(render(tuple(path))) == tuple(path)


def test_a_pointer_escapes_tildes_and_slashes() -> None:
    assert pointer(("metadata", "labels", "a~b/c", 0)) == "/metadata/labels/a~0b~1c/0"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("spec", "volumes", 1, "name"), "b"),
        (("spec", "volumes", 2), None),
        (("spec", "volumes", "name"), None),
        (("spec", 0), None),
        (("spec", "volumes", 0, "name", "deeper"), None),
        (("metadata", "labels", "empty", "deeper"), None),
        ((), POD),
    ],
)
def test_looking_up_finds_nothing_where_the_shape_is_another(path: tuple[str | int, ...], value: object) -> None:
    assert look_up(POD, path) == value


def places(text: str, value: object = POD) -> list[tuple[str, object]]:
    return [(render(path), found) for path, found in select(value, parse(text))]


def test_a_path_without_a_star_leads_to_one_place_also_where_nothing_stands() -> None:
    assert places("spec.volumes[0].name") == [("spec.volumes[0].name", "a")]
    assert places("spec.missing.deeper") == [("spec.missing.deeper", None)]


def test_each_is_every_existing_element() -> None:
    assert places("spec.volumes[*].name") == [("spec.volumes[0].name", "a"), ("spec.volumes[1].name", "b")]


def test_several_each_are_all_combinations() -> None:
    assert places("spec.volumes[*].items[*].key") == [
        ("spec.volumes[0].items[0].key", "x"),
        ("spec.volumes[0].items[1].key", "y"),
    ]


def test_a_leaf_that_an_element_lacks_is_a_place_without_a_value() -> None:
    assert places("spec.volumes[*].hostPath.path") == [
        ("spec.volumes[0].hostPath.path", None),
        ("spec.volumes[1].hostPath.path", None),
    ]


def test_nothing_is_said_of_the_elements_of_a_list_that_is_absent_or_empty() -> None:
    assert places("spec.tolerations[*].key") == []
    assert places("spec.nothing[*].key") == []


def test_each_runs_over_the_values_of_a_map_and_null_is_absent() -> None:
    assert places("metadata.labels[*]") == [('metadata.labels["a.b/c"]', "1")]


@pytest.mark.parametrize("value", [None, 1, "text", True, [1, "x", None, []], {"spec": "x"}, {"spec": {"volumes": 5}}])
def test_values_of_wrong_types_lead_nowhere_and_break_nothing(value: object) -> None:
    assert places("spec.volumes[*].name", value) == []
    assert places("spec.volumes.name", value) == [("spec.volumes.name", None)]


LEAVES = st.none() | st.booleans() | st.integers(0, 2) | st.text("ab", max_size=2)
DATA = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner))


@given(DATA, st.lists(st.sampled_from(["a", "b", 0, 1, EACH]), min_size=1, max_size=5))
def test_values_are_what_stands_at_the_selected_places(value: object, steps: list[object]) -> None:
    selected = [found for _, found in select(value, tuple(steps))]  # type: ignore[arg-type]
    assert sorted(map(repr, values(value, tuple(steps)))) == sorted(map(repr, selected))  # type: ignore[arg-type]
