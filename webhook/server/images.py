"""What decisions need to know of images: from the registries that the rules in force declare, and from nobody else."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from webhook.admission.evidence import ImageFacts, ImageNeed, NotHad, Outcome
from webhook.admission.request import Request
from webhook.cluster.pull_secrets import PullSecretNames, named
from webhook.errors import ClusterError
from webhook.pod.workloads import POD_AT
from webhook.policy.ruleset import Ruleset
from webhook.policy.trusted import Trusted
from webhook.source.path import look_up

if TYPE_CHECKING:
    from webhook.evidence.images import Asker, ImageFactsSource

ReadSecrets = Callable[[PullSecretNames], Mapping[str, Mapping[str, bytes]]]

Images = Mapping[str, ImageFacts | NotHad]

_log = logging.getLogger("doorward.evidence")


class ImagesSource(Protocol):
    """Where facts about images come from."""

    def known(self, request: Request, ruleset: Ruleset) -> Images | None:
        """What is known at once; None where the rules declare no registry."""

    async def gather(self, needs: Iterable[ImageNeed], request: Request, ruleset: Ruleset, seconds: float) -> Images:
        """What is needed, within so many seconds."""


class NoImages:
    """For rules that declare no registry: there is nobody to ask."""

    def known(self, request: Request, ruleset: Ruleset) -> Images | None:  # noqa: ARG002 - nothing is known of any
        """Nothing."""
        return None

    async def gather(self, needs: Iterable[ImageNeed], request: Request, ruleset: Ruleset, seconds: float) -> Images:  # noqa: ARG002
        """Nobody may be asked."""
        return {need.reference: _undeclared(need) for need in needs}


class RegistryImages:
    """Facts from the registries of the rules in force; the libraries that dial are loaded when rules need them.

    `read` reads pull secrets, where there is a cluster; it is called in a thread and may raise ClusterError.
    """

    def __init__(self, read: ReadSecrets | None = None) -> None:
        self._read = read
        self._sources: list[tuple[Trusted, ImageFactsSource]] = []
        self._retired: list[ImageFactsSource] = []

    def prepare(self, ruleset: Ruleset) -> None:
        """Makes ready for rules before they are in force; where they change nothing of registries and authorities, what
        is remembered stays. Raises RulesError for what cannot be used. Called from any thread."""
        trusted = ruleset.trusted
        if not (trusted.registries or trusted.authorities):
            return
        from webhook.evidence.images import ImageFactsSource

        same = [source for known, source in self._sources if known.says_the_same(trusted)]
        made = same[-1] if same else ImageFactsSource(trusted)
        self._sources, gone = [*self._sources[-1:], (trusted, made)], self._sources[:-1]
        self._retired += [old for _, old in gone if all(old is not source for _, source in self._sources)]

    def known(self, request: Request, ruleset: Ruleset) -> Images | None:
        """What is remembered."""
        source = self._of(ruleset) if ruleset.trusted.registries else None
        return None if source is None else source.known(self._scope(request, ruleset))

    async def gather(self, needs: Iterable[ImageNeed], request: Request, ruleset: Ruleset, seconds: float) -> Images:
        """What the registries say."""
        while self._retired:
            await self._retired.pop().aclose()
        source = self._of(ruleset)
        if source is None:
            return {need.reference: _undeclared(need) for need in needs}
        began = monotonic()
        asker = await self._asker(request, ruleset, seconds)
        return await source.gather(needs, seconds - (monotonic() - began), asker)

    def asked(self) -> dict[tuple[str, ...], float]:
        """How often registries were asked about images under the rules in force, by host and what came of it."""
        return {key: float(count) for key, count in self._sources[-1][1].asked.items()} if self._sources else {}

    async def aclose(self) -> None:
        """Gives up what is being asked."""
        every = {*self._retired, *(source for _, source in self._sources)}
        await asyncio.gather(*(source.aclose() for source in every), return_exceptions=True)

    def _scope(self, request: Request, ruleset: Ruleset) -> str:
        if self._read is None or not ruleset.trusted.takes_pull_secrets:
            return ""
        return str(_pull_secrets(request))

    async def _asker(self, request: Request, ruleset: Ruleset, seconds: float) -> "Asker":
        """With the pod's own pull secrets, where a registry takes them; without them where they cannot be read."""
        from webhook.evidence.credentials import read_pull_secrets
        from webhook.evidence.images import NOBODY, Asker

        if self._read is None or not ruleset.trusted.takes_pull_secrets:
            return NOBODY
        wanted = _pull_secrets(request)
        try:
            found = await asyncio.wait_for(asyncio.to_thread(self._read, wanted), seconds / 2)
        except (ClusterError, TimeoutError) as error:
            _log.warning("the pull secrets of %s cannot be read: %s", wanted, error or "not in time")
            return Asker(str(wanted))
        return Asker(str(wanted), read_pull_secrets(wanted.namespace, found))

    def _of(self, ruleset: Ruleset) -> "ImageFactsSource | None":
        """The source for the rules' registries and authorities."""
        return next((source for trusted, source in self._sources if trusted is ruleset.trusted), None)


def _pull_secrets(request: Request) -> PullSecretNames:
    return named(request.namespace, look_up(request.subject, (*POD_AT.get(request.kind, ()), "spec")))


def _undeclared(need: ImageNeed) -> NotHad:
    host = need.reference.partition("/")[0]
    return NotHad(Outcome.MISCONFIGURED, f"no Registry has the host {host}, so nobody asks it")
