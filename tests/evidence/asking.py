"""How tests ask a registry: declared registries, images and clients, each in one line."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from webhook.evidence.credentials import NO_SECRETS, Credentials, PullSecrets
from webhook.evidence.endpoints import Terms
from webhook.evidence.registry import RegistryClient
from webhook.pod.image import Image
from webhook.policy.trust import HostName, RegistryCredentials, RegistrySpec, TokenRealm
from webhook.policy.trusted import Registry
from webhook.source.problem import Place

T = TypeVar("T")

PLACE = Place("registry.yaml", 5, 9, 4, "  host: ...")


def registry(host: str, name: str = "corp", ca: bytes = b"", **spec: Any) -> Registry:
    """A Registry as the rules folder would declare it."""
    hosts: dict[str, Callable[[str], str]] = {
        "mirrors": HostName,
        "redirect_hosts": HostName,
        "token_realms": TokenRealm,
    }
    for key, parse in hosts.items():
        spec[key] = tuple(map(parse, spec.get(key, ())))
    made = RegistrySpec(host=HostName(host), ca="ca.pem" if ca else "", **spec)
    return Registry(name, made, {"ca.pem": ca} if ca else {}, PLACE)


def logging_in(file: str = "", pull_secrets: bool = False) -> RegistryCredentials:
    """The `credentials` of a Registry."""
    return RegistryCredentials(file=file, pull_secrets="allowed" if pull_secrets else None)


def terms(seconds: float = 10.0, secrets: PullSecrets = NO_SECRETS) -> Terms:
    return Terms(time.monotonic() + seconds, secrets)


def asked(
    registries: Registry | list[Registry],
    ask: Callable[[RegistryClient], Awaitable[T]],
    credentials: Credentials | None = None,
) -> T:
    """What a client answers that lives for this one question; nothing may be left running behind it."""

    async def run() -> T:
        client = RegistryClient(registries if isinstance(registries, list) else [registries], credentials)
        try:
            return await ask(client)
        finally:
            await client.aclose()
            left = asyncio.all_tasks() - {asyncio.current_task()}
            assert left == set()

    return asyncio.run(run())


def image(host: str, rest: str = "shop/web:1.2") -> Image:
    return Image.parse(f"{host}/{rest}")


def docker_config(logins: Mapping[str, tuple[str, str]]) -> bytes:
    """A docker config: keys with user names and passwords."""
    auths = {key: {"username": user, "password": word} for key, (user, word) in logins.items()}
    return json.dumps({"auths": auths}).encode()
