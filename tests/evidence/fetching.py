"""One blob, fetched from a registry that may do anything: whatever happens, in bounded time."""

import asyncio
from typing import Any

import pytest

from tests.evidence.asking import asked, image, terms
from tests.evidence.fake_registry import sha256
from webhook.admission.evidence import Outcome
from webhook.evidence.failures import NotAvailable, not_had
from webhook.evidence.manifests import Descriptor
from webhook.evidence.registry import RegistryClient

BLOB = Descriptor("x/y", sha256(b"hello"), 5)


def fetched(declared: Any, host: str, seconds: float = 10.0) -> bytes:
    """The blob; whatever happens, within a time that no deadline here comes near to."""

    async def ask(client: RegistryClient) -> bytes:
        return await asyncio.wait_for(client.blob(image(host), BLOB, terms(seconds)), 60)

    return asked(declared, ask)


def unavailable(declared: Any, host: str, seconds: float = 10.0) -> str:
    with pytest.raises(NotAvailable) as caught:
        fetched(declared, host, seconds)
    assert not_had(caught.value).outcome is Outcome.UNAVAILABLE
    assert caught.value.what == f"the blob {host}/shop/web@{BLOB.digest}"
    return caught.value.reason
