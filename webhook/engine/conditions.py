"""`when`: conditions on the object as it came in, before anything was made so."""

from datetime import datetime

from webhook.admission.request import Request
from webhook.admission.rule import Subject
from webhook.engine.judge import Judged, broke
from webhook.engine.match import Applicable, Matching
from webhook.errors import MalformedObject
from webhook.pod.containers import Pod
from webhook.source.path import Path


def conditional(
    request: Request, matching: Matching, pod_at: Path | None, now: datetime
) -> tuple[tuple[Applicable, ...], Judged]:
    """The applicable rules whose conditions all hold; and what is said of those whose conditions nobody can tell."""
    unsure = Judged()
    if not any(one.rule.when for one in matching.applicable):
        return matching.applicable, unsure
    obj = request.subject
    pod = Pod(obj, pod_at) if pod_at is not None else None
    subject = Subject(request, obj, pod, matching.namespace, now)
    return tuple(one for one in matching.applicable if _holds(one, subject, unsure)), unsure


def _holds(one: Applicable, subject: Subject, unsure: Judged) -> bool:
    try:
        return all(condition(subject) for condition in one.rule.when)
    except MalformedObject:
        raise
    except Exception as error:  # noqa: BLE001 - a condition that breaks must not break the answer
        broke(one, error, unsure)
        return False
