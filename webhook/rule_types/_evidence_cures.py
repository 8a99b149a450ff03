"""What to run to produce what is missing: one line, with the image and digest that were judged."""

from collections.abc import Mapping
from shlex import quote

from webhook.admission.evidence import EvidenceType

_COSIGN = {
    EvidenceType.PROVENANCE: ("slsaprovenance1", "provenance.json"),
    EvidenceType.TEST_RESULT: ("https://in-toto.io/attestation/test-result/v0.1", "result.json"),
    EvidenceType.SUMMARY: ("https://slsa.dev/verification_summary/v1", "summary.json"),
}
_OURS = {
    EvidenceType.SCAN: "scan.json",
    EvidenceType.SBOM: "sbom.json",
    EvidenceType.APPROVAL: "approval.json",
}
_SOMEBODY = "KEY"


def command(kind: EvidenceType, name: str, image: str, annotations: Mapping[str, str]) -> str:
    """The command by which an Authority ("" is anybody) would vouch for an image (repository@digest). `annotations` are
    those that a signature must cover."""
    key = f"--key {name or _SOMEBODY}.key"
    if kind in _OURS:
        return f"doorward evidence attest {key} --type {kind} --predicate {_OURS[kind]} {image}"
    if kind in _COSIGN:
        predicate_type, predicate = _COSIGN[kind]
        return f"cosign attest {key} --type {predicate_type} --predicate {predicate} {image}"
    covered = "".join(f"-a {quote(f'{name}={value}')} " for name, value in annotations.items())
    return f"cosign sign {key} {covered}{image}"
