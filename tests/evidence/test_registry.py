"""The registry client: what it hands out was hashed here, and what it does not know it does not guess."""

import hashlib
from typing import Any

import pytest

from tests.evidence.asking import asked, image, registry, terms
from tests.evidence.behaviours import content, status
from tests.evidence.conftest import Dialled
from tests.evidence.fake_registry import FakeRegistry, sha256
from webhook.admission.evidence import NotHad, Outcome
from webhook.evidence.failures import Lying, Misconfigured, NotAvailable, NotThere, Refused, RegistryFailure, not_had
from webhook.evidence.manifests import OCI_MANIFEST, Descriptor
from webhook.evidence.registry import RegistryClient
from webhook.pod.image import Image

NOWHERE = "sha256:" + "0" * 64


def resolved(fake: FakeRegistry, rest: str = "shop/web:1.2", **spec: Any) -> Any:
    return asked(registry(fake.host, **spec), lambda client: client.resolve(image(fake.host, rest), terms()))


def fetched(fake: FakeRegistry, blob: Descriptor, most: int = 1000) -> bytes:
    return asked(registry(fake.host), lambda client: client.blob(image(fake.host), blob, terms(), most))


def described(content: bytes, digest: str = "", size: int | None = None) -> Descriptor:
    return Descriptor("x/y", digest or sha256(content), len(content) if size is None else size)


def test_a_tag_is_resolved_by_the_bytes_of_its_manifest(fake: FakeRegistry) -> None:
    digest = fake.image("shop/web", "1.2")
    found = resolved(fake)
    assert (found.digest, found.media_type) == (digest, OCI_MANIFEST)
    assert [(one.method, one.path) for one in fake.asked] == [("GET", "/v2/shop/web/manifests/1.2")]
    assert fake.asked[0].headers["accept"].split(", ")[0] == "application/vnd.oci.image.index.v1+json"


def test_a_digest_is_asked_for_by_itself_whatever_tag_stands_beside_it(fake: FakeRegistry) -> None:
    digest = fake.image("shop/web", "1.2")
    assert resolved(fake, f"shop/web:9@{digest}").digest == digest
    assert fake.paths() == [f"/v2/shop/web/manifests/{digest}"]


def test_neither_tag_nor_digest_is_latest(fake: FakeRegistry) -> None:
    digest = fake.image("shop/web", "latest")
    assert resolved(fake, "shop/web").digest == digest


@pytest.mark.parametrize("algorithm", ["sha384", "sha512"])
def test_other_algorithms_are_checked_too(fake: FakeRegistry, algorithm: str) -> None:
    fake.image("shop/web", "1.2")
    body = fake.manifests["shop/web"]["1.2"].body
    digest = f"{algorithm}:{hashlib.new(algorithm, body).hexdigest()}"
    fake.instead["/manifests/"] = content(body, OCI_MANIFEST, ("docker-content-digest", digest))
    assert resolved(fake).digest == digest
    assert resolved(fake, f"shop/web@{digest}").digest == digest
    wrong = f"{digest[:-4]}beef"
    with pytest.raises(Lying, match=f"they have the digest {digest}, not {wrong}"):
        resolved(fake, f"shop/web@{wrong}")


def test_a_digest_in_a_header_is_not_believed(fake: FakeRegistry) -> None:
    fake.image("shop/web", "1.2")
    body = fake.manifests["shop/web"]["1.2"].body
    fake.instead["/manifests/"] = content(body, OCI_MANIFEST, ("docker-content-digest", NOWHERE))
    with pytest.raises(Lying) as caught:
        resolved(fake)
    assert str(caught.value) == (
        f"the manifest {fake.host}/shop/web:1.2: {fake.host} sends other bytes: "
        f"they have the digest {sha256(body)}, not {NOWHERE}"
    )
    assert not_had(caught.value) == NotHad(Outcome.INVALID, str(caught.value))


@pytest.mark.parametrize("said", ["", "nonsense", "sha256:short"])
def test_without_a_digest_in_a_header_the_bytes_are_enough(fake: FakeRegistry, said: str) -> None:
    digest = fake.image("shop/web", "1.2")
    body = fake.manifests["shop/web"]["1.2"].body
    fake.instead["/manifests/"] = content(body, OCI_MANIFEST, ("docker-content-digest", said))
    assert resolved(fake).digest == digest


def test_another_manifest_than_was_asked_for_is_a_lie(fake: FakeRegistry) -> None:
    digest, body = fake.image("shop/web", "1.2"), b'{"layers":[]}'
    fake.instead["/manifests/"] = content(body, OCI_MANIFEST, ("docker-content-digest", digest))
    with pytest.raises(Lying, match=f"they have the digest {sha256(body)}, not {digest}"):
        resolved(fake, f"shop/web@{digest}")


def test_a_tag_that_moves_between_two_reads_gives_the_digest_of_the_bytes_that_came(fake: FakeRegistry) -> None:
    before, after = fake.image("shop/web", "1.2"), fake.image("shop/web", "1.2", annotations={"new": "one"})
    old = fake.manifests["shop/web"][before]
    fake.instead["/manifests/1.2"] = [content(old.body, old.media_type)]
    image_of = image(fake.host)

    async def twice(client: RegistryClient) -> list[str]:
        first = await client.resolve(image_of, terms())
        again = await client.manifest(image_of, first.digest, terms())
        return [first.digest, again.digest, (await client.resolve(image_of, terms())).digest]

    assert asked(registry(fake.host), twice) == [before, before, after]


def test_a_manifest_that_is_no_manifest_is_a_lie(fake: FakeRegistry) -> None:
    fake.manifest("shop/web", b"<html>", "1.2", "text/html")
    with pytest.raises(Lying, match="sends what cannot be used: it is no JSON"):
        resolved(fake)


def test_a_manifest_over_the_cap_is_not_read_to_its_end(fake: FakeRegistry) -> None:
    fake.manifest("shop/web", b" " * (4 * 1024 * 1024 + 1), "1.2")
    with pytest.raises(Lying, match="sends 4194305 bytes, more than 4194304"):
        resolved(fake)


def test_a_big_manifest_is_read_like_a_small_one(fake: FakeRegistry) -> None:
    digest = fake.image("shop/web", "1.2", annotations={"a": "x" * 3_000_000})
    assert resolved(fake).digest == digest


@pytest.mark.parametrize(
    ("code", "failure", "outcome"),
    [
        (404, NotThere, Outcome.MISSING),
        (410, NotThere, Outcome.MISSING),
        (401, Refused, Outcome.MISCONFIGURED),
        (403, Refused, Outcome.MISCONFIGURED),
        (429, NotAvailable, Outcome.UNAVAILABLE),
        (500, NotAvailable, Outcome.UNAVAILABLE),
        (502, NotAvailable, Outcome.UNAVAILABLE),
        (504, NotAvailable, Outcome.UNAVAILABLE),
        (400, Lying, Outcome.INVALID),
        (204, Lying, Outcome.INVALID),
        (206, Lying, Outcome.INVALID),
    ],
)
def test_each_status_has_its_failure(
    fake: FakeRegistry, code: int, failure: type[RegistryFailure], outcome: Outcome
) -> None:
    fake.instead["/manifests/"] = status(code, retry_after="0")
    with pytest.raises(failure) as caught:
        resolved(fake)
    assert type(caught.value) is failure
    assert not_had(caught.value).outcome is outcome
    assert str(caught.value).startswith(f"the manifest {fake.host}/shop/web:1.2: {fake.host} ")
    assert str(code) in str(caught.value)


def test_what_does_not_exist_is_said_with_the_registrys_own_code(fake: FakeRegistry) -> None:
    with pytest.raises(NotThere) as caught:
        resolved(fake)
    assert str(caught.value) == (
        f"the manifest {fake.host}/shop/web:1.2: {fake.host} says that it does not exist (404 MANIFEST_UNKNOWN)"
    )


def test_of_what_else_a_registry_says_nothing_is_shown(fake: FakeRegistry) -> None:
    body = b'{"errors":[{"code":"DENIED","message":"Authorization: Basic aHVudGVyMg== \x1b[31m"}]}'
    fake.instead["/manifests/"] = content(body, "application/json", code=403)
    with pytest.raises(Refused) as caught:
        resolved(fake)
    assert str(caught.value) == (
        f"the manifest {fake.host}/shop/web:1.2: {fake.host} refuses a pull without a login (403 DENIED): "
        "it is absent, or forbidden; logins: no login is configured for it"
    )


def test_an_undeclared_host_is_not_even_looked_up(fake: FakeRegistry, dialled: Dialled) -> None:
    with pytest.raises(Misconfigured) as caught:
        asked(registry(fake.host), lambda client: client.resolve(Image.parse("evil.example/a:1"), terms()))
    assert str(caught.value) == (
        "the manifest evil.example/a:1: no Registry has the host evil.example, so nobody asks it; "
        "declare one for it in the rules folder, or allow images from other hosts only"
    )
    assert not_had(caught.value).outcome is Outcome.MISCONFIGURED
    assert dialled.hosts == []


@pytest.mark.parametrize("digest", ["sha256:../../../x", "sha256:" + "A" * 64, "md5:" + "0" * 32, "?x", ""])
def test_what_is_no_digest_never_becomes_part_of_an_address(fake: FakeRegistry, digest: str, dialled: Dialled) -> None:
    for ask in (
        lambda client: client.manifest(image(fake.host), digest, terms()),
        lambda client: client.referrers(image(fake.host), digest, terms()),
        lambda client: client.blob(image(fake.host), Descriptor("x/y", digest, 1), terms()),
    ):
        with pytest.raises(Misconfigured):
            asked(registry(fake.host), ask)
    with pytest.raises(Misconfigured):
        asked(registry(fake.host), lambda client: client.tagged(image(fake.host), f"{digest}/..", terms()))
    assert dialled.hosts == []


def test_a_blob_is_its_bytes(fake: FakeRegistry) -> None:
    fake.blob(b"hello")
    assert fetched(fake, described(b"hello")) == b"hello"


def test_a_blob_that_is_known_to_be_too_big_is_not_asked_for(fake: FakeRegistry) -> None:
    with pytest.raises(Lying, match="it has 104857600 bytes, more than 1000"):
        fetched(fake, described(b"", size=100 * 1024 * 1024))
    assert fake.asked == []


def test_a_hundred_megabytes_behind_a_small_descriptor_are_not_read(fake: FakeRegistry) -> None:
    huge = b"x" * 100 * 1024 * 1024
    digest = fake.blob(huge)["digest"]
    with pytest.raises(Lying, match="sends 104857600 bytes, more than 5"):
        fetched(fake, described(b"", digest, 5))


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"jello", f"sends other bytes: they have the digest {sha256(b'jello')}, not {sha256(b'hello')}"),
        (b"hell", "sends 4 bytes instead of 5"),
        (b"hello!", "sends 6 bytes, more than 5"),
    ],
)
def test_other_bytes_than_those_of_the_descriptor_are_a_lie(fake: FakeRegistry, sent: bytes, reason: str) -> None:
    fake.instead["/blobs/"] = content(sent, "x/y", ("docker-content-digest", sha256(b"hello")))
    with pytest.raises(Lying) as caught:
        fetched(fake, described(b"hello"))
    assert caught.value.reason == f"{fake.host} {reason}"


def test_a_missing_blob_is_not_there(fake: FakeRegistry) -> None:
    with pytest.raises(NotThere):
        fetched(fake, described(b"hello"))
