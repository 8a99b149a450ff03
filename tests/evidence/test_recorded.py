"""What real cosign attaches counts for whoever signed it; the tool's own output is read (data/README.md)."""

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.evidence.enclosed import attached as item
from tests.evidence.recorded import Recorded
from webhook.admission.evidence import EvidenceType, Rejected
from webhook.evidence.attached import Kind
from webhook.evidence.gathering import read_blob
from webhook.evidence.prove import NOT_OURS, Proven, prove

SIGNS = {"v2": "application/vnd.dev.cosign.simplesigning.v1+json", "v3": "https://sigstore.dev/cosign/sign/v1"}
UNLOGGED = "ci has signed it, but nothing shows that it stands in the transparency log"
PREHASHED = "it is no plain Ed25519 signature; cosign makes Ed25519ph, which cannot be verified: sign with an ECDSA key"

versions = pytest.mark.parametrize("version", ["v2", "v3"])


def signed_by(proven: list[Proven]) -> Counter[tuple[str, tuple[str, ...]]]:
    return Counter((one.predicate_type, one.authorities) for one in proven)


@versions
def test_everything_that_trusted_keys_have_signed_counts(version: str) -> None:
    recorded = Recorded(version)
    proven, rejected = recorded.judged(recorded.trust("ci", "scan", "p384", "p521", "rsa"))
    expected = {
        (SIGNS[version], ("ci",)): 2,
        (SIGNS[version], ("scan",)): 1,
        (SIGNS[version], ("p384",)): 1,
        (SIGNS[version], ("p521",)): 1,
        (SIGNS[version], ("rsa",)): 1,
        ("https://slsa.dev/provenance/v1", ("ci",)): 1,
        ("https://cyclonedx.org/bom", ("ci",)): 1,
        ("https://openvex.dev/ns", ("ci",)): 1,
        ("https://doorward.dev/attestation/approval/v1", ("ci",)): 1,
        ("https://spdx.dev/Document", ("scan",)): 1,
    }
    if version == "v2":
        expected["https://openvex.dev/ns", ("scan",)] = 1
    assert signed_by(proven) == expected
    assert [one.reason for one in rejected] == [NOT_OURS]


@versions
def test_only_signatures_are_signatures(version: str) -> None:
    recorded = Recorded(version)
    proven, _ = recorded.judged(recorded.trust("ci", "scan"))
    assert {one.predicate_type for one in proven if one.is_signature} == {SIGNS[version]}
    assert all(one.predicate is not None for one in proven if not one.is_signature)


@versions
def test_annotations_that_were_signed(version: str) -> None:
    recorded = Recorded(version)
    proven, _ = recorded.judged(recorded.trust("ci"))
    signatures = sorted(one.annotations for one in proven if one.is_signature)
    assert signatures == [(("by", "ci"),), (("logged", "yes"),)]


@versions
def test_cosign_signs_with_ed25519_in_a_way_that_is_named(version: str) -> None:
    recorded = Recorded(version)
    _, rejected = recorded.judged(recorded.trust("ed25519"))
    says = {"v2": "if ed25519 has signed it, ", "v3": "it says that ed25519 has signed it, but "}
    assert [one.reason for one in rejected if one.reason != NOT_OURS] == [says[version] + PREHASHED]


@versions
def test_keys_that_nobody_names_prove_nothing(version: str) -> None:
    recorded, other = Recorded(version), Recorded({"v2": "v3", "v3": "v2"}[version])
    proven, rejected = recorded.judged(other.trust("ci", "scan"))
    assert proven == []
    assert {one.reason for one in rejected} == {NOT_OURS}
    assert SIGNS[version] in {one.hint for one in rejected}


@versions
def test_what_is_about_another_image_is_no_evidence(version: str) -> None:
    recorded = Recorded(version)
    proven, rejected = recorded.judged(recorded.trust("ci"), "other", about=recorded.digest("web"))
    assert proven == []
    assert [one.reason for one in rejected] == [
        f'ci signed it, but it is about "{recorded.digest("other")}", not this image'
    ]
    assert signed_by(recorded.judged(recorded.trust("ci"), "other")[0]) == {(SIGNS[version], ("ci",)): 1}


@versions
def test_an_authority_that_asks_for_the_log_gets_the_logged_time(version: str) -> None:
    recorded = Recorded(version)
    proven, rejected = recorded.judged(recorded.trust("ci", log="log"))
    (one,) = proven
    assert one.annotations == (("logged", "yes"),)
    assert one.signed is not None
    assert one.signed > datetime(2026, 11, 1, tzinfo=UTC)
    assert {each.reason for each in rejected} == {UNLOGGED, NOT_OURS}


@versions
def test_attestations_in_the_log(version: str) -> None:
    recorded = Recorded(version)
    proven, _ = recorded.judged(recorded.trust("scan", log="log"))
    wanted = {"v2": {"https://spdx.dev/Document", "https://openvex.dev/ns"}, "v3": {"https://spdx.dev/Document"}}
    assert {one.predicate_type for one in proven} == wanted[version]
    assert all(one.signed for one in proven)


@versions
def test_another_log_proves_nothing(version: str) -> None:
    recorded = Recorded(version)
    proven, rejected = recorded.judged(recorded.trust("ci", log="scan"))
    assert proven == []
    assert "ci has signed it, but it stands in another transparency log" in {one.reason for one in rejected}


@versions
def test_what_is_signed_becomes_a_claim(version: str) -> None:
    recorded = Recorded(version)
    trust = recorded.trust("ci", "scan")
    read = [read_blob(item, blob, recorded.digest(), trust) for item, blob in recorded.items()]
    found = {one.type for part in read for one in part.attestations if not one.problem}
    assert found == {
        EvidenceType.SIGNATURE,
        EvidenceType.PROVENANCE,
        EvidenceType.SBOM,
        EvidenceType.VEX,
        EvidenceType.APPROVAL,
    }


def test_both_cosigns_are_united_in_one_trust() -> None:
    old, new = Recorded("v2"), Recorded("v3")
    assert old.digest() == new.digest()


def sign_blob(key: str) -> tuple[Recorded, bytes]:
    recorded = Recorded("v3")
    return recorded, (recorded.folder / f"sign-blob-{key}.json").read_bytes()


def test_a_manifest_that_was_signed_as_mere_bytes_is_not_a_signed_image() -> None:
    recorded, blob = sign_blob("ci")
    answer = prove(item(Kind.BUNDLE), blob, recorded.digest(), recorded.trust("ci"))
    assert isinstance(answer, Rejected)
    assert answer.reason == (
        "ci signed it, but as mere bytes, which says nothing about an image: sign it with cosign sign, not sign-blob"
    )


def test_mere_bytes_of_something_else() -> None:
    recorded, blob = sign_blob("ci")
    answer = prove(item(Kind.BUNDLE), blob, recorded.digest("other"), recorded.trust("ci"))
    assert isinstance(answer, Rejected)
    assert answer.reason == f"it is about the bytes {recorded.digest('web')}, not this image"


def test_mere_bytes_with_an_ed25519_key() -> None:
    recorded, blob = sign_blob("ed25519")
    answer = prove(item(Kind.BUNDLE), blob, recorded.digest(), recorded.trust("ed25519"))
    assert isinstance(answer, Rejected)
    assert answer.reason == f"it says that ed25519 has signed it, but {PREHASHED}"


def logged_bundle() -> tuple[Recorded, dict[str, Any]]:
    recorded = Recorded("v3")
    documents = [json.loads(blob) for _, blob in recorded.items()]
    return recorded, next(one for one in documents if "tlogEntries" in one["verificationMaterial"])


def test_inclusion_without_a_promise_proves_the_log_but_no_time() -> None:
    recorded, document = logged_bundle()
    (entry,) = document["verificationMaterial"]["tlogEntries"]
    assert len(entry["inclusionProof"]["hashes"]) > 1
    del entry["inclusionPromise"]
    trust = recorded.trust("ci", "scan", log="log")
    answer = prove(item(Kind.BUNDLE), json.dumps(document).encode(), recorded.digest(), trust)
    assert not isinstance(answer, Rejected)
    assert [one.signed for one in answer] == [None]


def test_neither_promise_nor_inclusion() -> None:
    recorded, document = logged_bundle()
    (entry,) = document["verificationMaterial"]["tlogEntries"]
    del entry["inclusionPromise"]
    entry["inclusionProof"]["hashes"].reverse()
    answer = prove(
        item(Kind.BUNDLE),
        json.dumps(document).encode(),
        recorded.digest(),
        recorded.trust("ci", "scan", log="log"),
    )
    assert isinstance(answer, Rejected)
    assert answer.reason.endswith("but its log entry is not the log's: no promise and no proof of inclusion holds")
