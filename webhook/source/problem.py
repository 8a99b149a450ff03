"""A place in a file, and something wrong with it: what the loader and the reports speak in."""

from enum import StrEnum
from typing import NamedTuple


class Level(StrEnum):
    ERROR = "error"
    WARNING = "warning"


class Place(NamedTuple):
    """Where something stands: 1-based line and column in characters, how many characters, and the source line."""

    file: str
    line: int
    column: int
    length: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Problem(NamedTuple):
    """One thing wrong with a file: a sentence, the cure where we know one, and the place where it stands."""

    message: str
    place: Place
    level: Level = Level.ERROR
    help: str | None = None

    def __str__(self) -> str:
        return f"{self.place}: {self.level}: {self.message}" + (f" ({self.help})" if self.help else "")
