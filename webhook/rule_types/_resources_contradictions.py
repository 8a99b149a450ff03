"""What bounds on resources cannot be meant together: told when rules load, so that nobody is refused by a riddle."""

from collections.abc import Iterator

from webhook.pod.quantity import Quantity
from webhook.rule_types._resources_bounds import (
    HUGE_PAGES,
    ONE,
    OVERCOMMITTED,
    LimitBounds,
    LimitDefault,
    PodBounds,
    Ratio,
    RequestBounds,
    ResourceBounds,
)
from webhook.source.declare import fields
from webhook.source.path import Path

_BYTES = ("memory", "ephemeral-storage")

Contradiction = tuple[Path, str, str | None]
"""Where under a resource's key, what is wrong, and the cure."""


def contradictions(name: str, bounds: ResourceBounds) -> Iterator[Contradiction]:
    """Everything in the bounds of one resource that cannot be meant, the surest first."""
    request, limit = bounds.request, bounds.limit
    for side, of in (("request", request), ("limit", limit)):
        if of is not None:
            yield from _of_one_side(name, side, of)
    if limit is not None and limit.forbidden:
        yield from _of_forbidden(bounds, limit)
        return
    ratio = bounds.max_limit_to_request
    if ratio is not None and ratio.nano < ONE:
        message = f"a limit is never below its request, so it cannot be at most {ratio.text} times as large"
        yield ("maxLimitToRequest",), message, "write 1 or more"
    elif ratio is not None and limit is not None and limit.equals_request:
        yield ("maxLimitToRequest",), "equalsRequest already wants a ratio of 1", "leave one of them out"
    elif request is not None and limit is not None:
        yield from _between(request, limit, ratio)
    if name not in OVERCOMMITTED:
        yield from _of_devices(name, bounds)


def unreachable(bounds: ResourceBounds) -> str | None:
    """Why the largest request can never be reached, where it cannot; it is allowed and probably not meant."""
    largest = bounds.request.max if bounds.request else None
    limit = bounds.limit.max if bounds.limit else None
    if largest is None or limit is None or largest <= limit:
        return None
    return f"requests above {limit} stay refused: a limit is at least the request, and limit.max is {limit}"


def pod_contradictions(bounds: PodBounds) -> Iterator[Contradiction]:
    """Sums that no pod can have."""
    for side, of in (("request", bounds.request), ("limit", bounds.limit)):
        if of and _above(of.min, of.max):
            yield (side, "min"), f"the minimum {of.min} is above the maximum {of.max}", "swap them"
    if bounds.request and bounds.limit and _above(bounds.request.min, bounds.limit.max):
        yield ("request", "min"), f"no limit is below its request, and limit.max is {bounds.limit.max}", "lower it"


def _of_one_side(name: str, side: str, of: RequestBounds | LimitBounds) -> Iterator[Contradiction]:
    default = of.default.quantity if isinstance(of.default, LimitDefault) else of.default
    for key, quantity in (("default", default), ("min", of.min), ("max", of.max)):
        if quantity is not None and not _is_countable(name, quantity):
            yield (side, key), f"{name} is counted in whole {_unit(name)}, {quantity.text} is not", _whole(quantity)
    if _above(of.min, of.max):
        yield (side, "min"), f"the minimum {of.min} is above the maximum {of.max}", "swap them"
    elif _above(default, of.max):
        yield (side, "default"), f"the default {default} is above the maximum {of.max}", f"write {of.max} or less"
    elif _above(of.min, default):
        yield (side, "default"), f"the default {default} is below the minimum {of.min}", f"write {of.min} or more"


def _of_forbidden(bounds: ResourceBounds, limit: LimitBounds) -> Iterator[Contradiction]:
    for part in fields(limit):
        if part.name != "forbidden" and getattr(limit, part.name):
            key = "equalsRequest" if part.name == "equals_request" else part.name
            yield ("limit", key), f"the limit is forbidden, so `{key}` can never act", "leave one of them out"
    if bounds.max_limit_to_request:
        yield ("maxLimitToRequest",), "the limit is forbidden, so there is no ratio", "leave one of them out"


def _between(request: RequestBounds, limit: LimitBounds, ratio: Ratio | None) -> Iterator[Contradiction]:
    """What requests and limits say against each other; a limit is at least its request."""
    if _above(request.min, limit.max):
        yield ("request", "min"), f"no limit is below its request, and limit.max is {limit.max}", "lower it"
        return
    if limit.equals_request and _above(limit.min, request.max):
        yield ("limit", "min"), f"the limit must equal a request of at most {request.max}", None
        return
    if ratio and request.max and limit.min and not ratio.allows(limit.min, request.max):
        message = f"no limit reaches {limit.min}: it is at most {ratio.text} times a request of at most {request.max}"
        yield ("limit", "min"), message, None
        return
    if request.default is not None:
        yield from _defaults(request.default, limit, ratio)
    elif limit.default and limit.default.quantity:
        yield from _limit_alone(limit.default.quantity, request)


def _defaults(default: Quantity, limit: LimitBounds, ratio: Ratio | None) -> Iterator[Contradiction]:
    if _above(default, limit.max):
        yield ("request", "default"), f"the default request {default} is above the largest limit {limit.max}", None
        return
    then = limit.default.quantity if limit.default else None
    if limit.default and then is None and _above(limit.min, default):
        yield ("limit", "default"), f"asRequest gives {default}, below the minimum {limit.min}", None
    if then is None:
        return
    if then < default:
        yield ("limit", "default"), f"the default limit {then} is below the default request {default}", None
    elif limit.equals_request and then != default:
        yield ("limit", "default"), f"the default limit {then} is not the default request {default}", "say asRequest"
    elif ratio and not ratio.allows(then, default):
        message = f"the default limit {then} is more than {ratio.text} times the default request {default}"
        yield ("limit", "default"), message, None


def _limit_alone(default: Quantity, request: RequestBounds) -> Iterator[Contradiction]:
    """Without a default request, the default limit is read as the request."""
    cure = "give the request a default"
    if _above(default, request.max):
        message = f"the default limit {default} is read as the request, above its maximum {request.max}"
        yield ("limit", "default"), message, cure
    elif _above(request.min, default):
        message = f"the default limit {default} is read as the request, below its minimum {request.min}"
        yield ("limit", "default"), message, cure


def _of_devices(name: str, bounds: ResourceBounds) -> Iterator[Contradiction]:
    """The API server wants a limit for each of these, and the request equal to it."""
    if bounds.request and bounds.request.default and not (bounds.limit and bounds.limit.default):
        message = f"a request of {name} without a limit is refused by the API server"
        yield ("request", "default"), message, "give the limit the default: it is read as the request"
    if bounds.max_limit_to_request:
        yield ("maxLimitToRequest",), f"the limit of {name} always equals its request", "leave it out"


def _is_countable(name: str, quantity: Quantity) -> bool:
    return name == "cpu" or quantity.is_whole


def _unit(name: str) -> str:
    return "bytes" if name in _BYTES or name.startswith(HUGE_PAGES) else "numbers"


def _whole(quantity: Quantity) -> str | None:
    number = quantity.text.removesuffix("m")
    return f"did you mean {number}Mi?" if number != quantity.text else None


def _above(one: Quantity | None, other: Quantity | None) -> bool:
    return one is not None and other is not None and one > other
