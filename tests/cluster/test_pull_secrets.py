"""A pod's pull secrets: which ones it means, and what is read of them."""

from pathlib import Path
from typing import Any

import pytest

from tests.cluster.fake_api_server import FakeApiServer
from webhook.cluster.pull_secrets import MOST, PullSecretNames, named, read

KEY = ".dockerconfigjson"


def secret(api: FakeApiServer, name: str, content: str = "e30=") -> None:
    api.put(f"/api/v1/namespaces/shop/secrets/{name}", {"metadata": {"name": name}, "data": {KEY: content}})


@pytest.mark.parametrize(
    ("spec", "names", "account"),
    [
        ({"imagePullSecrets": [{"name": "a"}, {"name": "b"}], "serviceAccountName": "web"}, ("a", "b"), "web"),
        ({}, (), "default"),
        ({"imagePullSecrets": [{"name": ""}, {}, "a", {"name": 5}, {"name": "../x"}]}, (), "default"),
        ({"imagePullSecrets": "a", "serviceAccountName": 5}, (), "default"),
        (None, (), "default"),
    ],
)
def test_a_pod_names_its_secrets_or_its_service_account(spec: Any, names: tuple[str, ...], account: str) -> None:
    assert named("shop", spec) == PullSecretNames("shop", names, account)


def test_the_secrets_that_a_pod_names_are_read_and_missing_ones_passed_over(tmp_path: Path) -> None:
    with FakeApiServer() as api:
        secret(api, "a")
        found = read(api.cluster(tmp_path), PullSecretNames("shop", ("a", "gone"), "web"))
        assert found == {"a": {KEY: b"{}"}}


def test_without_any_those_of_its_service_account_are_read(tmp_path: Path) -> None:
    with FakeApiServer() as api:
        secret(api, "corp")
        account = {"metadata": {"name": "web"}, "imagePullSecrets": [{"name": "corp"}]}
        api.put("/api/v1/namespaces/shop/serviceaccounts/web", account)
        cluster = api.cluster(tmp_path)
        assert read(cluster, PullSecretNames("shop", (), "web")) == {"corp": {KEY: b"{}"}}
        assert read(cluster, PullSecretNames("shop", (), "gone")) == {}


def test_nobody_makes_us_read_more_than_a_few(tmp_path: Path) -> None:
    with FakeApiServer() as api:
        names = tuple(f"s{number}" for number in range(20))
        for name in names:
            secret(api, name)
        assert list(read(api.cluster(tmp_path), PullSecretNames("shop", names, "web"))) == list(names[:MOST])


def test_what_is_learnt_is_kept_apart_by_the_secrets_that_are_named() -> None:
    assert str(PullSecretNames("shop", ("a", "b"), "web")) == "shop/a,b"
    assert str(PullSecretNames("shop", (), "web")) == "shop/serviceaccount:web"
