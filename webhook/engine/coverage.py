"""Whether two webhook configurations make the API server ask about everything that the rules are about, and as they
need it. What they should say is made by registration.py; here stands what a difference costs."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from webhook.admission.selector import NAME_LABEL
from webhook.admission.words import listing, plural
from webhook.engine.decide import Stage
from webhook.engine.needs import Need, Plurals, acts, needs, needs_by_rule
from webhook.engine.registration import (
    KINDS,
    NOT_BEING_DELETED,
    OWN_NAMESPACE,
    TIMEOUT,
    Json,
    excluded_namespaces,
    failure_policy,
    told_plurals,
)
from webhook.policy.ruleset import Ruleset

AGAIN = "apply `doorward manifests` again"

_SHOWN = 5  # kinds that one sentence names
_TIMEOUTS = range(2, 11)  # seconds; 10 is what the API server takes where nothing is said
_AWAY = "while Doorward is away"
_WITHOUT = {
    Stage.MUTATE: "nothing is filled in or rewritten",
    Stage.VALIDATE: "nothing is refused or warned about",
}


def uncovered(ruleset: Ruleset, configurations: Sequence[Json]) -> tuple[str, ...]:
    """What the API server never asks about although a loaded rule is about it, and settings that contradict the rules.

    `configurations` are webhook configurations as the API server returns them, of either kind; one that does not exist
    is left out. Each sentence names the policy or the configuration, and the cure.
    """
    found: list[str] = []
    for stage in (Stage.MUTATE, Stage.VALIDATE):
        given = [one for one in configurations if one.get("kind") == KINDS[stage]]
        if given:
            plurals = {kind: name for one in given for kind, name in told_plurals(one).items()}
            found += _gaps(ruleset, stage, given, plurals)
            found += [text for one in given for text in _contradictions(ruleset, stage, one)]
        elif needs(ruleset.rules, stage, {}):
            found.append(f"there is no {KINDS[stage]}, so {_WITHOUT[stage]}: {AGAIN}")
    return (*never_asked(ruleset), *found)


def never_asked(ruleset: Ruleset) -> tuple[str, ...]:
    """The rules that are about what no webhook is asked about, whatever the configurations say."""
    return tuple(
        f"the rule {rule.info.id} is about {listing(rule.operations)} of {listing(rule.kinds)}, "
        "which no webhook is ever asked about: name other operations or kinds"
        for rule, found in needs_by_rule(ruleset.rules, Stage.VALIDATE, {})
        if acts(rule) and not found
    )


def _gaps(ruleset: Ruleset, stage: Stage, given: Sequence[Json], plurals: Plurals) -> Iterator[str]:
    """One sentence for each policy, however many of its rules lack the same."""
    webhooks = [webhook for one in given for webhook in one.get("webhooks") or ()]
    answers: dict[Need, bool] = {}
    missing: dict[str, set[Need]] = {}
    for rule, wanted in needs_by_rule(ruleset.rules, stage, plurals):
        for need in wanted:
            if need not in answers:
                answers[need] = any(_asks(webhook, need) for webhook in webhooks)
            if not answers[need]:
                missing.setdefault(rule.info.policy, set()).add(need)
    name = listing((one["metadata"]["name"] for one in given), "and")
    for policy, lacking in missing.items():
        yield f"the policy {policy} is about {_told(lacking)}, which the webhook {name} is not registered for: {AGAIN}"


def _told(lacking: Iterable[Need]) -> str:
    """`Pod CREATE and UPDATE, Service CREATE`."""
    operations: dict[str, list[str]] = {}
    for need in sorted(lacking, key=lambda need: (need.kind, need.operation)):
        operations.setdefault(need.kind, []).append(need.operation.value)
    words = [f"{kind} {listing(done, 'and')}" for kind, done in operations.items()]
    more = len(words) - _SHOWN
    return ", ".join([*words[:_SHOWN], *([plural(more, "more kind")] if more > 0 else [])])


def _asks(webhook: Json, need: Need) -> bool:
    """Whether a webhook is asked; with matchPolicy Equivalent every version of a resource is as good as another."""
    versions = {"*", need.target.version} if webhook.get("matchPolicy") == "Exact" else None
    return any(
        _has(rule, "apiGroups", {need.target.group, "*"})
        and _has(rule, "operations", {need.operation.value, "*"})
        and (versions is None or _has(rule, "apiVersions", versions))
        and _has(rule, "resources", _patterns(need))
        and (rule.get("scope", "*") in ("*", need.target.scope) or need.target.scope == "*")
        for rule in webhook.get("rules") or ()
    )


def _has(rule: Json, key: str, accepted: set[str]) -> bool:
    return not accepted.isdisjoint(rule.get(key) or ())


def _patterns(need: Need) -> set[str]:
    """What `resources` may say to mean this one; `pods/*` means pods itself too."""
    plural_name, subresource = need.target.plural, need.target.subresource
    either = {need.target.resource, f"{plural_name}/*", "*/*"}
    return either | ({f"*/{subresource}"} if subresource else {"*"})


def _contradictions(ruleset: Ruleset, stage: Stage, configuration: Json) -> Iterator[str]:
    for webhook in configuration.get("webhooks") or ():
        name = f"the webhook {configuration['metadata']['name']}"
        for text in (*_when_away(ruleset, stage, webhook), *_narrowed(webhook), *_namespaces(ruleset, webhook)):
            yield f"{name} {text}: {AGAIN}"


def _when_away(ruleset: Ruleset, stage: Stage, webhook: Json) -> Iterator[str]:
    """Settings for the time in which nobody answers, and for other webhooks that change what we made so."""
    policy, wanted = webhook.get("failurePolicy", "Fail"), failure_policy(ruleset, stage)
    if (policy, wanted) == ("Ignore", "Fail"):
        yield f"has failurePolicy Ignore, so everything passes {_AWAY}, although rules deny"
    elif (policy, wanted) == ("Fail", "Ignore"):
        because = "although it never denies" if stage is Stage.MUTATE else "although no rule denies"
        yield f"has failurePolicy Fail, so nothing can be changed {_AWAY}, {because}"
    seconds = webhook.get("timeoutSeconds", 10)
    if seconds not in _TIMEOUTS:
        yield f"waits {seconds} s for an answer, {TIMEOUT} s are right"
    if stage is Stage.MUTATE and webhook.get("reinvocationPolicy", "Never") != "IfNeeded":
        yield "has reinvocationPolicy Never, so what later webhooks add is not completed"


def _narrowed(webhook: Json) -> Iterator[str]:
    """Ways to be left out that no rule speaks of."""
    if webhook.get("matchPolicy", "Equivalent") != "Equivalent":
        yield f"has matchPolicy {webhook['matchPolicy']}, so other versions of an API are a way around the rules"
    if webhook.get("objectSelector"):
        yield "has an objectSelector, so a label of one's own is a way around the rules"
    foreign = [one["name"] for one in webhook.get("matchConditions") or () if one != NOT_BEING_DELETED]
    if foreign:
        yield f"has matchConditions that no rule speaks of ({listing(foreign, 'and')})"


def _namespaces(ruleset: Ruleset, webhook: Json) -> Iterator[str]:
    service = webhook.get("clientConfig", {}).get("service") or {}
    own = service.get("namespace", OWN_NAMESPACE)
    names, others = _left_out(webhook.get("namespaceSelector") or {})
    if others:
        yield f"is asked about some namespaces only, by {listing(others, 'and')}, which no rule speaks of"
    wanted = set(excluded_namespaces(ruleset, own))
    surplus = sorted(name for name in names - wanted if not ruleset.leaves_alone(name))
    if surplus:
        yield f"is never asked about {_named(surplus)}, which the Profile does not leave alone"
    lacking = sorted(wanted - names - (set() if service else {own}))
    if lacking and not others:
        yield f"is asked about {_named(lacking)}, which must not depend on Doorward"


def _left_out(selector: Json) -> tuple[set[str], list[str]]:
    """The namespaces that a selector leaves out by name, and the labels by which it leaves out others."""
    names: set[str] = set()
    others = [str(key) for key in selector.get("matchLabels") or ()]
    expressions: list[dict[str, Any]] = selector.get("matchExpressions") or []
    for expression in expressions:
        if expression.get("key") == NAME_LABEL and expression.get("operator") == "NotIn":
            names.update(expression.get("values") or ())
        else:
            others.append(str(expression.get("key")))
    return names, others


def _named(names: Sequence[str]) -> str:
    return f"the {'namespace' if len(names) == 1 else 'namespaces'} {listing(names, 'and')}"
