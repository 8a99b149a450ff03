"""remove: serviceAccountToken: the token volume that the ServiceAccount plugin has put in, its mounts, and the setting
that would make the plugin put it back (it runs once more after a webhook has changed the pod)."""

from collections.abc import Iterator
from typing import Any

from webhook.admission.edits import Draft
from webhook.admission.finding import Found
from webhook.admission.rule import Subject
from webhook.admission.words import quote
from webhook.pod.containers import LISTS
from webhook.source.path import Path, look_up

_VOLUME_PREFIX = "kube-api-access-"


def remove_token(subject: Subject, draft: Draft) -> None:
    """Take the volume and its mounts away, from behind so that indexes hold; a list goes with its last element, for
    the API server writes no empty ones."""
    if subject.pod is None:
        return
    at: Path = (*subject.pod.at, "spec")
    setting: Path = (*at, "automountServiceAccountToken")
    if draft.get(setting) is True:
        draft.note("automountServiceAccountToken was true and is now false")
    draft.set(setting, False)
    for path in reversed(list(_places(subject, draft.object))):
        is_last = len(draft.get(path[:-1])) == 1
        draft.remove(path[:-1] if is_last else path)


def token_left(subject: Subject) -> Iterator[Found]:
    """The setting, what is left of the volume, and a token for the API server that the author mounts."""
    if subject.pod is None:
        return
    setting: Path = (*subject.pod.at, "spec", "automountServiceAccountToken")
    value = look_up(subject.object, setting)
    if value is not False:
        word = "missing, which means true" if value is None else f"is {quote(value)}"
        fix = "automountServiceAccountToken: false"
        yield Found(setting, value, f"{word}; the service account's token must not be mounted", fix)
        return
    for index, volume in _volumes(subject, subject.object):
        for place, source in enumerate(_sources(volume)):
            if _is_for_the_api_server(source):
                path: Path = (*subject.pod.at, "spec", "volumes", index, "projected", "sources", place)
                message = "is a service account token for the API server, which must not be mounted"
                yield Found((*path, "serviceAccountToken"), source, message, "name an `audience`, or remove it")


def has_no_token(subject: Subject) -> bool:
    """The short answer for a pod that says so, and has no volume where one could hide."""
    pod = subject.pod
    if pod is None:
        return True
    volumes = pod.spec.get("volumes") or ()
    if pod.spec.get("automountServiceAccountToken") is not False or not isinstance(volumes, list | tuple):
        return False
    return not any(not isinstance(one, dict) or one.get("projected") is not None for one in volumes)


def _places(subject: Subject, obj: dict[str, Any]) -> Iterator[Path]:
    """The volume of the token and its mounts, in the object as it stands, in the order of the lists."""
    spec: Path = (*(subject.pod.at if subject.pod else ()), "spec")
    names = []  # no set: a mount's name may be anything
    for index, volume in _volumes(subject, obj):
        if _is_token_volume(volume):
            names.append(volume["name"])
            yield (*spec, "volumes", index)
    for name in LISTS if names else ():
        containers = look_up(obj, (*spec, name))
        for place, container in enumerate(containers if isinstance(containers, list) else ()):
            mounts = look_up(container, ("volumeMounts",))
            for index, mount in enumerate(mounts if isinstance(mounts, list) else ()):
                if look_up(mount, ("name",)) in names:
                    yield (*spec, name, place, "volumeMounts", index)


def _volumes(subject: Subject, obj: dict[str, Any]) -> Iterator[tuple[int, Any]]:
    volumes = look_up(obj, (*(subject.pod.at if subject.pod else ()), "spec", "volumes"))
    return iter(enumerate(volumes) if isinstance(volumes, list) else ())


def _is_token_volume(volume: Any) -> bool:
    """Whether it is the volume that the ServiceAccount plugin puts in, random characters at the end of its name."""
    name = look_up(volume, ("name",))
    return (
        isinstance(name, str) and name.startswith(_VOLUME_PREFIX) and any(map(_is_for_the_api_server, _sources(volume)))
    )


def _sources(volume: Any) -> list[Any]:
    sources = look_up(volume, ("projected", "sources"))
    return sources if isinstance(sources, list) else []


def _is_for_the_api_server(source: Any) -> bool:
    token = look_up(source, ("serviceAccountToken",))
    return isinstance(token, dict) and not token.get("audience")
