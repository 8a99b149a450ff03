"""What statements read of an object, so that what was fine once is known again.

A statement's verdict depends on what stands at the paths that it and its conditions name, and on nothing else: equal
texts of these parts have equal verdicts. Statements that read the same parts share the texts.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

from webhook.admission.absent import inherited_leaf
from webhook.admission.rule import Reads, Said, Subject
from webhook.admission.spots import NAMESPACE
from webhook.admission.statements import Statement
from webhook.source.path import EACH, Path, Steps, look_up

Read = tuple[str, Path]
"""A part that is read: pod, container or object, and its path there; everything below it counts."""

MOST_CONTAINERS = 20
"""Of a pod with more, nothing is remembered: so many places are looked at only while they are counted."""

MOST_ITEMS = 200
"""Elements of one list or map in a container that are written down: what is longer is not remembered anyway."""

_TEXTS = ("env", "args", "command")

_SECURITY: Read = ("pod", ("spec", "securityContext"))


def reads_of(statements: Iterable[Statement]) -> Reads | None:
    """All that the statements read; None where they read more than this object, such as the old one."""
    found: set[Read] = set()
    alone = True
    for one in statements:
        parts = list(_parts(one))
        if any(part.unchanged is not None for part in parts):
            return None
        found.update(read for part in parts for read in _read_by(part))
        alone = alone and one.unique != "pod" and all(map(_stays(one), parts))
    return Reads(frozenset(found), whole=not alone)


def varies(reads: Reads) -> bool:
    """Whether it reads what is different in most pods."""
    return any(at[0] in _TEXTS if about == "container" else _is_own(at) for about, at in reads.parts)


def _is_own(at: Path) -> bool:
    return at[:1] == ("metadata",) and at != NAMESPACE


@lru_cache(1024)
def said_of(reads: frozenset[Read], *, whole: bool, named: bool = False) -> Said:
    """What is read, container by container; as one where it is judged as a `whole`; `named`: by name and image too."""
    shared = tuple(sorted(((about, at) for about, at in reads if about != "container"), key=repr))
    own = sorted({str(at[0]) for about, at in reads if about == "container"} | ({"image", "name"} if named else set()))
    texts = tuple(_texts(key) for key in own)

    def said(subject: Subject) -> list[Any] | None:
        containers = subject.containers
        if subject.pod is None or subject.request.subresource == "scale" or len(containers) > MOST_CONTAINERS:
            return None
        try:
            common = "\n".join([_text(subject, about, at) for about, at in shared])
            columns = [subject.derived(one, one) for one in texts]
        except RecursionError:
            return None
        if None in columns:
            return None
        parts: list[Any] = list(
            zip([common] * len(containers), [one.role for one in containers], *columns, strict=True)
        )
        return [(common, *parts)] if whole else [common, *parts]

    return said


def _text(subject: Subject, about: str, at: Path) -> str:
    if about == "object":
        return repr(look_up(subject.object, at))
    if at == NAMESPACE:
        return repr(subject.request.namespace)
    return repr(look_up(subject.object, (*subject.pod.at, *at))) if subject.pod else ""


@lru_cache(1024)
def _texts(key: str) -> Any:
    """Reads one field of every container, as text; None where one is too long."""

    def texts(subject: Subject) -> list[str] | None:
        found = []
        for container in subject.containers:
            value = container.raw.get(key)
            if isinstance(value, list | dict) and len(value) > MOST_ITEMS:
                return None
            found.append(repr(value))
        return found

    return texts


def _parts(statement: Statement) -> Iterator[Statement]:
    """The statement, its alternatives and all conditions; `where` reads below what its statement reads."""
    yield statement
    for part in (*statement.any_of, *statement.when, *statement.unless):
        yield from _parts(part)


def _read_by(statement: Statement) -> Iterator[Read]:
    references = [one.reference for one in _operators(statement) if one.reference is not None]
    for about, steps in [(statement.subject, statement.steps), *((one.subject, one.steps) for one in references)]:
        yield about, _plain(steps)[:1] if about == "container" else _plain(steps)
        if about == "container" and inherited_leaf(steps):
            yield _SECURITY


def _operators(statement: Statement) -> Iterator[Any]:
    yield from statement.operators
    for part in statement.where:
        yield from part.operators


def _stays(statement: Statement) -> Callable[[Statement], bool]:
    """Whether a part of the statement reads no container but the one that the statement is about."""

    def stays(part: Statement) -> bool:
        if part.subject == "container":
            return statement.subject == "container"
        return not any(one.reference and one.reference.subject == "container" for one in _operators(part))

    return stays


def _plain(steps: Steps) -> Path:
    last = steps.index(EACH) if EACH in steps else len(steps)
    return tuple(step for step in steps[:last] if isinstance(step, str | int))
