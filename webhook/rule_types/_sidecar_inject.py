"""Putting containers, volumes and mounts into a pod: only where nothing stands, never over what is there."""

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

from webhook.admission.edits import Conflict, Draft, Verb, same
from webhook.admission.rule import Subject
from webhook.admission.words import quote
from webhook.pod.containers import Container, Pod, Role
from webhook.pod.merge import missing
from webhook.rule_types._default_targets import CONTAINER, volume
from webhook.rule_types._sidecar_containers import Declared
from webhook.rule_types._sidecar_fit import Parts, misfits, place_of, standing
from webhook.rule_types._sidecar_tune import Tuning
from webhook.rule_types._sidecar_words import Position
from webhook.source.path import Path, look_up

_DEFAULT_CONTAINER: Path = ("metadata", "annotations", "kubectl.kubernetes.io/default-container")
_MAY_GO: Path = ("metadata", "annotations", "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes")


class Lacking(NamedTuple):
    """A volume or mount that is not as declared: where its list stands, what is wanted, and what is there instead."""

    at: Path
    wanted: dict[str, Any]
    found: Any = None
    place: int = 0


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
        draft.origin(there.at, partial(one.links, tuning))
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
            index = names.index(before) + 1 if before in names else place_of(parts.position, names)
            if listed and index < len(listed):
                draft.insert(at, index, one.wanted(tuning))
            else:
                draft.append(at, one.wanted(tuning))
            if tuning is not None:
                draft.origin(draft.edits[-1].path, partial(one.links, tuning))
        before = one.name


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
    """What another rule has put there under the same key, with other values: the order of rules must not decide. The
    list is named, not the place in it, which is another one when /validate learns of it."""
    there = _key(draft.get(at))
    for edit in draft.edits:
        if edit.rule != draft.rule and _adds(edit.verb) and edit.path[:-1] == at[:-1] and _key(edit.after) == there:
            raise Conflict(at[:-1], edit.rule, draft.rule)


def _key(element: Any) -> Any:
    return look_up(element, ("mountPath",)) or look_up(element, ("name",))


def _adds(verb: Verb) -> bool:
    return verb in (Verb.APPEND, Verb.INSERT)
