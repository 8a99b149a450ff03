"""The documents in data/, and what they are read as."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from webhook.admission.evidence import Claim, EvidenceType
from webhook.evidence.claims import Read, Unusable, claim_of

DATA = Path(__file__).parent / "data"

VULN = "https://cosign.sigstore.dev/attestation/vuln/v1"
VULNS = "https://in-toto.io/attestation/vulns/v0.2"
CUSTOM = "https://cosign.sigstore.dev/attestation/v1"
OWN = "https://scans.corp.example/container/v1"


def document(name: str) -> Any:
    """The document of that name."""
    return json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))


def claim(predicate_type: str, predicate: Any) -> Any:
    """What a predicate claims."""
    read = claim_of(predicate_type, predicate)
    assert isinstance(read, Read), read
    return read.claim


def unusable(predicate_type: str, predicate: Any) -> str:
    """Why a predicate claims nothing."""
    read = claim_of(predicate_type, predicate)
    assert isinstance(read, Unusable), read
    return read.reason


def kind_and_claim(predicate_type: str, predicate: Any) -> tuple[EvidenceType | None, Claim]:
    """The type of what is read, and the claim."""
    read = claim_of(predicate_type, predicate)
    assert isinstance(read, Read), read
    return read.type, read.claim


def wrapped(result: Any, **metadata: str) -> dict[str, Any]:
    """cosign's predicate around a report; without times it was scanned on 2 November at 08:15:30."""
    times = metadata or {"scanStartedOn": "2026-11-02T08:15:30Z", "scanFinishedOn": "2026-11-02T08:16:02Z"}
    return {
        "invocation": {"parameters": None, "uri": "", "event_id": "", "builder.id": ""},
        "scanner": {"uri": "pkg:scanner", "version": "9.9", "db": {"uri": "", "version": ""}, "result": result},
        "metadata": times,
    }


def untimed(result: Any) -> dict[str, Any]:
    """cosign's predicate around a report, without a time of its own."""
    return {**wrapped(result), "metadata": {}}


def at(month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0, micro: int = 0) -> datetime:
    """A moment of 2026, in UTC."""
    return datetime(2026, month, day, hour, minute, second, micro, UTC)
