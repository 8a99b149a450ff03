"""What /metrics says about the state of the server's parts."""

from datetime import UTC, datetime

from certs.source import Source
from webhook import VERSION
from webhook.observe.decision_log import Lines
from webhook.observe.metrics import Metrics, Samples, one, stamp
from webhook.server.readiness import Readiness
from webhook.server.reload import Rules


def watch_server(metrics: Metrics, readiness: Readiness, source: Source, lines: Lines | None) -> None:
    """Version, readiness, certificate and log."""
    metrics.watch("build_info", "The version that runs.", lambda: {(VERSION,): 1.0}, ("version",))
    metrics.watch("ready", "1 while new requests may come.", lambda: one(float(readiness.ready())))
    metrics.watch(
        "certificate_not_after_timestamp_seconds",
        "When the certificate that serves expires.",
        lambda: stamp(source.status(datetime.now(UTC)).not_after),
    )
    if lines is not None:
        metrics.watch_total("decision_log_dropped", "Lines of the decision log that were lost.", lambda: lines.dropped)


def watch_rules(metrics: Metrics, rules: Rules) -> None:
    """The rules in force and how their last change went."""

    def info() -> Samples:
        ruleset = rules.current
        return {(ruleset.revision, ruleset.profile): 1.0} if ruleset else {}

    metrics.watch("ruleset_info", "The rules in force.", info, ("revision", "profile"))
    metrics.watch(
        "ruleset_rules", "How many rules are in force.", lambda: one(len(rules.current.rules) if rules.current else 0)
    )
    metrics.watch(
        "ruleset_last_reload_successful",
        "1 if the newest bytes of the rules are in force, 0 if they are broken.",
        lambda: one(float(rules.current is not None and rules.trouble is None)),
    )
    metrics.watch(
        "ruleset_last_reload_success_timestamp_seconds",
        "When the rules in force were read.",
        lambda: stamp(rules.since),
    )
    metrics.watch_total("ruleset_reload_failures", "Changes of the rules that were broken.", lambda: rules.failures)
