"""Whom signatures are believed: the Authorities of a ruleset, each made into something that can verify.

A kind of trust is made in `_verifier`, and nowhere else: what an Authority asks for is done, or refused at its place.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import NamedTuple

from webhook.errors import RulesError
from webhook.evidence.certificates import certified_authority
from webhook.evidence.keyed import KeyedAuthority
from webhook.evidence.keys import UnusableKey, read_key
from webhook.evidence.rekor import Log
from webhook.evidence.signed import Held, Signed, Verifier
from webhook.evidence.timestamps import read_timestamps
from webhook.policy.trust import Keyless
from webhook.policy.trusted import Authority, Trusted
from webhook.source.problem import Problem


class Judged(NamedTuple):
    """Whose signature it is, by the name of the Authority; `reasons` say why it is not that of others that are near."""

    held: dict[str, Held]
    reasons: tuple[str, ...]


class Trust:
    """Everybody whose signature counts. `fingerprint` changes with anything that could change a verdict of theirs."""

    def __init__(self, trusted: Trusted) -> None:
        """Raises RulesError with everything that is wrong, each at its Authority's place."""
        problems: list[Problem] = []
        made = [(one, verifier) for one in trusted.authorities if (verifier := _made(one, problems))]
        problems.extend(_doubles(made))
        if problems:
            raise RulesError(problems)
        self.verifiers: tuple[Verifier, ...] = tuple(verifier for _, verifier in made)
        self.fingerprint = _fingerprint(self.verifiers)
        self._hinted: dict[str, list[Verifier]] = defaultdict(list)
        for verifier in self.verifiers:
            if isinstance(verifier, KeyedAuthority):
                self._hinted[verifier.key.hint].append(verifier)

    def judge(self, signatures: Iterable[Signed]) -> Judged:
        """Everyone who has made one of these signatures on one message; by each the earliest."""
        held: dict[str, Held] = {}
        reasons: dict[str, None] = {}
        for signed in signatures:
            # A hint spares work: whoever forges one only hides his own signature.
            for verifier in self._hinted.get(signed.hint) or self.verifiers:
                answer = verifier.holds(signed)
                if isinstance(answer, Held):
                    held[verifier.name] = _earlier(held.get(verifier.name), answer)
                elif answer:
                    reasons[answer] = None
        return Judged(held, tuple(reasons))


def _earlier(one: Held | None, other: Held) -> Held:
    if one is None or one.signed is None:
        return other
    return other if other.signed is not None and other.signed < one.signed else one


def _fingerprint(verifiers: Iterable[Verifier]) -> str:
    lines = sorted(f"{one.fingerprint} {one.name}" for one in verifiers)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _made(authority: Authority, problems: list[Problem]) -> Verifier | None:
    try:
        return _verifier(authority)
    except UnusableKey as error:
        problems.append(Problem(error.message, authority.place, help=error.cure))
        return None


def _verifier(authority: Authority) -> Verifier:
    """What verifies for an Authority; raises UnusableKey for what it cannot be."""
    name, spec, files = authority.name, authority.spec, authority.files
    if spec.keyless:
        return _keyless(authority, spec.keyless)
    log = _log(spec.transparency_log.public_key) if spec.transparency_log else None
    timestamps = read_timestamps(files[spec.timestamps]) if spec.timestamps else None
    if issuer := spec.certificate_authority:
        return certified_authority(name, files[issuer.bundle], issuer.subject, log, timestamps)
    return KeyedAuthority(name, read_key(spec.public_key), log, timestamps)


def _keyless(authority: Authority, identity: Keyless) -> Verifier:
    """sigstore-python is loaded only where somebody wants it: it takes a fifth of a second."""
    from webhook.evidence.keyless import Identity, KeylessAuthority

    spec = authority.spec
    for asked, given in (("timestamps", spec.timestamps), ("transparencyLog", spec.transparency_log)):
        if given:
            cure = f"leave `{asked}` out: the trusted root names the logs and time-stamp authorities"
            raise UnusableKey(f"`{asked}` has no meaning beside `keyless`", cure)
    return KeylessAuthority(authority.name, Identity(identity), authority.files[identity.trusted_root])


def _log(pem: str) -> Log:
    try:
        return Log(read_key(pem))
    except UnusableKey as error:
        raise UnusableKey(f"`transparencyLog.publicKey`: {error.message}", error.cure) from None


def _doubles(made: Iterable[tuple[Authority, Verifier]]) -> Iterator[Problem]:
    """Two Authorities with one signer and one role: a threshold of two would be met by one signer."""
    for (first, one), (second, other) in combinations(made, 2):
        shared = sorted(set(first.spec.roles) & set(second.spec.roles))
        if one.signer == other.signer and shared:
            what = "key" if isinstance(one, KeyedAuthority) else "signer"
            message = f"this is the {what} of Authority {first.name}, which has the role {shared[0]} too"
            cure = "leave one of them out: a threshold would count one signer twice"
            yield Problem(message, second.place, help=cure)
