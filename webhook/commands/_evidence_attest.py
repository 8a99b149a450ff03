"""`doorward evidence attest`: sign a file about an image, and attach it where cosign and Doorward find it."""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from webhook.admission.evidence import ROLES, Approval, Attestation
from webhook.admission.words import listing
from webhook.commands._evidence import docker_config
from webhook.commands._evidence_show import image_of
from webhook.commands._rules import add_rules_options, load_rules
from webhook.errors import InputError
from webhook.pod.image import Image
from webhook.policy.trusted import NOBODY, Trusted
from webhook.report.claims import clock, lines
from webhook.report.words import one_line
from webhook.rule_types._evidence_verdicts import out_of_its_time

if TYPE_CHECKING:
    from webhook.evidence.attesting import Made, Stated
    from webhook.evidence.pushing import Pushed
    from webhook.evidence.registry import RegistryClient
    from webhook.evidence.signing import Signer

PATIENCE = 60.0
"""Seconds that all of it may take: a person waits."""


def add(parser: argparse.ArgumentParser) -> None:
    """About which image, what, by whose key, and where it goes."""
    parser.add_argument("image", metavar="IMAGE", help="an image, by tag or by digest; a tag is resolved once")
    kinds = "vulnerability-scan, sbom, slsa-provenance, test-result, verification-summary, vex, approval"
    parser.add_argument("--type", required=True, help=f"{kinds}, or the URI of a predicate type")
    parser.add_argument("--predicate", required=True, metavar="FILE", help="what is said: JSON, as its tool wrote it")
    key = "a PEM private key (ECDSA, RSA, Ed25519); the password of an encrypted one stands in DOORWARD_KEY_PASSWORD"
    parser.add_argument("--key", required=True, metavar="KEY.pem", help=key)
    parser.add_argument("--output", metavar="FILE", help="write the bundle there, and push nothing")
    add_rules_options(parser)


class Attesting(NamedTuple):
    """What is to be attested by whom, read and found good."""

    image: Image
    stated: "Stated"
    signer: "Signer"
    trusted: Trusted
    predicate: str
    output: str
    now: datetime

    async def done(self) -> "tuple[Made, str, Pushed | None]":
        """What was made, of which digest, and what was pushed; raises RegistryFailure and InputError."""
        if self.output and self.image.digest:
            return self._made(self.image.digest), self.image.digest, None
        from webhook.evidence.credentials import Credentials
        from webhook.evidence.registry import RegistryClient

        client = RegistryClient(self.trusted.registries, Credentials(docker_config()))
        try:
            return await self._asked(client)
        finally:
            await client.aclose()

    async def _asked(self, client: "RegistryClient") -> "tuple[Made, str, Pushed | None]":
        from webhook.evidence.endpoints import Terms

        terms = Terms(time.monotonic() + PATIENCE)
        subject = await client.resolve(self.image, terms)
        made = self._made(subject.digest)
        if self.output:
            return made, subject.digest, None
        from webhook.evidence.pushing import Pushing

        told = (made.bundle, self.stated.predicate_type, self.now, terms)
        return made, subject.digest, await Pushing(client).attach(self.image, subject, *told)

    def _made(self, digest: str) -> "Made":
        from webhook.evidence.attesting import Unattestable, attested

        try:
            made = attested(self.stated, self.image.repository, digest, self.signer, self.trusted)
        except Unattestable as error:
            raise InputError(f"{self.predicate}: {error}") from None
        wrong = _out_of_time(made.attestation, self.now)
        if wrong:
            raise InputError(f"{self.predicate}: it would not count: {wrong}")
        return made


def run(args: argparse.Namespace) -> int:
    """0 where it was attached or written; raises UsageError, InputError, RulesError or RegistryFailure."""
    attesting = _read(args)
    made, digest, pushed = asyncio.run(attesting.done())
    if args.output:
        _write(args.output, made.bundle)
    sys.stdout.write("".join(f"{line}\n" for line in _told(attesting, made, digest, pushed)))
    sys.stdout.flush()
    for note in _notes(attesting, made.attestation, digest):
        sys.stderr.write(f"note: {note}\n")
    return 0


def _read(args: argparse.Namespace) -> Attesting:
    """Everything that can be looked at before anybody is asked."""
    from webhook.evidence.attesting import Unattestable, predicate_of
    from webhook.evidence.keys import UnusableKey
    from webhook.evidence.signing import LARGEST_KEY, PASSWORD, read_signer
    from webhook.evidence.strict_json import LARGEST, Malformed, parse

    image = image_of(args.image)
    offline = args.output and image.digest and not args.policies and not os.path.isdir("policies")
    trusted = NOBODY if offline else load_rules(args)[0].trusted
    try:
        stated = predicate_of(args.type, parse(_content(args.predicate, LARGEST)))
    except (Malformed, Unattestable) as error:
        raise InputError(f"{args.predicate}: {error}") from None
    try:
        signer = read_signer(_content(args.key, LARGEST_KEY), os.environ.get(PASSWORD, ""))
    except UnusableKey as error:
        raise InputError(f"{args.key}: {error.message}; {error.cure}") from None
    return Attesting(image, stated, signer, trusted, args.predicate, args.output or "", datetime.now(UTC))


def _content(path: str, most: int) -> bytes:
    try:
        with open(path, "rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    if len(content) > most:
        raise InputError(f"{path} has more than {most} bytes")
    return content


def _write(path: str, bundle: bytes) -> None:
    try:
        with open(path, "wb") as file:
            file.write(bundle)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from None


def _out_of_time(attestation: Attestation, now: datetime) -> str:
    """Why it could count at no time from now on; "" where it can."""
    verdict = out_of_its_time(attestation, now)
    if verdict:
        return verdict.detail
    claim = attestation.claim
    if isinstance(claim, Approval) and claim.not_after and claim.not_after < now:
        return f"the approval held until {clock(claim.not_after)}"
    return ""


def _told(attesting: Attesting, made: "Made", digest: str, pushed: "Pushed | None") -> Iterator[str]:
    repository, key = attesting.image.repository, attesting.signer.key
    yield f"{made.attestation.type} of {repository}@{digest}"
    for line in lines(made.attestation.claim):
        yield f"  {line}"
    yield f"  {one_line(attesting.stated.predicate_type)}"
    yield f"  signed with an {key.kind} key, SHA-256 {key.fingerprint}"
    if pushed is None:
        yield f"written to {attesting.output}; nothing was pushed"
        return
    yield f"pushed as {repository}@{pushed.digest}"
    if pushed.tag:
        yield f"  listed under {repository}:{pushed.tag}, as the registry has no referrers API"


def _notes(attesting: Attesting, attestation: Attestation, digest: str) -> Iterator[str]:
    """What keeps it from counting where it is wanted, as far as that can be seen from here."""
    from webhook.evidence.attesting import authorities_of

    role = ROLES[attestation.type]
    authorities = authorities_of(attesting.signer, attesting.trusted)
    if not authorities:
        yield f"no Authority in the rules has this key, so it counts only where one with the role {role} is declared"
    elif not any(one.covers(role) for one in authorities):
        names = listing([one.name for one in authorities], "and")
        yield f"the key is that of {names}, without the role {role}: it will not count"
    if attesting.stated.images and digest not in attesting.stated.images:
        yield f"the report says that it is about {one_line(attesting.stated.images[0], 120)}, not this digest"
