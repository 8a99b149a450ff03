"""Manifests from files: every Kubernetes object of every document, with its places."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from webhook.admission.words import plural
from webhook.errors import InputError
from webhook.pod.workloads import objects_in
from webhook.report.source_lines import SourceLines, of_broken
from webhook.source import files, yaml
from webhook.source.path import Path
from webhook.source.positions import Part
from webhook.source.problem import Place, Problem

_OURS = "doorward.dev/"
_NOT_APPLIED = frozenset({"kustomization.yaml", "kustomization.yml", "Kustomization"})


class Manifest(NamedTuple):
    """One object of a file."""

    object: dict[str, Any]
    file: str
    place: Callable[[Path, Part], Place]
    origin: str
    hide: Callable[[Path], None]
    """Has a value that the rules found shown in no line of the file."""


class Manifests:
    """Everything that was read."""

    def __init__(self) -> None:
        self.found: tuple[Manifest, ...] = ()
        self.files = 0
        self.problems: tuple[Problem, ...] = ()
        self.notes: list[str] = []


def read_manifests(arguments: Sequence[str]) -> Manifests:
    """Every object under the arguments; what cannot be read is a Problem. Raises InputError for a missing name."""
    result = Manifests()
    found: list[Manifest] = []
    problems: list[Problem] = []
    skipped = 0
    for file in files.find(arguments):
        if file.name.rsplit("/", 1)[-1] in _NOT_APPLIED:
            continue
        result.files += 1
        try:
            data = file.read()
            reading = yaml.read(data, file.name)
        except InputError as error:
            problems.append(Problem(str(error), Place(file.name, 1, 1, 1, "")))
            continue
        problems += of_broken(reading.problems, data)
        for document in reading.documents:
            for one in _objects(document):
                if isinstance(one, Problem):
                    problems.append(one)
                elif str(one.object["apiVersion"]).startswith(_OURS):
                    skipped += 1
                else:
                    found.append(one)
    if skipped:
        are = "is a rule, not a manifest" if skipped == 1 else "are rules, not manifests"
        told = f"{plural(skipped, 'document')} of {_OURS}v1 {are}: `doorward lint` checks"
        result.notes.append(f"{told} {'it' if skipped == 1 else 'those'}")
    result.found, result.problems = tuple(found), tuple(problems)
    return result


def _objects(document: yaml.Document) -> Iterator[Manifest | Problem]:
    lines = SourceLines(document)
    for obj, at in objects_in(document.value):
        wrong = _what_is_wrong(obj)
        if wrong:
            yield Problem(wrong[0], lines.place(at, "value"), help=wrong[1])
        else:
            yield Manifest(obj, document.file, _placed(lines, at), document.origin or "", _hidden(lines, at))


def _what_is_wrong(obj: Any) -> tuple[str, str] | None:
    """Why something is no Kubernetes object, and the cure."""
    if not isinstance(obj, dict):
        return "this is no Kubernetes object", "an object is a mapping with apiVersion, kind and metadata"
    for key in ("apiVersion", "kind"):
        if not isinstance(obj.get(key), str) or not obj[key]:
            return f"this is no Kubernetes object: `{key}` is missing", f"add `{key}:`, or leave the file out"
    metadata = obj.get("metadata")
    if metadata is not None and not isinstance(metadata, dict):
        return "`metadata` must be a mapping", "such as metadata: {name: web}"
    return None


def _placed(lines: SourceLines, at: Path) -> Callable[[Path, Part], Place]:
    """Paths in the object, found in the document that may be a List of many."""

    def place(path: Path, part: Part) -> Place:
        return lines.place((*at, *path), part)

    return place


def _hidden(lines: SourceLines, at: Path) -> Callable[[Path], None]:
    return lambda path: lines.hide((*at, *path))
