"""Showing a login to a registry: Basic, or a Bearer token that a declared token service gives for it.

What a registry writes into `WWW-Authenticate` is not believed further than it must be: it names a realm, which is only
asked if it stands on the same host or is declared, and a service; what a token is asked for (to pull from this one
repository) is our own word.
"""

import asyncio
import re
import time
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import httpx

from webhook import VERSION
from webhook.evidence.credentials import Credential
from webhook.evidence.failures import Lying, Misconfigured, NotAvailable, Refused
from webhook.evidence.strict_json import Malformed, parse_object
from webhook.evidence.transport import Answer, Asking, Endpoint
from webhook.patterns import shown

LARGEST_TOKEN = 64 * 1024
MOST_TOKENS = 4096

_LONGEST_HEADER = 8192
_LONGEST_LIFE = 3600.0
_UNSAID_LIFE = 60.0  # how long a token lives where its service does not say
_TOKEN = re.compile(r"[\x21-\x7e]+")
_WORD = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
_PIECE = re.compile(rf'\s*(?:({_WORD})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|({_WORD}))|({_WORD})|,)')


class Challenge(NamedTuple):
    """One way to log in that a server offers: the scheme in lower case, and its parameters."""

    scheme: str
    parameters: Mapping[str, str]


def parse_challenges(headers: Iterable[str]) -> tuple[Challenge, ...]:
    """What `WWW-Authenticate` headers offer (RFC 9110 section 11.6.1); what cannot be read is passed over."""
    found: list[Challenge] = []
    for header in headers:
        at, parameters = 0, dict[str, str]()
        while match := _PIECE.match(header, at, _LONGEST_HEADER):
            at = match.end()
            name, quoted, plain, scheme = match.groups()
            if scheme:
                parameters = {}
                found.append(Challenge(scheme.lower(), parameters))
            elif name:
                value = plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
                parameters.setdefault(name.lower(), value)
    return tuple(found)


class Login(NamedTuple):
    """Who wants to do what in which repository: what a token is good for. `credential` is None to ask without one."""

    path: str
    credential: Credential | None
    actions: str = "pull"

    @property
    def scope(self) -> str:
        """The scope of a token for the repository."""
        return f"repository:{self.path}:{self.actions}"

    @property
    def who(self) -> str:
        """Who asks, for people."""
        if self.credential:
            return f"the login of {self.credential.origin}"
        return "a push without a login" if "push" in self.actions else "a pull without a login"


class _Realm(NamedTuple):
    """A token service as an endpoint has named it."""

    url: str
    service: str


class _Token(NamedTuple):
    value: str
    until: float


_Key = tuple[str, _Realm, Login]


class Authorization:
    """The logins of one client: what each host asks for, and the tokens that were got, each for one credential."""

    def __init__(self) -> None:
        self._offers: dict[str, _Realm | None] = {}
        self._tokens: dict[_Key, _Token] = {}
        self._asking: dict[_Key, asyncio.Lock] = {}

    async def header(self, endpoint: Endpoint, login: Login, asking: Asking) -> str:
        """The Authorization header for a request, "" where the host has not yet asked for any."""
        if endpoint.host not in self._offers:
            return ""
        realm = self._offers[endpoint.host]
        if realm is None:
            return login.credential.basic if login.credential and login.credential.username else ""
        return f"Bearer {await self._token(endpoint, realm, login, asking)}"

    async def answer(self, endpoint: Endpoint, challenged: Answer, sent: str, login: Login, asking: Asking) -> str:
        """The header to ask again with after a 401, "" where there is none but the one that was `sent`."""
        realm = _chosen(endpoint, challenged, asking)
        self._offers[endpoint.host] = realm
        if realm and sent.startswith("Bearer "):
            key = (endpoint.host, realm, login)
            if key in self._tokens and f"Bearer {self._tokens[key].value}" == sent:
                del self._tokens[key]
        header = await self.header(endpoint, login, asking)
        return header if header != sent else ""

    async def _token(self, endpoint: Endpoint, realm: _Realm, login: Login, asking: Asking) -> str:
        key = (endpoint.host, realm, login)
        if (known := self._known(key)) is not None:
            return known
        lock = self._asking.setdefault(key, asyncio.Lock())
        try:
            async with asyncio.timeout(asking.deadline - time.monotonic()), lock:
                if (known := self._known(key)) is None:
                    token = await _ask(endpoint, realm, login, asking)
                    self._keep(key, token)
                    known = token.value
                return known
        except TimeoutError:
            raise NotAvailable(asking.what, f"{_named(realm)} gave no token in time") from None
        finally:
            if not lock.locked():
                self._asking.pop(key, None)

    def _known(self, key: _Key) -> str | None:
        token = self._tokens.get(key)
        return token.value if token and time.monotonic() < token.until else None

    def _keep(self, key: _Key, token: _Token) -> None:
        if len(self._tokens) >= MOST_TOKENS:
            now = time.monotonic()
            self._tokens = {one: kept for one, kept in self._tokens.items() if now < kept.until}
        if len(self._tokens) >= MOST_TOKENS:
            self._tokens.clear()
        self._tokens[key] = token


def _chosen(endpoint: Endpoint, challenged: Answer, asking: Asking) -> _Realm | None:
    """How to log in: at a token service that may be asked, else (None) with Basic; raises Misconfigured and Refused."""
    offered = parse_challenges(challenged.headers.get_list("www-authenticate"))
    realms = [one.parameters for one in offered if one.scheme == "bearer" and "realm" in one.parameters]
    for parameters in realms:
        if endpoint.may_be_asked_for_tokens(parameters["realm"]):
            return _Realm(parameters["realm"], parameters.get("service", ""))
    if any(one.scheme == "basic" for one in offered):
        return None
    if realms:
        named = shown(realms[0]["realm"])
        cure = f"not on its own host and not among the tokenRealms of Registry {endpoint.registry.name}"
        raise Misconfigured(asking.what, f"{endpoint.host} wants a token from {named}, which is {cure}")
    raise Refused(asking.what, f"{endpoint.host} answers 401 and offers no way to log in", 401)


async def _ask(endpoint: Endpoint, realm: _Realm, login: Login, asking: Asking) -> _Token:
    """A token for one repository (distribution's token specification; its OAuth2 form for an identity token)."""
    asking = Asking(asking.what, asking.deadline, LARGEST_TOKEN)
    answer = await endpoint.ask_for_token(_request(realm, login), asking)
    named = _named(realm)
    if answer.status in (401, 403):
        raise Refused(asking.what, f"{named} refuses {login.who} ({answer.status})", answer.status)
    if answer.status != 200:
        raise NotAvailable(asking.what, f"{named} answers {answer.status} when asked for a token")
    return _read_token(answer, named, asking)


def _request(realm: _Realm, login: Login) -> httpx.Request:
    asked = {"service": realm.service, "scope": login.scope} if realm.service else {"scope": login.scope}
    headers = {"Accept-Encoding": "identity", "User-Agent": f"doorward/{VERSION}"}
    if login.credential and (token := login.credential.identity_token):
        form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": "doorward", **asked}
        return httpx.Request("POST", realm.url, headers=headers, data=form)
    if login.credential:
        headers["Authorization"] = login.credential.basic
    return httpx.Request("GET", realm.url, headers=headers, params=asked)


def _read_token(answer: Answer, named: str, asking: Asking) -> _Token:
    try:
        said = parse_object(answer.body, LARGEST_TOKEN)
    except Malformed:
        raise Lying(asking.what, f"{named} sends no token") from None
    value = said.get("token") or said.get("access_token")
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        raise Lying(asking.what, f"{named} sends no token")
    life = said.get("expires_in")
    seconds = min(life, _LONGEST_LIFE) if isinstance(life, int | float) and life > 0 else _UNSAID_LIFE
    return _Token(value, time.monotonic() + 0.9 * seconds)


def _named(realm: _Realm) -> str:
    """A token service for people, whose address a registry has written."""
    return f"the token service {shown(realm.url)}"
