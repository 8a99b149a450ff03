"""Which metadata a rule is about: the pod's, the workload's own, or any object's; and keys that stand elsewhere."""

from collections.abc import Iterator
from typing import Any

from webhook.admission.request import Request
from webhook.admission.rule import Subject
from webhook.source.path import Path, look_up

OWN: Path = ("metadata",)

_CONTROLLERS = frozenset(
    {
        "system:kube-controller-manager",
        *(
            f"system:serviceaccount:kube-system:{name}"
            for name in (
                "cronjob-controller",
                "daemon-set-controller",
                "deployment-controller",
                "job-controller",
                "replicaset-controller",
                "replication-controller",
                "root-ca-cert-publisher",
                "service-account-controller",
                "statefulset-controller",
            )
        ),
    }
)


def made_by_controller(request: Request) -> bool:
    """Whether the cluster itself makes or keeps this object, by who asks and never by what the object says."""
    return request.user is not None and request.user.name in _CONTROLLERS


def places(of: str, subject: Subject) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The metadata that a rule is about, with their paths.

    A ReplicaSet or Job that a controller derives from what somebody wrote is nobody's to label, so its own metadata
    are left alone; its pod template is not.
    """
    pod = subject.pod
    if of in ("pod", "both") and pod is not None:
        yield (*pod.at, "metadata"), pod.metadata
    is_pod = pod is not None and not pod.at
    if of == "object" and is_pod and pod is not None:
        yield OWN, pod.metadata
    elif not is_pod and _concerns_own(of, subject) and not made_by_controller(subject.request):
        yield OWN, mapping(look_up(subject.object, OWN))


def _concerns_own(of: str, subject: Subject) -> bool:
    return of == "object" or (of in ("workload", "both") and subject.pod is not None)


def elsewhere(subject: Subject) -> Iterator[tuple[Path, dict[str, Any], dict[str, Any]]]:
    """Metadata of a workload that its pods do not get, each with the path and with what the author's template has."""
    pod = subject.pod
    if pod is None or not pod.at or made_by_controller(subject.request):
        return
    template = mapping(look_up(subject.request.subject, (*pod.at, "metadata")))
    job: Path = (*pod.at[:2], "metadata")
    for place in (OWN, job) if len(pod.at) > 2 else (OWN,):
        metadata = look_up(subject.object, place)
        if isinstance(metadata, dict):
            yield place, metadata, template


def entries(metadata: dict[str, Any], field: str) -> dict[str, Any]:
    """The labels or annotations; nothing where something else stands there."""
    return mapping(metadata.get(field))


def mapping(value: Any) -> dict[str, Any]:
    """The value where it is a mapping; an empty one where it is not."""
    return value if isinstance(value, dict) else {}
