"""Evidence, everything real: cosign signs and attests, a registry keeps it, the API server asks, Doorward decides."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.cluster import Cluster
from tests.e2e.doorward import doorward, registered
from tests.e2e.objects import Json, deployment, deployments, pod, pods
from tests.e2e.registry import Cosign, Registry
from tests.e2e.users import service_account

NAMESPACE = "evidence"
VULN = "https://cosign.sigstore.dev/attestation/vuln/v1"

POLICY = """
apiVersion: doorward.dev/v1
kind: Policy
metadata: {name: proven}
spec:
  title: Images are signed and scanned
  why: Nobody else has looked at them.
  owner: {team: platform-security, contact: "#platform-help"}
  severity: critical
  match: {namespaces: {include: [evidence]}}
  rules:
  - name: proven
    evidence:
      images: ["HOST/shop"]
      require:
      - {name: signed, type: signature, by: {authorities: [ci]}}
      - name: scanned
        type: vulnerability-scan
        by: {authorities: [scanner]}
        maxAge: 7d
        maxSeverity: high
"""


def documents(registry: Registry, ci: Cosign, scanner: Cosign) -> list[Json]:
    registry_ = {"host": registry.host, "insecure": True, "staleListing": "1h"}
    specs = [
        ("Registry", "corp", registry_),
        ("Authority", "ci", {"roles": ["build"], "publicKey": ci.public_key}),
        ("Authority", "scanner", {"roles": ["scan"], "publicKey": scanner.public_key}),
    ]
    return [
        {"apiVersion": "doorward.dev/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}
        for kind, name, spec in specs
    ]


def scan(days_ago: int = 1, *severities: str) -> Json:
    """What `trivy image --format cosign-vuln` writes, as far as anybody reads it."""
    at = (datetime.now(UTC) - timedelta(days=days_ago)).isoformat()
    found = [
        {
            "VulnerabilityID": f"CVE-2026-{number:04d}",
            "PkgName": "openssl",
            "InstalledVersion": "3.0.1",
            "FixedVersion": "3.0.9",
            "Severity": severity,
        }
        for number, severity in enumerate(severities)
    ]
    result = {
        "SchemaVersion": 2,
        "CreatedAt": at,
        "ArtifactName": "web",
        "ArtifactType": "container_image",
        "Results": [{"Target": "web", "Class": "os-pkgs", "Type": "debian", "Vulnerabilities": found}],
    }
    scanner = {"uri": "pkg:github/aquasecurity/trivy@0.74.0", "version": "0.74.0", "db": {"uri": "", "version": ""}}
    times = {"scanStartedOn": at, "scanFinishedOn": at}
    return {"invocation": {"uri": "", "parameters": None}, "scanner": {**scanner, "result": result}, "metadata": times}


class World:
    """A registry with images, two signers, and a Doorward that trusts them."""

    def __init__(self, folder: Path, registry: Registry) -> None:
        self.registry = registry
        self.ci, self.scanner, self.stranger = (Cosign(folder / name) for name in ("ci", "scanner", "stranger"))
        self.rules = folder / "rules"
        self.rules.mkdir()
        (self.rules / "policy.yaml").write_text(POLICY.replace("HOST", registry.host))
        (self.rules / "trust.yaml").write_text(yaml.safe_dump_all(documents(registry, self.ci, self.scanner)))

    def image(self, name: str, *, signed: bool = True, scans: tuple[Json, ...] = (scan(),)) -> tuple[str, str]:
        """A new image as a tag and as a digest; signed and scanned as it should be, or not."""
        digest = self.registry.push(f"shop/{name}", "1")
        repository = f"{self.registry.host}/shop/{name}"
        if signed:
            self.ci.sign(f"{repository}@{digest}")
        for one in scans:
            self.scanner.attest(f"{repository}@{digest}", "vuln", one)
        return f"{repository}:1", f"{repository}@{digest}"


@pytest.fixture(scope="module")
def world(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("evidence")
    cluster.namespace(NAMESPACE)
    with Registry(folder) as registry:
        made = World(folder, registry)
        with registered(cluster, made.rules):
            yield made


def created(cluster: Cluster, obj: Json, **more: Any) -> Json:
    """The answer of the API server to a dry run."""
    path = pods(NAMESPACE) if obj["kind"] == "Pod" else deployments(NAMESPACE)
    answer = cluster.request("POST", f"{path}?dryRun=All", obj, **more)
    return {"code": answer.status_code, "warnings": answer.headers.get_list("warning"), **answer.json()}


def test_a_proven_image_is_let_in_and_pinned_to_the_digest_that_was_proven(cluster: Cluster, world: World) -> None:
    tag, digest = world.image("good")
    answer = created(cluster, pod(image=tag))
    assert answer["code"] == 201, answer
    assert answer["spec"]["containers"][0]["image"] == f"{tag}@{digest.partition('@')[2]}"


def test_an_image_that_nobody_signed_is_refused_with_what_to_do_in_kubectls_words(
    cluster: Cluster, world: World, tmp_path: Path
) -> None:
    tag, digest = world.image("unsigned", signed=False)
    file = tmp_path / "pod.json"
    file.write_text(json.dumps(pod(image=tag)))
    told = cluster.kubectl("-n", NAMESPACE, "create", "-f", str(file))
    assert told.returncode == 1
    assert "proven" in told.stderr
    assert tag in told.stderr
    assert "cosign sign" in told.stderr
    assert digest.partition("@")[2][:15] in told.stderr


def test_a_signature_of_a_stranger_does_not_count_and_is_told(cluster: Cluster, world: World) -> None:
    tag, digest = world.image("strange", signed=False)
    world.stranger.sign(digest)
    answer = created(cluster, pod(image=tag))
    assert answer["code"] == 403
    assert "no key of an Authority has signed it" in answer["message"]


def test_the_scanners_key_does_not_sign_images_and_the_builders_does_not_scan(cluster: Cluster, world: World) -> None:
    tag, digest = world.image("wrong-roles", signed=False, scans=())
    world.scanner.sign(digest)
    world.ci.attest(digest, "vuln", scan())
    answer = created(cluster, pod(image=tag))
    assert answer["code"] == 403
    assert {cause["field"] for cause in answer["details"]["causes"]} == {"spec.containers[0].image"}
    assert len(answer["details"]["causes"]) == 2


def test_a_signature_of_cosign_v2_counts_as_well(cluster: Cluster, world: World) -> None:
    tag, digest = world.image("old-ways", signed=False)
    world.ci.sign_the_old_way(digest)
    assert created(cluster, pod(image=tag))["code"] == 201


def test_critical_vulnerabilities_refuse_with_the_versions_that_mend_them(cluster: Cluster, world: World) -> None:
    tag, _ = world.image("vulnerable", scans=(scan(1, "CRITICAL", "LOW"),))
    answer = created(cluster, pod(image=tag))
    assert answer["code"] == 403
    assert "CVE-2026-0000" in answer["message"]
    assert "3.0.9" in answer["message"]
    assert "CVE-2026-0001" not in answer["message"]


def test_a_newer_failing_scan_beats_an_older_passing_one(cluster: Cluster, world: World) -> None:
    tag, _ = world.image("worse", scans=(scan(2), scan(1, "CRITICAL")))
    assert created(cluster, pod(image=tag))["code"] == 403


def test_an_old_scan_refuses_whoever_submits_and_only_warns_for_a_pod_that_moves(
    cluster: Cluster, world: World
) -> None:
    """A node drain on day eight is no outage: the controller's pod is let in, with a warning."""
    tag, _ = world.image("aged", scans=(scan(8),))
    submitted = created(cluster, deployment(image=tag))
    assert submitted["code"] == 403
    assert "8 days" in submitted["message"]
    controller = service_account("kube-system", "replicaset-controller")
    moved = created(cluster, pod(image=tag), user=controller)
    assert moved["code"] == 201, moved
    assert [warning for warning in moved["warnings"] if "is stale" in warning], moved["warnings"]


def test_a_workload_is_refused_where_it_is_written_and_a_proven_one_keeps_its_tag(
    cluster: Cluster, world: World
) -> None:
    bad, _ = world.image("bad-workload", signed=False)
    answer = created(cluster, deployment(image=bad))
    assert answer["code"] == 403
    assert answer["details"]["causes"][0]["field"] == "spec.template.spec.containers[0].image"
    good, _ = world.image("good-workload")
    answer = created(cluster, deployment(image=good))
    assert answer["code"] == 201, answer
    assert answer["spec"]["template"]["spec"]["containers"][0]["image"] == good


def test_what_is_not_there_is_missing_and_a_host_that_nobody_declared_is_never_dialled(
    cluster: Cluster, world: World
) -> None:
    answer = created(cluster, pod(image=f"{world.registry.host}/shop/nothing:1"))
    assert answer["code"] == 403
    assert created(cluster, pod(image="registry.corp.example/shop/web:1"))["code"] == 201


def test_check_says_the_same_with_the_registry_and_undecided_without_it(world: World, tmp_path: Path) -> None:
    good, _ = world.image("checked")
    bad, _ = world.image("checked-bad", signed=False)
    files = {name: tmp_path / f"{name}.json" for name in ("good", "bad")}
    files["good"].write_text(json.dumps(pod(image=good, namespace=NAMESPACE)))
    files["bad"].write_text(json.dumps(pod(image=bad, namespace=NAMESPACE)))
    asked = ("check", "--policies", world.rules, "--evidence", "registry")
    assert doorward(*asked, files["good"]).returncode == 0
    refused = doorward(*asked, files["bad"])
    assert refused.returncode == 1
    assert "cosign sign" in refused.stdout
    alone = doorward("check", "--policies", world.rules, files["good"])
    assert alone.returncode == 3
    assert "registry" in alone.stdout
