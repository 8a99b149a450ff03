"""Filling requests and limits where a container has none; what the author set is never changed."""

from typing import Any

from webhook.admission.edits import Conflict, Draft
from webhook.pod.containers import Container
from webhook.pod.quantity import Quantity
from webhook.rule_types._resources_amounts import Unreadable, of_pod, own
from webhook.rule_types._resources_bounds import LimitBounds, Ratio, ResourceBounds
from webhook.source.path import Path, look_up, render


def fill_container(container: Container, name: str, bounds: ResourceBounds, draft: Draft) -> None:
    """Put the defaults of one resource into one container, where they apply.

    Nothing is filled where the pod as a whole has the resource (the sum of its containers' requests must stay within
    it), nor where something unreadable or of another shape stands: /validate says so.
    """
    try:
        stands_in = any(of_pod(container.pod, kind, name) for kind in ("requests", "limits"))
        request, limit = own(container, "requests", name), own(container, "limits", name)
    except Unreadable:
        return
    if stands_in or not _has_room(container.raw):
        return
    _fill_request(container, name, bounds, draft, limit.quantity if limit else None)
    if limit is None or _by_another(draft, limit.path):
        wanted = draft.get(_at(container, "requests", name)) if request is None else request.raw
        _fill_limit(container, name, bounds, draft, Quantity.of(wanted) if wanted is not None else None)


def _fill_request(
    container: Container, name: str, bounds: ResourceBounds, draft: Draft, limit: Quantity | None
) -> None:
    default = bounds.request.default if bounds.request else None
    if default is None:
        return
    limit_at = _at(container, "limits", name)
    if limit is not None:
        if not _by_another(draft, limit_at):
            return  # the author's limit is the request
        if default > limit:
            raise Conflict(limit_at, _maker(draft, limit_at), draft.rule)
    draft.default(_at(container, "requests", name), default.canonical)


def _fill_limit(
    container: Container, name: str, bounds: ResourceBounds, draft: Draft, request: Quantity | None
) -> None:
    limit = bounds.limit
    if limit is None or limit.default is None:
        return
    wanted = limit.default.quantity or request
    if wanted is None:
        return
    path = _at(container, "limits", name)
    fitted = _fitted(wanted, request, limit, bounds.max_limit_to_request)
    if fitted is None:
        return
    if fitted != wanted:
        request_at = _at(container, "requests", name)
        if _by_another(draft, request_at):
            raise Conflict(request_at, _maker(draft, request_at), draft.rule)
        if draft.get(path) is None:
            draft.note(f"{render(path)} is set to {fitted}, not to the default {wanted}: the request is {request}")
    draft.default(path, fitted.canonical)


def _fitted(wanted: Quantity, request: Quantity | None, limit: LimitBounds, ratio: Ratio | None) -> Quantity | None:
    """The default as it goes with the request; None where no limit goes with it that the bounds allow."""
    value = wanted
    if request is not None:
        if limit.equals_request or value < request:
            value = request
        elif ratio is not None and not ratio.allows(value, request):
            value = ratio.times(request)
    too_much = limit.max is not None and value > limit.max
    return None if too_much or (limit.min is not None and value < limit.min) else value


def _has_room(raw: dict[str, Any]) -> bool:
    """Whether requests and limits can be put into the container: what stands there is a mapping, or nothing."""
    places = (("resources",), ("resources", "requests"), ("resources", "limits"))
    return all(isinstance(look_up(raw, place), dict | None) for place in places)


def _at(container: Container, kind: str, name: str) -> Path:
    return (*container.at, "resources", kind, name)


def _by_another(draft: Draft, path: Path) -> bool:
    """Whether another rule has put this there, so that it is not the author's word."""
    return any(edit.path == path and edit.rule != draft.rule for edit in draft.edits)


def _maker(draft: Draft, path: Path) -> str:
    return next(edit.rule for edit in draft.edits if edit.path == path)
