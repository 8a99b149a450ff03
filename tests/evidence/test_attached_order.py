"""Too much of it: what is looked at first, what is left out, and that it is said."""

import json

from tests.evidence.behaviours import content
from tests.evidence.fake_registry import FakeRegistry
from tests.evidence.listing import CLAIMS, CREATED, DSSE, PATH, SIMPLE, contents, found, scan
from webhook.evidence.manifests import OCI_INDEX


def test_the_newest_of_a_kind_comes_first_and_what_does_not_tell_last(fake: FakeRegistry, digest: str) -> None:
    for day in (3, 1, 2):
        fake.attach(PATH, digest, b"%d" % day, annotations=scan(day))
    fake.attach(PATH, digest, b"who knows", annotations={CLAIMS: "https://scan"})
    assert contents(fake, found(fake, digest)) == [b"3", b"2", b"1", b"who knows"]


def test_a_scan_every_day_does_not_hide_the_one_signature(fake: FakeRegistry, digest: str) -> None:
    fake.attach(PATH, digest, b"signature", annotations={CLAIMS: "https://sign", CREATED: "2020-01-01T00:00:00Z"})
    for day in range(100):
        fake.attach(PATH, digest, b"scan %d" % day, annotations=scan(day))
    listing = found(fake, digest)
    assert contents(fake, listing)[:3] == [b"scan 99", b"signature", b"scan 98"]
    assert (len(listing.items), listing.unexamined) == (64, 37)


def test_a_thousand_layers_are_taken_so_far_and_counted(fake: FakeRegistry, digest: str) -> None:
    fake.legacy(PATH, digest, ".att", [(b"%d" % n, DSSE, {"predicateType": "a"}) for n in range(1000)])
    fake.legacy(PATH, digest, ".sig", [(b"signature", SIMPLE, {})])
    listing = found(fake, digest)
    assert b"signature" in contents(fake, listing)
    assert (len(listing.items), listing.unexamined) == (64, 937)


def test_ten_thousand_referrers_cost_ten_pages_and_sixty_four_manifests(fake: FakeRegistry, digest: str) -> None:
    for n in range(10_000):
        fake.attach(PATH, digest, b"%d" % n, annotations=scan(n % 300))
    fake.page = 1000
    listing = found(fake, digest)
    assert (len(listing.items), listing.unexamined, listing.problems) == (64, 9936, ())
    assert len(fake.asked) == 10 + 3 + 64


def test_ten_thousand_referrers_on_one_page_are_too_much_and_said(fake: FakeRegistry, digest: str) -> None:
    page = json.dumps({"schemaVersion": 2, "manifests": [{"digest": digest, "size": n} for n in range(60_000)]})
    fake.instead["/referrers/"] = content(page.encode(), OCI_INDEX)
    fake.legacy(PATH, digest, ".sig", [(b"signed", SIMPLE, {})])
    listing = found(fake, digest)
    assert contents(fake, listing) == [b"signed"]
    assert listing.problems[0].endswith("bytes, more than 4194304")


def test_where_a_list_has_no_end_it_is_asked_by_type(fake: FakeRegistry, digest: str) -> None:
    for n in range(20):
        fake.attach(PATH, digest, b"other %d" % n, "application/vnd.example+json")
    fake.attach(PATH, digest, b"bundle")
    fake.page, fake.filters = 2, True
    listing = found(fake, digest)
    assert contents(fake, listing) == [b"bundle"]
    assert listing.unexamined == 1
    assert listing.problems == (f"{fake.host} lists more than was read for {digest}",)
