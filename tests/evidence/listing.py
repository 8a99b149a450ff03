"""What is attached to an image of the fake registry: how tests ask for it, and what they attach."""

from typing import Any

from tests.evidence.asking import asked, image, registry, terms
from tests.evidence.fake_registry import FakeRegistry
from webhook.evidence.attached import Listing, attached

PATH = "shop/web"
SIMPLE = "application/vnd.dev.cosign.simplesigning.v1+json"
DSSE = "application/vnd.dsse.envelope.v1+json"
NOTARY = "application/vnd.cncf.notary.signature"
CREATED = "org.opencontainers.image.created"
CLAIMS = "dev.sigstore.bundle.predicateType"


def found(fake: FakeRegistry, digest: str, seconds: float = 30.0, **spec: Any) -> Listing:
    return asked(registry(fake.host, **spec), lambda client: attached(client, image(fake.host), digest, terms(seconds)))


def contents(fake: FakeRegistry, listing: Listing) -> list[bytes]:
    return [fake.blobs[item.descriptor.digest] for item in listing.items]


def scan(day: int) -> dict[str, str]:
    return {CLAIMS: "https://scan", CREATED: f"2026-{1 + day // 28:02}-{1 + day % 28:02}T00:00:00Z"}
