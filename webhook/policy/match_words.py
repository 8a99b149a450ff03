"""A match in words: what each of its criteria wants. The words of `doorward explain`."""

from collections.abc import Callable, Iterator
from typing import Any

from webhook.admission.kinds import KindPattern
from webhook.admission.names import Names
from webhook.admission.selector import LabelSelector, Requirement, SelectorOperator
from webhook.admission.words import listing
from webhook.policy.dates import Clock, Window
from webhook.policy.matching import ContainerMatch, Images, Match, Users, UserSet
from webhook.policy.model import Step
from webhook.policy.ruleset import DEFAULT_KINDS
from webhook.source.declare import fields


def criteria(match: Match) -> Iterator[tuple[str, str]]:
    """Every criterion of a match that is given: its key, and what it wants."""
    for known in fields(match):
        value = getattr(match, known.name)
        if value:
            yield known.key, wanted(known.key, value)


def wanted(key: str, value: Any) -> str:
    """What one criterion wants, by its key in a match."""
    return _WORDS[key](value)


def kinds(patterns: tuple[KindPattern, ...]) -> str:
    """Which kinds are meant."""
    if patterns == DEFAULT_KINDS:
        return "only Pod and the kinds that carry one"
    return "every kind" if any(one.kind == "*" for one in patterns) else f"only {listing(map(str, patterns), 'and')}"


def requirement(one: Requirement) -> str:
    """One requirement of a label selector."""
    if one.operator is SelectorOperator.EXISTS:
        return f"{one.key} is there"
    if one.operator is SelectorOperator.DOES_NOT_EXIST:
        return f"{one.key} is not there"
    if one.operator is SelectorOperator.IN and len(one.values) == 1:
        return f"{one.key}={one.values[0]}"
    return f"{one.key} {'in' if one.operator is SelectorOperator.IN else 'not in'} ({', '.join(one.values)})"


def containers(match: ContainerMatch) -> Iterator[tuple[str, str]]:
    """Which containers are meant: each key, and what it wants."""
    if match.of:
        yield "containers.of", f"only {listing(match.of, 'and')}"
    for key, value in (("containers.names", match.names), ("containers.images", match.images)):
        if value:
            yield key, _names(value)


def step(one: Step) -> str:
    """A step of a rollout: its mode, from when, and where."""
    words = [one.mode.value, *([f"from {one.from_}"] if one.from_ else [])]
    where = [
        *([f"namespaces: {_names(one.namespaces)}"] if one.namespaces else []),
        *([f"namespaces with {_selector(one.namespace_selector)}"] if one.namespace_selector else []),
        *([f"{one.percent} percent of namespaces"] if one.percent is not None else []),
    ]
    return ", ".join([" ".join(words), *where])


def _names(names: Names | Images) -> str:
    include = f"only {listing(one.text for one in names.include)}" if names.include else ""
    exclude = f"exclude {listing((one.text for one in names.exclude), 'and')}" if names.exclude else ""
    return ", ".join(filter(None, (include, exclude)))


def _selector(selector: LabelSelector) -> str:
    return ", ".join(map(requirement, selector.requirements))


def _users(users: Users) -> str:
    include = f"only {_user_set(users.include)}" if users.include else ""
    exclude = f"exclude {_user_set(users.exclude)}" if users.exclude else ""
    return ", ".join(filter(None, (include, exclude)))


def _user_set(users: UserSet) -> str:
    named = (("", users.names), ("group ", users.groups), ("service account ", users.service_accounts))
    return listing(f"{what}{glob.text}" for what, globs in named for glob in globs)


def _window(window: Window) -> str:
    days = f"{', '.join(window.days)} " if window.days else ""
    return f"{days}from {_clock(window.from_)} to {_clock(window.to)} {window.zone}"


def _clock(minutes: Clock) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


_WORDS: dict[str, Callable[[Any], str]] = {
    "kinds": kinds,
    "operations": lambda operations: f"only {listing(operations, 'and')}",
    "namespaces": _names,
    "namespaceSelector": lambda selector: f"labels {_selector(selector)}",
    "objectSelector": lambda selector: f"labels {_selector(selector)}",
    "names": _names,
    "users": _users,
    "owners": _names,
    "during": _window,
}
