"""Putting containers, volumes and mounts into a pod: only where nothing stands, never over what is there."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from webhook.admission.edits import Conflict, Draft, Verb, same
from webhook.admission.finding import Found
from webhook.admission.rule import Subject
from webhook.admission.words import quote
from webhook.pod.containers import Container, Pod, Role
from webhook.pod.encoding import encoded
from webhook.pod.filled import HOOKS
from webhook.pod.merge import missing
from webhook.pod.pod_resources import aggregate
from webhook.pod.quantity import Quantity, QuantityError
from webhook.rule_types._default_contradictions import contradiction
from webhook.rule_types._default_targets import CONTAINER, volume
from webhook.rule_types._sidecar_containers import Declared
from webhook.rule_types._sidecar_tune import Tuning
from webhook.rule_types._sidecar_words import Position
from webhook.source.path import Path, look_up

_DEFAULT_CONTAINER: Path = ("metadata", "annotations", "kubectl.kubernetes.io/default-container")
_MAY_GO: Path = ("metadata", "annotations", "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes")


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


class Lacking(NamedTuple):
    """A volume or mount that is not as declared: where its list stands, what is wanted, and what is there instead."""

    at: Path
    wanted: dict[str, Any]
    found: Any = None
    place: int = 0


def standing(pod: Pod, name: str) -> Container | None:
    """The container of this name in any list but the ephemeral one; names are unique across them."""
    return next((one for one in pod.containers if one.name == name and one.role is not Role.EPHEMERAL), None)


def put_in(parts: Parts, tuning: Tuning | None, subject: Subject, pod: Pod, draft: Draft) -> None:
    """Put in what is missing; nothing where a container of the same name is another one, or where it would not fit."""
    for one in parts.containers:
        there = standing(pod, one.name)
        if there is not None and any(one.differences(there, tuning)):
            _refuse_twin(there.at, draft)
            return
    absent = [one for one in parts.containers if standing(pod, one.name) is None]
    if absent and next(misfits(parts, tuning, pod), None) is not None:
        return
    _put_containers(parts, absent, tuning, pod, draft)
    for lacking in lacking_in(parts, subject, pod, draft.object):
        if lacking.found is None:
            draft.append(lacking.at, lacking.wanted)
        else:
            _refuse_twin((*lacking.at, lacking.place), draft)
    if absent:
        _annotate(parts, pod, draft)


def retune(parts: Parts, tuning: Tuning, pod: Pod, draft: Draft) -> None:
    """Bring what this rule has put in just now to what annotations say that other rules have filled in since."""
    mine = [look_up(edit.after, ("name",)) for edit in draft.edits if edit.rule == draft.rule and _adds(edit.verb)]
    for one in parts.containers:
        there = standing(pod, one.name) if one.name in mine else None
        if there is None:
            continue
        for (side, name), amount in tuning.amounts.items() if one.tuner else ():
            draft.set((*there.at, "resources", side, name), amount.canonical)
        if one.env and tuning.ports is not None:
            _set_env(there, one.env, tuning.ports, draft)


def _set_env(container: Container, name: str, value: str, draft: Draft) -> None:
    at: Path = (*container.at, "env")
    listed = draft.get(at)
    names = [look_up(one, ("name",)) for one in listed] if isinstance(listed, list) else []
    if name in names:
        draft.set((*at, names.index(name), "value"), value)
    elif names:
        draft.insert(at, 0, {"name": name, "value": value})
    else:
        draft.append(at, {"name": name, "value": value})


def lacking_in(parts: Parts, subject: Subject, pod: Pod, obj: dict[str, Any]) -> Iterator[Lacking]:
    """The volumes and mounts that are missing, or are others than declared, as the object stands."""
    for wanted in parts.volumes:
        yield from _lacking((*pod.at, "spec", "volumes"), "name", wanted, obj)
    for container in subject.containers if parts.mounts else ():
        if container.role is Role.CONTAINER:
            for wanted in parts.mounts:
                yield from _lacking((*container.at, "volumeMounts"), "mountPath", wanted, obj)


def misfits(parts: Parts, tuning: Tuning | None, pod: Pod) -> Iterator[Found]:
    """Why the API server would refuse the pod with the missing containers in it."""
    absent = [one.wanted(tuning) for one in parts.containers if standing(pod, one.name) is None]
    for raw in absent:
        for leaf, value in (raw.get("securityContext") or {}).items():
            reason = contradiction(("securityContext", leaf), value, pod.spec, {})
            if "runs on" in reason:
                path: Path = (*pod.at, "spec", "os", "name")
                message = f"{reason}, and securityContext.{leaf} of {quote(raw['name'])} is not for it"
                yield Found(path, look_up(pod.spec, ("os", "name")), message)
                break
    whole = pod.spec.get("resources")
    if isinstance(whole, dict):
        yield from _over_requests(whole, absent, _with(absent, parts.position, pod), pod)
        yield from _over_limits(whole, absent, pod)


def _with(absent: list[dict[str, Any]], position: Position, pod: Pod) -> dict[str, Any]:
    """The pod's spec with the containers where they would be put."""
    listed = pod.spec.get("initContainers")
    others = listed if isinstance(listed, list) else []
    index = _index(position, [look_up(raw, ("name",)) for raw in others])
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


def _put_containers(parts: Parts, absent: list[Declared], tuning: Tuning | None, pod: Pod, draft: Draft) -> None:
    """In the order in which they are declared, each after the one before it; the first where `position` says."""
    at: Path = (*pod.at, "spec", "initContainers")
    before = ""
    for one in parts.containers:
        if one in absent:
            listed = draft.get(at) or []
            names = [look_up(raw, ("name",)) for raw in listed]
            if before not in names:
                _tell_nowhere(parts.position, one.name, names, draft)
            index = names.index(before) + 1 if before in names else _index(parts.position, names)
            if listed and index < len(listed):
                draft.insert(at, index, one.wanted(tuning))
            else:
                draft.append(at, one.wanted(tuning))
        before = one.name


def _index(position: Position, names: list[Any]) -> int:
    """Where among the init containers of these names; at the end of the list to which it tends where it cannot be."""
    if position.name in names:
        return names.index(position.name) + (position.word == "after")
    return 0 if position.word in ("first", "before") else len(names)


def _tell_nowhere(position: Position, name: str, names: list[Any], draft: Draft) -> None:
    if position.name and position.name not in names:
        place = "first" if position.word == "before" else "last"
        draft.note(f"{quote(name)} is put {place}: there is no init container {quote(position.name)}")


def _annotate(parts: Parts, pod: Pod, draft: Draft) -> None:
    """What kubectl and the cluster autoscaler want to know of a pod with more in it than its author wrote."""
    if not isinstance(pod.metadata.get("annotations"), dict | None):
        return
    first = next((one.name for one in pod.containers if one.role is Role.CONTAINER), "")
    path: Path = (*pod.at, *_DEFAULT_CONTAINER)
    if first and draft.get(path) is None:
        draft.set(path, first)
    for name in parts.local:
        draft.set_word((*pod.at, *_MAY_GO), name)


def _lacking(at: Path, key: str, wanted: dict[str, Any], obj: dict[str, Any]) -> Iterator[Lacking]:
    listed = look_up(obj, at)
    if listed is not None and not isinstance(listed, list):
        return  # the API server refuses it
    for index, one in enumerate(listed or ()):
        if look_up(one, (key,)) == wanted.get(key):
            field = volume() if key == "name" else CONTAINER.children["volumeMounts"].element
            if not same(one, wanted) and (field is None or any(True for _ in missing(one, wanted, field))):
                yield Lacking(at, wanted, one, index)
            return
    yield Lacking(at, wanted)


def _refuse_twin(at: Path, draft: Draft) -> None:
    """What another rule has put there under the same key, with other values: the order of rules must not decide."""
    there = _key(draft.get(at))
    for edit in draft.edits:
        if edit.rule != draft.rule and _adds(edit.verb) and edit.path[:-1] == at[:-1] and _key(edit.after) == there:
            raise Conflict(at, edit.rule, draft.rule)


def _key(element: Any) -> Any:
    return look_up(element, ("mountPath",)) or look_up(element, ("name",))


def _adds(verb: Verb) -> bool:
    return verb in (Verb.APPEND, Verb.INSERT)


def _is_on_disk(raw: dict[str, Any]) -> bool:
    """Whether the cluster autoscaler keeps a node alive for it: an emptyDir that is not in memory."""
    source = raw.get("emptyDir", {} if raw.keys() <= {"name"} else None)
    return isinstance(source, dict) and source.get("medium") != "Memory"
