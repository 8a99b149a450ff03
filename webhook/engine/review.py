"""The wire: admission.k8s.io/v1 AdmissionReview bytes -> Request, and what is answered -> bytes.

Unknown fields are kept: the objects stay plain dicts. Facts: reference kubernetes-admission.md 1.1 and 1.2.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from webhook.admission.kinds import BUILT_IN
from webhook.admission.request import GroupKind, Operation, Request, User
from webhook.errors import ReviewError

API_VERSION = "admission.k8s.io/v1"

_KIND_OF = {(kind.group, resource.plural): kind for kind, resource in BUILT_IN.items()}


class _GroupVersionKind(msgspec.Struct):
    group: str = ""
    version: str = ""
    kind: str = ""


class _GroupVersionResource(msgspec.Struct):
    group: str = ""
    version: str = ""
    resource: str = ""


class _UserInfo(msgspec.Struct):
    username: str = ""
    groups: list[str] | None = None
    extra: dict[str, Any] | None = None


class _AdmissionRequest(msgspec.Struct):
    uid: str
    kind: _GroupVersionKind
    resource: _GroupVersionResource
    operation: Operation
    subResource: str = ""  # noqa: N815 - the wire's name
    name: str = ""
    namespace: str = ""
    userInfo: _UserInfo | None = None  # noqa: N815 - the wire's name
    object: dict[str, Any] | None = None
    oldObject: dict[str, Any] | None = None  # noqa: N815 - the wire's name
    dryRun: bool | None = None  # noqa: N815 - the wire's name


class _AdmissionReview(msgspec.Struct):
    apiVersion: str  # noqa: N815 - the wire's name
    kind: str
    request: _AdmissionRequest | None = None


_decoder = msgspec.json.Decoder(_AdmissionReview)
_encoder = msgspec.json.Encoder()


def decode(body: bytes) -> Request:
    """The request in an AdmissionReview; raises ReviewError (with the uid where one can be read) for anything else."""
    try:
        review = _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _unreadable(body, error) from None
    request = review.request
    if review.kind != "AdmissionReview" or review.apiVersion != API_VERSION:
        uid = request.uid if request else ""
        got = f"{review.apiVersion[:60]} {review.kind[:60]}"
        raise ReviewError(f"expected {API_VERSION} AdmissionReview, got {got}", uid)
    if request is None:
        raise ReviewError("the AdmissionReview has no request")
    kind, resource = GroupKind(request.kind.group, request.kind.kind), request.resource
    if request.subResource:  # exec, scale and the like bring objects of other kinds: the resource says whose they are
        kind = _KIND_OF.get((resource.group, resource.resource), kind)
    user = request.userInfo or _UserInfo()
    return Request(
        kind=kind,
        operation=request.operation,
        object=request.object,
        old_object=request.oldObject,
        subresource=request.subResource,
        namespace=request.namespace,
        name=request.name or _own_name(request),
        user=User(user.username, tuple(user.groups or ()), user.extra or {}),
        uid=request.uid,
        dry_run=bool(request.dryRun),
        version=request.kind.version,
        resource=resource.resource,
    )


def encode(
    uid: str,
    *,
    allowed: bool,
    code: int = 200,
    reason: str = "",
    message: str = "",
    causes: Sequence[Mapping[str, str]] = (),
    warnings: Sequence[str] = (),
    patch: Sequence[Mapping[str, Any]] = (),
    audit_annotations: Mapping[str, str] | None = None,
) -> bytes:
    """The AdmissionReview that answers the request with this uid; `code` and `reason` are those of a denial."""
    response: dict[str, Any] = {"uid": uid, "allowed": allowed}
    if not allowed:
        response["status"] = {"status": "Failure", "code": code, "reason": reason, "message": message}
        if causes:
            response["status"]["details"] = {"causes": list(causes)}
    if warnings:
        response["warnings"] = list(warnings)
    if patch:
        response["patchType"] = "JSONPatch"
        response["patch"] = base64.b64encode(_encoder.encode(patch)).decode()
    if audit_annotations:
        response["auditAnnotations"] = dict(audit_annotations)
    return _encoder.encode({"apiVersion": API_VERSION, "kind": "AdmissionReview", "response": response})


def _own_name(request: _AdmissionRequest) -> str:
    """The object's own name: the API server leaves the request's empty for each object of a DELETECOLLECTION."""
    metadata = (request.object or request.oldObject or {}).get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return name if isinstance(name, str) else ""


class _UidOnly(msgspec.Struct):
    uid: str = ""


class _Envelope(msgspec.Struct):
    request: _UidOnly | None = None


def _unreadable(body: bytes, error: Exception) -> ReviewError:
    """What is wrong with a body, and its uid if at least that can be read."""
    try:
        envelope = msgspec.json.decode(body, type=_Envelope)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        envelope = _Envelope()
    reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
    return ReviewError(f"the body is no AdmissionReview: {reason}", envelope.request.uid if envelope.request else "")
