"""Which type of predicate is read as what, and that nothing whatever makes reading fail."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evidence.predicates.documents import CUSTOM, DATA, OWN, document
from webhook.admission.evidence import (
    Approval,
    EvidenceType,
    Provenance,
    RunOfTests,
    Sbom,
    Scan,
    Summary,
    Vex,
)
from webhook.evidence.claims import Read, Unusable, claim_of
from webhook.evidence.predicates.aliases import ALIASES

PAGE = Path(__file__).parents[3] / "docs" / "evidence" / "predicates.md"

EXAMPLES: dict[str, tuple[str, EvidenceType, type]] = {
    "https://cosign.sigstore.dev/attestation/vuln/v1": ("vulns-v0.1", EvidenceType.SCAN, Scan),
    "cosign.sigstore.dev/attestation/vuln/v1": ("vulns-v0.1", EvidenceType.SCAN, Scan),
    "https://in-toto.io/attestation/vulns/v0.1": ("vulns-v0.1", EvidenceType.SCAN, Scan),
    "https://in-toto.io/attestation/vulns/v0.2": ("vulns-v0.2", EvidenceType.SCAN, Scan),
    "https://in-toto.io/attestation/vulns": ("vulns-v0.2", EvidenceType.SCAN, Scan),
    "https://cosign.sigstore.dev/attestation/v1": ("trivy", EvidenceType.SCAN, Scan),
    "cosign.sigstore.dev/attestation/v1": ("trivy", EvidenceType.SCAN, Scan),
    "https://slsa.dev/provenance/v0.2": ("provenance-v0.2", EvidenceType.PROVENANCE, Provenance),
    "https://slsa.dev/provenance/v1": ("provenance-v1", EvidenceType.PROVENANCE, Provenance),
    "https://spdx.dev/Document": ("spdx-2.3", EvidenceType.SBOM, Sbom),
    "https://spdx.dev/Document/v2.2": ("spdx-2.3", EvidenceType.SBOM, Sbom),
    "https://spdx.dev/Document/v2.3": ("spdx-2.3", EvidenceType.SBOM, Sbom),
    "https://spdx.dev/Document/v3": ("spdx-3.0", EvidenceType.SBOM, Sbom),
    "https://spdx.dev/Document/v3.0": ("spdx-3.0", EvidenceType.SBOM, Sbom),
    "https://cyclonedx.org/bom": ("cyclonedx-1.6", EvidenceType.SBOM, Sbom),
    "https://cyclonedx.org/bom/v1.4": ("cyclonedx-1.6", EvidenceType.SBOM, Sbom),
    "https://cyclonedx.org/bom/v1.5": ("cyclonedx-1.6", EvidenceType.SBOM, Sbom),
    "https://cyclonedx.org/bom/v1.6": ("cyclonedx-1.6", EvidenceType.SBOM, Sbom),
    "https://cyclonedx.org/bom/v1.7": ("cyclonedx-1.6", EvidenceType.SBOM, Sbom),
    "https://openvex.dev/ns": ("openvex", EvidenceType.VEX, Vex),
    "https://openvex.dev/ns/v0.2.0": ("openvex", EvidenceType.VEX, Vex),
    "text/vex": ("openvex-old", EvidenceType.VEX, Vex),
    "https://in-toto.io/attestation/test-result/v0.1": ("test-result", EvidenceType.TEST_RESULT, RunOfTests),
    "https://slsa.dev/verification_summary/v1": ("vsa", EvidenceType.SUMMARY, Summary),
    "https://in-toto.io/attestation/svr/v0.1": ("svr", EvidenceType.SUMMARY, Summary),
    "https://in-toto.io/attestation/svr/v0.2": ("svr", EvidenceType.SUMMARY, Summary),
    "https://doorward.dev/attestation/approval/v1": ("approval", EvidenceType.APPROVAL, Approval),
    "https://jfrog.com/evidence/approval/v1": ("approval", EvidenceType.APPROVAL, Approval),
}


def example(predicate_type: str) -> Any:
    """A predicate of this type."""
    predicate = document(EXAMPLES[predicate_type][0])
    if predicate_type.endswith("sigstore.dev/attestation/v1"):
        return {"Data": predicate, "Timestamp": ""}
    if "attestation/vuln/" in predicate_type:
        predicate["scanner"]["result"] = document("trivy")
    return predicate


@pytest.mark.parametrize("predicate_type", ALIASES)
def test_each_type_is_read_as_what_it_is(predicate_type: str) -> None:
    _, kind, claim = EXAMPLES[predicate_type]
    read = claim_of(predicate_type, example(predicate_type))
    assert isinstance(read, Read), read
    assert (read.type, type(read.claim)) == (kind, claim)


@pytest.mark.parametrize("predicate_type", ALIASES)
def test_a_type_that_is_written_a_little_otherwise_is_another_type(predicate_type: str) -> None:
    for other in (f"{predicate_type}/", f"{predicate_type} ", predicate_type.upper(), f"x{predicate_type}"):
        assert claim_of(other, {}) == Unusable(None, f'its type is "{other}", which says nothing that rules ask for')


@pytest.mark.parametrize("predicate_type", ALIASES)
def test_no_predicate_is_read_as_evidence_of_another_type(predicate_type: str) -> None:
    kind = EXAMPLES[predicate_type][1]
    for other, (_, other_kind, _) in EXAMPLES.items():
        read = claim_of(predicate_type, example(other))
        if other_kind is not kind and "sigstore.dev/attestation/v1" not in predicate_type:
            assert isinstance(read, Unusable), (predicate_type, other)
            assert read.type is kind


@pytest.mark.parametrize("predicate_type", [*ALIASES, OWN])
def test_an_approval_a_bill_or_a_summary_under_a_type_of_one_s_own_is_nothing(predicate_type: str) -> None:
    if EXAMPLES.get(predicate_type, ("", EvidenceType.SCAN))[1] is not EvidenceType.SCAN:
        assert claim_of(OWN, example(predicate_type)) == Unusable(
            None, f'its type is "{OWN}", which says nothing that rules ask for'
        )


def test_the_page_has_a_row_for_each_type() -> None:
    page = PAGE.read_text(encoding="utf-8")
    listed = {one for row in re.findall(r"^\|(.*?)\|", page, re.MULTILINE) for one in re.findall(r"`(\S+?)`", row)}
    assert set(ALIASES) - listed == set()


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
_WORDS = sorted(
    {word for name in DATA.glob("*.json") for word in re.findall(r'"([\w@$. -]+)":', name.read_text(encoding="utf-8"))}
)
_JSON = st.recursive(
    _SCALARS | st.sampled_from(["2026-11-02T08:15:30Z", "SPDX-2.3", "CycloneDX", "1.6", "2.1.0", "grype", "PASSED"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(_WORDS), inner, max_size=6),
    max_leaves=30,
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([*ALIASES, OWN, ""]), _JSON)
def test_no_json_whatever_makes_reading_fail(predicate_type: str, predicate: Any) -> None:
    read = claim_of(predicate_type, predicate)
    assert isinstance(read, Read) or read.reason.startswith(("its ", "it "))


@st.composite
def _spoilt(draw: st.DrawFn) -> tuple[str, Any]:
    """A good predicate, one value of which has become something else."""
    predicate_type = draw(st.sampled_from(list(ALIASES)))
    predicate = example(predicate_type)
    at: Any = predicate
    while True:
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))
        if not keys:
            return predicate_type, predicate
        key = draw(st.sampled_from(keys))
        if not isinstance(at[key], dict | list) or draw(st.integers(0, 3)) == 0:
            at[key] = draw(_JSON)
            return predicate_type, predicate
        at = at[key]


@settings(max_examples=400, deadline=None)
@given(_spoilt())
def test_no_value_in_a_good_predicate_makes_reading_fail(spoilt: tuple[str, Any]) -> None:
    read = claim_of(*spoilt)
    assert isinstance(read, Read) or read.reason.startswith(("its ", "it "))


@pytest.mark.parametrize("predicate_type", [*ALIASES, OWN])
def test_neither_depth_nor_size_makes_reading_fail(predicate_type: str) -> None:
    deep: Any = {}
    for _ in range(5_000):
        deep = {name: [deep] for name in ("components", "products", "subcomponents", "applications")} | {"Data": deep}
        deep |= {"ok": True, "vulnerabilities": []}
    outer = {"bomFormat": "CycloneDX", "specVersion": "1.6", "@context": "https://openvex.dev/ns", **deep}
    outer |= {"statements": [{"vulnerability": "CVE-1", "status": "fixed", **deep}]}
    hostile: list[Any] = [deep, outer, 10**5000, "x" * 1_000_000, [[]] * 100_000]
    for predicate in hostile:
        assert isinstance(claim_of(predicate_type, predicate), Read | Unusable)


def test_cosign_s_wrapping_is_not_unwrapped_twice() -> None:
    read = claim_of(CUSTOM, {"Data": {"Data": document("trivy")}})
    assert read == Unusable(None, "its `Data` is nothing that is known: sign it with the `--type` that it has")
