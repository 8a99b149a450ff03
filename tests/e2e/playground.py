"""`make cluster`: a real API server that asks Doorward, to play with in kubectl until Ctrl-C."""

from __future__ import annotations

import signal
import sys
from contextlib import ExitStack
from pathlib import Path

from tests.e2e.authority import Authority
from tests.e2e.cluster import Cluster, Refused
from tests.e2e.components import ComponentsMissing
from tests.e2e.doorward import Failed, serve, webhook_configurations
from tests.e2e.process import Died

POLICIES = Path(__file__).parents[2] / "policies"
TRY = """
Doorward is asked about every change that the rules in {policies} speak of. In another terminal:

  export KUBECONFIG={kubeconfig} PATH={binaries}:$PATH

  kubectl run web --image=nginx:latest
  kubectl create deployment web --image=nginx
  kubectl get mutatingwebhookconfigurations,validatingwebhookconfigurations

Doorward's log is {log}. Ctrl-C ends it all.
"""


def play(policies: Path) -> None:
    """Start everything, say what to try, and wait until Doorward ends or somebody interrupts."""
    with ExitStack() as stack:
        cluster = stack.enter_context(Cluster())
        authority = Authority(cluster.folder, "doorward-ca")
        doorward = stack.enter_context(serve(cluster, authority, policies))
        cluster.register_webhooks(webhook_configurations(policies), doorward.port, authority.pem)
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
    except (ComponentsMissing, Died, Failed, Refused, TimeoutError) as failure:
        print(f"playground: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
