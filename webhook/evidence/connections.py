"""Connections to the hosts of one Registry, and which certificates they must show."""

import ssl
from collections.abc import Mapping
from functools import cache
from typing import Any

import httpx

from webhook.errors import RulesError
from webhook.policy.trusted import Registry
from webhook.source.problem import Problem

PARALLEL = 8
"""Requests that one host answers for us at a time; the others wait, each until its own deadline."""

_KEPT = 30.0  # seconds that an idle connection is kept


class Handshake:
    """Closes a connection whose TLS handshake is given up; goes along with a request as its `trace`.

    httpcore forgets such a connection when it is cancelled, and its socket stays open until garbage is collected: a
    registry that accepts and then says nothing could use up all that we may open.
    """

    def __init__(self) -> None:
        self._stream: Any = None

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        """What httpcore tells of a request's progress."""
        if event == "connection.connect_tcp.complete":
            self._stream = info["return_value"]
        elif event == "connection.start_tls.failed" and self._stream is not None:
            await self._stream.aclose()


class Pools:
    """The connections of one Registry. With a `ca`, its own hosts must show a certificate of that authority.

    The other hosts that it declares may also show one of a public authority: they are often other people's.
    """

    def __init__(self, registry: Registry) -> None:
        self._own = _pool(_trusting(registry, _bare()) if registry.spec.ca else _public())
        self._others = _pool(_trusting(registry, _all_public())) if registry.spec.ca else self._own

    def of(self, own: bool) -> httpx.AsyncHTTPTransport:
        """The connections to the registry's own hosts, or to the others."""
        return self._own if own else self._others

    async def aclose(self) -> None:
        """Closes every connection."""
        await self._own.aclose()
        await self._others.aclose()


def _pool(context: ssl.SSLContext) -> httpx.AsyncHTTPTransport:
    # More connections than PARALLEL cannot be in use; a limit in the pool would only be another queue to be stuck in.
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=PARALLEL, keepalive_expiry=_KEPT)
    return httpx.AsyncHTTPTransport(verify=context, trust_env=False, limits=limits)


@cache
def _public() -> ssl.SSLContext:
    """One context for all who trust public authorities alone: making it takes longer than a request."""
    return _all_public()


def _all_public() -> ssl.SSLContext:
    # The authorities that come with httpx, everywhere the same; those of the system depend on its environment.
    return httpx.create_ssl_context(trust_env=False)


def _bare() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _trusting(registry: Registry, context: ssl.SSLContext) -> ssl.SSLContext:
    """The context with the registry's `ca` added; raises RulesError where that holds no certificates."""
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # As Go reads such a bundle: an intermediate in it is trusted, though its issuer is not there.
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    name = registry.spec.ca
    try:
        context.load_verify_locations(cadata=registry.files[name].decode("ascii"))
    except (ssl.SSLError, ValueError) as error:
        cure = "put PEM certificates there, one after the other"
        problem = Problem(f"`ca` {name} holds no certificates that can be used", registry.place, help=cure)
        raise RulesError([problem]) from error
    return context
