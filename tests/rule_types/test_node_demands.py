"""What a pod demands of its node: nodeSelector and required affinity, as the scheduler reads them."""

from typing import Any

import pytest

from webhook.rule_types._node_demands import Demands

Json = dict[str, Any]


def expression(operator: str, *values: str, key: str = "pool") -> Json:
    return {"key": key, "operator": operator, **({"values": list(values)} if values else {})}


def term(*expressions: Json, **more: Any) -> Json:
    return {"matchExpressions": list(expressions), **more}


def spec(*terms: Any, **selector: str) -> Json:
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": list(terms)}}
    affinity = {"affinity": {"nodeAffinity": required}} if terms else {}
    return {**affinity, **({"nodeSelector": selector} if selector else {})}


PCI = expression("In", "pci")
FIELD = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]}


@pytest.mark.parametrize(
    ("pod", "demanded"),
    [
        (spec(pool="pci"), True),
        (spec(pool="other"), False),
        (spec(), False),
        (spec(term(PCI)), True),
        (spec(term(PCI), term(PCI, expression("Exists", key="ssd"))), True),
        (spec(term(PCI), term(expression("In", "other"))), False),
        (spec(term(PCI), FIELD), False),
        (spec(term(PCI), {}), True),
        (spec(term(PCI), {"matchExpressions": []}), True),
        (spec(term(expression("In", "pci", "other"))), False),
        (spec(term(expression("In", "pci", "other"), expression("NotIn", "other"))), True),
        (spec(term(expression("In", "pci", "a"), expression("In", "pci", "b"))), True),
        (spec(term(expression("Exists"))), False),
        (spec(term(expression("NotIn", "other"))), False),
        (spec(term(expression("In", "pci", key="other"))), False),
        (spec(term(expression("In", "other")), pool="pci"), True),
        (spec(term(PCI, matchFields=FIELD["matchFields"])), True),
        ({"affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [term(PCI)]}}}, False),
    ],
)
def test_a_label_is_demanded_by_the_selector_or_by_every_term(pod: Json, demanded: bool) -> None:
    assert Demands.of(pod).demand("pool", "pci") is demanded


@pytest.mark.parametrize(
    ("pod", "left_open"),
    [
        (spec(), True),
        (spec(zone="a"), True),
        (spec(pool="other"), False),
        (spec(term(expression("In", "pci", "other"))), True),
        (spec(term(expression("NotIn", "spot"))), True),
        (spec(term(expression("Exists"))), True),
        (spec(FIELD), True),
        (spec(term(expression("In", "other"))), False),
        (spec(term(expression("NotIn", "pci"))), False),
        (spec(term(expression("DoesNotExist"))), False),
        (spec(term(PCI), term(expression("In", "other"))), False),
    ],
)
def test_a_label_is_left_open_where_nothing_speaks_against_it(pod: Json, left_open: bool) -> None:
    assert Demands.of(pod).leave_open("pool", "pci") is left_open


@pytest.mark.parametrize(
    ("pod", "admitted"),
    [
        (spec(), True),
        (spec(zone="a"), True),
        (spec(pool="5"), True),
        (spec(pool="4"), False),
        (spec(term(expression("In", "4", "5"))), True),
        (spec(term(expression("In", "4"))), False),
        (spec(term(expression("In", "4")), term(expression("In", "5"))), True),
        (spec(term(expression("In", "5")), pool="4"), False),
        (spec(term(expression("NotIn", "5"))), False),
        (spec(term(expression("NotIn", "4"))), True),
        (spec(term(expression("Exists"))), True),
        (spec(term(expression("DoesNotExist"))), False),
        (spec(term(expression("DoesNotExist", key="other"))), True),
        (spec(term(expression("Gt", "4"))), True),
        (spec(term(expression("Gt", "5"))), False),
        (spec(term(expression("Lt", "6"))), True),
        (spec(term(expression("Lt", "x"))), False),
        (spec(term(expression("Lt", "6", "7"))), False),
        (spec(FIELD), True),
        (spec({}), False),
    ],
)
def test_a_node_is_admitted_where_selector_and_one_term_agree(pod: Json, admitted: bool) -> None:
    assert Demands.of(pod).admit({"pool": "5"}) is admitted


TERMS = ("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")


@pytest.mark.parametrize(
    ("pod", "path"),
    [
        (spec(), None),
        (spec(pool="5"), ("nodeSelector", "pool")),
        (spec(pool="5", zone="b"), None),
        (spec(term(expression("In", "5"))), (*TERMS, 0, "matchExpressions", 0)),
        (
            spec(term(expression("In", "4")), term(expression("Exists", key="ssd"), expression("In", "4", "5"))),
            (*TERMS, 1, "matchExpressions", 1),
        ),
        (spec(term(expression("Exists"))), (*TERMS, 0, "matchExpressions", 0)),
        (spec(term(expression("Gt", "4"))), (*TERMS, 0, "matchExpressions", 0)),
        (spec(term(expression("Lt", "6"))), (*TERMS, 0, "matchExpressions", 0)),
        (spec(term(expression("NotIn", "4"))), None),
        (spec(term(expression("In", "4"))), None),
        (spec(term(expression("In", "5"), expression("NotIn", "5"))), None),
        (spec(term(expression("In", "a", key="zone"))), None),
        (spec(term(expression("Exists", key="zone"))), None),
        (spec(term(expression("In", "5")), zone="b"), None),
        (spec(FIELD), None),
    ],
)
def test_a_pod_names_labels_where_it_asks_for_one_and_nothing_rules_out_the_others(pod: Json, path: Any) -> None:
    naming = Demands.of(pod).naming({"pool": "5", "zone": "a"}, {"pool": "5"})
    assert (naming.path if naming else None) == path


@pytest.mark.parametrize(
    "pod",
    [
        None,
        "pod",
        {"nodeSelector": ["pool"], "affinity": "none"},
        {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": "x"}}}},
    ],
)
def test_what_has_another_shape_demands_nothing(pod: Any) -> None:
    assert Demands.of(pod) == Demands({}, None)


@pytest.mark.parametrize(
    "raw", [None, 5, "x", ["x"], {"matchExpressions": 5}, {"matchExpressions": ["x", {"key": ["pool"]}, {}]}]
)
def test_a_term_of_another_shape_breaks_nothing(raw: Any) -> None:
    demands = Demands.of(spec(raw, term({"key": "pool", "operator": ["In"], "values": "pci"})))
    assert demands.demand("pool", "pci") is False
    assert demands.naming({"pool": "pci"}, {"pool": "pci"}) is None
