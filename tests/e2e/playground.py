"""`make cluster`: a real API server that asks Doorward, to play with in kubectl until Ctrl-C."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

import yaml

from tests.e2e.authority import Authority
from tests.e2e.cluster import Cluster
from tests.e2e.components import ComponentsMissing
from tests.e2e.process import Died, Process

POLICIES = Path(__file__).parents[2] / "policies"
DOORWARD = (sys.executable, "-c", "import sys; from webhook.cli import main; sys.exit(main())")
TRY = """
Doorward is asked about every change that the rules in {policies} speak of. In another terminal:

  export KUBECONFIG={kubeconfig} PATH={binaries}:$PATH

  kubectl run web --image=nginx:latest
  kubectl create deployment web --image=nginx
  kubectl get mutatingwebhookconfigurations,validatingwebhookconfigurations

Doorward's log is {log}. Ctrl-C ends it all.
"""


def free_ports(count: int) -> list[int]:
    """Return loopback ports that nobody listens on at this moment."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in sockets]
    for listener in sockets:
        listener.close()
    return ports


def is_ready(port: int) -> bool:
    """Say whether /readyz on this loopback port answers 200; no proxy is asked."""
    try:
        with build_opener(ProxyHandler({})).open(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def serve(cluster: Cluster, authority: Authority, port: int, policies: Path) -> Process:
    """Start `doorward serve` as a subprocess and return it when it is ready."""
    pair = authority.server("doorward", "127.0.0.1")
    (health,) = free_ports(1)
    options: Mapping[str, object] = {
        "--policies": policies,
        "--host": "127.0.0.1",
        "--port": port,
        "--health-port": health,
        "--tls-cert": pair.certificate,
        "--tls-key": pair.key,
        "--kubeconfig": cluster.kubeconfig(),
    }
    words = [str(word) for option in options.items() for word in option]
    process = Process("doorward serve", [*DOORWARD, "serve", *words], cluster.folder / "doorward.log")
    try:
        process.wait_until(lambda: is_ready(health))
    except BaseException:
        process.stop()
        raise
    return process


def webhook_configurations(policies: Path) -> Sequence[dict[str, Any]]:
    """Return the webhook configurations that `doorward manifests` prints for these rules."""
    command = [*DOORWARD, "manifests", "--policies", str(policies)]
    printed = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=60, check=True).stdout
    documents = yaml.safe_load_all(printed)
    return [document for document in documents if str(document["kind"]).endswith("WebhookConfiguration")]


def play(policies: Path) -> None:
    """Start everything, say what to try, and wait until Doorward ends or somebody interrupts."""
    with ExitStack() as stack:
        cluster = stack.enter_context(Cluster())
        authority = Authority(cluster.folder, "doorward-ca")
        (port,) = free_ports(1)
        doorward = stack.enter_context(serve(cluster, authority, port, policies))
        cluster.register_webhooks(webhook_configurations(policies), port, authority.pem)
        settings = {"policies": policies, "kubeconfig": cluster.kubeconfig(), "log": doorward.log}
        print(TRY.format(binaries=cluster.binaries, **settings), flush=True)
        doorward.wait(seconds=None)
        raise Died(doorward.told(f"ended with exit code {doorward.returncode}"))


def interrupt(*_: object) -> None:
    """End in order at the first signal; a second one does not cut the ending short."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def main() -> int:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    try:
        play(POLICIES)
    except KeyboardInterrupt:
        print("ended", file=sys.stderr)
    except (ComponentsMissing, Died, TimeoutError, subprocess.CalledProcessError) as failure:
        print(f"playground: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
