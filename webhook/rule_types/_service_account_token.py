"""remove: serviceAccountToken: the token volume that the ServiceAccount plugin has put in, its mounts, and the setting
that would make the plugin put it back (it runs once more after a webhook has changed the pod)."""

from collections.abc import Iterator
from typing import Any

from webhook.admission.edits import Draft
from webhook.admission.finding import Found
from webhook.admission.rule import Subject
from webhook.admission.words import quote
from webhook.source.path import Path, look_up

_MOUNTED_AT = "/var/run/secrets/kubernetes.io/serviceaccount"
_VOLUME_PREFIX = "kube-api-access-"


def remove_token(subject: Subject, draft: Draft) -> None:
    """Take the volume and its mounts away, from behind so that indexes hold."""
    if subject.pod is None:
        return
    at: Path = (*subject.pod.at, "spec")
    setting: Path = (*at, "automountServiceAccountToken")
    if draft.get(setting) is True:
        draft.note("automountServiceAccountToken was true and is now false")
    draft.set(setting, False)
    for path in reversed(list(_places(subject, draft.object))):
        draft.remove(path)


def token_left(subject: Subject) -> Iterator[Found]:
    """The setting, or what is left of the volume."""
    if subject.pod is None:
        return
    setting: Path = (*subject.pod.at, "spec", "automountServiceAccountToken")
    value = look_up(subject.object, setting)
    if value is not False:
        word = "missing, which means true" if value is None else f"is {quote(value)}"
        fix = "automountServiceAccountToken: false"
        yield Found(setting, value, f"{word}; the service account's token must not be mounted", fix)
        return
    for path in _places(subject, subject.object):
        if "volumeMounts" in path:
            yield Found(
                path, look_up(subject.object, (*path, "name")), "mounts the service account's token", "remove it"
            )


def _places(subject: Subject, obj: dict[str, Any]) -> Iterator[Path]:
    """The mounts of the token and its volume, in the object as it stands."""
    at = subject.pod.at if subject.pod else ()
    volumes = look_up(obj, (*at, "spec", "volumes"))
    for index, volume in enumerate(volumes if isinstance(volumes, list) else ()):
        if _is_token_volume(volume):
            yield (*at, "spec", "volumes", index)
    for container in subject.containers:
        mounts = look_up(obj, (*container.at, "volumeMounts"))
        for index, mount in enumerate(mounts if isinstance(mounts, list) else ()):
            if isinstance(mount, dict) and mount.get("mountPath") == _MOUNTED_AT:
                yield (*container.at, "volumeMounts", index)


def _is_token_volume(volume: Any) -> bool:
    if not isinstance(volume, dict) or not str(volume.get("name", "")).startswith(_VOLUME_PREFIX):
        return False
    sources = look_up(volume, ("projected", "sources"))
    return any(isinstance(one, dict) and "serviceAccountToken" in one for one in sources or ())
