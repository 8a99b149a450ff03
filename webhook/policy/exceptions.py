"""Exceptions: declared, owned, expiring permissions. What they excuse is still judged and reported."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from webhook.admission.request import Request
from webhook.expressions import expression
from webhook.pod.image import Image, ImagePatterns
from webhook.policy.model import ExceptionSpec

_TEMPLATE_HASH = expression(r"-[bcdf-hj-np-tv-z2-9]{5,10}-\Z")  # the alphabet of Kubernetes' safe-encoded strings
SOON = timedelta(days=14)


class Exemption(NamedTuple):
    """One Exception document, compiled."""

    name: str
    spec: ExceptionSpec
    images: ImagePatterns | None

    def covers(self, request: Request) -> bool:
        """Whether the request's namespace and name are meant; images are looked at per finding."""
        match = self.spec.match
        if not match.namespaces.covers(request.namespace):
            return False
        return match.names is None or match.names.covers(workload_name(request))

    def expired(self, now: datetime) -> bool:
        """Whether its last day is over."""
        return now >= self.spec.expires.is_over

    def expires_soon(self, now: datetime) -> bool:
        """Whether it ends within fourteen days."""
        return not self.expired(now) and now >= self.spec.expires.is_over - SOON

    def excuses_image(self, text: str) -> bool:
        """Whether a container with this image, as submitted, is meant."""
        if self.images is None:
            return True
        try:
            return self.images.covers(Image.parse(text))
        except ValueError:
            return False


def workload_name(request: Request) -> str:
    """The workload's name: a controller's pod counts by its generateName without the template hash."""
    metadata = request.subject.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    generated = metadata.get("generateName")
    if isinstance(generated, str) and generated:
        return _TEMPLATE_HASH.sub("", generated).rstrip("-")
    return request.name or str(metadata.get("name") or "")


def for_rule(exemptions: Iterable[Exemption], policy: str, rule: str) -> tuple[Exemption, ...]:
    """The exemptions that name a rule, or its whole policy."""
    wanted = {policy, f"{policy}/{rule}"}
    return tuple(exemption for exemption in exemptions if wanted & set(exemption.spec.rules))
