"""The pair on its way into OpenSSL, and who a client says it is."""

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from certs import context
from certs.authority import make_authority, make_leaf
from certs.context import peer_names, server_context
from certs.pair import Pair, UnusableError

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
AUTHORITY = make_authority(NOW)
LEAF = make_leaf(AUTHORITY, ["localhost"], NOW)


def test_the_key_reaches_no_disk_where_memory_can_be_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    assert server_context(LEAF).get_ca_certs() == []
    assert list(tmp_path.iterdir()) == []


def test_elsewhere_the_file_is_private_and_gone_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "memfd_create", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with context._as_file(LEAF) as path:
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        assert stat.S_IMODE(os.stat(os.path.dirname(path)).st_mode) == 0o700
        assert Path(path).read_bytes() == LEAF.certificate + LEAF.key
    assert list(tmp_path.iterdir()) == []
    assert server_context(LEAF).get_ca_certs() == []


def test_a_certificate_file_without_a_newline_at_its_end_still_loads() -> None:
    assert server_context(Pair(LEAF.certificate.rstrip(), LEAF.key)).get_ca_certs() == []


def test_openssl_refusing_a_pair_is_told_in_a_sentence() -> None:
    with pytest.raises(UnusableError) as refused:
        server_context(Pair(LEAF.certificate, AUTHORITY.key))
    assert str(refused.value).startswith("TLS does not take the pair: ")


@pytest.mark.parametrize("authorities", [b"", b"nothing", b"\xff\xfe", LEAF.key])
def test_client_authorities_that_are_none_are_refused(authorities: bytes) -> None:
    with pytest.raises(UnusableError) as refused:
        server_context(LEAF, authorities)
    assert str(refused.value).startswith("the client authorities cannot be used: ")


def test_a_peer_is_known_by_its_common_names_and_alternative_names() -> None:
    peer = {
        "subject": ((("organizationName", "system:masters"),), (("commonName", "kube-apiserver"),)),
        "subjectAltName": (("DNS", "api.example"), ("URI", "spiffe://cluster/api")),
    }
    assert peer_names(peer) == {"kube-apiserver", "api.example", "spiffe://cluster/api"}
    assert peer_names({}) == peer_names(None) == frozenset()
