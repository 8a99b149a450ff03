"""match: every criterion with its exact meaning, the three answers, and what may be remembered."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.objects import NOW, SHOP, facts, pod, policy, request, ruleset, workload
from webhook.admission.facts import Facts, Namespace, Needs, Unavailable
from webhook.admission.finding import Mode
from webhook.admission.request import GroupKind, Operation, Request, User
from webhook.engine.match import Matching, as_pod, families, match, name_of
from webhook.pod.workloads import POD_AT

ABOUT_PODS = "fields: {pod: spec.hostPID, forbidden: true}"
ABOUT_OBJECTS = "metadata: {of: object, labels: {owner: {required: true}}}"
NOBODY = Facts(askable=False)


def asked(
    criteria: str,
    req: Request | dict[str, Any],
    known: Facts | None = None,
    now: datetime = NOW,
    rule: str = ABOUT_PODS,
) -> bool | Needs | None:
    """Whether a rule with this match applies; None where nobody can say so."""
    compiled = ruleset(policy(f"- name: r\n  {rule}", match=criteria))
    answer = match(req if isinstance(req, Request) else request(req), compiled, known or facts(), now)
    if isinstance(answer, Needs):
        return answer
    assert len(answer.applicable) + len(answer.unknown) <= 1
    return None if answer.unknown else bool(answer.applicable)


def thing(kind: str, version: str = "v1", **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "x", "namespace": "shop", **metadata}}


def cluster_thing(kind: str, version: str = "v1", **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "x", **metadata}}


# kinds


@pytest.mark.parametrize("kind", [kind for _, kind in POD_AT])
def test_without_kinds_a_rule_is_about_pods_and_everything_that_carries_one(kind: str) -> None:
    compiled = ruleset(policy(f"- name: r\n  {ABOUT_PODS}"))
    answer = match(request(workload(kind)), compiled, facts(), NOW)
    assert isinstance(answer, Matching)
    assert [one.rule.info.id for one in answer.applicable] == ["p/r"]


def test_without_kinds_a_rule_is_not_about_kinds_that_carry_no_pod() -> None:
    compiled = ruleset(policy(f"- name: r\n  {ABOUT_PODS}"))
    answer = match(request(thing("ConfigMap")), compiled, facts(), NOW)
    assert answer == Matching((), (), None)


@pytest.mark.parametrize(
    ("kinds", "obj", "applies"),
    [
        ("[Service]", thing("Service"), True),
        ("[Service]", thing("ConfigMap"), False),
        ("[Service, ConfigMap]", thing("ConfigMap"), True),
        ("[Service]", thing("Service", "serving.knative.dev/v1"), False),
        ("[networking.k8s.io/Ingress]", thing("Ingress", "networking.k8s.io/v1"), True),
        ("[networking.k8s.io/Ingress]", thing("Ingress", "networking.k8s.io/v1beta1"), True),
        ("[networking.k8s.io/Ingress]", thing("Ingress", "traefik.io/v1"), False),
        ('["*"]', thing("Anything", "made.up.example/v3"), True),
        ('["*"]', thing("Lease", "coordination.k8s.io/v1"), False),
        ('["*"]', thing("Event", "events.k8s.io/v1"), False),
    ],
)
def test_kinds_are_compared_by_group_and_kind_whatever_the_version(
    kinds: str, obj: dict[str, Any], applies: bool
) -> None:
    assert asked(f"{{kinds: {kinds}}}", obj, rule=ABOUT_OBJECTS) is applies


@pytest.mark.parametrize(
    ("kinds", "subresource", "applies"),
    [
        ("[Pod]", "", True),
        ("[Pod]", "ephemeralcontainers", True),
        ("[Pod]", "resize", True),
        ("[Pod]", "a-later-one", True),
        ("[Pod]", "status", False),
        ("[Pod]", "exec", False),
        ("[Pod]", "binding", False),
        ("[Pod/exec]", "exec", True),
        ("[Pod/exec]", "attach", False),
        ("[Pod/exec]", "", False),
        ("[Pod/exec, Pod]", "", True),
        ('["*"]', "exec", False),
        ('["*"]', "resize", True),
    ],
)
def test_a_subresource_that_changes_no_spec_is_only_meant_where_it_is_named(
    kinds: str, subresource: str, applies: bool
) -> None:
    operation = Operation.CONNECT if subresource in ("exec", "attach") else Operation.CREATE
    asks = request(pod(), subresource=subresource, operation=operation)
    assert asked(f"{{kinds: {kinds}, operations: [CREATE, CONNECT]}}", asks, rule=ABOUT_OBJECTS) is applies


# operations


@pytest.mark.parametrize(
    ("operations", "applying"),
    [
        ("", {"CREATE", "UPDATE"}),
        (", operations: [CREATE]", {"CREATE"}),
        (", operations: [DELETE, UPDATE]", {"DELETE", "UPDATE"}),
    ],
)
def test_operations_are_create_and_update_where_nothing_is_said(operations: str, applying: set[str]) -> None:
    answers = {
        str(operation)
        for operation in Operation
        if asked(f"{{names: {{include: [web]}}{operations}}}", request(pod(), operation=operation))
    }
    assert answers == applying


# namespaces by name


@pytest.mark.parametrize(
    ("namespaces", "namespace", "applies"),
    [
        ("{include: [shop]}", "shop", True),
        ("{include: [shop]}", "shop-2", False),
        ('{include: ["shop-*"]}', "shop-2", True),
        ('{include: ["shop-*"]}', "shop", False),
        ("{exclude: [shop]}", "shop", False),
        ("{exclude: [shop]}", "pay", True),
        ('{include: ["team-*"], exclude: ["*-sandbox"]}', "team-a", True),
        ('{include: ["team-*"], exclude: ["*-sandbox"]}', "team-sandbox", False),
        ('{include: ["team-*"], exclude: ["*-sandbox"]}', "other", False),
    ],
)
def test_namespaces_are_names_or_globs_and_what_is_left_out_wins(
    namespaces: str, namespace: str, applies: bool
) -> None:
    obj = pod({"metadata": {"namespace": namespace}})
    assert asked(f"{{namespaces: {namespaces}}}", obj) is applies


def test_objects_of_the_whole_cluster_are_in_no_namespace_that_a_rule_takes_in_by_name() -> None:
    role = cluster_thing("ClusterRole", "rbac.authorization.k8s.io/v1")
    kinds = 'kinds: ["*"]'
    assert asked(f"{{{kinds}, namespaces: {{exclude: [kube-system]}}}}", role, rule=ABOUT_OBJECTS) is True
    assert asked(f"{{{kinds}, namespaces: {{include: [shop]}}}}", role, rule=ABOUT_OBJECTS) is False


# namespaces by labels


LABELLED = Namespace("shop", {"kubernetes.io/metadata.name": "shop", "tier": "prod", "blank": ""})

SELECTORS = [
    ("matchLabels: {tier: prod}", True),
    ("matchLabels: {tier: test}", False),
    ("matchLabels: {missing: x}", False),
    ("matchLabels: {tier: prod, missing: x}", False),
    ("matchExpressions: [{key: tier, operator: In, values: [test, prod]}]", True),
    ("matchExpressions: [{key: tier, operator: In, values: [test]}]", False),
    ("matchExpressions: [{key: missing, operator: In, values: [test]}]", False),
    ("matchExpressions: [{key: tier, operator: NotIn, values: [test]}]", True),
    ("matchExpressions: [{key: tier, operator: NotIn, values: [prod]}]", False),
    ("matchExpressions: [{key: missing, operator: NotIn, values: [prod]}]", True),
    ("matchExpressions: [{key: tier, operator: Exists}]", True),
    ("matchExpressions: [{key: blank, operator: Exists}]", True),
    ("matchExpressions: [{key: missing, operator: Exists}]", False),
    ("matchExpressions: [{key: tier, operator: DoesNotExist}]", False),
    ("matchExpressions: [{key: blank, operator: DoesNotExist}]", False),
    ("matchExpressions: [{key: missing, operator: DoesNotExist}]", True),
    ("matchLabels: {tier: prod}, matchExpressions: [{key: blank, operator: DoesNotExist}]", False),
]


@pytest.mark.parametrize(("selector", "applies"), SELECTORS)
def test_a_namespace_selector_means_what_it_means_to_the_api_server(selector: str, applies: bool) -> None:
    assert asked(f"{{namespaceSelector: {{{selector}}}}}", pod(), facts(LABELLED)) is applies


@pytest.mark.parametrize(("selector", "applies"), SELECTORS)
def test_an_object_selector_means_what_it_means_to_the_api_server(selector: str, applies: bool) -> None:
    obj = pod({"metadata": {"labels": {"tier": "prod", "blank": ""}}})
    assert asked(f"{{objectSelector: {{{selector}}}}}", obj) is applies


def test_a_namespace_object_is_selected_by_its_own_labels_not_by_stored_ones() -> None:
    criteria = "{kinds: [Namespace], namespaceSelector: {matchLabels: {tier: prod}}}"
    stored = facts(Namespace("x", {"tier": "test"}))
    new = cluster_thing("Namespace", labels={"tier": "prod"})
    other = cluster_thing("Namespace", labels={"tier": "test"})
    for obj, applies in ((new, True), (other, False)):
        asks = request(obj, namespace="x")
        assert asked(criteria, asks, stored, rule=ABOUT_OBJECTS) is applies
        assert asked(criteria, asks, NOBODY, rule=ABOUT_OBJECTS) is applies


def test_a_namespace_that_is_deleted_is_selected_by_the_labels_that_it_had() -> None:
    criteria = "{kinds: [Namespace], operations: [DELETE], namespaceSelector: {matchLabels: {tier: prod}}}"
    asks = request(None, old=cluster_thing("Namespace", labels={"tier": "prod"}), namespace="x")
    assert asked(criteria, asks._replace(operation=Operation.DELETE), rule=ABOUT_OBJECTS) is True


def test_a_namespace_object_has_its_name_label_even_before_the_api_server_wrote_it() -> None:
    criteria = "{kinds: [Namespace], namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: x}}}"
    assert asked(criteria, request(cluster_thing("Namespace"), namespace="x"), rule=ABOUT_OBJECTS) is True


def test_other_objects_of_the_whole_cluster_are_never_left_out_by_a_namespace_selector() -> None:
    kinds = "kinds: [rbac.authorization.k8s.io/ClusterRole]"
    role = cluster_thing("ClusterRole", "rbac.authorization.k8s.io/v1")
    for known in (facts(), NOBODY, Facts()):
        selector = "namespaceSelector: {matchLabels: {tier: prod}}"
        assert asked(f"{{{kinds}, {selector}}}", role, known, rule=ABOUT_OBJECTS) is True


def test_labels_that_nobody_asked_for_yet_are_a_need_and_only_where_a_rule_reads_them() -> None:
    assert asked("{namespaceSelector: {matchLabels: {tier: prod}}}", pod(), Facts()) == Needs(frozenset({"shop"}))
    assert asked("{namespaces: {include: [shop]}}", pod(), Facts()) is True


@pytest.mark.parametrize(
    ("selector", "answer"),
    [
        ("matchLabels: {tier: prod}", None),
        ("matchLabels: {kubernetes.io/metadata.name: shop}", True),
        ("matchLabels: {kubernetes.io/metadata.name: pay}", False),
        ("matchLabels: {kubernetes.io/metadata.name: pay, tier: prod}", False),
        ("matchLabels: {kubernetes.io/metadata.name: shop, tier: prod}", None),
        ("matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [shop]}]", False),
        ("matchExpressions: [{key: kubernetes.io/metadata.name, operator: Exists}]", True),
        ("matchExpressions: [{key: tier, operator: DoesNotExist}]", None),
    ],
)
@pytest.mark.parametrize(
    "known", [NOBODY, Facts({"shop": Unavailable("the API server is away")}), Facts({"shop": None})]
)
def test_of_a_namespace_that_is_not_known_only_the_name_decides(
    known: Facts, selector: str, answer: bool | None
) -> None:
    assert asked(f"{{namespaceSelector: {{{selector}}}}}", pod(), known) is answer


def test_a_certain_no_beats_an_unknown_answer() -> None:
    selector = "namespaceSelector: {matchLabels: {tier: prod}}"
    assert asked(f"{{{selector}, namespaces: {{include: [pay]}}}}", pod(), NOBODY) is False


@pytest.mark.parametrize(
    "certain",
    [
        "objectSelector: {matchLabels: {tier: prod}}",
        "names: {include: [other]}",
        "owners: {include: [Job]}",
        "users: {include: {names: [bob]}}",
        "during: {days: [mon]}",
    ],
)
def test_a_certain_no_about_the_object_beats_unknown_labels_of_its_namespace(certain: str) -> None:
    unknown = "namespaceSelector: {matchLabels: {tier: prod}}"
    assert asked(f"{{{unknown}}}", pod(), NOBODY) is None
    assert asked(f"{{{unknown}, {certain}}}", pod(), NOBODY) is False


def test_each_unknown_answer_says_why() -> None:
    compiled = ruleset(policy(f"- name: r\n  {ABOUT_PODS}", match="{namespaceSelector: {matchLabels: {tier: prod}}}"))
    reasons = []
    for known in (NOBODY, Facts({"shop": Unavailable("it is away")}), Facts({"shop": None})):
        answer = match(request(pod()), compiled, known, NOW)
        assert isinstance(answer, Matching)
        reasons += [reason for _, reason in answer.unknown]
    assert reasons == [
        "the labels of namespace shop are not known here",
        "the labels of namespace shop could not be had: it is away",
        "the namespace shop does not exist",
    ]


# object labels and names


def test_an_object_selector_reads_the_pods_labels_in_a_workload_not_the_workloads_own() -> None:
    criteria = "{objectSelector: {matchLabels: {tier: prod}}}"
    on_template = workload("Deployment", {"metadata": {"labels": {"tier": "prod"}}})
    on_itself = workload("Deployment", None, {"metadata": {"labels": {"tier": "prod"}}})
    assert asked(criteria, on_template) is True
    assert asked(criteria, on_itself) is False


def test_an_object_selector_reads_the_own_labels_of_a_kind_without_a_pod() -> None:
    criteria = "{kinds: [Service], objectSelector: {matchLabels: {tier: prod}}}"
    assert asked(criteria, thing("Service", labels={"tier": "prod"}), rule=ABOUT_OBJECTS) is True
    assert asked(criteria, thing("Service", labels=None), rule=ABOUT_OBJECTS) is False


@pytest.mark.parametrize("labels", ["text", ["tier"], 5, {"tier": 5}, {"tier": None}])
def test_labels_of_another_shape_select_nothing_and_break_nothing(labels: Any) -> None:
    obj = pod()
    obj["metadata"]["labels"] = labels
    assert asked("{objectSelector: {matchLabels: {tier: prod}}}", obj) is False


@pytest.mark.parametrize(
    ("names", "metadata", "applies"),
    [
        ("{include: [web]}", {"name": "web"}, True),
        ("{include: [web]}", {"name": "web-2"}, False),
        ('{include: ["web-*"]}', {"name": "web-2"}, True),
        ('{include: ["web-*"]}', {"name": None, "generateName": "web-7d4b9-"}, True),
        ('{include: ["web-*"]}', {"name": None, "generateName": "api-"}, False),
        ('{exclude: ["web-*"]}', {"name": None, "generateName": "web-7d4b9-"}, False),
        ("{exclude: [web]}", {"name": "api"}, True),
        ('{include: ["web-*"]}', {"name": "api-1", "generateName": "web-"}, False),
    ],
)
def test_names_are_names_or_globs_and_a_generated_name_counts_while_there_is_none(
    names: str, metadata: dict[str, Any], applies: bool
) -> None:
    assert asked(f"{{names: {names}}}", pod({"metadata": metadata})) is applies


@pytest.mark.parametrize(
    ("metadata", "name"),
    [({"name": "a"}, "a"), ({"generateName": "b-"}, "b-"), ({}, ""), ("text", ""), (None, ""), ({"name": None}, "")],
)
def test_the_name_of_a_request_is_its_own_or_the_objects_or_the_beginning_of_a_generated_one(
    metadata: Any, name: str
) -> None:
    obj = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata}
    pods = GroupKind("", "Pod")
    assert name_of(Request(pods, Operation.CREATE, obj)) == name
    assert name_of(Request(pods, Operation.CREATE, obj, name="told")) == "told"


# who asks


ALICE = User("alice", ("devs", "system:authenticated"))
ROBOT = User("system:serviceaccount:ci:deployer", ("system:serviceaccounts", "system:serviceaccounts:ci"))


@pytest.mark.parametrize(
    ("users", "user", "applies"),
    [
        ("{include: {names: [alice]}}", ALICE, True),
        ("{include: {names: [bob]}}", ALICE, False),
        ('{include: {names: ["al*"]}}', ALICE, True),
        ("{include: {groups: [devs]}}", ALICE, True),
        ("{include: {groups: [admins]}}", ALICE, False),
        ("{include: {names: [bob], groups: [devs]}}", ALICE, True),
        ("{exclude: {groups: [devs]}}", ALICE, False),
        ("{exclude: {names: [bob]}}", ALICE, True),
        ("{include: {groups: [devs]}, exclude: {names: [alice]}}", ALICE, False),
        ("{include: {serviceAccounts: [ci/deployer]}}", ROBOT, True),
        ('{include: {serviceAccounts: ["ci/*"]}}', ROBOT, True),
        ("{include: {serviceAccounts: [prod/deployer]}}", ROBOT, False),
        ('{include: {serviceAccounts: ["*"]}}', ALICE, False),
        ("{include: {serviceAccounts: [ci/deployer]}}", User("ci:deployer"), False),
        ("{include: {serviceAccounts: [ci/deployer]}}", User("ci/deployer"), False),
        ('{include: {names: ["system:serviceaccount:ci:*"]}}', ROBOT, True),
        ("{exclude: {serviceAccounts: [ci/deployer]}}", ROBOT, False),
        ("{include: {names: [alice]}}", User(), False),
    ],
)
def test_users_are_named_by_name_group_or_service_account_and_what_is_left_out_wins(
    users: str, user: User, applies: bool
) -> None:
    assert asked(f"{{users: {users}}}", request(pod(), user=user)) is applies


@pytest.mark.parametrize("users", ["{include: {names: [alice]}}", "{exclude: {groups: [devs]}}"])
def test_where_nobody_is_known_a_criterion_on_users_has_no_answer(users: str) -> None:
    asks = request(pod(), user=None)
    assert asked(f"{{users: {users}}}", asks) is None
    assert asked(f"{{users: {users}, names: {{include: [other]}}}}", asks) is False


# owners


@pytest.mark.parametrize(
    ("kinds", "family"),
    [
        (["ReplicaSet"], ("Deployment",)),
        (["StatefulSet"], ("StatefulSet",)),
        (["DaemonSet"], ("DaemonSet",)),
        (["Job"], ("Job",)),
        (["Workflow"], ("Workflow",)),
        (["ReplicaSet", "Job"], ("Deployment", "Job")),
        ([], ("Pod",)),
    ],
)
def test_a_pod_belongs_to_the_family_of_its_owners(kinds: list[str], family: tuple[str, ...]) -> None:
    assert families(request(pod({"metadata": {"ownerReferences": [{"kind": kind} for kind in kinds]}}))) == family


@pytest.mark.parametrize(
    ("kind", "family"), [("Deployment", "Deployment"), ("ReplicaSet", "Deployment"), ("CronJob", "Job"), ("Job", "Job")]
)
def test_a_workload_belongs_to_the_family_of_the_pods_that_it_will_make(kind: str, family: str) -> None:
    obj = workload(kind)
    at = POD_AT[next(key for key in POD_AT if key[1] == kind)]
    assert families(request(obj)) == (family,)
    assert families(as_pod(request(obj), at)) == (family,)


@pytest.mark.parametrize("owners", ["text", [5], {"kind": "Job"}, None])
def test_owner_references_of_another_shape_are_no_owners(owners: Any) -> None:
    obj = pod()
    obj["metadata"]["ownerReferences"] = owners
    assert families(request(obj)) == ("Pod",)


def test_owners_take_families_in_or_leave_them_out() -> None:
    of_job = pod({"metadata": {"ownerReferences": [{"kind": "Job"}]}})
    assert asked("{owners: {exclude: [Job]}}", of_job) is False
    assert asked("{owners: {exclude: [Job]}}", pod()) is True
    assert asked("{owners: {include: [Deployment]}}", of_job) is False
    assert asked("{owners: {exclude: [Job]}}", workload("CronJob")) is False


def test_a_workload_is_asked_about_as_the_pod_that_its_controller_will_submit() -> None:
    deployment = workload("Deployment", {"metadata": {"labels": {"a": "b"}}}, {"metadata": {"name": "front"}})
    asks = as_pod(request(deployment, user=ALICE), ("spec", "template"))
    assert (asks.kind, asks.operation, asks.namespace, asks.name, asks.user) == (
        GroupKind("", "Pod"),
        Operation.CREATE,
        "shop",
        "front",
        ALICE,
    )
    assert asks.object is not None
    assert asks.object["metadata"]["labels"] == {"app": "web", "a": "b"}
    assert asks.object["metadata"]["ownerReferences"] == [{"kind": "Deployment"}]


# when


@pytest.mark.parametrize(
    ("moment", "applies"),
    [
        ("2026-11-20T15:59:59+01:00", False),
        ("2026-11-20T16:00:00+01:00", True),
        ("2026-11-20T23:59:59+01:00", True),
        ("2026-11-21T00:00:00+01:00", False),
        ("2026-11-20T15:30:00+00:00", True),
        ("2026-07-17T14:30:00+00:00", True),
        ("2026-07-17T13:30:00+00:00", False),
    ],
)
def test_during_is_a_weekly_window_in_its_own_zone(moment: str, applies: bool) -> None:
    window = '{days: [fri], from: "16:00", to: "24:00", zone: Europe/Amsterdam}'
    assert asked(f"{{during: {window}}}", pod(), now=datetime.fromisoformat(moment)) is applies


# policy and rule


def test_the_policys_match_and_the_rules_match_must_both_hold() -> None:
    rules = """
- {name: narrow, match: {namespaces: {include: ["shop-*"]}}, fields: {pod: spec.hostPID, forbidden: true}}
- {name: other, match: {namespaces: {include: [pay]}}, fields: {pod: spec.hostPID, forbidden: true}}
"""
    compiled = ruleset(policy(rules, match='{namespaces: {exclude: ["*-sandbox"]}}'))

    def matched(namespace: str) -> list[str]:
        answer = match(request(pod({"metadata": {"namespace": namespace}})), compiled, facts(), NOW)
        assert isinstance(answer, Matching)
        return [one.rule.info.name for one in answer.applicable]

    assert [matched(name) for name in ("shop-a", "shop-sandbox", "pay", "other")] == [["narrow"], [], ["other"], []]


def test_kinds_of_policy_and_rule_must_both_name_the_kind_and_operations_are_the_rules() -> None:
    rules = """
- {name: one, match: {kinds: [Service]}, metadata: {of: object, labels: {a: {required: true}}}}
- {name: two, match: {operations: [DELETE]}, metadata: {of: object, labels: {a: {required: true}}}}
"""
    compiled = ruleset(policy(rules, match="{kinds: [Service, ConfigMap], operations: [CREATE]}"))

    def matched(kind: str, operation: Operation) -> list[str]:
        answer = match(request(thing(kind), operation=operation), compiled, facts(), NOW)
        assert isinstance(answer, Matching)
        return [one.rule.info.name for one in answer.applicable]

    assert matched("Service", Operation.CREATE) == ["one"]
    assert matched("ConfigMap", Operation.CREATE) == []
    assert matched("ConfigMap", Operation.DELETE) == ["two"]
    assert matched("Secret", Operation.CREATE) == []


# modes


@pytest.mark.parametrize(
    ("mode", "modes"), [("enforce", [Mode.ENFORCE]), ("warn", [Mode.WARN]), ("audit", [Mode.AUDIT]), ('"off"', [])]
)
def test_a_rule_applies_in_its_mode_and_not_at_all_when_off(mode: str, modes: list[Mode]) -> None:
    answer = match(request(pod()), ruleset(policy(f"- name: r\n  {ABOUT_PODS}", mode=mode)), facts(), NOW)
    assert isinstance(answer, Matching)
    assert [one.mode for one in answer.applicable] == modes


@pytest.mark.parametrize("criterion", ["namespaceSelector: {matchLabels: {a: b}}", "users: {include: {names: [x]}}"])
def test_a_rule_that_is_off_is_never_unknown(criterion: str) -> None:
    compiled = ruleset(policy(f"- name: r\n  {ABOUT_PODS}", match=f"{{{criterion}}}", mode='"off"'))
    answer = match(request(pod(), user=None), compiled, NOBODY, NOW)
    assert isinstance(answer, Matching)
    assert (answer.applicable, answer.unknown) == ((), ())


def test_a_rollout_that_hangs_on_unknown_labels_leaves_the_rule_unknown() -> None:
    rollout = "[{mode: audit}, {mode: enforce, namespaceSelector: {matchLabels: {stage: prod}}}]"
    compiled = ruleset(policy(f"- name: r\n  {ABOUT_PODS}", rollout=rollout))
    assert match(request(pod()), compiled, Facts(), NOW) == Needs(frozenset({"shop"}))
    offline = match(request(pod()), compiled, NOBODY, NOW)
    assert isinstance(offline, Matching)
    assert [reason for _, reason in offline.unknown] == ["the labels of namespace shop are not known here"]
    known = match(request(pod()), compiled, facts(), NOW)
    assert isinstance(known, Matching)
    assert [one.mode for one in known.applicable] == [Mode.AUDIT]


# what is left alone, and what is remembered


def test_a_namespace_that_the_profile_leaves_alone_has_no_rules() -> None:
    profile = """---
apiVersion: doorward.dev/v1
kind: Profile
metadata: {name: x}
spec: {excludeNamespaces: [kube-system, "istio-*"]}
"""
    compiled = ruleset(policy(f"- name: r\n  {ABOUT_PODS}") + profile)
    for name, applies in (("kube-system", False), ("istio-ingress", False), ("istio", True), ("shop", True)):
        answer = match(request(pod({"metadata": {"namespace": name}})), compiled, facts(), NOW)
        assert isinstance(answer, Matching)
        assert bool(answer.applicable) is applies


def test_what_is_remembered_of_a_namespace_ends_when_its_labels_change() -> None:
    compiled = ruleset(policy(f"- name: r\n  {ABOUT_PODS}", match="{namespaceSelector: {matchLabels: {tier: prod}}}"))
    answers = []
    for tier in ("prod", "test", "prod", "prod"):
        known = facts(Namespace("shop", {"tier": tier}))
        answer = match(request(pod()), compiled, known, NOW)
        assert isinstance(answer, Matching)
        answers.append(bool(answer.applicable))
    assert answers == [True, False, True, True]


def test_what_is_remembered_never_reaches_another_namespace_or_a_namespace_object() -> None:
    text = policy(
        f"- name: r\n  {ABOUT_OBJECTS}", match='{kinds: ["*"], namespaceSelector: {matchLabels: {tier: prod}}}'
    )
    compiled = ruleset(text)
    known = facts(Namespace("a", {"tier": "prod"}), Namespace("b", {"tier": "test"}))

    def applies(req: Request) -> bool:
        answer = match(req, compiled, known, NOW)
        assert isinstance(answer, Matching)
        return bool(answer.applicable)

    def service(namespace: str) -> Request:
        return request(thing("Service", namespace=namespace))

    def namespace(tier: str) -> Request:
        return request(cluster_thing("Namespace", labels={"tier": tier}), namespace="x")

    for _ in range(2):
        assert [applies(service(name)) for name in ("a", "b", "shop", "a")] == [True, False, False, True]
        assert [applies(namespace(tier)) for tier in ("prod", "test", "prod")] == [True, False, True]


def test_what_is_remembered_is_about_kind_and_namespace_never_about_the_object() -> None:
    match_text = "{namespaces: {include: [shop]}, objectSelector: {matchLabels: {tier: prod}}}"
    compiled = ruleset(policy(f"- name: r\n  {ABOUT_PODS}", match=match_text))
    answers = []
    for tier in ("prod", "test", "prod"):
        answer = match(request(pod({"metadata": {"labels": {"tier": tier}}})), compiled, facts(SHOP), NOW)
        assert isinstance(answer, Matching)
        answers.append(bool(answer.applicable))
    assert answers == [True, False, True]


def test_a_mode_that_begins_later_is_not_remembered() -> None:
    rollout = "[{mode: warn}, {mode: enforce, from: 2026-11-22}]"
    compiled = ruleset(policy(f"- name: r\n  {ABOUT_PODS}", rollout=rollout))
    modes = []
    for now in (NOW, datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC) - timedelta(seconds=1)):
        answer = match(request(pod()), compiled, facts(), now)
        assert isinstance(answer, Matching)
        modes.append(answer.applicable[0].mode)
    assert modes == [Mode.WARN, Mode.ENFORCE, Mode.WARN]
