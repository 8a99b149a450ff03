"""From a file to a bundle: which predicate it becomes, whose times it has, and what is refused."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from tests.evidence.pki import public_pem
from tests.evidence.recorded import keyed
from tests.evidence.signing import Signer as Key
from tests.evidence.test_signing import pem
from webhook.admission.evidence import EvidenceType, Scan
from webhook.evidence.attesting import (
    KINDS,
    SCAN,
    Unattestable,
    attested,
    authorities_of,
    predicate_of,
)
from webhook.evidence.predicates import moments
from webhook.evidence.signing import Signer, read_signer
from webhook.policy.trusted import NOBODY, Trusted

DATA = Path(__file__).parent / "predicates/data"
DIGEST = f"sha256:{'d1' * 32}"
REPOSITORY = "registry.corp.example/shop/web"


def document(name: str) -> Any:
    return json.loads((DATA / name).read_text())


def refused(kind: str, content: Any) -> str:
    with pytest.raises(Unattestable) as caught:
        predicate_of(kind, content)
    return str(caught.value)


def signer() -> Signer:
    return read_signer(pem(Key().key), "")


@pytest.mark.parametrize(
    ("kind", "file", "predicate_type"),
    [
        ("vulnerability-scan", "trivy.json", SCAN),
        ("vulnerability-scan", "grype.json", SCAN),
        ("vulnerability-scan", "vulns-v0.2.json", "https://in-toto.io/attestation/vulns/v0.2"),
        ("sbom", "spdx-2.3.json", "https://spdx.dev/Document"),
        ("sbom", "spdx-3.0.json", "https://spdx.dev/Document"),
        ("sbom", "cyclonedx-1.6.json", "https://cyclonedx.org/bom"),
        ("slsa-provenance", "provenance-v1.json", "https://slsa.dev/provenance/v1"),
        ("slsa-provenance", "provenance-v0.2.json", "https://slsa.dev/provenance/v0.2"),
        ("test-result", "test-result.json", "https://in-toto.io/attestation/test-result/v0.1"),
        ("verification-summary", "vsa.json", "https://slsa.dev/verification_summary/v1"),
        ("vex", "openvex.json", "https://openvex.dev/ns"),
        ("approval", "approval.json", "https://doorward.dev/attestation/approval/v1"),
    ],
)
def test_each_type_has_its_predicate_type_and_is_read_back_as_what_it_is(
    kind: str, file: str, predicate_type: str
) -> None:
    stated = predicate_of(kind, document(file))
    assert (stated.predicate_type, stated.type) == (predicate_type, EvidenceType(kind))
    made = attested(stated, REPOSITORY, DIGEST, signer(), NOBODY)
    assert (made.attestation.type, made.attestation.problem) == (EvidenceType(kind), "")
    assert made.attestation.predicate_type == predicate_type


def test_every_type_that_a_rule_can_ask_for_but_a_signature_can_be_attested() -> None:
    assert set(KINDS) == {kind.value for kind in EvidenceType} - {"signature"}


@pytest.mark.parametrize(("file", "scanned"), [("trivy.json", "CreatedAt"), ("grype.json", "descriptor")])
def test_a_plain_report_is_wrapped_with_the_times_of_the_scan_and_never_with_that_of_signing(
    file: str, scanned: str
) -> None:
    report = document(file)
    stated = predicate_of("vulnerability-scan", report)
    assert stated.predicate["scanner"]["result"] == report
    written = report[scanned]["timestamp"] if scanned == "descriptor" else report[scanned]
    claim = attested(stated, REPOSITORY, DIGEST, signer(), NOBODY).attestation.claim
    assert isinstance(claim, Scan)
    assert claim.scanned == moments.parse(written)
    assert stated.predicate["metadata"]["scanStartedOn"] == stated.predicate["metadata"]["scanFinishedOn"]


def test_the_scanner_its_version_and_the_age_of_its_database_are_kept() -> None:
    scanner = predicate_of("vulnerability-scan", document("grype.json")).predicate["scanner"]
    version = document("grype.json")["descriptor"]["version"]
    assert scanner["uri"] == f"pkg:github/anchore/grype@{version}"
    assert scanner["version"] == version
    claim = predicate_of("vulnerability-scan", document("trivy.json")).predicate["scanner"]
    assert claim["uri"] == "pkg:github/aquasecurity/trivy@0.70.0"
    assert "lastUpdate" in scanner["db"]


def test_a_report_without_a_time_is_refused() -> None:
    told = refused("vulnerability-scan", document("snyk.json"))
    assert told.startswith("it does not say when snyk scanned")
    report = document("trivy.json")
    del report["CreatedAt"]
    assert refused("vulnerability-scan", report).startswith("it does not say when trivy scanned")


@pytest.mark.parametrize(
    ("kind", "content", "words"),
    [
        ("scan", {}, "nothing is attested as scan: it is vulnerability-scan, sbom, "),
        ("signature", {}, "nothing is attested as signature"),
        ("vulnerability-scan", {"a": 1}, "it is no report that is known"),
        ("vulnerability-scan", document("plain-trivy-as-vuln.json"), "keeps nothing of a plain report"),
        ("sbom", document("trivy.json"), "it is no bill of materials in JSON"),
        ("approval", {"decision": "yes"}, "`decision`"),
        ("slsa-provenance", {"builder": 3}, "`builder`"),
        ("https://corp.example/anything/v1", {"a": 1}, "says nothing that rules ask for"),
        ("https://slsa.dev/provenance/v1", [], ""),
    ],
)
def test_what_the_verifier_would_not_read_is_refused_with_its_reason(kind: str, content: Any, words: str) -> None:
    assert words in refused(kind, content)


def test_a_predicate_type_is_taken_as_it_is_written() -> None:
    stated = predicate_of("https://grype.anchore.io/scan", document("grype.json"))
    assert (stated.predicate_type, stated.type) == ("https://grype.anchore.io/scan", EvidenceType.SCAN)
    assert stated.predicate == document("grype.json")


def test_the_bundle_is_cosigns_with_one_signature_and_the_hint_of_the_key() -> None:
    by = signer()
    made = attested(predicate_of("approval", document("approval.json")), REPOSITORY, DIGEST, by, NOBODY)
    bundle = json.loads(made.bundle)
    assert bundle["mediaType"] == "application/vnd.dev.sigstore.bundle.v0.3+json"
    assert bundle["verificationMaterial"] == {"publicKey": {"hint": by.key.hint}}
    envelope = bundle["dsseEnvelope"]
    assert (envelope["payloadType"], len(envelope["signatures"])) == ("application/vnd.in-toto+json", 1)
    statement = json.loads(b64decode(envelope["payload"]))
    assert statement["_type"] == "https://in-toto.io/Statement/v0.1"
    assert statement["subject"] == [{"name": REPOSITORY, "digest": {"sha256": "d1" * 32}}]
    assert statement["predicate"] == document("approval.json")


def test_the_authorities_that_are_the_key_are_known_and_others_are_not() -> None:
    by = signer()
    trusted = Trusted((keyed("approvers", by.pem, roles=("approval",)), keyed("ci", public_pem(Key().key))))
    assert [one.name for one in authorities_of(by, trusted)] == ["approvers"]
    assert authorities_of(signer(), trusted) == ()


def test_an_authority_that_wants_a_log_entry_makes_it_refused() -> None:
    by, log = signer(), Key()
    trusted = Trusted((keyed("approvers", by.pem, log.pem, roles=("approval",)),))
    with pytest.raises(Unattestable, match="it would not count: approvers has signed it, but"):
        attested(predicate_of("approval", document("approval.json")), REPOSITORY, DIGEST, by, trusted)
