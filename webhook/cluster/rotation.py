"""Rotation in a cluster: two Secrets and two webhook configurations, in an order that never breaks trust.

The authority's Secret is the memory and stays with the job; the leaf's Secret is what the serving pods mount. Several
jobs may run at once. What makes that safe: a thing is read before the memory that decides what it becomes, and it is
written only if it is still the thing that was read. So a job that fell behind fails to write and begins again.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from webhook.cluster import registration, secrets
from webhook.cluster.client import Cluster, ConflictError, Json
from webhook.errors import ClusterError

_ATTEMPTS = 10


@dataclass(frozen=True, slots=True)
class Places:
    """Where everything is kept."""

    authority: secrets.Place
    leaf: secrets.Place
    configurations: tuple[registration.Place, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What shall be: the files of the authority's Secret, those of the leaf, and the bundle that clients trust."""

    authority: Mapping[str, bytes]
    leaf: Mapping[str, bytes]
    bundle: bytes


Step = Callable[[Mapping[str, bytes], bool], Wanted]
"""From all files that exist, and whether the bundle among them is in every configuration, to what shall be."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was written, in order, and which configurations do not exist."""

    written: tuple[str, ...]
    missing: tuple[str, ...]


def ensure(cluster: Cluster, places: Places, step: Step) -> Outcome:
    """Takes one step of the rotation; raises ClusterError. Twice in a row, the second writes nothing."""
    for _ in range(_ATTEMPTS):
        try:
            return _attempt(cluster, places, step)
        except ConflictError:
            time.sleep(random.uniform(0.05, 0.5))  # noqa: S311 - two jobs should not collide in step
    raise ClusterError(f"{places.authority} is changed by others all the time; is more than one job rotating it?")


def _attempt(cluster: Cluster, places: Places, step: Step) -> Outcome:
    leaf = secrets.read(cluster, places.leaf)
    found = [registration.read_one(cluster, place) for place in places.configurations]
    memory = secrets.read(cluster, places.authority)
    wanted = step(_files(memory, leaf), _is_out(found, memory))
    written = []
    if dict(wanted.authority) != memory.data:
        memory = secrets.write(cluster, places.authority, memory, wanted.authority)
        written.append(str(places.authority))
    missing = []
    for place in places.configurations:
        published = _publish(cluster, places, place, memory, wanted.bundle)
        if published is None:
            missing.append(str(place))
        elif published:
            written.append(str(place))
    files = {**wanted.leaf, "ca.crt": wanted.bundle}
    if files != leaf.data:
        secrets.write(cluster, places.leaf, leaf, files)
        written.append(str(places.leaf))
    return Outcome(tuple(written), tuple(missing))


def _files(memory: secrets.Secret, leaf: secrets.Secret) -> dict[str, bytes]:
    """Both Secrets as one set of files; the leaf's own copy of the bundle counts when the memory was lost."""
    served = {name: text for name, text in leaf.data.items() if name != "ca.crt"}
    trusted = {"bundle.crt": leaf.data["ca.crt"]} if "ca.crt" in leaf.data else {}
    return trusted | served | dict(memory.data)


def _is_out(configurations: list[Json | None], memory: secrets.Secret) -> bool:
    bundle = memory.data.get("bundle.crt", b"")
    return all(registration.trusts(found, bundle) for found in configurations if found is not None)


def _publish(
    cluster: Cluster, places: Places, place: registration.Place, memory: secrets.Secret, bundle: bytes
) -> bool | None:
    """Whether the bundle had to be written; None if there is no such configuration."""
    configuration = registration.read_one(cluster, place)
    if configuration is None:
        return None
    if secrets.read(cluster, places.authority).version != memory.version:
        raise ConflictError(f"{places.authority} was changed meanwhile")
    return registration.put_bundle(cluster, place, configuration, bundle)
