"""Reviews that no API server sends, from their bytes to the bytes that answer: never a trace, never a loose end."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import jsonpatch
import pytest

from tests.objects import decided, pod, policy, request, ruleset, workload
from tests.server.reviewing import LOG, STAGES, Json, answer, assert_sound, refused, response, reviewer
from tests.server.serving import Running, review
from webhook.admission.finding import Action, Cause
from webhook.engine.decide import Stage

UID = "705ab4f5-6393-11e8-b7cc-42010a800002"


@pytest.fixture(autouse=True)
def _everything_could_be_observed(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    LOG.lines.clear()
    yield
    assert "could not be observed" not in caplog.text
    assert not any(b"Traceback" in line for line in LOG.lines)


# The envelope


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"}', "the AdmissionReview has no request"),
        (
            b'{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": null}',
            "the AdmissionReview has no request",
        ),
        (b"[" * 20_000, "the body is no AdmissionReview: "),
        (b'{"apiVersion": NaN}', "the body is no AdmissionReview: "),
        (b'{"apiVersion": "\xff"}', "the body is no AdmissionReview: "),
        (b"", "the body is no AdmissionReview: "),
    ],
)
def test_a_body_without_a_request_is_refused_in_one_sentence(stage: Stage, body: bytes, words: str) -> None:
    told = refused(body, stage)
    assert told.startswith(words)
    assert told.isprintable()


@pytest.mark.parametrize("uid", [None, 7, True, ["a"], {"a": 1}])
def test_a_uid_of_another_type_cannot_be_answered_under(uid: Any) -> None:
    assert refused(json.dumps(review(uid=uid)).encode()).startswith("the body is no AdmissionReview: ")


@pytest.mark.parametrize("uid", ["x" * 10_000, "\x1b[31m", "\u202e", "\u0000"])
def test_a_uid_is_given_back_as_it_is(uid: str) -> None:
    envelope = json.loads(answer(json.dumps(review(uid=uid)).encode()).body)
    assert envelope["response"]["uid"] == uid


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize(
    "spoiled",
    [
        {"operation": "EAT"},
        {"operation": "create"},
        {"operation": None},
        {"operation": ["CREATE"]},
        {"object": []},
        {"object": "pod"},
        {"object": [{"kind": "Pod"}]},
        {"object": 7},
        {"object": True},
        {"oldObject": "pod"},
        {"kind": "Pod"},
        {"resource": None},
        {"subResource": 7},
        {"name": None},
        {"namespace": None},
        {"namespace": 7},
        {"userInfo": "alice"},
        {"userInfo": {"username": 7}},
        {"userInfo": {"groups": "all"}},
        {"userInfo": {"groups": [1]}},
        {"userInfo": {"extra": []}},
        {"dryRun": "no"},
    ],
)
def test_a_request_of_another_shape_is_denied_under_its_uid(stage: Stage, spoiled: Json) -> None:
    found = response(review(**spoiled), stage)
    assert (found["uid"], found["allowed"]) == (UID, False)
    assert (found["status"]["code"], found["status"]["reason"]) == (400, "BadRequest")
    assert found["status"]["message"].startswith("the body is no AdmissionReview: ")


@pytest.mark.parametrize("missing", ["userInfo", "name", "namespace", "oldObject", "dryRun"])
def test_what_a_request_may_lack_is_not_missed(missing: str) -> None:
    asked = review()
    del asked["request"][missing]
    assert response(asked, who=reviewer(ruleset(policy("- name: r\n  images: {digest: preferred}"))))["allowed"] is True


@pytest.mark.parametrize("missing", ["uid", "kind", "resource", "operation"])
def test_what_a_request_must_have_is_told_by_name(missing: str) -> None:
    asked = review()
    del asked["request"][missing]
    body = json.dumps(asked).encode()
    told = refused(body) if missing == "uid" else response(body)["status"]["message"]
    assert f"`{missing}`" in told


def test_duplicate_keys_in_a_review_are_read_as_the_last_one() -> None:
    good, bad = "registry.corp.example/a:1", "registry.corp.example/a:latest"
    text = json.dumps(review(pod({"metadata": {"labels": {"about": "images"}}}, image=bad)))
    twice = text.replace('"image":', f'"image": "{good}", "image":')
    assert "the forbidden tag" in response(twice.encode())["status"]["message"]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "01", "+1", "0x10", ".5"])
def test_what_json_calls_no_number_is_no_review(number: str) -> None:
    text = json.dumps(review()).replace('"spec":', f'"x": {number}, "spec":')
    assert refused(text.encode()).startswith("the body is no AdmissionReview: JSON is malformed")


def test_a_number_beyond_all_floats_is_told_under_the_uid() -> None:
    text = json.dumps(review()).replace('"spec":', '"x": 1e400, "spec":')
    assert response(text.encode())["status"]["message"].startswith(
        "the body is no AdmissionReview: Number out of range"
    )


@pytest.mark.parametrize("number", ["1" * 5_000, "-9223372036854775809", "1e308", "18446744073709551616", "-0"])
def test_a_number_that_no_field_has_is_carried(number: str) -> None:
    text = json.dumps(review()).replace('"spec":', f'"x": {number}, "spec":')
    assert "allowed" in response(text.encode())


# The object


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("operation", ["CREATE", "UPDATE", "DELETE", "CONNECT"])
def test_a_request_without_objects_gets_an_answer(stage: Stage, operation: str) -> None:
    response(review(operation=operation, object=None, oldObject=None), stage)


def test_a_delete_has_only_the_old_object_and_is_allowed() -> None:
    assert response(review(operation="DELETE", object=None, oldObject=pod()))["allowed"] is True


def test_a_delete_is_judged_by_the_old_object_where_a_rule_is_about_deleting() -> None:
    rules = ruleset(
        policy("- name: r\n  fields: {pod: metadata.labels.keep, forbidden: true}", match="{operations: [DELETE]}")
    )
    kept = pod({"metadata": {"labels": {"keep": "yes"}}})
    found = response(review(operation="DELETE", object=None, oldObject=kept), who=reviewer(rules))
    assert found["status"]["details"]["causes"][0]["field"] == "metadata.labels.keep"


def test_fields_that_nobody_knows_are_kept_in_what_the_patch_is_made_for() -> None:
    strange = {"fromTheFuture": {"a": [1, None, {"b": 2.5}]}, "metadata": {"labels": {"about": "defaults"}}}
    asked = pod(strange, fromTheFuture=[None, {}], securityContext={"alsoNew": 1})
    fill = "{containers: {securityContext: {allowPrivilegeEscalation: false}}}"
    rules = ruleset(policy(f"- name: r\n  defaults: {{default: {fill}}}"))
    found = response(review(asked), Stage.MUTATE, reviewer(rules))
    patch = json.loads(base64.b64decode(found["patch"]))
    place = "/spec/containers/0/securityContext/allowPrivilegeEscalation"
    assert patch == [{"op": "add", "path": place, "value": False}]
    after = jsonpatch.apply_patch(asked, patch)
    assert after["fromTheFuture"] == asked["fromTheFuture"]
    assert after["spec"]["containers"][0]["fromTheFuture"] == [None, {}]


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize(
    "metadata",
    [
        *(None, "none", 7, [], ["x"]),
        *({"name": 7}, {"name": ["web"]}, {"name": {"a": 1}}, {"generateName": 7}),
        *({"labels": ["a"]}, {"labels": "a"}, {"labels": {"about": 7}}, {"labels": {"team": ["a"]}}),
        *({"annotations": 7}, {"annotations": {"acme.example/ttl": 7}}, {"annotations": [["a", "b"]]}),
        *({"ownerReferences": 7}, {"ownerReferences": {}}, {"ownerReferences": [7, None, {"kind": 7}]}),
        *({"namespace": None}, {"namespace": 7}, {"finalizers": "a"}, {"deletionTimestamp": 7}, {"managedFields": 7}),
    ],
)
@pytest.mark.parametrize("kind", ["Pod", "Deployment", "CronJob", "Namespace"])
def test_metadata_of_another_shape_gets_an_answer(stage: Stage, metadata: Any, kind: str) -> None:
    sound = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "shop"}}
    obj = pod() if kind == "Pod" else sound if kind == "Namespace" else workload(kind)
    for operation, old in (("CREATE", None), ("UPDATE", obj), ("UPDATE", {**obj, "metadata": metadata})):
        response(review(obj, operation=operation, object={**obj, "metadata": metadata}, oldObject=old), stage)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize(
    "subresource", ["", "status", "resize", "ephemeralcontainers", "exec", "unheard-of", "/", "a/b", "\x1b"]
)
def test_any_subresource_gets_an_answer(stage: Stage, subresource: str) -> None:
    debug = pod({"spec": {"ephemeralContainers": [{"name": "dbg", "image": "busybox"}]}})
    response(review(debug, operation="UPDATE", oldObject=pod(), subResource=subresource), stage)
    response(review(operation="CONNECT", object=None, subResource=subresource), stage)


@pytest.mark.parametrize("stage", STAGES)
def test_a_huge_object_gets_an_answer_that_is_not_huge(stage: Stage) -> None:
    labels = {"about": "images"}
    many = [{"name": f"c{number}", "image": "nginx:latest"} for number in range(1000)]
    annotations = {"notes": "x" * 256 * 1024, "kubernetes.io/psp": "\x1b[31m" * 1000}
    obj = pod({"metadata": {"labels": labels, "annotations": annotations}, "spec": {"containers": many}})
    found = response(review(obj), stage)
    assert found["allowed"] is (stage is Stage.MUTATE)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("depth", [150, 900])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize("where", ['"spec": {', '"labels": {', '"metadata": {', '"securityContext": {'])
def test_a_deeply_nested_object_gets_an_answer(
    stage: Stage, depth: int, opening: str, closing: str, where: str
) -> None:
    obj = pod({"metadata": {"labels": {"about": "podSecurity"}}}, securityContext={"runAsUser": 1})
    deep = opening * depth + "1" + closing * depth
    response(json.dumps(review(obj)).replace(where, f'{where}"deep": {deep}, ').encode(), stage)


# Our own faults


@pytest.mark.parametrize("operation", ["CREATE", "UPDATE"])
def test_a_rule_that_breaks_is_a_failed_finding_with_an_id_that_is_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, operation: str
) -> None:
    rules = ruleset(
        policy("- name: fine\n  fields: {pod: spec.hostPID, forbidden: true}\n- name: r\n  images: {digest: required}")
    )

    def broken(_: Any) -> Any:
        raise ZeroDivisionError("secret thing")

    monkeypatch.setattr("webhook.rule_types.images.Image.parse", broken)
    old = pod({"spec": {"hostPID": True}}) if operation == "UPDATE" else None
    found = response(review(operation=operation, oldObject=old), who=reviewer(rules))
    assert (found["status"]["code"], found["status"]["reason"]) == (500, "InternalError")
    message = found["status"]["message"]
    assert "[r] could not be checked: the rule broke on this object, which is our fault" in message
    assert "secret thing" not in message
    [record] = [record for record in caplog.records if record.exc_info]
    assert record.getMessage() == "the rule p/r broke"
    assert getattr(record, "id", "none") in message
    decision = decided(rules, request(pod()))
    assert [(f.rule.name, f.cause, f.action) for f in decision.findings] == [("r", Cause.FAILED, Action.DENY)]


def test_a_breaking_rule_that_only_warns_lets_the_object_in_with_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = ruleset(policy("- name: r\n  images: {digest: required}", mode="warn"))

    def broken(_: Any) -> Any:
        raise ZeroDivisionError("secret thing")

    monkeypatch.setattr("webhook.rule_types.images.Image.parse", broken)
    found = response(review(), who=reviewer(rules))
    assert found["allowed"] is True
    assert found["warnings"] == ["[r] could not be checked: the rule broke on this object, which is our fault"]


def test_a_rule_that_breaks_while_it_makes_things_so_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = ruleset(policy("- name: r\n  defaults: {default: {pod: {hostUsers: false}}}"))

    def broken(*_: Any) -> Any:
        raise ZeroDivisionError("secret thing")

    monkeypatch.setattr("webhook.admission.edits.Draft.default", broken)
    found = response(review(), Stage.MUTATE, reviewer(rules))
    assert (found["allowed"], found.get("patch")) == (True, None)


# Over TLS, from one end to the other


@pytest.mark.parametrize("path", ["/mutate", "/validate"])
@pytest.mark.parametrize(
    "changes",
    [
        {"object": {**pod(), "metadata": "none"}},
        {"object": {**pod(), "metadata": {"name": 7, "labels": ["a"], "namespace": None}}},
        {"operation": "UPDATE", "oldObject": {"metadata": []}},
        {"operation": "CREATE", "object": None},
        {"subResource": "unheard-of"},
        {"userInfo": None},
    ],
)
def test_the_server_answers_what_no_api_server_sends(server: Running, path: str, changes: Json) -> None:
    reply = server.send("POST", path, review(**changes))
    assert reply.status == 200
    assert reply.response["uid"] == UID
    assert_sound(reply.response)
