"""One diagnostic as text: what is wrong, where, the source line with a caret under the value, and the cure.

error[image-tag-pinned]: Images have a fixed version
  --> deploy/web.yaml:16:16   Deployment shop/web, container "web"
   |
15 |       - name: web
16 |         image: nginx:latest
   |                ^^^^^^^^^^^^ "nginx:latest" has no fixed version
   |
help: use a version tag or digest, for example nginx:1.27.2
"""

import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from webhook.admission.words import clean
from webhook.report.style import Style
from webhook.report.words import one_line
from webhook.source.problem import Place, Problem

_TAB = "    "
_WIDEST = 110  # columns of a source line that are shown
_BEFORE = 40  # columns of a cut line that stay before the caret
_NEAR = 500  # characters before and after the caret that are looked at: a line of JSON may be megabytes long


class Diagnostic(NamedTuple):
    """What is to be said of one place.

    `level` is error, warning, note or undecided; `code` the rule, or "". `label` stands beside the carets, `subject`
    beside the place. `around` is a place further up that says where we are, such as a container's first line. With
    `hidden` the value itself is not shown. `footers` are (word, sentence) lines.
    """

    level: str
    code: str
    title: str
    place: Place
    subject: str = ""
    label: str = ""
    around: Place | None = None
    hidden: bool = False
    footers: tuple[tuple[str, str], ...] = ()


def problem(found: Problem) -> Diagnostic:
    """A problem of a rules folder or an input as a diagnostic."""
    footers = (("help", one_line(found.help)),) if found.help else ()
    return Diagnostic(found.level.value, "", found.message, found.place, footers=footers)


def render(diagnostic: Diagnostic, style: Style) -> str:
    """The lines of a diagnostic, without a line break at the end."""
    return "\n".join(line.rstrip() for line in _lines(diagnostic, style))


def _lines(diagnostic: Diagnostic, style: Style) -> Iterator[str]:
    place, level = diagnostic.place, diagnostic.level
    code = f"[{diagnostic.code}]" if diagnostic.code else ""
    yield f"{style.paint(level + code, level)}: {_text(diagnostic.title, style)}"
    gutter = len(str(place.line))
    subject = f"   {_text(diagnostic.subject, style)}" if diagnostic.subject else ""
    where = f"{_text(place.file, style)}:{place.line}:{place.column}"
    yield f"{' ' * gutter}{style.paint('-->', 'gutter')} {where}{subject}"
    if place.text.strip():
        yield from _source(diagnostic, gutter, style)
    elif diagnostic.label:
        yield f"{' ' * gutter} {style.paint('=', 'gutter')} {_text(diagnostic.label, style)}"
    for word, sentence in diagnostic.footers:
        yield f"{style.paint(word, 'help')}: {style.plain(clean(sentence))}"


def _source(diagnostic: Diagnostic, gutter: int, style: Style) -> Iterator[str]:
    place, around = diagnostic.place, diagnostic.around
    bar = style.paint(f"{' ' * gutter} |", "gutter")
    yield bar
    if around and around.file == place.file and around.line < place.line:
        yield _numbered(around.line, gutter, _window(_columns(around.text[:_NEAR]), 0, 1, style)[0], style)
        if around.line < place.line - 1:
            yield style.paint("...", "gutter")
    line, start, width = _marked(diagnostic, style)
    yield _numbered(place.line, gutter, line, style)
    label = f" {_text(diagnostic.label, style)}" if diagnostic.label else ""
    yield f"{bar} {' ' * start}{style.paint('^' * width + label, diagnostic.level)}"
    if diagnostic.footers:
        yield bar


def _numbered(number: int, gutter: int, text: str, style: Style) -> str:
    return f"{style.paint(f'{number:>{gutter}} |', 'gutter')} {text}"


def _marked(diagnostic: Diagnostic, style: Style) -> tuple[str, int, int]:
    """The source line, and the column and the number of its carets, as a terminal counts them."""
    place = diagnostic.place
    begin = min(place.column - 1, len(place.text))
    first = max(0, begin - _NEAR)
    text, begin = place.text[first : begin + _NEAR], begin - first
    end = min(begin + place.length, len(text))
    if diagnostic.hidden:
        text = f"{text[:begin]}{'*' * (end - begin)}{text[end:]}"
    before, value = _columns(text[:begin]), _columns(text[begin:end])
    return _window(before + value + _columns(text[end:]), len(before), max(1, len(value)), style)


def _columns(text: str) -> list[str]:
    """The text column by column: a wide character takes two, the second one empty; a combining one none of its own."""
    columns: list[str] = []
    for char in clean(text.replace("\t", _TAB)):
        width = _width(char)
        if width == 0 and columns:
            columns[-1] += char
        else:
            columns += [char, ""][: max(1, width)]
    return columns


def _width(char: str) -> int:
    if char.isascii():
        return 1
    if unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def _window(columns: list[str], start: int, width: int, style: Style) -> tuple[str, int, int]:
    """The line, or the part around the caret where it is too long, with where the carets then are."""
    ellipsis = "…" if style.unicode else "..."
    if len(columns) <= _WIDEST:
        return _joined(columns, style), start, width
    first = max(0, start - _BEFORE) if start + min(width, _WIDEST // 2) > _WIDEST else 0
    if first and columns[first] == "":  # never the second half of a wide character
        first += 1
    shown, prefix = columns[first : first + _WIDEST], ellipsis if first else ""
    suffix = ellipsis if first + _WIDEST < len(columns) else ""
    start = start - first + len(prefix)
    return f"{prefix}{_joined(shown, style)}{suffix}", start, max(1, min(width, _WIDEST + len(prefix) - start))


def _joined(columns: list[str], style: Style) -> str:
    if style.unicode:
        return "".join(columns)
    filled = (following or "?" for following in columns)  # an empty second half keeps its column
    return "".join(char if char.isascii() else "?" for char in filled)


def _text(text: str, style: Style) -> str:
    return style.plain(one_line(text))
