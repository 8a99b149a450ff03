"""Attaching to an image in a registry: what is sent where, with which login, and what is refused."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.evidence.asking import asked, docker_config, image, registry, terms
from tests.evidence.behaviours import Receive, Scope, Send, error, redirect, status
from tests.evidence.fake_registry import EMPTY, FakeRegistry, sha256
from webhook.evidence.attached import attached
from webhook.evidence.credentials import Credentials
from webhook.evidence.failures import Lying, Misconfigured, NotAvailable, Refused, RegistryFailure
from webhook.evidence.manifests import OCI_INDEX, OCI_MANIFEST
from webhook.evidence.pushing import MOST_TURNS, Pushed, Pushing
from webhook.evidence.registry import RegistryClient

BUNDLE = b'{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"}'
TYPE = "https://doorward.dev/attestation/approval/v1"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def pushed(fake: FakeRegistry, bundle: bytes = BUNDLE, credentials: Credentials | None = None, **spec: Any) -> Pushed:
    async def push(client: RegistryClient) -> Pushed:
        subject = await client.resolve(image(fake.host), terms())
        return await Pushing(client).attach(image(fake.host), subject, bundle, TYPE, NOW, terms())

    return asked(registry(fake.host, **spec), push, credentials)


def found(fake: FakeRegistry, digest: str) -> list[bytes]:
    """What our own search finds attached to the digest."""

    async def look(client: RegistryClient) -> list[bytes]:
        listing = await attached(client, image(fake.host), digest, terms())
        return [await client.blob(image(fake.host), one.descriptor, terms()) for one in listing.items]

    return asked(registry(fake.host), look)


def refused(fake: FakeRegistry, kind: type[RegistryFailure], **given: Any) -> str:
    with pytest.raises(kind) as caught:
        pushed(fake, **given)
    return str(caught.value)


def written(fake: FakeRegistry) -> list[str]:
    return [f"{one.method} {one.path}" for one in fake.asked if one.method != "GET"]


def test_two_blobs_and_a_manifest_that_refers_to_the_image_are_sent(fake: FakeRegistry) -> None:
    digest = fake.image("shop/web", "1.2")
    done = pushed(fake)
    assert written(fake) == [
        *["POST /v2/shop/web/blobs/uploads/", "PUT /v2/shop/web/blobs/uploads/7"] * 2,
        f"PUT /v2/shop/web/manifests/{done.digest}",
    ]
    document = json.loads(fake.manifests["shop/web"][done.digest].body)
    size = len(fake.manifests["shop/web"][digest].body)
    assert document["subject"] == {"mediaType": OCI_MANIFEST, "digest": digest, "size": size}
    assert document["config"] | {"artifactType": ""} == {
        "mediaType": EMPTY,
        "digest": sha256(b"{}"),
        "size": 2,
        "artifactType": "",
    }
    assert document["annotations"]["dev.sigstore.bundle.predicateType"] == TYPE
    assert document["annotations"]["org.opencontainers.image.created"] == "2026-11-21T12:00:00Z"
    assert done.tag == ""
    assert found(fake, digest) == [BUNDLE]


def test_a_registry_that_has_the_referrers_api_and_does_not_say_so_gets_no_tag(fake: FakeRegistry) -> None:
    fake.tells_of_subjects = False
    digest = fake.image("shop/web", "1.2")
    assert pushed(fake).tag == ""
    assert digest.replace(":", "-") not in fake.manifests["shop/web"]


def test_without_the_referrers_api_the_index_under_the_fallback_tag_is_kept(fake: FakeRegistry) -> None:
    fake.has_referrers = False
    digest = fake.image("shop/web", "1.2")
    tag = digest.replace(":", "-")
    earlier = fake.attach("shop/web", digest, b"earlier", annotations={"kept": "yes"})
    first, second = pushed(fake), pushed(fake, b"second")
    assert (first.tag, second.tag) == (tag, tag)
    index = fake.manifests["shop/web"][tag]
    listed = json.loads(index.body)["manifests"]
    assert index.media_type == OCI_INDEX
    assert [one["digest"] for one in listed] == [earlier, first.digest, second.digest]
    assert listed[0]["annotations"] == {"kept": "yes"}
    assert sorted(found(fake, digest)) == sorted([b"earlier", BUNDLE, b"second"])


def test_the_same_once_more_is_listed_once(fake: FakeRegistry) -> None:
    fake.has_referrers = False
    digest = fake.image("shop/web", "1.2")
    assert pushed(fake) == pushed(fake)
    assert len(json.loads(fake.manifests["shop/web"][digest.replace(":", "-")].body)["manifests"]) == 1


def test_what_somebody_else_undoes_is_written_again_and_in_the_end_told(fake: FakeRegistry) -> None:
    fake.has_referrers = False
    digest = fake.image("shop/web", "1.2")
    tag = digest.replace(":", "-")

    async def forgetful(scope: Scope, receive: Receive, send: Send) -> None:
        says = status(201) if scope["method"] == "PUT" else error(404, "MANIFEST_UNKNOWN")
        await says(scope, receive, send)

    fake.instead[f"/manifests/{tag}"] = forgetful
    told = refused(fake, NotAvailable)
    assert f"the index {fake.host}/shop/web:{tag}: others write it at the same time" in told
    assert written(fake).count(f"PUT /v2/shop/web/manifests/{tag}") == MOST_TURNS


def test_what_is_no_index_under_the_fallback_tag_is_left_as_it_is(fake: FakeRegistry) -> None:
    fake.has_referrers = False
    digest = fake.image("shop/web", "1.2")
    tag = digest.replace(":", "-")
    fake.image("shop/web", tag)
    before = fake.manifests["shop/web"][tag]
    assert "what is no index there; it is left as it is" in refused(fake, Lying)
    assert fake.manifests["shop/web"][tag] == before


@pytest.mark.parametrize("place", ["http://elsewhere.example", "https://127.0.0.1:1", "//elsewhere.example"])
def test_an_upload_never_goes_on_at_another_host(fake: FakeRegistry, place: str) -> None:
    fake.image("shop/web", "1.2")
    fake.uploads_to = place
    told = refused(fake, Misconfigured)
    assert f"{fake.host} wants it sent to" in told
    assert "which is not its own host" in told
    assert not [one for one in written(fake) if one.startswith("PUT")]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_upload_may_go_on_at_a_whole_address_of_the_registry(fake: FakeRegistry, scheme: str) -> None:
    digest = fake.image("shop/web", "1.2")
    fake.uploads_to = f"{scheme}://{fake.host}"
    pushed(fake)
    assert found(fake, digest) == [BUNDLE]


def test_no_redirect_of_a_change_is_followed(fake: FakeRegistry, other: FakeRegistry) -> None:
    fake.image("shop/web", "1.2")
    fake.instead["/blobs/uploads/"] = redirect(f"http://{other.host}/v2/shop/web/blobs/uploads/")
    assert "answers 307, which is no answer" in refused(fake, Lying, redirect_hosts=(other.host,))
    assert other.asked == []


def test_a_mirror_is_never_written_to(fake: FakeRegistry, other: FakeRegistry) -> None:
    fake.image("shop/web", "1.2")
    other.image("shop/web", "1.2")
    fake.instead["/blobs/uploads/"] = status(500)
    assert "answers 500" in refused(fake, NotAvailable, mirrors=(other.host,))
    assert written(other) == []


def test_the_index_that_is_written_back_is_never_read_from_a_mirror(fake: FakeRegistry, other: FakeRegistry) -> None:
    fake.has_referrers = other.has_referrers = False
    digest = fake.image("shop/web", "1.2")
    tag = digest.replace(":", "-")
    fake.instead[f"/manifests/{tag}"] = status(500)
    assert "answers 500" in refused(fake, NotAvailable, mirrors=(other.host,))
    assert f"/v2/shop/web/manifests/{tag}" not in other.paths()


@pytest.mark.parametrize("auth", ["basic", "bearer"])
def test_the_login_is_shown_and_a_token_is_asked_for_to_pull_and_push(
    fake: FakeRegistry, auth: str, tmp_path: Any
) -> None:
    digest = fake.image("shop/web", "1.2")
    fake.auth, fake.users = auth, {"ada": "secret-word"}
    config = tmp_path / "config.json"
    config.write_bytes(docker_config({fake.host: ("ada", "secret-word")}))
    done = pushed(fake, credentials=Credentials(str(config)))
    assert done.digest in fake.manifests["shop/web"]
    assert fake.referring[digest]
    scopes = {one.query["scope"] for one in fake.asked if one.path == "/token"}
    assert scopes == ({"repository:shop/web:pull", "repository:shop/web:pull,push"} if auth == "bearer" else set())


def test_who_may_not_push_is_told_so_without_the_password(fake: FakeRegistry, tmp_path: Any) -> None:
    fake.image("shop/web", "1.2")
    fake.auth, fake.users = "basic", {"ada": "secret-word"}
    fake.instead["/blobs/uploads/"] = error(403, "DENIED")
    config = tmp_path / "config.json"
    config.write_bytes(docker_config({fake.host: ("ada", "secret-word")}))
    told = refused(fake, Refused, credentials=Credentials(str(config)))
    assert f"{fake.host} refuses the login of {config} (403 DENIED)" in told
    assert "secret-word" not in told


def test_without_a_login_the_refusal_says_so(fake: FakeRegistry) -> None:
    fake.image("shop/web", "1.2")
    fake.instead["/blobs/uploads/"] = error(403, "DENIED")
    assert "refuses a push without a login" in refused(fake, Refused)


@pytest.mark.parametrize(
    ("answers", "kind", "words"),
    [
        (status(500), NotAvailable, "answers 500"),
        (status(404), RegistryFailure, "says that it does not exist (404)"),
        (status(400), Lying, "answers 400"),
        (status(202), Misconfigured, "wants it sent to"),
    ],
)
def test_each_answer_that_is_none_has_its_words(
    fake: FakeRegistry, answers: Any, kind: type[RegistryFailure], words: str
) -> None:
    fake.image("shop/web", "1.2")
    fake.instead["/blobs/uploads/"] = answers
    assert words in refused(fake, kind)


def test_a_registry_that_keeps_other_bytes_is_found_out(fake: FakeRegistry) -> None:
    fake.image("shop/web", "1.2")
    fake.instead["/manifests/sha256:"] = status(201, docker_content_digest=f"sha256:{'0' * 64}")
    assert "has kept it as" in refused(fake, Lying)
