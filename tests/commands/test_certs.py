"""`doorward certs`: what lands in the folder, what is said, and the exit codes."""

import argparse
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from certs.authority import make_authority, make_leaf
from certs.folder import read
from certs.pair import Pair, certificate_of, certificates, fingerprint, issued_by, names, prove
from certs.rotation import split
from webhook.commands import certs
from webhook.errors import CertificateError, UsageError

SERVICE = ("doorward", "doorward.doorward", "doorward.doorward.svc", "doorward.doorward.svc.cluster.local")
NEW_AUTHORITY_JOINED = "a new authority joined the bundle; it signs once clients have had time to read the bundle"


def run(*words: object) -> int:
    parser = argparse.ArgumentParser()
    certs.add(parser)
    return certs.run(parser.parse_args([str(word) for word in words]))


def leaf_in(folder: Path) -> Pair:
    return Pair((folder / "tls.crt").read_bytes(), (folder / "tls.key").read_bytes())


def trusted(folder: Path) -> list[bytes]:
    return split((folder / "bundle.crt").read_bytes())


def test_init_makes_a_leaf_for_the_service_that_the_bundle_vouches_for(tmp_path: Path) -> None:
    assert run("init", tmp_path / "new") == 0
    leaf = prove(leaf_in(tmp_path / "new"), datetime.now(UTC))
    assert names(leaf) == SERVICE
    assert issued_by(leaf, certificates((tmp_path / "new" / "bundle.crt").read_bytes())[0])
    closed = [path.name for path in (tmp_path / "new").iterdir() if stat.S_IMODE(path.stat().st_mode) == 0o600]
    assert sorted(closed) == ["ca.key", "tls.key"]


def test_init_takes_other_names_and_local_ones(tmp_path: Path) -> None:
    run("init", tmp_path, "--service", "guard", "--namespace", "sec", "--name", "guard.example", "--local")
    assert names(certificate_of(leaf_in(tmp_path))) == (
        "guard",
        "guard.sec",
        "guard.sec.svc",
        "guard.sec.svc.cluster.local",
        "guard.example",
        "localhost",
        "127.0.0.1",
        "::1",
    )


def test_init_says_what_each_file_is_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("init", tmp_path)
    out, err = capsys.readouterr()
    assert out == (
        f"{tmp_path}/bundle.crt: what clients trust (caBundle of the webhook configurations)\n"
        f"{tmp_path}/tls.crt and tls.key: what Doorward serves, as {', '.join(SERVICE)}\n"
        f"{tmp_path}/ca.key: signs new leaves; keep it from everybody who only serves\n"
    )
    assert err == ""


def test_init_replaces_nothing_unless_forced(tmp_path: Path) -> None:
    (tmp_path / "tls.key").write_bytes(b"precious")
    with pytest.raises(UsageError) as refused:
        run("init", tmp_path)
    assert str(refused.value) == (
        f"{tmp_path} already holds tls.key: "
        "rotate keeps clients' trust; --force begins anew and every client needs the new bundle"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["tls.key"]
    assert run("init", tmp_path, "--force") == 0
    assert (tmp_path / "tls.key").read_bytes() != b"precious"


def test_init_into_a_place_that_is_no_folder_says_which(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CertificateError) as refused:
        run("init", tmp_path / "file")
    assert str(refused.value) == f"{tmp_path}/file: File exists"


def test_init_with_a_name_no_certificate_can_hold_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(CertificateError) as refused:
        run("init", tmp_path / "new", "--name", "two words")
    assert str(refused.value) == f"{tmp_path}/new: 'two words' is neither a DNS name nor an IP address"
    assert not (tmp_path / "new").exists()


def test_rotate_makes_a_new_leaf_with_the_same_names_and_authority(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("init", tmp_path, "--local")
    before, bundle = leaf_in(tmp_path), trusted(tmp_path)
    capsys.readouterr()
    assert run("rotate", tmp_path) == 0
    after = leaf_in(tmp_path)
    assert capsys.readouterr().out == "a new leaf was made\n"
    assert after.key != before.key
    assert names(certificate_of(after)) == names(certificate_of(before))
    assert trusted(tmp_path) == bundle


def test_rotate_with_due_does_nothing_to_a_fresh_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("init", tmp_path)
    before = read(tmp_path)
    capsys.readouterr()
    assert run("rotate", tmp_path, "--due") == 0
    assert capsys.readouterr().out == "nothing is due\n"
    assert read(tmp_path) == before


def test_replacing_the_authority_takes_two_moves_and_the_bundle_goes_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("init", tmp_path)
    old, leaf = (tmp_path / "ca.crt").read_bytes(), leaf_in(tmp_path)
    capsys.readouterr()
    run("rotate", tmp_path, "--ca")
    assert capsys.readouterr().out == (
        f"{NEW_AUTHORITY_JOINED}\ngive {tmp_path}/bundle.crt to every client before the next rotation\n"
    )
    coming = (tmp_path / "next-ca.crt").read_bytes()
    assert (trusted(tmp_path), leaf_in(tmp_path)) == ([old, coming], leaf)
    run("rotate", tmp_path, "--due")
    assert capsys.readouterr().out.startswith("nothing is due: the coming authority stands in the bundle since ")
    run("rotate", tmp_path, "--due", "--settle", "0")
    assert capsys.readouterr().out.splitlines()[:2] == ["a new authority signs", "a new leaf was made"]
    assert trusted(tmp_path) == [coming, old]
    assert issued_by(certificate_of(leaf_in(tmp_path)), certificates(coming)[0])
    assert not (tmp_path / "next-ca.key").exists()


def test_rotate_in_a_folder_without_certificates_points_to_init(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        run("rotate", tmp_path)
    assert str(refused.value) == f"{tmp_path} holds no authority and leaf to rotate: `doorward certs init` makes them"


def test_rotate_with_a_lost_authority_key_is_an_error_and_changes_nothing(tmp_path: Path) -> None:
    run("init", tmp_path)
    (tmp_path / "ca.key").unlink()
    before = read(tmp_path)
    with pytest.raises(CertificateError) as refused:
        run("rotate", tmp_path)
    assert str(refused.value) == f"{tmp_path}: ca.key is missing, and without it no leaf can be signed"
    assert read(tmp_path) == before


def test_show_tells_everything_about_a_file_and_its_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    authority = make_authority(now)
    pair = make_leaf(authority, ["localhost", "::1"], now, timedelta(days=3, minutes=1))
    (tmp_path / "tls.crt").write_bytes(pair.certificate)
    (tmp_path / "tls.key").write_bytes(pair.key)
    assert run("show", tmp_path / "tls.crt") == 0
    leaf = certificate_of(pair)
    assert capsys.readouterr().out == (
        f"{tmp_path}/tls.crt\n"
        "  subject      CN=doorward\n"
        f"  issuer       {certificate_of(authority).subject.rfc4514_string()}\n"
        "  names        localhost, ::1\n"
        f"  not before   {leaf.not_valid_before_utc:%Y-%m-%d %H:%M:%S} UTC\n"
        f"  not after    {leaf.not_valid_after_utc:%Y-%m-%d %H:%M:%S} UTC (3 d 0 h left)\n"
        f"  fingerprint  {fingerprint(leaf)}\n"
        "  key          matches\n"
    )


def test_show_of_a_folder_tells_every_certificate_in_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("init", tmp_path)
    run("rotate", tmp_path, "--ca")
    capsys.readouterr()
    assert run("show", tmp_path) == 0
    told = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("  ")]
    files = ("bundle.crt", "bundle.crt, certificate 2", "ca.crt", "next-ca.crt", "tls.crt")
    assert told == [f"{tmp_path}/{name}" for name in files]


def test_show_finds_a_foreign_key_and_an_expired_certificate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now = datetime.now(UTC)
    authority = make_authority(now)
    good, old = make_leaf(authority, ["a"], now), make_leaf(authority, ["a"], now - timedelta(days=9))
    (tmp_path / "a.pem").write_bytes(good.certificate + old.key)
    assert run("show", tmp_path / "a.pem") == 1
    assert "  key          BELONGS TO ANOTHER CERTIFICATE\n" in capsys.readouterr().out
    (tmp_path / "a.pem").write_bytes(old.certificate)
    assert run("show", tmp_path) == 1
    assert " UTC (EXPIRED)\n" in capsys.readouterr().out


def test_show_never_sends_a_certificates_words_to_the_terminal_raw(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run("init", tmp_path)
    monkeypatch.setattr(certs, "names", lambda certificate: ("evil\x1b[2J",))
    capsys.readouterr()
    run("show", tmp_path / "tls.crt")
    assert "  names        evil?[2J\n" in capsys.readouterr().out


def test_show_of_nothing_is_told_by_its_path(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as empty:
        run("show", tmp_path)
    assert str(empty.value) == f"{tmp_path} holds no certificate (*.crt or *.pem)"
    with pytest.raises(CertificateError) as missing:
        run("show", tmp_path / "none.crt")
    assert str(missing.value) == f"{tmp_path}/none.crt: No such file or directory"
    (tmp_path / "text.crt").write_text("hello")
    with pytest.raises(CertificateError) as no_certificate:
        run("show", tmp_path / "text.crt")
    assert str(no_certificate.value).startswith(f"{tmp_path}/text.crt: no certificate can be read")
