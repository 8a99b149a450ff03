"""`doorward certs ensure` against a real API server: from nothing to trusted, through rotations, and after losses."""

from __future__ import annotations

import ssl
import subprocess
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from tests.e2e.cluster import REGISTRATIONS, Answer, Cluster
from tests.e2e.doorward import DOORWARD, ROOT, Doorward, doorward, folder_in, webhook_configurations
from tests.e2e.objects import pod, pods
from tests.e2e.waiting import poll

NAMESPACE = "certificates"
CONFIGURATIONS = ("mutatingwebhookconfigurations/doorward-mutate", "validatingwebhookconfigurations/doorward-validate")
SECRETS = ("doorward-ca", "doorward-tls")
RULES = """
apiVersion: doorward.dev/v1
kind: Policy
metadata: {name: registries}
spec:
  title: Images come from our registry
  why: Images from elsewhere have not been scanned.
  owner: {team: platform-security}
  rules:
  - name: from-ours
    images: {from: [registry.corp.example]}
  - name: completed
    defaults: {default: {containers: {securityContext: {allowPrivilegeEscalation: false}}}}
"""


def words(cluster: Cluster) -> tuple[str, ...]:
    return "certs", "ensure", f"--namespace={NAMESPACE}", "--name=127.0.0.1", f"--kubeconfig={cluster.kubeconfig()}"


def ensure(cluster: Cluster, *more: str) -> list[str]:
    ended = doorward(*words(cluster), *more)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()


def secret(cluster: Cluster, name: str) -> dict[str, bytes]:
    data = cluster.api("GET", f"/api/v1/namespaces/{NAMESPACE}/secrets/{name}").body.get("data", {})
    return {key: b64decode(value) for key, value in data.items()}


def bundles(cluster: Cluster) -> list[bytes]:
    """What each of the two configurations trusts."""
    found = [cluster.api("GET", f"{REGISTRATIONS}/{path}").body for path in CONFIGURATIONS]
    return [b64decode(one["webhooks"][0]["clientConfig"].get("caBundle", "")) for one in found]


def versions(cluster: Cluster) -> list[str]:
    """The versions of everything that `ensure` may write."""
    paths = [f"/api/v1/namespaces/{NAMESPACE}/secrets/{name}" for name in SECRETS]
    paths += [f"{REGISTRATIONS}/{path}" for path in CONFIGURATIONS]
    return [cluster.api("GET", path).body["metadata"]["resourceVersion"] for path in paths]


def certificates(pem: bytes) -> int:
    return pem.count(b"BEGIN CERTIFICATE")


class Mounted:
    """The leaf's Secret as pods have it: files in a folder, which a running Doorward reads."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self.cluster, self.folder, self.rules = cluster, folder, folder / "rules"
        self.rules.mkdir()
        (self.rules / "rules.yaml").write_text(RULES)

    def mount(self) -> bytes:
        """Write the files anew, as the kubelet does; return the certificate."""
        data = secret(self.cluster, "doorward-tls")
        for name, text in data.items():
            (self.folder / name).write_bytes(text)
        return data["tls.crt"]

    def serve(self) -> Doorward:
        tls = (f"--tls-cert={self.folder / 'tls.crt'}", f"--tls-key={self.folder / 'tls.key'}", "--drain-seconds=0")
        known = (f"--policies={self.rules}", f"--kubeconfig={self.cluster.kubeconfig()}")
        return Doorward(folder_in(self.cluster), *known, *tls).ready()


@pytest.fixture
def mounted(cluster: Cluster, tmp_path: Path) -> Iterator[Mounted]:
    cluster.namespace(NAMESPACE)
    yield Mounted(cluster, tmp_path)
    cluster.unregister_webhooks()
    for name in SECRETS:
        cluster.api("DELETE", f"/api/v1/namespaces/{NAMESPACE}/secrets/{name}")


def made(cluster: Cluster, image: str) -> Answer:
    return cluster.api("POST", f"{pods('default')}?dryRun=All", pod("certified-", image))


def assert_asked(cluster: Cluster) -> None:
    """The API server trusts Doorward in both configurations: one pod is refused, another one completed."""
    poll(lambda: made(cluster, "nginx").status == 403, "the API server does not trust Doorward")
    good: Any = made(cluster, "registry.corp.example/web:1").body
    assert good["spec"]["containers"][0]["securityContext"] == {"allowPrivilegeEscalation": False}


def test_ensure_brings_trust_from_nothing_and_keeps_it_through_every_rotation(
    cluster: Cluster, mounted: Mounted
) -> None:
    without = doorward(*words(cluster))
    assert without.returncode == 2
    assert "apply the manifests, then run this again" in without.stderr
    first = mounted.mount()
    assert sorted(secret(cluster, "doorward-tls")) == ["ca.crt", "tls.crt", "tls.key"]
    assert "ca.key" in secret(cluster, "doorward-ca")
    with mounted.serve() as served:
        cluster.register_webhooks(webhook_configurations(mounted.rules), served.port, b"")
        assert made(cluster, "registry.corp.example/web:1").status == 500, "nobody is trusted yet, so nothing gets in"
        configurations = ["MutatingWebhookConfiguration doorward-mutate: written"]
        configurations += ["ValidatingWebhookConfiguration doorward-validate: written"]
        assert ensure(cluster) == configurations
        assert_asked(cluster)
        nothing_is_done_twice(cluster)
        the_authority_changes_without_a_gap(cluster, mounted, served, first)
        a_lost_authority_is_replaced_and_the_old_leaf_stays_trusted(cluster)


def nothing_is_done_twice(cluster: Cluster) -> None:
    before = versions(cluster)
    assert ensure(cluster) == ["nothing is due"]
    assert versions(cluster) == before


def the_authority_changes_without_a_gap(cluster: Cluster, mounted: Mounted, served: Doorward, first: bytes) -> None:
    """The coming authority is trusted before it signs, and the old one for as long as what it signed."""
    old, [bundle, _] = secret(cluster, "doorward-ca")["ca.crt"], bundles(cluster)
    begun = ensure(cluster, "--ca")
    assert f"Secret {NAMESPACE}/doorward-ca: written" in begun
    assert begun[-1] == f"Secret {NAMESPACE}/doorward-tls: written", "its copy of the bundle, after the configurations"
    assert [certificates(one) for one in (bundle, *bundles(cluster))] == [1, 2, 2]
    assert mounted.mount() == first, "the coming authority does not sign yet"
    assert ensure(cluster) == ["nothing is due"], "nor before clients had time"
    assert_asked(cluster)
    ensure(cluster, "--settle=0")
    renewed = mounted.mount()
    assert renewed != first
    assert secret(cluster, "doorward-ca")["ca.crt"] != old
    assert [certificates(one) for one in bundles(cluster)] == [2, 2], "the old leaf may still serve somewhere"
    poll(lambda: is_served(served, renewed), "the renewed certificate is not served")
    assert_asked(cluster)
    with mounted.serve() as another:
        assert is_served(another, renewed)
    nothing_is_done_twice(cluster)


def is_served(served: Doorward, certificate: bytes) -> bool:
    shown = x509.load_pem_x509_certificate(ssl.get_server_certificate(("127.0.0.1", served.port)).encode())
    return shown == x509.load_pem_x509_certificate(certificate)


def a_lost_authority_is_replaced_and_the_old_leaf_stays_trusted(cluster: Cluster) -> None:
    leaf = secret(cluster, "doorward-tls")["tls.crt"]
    cluster.api("DELETE", f"/api/v1/namespaces/{NAMESPACE}/secrets/doorward-ca")
    ensure(cluster)
    assert {certificates(one) for one in bundles(cluster)} == {3}
    assert secret(cluster, "doorward-tls")["tls.crt"] != leaf
    assert_asked(cluster)


def test_several_jobs_at_once_agree_on_one_authority(cluster: Cluster, mounted: Mounted) -> None:
    cluster.register_webhooks(
        [never_asked(one) for one in webhook_configurations(mounted.rules)], 1, b"", called=lambda: True
    )
    jobs = [
        subprocess.Popen([*DOORWARD, *words(cluster)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for _ in range(3)
    ]
    for job in jobs:
        output, _ = job.communicate(timeout=60)
        assert job.returncode == 0, output
    authority, leaf = secret(cluster, "doorward-ca"), secret(cluster, "doorward-tls")
    assert bundles(cluster) == [authority["bundle.crt"]] * 2 == [leaf["ca.crt"]] * 2
    assert certificates(authority["bundle.crt"]) == 1
    signer, signed = (x509.load_pem_x509_certificate(pem) for pem in (authority["ca.crt"], leaf["tls.crt"]))
    signed.verify_directly_issued_by(signer)


def never_asked(configuration: dict[str, Any]) -> dict[str, Any]:
    """The configuration for no namespace at all."""
    nowhere = {"matchLabels": {"tests.doorward.dev/asked": "never"}}
    webhooks = [{**webhook, "namespaceSelector": nowhere} for webhook in configuration["webhooks"]]
    return {**configuration, "webhooks": webhooks}
