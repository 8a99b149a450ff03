from typing import Any

import pytest

from tests.objects import pod, request, workload
from webhook.admission.request import GroupKind, Operation
from webhook.report.words import and_more, cut, cut_bytes, object_name, one_line, rule_names, what_is_asked


def test_an_object_is_named_by_kind_namespace_and_name() -> None:
    assert object_name(request(workload("Deployment"))) == "Deployment shop/web"


def test_an_object_without_a_namespace_is_named_without_one() -> None:
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "admin"}}
    assert object_name(request(role)) == "ClusterRole admin"


def test_a_namespace_is_not_named_twice() -> None:
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    assert object_name(request(space, namespace="shop")) == "Namespace shop"


def test_a_generated_name_is_told_by_its_beginning() -> None:
    generated = pod({"metadata": {"name": None, "generateName": "web-7d4b9-"}})
    assert object_name(request(generated)) == "Pod shop/web-7d4b9-*"


def test_a_name_that_the_api_server_has_just_made_up_is_told_by_its_beginning_and_a_written_one_is_not() -> None:
    for name, told in (("web-7d4b9-x2c4f", "web-7d4b9-*"), ("web-7d4b9-main-1", "web-7d4b9-main-1")):
        named = pod({"metadata": {"name": name, "generateName": "web-7d4b9-"}})
        assert object_name(request(named)) == f"Pod shop/{told}"
    running = pod({"metadata": {"name": "web-7d4b9-x2c4f", "generateName": "web-7d4b9-"}})
    assert object_name(request(running, operation=Operation.UPDATE)) == "Pod shop/web-7d4b9-x2c4f"


def test_an_object_without_any_name_is_still_named() -> None:
    assert object_name(request({"kind": "Pod", "metadata": None})) == "Pod (without a name)"


def test_an_object_with_a_hostile_name_stays_on_one_short_line() -> None:
    name = object_name(request(pod(), name="\x1b[31m\n" + "x" * 300))
    assert name.isprintable() or "\ufffd" in name
    assert "\n" not in name
    assert len(name) <= 95


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({}, "Pod shop/web"),
        ({"subresource": "ephemeralcontainers", "operation": Operation.UPDATE}, "Pod shop/web (ephemeralcontainers)"),
        ({"subresource": "exec", "operation": Operation.CONNECT, "kind": GroupKind("", "Pod")}, "exec on Pod shop/web"),
    ],
)
def test_what_is_asked_names_the_deed_where_it_is_not_a_plain_write(changes: dict[str, Any], asked: str) -> None:
    assert what_is_asked(request(pod(), **changes)) == asked


def test_a_deletion_says_so() -> None:
    assert what_is_asked(request(None, pod(), operation=Operation.DELETE)) == "deleting Pod shop/web"


def test_a_rule_is_called_by_its_name_unless_two_policies_have_it() -> None:
    assert rule_names(["a/tags", "b/tags", "b/root", "a/tags"]) == {
        "a/tags": "a/tags",
        "b/tags": "b/tags",
        "b/root": "root",
    }


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["web"], "web"),
        (["web", "worker"], "web and worker"),
        (["web", "worker", "proxy"], "web, worker and proxy"),
        (["web", "worker", "proxy", "logs"], "web, worker and 2 more containers"),
    ],
)
def test_many_containers_are_counted(names: list[str], words: str) -> None:
    assert and_more(names, "containers") == words


def test_several_lines_become_one() -> None:
    assert one_line("  Because\n  it\tis. \x1b") == "Because it is. \ufffd"


@pytest.mark.parametrize("limit", [4, 5, 9, 10, 11, 12])
def test_a_text_is_cut_to_bytes_at_a_whole_character(limit: int) -> None:
    shortened = cut_bytes("値" * 4, limit)
    assert len(shortened.encode()) <= limit
    assert shortened == ("値" * 4 if limit >= 12 else "値" * ((limit - 3) // 3) + "…")


@pytest.mark.parametrize(
    ("text", "limit", "kept"),
    [
        ("remove it; allowed are kernel.shm_rmid_forced", 40, "remove it; allowed are…"),
        ("one two three", 8, "one two…"),
        ("one two three", 12, "one two…"),
        ("one two three", 13, "one two three"),
        ("a, b, c", 6, "a, b…"),
        ("x" * 50, 10, "xxxxxxxxx…"),
        ("at " + "x" * 50, 40, "at " + "x" * 36 + "…"),
    ],
)
def test_a_text_is_cut_between_words_where_a_blank_is_near(text: str, limit: int, kept: str) -> None:
    assert cut(text, limit) == kept


def test_a_text_is_cut_to_bytes_between_words() -> None:
    assert cut_bytes("remove it; allowed are kernel.shm_rmid_forced", 40) == "remove it; allowed are…"
