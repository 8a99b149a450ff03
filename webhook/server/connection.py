"""One connection of the admission listener: uvicorn's, with limits on request heads and silence, and on who may ask."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from certs.context import peer_names
from webhook.server.guard import CLOSE, Answer, Header, Receive, Refused, Scope, Send
from webhook.server.short_way import ShortWay

HEAD_LIMIT = 64 * 1024
"""Bytes of a request line with its headers; the API server needs a few hundred."""


async def send_answer(send: Send, answer: Answer, *more: Header) -> None:
    """Sends a whole answer."""
    headers = [*answer.headers, (b"content-length", b"%d" % len(answer.body)), *more]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


async def turn_away(_scope: Scope, _receive: Receive, send: Send) -> None:
    """Answers a client whose certificate is good and whose name is not among those that may ask."""
    await send_answer(send, Refused(403, "client", "the client certificate's name may not ask here", CLOSE).answer)


class Connection(ShortWay):
    """A connection on which whoever passed TLS may ask."""

    names: Collection[str] = ()
    """The names of which a client's certificate must have one; none: any."""

    _in_head = True
    _head = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Looks at the client's certificate, once, and does not wait for ever for the first request."""
        super().connection_made(transport)
        self.at_once = getattr(self.app, "at_once", None)
        if self.names and peer_names(transport.get_extra_info("peercert")).isdisjoint(self.names):
            self.app, self.at_once = turn_away, None
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        """Gives up a head without end, which would be kept in memory."""
        super().data_received(data)
        if self._in_head and not self.transport.is_closing():
            self._head += len(data)
            if self._head > HEAD_LIMIT:
                self.send_400_response("The head of the request is too large.")
            else:
                self._wait_for_head()

    def on_message_begin(self) -> None:
        self._in_head, self._head = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def _wait_for_head(self) -> None:
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)


def allowing(names: Collection[str]) -> type[Connection]:
    """The kind of connection on which only clients with one of these names may ask."""
    return type("NamedConnection", (Connection,), {"names": frozenset(names)})
