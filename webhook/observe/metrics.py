"""What Prometheus is told: few series, none of which depends on what users send.

Requests only add to plain numbers here (well under a microsecond each); prometheus-client makes its text of them when
it is asked. Everything is written and read in the event loop's thread.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from webhook.admission.decision import Decision
from webhook.admission.finding import Cause, Finding

BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.01, 0.05, 0.25, 1.0, 5.0)
"""Upper bounds in seconds; a decision takes well under a millisecond, asking the API server takes longer."""

Samples = Mapping[tuple[str, ...], float]


class _Durations:
    """A histogram of seconds."""

    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        self.counts = [0] * (len(BUCKETS) + 1)
        self.total = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(BUCKETS, seconds)] += 1
        self.total += seconds

    def cumulative(self) -> list[tuple[str, float]]:
        bounds = [*map(str, BUCKETS), "+Inf"]
        return [(bound, float(sum(self.counts[: at + 1]))) for at, bound in enumerate(bounds)]


class Metrics(Collector):
    """Everything that is counted; `text` is what /metrics answers."""

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, ...]] = Counter()
        self._durations: dict[str, _Durations] = {"mutate": _Durations(), "validate": _Durations()}
        self._findings: Counter[tuple[str, ...]] = Counter()
        self._undecided: Counter[tuple[str, ...]] = Counter({("unavailable",): 0, ("failed",): 0})
        self._refused: Counter[tuple[str, ...]] = Counter()
        self._watched: list[Callable[[], Metric]] = []
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def decided(self, stage: str, operation: str, decision: Decision, seconds: float) -> None:
        """A decision, which took `seconds`."""
        self._requests[stage, operation, decision.verdict.value] += 1
        self._durations[stage].add(seconds)
        for finding in decision.findings:
            self._found(finding)

    def failed(self, stage: str, operation: str) -> None:
        """A request that nothing could be decided about through a fault of ours."""
        self._requests[stage, operation, "undecided"] += 1
        self._undecided["failed",] += 1

    def refused(self, reason: str) -> None:
        """A request that was answered without a review: overload, not_ready, too_large and the like."""
        self._refused[reason,] += 1

    def watch(self, name: str, words: str, samples: Callable[[], Samples], labels: tuple[str, ...] = ()) -> None:
        """A gauge whose value for each tuple of label values is asked for when Prometheus asks; () has no labels."""
        self._watched.append(lambda: _filled(GaugeMetricFamily(f"doorward_{name}", words, labels=labels), samples()))

    def watch_total(self, name: str, words: str, total: Callable[[], float]) -> None:
        """A counter that is kept elsewhere; the name gets its `_total`."""
        self._watched.append(lambda: _filled(CounterMetricFamily(f"doorward_{name}", words), one(total())))

    def text(self) -> bytes:
        """The Prometheus text format, version 0.0.4."""
        return generate_latest(self._registry)

    def describe(self) -> list[Metric]:
        """Nothing: what there is shows at each collection."""
        return []

    def collect(self) -> Iterator[Metric]:
        """All series at this moment."""
        yield self._counter(
            "admission_requests", "Reviews that were answered.", self._requests, "stage operation verdict"
        )
        yield self._histogram()
        yield self._counter("rule_findings", "Findings by rule and what they did.", self._findings, "rule action")
        yield self._counter("undecided", "What could not be decided, by cause.", self._undecided, "cause")
        yield self._counter("refused_requests", "Requests refused without a review.", self._refused, "reason")
        for family in self._watched:
            yield family()

    def _found(self, finding: Finding) -> None:
        self._findings[finding.rule.id, finding.action.value] += 1
        if finding.cause is not Cause.VIOLATES:
            self._undecided[finding.cause.value,] += 1

    def _counter(self, name: str, words: str, samples: Samples, labels: str) -> Metric:
        return _filled(CounterMetricFamily(f"doorward_{name}", words, labels=labels.split()), samples)

    def _histogram(self) -> HistogramMetricFamily:
        words = "Seconds from the whole body to the answer."
        family = HistogramMetricFamily("doorward_admission_duration_seconds", words, labels=("stage",))
        for stage, durations in self._durations.items():
            family.add_metric((stage,), durations.cumulative(), durations.total)
        return family


def _filled(family: GaugeMetricFamily | CounterMetricFamily, samples: Samples) -> Metric:
    for values, number in sorted(samples.items()):
        family.add_metric(values, number)
    return family


def one(number: float | None) -> Samples:
    """The samples of a gauge without labels; none while its value is not known."""
    return {} if number is None else {(): number}


def stamp(moment: datetime | None) -> Samples:
    """A point in time as seconds since 1970."""
    return one(moment.timestamp() if moment else None)
