"""Who may ask, and certificates that change while connections stay."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from certs import folder as files
from certs.authority import LOCAL_NAMES
from certs.rotation import Plan, State, begin, next_step
from tests.certs.tls_server import client_context, show_certificate
from tests.e2e.waiting import poll
from tests.server.serving import review, send_on, serving, settings, write_rules
from webhook.errors import CertificateError, UsageError
from webhook.server.serve import Server

NOW = datetime.now(UTC)
PLAN = Plan(LOCAL_NAMES)


def make(folder: Path, now: datetime = NOW) -> State:
    """An authority and a leaf as files in the folder."""
    state = next_step(begin(now, PLAN), now, PLAN)
    files.write(folder, state)
    return state


def test_a_client_without_a_certificate_is_refused_where_one_is_required(tmp_path: Path) -> None:
    ours, theirs = make(tmp_path / "tls"), make(tmp_path / "clients")
    write_rules(tmp_path)
    wanted = settings(
        tmp_path,
        self_signed=(),
        certificate=tmp_path / "tls/tls.crt",
        key=tmp_path / "tls/tls.key",
        client_authorities=tmp_path / "clients/bundle.crt",
        client_names=("kube-apiserver",),
    )
    known = client_context(ours.bundle)
    show_certificate(known, theirs.authority, NOW)
    with serving(wanted, known) as server:
        poll(server.is_ready, "the server did not become ready")
        assert server.validate().response["allowed"] is True
        server.context = client_context(ours.bundle)
        with pytest.raises((ssl.SSLError, ConnectionError)):
            server.validate()


def test_a_client_whose_name_is_not_allowed_gets_no_review(tmp_path: Path) -> None:
    ours, theirs = make(tmp_path / "tls"), make(tmp_path / "clients")
    write_rules(tmp_path)
    wanted = settings(
        tmp_path,
        self_signed=(),
        certificate=tmp_path / "tls/tls.crt",
        key=tmp_path / "tls/tls.key",
        client_authorities=tmp_path / "clients/bundle.crt",
        client_names=("another-apiserver", "a-third"),
    )
    stranger = client_context(ours.bundle)
    show_certificate(stranger, theirs.authority, NOW)
    with serving(wanted, stranger) as server:
        poll(server.is_ready, "the server did not become ready")
        reply = server.validate()
        assert (reply.status, reply.headers["connection"]) == (403, "close")
        assert reply.json == {"error": "the client certificate's name may not ask here"}


def test_a_new_certificate_serves_new_connections_and_old_ones_stay(tmp_path: Path) -> None:
    first = make(tmp_path / "tls")
    write_rules(tmp_path)
    wanted = settings(tmp_path, self_signed=(), certificate=tmp_path / "tls/tls.crt", key=tmp_path / "tls/tls.key")
    with serving(wanted, client_context(first.bundle)) as server:
        poll(server.is_ready, "the server did not become ready")
        kept = server.connect()
        send_on(kept, "POST", "/validate", review())
        connection = kept.sock
        second = make(tmp_path / "tls")
        server.context = client_context(second.bundle)

        def serves_the_second() -> bool:
            try:
                return server.validate().status == 200
            except ssl.SSLCertVerificationError:
                return False

        poll(serves_the_second, "the new certificate is not served")
        assert send_on(kept, "POST", "/validate", review()).status == 200
        assert kept.sock is connection
        kept.close()


def test_a_pair_that_does_not_match_keeps_the_old_one_and_says_so(tmp_path: Path) -> None:
    first = make(tmp_path / "tls")
    write_rules(tmp_path)
    wanted = settings(tmp_path, self_signed=(), certificate=tmp_path / "tls/tls.crt", key=tmp_path / "tls/tls.key")
    with serving(wanted, client_context(first.bundle)) as server:
        poll(server.is_ready, "the server did not become ready")
        other = make(tmp_path / "other")
        assert other.leaf is not None
        (tmp_path / "tls/tls.key").write_bytes(other.leaf.key)
        poll(lambda: b"certificate: WARNING" in server.health("/readyz").body, "the mismatch is not told")
        told = server.health("/readyz")
        assert told.status == 200
        assert b"the key belongs to another certificate; the earlier certificate stays in use" in told.body
        assert server.validate().response["allowed"] is True


def test_the_certificates_end_is_a_metric(tmp_path: Path) -> None:
    write_rules(tmp_path)
    with serving(settings(tmp_path)) as server:
        end = server.metric("doorward_certificate_not_after_timestamp_seconds")
        assert end is not None
        assert timedelta(days=2) < datetime.fromtimestamp(end, UTC) - NOW < timedelta(days=4)


def test_a_server_does_not_begin_without_a_usable_certificate(tmp_path: Path) -> None:
    missing = settings(tmp_path, self_signed=(), certificate=tmp_path / "tls.crt", key=tmp_path / "tls.key")
    with pytest.raises(CertificateError, match=r"tls\.crt cannot be read: No such file or directory"):
        Server(missing)
    with pytest.raises(UsageError, match="no certificate to serve"):
        Server(settings(tmp_path, self_signed=()))


def test_only_tls_1_2_and_newer_is_spoken(tmp_path: Path) -> None:
    write_rules(tmp_path)
    with serving(settings(tmp_path)) as server, server.raw() as connection:
        assert connection.version() in ("TLSv1.2", "TLSv1.3")
        assert server.context.minimum_version >= ssl.TLSVersion.TLSv1_2
