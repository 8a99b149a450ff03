"""One question to a registry: which of its hosts is asked, with which login, and what the status of the answer means.

A mirror is a registry of its own: it is shown the logins that a docker config has for the mirror's host, never those of
the registry, and never a pull secret. Where it has a Registry document, that says how it is dialled.
"""

import re
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from webhook.errors import RulesError
from webhook.evidence.authorization import Authorization, Login
from webhook.evidence.connections import Pools
from webhook.evidence.credentials import NO_SECRETS, Credentials, PullSecrets, UnusableConfig
from webhook.evidence.failures import Lying, Misconfigured, NotAvailable, NotThere, Refused, RegistryFailure
from webhook.evidence.transport import Answer, Asking, Endpoint
from webhook.patterns import shown
from webhook.pod.image import Image
from webhook.policy.trusted import Registry
from webhook.source.problem import Problem

MOST_REMEMBERED = 4096

ABSENT = frozenset({404, 410})

LARGEST_ANSWER = 64 * 1024
"""Bytes that are read of what a registry says to a change."""

_DONE = frozenset({200, 201, 202, 204})

_CODE = re.compile(rb'"code"\s*:\s*"([A-Z_]{3,40})"')


class Terms(NamedTuple):
    """On what terms a registry is asked: until when (`time.monotonic`), and with whose pull secrets."""

    deadline: float
    secrets: PullSecrets = NO_SECRETS


class Question(NamedTuple):
    """A GET below a repository: `path` follows its name, `most` bytes are read, `what` is it for people."""

    path: str
    what: str
    most: int
    accept: str = "*/*"
    query: str = ""
    absent: frozenset[int] = ABSENT
    """The statuses that say that it does not exist."""


class Writing(NamedTuple):
    """A change below a repository, as a Question is put; `at` is the path and query that the registry has named for it,
    "" where it is below the repository."""

    method: str
    path: str
    what: str
    body: bytes = b""
    media_type: str = ""
    at: str = ""
    most: int = LARGEST_ANSWER
    absent: frozenset[int] = ABSENT


class Endpoints:
    """The hosts that may be dialled; raises RulesError for a `ca` that is of no use, and for a host declared twice."""

    def __init__(self, registries: Sequence[Registry], credentials: Credentials) -> None:
        self._credentials = credentials
        self._authorization = Authorization()
        self._worked: set[tuple[str, Login]] = set()
        self._pools = [Pools(registry) for registry in _once_each(registries)]
        known = {
            registry.spec.host: Endpoint(registry, registry.spec.host, pools)
            for registry, pools in zip(registries, self._pools, strict=True)
        }
        self._hosts = {
            str(registry.spec.host): [
                known[registry.spec.host],
                *(known.get(host) or Endpoint(registry, host, pools) for host in registry.spec.mirrors),
            ]
            for registry, pools in zip(registries, self._pools, strict=True)
        }

    async def ask(self, image: Image, question: Question, terms: Terms, *, mirrors: bool = True) -> Answer:
        """A 200 to a question about the image's repository; raises RegistryFailure.

        Mirrors are asked in their order while the registry does not answer, unless `mirrors` is False. Their word that
        something does not exist is no more than their word: NotThere then says what kept the registry from answering.
        """
        hosts = self._declared(image, question.what)
        if len(hosts) == 1 or not mirrors:
            return await self._ask(hosts[0], image, question, terms, terms.deadline)
        return await self._ask_in_turn(hosts, image, question, terms)

    async def write(self, image: Image, writing: Writing, terms: Terms) -> Answer:
        """What the image's registry says to a change that it has made; it alone is told, never a mirror.

        Raises RegistryFailure.
        """
        endpoint = self._declared(image, writing.what)[0]
        return await self._ask(endpoint, image, writing, terms, terms.deadline)

    def upload_path(self, image: Image, begun: Answer, what: str) -> str:
        """Where an upload that was begun goes on; raises Misconfigured where that is another host."""
        location = begun.headers.get("location", "")
        path = self._declared(image, what)[0].own_path(location)
        if not path:
            raise Misconfigured(what, f"{begun.host} wants it sent to {shown(location)}, which is not its own host")
        return path

    async def aclose(self) -> None:
        """Closes every connection."""
        for pools in self._pools:
            await pools.aclose()

    def _declared(self, image: Image, what: str) -> list[Endpoint]:
        hosts = self._hosts.get(image.host)
        if hosts is None:
            cure = "declare one for it in the rules folder, or allow images from other hosts only"
            raise Misconfigured(what, f"no Registry has the host {image.host}, so nobody asks it; {cure}")
        return hosts

    async def _ask_in_turn(self, hosts: list[Endpoint], image: Image, question: Question, terms: Terms) -> Answer:
        """The first good answer; else what the registry itself said; else that a mirror does not have it."""
        absent: NotThere | None = None
        away = hosts[0].away if hosts[0].is_resting() else None
        for host, deadline in _shares([one for one in hosts if not one.is_resting()] or hosts, terms.deadline):
            try:
                return await self._ask(host, image, question, terms, deadline)
            except NotAvailable as error:
                host.rest(error)
                away = error if host is hosts[0] else away or error
            except RegistryFailure as error:
                if host is hosts[0]:
                    raise
                if isinstance(error, NotThere) and absent is None:
                    absent = error
        failure = away or NotAvailable(question.what, f"neither {hosts[0].host} nor a mirror of it answers")
        if absent:
            raise NotThere(absent.what, absent.reason, failure)
        raise failure

    async def _ask(
        self, endpoint: Endpoint, image: Image, question: Question | Writing, terms: Terms, deadline: float
    ) -> Answer:
        """With the logins that there are, one after the other until one of them is let in."""
        asking = Asking(question.what, deadline, question.most)
        refusals: list[Refused] = []
        actions = "pull,push" if isinstance(question, Writing) else "pull"
        for login in self._logins(endpoint, image, terms, asking, actions):
            try:
                answer = await self._ask_as(login, endpoint, image, question, asking)
            except Refused as error:
                refusals.append(error)
                if error.status == 403 and (endpoint.host, login) in self._worked:
                    break
            else:
                self._remember(endpoint, login)
                return answer
        raise self._explained(refusals[0], endpoint, terms)

    async def _ask_as(
        self, login: Login, endpoint: Endpoint, image: Image, question: Question | Writing, asking: Asking
    ) -> Answer:
        """Asks once, and again with a login where it wants one; returns what is good, or raises."""
        sent = await self._authorization.header(endpoint, login, asking)
        answer = await _exchanged(endpoint, image, question, sent, asking)
        if answer.status == 401 and answer.host == endpoint.host:
            again = await self._authorization.answer(endpoint, answer, sent, login, asking)
            if again:
                answer = await _exchanged(endpoint, image, question, again, asking)
        if answer.status not in (_DONE if isinstance(question, Writing) else (200,)):
            raise _failure(answer, question, login)
        return answer

    def _logins(self, endpoint: Endpoint, image: Image, terms: Terms, asking: Asking, actions: str) -> Iterator[Login]:
        """Those that were let in before come first."""
        try:
            found = self._credentials.candidates(endpoint.registry, endpoint.host, image.path, terms.secrets)
        except UnusableConfig as error:
            raise Misconfigured(asking.what, str(error)) from None
        logins = [Login(image.path, credential, actions) for credential in found or (None,)]
        yield from sorted(logins, key=lambda login: (endpoint.host, login) not in self._worked)

    def _remember(self, endpoint: Endpoint, login: Login) -> None:
        if len(self._worked) >= MOST_REMEMBERED:
            self._worked.clear()
        self._worked.add((endpoint.host, login))

    def _explained(self, refused: Refused, endpoint: Endpoint, terms: Terms) -> Refused:
        """The refusal, with where a login was looked for."""
        looked = self._credentials.origin(endpoint.registry, terms.secrets) or "no login is configured for it"
        return Refused(refused.what, f"{refused.reason}; logins: {looked}", refused.status)


def _once_each(registries: Sequence[Registry]) -> Sequence[Registry]:
    seen: dict[str, Registry] = {}
    for registry in registries:
        first = seen.setdefault(registry.spec.host, registry)
        if first is not registry:
            message = f"Registry {first.name} has this host already"
            raise RulesError([Problem(message, registry.place, help="keep one of the two")])
    return registries


def _shares(hosts: list[Endpoint], deadline: float) -> Iterator[tuple[Endpoint, float]]:
    """Each host with its own deadline: an equal share of what is left, or one that hangs would leave nothing."""
    for index, host in enumerate(hosts):
        now = time.monotonic()
        yield host, now + (deadline - now) / (len(hosts) - index)


async def _exchanged(
    endpoint: Endpoint, image: Image, question: Question | Writing, authorization: str, asking: Asking
) -> Answer:
    headers = {"Authorization": authorization} if authorization else {}
    if isinstance(question, Question):
        url = endpoint.url(f"/v2/{image.path}/{question.path}{question.query}")
        return await endpoint.get(url, {"Accept": question.accept, **headers}, asking)
    url = endpoint.url(question.at or f"/v2/{image.path}/{question.path}")
    if question.media_type:
        headers["Content-Type"] = question.media_type
    return await endpoint.send(question.method, url, headers, question.body, asking)


def _failure(answer: Answer, question: Question | Writing, login: Login) -> RegistryFailure:
    """What a status means that is not 200; of the body only the registry's own code is ever shown."""
    found = _CODE.search(answer.body)
    status = f"{answer.status} {found.group(1).decode()}" if found else str(answer.status)
    what = question.what
    if answer.status in question.absent:
        return NotThere(what, f"{answer.host} says that it does not exist ({status})")
    if answer.status in (401, 403):
        return Refused(what, f"{answer.host} refuses {login.who} ({status}): it is absent, or forbidden", answer.status)
    if answer.status == 429 or answer.status >= 500:
        return NotAvailable(what, f"{answer.host} answers {status}")
    return Lying(what, f"{answer.host} answers {status}, which is no answer to this question")
