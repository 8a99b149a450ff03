"""`when`: conditions on the object as it came in, before anything was made so."""

from datetime import datetime

from webhook.admission.request import Request
from webhook.admission.rule import Subject
from webhook.engine.match import Applicable, Matching
from webhook.pod.containers import Pod
from webhook.source.path import Path


def conditional(request: Request, matching: Matching, pod_at: Path | None, now: datetime) -> tuple[Applicable, ...]:
    """The applicable rules whose conditions all hold."""
    if not any(one.rule.when for one in matching.applicable):
        return matching.applicable
    obj = request.subject
    pod = Pod(obj, pod_at) if pod_at is not None else None
    subject = Subject(request, obj, pod, matching.namespace, now)
    return tuple(one for one in matching.applicable if all(condition(subject) for condition in one.rule.when))
