"""What may be done to a request at all: whether it may be denied, what may be made so, and where its pod stands."""

from webhook.admission.kinds import NOT_A_SPEC
from webhook.admission.request import Operation, Request
from webhook.admission.rule import EPHEMERAL_PHASES, OBJECT_PHASES, POD_PHASES
from webhook.engine.mutate import is_mirror
from webhook.engine.ratchet import touches_only_bookkeeping
from webhook.pod.workloads import POD_AT
from webhook.source.path import Path, look_up


def never_denied(request: Request) -> bool:
    """Objects that are being deleted, and updates of finalizers, ownerReferences or managedFields alone.

    The old object says whether it is being deleted: what is submitted is no evidence. A pod is deleted twice, the last
    time by its kubelet.
    """
    new, old = request.object, request.old_object
    if request.operation is Operation.DELETE:
        return look_up(old, ("metadata", "deletionTimestamp")) is not None
    if request.operation is not Operation.UPDATE or new is None:
        return False
    if look_up(new if old is None else old, ("metadata", "deletionTimestamp")) is not None:
        return True
    return old is not None and touches_only_bookkeeping(new, old)


def phases_of(request: Request, pod_at: Path | None) -> tuple[str, ...]:
    """The phases of mutation that this request goes through; none for what cannot or must not be changed."""
    if request.object is None or is_mirror(request.object) or never_denied(request):
        return ()
    if request.subresource == "ephemeralcontainers" and request.operation is Operation.UPDATE:
        return EPHEMERAL_PHASES
    if request.subresource or request.operation not in (Operation.CREATE, Operation.UPDATE):
        return ()
    if pod_at != ():
        return OBJECT_PHASES
    return POD_PHASES if request.operation is Operation.CREATE else ()


def pod_place(request: Request) -> Path | None:
    """Where the pod stands in the request's object; None where it carries none."""
    return None if request.subresource in NOT_A_SPEC else POD_AT.get(request.kind)
