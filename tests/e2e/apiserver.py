"""The command lines of etcd and kube-apiserver, and the files that they read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.e2e.authority import Authority

# Sockets in the working folder: etcd takes no path in a unix URL and wants a port there, and nobody can take our port.
CLIENT_SOCKET, PEER_SOCKET = "etcd:1", "etcd:2"
AUDIT_POLICY: dict[str, Any] = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {"level": "None", "verbs": ["get", "list", "watch"]},
        {"level": "None", "resources": [{"group": "coordination.k8s.io", "resources": ["leases"]}]},
        {"level": "RequestResponse"},
    ],
}


def etcd_command(binaries: Path, folder: Path) -> list[str]:
    """Return how etcd is started with `folder` as its working folder; it keeps nothing through a power cut."""
    return [
        str(binaries / "etcd"),
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls=unix://{CLIENT_SOCKET}",
        f"--advertise-client-urls=unix://{CLIENT_SOCKET}",
        f"--listen-peer-urls=unix://{PEER_SOCKET}",
        "--unsafe-no-fsync",
        "--log-level=error",
    ]


def api_server_command(binaries: Path, folder: Path, port: int, clients: Authority, webhooks: Authority) -> list[str]:
    """Return how kube-apiserver is started as kubeadm does it, with the files it needs written to `folder`.

    `clients` signs its serving certificate and the users' certificates; `webhooks` signs the one that it shows to
    webhooks. No controller manager runs beside it, so who makes a namespace makes its ServiceAccount too.
    """
    serving = clients.server("api-server", "127.0.0.1", "localhost", "kubernetes.default.svc")
    tokens = clients.server("tokens", "tokens")
    return [
        str(binaries / "kube-apiserver"),
        f"--etcd-servers=unix://{CLIENT_SOCKET}",
        f"--secure-port={port}",
        "--permit-port-sharing",  # the port is held for it while it starts
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",  # without it the server looks for a default route and dies where there is none
        "--endpoint-reconciler-type=none",
        f"--client-ca-file={clients.path}",
        f"--tls-cert-file={serving.certificate}",
        f"--tls-private-key-file={serving.key}",
        f"--service-account-key-file={tokens.certificate}",
        f"--service-account-signing-key-file={tokens.key}",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--service-cluster-ip-range=10.0.0.0/24",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
        "--profiling=false",
        f"--audit-policy-file={_write(folder / 'audit-policy.json', AUDIT_POLICY)}",
        f"--audit-log-path={folder / 'audit.log'}",
        "--audit-log-maxsize=4096",
        f"--admission-control-config-file={_admission(folder, webhooks)}",
    ]


def _admission(folder: Path, webhooks: Authority) -> Path:
    """Make the server show a client certificate to every webhook: the user named `*` is used for any host."""
    pair = webhooks.client("to-webhooks", "kube-apiserver")
    files = {"client-certificate": str(pair.certificate), "client-key": str(pair.key)}
    kubeconfig = {"apiVersion": "v1", "kind": "Config", "users": [{"name": "*", "user": files}]}
    configuration = {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "WebhookAdmissionConfiguration",
        "kubeConfigFile": str(_write(folder / "to-webhooks.json", kubeconfig)),
    }
    plugins = ("MutatingAdmissionWebhook", "ValidatingAdmissionWebhook")
    document = {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AdmissionConfiguration",
        "plugins": [{"name": plugin, "configuration": configuration} for plugin in plugins],
    }
    return _write(folder / "admission.json", document)


def _write(path: Path, document: dict[str, Any]) -> Path:
    path.write_text(json.dumps(document))
    return path
