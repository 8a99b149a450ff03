"""Rules folders for the proofs: Policy documents over every rule type, Profiles and Exceptions, nearly all loadable.

What rules select on is never what rules fill in (objects.py says why). Nothing is selected by container image or by a
container's absence: `rewrite` changes the one and `sidecar` the other between `match` and judgement.
"""

from functools import cache
from typing import Any

from hypothesis import strategies as st

from tests.proofs import bodies, statements
from tests.proofs.objects import any_of, one_of, some
from tests.proofs.proving import loading
from webhook import rule_types
from webhook.admission.kinds import KindPattern

Json = dict[str, Any]
Rules = st.SearchStrategy[Json]

STRATEGIES: dict[str, Any] = {
    "images": bodies.IMAGES,
    "metadata": bodies.metadata(),
    "resources": bodies.RESOURCES,
    "defaults": bodies.DEFAULTS,
    "podSecurity": bodies.pod_security(),
    "fields": statements.FIELDS,
    "sidecar": bodies.sidecar(),
    "volumes": bodies.VOLUMES,
}
"""By rule type; one that is not here is drawn from its page."""


def document(kind: str, name: str, spec: Json) -> Json:
    """A document of the rules folder."""
    return {"apiVersion": "doorward.dev/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def policy(name: str, rules: list[Json], **spec: Any) -> Json:
    """A Policy around rules, which are called r0, r1 and so on where they have no name."""
    named = [{"name": f"r{index}", **rule} for index, rule in enumerate(rules)]
    return document(
        "Policy", name, {"title": "A policy", "why": "Because.", "owner": {"team": "t"}, **spec, "rules": named}
    )


CRITERIA: dict[str, Any] = {
    "namespaces": ({"include": ["shop"]}, {"exclude": ["pay"]}, {"include": ["s*", "pay"]}),
    "namespaceSelector": (
        {"matchLabels": {"team": "shop"}},
        {"matchExpressions": [{"key": "frozen", "operator": "DoesNotExist"}]},
    ),
    "objectSelector": (
        {"matchLabels": {"tier": "gold"}},
        {"matchExpressions": [{"key": "stage", "operator": "NotIn", "values": ["test"]}]},
        {"matchLabels": {"stage": "prod"}, "matchExpressions": [{"key": "tier", "operator": "Exists"}]},
    ),
    "names": ({"exclude": ["job-*"]}, {"include": ["w*", "job-7"]}),
    "users": ({"include": {"groups": ["system:authenticated"]}}, {"exclude": {"names": ["root"]}}),
    "owners": ({"exclude": ["DaemonSet"]},),
    "during": ({"days": ["sat"]}, {"from": "22:00", "to": "06:00"}),
}


@st.composite
def narrow(draw: st.DrawFn) -> Json:
    """A match that says one or two things."""
    keys = draw(st.lists(st.sampled_from(tuple(CRITERIA)), min_size=1, max_size=2, unique=True))
    return {key: draw(one_of(CRITERIA[key])) for key in keys}


NARROW = narrow()
CONTAINERS = any_of(
    of=(["containers"], ["containers", "initContainers", "sidecars"], ["containers", "ephemeralContainers"]),
    names=({"exclude": ["istio-proxy"]}, {"include": ["web", "migrate"]}),
)
MODES = ("enforce", "enforce", "enforce", "warn", "audit", "off")
ROLLOUTS = (
    [{"mode": "audit"}, {"mode": "enforce", "from": "2026-01-10"}],
    [{"mode": "enforce"}, {"mode": "warn", "namespaces": {"include": ["pay"]}}],
    [{"mode": "warn"}, {"mode": "enforce", "namespaceSelector": {"matchLabels": {"team": "shop"}}}],
    [{"mode": "enforce", "percent": 50}],
    [{"mode": "enforce", "from": "2026-01-01"}, {"mode": "off", "from": "2099-01-01"}],
)
WORDS = ("{value} of {container} in {namespace}", "{image.host}/{image.path} at {path}")
CARRIERS = (["Pod"], ["Pod", "Deployment"], ["Deployment", "Job"], ["Pod", "CronJob", "StatefulSet"])
SUBRESOURCES = (["Pod/exec", "Pod/attach"], ["Pod/portforward"])
FILLING = frozenset({"defaults", "sidecar"})


def seldom(draw: st.DrawFn, one_in: int) -> bool:
    """True once in so many times; what shrinks does without."""
    return draw(st.integers(1, one_in)) == one_in


@st.composite
def about_pods(draw: st.DrawFn, kind: str) -> Json:
    """A rule of a type about pods and what carries them."""
    own: Json = {}
    if seldom(draw, 3):
        own["match"] = draw(NARROW)
    if seldom(draw, 4):
        own["containers"] = draw(CONTAINERS)
    if seldom(draw, 3):
        kinds = draw(one_of(CARRIERS))
        if kind in FILLING and "Pod" not in kinds:
            kinds = ["Pod", *kinds]
        own["match"] = {**own.get("match", {}), "kinds": kinds}
    body = draw(STRATEGIES[kind])
    if isinstance(body, dict) and body.get("of") == "workload":
        own.get("match", {}).pop("kinds", None)
    return {kind: body, **{key: value for key, value in own.items() if value}}


@st.composite
def about_objects(draw: st.DrawFn) -> Json:
    """A rule about an object's own fields, of kinds with and without a pod."""
    kind = draw(st.sampled_from(("fields", "defaults", "metadata", "refuse")))
    match: Json = draw(some(operations=(["CREATE"], ["UPDATE", "CREATE"], ["DELETE"])))
    if kind == "fields":
        name = draw(st.sampled_from(tuple(statements.OF_OBJECTS)))
        body: Any = [draw(one_of(statements.OF_OBJECTS[name]))]
    elif kind == "defaults":
        name, body = draw(one_of(bodies.OF_OBJECTS))
        match = {}
    else:
        name = draw(st.sampled_from(("Service", "ConfigMap", "Deployment", "ServiceAccount", "*")))
        keys = {"team": draw(one_of(bodies.FILLED["team"])), **draw(bodies.keyed({"x*": bodies.JUDGED["x*"]}))}
        body = {"of": "object", "labels": keys} if kind == "metadata" else draw(st.sampled_from(bodies.REFUSED))
    more = {"namespaces": {"include": ["shop"]}} if kind == "refuse" and name == "*" else {}
    return {kind: body, "match": {**match, "kinds": [name], **more}}


@st.composite
def refusals(draw: st.DrawFn) -> Json:
    """A rule that refuses whatever its match means: shells, deletions, windows of time."""
    sentence = draw(st.sampled_from(bodies.REFUSED))
    form = draw(st.sampled_from(("connect", "delete", "match", "when")))
    if form == "connect":
        return {"refuse": sentence, "match": {"kinds": draw(one_of(SUBRESOURCES)), "operations": ["CONNECT"]}}
    if form == "delete":
        match = {"kinds": ["Pod", "Deployment"], "operations": ["DELETE", "CREATE"]}
        return {"refuse": sentence, "match": {**match, **draw(some(namespaces=({"include": ["shop"]},)))}}
    if form == "match":
        return {"refuse": sentence, "match": draw(NARROW)}
    return {"refuse": sentence, "when": draw(statements.WHEN)}


@cache
def page_rules(kind: str) -> tuple[Json, ...]:
    """The rules on the page of a type that stand alone: no Authority, say, has to stand beside them."""
    found = ({key: rule[key] for key in rule if key != "name"} for rule in bodies.page_rules(kind))
    return tuple(rule for rule in found if loading([[policy("p", [rule])]]).ruleset is not None)


def shown(kind: str) -> Rules:
    """A rule from the page of its type."""
    return one_of(page_rules(kind))


def typed(kind: str) -> Rules:
    """A rule of one type."""
    if kind == "refuse":
        return refusals()
    return about_pods(kind) if kind in STRATEGIES else shown(kind)


DRAWN = tuple(kind for kind in rule_types.names() if kind in STRATEGIES or page_rules(kind))
"""The rule types of which rules are drawn: all, but one whose page has no rule that stands alone."""

ANY_RULE: Rules = st.one_of(*(typed(kind) for kind in DRAWN), about_objects(), st.sampled_from(DRAWN).flatmap(shown))
MAKING_RULE: Rules = st.one_of(*(typed(kind) for kind in DRAWN if kind not in ("fields", "refuse")))
"""Rules that may make something so, and clash."""

SAID = some(
    mode=MODES,
    severity=("low", "critical"),
    message=WORDS,
    fix=WORDS,
    ratchet=(False,),
    onUnavailable=("warn",),
)


@st.composite
def said_rules(draw: st.DrawFn, rule: Rules = ANY_RULE) -> Json:
    """A rule with more words about it."""
    made: Json = draw(rule)
    said: Json = draw(SAID) if seldom(draw, 3) else {}
    if "refuse" not in made and _is_about_pods(made) and "when" not in made and seldom(draw, 4):
        said["when"] = draw(statements.WHEN)
    return {**said, **made}


def _is_about_pods(rule: Json) -> bool:
    kinds = rule.get("match", {}).get("kinds", ["Pod"])
    return all(KindPattern.parse(kind).carries_pod for kind in kinds)


PARAMETERS = {
    "registry": {"type": "string", "default": "quay.corp.example"},
    "more": {"type": "list", "default": ["a.example"]},
}
WITH_PARAMETERS: Json = {
    "images": {"from": ["registry.corp.example", "${registry}", "${more}"]},
    "fix": "use ${registry}",
}


@st.composite
def policies(draw: st.DrawFn, name: str = "p", rule: Rules = ANY_RULE, most: int = 4) -> Json:
    """A Policy with some rules."""
    rules = draw(st.lists(said_rules(rule), min_size=1, max_size=most))
    spec: Json = draw(some(severity=("high",), mode=MODES)) if seldom(draw, 3) else {}
    if seldom(draw, 5):
        spec.pop("mode", None)
        spec["rollout"] = draw(one_of(ROLLOUTS))
    if seldom(draw, 5):
        rules.append(WITH_PARAMETERS)
        spec["parameters"] = PARAMETERS
    if seldom(draw, 5) and not any("match" in one for one in rules):
        spec["match"] = draw(NARROW)
    return policy(name, rules, **{key: value for key, value in spec.items() if value})


@st.composite
def profiles(draw: st.DrawFn, names: tuple[str, ...]) -> Json:
    """A Profile over policies of these names."""
    spec: Json = draw(some(mode=("warn", "enforce"), excludeNamespaces=(["kube-*"], ["pay"])))
    if draw(st.booleans()):
        spec["modes"] = {draw(st.sampled_from(names)): draw(st.sampled_from(("enforce", "warn")))}
    return document("Profile", "cluster", spec)


@st.composite
def folders(draw: st.DrawFn, rule: Rules = ANY_RULE, most: int = 3) -> list[Json]:
    """The documents of a rules folder."""
    names = tuple(f"p{index}" for index in range(draw(st.integers(min(2, most), most))))
    if seldom(draw, 3):
        return enforced([draw(policies(name, MAKING_RULE)) for name in names])
    documents: list[Json] = [draw(policies(name, rule)) for name in names]
    if seldom(draw, 5):
        documents.append(draw(profiles(names)))
    return documents


def enforced(documents: list[Json]) -> list[Json]:
    """The same documents without a mode, a rollout or a Profile: every rule enforces."""
    kept = [one for one in documents if one["kind"] != "Profile"]
    for one in kept:
        one["spec"] = {key: value for key, value in one["spec"].items() if key not in ("mode", "rollout")}
        one["spec"]["rules"] = [{k: v for k, v in rule.items() if k != "mode"} for rule in one["spec"]["rules"]]
    return kept


@st.composite
def exceptions(draw: st.DrawFn, documents: list[Json], name: str = "legacy", images: Any = ()) -> Json:
    """An Exception to some rules of these documents, or to whole policies; for `images` where any are given."""
    named = [one["metadata"]["name"] for one in documents if one["kind"] == "Policy"]
    named += [
        f"{one['metadata']['name']}/{rule['name']}"
        for one in documents
        if one["kind"] == "Policy"
        for rule in one["spec"]["rules"]
    ]
    match: Json = {
        "namespaces": draw(one_of(({"include": ["shop"]}, {"include": ["pay", "s*"]}, {"include": ["pay"]})))
    }
    match |= draw(some(names=({"include": ["w*"]}, {"exclude": ["web"]})))
    if images:
        match["images"] = draw(bodies.listing(images))
    spec = {
        "rules": draw(bodies.listing(tuple(named))),
        "match": match,
        "reason": "it is being rebuilt",
        "owner": "team-shop",
        "granted": "2026-01-01",
        "expires": draw(st.sampled_from(("2026-11-25", "2027-12-31", "2026-11-20"))),
    }
    return document("Exception", name, spec)
