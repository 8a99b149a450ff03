"""What keeps one request from harming the others: limits on size, time and number, and who may ask at all.

Everything here ends in a Refused: a status and one sentence, never a trace.
"""

from asyncio import CancelledError, current_task, get_running_loop
from collections.abc import Awaitable, Callable, MutableMapping
from functools import lru_cache
from time import monotonic
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import msgspec

from webhook.pod.duration import Duration

BODY_LIMIT = 7 * 1024 * 1024
"""Bytes of a body: the API server takes objects of 3 MiB, and a review holds an object, an old one and an envelope."""

LONGEST = 30.0
"""Seconds: the API server never gives a webhook more time."""

ENOUGH_TO_RETRY = 2.0
"""Seconds that must be left for a Retry-After of one second to be worth the API server's while."""

_TOO_SLOW = "the body did not arrive in time"

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Header = tuple[bytes, bytes]

JSON: Header = (b"content-type", b"application/json")
TEXT: Header = (b"content-type", b"text/plain; charset=utf-8")
CLOSE: Header = (b"connection", b"close")


class Answer(NamedTuple):
    """What goes back over HTTP."""

    status: int
    body: bytes
    headers: tuple[Header, ...] = (JSON,)


class Refused(Exception):
    """A request that is answered by HTTP alone, without a review; `reason` is one word for the metric."""

    def __init__(self, status: int, reason: str, sentence: str, *headers: Header) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.answer = Answer(status, msgspec.json.encode({"error": sentence}), (JSON, *headers))


class Disconnected(Exception):
    """Nobody waits for the answer any more."""


@lru_cache(256)
def allowance(query: bytes) -> float:
    """Seconds that the API server's `timeout` query leaves us; LONGEST where it says nothing that can be read.

    The API server rounds the time that is left up to a whole second, so up to one second less is promised.
    """
    try:
        given = Duration.parse(parse_qs(query.decode())["timeout"][-1]).seconds
    except (ValueError, KeyError):
        return LONGEST
    given = min(given, LONGEST)
    return given - min(1.0, given / 2)


def try_again(reason: str, sentence: str, seconds: float) -> Refused:
    """503; with Retry-After, on which the API server asks again, if `seconds` leave room for it."""
    retry = ((b"retry-after", b"1"),) if seconds >= ENOUGH_TO_RETRY else ()
    return Refused(503, reason, sentence, *retry)


class Guard:
    """Limits that all requests share.

    `most` is how many requests may have arrived and not been answered; `buffered` how many bytes of bodies that are
    still arriving may be held; `arrived` counts the former.
    """

    def __init__(self, most: int = 1000, buffered: int = 64 * 1024 * 1024, body_limit: int = BODY_LIMIT) -> None:
        self.arrived: Callable[[], int] = int
        self._most, self._buffered, self._body_limit = most, buffered, body_limit
        self._held = 0

    @property
    def crowded(self) -> bool:
        """Whether too many requests wait for their answers."""
        return self.arrived() > self._most

    def admit(self, seconds: float) -> None:
        """Refuses while too many requests wait for their answers."""
        if self.crowded:
            raise try_again("overload", "too many requests at once", seconds)

    def head(self, scope: Scope) -> None:
        """Refuses what does not call itself JSON, or says that it is too big."""
        kind = b""
        for name, value in scope["headers"]:
            if name == b"content-type":
                kind = value
            elif name == b"content-length" and int(value) > self._body_limit:
                raise self._too_big()
        if kind != b"application/json" and kind.partition(b";")[0].strip().lower() != b"application/json":
            raise Refused(415, "media_type", "the content type must be application/json", CLOSE)

    async def body(self, receive: Receive, seconds: float) -> bytes:
        """The whole body; Refused if it is too big or too slow, Disconnected if it breaks off."""
        first = await self._piece(receive, seconds)
        if not first.get("more_body"):
            whole: bytes = first["body"]
            if len(whole) > self._body_limit:
                raise self._too_big()
            return whole
        pieces = [first["body"]]
        try:
            await self._rest(pieces, receive, monotonic() + seconds)
        finally:
            self._held -= sum(map(len, pieces))
        return b"".join(pieces)

    async def _rest(self, pieces: list[bytes], receive: Receive, deadline: float) -> None:
        size = len(pieces[0])
        self._held += size
        more = True
        while more:
            if size > self._body_limit:
                raise self._too_big()
            if self._held > self._buffered:
                raise try_again("overload", "too many large bodies at once", deadline - monotonic())
            message = await self._piece(receive, deadline - monotonic())
            pieces.append(message["body"])
            size += len(message["body"])
            self._held += len(message["body"])
            more = message.get("more_body", False)
        if size > self._body_limit:
            raise self._too_big()

    async def _piece(self, receive: Receive, seconds: float) -> MutableMapping[str, Any]:
        # asyncio.timeout would do the same for four times the price, and this is paid by each request.
        task = current_task()
        timer = get_running_loop().call_later(seconds, task.cancel, _TOO_SLOW) if task else None
        try:
            message = await receive()
        except CancelledError as error:
            if task is None or error.args != (_TOO_SLOW,):
                raise
            task.uncancel()
            raise Refused(408, "too_slow", _TOO_SLOW, CLOSE) from None
        finally:
            if timer:
                timer.cancel()
        if message["type"] != "http.request":
            raise Disconnected
        return message

    def _too_big(self) -> Refused:
        return Refused(413, "too_large", f"the body is larger than {self._body_limit // 1024 // 1024} MiB", CLOSE)
