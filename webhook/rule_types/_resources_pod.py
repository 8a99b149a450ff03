"""The pod as a whole: its effective sum as the scheduler counts it (KEP-753, KEP-2837), and its quality of service."""

from collections.abc import Callable, Iterator

from webhook.admission.finding import Found
from webhook.admission.rule import Check, Subject
from webhook.admission.words import listing, quote
from webhook.pod.containers import Container, Pod, Role
from webhook.pod.quantity import Family, Quantity, QuantityError
from webhook.rule_types._resources_amounts import Amount, Unreadable, counted, of_pod, own, unreadable
from webhook.rule_types._resources_bounds import OVERCOMMITTED, PodBounds, Range
from webhook.rule_types._resources_check import check_range, told
from webhook.source.path import Path, look_up

ZERO = Quantity(0, Family.DECIMAL, "")
_COMPUTE = ("cpu", "memory")


def check_pod(pod: Pod, name: str, bounds: PodBounds) -> Iterator[Found]:
    """What is wrong with the sum of one resource over the whole pod."""
    try:
        if bounds.request is not None:
            yield from _check_sum(pod, "requests", name, bounds.request)
        if bounds.limit is not None:
            yield from _check_limits(pod, name, bounds.limit)
    except Unreadable:
        for container in counted(pod):
            yield from map(told, unreadable(container, name))


def effective(pod: Pod, kind: str, name: str) -> Quantity:
    """The sum of what the pod's own containers need; raises Unreadable.

    The larger of: all containers and sidecars together; the most that is needed while starting, where each init
    container runs beside the sidecars that are before it. Plus the overhead of the pod's runtime class.
    """
    running = sidecars = starting = ZERO
    for container in counted(pod):
        found = own(container, kind, name) or (own(container, "limits", name) if kind == "requests" else None)
        amount = found.quantity if found else ZERO
        if container.role is Role.CONTAINER:
            running += amount
        elif container.role is Role.SIDECAR:
            sidecars += amount
            starting = max(starting, sidecars)
        else:
            starting = max(starting, sidecars + amount)
    return max(running + sidecars, starting)


def _check_limits(pod: Pod, name: str, bounds: Range) -> Iterator[Found]:
    if name in OVERCOMMITTED and of_pod(pod, "limits", name) is None:
        without = next((one for one in counted(pod) if own(one, "limits", name) is None), None)
        if without is not None:
            bound = f"at most {bounds.max}" if bounds.max is not None else f"at least {bounds.min}"
            path: Path = (*without.at, "resources", "limits", name)
            yield Found(path, None, f"missing, so the limits of the pod have no sum, which must be {bound}")
            return
    yield from _check_sum(pod, "limits", name, bounds)


def _check_sum(pod: Pod, kind: str, name: str, bounds: Range) -> Iterator[Found]:
    whole = of_pod(pod, kind, name)
    overhead = _overhead(pod, name)
    if whole is not None and not overhead.nano:
        yield from check_range(whole, name, bounds)
        return
    total = (whole.quantity if whole else effective(pod, kind, name)) + overhead
    path: Path = whole.path if whole else (*pod.at, "spec", "containers")
    parts = f"{name} {kind} of the whole pod" + (f", overhead {overhead} included," if overhead.nano else "")
    if bounds.max is not None and total > bounds.max:
        message = f"{total} in {parts} is above the maximum {bounds.max}{_largest(pod, kind, name)}"
        yield Found(path, total.canonical, message)
    elif bounds.min is not None and total < bounds.min:
        yield Found(path, total.canonical, f"{total} in {parts} is below the minimum {bounds.min}")


def _largest(pod: Pod, kind: str, name: str) -> str:
    """Who needs the most, where that is a question."""
    found = [(amount.quantity, one.name) for one in counted(pod) if (amount := own(one, kind, name))]
    if len(found) < 2:
        return ""
    most, owner = max(found, key=lambda pair: pair[0].nano)
    return f" (most of it {quote(owner)}: {most})"


def _overhead(pod: Pod, name: str) -> Quantity:
    """What the runtime class adds; it has been checked by the API server, and is nothing where it cannot be read."""
    raw = look_up(pod.spec, ("overhead", name))
    try:
        return Quantity.of(raw) if raw is not None else ZERO
    except QuantityError:
        return ZERO


def quality(wanted: tuple[str, ...]) -> Check:
    """The pod's quality of service class must be one of these."""

    def check(subject: Subject) -> Iterator[Found]:
        if subject.pod is None:
            return
        try:
            found, path, why = _quality(subject.pod)
        except Unreadable as one:
            yield told(one)
            return
        if found not in wanted:
            yield Found(path, found, f"makes the pod {found}, it must be {listing(wanted)}: {why}")

    return check


def _quality(pod: Pod) -> tuple[str, Path, str]:
    """The class as upstream computes it, and the place and reason that decided (pkg/apis/core/v1/helper/qos)."""
    if any(of_pod(pod, kind, name) for kind in ("requests", "limits") for name in _COMPUTE):
        return _quality_of([((*pod.at, "spec"), "the pod", lambda kind, name: of_pod(pod, kind, name))])
    return _quality_of([(one.at, quote(one.name), _reader(one)) for one in counted(pod)])


_Reader = Callable[[str, str], Amount | None]


def _reader(container: Container) -> _Reader:
    def read(kind: str, name: str) -> Amount | None:
        return own(container, kind, name) or (own(container, "limits", name) if kind == "requests" else None)

    return read


def _quality_of(holders: list[tuple[Path, str, _Reader]]) -> tuple[str, Path, str]:
    set_at: Path | None = None
    spoiled: tuple[Path, str] | None = None
    for at, owner, read in holders:
        for name in _COMPUTE:
            limit, request = _positive(read("limits", name)), _positive(read("requests", name))
            if limit or request:
                set_at = set_at or (*at, "resources")
            if spoiled is None and limit is None:
                spoiled = (*at, "resources"), f"{owner} has no {name} limit"
            elif spoiled is None and limit and request and limit.quantity != request.quantity:
                spoiled = (*at, "resources"), f"the {name} limit and request of {owner} differ"
    first: Path = (*holders[0][0], "resources") if holders else ()
    if set_at is None:
        return "BestEffort", first, "no container has a cpu or memory request or limit"
    if spoiled is not None:
        return "Burstable", *spoiled
    return "Guaranteed", set_at, "every container has cpu and memory limits equal to its requests"


def _positive(amount: Amount | None) -> Amount | None:
    return amount if amount is not None and amount.quantity.nano > 0 else None
