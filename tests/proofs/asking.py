"""Requests for the proofs: what the API server may ask about an object."""

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from tests.proofs import objects
from tests.proofs.objects import Json, one_of, put, weighted
from tests.proofs.proving import gone_on
from webhook.admission.request import GroupKind, Operation, Request, User
from webhook.engine.manifest import as_request
from webhook.pod.containers import LISTS
from webhook.pod.workloads import POD, POD_AT, group_kind
from webhook.source.path import look_up

USERS = (
    User("alice", ("system:authenticated", "developers")),
    User("root", ("system:authenticated", "system:masters")),
    User("system:serviceaccount:kube-system:replicaset-controller", ("system:serviceaccounts",)),
    User("system:serviceaccount:shop:robot", ()),
)
OPTIONS = {"exec": "PodExecOptions", "attach": "PodAttachOptions", "portforward": "PodPortForwardOptions"}


@st.composite
def changed(draw: st.DrawFn, obj: Json) -> Json:
    """The object as it may have been before."""
    before = obj
    for _ in range(draw(st.integers(0, 3))):
        found = [place for place in objects.places(before) if place not in objects.IDENTITY]
        if found:
            before = put(before, draw(st.sampled_from(found)), draw(one_of((None, "x", True, 1, {}, [], "nginx:1"))))
    return before


@st.composite
def creations(draw: st.DrawFn, of: st.SearchStrategy[Json] = objects.PLAUSIBLE) -> Request:
    """The creation of an object by somebody."""
    return as_request(draw(of), namespace="shop", user=draw(st.sampled_from(USERS)))


@st.composite
def updates(draw: st.DrawFn, of: st.SearchStrategy[Json] = objects.PLAUSIBLE) -> Request:
    """The update of an object that was much the same before; of a pod also on its subresources."""
    obj = draw(of)
    old = draw(changed(obj))
    if draw(st.integers(1, 6)) == 6 and isinstance(old.get("metadata"), dict):
        old = put(old, ("metadata", "deletionTimestamp"), "2026-11-21T12:00:00Z")
    asked = as_request(obj, namespace="shop", operation=Operation.UPDATE, old=old, user=draw(st.sampled_from(USERS)))
    if asked.kind != GroupKind(*POD):
        return asked
    return asked._replace(subresource=draw(st.sampled_from(("", "", "ephemeralcontainers", "resize"))))


@st.composite
def deletions(draw: st.DrawFn, of: st.SearchStrategy[Json] = objects.PLAUSIBLE) -> Request:
    """The deletion of an object."""
    return as_request(draw(of), namespace="shop", operation=Operation.DELETE, user=draw(st.sampled_from(USERS)))


@st.composite
def connections(draw: st.DrawFn) -> Request:
    """A shell in a pod, and the like."""
    subresource = draw(st.sampled_from(tuple(OPTIONS)))
    options = {"apiVersion": "v1", "kind": OPTIONS[subresource], "command": ["sh"]}
    return Request(
        GroupKind(*POD),
        Operation.CONNECT,
        options,
        subresource=subresource,
        namespace=draw(st.sampled_from(objects.NAMESPACES)),
        name="web",
        user=draw(st.sampled_from(USERS)),
    )


def requests(of: st.SearchStrategy[Json] = objects.PLAUSIBLE) -> st.SearchStrategy[Request]:
    """Anything that may be asked about objects."""
    return weighted((6, creations(of)), (3, updates(of)), (1, deletions(of)), (1, connections()))


@st.composite
def any_requests(draw: st.DrawFn, of: Any = objects.ANY_OBJECT) -> Request:
    """Any operation on any object, with any old object, in any namespace; the kind is one that rules are about."""
    obj, old = draw(st.none() | of), draw(st.none() | of)
    kind = GroupKind(*group_kind(obj or old or {}))
    if not kind.kind or draw(st.integers(1, 4)) == 4:
        kind = GroupKind(*draw(st.sampled_from(objects.CARRIERS)))
    return Request(
        kind=kind,
        operation=draw(st.sampled_from(list(Operation))),
        object=obj,
        old_object=old,
        subresource=draw(st.sampled_from(("", "", "", "ephemeralcontainers", "resize", "scale", "exec", "x"))),
        namespace=draw(st.sampled_from(("shop", "pay", "new", ""))),
        name=draw(st.sampled_from(("web", ""))),
        user=draw(st.none() | st.sampled_from(USERS)),
    )


def variants(request: Request) -> Iterator[Request]:
    """The request, and others about the same object: it is updated, with something less before, or deleted."""
    yield request
    obj = request.object
    if obj is None or request.operation is Operation.CONNECT:
        return
    at = POD_AT.get(request.kind, ())
    for place in ((), *((*at, "spec", name) for name in LISTS), (*at, "spec", "volumes"), (*at, "metadata")):
        held = look_up(obj, place[:-1])
        if not place or (isinstance(held, dict) and place[-1] in held):
            old = put(obj, place, None) if place else obj
            yield request._replace(operation=Operation.UPDATE, old_object=old)
            yield request._replace(operation=Operation.UPDATE, old_object=obj, object=old)
    yield request._replace(operation=Operation.DELETE, old_object=obj, object=None)


def alike(request: Request, seed: int, count: int = 5) -> Iterator[Request]:
    """The request, and others of the same kind about objects that look alike."""
    yield request
    at = POD_AT.get(request.kind)
    if request.object is None or at is None or request.subresource:
        return
    for obj in objects.relatives(request.object, at, seed, count):
        yield request._replace(object=gone_on(obj, request))


SEEDS = st.integers(0, 2**16)
