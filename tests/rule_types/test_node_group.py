"""nodeGroup: what is filled in for a pod's own group, that the pod keeps to it, and which group that is."""

import pytest

from tests.objects import NOW, pod, policy, problems, request, workload
from tests.rule_types.nodes import (
    ALONE,
    FORBID,
    FORBIDDEN,
    GROUPS,
    IN_PCI,
    REQUIRED,
    RULES,
    TOLERATION,
    Json,
    affinity,
    expression,
    judged,
    placed,
    with_spec,
)
from tests.rule_types.one_rule import one_rule, said
from webhook.admission.decision import Decision, Verdict
from webhook.admission.facts import Facts, Namespace, Unavailable
from webhook.admission.finding import Cause, Standing
from webhook.admission.rule import Subject
from webhook.engine.decide import Stage, decide
from webhook.pod.containers import Pod
from webhook.policy.ruleset import Ruleset
from webhook.source.problem import Level


def test_a_pod_of_a_restricted_namespace_gets_the_labels_and_the_toleration_of_its_group() -> None:
    decision = judged(RULES, pod(), IN_PCI)
    assert (decision.verdict, decision.findings) == (Verdict.ALLOWED, ())
    assert placed(decision) == ({"pool": "pci"}, [TOLERATION])


def test_a_pod_of_any_other_namespace_gets_the_default_group() -> None:
    decision = judged(RULES, pod(), {"data-class": "public"})
    assert (decision.verdict, decision.findings) == (Verdict.ALLOWED, ())
    assert placed(decision) == ({"pool": "shared"}, None)


def test_without_a_default_group_other_pods_stay_as_they_are() -> None:
    decision = judged(ALONE, pod())
    assert (decision.verdict, decision.patch) == (Verdict.ALLOWED, ())


def test_what_the_author_wrote_stays_beside_what_is_filled_in() -> None:
    own = {"key": "spot", "operator": "Exists"}
    decision = judged(RULES, with_spec(nodeSelector={"zone": "a"}, tolerations=[own]), IN_PCI)
    assert decision.verdict is Verdict.ALLOWED
    assert placed(decision) == ({"zone": "a", "pool": "pci"}, [own, TOLERATION])


def test_what_is_there_is_not_filled_in_again() -> None:
    asks = with_spec(nodeSelector={"pool": "pci"}, tolerations=[{"key": "pool", "operator": "Exists"}])
    assert judged(RULES, asks, IN_PCI).patch == ()
    again = judged(RULES, pod(), IN_PCI)
    assert again.object is not None
    assert judged(RULES, again.object, IN_PCI).patch == ()


def test_a_taint_without_a_value_and_every_effect_get_a_toleration_each() -> None:
    taints = 'taints: ["gpu:NoSchedule", "gpu:NoExecute", "rare=yes:PreferNoSchedule"]'
    rules = one_rule("nodeGroup", f"groups: {{gpu: {{labels: {{gpu: a}}, {taints}, default: true}}}}")
    assert placed(judged(rules, pod()))[1] == [
        {"key": "gpu", "operator": "Equal", "effect": "NoSchedule"},
        {"key": "gpu", "operator": "Equal", "effect": "NoExecute"},
        {"key": "rare", "operator": "Equal", "value": "yes", "effect": "PreferNoSchedule"},
    ]


@pytest.mark.parametrize(
    "terms",
    [
        [[expression("In", "pci", "shared")]],
        [[expression("NotIn", "spot")]],
        [[expression("Exists")], [expression("In", "a", key="zone")]],
    ],
)
def test_an_affinity_that_admits_the_group_is_narrowed_by_the_node_selector(terms: list[list[Json]]) -> None:
    decision = judged(RULES, with_spec(affinity=affinity(*terms)), IN_PCI)
    assert decision.verdict is Verdict.ALLOWED
    assert placed(decision)[0] == {"pool": "pci"}


def test_an_affinity_whose_every_term_demands_the_labels_needs_no_node_selector() -> None:
    ours = expression("In", "pci")
    decision = judged(RULES, with_spec(affinity=affinity([ours], [expression("Exists", key="ssd"), ours])), IN_PCI)
    assert decision.verdict is Verdict.ALLOWED
    assert placed(decision) == (None, [TOLERATION])


def test_the_pod_of_a_daemon_set_is_bound_to_one_node_and_is_filled_like_others() -> None:
    name = {"key": "metadata.name", "operator": "In", "values": ["n1"]}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchFields": [name]}]}}
    decision = judged(RULES, with_spec(affinity={"nodeAffinity": required}), IN_PCI)
    assert decision.verdict is Verdict.ALLOWED
    assert placed(decision) == ({"pool": "pci"}, [TOLERATION])


def test_in_a_warning_rule_nothing_is_filled_in_and_the_findings_say_what_would_have_been() -> None:
    decision = judged(one_rule("nodeGroup", GROUPS, mode="warn"), pod(), IN_PCI)
    assert (decision.verdict, decision.patch) == (Verdict.ALLOWED, ())
    assert said(decision) == [
        ("spec.nodeSelector.pool", 'missing, must be "pci": its namespace uses the group "pci"'),
        ("spec.tolerations", 'do not tolerate pool=pci:NoSchedule: its namespace uses the group "pci"'),
    ]
    assert [finding.fix for finding in decision.findings] == [
        'nodeSelector: {pool: "pci"}',
        'tolerations: [{key: "pool", operator: "Equal", value: "pci", effect: "NoSchedule"}]',
    ]


def test_two_rules_with_different_groups_for_one_label_are_told_at_load() -> None:
    text = "- name: {}\n  nodeGroup: {{groups: {{g: {{labels: {{pool: {}}}, default: true}}}}}}\n"
    told = problems(policy(text.format("one", "a") + text.format("two", "b")))
    assert [problem.level for problem in told] == [Level.ERROR, Level.ERROR]
    assert all("wants another value of spec.nodeSelector.pool" in problem.message for problem in told)
    same = problems(policy(text.format("one", "a") + text.format("two", "a")))
    assert same == ()


# a pod keeps to its own group


@pytest.mark.parametrize("labels", [IN_PCI, {}])
def test_another_value_of_the_groups_label_is_refused_where_it_stands(labels: dict[str, str]) -> None:
    group = "pci" if labels else "shared"
    decision = judged(RULES, with_spec(nodeSelector={"pool": "other"}), labels)
    assert decision.verdict is Verdict.DENIED
    assert said(decision) == [
        ("spec.nodeSelector.pool", f'"other" is not "{group}": its namespace uses the group "{group}"')
    ]
    assert decision.findings[0].value == "other"


def test_a_term_that_does_not_demand_the_group_is_refused_and_nothing_is_filled_in() -> None:
    terms = affinity([expression("In", "pci")], [expression("In", "other")])
    decision = judged(RULES, with_spec(affinity=terms), IN_PCI)
    assert said(decision) == [
        (
            f"{REQUIRED}[1]",
            'lets the pod run where pool is not "pci": its namespace uses the group "pci", '
            "and every term must demand it",
        )
    ]
    assert placed(decision)[0] is None


def test_a_preferred_affinity_demands_nothing_and_leads_nowhere() -> None:
    preferred = affinity([expression("In", "pci")], how="preferred")
    decision = judged(RULES, with_spec(affinity=preferred))
    assert decision.verdict is Verdict.ALLOWED
    assert placed(decision)[0] == {"pool": "shared"}
    assert placed(judged(RULES, with_spec(affinity=preferred), IN_PCI))[0] == {"pool": "pci"}


def test_every_label_and_every_taint_of_the_group_counts() -> None:
    rules = one_rule(
        "nodeGroup",
        'groups: {g: {labels: {pool: a, tier: b}, taints: ["a:NoSchedule", "b:NoSchedule"], default: true}}',
        mode="audit",
    )
    half = with_spec(nodeSelector={"pool": "a"}, tolerations=[{"key": "a", "operator": "Exists"}])
    assert said(judged(rules, half)) == [
        ("spec.nodeSelector.tier", 'missing, must be "b": its namespace uses the group "g"'),
        ("spec.tolerations", 'do not tolerate b:NoSchedule: its namespace uses the group "g"'),
    ]


def test_a_workload_is_judged_as_the_pod_that_it_will_become() -> None:
    assert judged(RULES, workload("Deployment"), IN_PCI).verdict is Verdict.ALLOWED
    decision = judged(RULES, workload("CronJob", {"spec": {"nodeSelector": {"pool": "other"}}}), IN_PCI)
    assert [finding.where for finding in decision.findings] == ["spec.jobTemplate.spec.template.spec.nodeSelector.pool"]
    assert decision.patch == ()


def test_a_daemon_set_must_say_itself_what_its_controller_chooses_nodes_by() -> None:
    decision = judged(RULES, workload("DaemonSet"), IN_PCI)
    assert decision.verdict is Verdict.DENIED
    assert [(finding.where, finding.fix) for finding in decision.findings] == [
        (
            "spec.template.spec.nodeSelector.pool",
            'nodeSelector: {pool: "pci"} in the template, by which a DaemonSet chooses its nodes',
        ),
        (
            "spec.template.spec.tolerations",
            'tolerations: [{key: "pool", operator: "Equal", value: "pci", effect: "NoSchedule"}] in the template, by '
            "which a DaemonSet chooses its nodes",
        ),
    ]
    whole = {"spec": {"nodeSelector": {"pool": "pci"}, "tolerations": [TOLERATION]}}
    assert judged(RULES, workload("DaemonSet", whole), IN_PCI).verdict is Verdict.ALLOWED


# a namespace that may use several groups

TWO = one_rule(
    "nodeGroup",
    """
groups:
  cpu: {labels: {pool: cpu}, taints: ["pool=cpu:NoSchedule"], restrictedTo: {namespaces: {include: [shop, data]}}}
  gpu: {labels: {gpu: "yes"}, taints: ["gpu=yes:NoSchedule"], restrictedTo: {namespaces: {include: ["sh*"]}}}
  rest: {labels: {pool: shared}, default: true}
""",
)


def test_of_several_groups_a_pod_says_which_and_gets_its_toleration() -> None:
    decision = judged(TWO, with_spec(nodeSelector={"gpu": "yes"}))
    assert decision.verdict is Verdict.ALLOWED
    assert placed(decision) == (
        {"gpu": "yes"},
        [{"key": "gpu", "operator": "Equal", "value": "yes", "effect": "NoSchedule"}],
    )


def test_a_pod_that_selects_none_of_its_groups_is_refused_with_their_names() -> None:
    decision = judged(TWO, pod())
    assert said(decision) == [
        ("spec.nodeSelector", 'selects no group: its namespace uses "cpu" or "gpu", and a pod says which')
    ]
    assert decision.patch == ()


def test_a_pod_that_selects_two_groups_is_refused_with_both_names() -> None:
    decision = judged(TWO, with_spec(nodeSelector={"gpu": "yes", "pool": "cpu"}))
    assert said(decision) == [("spec.nodeSelector", 'selects the groups "cpu" and "gpu" at once; a pod uses one')]


def test_a_group_with_all_labels_of_another_one_and_more_is_the_one_that_is_selected() -> None:
    rules = one_rule(
        "nodeGroup",
        """
groups:
  all: {labels: {pool: a}, taints: ["a:NoSchedule"], restrictedTo: {namespaces: {include: [shop]}}}
  large: {labels: {pool: a, size: large}, taints: ["l:NoSchedule"], restrictedTo: {namespaces: {include: [shop]}}}
""",
    )
    large = judged(rules, with_spec(nodeSelector={"pool": "a", "size": "large"}))
    small = judged(rules, with_spec(nodeSelector={"pool": "a"}))
    assert [one["key"] for one in placed(large)[1]] == ["l"]
    assert [one["key"] for one in placed(small)[1]] == ["a"]
    assert (large.verdict, small.verdict) == (Verdict.ALLOWED, Verdict.ALLOWED)


# whose namespace it is

ONE = 'groups: {g: {labels: {p: g}, taints: ["g:NoSchedule"], restrictedTo: WHOM}}'


@pytest.mark.parametrize(
    ("restricted", "namespace", "labels", "own"),
    [
        ("{namespaces: {include: [shop]}}", "shop", {}, True),
        ('{namespaces: {include: ["sh*"]}}', "shop", {}, True),
        ("{namespaces: {include: [shop]}}", "shops", {}, False),
        ("{namespaces: {exclude: [shop]}}", "shop", {}, False),
        ("{namespaces: {exclude: [shop]}}", "pay", {}, True),
        ('{namespaces: {include: ["*"], exclude: [shop]}}', "shop", {}, False),
        ("{namespaceSelector: {matchLabels: {a: b}}}", "shop", {"a": "b"}, True),
        ("{namespaceSelector: {matchLabels: {a: b}}}", "shop", {"a": "c"}, False),
        ("{namespaceSelector: {matchExpressions: [{key: a, operator: DoesNotExist}]}}", "shop", {}, True),
        ("{namespaceSelector: {matchLabels: {a: b}}, namespaces: {include: [pay]}}", "shop", {"a": "b"}, False),
        ("{namespaceSelector: {matchLabels: {a: b}}, namespaces: {include: [shop]}}", "shop", {"a": "b"}, True),
    ],
)
def test_a_group_is_for_the_namespaces_that_it_is_restricted_to(
    restricted: str, namespace: str, labels: dict[str, str], own: bool
) -> None:
    rules = one_rule(
        "nodeGroup", f'groups: {{g: {{labels: {{p: g}}, taints: ["g:NoSchedule"], restrictedTo: {restricted}}}}}'
    )
    known = Facts({namespace: Namespace(namespace, {"kubernetes.io/metadata.name": namespace, **labels})})
    decision = decide(request(pod({"metadata": {"namespace": namespace}})), rules, known, NOW)
    assert isinstance(decision, Decision)
    assert decision.verdict is Verdict.ALLOWED
    assert placed(decision)[0] == ({"p": "g"} if own else None)


def test_where_the_namespaces_labels_are_not_known_the_rule_is_undecided_and_fills_in_nothing() -> None:
    for known in (Facts(askable=False), Facts({"shop": Unavailable("no answer")})):
        decision = decide(request(pod()), RULES, known, NOW)
        assert isinstance(decision, Decision)
        assert (decision.verdict, decision.patch) == (Verdict.UNDECIDED, ())
        assert [(one.cause, one.message) for one in decision.findings] == [
            (Cause.UNAVAILABLE, "could not be decided: the labels of namespace shop are not known here")
        ]


def test_the_namespace_is_asked_for_only_where_its_labels_count() -> None:
    by_name = one_rule("nodeGroup", ONE.replace("WHOM", "{namespaces: {include: [shop]}}"))
    by_name_label = one_rule(
        "nodeGroup", ONE.replace("WHOM", "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}")
    )
    for rules in (by_name, by_name_label, FORBIDDEN):
        assert isinstance(decide(request(pod()), rules, Facts(), NOW), Decision)
    assert placed(decided_unknown(by_name_label))[0] == {"p": "g"}
    assert not isinstance(decide(request(pod()), RULES, Facts(), NOW), Decision)


def decided_unknown(rules: Ruleset, obj: Json | None = None) -> Decision:
    decision = decide(request(obj or pod()), rules, Facts(askable=False), NOW)
    assert isinstance(decision, Decision)
    return decision


def test_what_is_forbidden_is_told_although_the_namespace_is_not_known() -> None:
    decision = decided_unknown(one_rule("nodeGroup", GROUPS + FORBID), with_spec(nodeName="n1"))
    assert decision.verdict is Verdict.DENIED
    assert {finding.where: finding.cause for finding in decision.findings} == {
        "spec.nodeName": Cause.VIOLATES,
        "": Cause.UNAVAILABLE,
    }


def test_a_running_pod_of_a_namespace_that_comes_into_a_group_is_warned() -> None:
    labelled = pod({"metadata": {"labels": {"a": "b"}}})
    decision = judged(RULES, labelled, IN_PCI, old=pod())
    assert decision.verdict is Verdict.ALLOWED
    assert {finding.standing for finding in decision.findings} == {Standing.OLD}


@pytest.mark.parametrize(
    "spec",
    [
        {"tolerations": "all", "nodeSelector": {"pool": 5}, "affinity": ["x"], "nodeName": 5},
        {"tolerations": [None, "x", {"key": ["a"], "operator": {}}], "affinity": {"nodeAffinity": {"x": 1}}},
        {"nodeSelector": {"pool": ["pci"]}, "affinity": affinity([{"key": {}, "operator": []}, 5])},  # type: ignore[list-item]
    ],
)
@pytest.mark.parametrize("labels", [{}, IN_PCI])
def test_what_has_another_shape_than_the_apis_breaks_nothing(spec: Json, labels: dict[str, str]) -> None:
    known = Facts({"shop": Namespace("shop", labels)})
    decision = decide(request(with_spec(**spec)), one_rule("nodeGroup", GROUPS + FORBID), known, NOW, Stage.VALIDATE)
    assert isinstance(decision, Decision)
    assert decision.faults == ()


# the short answer


@pytest.mark.parametrize(
    ("rules", "spec", "labels", "fine"),
    [
        (RULES, {"nodeSelector": {"pool": "shared"}}, {}, True),
        (RULES, {"nodeSelector": {"pool": "shared"}, "tolerations": [{"key": "a", "operator": "Exists"}]}, {}, True),
        (RULES, {"nodeSelector": {"pool": "pci"}, "tolerations": [TOLERATION]}, IN_PCI, True),
        (RULES, {"nodeSelector": {"pool": "pci"}}, IN_PCI, False),
        (RULES, {"nodeSelector": {"pool": "pci"}}, {}, False),
        (RULES, {"nodeSelector": {"pool": "shared"}, "tolerations": [TOLERATION]}, {}, False),
        (RULES, {"nodeSelector": {"pool": "shared"}, "tolerations": [{"operator": "Exists"}]}, {}, False),
        (ALONE, {}, {}, True),
        (ALONE, {"nodeName": "n1"}, {}, False),
        (FORBIDDEN, {}, {}, True),
        (FORBIDDEN, {"nodeName": "n1"}, {}, False),
        (FORBIDDEN, {"tolerations": [{"operator": "Exists"}]}, {}, False),
    ],
)
def test_an_ordinary_pod_has_a_short_answer(rules: Ruleset, spec: Json, labels: dict[str, str], fine: bool) -> None:
    obj = with_spec(**spec)
    known = Namespace("shop", labels)
    subject = Subject(request(obj), obj, Pod(obj, ()), known, NOW)
    answer = rules.rules[0].parts.fine
    assert answer is not None
    assert answer(subject) is fine
