"""Bugs of ours: a clean answer with an id that is in the log, and never a trace for whoever asked."""

from typing import Any

import pytest

from tests.server.serving import BAD_POD, Running, review
from webhook.admission.facts import Needs
from webhook.server import reviewer


@pytest.fixture
def _deciding_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError("secret thing")

    monkeypatch.setattr(reviewer, "decide", broken)


@pytest.mark.usefixtures("_deciding_breaks")
def test_a_fault_denies_in_the_validate_stage_with_an_id_that_is_in_the_log(
    server: Running, caplog: pytest.LogCaptureFixture
) -> None:
    before = server.metric('doorward_undecided_total{cause="failed"}') or 0
    response = server.validate(BAD_POD).response
    status = response["status"]
    assert (response["allowed"], status["code"], status["reason"]) == (False, 500, "InternalError")
    sentence, _, failure = status["message"].rpartition(" ")
    assert sentence == "Doorward could not decide, through a fault of its own; its log says more under"
    record = next(record for record in caplog.records if getattr(record, "id", None) == failure)
    assert record.getMessage() == "a review could not be decided"
    assert record.exc_info is not None
    assert server.metric('doorward_undecided_total{cause="failed"}') == before + 1


@pytest.mark.usefixtures("_deciding_breaks")
def test_a_fault_in_the_mutate_stage_leaves_it_to_the_failure_policy(server: Running) -> None:
    reply = server.mutate(BAD_POD)
    assert reply.status == 500
    assert reply.json["error"].startswith("Doorward could not decide, through a fault of its own")
    assert b"secret thing" not in reply.body


def test_a_decision_that_never_has_enough_facts_is_a_fault(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def insatiable(*arguments: Any) -> Needs:
        asked.append(arguments)
        return Needs(frozenset({"shop"}))

    monkeypatch.setattr(reviewer, "decide", insatiable)
    response = server.validate().response
    assert response["status"]["code"] == 500
    assert len(asked) in (reviewer.ROUNDS, reviewer.ROUNDS + 1)  # once more where the short way was tried first


def test_what_cannot_be_observed_is_answered_all_the_same(
    server: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("webhook.observe.metrics.Metrics.decided", broken)
    assert server.validate(BAD_POD).response["status"]["code"] == 403
    assert "a decision could not be observed" in caplog.text


@pytest.mark.parametrize("headers", [{}, {"X-Unusual": "so it goes the long way"}])
def test_a_fault_outside_the_review_is_an_internal_error_in_one_sentence(
    server: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, headers: dict[str, str]
) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError("secret thing")

    monkeypatch.setattr("webhook.server.guard.Guard.head", broken)
    monkeypatch.setattr("webhook.server.reviewer.Reviewer.at_once", broken)
    reply = server.send("POST", "/validate?timeout=5s", review(), headers=headers)
    assert reply.status == 500
    sentence, _, failure = reply.json["error"].rpartition(" ")
    assert sentence == "a fault of Doorward's own; its log says more under"
    assert failure in [getattr(record, "id", None) for record in caplog.records]
