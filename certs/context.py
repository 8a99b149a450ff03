"""TLS contexts for a server, and the one live context whose certificate can be exchanged under way."""

from __future__ import annotations

import contextlib
import os
import ssl
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from certs.pair import Pair, UnusableError, certificates


def server_context(pair: Pair, client_authorities: bytes | None = None) -> ssl.SSLContext:
    """A context for TLS 1.2 and newer that serves the pair.

    With `client_authorities` (PEM) every client must show a certificate that one of them signed. Raises UnusableError.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    # A resumed session skips the client's certificate, so it would outlive a client authority that was taken away.
    context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_RENEGOTIATION
    context.num_tickets = 0
    try:
        with _as_file(pair) as path:
            # The empty password keeps OpenSSL from asking for one on the terminal.
            context.load_cert_chain(path, password="")
    except (ssl.SSLError, OSError) as error:
        raise UnusableError(f"TLS does not take the pair: {error}") from error
    if client_authorities is not None:
        _require_clients(context, client_authorities)
    return context


def _require_clients(context: ssl.SSLContext, authorities: bytes) -> None:
    try:
        certificates(authorities)
        context.load_verify_locations(cadata=authorities.decode("ascii"))
    except (UnusableError, ssl.SSLError, UnicodeDecodeError) as error:
        raise UnusableError(f"the client authorities cannot be used: {error}") from error
    context.verify_mode = ssl.CERT_REQUIRED


@contextlib.contextmanager
def _as_file(pair: Pair) -> Iterator[str]:
    """The pair as a file for load_cert_chain, which takes nothing else.

    On Linux the file is memory without a name, so the key reaches no disk and a read-only root file system is
    enough. Elsewhere it is a 0600 file in a 0700 folder that is gone as soon as it was read.
    """
    content = pair.certificate.rstrip() + b"\n" + pair.key
    if hasattr(os, "memfd_create") and Path("/proc/self/fd").is_dir():
        with open(os.memfd_create("pair"), "wb") as memory:
            memory.write(content)
            memory.flush()
            yield f"/proc/self/fd/{memory.fileno()}"
        return
    with tempfile.TemporaryDirectory(prefix="doorward-") as folder:
        path = os.path.join(folder, "pair.pem")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        yield path


class LiveContext:
    """A context that hands every new handshake to the newest proven one; open connections keep what they have.

    Loading into a context in use would do for the pair, but a failing load_cert_chain leaves it with a certificate
    and no key, and a client authority can only be added to a context, never taken away. So each reload makes a whole
    new context, and the server-name callback (which OpenSSL calls for clients that send no name, too) exchanges it.
    """

    def __init__(self, proven: ssl.SSLContext) -> None:
        self.front = self._newest = proven
        proven.sni_callback = self._hand_over

    def replace(self, proven: ssl.SSLContext) -> None:
        """From the next handshake on, `proven` serves."""
        self._newest = proven

    def _hand_over(self, connection: ssl.SSLObject, _name: str | None, _front: ssl.SSLContext) -> None:
        connection.context = self._newest


def peer_names(peer: Mapping[str, Any] | None) -> frozenset[str]:
    """The names in a verified client's certificate, as `getpeercert()` gives it: common names, DNS, URI, e-mail, IP."""
    if not peer:
        return frozenset()
    common = {value for part in peer.get("subject", ()) for kind, value in part if kind == "commonName"}
    return frozenset(common | {value for _, value in peer.get("subjectAltName", ())})
