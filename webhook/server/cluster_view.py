"""What a server sees of its cluster: namespaces by a watch, and its own registration now and then."""

from collections.abc import Callable, Mapping

from webhook.cluster import client, pull_secrets
from webhook.cluster.namespaces import Namespaces
from webhook.cluster.pull_secrets import PullSecretNames
from webhook.observe.metrics import Metrics, one
from webhook.policy.ruleset import Ruleset
from webhook.server.facts import ClusterFacts
from webhook.server.readiness import Part, Readiness
from webhook.server.registered import Registered
from webhook.server.settings import Settings
from webhook.server.ticker import Ticker


class ClusterView:
    """The cluster of the settings; raises ClusterError where there is no way to it. Nothing is asked before `start`."""

    def __init__(self, settings: Settings, current: Callable[[], Ruleset | None]) -> None:
        self._cluster = cluster = client.connect(settings.kubeconfig, settings.context)
        self._namespaces = Namespaces(cluster)
        names = settings.mutate_configuration, settings.validate_configuration
        self._registered = Registered(cluster, current, *names)
        self._reading = Ticker("registration", settings.registration_interval, self._registered.refresh)
        self.facts = ClusterFacts(self._namespaces)

    def show(self, readiness: Readiness, metrics: Metrics) -> None:
        """Puts the cluster among the parts, and its numbers among the metrics."""
        readiness.parts["namespaces"] = self._namespaces_part
        readiness.parts["registration"] = self._registered.part
        words = "Seconds since the cluster last said anything about namespaces."
        metrics.watch("namespaces_age_seconds", words, lambda: one(self._namespaces.status().age))
        words = "What rules are about and the API server does not ask, and settings that contradict the rules."
        metrics.watch("registration_uncovered", words, self._uncovered)

    def start(self) -> None:
        """Begins to watch."""
        self._namespaces.start()
        self._reading.start()

    def rules_changed(self) -> None:
        """Holds the registration against other rules."""
        self._reading.wake()

    def stop(self) -> None:
        """Ends watching and asking."""
        self._reading.stop()
        self._namespaces.stop(timeout=1.0)

    def pull_secrets(self, wanted: PullSecretNames) -> Mapping[str, Mapping[str, bytes]]:
        """A pod's pull secrets; raises ClusterError."""
        return pull_secrets.read(self._cluster, wanted)

    def _namespaces_part(self) -> Part:
        """How well the namespaces are known; stale ones are still used."""
        freshness = self._namespaces.status()
        return Part(freshness.message, ready=freshness.ready, ok=freshness.ready and not freshness.stale)

    def _uncovered(self) -> dict[tuple[str, ...], float]:
        gaps = self._registered.uncovered
        return {} if gaps is None else {(): float(len(gaps))}
