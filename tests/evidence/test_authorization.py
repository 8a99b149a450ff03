"""Logging in: challenges as servers write them, tokens from declared services, one for each login and repository."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.evidence.asking import asked, image, registry, terms
from tests.evidence.behaviours import content, endless, hang, redirect, status
from tests.evidence.conftest import Dialled
from tests.evidence.fake_registry import FakeRegistry
from tests.evidence.loopback import Wire
from tests.evidence.pulling import pulled, refusal
from webhook.admission.evidence import Outcome
from webhook.evidence.authorization import Challenge, parse_challenges
from webhook.evidence.failures import Lying, Misconfigured, NotAvailable, Refused, not_had
from webhook.evidence.registry import RegistryClient


@pytest.mark.parametrize(
    ("headers", "challenges"),
    [
        ([], ()),
        (["Basic"], (Challenge("basic", {}),)),
        (['Basic realm="a b"'], (Challenge("basic", {"realm": "a b"}),)),
        (
            ['Bearer realm="https://auth/token",service="s",scope="repository:a/b:pull,push"'],
            (
                Challenge(
                    "bearer", {"realm": "https://auth/token", "service": "s", "scope": "repository:a/b:pull,push"}
                ),
            ),
        ),
        (['bearer Realm = "x" , service=plain'], (Challenge("bearer", {"realm": "x", "service": "plain"}),)),
        ([r'Basic realm="say \"hi\", \\"'], (Challenge("basic", {"realm": 'say "hi", \\'}),)),
        (
            ['Negotiate, Basic realm="a", Bearer realm="b"'],
            (Challenge("negotiate", {}), Challenge("basic", {"realm": "a"}), Challenge("bearer", {"realm": "b"})),
        ),
        (
            ['Basic realm="a"', 'Bearer realm="b"'],
            (Challenge("basic", {"realm": "a"}), Challenge("bearer", {"realm": "b"})),
        ),
        (['Bearer realm="a", realm="b"'], (Challenge("bearer", {"realm": "a"}),)),
        (['realm="nobody"'], ()),
        (['Bearer realm="never closed'], (Challenge("bearer", {}),)),
        (["\x00"], ()),
    ],
)
def test_challenges_are_read(headers: list[str], challenges: tuple[Challenge, ...]) -> None:
    found = parse_challenges(headers)
    assert found[: len(challenges)] == challenges
    assert all(not one.parameters for one in found[len(challenges) :])


def test_a_challenge_without_an_end_takes_no_time() -> None:
    assert parse_challenges(["Bearer " + 'a="' * 30_000]) is not None


def test_basic_is_shown_only_after_it_was_asked_for_and_then_at_once(fake: FakeRegistry, corp: Any) -> None:
    fake.auth = "basic"
    pulled(fake, corp(), "shop/web", "shop/api")
    assert [one.authorization for one in fake.asked] == ["", "Basic Y2k6d29yZA==", "Basic Y2k6d29yZA=="]


def test_a_token_is_asked_for_one_repository_to_pull_and_kept(fake: FakeRegistry, corp: Any) -> None:
    fake.auth = "bearer"
    pulled(fake, corp(), "shop/web", "shop/web", "shop/api")
    assert [(one.path, one.query) for one in fake.asked] == [
        ("/v2/shop/web/manifests/1.2", {}),
        ("/token", {"service": "fake, the registry", "scope": "repository:shop/web:pull"}),
        ("/v2/shop/web/manifests/1.2", {}),
        ("/v2/shop/web/manifests/1.2", {}),
        ("/token", {"service": "fake, the registry", "scope": "repository:shop/api:pull"}),
        ("/v2/shop/api/manifests/1.2", {}),
    ]
    assert [one.authorization for one in fake.asked] == [
        "",
        "Basic Y2k6d29yZA==",
        "Bearer token-0-of-ci",
        "Bearer token-0-of-ci",
        "Basic Y2k6d29yZA==",
        "Bearer token-1-of-ci",
    ]


def test_without_a_login_a_token_is_asked_for_without_one(fake: FakeRegistry, corp: Any) -> None:
    fake.auth, fake.may_pull = "bearer", lambda user, path: True
    pulled(fake, registry(fake.host))
    assert [one.authorization for one in fake.asked] == ["", "", "Bearer token-0-of-nobody"]


def test_an_identity_token_is_exchanged_and_never_sent_to_the_registry(
    fake: FakeRegistry, corp: Any, tmp_path: Path
) -> None:
    fake.auth, fake.identity_tokens = "bearer", {"long": "ci"}
    (tmp_path / "config.json").write_text(json.dumps({"auths": {fake.host: {"identitytoken": "long"}}}))
    pulled(fake, corp())
    assert [(one.method, one.path) for one in fake.asked][1] == ("POST", "/token")
    assert b"grant_type=refresh_token&refresh_token=long&client_id=doorward" in fake.asked[1].body
    assert [one.authorization for one in fake.asked] == ["", "", "Bearer token-0-of-ci"]


@pytest.mark.parametrize("life", [0, -5, 10**400, "soon", None, True])
def test_a_token_of_an_odd_life_is_used_all_the_same(fake: FakeRegistry, corp: Any, life: Any) -> None:
    fake.auth, fake.expires_in = "bearer", life
    pulled(fake, corp(), "shop/web", "shop/web")
    assert fake.paths().count("/token") == 1


def test_a_token_that_holds_no_longer_is_replaced_once(fake: FakeRegistry, corp: Any) -> None:
    fake.auth = "bearer"

    async def ask(client: RegistryClient) -> None:
        await client.resolve(image(fake.host), terms())
        fake.tokens.clear()
        await client.resolve(image(fake.host), terms())

    asked(corp(), ask)
    assert fake.paths().count("/token") == 2
    assert len(fake.asked) == 6


def test_a_registry_that_is_never_content_with_a_token_is_asked_twice(fake: FakeRegistry, corp: Any) -> None:
    fake.auth, fake.may_pull = "bearer", lambda user, path: False
    said = refusal(Refused, fake, corp())
    assert "refuses the login of" in said
    assert len(fake.asked) == 3


def test_many_requests_wait_for_one_token(fake: FakeRegistry, corp: Any) -> None:
    fake.auth = "bearer"

    async def ask(client: RegistryClient) -> None:
        await asyncio.gather(*(client.resolve(image(fake.host), terms()) for _ in range(20)))

    asked(corp(), ask)
    assert fake.paths().count("/token") == 1


def test_whoever_gives_up_takes_nobody_elses_token_along(fake: FakeRegistry, corp: Any) -> None:
    fake.auth = "bearer"
    fake.instead["/token"] = [hang]

    async def ask(client: RegistryClient) -> str:
        hasty = asyncio.ensure_future(client.resolve(image(fake.host), terms(0.3)))
        while "/token" not in fake.paths():
            await asyncio.sleep(0.01)
        patient = await client.resolve(image(fake.host), terms())
        with pytest.raises(NotAvailable, match="gave no token in time"):
            await hasty
        return patient.digest

    assert asked(corp(), ask).startswith("sha256:")


def test_a_realm_elsewhere_is_not_asked_unless_it_is_declared(
    fake: FakeRegistry, other: FakeRegistry, corp: Any, dialled: Dialled
) -> None:
    fake.auth, fake.realm = "bearer", f"http://{other.host}/token"
    assert refusal(Misconfigured, fake, corp()) == (
        f'{fake.host} wants a token from "http://{other.host}/token", which is not on its own host '
        "and not among the tokenRealms of Registry corp"
    )
    assert dialled.hosts == [fake.host]
    other.users, fake.tokens = fake.users, other.tokens
    pulled(fake, corp(token_realms=[fake.realm]))
    assert [one.path for one in other.asked] == ["/token"]


@pytest.mark.parametrize(
    "realm",
    [
        "http://evil.example/token",
        "http://{other}/token/",
        "http://{other}/token?x=1",
        "http://ci:word@{other}/token",
        "https://{other}/token",
        "http://{other}\\@127.0.0.1/token",
        "ftp://{other}/token",
        "//{other}/token",
        "/token",
        "http://[/token",
        "",
    ],
)
def test_what_only_looks_like_a_declared_realm_is_not_asked(
    fake: FakeRegistry, other: FakeRegistry, corp: Any, realm: str, dialled: Dialled
) -> None:
    challenge = f'Bearer realm="{realm.replace("{other}", other.host)}"'
    fake.instead["/v2/"] = status(401, www_authenticate=challenge)
    with pytest.raises(Misconfigured, match="wants a token from"):
        pulled(fake, corp(token_realms=[f"http://{other.host}/token"]))
    assert dialled.hosts == [fake.host]


def test_where_the_realm_may_not_be_asked_basic_will_do(fake: FakeRegistry, corp: Any, dialled: Dialled) -> None:
    fake.auth = "basic"
    fake.instead["/v2/"] = [status(401, www_authenticate='Bearer realm="https://evil.example/", Basic realm="x"')]
    pulled(fake, corp())
    assert dialled.hosts == [fake.host]
    assert fake.asked[-1].authorization == "Basic Y2k6d29yZA=="


def test_a_401_without_a_way_to_log_in_is_a_refusal(fake: FakeRegistry, corp: Any) -> None:
    fake.instead["/v2/"] = status(401, www_authenticate="Negotiate")
    assert refusal(Refused, fake, corp()).startswith(f"{fake.host} answers 401 and offers no way to log in; logins: ")


def test_a_refused_login_is_named_and_not_shown(fake: FakeRegistry, corp: Any, tmp_path: Path) -> None:
    for fake.auth in ("basic", "bearer"):
        fake.users["ci"] = "another"
        said = refusal(Refused, fake, corp())
        assert f"the login of {tmp_path}/config.json (401 UNAUTHORIZED)" in said or "(401)" in said
        assert "word" not in said
        assert said.endswith(f"; logins: {tmp_path}/config.json")


@pytest.mark.parametrize(
    ("behaviour", "failure", "outcome", "words"),
    [
        (status(500), NotAvailable, Outcome.UNAVAILABLE, "answers 500 when asked for a token"),
        (status(404), NotAvailable, Outcome.UNAVAILABLE, "answers 404 when asked for a token"),
        (redirect("http://evil.example/"), NotAvailable, Outcome.UNAVAILABLE, "answers 307 when asked for a token"),
        (status(403), Refused, Outcome.MISCONFIGURED, "refuses the login of"),
        (content(b"<html>", "text/html"), Lying, Outcome.INVALID, "sends no token"),
        (content(b"[]", "text/html"), Lying, Outcome.INVALID, "sends no token"),
        (content(b'{"token": 1}', "text/html"), Lying, Outcome.INVALID, "sends no token"),
        (content(b'{"token": "a\\r\\nX: y"}', "text/html"), Lying, Outcome.INVALID, "sends no token"),
        (content(b'{"token": "", "access_token": null}', "x/y"), Lying, Outcome.INVALID, "sends no token"),
        (endless(), Lying, Outcome.INVALID, "sends more than 65536 bytes"),
    ],
)
def test_each_fault_of_a_token_service_has_its_failure(
    fake: FakeRegistry, corp: Any, behaviour: Any, failure: Any, outcome: Outcome, words: str, dialled: Dialled
) -> None:
    fake.auth = "bearer"
    fake.instead["/token"] = behaviour
    with pytest.raises(failure) as caught:
        pulled(fake, corp())
    assert not_had(caught.value).outcome is outcome
    assert words in str(caught.value)
    assert set(dialled.hosts) == {fake.host}


def test_a_token_service_that_breaks_off_is_asked_once_more(fake: FakeRegistry, corp: Any) -> None:
    wire = Wire(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{}")
    fake.auth = "bearer"
    with wire.serving() as host:
        fake.realm = f"http://{host}/token"
        said = refusal(NotAvailable, fake, corp(token_realms=[fake.realm]))
    assert said == f"{host} broke off, or does not speak HTTP"
    assert wire.connections == 2


def test_a_token_service_that_is_down_is_unavailable(fake: FakeRegistry, corp: Any) -> None:
    fake.auth, fake.realm = "bearer", "http://127.0.0.1:1/token"
    said = refusal(NotAvailable, fake, corp(token_realms=["http://127.0.0.1:1/token"]))
    assert said == "127.0.0.1:1 cannot be reached: connection refused"
