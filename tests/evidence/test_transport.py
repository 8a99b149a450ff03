"""On the wire: caps, deadlines, waiting, and what is left behind: nothing."""

import asyncio
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from tests.evidence.asking import asked, image, registry, terms
from tests.evidence.behaviours import content, endless, hang, redirect, status
from tests.evidence.conftest import Dialled
from tests.evidence.fake_registry import FakeRegistry, sha256
from tests.evidence.fetching import BLOB, fetched, unavailable
from tests.evidence.loopback import Wire
from webhook.evidence.failures import Lying, NotAvailable, RegistryFailure
from webhook.evidence.manifests import Descriptor
from webhook.evidence.registry import RegistryClient


def test_proxies_of_the_environment_do_not_exist(
    full: FakeRegistry, other: FakeRegistry, monkeypatch: pytest.MonkeyPatch, dialled: Dialled
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://{other.host}")
    assert fetched(registry(full.host), full.host) == b"hello"
    assert dialled.hosts == [full.host]


def test_cookies_are_not_kept(full: FakeRegistry) -> None:
    full.instead["/blobs/"] = [content(b"hello", "x/y", ("set-cookie", "session=of-a-namespace; Path=/"))]

    async def twice(client: RegistryClient) -> None:
        for _ in range(2):
            await client.blob(image(full.host), BLOB, terms())

    asked(registry(full.host), twice)
    assert [one.headers.get("cookie") for one in full.asked] == [None, None]


def many(full: FakeRegistry, count: int) -> None:
    async def ask(client: RegistryClient) -> None:
        await asyncio.gather(*(client.blob(image(full.host), BLOB, terms()) for _ in range(count)))

    asked(registry(full.host), ask)


def test_a_registry_is_asked_eight_things_at_a_time(full: FakeRegistry) -> None:
    full.delay = 0.01
    many(full, 50)
    assert full.most_at_once <= 8
    assert full.connections <= 8
    assert len(full.asked) == 50


def test_one_connection_serves_one_request_after_the_other(full: FakeRegistry) -> None:
    async def ask(client: RegistryClient) -> None:
        for _ in range(5):
            await client.blob(image(full.host), BLOB, terms())

    asked(registry(full.host), ask)
    assert full.connections == 1


@pytest.mark.parametrize("code", [429, 503])
def test_when_a_registry_asks_us_to_wait_we_do(full: FakeRegistry, code: int) -> None:
    full.instead["/blobs/"] = [status(code, retry_after="0"), status(429)]
    assert fetched(registry(full.host), full.host) == b"hello"
    assert len(full.asked) == 3


def test_a_registry_that_is_out_of_order_and_does_not_say_for_how_long_is_not_asked_again(full: FakeRegistry) -> None:
    full.instead["/blobs/"] = status(503)
    assert unavailable(registry(full.host), full.host) == f"{full.host} answers 503"
    assert len(full.asked) == 1


def test_when_a_registry_asks_us_to_wait_too_often_it_is_unavailable(full: FakeRegistry) -> None:
    full.instead["/blobs/"] = status(429, retry_after="0")
    assert unavailable(registry(full.host), full.host) == f"{full.host} answers 429"
    assert len(full.asked) == 3


@pytest.mark.parametrize(
    "when",
    [lambda: "3600", lambda: format_datetime(datetime.now(UTC) + timedelta(hours=1, seconds=30), usegmt=True)],
    ids=["seconds", "date"],
)
def test_when_waiting_would_take_too_long_nobody_waits(full: FakeRegistry, when: Callable[[], str]) -> None:
    full.instead["/blobs/"] = status(429, retry_after=when())
    said = unavailable(registry(full.host), full.host, 50)
    assert said.startswith(f"{full.host} answers 429: too many requests, or out of order; ask again in 36")
    assert len(full.asked) == 1


@pytest.mark.parametrize("when", ["soon", "-1", "9" * 30, "Fri, 31 Dec 9999 99:99:99 GMT"])
def test_an_odd_time_to_wait_is_none(full: FakeRegistry, when: str) -> None:
    full.instead["/blobs/"] = [status(429, retry_after=when)]
    assert fetched(registry(full.host), full.host) == b"hello"


@pytest.mark.parametrize(
    "behaviour",
    [hang, endless(b"x", 0.05), redirect("/hang"), status(429)],
    ids=["says nothing", "drips", "redirects to silence", "says wait"],
)
def test_nothing_takes_longer_than_its_deadline(full: FakeRegistry, behaviour: Any) -> None:
    full.instead["/blobs/"], full.instead["/hang"] = behaviour, hang
    blob = Descriptor("x/y", sha256(b"hello"), 1_000_000)
    with pytest.raises(NotAvailable) as caught:
        asked(
            registry(full.host),
            lambda client: asyncio.wait_for(client.blob(image(full.host), blob, terms(0.4)), 60),
        )
    assert caught.value.reason.startswith((f"{full.host} did not answer in time", f"{full.host} answers 429"))


def test_without_time_nothing_is_dialled(full: FakeRegistry, dialled: Dialled) -> None:
    assert unavailable(registry(full.host), full.host, -1) == f"no time was left to ask {full.host}"
    assert dialled.hosts == []


def test_a_host_that_swallows_connections_costs_no_more_than_the_deadline(dialled: Dialled) -> None:
    dialled.silent.add("registry.corp:443")
    assert unavailable(registry("registry.corp"), "registry.corp", 0.2) == "registry.corp did not answer in time"


def test_a_registry_that_is_down_is_unavailable() -> None:
    said = unavailable(registry("127.0.0.1:1"), "127.0.0.1:1")
    assert said == "127.0.0.1:1 cannot be reached: connection refused"


def test_a_name_that_nobody_knows_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    said = unavailable(registry("registry.corp"), "registry.corp")
    assert said == "registry.corp cannot be reached: name or service not known"


def test_an_endless_body_is_given_up_at_its_cap(full: FakeRegistry) -> None:
    full.instead["/blobs/"] = endless()
    with pytest.raises(Lying) as caught:
        fetched(registry(full.host), full.host)
    assert caught.value.reason == f"{full.host} sends more than 5 bytes"


@pytest.mark.parametrize("code", [404, 500])
def test_an_endless_refusal_is_read_so_far_and_no_further(full: FakeRegistry, code: int) -> None:
    wire = Wire(f"HTTP/1.1 {code} No\r\n\r\n".encode() + b"x" * 1_000_000)
    with wire.serving() as host, pytest.raises(RegistryFailure, match=f"{host} .*{code}"):
        fetched(registry(host), host)


def test_a_compressed_body_is_refused(full: FakeRegistry) -> None:
    full.instead["/blobs/"] = content(b"hello", "x/y", ("content-encoding", "gzip"))
    with pytest.raises(Lying, match="sends it compressed, which nobody asked for"):
        fetched(registry(full.host), full.host)
    assert full.asked[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    "sends",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel",
        b"HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffffffffff\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000,
        b"HTTP/1.1 999999 OK\r\n\r\n",
    ],
)
def test_an_answer_that_breaks_off_or_is_no_http_is_unavailable(sends: bytes) -> None:
    wire = Wire(sends)
    with wire.serving() as host:
        assert unavailable(registry(host), host) == f"{host} broke off, or does not speak HTTP"
    assert wire.connections == 3


def test_a_length_that_is_too_short_gives_other_bytes() -> None:
    wire = Wire(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhello")
    with wire.serving() as host, pytest.raises(Lying, match="sends 4 bytes instead of 5"):
        fetched(registry(host), host)


def test_a_kept_connection_that_the_other_side_has_closed_is_no_failure() -> None:
    wire = Wire(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")

    async def ask(client: RegistryClient, host: str) -> list[bytes]:
        return [await client.blob(image(host), BLOB, terms()) for _ in range(5)]

    with wire.serving() as host:
        assert asked(registry(host), lambda client: ask(client, host)) == [b"hello"] * 5


def test_whoever_is_cancelled_leaves_nothing_behind(full: FakeRegistry) -> None:
    full.instead["/blobs/"] = hang

    async def ask(client: RegistryClient) -> bytes:
        asks = [asyncio.ensure_future(client.blob(image(full.host), BLOB, terms())) for _ in range(30)]
        while full.at_once < 8:
            await asyncio.sleep(0.01)
        for one in asks:
            one.cancel()
        await asyncio.gather(*asks, return_exceptions=True)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        full.instead.clear()
        return await client.blob(image(full.host), BLOB, terms())

    assert asked(registry(full.host), ask) == b"hello"


def test_one_registry_that_hangs_does_not_keep_another_waiting(full: FakeRegistry, other: FakeRegistry) -> None:
    other.instead["/"] = hang

    async def ask(client: RegistryClient) -> bytes:
        stuck = [asyncio.ensure_future(client.blob(image(other.host), BLOB, terms(60))) for _ in range(20)]
        found = await client.blob(image(full.host), BLOB, terms())
        for one in stuck:
            one.cancel()
        await asyncio.gather(*stuck, return_exceptions=True)
        return found

    assert asked([registry(full.host), registry(other.host, "other")], ask) == b"hello"
