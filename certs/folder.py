"""A rotation state as named files: in a folder, or as the data of Secrets."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from certs.pair import Pair, UnusableError, certificate_of
from certs.rotation import Coming, Plan, Retired, State, begin

# In this order they are written: whoever looks in between already trusts what is about to serve.
AUTHORITY_FILES = ("ca.crt", "ca.key", "next-ca.crt", "next-ca.key", "rotation.json", "bundle.crt")
LEAF_FILES = ("tls.crt", "tls.key")


def authority_files(state: State) -> dict[str, bytes]:
    """What only the one that signs may read."""
    files = {"ca.crt": state.authority.certificate, "ca.key": state.authority.key}
    if state.coming:
        files |= {"next-ca.crt": state.coming.authority.certificate, "next-ca.key": state.coming.authority.key}
    return files | {"rotation.json": _notes(state), "bundle.crt": state.bundle}


def leaf_files(state: State) -> dict[str, bytes]:
    """What the server reads; empty before the first step."""
    return {"tls.crt": state.leaf.certificate, "tls.key": state.leaf.key} if state.leaf else {}


def state_of(files: Mapping[str, bytes], now: datetime, plan: Plan) -> State:
    """The state that the files hold; a new authority where there is none. Raises UnusableError for broken ones."""
    leaf = _leaf(files)
    if "ca.crt" not in files and "ca.key" not in files:
        return begin(now, plan, leaf, files.get("bundle.crt", b""))
    authority = _pair(files, "ca.crt", "ca.key")
    notes = _read_notes(files.get("rotation.json", b"{}"))
    coming = None
    if "next-ca.crt" in files:
        coming = Coming(_pair(files, "next-ca.crt", "next-ca.key"), notes[0] or now)
    return State(authority, leaf, coming, notes[1])


def _leaf(files: Mapping[str, bytes]) -> Pair | None:
    if "tls.crt" not in files or "tls.key" not in files:
        return None
    leaf = Pair(files["tls.crt"], files["tls.key"])
    try:
        certificate_of(leaf)
    except UnusableError:
        return None
    return leaf


def _pair(files: Mapping[str, bytes], certificate: str, key: str) -> Pair:
    for name in (certificate, key):
        if name not in files:
            raise UnusableError(f"{name} is missing, and without it no leaf can be signed")
    return Pair(files[certificate], files[key])


def _notes(state: State) -> bytes:
    retired = [{"certificate": old.certificate.decode(), "until": old.until.isoformat()} for old in state.retired]
    since = {"since": state.coming.since.isoformat()} if state.coming else {}
    return json.dumps(since | {"retired": retired}, indent=1).encode() + b"\n"


def _read_notes(text: bytes) -> tuple[datetime | None, tuple[Retired, ...]]:
    try:
        notes = json.loads(text)
        since = datetime.fromisoformat(notes["since"]) if "since" in notes else None
        retired = notes.get("retired", [])
        return since, tuple(Retired(o["certificate"].encode(), datetime.fromisoformat(o["until"])) for o in retired)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UnusableError("rotation.json cannot be read: it was not written by Doorward") from error


def read(folder: Path) -> dict[str, bytes]:
    """The files of a state that the folder has; raises OSError."""
    wanted = (*AUTHORITY_FILES, *LEAF_FILES)
    return {name: (folder / name).read_bytes() for name in wanted if (folder / name).exists()}


def write(folder: Path, state: State) -> None:
    """Puts the state into the folder, each file whole or not at all, keys for their owner alone; raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    files = authority_files(state) | leaf_files(state)
    for name in _ordered(files):
        _replace(folder / name, files[name])
    for name in AUTHORITY_FILES:
        if name not in files:
            (folder / name).unlink(missing_ok=True)


def _ordered(files: Iterable[str]) -> list[str]:
    return sorted(files, key=(*AUTHORITY_FILES, *LEAF_FILES).index)


def _replace(path: Path, content: bytes) -> None:
    mode = 0o600 if path.suffix == ".key" else 0o644
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.unlink(missing_ok=True)
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
