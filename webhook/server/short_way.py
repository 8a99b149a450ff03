"""The short way of a plain review: read as a whole, decided and answered at once.

A review needs none of ASGI's scope, task and messages (docs/adr/005 has what they cost): it is a POST with a JSON body
that mostly arrives in one piece, and mostly nothing has to be waited for. Everything else (a body in pieces, any
unusual header, an answer that needs facts) goes uvicorn's way, from its first byte, as if nothing had been here.
"""

import http
from collections.abc import Callable

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from webhook.server.guard import CLOSE, JSON, Answer, Header

AtOnce = Callable[[bytes, bytes], Answer | None]
"""What is answered to a body that was posted to a target (path and query); None where that takes more than a moment."""

_PLAIN = frozenset((b"host", b"user-agent", b"content-length", b"content-type", b"accept", b"accept-encoding"))
"""Headers that ask for nothing out of the ordinary."""


class ShortWay(HttpToolsProtocol):
    """uvicorn's protocol, with the short way in front of it where the application has one: `at_once`."""

    at_once: AtOnce | None = None

    _body: list[bytes] | None = None
    """The body of a plain review, as far as it has come; None on uvicorn's way."""

    def data_received(self, data: bytes) -> None:
        """What has not come as a whole goes uvicorn's way, where bodies have time and limits."""
        super().data_received(data)
        if self._body is not None and self.parser is not None and not self.transport.is_closing():
            self._turn_back(b"".join(self._body))

    def on_message_begin(self) -> None:
        """Nothing but a place for what comes."""
        self._target, self._headers, self._body = b"", list[Header](), None

    def on_url(self, url: bytes) -> None:
        """Where it is posted to, maybe in pieces."""
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header, as it is written."""
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Which way it goes."""
        if self._is_plain():
            self._body = []
        else:
            self._turn_back()

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        if self._body is None:
            super().on_body(body)
        else:
            self._body.append(body)

    def on_message_complete(self) -> None:
        """The answer, if it can be given at once."""
        if self._body is None or self.at_once is None:
            super().on_message_complete()
            return
        body = b"".join(self._body)
        answer = self.at_once(self._target, body)
        if answer is None:
            self._turn_back(body)
            super().on_message_complete()
            return
        self._body = None
        self.transport.write(_written(answer))
        if CLOSE in answer.headers:
            self.transport.close()
        self.on_response_complete()

    def _is_plain(self) -> bool:
        """Whether this is an ordinary POST of JSON, and nothing before it still waits for its answer."""
        if self.at_once is None or self.parser.get_method() != b"POST" or self.flow.write_paused:
            return False
        if self.pipeline or not (self.cycle is None or self.cycle.response_complete):
            return False
        kind = b""
        for name, value in self._headers:
            low = name.lower()
            if low not in _PLAIN:
                return False
            if low == b"content-type":
                kind = value
        return kind == JSON[1] and self.parser.get_http_version() == "1.1" and self.parser.should_keep_alive()

    def _turn_back(self, body: bytes = b"") -> None:
        """Hands over to uvicorn everything that has come of this request."""
        self._body = None
        super().on_message_begin()
        super().on_url(self._target)
        for name, value in self._headers:
            super().on_header(name, value)
        super().on_headers_complete()
        if body:
            super().on_body(body)


def _written(answer: Answer) -> bytes:
    """The answer as it goes over the wire."""
    head = _HEADS.get(answer.status) or _head(answer.status)
    if len(answer.headers) > 1 or answer.headers[0] is not JSON:
        head += b"".join(b"%b: %b\r\n" % header for header in answer.headers if header != JSON)
    return b"%bcontent-length: %d\r\n\r\n%b" % (head, len(answer.body), answer.body)


def _head(status: int) -> bytes:
    return b"HTTP/1.1 %d %b\r\n%b: %b\r\n" % (status, http.HTTPStatus(status).phrase.encode(), *JSON)


_HEADS = {200: _head(200)}
