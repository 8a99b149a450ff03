"""What `doorward evidence attest` writes, all real: a registry keeps it, cosign verifies it, a check accepts it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.e2e.doorward import doorward
from tests.e2e.objects import pod
from tests.e2e.registry import Cosign, Registry
from tests.e2e.test_evidence import POLICY, documents, scan
from tests.evidence.pki import new_key, public_pem

KEYS = ("P-256", "P-384", "P-521", "RSA3072", "Ed25519")
APPROVAL = "https://doorward.dev/attestation/approval/v1"
PREDICATES = Path(__file__).parents[1] / "evidence/predicates/data"


class Pem:
    """A key pair as files, and cosign with its public key."""

    def __init__(self, folder: Path, cosign: Cosign, kind: str) -> None:
        key = new_key(kind)
        self.file = folder / f"{kind}.pem"
        self.file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        self.public_key = public_pem(key)
        (folder / f"{kind}.pub").write_text(self.public_key)
        self.cosign = cosign.knowing(folder / f"{kind}.pub")


class World:
    """A registry, who signs images, who scans with a key of his own making, and rules that trust both."""

    def __init__(self, folder: Path, registry: Registry) -> None:
        self.folder, self.registry = folder, registry
        self.ci = Cosign(folder / "ci")
        self.scanner = Pem(folder, self.ci, "P-256")
        self.rules = folder / "rules"
        self.rules.mkdir()
        (self.rules / "policy.yaml").write_text(POLICY.replace("HOST", registry.host))
        trusted = documents(registry, self.ci, self.scanner)  # type: ignore[arg-type]  # of signers only their key
        (self.rules / "trust.yaml").write_text(yaml.safe_dump_all(trusted))

    def image(self, name: str) -> tuple[str, str]:
        """A new signed image, as a tag and as a digest."""
        digest = self.registry.push(f"shop/{name}", "1")
        repository = f"{self.registry.host}/shop/{name}"
        self.ci.sign(f"{repository}@{digest}")
        return f"{repository}:1", f"{repository}@{digest}"

    def attest(self, image: str, kind: str, file: Path, key: Pem) -> subprocess.CompletedProcess[str]:
        words = ("evidence", "attest", image, "--type", kind, "--predicate", file, "--key", key.file)
        return doorward(*words, "--policies", self.rules)

    def show(self, image: str) -> tuple[int, Any]:
        done = doorward("evidence", "show", image, "--policies", self.rules, "-n", "evidence", "-o", "json")
        return done.returncode, json.loads(done.stdout)

    def checked(self, image: str) -> int:
        file = self.folder / "pod.json"
        file.write_text(json.dumps(pod(image=image, namespace="evidence")))
        return doorward("check", "--policies", self.rules, "--evidence", "registry", file).returncode


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("attesting")
    with Registry(folder) as registry:
        yield World(folder, registry)


def plain_report(folder: Path) -> Path:
    """What `trivy image --format json` writes: a report with nothing around it."""
    file = folder / "scan.json"
    file.write_text(json.dumps(scan(1, "LOW")["scanner"]["result"]))
    return file


def test_a_scan_that_doorward_attests_is_verified_by_cosign_and_satisfies_the_rule(world: World) -> None:
    tag, digest = world.image("attested")
    assert world.checked(tag) == 1
    done = world.attest(tag, "vulnerability-scan", plain_report(world.folder), world.scanner)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert f"vulnerability-scan of {digest}" in done.stdout
    assert world.scanner.cosign.verifies_attestation(digest, "vuln")
    assert not world.ci.verifies_attestation(digest, "vuln")
    assert world.checked(tag) == 0
    code, shown = world.show(tag)
    assert code == 0
    [rule] = shown["rules"]
    assert [(one["name"], one["outcome"]) for one in rule["requirements"]] == [
        ("signed", "satisfied"),
        ("scanned", "satisfied"),
    ]


@pytest.mark.parametrize("kind", KEYS)
def test_cosign_verifies_what_is_signed_with_each_kind_of_key(world: World, kind: str) -> None:
    _, digest = world.image(f"by-{kind.lower()}")
    key = Pem(world.folder, world.ci, kind) if kind != "P-256" else world.scanner
    done = world.attest(digest, "approval", PREDICATES / "approval.json", key)
    assert done.returncode == 0, done.stderr
    assert key.cosign.verifies_attestation(digest, APPROVAL)


@pytest.mark.parametrize(
    ("kind", "file", "cosigns"),
    [
        ("sbom", "spdx-2.3.json", "spdxjson"),
        ("sbom", "cyclonedx-1.6.json", "cyclonedx"),
        ("slsa-provenance", "provenance-v1.json", "slsaprovenance1"),
        ("slsa-provenance", "provenance-v0.2.json", "slsaprovenance"),
        ("vulnerability-scan", "grype.json", "vuln"),
        ("vex", "openvex.json", "openvex"),
    ],
)
def test_cosign_finds_each_type_under_its_own_name(world: World, kind: str, file: str, cosigns: str) -> None:
    _, digest = world.image(file.partition(".")[0])
    done = world.attest(digest, kind, PREDICATES / file, world.scanner)
    assert done.returncode == 0, done.stderr
    assert world.scanner.cosign.verifies_attestation(digest, cosigns)
    assert not world.scanner.cosign.verifies_attestation(digest, "link")


def test_two_attestations_stand_beside_each_other(world: World) -> None:
    tag, digest = world.image("both")
    for kind, file in (("vulnerability-scan", plain_report(world.folder)), ("sbom", PREDICATES / "spdx-2.3.json")):
        assert world.attest(tag, kind, file, world.scanner).returncode == 0
    _, shown = world.show(tag)
    types = sorted(one["type"] for one in shown["attached"][0]["attestations"])
    assert types == ["sbom", "signature", "vulnerability-scan"]
    assert world.scanner.cosign.verifies_attestation(digest, "vuln")
    assert world.scanner.cosign.verifies_attestation(digest, "spdxjson")


def test_a_registry_without_the_referrers_api_has_it_listed_under_the_fallback_tag(tmp_path: Path) -> None:
    with Registry(tmp_path, referrers=False) as registry:
        world = World(tmp_path, registry)
        tag, digest = world.image("listed")
        for kind, file in (("vulnerability-scan", plain_report(tmp_path)), ("sbom", PREDICATES / "spdx-2.3.json")):
            done = world.attest(tag, kind, file, world.scanner)
            assert done.returncode == 0, done.stderr
            assert "listed under" in done.stdout
        assert world.scanner.cosign.verifies_attestation(digest, "vuln")
        assert world.scanner.cosign.verifies_attestation(digest, "spdxjson")
        assert world.checked(tag) == 0


def test_a_key_of_cosigns_own_format_is_refused_with_the_way_round_it(world: World) -> None:
    tag, _ = world.image("own-format")
    key = world.folder / "ci" / "cosign.key"
    words = ("evidence", "attest", tag, "--type", "vulnerability-scan", "--key", key)
    done = doorward(*words, "--predicate", plain_report(world.folder), "--policies", world.rules)
    assert done.returncode == 2
    assert "cosign import-key-pair" in done.stderr
    assert os.fspath(key) in done.stderr
