"""Counters, a histogram and gauges in Prometheus' text, with few series."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.objects import NOW, decided, pod, policy
from webhook.observe.metrics import BUCKETS, Metrics, one, stamp

RULES = policy('- name: ours\n  images: {from: ["registry.corp.example"]}', mode="enforce")


def samples(metrics: Metrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample of ours by name and labels; the text must be what Prometheus can read."""
    return {
        (sample.name.removeprefix("doorward_"), tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
        if sample.name.startswith("doorward_")
    }


def test_decisions_are_counted_by_stage_operation_and_verdict() -> None:
    metrics = Metrics()
    metrics.decided("validate", "CREATE", decided(RULES, pod()), 0.0002)
    metrics.decided("validate", "CREATE", decided(RULES, pod(image="nginx:1")), 0.0002)
    metrics.decided("mutate", "UPDATE", decided(RULES, pod()), 0.0002)
    found = samples(metrics)
    counted = {
        tuple(value for _, value in labels): number
        for (name, labels), number in found.items()
        if name == "admission_requests_total"
    }
    assert counted == {
        ("CREATE", "validate", "allowed"): 1,
        ("CREATE", "validate", "denied"): 1,
        ("UPDATE", "mutate", "allowed"): 1,
    }
    assert found["rule_findings_total", (("action", "deny"), ("rule", "p/ours"))] == 1


def test_undecided_has_a_series_for_each_cause_from_the_start() -> None:
    metrics = Metrics()
    metrics.failed("validate", "CREATE")
    found = samples(metrics)
    assert found["undecided_total", (("cause", "failed"),)] == 1
    assert found["undecided_total", (("cause", "unavailable"),)] == 0


@pytest.mark.parametrize(("seconds", "bound"), [(0.00005, 0.0001), (0.0001, 0.0001), (0.0002, 0.00025), (4.0, 5.0)])
def test_a_duration_is_in_every_bucket_from_its_bound_on(seconds: float, bound: float) -> None:
    metrics = Metrics()
    metrics.decided("validate", "CREATE", decided(RULES, pod()), seconds)
    found = samples(metrics)
    name = "admission_duration_seconds_bucket"
    in_buckets = {b: found[name, (("le", str(b)), ("stage", "validate"))] for b in BUCKETS}
    assert in_buckets == {b: float(b >= bound) for b in BUCKETS}
    assert found["admission_duration_seconds_count", (("stage", "validate"),)] == 1
    assert found["admission_duration_seconds_sum", (("stage", "validate"),)] == seconds


def test_there_are_at_most_ten_buckets() -> None:
    assert len(BUCKETS) <= 10
    assert list(BUCKETS) == sorted(BUCKETS)


def test_gauges_are_asked_when_prometheus_asks() -> None:
    metrics, value = Metrics(), [1.0]
    metrics.watch("namespaces_age_seconds", "Words.", lambda: one(value[0]))
    metrics.watch("ruleset_info", "Words.", lambda: {("abc", ""): 1.0}, ("revision", "profile"))
    metrics.watch("unknown_yet", "Words.", lambda: one(None))
    metrics.watch_total("decision_log_dropped", "Words.", lambda: 3)
    value[0] = 2.5
    found = samples(metrics)
    assert found["namespaces_age_seconds", ()] == 2.5
    assert found["ruleset_info", (("profile", ""), ("revision", "abc"))] == 1
    assert found["decision_log_dropped_total", ()] == 3
    assert not [name for name, _ in found if name.startswith("unknown_yet")]


def test_refusals_are_counted_by_reason() -> None:
    metrics = Metrics()
    metrics.refused("overload")
    metrics.refused("overload")
    assert samples(metrics)["refused_requests_total", (("reason", "overload"),)] == 2


def test_a_moment_is_seconds_since_1970() -> None:

    assert stamp(NOW) == {(): NOW.timestamp()}
    assert stamp(None) == {}


def test_two_of_them_share_nothing() -> None:
    first, second = Metrics(), Metrics()
    first.refused("path")
    assert not [key for key in samples(second) if key[0] == "refused_requests_total"]


def test_the_process_is_told_of_too() -> None:
    text = Metrics().text().decode()
    assert "process_resident_memory_bytes " in text
    assert "process_start_time_seconds " in text
