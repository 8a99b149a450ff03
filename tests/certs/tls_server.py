"""A TLS server on loopback that answers each line, and clients that speak to it."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from certs.context import peer_names
from certs.pair import Pair, certificate_of, private_key


class LineServer:
    """Echoes lines, with the client's names in front, over asyncio's TLS, as uvicorn does it."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.port = 0
        self._context = context
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def __enter__(self) -> "LineServer":
        self._thread.start()
        assert self._started.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._loop.set_exception_handler(lambda *_: None)
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0, ssl=self._context)
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stop.wait()
        server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        names = ",".join(sorted(peer_names(writer.get_extra_info("peercert"))))
        try:
            while line := await reader.readline():
                writer.write(f"{names}:".encode() + line)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()


def client_context(bundle: bytes) -> ssl.SSLContext:
    """A client that trusts the bundle alone and insists on the host's name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=bundle.decode())
    return context


@contextmanager
def connection(port: int, context: ssl.SSLContext, name: str = "localhost") -> Iterator[ssl.SSLSocket]:
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=name) as secure,
    ):
        yield secure


def ask(secure: ssl.SSLSocket, line: bytes = b"hello\n") -> bytes:
    """Sends a line and reads the answer; with TLS 1.3 a refused client certificate shows only here."""
    secure.sendall(line)
    answer = b""
    while not answer.endswith(b"\n"):
        piece = secure.recv(100)
        if not piece:
            raise ConnectionResetError("closed without an answer")
        answer += piece
    return answer


def show_certificate(context: ssl.SSLContext, authority: Pair, now: datetime) -> None:
    """Gives the client a certificate of the authority; our own leaves are for servers, which clients may not show."""
    key = ec.generate_private_key(ec.SECP256R1())
    signer = private_key(authority.key)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kube-apiserver")]))
        .issuer_name(certificate_of(authority).subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .sign(signer, hashes.SHA256())
    )
    with TemporaryDirectory() as folder:
        path = Path(folder, "client.pem")
        encoded = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path.write_bytes(certificate.public_bytes(Encoding.PEM) + encoded)
        context.load_cert_chain(path)
