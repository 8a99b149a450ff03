"""Our two webhook configurations, read as they are and given the bundle."""

import base64
from pathlib import Path

import pytest

from tests.cluster.fake_api_server import FakeApiServer, status_body
from webhook.cluster.client import ConflictError, RefusedError
from webhook.cluster.registration import Registration, places, put_bundle, read, read_one, trusts

MUTATE, VALIDATE = places()


def configuration(*bundles: bytes | None) -> dict[str, object]:
    webhooks = []
    for number, bundle in enumerate(bundles):
        client: dict[str, object] = {"service": {"name": "doorward", "namespace": "doorward"}}
        if bundle is not None:
            client["caBundle"] = base64.b64encode(bundle).decode()
        webhooks.append({"name": f"{number}.doorward", "clientConfig": client, "fieldOfTomorrow": [1]})
    return {"metadata": {"name": "doorward-validate"}, "webhooks": webhooks}


def test_both_configurations_come_as_they_are(tmp_path: Path) -> None:
    with FakeApiServer() as api:
        mutating = api.put(MUTATE.path, configuration(None))
        validating = api.put(VALIDATE.path, configuration(b"x"))
        assert read(api.cluster(tmp_path)) == Registration(mutating, validating, ())
    assert [path for _, path, _ in api.requests] == [
        "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/doorward-mutate",
        "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/doorward-validate",
    ]


def test_missing_configurations_are_named_by_kind_and_name(tmp_path: Path) -> None:
    with FakeApiServer() as api:
        found = read(api.cluster(tmp_path), "our-mutate", "our-validate")
    missing = ("MutatingWebhookConfiguration our-mutate", "ValidatingWebhookConfiguration our-validate")
    assert found == Registration(None, None, missing)


def test_a_refusal_is_not_taken_for_a_missing_configuration(tmp_path: Path) -> None:
    with FakeApiServer() as api:
        api.before = lambda method, path: (403, status_body(403, "forbidden"))
        with pytest.raises(RefusedError) as refused:
            read(api.cluster(tmp_path))
    assert refused.value.status == 403


def test_the_bundle_goes_into_every_webhook_and_nothing_else_changes(tmp_path: Path) -> None:
    with FakeApiServer() as api:
        before = api.put(VALIDATE.path, configuration(None, b"old"))
        assert put_bundle(api.cluster(tmp_path), VALIDATE, before, b"new")
        after = api.objects[VALIDATE.path]
    assert after["webhooks"] == configuration(b"new", b"new")["webhooks"]
    assert before["webhooks"] == configuration(None, b"old")["webhooks"]


def test_a_configuration_that_trusts_the_bundle_already_is_not_written(tmp_path: Path) -> None:
    with FakeApiServer() as api:
        item = api.put(VALIDATE.path, configuration(b"same", b"same"))
        assert not put_bundle(api.cluster(tmp_path), VALIDATE, item, b"same")
        assert api.requests == []


def test_a_configuration_that_changed_since_it_was_read_is_a_conflict(tmp_path: Path) -> None:
    with FakeApiServer() as api:
        api.put(VALIDATE.path, configuration(b"old"))
        cluster = api.cluster(tmp_path)
        item = read_one(cluster, VALIDATE)
        api.put(VALIDATE.path, configuration(b"newest"))
        assert item is not None
        with pytest.raises(ConflictError):
            put_bundle(cluster, VALIDATE, item, b"new")
        assert api.objects[VALIDATE.path]["webhooks"] == configuration(b"newest")["webhooks"]


def test_trust_is_all_webhooks_or_none() -> None:
    assert trusts(configuration(b"a", b"a"), b"a")
    assert not trusts(configuration(b"a", b"b"), b"a")
    assert not trusts(configuration(b"a", None), b"a")
    broken = {"webhooks": [{"clientConfig": {"caBundle": "!"}}]}
    assert not trusts(broken, b"a")
