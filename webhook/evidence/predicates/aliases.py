"""Every predicate type that is read, written exactly so: what is in no row here is something else."""

from enum import Enum, auto


class Shape(Enum):
    """How a predicate is laid out."""

    COSIGN_VULN = auto()
    VULNS = auto()
    CUSTOM = auto()
    PROVENANCE_V02 = auto()
    PROVENANCE_V1 = auto()
    SPDX = auto()
    CYCLONEDX = auto()
    OPENVEX = auto()
    TEST_RESULT = auto()
    VSA = auto()
    SVR = auto()
    APPROVAL = auto()


ALIASES: dict[str, Shape] = {
    "https://cosign.sigstore.dev/attestation/vuln/v1": Shape.COSIGN_VULN,
    "cosign.sigstore.dev/attestation/vuln/v1": Shape.COSIGN_VULN,  # cosign 1
    "https://in-toto.io/attestation/vulns/v0.1": Shape.VULNS,
    "https://in-toto.io/attestation/vulns/v0.2": Shape.VULNS,
    "https://in-toto.io/attestation/vulns": Shape.VULNS,  # the text of the specification
    "https://cosign.sigstore.dev/attestation/v1": Shape.CUSTOM,  # cosign attest without --type
    "cosign.sigstore.dev/attestation/v1": Shape.CUSTOM,
    "https://slsa.dev/provenance/v0.2": Shape.PROVENANCE_V02,
    "https://slsa.dev/provenance/v1": Shape.PROVENANCE_V1,
    "https://spdx.dev/Document": Shape.SPDX,
    "https://spdx.dev/Document/v2.2": Shape.SPDX,
    "https://spdx.dev/Document/v2.3": Shape.SPDX,
    "https://spdx.dev/Document/v3": Shape.SPDX,
    "https://spdx.dev/Document/v3.0": Shape.SPDX,
    "https://cyclonedx.org/bom": Shape.CYCLONEDX,
    "https://cyclonedx.org/bom/v1.4": Shape.CYCLONEDX,
    "https://cyclonedx.org/bom/v1.5": Shape.CYCLONEDX,
    "https://cyclonedx.org/bom/v1.6": Shape.CYCLONEDX,
    "https://cyclonedx.org/bom/v1.7": Shape.CYCLONEDX,
    "https://openvex.dev/ns": Shape.OPENVEX,
    "https://openvex.dev/ns/v0.2.0": Shape.OPENVEX,
    "text/vex": Shape.OPENVEX,  # an example of OpenVEX's own, now withdrawn
    "https://in-toto.io/attestation/test-result/v0.1": Shape.TEST_RESULT,
    "https://slsa.dev/verification_summary/v1": Shape.VSA,
    "https://in-toto.io/attestation/svr/v0.1": Shape.SVR,
    "https://in-toto.io/attestation/svr/v0.2": Shape.SVR,
    "https://doorward.dev/attestation/approval/v1": Shape.APPROVAL,
    "https://jfrog.com/evidence/approval/v1": Shape.APPROVAL,  # whose predicate is free: with our fields
}
