"""criteria: asked one by one they say what `match` says of all, and each says what it wants and what is there."""

from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.objects import NOW, facts, pod, policy, request, ruleset, workload
from webhook.admission.facts import Facts, Namespace, Unavailable
from webhook.admission.request import GroupKind, Operation, Request, User
from webhook.engine.criteria import Asked, criteria, reason
from webhook.engine.match import Matching, match, namespace_for
from webhook.engine.shortlist import all_hold
from webhook.errors import RulesError
from webhook.pod.workloads import group_kind
from webhook.policy.ruleset import Ruleset

MATCHES = (
    "kinds: [Pod]",
    "kinds: [Pod, Deployment]",
    "kinds: [Pod/exec], operations: [CONNECT]",
    'kinds: ["*"]',
    "operations: [CREATE]",
    "operations: [UPDATE, DELETE]",
    "namespaces: {include: [shop]}",
    'namespaces: {exclude: ["sh*"]}',
    "namespaceSelector: {matchLabels: {team: shop}}",
    "namespaceSelector: {matchExpressions: [{key: stage, operator: NotIn, values: [test]}]}",
    "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}",
    'objectSelector: {matchLabels: {mesh: "on"}}',
    "objectSelector: {matchExpressions: [{key: mesh, operator: DoesNotExist}]}",
    'names: {include: ["web*"]}',
    "users: {include: {names: [alice]}}",
    'users: {exclude: {groups: ["system:nodes"], serviceAccounts: ["kube-system/*"]}}',
    "owners: {include: [Job]}",
    'during: {days: [sat], from: "10:00", to: "14:00"}',
)
MODES = (
    "mode: warn",
    'mode: "off"',
    "rollout: [{mode: warn, from: 2026-12-01}]",
    "rollout: [{mode: audit}, {mode: enforce, namespaceSelector: {matchLabels: {stage: test}}}]",
    "rollout: [{mode: enforce, namespaces: {include: [shop]}}, {mode: 'off', percent: 50}]",
)
RULE = "{name: r, refuse: not here, match: {%s}}"


def one_policy(index: int, outer: str, inner: str, mode: str) -> str:
    rules = f"- {RULE % inner}"
    text = policy(rules, **({"match": f"{{{outer}}}"} if outer else {}))
    return text.replace("{name: p}", f"{{name: p{index}}}").replace("\n  rules:", f"\n  {mode}\n  rules:")


def every_rule() -> Ruleset:
    """Each criterion alone in every mode, and every two that can hold together, one in the policy, one in the rule."""
    texts = [one_policy(0, "", inner, mode) for inner in MATCHES for mode in MODES]
    texts += [one_policy(0, outer, inner, MODES[0]) for outer, inner in combinations(MATCHES, 2)]
    kept: list[str] = []
    for text in texts:
        try:
            ruleset(text)
        except RulesError:
            continue
        kept.append(text.replace("{name: p0}", f"{{name: p{len(kept)}}}"))
    profile = "apiVersion: doorward.dev/v1\nkind: Profile\nmetadata: {name: x}\nspec: {excludeNamespaces: [kube-*]}\n"
    return ruleset("---\n".join([*kept, profile]))


@pytest.fixture(scope="module")
def rules() -> Ruleset:
    found = every_rule()
    assert len(found.rules) > 180
    return found


LABELS = st.dictionaries(st.sampled_from(["mesh", "stage", "team"]), st.sampled_from(["on", "test", "shop"]))
NAMESPACES = st.sampled_from(["shop", "sharks", "pay", "kube-system"])
USERS = st.sampled_from(
    [
        None,
        User("alice", ("system:authenticated",)),
        User("system:node:n1", ("system:nodes",)),
        User("system:serviceaccount:kube-system:job-controller", ()),
    ]
)
KINDS = st.sampled_from(["Pod", "Deployment", "CronJob", "ConfigMap", "Namespace", "exec"])


def subject(kind: str, name: str, labels: dict[str, str], owner: str) -> tuple[dict[str, Any], str]:
    if kind in ("ConfigMap", "Namespace"):
        return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "labels": labels}}, ""
    if kind in ("Pod", "exec"):
        owners = [{"kind": owner}] if owner else []
        return pod({"metadata": {"name": name, "labels": labels, "ownerReferences": owners}}), kind.removeprefix("Pod")
    return workload(kind, {"metadata": {"labels": labels}}, {"metadata": {"name": name}}), ""


def asking(made: tuple[dict[str, Any], str], operation: Operation, namespace: str, user: User | None) -> Request:
    obj, subresource = made
    deleted = operation is Operation.DELETE
    return Request(
        kind=GroupKind(*group_kind(obj)),
        operation=operation,
        object=None if deleted else obj,
        old_object=obj if deleted else None,
        subresource=subresource,
        namespace="" if obj["kind"] == "Namespace" else namespace,
        name=obj["metadata"]["name"],
        user=user,
    )


SUBJECTS = st.builds(
    subject, KINDS, st.sampled_from(["web", "api"]), LABELS, st.sampled_from(["", "Job", "ReplicaSet"])
)
REQUESTS = st.builds(asking, SUBJECTS, st.sampled_from(list(Operation)), NAMESPACES, USERS)
KNOWN: st.SearchStrategy[dict[str, Namespace | Unavailable | None]] = st.one_of(
    st.just({}),
    st.builds(
        lambda labels: {
            name: Namespace(name, {"kubernetes.io/metadata.name": name, **labels}) for name in ("shop", "pay", "sharks")
        },
        LABELS,
    ),
    st.just({"shop": Unavailable("nobody answers"), "pay": None}),
)
TIMES = st.integers(0, 24 * 40).map(lambda hours: NOW + timedelta(hours=hours))


@settings(max_examples=300, deadline=None)
@given(REQUESTS, KNOWN, TIMES)
def test_the_criteria_together_say_what_the_engine_says(
    rules: Ruleset, asks: Request, known: dict[str, Namespace | Unavailable | None], now: datetime
) -> None:
    given_facts = Facts(known, askable=False)
    matching = match(asks, rules, given_facts, now)
    assert isinstance(matching, Matching)
    asked = Asked(asks, rules, namespace_for(asks, given_facts)[0], now)
    said = {rule.info.id: all_hold(one.holds for one in criteria(rule, asked)) for rule in rules.rules}
    applies = {name for name, answer in said.items() if answer is True}
    unknown = {name for name, answer in said.items() if answer is None}
    assert applies == set(matching.ids)
    assert unknown == {rule.info.id for rule, _ in matching.unknown}


def why(criterion: str, req: Request, known: Facts | None = None, mode: str = "mode: warn", profile: str = "") -> str:
    """The first criterion of a rule that does not hold, as text."""
    made = ruleset(one_policy(0, "", criterion, mode) + profile)
    asked = Asked(req, made, namespace_for(req, known or facts())[0], datetime(2026, 11, 21, 12, 0, tzinfo=UTC))
    [rule] = made.rules
    first = next(one for one in criteria(rule, asked) if one.holds is not True)
    told = reason(first, rule, asked)
    return f"{told.criterion}: {told.wants}" + (f"; {told.found}" if told.found else "")


@pytest.mark.parametrize(
    ("criterion", "words"),
    [
        ("kinds: [Pod/exec, Pod/attach], operations: [CONNECT]", "kinds: only Pod/exec and Pod/attach"),
        ("operations: [UPDATE, DELETE], names: {include: [web]}", "operations: only UPDATE and DELETE"),
        ("namespaces: {include: [pay, web]}", "namespaces: only pay or web"),
        ("namespaces: {exclude: [shop]}", "namespaces: exclude shop"),
        (
            "namespaceSelector: {matchLabels: {team: pay}}",
            "namespaceSelector: labels team=pay; namespace shop has team=shop",
        ),
        (
            "namespaceSelector: {matchExpressions: [{key: stage, operator: Exists}]}",
            "namespaceSelector: labels stage is there; namespace shop has no label stage",
        ),
        ('objectSelector: {matchLabels: {mesh: "on"}}', "objectSelector: labels mesh=on; it has mesh=off"),
        (
            'objectSelector: {matchExpressions: [{key: mesh, operator: NotIn, values: ["off", maybe]}]}',
            "objectSelector: labels mesh not in (off, maybe); it has mesh=off",
        ),
        ('names: {include: ["a*"], exclude: [b]}', "names: only a*, exclude b; it is called web"),
        ("users: {include: {names: [bob], groups: [admins]}}", "users: only bob or group admins; alice asks"),
        ("owners: {include: [Job]}", "owners: only Job; it belongs to a Pod"),
        (
            'during: {days: [mon, tue], from: "08:00", to: "16:30", zone: Europe/Amsterdam}',
            "during: mon, tue from 08:00 to 16:30 Europe/Amsterdam; it is sat 12:00 UTC",
        ),
    ],
)
def test_a_criterion_that_does_not_hold_says_what_it_wants_and_what_is_there(criterion: str, words: str) -> None:
    assert why(criterion, request(pod({"metadata": {"labels": {"mesh": "off"}}}))) == words


def test_a_rule_without_kinds_is_about_what_carries_a_pod() -> None:
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "shop"}}
    assert why("names: {include: [x]}", request(obj)) == "kinds: only Pod and the kinds that carry one"


def test_a_rule_that_is_off_says_so() -> None:
    assert why("names: {include: [web]}", request(pod()), mode='mode: "off"') == "mode: off"


def test_a_namespace_that_the_profile_leaves_alone_says_so() -> None:
    profile = (
        "---\napiVersion: doorward.dev/v1\nkind: Profile\nmetadata: {name: x}\nspec: {excludeNamespaces: [shop]}\n"
    )
    assert why("names: {include: [web]}", request(pod()), profile=profile) == "profile: leaves namespace shop alone"


def test_what_nobody_knows_says_what_it_would_need() -> None:
    nobody = Facts(askable=False)
    selector = "namespaceSelector: {matchLabels: {team: shop}}"
    needs = "namespaceSelector: labels team=shop; the labels of namespace shop are not known here"
    assert why(selector, request(pod()), nobody) == needs
    unknown = "users: only alice; who asks is not known here"
    assert why("users: {include: {names: [alice]}}", request(pod(), user=None)) == unknown
    rollout = "rollout: [{mode: audit}, {mode: enforce, namespaceSelector: {matchLabels: {stage: test}}}]"
    told = "mode: the namespace's labels say which"
    assert why("names: {include: [web]}", request(pod()), nobody, mode=rollout) == told
