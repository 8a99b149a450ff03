"""Which login is shown to whom: docker configs and pull secrets, matched as the kubelet matches them."""

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.evidence.asking import docker_config, logging_in, registry
from webhook.evidence.credentials import (
    Credential,
    Credentials,
    DockerConfig,
    PullSecrets,
    UnusableConfig,
    read_docker_config,
    read_pull_secrets,
)


def config(*keys: str) -> DockerConfig:
    """A login for each key, whose user is the key."""
    return read_docker_config(docker_config({key: (key, "word") for key in keys}), "config.json")


def users(found: Any) -> list[str]:
    return [login.username for login in found]


def basic(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("key", "host", "path", "covered"),
    [
        ("registry.corp", "registry.corp", "shop/web", True),
        ("https://registry.corp", "registry.corp", "shop/web", True),
        ("http://registry.corp/v2/", "registry.corp", "shop/web", True),
        ("registry.corp/v1/", "registry.corp", "shop/web", True),
        ("Registry.corp", "registry.corp", "shop/web", True),
        ("registry.corp/shop", "registry.corp", "shop/web", True),
        ("registry.corp/v2/shop", "registry.corp", "shop/web", True),
        ("registry.corp/store", "registry.corp", "shop/web", False),
        ("registry.corp:5000", "registry.corp", "shop/web", False),
        ("registry.corp", "registry.corp:5000", "shop/web", False),
        ("registry.corp:5000", "registry.corp:5000", "shop/web", True),
        ("[::1]:5000", "[::1]:5000", "shop/web", True),
        ("*.corp", "registry.corp", "shop/web", True),
        ("*.corp", "eu.registry.corp", "shop/web", False),
        ("*.*.corp", "eu.registry.corp", "shop/web", True),
        ("reg*.corp", "registry.corp", "shop/web", True),
        ("regist?y.corp", "registry.corp", "shop/web", True),
        ("*", "registry.corp", "shop/web", False),
        ("*.corp:*", "registry.corp:5000", "shop/web", False),
        ("registry.corp.evil.example", "registry.corp", "shop/web", False),
        ("evil.example/registry.corp", "registry.corp", "shop/web", False),
        ("docker.io", "docker.io", "library/nginx", True),
        ("https://index.docker.io/v1/", "docker.io", "library/nginx", True),
        ("https://index.docker.io/v1/", "registry.corp", "library/nginx", False),
        ("https://", "registry.corp", "shop/web", False),
        ("*" * 600, "registry.corp", "shop/web", False),
    ],
)
def test_a_key_covers_what_it_covers_for_the_kubelet(key: str, host: str, path: str, covered: bool) -> None:
    assert users(config(key).matching(host, path)) == ([key] if covered else [])


def test_the_most_specific_key_is_tried_first() -> None:
    found = config("*.corp", "registry.corp", "registry.corp/shop/web", "registry.corp/shop").matching(
        "registry.corp", "shop/web"
    )
    assert users(found) == ["registry.corp/shop/web", "registry.corp/shop", "registry.corp", "*.corp"]


def test_docker_hub_by_its_own_name_is_preferred_to_the_old_key() -> None:
    assert users(config("docker.io", "https://index.docker.io/v1/").matching("docker.io", "a/b")) == ["docker.io"]


@pytest.mark.parametrize(
    ("entry", "login"),
    [
        ({"auth": basic("ci:word")}, ("ci", "word", "")),
        ({"auth": basic("ci:with:colons")}, ("ci", "with:colons", "")),
        ({"auth": basic("ci:word").rstrip("=") + "\n"}, ("ci", "word", "")),
        ({"auth": basic("ci:word"), "username": "other", "password": "other"}, ("ci", "word", "")),
        ({"username": "ci", "password": "word"}, ("ci", "word", "")),
        ({"auth": basic("ci:"), "identitytoken": "long"}, ("ci", "", "long")),
        ({"identitytoken": "long"}, ("", "", "long")),
        ({"username": "<token>", "password": "long"}, ("", "", "long")),
        ({"auth": "&&&"}, None),
        ({"auth": basic("no colon")}, None),
        ({"auth": base64.b64encode(b"\xff:\xff").decode()}, None),
        ({"username": "ci"}, None),
        ({"username": 1, "password": []}, None),
        ({}, None),
        (None, None),
    ],
)
def test_a_login_is_read_in_each_of_its_forms(entry: Any, login: tuple[str, str, str] | None) -> None:
    content = json.dumps({"auths": {"registry.corp": entry}}).encode()
    found = read_docker_config(content, "config.json").matching("registry.corp", "shop/web")
    assert found == ([Credential(*login)] if login else [])


ONE_WAY = "it is no JSON object that is read in one way"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"hunter2", ONE_WAY),
        (b"[]", ONE_WAY),
        (b'{"auths": {"a": {}, "a": {}}}', ONE_WAY),
        (b" " * 1024 * 1024 + b"{}", ONE_WAY),
        (b'{"auths": [1]}', "`auths` is no JSON object"),
    ],
)
def test_a_docker_config_that_is_none_is_said_without_its_content(content: bytes, reason: str) -> None:
    with pytest.raises(UnusableConfig) as caught:
        read_docker_config(content, "")
    assert str(caught.value) == reason


def test_no_login_shows_itself() -> None:
    login = Credential("ci", "hunter2", "hunter3", "config.json")
    secrets = PullSecrets((DockerConfig((("registry.corp", login),)),))
    for words in (repr(login), str(login), f"{login}", repr(secrets), f"{secrets}"):
        assert "hunter" not in words
        assert "ci" not in words.replace("config.json", "")


def test_one_login_in_two_places_is_one_login() -> None:
    assert Credential("a", "b", origin="x") == Credential("a", "b", origin="y")
    assert len({Credential("a", "b", origin="x"), Credential("a", "b", origin="y")}) == 1


def test_pull_secrets_come_in_both_types_and_broken_ones_are_passed_over() -> None:
    secrets = read_pull_secrets(
        "shop",
        {
            "new": {".dockerconfigjson": docker_config({"registry.corp": ("new", "word")})},
            "old": {".dockercfg": json.dumps({"registry.corp": {"auth": basic("old:word")}}).encode()},
            "broken": {".dockerconfigjson": b"{"},
            "other": {"tls.key": b"x"},
        },
    )
    found = secrets.matching("registry.corp", "shop/web")
    assert [(login.username, login.origin) for login in found] == [
        ("new", "pull secret shop/new"),
        ("old", "pull secret shop/old"),
    ]


SECRETS = read_pull_secrets("shop", {"s": {".dockerconfigjson": docker_config({"*.corp": ("pod", "word")})}})


def test_pull_secrets_count_only_where_the_registry_allows_them() -> None:
    credentials = Credentials()
    assert credentials.candidates(registry("registry.corp"), "registry.corp", "a/b", SECRETS) == ()
    closed = registry("registry.corp", credentials=logging_in("/nowhere"))
    with pytest.raises(UnusableConfig):
        credentials.candidates(closed, "registry.corp", "a/b", SECRETS)
    allowing = registry("registry.corp", credentials=logging_in(pull_secrets=True))
    assert users(credentials.candidates(allowing, "registry.corp", "a/b", SECRETS)) == ["pod"]


def test_a_registry_with_a_login_of_its_own_does_not_thereby_allow_pull_secrets(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_bytes(docker_config({"elsewhere.corp": ("operator", "word")}))
    closed = registry("registry.corp", credentials=logging_in(str(file)))
    assert Credentials().candidates(closed, "registry.corp", "a/b", SECRETS) == ()


def test_pull_secrets_are_never_for_a_mirror() -> None:
    allowing = registry("registry.corp", mirrors=["mirror.corp"], credentials=logging_in(pull_secrets=True))
    assert Credentials().candidates(allowing, "mirror.corp", "a/b", SECRETS) == ()


def test_the_operators_login_comes_before_the_pods(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_bytes(docker_config({"registry.corp": ("operator", "word")}))
    allowing = registry("registry.corp", credentials=logging_in(str(file), pull_secrets=True))
    assert users(Credentials().candidates(allowing, "registry.corp", "a/b", SECRETS)) == ["operator", "pod"]


def test_a_namespace_full_of_secrets_is_tried_so_far_and_no_further() -> None:
    many = {f"s{n}": {".dockerconfigjson": docker_config({"registry.corp": (f"u{n}", "w")})} for n in range(50)}
    allowing = registry("registry.corp", credentials=logging_in(pull_secrets=True))
    found = Credentials().candidates(allowing, "registry.corp", "a/b", read_pull_secrets("shop", many))
    assert users(found) == [f"u{n}" for n in range(8)]


def test_a_docker_config_is_read_again_when_it_is_replaced(tmp_path: Path) -> None:
    file, new = tmp_path / "config.json", tmp_path / "new.json"
    file.write_bytes(docker_config({"registry.corp": ("before", "word")}))
    corp, credentials = registry("registry.corp", credentials=logging_in(str(file))), Credentials()
    assert users(credentials.candidates(corp, "registry.corp", "a/b")) == ["before"]
    new.write_bytes(docker_config({"registry.corp": ("after!", "word")}))
    os.replace(new, file)
    assert users(credentials.candidates(corp, "registry.corp", "a/b")) == ["after!"]


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "it cannot be read (No such file or directory)"), (b"hunter2", ONE_WAY)]
)
def test_a_docker_config_that_cannot_be_used_is_named(content: bytes | None, reason: str, tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UnusableConfig) as caught:
        Credentials().candidates(registry("registry.corp", credentials=logging_in(str(file))), "registry.corp", "a/b")
    assert str(caught.value) == f"the docker config {file} is of no use: {reason}"


def test_a_developer_asks_with_the_logins_of_their_own_machine(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    credentials = Credentials(instead=str(file))
    corp = registry("registry.corp", credentials=logging_in("/etc/doorward/registries/corp.json"))
    assert credentials.candidates(corp, "registry.corp", "a/b") == ()
    file.write_bytes(b'{"credsStore": "desktop", "auths": {"registry.corp": {"auth": "bWU6d29yZA=="}}}')
    assert users(credentials.candidates(corp, "registry.corp", "a/b")) == ["me"]
    assert credentials.origin(corp) == f"{file} (logins that a credential helper keeps are not read)"


def test_where_a_login_was_looked_for_is_said() -> None:
    allowing = registry("registry.corp", credentials=logging_in(pull_secrets=True))
    assert Credentials().origin(registry("registry.corp")) == ""
    assert Credentials().origin(allowing) == "the pod's pull secrets (it has none)"
    assert Credentials().origin(allowing, SECRETS) == "the pod's pull secrets"
