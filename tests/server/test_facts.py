"""Namespaces: from the watch, by one question for all who wait, from a file, or not at all."""

import asyncio
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest

from webhook.admission.facts import Facts, Namespace, Needs, Unavailable
from webhook.errors import ClusterError, InputError
from webhook.server.facts import ClusterFacts, FileFacts, read_namespaces

_T = TypeVar("_T")
SHOP = Namespace("shop", {"tier": "prod"})
NEEDS_SHOP = Needs(frozenset({"shop"}))


def run(work: Coroutine[Any, Any, _T]) -> _T:
    return asyncio.run(work)


class Watch:
    """A watch that knows some namespaces; `ask` waits for `open` and then answers or raises."""

    def __init__(self, *known: Namespace, answer: Namespace | ClusterError | None = None) -> None:
        self.known = {namespace.name: namespace for namespace in known}
        self.answer, self.open = answer, threading.Event()
        self.asked: list[str] = []

    def get(self, name: str) -> Namespace | None:
        return self.known.get(name)

    def ask(self, name: str, timeout: float) -> Namespace | None:
        self.asked.append(name)
        assert self.open.wait(10)
        if isinstance(self.answer, ClusterError):
            raise self.answer
        return self.answer


def test_what_the_watch_knows_is_known_at_once_and_made_once() -> None:
    facts = ClusterFacts(Watch(SHOP))
    assert facts.known("shop") == Facts({"shop": SHOP})
    assert facts.known("shop") is facts.known("shop")
    facts.close()


def test_a_namespace_that_changed_is_seen_changed() -> None:
    watch = Watch(SHOP)
    facts = ClusterFacts(watch)
    facts.known("shop")
    changed = watch.known["shop"] = Namespace("shop", {"tier": "test"})
    assert facts.known("shop").namespaces == {"shop": changed}
    del watch.known["shop"]
    assert facts.known("shop") == Facts()
    facts.close()


def test_all_who_wait_for_a_namespace_share_one_question() -> None:
    watch = Watch(answer=SHOP)
    facts = ClusterFacts(watch)

    async def many() -> list[Facts]:
        asking = [asyncio.ensure_future(facts.gather(NEEDS_SHOP, Facts(), 5.0)) for _ in range(10)]
        await asyncio.sleep(0)
        watch.open.set()
        return await asyncio.gather(*asking)

    assert run(many()) == [Facts({"shop": SHOP})] * 10
    assert watch.asked == ["shop"]
    facts.close()


def test_a_namespace_that_does_not_exist_is_known_not_to() -> None:
    watch = Watch()
    watch.open.set()
    facts = ClusterFacts(watch)
    assert run(facts.gather(NEEDS_SHOP, Facts({"other": SHOP}), 5.0)).namespaces == {"other": SHOP, "shop": None}
    facts.close()


def test_an_api_server_that_refuses_makes_the_fact_unavailable() -> None:
    watch = Watch(answer=ClusterError("GET /api/v1/namespaces/shop: etcd is away (500)"))
    watch.open.set()
    facts = ClusterFacts(watch)
    reason = Unavailable("GET /api/v1/namespaces/shop: etcd is away (500)")
    assert run(facts.gather(NEEDS_SHOP, Facts(), 5.0)).namespaces == {"shop": reason}
    facts.close()


def test_an_answer_that_does_not_come_in_time_is_not_awaited() -> None:
    watch = Watch(answer=SHOP)
    facts = ClusterFacts(watch)

    async def in_a_hurry() -> Facts:
        found = await facts.gather(NEEDS_SHOP, Facts(), 0.01)
        watch.open.set()
        return found

    assert run(in_a_hurry()).namespaces == {"shop": Unavailable("the API server did not answer in time")}
    facts.close()


def test_without_a_cluster_the_file_says_everything() -> None:
    facts = FileFacts(Facts({"shop": SHOP}, askable=False))
    assert facts.known("other").namespaces == {"shop": SHOP}
    assert facts.known("shop").askable is False


def test_namespaces_are_read_from_documents_and_lists(tmp_path: Path) -> None:
    path = tmp_path / "namespaces.yaml"
    path.write_text(
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {tier: prod}}\n---\n"
        "apiVersion: v1\nkind: List\nitems:\n- {kind: Namespace, metadata: {name: pay, annotations: {a: b}}}\n"
        "- {kind: Pod, metadata: {name: web}}\n"
    )
    label = "kubernetes.io/metadata.name"
    assert read_namespaces(path) == Facts(
        {
            "shop": Namespace("shop", {"tier": "prod", label: "shop"}),
            "pay": Namespace("pay", {label: "pay"}, {"a": "b"}),
        },
        askable=False,
        dialable=False,
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "cannot be read: No such file or directory"),
        ("kind: Pod\n", "holds no Namespace"),
        ("a: [\n", "namespaces.yaml:"),
    ],
)
def test_a_file_without_namespaces_is_told_in_one_sentence(tmp_path: Path, text: str | None, words: str) -> None:
    path = tmp_path / "namespaces.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError, match=words):
        read_namespaces(path)
