"""Two rules that want different values at one place of one object, although it could be known when they were written.

What is left to the engine is a clash that only some object brings about: it is a *failed* finding of both rules then.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from webhook.admission.edits import Conflict, Draft
from webhook.admission.words import shown
from webhook.patterns import Glob
from webhook.policy.trial import Leaf, make, of_containers, written
from webhook.policy.witness import Criteria, Held, Witness, object_kind, witness
from webhook.policy.written_at import place_of
from webhook.source.path import Path, look_up, render

MOST_TRIALS = 2_000
"""Pairs of rules that are tried on a witness; who has more than that to clash about is told of some."""


_KEYS = ("spaces", "namespaces", "labels", "users", "owners", "during", "when")


class Effect(NamedTuple):
    """A rule with what it makes of an object of its own.

    `keys` are the namespaces that it lists and the criteria of which it must share one with whatever it clashes with.
    """

    held: Held
    witness: Witness
    draft: Draft
    leaves: dict[Leaf, list[Any]]
    criteria: Criteria
    keys: Criteria
    touched: frozenset[Leaf]
    """All leaves, and those of containers that were put in."""


def effects(rules: Sequence[Held], alone: Sequence[Glob]) -> list[Effect]:
    """What each rule makes of a pod, or of another object that it is about; rules that make nothing are left out."""
    found = []
    for held in rules:
        parts = held.rule.parts
        in_pods = parts.inject or parts.rewrite or parts.fill or parts.pin
        kind = object_kind([held]) if parts.fill_object else None
        found += [_effect(held, witness([held], alone))] if in_pods else []
        found += [_effect(held, witness([held], alone, kind))] if kind else []
    return [one for one in found if one is not None]


def tell_clashes(made: Sequence[Effect], alone: Sequence[Glob]) -> None:
    """Tell each rule that clashes of one that it clashes with, at both places."""
    told: set[str] = set()
    trials = 0
    for one, other in _candidates(made, told):
        if trials == MOST_TRIALS:
            break
        pair = (one.held, other.held)
        shared = witness(pair, alone, one.witness.request.kind)
        if shared is not None:
            trials += 1
            shared = shared.in_full()
            conflict = _conflict(pair, shared)
            if conflict is not None:
                for mine, theirs in (pair, pair[::-1]):
                    if mine.name not in told:
                        _tell(mine, theirs, shared, conflict)
                        told.add(mine.name)


def _effect(held: Held, found: Witness | None) -> Effect | None:
    if found is None:
        return None
    found = found.in_full()
    with suppress(Exception):  # a rule that breaks is told by whoever judges
        draft = make(found, [held.rule])
        leaves: dict[Leaf, list[Any]] = {}
        for one in written(draft):
            leaves.setdefault(one.leaf, []).append(one.value)
        criteria, spaces = held.criteria(), _spaces(held)
        keys = {"spaces": spaces, **criteria} if spaces else criteria
        return Effect(held, found, draft, leaves, criteria, keys, frozenset((*leaves, *of_containers(draft))))
    return None


def _spaces(held: Held) -> frozenset[str]:
    listed = [match.namespaces.include for match in held.rule.matches if match.namespaces]
    exact = [frozenset(glob.text for glob in globs) for globs in listed if globs and all(g.is_exact for g in globs)]
    return frozenset.intersection(*exact) if exact else frozenset()


def _candidates(made: Sequence[Effect], told: set[str]) -> Iterator[tuple[Effect, Effect]]:
    """Pairs of rules that write different values to one place, or one of them below the other's, and may meet; none of
    which both are told by then."""
    at: dict[Leaf, list[Effect]] = {}
    for effect in made:
        for leaf in effect.leaves:
            at.setdefault(leaf, []).append(effect)
    for leaf, several in at.items():
        above = [effect for depth in range(1, len(leaf)) for effect in at.get(leaf[:depth], ())]
        values = {effect.held.name: repr(effect.leaves[leaf]) for effect in several}
        if above or len(set(values.values())) > 1:
            for one, other in _meeting(several, above):
                if one.held.name in told and other.held.name in told:
                    continue
                if values.get(one.held.name) != values[other.held.name] and _may_meet(one, other):
                    yield one, other


def _meeting(several: Sequence[Effect], above: Sequence[Effect]) -> Iterator[tuple[Effect, Effect]]:
    """All pairs but those that plainly are about different objects: most rules are about some, and few about the same.

    Two that are both about listed namespaces, or both choose by label, only meet where they share one of these.
    """
    without: dict[str, list[Effect]] = {name: [] for name in _KEYS}
    sharing: dict[tuple[str, Any], list[Effect]] = {}
    for index, other in enumerate(several):
        name = next(iter(other.keys), "")
        shared = [one for key in other.keys.get(name, ()) for one in sharing.get((name, key), ())]
        for one in (*above, *([*without[name], *shared] if name else several[:index])):
            yield one, other
        for known in _KEYS:
            if known not in other.keys:
                without[known].append(other)
            for key in other.keys.get(known, ()):
                sharing.setdefault((known, key), []).append(other)


def _may_meet(one: Effect, other: Effect) -> bool:
    if one.held is other.held or one.witness.pod_at != other.witness.pod_at:
        return False
    for name, wanted in one.criteria.items():
        others = other.criteria.get(name)
        if others is not None and not (wanted <= others or others <= wanted):
            return False
    return True


def _conflict(pair: Sequence[Held], shared: Witness) -> Conflict | None:
    try:
        make(shared, [held.rule for held in sorted(pair, key=lambda held: held.name)])
    except Conflict as conflict:
        return conflict
    except Exception:  # noqa: BLE001 - a rule that breaks is told by whoever judges
        return None
    return None


def _tell(mine: Held, theirs: Held, shared: Witness, conflict: Conflict) -> None:
    there = theirs.written.document.problems.place(place_of(theirs.written, conflict.path), "key")
    values = [_value(held, shared, conflict.path) for held in (mine, theirs)]
    differ = f": {values[0]} here, {values[1]} there" if None not in values else ""
    told = f"`{theirs.name}` ({there}) wants another value of {render(conflict.path)} than this rule{differ}"
    cure = f"both are about {shared}: let them want the same, or narrow the `match` of one"
    mine.written.document.problems.error(place_of(mine.written, conflict.path), told, cure, on="key")


def _value(held: Held, shared: Witness, path: Path) -> str | None:
    """What the rule alone makes of the place, in words."""
    with suppress(Exception):
        found = look_up(make(shared, [held.rule]).object, path)
        return shown(path, found) if isinstance(found, str | int | float | bool) else None
    return None
