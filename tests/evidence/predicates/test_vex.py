"""OpenVEX, new and old."""

from typing import Any

import pytest

from tests.evidence.predicates.documents import at, claim, document, unusable
from webhook.admission.evidence import VexStatement

VEX = "https://openvex.dev/ns"
DIGEST = "7c1d9a0b2e3f4a5b6c7d8e9f00112233445566778899aabbccddeeff00112233"


def test_statements_have_the_time_of_their_own_or_that_of_the_document() -> None:
    vex = claim(f"{VEX}/v0.2.0", document("openvex"))
    assert (vex.author, vex.at) == ("Corp Product Security <psirt@corp.example>", at(11, 3, 12))
    assert vex.statements == (
        VexStatement(
            ("CVE-2026-10003", "GHSA-aaaa-bbbb-cccc"),
            "not_affected",
            "vulnerable_code_not_in_execute_path",
            (),
            at(11, 2, 12),
        ),
        VexStatement(
            ("CVE-2026-10001",),
            "not_affected",
            "the handshake is not offered",
            (f"pkg:oci/web@sha256%3A{DIGEST}", f"sha256:{DIGEST}"),
            at(11, 3, 12),
        ),
        VexStatement(
            ("CVE-2026-10001",),
            "not_affected",
            "the handshake is not offered",
            ("shop", "pkg:oci/shop"),
            at(11, 3, 12),
            ("pkg:deb/debian/libssl3@3.0.15-1~deb12u1",),
        ),
        VexStatement(("CVE-2026-10002",), "under_investigation", "", (), at(11, 3, 12)),
    )


@pytest.mark.parametrize("predicate_type", [VEX, "text/vex"])
def test_older_documents_have_bare_texts_for_everything(predicate_type: str) -> None:
    (statement,) = claim(predicate_type, document("openvex-old")).statements
    assert statement == VexStatement(
        ("CVE-2026-10003",),
        "not_affected",
        "component_not_present",
        ("pkg:oci/web",),
        at(1, 5, 7, 0, 0, 250_000),
        ("pkg:npm/qs@6.11.0",),
    )


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ({"status": "not_affected"}, "justification` is missing: not_affected needs one, or an impact_statement"),
        ({"status": "fine"}, 'status` is "fine", none of OpenVEX\'s'),
        ({"status": "fixed", "vulnerability": {}}, "vulnerability` is missing"),
        ({"status": "fixed", "vulnerability": ""}, "vulnerability` is missing"),
        ({"status": "fixed", "vulnerability": 3}, "vulnerability` is no object"),
        ({"status": "fixed", "products": [{}]}, "products[0].@id` is missing"),
        ({"status": "fixed", "products": [{"@id": "a", "subcomponents": 1}]}, "products[0].subcomponents` is no list"),
        ({"status": "fixed", "timestamp": "today"}, 'timestamp` is "today", no time of RFC 3339 with a zone'),
    ],
)
def test_a_statement_that_says_too_little_makes_the_document_useless(statement: Any, reason: str) -> None:
    predicate = {"@context": VEX, "statements": [{"vulnerability": "CVE-1", **statement}]}
    assert unusable(VEX, predicate) == f"its `statements[0].{reason}"


@pytest.mark.parametrize(
    ("predicate", "reason"),
    [
        ({"statements": []}, "its `@context` is not https://openvex.dev/ns: only OpenVEX is read"),
        ({"@context": VEX}, "its `statements` is missing"),
        ({"@context": VEX, "statements": [{}] * 20_001}, "its `statements` has 20001 entries, more than 20000"),
    ],
)
def test_what_is_no_openvex_is_not_read(predicate: Any, reason: str) -> None:
    assert unusable(VEX, predicate) == reason
