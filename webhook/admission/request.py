"""The AdmissionRequest, as rules see it: kubernetes.io admission.k8s.io/v1, objects as plain dicts."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple


class Operation(StrEnum):
    CREATE = "CREATE"
    UPDATE = "UPDATE"
    DELETE = "DELETE"
    CONNECT = "CONNECT"


class GroupKind(NamedTuple):
    """A Kubernetes kind; the version plays no part in any decision."""

    group: str
    kind: str

    def __str__(self) -> str:
        return f"{self.group}/{self.kind}" if self.group else self.kind


class User(NamedTuple):
    """Who asks, as the API server authenticated them."""

    name: str = ""
    groups: tuple[str, ...] = ()
    extra: Mapping[str, Any] = MappingProxyType({})


class Request(NamedTuple):
    """One thing that somebody wants to do to one object.

    `user` is None where nobody is known (an offline check without --as). `name` is empty for generateName.
    `object` is None on DELETE, `old_object` on CREATE and CONNECT, and on an UPDATE whose old object was not given.
    """

    kind: GroupKind
    operation: Operation
    object: dict[str, Any] | None
    old_object: dict[str, Any] | None = None
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    user: User | None = None
    uid: str = ""
    dry_run: bool = False
    version: str = "v1"
    resource: str = ""

    @property
    def subject(self) -> dict[str, Any]:
        """The object in question: the new one, or the old one on DELETE."""
        return self.object if self.object is not None else self.old_object or {}
