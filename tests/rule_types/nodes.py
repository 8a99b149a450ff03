"""Pods and rules about nodes: what the tests of nodeGroup are built from."""

from typing import Any

from tests.objects import NOW, pod, request
from tests.rule_types.one_rule import one_rule
from webhook.admission.decision import Decision
from webhook.admission.facts import Facts, Namespace
from webhook.admission.request import User
from webhook.engine.decide import decide
from webhook.policy.ruleset import Ruleset

Json = dict[str, Any]

GROUPS = """
groups:
  pci:
    labels: {pool: pci}
    taints: ["pool=pci:NoSchedule"]
    restrictedTo: {namespaceSelector: {matchLabels: {data-class: pci}}}
  shared: {labels: {pool: shared}, default: true}
"""
RESTRICTED = GROUPS.replace("  shared: {labels: {pool: shared}, default: true}\n", "")
FORBID = "forbid: {nodeName: true, wildcardTolerations: true}"
RULES = one_rule("nodeGroup", GROUPS)
ALONE = one_rule("nodeGroup", RESTRICTED)
FORBIDDEN = one_rule("nodeGroup", FORBID)

IN_PCI = {"data-class": "pci"}
TOLERATION = {"key": "pool", "operator": "Equal", "value": "pci", "effect": "NoSchedule"}
REQUIRED = "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"
KUBELET = User("system:node:n1", ("system:nodes", "system:authenticated"))
MIRROR = {"kubernetes.io/config.mirror": "0123", "kubernetes.io/config.source": "file"}


def judged(rules: Ruleset, obj: Json, labels: dict[str, str] | None = None, **changes: Any) -> Decision:
    """The decision in the namespace `shop` with these labels."""
    known = Namespace("shop", {"kubernetes.io/metadata.name": "shop", **(labels or {})})
    decision = decide(request(obj, **changes), rules, Facts({"shop": known}), NOW)
    assert isinstance(decision, Decision)
    return decision


def with_spec(**spec: Any) -> Json:
    return pod({"spec": spec})


def affinity(*terms: list[Json], how: str = "required") -> Json:
    selectors = [{"matchExpressions": list(expressions)} for expressions in terms]
    wanted = {"nodeSelectorTerms": selectors} if how == "required" else [{"weight": 1, "preference": selectors[0]}]
    return {"nodeAffinity": {f"{how}DuringSchedulingIgnoredDuringExecution": wanted}}


def expression(operator: str, *values: str, key: str = "pool") -> Json:
    return {"key": key, "operator": operator, "values": list(values)}


def placed(decision: Decision) -> tuple[Any, Any]:
    """The nodeSelector and the tolerations of the pod as it became."""
    assert decision.object is not None
    return decision.object["spec"].get("nodeSelector"), decision.object["spec"].get("tolerations")
