"""The referrers API: all pages, no further than here, and a filter only where there was one."""

import json
from typing import Any

import pytest

from tests.evidence.asking import asked, image, registry, terms
from tests.evidence.behaviours import content, status
from tests.evidence.conftest import Dialled
from tests.evidence.fake_registry import BUNDLE, FakeRegistry
from webhook.evidence.failures import Lying, NotThere
from webhook.evidence.manifests import OCI_MANIFEST

NOWHERE = "sha256:" + "0" * 64


def listed(fake: FakeRegistry, digest: str, artifact_type: str = "") -> Any:
    return asked(registry(fake.host), lambda client: client.referrers(image(fake.host), digest, terms(), artifact_type))


def test_referrers_are_listed_over_all_pages(fake: FakeRegistry) -> None:
    digest = fake.image("shop/web", "1.2")
    attached = [fake.attach("shop/web", digest, b"%d" % n) for n in range(7)]
    fake.page = 3
    found = listed(fake, digest)
    assert ([one.digest for one in found.descriptors], found.more) == (attached, False)
    assert [one.query for one in fake.asked] == [{}, {"last": "3"}, {"last": "6"}]


def test_ten_pages_of_referrers_are_read_and_no_more(fake: FakeRegistry) -> None:
    digest = fake.image("shop/web", "1.2")
    for n in range(11):
        fake.attach("shop/web", digest, b"%d" % n)
    fake.page = 1
    found = listed(fake, digest)
    assert (len(found.descriptors), found.more, len(fake.asked)) == (10, True, 10)


@pytest.mark.parametrize("code", [400, 404, 405, 410, 501])
def test_without_a_referrers_api_there_is_none(fake: FakeRegistry, code: int) -> None:
    fake.instead["/referrers/"] = status(code)
    with pytest.raises(NotThere):
        listed(fake, NOWHERE)


def test_a_filter_counts_where_the_registry_says_that_it_has_filtered(fake: FakeRegistry) -> None:
    digest = fake.image("shop/web", "1.2")
    mine = fake.attach("shop/web", digest, b"1")
    fake.attach("shop/web", digest, b"2", "a/b")
    for fake.filters in (False, True):
        assert [one.digest for one in listed(fake, digest, BUNDLE).descriptors] == [mine]
        assert fake.asked[-1].query == {"artifactType": BUNDLE}


@pytest.mark.parametrize(
    ("link", "queries"),
    [
        ('</v2/shop/web/referrers/{d}?last=1>; rel="next"', ["", "last=1"]),
        ("<?last=1>; rel=next", ["", "last=1"]),
        ('<https://elsewhere/v2/shop/web/referrers/{d}?last=1>; title="x"; rel="prev next"', ["", "last=1"]),
        ('<?last=0>; rel="prev", <?last=1>; rel="next"', ["", "last=1"]),
        ('<?last=1>; rel="prev"', [""]),
        ("nonsense", [""]),
    ],
)
def test_the_next_page_is_found_in_the_link_and_on_this_host(
    fake: FakeRegistry, link: str, queries: list[str], dialled: Dialled
) -> None:
    body = json.dumps({"schemaVersion": 2, "manifests": []}).encode()
    page = content(body, "application/json", ("link", link.replace("{d}", NOWHERE)))
    fake.instead["/referrers/"] = [page]
    listed(fake, NOWHERE)
    assert ["&".join(f"{key}={value}" for key, value in one.query.items()) for one in fake.asked] == queries
    assert set(dialled.hosts) == {fake.host}


@pytest.mark.parametrize(
    "link", ["</v2/other/referrers/x?last=1>", "<https://evil.example/?last=1>", "</v2/shop/web/referrers/{d}>"]
)
def test_a_list_that_continues_elsewhere_is_a_lie(fake: FakeRegistry, link: str, dialled: Dialled) -> None:
    body = json.dumps({"schemaVersion": 2, "manifests": []}).encode()
    header = ("link", f'{link.replace("{d}", NOWHERE)}; rel="next"')
    fake.instead["/referrers/"] = content(body, "application/json", header)
    with pytest.raises(Lying, match="continues its list at"):
        listed(fake, NOWHERE)
    assert dialled.hosts == [fake.host]


def test_a_circle_of_pages_ends(fake: FakeRegistry) -> None:
    body = json.dumps({"schemaVersion": 2, "manifests": []}).encode()
    fake.instead["/referrers/"] = content(body, "application/json", ("link", '<?last=1>; rel="next"'))
    assert listed(fake, NOWHERE).more
    assert len(fake.asked) == 10


def test_a_list_that_is_an_image_is_a_lie(fake: FakeRegistry) -> None:
    fake.image("shop/web", "1.2")
    fake.instead["/referrers/"] = content(fake.manifests["shop/web"]["1.2"].body, OCI_MANIFEST)
    with pytest.raises(Lying, match="sends no index"):
        listed(fake, NOWHERE)
