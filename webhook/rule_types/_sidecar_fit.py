"""What one sidecar rule puts into a pod, where, and why the API server would refuse the pod with it."""

from collections.abc import Iterator, Sequence
from typing import Any

from webhook.admission.finding import Found
from webhook.admission.words import quote
from webhook.pod.containers import Container, Pod, Role
from webhook.pod.encoding import encoded
from webhook.pod.filled import HOOKS
from webhook.pod.pod_resources import aggregate
from webhook.pod.quantity import Quantity, QuantityError
from webhook.rule_types._default_contradictions import contradiction
from webhook.rule_types._default_targets import CONTAINER, volume
from webhook.rule_types._sidecar_containers import Declared
from webhook.rule_types._sidecar_tune import Tuning
from webhook.rule_types._sidecar_words import Position
from webhook.source.path import Path, look_up


class Parts:
    """What one rule puts into a pod; `volumes` and `mounts` as the API server writes them."""

    def __init__(
        self,
        containers: tuple[Declared, ...],
        position: Position,
        volumes: Sequence[dict[str, Any]],
        mounts: Sequence[dict[str, Any]],
    ) -> None:
        self.containers = containers
        self.position = position
        self.volumes: list[dict[str, Any]] = [encoded(volume(), one, HOOKS) for one in volumes]
        field = CONTAINER.children["volumeMounts"].element
        self.mounts: list[dict[str, Any]] = [encoded(field, one, HOOKS) if field else one for one in mounts]
        self.local = [one["name"] for one in volumes if _is_on_disk(one)]


def standing(pod: Pod, name: str) -> Container | None:
    """The container of this name in any list but the ephemeral one; names are unique across them."""
    return next((one for one in pod.containers if one.name == name and one.role is not Role.EPHEMERAL), None)


def place_of(position: Position, names: list[Any]) -> int:
    """Where among the init containers of these names; at the end of the list to which it tends where it cannot be."""
    if position.name in names:
        return names.index(position.name) + (position.word == "after")
    return 0 if position.word in ("first", "before") else len(names)


def misfits(parts: Parts, tuning: Tuning | None, pod: Pod) -> Iterator[Found]:
    """Why the API server would refuse the pod with the missing containers in it."""
    absent = [one.wanted(tuning) for one in parts.containers if standing(pod, one.name) is None]
    for raw in absent:
        yield from _on_another_system(raw, pod)
        yield from _sleeps_too_long(raw, pod)
    whole = pod.spec.get("resources")
    if isinstance(whole, dict):
        yield from _over_requests(whole, absent, _with(absent, parts.position, pod), pod)
        yield from _over_limits(whole, absent, pod)


def _on_another_system(raw: dict[str, Any], pod: Pod) -> Iterator[Found]:
    """A securityContext for Linux on Windows, or the other way round."""
    for leaf, value in (raw.get("securityContext") or {}).items():
        reason = contradiction(("securityContext", leaf), value, pod.spec, {})
        if "runs on" in reason:
            path: Path = (*pod.at, "spec", "os", "name")
            message = f"{reason}, and securityContext.{leaf} of {quote(raw['name'])} is not for it"
            yield Found(path, look_up(pod.spec, ("os", "name")), message)
            return


def _sleeps_too_long(raw: dict[str, Any], pod: Pod) -> Iterator[Found]:
    """A preStop hook cannot sleep longer than the pod may take to end (validation.go, validateSleepAction)."""
    seconds, most = (
        look_up(raw, ("lifecycle", "preStop", "sleep", "seconds")),
        pod.spec.get("terminationGracePeriodSeconds"),
    )
    if isinstance(seconds, int) and isinstance(most, int) and seconds > most:
        path: Path = (*pod.at, "spec", "terminationGracePeriodSeconds")
        message = f"{most} is less than the {seconds} that {quote(raw['name'])} sleeps before it stops"
        yield Found(path, most, message, f"terminationGracePeriodSeconds: {seconds}")


def _with(absent: list[dict[str, Any]], position: Position, pod: Pod) -> dict[str, Any]:
    """The pod's spec with the containers where they would be put."""
    listed = pod.spec.get("initContainers")
    others = listed if isinstance(listed, list) else []
    index = place_of(position, [look_up(raw, ("name",)) for raw in others])
    return {**pod.spec, "initContainers": [*others[:index], *absent, *others[index:]]}


def _over_requests(
    whole: dict[str, Any], absent: list[dict[str, Any]], spec: dict[str, Any], pod: Pod
) -> Iterator[Found]:
    """The pod's own request must be at least what its containers request together."""
    totals = aggregate(spec, "requests")
    names = " and ".join(quote(raw["name"]) for raw in absent)
    for name, value in _amounts(whole, "requests"):
        total = totals.get(name)
        if total is not None and total > value:
            path: Path = (*pod.at, "spec", "resources", "requests", name)
            message = f"the pod's {value} of {name} is less than the {total} that its containers request with {names}"
            yield Found(path, value.canonical, message, f"resources: {{requests: {{{name}: {total.canonical}}}}}")


def _over_limits(whole: dict[str, Any], absent: list[dict[str, Any]], pod: Pod) -> Iterator[Found]:
    """No container's limit may be above the pod's own."""
    for name, value in _amounts(whole, "limits"):
        for raw in absent:
            own = dict(_amounts(raw.get("resources") or {}, "limits")).get(name)
            if own is not None and own > value:
                path: Path = (*pod.at, "spec", "resources", "limits", name)
                message = f"the pod's {name} limit {value} is below the limit {own} of {quote(raw['name'])}"
                yield Found(path, value.canonical, message, f"resources: {{limits: {{{name}: {own.canonical}}}}}")


def _amounts(resources: dict[str, Any], side: str) -> Iterator[tuple[str, Quantity]]:
    amounts = resources.get(side)
    for name, raw in amounts.items() if isinstance(amounts, dict) else ():
        try:
            yield name, Quantity.of(raw)
        except QuantityError:
            continue


def _is_on_disk(raw: dict[str, Any]) -> bool:
    """Whether the cluster autoscaler keeps a node alive for it: an emptyDir that is not in memory."""
    source = raw.get("emptyDir", {} if raw.keys() <= {"name"} else None)
    return isinstance(source, dict) and source.get("medium") != "Memory"
