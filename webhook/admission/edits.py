"""Edits: changes to an object, recorded while they are made, so that the JSON Patch is exact and nothing is diffed.

A Draft shares everything with the object it starts from and copies only what lies on the way to a change; the
original is never touched. What the draft itself has put in is changed in place, so one `add` carries its final value.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from webhook.admission.origins import Origin, Tell
from webhook.errors import MalformedObject
from webhook.source.path import Path, look_up, pointer, render


class Verb(StrEnum):
    SET = "set"
    APPEND = "append"
    INSERT = "insert"
    REMOVE = "remove"


class Edit(NamedTuple):
    """One change: what was done where, the value before (None: nothing) and after, and the rule that wanted it."""

    verb: Verb
    path: Path
    before: Any
    after: Any
    rule: str


class Note(NamedTuple):
    """Something worth a warning that is no finding: an overwritten value, a default that did not fit."""

    rule: str
    text: str


class Conflict(Exception):
    """Two rules want different values at one place; the order of files must never decide."""

    def __init__(self, path: Path, first: str, second: str) -> None:
        super().__init__(f"{render(path)} is set by {first} and, with another value, by {second}")
        self.path = path
        self.rules = (first, second)


class Draft:
    """A private copy of an object that remembers every change made to it."""

    __slots__ = (
        "_appended_by",
        "_contested",
        "_own",
        "_set_by",
        "edits",
        "notes",
        "object",
        "origins",
        "patch",
        "rule",
    )

    def __init__(self, obj: dict[str, Any]) -> None:
        self.object = obj
        self.edits: list[Edit] = []
        self.notes: list[Note] = []
        self.origins: list[Origin] = []
        self.patch: list[dict[str, Any]] = []
        self.rule = ""
        self._own: dict[int, tuple[Any, bool]] = {}  # id -> (the copied or new container, whether it is new)
        self._set_by: dict[Path, tuple[str, bool]] = {}  # path -> (the rule, whether something stood there before)
        self._appended_by: dict[Path, str] = {}  # lists that were absent -> the rule that made them by appending
        self._contested: Sequence[Conflict] = ()

    def get(self, path: Path) -> Any:
        """What stands at the path now; None where nothing does."""
        return look_up(self.object, path)

    def set(self, path: Path, value: Any) -> None:
        """Put a value at the path, creating missing parents; an equal value changes nothing."""
        before = self.get(path)
        if same(before, value):
            return
        self._claim(path, before is not None)
        self._put(path, value)

    def _put(self, path: Path, value: Any) -> None:
        before = self.get(path)
        parent, new, depth = self._reach(path[:-1])
        missing = path[depth:]
        if isinstance(parent, list) is isinstance(missing[0], str):
            kind = "an object" if isinstance(missing[0], str) else "a list"
            raise MalformedObject(f"{render(path[:depth])} must be {kind}", path[:depth], parent)
        wrapped = value
        for step in reversed(missing[1:]):
            wrapped = {step: wrapped}
        wrapped = self._fresh(wrapped)
        existed = _has(parent, missing[0])
        parent[missing[0]] = wrapped
        if not new:
            operation = "replace" if existed else "add"
            self.patch.append({"op": operation, "path": pointer(path[: depth + 1]), "value": wrapped})
        self.edits.append(Edit(Verb.SET, path, before, value, self.rule))

    def default(self, path: Path, value: Any) -> None:
        """Put a value at the path where nothing stands; what another rule has filled in there is a Conflict."""
        before = self.get(path)
        if before is None:
            self.set(path, value)
        elif not same(before, value):
            filled = [rule for at, (rule, there) in self._set_by.items() if at[: len(path)] == path and not there]
            filled += [rule for at, rule in self._appended_by.items() if at == path]
            other = next((rule for rule in filled if rule != self.rule), None)
            if other is not None:
                raise Conflict(path, other, self.rule)

    def filled_by(self, path: Path) -> str:
        """The rule that has put something at exactly this path, where nothing stood, in this phase; "" for none."""
        rule, there = self._set_by.get(path, ("", True))
        return "" if there else rule

    def note(self, text: str) -> None:
        """Say something about a change that was made or left out, in one sentence, once."""
        note = Note(self.rule, text)
        if note not in self.notes:
            self.notes.append(note)

    def origin(self, path: Path, tell: Tell) -> None:
        """Remember whose word the value is that this rule has put at the path, for whoever asks why."""
        self.origins.append(Origin(self.rule, path, len(self.edits), tell))

    def begin_phase(self, contested: Sequence[Conflict] = ()) -> None:
        """Start the next phase of mutation: it may refine what rules of an earlier phase have set.

        Nobody may touch what two rules have clashed over (`contested`), or a third one would settle it for them.
        """
        self._contested = contested
        self._set_by.clear()
        self._appended_by.clear()

    def append(self, path: Path, value: Any) -> None:
        """Put a value at the end of the list at the path, creating the list where there is none."""
        self._refuse_contested(path)
        existing = self.get(path)
        if not isinstance(existing, list):
            self._put(path, [])
            self._appended_by[path] = self.rule
            existing = []
        first, there = self._set_by.get(path, (self.rule, True))
        if first != self.rule and not there:
            raise Conflict(path, first, self.rule)
        self._insert(path, len(existing), value, Verb.APPEND)

    def insert(self, path: Path, index: int, value: Any) -> None:
        """Put a value into the list at the path, before the element that has this index now."""
        self._insert(path, index, value, Verb.INSERT)

    def set_word(self, path: Path, word: str) -> None:
        """Put a word at the end of the comma-separated text at the path, where it is not among its words yet."""
        before = self.get(path)
        words = [one.strip() for one in before.split(",")] if isinstance(before, str) and before.strip() else []
        if word not in words:
            self._put(path, ",".join([*words, word]))

    def remove(self, path: Path) -> None:
        """Take away what stands at the path; nothing there changes nothing."""
        before = self.get(path)
        if before is None:
            return
        parent, new, depth = self._reach(path[:-1])
        del parent[path[depth]]
        if not new:
            self.patch.append({"op": "remove", "path": pointer(path)})
        self.edits.append(Edit(Verb.REMOVE, path, before, None, self.rule))

    def _insert(self, path: Path, index: int, value: Any, verb: Verb) -> None:
        target, new, _ = self._reach(path)
        fresh = self._fresh(value)
        end = index >= len(target)
        target.insert(index, fresh)
        if not new:
            self.patch.append({"op": "add", "path": f"{pointer(path)}/{'-' if end else index}", "value": fresh})
        self.edits.append(Edit(verb, (*path, index), None, value, self.rule))

    def _claim(self, path: Path, there: bool) -> None:
        """Refuse a second rule that sets another value at the same path, or changes something in what the first set."""
        self._refuse_contested(path)
        for depth in range(1, len(path)):
            above = self._set_by.get(path[:depth])
            if above is not None and above[0] != self.rule:
                raise Conflict(path[:depth], above[0], self.rule)
        first, _ = self._set_by.setdefault(path, (self.rule, there))
        if first != self.rule:
            raise Conflict(path, first, self.rule)

    def _refuse_contested(self, path: Path) -> None:
        for conflict in self._contested:
            shorter = min(len(path), len(conflict.path))
            if path[:shorter] == conflict.path[:shorter]:
                raise conflict

    def _reach(self, path: Path) -> tuple[Any, bool, int]:
        """The deepest existing container on the path (private by now), whether it is ours alone, and its depth."""
        current, new = self._private(self.object)
        self.object = current
        for depth, step in enumerate(path):
            below = current[step] if _has(current, step) else None
            if not isinstance(below, dict | list):
                return current, new, depth
            below, new_below = self._private(below)
            new = new or new_below
            current[step] = below
            current = below
        return current, new, len(path)

    def _private(self, container: Any) -> tuple[Any, bool]:
        known = self._own.get(id(container))
        if known is not None:
            return known
        copied = container.copy()
        self._own[id(copied)] = (copied, False)
        return copied, False

    def _fresh(self, value: Any) -> Any:
        """A deep copy that is the draft's own."""
        if isinstance(value, dict):
            value = {key: self._fresh(item) for key, item in value.items()}
        elif isinstance(value, list | tuple):
            value = [self._fresh(item) for item in value]
        else:
            return value
        self._own[id(value)] = (value, True)
        return value


def replay(edits: tuple[Edit, ...], obj: dict[str, Any]) -> dict[str, Any]:
    """The edits alone on another form of the same object: the author's, without what the API server filled in."""
    draft = Draft(obj)
    for edit in edits:
        draft.rule = edit.rule
        if edit.verb is Verb.REMOVE:
            draft.remove(edit.path)
        elif edit.verb is Verb.SET:
            if _reachable(obj, edit.path):
                draft.set(edit.path, edit.after)
        elif edit.verb is Verb.APPEND:
            draft.append(edit.path[:-1], edit.after)
        else:
            place = edit.path[-1]
            if draft.get(edit.path[:-1]) is None:
                draft.set(edit.path[:-1], [])
            draft.insert(edit.path[:-1], place if isinstance(place, int) else 0, edit.after)
    return draft.object


def authors_path(edits: Iterable[Edit], path: Path) -> Path:
    """The path, in the object before the edits, of what stands at `path` after them.

    For an element that an edit put in it is the path of its list.
    """
    for edit in reversed(tuple(edits)):
        step, at = edit.path[-1], len(edit.path) - 1
        if not isinstance(step, int) or edit.path[:-1] != path[:at] or len(path) <= at:
            continue
        index = path[at]
        if not isinstance(index, int):
            continue
        if edit.verb is Verb.REMOVE and index >= step:
            path = (*path[:at], index + 1, *path[at + 1 :])
        elif edit.verb in (Verb.INSERT, Verb.APPEND):
            if index == step:
                return path[:at]
            if index > step:
                path = (*path[:at], index - 1, *path[at + 1 :])
    return path


def same(one: Any, other: Any) -> bool:
    """JSON equality: unlike Python's, true is not 1."""
    if type(one) is not type(other):
        numbers = (int, float)
        return type(one) in numbers and type(other) in numbers and one == other
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def _has(container: Any, step: str | int) -> bool:
    if isinstance(container, list):
        return isinstance(step, int) and -len(container) <= step < len(container)
    return step in container


def _reachable(obj: Any, path: Path) -> bool:
    """Whether a set at the path makes sense in this object: every list index on the way exists."""
    for index, step in enumerate(path):
        if isinstance(step, int) and not _has(look_up(obj, path[:index]) or [], step):
            return False
    return True
