"""What a server may do with a request, good and bad: ASGI applications for `FakeRegistry.instead`."""

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Behaviour = Callable[[Scope, Receive, Send], Awaitable[None]]


def content(body: bytes, media_type: str, *headers: tuple[str, str], code: int = 200) -> Behaviour:
    """An ordinary answer."""

    async def answer(_: Scope, __: Receive, send: Send) -> None:
        given = {"content-type": media_type, "content-length": str(len(body)), **dict(headers)}
        raw = [(name.encode(), value.encode()) for name, value in given.items()]
        await send({"type": "http.response.start", "status": code, "headers": raw})
        await send({"type": "http.response.body", "body": body})

    return answer


def error(code: int, word: str, *headers: tuple[str, str]) -> Behaviour:
    """A registry's way of saying no."""
    body = json.dumps({"errors": [{"code": word, "message": "said the fake"}]}).encode()
    return content(body, "application/json", *headers, code=code)


def status(code: int, **headers: str) -> Behaviour:
    """A status with headers (`retry_after="1"`) and no body."""
    return content(b"", "text/plain", *((name.replace("_", "-"), value) for name, value in headers.items()), code=code)


def redirect(to: str, code: int = 307) -> Behaviour:
    return status(code, location=to)


def endless(piece: bytes = b"x" * 65536, pause: float = 0.0) -> Behaviour:
    """A body without an end, as fast as it is taken, or a piece at a time."""

    async def answer(_: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        gone = asyncio.ensure_future(hang(_, receive, send))
        while not gone.done():
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            await asyncio.sleep(pause)

    return answer


async def hang(_: Scope, receive: Receive, __: Send) -> None:
    """Says nothing, until whoever asks has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
