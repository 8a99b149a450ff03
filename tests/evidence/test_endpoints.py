"""Which host is asked with which login: mirrors, several logins, and nobody with those of another."""

from pathlib import Path
from typing import Any

import pytest

from tests.evidence.asking import asked, docker_config, image, logging_in, registry, terms
from tests.evidence.behaviours import hang, status
from tests.evidence.conftest import Dialled
from tests.evidence.fake_registry import FakeRegistry
from tests.evidence.pulling import pulled, refusal
from webhook.evidence.credentials import NO_SECRETS, PullSecrets, read_pull_secrets
from webhook.evidence.failures import Misconfigured, NotAvailable, NotThere, Refused
from webhook.evidence.registry import RegistryClient


def resolved(fake: FakeRegistry, rest: str = "shop/web:1.2", **spec: Any) -> Any:
    return asked(registry(fake.host, **spec), lambda client: client.resolve(image(fake.host, rest), terms()))


def test_a_mirror_is_asked_when_the_registry_does_not_answer(fake: FakeRegistry, other: FakeRegistry) -> None:
    digest = other.image("shop/web", "1.2")
    fake.instead["/v2/"] = status(502)
    assert resolved(fake, mirrors=[other.host]).digest == digest
    assert [one.authorization for one in other.asked] == [""]


def test_a_mirror_is_not_asked_when_the_registry_answers(fake: FakeRegistry, other: FakeRegistry) -> None:
    other.image("shop/web", "1.2")
    for fake.absent, failure in ((404, NotThere), (403, Refused)):
        with pytest.raises(failure):
            resolved(fake, mirrors=[other.host])
    assert other.asked == []


def test_a_registry_that_hangs_leaves_its_mirror_half_of_the_time(fake: FakeRegistry, other: FakeRegistry) -> None:
    digest = other.image("shop/web", "1.2")
    fake.instead["/v2/"] = hang

    async def twice(client: RegistryClient) -> list[str]:
        found = [await client.resolve(image(fake.host), terms(1)) for _ in range(2)]
        return [one.digest for one in found]

    assert asked(registry(fake.host, mirrors=[other.host]), twice) == [digest, digest]
    assert len(fake.asked) == 1  # then it is left alone for a moment


def test_a_mirror_that_has_nothing_does_not_speak_for_the_registry(fake: FakeRegistry, other: FakeRegistry) -> None:
    fake.instead["/v2/"] = status(502)
    with pytest.raises(NotAvailable) as caught:
        resolved(fake, mirrors=[other.host])
    assert caught.value.reason == f"{fake.host} answers 502"


def test_mirrors_are_asked_in_their_order_until_one_has_it(fake: FakeRegistry, other: FakeRegistry) -> None:
    digest = other.image("shop/web", "1.2")
    fake.instead["/v2/"] = status(502)
    assert resolved(fake, mirrors=["127.0.0.1:1", other.host]).digest == digest


def test_when_nobody_answers_the_registrys_own_failure_is_told(fake: FakeRegistry) -> None:
    fake.instead["/v2/"] = status(502)
    with pytest.raises(NotAvailable, match=f"{fake.host} answers 502"):
        resolved(fake, mirrors=["127.0.0.1:1"])


def secrets_of(fake: FakeRegistry, *logins: tuple[str, str]) -> PullSecrets:
    """A pull secret for each of these logins."""
    data = {f"s{n}": {".dockerconfigjson": docker_config({fake.host: login})} for n, login in enumerate(logins)}
    return read_pull_secrets("shop", data)


def test_one_namespaces_login_never_serves_another(fake: FakeRegistry, corp: Any) -> None:
    fake.auth, fake.users = "bearer", {"team-a": "a", "team-b": "b"}
    fake.may_pull = lambda user, path: (user, path) in {("team-a", "shop/web"), ("team-b", "shop/api")}
    declared = registry(fake.host, credentials=logging_in(pull_secrets=True))
    a, b = secrets_of(fake, ("team-a", "a")), secrets_of(fake, ("team-b", "b"))

    async def ask(client: RegistryClient) -> None:
        await client.resolve(image(fake.host), terms(secrets=a))
        for theirs in (b, NO_SECRETS):
            with pytest.raises(Refused):
                await client.resolve(image(fake.host), terms(secrets=theirs))
        await client.resolve(image(fake.host), terms(secrets=a))

    asked(declared, ask)
    shown = [one.authorization for one in fake.asked if one.path == "/token"]
    assert len(shown) == len(set(shown)) == 3  # team-a once, team-b once, nobody once


def test_of_several_pull_secrets_the_one_that_is_let_in_is_remembered(fake: FakeRegistry, corp: Any) -> None:
    fake.auth = "bearer"
    secrets = secrets_of(fake, ("old", "gone"), ("ci", "word"))
    declared = registry(fake.host, credentials=logging_in(pull_secrets=True))
    pulled(fake, declared, "shop/web", "shop/web", secrets=secrets)
    assert fake.paths().count("/token") == 2
    assert fake.asked[-1].authorization == "Bearer token-0-of-ci"


def test_where_absent_is_forbidden_the_other_logins_are_not_tried_for_it(fake: FakeRegistry, corp: Any) -> None:
    fake.auth, fake.absent, fake.users = "basic", 403, {"ci": "word", "other": "word"}
    secrets = secrets_of(fake, ("ci", "word"), ("other", "word"))
    declared = registry(fake.host, credentials=logging_in(pull_secrets=True))

    async def ask(client: RegistryClient) -> None:
        await client.resolve(image(fake.host), terms(secrets=secrets))
        with pytest.raises(Refused):
            await client.tagged(image(fake.host), "absent", terms(secrets=secrets))

    asked(declared, ask)
    assert len(fake.asked) == 3


def test_a_docker_config_that_cannot_be_used_is_told_before_anything_is_sent(
    fake: FakeRegistry, corp: Any, tmp_path: Path, dialled: Dialled
) -> None:
    (tmp_path / "config.json").write_text("hunter2")
    said = refusal(Misconfigured, fake, corp())
    assert (
        said == f"the docker config {tmp_path}/config.json is of no use: it is no JSON object that is read in one way"
    )
    assert dialled.hosts == []


def test_a_mirror_is_never_shown_the_login_of_the_registry(
    fake: FakeRegistry, other: FakeRegistry, corp: Any, tmp_path: Path
) -> None:
    fake.instead["/v2/"] = status(502)
    other.auth, other.users = "basic", {"ci": "word", "mirror": "word"}
    other.image("shop/web", "1.2")
    with pytest.raises(NotAvailable):
        pulled(fake, corp(mirrors=[other.host]))
    assert {one.authorization for one in other.asked} == {""}
    logins = {fake.host: ("ci", "word"), other.host: ("mirror", "word")}
    (tmp_path / "config.json").write_bytes(docker_config(logins))
    pulled(fake, corp(mirrors=[other.host]))
    assert {one.authorization for one in other.asked} == {"", "Basic bWlycm9yOndvcmQ="}
