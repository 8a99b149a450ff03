"""What is remembered of images: for how long, for whom, and what happens while a registry is away."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

import pytest

from webhook.admission.evidence import Evidence, ImageFacts, ImageNeed, NotHad, Outcome
from webhook.evidence import images
from webhook.evidence.credentials import Credential, DockerConfig, PullSecrets
from webhook.evidence.endpoints import Terms
from webhook.evidence.failures import NotAvailable, NotThere
from webhook.evidence.images import FRESH, NEGATIVE, REFRESH, Asker, ImageFactsSource
from webhook.pod.duration import Ttl
from webhook.policy.trust import HostName, RegistryCredentials, RegistrySpec
from webhook.policy.trusted import Registry, Trusted
from webhook.source.problem import Place

DIGEST = f"sha256:{'a' * 64}"
WEB = ImageNeed("registry.corp.example/web:1", evidence=True)
PINNED = f"registry.corp.example/web@{DIGEST}"
FOUND = ImageFacts(DIGEST, Evidence(DIGEST, "", ()), None, datetime(2026, 11, 21, tzinfo=UTC))
AWAY = NotAvailable("the manifest registry.corp.example/web:1", "nobody answers")


class Gathers:
    """Stands for gathering: answers what it is told to, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[ImageNeed, PullSecrets]] = []
        self.answer: ImageFacts | Exception = FOUND
        self.gate = asyncio.Event()
        self.gate.set()

    async def facts(self, need: ImageNeed, terms: Terms) -> ImageFacts:
        self.asked.append((need, terms.secrets))
        await self.gate.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class World:
    """A source with a registry that is told what to answer, and a clock that is moved by hand."""

    def __init__(self, **spec: Any) -> None:
        self.now = 1000.0
        place = Place("rules.yaml", 1, 1, 1, "")
        registry = Registry("corp", RegistrySpec(HostName("registry.corp.example"), **spec), {}, place)
        self.source = ImageFactsSource(Trusted((), (registry,)), clock=lambda: self.now)
        self.gathers = Gathers()
        self.source._gathering = self.gathers  # type: ignore[assignment]

    async def ask(self, need: ImageNeed = WEB, seconds: float = 5.0, asker: Asker = images.NOBODY) -> Any:
        return (await self.source.gather([need], seconds, asker))[need.reference]


def played(scene: Callable[[World], Coroutine[Any, Any, None]], **spec: Any) -> None:
    async def play() -> None:
        world = World(**spec)
        await scene(world)
        await world.source.aclose()

    asyncio.run(play())


def test_what_was_found_serves_by_tag_and_by_digest_for_a_minute() -> None:
    async def scene(world: World) -> None:
        found = await world.source.gather([WEB], 5.0)
        assert found == {WEB.reference: FOUND, PINNED: FOUND}
        world.now += REFRESH
        assert world.source.known()[WEB.reference] is FOUND
        assert world.source.known()[PINNED] is FOUND
        world.now += FRESH
        assert world.source.known().get(WEB.reference) is None
        assert len(world.gathers.asked) == 1

    played(scene)


def test_everyone_who_needs_an_image_waits_for_one_question() -> None:
    async def scene(world: World) -> None:
        assert await asyncio.gather(*(world.ask() for _ in range(50))) == [FOUND] * 50
        assert len(world.gathers.asked) == 1

    played(scene)


def test_what_grows_old_is_asked_for_again_behind_the_back_of_whoever_uses_it() -> None:
    async def scene(world: World) -> None:
        await world.ask()
        world.now += REFRESH + 1
        newer = FOUND._replace(listed=datetime(2026, 11, 22, tzinfo=UTC))
        world.gathers.answer = newer
        assert world.source.known()[WEB.reference] is FOUND
        await asyncio.sleep(0.01)
        assert world.source.known()[WEB.reference] == newer

    played(scene)


def test_a_request_sees_one_state_of_the_world() -> None:
    async def scene(world: World) -> None:
        await world.ask()
        seen = world.source.known()
        assert seen[WEB.reference] is FOUND
        world.now += 2 * FRESH
        assert seen[WEB.reference] is FOUND
        assert dict(seen) == {WEB.reference: FOUND}

    played(scene)


def test_what_does_not_exist_is_believed_for_seconds_only() -> None:
    async def scene(world: World) -> None:
        world.gathers.answer = NotThere("the manifest", "the registry has none")
        missing = await world.ask()
        assert isinstance(missing, NotHad)
        assert missing.outcome is Outcome.MISSING
        assert await world.ask() == missing
        assert len(world.gathers.asked) == 1
        world.now += NEGATIVE + 1
        world.gathers.answer = FOUND
        assert await world.ask() is FOUND

    played(scene)


def test_an_older_listing_serves_while_the_registry_is_away_as_long_as_it_may_and_says_so() -> None:
    async def scene(world: World) -> None:
        await world.ask()
        world.gathers.answer = AWAY
        world.now += 1800
        served = await world.ask()
        assert served.digest == DIGEST
        assert served.stale == f"as it was 30 minutes ago: {AWAY}"
        world.now += 1801
        gone = await world.ask()
        assert isinstance(gone, NotHad)
        assert gone.outcome is Outcome.UNAVAILABLE

    played(scene, stale_listing=Ttl.parse("1h"))


def test_without_stale_listing_nothing_old_serves() -> None:
    async def scene(world: World) -> None:
        await world.ask()
        world.gathers.answer = AWAY
        world.now += FRESH + 1
        assert await world.ask() == NotHad(Outcome.UNAVAILABLE, str(AWAY))

    played(scene)


def test_a_registry_that_is_away_is_asked_once_in_some_seconds() -> None:
    async def scene(world: World) -> None:
        world.gathers.answer = AWAY
        for _ in range(5):
            assert await world.ask() == NotHad(Outcome.UNAVAILABLE, str(AWAY))
        assert len(world.gathers.asked) == 1
        world.now += NEGATIVE + 1
        world.gathers.answer = FOUND
        assert await world.ask() is FOUND

    played(scene)


def test_a_slow_registry_costs_no_more_than_the_time_there_is_and_its_answer_serves_the_next() -> None:
    async def scene(world: World) -> None:
        world.gathers.gate.clear()
        late = await world.ask(seconds=0.01)
        assert isinstance(late, NotHad)
        assert late.outcome is Outcome.UNAVAILABLE
        assert "has not answered in time; it is still being asked" in late.reason
        world.gathers.gate.set()
        await asyncio.sleep(0.01)
        assert await world.ask(seconds=0.0) is FOUND
        assert len(world.gathers.asked) == 1

    played(scene)


def test_what_was_learnt_with_a_pods_own_secrets_serves_nobody_else() -> None:
    secrets = PullSecrets((DockerConfig((("registry.corp.example", Credential("team", "secret")),)),))

    async def scene(world: World) -> None:
        await world.ask(asker=Asker("shop/pull", secrets))
        assert world.source.known("shop/pull")[WEB.reference] is FOUND
        assert world.source.known("pay/pull").get(WEB.reference) is None
        assert world.source.known().get(WEB.reference) is None
        await world.ask()
        assert [asked for _, asked in world.gathers.asked] == [secrets, PullSecrets()]

    played(scene, credentials=RegistryCredentials("", "allowed"))


def test_where_the_registry_takes_no_pull_secrets_all_share_what_is_known() -> None:
    async def scene(world: World) -> None:
        await world.ask(asker=Asker("shop/pull"))
        assert world.source.known("pay/other")[WEB.reference] is FOUND

    played(scene)


def test_a_flood_of_images_gets_quick_answers_instead_of_a_long_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MOST_WAITING", 3)

    async def scene(world: World) -> None:
        world.gathers.gate.clear()
        needs = [ImageNeed(f"registry.corp.example/web:{number}") for number in range(4)]
        found = await asyncio.gather(*(world.ask(need, seconds=0.01) for need in needs))
        assert "too many images are being asked about at once" in found[3].reason

    played(scene)


def test_memory_is_bounded_and_the_oldest_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MOST_REMEMBERED", 20_000)

    async def scene(world: World) -> None:
        needs = [ImageNeed(f"registry.corp.example/web:{number}", evidence=True) for number in range(200)]
        for need in needs:
            await world.ask(need)
        assert world.source._size <= 20_000
        assert world.source.known().get(needs[0].reference) is None
        assert world.source.known()[needs[-1].reference] is FOUND

    played(scene)
