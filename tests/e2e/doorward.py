"""One running Doorward for end-to-end tests: serve as a subprocess, registered with the API server."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.e2e.authority import Authority
from tests.e2e.cluster import Cluster
from tests.e2e.playground import free_ports, serve, webhook_configurations
from tests.e2e.process import Process


class Doorward:
    """A served and registered rules folder."""

    def __init__(self, process: Process, port: int, authority: Authority) -> None:
        self.process = process
        self.port = port
        self.authority = authority

    def decisions(self) -> list[dict[str, Any]]:
        """Every line of the decision log so far."""
        lines = self.process.log.read_text(encoding="utf-8").splitlines()
        records = [json.loads(line) for line in lines if line.startswith("{")]
        return [record for record in records if record.get("event") == "decision"]


@contextmanager
def registered(cluster: Cluster, policies: Path) -> Iterator[Doorward]:
    """Serve the rules and have the API server ask; unregister and end at exit."""
    authority = Authority(cluster.folder, "doorward-ca")
    (port,) = free_ports(1)
    with serve(cluster, authority, port, policies) as process:
        cluster.register_webhooks(webhook_configurations(policies), port, authority.pem)
        try:
            yield Doorward(process, port, authority)
        finally:
            cluster.unregister_webhooks()
