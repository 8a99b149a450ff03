"""From a proven predicate to what it claims, in the words of rules: a pure function, for which no JSON is too odd.

    claim_of(predicate_type, predicate) -> Read(type, claim, images) | Unusable(type, reason)

Which type means what stands in predicates/aliases.py. A type that is in no row there is read only where the predicate
is a whole report of a scanner, which cannot be mistaken for anything else: teams give their scans types of their own.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from webhook.admission.evidence import Claim, EvidenceType
from webhook.evidence.predicates import (
    approval,
    cyclonedx,
    provenance,
    spdx,
    summary,
    test_results,
    vex,
    vulnerabilities,
)
from webhook.evidence.predicates.aliases import ALIASES, Shape
from webhook.evidence.predicates.custom import unwrapped
from webhook.evidence.predicates.fields import Unreadable, as_object, moment
from webhook.evidence.predicates.sbom import unwrapping
from webhook.patterns import shown


class Read(NamedTuple):
    """What a predicate claims; `images` are digests that a scanner's report itself says it is about, for comparing."""

    type: EvidenceType
    claim: Claim
    images: tuple[str, ...] = ()


class Unusable(NamedTuple):
    """Why a predicate claims nothing: a clause such as "its `scanner.result` is null"; no type where none is known."""

    type: EvidenceType | None
    reason: str


_READERS: dict[Shape, tuple[EvidenceType, Callable[[Any], Claim]]] = {
    Shape.PROVENANCE_V02: (EvidenceType.PROVENANCE, provenance.read_v02),
    Shape.PROVENANCE_V1: (EvidenceType.PROVENANCE, provenance.read_v1),
    Shape.SPDX: (EvidenceType.SBOM, unwrapping(spdx.read)),
    Shape.CYCLONEDX: (EvidenceType.SBOM, unwrapping(cyclonedx.read)),
    Shape.OPENVEX: (EvidenceType.VEX, vex.read),
    Shape.TEST_RESULT: (EvidenceType.TEST_RESULT, test_results.read),
    Shape.VSA: (EvidenceType.SUMMARY, summary.read_vsa),
    Shape.SVR: (EvidenceType.SUMMARY, summary.read_svr),
    Shape.APPROVAL: (EvidenceType.APPROVAL, approval.read),
}


def claim_of(predicate_type: str, predicate: Any) -> Read | Unusable:
    """What a predicate (parsed JSON, whatever it is) of this type claims, or why it claims nothing; raises nothing."""
    shape = ALIASES.get(predicate_type)
    if shape is None:
        return _unknown(predicate_type, predicate)
    if shape is Shape.CUSTOM:
        return _custom(predicate)
    if shape in (Shape.COSIGN_VULN, Shape.VULNS):
        return _scan(lambda: vulnerabilities.read_wrapped(predicate, lists=shape is Shape.VULNS))
    kind, read = _READERS[shape]
    try:
        return Read(kind, read(predicate))
    except Unreadable as error:
        return Unusable(kind, str(error))


def _scan(read: Callable[[], vulnerabilities.Scanned | None]) -> Read | Unusable:
    try:
        scanned = read()
    except Unreadable as error:
        return Unusable(EvidenceType.SCAN, str(error))
    if scanned is None:
        return Unusable(None, "it is no report of a scanner that is known")
    return Read(EvidenceType.SCAN, scanned.scan, scanned.images)


def _unknown(predicate_type: str, predicate: Any) -> Read | Unusable:
    if vulnerabilities.report_reader(predicate) is None:
        return Unusable(None, f"its type is {shown(predicate_type)}, which says nothing that rules ask for")
    return _scan(lambda: vulnerabilities.read_report(predicate))


def _custom(predicate: Any) -> Read | Unusable:
    """What cosign wraps where it is told no type: a scanner's report, or a bill of materials."""
    try:
        document = as_object(predicate)
        data, written = unwrapped(document), moment(document, "Timestamp")
    except Unreadable as error:
        return Unusable(None, str(error))
    if vulnerabilities.is_wrapped(data):
        return _scan(lambda: vulnerabilities.read_wrapped(data))
    if vulnerabilities.report_reader(data) is not None:
        return _scan(lambda: vulnerabilities.read_report(data, written))
    shape = _bill(data)
    if shape is None:
        return Unusable(None, "its `Data` is nothing that is known: sign it with the `--type` that it has")
    kind, read = _READERS[shape]
    try:
        return Read(kind, read(data))
    except Unreadable as error:
        return Unusable(kind, str(error.within("Data")))


def _bill(data: Any) -> Shape | None:
    if not isinstance(data, dict):
        return None
    if "bomFormat" in data:
        return Shape.CYCLONEDX
    return Shape.SPDX if "spdxVersion" in data else None
