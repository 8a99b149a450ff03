"""Chains: for every value that rules have filled in, whose words led to it, the one that holds last."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from webhook.admission.edits import Edit, Verb
from webhook.admission.origins import Link, Origin
from webhook.source.path import Path, look_up


class Chain(NamedTuple):
    """One value as it stands in the end (None: taken away), the rule that put it there, and every word on it.

    `root` is the place of the whole element that came with it, such as a container that was put in.
    """

    path: Path
    root: Path
    value: Any
    rule: str
    links: tuple[Link, ...]


class _Said(NamedTuple):
    """What one edit said of a leaf."""

    root: Path
    rule: str
    before: Any
    value: Any


def chains(edits: Sequence[Edit], origins: Iterable[Origin], obj: Any) -> tuple[Chain, ...]:
    """A chain for each leaf of what the edits have put into the object, as the object stands after all of them."""
    said: dict[Path, list[_Said]] = {}
    taken: list[Chain] = []
    for index, edit in enumerate(edits):
        root = final_path(edits[index + 1 :], edit.path)
        if edit.verb is Verb.REMOVE:
            links = (Link("author", edit.before), Link(_rule(edit.rule), None))
            taken.append(Chain(edit.path, edit.path, None, edit.rule, links))
        elif root is not None:
            for below, value in _leaves(edit.after):
                path = final_path(edits[index + 1 :], (*edit.path, *below))
                if path is not None:
                    said.setdefault(path, []).append(_Said(root, edit.rule, look_up(edit.before, below), value))
    told = _told(edits, origins)
    whole = [path for path in said if isinstance(look_up(obj, path), list) and _is_leaf(look_up(obj, path))]
    found = [
        _chain(path, words, told, look_up(obj, path))
        for path, words in said.items()
        if _is_leaf(look_up(obj, path)) and not any(path[: len(one)] == one != path for one in whole)
    ]
    return (*found, *taken)


def final_path(later: Iterable[Edit], path: Path) -> Path | None:
    """Where something stands after edits that were made since it stood at the path; None where one took it away."""
    for edit in later:
        step, at = edit.path[-1], len(edit.path) - 1
        if not isinstance(step, int) or edit.path[:-1] != path[:at] or len(path) <= at:
            continue
        index = path[at]
        if not isinstance(index, int):
            continue
        if edit.verb is Verb.REMOVE:
            if index == step:
                return None
            index -= index > step
        elif edit.verb in (Verb.INSERT, Verb.APPEND):
            index += index >= step
        path = (*path[:at], index, *path[at + 1 :])
    return path


def _told(edits: Sequence[Edit], origins: Iterable[Origin]) -> dict[tuple[str, Path], tuple[Link, ...]]:
    """What rules can tell of their values, by rule and final path; the last that is told of one counts."""
    told: dict[tuple[str, Path], tuple[Link, ...]] = {}
    for origin in origins:
        at = final_path(edits[origin.edits :], origin.path)
        if at is not None:
            told |= {(origin.rule, (*at, *below)): tuple(links) for below, links in origin.tell().items() if links}
    return told


def _chain(path: Path, words: list[_Said], told: dict[tuple[str, Path], tuple[Link, ...]], value: Any) -> Chain:
    first, last = words[0], words[-1]
    links = [Link("author", first.before)] if first.before not in (None, []) else []
    for one in {one.rule: one for one in words}.values():
        links += told.get((one.rule, path)) or (Link(_rule(one.rule), value if one is last else one.value),)
    return Chain(path, first.root, value, last.rule, tuple(links))


def _rule(rule: str) -> str:
    return f"rule {rule}"


def _leaves(value: Any, at: Path = ()) -> Iterator[tuple[Path, Any]]:
    if _is_leaf(value):
        yield at, value
    else:
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(inner, (*at, step))


def _is_leaf(value: Any) -> bool:
    """A plain value, a list of plain values, or an empty collection: what people read as one."""
    if isinstance(value, dict):
        return not value
    return not (isinstance(value, list) and any(isinstance(item, dict | list) for item in value))
