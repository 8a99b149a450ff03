"""Which files the arguments of a command mean, and their bytes: files, folders, globs and standard input."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator, Sequence
from typing import BinaryIO, NamedTuple

from webhook.errors import InputError

STDIN = "<stdin>"
EXTENSIONS = (".yaml", ".yml", ".json")
LARGEST = 64 * 1024 * 1024

_IRREGULAR = "not a regular file: send its content to standard input and pass -"


class Found(NamedTuple):
    """One file to read, or one thing that cannot be read; `name` is how the user would write it."""

    name: str
    largest: int = LARGEST
    stream: BinaryIO | None = None
    refusal: str = ""

    def read(self) -> bytes:
        """All bytes; raises InputError with a sentence that begins with the name."""
        if self.refusal:
            raise InputError(f"{printable(self.name)}: {self.refusal}")
        try:
            data = self.stream.read(self.largest + 1) if self.stream else self._from_file()
        except OSError as error:
            raise InputError(f"{printable(self.name)}: {_why(error)}") from None
        if len(data) > self.largest:
            raise InputError(f"{printable(self.name)}: larger than {self.largest:,} bytes: split it into several files")
        return data

    def _from_file(self) -> bytes:
        with open(self.name, "rb") as file:
            return file.read(self.largest + 1)


def find(
    arguments: Sequence[str],
    *,
    extensions: tuple[str, ...] = EXTENSIONS,
    largest: int = LARGEST,
    stdin: BinaryIO | None = None,
) -> Iterator[Found]:
    """Every file that the arguments mean, each once, in their order; folders by name, deeply.

    In folders only the extensions count, and names that begin with a dot are left out: a mounted ConfigMap shows
    everything a second time in `..data`. A name that does not exist and a pattern that matches nothing raise
    InputError here; what cannot be read says so in its `read`. A folder without manifests yields nothing.
    `-` is standard input, or `stdin`.
    """
    search = _Search(extensions, largest)
    names = [name for argument in arguments for name in _names(argument, extensions)]
    return _found(names, search, stdin)


def beside(name: str, other: str) -> str:
    """The path of a file that another one names: beside it, unless the path is whole."""
    return os.path.join(os.path.dirname(name), other)


def printable(name: str) -> str:
    """A file's name for a message, without what could move a terminal's cursor."""
    return "".join(character if character.isprintable() else "�" for character in name)


def _found(names: list[str], search: _Search, stdin: BinaryIO | None) -> Iterator[Found]:
    for name in names:
        if name != "-":
            yield from search.under(name)
        elif search.is_new(STDIN):
            yield Found(STDIN, search.largest, stdin or sys.stdin.buffer)


def _names(argument: str, extensions: tuple[str, ...]) -> list[str]:
    """The argument itself where it exists, else what the pattern matches."""
    if argument == "-" or os.path.lexists(argument):
        return [argument]
    if not any(sign in argument for sign in "*?["):
        raise InputError(f"{printable(argument)} does not exist: {_cure(argument)}")
    import glob

    matches = sorted(glob.glob(argument, recursive=True))
    wanted = [match for match in matches if os.path.isdir(match) or match.lower().endswith(extensions)]
    if not wanted:
        what = f"only files that are not {', '.join(extensions)}" if matches else "nothing"
        raise InputError(f"{printable(argument)} matches {what}: check the pattern; ** goes through folders")
    return wanted


def _cure(argument: str) -> str:
    """Did you mean, or as much of the path as exists."""
    import difflib

    folder, name = os.path.split(argument.rstrip("/"))
    while folder and not os.path.isdir(folder):
        folder, name = os.path.split(folder)
    try:
        close = difflib.get_close_matches(name, os.listdir(folder or "."), n=1, cutoff=0.6)
    except OSError:
        close = []
    if close:
        return f"did you mean {printable(os.path.join(folder, close[0]))}?"
    return f"there is no {printable(name)} in {printable(folder) if folder else 'the working directory'}"


class _Search:
    """Walks folders and remembers where it has been, so that links that lead in circles end."""

    def __init__(self, extensions: tuple[str, ...], largest: int) -> None:
        self.extensions = extensions
        self.largest = largest
        self._seen: set[object] = set()

    def is_new(self, identity: object) -> bool:
        """False for what was seen before: a folder by device and inode, a file by its real path."""
        if identity in self._seen:
            return False
        self._seen.add(identity)
        return True

    def under(self, name: str) -> Iterator[Found]:
        """The file of this name, or everything in the folder of this name."""
        waiting = [name]
        while waiting:
            name = waiting.pop()
            try:
                status = os.stat(name)
                mode = status.st_mode
                inside = self._inside(name, status) if stat.S_ISDIR(mode) else []
            except OSError as error:
                yield Found(_display(name), refusal=_why(error))
                continue
            waiting += inside
            if stat.S_ISDIR(mode) or not self.is_new(os.path.realpath(name)):
                continue
            yield Found(_display(name), self.largest, refusal="" if stat.S_ISREG(mode) else _IRREGULAR)

    def _inside(self, folder: str, status: os.stat_result) -> list[str]:
        """What counts in a folder, the last name first; nothing when we have been there by another name."""
        if not self.is_new((status.st_dev, status.st_ino)):
            return []
        entries = sorted(os.listdir(folder), reverse=True)
        paths = (os.path.join(folder, entry) for entry in entries if not entry.startswith("."))
        return [path for path in paths if path.lower().endswith(self.extensions) or os.path.isdir(path)]


def _display(name: str) -> str:
    while name.startswith("./") and len(name) > 2:
        name = name[2:].lstrip("/")
    return name


def _why(error: OSError) -> str:
    """The system's reason as a sentence with a cure."""
    if isinstance(error, PermissionError):
        return "permission denied: check the file's and its folders' permissions"
    if isinstance(error, FileNotFoundError):
        return "the link points to nothing: remove it or restore what it points to"
    return f"{(error.strerror or 'it cannot be read').lower()}"
