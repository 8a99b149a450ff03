"""A rotation state goes into files and comes back the same."""

import json
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from certs.folder import authority_files, leaf_files, read, state_of, write
from certs.pair import UnusableError
from certs.rotation import Plan, State, begin, next_step

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PLAN = Plan(("localhost",))


def fresh() -> State:
    return next_step(begin(NOW, PLAN), NOW, PLAN)


def in_each_phase() -> list[State]:
    stable = fresh()
    waiting = next_step(stable, NOW, replace(PLAN, new_authority=True))
    return [stable, waiting, next_step(waiting, NOW + timedelta(hours=1), PLAN)]


@pytest.mark.parametrize("state", in_each_phase(), ids=["stable", "coming", "retired"])
def test_a_state_comes_back_from_its_files_as_it_went_in(state: State, tmp_path: Path) -> None:
    write(tmp_path / "new" / "folder", state)
    assert state_of(read(tmp_path / "new" / "folder"), NOW, PLAN) == state


def test_keys_are_for_their_owner_alone_and_nothing_unfinished_is_left(tmp_path: Path) -> None:
    write(tmp_path, in_each_phase()[1])
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert set(modes) == {
        "ca.crt", "ca.key", "next-ca.crt", "next-ca.key", "rotation.json", "bundle.crt", "tls.crt", "tls.key",
    }  # fmt: skip
    assert {name for name, mode in modes.items() if mode == 0o600} == {"ca.key", "next-ca.key", "tls.key"}


def test_a_key_that_lay_open_to_all_is_closed_when_it_is_written_again(tmp_path: Path) -> None:
    (tmp_path / "tls.key").write_bytes(b"old")
    (tmp_path / "tls.key").chmod(0o644)
    write(tmp_path, fresh())
    assert stat.S_IMODE((tmp_path / "tls.key").stat().st_mode) == 0o600


def test_the_files_of_a_finished_move_disappear(tmp_path: Path) -> None:
    _, waiting, taken = in_each_phase()
    write(tmp_path, waiting)
    write(tmp_path, taken)
    assert not (tmp_path / "next-ca.crt").exists()
    assert not (tmp_path / "next-ca.key").exists()


def test_no_key_stands_in_a_file_that_is_not_named_a_key() -> None:
    for state in in_each_phase():
        files = authority_files(state) | leaf_files(state)
        assert [name for name, text in files.items() if b"PRIVATE" in text and not name.endswith(".key")] == []


def test_a_folder_without_an_authority_begins_with_a_new_one() -> None:
    assert state_of({}, NOW, PLAN).leaf is None


def test_a_leaf_without_its_authority_keeps_the_bundle_trusted_until_it_has_expired() -> None:
    lost = fresh()
    state = state_of(leaf_files(lost) | {"bundle.crt": lost.bundle}, NOW, PLAN)
    assert state.leaf == lost.leaf
    assert [(old.certificate, old.until) for old in state.retired] == [
        (lost.authority.certificate, NOW + timedelta(days=3))
    ]


def test_a_broken_leaf_counts_as_none() -> None:
    files = authority_files(fresh()) | {"tls.crt": b"half", "tls.key": b"written"}
    assert state_of(files, NOW, PLAN).leaf is None


def test_an_authority_without_its_key_is_refused_rather_than_replaced() -> None:
    files = authority_files(fresh())
    del files["ca.key"]
    with pytest.raises(UnusableError) as refused:
        state_of(files, NOW, PLAN)
    assert str(refused.value) == "ca.key is missing, and without it no leaf can be signed"


@pytest.mark.parametrize("notes", [b"", b"[]", b'{"retired": 1}', b'{"retired": [{}]}', b'{"since": "soon"}'])
def test_notes_that_are_not_ours_are_refused(notes: bytes) -> None:
    with pytest.raises(UnusableError) as refused:
        state_of(authority_files(fresh()) | {"rotation.json": notes}, NOW, PLAN)
    assert str(refused.value) == "rotation.json cannot be read: it was not written by Doorward"


def test_the_notes_hold_times_and_certificates() -> None:
    notes = json.loads(authority_files(in_each_phase()[2])["rotation.json"])
    assert [old["until"] for old in notes["retired"]] == ["2026-11-24T12:00:00+00:00"]
