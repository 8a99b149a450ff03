"""The lines of a user's file as reports show them: every value that must not be told is blotted out, whoever asks for
the line and why."""

from collections.abc import Iterable, Iterator

from webhook.expressions import expression
from webhook.pod.workloads import group_kind, objects_in
from webhook.report.secrecy import begins
from webhook.source.path import Path
from webhook.source.positions import Columns, Part
from webhook.source.problem import Place, Problem
from webhook.source.yaml import Document

_IS_SECRET = expression(rb"""kind["']?\s*:\s*["']?Secret\b""")
_VALUE = expression(r"""\b(value|data|stringData)["']?\s*:\s*(?=\S)""")
_ANY_VALUE = expression(r"""^\s*(- +)*(?!["']?(apiVersion|kind)\b)(["']?[\w./-]+["']?\s*:\s*)?(?=\S)""")


class SourceLines:
    """The lines of one document."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._hidden: set[Path] = set()
        self._columns: Columns | None = None
        self._texts: dict[int, str] = {}  # one text for all places of a line, which may be megabytes of JSON

    def place(self, path: Path, part: Part) -> Place:
        """Where the path stands, with its line as it may be shown."""
        place = self._document.place(path, part)
        if self._columns is None:
            self._columns = self._document.positions.columns(_Meant(self._document, self._hidden))
        columns = self._columns.get(place.line)
        if not columns:
            return place
        if place.line not in self._texts:
            self._texts[place.line] = _blotted(place.text, columns)
        return place._replace(text=self._texts[place.line])

    def hide(self, path: Path) -> None:
        """Blot out what stands at the path too."""
        self._hidden.add(path)
        self._columns = None
        self._texts.clear()


class _Meant:
    """Whether what stands at or below exactly this path of a document must not be told."""

    def __init__(self, document: Document, hidden: set[Path]) -> None:
        self._hidden = hidden
        self._kinds = {at: group_kind(obj)[1] for obj, at in objects_in(document.value) if isinstance(obj, dict)}
        self._depths = sorted({len(at) for at in self._kinds})

    def __call__(self, path: Path) -> bool:
        if path in self._hidden:
            return True
        for depth in self._depths:
            kind = self._kinds.get(path[:depth])
            if kind is not None:
                return begins(path[depth:], kind)
        return False


def of_broken(problems: Iterable[Problem], data: bytes) -> Iterator[Problem]:
    """The problems of a file of which nobody can say what stands where: whatever looks like a value of a variable is
    blotted out in their lines, and where the file has a Secret every value."""
    value = _ANY_VALUE if _IS_SECRET.search(data) else _VALUE
    for problem in problems:
        found = value.search(problem.place.text)
        columns = [(found.end(), len(problem.place.text))] if found else []
        yield problem._replace(place=problem.place._replace(text=_blotted(problem.place.text, columns)))


def _blotted(text: str, columns: Iterable[tuple[int, int]]) -> str:
    parts, at = [], 0
    for first, last in sorted(columns):
        parts += [text[at:first], "*" * (last - max(at, first))]
        at = max(at, last)
    return "".join([*parts, text[at:]])
