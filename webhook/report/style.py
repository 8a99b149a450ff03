"""How text looks on a terminal: colour that is never the only signal, and plain ASCII where nothing else is safe."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

_CODES = {"error": "1;31", "warning": "1;33", "note": "1;36", "undecided": "1;35", "gutter": "34", "help": "1;32"}

When = Literal["auto", "always", "never"]


class Style(NamedTuple):
    """Whether there is colour, and whether more than ASCII may be written."""

    colour: bool = False
    unicode: bool = True

    def paint(self, text: str, role: str) -> str:
        """The text in the colour of its role: error, warning, note, undecided, gutter or help."""
        return f"\033[{_CODES[role]}m{text}\033[0m" if self.colour and text else text

    def plain(self, text: str) -> str:
        """The text as the output can show it."""
        if self.unicode or text.isascii():
            return text
        return text.replace("…", "...").encode("ascii", "replace").decode()


def choose(when: When, environ: Mapping[str, str], *, terminal: bool, encoding: str | None) -> Style:
    """The style of a stream: `when` is the flag; with auto NO_COLOR, FORCE_COLOR, TERM=dumb and the terminal decide.

    `encoding` is the stream's. The first two variables are read as no-color.org and force-color.org say.
    """
    name = (encoding or "ascii").lower().replace("-", "").replace("_", "")
    return Style(_colour(when, environ, terminal), name.startswith("utf"))


def _colour(when: When, environ: Mapping[str, str], terminal: bool) -> bool:
    if when != "auto":
        return when == "always"
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return environ["FORCE_COLOR"] != "0"
    return terminal and environ.get("TERM") != "dumb"
