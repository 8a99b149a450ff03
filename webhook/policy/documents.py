"""The documents of a rules folder: which files, which kinds, which names; nothing is compiled here."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import Any

from webhook.errors import InputError
from webhook.expressions import expression
from webhook.policy.model import API_VERSION, SPECS, Document, Metadata
from webhook.policy.yaml_words import may_have_words, warn_of_words
from webhook.source import files, yaml
from webhook.source.path import Path
from webhook.source.problem import Level, Place, Problem
from webhook.source.shape import BROKEN, Problems, choice, decode, unknown


class Folder:
    """Everything that was read; `digest` is a fingerprint of all bytes."""

    def __init__(self) -> None:
        self.files: list[str] = []
        self.documents: list[Document] = []
        self.unreadable: list[Problem] = []
        self.broken: list[Problems] = []
        self.digest = ""

    def of(self, kind: str) -> Iterator[Document]:
        """The documents of one kind, in the order in which they were read."""
        return (document for document in self.documents if document.kind == kind)

    def problems(self) -> tuple[Problem, ...]:
        """Everything that is wrong, each once, by file, line and column; what is an error needs no warning."""
        found = dict.fromkeys(self.unreadable)
        for problems in [*self.broken, *(document.problems for document in self.documents)]:
            found |= dict.fromkeys(problems.found)
        errors = {problem.place for problem in found if problem.level is Level.ERROR}
        told = (problem for problem in found if problem.level is Level.ERROR or problem.place not in errors)
        return tuple(sorted(told, key=lambda p: (p.place.file, p.place.line, p.place.column)))


_KIND = expression(rb"^kind:[ ]*([A-Za-z]+)", re.MULTILINE)


def read_folder(arguments: Sequence[str], *, tests: bool = False) -> Folder:
    """Read every YAML and JSON file under the arguments; raises InputError for a name that does not exist.

    Files that hold nothing but PolicyTest documents are only read with `tests`: they say nothing of what is allowed.
    """
    folder = Folder()
    digests = []
    for source in files.find(arguments):
        if source.name.rsplit("/", 1)[-1] in ("kustomization.yaml", "kustomization.yml"):
            continue
        folder.files.append(source.name)
        try:
            data = source.read()
        except InputError as error:
            folder.unreadable.append(Problem(str(error), Place(source.name, 1, 1, 1, "")))
            continue
        if not tests and _holds_only_tests(data):
            continue
        reading = yaml.read(data, source.name)
        folder.unreadable += reading.problems
        before = len(folder.documents)
        words = may_have_words(data)
        for document in reading.documents:
            problems = Problems(document.place)
            if words:
                warn_of_words(document.value, problems)
            _take(document, problems, folder)
        if any(document.kind != "PolicyTest" for document in folder.documents[before:]):
            digests.append(hashlib.sha256(data).digest())
    folder.digest = hashlib.sha256(b"".join(sorted(digests))).hexdigest()  # the same rules, however they are laid out
    _refuse_twins(folder)
    return folder


def _holds_only_tests(data: bytes) -> bool:
    """Whether every document of a file plainly is a PolicyTest; where that is not plain, the file is read."""
    kinds = _KIND.findall(data)
    documents = sum(bool(part.strip()) for part in re.split(rb"^---", data, flags=re.MULTILINE))
    return set(kinds) == {b"PolicyTest"} and len(kinds) == documents


def _take(source: yaml.Document, problems: Problems, folder: Folder) -> None:
    """Put a document that is one of ours into the folder, or say what it lacks."""
    value = source.value
    if not isinstance(value, dict):
        problems.error((), "a rules document is a mapping", f"begin with `apiVersion: {API_VERSION}`")
        folder.broken.append(problems)
        return
    kind, name = _head(value, problems)
    if kind is BROKEN or name is BROKEN:
        folder.broken.append(problems)
        return
    folder.documents.append(Document(kind, name, value.get("spec"), problems, source.file))


def _head(value: dict[str, Any], problems: Problems) -> tuple[Any, Any]:
    version = value.get("apiVersion", API_VERSION)
    if version != API_VERSION:
        problems.error(("apiVersion",), f"expected `{API_VERSION}`", _foreign(version))
        return BROKEN, BROKEN
    for key in value.keys() - {"apiVersion", "kind", "metadata", "spec"}:
        unknown(key, ("apiVersion", "kind", "metadata", "spec"), (), problems)
    for key in ("apiVersion", "kind", "metadata", "spec"):
        if key not in value:
            problems.error((), f"`{key}` is missing", _missing_cure(key), on="key")
    kind = choice(tuple(SPECS), value["kind"], ("kind",), problems) if "kind" in value else BROKEN
    metadata = decode(Metadata, value["metadata"], ("metadata",), problems) if "metadata" in value else BROKEN
    if "spec" not in value:
        return BROKEN, BROKEN
    return kind, _written_name(value) if metadata is BROKEN else metadata.name


def _written_name(value: dict[str, Any]) -> str:
    """What stands for a name that cannot be used, so that what is wrong below it is told as well."""
    metadata = value.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return name if isinstance(name, str) and name else "nameless"


def _missing_cure(key: str) -> str:
    return {
        "apiVersion": f"add `apiVersion: {API_VERSION}`",
        "kind": f"add `kind:` with one of {', '.join(SPECS)}",
    }.get(key, f"add `{key}:`")


def _foreign(version: Any) -> str:
    if isinstance(version, str) and version.startswith("doorward"):
        return f"write `apiVersion: {API_VERSION}`"
    return "this looks like another tool's document; keep only Doorward's documents in the rules folder"


def _refuse_twins(folder: Folder) -> None:
    """Two documents of one kind and name: both places are told."""
    first: dict[tuple[str, str], Document] = {}
    for document in folder.documents:
        if document.kind == "PolicyTest":
            continue
        other = first.setdefault((document.kind, document.name), document)
        if other is not document:
            where: Path = ("metadata", "name")
            place = other.problems.place(where)
            document.problems.error(where, f"there is another {document.kind} {document.name} at {place}", "rename one")
