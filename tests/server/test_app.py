"""What the two listeners answer when all is well, and to requests that are none of theirs."""

from contextlib import closing

import pytest

from tests.server.serving import BAD_POD, Running, review, send_on
from webhook import VERSION


def test_a_good_pod_is_allowed_under_its_uid(server: Running) -> None:
    reply = server.validate()
    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    assert reply.json["apiVersion"] == "admission.k8s.io/v1"
    assert reply.json["kind"] == "AdmissionReview"
    assert (reply.response["uid"], reply.response["allowed"]) == ("705ab4f5-6393-11e8-b7cc-42010a800002", True)
    assert "warnings" not in reply.response


def test_a_bad_pod_is_denied_as_forbidden_with_its_rule_and_path(server: Running) -> None:
    response = server.validate(BAD_POD).response
    assert response["allowed"] is False
    assert (response["status"]["code"], response["status"]["reason"]) == (403, "Forbidden")
    cause = response["status"]["details"]["causes"][0]
    assert (cause["field"], cause["reason"]) == ("spec.containers[0].image", "registries/allowed")
    assert response["auditAnnotations"]["verdict"] == "denied"


def test_the_mutate_stage_neither_denies_nor_warns(server: Running) -> None:
    response = server.mutate(BAD_POD).response
    assert response["allowed"] is True
    assert response.keys() <= {"uid", "allowed", "auditAnnotations"}


def test_the_same_review_gets_the_same_bytes(server: Running) -> None:
    assert server.validate(BAD_POD).body == server.validate(BAD_POD).body


def test_many_requests_pass_over_one_connection(server: Running) -> None:
    with closing(server.connect()) as connection:
        assert send_on(connection, "POST", "/validate", review()).status == 200
        kept = connection.sock
        answers = [send_on(connection, "POST", "/validate", review()) for _ in range(20)]
        assert [reply.response["allowed"] for reply in answers] == [True] * 20
        assert connection.sock is kept


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_may_be_called_json_in_several_ways(server: Running, kind: str) -> None:
    assert server.send("POST", "/validate", review(), {"Content-Type": kind}).status == 200


@pytest.mark.parametrize("kind", ["application/yaml", "text/plain", "application/vnd.kubernetes.protobuf", ""])
def test_another_content_type_is_refused(server: Running, kind: str) -> None:
    reply = server.send("POST", "/validate", review(), {"Content-Type": kind})
    assert (reply.status, reply.json) == (415, {"error": "the content type must be application/json"})


@pytest.mark.parametrize("path", ["/mutate", "/validate"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_another_method_is_refused_with_the_allowed_one(server: Running, path: str, method: str) -> None:
    reply = server.send(method, path)
    assert (reply.status, reply.headers["allow"]) == (405, "POST")
    assert reply.json == {"error": f"{path} takes POST alone"}


@pytest.mark.parametrize("path", ["/", "/validate/", "/Validate", "/metrics", "/mutate%2f..%2fmetrics", "//validate"])
def test_the_admission_listener_has_nothing_else(server: Running, path: str) -> None:
    reply = server.send("POST", path, review())
    assert reply.status == 404
    assert reply.json == {"error": "there is nothing here but POST /mutate, POST /validate and GET /readyz"}


def test_readyz_can_be_tried_out_on_the_admission_listener(server: Running) -> None:
    reply = server.send("GET", "/readyz")
    assert reply.status == 200
    assert reply.body == server.health("/readyz").body
    refused = server.send("POST", "/readyz", b"{}")
    assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD")


def test_healthz_and_version_say_the_least(server: Running) -> None:
    assert server.health("/healthz")[::2] == (200, b"ok\n")
    assert server.health("/version").json == {"version": VERSION}
    assert server.health("/nothing").status == 404


def test_readyz_tells_people_and_programs_how_every_part_is(server: Running) -> None:
    text = server.health("/readyz").body.decode().splitlines()
    assert text[0] == "ready"
    assert text[1].startswith("rules: ok: 1 rule of 1 policy in force, revision ")
    assert text[2] == "namespaces: ok: there is no cluster to ask; only their names are known"
    assert text[3].startswith("certificate: ok: the certificate is valid until ")
    told = server.health("/readyz", accept="application/json").json
    assert told["ready"] is True
    assert {name: (part["ready"], part["ok"]) for name, part in told["parts"].items()} == {
        "rules": (True, True),
        "namespaces": (True, True),
        "certificate": (True, True),
    }


def test_metrics_count_reviews_by_stage_operation_and_verdict(server: Running) -> None:
    series = 'doorward_admission_requests_total{operation="CREATE",stage="validate",verdict="denied"}'
    found = 'doorward_rule_findings_total{action="deny",rule="registries/allowed"}'
    before = server.metric(series) or 0, server.metric(found) or 0
    server.validate(BAD_POD)
    assert (server.metric(series), server.metric(found)) == (before[0] + 1, before[1] + 1)
    assert server.metric("doorward_ready") == 1
    assert server.metric(f'doorward_build_info{{version="{VERSION}"}}') == 1


def test_metrics_have_the_type_that_prometheus_asks_for(server: Running) -> None:
    assert server.health("/metrics").headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
