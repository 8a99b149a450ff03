"""Facts about images for a command: from the registries that the rules declare, or from a folder."""

import asyncio
import time
from collections.abc import Iterable

from webhook.admission.evidence import ImageFacts, ImageNeed, NotHad
from webhook.errors import UsageError
from webhook.evidence.credentials import Credentials
from webhook.evidence.endpoints import Terms
from webhook.evidence.failures import RegistryFailure, not_had
from webhook.evidence.gathering import Gathering, Images
from webhook.evidence.layout import Layout
from webhook.evidence.registry import RegistryClient
from webhook.evidence.trust import Trust
from webhook.policy.trusted import Trusted

REGISTRY = "registry"
"""What people write to have registries asked."""

PATIENCE = 30.0
"""Seconds that one image may take: a person waits."""


class Asking:
    """Asks about each image once. `source` is "registry", or a folder; `config` the docker config to log in with.

    Raises RulesError for registries and authorities that cannot be used, UsageError for a folder that is none.
    """

    def __init__(self, trusted: Trusted, source: str, config: str = "") -> None:
        if source == REGISTRY and not trusted.registries:
            cure = "declare one in the rules folder, with the kind Registry, or name a folder"
            raise UsageError(f"--evidence registry: the rules declare no registry; {cure}")
        self._client = RegistryClient(trusted.registries, Credentials(config)) if source == REGISTRY else None
        images: Images = self._client or Layout(source)
        self._gathering = Gathering(images, Trust(trusted))
        self._loop = asyncio.new_event_loop()
        self._known: dict[ImageNeed, ImageFacts | NotHad] = {}

    def gather(self, needs: Iterable[ImageNeed]) -> dict[str, ImageFacts | NotHad]:
        """What is needed, by reference, and by digest too."""
        new = sorted(set(needs) - self._known.keys())
        found = self._loop.run_until_complete(self._all(new))
        self._known.update(zip(new, found, strict=True))
        facts: dict[str, ImageFacts | NotHad] = {}
        for need in needs:
            fact = facts[need.reference] = self._known[need]
            if isinstance(fact, ImageFacts):
                facts[f"{need.repository}@{fact.digest}"] = fact
        return facts

    def close(self) -> None:
        """Closes every connection."""
        if self._client:
            self._loop.run_until_complete(self._client.aclose())
        self._loop.close()

    async def _all(self, needs: Iterable[ImageNeed]) -> list[ImageFacts | NotHad]:
        return await asyncio.gather(*map(self._one, needs))

    async def _one(self, need: ImageNeed) -> ImageFacts | NotHad:
        try:
            return await self._gathering.facts(need, Terms(time.monotonic() + PATIENCE))
        except RegistryFailure as failure:
            return not_had(failure)
