"""Our two webhook configurations as the cluster holds them: read as they are, and given the bundle to trust."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

from webhook.cluster.client import Cluster, Json, RefusedError

MUTATE, VALIDATE = "doorward-mutate", "doorward-validate"
_GROUP = "/apis/admissionregistration.k8s.io/v1"
_PLURALS = {
    "MutatingWebhookConfiguration": "mutatingwebhookconfigurations",
    "ValidatingWebhookConfiguration": "validatingwebhookconfigurations",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A webhook configuration by kind and name."""

    kind: str
    name: str

    @property
    def path(self) -> str:
        """Where the API server serves it."""
        return f"{_GROUP}/{_PLURALS[self.kind]}/{self.name}"

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def places(mutate: str = MUTATE, validate: str = VALIDATE) -> tuple[Place, Place]:
    """The two configurations by their names."""
    return Place("MutatingWebhookConfiguration", mutate), Place("ValidatingWebhookConfiguration", validate)


@dataclass(frozen=True, slots=True)
class Registration:
    """Both configurations as plain JSON; None for one that does not exist."""

    mutating: Json | None
    validating: Json | None
    missing: tuple[str, ...]


def read(cluster: Cluster, mutate: str = MUTATE, validate: str = VALIDATE) -> Registration:
    """Reads both configurations; raises ClusterError."""
    wanted = places(mutate, validate)
    found = [read_one(cluster, place) for place in wanted]
    missing = tuple(str(place) for place, item in zip(wanted, found, strict=True) if item is None)
    return Registration(found[0], found[1], missing)


def read_one(cluster: Cluster, place: Place) -> Json | None:
    """One configuration; None if it does not exist. Raises ClusterError."""
    try:
        return cluster.get(place.path)
    except RefusedError as error:
        if error.status == 404:
            return None
        raise


def trusts(configuration: Json, bundle: bytes) -> bool:
    """Whether every webhook of the configuration trusts exactly this bundle (PEM)."""
    return all(_bundle(client) == bundle for client in _clients(configuration))


def put_bundle(cluster: Cluster, place: Place, configuration: Json, bundle: bytes) -> bool:
    """Makes every webhook of the configuration trust the bundle; says whether anything was written.

    Raises ConflictError if the configuration is no longer the one that was read.
    """
    if trusts(configuration, bundle):
        return False
    changed = deepcopy(configuration)
    for client in _clients(changed):
        client["caBundle"] = base64.b64encode(bundle).decode()
    cluster.replace(place.path, changed)
    return True


def _clients(configuration: Json) -> Iterator[Json]:
    for webhook in configuration.get("webhooks") or []:
        yield webhook["clientConfig"]


def _bundle(client: Json) -> bytes:
    try:
        return base64.b64decode(client.get("caBundle") or "", validate=True)
    except binascii.Error:
        return b""
