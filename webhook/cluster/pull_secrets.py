"""The pull secrets of a pod: those that it names, and without any those of its service account.

Only read where a Registry says `pullSecrets: allowed`; it takes the permission to get Secrets and ServiceAccounts.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from webhook.cluster import secrets
from webhook.cluster.client import Cluster, RefusedError
from webhook.source.path import look_up

MOST = 8
"""Secrets that are read for one pod."""


class PullSecretNames(NamedTuple):
    """Which secrets a pod pulls with: their names, and without any the service account that has them."""

    namespace: str
    names: tuple[str, ...]
    account: str

    def __str__(self) -> str:
        return f"{self.namespace}/{','.join(self.names) or f'serviceaccount:{self.account}'}"


def named(namespace: str, spec: Any) -> PullSecretNames:
    """What a pod's spec says; whatever has another shape than it should is passed over."""
    account = look_up(spec, ("serviceAccountName",))
    return PullSecretNames(namespace, _names(spec), account if isinstance(account, str) and account else "default")


def read(cluster: Cluster, wanted: PullSecretNames) -> dict[str, Mapping[str, bytes]]:
    """The data of the secrets that exist, by their names; raises ClusterError."""
    names = wanted.names or _names(_account(cluster, wanted))
    found = {name: secrets.read(cluster, secrets.Place(wanted.namespace, name)).data for name in names[:MOST]}
    return {name: data for name, data in found.items() if data}


def _account(cluster: Cluster, wanted: PullSecretNames) -> Any:
    try:
        return cluster.get(f"/api/v1/namespaces/{wanted.namespace}/serviceaccounts/{wanted.account}")
    except RefusedError as error:
        if error.status == 404:
            return {}
        raise


def _names(owner: Any) -> tuple[str, ...]:
    listed = look_up(owner, ("imagePullSecrets",))
    names = [look_up(one, ("name",)) for one in listed] if isinstance(listed, list) else []
    return tuple(name for name in names if isinstance(name, str) and name and "/" not in name)
