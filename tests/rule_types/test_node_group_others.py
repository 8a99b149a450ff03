"""nodeGroup: whatever leads a pod onto nodes that are not meant for it, or past the scheduler, is refused."""

from typing import Any

import pytest

from tests.objects import merged, pod, workload
from tests.rule_types.nodes import (
    ALONE,
    FORBID,
    FORBIDDEN,
    GROUPS,
    IN_PCI,
    KUBELET,
    MIRROR,
    REQUIRED,
    RESTRICTED,
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
from webhook.admission.decision import Verdict
from webhook.admission.finding import Standing
from webhook.admission.request import Operation
from webhook.policy.ruleset import Ruleset


@pytest.mark.parametrize("rules", [RULES, ALONE])
def test_the_label_of_a_group_that_is_restricted_to_others_is_refused_once(rules: Ruleset) -> None:
    decision = judged(rules, with_spec(nodeSelector={"pool": "pci"}))
    assert decision.verdict is Verdict.DENIED
    assert said(decision) == [
        (
            "spec.nodeSelector.pool",
            '"pci" leads to the nodes of the group "pci", which its namespace may not use',
        )
    ]
    assert decision.findings[0].fix == ('nodeSelector: {pool: "shared"}' if rules is RULES else "take it out")


@pytest.mark.parametrize(
    ("terms", "where"),
    [
        ([[expression("In", "pci")]], f"{REQUIRED}[0].matchExpressions[0]"),
        ([[expression("In", "a", "pci")]], f"{REQUIRED}[0].matchExpressions[0]"),
        ([[expression("In", "a")], [expression("In", "pci")]], f"{REQUIRED}[1].matchExpressions[0]"),
        ([[expression("Exists", key="ssd"), expression("Exists")]], f"{REQUIRED}[0].matchExpressions[1]"),
        ([[expression("NotIn", "a")]], ""),
        ([[expression("In", "a")]], ""),
        ([[expression("In", "pci", key="zone")]], ""),
        ([[expression("DoesNotExist")]], ""),
        ([[expression("Exists"), expression("NotIn", "pci")]], ""),
    ],
)
def test_an_affinity_may_not_ask_for_a_group_that_is_restricted_to_others(terms: Any, where: str) -> None:
    decision = judged(ALONE, with_spec(affinity=affinity(*terms)))
    assert [finding.where for finding in decision.findings] == ([where] if where else [])


def test_the_default_groups_selector_rules_an_affinity_out_that_would_admit_others() -> None:
    decision = judged(RULES, with_spec(affinity=affinity([expression("Exists")])))
    assert (decision.verdict, placed(decision)[0]) == (Verdict.ALLOWED, {"pool": "shared"})


def test_an_affinity_to_others_is_told_once() -> None:
    decision = judged(RULES, with_spec(affinity=affinity([expression("In", "pci")])))
    assert said(decision) == [
        (
            f"{REQUIRED}[0].matchExpressions[0]",
            'leads to the nodes of the group "pci", which its namespace may not use',
        )
    ]


def test_a_label_that_the_own_group_has_too_leads_nowhere() -> None:
    rules = one_rule(
        "nodeGroup",
        """
groups:
  pci: {labels: {env: prod, pool: pci}, taints: ["pci:NoSchedule"], restrictedTo: {namespaces: {include: [pay]}}}
  prod: {labels: {env: prod}, default: true}
""",
    )
    assert judged(rules, with_spec(nodeSelector={"env": "prod"})).verdict is Verdict.ALLOWED
    decision = judged(rules, with_spec(nodeSelector={"env": "prod", "pool": "pci"}))
    assert [finding.where for finding in decision.findings] == ["spec.nodeSelector.pool"]


@pytest.mark.parametrize(
    ("toleration", "words"),
    [
        (TOLERATION, "tolerates pool=pci:NoSchedule"),
        ({"key": "pool", "value": "pci"}, "tolerates pool=pci:NoSchedule"),
        ({"key": "pool", "operator": "Exists"}, "tolerates pool=pci:NoSchedule"),
        ({"key": "pool", "operator": "Exists", "effect": "NoSchedule"}, "tolerates pool=pci:NoSchedule"),
        ({"operator": "Exists"}, "tolerates every taint, pool=pci:NoSchedule too"),
        (
            {"operator": "Exists", "effect": "NoSchedule"},
            'tolerates every taint with the effect "NoSchedule", pool=pci:NoSchedule too',
        ),
    ],
)
def test_a_toleration_of_a_taint_that_keeps_others_off_is_refused(toleration: Json, words: str) -> None:
    harmless = {"key": "spot", "operator": "Exists"}
    decision = judged(RULES, with_spec(tolerations=[harmless, toleration]))
    assert said(decision) == [
        (
            "spec.tolerations[1]",
            f'{words}: it is to keep pods off the nodes of the group "pci", which its namespace may not use',
        )
    ]
    assert decision.findings[0].value == toleration
    assert judged(RULES, with_spec(tolerations=[harmless, toleration]), IN_PCI).verdict is Verdict.ALLOWED


@pytest.mark.parametrize(
    "toleration",
    [
        {"key": "pool", "operator": "Equal", "value": "shared"},
        {"key": "pool", "operator": "Exists", "effect": "NoExecute"},
        {"operator": "Exists", "effect": "NoExecute"},
        {"key": "spot", "operator": "Exists"},
        *(
            {"key": f"node.kubernetes.io/{what}", "operator": "Exists", "effect": effect}
            for what, effect in (
                ("not-ready", "NoExecute"),
                ("unreachable", "NoExecute"),
                ("disk-pressure", "NoSchedule"),
                ("memory-pressure", "NoSchedule"),
                ("pid-pressure", "NoSchedule"),
                ("unschedulable", "NoSchedule"),
                ("network-unavailable", "NoSchedule"),
            )
        ),
    ],
)
def test_a_toleration_of_no_restricted_groups_taint_is_fine(toleration: Json) -> None:
    assert judged(RULES, with_spec(tolerations=[toleration])).verdict is Verdict.ALLOWED


def test_a_pod_of_one_restricted_group_is_kept_off_the_other_ones_too() -> None:
    rules = one_rule(
        "nodeGroup",
        """
groups:
  a: {labels: {pool: a}, taints: ["pool=a:NoSchedule"], restrictedTo: {namespaces: {include: [shop]}}}
  b: {labels: {pool: b}, taints: ["pool=b:NoSchedule"], restrictedTo: {namespaces: {exclude: [shop]}}}
""",
    )
    decision = judged(rules, with_spec(tolerations=[{"key": "pool", "operator": "Exists"}]))
    assert [finding.message.partition(":")[0] for finding in decision.findings] == ["tolerates pool=b"]
    decision = judged(rules, with_spec(nodeSelector={"pool": "b"}))
    assert [finding.message for finding in decision.findings] == [
        '"b" leads to the nodes of the group "b", which its namespace may not use'
    ]


# a node that the author names


def test_a_named_node_may_be_one_of_others_where_only_a_taint_keeps_the_pod_off() -> None:
    decision = judged(ALONE, with_spec(nodeName="n1"))
    assert said(decision) == [
        (
            "spec.nodeName",
            'names the node "n1" past the scheduler: it may be one of the nodes of the group "pci", which its '
            "namespace may not use",
        )
    ]


def test_what_the_kubelet_itself_turns_away_may_name_its_node() -> None:
    """It minds nodeSelector, affinity and NoExecute, and not NoSchedule."""
    assert judged(RULES, with_spec(nodeName="n1")).verdict is Verdict.ALLOWED
    assert judged(ALONE, with_spec(nodeName="n1", nodeSelector={"pool": "a"})).verdict is Verdict.ALLOWED
    assert judged(ALONE, with_spec(nodeName="n1"), IN_PCI).verdict is Verdict.ALLOWED
    evicting = one_rule("nodeGroup", RESTRICTED.replace("pci:NoSchedule", "pci:NoExecute"))
    assert judged(evicting, with_spec(nodeName="n1")).verdict is Verdict.ALLOWED


@pytest.mark.parametrize("text", [FORBID, GROUPS + FORBID, RESTRICTED + FORBID])
def test_a_forbidden_node_name_is_told_once_with_groups_or_without(text: str) -> None:
    decision = judged(one_rule("nodeGroup", text), with_spec(nodeName="n1"))
    assert said(decision) == [("spec.nodeName", 'names the node "n1", which goes past the scheduler and most taints')]
    assert decision.findings[0].fix == "leave it out; where the pod needs certain nodes, say nodeSelector or affinity"


def test_a_workloads_template_may_not_name_a_node_either() -> None:
    decision = judged(FORBIDDEN, workload("Deployment", {"spec": {"nodeName": "n1"}}))
    assert [finding.where for finding in decision.findings] == ["spec.template.spec.nodeName"]


@pytest.mark.parametrize("name", ["", None])
def test_an_empty_node_name_names_none(name: Any) -> None:
    assert judged(FORBIDDEN, with_spec(nodeName=name)).findings == ()


@pytest.mark.parametrize("rules", [FORBIDDEN, ALONE])
def test_the_node_that_the_scheduler_has_chosen_is_no_finding_on_update(rules: Ruleset) -> None:
    bound = with_spec(nodeName="n1")
    labelled = merged(bound, {"metadata": {"labels": {"a": "b"}}})
    assert judged(rules, labelled, old=bound).findings == ()
    assert judged(rules, labelled, old=pod()).verdict is Verdict.DENIED


def test_the_node_of_a_pod_is_no_finding_where_its_old_object_is_not_given_or_it_goes() -> None:
    rules = one_rule("nodeGroup", FORBID, match="{operations: [CREATE, UPDATE, DELETE]}")
    bound = with_spec(nodeName="n1")
    assert judged(rules, bound, operation=Operation.UPDATE).findings == ()
    assert judged(rules, None, old=bound, operation=Operation.DELETE).findings == ()  # type: ignore[arg-type]
    assert judged(rules, bound).verdict is Verdict.DENIED


def test_a_workload_that_named_its_node_before_is_warned() -> None:
    named = workload("Deployment", {"spec": {"nodeName": "n1"}})
    newer = merged(named, {"spec": {"replicas": 3}})
    decision = judged(FORBIDDEN, newer, old=named)
    assert decision.verdict is Verdict.ALLOWED
    assert [finding.standing for finding in decision.findings] == [Standing.OLD]
    other = merged(newer, {"spec": {"template": {"spec": {"nodeName": "n2"}}}})
    assert judged(FORBIDDEN, other, old=named).verdict is Verdict.DENIED


def test_an_affinity_to_one_node_by_its_name_is_no_named_node() -> None:
    name = {"key": "metadata.name", "operator": "In", "values": ["n1"]}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchFields": [name]}]}}
    assert judged(FORBIDDEN, with_spec(affinity={"nodeAffinity": required})).findings == ()


# wildcards


@pytest.mark.parametrize(
    ("toleration", "breadth"),
    [
        ({"operator": "Exists"}, "every taint"),
        ({"key": "", "operator": "Exists"}, "every taint"),
        ({"operator": "Exists", "effect": "NoExecute"}, 'every taint with the effect "NoExecute"'),
    ],
)
@pytest.mark.parametrize("text", [FORBID, GROUPS + FORBID])
def test_a_toleration_of_everything_is_refused_once(text: str, toleration: Json, breadth: str) -> None:
    decision = judged(one_rule("nodeGroup", text), with_spec(tolerations=[toleration]))
    assert said(decision) == [("spec.tolerations[0]", f"tolerates {breadth}, so that none keeps it off a node")]
    assert decision.findings[0].fix == "name the taint: {key: KEY, operator: Exists}"


def test_a_toleration_with_a_key_is_no_wildcard() -> None:
    tolerations = [{"key": "node.kubernetes.io/not-ready", "operator": "Exists"}, {"key": "a", "operator": "Exists"}]
    assert judged(FORBIDDEN, with_spec(tolerations=tolerations)).findings == ()


def test_a_wildcard_that_is_added_to_a_running_pod_is_refused_and_an_old_one_warns() -> None:
    wild = {"operator": "Exists"}
    old = with_spec(tolerations=[{"key": "a", "operator": "Exists"}])
    new = with_spec(tolerations=[*old["spec"]["tolerations"], wild])
    assert judged(FORBIDDEN, new, old=old).verdict is Verdict.DENIED
    labelled = merged(new, {"metadata": {"labels": {"a": "b"}}})
    assert judged(FORBIDDEN, labelled, old=new).verdict is Verdict.ALLOWED


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("forbid: {nodeName: true}", {"tolerations": [{"operator": "Exists"}]}),
        ("forbid: {wildcardTolerations: true}", {"nodeName": "n1"}),
    ],
)
def test_what_is_not_forbidden_is_fine(text: str, spec: Json) -> None:
    assert judged(one_rule("nodeGroup", text), with_spec(**spec)).findings == ()
    assert judged(FORBIDDEN, with_spec(**spec)).verdict is Verdict.DENIED


# static pods


def test_the_picture_of_a_static_pod_is_left_alone_where_a_kubelet_makes_it() -> None:
    spec = {"nodeName": "n1", "tolerations": [{"operator": "Exists", "effect": "NoExecute"}]}
    static = pod({"metadata": {"annotations": MIRROR}, "spec": spec})
    rules = one_rule("nodeGroup", GROUPS + FORBID)
    assert judged(rules, static, user=KUBELET).findings == ()
    assert judged(rules, static).verdict is Verdict.DENIED
    assert judged(rules, with_spec(**spec), user=KUBELET).verdict is Verdict.DENIED
