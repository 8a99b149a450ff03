"""The watch against a server that lists, pages, forgets, hangs, breaks and comes back."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from certs.authority import make_authority
from tests.cluster.fake_api_server import NAMESPACES, FakeApiServer, eventually, status_body
from webhook.admission.facts import Namespace
from webhook.cluster import namespaces as room
from webhook.cluster.client import RefusedError, UnreachableError
from webhook.cluster.namespaces import Namespaces, Timing

QUICK = Timing(watch=30, grace=5, stale=60, first_delay=0.01, longest_delay=0.05)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@contextmanager
def watching(
    api: FakeApiServer, folder: Path, timing: Timing = QUICK, clock: Clock | None = None
) -> Iterator[Namespaces]:
    cluster = api.cluster(folder)
    known = Namespaces(cluster, timing, clock) if clock else Namespaces(cluster, timing)
    known.start()
    try:
        yield known
    finally:
        known.stop()
        assert not known._thread.is_alive()


@pytest.fixture
def api() -> Iterator[FakeApiServer]:
    with FakeApiServer() as server:
        server.namespace("default", {"kubernetes.io/metadata.name": "default"})
        server.namespace("team", {"stage": "prod"}, owner="payments")
        yield server


def test_what_was_listed_is_known_with_labels_and_annotations(api: FakeApiServer, tmp_path: Path) -> None:
    with watching(api, tmp_path) as known:
        assert known.wait_until_ready(10)
        assert known.ready()
        assert known.get("team") == Namespace("team", {"stage": "prod"}, {"owner": "payments"})
        assert known.get("default") == Namespace("default", {"kubernetes.io/metadata.name": "default"}, {})
        assert known.get("other") is None


def test_a_long_list_is_read_page_by_page(api: FakeApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_PAGE", 2)
    for number in range(3):
        api.namespace(f"n{number}")
    with watching(api, tmp_path) as known:
        assert known.wait_until_ready(10)
        assert known.status().message == "5 namespaces are known"
    lists = [query for method, path, query in api.requests if path == NAMESPACES and "watch" not in query]
    assert lists == [{"limit": "2"}, {"limit": "2", "continue": "2"}, {"limit": "2", "continue": "4"}]


def test_changes_arrive_and_deletions_too(api: FakeApiServer, tmp_path: Path) -> None:
    with watching(api, tmp_path) as known:
        assert known.wait_until_ready(10)
        api.namespace("new", {"a": "1"})
        assert eventually(lambda: known.get("new") == Namespace("new", {"a": "1"}))
        api.namespace("new", {"a": "2"})
        assert eventually(lambda: known.get("new") == Namespace("new", {"a": "2"}))
        api.delete(f"{NAMESPACES}/new")
        assert eventually(lambda: known.get("new") is None)
        assert known.get("team") is not None


def test_the_watch_begins_where_the_list_ended_and_asks_for_bookmarks(api: FakeApiServer, tmp_path: Path) -> None:
    with watching(api, tmp_path):
        assert eventually(api.watches)
    query = api.watches()[0]
    assert (query["resourceVersion"], query["allowWatchBookmarks"]) == ("102", "true")
    assert 22 <= int(query["timeoutSeconds"]) <= 30


def test_a_watch_that_ends_in_order_is_resumed_from_the_last_bookmark(api: FakeApiServer, tmp_path: Path) -> None:
    with watching(api, tmp_path, Timing(watch=1, grace=5)):
        assert eventually(api.watches)
        api.bookmark()
        assert eventually(lambda: len(api.watches()) == 2)
        assert [query.get("limit", query.get("resourceVersion")) for _, _, query in api.requests] == [
            "500",
            "102",
            api.version,
        ]


def test_a_watch_without_even_a_bookmark_is_not_believed_and_lists_anew(api: FakeApiServer, tmp_path: Path) -> None:
    with watching(api, tmp_path, Timing(watch=1, grace=5)) as known:
        assert eventually(api.watches)
        api.forget_silently(f"{NAMESPACES}/team")
        assert eventually(lambda: known.ready() and known.get("team") is None)


@pytest.mark.parametrize("mood", ["gone", "gone at once"])
def test_a_version_that_is_too_old_lists_anew_and_forgets_what_ended_meanwhile(
    api: FakeApiServer, tmp_path: Path, mood: str
) -> None:
    def end_a_namespace_after_the_list(method: str, path: str) -> None:
        if len(api.requests) == 2:
            api.forget_silently(f"{NAMESPACES}/team")

    api.before, api.moods = end_a_namespace_after_the_list, [mood]
    with watching(api, tmp_path) as known:
        assert eventually(lambda: len(api.watches()) == 2)
        assert known.get("team") is None
        assert known.get("default") is not None
    assert len([query for _, _, query in api.requests if "limit" in query]) == 2


@pytest.mark.parametrize("mood", ["500", "reset", "garbage", "error event", "no object", "end"])
def test_a_broken_watch_is_resumed_where_it_was(api: FakeApiServer, tmp_path: Path, mood: str) -> None:
    api.moods = [mood]
    with watching(api, tmp_path) as known:
        assert eventually(lambda: len(api.watches()) == 2)
        api.namespace("later")
        assert eventually(lambda: known.get("later") is not None)
        assert known.get("team") is not None
    assert [query["resourceVersion"] for query in api.watches()] == ["102", "102"]
    assert len([query for _, _, query in api.requests if "limit" in query]) == 1


def test_a_watch_that_breaks_twice_lists_anew_because_its_version_may_be_what_is_wrong(
    api: FakeApiServer, tmp_path: Path
) -> None:
    api.moods = ["500", "500"]
    with watching(api, tmp_path):
        assert eventually(lambda: len(api.watches()) == 3)
    assert len([query for _, _, query in api.requests if "limit" in query]) == 2


def test_a_watch_that_hangs_is_given_up_and_resumed(api: FakeApiServer, tmp_path: Path) -> None:
    api.moods = ["hang"]
    with watching(api, tmp_path, Timing(watch=1, grace=0.1, first_delay=0.01)) as known:
        assert eventually(lambda: len(api.watches()) >= 2)
        api.namespace("later")
        assert eventually(lambda: known.get("later") is not None)


def test_nothing_is_ready_before_the_first_full_list_and_the_reason_is_told(api: FakeApiServer, tmp_path: Path) -> None:
    forbidden = threading.Event()
    forbidden.set()

    def before(method: str, path: str) -> tuple[int, bytes] | None:
        return (403, status_body(403, "namespaces is forbidden")) if forbidden.is_set() else None

    api.before = before
    with watching(api, tmp_path) as known:
        assert eventually(lambda: len(api.requests) > 2)
        state = known.status()
        assert (known.ready(), state.ready, state.stale, state.age) == (False, False, False, None)
        told = "the namespaces are not known yet: GET /api/v1/namespaces: namespaces is forbidden (403)"
        assert state.message == told
        forbidden.clear()
        assert known.wait_until_ready(10)


def test_silence_makes_it_stale_while_what_is_known_keeps_serving_and_a_sign_of_life_ends_it(
    api: FakeApiServer, tmp_path: Path
) -> None:
    clock = Clock()
    with watching(api, tmp_path, clock=clock) as known:
        assert known.wait_until_ready(10)
        assert eventually(api.watches)
        assert known.status().message == "2 namespaces are known"
        clock.now += 61
        state = known.status()
        assert (state.ready, state.stale, state.age) == (True, True, 61)
        assert state.message == "nothing was heard of namespaces for 61 s; the 2 known ones stay in use"
        assert known.get("team") is not None
        api.bookmark()
        assert eventually(lambda: not known.status().stale)
        assert known.status().age == 0


def test_a_lost_api_server_is_named_in_the_stale_state(api: FakeApiServer, tmp_path: Path) -> None:
    clock = Clock()
    api.moods = ["500"] * 1000
    with watching(api, tmp_path, clock=clock) as known:
        assert known.wait_until_ready(10)
        api.before = lambda method, path: (503, status_body(503, "shutting down"))
        clock.now += 61
        assert eventually(lambda: "GET /api/v1/namespaces: shutting down" in known.status().message)
        assert known.status().message == (
            "nothing was heard of namespaces for 61 s: GET /api/v1/namespaces: shutting down (503); "
            "the 2 known ones stay in use"
        )


def test_a_namespace_that_came_with_its_first_pod_is_asked_for_once(api: FakeApiServer, tmp_path: Path) -> None:
    known = Namespaces(api.cluster(tmp_path))
    assert known.ask("team", 5) == Namespace("team", {"stage": "prod"}, {"owner": "payments"})
    assert known.ask("nowhere", 5) is None
    assert [path for _, path, _ in api.requests] == [f"{NAMESPACES}/team", f"{NAMESPACES}/nowhere"]


@pytest.mark.parametrize("name", ["", "..", "a/b", "A", "-a", "a-", "a" * 64, "a\n", "a?b"])
def test_a_name_that_no_namespace_can_have_is_not_asked_for(api: FakeApiServer, tmp_path: Path, name: str) -> None:
    assert Namespaces(api.cluster(tmp_path)).ask(name, 5) is None
    assert api.requests == []


def test_a_question_without_an_answer_raises_so_that_nobody_takes_it_for_a_no(
    api: FakeApiServer, tmp_path: Path
) -> None:
    known = Namespaces(api.cluster(tmp_path))
    answer = threading.Event()
    api.before = lambda method, path: (200, b"{}") if answer.wait(10) else None
    with pytest.raises(UnreachableError) as silent:
        known.ask("team", 0.2)
    answer.set()
    assert str(silent.value) == "GET /api/v1/namespaces/team: the API server did not answer in time"
    with pytest.raises(UnreachableError) as empty:
        known.ask("team", 5)
    assert str(empty.value) == "the API server sent something that is no Namespace"
    api.before = lambda method, path: (403, status_body(403, "forbidden"))
    with pytest.raises(RefusedError) as refused:
        known.ask("team", 5)
    assert refused.value.status == 403


def test_a_watch_waiting_for_the_next_event_stops_when_told(api: FakeApiServer, tmp_path: Path) -> None:
    with watching(api, tmp_path, Timing()) as known:
        assert eventually(api.watches)
    assert not known._thread.is_alive()


def test_over_tls_the_watch_sees_changes_and_stops_when_told(tmp_path: Path) -> None:
    with FakeApiServer(make_authority(datetime.now(UTC))) as api, watching(api, tmp_path, Timing()) as known:
        assert known.wait_until_ready(10)
        assert eventually(api.watches)
        api.namespace("late")
        assert eventually(lambda: known.get("late") is not None)
