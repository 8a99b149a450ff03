"""Filling labels and annotations that are absent: from their source, or with the rule's default."""

from functools import partial
from typing import Literal

from webhook.admission.edits import Draft
from webhook.admission.operators import CannotDecide
from webhook.admission.origins import Link
from webhook.admission.rule import Make, Subject
from webhook.pod.containers import Pod
from webhook.pod.workloads import POD_AT
from webhook.rule_types._metadata_keys import Key
from webhook.rule_types._metadata_places import OWN, made_by_controller
from webhook.source.path import Path

Of = Literal["pod", "workload", "both", "object"]
"""Whose metadata a rule is about."""


def filling(key: Key, subject: Subject, pod: Pod | None) -> str | None:
    """What an absent key is filled with: what its source has and the rule allows, else the default."""
    source = key.params.from_
    value = source.value(subject, pod, key.field, key.text) if source else None
    if value is not None and key.mistake(value) is None:
        return value
    return key.params.default or None


def fill(of: Of, keys: tuple[Key, ...]) -> Make:
    """Fill the pod's own."""

    def make(subject: Subject, draft: Draft) -> None:
        pod = subject.pod
        if pod is not None and (of != "object" or not pod.at):
            _fill_in((*pod.at, "metadata"), keys, subject, pod, draft)

    return make


def fill_own(of: Of, keys: tuple[Key, ...]) -> Make:
    """Fill the object's own, outside a pod template."""

    def make(subject: Subject, draft: Draft) -> None:
        at = POD_AT.get(subject.request.kind)
        if made_by_controller(subject.request) or (at is None and of != "object"):
            return
        pod = Pod(subject.object, at) if at is not None else None
        _fill_in(OWN, keys, subject, pod, draft)

    return make


def _fill_in(place: Path, keys: tuple[Key, ...], subject: Subject, pod: Pod | None, draft: Draft) -> None:
    """Fill absent keys at one place; what stands there is never changed, so no selector ever loses its labels."""
    for key in keys:
        parents = (draft.get(place), draft.get((*place, key.field)))
        if not all(isinstance(parent, dict | None) for parent in parents):
            continue
        path: Path = (*place, key.field, key.text)
        try:
            value = filling(key, subject, pod)
        except CannotDecide:
            continue
        if value is not None:
            draft.default(path, value)
            if key.params.from_:
                draft.origin(path, partial(_words_on, key, subject, pod))


def _words_on(key: Key, subject: Subject, pod: Pod | None) -> dict[Path, list[Link]]:
    """Whose word an absent key's value is: the rule's default, else what its source has."""
    source, params = key.params.from_, key.params
    links = [Link("rule default", params.default)] if params.default else []
    found = source.value(subject, pod, key.field, key.text) if source else None
    if source and found is not None:
        mistake = key.mistake(found)
        links.append(Link(source.told(key.field, key.text), found, mistake[0] if mistake else ""))
    return {(): links}
