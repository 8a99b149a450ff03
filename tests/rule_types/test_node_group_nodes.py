"""Of what nodeGroup allows, a scheduler written here from its description puts nothing onto nodes meant for others."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.objects import NOW, pod, request
from tests.rule_types.one_rule import one_rule
from webhook.admission.decision import Decision, Verdict
from webhook.admission.facts import Facts, Namespace
from webhook.admission.rule import Subject
from webhook.engine.decide import decide
from webhook.pod.containers import Pod
from webhook.policy.ruleset import Ruleset

Json = dict[str, Any]

RESTRICTED = """
groups:
  pci: {labels: {pool: pci, tier: "2"}, taints: ["pool=pci:NoSchedule"], restrictedTo: {namespaces: {include: [pay]}}}
  hsm: {labels: {pool: hsm}, taints: ["hsm:NoExecute"], restrictedTo: {namespaces: {include: [vault, pay]}}}
"""
WITH_DEFAULT = RESTRICTED + "  shared: {labels: {pool: shared}, default: true}\n"
UNTAINTED = """
groups:
  pci: {labels: {pool: pci, tier: "2"}, restrictedTo: {namespaces: {include: [pay]}}}
  hsm: {labels: {pool: hsm}, taints: ["hsm:PreferNoSchedule"], restrictedTo: {namespaces: {include: [vault, pay]}}}
  shared: {labels: {pool: shared}, default: true}
"""
FORBID = "forbid: {nodeName: true, wildcardTolerations: true}\n"
RULES = [one_rule("nodeGroup", text) for text in (RESTRICTED, WITH_DEFAULT, UNTAINTED, WITH_DEFAULT + FORBID)]

MAY_USE = {"pay": {"pci", "hsm"}, "vault": {"hsm"}, "shop": set[str]()}
NODES: dict[str, tuple[dict[str, str], tuple[tuple[str, str, str], ...]]] = {
    "pci": ({"pool": "pci", "tier": "2", "zone": "a"}, (("pool", "pci", "NoSchedule"),)),
    "hsm": ({"pool": "hsm"}, (("hsm", "", "NoExecute"),)),
    "shared": ({"pool": "shared", "zone": "a"}, ()),
    "other": ({"pool": "other", "tier": "2"}, ()),
    "bare": ({}, ()),
}

VALUES = {"pool": ("pci", "hsm", "shared", "other"), "tier": ("1", "2", "3"), "zone": ("a",)}
OPERATORS = ("In", "In", "In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt")


def expression_on(key: str) -> st.SearchStrategy[Json]:
    values = st.lists(st.sampled_from(VALUES[key]), min_size=1, max_size=2, unique=True)
    return st.fixed_dictionaries({"key": st.just(key), "operator": st.sampled_from(OPERATORS), "values": values})


expressions = st.sampled_from(("pool", "pool", "tier", "zone")).flatmap(expression_on)
selectors = st.fixed_dictionaries({}, optional={key: st.sampled_from(values) for key, values in VALUES.items()})
terms = st.lists(expressions, max_size=2).map(lambda found: {"matchExpressions": found})
tolerations = st.fixed_dictionaries(
    {},
    optional={
        "key": st.sampled_from(("", "pool", "hsm", "spot")),
        "operator": st.sampled_from(("", "Equal", "Exists", "Exists")),
        "value": st.sampled_from(("", "pci", "hsm")),
        "effect": st.sampled_from(("", "NoSchedule", "NoExecute", "PreferNoSchedule")),
    },
)
specs = st.fixed_dictionaries(
    {},
    optional={
        "nodeSelector": selectors,
        "required": st.lists(terms, min_size=1, max_size=3),
        "tolerations": st.lists(tolerations, max_size=2),
        "nodeName": st.sampled_from(tuple(NODES)),
    },
)


def spec_of(drawn: Json) -> Json:
    spec = {key: value for key, value in drawn.items() if key != "required"}
    if "required" in drawn:
        required = {"nodeSelectorTerms": drawn["required"]}
        spec["affinity"] = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
    return spec


def matches(expression: Json, labels: dict[str, str]) -> bool:
    there, values = labels.get(expression["key"]), expression["values"]
    match expression["operator"]:
        case "In":
            return there in values
        case "NotIn":
            return there not in values
        case "Exists":
            return there is not None
        case "DoesNotExist":
            return there is None
        case sign:
            if there is None or len(values) != 1 or not (there.isdigit() and values[0].isdigit()):
                return False
            return int(there) > int(values[0]) if sign == "Gt" else int(there) < int(values[0])


def selects(spec: Json, labels: dict[str, str]) -> bool:
    if any(labels.get(key) != value for key, value in spec.get("nodeSelector", {}).items()):
        return False
    if "affinity" not in spec:
        return True
    required = spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    found = [term["matchExpressions"] for term in required if term["matchExpressions"]]
    return any(all(matches(one, labels) for one in term) for term in found)


def tolerated(spec: Json, taint: tuple[str, str, str]) -> bool:
    key, value, effect = taint
    for one in spec.get("tolerations") or []:
        exists = one.get("operator") == "Exists" or one.get("value", "") == value
        if one.get("key", "") in ("", key) and one.get("effect", "") in ("", effect) and exists:
            return True
    return False


def comes_to(spec: Json, node: str, *, tainted: bool) -> bool:
    """Whether the pod can run on this node: through the scheduler, or by its name if only its kubelet agrees."""
    labels, taints = NODES[node]
    if not selects(spec, labels):
        return False
    minded = [taint for taint in taints if tainted and taint[2] in ("NoSchedule", "NoExecute")]
    if "nodeName" in spec:
        minded = [taint for taint in minded if taint[2] == "NoExecute"]
        if spec["nodeName"] != node:
            return False
    return all(tolerated(spec, taint) for taint in minded)


def judged(rules: Ruleset, obj: Json) -> Decision:
    name = obj["metadata"]["namespace"]
    decision = decide(request(obj), rules, Facts({name: Namespace(name)}), NOW)
    assert isinstance(decision, Decision)
    assert decision.faults == ()
    return decision


EVERY = [(rules, namespace) for rules in RULES for namespace in MAY_USE]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(specs)
def test_what_is_allowed_stays_off_the_nodes_of_others_and_keeps_to_its_own(drawn: Json) -> None:
    for rules, namespace in EVERY:
        decision = judged(rules, pod({"metadata": {"namespace": namespace}, "spec": spec_of(drawn)}))
        if decision.verdict is not Verdict.ALLOWED:
            continue
        assert decision.object is not None
        spec = decision.object["spec"]
        reached = {node for node in NODES if comes_to(spec, node, tainted=rules is not RULES[2])}
        assert not reached & ({"pci", "hsm"} - MAY_USE[namespace]), spec
        if MAY_USE[namespace]:
            assert reached <= MAY_USE[namespace], spec
            assert len(reached) < 2, spec
        elif rules is not RULES[0]:
            assert reached <= {"shared"}, spec


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(specs)
def test_filling_in_twice_is_filling_in_once_and_short_answers_agree(drawn: Json) -> None:
    for rules, namespace in EVERY:
        first = judged(rules, pod({"metadata": {"namespace": namespace}, "spec": spec_of(drawn)}))
        assert first.object is not None
        second = judged(rules, first.object)
        assert second.patch == ()
        assert [one.where for one in second.findings] == [one.where for one in first.findings]
        fine = rules.rules[0].parts.fine
        subject = Subject(request(first.object), first.object, Pod(first.object, ()), Namespace(namespace), NOW)
        assert fine is not None
        assert not (fine(subject) and first.findings)


@pytest.mark.parametrize(("namespace", "node"), [("vault", "hsm"), ("shop", "shared")])
@pytest.mark.parametrize("rules", RULES[1:])
def test_a_pod_that_says_nothing_of_nodes_is_taken_by_its_own(rules: Ruleset, namespace: str, node: str) -> None:
    decision = judged(rules, pod({"metadata": {"namespace": namespace}}))
    assert decision.verdict is Verdict.ALLOWED
    assert decision.object is not None
    assert comes_to(decision.object["spec"], node, tainted=rules is not RULES[2])
