"""Pod-level resources that the API server derives on Pods (KEP-2837, v1.36.3 pkg/apis/core/v1/defaults.go)."""

from collections.abc import Iterator
from typing import Any

from webhook.pod.quantity import Quantity, QuantityError

Json = dict[str, Any]
Totals = dict[str, Quantity]

_POD_LEVEL = frozenset({"cpu", "memory"})
_HUGE_PAGES = "hugepages-"


def fill_pod_resources(spec: Json) -> None:
    """Fills spec.resources where the author began it: hugepages limits, then requests for what is limited."""
    resources = spec.get("resources")
    if not isinstance(resources, dict) or not (resources.get("limits") or resources.get("requests")):
        return
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    if not isinstance(limits, dict) or not isinstance(requests, dict):
        return
    limits, requests = dict(limits), dict(requests)
    for name, total in aggregate(spec, "limits").items():
        if name.startswith(_HUGE_PAGES) and name not in requests:
            limits.setdefault(name, total.written)
    if limits:
        for name, total in aggregate(spec, "requests").items():
            if name in _POD_LEVEL:
                requests.setdefault(name, total.written)
        requests = {name: limit for name, limit in limits.items() if _is_pod_level(name)} | requests
    filled = {"limits": limits, "requests": requests}
    spec["resources"] = resources | {name: values for name, values in filled.items() if values}


def aggregate(spec: Json, kind: str) -> Totals:
    """What all containers of a pod need together, `kind` being "requests" or "limits" (KEP-753's formula)."""
    totals: Totals = {}
    for container in _containers(spec, "containers"):
        _add(totals, _amounts(container, kind))
    sidecars: Totals = {}
    starting: Totals = {}
    for container in _containers(spec, "initContainers"):
        step = _amounts(container, kind)
        if container.get("restartPolicy") == "Always":
            _add(totals, step)
            _add(sidecars, step)
            step = sidecars
        else:
            _add(step, sidecars)
        _raise(starting, step)
    _raise(totals, starting)
    return totals


def _is_pod_level(name: str) -> bool:
    return name in _POD_LEVEL or name.startswith(_HUGE_PAGES)


def _containers(spec: Json, name: str) -> Iterator[Json]:
    values = spec.get(name)
    return (value for value in values if isinstance(value, dict)) if isinstance(values, list) else iter(())


def _amounts(container: Json, kind: str) -> Totals:
    resources = container.get("resources")
    values = resources.get(kind) if isinstance(resources, dict) else None
    amounts: Totals = {}
    for name, value in values.items() if isinstance(values, dict) else ():
        try:
            amounts[name] = Quantity.of(value)
        except QuantityError:
            continue
    return amounts


def _add(totals: Totals, amounts: Totals) -> None:
    for name, amount in amounts.items():
        totals[name] = totals[name] + amount if name in totals else amount


def _raise(totals: Totals, amounts: Totals) -> None:
    for name, amount in amounts.items():
        if name not in totals or amount > totals[name]:
            totals[name] = amount
