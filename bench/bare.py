"""The yardstick for requests: uvicorn with Doorward's TLS, that decodes a review with msgspec, object included, and
says yes. `python -m bench.bare CERTIFICATE KEY PORTS-FILE`."""

import asyncio
import json
import ssl
import sys
from pathlib import Path
from typing import Any

import msgspec
import uvicorn
import uvloop

from certs.context import server_context
from certs.pair import Pair
from webhook.server.serve import KEEP_ALIVE


class Request(msgspec.Struct):
    """What the yardstick reads of a request."""

    uid: str
    object: dict[str, Any] | None = None


class Review(msgspec.Struct):
    """The envelope."""

    request: Request


_decode = msgspec.json.Decoder(Review).decode
_encode = msgspec.json.Encoder().encode


async def app(_scope: Any, receive: Any, send: Any) -> None:
    """Says yes to every review."""
    message = await receive()
    body = message["body"]
    if message["more_body"]:
        pieces = [body]
        while message["more_body"]:
            message = await receive()
            pieces.append(message["body"])
        body = b"".join(pieces)
    request = _decode(body).request
    response = {"uid": request.uid, "allowed": True}
    answer = _encode({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response})
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


async def serve(certificate: Path, key: Path, ports: Path) -> None:
    """Serves until a signal."""
    context = server_context(Pair(certificate.read_bytes(), key.read_bytes()))

    def same(_config: uvicorn.Config, _default: Any) -> ssl.SSLContext:
        return context

    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        http="httptools",
        interface="asgi3",
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        ssl_context_factory=same,
    )
    bound = config.bind_socket()
    ports.write_text(json.dumps({"port": bound.getsockname()[1]}))
    await uvicorn.Server(config).serve(sockets=[bound])


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(*map(Path, sys.argv[1:4])))
