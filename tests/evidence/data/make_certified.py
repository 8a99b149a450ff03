"""Makes cosign-v2-certified/ and cosign-v3-certified/ anew: python -m tests.evidence.data.make_certified

As make.py does, but the signer has a certificate of an authority of ours, and a time-stamp authority of ours stamps.
"""

import json
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.e2e.components import program
from tests.evidence.data import make
from tests.evidence.pki import Certified, certify, root
from tests.evidence.stamps import Stamper, stamper

LIFE = timedelta(hours=1)
"""How long the signer's certificate is valid: it has expired whenever somebody reads what is made here."""


README = """# Made by real cosign, for a signer with a certificate

`python -m tests.evidence.data.make_certified` makes this folder again: an OCI layout with an image and what cosign
attached to it. The signer's certificate (`keys/root.pem` is its root) was valid for an hour; what is stamped was
stamped by the time-stamp authority that `keys/tsa.pem` certifies. Annotations `stamped=yes|no` say which signature is
which.
"""


def main() -> None:
    registry = program(make.HERE / "registry")
    for version, module in make.MODULES.items():
        now = datetime.now(UTC).replace(microsecond=0)
        top = root(since=now)
        issuer = certify("CN=Issuing,O=corp", top, ca=True, since=now)
        signer = certify(
            "CN=ci,O=corp", issuer, since=now, until=now + LIFE, names=[x509.RFC822Name("ci@corp.example")]
        )
        tsa = stamper(since=now, until=now + timedelta(days=3650))
        with tempfile.TemporaryDirectory() as work, make.running(registry) as host, serving(tsa) as stamps_at:
            place = Path(work)
            cosign = make._cosign(make.cosign_of(version, module), place)
            _lay_out(place, signer, issuer, top)
            cosign("import-key-pair", "--yes", "--key", "ci.pem", "--output-key-prefix", "ci")
            image = make._push(host, "web")
            {"v2": _sign_2, "v3": _sign_3}[version](cosign, f"{host}/{image}", stamps_at)
            folder = make.HERE / f"cosign-{version}-certified"
            _keep(folder, host, image, {"root": top, "tsa": tsa.issuer})


def _lay_out(place: Path, signer: Certified, *issuers: Certified) -> None:
    key = signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (place / "ci.pem").write_bytes(key)
    (place / "certificate.pem").write_text(signer.pem)
    (place / "chain.pem").write_text("".join(one.pem for one in issuers))


SIGNER = ("--yes", "--key", "ci.key", "--certificate", "certificate.pem", "--certificate-chain", "chain.pem")
SBOM = ("--type", "spdxjson", "--predicate", str(make.PREDICATES / "spdx-2.3.json"))


def _sign_2(cosign: make.Cosign, image: str, stamps_at: str) -> None:
    stamped = ("--tlog-upload=false", "--timestamp-server-url", stamps_at)
    cosign("sign", *SIGNER, *stamped, "-a", "stamped=yes", image)
    cosign("sign", *SIGNER, "--tlog-upload=false", "-a", "stamped=no", image)
    cosign("attest", *SIGNER, *stamped, *SBOM, image)


def _sign_3(cosign: make.Cosign, image: str, stamps_at: str) -> None:
    service = f"url={stamps_at},api-version=1,start-time=2026-01-01T00:00:00Z,operator=corp.example"
    cosign("signing-config", "create", "--tsa", service, "--tsa-config", "ANY", "--out", "stamped.json")
    cosign("signing-config", "create", "--out", "offline.json")
    for stamped, config in (("yes", "stamped.json"), ("no", "offline.json")):
        to = ("--signing-config", config, "--allow-http-registry")
        cosign("sign", *SIGNER, *to, "-a", f"stamped={stamped}", image)
    cosign("attest", *SIGNER, *SBOM, "--signing-config", "stamped.json", "--allow-http-registry", image)


def _keep(folder: Path, host: str, image: str, certificates: dict[str, Certified]) -> None:
    """Everything that the registry has of the image, as an OCI layout, with the certificates beside it."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "keys").mkdir(parents=True)
    for name, one in certificates.items():
        (folder / "keys" / f"{name}.pem").write_text(one.pem)
    index = {"schemaVersion": 2, "mediaType": make.INDEX, "manifests": list(make._saved(folder, host, image))}
    (folder / "index.json").write_text(json.dumps(index, indent=1) + "\n")
    (folder / "README.md").write_text(README)
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}\n')


@contextmanager
def serving(tsa: Stamper, status: int = 201) -> Iterator[str]:
    """Serves a time-stamp authority on the loopback address, and says where; sigstore wants 201, RFC 3161 nothing."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            answer = tsa.answer(asked, datetime.now(UTC))
            self.send_response(status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


if __name__ == "__main__":
    main()
