"""What is attached to a digest: every place is read and united, and no place can hide what another has."""

import asyncio
import hashlib
from typing import Any

import pytest

from tests.evidence.asking import asked, image, registry, terms
from tests.evidence.behaviours import content, endless, error, hang, status
from tests.evidence.conftest import Dialled
from tests.evidence.fake_registry import BUNDLE, EMPTY, FakeRegistry, sha256
from tests.evidence.listing import CLAIMS, CREATED, DSSE, NOTARY, PATH, SIMPLE, contents, found
from webhook.evidence.attached import Attached, Kind, Listing, attached, side_by_side
from webhook.evidence.failures import Lying, Misconfigured, NotAvailable, NotThere
from webhook.evidence.manifests import OCI_INDEX


def test_nothing_is_attached(fake: FakeRegistry, digest: str) -> None:
    assert found(fake, digest) == Listing(())
    tag = digest.replace(":", "-")
    assert sorted(fake.paths()) == [
        f"/v2/shop/web/manifests/{tag}",
        f"/v2/shop/web/manifests/{tag}.att",
        f"/v2/shop/web/manifests/{tag}.sig",
        f"/v2/shop/web/referrers/{digest}",
    ]


def test_a_bundle_is_found_with_what_it_claims(fake: FakeRegistry, digest: str) -> None:
    notes = {CLAIMS: "https://slsa.dev/provenance/v1", CREATED: "2026-11-20T10:00:00Z"}
    manifest = fake.attach(PATH, digest, b"bundle", annotations=notes)
    (item,) = found(fake, digest).items
    assert item == Attached(
        Kind.BUNDLE,
        item.descriptor,
        notes,
        f"{fake.host}/shop/web@{manifest}",
        manifest,
        "https://slsa.dev/provenance/v1",
        "2026-11-20T10:00:00Z",
    )
    assert (item.descriptor.media_type, item.descriptor.digest, item.descriptor.size) == (BUNDLE, sha256(b"bundle"), 6)


def test_without_a_referrers_api_the_fallback_tag_says_it(fake: FakeRegistry, digest: str) -> None:
    fake.has_referrers = False
    fake.attach(PATH, digest, b"1")
    fake.attach(PATH, digest, b"2")
    assert contents(fake, found(fake, digest)) == [b"1", b"2"]


def test_every_place_is_read_and_each_manifest_once(fake: FakeRegistry, digest: str) -> None:
    fake.has_referrers = False
    fake.attach(PATH, digest, b"in both", annotations={CLAIMS: "both"})
    fake.has_referrers = True
    fake.attach(PATH, digest, b"in the list", annotations={CLAIMS: "list"})
    fake.legacy(PATH, digest, ".sig", [(b"signed", SIMPLE, {"dev.cosignproject.cosign/signature": "c2ln"})])
    fake.legacy(PATH, digest, ".att", [(b"attested", DSSE, {"predicateType": "old"})])
    listing = found(fake, digest)
    assert contents(fake, listing) == [b"in both", b"in the list", b"signed", b"attested"]
    tag = f"{fake.host}/shop/web:{digest.replace(':', '-')}"
    assert [(one.kind, one.hint, one.where) for one in listing.items[2:]] == [
        (Kind.SIMPLE_SIGNING, "", f"{tag}.sig layer 0"),
        (Kind.DSSE, "old", f"{tag}.att layer 0"),
    ]
    assert listing.items[2].annotations["dev.cosignproject.cosign/signature"] == "c2ln"
    assert len(set(fake.paths())) == len(fake.paths())


def test_of_an_old_tag_the_layer_that_came_last_comes_first(fake: FakeRegistry, digest: str) -> None:
    fake.legacy(PATH, digest, ".sig", [(b"%d" % n, SIMPLE, {}) for n in range(3)])
    assert contents(fake, found(fake, digest)) == [b"2", b"1", b"0"]


@pytest.mark.parametrize(
    ("media_type", "artifact_type", "kind"),
    [
        (BUNDLE, BUNDLE, Kind.BUNDLE),
        ("application/vnd.dev.sigstore.bundle+json;version=0.1", "application/vnd.dev.sigstore.bundle", Kind.BUNDLE),
        (DSSE, "application/vnd.in-toto+json", Kind.DSSE),
        ("application/vnd.in-toto+json", "application/vnd.in-toto+json", Kind.DSSE),
        (SIMPLE, "application/vnd.dev.cosign.artifact.sig.v1+json", Kind.SIMPLE_SIGNING),
        ("application/jose+json", NOTARY, Kind.NOTATION),
        ("application/cose", NOTARY, Kind.NOTATION),
        ("application/spdx+json", "application/vnd.dev.cosign.artifact.sbom.v1+json", None),
        ("application/json", BUNDLE, None),
    ],
)
def test_what_it_is_its_layer_says(
    fake: FakeRegistry, digest: str, media_type: str, artifact_type: str, kind: Kind | None
) -> None:
    fake.attach(PATH, digest, b"1", media_type, artifact_type)
    assert [one.kind for one in found(fake, digest).items] == ([kind] if kind else [])


@pytest.mark.parametrize("listed_as", ["", EMPTY, BUNDLE])
def test_a_list_that_says_nothing_of_the_type_hides_nothing(fake: FakeRegistry, digest: str, listed_as: str) -> None:
    fake.attach(PATH, digest, b"bundle", listed_as=listed_as)
    assert contents(fake, found(fake, digest)) == [b"bundle"]


def test_what_is_certainly_something_else_is_not_asked_for(fake: FakeRegistry, digest: str) -> None:
    fake.attach(PATH, digest, b"chart", "application/vnd.cncf.helm.config.v1+json")
    assert found(fake, digest) == Listing(())
    assert len(fake.asked) == 4


def test_a_manifest_about_another_image_is_said_and_not_taken(fake: FakeRegistry, digest: str) -> None:
    other = "sha256:" + "0" * 64
    manifest = fake.attach(PATH, digest, b"1", subject={"mediaType": "x/y", "digest": other, "size": 1})
    assert found(fake, digest) == Listing((), 0, (f"{fake.host}/shop/web@{manifest} is about {other}",))


def test_where_absent_is_forbidden_that_is_said_and_the_rest_is_read(fake: FakeRegistry, digest: str) -> None:
    fake.absent = 403
    fake.legacy(PATH, digest, ".sig", [(b"signed", SIMPLE, {})])
    listing = found(fake, digest)
    assert contents(fake, listing) == [b"signed"]
    tag = f"{fake.host}/shop/web:{digest.replace(':', '-')}"
    assert sorted(listing.problems) == [
        f"the manifest {name}: {fake.host} refuses a pull without a login (403 DENIED): it is absent, or forbidden; "
        "logins: no login is configured for it"
        for name in (f"{tag}.att", tag)
    ]


@pytest.mark.parametrize("place", ["/referrers/", ".sig", ".att", "manifests/sha256-"])
@pytest.mark.parametrize("code", [500, 502, 429])
def test_a_place_that_does_not_answer_leaves_it_open(fake: FakeRegistry, digest: str, place: str, code: int) -> None:
    fake.attach(PATH, digest, b"1")
    fake.instead[place] = status(code, retry_after="0")
    with pytest.raises(NotAvailable, match=f"{fake.host} answers {code}"):
        found(fake, digest)


def test_a_place_that_hangs_costs_no_more_than_the_deadline(fake: FakeRegistry, digest: str) -> None:
    fake.instead[".att"] = hang
    with pytest.raises(NotAvailable, match="did not answer in time"):
        found(fake, digest, 0.4)


@pytest.mark.parametrize(
    ("behaviour", "problem"),
    [
        (content(b"<html>", "text/html"), "sends what cannot be used: it is no JSON"),
        (content(b"[" * 100_000, OCI_INDEX), "sends what cannot be used: it is nested more than 64 deep"),
        (endless(), "sends more than 4194304 bytes"),
        (error(401, "UNAUTHORIZED"), "answers 401 and offers no way to log in; logins: no login is configured for it"),
    ],
)
@pytest.mark.parametrize("place", ["/referrers/", ".sig"])
def test_a_place_that_lies_or_refuses_hides_nothing_of_the_others(
    fake: FakeRegistry, digest: str, place: str, behaviour: Any, problem: str
) -> None:
    fake.attach(PATH, digest, b"bundle")
    fake.legacy(PATH, digest, ".sig", [(b"signed", SIMPLE, {})])
    fake.instead[place] = behaviour
    listing = found(fake, digest)
    assert contents(fake, listing) == [b"signed" if place == "/referrers/" else b"bundle"]
    assert len(listing.problems) == 1
    assert listing.problems[0].endswith(f"{fake.host} {problem}")


def test_one_broken_manifest_hides_nothing_of_the_others(fake: FakeRegistry, digest: str) -> None:
    broken, good = fake.attach(PATH, digest, b"broken"), fake.attach(PATH, digest, b"good")
    fake.instead[broken] = content(b"{}", "application/json")
    listing = found(fake, digest)
    assert [one.manifest for one in listing.items] == [good]
    assert "sends other bytes" in listing.problems[0]


def test_a_listed_manifest_that_is_gone_is_nothing(fake: FakeRegistry, digest: str) -> None:
    fake.instead[fake.attach(PATH, digest, b"gone")] = status(404)
    assert found(fake, digest) == Listing(())


def test_a_fallback_tag_that_is_an_image_says_nothing(fake: FakeRegistry, digest: str) -> None:
    fake.image(PATH, digest.replace(":", "-"))
    assert found(fake, digest) == Listing(())


def test_a_longer_digest_has_a_shortened_tag_and_no_old_ones(fake: FakeRegistry) -> None:
    digest = f"sha512:{hashlib.sha512(b'x').hexdigest()}"
    assert found(fake, digest) == Listing(())
    tag = f"sha512-{digest[7:71]}"
    assert sorted(fake.paths()) == [f"/v2/shop/web/manifests/{tag}", f"/v2/shop/web/referrers/{digest}"]


def test_what_a_mirror_has_is_had(fake: FakeRegistry, other: FakeRegistry, digest: str) -> None:
    fake.instead["/v2/"] = status(502)
    other.attach(PATH, digest, b"bundle")
    assert contents(other, found(fake, digest, mirrors=[other.host])) == [b"bundle"]


def test_a_mirror_that_has_nothing_at_all_leaves_it_open(fake: FakeRegistry, other: FakeRegistry, digest: str) -> None:
    fake.instead["/v2/"] = status(502)
    other.has_referrers = False
    with pytest.raises(NotAvailable, match=f"{fake.host} answers 502"):
        found(fake, digest, mirrors=[other.host])


def test_an_image_on_an_undeclared_host_is_not_looked_for(fake: FakeRegistry, digest: str, dialled: Dialled) -> None:
    with pytest.raises(Misconfigured):
        asked(registry("registry.corp"), lambda client: attached(client, image(fake.host), digest, terms()))
    assert dialled.hosts == []


def test_the_places_are_read_side_by_side(fake: FakeRegistry, digest: str) -> None:
    fake.delay = 0.05
    found(fake, digest)
    assert fake.most_at_once == 4


def test_of_several_failures_the_unexpected_one_is_raised() -> None:
    async def fail(error: Exception) -> None:
        raise error

    async def both() -> None:
        await side_by_side([fail(NotThere("a", "b")), fail(ZeroDivisionError())])

    with pytest.raises(ZeroDivisionError):
        asyncio.run(both())


def test_the_first_failure_ends_the_others() -> None:
    ended: list[str] = []

    async def wait() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("ended")

    async def fail() -> None:
        await asyncio.sleep(0)
        raise Lying("a", "b")

    with pytest.raises(Lying):
        asyncio.run(side_by_side([wait(), fail()]))
    assert ended == ["ended"]
