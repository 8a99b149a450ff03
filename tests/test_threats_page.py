"""docs/evidence/threats.md: every attack has a proof, and every proof is a test that exists."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/evidence/threats.md").read_text(encoding="utf-8")
PROOF = re.compile(r"`([a-z0-9_/]+\.py): (test_[a-z0-9_]+)`")


def test_every_proof_is_a_test_that_exists() -> None:
    proofs = PROOF.findall(PAGE)
    assert len(proofs) > 30
    missing = [
        f"{file}: {name}"
        for file, name in proofs
        if not (ROOT / "tests" / file).is_file() or f"def {name}(" not in (ROOT / "tests" / file).read_text()
    ]
    assert missing == []


def test_every_attack_has_a_proof() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| attack")]
    assert len(rows) > 25
    assert [row for row in rows if not PROOF.search(row)] == []
