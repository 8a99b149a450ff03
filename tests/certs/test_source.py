"""Reloading under real TLS on loopback: old connections live on, new ones meet the new certificate."""

import os
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from certs.authority import make_authority, make_leaf
from certs.pair import Pair, UnusableError, certificate_of
from certs.source import Change, FileSource, SelfSignedSource, Watch
from tests.certs.tls_server import LineServer, ask, client_context, connection, show_certificate

# Real handshakes read the real clock.
NOW = datetime.now(UTC).replace(microsecond=0)
AUTHORITY = make_authority(NOW)
NAMES = ["localhost", "127.0.0.1"]
ONE, TWO = make_leaf(AUTHORITY, NAMES, NOW), make_leaf(AUTHORITY, NAMES, NOW)
END = (NOW + timedelta(days=3)).strftime("%Y-%m-%d %H:%M:%S UTC")


def put(folder: Path, pair: Pair) -> None:
    (folder / "tls.crt").write_bytes(pair.certificate)
    (folder / "tls.key").write_bytes(pair.key)


def source_in(folder: Path, pair: Pair = ONE, clients: bytes | None = None) -> FileSource:
    put(folder, pair)
    if clients is not None:
        (folder / "clients.crt").write_bytes(clients)
    return FileSource(folder / "tls.crt", folder / "tls.key", folder / "clients.crt" if clients else None, NOW)


def serial(pair: Pair) -> int:
    return certificate_of(pair).serial_number


def served(port: int, name: str = "localhost", context: ssl.SSLContext | None = None) -> int:
    """The serial number of the certificate that a new connection meets."""
    with connection(port, context or client_context(AUTHORITY.certificate), name) as secure:
        ask(secure)
        return shown(secure)


def shown(secure: ssl.SSLSocket) -> int:
    der = secure.getpeercert(binary_form=True)
    assert der is not None
    return x509.load_der_x509_certificate(der).serial_number


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("name", NAMES)
def test_a_reload_keeps_the_open_connection_and_shows_new_ones_the_new_certificate(
    tmp_path: Path, version: ssl.TLSVersion, name: str
) -> None:
    source = source_in(tmp_path)
    client = client_context(AUTHORITY.certificate)
    client.minimum_version = client.maximum_version = version
    with LineServer(source.context()) as server, connection(server.port, client, name) as old:
        assert ask(old) == b":hello\n"
        put(tmp_path, TWO)
        said = f"the certificate was read again: for localhost, 127.0.0.1, valid until {END}"
        assert source.refresh(NOW) == Change(True, said)
        assert served(server.port, name, client) == serial(TWO)
        assert ask(old, b"still here\n") == b":still here\n"
        assert shown(old) == serial(ONE)


def test_a_secret_mounted_through_symbolic_links_is_seen_when_it_is_exchanged(tmp_path: Path) -> None:
    for name, pair in (("..one", ONE), ("..two", TWO)):
        (tmp_path / name).mkdir()
        put(tmp_path / name, pair)
    (tmp_path / "..data").symlink_to("..one")
    for name in ("tls.crt", "tls.key"):
        (tmp_path / name).symlink_to(f"..data/{name}")
    source = FileSource(tmp_path / "tls.crt", tmp_path / "tls.key", None, NOW)
    (tmp_path / "..data_tmp").symlink_to("..two")
    os.replace(tmp_path / "..data_tmp", tmp_path / "..data")
    assert source.refresh(NOW) is not None
    with LineServer(source.context()) as server:
        assert served(server.port) == serial(TWO)


def test_files_that_did_not_change_are_no_news(tmp_path: Path) -> None:
    source = source_in(tmp_path)
    put(tmp_path, ONE)
    assert source.refresh(NOW) is None


BROKEN = {
    "half": Pair(TWO.certificate[:-100], TWO.key),
    "mismatched": Pair(TWO.certificate, ONE.key),
    "empty": Pair(b"", b""),
    "expired": make_leaf(AUTHORITY, NAMES, NOW - timedelta(days=10)),
    "no key": Pair(TWO.certificate, TWO.certificate),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_pair_is_told_once_and_the_old_one_keeps_serving(tmp_path: Path, broken: Pair) -> None:
    source = source_in(tmp_path)
    with LineServer(source.context()) as server:
        put(tmp_path, broken)
        change = source.refresh(NOW)
        assert change is not None
        assert not change.reloaded
        assert change.message.startswith(f"{tmp_path / 'tls.crt'} with {tmp_path / 'tls.key'}: ")
        assert change.message.endswith("; the earlier certificate stays in use")
        assert source.refresh(NOW) is None
        assert served(server.port) == serial(ONE)
        assert not source.status(NOW).ok
        put(tmp_path, TWO)
        assert source.refresh(NOW) is not None
        assert served(server.port) == serial(TWO)
        assert source.status(NOW).ok


def test_a_mismatched_pair_says_what_is_wrong_and_what_still_serves(tmp_path: Path) -> None:
    source = source_in(tmp_path)
    put(tmp_path, BROKEN["mismatched"])
    source.refresh(NOW)
    where = f"{tmp_path / 'tls.crt'} with {tmp_path / 'tls.key'}"
    assert source.status(NOW).message == (
        f"{where}: the key belongs to another certificate; the earlier certificate stays in use, "
        f"the certificate is valid until {END}"
    )


def test_missing_files_keep_the_old_pair_and_going_back_to_it_is_well_again(tmp_path: Path) -> None:
    source = source_in(tmp_path)
    (tmp_path / "tls.key").unlink()
    said = f"{tmp_path / 'tls.key'} cannot be read: No such file or directory; the earlier certificate stays in use"
    assert source.refresh(NOW) == Change(False, said)
    put(tmp_path, ONE)
    assert source.refresh(NOW) is None
    assert source.status(NOW).ok


def test_a_pair_of_the_future_is_taken_as_soon_as_its_time_has_come(tmp_path: Path) -> None:
    source = source_in(tmp_path)
    put(tmp_path, make_leaf(AUTHORITY, NAMES, NOW + timedelta(hours=1)))
    refused = source.refresh(NOW)
    assert refused is not None
    assert not refused.reloaded
    taken = source.refresh(NOW + timedelta(hours=1))
    assert taken is not None
    assert taken.reloaded


def test_a_first_pair_that_cannot_serve_is_an_error_with_both_paths(tmp_path: Path) -> None:
    with pytest.raises(UnusableError) as refused:
        source_in(tmp_path, BROKEN["mismatched"])
    where = f"{tmp_path / 'tls.crt'} with {tmp_path / 'tls.key'}"
    assert str(refused.value) == f"{where}: the key belongs to another certificate"


def test_intermediates_are_sent_along(tmp_path: Path) -> None:
    chain = Pair(ONE.certificate + AUTHORITY.certificate, ONE.key)
    source = source_in(tmp_path, chain)
    assert source.status(NOW).ok
    with LineServer(source.context()) as server:
        assert served(server.port) == serial(ONE)


def test_the_state_turns_when_less_than_a_third_is_left_and_again_at_the_end(tmp_path: Path) -> None:
    source = source_in(tmp_path)
    early, late, over = (source.status(NOW + timedelta(hours=hours)) for hours in (47, 49, 72))
    assert (early.ok, early.message) == (True, f"the certificate is valid until {END}")
    assert (late.ok, late.message) == (
        False,
        f"the certificate ends at {END}: less than a third of its lifetime is left",
    )
    assert (over.ok, over.message) == (False, f"the certificate expired at {END}: clients refuse it")
    assert early.not_after == NOW + timedelta(days=3)


def test_versions_before_tls_1_2_are_not_offered(tmp_path: Path) -> None:
    assert source_in(tmp_path).context().minimum_version == ssl.TLSVersion.TLSv1_2


def client_of(authority: Pair) -> ssl.SSLContext:
    """A client that shows a certificate of that authority."""
    context = client_context(AUTHORITY.certificate)
    show_certificate(context, authority, NOW)
    return context


def refused(port: int, context: ssl.SSLContext) -> bool:
    try:
        with connection(port, context) as secure:
            ask(secure)
    except (ssl.SSLError, ConnectionError):
        return True
    return False


def test_with_client_authorities_a_client_without_a_certificate_is_refused(tmp_path: Path) -> None:
    clients = make_authority(NOW)
    with LineServer(source_in(tmp_path, clients=clients.certificate).context()) as server:
        assert refused(server.port, client_context(AUTHORITY.certificate))
        assert refused(server.port, client_of(make_authority(NOW)))
        with connection(server.port, client_of(clients)) as secure:
            assert ask(secure) == b"kube-apiserver:hello\n"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_client_authority_that_was_taken_away_is_trusted_no_more(tmp_path: Path, version: ssl.TLSVersion) -> None:
    old, new = make_authority(NOW), make_authority(NOW)
    source = source_in(tmp_path, clients=old.certificate)
    old_client, new_client = client_of(old), client_of(new)
    old_client.maximum_version = new_client.maximum_version = version
    with LineServer(source.context()) as server:
        assert (refused(server.port, old_client), refused(server.port, new_client)) == (False, True)
        (tmp_path / "clients.crt").write_bytes(new.certificate)
        assert source.refresh(NOW) is not None
        assert (refused(server.port, old_client), refused(server.port, new_client)) == (True, False)
        (tmp_path / "clients.crt").write_bytes(b"")
        broken = source.refresh(NOW)
        assert broken is not None
        assert not broken.reloaded
        assert (refused(server.port, old_client), refused(server.port, new_client)) == (True, False)


def test_a_self_signed_source_serves_what_its_bundle_trusts() -> None:
    source = SelfSignedSource(["localhost"], NOW)
    with LineServer(source.context()) as server, connection(server.port, client_context(source.bundle)) as secure:
        assert ask(secure) == b":hello\n"
    assert source.status(NOW).ok


def test_a_self_signed_source_renews_itself_before_a_third_of_the_lifetime_remains() -> None:
    source = SelfSignedSource(["localhost"], NOW)
    assert source.refresh(NOW + timedelta(hours=20)) is None
    change = source.refresh(NOW + timedelta(hours=25))
    assert change is not None
    assert change.reloaded
    assert change.message.startswith("a new leaf was made: for localhost, valid until ")
    assert source.status(NOW + timedelta(hours=25)).not_after == NOW + timedelta(hours=97)


def test_a_self_signed_source_keeps_the_connections_and_the_bundle_of_a_renewal() -> None:
    # Begun yesterday, so that the handshakes, which read the real clock, find the first and the renewed leaf valid.
    begun = NOW - timedelta(hours=25)
    source = SelfSignedSource(["localhost"], begun)
    client = client_context(source.bundle)
    with LineServer(source.context()) as server, connection(server.port, client) as old:
        before = shown(old)
        assert source.refresh(NOW) is not None
        assert served(server.port, context=client) != before
        assert ask(old) == b":hello\n"


def test_a_watch_tells_every_change_and_ends_when_told(tmp_path: Path) -> None:
    source = source_in(tmp_path)
    told: list[Change] = []
    heard = threading.Event()

    def hear(change: Change) -> None:
        told.append(change)
        if change.reloaded:
            heard.set()

    watch = Watch(source, 0.01, hear, lambda: NOW)
    put(tmp_path, TWO)
    assert heard.wait(10)
    watch.stop()
    assert told[-1].reloaded
    assert not any(thread.name == "certificate-watch" for thread in threading.enumerate())
