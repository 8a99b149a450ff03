"""One line for each decision, without values; lines that nobody takes are dropped and counted, never waited for."""

import json
import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.waiting import poll
from tests.objects import IMAGE, NOW, decided, pod, policy, request
from webhook.admission.decision import Decision
from webhook.admission.request import Request, User
from webhook.engine.decide import Stage
from webhook.observe.decision_log import MOST, DecisionLog, Lines

RULES = policy('- name: ours\n  images: {from: ["registry.corp.example"]}', mode="enforce")


class Pipe:
    """A pipe whose end is read when the test wants to."""

    def __init__(self) -> None:
        self.out, self.into = os.pipe()

    def rest(self) -> list[dict[str, Any]]:
        """Everything until all writers are gone, as JSON."""
        os.close(self.into)
        with os.fdopen(self.out, "rb") as reading:
            return [json.loads(line) for line in reading.read().splitlines()]


def logged(req: Request, decision: Decision, stage: str = "validate") -> dict[str, Any]:
    """The line of one decision."""
    pipe = Pipe()
    lines = Lines(pipe.into, interval=0.01)
    DecisionLog(lines).decided(NOW, stage, req, decision, 0.0012345)
    lines.close()
    (line,) = pipe.rest()
    return line


def test_an_allowed_request_is_a_line_too() -> None:
    req = request(pod())
    assert logged(req, decided(RULES, req)) == {
        "time": "2026-11-21T12:00:00Z",
        "event": "decision",
        "stage": "validate",
        "verdict": "allowed",
        "duration_ms": 1.234,
        "revision": decided(RULES, req).revision,
        "uid": "0000",
        "operation": "CREATE",
        "kind": "Pod",
        "namespace": "shop",
        "name": "web",
        "user": "alice",
    }


def test_a_denied_request_has_its_id_and_findings() -> None:
    req = request(pod(image="nginx:1"), dry_run=True)
    decision = decided(RULES, req)
    line = logged(req, decision)
    assert (line["verdict"], line["id"], line["dry_run"]) == ("denied", decision.id, True)
    assert line["findings"] == [
        {"rule": "p/ours", "path": "spec.containers[0].image", "action": "deny", "cause": "violates"}
    ]
    assert line["findings_total"] == 1


def test_no_value_of_the_object_is_written() -> None:
    secret = "hunter2"
    bad = pod(image=f"evil.example/{secret}:1", env=[{"name": "PASSWORD", "value": secret}])
    req = request(bad)
    assert secret not in json.dumps(logged(req, decided(RULES, req)))


def test_what_was_changed_is_told_by_its_paths() -> None:
    fill = policy("- name: fill\n  metadata: {labels: {team: {default: shop}}}")
    req = request(pod())
    decision = decided(fill, req, Stage.MUTATE)
    assert decision.patch
    assert logged(req, decision, "mutate")["patched"] == [operation["path"] for operation in decision.patch]


def test_what_could_move_a_terminals_cursor_is_not_written() -> None:
    odd = User("a\x1b[2Jlice\x9b\u2028")
    req = request(pod(), user=odd, name="x" * 10_000)
    line = logged(req, decided(RULES, request(pod())))
    assert line["user"] == "a\ufffd[2Jlice\ufffd\ufffd"
    assert len(line["name"]) == 253


def test_a_line_names_a_bounded_number_of_findings() -> None:
    many = {**pod(), "spec": {"containers": [{"name": f"c{n}", "image": "nginx:1"} for n in range(MOST + 50)]}}
    req = request(many)
    line = logged(req, decided(RULES, req))
    assert (len(line["findings"]), line["findings_total"]) == (MOST, MOST + 50)


def test_a_fault_of_ours_is_an_undecided_line() -> None:
    pipe = Pipe()
    lines = Lines(pipe.into, interval=0.01)
    DecisionLog(lines).failed(NOW, "validate", request(pod(image=IMAGE)), "abc123", "KeyError")
    lines.close()
    (line,) = pipe.rest()
    assert (line["verdict"], line["id"], line["error"], line["name"]) == ("undecided", "abc123", "KeyError", "web")


def test_no_line_is_lost_at_the_end() -> None:
    pipe = Pipe()
    lines = Lines(pipe.into, interval=60.0)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.extend(iter(lambda: os.read(pipe.out, 65536), b"")))
    reader.start()
    for number in range(10_000):
        lines.add(b'{"number":%d}' % number)
    lines.close()
    os.close(pipe.into)
    reader.join(10)
    os.close(pipe.out)
    assert [json.loads(line)["number"] for line in b"".join(read).splitlines()] == list(range(10_000))
    assert lines.dropped == 0


@pytest.fixture
def stuck() -> Iterator[Pipe]:
    """A pipe that is full and that nobody reads."""
    pipe = Pipe()
    os.set_blocking(pipe.into, False)
    try:
        while True:
            os.write(pipe.into, b"x" * 65536)
    except BlockingIOError:
        os.set_blocking(pipe.into, True)
    yield pipe
    os.close(pipe.into)


def test_a_reader_that_is_stuck_keeps_nobody_waiting(stuck: Pipe) -> None:
    lines = Lines(stuck.into, limit=1000, interval=0.001)
    for _ in range(1000):
        lines.add(b"y" * 99)
    assert lines.dropped > 900
    os.close(stuck.out)
    lines.close()


def test_a_reader_that_is_gone_costs_lines_and_nothing_else() -> None:
    out, into = os.pipe()
    os.close(out)
    lines = Lines(into, interval=0.001)
    lines.add(b"{}")
    poll(lambda: lines.dropped == 1, "the lost line is not counted")
    lines.add(b"{}")
    lines.close()
    assert lines.dropped == 2
    os.close(into)
