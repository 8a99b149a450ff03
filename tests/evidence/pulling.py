"""Pulling from the fake registry, with whatever login there is."""

from typing import Any

import pytest

from tests.evidence.asking import asked, image, terms
from tests.evidence.fake_registry import FakeRegistry
from webhook.evidence.credentials import NO_SECRETS, PullSecrets
from webhook.evidence.failures import RegistryFailure
from webhook.evidence.registry import RegistryClient


def pulled(fake: FakeRegistry, declared: Any, *paths: str, secrets: PullSecrets = NO_SECRETS) -> None:
    """Pulls manifests one after the other."""

    async def ask(client: RegistryClient) -> None:
        for path in paths or ("shop/web",):
            await client.resolve(image(fake.host, f"{path}:1.2"), terms(secrets=secrets))

    asked(declared, ask)


def refusal(failure: type[RegistryFailure], fake: FakeRegistry, declared: Any, **more: Any) -> str:
    with pytest.raises(failure) as caught:
        pulled(fake, declared, **more)
    assert type(caught.value) is failure
    return caught.value.reason
