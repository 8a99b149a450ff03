"""VEX: what a supplier says of vulnerabilities in the image; the last word on each counts."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from webhook.admission.evidence import Attestation, EvidenceType, Vex, VexStatement, Vulnerability
from webhook.rule_types._evidence_verdicts import SKEW, Looking

LIFTS = "not_affected"

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class _Said(NamedTuple):
    """One word on a vulnerability: of the whole image, or of components alone."""

    at: datetime
    lifts: bool
    components: tuple[str, ...]

    def is_about(self, one: Vulnerability) -> bool:
        """Whether it is about the package in which the vulnerability was found."""
        return not self.components or any(_is_package(component, one) for component in self.components)


def ids(one: Vulnerability) -> tuple[str, ...]:
    """All ids of a vulnerability."""
    return (one.id, *one.aliases)


def not_lifted(bad: Iterable[Vulnerability], authorities: Sequence[str], looking: Looking) -> tuple[Vulnerability, ...]:
    """The vulnerabilities of which the last word of these Authorities is not that they do not affect the image."""
    bad = tuple(bad)
    said = _said_of({name for one in bad for name in ids(one)}, authorities, looking)
    return tuple(one for one in bad if not _is_lifted(one, said))


def _is_lifted(one: Vulnerability, said: dict[str, list[_Said]]) -> bool:
    about = [word for name in ids(one) for word in said.get(name, ()) if word.is_about(one)]
    return bool(about) and max(about, key=_when).lifts


def _when(said: _Said) -> tuple[datetime, bool]:
    """Of two words at the same time, the one that does not lift is the last."""
    return said.at, not said.lifts


def _said_of(wanted: set[str], authorities: Sequence[str], looking: Looking) -> dict[str, list[_Said]]:
    """Every word on each of these vulnerabilities, of those whose word counts."""
    said: dict[str, list[_Said]] = {name: [] for name in wanted}
    for attestation in looking.beside:
        if attestation.type is EvidenceType.VEX and not set(authorities).isdisjoint(attestation.authorities):
            for at, statement in _statements(attestation, looking, wanted):
                word = _Said(at, statement.status == LIFTS, statement.components)
                for name in wanted.intersection(statement.vulnerabilities):
                    said[name].append(word)
    return said


def _statements(
    attestation: Attestation, looking: Looking, wanted: set[str]
) -> Iterator[tuple[datetime, VexStatement]]:
    """Statements about this image, with their times; what has none is older than all that has."""
    vex = attestation.claim
    if not isinstance(vex, Vex) or attestation.problem or attestation.lapsed(looking.now):
        return
    digests = [place.digest.partition(":")[2] for place in (looking.evidence, looking.named)]
    for statement in vex.statements:
        if wanted.isdisjoint(statement.vulnerabilities):
            continue
        at = statement.at or vex.at or attestation.signed or _LONG_AGO
        about = not statement.products or any(_is_image(product, digests) for product in statement.products)
        if about and at - looking.now <= SKEW:
            yield at, statement


def _is_image(product: str, digests: Iterable[str]) -> bool:
    """Whether a product is this image: it names its digest, as a purl or a hash does."""
    folded = product.lower()
    return any(digest in folded for digest in digests)


def _is_package(component: str, one: Vulnerability) -> bool:
    """Whether a component is the package in which the vulnerability was found: by its name, or by a purl, whose version
    must be the one that is installed where it says one (package-url specification)."""
    if not component.startswith("pkg:"):
        return component == one.package
    path, _, version = component.removeprefix("pkg:").partition("#")[0].partition("?")[0].partition("@")
    if "@" in version:  # the @ of an npm scope that nobody has encoded
        scope, _, version = version.partition("@")
        path = f"{path}@{scope}"
    from urllib.parse import unquote  # few documents name components

    names = [unquote(part) for part in path.strip("/").split("/")[1:]]
    if version and unquote(version) != one.installed:
        return False
    return bool(names) and one.package in (names[-1], "/".join(names), ":".join(names))
