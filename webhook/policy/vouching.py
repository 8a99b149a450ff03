"""Whom rules count on, and which registries they ask: each must be declared, and what is declared should be of use."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from webhook.admission.rule import Declared, Vouching
from webhook.admission.words import listing
from webhook.patterns import closest
from webhook.pod.image import ImagePattern
from webhook.policy.compile import Policies
from webhook.policy.documents import Folder
from webhook.policy.model import SPEC_AT, Document
from webhook.policy.trust import AuthoritySpec, RegistrySpec
from webhook.policy.trusted import Authority, Trusted
from webhook.source.path import Path
from webhook.source.shape import BROKEN, Problems

ROLES = ("build", "scan", "sbom", "test", "approval")


def declared(folder: Folder) -> Declared:
    """The Authorities and Registries of a folder, as far as they can be read: what rules may be compiled with."""
    authorities: dict[str, list[str]] = {role: [] for role in ROLES}
    for document in folder.of("Authority"):
        authority: AuthoritySpec = document.silently()
        for role in () if authority is BROKEN else authority.roles:
            authorities[role].append(document.name)
    registries: list[RegistrySpec] = [document.silently() for document in folder.of("Registry")]
    hosts = frozenset(str(registry.host) for registry in registries if registry is not BROKEN)
    return Declared({role: tuple(names) for role, names in authorities.items()}, hosts)


def check_vouching(folder: Folder, policies: Policies, trusted: Trusted) -> None:
    """Tell what rules in force name that nobody has declared, what nobody uses, and keys that vouch for too much."""
    authorities = {document.name: document for document in folder.of("Authority")}
    known = {authority.name: authority for authority in trusted.authorities}
    used: set[str] = set()
    for wanted in _wanted(policies):
        used.update(_counted(wanted, authorities, known))
    for asked in _asked(policies):
        _warn_of_unknown_host(asked, folder, trusted)
    for name, document in authorities.items():
        if name in known and name not in used:
            told = f"nothing counts on {name}: no rule in force asks for evidence of it"
            document.problems.warning(("metadata", "name"), told, "name it in an `evidence` rule, or take it away")
    _warn_of_shared_keys(trusted, authorities)


class _Wanted(NamedTuple):
    """What a rule in force says of an Authority, where, and who is told of it."""

    vouching: Vouching
    at: Path
    problems: Problems


class _Asked(NamedTuple):
    """Images that a rule in force asks registries about, where it says so, and who is told of it."""

    images: ImagePattern
    at: Path
    problems: Problems


def _wanted(policies: Policies) -> Iterator[_Wanted]:
    for rule in policies.rules:
        written = policies.written[rule.info.id]
        for vouching in rule.parts.vouching:
            yield _Wanted(vouching, (*written.at, written.kind, *vouching.below), written.document.problems)


def _asked(policies: Policies) -> Iterator[_Asked]:
    for rule in policies.rules:
        written = policies.written[rule.info.id]
        for below, images in rule.parts.asks:
            yield _Asked(images, (*written.at, written.kind, *below), written.document.problems)


def _counted(wanted: _Wanted, documents: dict[str, Document], known: dict[str, Authority]) -> Iterator[str]:
    """The Authorities that are meant; tells where there is none, or one that may not vouch for this."""
    name, role = wanted.vouching.name, wanted.vouching.role
    if not name:
        meant = [authority.name for authority in known.values() if authority.covers(role)]
        if not meant and len(known) == len(documents):
            told = f"no Authority has the role {role}, so nobody could ever vouch for this"
            wanted.problems.error(wanted.at, told, f"add an Authority with `roles: [{role}]`, or name one under `by`")
        yield from meant
    elif name not in documents:
        guess = closest(name, documents)
        cure = f"did you mean `{guess}`?" if guess else f"add an Authority called {name} with `roles: [{role}]`"
        wanted.problems.error(wanted.at, f"there is no Authority `{name}`", cure)
    else:
        yield name
        if name in known and not known[name].covers(role):
            has = listing(known[name].spec.roles, "and")
            told = f"the Authority {name} may not vouch for this: it has the role {has}, and {role} is needed"
            wanted.problems.error(wanted.at, told, f"name one that has the role {role}, or give it that role")


def _warn_of_unknown_host(asked: _Asked, folder: Folder, trusted: Trusted) -> None:
    """Images of which nobody may be asked: they have no evidence, and are never pinned."""
    if len(trusted.registries) < len(list(folder.of("Registry"))):
        return  # what is wrong with the others may be all that is wrong
    host, hosts = asked.images.host, [str(registry.spec.host) for registry in trusted.registries]
    if any(host is None or host.matches(one) for one in hosts):
        return
    if host is None:
        told = "no Registry is declared, so nobody can be asked about these images"
        asked.problems.warning(asked.at, told, "add a Registry document for each host that images come from")
    else:
        told = f"no Registry says how to ask {host.text}, so nothing can be learnt of these images"
        asked.problems.warning(asked.at, told, f"add a Registry document with `host: {host.text}`")


def _warn_of_shared_keys(trusted: Trusted, documents: dict[str, Document]) -> None:
    """One key in two roles: whoever holds it can be checked and checker in one person."""
    first: dict[Any, Authority] = {}
    for authority in trusted.authorities:
        problems, roles = documents[authority.name].problems, authority.spec.roles
        other = first.setdefault(_material(authority), authority)
        if len(set(roles)) > 1:
            told = f"one key vouches for {listing(roles, 'and')}: whoever holds it needs nobody else"
            problems.warning((*SPEC_AT, "roles"), told, "give each role a key of its own")
        elif other is not authority and set(other.spec.roles) != set(roles):
            told = f"this is the key of {other.name} too, which has the role {listing(other.spec.roles, 'and')}"
            problems.warning((*SPEC_AT, "roles"), told, "give each role a key of its own")


def _material(authority: Authority) -> Any:
    """What tells signers apart: the key, or who the certificates or the identity are of."""
    spec = authority.spec
    if spec.public_key:
        return "".join(spec.public_key.split())
    if spec.certificate_authority:
        return authority.files.get(spec.certificate_authority.bundle), spec.certificate_authority.subject
    keyless = spec.keyless
    return keyless and (keyless.issuer, keyless.issuer_pattern, keyless.subject, keyless.subject_pattern)
