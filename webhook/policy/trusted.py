"""Registries and authorities of a ruleset, with the files that they name: read beside their documents."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from webhook.errors import InputError
from webhook.policy.model import SPEC_AT, Document
from webhook.policy.trust import AuthoritySpec, RegistrySpec
from webhook.source.files import Found, beside
from webhook.source.path import Path, look_up
from webhook.source.problem import Place
from webhook.source.shape import BROKEN

LARGEST = 4 * 1024 * 1024

_MATERIAL: tuple[Path, ...] = (("publicKey",), ("certificateAuthority", "bundle"), ("keyless", "trustedRoot"))
_BESIDE: dict[str, tuple[Path, ...]] = {
    "Registry": (("ca",),),
    "Authority": (("certificateAuthority", "bundle"), ("keyless", "trustedRoot"), ("timestamps",)),
}
"""Where documents name files that lie beside them."""


class Authority(NamedTuple):
    """Whose signature counts, and for what; `files` holds the bytes of every file that the spec names, by that name."""

    name: str
    spec: AuthoritySpec
    files: Mapping[str, bytes]
    place: Place
    """Where its key, certificates or identity stand, for whoever finds them unusable."""

    def covers(self, role: str) -> bool:
        """Whether it may vouch for this."""
        return role in self.spec.roles


class Registry(NamedTuple):
    """A registry that may be dialled; `files` holds the bytes of its certificate authority, by its name."""

    name: str
    spec: RegistrySpec
    files: Mapping[str, bytes]
    place: Place


class Trusted(NamedTuple):
    """Whom a ruleset trusts. `files` are the paths that were read; `fingerprint` changes with any of their bytes."""

    authorities: tuple[Authority, ...] = ()
    registries: tuple[Registry, ...] = ()
    files: tuple[str, ...] = ()
    fingerprint: str = ""

    @property
    def takes_pull_secrets(self) -> bool:
        """Whether any registry may be shown a pod's own pull secrets."""
        return any(one.spec.credentials is not None and one.spec.credentials.pull_secrets for one in self.registries)

    def says_the_same(self, other: "Trusted") -> bool:
        """Whether the other one differs in nothing but where it is written."""
        return _said(self) == _said(other)


NOBODY = Trusted()


def read_trusted(documents: Iterable[Document]) -> Trusted:
    """Every usable Registry and Authority; what is wrong with the others, or with their files, is told at its place."""
    authorities: list[Authority] = []
    registries: list[Registry] = []
    read: dict[str, bytes] = {}
    for document in documents:
        spec = document.decoded(document.spec)
        contents = _contents(document, read)
        if spec is BROKEN:
            continue
        if document.kind == "Authority":
            authorities.append(Authority(document.name, spec, contents, _material(document)))
        else:
            place = document.problems.place((*SPEC_AT, "host"))
            registries.append(Registry(document.name, spec, contents, place))
    digest = hashlib.sha256(b"".join(hashlib.sha256(read[name]).digest() for name in sorted(read))).hexdigest()
    return Trusted(tuple(authorities), tuple(registries), tuple(sorted(read)), digest if read else "")


def _said(trusted: Trusted) -> list[tuple[Any, ...]]:
    authorities = [(one.name, one.spec, dict(one.files)) for one in trusted.authorities]
    return [*authorities, *((one.name, one.spec, dict(one.files)) for one in trusted.registries)]


def _contents(document: Document, read: dict[str, bytes]) -> dict[str, bytes]:
    """The bytes of the files that a document names, by those names; a file that cannot be read is told."""
    contents: dict[str, bytes] = {}
    for at, name in _named(document):
        path = beside(document.file, name)
        try:
            contents[name] = read[path] = Found(path, LARGEST).read()
        except InputError as error:
            cure = "name a file beside this document, or give its whole path"
            document.problems.error(at, f"the file cannot be read: {error}", cure)
    return contents


def _named(document: Document) -> Iterator[tuple[Path, str]]:
    for below in _BESIDE[document.kind]:
        name: Any = look_up(document.spec, below)
        if isinstance(name, str) and name:
            yield (*SPEC_AT, *below), name


def _material(document: Document) -> Place:
    found = next((below for below in _MATERIAL if look_up(document.spec, below) is not None), ())
    return document.problems.place((*SPEC_AT, *found))
