"""Whether a container's requests and limits are as they must be."""

from collections.abc import Iterator

from webhook.admission.finding import Found
from webhook.admission.words import quote
from webhook.patterns import shown
from webhook.pod.containers import Container
from webhook.pod.quantity import Quantity
from webhook.rule_types._resources_amounts import Amount, Amounts, Unreadable, amounts, unreadable
from webhook.rule_types._resources_bounds import (
    OVERCOMMITTED,
    LimitBounds,
    LimitDefault,
    Range,
    Ratio,
    RequestBounds,
    ResourceBounds,
)
from webhook.source.path import Path

_SAMPLES = {"cpu": "100m", "memory": "128Mi", "ephemeral-storage": "1Gi"}


def check_container(container: Container, name: str, bounds: ResourceBounds) -> Iterator[Found]:
    """What is wrong with one resource of one container; nothing when all is well."""
    try:
        found = amounts(container, name)
    except Unreadable:
        yield from map(told, unreadable(container, name))
        return
    if bounds.request is not None:
        yield from _check_request(container, name, bounds.request, found)
    limit, ratio = bounds.limit, bounds.max_limit_to_request
    if limit is None and ratio is None:
        return
    if found.limit is None:
        if not (limit and limit.forbidden) and _needs_limit(name, limit, ratio, found):
            yield _missing_limit(container, name, limit, found)
    elif limit is not None and limit.forbidden:
        yield Found(
            found.limit.path, found.limit.raw, f"is {quote(found.limit.raw)}, no limit may be set", "leave it out"
        )
    else:
        yield from _check_limit(name, limit, ratio, found.limit, found.compared)


def told(unread: Unreadable) -> Found:
    """A quantity that nobody can read, as a finding with what was probably meant."""
    _, _, cure = str(unread).partition(" is no quantity: ")
    if not cure:
        return Found(unread.path, unread.raw, f"{quote(unread.raw)} is no quantity that can be counted", None)
    return Found(unread.path, unread.raw, f"{quote(unread.raw)} is no quantity: {cure}", None)


def check_range(amount: Amount, name: str, bounds: RequestBounds | LimitBounds | Range) -> Iterator[Found]:
    """Whether an amount lies between its bounds."""
    if bounds.max is not None and amount.quantity > bounds.max:
        message = f"{_worded(amount)} is above the maximum {bounds.max}"
        yield Found(amount.path, amount.raw, message, snippet(amount.path, name, bounds.max))
    elif bounds.min is not None and amount.quantity < bounds.min:
        message = f"{_worded(amount)} is below the minimum {bounds.min}"
        yield Found(amount.path, amount.raw, message, _meant(amount, name) or snippet(amount.path, name, bounds.min))


def snippet(path: Path, name: str, quantity: Quantity | str) -> str:
    """The piece of YAML that puts an amount where the path says."""
    return f"resources: {{{path[-2]}: {{{name}: {quantity}}}}}"


def _check_request(container: Container, name: str, bounds: RequestBounds, found: Amounts) -> Iterator[Found]:
    if found.request is not None:
        yield from check_range(found.request, name, bounds)
        return
    bound = name in OVERCOMMITTED and (bounds.min is not None or bounds.max is not None)
    if bounds.required is not False and (bounds.required or bounds.default is not None or bound):
        path: Path = (*container.at, "resources", "requests", name)
        sample = bounds.default or _within(bounds, _SAMPLES.get(name, "1"))
        yield Found(path, None, f"missing, {_wanted(bounds)}", snippet(path, name, sample))


def _needs_limit(name: str, bounds: LimitBounds | None, ratio: Ratio | None, found: Amounts) -> bool:
    """Whether a limit that is left out is wrong: of devices and huge pages a container then simply gets none."""
    if bounds is not None:
        if bounds.required is not None:
            return bounds.required
        if bounds.default is not None and (bounds.default.quantity is not None or found.request is not None):
            return True
    return name in OVERCOMMITTED and (ratio is not None or (bounds is not None and bounds.binds))


def _missing_limit(container: Container, name: str, bounds: LimitBounds | None, found: Amounts) -> Found:
    path: Path = (*container.at, "resources", "limits", name)
    request = found.request.quantity if found.request else None
    if bounds and bounds.max is not None and request is not None and request > bounds.max:
        return Found(path, None, f"missing, and the request {request} is above the largest limit {bounds.max}")
    sample = _default_of(bounds) or request or (_within(bounds, _SAMPLES.get(name, "1")) if bounds else None)
    equal = bool(bounds and bounds.equals_request and request is not None)
    wanted = f"must equal the request {request}" if equal else _wanted(bounds)
    value = request if equal and request is not None else sample or _SAMPLES.get(name, "1")
    return Found(path, None, f"missing, {wanted}", snippet(path, name, value))


def _default_of(bounds: LimitBounds | None) -> Quantity | None:
    return bounds.default.quantity if bounds and bounds.default else None


def _check_limit(
    name: str, bounds: LimitBounds | None, ratio: Ratio | None, limit: Amount, request: Amount | None
) -> Iterator[Found]:
    if bounds is not None:
        yield from check_range(limit, name, bounds)
    if request is None:
        return
    if bounds is not None and bounds.equals_request and limit.quantity != request.quantity:
        message = f"{_worded(limit)} must equal the request {quote(request.raw)}"
        yield Found(limit.path, limit.raw, message, snippet(limit.path, name, request.quantity))
    elif ratio is not None and not ratio.allows(limit.quantity, request.quantity):
        message = f"{_worded(limit)} is {_times(limit, request)}, at most {ratio.text} times is allowed"
        largest = ratio.times(request.quantity)
        yield Found(limit.path, limit.raw, message, snippet(limit.path, name, largest) if largest.nano else None)


def _times(limit: Amount, request: Amount) -> str:
    """How many times the request, to a tenth, rounded up so that it is never shown as what is allowed."""
    if request.quantity.nano <= 0:
        return f"any number of times the request {quote(request.raw)}"
    tenths = -(-limit.quantity.nano * 10 // request.quantity.nano)
    number = str(tenths // 10) + (f".{tenths % 10}" if tenths % 10 else "")
    return f"{number} times the request {quote(request.raw)}"


def _worded(amount: Amount) -> str:
    """The amount as it stands there, and what it stands in for where it is not written at its path."""
    if amount.of_pod:
        kind = "limit" if amount.path[-2] == "limits" else "request"
        return f"{quote(amount.raw)}, for containers without a {kind} of their own,"
    return f"{quote(amount.raw)}, read from the limit," if amount.is_limit else quote(amount.raw)


def _meant(amount: Amount, name: str) -> str | None:
    """Thousandths of a byte are a slip of the hand."""
    if name == "cpu" or not isinstance(amount.raw, str) or amount.quantity.is_whole:
        return None
    number = amount.raw.removesuffix("m")
    return f"did you mean {shown(number + 'Mi')}? m is a thousandth of a byte" if number.isdigit() else None


def _wanted(bounds: RequestBounds | LimitBounds | None) -> str:
    if bounds is None:
        return "must be set"
    default = bounds.default.quantity if isinstance(bounds.default, LimitDefault) else bounds.default
    if bounds.min is not None and bounds.max is not None:
        return f"must be from {bounds.min} to {bounds.max}"
    if bounds.max is not None:
        return f"must be at most {bounds.max}"
    if bounds.min is not None:
        return f"must be at least {bounds.min}"
    return f"would be {default}" if default is not None else "must be set"


def _within(bounds: RequestBounds | LimitBounds, sample: str) -> Quantity:
    """A usual amount, moved between the bounds."""
    quantity = Quantity.parse(sample)
    if bounds.max is not None and quantity > bounds.max:
        return bounds.max
    return bounds.min if bounds.min is not None and quantity < bounds.min else quantity
