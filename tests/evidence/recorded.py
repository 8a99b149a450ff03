"""What real cosign attached to images (data/README.md), found and proven as a registry's would be."""

import asyncio
import math
from pathlib import Path

from tests.evidence.pki import PLACE, trust
from webhook.admission.evidence import Rejected
from webhook.evidence.attached import Attached, attached
from webhook.evidence.endpoints import Terms
from webhook.evidence.layout import Layout
from webhook.evidence.prove import Proven, prove
from webhook.evidence.trust import Trust
from webhook.pod.image import Image
from webhook.policy.trust import AuthoritySpec, TransparencyLog
from webhook.policy.trusted import Authority

DATA = Path(__file__).parent / "data"
FOREVER = Terms(math.inf)


def keyed(name: str, pem: str, log: str = "", roles: tuple[str, ...] = ("build",)) -> Authority:
    """An Authority that is a public key, with a log where one is given."""
    spec = AuthoritySpec(
        roles,  # type: ignore[arg-type]
        public_key=pem,
        transparency_log=TransparencyLog(log) if log else None,
    )
    return Authority(name, spec, {}, PLACE)


class Recorded:
    """The images `web` and `other` of one cosign: `v2` or `v3`."""

    def __init__(self, version: str) -> None:
        self.folder = DATA / f"cosign-{version}"
        self._layout = Layout(str(self.folder))

    def key(self, name: str) -> str:
        """A public key, PEM."""
        return (self.folder / "keys" / f"{name}.pub").read_text()

    def trust(self, *names: str, log: str = "") -> Trust:
        """Trust in signers by name; they must be in a log where one is given."""
        return trust(*(keyed(name, self.key(name), self.key(log) if log else "") for name in names))

    def digest(self, image: str = "web") -> str:
        return asyncio.run(self._layout.resolve(_image(image), FOREVER)).digest

    def items(self, image: str = "web") -> list[tuple[Attached, bytes]]:
        """Everything that is attached to an image, with its bytes."""

        async def read() -> list[tuple[Attached, bytes]]:
            manifest = await self._layout.resolve(_image(image), FOREVER)
            listing = await attached(self._layout, _image(image), manifest.digest, FOREVER)
            assert not listing.problems
            return [(item, await self._layout.blob(_image(image), item.descriptor, FOREVER)) for item in listing.items]

        return asyncio.run(read())

    def judged(self, by: Trust, image: str = "web", about: str = "") -> tuple[list[Proven], list[Rejected]]:
        """What is attached to one image, as it counts for it, or for another digest."""
        digest = about or self.digest(image)
        proven: list[Proven] = []
        rejected: list[Rejected] = []
        for item, blob in self.items(image):
            answer = prove(item, blob, digest, by)
            if isinstance(answer, Rejected):
                rejected.append(answer)
            else:
                proven.extend(answer)
        return proven, rejected


def _image(name: str) -> Image:
    return Image.parse(f"registry.corp.example/shop/web:{name}")
