"""Makes cosign-v2/ and cosign-v3/ anew, with real cosign: python -m tests.evidence.data.make

It needs Go; the first time it builds both cosigns, which takes some minutes.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.e2e import components
from tests.evidence.data.log_server import serving
from tests.evidence.pki import new_key
from tests.evidence.rekor_log import RekorLog, new_log

HERE = Path(__file__).parent
MODULES = {
    "v2": "github.com/sigstore/cosign/v2/cmd/cosign@v2.6.5",
    "v3": "github.com/sigstore/cosign/v3/cmd/cosign@v3.1.3",
}
KEYS = {"ci": "P-256", "scan": "P-256", "p384": "P-384", "p521": "P-521", "rsa": "RSA3072", "ed25519": "Ed25519"}
PREDICATES = HERE.parent / "predicates" / "data"
CLAIMS = {
    "slsaprovenance1": "provenance-v1.json",
    "cyclonedx": "cyclonedx-1.6.json",
    "openvex": "openvex.json",
    "https://doorward.dev/attestation/approval/v1": "approval.json",
}
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"

Cosign = Callable[..., None]


def main() -> None:
    registry = components.program(HERE / "registry")
    for version, module in MODULES.items():
        log = new_log()
        with tempfile.TemporaryDirectory() as work, running(registry) as host, serving(log) as log_at:
            place = Path(work)
            cosign = _cosign(cosign_of(version, module), place)
            _make_keys(place, cosign)
            (place / "log.pub").write_text(log.pem)
            images = [_push(host, "web"), _push(host, "other")]
            {"v2": _sign_2, "v3": _sign_3}[version](cosign, host, images, log_at)
            _keep(HERE / f"cosign-{version}", place, host, images, log)


def cosign_of(version: str, module: str) -> Path:
    """The command, built where it is missing."""
    built = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "doorward" / "cosign" / version
    if not (built / "cosign").exists():
        built.mkdir(parents=True, exist_ok=True)
        settings = {"GOBIN": str(built), "CGO_ENABLED": "0", "GOWORK": "off", "GOFLAGS": "-trimpath -buildvcs=false"}
        subprocess.run(["go", "install", "-ldflags", "-s -w", module], env={**os.environ, **settings}, check=True)
    return built / "cosign"


@contextmanager
def running(registry: Path) -> Iterator[str]:
    """An empty registry, and where it listens."""
    with subprocess.Popen([registry], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def _cosign(command: Path, place: Path) -> Cosign:
    """What runs cosign in a folder, without a password, the internet or anything of the user's."""

    def run(*arguments: str, **settings: str) -> None:
        environment = {"PATH": os.environ["PATH"], "HOME": str(place), "COSIGN_PASSWORD": "", **settings}
        done = subprocess.run(
            [command, *arguments], cwd=place, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(f"{command} {' '.join(arguments)}: {done.stderr}")

    return run


def _make_keys(place: Path, cosign: Cosign) -> None:
    for name in ("ci", "scan"):
        cosign("generate-key-pair", "--output-key-prefix", name)
    for name in ("p384", "p521", "rsa", "ed25519"):
        pem = new_key(KEYS[name]).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (place / f"{name}.pem").write_bytes(pem)
        cosign("import-key-pair", "--yes", "--key", f"{name}.pem", "--output-key-prefix", name)


def _push(host: str, name: str) -> str:
    """Pushes a small image, and says its digest."""
    config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}}).encode()
    digest = _digest(config)
    uploads = f"http://{host}/v2/shop/{name}/blobs/uploads/"
    httpx.post(uploads, params={"digest": digest}, content=config).raise_for_status()
    image = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest, "size": len(config)},
        "layers": [],
        "annotations": {"org.opencontainers.image.title": name},
    }
    manifest = json.dumps(image).encode()
    address = f"http://{host}/v2/shop/{name}/manifests/1.0"
    httpx.put(address, content=manifest, headers={"Content-Type": MANIFEST}).raise_for_status()
    return f"shop/{name}@{_digest(manifest)}"


def _sign_2(cosign: Cosign, host: str, images: list[str], log_at: str) -> None:
    """The old way: SimpleSigning in .sig, envelopes in .att."""
    plain = ("--tlog-upload=false",)
    logged = ("--tlog-upload=true", "--rekor-url", log_at)
    trusted = {"SIGSTORE_REKOR_PUBLIC_KEY": "log.pub"}
    web, other = (f"{host}/{image}" for image in images)
    for key in KEYS:
        cosign("sign", "--yes", "--key", f"{key}.key", *plain, "-a", f"by={key}", web)
    cosign("sign", "--yes", "--key", "ci.key", *logged, "-a", "logged=yes", web, **trusted)
    cosign("sign", "--yes", "--key", "ci.key", *plain, other)
    for claim, file in CLAIMS.items():
        cosign(*_attesting("ci", claim, file), *plain, web)
    cosign(*_attesting("scan", "spdxjson", "spdx-2.3.json"), *logged, "--rekor-entry-type", "dsse", web, **trusted)
    cosign(*_attesting("scan", "openvex", "openvex.json"), *logged, "--rekor-entry-type", "intoto", web, **trusted)


def _sign_3(cosign: Cosign, host: str, images: list[str], log_at: str) -> None:
    """The new way: bundles that refer to the image."""
    since = "start-time=2026-01-01T00:00:00Z"
    cosign("signing-config", "create", "--out", "offline.json")
    service = f"url={log_at},api-version=1,{since},operator=corp.example"
    cosign("signing-config", "create", "--rekor", service, "--rekor-config", "ANY", "--out", "logged.json")
    trusted = f"url={log_at},public-key=log.pub,{since}"
    cosign("trusted-root", "create", "--rekor", trusted, "--out", "root.json")
    plain = ("--signing-config", "offline.json", "--allow-http-registry")
    logged = ("--signing-config", "logged.json", "--trusted-root", "root.json", "--allow-http-registry")
    web, other = (f"{host}/{image}" for image in images)
    for key in KEYS:
        cosign("sign", "--yes", "--key", f"{key}.key", *plain, "-a", f"by={key}", web)
    cosign("sign", "--yes", "--key", "ci.key", *logged, "-a", "logged=yes", web)
    cosign("sign", "--yes", "--key", "ci.key", *plain, other)
    for claim, file in CLAIMS.items():
        cosign(*_attesting("ci", claim, file), *plain, web)
    cosign(*_attesting("scan", "spdxjson", "spdx-2.3.json"), *logged, web)
    manifest = httpx.get(_manifest_at(host, images[0]), headers={"Accept": MANIFEST}).content
    with tempfile.NamedTemporaryFile() as blob:
        blob.write(manifest)
        blob.flush()
        for key in ("ci", "ed25519"):
            bundle = f"sign-blob-{key}.json"
            cosign("sign-blob", "--yes", "--key", f"{key}.key", *plain[:2], "--bundle", bundle, blob.name)


def _attesting(key: str, claim: str, file: str) -> tuple[str, ...]:
    return ("attest", "--yes", "--key", f"{key}.key", "--type", claim, "--predicate", str(PREDICATES / file))


def _keep(folder: Path, place: Path, host: str, images: list[str], log: RekorLog) -> None:
    """Everything that the registry has of the images, as an OCI layout, with the public keys beside it."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "keys").mkdir(parents=True)
    for name in KEYS:
        shutil.copy(place / f"{name}.pub", folder / "keys")
    (folder / "keys" / "log.pub").write_text(log.pem)
    for bundle in place.glob("sign-blob-*.json"):
        shutil.copy(bundle, folder)
    listed = [one for image in images for one in _saved(folder, host, image)]
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": listed}
    (folder / "index.json").write_text(json.dumps(index, indent=1) + "\n")
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}\n')


def _saved(folder: Path, host: str, image: str) -> Iterator[dict[str, Any]]:
    """Saves an image's manifest and all that is attached to it, and describes them."""
    repository, _, digest = image.partition("@")
    yield _kept(folder, host, image) | {"annotations": {"org.opencontainers.image.ref.name": repository.split("/")[1]}}
    referrers = httpx.get(f"http://{host}/v2/{repository}/referrers/{digest}").json()
    for one in referrers["manifests"]:
        yield _kept(folder, host, f"{repository}@{one['digest']}")
    for suffix in (".sig", ".att"):
        tag = digest.replace(":", "-") + suffix
        if httpx.get(f"http://{host}/v2/{repository}/manifests/{tag}").status_code == 200:
            yield _kept(folder, host, f"{repository}:{tag}") | {
                "annotations": {"org.opencontainers.image.ref.name": tag}
            }


def _kept(folder: Path, host: str, reference: str) -> dict[str, Any]:
    """Keeps a manifest and its blobs; what describes it in an index."""
    manifest = httpx.get(_manifest_at(host, reference), headers={"Accept": MANIFEST}).content
    repository = reference.partition("@")[0].partition(":")[0]
    document = json.loads(manifest)
    for layer in (document["config"], *document["layers"]):
        blob = httpx.get(f"http://{host}/v2/{repository}/blobs/{layer['digest']}")
        _write(folder, blob.raise_for_status().content)
    _write(folder, manifest)
    return {"mediaType": MANIFEST, "digest": _digest(manifest), "size": len(manifest)}


def _manifest_at(host: str, reference: str) -> str:
    repository, _, name = reference.partition("@" if "@" in reference else ":")
    return f"http://{host}/v2/{repository}/manifests/{name}"


def _write(folder: Path, content: bytes) -> None:
    place = folder / "blobs" / "sha256"
    place.mkdir(parents=True, exist_ok=True)
    (place / _digest(content).removeprefix("sha256:")).write_bytes(content)


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


if __name__ == "__main__":
    main()
