"""What registries may be shown: docker config files, and the pull secrets of a pod where a Registry allows them.

Matching is the kubelet's (pkg/credentialprovider/keyring.go): a key is a host with labels that may be globs, its port
exact, and a prefix of the repository's path; the most specific key is tried first. A credential is only ever handed out
for the one host that is about to be asked.
"""

import base64
import binascii
import fnmatch
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from webhook.evidence.strict_json import Malformed, parse_object
from webhook.pod.reference import DOCKER_HUB
from webhook.policy.trusted import Registry

LARGEST_CONFIG = 1024 * 1024
MOST_CANDIDATES = 8
"""Credentials that are tried for one repository: a namespace may hold any number of secrets."""

_LONGEST_KEY = 512
_HUB_KEY = f"index.{DOCKER_HUB}"  # the key under which docker itself keeps the login of Docker Hub
_IS_A_TOKEN = "<token>"  # noqa: S105 - the user name with which docker marks an identity token


class UnusableConfig(ValueError):
    """A docker config cannot be read; the message is a clause that holds nothing of its content."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A login. Two that are equal are the same login wherever they stand; `origin` says where, for people."""

    username: str = field(repr=False)
    password: str = field(repr=False)
    identity_token: str = field(default="", repr=False)
    origin: str = field(default="", compare=False)

    @property
    def basic(self) -> str:
        """The Authorization header of RFC 7617."""
        return f"Basic {base64.b64encode(f'{self.username}:{self.password}'.encode()).decode()}"


class DockerConfig(NamedTuple):
    """A docker config's logins by their keys (host, or host/path), the most specific first.

    `helped` says that more logins are kept by a program, which is never run.
    """

    logins: tuple[tuple[str, Credential], ...] = ()
    helped: bool = False

    def matching(self, host: str, path: str) -> list[Credential]:
        """The logins for a repository, in the order in which the kubelet would try them."""
        found = [login for key, login in self.logins if _covers(key, host, path)]
        if not found and host == DOCKER_HUB:
            found = [login for key, login in self.logins if key == _HUB_KEY]
        return found


class PullSecrets(NamedTuple):
    """The logins of a pod's own pull secrets: given with each question, and kept with the tokens that they brought."""

    configs: tuple[DockerConfig, ...] = ()

    def matching(self, host: str, path: str) -> list[Credential]:
        """The logins for a repository, in the order of the secrets."""
        return [login for config in self.configs for login in config.matching(host, path)]


NO_SECRETS = PullSecrets()


def read_pull_secrets(namespace: str, secrets: Mapping[str, Mapping[str, bytes]]) -> PullSecrets:
    """Pull secrets by their names, their data decoded; one that is no docker config is passed over, as kubelets do."""
    configs = []
    for name, data in secrets.items():
        origin = f"pull secret {namespace}/{name}"
        for key in (".dockerconfigjson", ".dockercfg"):
            try:
                configs.append(read_docker_config(data[key], origin, bare=key == ".dockercfg"))
            except (KeyError, UnusableConfig):
                continue
    return PullSecrets(tuple(configs))


def read_docker_config(content: bytes, origin: str, bare: bool = False) -> DockerConfig:
    """The logins of a docker config, or of the `bare` older form without `auths`; raises UnusableConfig."""
    try:
        document = parse_object(content, LARGEST_CONFIG)
    except Malformed:
        raise UnusableConfig("it is no JSON object that is read in one way") from None
    auths = document if bare else document.get("auths") or {}
    if not isinstance(auths, dict):
        raise UnusableConfig("`auths` is no JSON object")
    logins = [(_key(written), _login(entry, origin)) for written, entry in auths.items()]
    known = [(key, login) for key, login in logins if key and login]
    known.sort(key=lambda one: one[0], reverse=True)
    helped = not bare and bool(document.get("credsStore") or document.get("credHelpers"))
    return DockerConfig(tuple(known), helped)


def _key(written: str) -> str:
    """The key without scheme and version: https://index.docker.io/v1/ is index.docker.io."""
    rest = written.removeprefix("https://").removeprefix("http://")
    host, slash, path = rest.partition("/")
    below = f"{slash}{path}"
    if below.startswith(("/v1/", "/v2/")):
        below = below[3:]
    if len(rest) > _LONGEST_KEY or not host:
        return ""
    return host.lower() + (below if below != "/" else "")


def _login(entry: Any, origin: str) -> Credential | None:
    """The entry's login: `auth` holds both parts; None where it has none or is broken."""
    if not isinstance(entry, dict):
        return None
    username, password, token = (_text(entry, name) for name in ("username", "password", "identitytoken"))
    if auth := _text(entry, "auth"):
        try:
            decoded = base64.b64decode(_padded(auth), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return None
        username, colon, password = decoded.partition(":")
        password = password.strip("\0") if colon else ""
    if username == _IS_A_TOKEN:
        username, password, token = "", "", password
    if not token and not (username and password):
        return None
    return Credential(username, password, token, origin)


def _padded(text: str) -> str:
    """Base64 as people paste it: with line breaks, or without the padding."""
    joined = "".join(text.split())
    return joined + "=" * (-len(joined) % 4)


def _text(entry: dict[str, Any], name: str) -> str:
    found = entry.get(name)
    return found if isinstance(found, str) else ""


def _covers(key: str, host: str, path: str) -> bool:
    wanted, slash, prefix = key.partition("/")
    if slash and not path.startswith(prefix):
        return False
    if wanted == host:
        return True
    globs, _, wanted_port = wanted.partition(":")
    name, _, port = host.partition(":")
    labels, known = globs.split("."), name.split(".")
    if wanted_port != port or len(labels) != len(known) or host.startswith("["):
        return False
    return all(fnmatch.fnmatchcase(label, glob) for glob, label in zip(labels, known, strict=True))


class _File:
    """A docker config file, read again when it is another one: a mounted Secret is replaced, not written to."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._seen: tuple[int, ...] = ()
        self._config = DockerConfig()

    @property
    def helped(self) -> bool:
        """Whether a program keeps more logins, as far as was seen."""
        return self._config.helped

    def config(self) -> DockerConfig:
        """What it holds now; raises UnusableConfig."""
        try:
            found = os.stat(self._path)
            seen = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
            if seen != self._seen:
                with open(self._path, "rb") as file:
                    content = file.read(LARGEST_CONFIG + 1)
                self._config, self._seen = read_docker_config(content, self._path), seen
        except OSError as error:
            raise UnusableConfig(f"it cannot be read ({error.strerror})") from None
        return self._config


class Credentials:
    """Chooses the logins for a repository. `instead` is a docker config for all registries in place of their own files.

    With `instead`, a developer asks with the logins of their own machine; there it may also be missing.
    """

    def __init__(self, instead: str = "") -> None:
        self._instead = instead
        self._files: dict[str, _File] = {}

    def candidates(
        self, registry: Registry, host: str, path: str, secrets: PullSecrets = NO_SECRETS
    ) -> tuple[Credential, ...]:
        """The logins to try, the operator's first, () to ask without one; `host` is the registry's or a mirror's.

        A pull secret is only ever used for the registry's own host, and where the Registry allows it. Raises
        UnusableConfig for a file that cannot be used.
        """
        spec = registry.spec.credentials
        found = self._config(registry).matching(host, path)
        if spec and spec.pull_secrets == "allowed" and host == registry.spec.host:
            found += secrets.matching(host, path)
        return tuple(dict.fromkeys(found))[:MOST_CANDIDATES]

    def origin(self, registry: Registry, secrets: PullSecrets = NO_SECRETS) -> str:
        """Where a login was looked for, in words."""
        spec = registry.spec.credentials
        name = self._name(registry)
        places = [name] if name else []
        if name and name in self._files and self._files[name].helped:
            places[-1] += " (logins that a credential helper keeps are not read)"
        if spec and spec.pull_secrets == "allowed":
            places.append("the pod's pull secrets" if secrets.configs else "the pod's pull secrets (it has none)")
        return " or ".join(places)

    def _name(self, registry: Registry) -> str:
        return self._instead or (registry.spec.credentials.file if registry.spec.credentials else "")

    def _config(self, registry: Registry) -> DockerConfig:
        name = self._name(registry)
        if not name or (self._instead and not os.path.exists(self._instead)):
            return DockerConfig()
        file = self._files.setdefault(name, _File(name))
        try:
            return file.config()
        except UnusableConfig as error:
            raise UnusableConfig(f"the docker config {name} is of no use: {error}") from None
