"""Whether the cluster asks us about everything that the rules are about: read now and then, in a thread."""

import logging
from collections.abc import Callable

from webhook.admission.words import plural
from webhook.cluster import registration
from webhook.cluster.client import Cluster
from webhook.engine.coverage import uncovered
from webhook.errors import ClusterError
from webhook.policy.ruleset import Ruleset
from webhook.server.readiness import Part

_log = logging.getLogger("doorward.registration")


class Registered:
    """The two webhook configurations, held against the rules in force; `uncovered` is None until they could be read."""

    def __init__(
        self,
        cluster: Cluster,
        current: Callable[[], Ruleset | None],
        mutate: str = registration.MUTATE,
        validate: str = registration.VALIDATE,
    ) -> None:
        self.uncovered: tuple[str, ...] | None = None
        self._cluster, self._current = cluster, current
        self._names = (mutate, validate)
        self._part = Part("the webhook configurations have not been read yet")

    def part(self) -> Part:
        """How the registration is doing; it never keeps requests away."""
        return self._part

    def refresh(self) -> None:
        """Reads both configurations and tells what changed since the last time."""
        ruleset = self._current()
        if ruleset is None:
            return
        try:
            found = registration.read(self._cluster, *self._names)
        except ClusterError as error:
            self._become(Part(f"the webhook configurations cannot be read: {error}", ok=False))
            return
        present = [one for one in (found.mutating, found.validating) if one is not None]
        self.uncovered = uncovered(ruleset, present)
        self._become(_part(found.missing, self.uncovered))

    def _become(self, part: Part) -> None:
        if part != self._part and (not part.ok or not self._part.ok):
            level = logging.INFO if part.ok else logging.WARNING
            _log.log(level, "%s", part.message, extra={"problems": part.details})
        self._part = part


def _part(missing: tuple[str, ...], gaps: tuple[str, ...]) -> Part:
    if missing:
        do = "does" if len(missing) == 1 else "do"
        return Part(f"{' and '.join(missing)} {do} not exist", ok=False, details=gaps)
    if gaps:
        return Part(
            f"the API server is not told to ask as the rules need it, in {plural(len(gaps), 'place')}",
            ok=False,
            details=gaps,
        )
    return Part("the API server asks about everything that the rules are about")
