"""Makes notation/ anew, with the Notary Project's own library: python -m tests.evidence.data.make_notation

The authority, the signer and the time-stamp authority are ours, as in make_certified.py. It needs Go.
"""

import json
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.e2e.components import program
from tests.evidence.data.make_certified import LIFE, serving
from tests.evidence.enclosed import DIGEST
from tests.evidence.pki import Certified, certify, root
from tests.evidence.stamps import stamper

HERE = Path(__file__).parent
KINDS = {
    "es256": "P-256",
    "es384": "P-384",
    "es512": "P-521",
    "ps256": "RSA2048",
    "ps384": "RSA3072",
    "ps512": "RSA4096",
}


README = """# Signatures of the Notary Project, made by its own library

`python -m tests.evidence.data.make_notation` makes these files again, with `notation-core-go` (`../notary`). All are
about the digest that `tests/evidence/enclosed.py` names. The signer's certificate was valid for an hour, so only the
countersignature of the time-stamp authority (`tsa.pem` certifies it) proves that it was used in time.

- `es256.json` to `ps512.json`: each algorithm, countersigned
- `expiring.json`: expires half an hour after it was made
- `unstamped.json`: without a countersignature
- `authority.json`: of the scheme `notary.x509.signingAuthority`
"""


def main() -> None:
    notary, folder = program(HERE / "notary"), HERE / "notation"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    now = datetime.now(UTC).replace(microsecond=0)
    top, tsa = root(since=now), stamper(since=now, until=now + timedelta(days=3650))
    (folder / "README.md").write_text(README)
    (folder / "root.pem").write_text(top.pem)
    (folder / "tsa.pem").write_text(tsa.issuer.pem)
    with tempfile.TemporaryDirectory() as work, serving(tsa, status=200) as stamps_at:
        stamped = ("-stamps", stamps_at, "-roots", str(folder / "tsa.pem"))
        for name, kind in KINDS.items():
            signer = certify("CN=ci,O=corp", top, kind=kind, since=now, until=now + LIFE)
            chain = _laid_out(Path(work), signer, top)
            _sign(folder / f"{name}.json", str(notary), *stamped, *chain)
            if name == "es256":
                _sign(folder / "expiring.json", str(notary), "-life", "30m", *stamped, *chain)
                _sign(folder / "unstamped.json", str(notary), *chain)
                _sign(folder / "authority.json", str(notary), "-scheme", "notary.x509.signingAuthority", *chain)


def _laid_out(place: Path, signer: Certified, issuer: Certified) -> tuple[str, str]:
    key, chain = place / "key.pem", place / "chain.pem"
    key.write_bytes(signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    chain.write_text(signer.pem + issuer.pem)
    return str(key), str(chain)


def _sign(file: Path, *command: str) -> None:
    target = {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": DIGEST, "size": 528}
    payload = json.dumps({"targetArtifact": {**target, "annotations": {"build": "42"}}}).encode()
    file.write_bytes(subprocess.run(command, input=payload, stdout=subprocess.PIPE, check=True).stdout)


if __name__ == "__main__":
    main()
