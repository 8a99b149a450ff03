"""review: AdmissionReview bytes in, a Request out; what is answered, as the API server wants it."""

import base64
import json
from typing import Any

import pytest

from tests.objects import merged, pod
from webhook.admission.request import GroupKind, Operation, Request, User
from webhook.engine.review import decode, encode
from webhook.errors import ReviewError

UID = "705ab4f5-6393-11e8-b7cc-42010a800002"


def review(**changes: Any) -> dict[str, Any]:
    """What the API server sends for the creation of a pod, with changes merged over the request."""
    asks = {
        "uid": UID,
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "resource": {"group": "", "version": "v1", "resource": "pods"},
        "requestKind": {"group": "", "version": "v1", "kind": "Pod"},
        "requestResource": {"group": "", "version": "v1", "resource": "pods"},
        "name": "web",
        "namespace": "shop",
        "operation": "CREATE",
        "userInfo": {"username": "alice", "uid": "5", "groups": ["devs"], "extra": {"scopes": ["a", "b"]}},
        "object": pod(),
        "oldObject": None,
        "dryRun": False,
        "options": {"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1", "fieldManager": "kubectl"},
    }
    merged_changes = {**asks, **changes}
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": merged_changes}


def decoded(**changes: Any) -> Request:
    return decode(json.dumps(review(**changes)).encode())


def resource(group: str, plural: str) -> dict[str, str]:
    return {"group": group, "version": "v1", "resource": plural}


def kind(group: str, name: str) -> dict[str, str]:
    return {"group": group, "version": "v1", "kind": name}


# requests


def test_a_creation_is_read_with_everything_that_rules_ask_about() -> None:
    assert decoded() == Request(
        kind=GroupKind("", "Pod"),
        operation=Operation.CREATE,
        object=pod(),
        old_object=None,
        subresource="",
        namespace="shop",
        name="web",
        user=User("alice", ("devs",), {"scopes": ["a", "b"]}),
        uid=UID,
        dry_run=False,
        version="v1",
        resource="pods",
    )


def test_fields_of_an_object_that_nobody_knows_are_kept() -> None:
    strange = merged(pod(), {"spec": {"aFieldOfNextYear": {"deep": [1, 2.5, None, True, "x"]}}, "alien": []})
    assert decoded(object=strange).object == strange


def test_fields_of_the_review_that_nobody_knows_are_ignored() -> None:
    body = review(novelty={"a": 1})
    body["later"] = [1]
    assert decode(json.dumps(body).encode()).uid == UID


def test_numbers_keep_their_kind_and_every_digit() -> None:
    body = json.dumps(review()).replace(
        '"kind": "Pod", "metadata"', '"a": 1, "b": 1.0, "c": 9223372036854775807, "kind": "Pod", "metadata"'
    )
    obj = decode(body.encode()).object
    assert obj is not None
    assert [(type(obj[key]), obj[key]) for key in "abc"] == [(int, 1), (float, 1.0), (int, 9223372036854775807)]


@pytest.mark.parametrize("operation", list(Operation))
def test_every_operation_is_read(operation: Operation) -> None:
    assert decoded(operation=operation.value).operation is operation


def test_an_update_has_both_objects() -> None:
    old = pod({"metadata": {"labels": {"a": "b"}}})
    asks = decoded(operation="UPDATE", oldObject=old)
    assert (asks.object, asks.old_object, asks.subject) == (pod(), old, pod())


@pytest.mark.parametrize("changes", [{"object": None}, {}])
def test_a_deletion_has_only_the_old_object_whether_the_new_one_is_null_or_missing(changes: dict[str, Any]) -> None:
    body = review(operation="DELETE", oldObject=pod())
    del body["request"]["object"]
    body["request"] |= changes
    asks = decode(json.dumps(body).encode())
    assert (asks.object, asks.old_object, asks.subject) == (None, pod(), pod())


def test_each_object_of_a_deletecollection_is_named_by_itself() -> None:
    assert decoded(operation="DELETE", name="", object=None, oldObject=pod()).name == "web"


def test_a_generated_name_is_no_name_yet() -> None:
    assert decoded(name="", object=pod({"metadata": {"name": None, "generateName": "web-"}})).name == ""


@pytest.mark.parametrize("metadata", ["text", [1], {"name": 5}, None])
def test_an_object_whose_metadata_has_another_shape_has_no_name(metadata: Any) -> None:
    assert decoded(name="", object={"kind": "Pod", "metadata": metadata}).name == ""


@pytest.mark.parametrize(
    ("subresource", "options"),
    [
        ("exec", "PodExecOptions"),
        ("attach", "PodAttachOptions"),
        ("portforward", "PodPortForwardOptions"),
        ("proxy", "PodProxyOptions"),
    ],
)
def test_connecting_to_a_pod_is_about_the_pod_and_not_about_the_options(subresource: str, options: str) -> None:
    asks = decoded(
        operation="CONNECT",
        kind=kind("", options),
        subResource=subresource,
        object={"kind": options, "apiVersion": "v1", "stdin": True, "container": "web", "command": ["sh"]},
    )
    assert (asks.kind, asks.subresource, asks.operation, asks.name) == (
        GroupKind("", "Pod"),
        subresource,
        Operation.CONNECT,
        "web",
    )
    assert asks.object is not None
    assert asks.object["kind"] == options


@pytest.mark.parametrize(
    ("group", "plural", "subresource", "sent", "meant"),
    [
        ("apps", "deployments", "scale", kind("autoscaling", "Scale"), GroupKind("apps", "Deployment")),
        ("", "replicationcontrollers", "scale", kind("autoscaling", "Scale"), GroupKind("", "ReplicationController")),
        ("", "pods", "eviction", kind("policy", "Eviction"), GroupKind("", "Pod")),
        ("", "pods", "binding", kind("", "Binding"), GroupKind("", "Pod")),
        ("", "pods", "ephemeralcontainers", kind("", "Pod"), GroupKind("", "Pod")),
        (
            "",
            "serviceaccounts",
            "token",
            kind("authentication.k8s.io", "TokenRequest"),
            GroupKind("", "ServiceAccount"),
        ),
        ("acme.example", "shops", "scale", kind("autoscaling", "Scale"), GroupKind("autoscaling", "Scale")),
    ],
)
def test_a_subresource_belongs_to_the_kind_of_its_resource(
    group: str, plural: str, subresource: str, sent: dict[str, str], meant: GroupKind
) -> None:
    asks = decoded(kind=sent, resource=resource(group, plural), subResource=subresource, operation="UPDATE")
    assert (asks.kind, asks.subresource, asks.resource) == (meant, subresource, plural)


def test_without_a_subresource_the_kind_is_the_one_that_was_sent() -> None:
    asks = decoded(kind=kind("apps", "Deployment"), resource=resource("", "pods"))
    assert asks.kind == GroupKind("apps", "Deployment")


def test_a_namespace_names_itself() -> None:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    asks = decoded(kind=kind("", "Namespace"), resource=resource("", "namespaces"), name="shop", object=namespace)
    assert (asks.kind, asks.namespace, asks.name) == (GroupKind("", "Namespace"), "shop", "shop")


@pytest.mark.parametrize(
    ("user", "meant"),
    [
        (None, User()),
        ({}, User()),
        ({"username": "bob"}, User("bob")),
        ({"username": "bob", "groups": None, "extra": None}, User("bob")),
        ({"username": "", "groups": ["system:unauthenticated"]}, User("", ("system:unauthenticated",))),
    ],
)
def test_whoever_asks_is_known_in_a_cluster_even_with_few_words(user: Any, meant: User) -> None:
    assert decoded(userInfo=user).user == meant


@pytest.mark.parametrize(("told", "dry"), [(True, True), (False, False), (None, False)])
def test_a_dry_run_is_one_only_where_it_is_said(told: Any, dry: bool) -> None:
    assert decoded(dryRun=told).dry_run is dry


def test_few_words_are_enough() -> None:
    few = {"uid": "1", "kind": {"kind": "Pod"}, "resource": {"resource": "pods"}, "operation": "CREATE"}
    body = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": few}
    asks = decode(json.dumps(body).encode())
    assert (asks.kind, asks.object, asks.namespace, asks.name, asks.subject) == (GroupKind("", "Pod"), None, "", "", {})


# what is no review


@pytest.mark.parametrize(
    ("version", "name"),
    [
        ("admission.k8s.io/v1beta1", "AdmissionReview"),
        ("admission.k8s.io/v2", "AdmissionReview"),
        ("v1", "AdmissionReview"),
        ("admission.k8s.io/v1", "Pod"),
        ("", ""),
    ],
)
def test_another_version_or_kind_is_refused_with_what_was_expected_and_the_uid(version: str, name: str) -> None:
    body = {**review(), "apiVersion": version, "kind": name}
    with pytest.raises(ReviewError) as raised:
        decode(json.dumps(body).encode())
    assert raised.value.uid == UID
    assert str(raised.value) == f"expected admission.k8s.io/v1 AdmissionReview, got {version} {name}"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b"\xff\xfe",
        b"{}",
        b'{"apiVersion": "admission.k8s.io/v1"}',
        b'{"apiVersion": 1, "kind": "AdmissionReview"}',
        b'{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": []}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"apiVersion: admission.k8s.io/v1",
        b'{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {"uid": NaN}}',
    ],
)
def test_what_is_no_review_at_all_is_a_review_error_without_a_uid(body: bytes) -> None:
    with pytest.raises(ReviewError) as raised:
        decode(body)
    assert raised.value.uid == ""
    assert str(raised.value).startswith("the body is no AdmissionReview: ")


@pytest.mark.parametrize("request_part", [{}, {"request": None}])
def test_a_response_alone_is_no_request(request_part: dict[str, Any]) -> None:
    body = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": {"uid": UID}, **request_part}
    with pytest.raises(ReviewError, match="has no request"):
        decode(json.dumps(body).encode())


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"operation": "PATCH"}, "$.request.operation"),
        ({"operation": None}, "$.request.operation"),
        ({"object": [1]}, "$.request.object"),
        ({"object": "text"}, "$.request.object"),
        ({"oldObject": 5}, "$.request.oldObject"),
        ({"kind": None}, "$.request.kind"),
        ({"kind": {"kind": 5}}, "$.request.kind.kind"),
        ({"namespace": ["a"]}, "$.request.namespace"),
        ({"userInfo": {"username": 5}}, "$.request.userInfo.username"),
        ({"userInfo": {"groups": "devs"}}, "$.request.userInfo.groups"),
        ({"dryRun": "yes"}, "$.request.dryRun"),
    ],
)
def test_a_review_of_another_shape_is_refused_with_the_place_and_its_uid(changes: dict[str, Any], place: str) -> None:
    with pytest.raises(ReviewError) as raised:
        decoded(**changes)
    assert raised.value.uid == UID
    assert place in str(raised.value)


def test_an_object_that_is_nested_too_deeply_is_refused_with_its_uid_or_without_but_never_breaks() -> None:
    deep = '{"a":' * 50_000 + "1" + "}" * 50_000
    body = json.dumps(review(object=0)).replace('"object": 0', f'"object": {deep}')
    with pytest.raises(ReviewError, match="nested too deeply"):
        decode(body.encode())


# answers


def answered(**values: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(encode(UID, **values))
    assert (body["apiVersion"], body["kind"]) == ("admission.k8s.io/v1", "AdmissionReview")
    assert body["response"]["uid"] == UID
    assert body.keys() == {"apiVersion", "kind", "response"}
    response: dict[str, Any] = body["response"]
    return response


def test_what_is_allowed_has_no_status_and_nothing_that_was_not_said() -> None:
    assert answered(allowed=True) == {"uid": UID, "allowed": True}
    assert answered(allowed=True, code=403, reason="Forbidden", message="no") == {"uid": UID, "allowed": True}


def test_a_denial_has_code_reason_message_and_causes() -> None:
    causes = [{"reason": "p/r", "message": "no", "field": "spec.hostPID"}]
    assert answered(allowed=False, code=403, reason="Forbidden", message="no: \u00fc", causes=causes) == {
        "uid": UID,
        "allowed": False,
        "status": {
            "status": "Failure",
            "code": 403,
            "reason": "Forbidden",
            "message": "no: \u00fc",
            "details": {"causes": causes},
        },
    }


def test_a_denial_without_causes_has_no_details() -> None:
    assert "details" not in answered(allowed=False, code=403, message="no")["status"]


def test_warnings_go_with_both_answers() -> None:
    assert answered(allowed=True, warnings=["a", "b"])["warnings"] == ["a", "b"]
    assert answered(allowed=False, code=403, warnings=["a"])["warnings"] == ["a"]


def test_a_patch_is_base64_of_the_operations_and_never_stands_without_its_type() -> None:
    operations = [{"op": "add", "path": "/metadata/labels", "value": {"a": "\u00e9", "n": 1, "x": None}}]
    response = answered(allowed=True, patch=operations)
    assert response["patchType"] == "JSONPatch"
    assert json.loads(base64.b64decode(response["patch"], validate=True)) == operations


@pytest.mark.parametrize("patch", [[], ()])
def test_no_operations_are_no_patch_so_a_validating_webhook_never_sends_one(patch: Any) -> None:
    assert answered(allowed=True, patch=patch) == {"uid": UID, "allowed": True}


def test_audit_annotations_are_sent_where_there_are_any() -> None:
    assert answered(allowed=True, audit_annotations={"decision": "abc"})["auditAnnotations"] == {"decision": "abc"}
    assert "auditAnnotations" not in answered(allowed=True, audit_annotations={})
