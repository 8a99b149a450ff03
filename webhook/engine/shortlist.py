"""Which rules can concern requests of one kind, operation and namespace: found once and remembered with the ruleset.

What remains to be asked of each request is little: rules that are settled stand ready, and rules that want a label of
the object are found by that label. So a request costs what its own rules cost, however many there are.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from webhook.admission.facts import Namespace
from webhook.admission.finding import Mode
from webhook.admission.request import Request
from webhook.engine.plan import Applicable, Plan, plan_of
from webhook.policy.matching import Match
from webhook.policy.ruleset import Rule, Ruleset

MEMO_LIMIT = 4096
"""(kind, operation, namespace) combinations that are remembered."""


class Matching(NamedTuple):
    """The rules that apply, and those of which nobody can say so, each with the reason."""

    applicable: tuple[Applicable, ...]
    unknown: tuple[tuple[Rule, str], ...]
    namespace: Namespace | None
    ids: tuple[str, ...] = ()
    """How the rules that apply are called."""
    conditional: bool = True
    """False where none of the rules that apply has a condition (`when`)."""
    plan: Plan | None = None
    """How they are judged; None where that is still to be found."""


class Candidate(NamedTuple):
    """A rule that may apply: where it stands among all, the matches that still need the request, and whether the
    namespace's labels, as far as they are known, answer its selectors."""

    position: int
    rule: Rule
    narrow: tuple[Match, ...]
    known: bool


class Shortlist(NamedTuple):
    """The rules for one kind, operation and namespace: settled ones, and those that each request decides."""

    settled: Matching
    positions: tuple[int, ...]
    """Where the settled ones stand among all rules."""
    always: tuple[Candidate, ...]
    by_label: Mapping[tuple[str, str], tuple[Candidate, ...]]
    """Those that want a label of the object, by the label and its value."""

    def undecided(self, labels: Mapping[str, Any]) -> list[Candidate]:
        """The rules that an object with these labels has to be asked about."""
        found = list(self.always)
        for label, value in labels.items():
            if isinstance(value, str):
                found += self.by_label.get((label, value), ())
        return found


def candidates(request: Request, ruleset: Ruleset) -> tuple[Rule, ...]:
    """The rules for this kind, operation and namespace name; remembered."""
    key = (request.kind, request.subresource, request.operation, request.namespace)
    known = ruleset.memo.get(key)
    if known is None:
        known = _find(request, ruleset)
        _remember(ruleset, key, known)
    found: tuple[Rule, ...] = known
    return found


def shortlist(
    request: Request, ruleset: Ruleset, rules: tuple[Rule, ...], namespace: Namespace | None, now: datetime
) -> Shortlist:
    """What is left of the candidates in a namespace; remembered for as long as the namespace is the same value."""
    if request.kind == ("", "Namespace"):  # its labels are the object's own
        return _sort_out(request, rules, namespace, now)
    key = (request.kind, request.subresource, request.operation, request.namespace, "labels")
    known = ruleset.memo.get(key)
    if known is None or known[0] is not namespace:
        found = _sort_out(request, rules, namespace, now)
        settled = found.settled._replace(plan=plan_of(found.settled.applicable, ruleset))
        known = namespace, found._replace(settled=settled)
        _remember(ruleset, key, known)
    listed: Shortlist = known[1]
    return listed


def all_hold(answers: Iterable[bool | None]) -> bool | None:
    """Three-valued "and": no beats unknown, unknown beats yes."""
    result: bool | None = True
    for answer in answers:
        if answer is False:
            return False
        if answer is None:
            result = None
    return result


def _find(request: Request, ruleset: Ruleset) -> tuple[Rule, ...]:
    if request.namespace and ruleset.leaves_alone(request.namespace):
        return ()
    return tuple(
        rule
        for rule in ruleset.rules
        if rule.covers(request.kind, request.subresource, request.operation)
        and all(name_fits(part, request) for part in rule.matches)
    )


def _sort_out(request: Request, rules: tuple[Rule, ...], namespace: Namespace | None, now: datetime) -> Shortlist:
    settled: list[tuple[int, Applicable]] = []
    always: list[Candidate] = []
    by_label: dict[tuple[str, str], tuple[Candidate, ...]] = {}
    for position, rule in enumerate(rules):
        selected = all_hold(labels_select(part, request, namespace) for part in rule.matches)
        if selected is False:
            continue
        one = Candidate(position, rule, tuple(filter(_narrows, rule.matches)), known=selected is not None)
        mode = _settled_mode(one, request, namespace, now)
        label = _wanted_label(one)
        if mode is not None:
            settled.append((position, Applicable(rule, mode)))
        elif label is not None:
            by_label[label] = (*by_label.get(label, ()), one)
        else:
            always.append(one)
    settled = [(position, applicable) for position, applicable in settled if applicable.mode is not Mode.OFF]
    ready = tuple(applicable for _, applicable in settled)
    conditional = any(one.rule.when for one in ready)
    matching = Matching(ready, (), namespace, tuple(one.rule.info.id for one in ready), conditional)
    return Shortlist(matching, tuple(position for position, _ in settled), tuple(always), by_label)


def _settled_mode(one: Candidate, request: Request, namespace: Namespace | None, now: datetime) -> Mode | None:
    """The mode of a rule of which nothing depends on the object, on who asks or on the time."""
    if not one.known or one.narrow or any(step.from_ for step in one.rule.rollout.steps):
        return None
    return one.rule.rollout.mode(now, request.namespace, namespace)


def _wanted_label(one: Candidate) -> tuple[str, str] | None:
    """A label that the object must have for the rule to apply."""
    selectors = [part.object_selector for part in one.narrow if part.object_selector is not None]
    return next((label for selector in selectors for label in selector.match_labels.items()), None)


def name_fits(part: Match, request: Request) -> bool:
    """The namespace's name."""
    return not part.namespaces or part.namespaces.covers(request.namespace)


def labels_select(part: Match, request: Request, namespace: Namespace | None) -> bool | None:
    """The namespace selector; objects of the whole cluster are never left out by it, as in the API server."""
    if part.namespace_selector is None or (not request.namespace and request.kind != ("", "Namespace")):
        return True
    if namespace is None:
        return part.namespace_selector.matches_name_alone(request.namespace)
    return part.namespace_selector.matches(namespace.labels)


def _narrows(part: Match) -> bool:
    return any((part.object_selector, part.names, part.users, part.owners, part.during))


def _remember(ruleset: Ruleset, key: Any, value: Any) -> None:
    if len(ruleset.memo) >= MEMO_LIMIT:
        ruleset.memo.clear()
    ruleset.memo[key] = value
