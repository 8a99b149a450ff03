"""Redirects: only to declared hosts, without the login, and not for long."""

from typing import Any

import pytest

from tests.evidence.asking import asked, docker_config, image, logging_in, registry, terms
from tests.evidence.behaviours import content, redirect, status
from tests.evidence.conftest import Dialled
from tests.evidence.fake_registry import FakeRegistry, sha256
from webhook.admission.evidence import Outcome
from webhook.evidence.failures import Lying, Misconfigured, NotThere, Refused, not_had
from webhook.evidence.manifests import Descriptor

BLOB = Descriptor("x/y", sha256(b"hello"), 5)


def fetched(declared: Any, host: str) -> bytes:
    return asked(declared, lambda client: client.blob(image(host), BLOB, terms()))


def test_a_declared_host_is_followed_without_the_login(fake: FakeRegistry, other: FakeRegistry, tmp_path: Any) -> None:
    file = tmp_path / "config.json"
    file.write_bytes(docker_config({fake.host: ("ci", "word"), other.host: ("ci", "word")}))
    fake.auth, fake.users = "basic", {"ci": "word"}
    fake.instead["/blobs/"] = [
        status(401, www_authenticate="Basic"),
        redirect(f"http://{other.host}/bucket/x?X-Amz-Signature=secret"),
    ]
    other.instead["/bucket/x"] = content(b"hello", "x/y")
    declared = registry(fake.host, redirect_hosts=[other.host], credentials=logging_in(str(file)))
    assert fetched(declared, fake.host) == b"hello"
    assert [one.authorization for one in fake.asked] == ["", "Basic Y2k6d29yZA=="]
    assert [(one.authorization, one.query) for one in other.asked] == [("", {"X-Amz-Signature": "secret"})]


def test_on_the_same_host_the_login_stays(fake: FakeRegistry, tmp_path: Any) -> None:
    file = tmp_path / "config.json"
    file.write_bytes(docker_config({fake.host: ("ci", "word")}))
    fake.instead["/blobs/"] = [status(401, www_authenticate="Basic"), redirect("/elsewhere")]
    fake.instead["/elsewhere"] = content(b"hello", "x/y")
    assert fetched(registry(fake.host, credentials=logging_in(str(file))), fake.host) == b"hello"
    assert [one.authorization for one in fake.asked] == ["", "Basic Y2k6d29yZA==", "Basic Y2k6d29yZA=="]


def test_whoever_sends_us_back_does_not_get_the_login_shown(
    fake: FakeRegistry, other: FakeRegistry, tmp_path: Any
) -> None:
    file = tmp_path / "config.json"
    file.write_bytes(docker_config({fake.host: ("ci", "word")}))
    fake.instead["/blobs/"] = [status(401, www_authenticate="Basic"), redirect(f"http://{other.host}/x")]
    other.instead["/x"] = redirect(f"http://{fake.host}/back")
    fake.instead["/back"] = content(b"hello", "x/y")
    declared = registry(fake.host, redirect_hosts=[other.host], credentials=logging_in(str(file)))
    assert fetched(declared, fake.host) == b"hello"
    assert fake.asked[-1].authorization == ""


@pytest.mark.parametrize(
    ("target", "place"),
    [
        ("http://evil.example/x", "http://evil.example"),
        ("https://evil.example/x?secret=1", "https://evil.example"),
        ("//evil.example/x", "http://evil.example"),
        ("http://169.254.169.254/latest/meta-data", "http://169.254.169.254"),
        ("http://ci:word@{other}/x", "http://{other}"),
        ("http://{other}.evil.example/x", None),
        ("http://{other}\\@evil.example/x", "http://evil.example"),
        ("ftp://{other}/x", "ftp://{other}"),
        ("file:///etc/passwd", "file://"),
        ("http://127.0.0.1:1/x", "http://127.0.0.1:1"),
        ("http://127.0.0.1/x", "http://127.0.0.1"),
    ],
)
def test_an_undeclared_host_is_never_dialled(
    fake: FakeRegistry, other: FakeRegistry, target: str, place: str | None, dialled: Dialled
) -> None:
    fake.instead["/blobs/"] = redirect(target.replace("{other}", other.host))
    with pytest.raises((Misconfigured, Lying)) as caught:
        fetched(registry(fake.host, redirect_hosts=[other.host]), fake.host)
    if place:
        shown = place.replace("{other}", other.host)
        assert str(caught.value).endswith(
            f'{fake.host} redirects to "{shown}", which is not among the redirectHosts of its Registry'
        )
        assert not_had(caught.value).outcome is Outcome.MISCONFIGURED
    assert "secret" not in str(caught.value)
    assert "word" not in str(caught.value)
    assert dialled.hosts == [fake.host]


@pytest.mark.parametrize("target", ["http://[/", "http://a b/", "http://" + "a" * 70_000, ""])
def test_an_address_that_is_none_is_a_lie(fake: FakeRegistry, target: str) -> None:
    fake.instead["/blobs/"] = redirect(target)
    with pytest.raises((Lying, Misconfigured), match="redirects"):
        fetched(registry(fake.host), fake.host)


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_circle_of_redirects_ends(fake: FakeRegistry, other: FakeRegistry, code: int) -> None:
    fake.instead["/"] = redirect(f"http://{other.host}/x", code)
    other.instead["/"] = redirect(f"http://{fake.host}/x", code)
    with pytest.raises(Lying) as caught:
        fetched(registry(fake.host, redirect_hosts=[other.host]), fake.host)
    assert caught.value.reason == f"{fake.host} redirects more than 3 times"
    assert len(fake.asked) + len(other.asked) == 4


def test_three_redirects_are_followed(fake: FakeRegistry) -> None:
    fake.instead["/blobs/"] = redirect("/one")
    fake.instead["/one"] = redirect("/two")
    fake.instead["/two"] = redirect("/three")
    fake.instead["/three"] = content(b"hello", "x/y")
    assert fetched(registry(fake.host), fake.host) == b"hello"


@pytest.mark.parametrize(("code", "failure"), [(404, NotThere), (403, Refused), (401, Refused)])
def test_what_a_redirect_host_says_no_to_is_a_no(
    fake: FakeRegistry, other: FakeRegistry, code: int, failure: Any
) -> None:
    fake.instead["/blobs/"] = redirect(f"http://{other.host}/x")
    other.instead["/x"] = status(code, www_authenticate=f'Bearer realm="http://{other.host}/token"')
    with pytest.raises(failure):
        fetched(registry(fake.host, redirect_hosts=[other.host]), fake.host)
    assert [one.path for one in other.asked] == ["/x"]


def test_other_bytes_behind_a_redirect_are_a_lie(fake: FakeRegistry, other: FakeRegistry) -> None:
    fake.instead["/blobs/"] = redirect(f"http://{other.host}/x")
    other.instead["/x"] = content(b"jello", "x/y")
    with pytest.raises(Lying, match=f"{other.host} sends other bytes"):
        fetched(registry(fake.host, redirect_hosts=[other.host]), fake.host)
