"""A real registry on loopback with images in it, and the real cosign, to sign them and to say things about them."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Mapping
from copy import copy
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.components import program, tool
from tests.e2e.process import Process

REGISTRY = Path(__file__).parents[1] / "evidence/data/registry"
COSIGN = Path(__file__).parent / "cosign"
LIMIT_S = 60

_CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
_LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip"
_MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"


class Registry(Process):
    """go-containerregistry's registry, with or without the referrers API; plain HTTP, everything in memory."""

    def __init__(self, folder: Path, *, referrers: bool = True) -> None:
        log = folder / "registry.log"
        super().__init__("registry", [program(REGISTRY), *([] if referrers else ["no-referrers"])], log)
        self.wait_until(lambda: log.read_text().endswith("\n"))
        self.host = log.read_text().split()[0]

    def push(self, path: str, tag: str, content: str = "") -> str:
        """Push a small image; returns its digest, which the content decides."""
        config = json.dumps({"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers"}})
        described = [
            self._blob(path, config.encode(), _CONFIG_TYPE),
            self._blob(path, f"{path}:{content or tag}".encode(), _LAYER_TYPE),
        ]
        manifest = {"schemaVersion": 2, "mediaType": _MANIFEST_TYPE, "config": described[0], "layers": described[1:]}
        return self._manifest(path, tag, json.dumps(manifest).encode())

    def _blob(self, path: str, content: bytes, media_type: str) -> dict[str, Any]:
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        begun = httpx.post(f"http://{self.host}/v2/{path}/blobs/uploads/", trust_env=False)
        place = httpx.URL(f"http://{self.host}").join(begun.headers["location"]).copy_merge_params({"digest": digest})
        httpx.put(place, content=content, trust_env=False).raise_for_status()
        return {"mediaType": media_type, "digest": digest, "size": len(content)}

    def _manifest(self, path: str, tag: str, content: bytes) -> str:
        address = f"http://{self.host}/v2/{path}/manifests/{tag}"
        httpx.put(
            address, content=content, headers={"content-type": _MANIFEST_TYPE}, trust_env=False
        ).raise_for_status()
        return f"sha256:{hashlib.sha256(content).hexdigest()}"


class Cosign:
    """cosign with a key of its own in `folder`; nothing leaves the machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._run("generate-key-pair")
        self._run("signing-config", "create", "--out", "signing.json")
        self.public_key = (folder / "cosign.pub").read_text()
        self._trusts = "cosign.pub"

    def knowing(self, public_key: Path) -> Cosign:
        """The same cosign, which verifies with another public key (PEM)."""
        other = copy(self)
        other._trusts = str(public_key)
        return other

    def sign(self, image: str, **annotations: str) -> None:
        """Sign an image in the bundle format."""
        said = [word for name, value in annotations.items() for word in ("-a", f"{name}={value}")]
        self._run("sign", "--key", "cosign.key", "--yes", "--signing-config", "signing.json", *_PLAIN, *said, image)

    def attest(self, image: str, kind: str, predicate: Mapping[str, Any]) -> None:
        """Attest a predicate (a cosign type or a URI) in the bundle format."""
        file = self._folder / "predicate.json"
        file.write_text(json.dumps(predicate))
        words = ["attest", "--key", "cosign.key", "--yes", "--signing-config", "signing.json", *_PLAIN]
        self._run(*words, "--type", kind, "--predicate", str(file), image)

    def sign_the_old_way(self, image: str) -> None:
        """Sign an image as cosign v2 did: a `.sig` tag."""
        self._run("sign", "--key", "cosign.key", "--yes", *_PLAIN, *_OLD, image)

    def verifies_attestation(self, image: str, kind: str) -> bool:
        """Whether cosign itself accepts an attestation of this type by this key."""
        words = ["verify-attestation", "--key", self._trusts, "--insecure-ignore-tlog=true", *_PLAIN]
        return self._answer(*words, "--type", kind, image).returncode == 0

    def _run(self, *words: str) -> None:
        answer = self._answer(*words)
        assert answer.returncode == 0, f"cosign {' '.join(words)}: {answer.stderr}"

    def _answer(self, *words: str) -> subprocess.CompletedProcess[str]:
        quiet = {"COSIGN_PASSWORD": "", "HOME": str(self._folder), "TUF_ROOT": str(self._folder / "tuf")}
        return subprocess.run(
            [tool(COSIGN), *words],
            cwd=self._folder,
            env={**os.environ, **quiet},
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )


_PLAIN = ("--allow-http-registry", "--allow-insecure-registry")
_OLD = ("--new-bundle-format=false", "--use-signing-config=false", "--tlog-upload=false")
