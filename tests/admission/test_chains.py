"""chains: every value that was filled in stands at its place in the end, with whose words led to it."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from webhook.admission.chains import chains, final_path
from webhook.admission.edits import Draft
from webhook.admission.origins import Link
from webhook.source.path import Path, look_up, render


def told(draft: Draft) -> dict[str, tuple[Any, str, list[tuple[str, Any]]]]:
    """The value, the rule and the words of each filled-in value, by its path."""
    found = chains(draft.edits, draft.origins, draft.object)
    return {render(one.path): (one.value, one.rule, [link[:2] for link in one.links]) for one in found}


def drafted(obj: dict[str, Any], rule: str = "p/a") -> Draft:
    draft = Draft(obj)
    draft.rule = rule
    return draft


def test_a_value_that_was_filled_in_is_its_rules_word() -> None:
    draft = drafted({})
    draft.default(("spec", "dnsPolicy"), "Default")
    assert told(draft) == {"spec.dnsPolicy": ("Default", "p/a", [("rule p/a", "Default")])}


def test_a_value_that_was_overwritten_has_the_authors_word_before() -> None:
    draft = drafted({"image": "nginx"})
    draft.set(("image",), "a.example/nginx")
    draft.rule = "p/b"
    draft.begin_phase()
    draft.set(("image",), "a.example/nginx@sha256:1")
    assert told(draft)["image"] == (
        "a.example/nginx@sha256:1",
        "p/b",
        [("author", "nginx"), ("rule p/a", "a.example/nginx"), ("rule p/b", "a.example/nginx@sha256:1")],
    )


def test_what_is_taken_away_has_no_value_left() -> None:
    draft = drafted({"volumes": [{"name": "a"}, {"name": "token"}]})
    draft.remove(("volumes", 1))
    assert told(draft) == {
        "volumes[1]": (None, "p/a", [("author", {"name": "token"}), ("rule p/a", None)]),
    }


def test_an_element_is_told_leaf_by_leaf_with_its_place_as_root() -> None:
    draft = drafted({"containers": [{"name": "web"}]})
    draft.append(("containers",), {"name": "proxy", "args": ["-v", "-q"], "ports": [{"containerPort": 1}]})
    found = chains(draft.edits, draft.origins, draft.object)
    assert [(render(one.path), one.value, render(one.root)) for one in found] == [
        ("containers[1].name", "proxy", "containers[1]"),
        ("containers[1].args", ["-v", "-q"], "containers[1]"),
        ("containers[1].ports[0].containerPort", 1, "containers[1]"),
    ]


def test_a_list_that_a_rule_began_is_one_value() -> None:
    draft = drafted({})
    draft.append(("drop",), "ALL")
    draft.append(("drop",), "NET_RAW")
    assert told(draft) == {"drop": (["ALL", "NET_RAW"], "p/a", [("rule p/a", ["ALL", "NET_RAW"])])}


def test_an_element_added_to_the_authors_list_is_told_alone() -> None:
    draft = drafted({"drop": ["ALL"]})
    draft.append(("drop",), "NET_RAW")
    assert told(draft) == {"drop[1]": ("NET_RAW", "p/a", [("rule p/a", "NET_RAW")])}


def test_places_follow_what_is_put_in_before_them_also_within_an_element() -> None:
    draft = drafted({"list": [{"name": "mine"}]})
    draft.set(("list", 0, "size"), 1)
    draft.insert(("list",), 0, {"name": "theirs", "env": [{"name": "A"}]})
    draft.insert(("list", 0, "env"), 0, {"name": "B"})
    assert {path: value for path, (value, _, _) in told(draft).items()} == {
        "list[1].size": 1,
        "list[0].name": "theirs",
        "list[0].env[1].name": "A",
        "list[0].env[0].name": "B",
    }


def test_what_another_edit_takes_away_again_is_not_told() -> None:
    draft = drafted({"list": []})
    draft.append(("list",), {"name": "a"})
    draft.append(("list",), {"name": "b"})
    draft.remove(("list", 0))
    values = [one.value for one in chains(draft.edits, draft.origins, draft.object)]
    assert values == ["b", None]


def test_a_rule_can_tell_whose_word_its_value_is() -> None:
    draft = drafted({"list": [{"name": "mine"}]})
    draft.insert(("list",), 0, {"cpu": "2"})
    draft.origin(("list", 0), lambda: {("cpu",): [Link("rule default", "1"), Link("pod annotation x", "2")]})
    draft.insert(("list",), 0, {"name": "first"})
    assert told(draft)["list[1].cpu"] == ("2", "p/a", [("rule default", "1"), ("pod annotation x", "2")])


def test_what_a_rule_tells_of_a_value_that_is_not_its_own_is_not_heard() -> None:
    draft = drafted({"cpu": "1"})
    draft.default(("cpu",), "2")
    draft.origin(("cpu",), lambda: {(): [Link("rule default", "2")]})
    assert told(draft) == {}


EDITS = st.lists(
    st.tuples(st.sampled_from(["set", "default", "insert", "append", "remove"]), st.integers(0, 3), st.integers(0, 9)),
    max_size=8,
)


@given(EDITS)
def test_every_chain_tells_what_stands_there_in_the_end(steps: list[tuple[str, int, int]]) -> None:
    draft = drafted({"list": [{"v": -1}, {"v": -2}]})
    for verb, index, value in steps:
        listed = draft.get(("list",))
        at: Path = ("list", min(index, len(listed) - 1), "v")
        if verb == "insert":
            draft.insert(("list",), min(index, len(listed)), {"v": value})
        elif verb == "append":
            draft.append(("list",), {"v": value})
        elif not listed:
            continue
        elif verb == "remove":
            draft.remove(at[:2])
        else:
            getattr(draft, verb)(at, value)
    for one in chains(draft.edits, draft.origins, draft.object):
        if one.value is not None:
            assert one.value == look_up(draft.object, one.path) == one.links[-1].value


def test_a_path_beside_what_was_changed_stays() -> None:
    draft = drafted({"a": [1], "b": [1]})
    draft.insert(("a",), 0, 2)
    assert final_path(draft.edits, ("b", 0)) == ("b", 0)
    assert final_path(draft.edits, ("a",)) == ("a",)
    assert final_path(draft.edits, ("a", 0)) == ("a", 1)
