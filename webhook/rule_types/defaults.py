"""defaults: what is filled in where the author left it open, what is overwritten, added, removed or bounded.

`default` never changes what the author wrote; `enforce` overwrites and says so; `append` treats lists as sets by their
real keys; `remove` and `clamp` do what they say. Whatever is made so is checked by the same code that makes it.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Literal

from webhook.admission.edits import Conflict, Draft, Verb, same
from webhook.admission.finding import Found
from webhook.admission.operators import CannotDecide
from webhook.admission.rule import Check, Compiling, Fine, Make, RuleParts, Subject
from webhook.admission.words import shown
from webhook.pod.containers import ALL_ROLES, Role
from webhook.pod.merge import find
from webhook.rule_types._default_bounds import Clamps, check_clamps, clamp_parts
from webhook.rule_types._default_leaves import Change, changes
from webhook.rule_types._default_load import check_targets
from webhook.rule_types._default_sources import words_on
from webhook.rule_types._default_targets import Places, Target, Targets
from webhook.rule_types._replicas import REPLICAS, only_replicas
from webhook.rule_types._service_account_token import has_no_token, remove_token, token_left
from webhook.source.declare import field, shape
from webhook.source.path import Path, look_up

_FILLED = ALL_ROLES - {Role.EPHEMERAL}
_POD = ("", "Pod")


@shape
class Params:
    """What is filled in, overwritten, added, removed or bounded."""

    default: Targets | None = field("Set where absent, leaf by leaf.", default=None)
    enforce: Targets | None = field("Set whatever was there, and said in a warning.", default=None)
    append: Targets | None = field("Added to lists, which are sets by their real keys.", default=None)
    remove: tuple[Literal["serviceAccountToken"], ...] = field("What is taken away.", default=())
    clamp: Clamps | None = field("Numbers that are brought within bounds.", default=None)

    def __post_init__(self) -> None:
        if not any((self.default, self.enforce, self.append, self.remove, self.clamp)):
            raise ValueError("nothing is said of defaults", "say default, enforce, append, remove or clamp")


def compile(params: Params, compiling: Compiling) -> RuleParts:
    """One make and one check for pods, one of each for an object's own fields."""
    wanted = {verb: targets for verb in ("default", "enforce", "append") if (targets := getattr(params, verb))}
    for verb, targets in wanted.items():
        check_targets(verb, targets, compiling)
    if params.clamp:
        check_clamps(params.clamp, {verb: targets.pod for verb, targets in wanted.items()}, compiling)
    in_pod = {verb: targets for verb, targets in wanted.items() if targets.in_pod}
    in_object = {verb: targets for verb, targets in wanted.items() if targets.object}
    clamp_make, clamp_check = clamp_parts(params.clamp) if params.clamp else ((), ())
    makes: list[Make] = [*map(_fill, in_pod.items()), *clamp_make]
    checks: list[Check] = [*map(_check, in_pod.items()), *clamp_check]
    if params.remove:
        makes.append(remove_token)
        checks.append(token_left)
    of_object = tuple(map(_check_object, in_object.items()))
    return RuleParts(
        checks=(*checks, *of_object),
        fine=_fine(params),
        fill=_all(makes) if makes else None,
        fill_object=_all([_fill_object(item) for item in in_object.items()]) if in_object else None,
        roles=_FILLED,
        needs_pod=bool(makes) and not in_object,
        needs_namespace=any(targets.from_namespace for targets in wanted.values()),
        about_containers=any(targets.containers for targets in wanted.values()),
        of_scale=tuple(map(only_replicas, of_object)) if _is_about_replicas(in_object.values()) else (),
    )


def _is_about_replicas(wanted: Iterable[Targets]) -> bool:
    return any(look_up(targets.object, REPLICAS) is not None for targets in wanted)


def _all(makes: list[Make]) -> Make:
    def make(subject: Subject, draft: Draft) -> None:
        for one in makes:
            one(subject, draft)

    return make


def _fill(item: tuple[str, Targets]) -> Make:
    verb, places = item[0], Places(item[1])

    def make(subject: Subject, draft: Draft) -> None:
        for target in places.in_pod(subject):
            _make_so(verb, target, subject, draft)

    return make


def _fill_object(item: tuple[str, Targets]) -> Make:
    verb, places = item[0], Places(item[1])

    def make(subject: Subject, draft: Draft) -> None:
        _make_so(verb, places.in_object(subject), subject, draft)

    return make


def _make_so(verb: str, target: Target, subject: Subject, draft: Draft) -> None:
    try:
        wanted = list(changes(verb, target, subject, draft.object))
    except CannotDecide:
        return  # the check tells that the rule is undecided
    made = len(draft.edits)
    for change in wanted:
        if change.skipped:
            _refuse_clash(change, draft)
            draft.note(change.skipped)
        elif change.append:
            _append(change, draft)
        elif change.beside is not None:
            _inherit(change, change.beside, draft)
        elif verb == "default":
            draft.default(change.path, change.value)
        else:
            if change.found is not None:
                was, now = shown(change.path, change.found), shown(change.path, change.value)
                draft.note(f"{change.where} was {was} and is now {now}")
            draft.set(change.path, change.value)
    if target.wanted.has_sources:
        for edit in draft.edits[made:]:
            draft.origin(edit.path, partial(words_on, edit, target.at, target.wanted.value))


def _inherit(change: Change, leaf: Path, draft: Draft) -> None:
    """A container's leaf that its pod sets: the author's word counts for both, another rule's only where it agrees."""
    other = draft.filled_by(change.path)
    ours = draft.get(leaf) is None or draft.filled_by(leaf) == draft.rule
    if not ours or other in ("", draft.rule):
        return
    if not same(change.found, change.value):
        raise Conflict(change.path, other, draft.rule)
    draft.default(leaf, change.value)


def _append(change: Change, draft: Draft) -> None:
    """Environment variables go first, so that the author's own can refer to them; all else goes last."""
    if change.taken:
        _refuse_twin(change, draft)
    elif change.path[-1] == "env" and isinstance(draft.get(change.path), list):
        draft.insert(change.path, change.position, change.value)
    else:
        draft.append(change.path, change.value)


def _refuse_twin(change: Change, draft: Draft) -> None:
    """Another rule's element with the same key and another value; the author's own would count as contained."""
    for edit in draft.edits:
        added = edit.verb in (Verb.APPEND, Verb.INSERT) and edit.path[:-1] == change.path
        if added and edit.rule != draft.rule and _is_twin(change, edit.after) and not same(edit.after, change.value):
            raise Conflict(change.path, edit.rule, draft.rule)


def _is_twin(change: Change, element: object) -> bool:
    return find([element], change.value, change.keys) is not None


def _refuse_clash(change: Change, draft: Draft) -> None:
    """Another rule's request or limit of the same resource, beside which this one cannot stand."""
    if change.path[-3:-2] != ("resources",):
        return
    for edit in draft.edits:
        beside = edit.path[:-2] == change.path[:-2] and edit.path[-1] == change.path[-1]
        if beside and edit.rule != draft.rule and edit.before is None:
            raise Conflict(change.path, edit.rule, draft.rule)


def _fine(params: Params) -> Fine | None:
    """The short answer for a pod in which every leaf and element is there, and that has no token."""
    added = [(verb, targets) for verb in ("default", "append") if (targets := getattr(params, verb))]
    if params.enforce or params.clamp or any(targets.object for _, targets in added):
        return None
    answers = [_is_there(_SETTLED[verb], Places(targets)) for verb, targets in added]
    if params.remove:
        answers.append(has_no_token)
    return lambda subject: all(answer(subject) for answer in answers) if len(answers) > 1 else answers[0](subject)


def _is_there(settled: Callable[[Any, Any], bool], places: Places) -> Fine:
    def fine(subject: Subject) -> bool:
        for root, wanted in places.roots(subject):
            if wanted.has_sources:
                return False
            for below, value in wanted.leaves:
                if not settled(look_up(root, below), value):
                    return False
        return True

    return fine


def _has_all(found: Any, elements: Any) -> bool:
    """Whether a list has every element as it is wanted."""
    if not isinstance(found, list) or not isinstance(elements, list):
        return False
    return all(any(same(one, element) for one in found) for element in elements)


_SETTLED: dict[str, Callable[[Any, Any], bool]] = {
    "default": lambda found, _: found is not None,  # a default minds nothing that is there
    "append": _has_all,
}


def _check(item: tuple[str, Targets]) -> Check:
    verb, places = item[0], Places(item[1])

    def check(subject: Subject) -> Iterator[Found]:
        for target in places.in_pod(subject):
            yield from _left(verb, changes(verb, target, subject, subject.object))

    return check


def _check_object(item: tuple[str, Targets]) -> Check:
    verb, places = item[0], Places(item[1])

    def check(subject: Subject) -> Iterator[Found]:
        if subject.request.kind != _POD:
            yield from _left(verb, changes(verb, places.in_object(subject), subject, subject.object))

    return check


def _left(verb: str, wanted: Iterator[Change]) -> Iterator[Found]:
    """What would still have to be changed; a default that contradicts what the author set counts as satisfied."""
    for change in wanted:
        if change.taken or (change.skipped and verb == "default"):
            continue
        value = shown(change.path, change.value)
        if change.append:
            yield Found(change.path, None, f"does not contain {value}")
        elif change.found is None:
            yield Found(change.path, None, f"missing, must be {value}", _fix(change))
        else:
            message = f"is {shown(change.path, change.found)}, must be {value}"
            yield Found(change.path, change.found, message, _fix(change))


def _fix(change: Change) -> str | None:
    """The line to write, where it is one."""
    if isinstance(change.value, dict | list) or not isinstance(change.path[-1], str):
        return None
    return f"{change.path[-1]}: {shown(change.path, change.value)}"
