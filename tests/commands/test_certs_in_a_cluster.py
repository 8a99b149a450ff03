"""`doorward certs ensure` against an API server: Secrets, trust, order and repetition."""

import argparse
import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from certs.pair import Pair, certificates, issued_by, names, prove
from certs.rotation import split
from tests.cluster.fake_api_server import FakeApiServer
from webhook.cluster import registration
from webhook.commands import certs
from webhook.errors import CertificateError, ClusterError

SERVICE = ("doorward", "doorward.doorward", "doorward.doorward.svc", "doorward.doorward.svc.cluster.local")
SECRETS = "/api/v1/namespaces/doorward/secrets"


@pytest.fixture
def api() -> Iterator[FakeApiServer]:
    with FakeApiServer() as server:
        for place in registration.places():
            server.put(place.path, {"metadata": {"name": place.name}, "webhooks": [{"name": "a", "clientConfig": {}}]})
        yield server


def secret(api: FakeApiServer, name: str) -> dict[str, bytes]:
    return {key: base64.b64decode(text) for key, text in api.objects[f"{SECRETS}/{name}"]["data"].items()}


def bundles(api: FakeApiServer) -> list[bytes]:
    found = [api.objects[place.path]["webhooks"][0]["clientConfig"] for place in registration.places()]
    return [base64.b64decode(client["caBundle"]) for client in found]


def ensure(api: FakeApiServer, folder: Path, *words: str) -> int:
    parser = argparse.ArgumentParser()
    certs.add(parser)
    return certs.run(parser.parse_args(["ensure", "--kubeconfig", api.kubeconfig(folder), *words]))


def test_ensure_makes_both_secrets_and_the_trust_of_both_configurations(
    api: FakeApiServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ensure(api, tmp_path) == 0
    served, kept = secret(api, "doorward-tls"), secret(api, "doorward-ca")
    assert sorted(served) == ["ca.crt", "tls.crt", "tls.key"]
    assert sorted(kept) == ["bundle.crt", "ca.crt", "ca.key", "rotation.json"]
    assert api.objects[f"{SECRETS}/doorward-tls"]["type"] == "kubernetes.io/tls"
    assert bundles(api) == [kept["bundle.crt"]] * 2 == [served["ca.crt"]] * 2
    leaf = prove(Pair(served["tls.crt"], served["tls.key"]), datetime.now(UTC))
    assert names(leaf) == SERVICE
    assert issued_by(leaf, certificates(kept["ca.crt"])[0])
    assert capsys.readouterr().out == (
        "Secret doorward/doorward-ca: written\n"
        "MutatingWebhookConfiguration doorward-mutate: written\n"
        "ValidatingWebhookConfiguration doorward-validate: written\n"
        "Secret doorward/doorward-tls: written\n"
    )


def test_ensure_again_writes_nothing(api: FakeApiServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ensure(api, tmp_path)
    api.requests.clear()
    capsys.readouterr()
    assert ensure(api, tmp_path) == 0
    assert capsys.readouterr().out == "nothing is due\n"
    assert {method for method, _, _ in api.requests} == {"GET"}


def test_ensure_gives_the_bundle_back_to_a_configuration_that_lost_it(api: FakeApiServer, tmp_path: Path) -> None:
    ensure(api, tmp_path)
    before = secret(api, "doorward-tls")
    api.objects[registration.places()[1].path]["webhooks"][0]["clientConfig"] = {}
    ensure(api, tmp_path)
    assert bundles(api) == [before["ca.crt"]] * 2
    assert secret(api, "doorward-tls") == before


def test_ensure_replaces_the_authority_in_two_runs_with_both_trusted_in_between(
    api: FakeApiServer, tmp_path: Path
) -> None:
    ensure(api, tmp_path)
    leaf, old = secret(api, "doorward-tls")["tls.crt"], secret(api, "doorward-ca")["ca.crt"]
    ensure(api, tmp_path, "--ca", "--settle", "0")
    coming = secret(api, "doorward-ca")["next-ca.crt"]
    assert [set(split(bundle)) for bundle in bundles(api)] == [{old, coming}] * 2
    assert secret(api, "doorward-tls")["tls.crt"] == leaf
    ensure(api, tmp_path, "--settle", "0")
    assert issued_by(certificates(secret(api, "doorward-tls")["tls.crt"])[0], certificates(coming)[0])
    assert [set(split(bundle)) for bundle in bundles(api)] == [{old, coming}] * 2


def test_the_new_authority_does_not_sign_while_a_configuration_lacks_the_bundle(
    api: FakeApiServer, tmp_path: Path
) -> None:
    ensure(api, tmp_path)
    leaf = secret(api, "doorward-tls")["tls.crt"]
    ensure(api, tmp_path, "--ca")
    api.objects[registration.places()[0].path]["webhooks"][0]["clientConfig"] = {}
    ensure(api, tmp_path, "--settle", "0")
    assert secret(api, "doorward-tls")["tls.crt"] == leaf
    ensure(api, tmp_path, "--settle", "0")
    assert secret(api, "doorward-tls")["tls.crt"] != leaf


def test_a_lost_authority_is_replaced_while_the_serving_leaf_stays_trusted(api: FakeApiServer, tmp_path: Path) -> None:
    ensure(api, tmp_path)
    old = secret(api, "doorward-ca")["ca.crt"]
    api.delete(f"{SECRETS}/doorward-ca")
    ensure(api, tmp_path)
    new = secret(api, "doorward-ca")["ca.crt"]
    assert new != old
    assert [set(split(bundle)) for bundle in bundles(api)] == [{old, new}] * 2


def test_ensure_says_which_configurations_are_missing_after_it_made_the_secrets(
    api: FakeApiServer, tmp_path: Path
) -> None:
    mutate, validate = registration.places()
    api.delete(mutate.path)
    with pytest.raises(ClusterError) as refused:
        ensure(api, tmp_path)
    told = f"{mutate} cannot be given the bundle: apply the manifests, then run this again"
    assert str(refused.value) == told
    assert "tls.key" in secret(api, "doorward-tls")
    assert validate.path in api.objects


def test_ensure_refuses_to_guess_when_the_authoritys_secret_is_broken(api: FakeApiServer, tmp_path: Path) -> None:
    api.put(f"{SECRETS}/doorward-ca", {"metadata": {"name": "doorward-ca"}, "data": {"ca.crt": "AA=="}})
    with pytest.raises(CertificateError) as refused:
        ensure(api, tmp_path)
    told = "Secret doorward/doorward-ca: ca.key is missing, and without it no leaf can be signed"
    assert str(refused.value) == told
    assert f"{SECRETS}/doorward-tls" not in api.objects


def test_ensure_keeps_to_the_names_it_is_given(api: FakeApiServer, tmp_path: Path) -> None:
    words = ("--secret", "our-tls", "--authority-secret", "our-ca", "--service", "guard", "--name", "guard.example")
    with pytest.raises(ClusterError) as refused:
        ensure(api, tmp_path, *words, "--mutate-configuration", "our-m", "--validate-configuration", "our-v")
    assert str(refused.value).startswith(
        "MutatingWebhookConfiguration our-m and ValidatingWebhookConfiguration our-v cannot be given the bundle: "
    )
    leaf = certificates(secret(api, "our-tls")["tls.crt"])[0]
    expected = ("guard", "guard.doorward", "guard.doorward.svc", "guard.doorward.svc.cluster.local", "guard.example")
    assert names(leaf) == expected
    assert "ca.key" in secret(api, "our-ca")
