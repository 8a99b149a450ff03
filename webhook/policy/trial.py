"""Trials: what rules make of a witness, seen when rules load. The order of phases is the engine's."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from webhook.admission.edits import Draft, Verb
from webhook.admission.rule import OBJECT_PHASES, POD_PHASES, Subject
from webhook.policy.ruleset import Rule
from webhook.policy.witness import Witness
from webhook.source.path import Path

_LISTS = frozenset({"containers", "initContainers", "ephemeralContainers"})
_NAMES = ("mountPath", "name", "key", "ip")
_ONE_OF = frozenset({"livenessProbe", "readinessProbe", "startupProbe", "postStart", "preStop"})
"""Fields of which one form rules out the others."""
_ROUNDS = 2  # a rule may fill in what another one reads

Leaf = tuple[str, ...]
"""Where something is written, whichever container it is in: spec, image. An element of a list counts by its name."""


class Put(NamedTuple):
    """One value that a rule writes."""

    leaf: Leaf
    value: Any


def make(witness: Witness, rules: Sequence[Rule]) -> Draft:
    """What these rules make of the witness's object; raises Conflict where two of them want different values."""
    draft = Draft(witness.request.subject)
    for phase in POD_PHASES if witness.pod_at == () else OBJECT_PHASES:
        draft.begin_phase()
        makers = [rule for rule in rules if getattr(rule.parts, phase)]
        for _ in range(_ROUNDS if makers else 0):
            _round(witness, makers, phase, draft)
    return draft


def narrowed(subject: Subject, rule: Rule) -> Subject:
    """The subject with only the containers that the rule is about."""
    if rule.selection is None or subject.pod is None:
        return subject
    return subject.narrowed(rule.selection.containers(subject.pod), subject.image_volumes)


def written(draft: Draft) -> Iterator[Put]:
    """Every value that was put in."""
    for edit in draft.edits:
        if edit.verb is Verb.REMOVE:
            continue
        if edit.verb is Verb.SET:
            at = _plain(edit.path)
            whole = at[-1:] == edit.path[-1:]
            yield from _leaves(at, edit.after) if whole else (Put(at, (edit.path, edit.after)),)
        else:
            yield from _leaves((*_plain(edit.path[:-1]), *_name_of(edit.after)), edit.after)


def of_containers(draft: Draft) -> Iterator[Leaf]:
    """Where containers that were put in say something, as if it had been written into those that were there."""
    for edit in draft.edits:
        if edit.path[-2:-1] and edit.path[-2] in _LISTS and edit.verb is not Verb.REMOVE:
            yield from (one.leaf for one in _leaves(("spec",), edit.after))


def _round(witness: Witness, makers: Sequence[Rule], phase: str, draft: Draft) -> None:
    """Every rule once. Rewrites all start from the image as it came in."""
    first = witness.subject(draft.object)
    for rule in makers:
        draft.rule = rule.info.id
        subject = first if phase == "rewrite" else witness.subject(draft.object)
        getattr(rule.parts, phase)(narrowed(subject, rule), draft)


def _plain(path: Path) -> Leaf:
    """The path without the list of containers, as far as it leads through objects. A request and a limit of one
    resource belong together: each may rule out the other."""
    steps: list[str] = []
    for index, step in enumerate(path):
        if isinstance(step, int):
            if path[index - 1] not in _LISTS:
                break
        elif steps and steps[-1] in _ONE_OF:
            break
        elif not (step in _LISTS and path[index + 1 : index + 2]) and step not in ("requests", "limits"):
            steps.append(step)
    return tuple(steps)


def _leaves(at: Leaf, value: Any) -> Iterator[Put]:
    if isinstance(value, dict) and value and at[-1] not in _ONE_OF:
        for key, inner in value.items():
            yield from _leaves((*at, str(key)), inner)
    else:
        yield Put(at, value)


def _name_of(element: Any) -> Leaf:
    names = (element.get(key) for key in _NAMES) if isinstance(element, dict) else ()
    found = next((name for name in names if isinstance(name, str)), None)
    return (f"[{found}]",) if found else ()
