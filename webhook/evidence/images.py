"""Facts about images for requests: remembered, refreshed in the background, and bounded.

Policies and the clock are judged anew each time; here is only what a registry has, and how long ago it said so:

- a listing is fresh for a minute, and asked for again behind the back of whoever still uses it
- an older one serves while the registry does not answer, for as long as its Registry's `staleListing`, and says so
- what does not exist, or is not available, is believed for a few seconds
- whoever needs the same image at the same time waits for the same question
"""

import asyncio
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from time import monotonic
from typing import NamedTuple

from webhook.admission.evidence import ImageFacts, ImageNeed, NotHad, Outcome
from webhook.evidence.credentials import NO_SECRETS, Credentials, PullSecrets
from webhook.evidence.endpoints import Terms
from webhook.evidence.failures import RegistryFailure, not_had
from webhook.evidence.gathering import Gathering
from webhook.evidence.registry import RegistryClient
from webhook.evidence.trust import Trust
from webhook.evidence.weight import weight
from webhook.policy.trusted import Trusted

FRESH = 60.0
"""Seconds for which a listing is believed: a newer failing scan or a removed signature takes effect after this."""

REFRESH = 40.0
"""Seconds after which a listing that is used is asked for again, in the background."""

NEGATIVE = 5.0
"""Seconds for which it is believed that something does not exist, or cannot be had."""

STALE_PATIENCE = 1.0
"""Seconds that a request waits for a newer listing where an older one may serve."""

PATIENCE = 10.0
"""Seconds that a question may take. Whoever asked may have gone by then; the answer serves the next."""

MOST_REMEMBERED = 16_000_000
"""Bytes, roughly, of facts that are remembered."""

MOST_AT_ONCE = 32
"""Images of one host that are asked about at the same time; the others wait their turn."""

MOST_WAITING = 1_000
"""Images that may be asked about or wait for it; a flood of new images gets quick answers instead of a long queue."""


class Asker(NamedTuple):
    """On whose behalf a registry is asked. `secrets` are a pod's own pull secrets, and `scope` names them: what was
    learnt with them serves nobody else."""

    scope: str = ""
    secrets: PullSecrets = NO_SECRETS


NOBODY = Asker()


class _Key(NamedTuple):
    need: ImageNeed
    scope: str


class _Known(NamedTuple):
    """Facts, and the moment (monotonic) at which they were true."""

    facts: ImageFacts | NotHad
    at: float
    weight: int


class ImageFactsSource:
    """Facts about the images of one set of registries, for one set of authorities; lives on one event loop.

    Raises RulesError for registries and authorities that cannot be used.
    """

    def __init__(
        self, trusted: Trusted, credentials: Credentials | None = None, clock: Callable[[], float] = monotonic
    ) -> None:
        self.trusted = trusted
        self._client = RegistryClient(trusted.registries, credentials)
        self._gathering = Gathering(self._client, Trust(trusted))
        self._specs = {str(registry.spec.host): registry.spec for registry in trusted.registries}
        self._clock = clock
        self._known: OrderedDict[_Key, _Known] = OrderedDict()
        self._size = 0
        self.asked: Counter[tuple[str, str]] = Counter()
        """How often registries were asked about an image, by host and what came of it."""
        self._failed: OrderedDict[_Key, tuple[NotHad, float]] = OrderedDict()
        self._asking: dict[_Key, asyncio.Task[ImageFacts | NotHad]] = {}
        self._turns: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(MOST_AT_ONCE))

    def known(self, scope: str = "") -> "Remembered":
        """What is known at once, as one request sees it: it does not change while the request is decided."""
        return Remembered(self, scope)

    async def gather(
        self, needs: Iterable[ImageNeed], seconds: float, asker: Asker = NOBODY
    ) -> dict[str, ImageFacts | NotHad]:
        """What is needed, by reference, and by digest too, within so many seconds."""
        wanted = sorted(needs)
        found = await asyncio.gather(*(self._had(need, seconds, asker) for need in wanted))
        facts: dict[str, ImageFacts | NotHad] = {}
        for need, fact in zip(wanted, found, strict=True):
            facts[need.reference] = fact
            if isinstance(fact, ImageFacts):
                facts[_pinned(need, fact).reference] = fact
        return facts

    def fresh(self, need: ImageNeed, scope: str) -> ImageFacts | NotHad | None:
        """What is known of an image and may still be used; asks again in the background where that is old."""
        key = self._key(need, scope)
        known = self._known.get(key)
        if known is None:
            return None
        age = self._clock() - known.at
        if age > (NEGATIVE if isinstance(known.facts, NotHad) else FRESH):
            return None
        if age > REFRESH and not key.scope and key not in self._asking:
            self._ask(key, NOBODY)
        return known.facts

    async def aclose(self) -> None:
        """Gives up what is being asked, and closes every connection."""
        asking = list(self._asking.values())
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        await self._client.aclose()

    async def _had(self, need: ImageNeed, seconds: float, asker: Asker) -> ImageFacts | NotHad:
        fresh = self.fresh(need, asker.scope)
        if fresh is not None:
            return fresh
        key = self._key(need, asker.scope)
        failure, since = self._failed.get(key, (None, 0.0))
        if failure is not None and self._clock() - since <= NEGATIVE:
            return self._instead(key, failure)
        if key not in self._asking and len(self._asking) >= MOST_WAITING:
            return self._instead(key, _unavailable(need, "too many images are being asked about at once"))
        asking = self._asking.get(key) or self._ask(key, asker)
        patience = min(seconds, STALE_PATIENCE) if self._may_serve(key) else seconds
        try:
            return await asyncio.wait_for(asyncio.shield(asking), max(patience, 0.0))
        except TimeoutError:
            return self._instead(key, _unavailable(need, "its registry has not answered in time"))

    def _key(self, need: ImageNeed, scope: str) -> _Key:
        """What is learnt with a pod's own secrets is kept apart, where the registry takes them."""
        spec = self._specs.get(need.host)
        own = spec is not None and spec.credentials is not None and spec.credentials.pull_secrets
        return _Key(need, scope if own else "")

    def _ask(self, key: _Key, asker: Asker) -> asyncio.Task[ImageFacts | NotHad]:
        task = self._asking[key] = asyncio.create_task(self._answer(key, asker))
        task.add_done_callback(lambda _: self._asking.pop(key, None))
        return task

    async def _answer(self, key: _Key, asker: Asker) -> ImageFacts | NotHad:
        need = key.need
        async with self._turns[need.host if need.host in self._specs else ""]:
            try:
                found: ImageFacts | NotHad = await self._gathering.facts(
                    need, Terms(monotonic() + PATIENCE, asker.secrets)
                )
            except RegistryFailure as failure:
                found = not_had(failure)
        outcome = found.outcome if isinstance(found, NotHad) else Outcome.SATISFIED
        self.asked[need.host if need.host in self._specs else "undeclared", outcome.value] += 1
        if isinstance(found, NotHad) and found.outcome is Outcome.UNAVAILABLE:
            self._failed[key] = found, self._clock()
            if len(self._failed) > MOST_WAITING:
                self._failed.popitem(last=False)
            return self._instead(key, found)
        self._failed.pop(key, None)
        self._remember(key, found)
        if isinstance(found, ImageFacts):
            self._remember(key._replace(need=_pinned(need, found)), found)
        return found

    def _instead(self, key: _Key, missing: NotHad) -> ImageFacts | NotHad:
        """What was known before, while a registry does not answer, for as long as its Registry says."""
        known = self._known.get(key)
        if known is None or isinstance(known.facts, NotHad) or not self._may_serve(key):
            return missing
        return known.facts._replace(stale=f"as it was {_ago(self._clock() - known.at)} ago: {missing.reason}")

    def _may_serve(self, key: _Key) -> bool:
        """Whether there is an older listing that is not too old."""
        known, spec = self._known.get(key), self._specs.get(key.need.host)
        if known is None or isinstance(known.facts, NotHad) or spec is None or spec.stale_listing is None:
            return False
        return self._clock() - known.at <= spec.stale_listing.seconds

    def _remember(self, key: _Key, facts: ImageFacts | NotHad) -> None:
        before = self._known.pop(key, None)
        self._size -= before.weight if before else 0
        self._known[key] = known = _Known(facts, self._clock(), weight(facts))
        self._size += known.weight
        while self._size > MOST_REMEMBERED and len(self._known) > 1:
            self._size -= self._known.popitem(last=False)[1].weight


class Remembered(Mapping[str, ImageFacts | NotHad]):
    """What is remembered of images, by reference, as one request sees it."""

    def __init__(self, source: ImageFactsSource, scope: str) -> None:
        self._source, self._scope = source, scope
        self._seen: dict[str, ImageFacts | NotHad] = {}

    def __getitem__(self, reference: str) -> ImageFacts | NotHad:
        seen = self._seen.get(reference) or self._best(reference)
        if seen is None:
            raise KeyError(reference)
        self._seen[reference] = seen
        return seen

    def __iter__(self) -> Iterator[str]:
        return iter(self._seen)

    def __len__(self) -> int:
        return len(self._seen)

    def _best(self, reference: str) -> ImageFacts | NotHad | None:
        """The most that is known: what has evidence of platforms also has that of the image, and its digest."""
        for need in (ImageNeed(reference, True, True), ImageNeed(reference, True), ImageNeed(reference)):
            found = self._source.fresh(need, self._scope)
            if found is not None:
                return found
        return None


def _pinned(need: ImageNeed, facts: ImageFacts) -> ImageNeed:
    """The same need, of the digest that was found."""
    return need._replace(reference=f"{need.repository}@{facts.digest}")


def _unavailable(need: ImageNeed, reason: str) -> NotHad:
    return NotHad(Outcome.UNAVAILABLE, f"{need.reference}: {reason}; it is still being asked, try again")


def _ago(seconds: float) -> str:
    return f"{int(seconds)} s" if seconds < 120 else f"{int(seconds // 60)} minutes"
