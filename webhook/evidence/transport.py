"""One registry's host on the wire: what may be dialled, how much is read, how long it may take.

An answer comes from the host itself, or from one that its Registry declares. Cookies, proxies of the environment and
automatic redirects do not exist here: requests go through httpx's transport, not through its client.
"""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from typing import NamedTuple

import httpx

from webhook import VERSION
from webhook.evidence.addresses import authority, host_of, is_loopback, same_place
from webhook.evidence.connections import PARALLEL, Handshake, Pools
from webhook.evidence.failures import Lying, Misconfigured, NotAvailable
from webhook.patterns import shown
from webhook.pod.reference import DOCKER_HUB
from webhook.policy.trusted import Registry

MOST_REDIRECTS = 3
MOST_TURNS = 3
"""How often one thing is asked for: again after a broken connection, and after 429 or 503."""

_REST = 10.0  # seconds in which a host that did not answer is not asked where a mirror can be
_PAUSE = 0.25  # seconds before asking again, where 429 does not say how long; doubled each time
_HUB_API = "registry-1.docker.io"  # Docker Hub's images are named by another host than the one that serves them
_MOST_WORDS = 8192  # bytes that are read of an answer that is no 200
_OURS = {"Accept-Encoding": "identity", "User-Agent": f"doorward/{VERSION}"}
_MOVED = frozenset({301, 302, 303, 307, 308})


class Asking(NamedTuple):
    """What is being asked, for people; by when (`time.monotonic`); and how many bytes of a body are read at most."""

    what: str
    deadline: float
    most: int


class Answer(NamedTuple):
    """A whole answer, whatever its status; `host` is who gave it."""

    status: int
    headers: httpx.Headers
    body: bytes
    host: str


@asynccontextmanager
async def by(deadline: float, what: str, host: str) -> AsyncIterator[None]:
    """Gives up at the deadline (`time.monotonic`), whatever is being waited for: raises NotAvailable."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise NotAvailable(what, f"no time was left to ask {host}")
    try:
        async with asyncio.timeout(left):
            yield
    except TimeoutError:
        raise NotAvailable(what, f"{host} did not answer in time") from None


class Endpoint:
    """A host that a Registry declares, its own or a mirror: everything that is sent to it goes through here."""

    def __init__(self, registry: Registry, host: str, pools: Pools) -> None:
        self.registry = registry
        self.host = host
        insecure = registry.spec.insecure and host == registry.spec.host
        self.plain = insecure or (is_loopback(host) and not registry.spec.ca)
        dialled = _HUB_API if host == DOCKER_HUB else host
        self._scheme_and_host = f"{'http' if self.plain else 'https'}://{dialled}"
        self._base = httpx.URL(self._scheme_and_host)
        self._pools = pools
        self._slots = asyncio.Semaphore(PARALLEL)
        self._away_until = 0.0
        self.away: NotAvailable | None = None

    def url(self, path: str) -> httpx.URL:
        """The address of a path on this host."""
        return httpx.URL(f"{self._scheme_and_host}{path}")

    def is_resting(self) -> bool:
        """Whether it did not answer a moment ago; `away` says what happened."""
        return self.away is not None and time.monotonic() < self._away_until

    def rest(self, failure: NotAvailable) -> None:
        """It did not answer: whoever has a mirror to ask leaves it alone for a moment."""
        self.away, self._away_until = failure, time.monotonic() + _REST

    def may_be_asked_for_tokens(self, realm: str) -> bool:
        """Whether a token service may be asked: on this very host, or declared, and not plain where this may not be."""
        try:
            url = httpx.URL(realm)
        except httpx.InvalidURL:
            return False
        if url.query or url.userinfo or not self._may_be_plain(url):
            return False
        declared = (httpx.URL(one) for one in self.registry.spec.token_realms)
        return authority(url) == authority(self._base) or any(same_place(url, one) for one in declared)

    async def get(self, url: httpx.URL, headers: Mapping[str, str], asking: Asking) -> Answer:
        """Asks, follows declared redirects, and waits and asks again where it is told to and has the time.

        Any status but a redirect is an answer. Raises NotAvailable, Lying and Misconfigured.
        """
        return await self._patiently(lambda: self._followed(url, headers, asking), asking)

    async def send(
        self, method: str, url: httpx.URL, headers: Mapping[str, str], body: bytes, asking: Asking
    ) -> Answer:
        """Changes something on this very host, and may do so twice where a connection breaks; nothing is followed."""
        sent = {**headers, **_OURS}
        return await self._patiently(
            lambda: self._exchange(httpx.Request(method, url, headers=sent, content=body), asking), asking
        )

    def own_path(self, location: str) -> str:
        """The path and query of an address on this host, "" for one elsewhere; what scheme it names is not believed."""
        try:
            url = self._base.join(location)
        except httpx.InvalidURL:
            return ""
        own = url.host == self._base.host and url.port in (None, self._base.port) and not url.userinfo
        return url.raw_path.decode() if location and own else ""

    async def _patiently(self, ask: Callable[[], Awaitable[Answer]], asking: Asking) -> Answer:
        async with by(asking.deadline, asking.what, self.host):
            for turn in range(MOST_TURNS - 1):
                try:
                    answer = await self._in_turn(ask)
                except _Broken:
                    continue
                if not _is_busy(answer):
                    return answer
                await _asked_to_wait(answer, turn, asking)
            try:
                return await self._in_turn(ask)
            except _Broken as error:
                raise NotAvailable(asking.what, str(error)) from None

    async def ask_for_token(self, request: httpx.Request, asking: Asking) -> Answer:
        """One request to a token service that `may_be_asked_for_tokens`; nothing is followed from there."""
        async with by(asking.deadline, asking.what, host_of(request.url)):
            try:
                return await self._exchange(request, asking)
            except _Broken:
                pass
            try:
                return await self._exchange(request, asking)
            except _Broken as error:
                raise NotAvailable(asking.what, str(error)) from None

    async def _in_turn(self, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        async with self._slots:
            return await ask()

    async def _followed(self, url: httpx.URL, headers: Mapping[str, str], asking: Asking) -> Answer:
        sent = {**headers, **_OURS}
        for _ in range(MOST_REDIRECTS + 1):
            answer = await self._exchange(httpx.Request("GET", url, headers=sent), asking)
            if answer.status not in _MOVED:
                return answer
            url = self._redirected(url, answer, asking.what)
            if authority(url) != authority(self._base):
                sent.pop("Authorization", None)
        raise Lying(asking.what, f"{self.host} redirects more than {MOST_REDIRECTS} times")

    def _redirected(self, url: httpx.URL, answer: Answer, what: str) -> httpx.URL:
        try:
            target = url.join(answer.headers.get("location", ""))
        except httpx.InvalidURL:
            raise Lying(what, f"{answer.host} redirects to what is no address") from None
        declared = target.host and not target.userinfo and self._may_be_redirected_to(target)
        if not declared:
            place = shown(f"{target.scheme}://{host_of(target)}")
            raise Misconfigured(
                what, f"{answer.host} redirects to {place}, which is not among the redirectHosts of its Registry"
            )
        if not self._may_be_plain(target):
            raise Misconfigured(what, f"{answer.host} redirects to plain HTTP at {shown(host_of(target))}")
        return target

    def _may_be_redirected_to(self, target: httpx.URL) -> bool:
        if target.scheme not in ("http", "https"):
            return False
        hosts = (httpx.URL(f"{target.scheme}://{host}") for host in self.registry.spec.redirect_hosts)
        return authority(target) in (authority(self._base), *map(authority, hosts))

    def _may_be_plain(self, url: httpx.URL) -> bool:
        return url.scheme == "https" or (url.scheme == "http" and (self.plain or is_loopback(host_of(url))))

    async def _exchange(self, request: httpx.Request, asking: Asking) -> Answer:
        what, own = asking.what, authority(request.url) == authority(self._base)
        host = self.host if own else host_of(request.url)
        request.extensions["trace"] = Handshake()
        try:
            response = await self._pools.of(own).handle_async_request(request)
            try:
                if response.status_code == 200:
                    body = await _read(response, asking, host)
                else:
                    body, _ = await _up_to(response, _MOST_WORDS)
            finally:
                await response.aclose()
        except httpx.ConnectError as error:
            raise NotAvailable(what, f"{host} cannot be reached: {_reason(error)}") from None
        except (httpx.TransportError, OSError):
            raise _Broken(f"{host} broke off, or does not speak HTTP") from None
        return Answer(response.status_code, response.headers, body, host)


class _Broken(Exception):
    """The connection ended too early; a kept one does when the other side has just given it up."""


async def _read(response: httpx.Response, asking: Asking, host: str) -> bytes:
    """The body, if it is no longer than it may be; raises Lying as soon as it is, or where it comes compressed."""
    what, most = asking.what, asking.most
    if response.headers.get("content-encoding", "").lower() not in ("", "identity"):
        raise Lying(what, f"{host} sends it compressed, which nobody asked for")
    announced = response.headers.get("content-length", "")
    if announced.isdigit() and (len(announced) > 18 or int(announced) > most):
        raise Lying(what, f"{host} sends {announced[:18]} bytes, more than {most}")
    body, whole = await _up_to(response, most)
    if not whole:
        raise Lying(what, f"{host} sends more than {most} bytes")
    return body


async def _up_to(response: httpx.Response, most: int) -> tuple[bytes, bool]:
    """At most so many bytes, and whether that is all."""
    chunks: list[bytes] = []
    left = most
    try:
        async for chunk in response.aiter_raw():
            chunks.append(chunk[: max(left, 0)])
            left -= len(chunk)
            if left < 0:
                # Closed, the iteration ends by itself; one that is left halfway would end in a task of its own, later.
                await response.aclose()
    except httpx.TransportError:
        if left >= 0:
            raise
    return b"".join(chunks), left >= 0


def _is_busy(answer: Answer) -> bool:
    return answer.status == 429 or (answer.status == 503 and "retry-after" in answer.headers)


async def _asked_to_wait(answer: Answer, turn: int, asking: Asking) -> None:
    """Waits as long as Retry-After says; raises NotAvailable at once where that is longer than the caller has."""
    said = _retry_after(answer.headers.get("retry-after", ""))
    wait = _PAUSE * 2**turn if said is None else said
    if time.monotonic() + wait >= asking.deadline:
        busy = f"{answer.host} answers {answer.status}: too many requests, or out of order"
        raise NotAvailable(asking.what, busy if said is None else f"{busy}; ask again in {wait:.0f} s")
    await asyncio.sleep(wait)


def _retry_after(said: str) -> float | None:
    if said.isdigit() and len(said) < 10:
        return float(said)
    try:
        return max(0.0, parsedate_to_datetime(said).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def _reason(error: httpx.ConnectError) -> str:
    """Why a connection failed, without numbers and addresses of the library."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate does not hold ({cause.verify_message})"
        if isinstance(cause, ssl.SSLError):
            return "it does not speak TLS as we do"
        if isinstance(cause, ConnectionRefusedError):
            return "connection refused"
        if isinstance(cause, OSError) and cause.strerror and not cause.__cause__ and not cause.__context__:
            return cause.strerror.lower()
        cause = cause.__cause__ or cause.__context__
    return "no connection"
