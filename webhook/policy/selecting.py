"""What a rule is about, chosen by something that another rule writes.

Conditions are read on the object as it comes in. /mutate and `doorward check` see it as its author wrote it, /validate
sees it as /mutate left it: a choice by what a rule fills in, rewrites or injects falls otherwise in the one than in the
other.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from webhook.admission.finding import Mode
from webhook.admission.request import Operation
from webhook.admission.rule import ReadMark, Subject
from webhook.admission.selector import Requirement
from webhook.admission.statements import Statement
from webhook.pod.image import ImagePattern
from webhook.pod.image_rewrite import Rewrites
from webhook.policy.clashes import Effect
from webhook.policy.contradictions import disjoint
from webhook.policy.specimen import images_like, is_rewritten
from webhook.policy.trial import Leaf
from webhook.policy.witness import ANYTHING, Held
from webhook.policy.written_at import place_of
from webhook.source.path import Path, look_up

_CURE = "choose by what the author writes, or by the namespace"


class Reading(NamedTuple):
    """One thing that decides whether a rule applies, or how: where it is read, where that is said, what it answers.

    `late` says that it is read on the object as it stands by then.
    """

    held: Held
    leaf: Leaf
    at: Path
    answer: Callable[[Subject], dict[Any, Any]]
    late: bool = False


def warn_of_choices(rules: Sequence[Held], made: Sequence[Effect]) -> None:
    """Warn at every choice that another rule turns round by what it writes."""
    below: dict[Leaf, list[Effect]] = {}
    exact: dict[Leaf, list[Effect]] = {}
    for effect in made:
        for leaf in effect.touched:
            exact.setdefault(leaf, []).append(effect)
        for start in {leaf[:depth] for leaf in effect.touched for depth in range(1, len(leaf) + 1)}:
            below.setdefault(start, []).append(effect)
    for reading in (one for held in rules for one in _readings(held)):
        above = [effect for depth in range(1, len(reading.leaf)) for effect in exact.get(reading.leaf[:depth], ())]
        turned = (one for one in [*below.get(reading.leaf, ()), *above] if _turns(one, reading))
        if (writer := next(turned, None)) is not None:
            _warn(reading, writer.held)


def warn_of_rewritten(rules: Sequence[Held]) -> None:
    """Warn at a choice among containers by images that another rule has replaced when the choice is made."""
    rewriting = [(held, held.rule.parts.rewrites) for held in rules if held.rule.parts.rewrites]
    for held in rules if rewriting else ():
        images = held.written.spec.containers.images if held.written.spec.containers else None
        for key in ("include", "exclude") if images else ():
            for index, pattern in enumerate(getattr(images, key)):
                by = next((w for w, rewrites in rewriting if w is not held and _replaces(rewrites, pattern)), None)
                if by is not None and not _apart(by, held):
                    there = by.written.document.problems.place(place_of(by.written, ("rewrite",)), "key")
                    told = f"`{by.name}` ({there}) rewrites these images before this rule looks at them"
                    at = (*held.written.at, "containers", "images", key, index)
                    held.written.document.problems.warning(at, told, "name them as they are rewritten")


def _replaces(rewrites: Rewrites, pattern: ImagePattern) -> bool:
    return any(is_rewritten(image, rewrites) for image in images_like(pattern))


def _readings(held: Held) -> Iterator[Reading]:
    rule, written = held.rule, held.written
    if all(step.mode is Mode.OFF for step in rule.rollout.steps):
        return
    for where, match in written.placed:
        for part in match.object_selector.requirements if match.object_selector else ():
            yield Reading(held, ("metadata", "labels", part.key), (*where, "objectSelector"), _selects(part))
    for index, condition in enumerate(rule.when):
        at: Path = (*written.at, "when", index) if len(rule.when) > 1 else (*written.at, "when")
        for one in (condition.any_of or (condition,)) if isinstance(condition, Statement) else ():
            yield Reading(held, _leaf(one), at, _holds(one))
    for mark in rule.parts.marks:
        at = (*written.at, written.kind, *mark.below)
        yield Reading(held, tuple(map(str, mark.at)), at, _stands(mark), late=mark.value is None)


def _leaf(part: Statement) -> Leaf:
    """The path as far as it is one, as trial.py writes it."""
    leaf: list[str] = ["spec"] if part.subject == "container" else []
    for step in part.steps:
        if not isinstance(step, str):
            break
        leaf.append(step)
    return tuple(leaf)


def _selects(part: Requirement) -> Callable[[Subject], dict[Any, Any]]:
    def answer(subject: Subject) -> dict[Any, Any]:
        metadata = subject.pod.metadata if subject.pod else subject.object.get("metadata")
        labels = look_up(metadata, ("labels",))
        return {"": part.holds(labels if isinstance(labels, dict) else {})}

    return answer


def _holds(part: Statement) -> Callable[[Subject], dict[Any, Any]]:
    def answer(subject: Subject) -> dict[Any, Any]:
        one_by_one = subject.containers if part.subject == "container" else ()
        return {"": part(subject), **{(one.list, one.name): part.holds_for(subject, one) for one in one_by_one}}

    return answer


def _stands(mark: ReadMark) -> Callable[[Subject], dict[Any, Any]]:
    def answer(subject: Subject) -> dict[Any, Any]:
        found = look_up(subject.object, mark.at)
        return {"": found if mark.value is None else found == mark.value}

    return answer


def _turns(effect: Effect, reading: Reading) -> bool:
    """Whether the answer is another one after the rule has written; what comes from a namespace may be anything."""
    held = reading.held
    kind = effect.witness.request.kind
    if effect.held is held or effect.held.rule is held.rule or not held.rule.covers(kind, "", Operation.CREATE):
        return False
    if _apart(effect.held, held):
        return False
    try:
        before = reading.answer(effect.witness.subject(effect.witness.request.subject))
        after = reading.answer(effect.witness.subject(effect.draft.object))
    except Exception:  # noqa: BLE001 - a condition that breaks is told by whoever judges
        return False
    written = (
        value for leaf, values in effect.leaves.items() if reading.leaf == leaf[: len(reading.leaf)] for value in values
    )
    return any(after.get(key) != value for key, value in before.items()) or ANYTHING in written


def _apart(one: Held, other: Held) -> bool:
    """Whether provably no namespace is meant by both."""
    mine, theirs = ([m.namespaces for m in held.rule.matches if m.namespaces] for held in (one, other))
    return any(disjoint(a, b) for a in mine for b in theirs)


def _warn(reading: Reading, writer: Held) -> None:
    problems = reading.held.written.document.problems
    there = writer.written.document.problems.place(place_of(writer.written, reading.leaf), "key")
    what = f"`{writer.name}` ({there}) writes this"
    if reading.late:
        told = f"{what}, and what this rule fills in before it does is chosen without"
    else:
        told = f"{what}, which /mutate and `doorward check` do not see when they ask, and /validate does"
    problems.warning(reading.at, told, _CURE, on="key")
