"""Edits: jsonpatch is the oracle; what is recorded leads exactly from the object before to the object after."""

import copy
from contextlib import suppress
from typing import Any

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook.admission.edits import Conflict, Draft, authors_path, replay, same
from webhook.errors import MalformedObject
from webhook.source.path import Path


def applied(before: dict[str, Any], draft: Draft) -> dict[str, Any]:
    result: dict[str, Any] = jsonpatch.apply_patch(copy.deepcopy(before), draft.patch)
    return result


def test_a_missing_parent_is_added_once_with_its_final_value() -> None:
    before = {"spec": {"containers": [{"name": "web"}]}}
    draft = Draft(before)
    draft.set(("spec", "containers", 0, "securityContext", "privileged"), False)
    draft.set(("spec", "containers", 0, "securityContext", "capabilities", "drop"), ["ALL"])
    assert draft.patch == [
        {
            "op": "add",
            "path": "/spec/containers/0/securityContext",
            "value": {"privileged": False, "capabilities": {"drop": ["ALL"]}},
        }
    ]
    assert applied(before, draft) == draft.object


def test_the_original_object_is_never_touched() -> None:
    before = {"spec": {"volumes": [{"name": "a"}], "hostNetwork": True}}
    kept = copy.deepcopy(before)
    draft = Draft(before)
    draft.append(("spec", "volumes"), {"name": "b"})
    draft.insert(("spec", "volumes"), 0, {"name": "c"})
    draft.set(("spec", "volumes", 1, "emptyDir"), {})
    draft.remove(("spec", "hostNetwork"))
    assert before == kept
    assert draft.object == {"spec": {"volumes": [{"name": "c"}, {"name": "a", "emptyDir": {}}, {"name": "b"}]}}
    assert applied(before, draft) == draft.object


def test_an_equal_value_changes_nothing_but_true_is_not_one() -> None:
    draft = Draft({"a": 1, "b": {"c": ["x"]}})
    draft.set(("a",), 1)
    draft.set(("b",), {"c": ["x"]})
    assert draft.patch == []
    draft.set(("a",), True)
    assert draft.patch == [{"op": "replace", "path": "/a", "value": True}]


def test_the_value_of_a_rule_is_copied_so_that_later_edits_cannot_reach_it() -> None:
    wanted = {"seccompProfile": {"type": "RuntimeDefault"}}
    draft = Draft({})
    draft.set(("securityContext",), wanted)
    draft.set(("securityContext", "seccompProfile", "type"), "Localhost")
    assert wanted == {"seccompProfile": {"type": "RuntimeDefault"}}


def test_keys_with_slashes_and_tildes_are_escaped_in_the_patch() -> None:
    draft = Draft({"metadata": {"annotations": {}}})
    draft.set(("metadata", "annotations", "a.b/c~d"), "x")
    assert draft.patch == [{"op": "add", "path": "/metadata/annotations/a.b~1c~0d", "value": "x"}]


def test_two_rules_that_want_different_values_are_a_conflict_and_the_same_value_is_none() -> None:
    draft = Draft({})
    draft.rule = "a/one"
    draft.default(("x",), 1)
    draft.rule = "b/two"
    draft.default(("x",), 1)
    with pytest.raises(Conflict, match="x is set by a/one and, with another value, by b/two"):
        draft.default(("x",), 2)


def test_a_rule_that_changes_something_in_what_another_has_set_is_a_conflict_in_either_order() -> None:
    whole, inside = (("env",), [{"name": "TZ", "value": "a"}]), (("env", 0, "value"), "b")
    draft = Draft({})
    draft.rule = "a/one"
    draft.set(*whole)
    draft.set(*inside)
    draft.rule = "b/two"
    with pytest.raises(Conflict, match="env is set by a/one and, with another value, by b/two"):
        draft.set(("env", 0, "value"), "c")
    draft = Draft({})
    draft.rule = "b/two"
    draft.append(("env",), {"name": "TZ", "value": "b"})
    draft.rule = "a/one"
    with pytest.raises(Conflict, match="env is set by b/two and, with another value, by a/one"):
        draft.default(*whole)


def test_a_default_leaves_alone_what_the_author_wrote() -> None:
    draft = Draft({"x": 5})
    draft.rule = "a/one"
    draft.default(("x",), 1)
    assert draft.object == {"x": 5}
    assert draft.patch == []


def test_a_later_phase_may_refine_what_an_earlier_one_set() -> None:
    draft = Draft({})
    draft.rule = "a/rewrite"
    draft.set(("image",), "mirror/web:1")
    draft.begin_phase()
    draft.rule = "b/pin"
    draft.set(("image",), "mirror/web:1@sha256:0")
    assert draft.object == {"image": "mirror/web:1@sha256:0"}


def test_edits_are_replayed_on_the_authors_form_of_the_object() -> None:
    author = {"spec": {"containers": [{"name": "web"}]}}
    served = {"spec": {"containers": [{"name": "web"}], "tolerations": [{"key": "not-ready"}], "dnsPolicy": "x"}}
    draft = Draft(served)
    draft.append(("spec", "tolerations"), {"key": "pool"})
    draft.set(("spec", "containers", 0, "tty"), True)
    assert replay(tuple(draft.edits), author) == {
        "spec": {"containers": [{"name": "web", "tty": True}], "tolerations": [{"key": "pool"}]}
    }


def test_the_authors_path_undoes_insertions_and_removals() -> None:
    draft = Draft({"env": ["a", "b"], "volumes": ["x", "y"]})
    draft.insert(("env",), 0, "tz")
    draft.remove(("volumes", 0))
    assert authors_path(draft.edits, ("env", 1, "value")) == ("env", 0, "value")
    assert authors_path(draft.edits, ("env", 0, "value")) == ("env",)
    assert authors_path(draft.edits, ("volumes", 0)) == ("volumes", 1)
    assert authors_path(draft.edits, ("spec", "x")) == ("spec", "x")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab~/", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab~/", min_size=1), inner, max_size=3),
    max_leaves=8,
)
keys = st.sampled_from(["a", "b", "~", "/"])
steps = st.tuples(
    st.sampled_from(["set", "append", "insert", "remove"]), st.lists(keys, min_size=1, max_size=3), json_values
)


def test_a_path_that_goes_through_a_list_by_name_is_a_malformed_object() -> None:
    with pytest.raises(MalformedObject, match="spec must be an object"):
        Draft({"spec": []}).set(("spec", "hostNetwork"), True)


@given(st.dictionaries(keys, json_values, max_size=3), st.lists(steps, max_size=8))
def test_any_run_of_edits_gives_the_patch_that_jsonpatch_applies_to_the_same_object(
    before: dict[str, Any], run: list[tuple[str, list[str], Any]]
) -> None:
    kept = copy.deepcopy(before)
    draft = Draft(before)
    for verb, words, value in run:
        path = tuple(words)
        if verb == "set":
            with suppress(MalformedObject):
                draft.set(path, value)
        elif verb == "append":
            with suppress(MalformedObject):
                draft.append(path, value)
        elif verb == "insert" and isinstance(draft.get(path), list):
            draft.insert(path, 0, value)
        elif verb == "remove":
            draft.remove(path)
    assert same(before, kept)
    assert same(applied(before, draft), draft.object)


def test_a_word_is_put_at_the_end_of_a_list_of_words_once_whichever_rules_want_it() -> None:
    path: Path = ("metadata", "annotations", "words")
    before = {"metadata": {"annotations": {"words": "a, b"}}}
    draft = Draft(before)
    for rule, word in (("p/one", "c"), ("p/two", "b"), ("p/two", "d"), ("p/one", "c")):
        draft.rule = rule
        draft.set_word(path, word)
    assert draft.get(path) == "a,b,c,d"
    assert applied(before, draft) == draft.object
