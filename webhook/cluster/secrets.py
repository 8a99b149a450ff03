"""One Secret at a time, written only if nobody else wrote it in between."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from webhook.cluster.client import Cluster, Json, RefusedError
from webhook.errors import ClusterError


@dataclass(frozen=True, slots=True)
class Place:
    """A Secret by namespace, name and the type it is created with."""

    namespace: str
    name: str
    type: str = "Opaque"

    def __str__(self) -> str:
        return f"Secret {self.namespace}/{self.name}"

    @property
    def collection(self) -> str:
        """Where the API server serves the namespace's Secrets."""
        return f"/api/v1/namespaces/{self.namespace}/secrets"


@dataclass(frozen=True, slots=True)
class Secret:
    """A Secret's data, decoded, and the object it came in; `item` is None for one that does not exist yet."""

    data: Mapping[str, bytes]
    item: Json | None = None

    @property
    def version(self) -> str | None:
        """The resourceVersion; None for a Secret that does not exist."""
        return None if self.item is None else str(self.item["metadata"]["resourceVersion"])


def read(cluster: Cluster, place: Place) -> Secret:
    """The Secret, empty if it does not exist; raises ClusterError."""
    try:
        item = cluster.get(f"{place.collection}/{place.name}")
    except RefusedError as error:
        if error.status == 404:
            return Secret({})
        raise
    return _secret(place, item)


def write(cluster: Cluster, place: Place, secret: Secret, data: Mapping[str, bytes]) -> Secret:
    """Gives the Secret the data and nothing else; labels, annotations and owners stay.

    Raises ConflictError if the Secret is no longer the one that was read.
    """
    encoded = {key: base64.b64encode(value).decode() for key, value in data.items()}
    if secret.item is not None:
        item = cluster.replace(f"{place.collection}/{place.name}", secret.item | {"data": encoded})
        return _secret(place, item)
    metadata = {"name": place.name, "namespace": place.namespace, "labels": {"app.kubernetes.io/name": "doorward"}}
    body = {"apiVersion": "v1", "kind": "Secret", "type": place.type, "metadata": metadata, "data": encoded}
    return _secret(place, cluster.create(place.collection, body))


def _secret(place: Place, item: Json) -> Secret:
    try:
        data = item.get("data") or {}
        return Secret({key: base64.b64decode(value, validate=True) for key, value in data.items()}, item)
    except (binascii.Error, TypeError, AttributeError) as error:
        raise ClusterError(f"{place} cannot be read: its data is not base64") from error
