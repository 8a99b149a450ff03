"""Which rules apply to a request: small predicates, one per criterion; an absent criterion matches.

An answer may be None, "cannot be known here" (labels of a namespace that nobody could ask for, a user that nobody
named): the rule is then undecided for this request, which is neither a match nor a pass.
"""

from collections.abc import Callable
from datetime import datetime
from operator import itemgetter
from typing import Any, TypeVar

from webhook.admission.facts import Facts, Namespace, Needs, Unavailable
from webhook.admission.finding import Mode
from webhook.admission.request import GroupKind, Operation, Request
from webhook.admission.selector import NAME_LABEL
from webhook.engine.namespaces import namespace_of
from webhook.engine.plan import Applicable, plan_apart
from webhook.engine.shortlist import Candidate, Matching, Shortlist, all_hold, candidates, shortlist
from webhook.pod.workloads import POD, POD_AT
from webhook.policy.matching import Match, UserSet
from webhook.policy.ruleset import Rule, Ruleset
from webhook.source.path import Path, look_up

__all__ = [
    "CRITERIA",
    "Applicable",
    "Matching",
    "as_pod",
    "families",
    "labels_of",
    "match",
    "name_of",
    "namespace_for",
]

_FAMILY = {"ReplicaSet": "Deployment", "CronJob": "Job"}


_T = TypeVar("_T")

_NOTHING = Matching((), (), None)
_NO_NAMESPACE = Namespace("", {}, {})


def match(request: Request, ruleset: Ruleset, facts: Facts, now: datetime) -> Matching | Needs:
    """The rules for a request, or the need for its namespace's labels."""
    rules = candidates(request, ruleset)
    if not rules:
        return _NOTHING
    namespace, reason = namespace_for(request, facts)
    if namespace is None and not reason and any(_needs_namespace(rule) for rule in rules):
        return Needs(frozenset({request.namespace}))
    listed = shortlist(request, ruleset, rules, namespace, now)
    undecided = listed.undecided(labels_of(request) if listed.by_label else {})
    return _decide(undecided, listed, request, ruleset, reason, now) if undecided else listed.settled


def _decide(
    undecided: list[Candidate], listed: Shortlist, request: Request, ruleset: Ruleset, reason: str, now: datetime
) -> Matching:
    """The settled rules, and those of the others that apply; all in their order."""
    namespace = listed.settled.namespace
    applicable = list(zip(listed.positions, listed.settled.applicable, strict=True))
    unknown: list[tuple[int, tuple[Rule, str]]] = []
    chosen: list[Applicable] = []
    for one in undecided:
        mode = one.rule.rollout.mode(now, request.namespace, namespace)
        if mode is Mode.OFF:
            continue
        applies = all_hold(holds(part, request, now) for part in one.narrow for holds in _PREDICATES)
        if applies is False:
            continue
        if not one.known or mode is None:
            unknown.append((one.position, (one.rule, reason)))
        elif applies is None:
            unknown.append((one.position, (one.rule, "who asks is not known here")))
        else:
            chosen.append(Applicable(one.rule, mode))
            applicable.append((one.position, chosen[-1]))
    found, unsure = _in_order(applicable), _in_order(unknown)
    settled = listed.settled.plan or plan_apart(listed.settled.applicable, ruleset)
    plan = settled.joined(plan_apart(chosen, ruleset))
    return Matching(found, unsure, namespace, tuple(one.rule.info.id for one in found), plan=plan)


def _in_order(numbered: list[tuple[int, _T]]) -> tuple[_T, ...]:
    return tuple(item for _, item in sorted(numbered, key=itemgetter(0)))


def namespace_for(request: Request, facts: Facts) -> tuple[Namespace | None, str]:
    """The namespace as far as it is known; with a reason where it is not and asking will not help."""
    if request.kind == ("", "Namespace"):
        own, name = namespace_of(request.subject), request.namespace or request.name
        return Namespace(name, {**own.labels, NAME_LABEL: name}, own.annotations), ""
    if not request.namespace:
        return _NO_NAMESPACE, ""
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


def labels_of(request: Request) -> dict[str, Any]:
    """The labels of the pod, or of the object where it carries none."""
    labels = look_up(request.subject, (*POD_AT.get(request.kind, ()), "metadata", "labels"))
    return labels if isinstance(labels, dict) else {}


def _object_selector(part: Match, request: Request, _: datetime) -> bool | None:
    return part.object_selector is None or part.object_selector.matches(labels_of(request))


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


CRITERIA: dict[str, Callable[[Match, Request, datetime], bool | None]] = {
    "objectSelector": _object_selector,
    "names": _name,
    "users": _users,
    "owners": _owners,
    "during": _during,
}
"""What each request is asked, by the key of the match; explain.py tells which of them did not hold."""

_PREDICATES = tuple(CRITERIA.values())


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
