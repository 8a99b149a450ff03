"""defaults: what is filled in where the author left it open, what is overwritten, added, removed or bounded.

`default` never changes what the author wrote; `enforce` overwrites and says so; `append` treats lists as sets by their
real keys; `remove` and `clamp` do what they say. Whatever is made so is checked by the same code that makes it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from webhook.admission.edits import Draft
from webhook.admission.finding import Found
from webhook.admission.rule import Check, Compiling, Make, RuleParts, Subject
from webhook.admission.words import quote
from webhook.pod.containers import ALL_ROLES, Role
from webhook.rule_types._default_bounds import Clamps, check_clamps, clamp_parts
from webhook.rule_types._default_leaves import Change, changes
from webhook.rule_types._default_targets import Targets, check_targets, object_target, targets_of
from webhook.rule_types._service_account_token import remove_token, token_left
from webhook.source.shape import field

_FILLED = ALL_ROLES - {Role.EPHEMERAL}


@dataclass(frozen=True, slots=True)
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
        check_clamps(params.clamp, compiling)
    in_pod = {verb: targets for verb, targets in wanted.items() if targets.in_pod}
    in_object = {verb: targets for verb, targets in wanted.items() if targets.object}
    clamp_make, clamp_check = clamp_parts(params.clamp) if params.clamp else ((), ())
    makes: list[Make] = [*map(_fill, in_pod.items()), *clamp_make]
    checks: list[Check] = [*map(_check, in_pod.items()), *clamp_check]
    if params.remove:
        makes.append(remove_token)
        checks.append(token_left)
    return RuleParts(
        checks=(*checks, *map(_check_object, in_object.items())),
        fill=_all(makes) if makes else None,
        fill_object=_all([_fill_object(item) for item in in_object.items()]) if in_object else None,
        roles=_FILLED,
        needs_pod=bool(makes),
        needs_namespace=any(targets.from_namespace for targets in wanted.values()),
    )


def _all(makes: list[Make]) -> Make:
    def make(subject: Subject, draft: Draft) -> None:
        for one in makes:
            one(subject, draft)

    return make


def _fill(item: tuple[str, Targets]) -> Make:
    verb, targets = item

    def make(subject: Subject, draft: Draft) -> None:
        for target in targets_of(targets, subject):
            _apply(verb, changes(verb, target, subject, draft.object), draft)

    return make


def _fill_object(item: tuple[str, Targets]) -> Make:
    verb, targets = item

    def make(subject: Subject, draft: Draft) -> None:
        target = object_target(targets)
        _apply(verb, changes(verb, target, subject, draft.object), draft)

    return make


def _apply(verb: str, wanted: Iterator[Change], draft: Draft) -> None:
    for change in list(wanted):
        if change.skipped:
            draft.note(change.skipped)
        elif change.append:
            _append(change, draft)
        elif verb == "default":
            draft.default(change.path, change.value)
        else:
            if change.found is not None:
                draft.note(f"{change.where} was {quote(change.found)} and is now {quote(change.value)}")
            draft.set(change.path, change.value)


def _append(change: Change, draft: Draft) -> None:
    """Environment variables go first, so that the author's own can refer to them; all else goes last."""
    if change.path[-1] == "env" and isinstance(draft.get(change.path), list):
        draft.insert(change.path, change.position, change.value)
    else:
        draft.append(change.path, change.value)


def _check(item: tuple[str, Targets]) -> Check:
    verb, targets = item

    def check(subject: Subject) -> Iterator[Found]:
        for target in targets_of(targets, subject):
            yield from _left(changes(verb, target, subject, subject.object))

    return check


def _check_object(item: tuple[str, Targets]) -> Check:
    verb, targets = item

    def check(subject: Subject) -> Iterator[Found]:
        yield from _left(changes(verb, object_target(targets), subject, subject.object))

    return check


def _left(wanted: Iterator[Change]) -> Iterator[Found]:
    """What would still have to be changed."""
    for change in wanted:
        if change.skipped or change.taken:
            continue
        if change.append:
            yield Found(change.path, None, f"does not contain {quote(change.value, 120)}")
        elif change.found is None:
            yield Found(change.path, None, f"missing, must be {quote(change.value, 120)}")
        else:
            yield Found(change.path, change.found, f"is {quote(change.found)}, must be {quote(change.value, 120)}")
