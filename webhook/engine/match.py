"""Which rules apply to a request: small predicates, one per criterion; an absent criterion matches.

An answer may be None, "cannot be known here" (labels of a namespace that nobody could ask for, a user that nobody
named): the rule is then undecided for this request, which is neither a match nor a pass.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from webhook.admission.facts import Facts, Namespace, Needs, Unavailable
from webhook.admission.finding import Mode
from webhook.admission.request import GroupKind, Operation, Request
from webhook.admission.selector import NAME_LABEL
from webhook.engine.namespaces import namespace_of
from webhook.pod.workloads import POD, POD_AT
from webhook.policy.model import Match, UserSet
from webhook.policy.ruleset import Rule, Ruleset
from webhook.source.path import Path, look_up

MEMO_LIMIT = 4096  # (kind, operation, namespace) combinations that are remembered

_FAMILY = {"ReplicaSet": "Deployment", "CronJob": "Job"}


@dataclass(frozen=True, slots=True)
class Applicable:
    """A rule that applies, in the mode that it has now and here."""

    rule: Rule
    mode: Mode


@dataclass(frozen=True, slots=True)
class Matching:
    """The rules that apply, and those of which nobody can say so, each with the reason."""

    applicable: tuple[Applicable, ...]
    unknown: tuple[tuple[Rule, str], ...]
    namespace: Namespace | None


_NOTHING = Matching((), (), None)


def match(request: Request, ruleset: Ruleset, facts: Facts, now: datetime) -> Matching | Needs:
    """The rules for a request, or the need for its namespace's labels."""
    candidates = _candidates(request, ruleset)
    if not candidates:
        return _NOTHING
    namespace, reason = _namespace(request, facts)
    if namespace is None and not reason and any(_needs_namespace(rule) for rule in candidates):
        return Needs(frozenset({request.namespace}))
    applicable: list[Applicable] = []
    unknown: list[tuple[Rule, str]] = []
    for rule, narrow, known in _in_namespace(request, ruleset, candidates, namespace):
        mode = rule.rollout.mode(now, request.namespace, namespace)
        if mode is Mode.OFF:
            continue
        applies = _all(holds(part, request, now) for part in narrow for holds in _PREDICATES) if narrow else True
        if applies is False:
            continue
        if not known or mode is None:
            unknown.append((rule, reason))
        elif applies is None:
            unknown.append((rule, "who asks is not known here"))
        else:
            applicable.append(Applicable(rule, mode))
    return Matching(tuple(applicable), tuple(unknown), namespace)


def _candidates(request: Request, ruleset: Ruleset) -> tuple[Rule, ...]:
    """The rules for this kind, operation and namespace name; remembered."""
    key = (request.kind, request.subresource, request.operation, request.namespace)
    known = ruleset.memo.get(key)
    if known is None:
        known = _find_candidates(request, ruleset)
        _remember(ruleset, key, known)
    found: tuple[Rule, ...] = known
    return found


def _find_candidates(request: Request, ruleset: Ruleset) -> tuple[Rule, ...]:
    if request.namespace and ruleset.leaves_alone(request.namespace):
        return ()
    return tuple(
        rule
        for rule in ruleset.rules
        if rule.covers(request.kind, request.subresource, request.operation)
        and all(not m.namespaces or m.namespaces.covers(request.namespace) for m in rule.matches)
    )


_Narrowed = tuple[tuple[Rule, tuple[Match, ...], bool], ...]


def _in_namespace(
    request: Request, ruleset: Ruleset, candidates: tuple[Rule, ...], namespace: Namespace | None
) -> _Narrowed:
    """The candidates whose namespace selectors hold or cannot be answered, each with the matches that still need the
    object and whether the answer is known; remembered for as long as the namespace is the same value."""
    own_labels = request.kind == ("", "Namespace")
    key = (request.kind, request.subresource, request.operation, request.namespace, "labels")
    known = ruleset.memo.get(key)
    if known is not None and known[0] is namespace and not own_labels:
        remembered: _Narrowed = known[1]
        return remembered
    kept = []
    for rule in candidates:
        selected = _all(_selected(part, request, namespace) for part in rule.matches)
        if selected is not False:
            kept.append((rule, tuple(part for part in rule.matches if _narrows(part)), selected is not None))
    _remember(ruleset, key, (namespace, tuple(kept)))
    return tuple(kept)


def _remember(ruleset: Ruleset, key: Any, value: Any) -> None:
    if len(ruleset.memo) >= MEMO_LIMIT:
        ruleset.memo.clear()
    ruleset.memo[key] = value


def _namespace(request: Request, facts: Facts) -> tuple[Namespace | None, str]:
    """The namespace as far as it is known; with a reason where it is not and asking will not help."""
    if request.kind == ("", "Namespace"):
        own, name = namespace_of(request.subject), request.namespace or request.name
        return Namespace(name, {**own.labels, NAME_LABEL: name}, own.annotations), ""
    if not request.namespace:
        return Namespace("", {}, {}), ""
    known = facts.namespaces.get(request.namespace, facts)
    if isinstance(known, Namespace):
        return known, ""
    if isinstance(known, Unavailable):
        return None, f"the labels of namespace {request.namespace} could not be had: {known.reason}"
    if known is None:
        return None, f"the namespace {request.namespace} does not exist"
    return None, "" if facts.askable else f"the labels of namespace {request.namespace} are not known here"


def _needs_namespace(rule: Rule) -> bool:
    return (
        rule.parts.needs_namespace
        or rule.rollout.needs_labels
        or any(part.namespace_selector is not None for part in rule.matches)
    )


def _selected(part: Match, request: Request, namespace: Namespace | None) -> bool | None:
    """The namespace selector; objects of the whole cluster are never left out by it, as in the API server."""
    if part.namespace_selector is None or (not request.namespace and request.kind != ("", "Namespace")):
        return True
    if namespace is None:
        return part.namespace_selector.matches_name_alone(request.namespace)
    return part.namespace_selector.matches(namespace.labels)


def _narrows(part: Match) -> bool:
    return any((part.object_selector, part.names, part.users, part.owners, part.during))


def _all(answers: Any) -> bool | None:
    """Three-valued "and": no beats unknown, unknown beats yes."""
    result: bool | None = True
    for answer in answers:
        if answer is False:
            return False
        if answer is None:
            result = None
    return result


def _object_selector(part: Match, request: Request, _: datetime) -> bool | None:
    if part.object_selector is None:
        return True
    at = POD_AT.get(request.kind, ())
    labels = look_up(request.subject, (*at, "metadata", "labels"))
    return part.object_selector.matches(labels if isinstance(labels, dict) else {})


def _name(part: Match, request: Request, _: datetime) -> bool | None:
    return part.names is None or part.names.covers(name_of(request))


def _users(part: Match, request: Request, _: datetime) -> bool | None:
    if part.users is None:
        return True
    if request.user is None:
        return None
    if part.users.exclude and _is_one_of(request, part.users.exclude):
        return False
    return part.users.include is None or _is_one_of(request, part.users.include)


def _is_one_of(request: Request, users: UserSet) -> bool:
    user = request.user
    if user is None:
        return False
    account = user.name.removeprefix("system:serviceaccount:").replace(":", "/") if ":" in user.name else ""
    return (
        any(glob.matches(user.name) for glob in users.names)
        or any(glob.matches(group) for glob in users.groups for group in user.groups)
        or (user.name.startswith("system:serviceaccount:") and any(g.matches(account) for g in users.service_accounts))
    )


def _owners(part: Match, request: Request, _: datetime) -> bool | None:
    return part.owners is None or any(part.owners.covers(family) for family in families(request))


def _during(part: Match, _: Request, now: datetime) -> bool | None:
    return part.during is None or part.during.covers(now)


_PREDICATES: tuple[Callable[[Match, Request, datetime], bool | None], ...] = (
    _object_selector,
    _name,
    _users,
    _owners,
    _during,
)


def name_of(request: Request) -> str:
    """The object's name; generateName while the name is empty."""
    if request.name:
        return request.name
    metadata = request.subject.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    return str(metadata.get("name") or metadata.get("generateName") or "")


def families(request: Request) -> tuple[str, ...]:
    """The workload families of an object: a Deployment's pods count as Deployment, a CronJob's as Job."""
    if request.kind != ("", "Pod"):
        return (_FAMILY.get(request.kind.kind, request.kind.kind),)
    owners = look_up(request.subject, ("metadata", "ownerReferences"))
    owners = owners if isinstance(owners, list) else ()
    kinds = [str(owner.get("kind")) for owner in owners if isinstance(owner, dict)]
    return tuple(_FAMILY.get(kind, kind) for kind in kinds) or ("Pod",)


def as_pod(request: Request, pod_at: Path) -> Request:
    """The request that a controller will make for the pods of this workload, as far as matching goes."""
    template = look_up(request.subject, pod_at)
    template = template if isinstance(template, dict) else {}
    metadata = template.get("metadata")
    owned = {**(metadata if isinstance(metadata, dict) else {}), "ownerReferences": [{"kind": request.kind.kind}]}
    return Request(
        kind=GroupKind(*POD),
        operation=Operation.CREATE,
        object={**template, "metadata": owned},
        namespace=request.namespace,
        name=request.name or name_of(request),
        user=request.user,
    )
