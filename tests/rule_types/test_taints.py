"""Taints as they are written, and tolerations as the scheduler reads them."""

from typing import Any

import pytest

from webhook.rule_types._taints import Effect, Taint, is_wildcard, tolerates


@pytest.mark.parametrize(
    ("text", "taint"),
    [
        ("pool=pci:NoSchedule", Taint("pool", "pci", Effect.NO_SCHEDULE)),
        ("acme.example/pool=pci:NoExecute", Taint("acme.example/pool", "pci", Effect.NO_EXECUTE)),
        ("gpu:PreferNoSchedule", Taint("gpu", "", Effect.PREFER_NO_SCHEDULE)),
        ("gpu=:NoSchedule", Taint("gpu", "", Effect.NO_SCHEDULE)),
        (
            "node-role.kubernetes.io/control-plane:NoSchedule",
            Taint("node-role.kubernetes.io/control-plane", "", Effect.NO_SCHEDULE),
        ),
    ],
)
def test_a_taint_is_read_as_kubectl_writes_it(text: str, taint: Taint) -> None:
    assert Taint.parse(text) == taint
    assert Taint.parse(str(taint)) == taint


def test_a_taint_is_shown_as_it_is_written() -> None:
    assert [str(Taint.parse(text)) for text in ("a=b:NoExecute", "a:NoSchedule", "a=:NoSchedule")] == [
        "a=b:NoExecute",
        "a:NoSchedule",
        "a:NoSchedule",
    ]


@pytest.mark.parametrize(
    ("text", "message", "cure"),
    [
        ("pool=pci", "`pool=pci` is no taint", "write it as pool=pci:NoSchedule"),
        ("pool=pci:", "there is no taint effect ``", "there are NoSchedule, PreferNoSchedule, NoExecute"),
        ("pool=pci:noschedule", "there is no taint effect `noschedule`", "did you mean NoSchedule?"),
        ("pool=pci:NoSchedul", "there is no taint effect `NoSchedul`", "did you mean NoSchedule?"),
        ("pool=pci:Never", "there is no taint effect `Never`", "there are NoSchedule, PreferNoSchedule, NoExecute"),
        ("pool=pci:NoSchedule-", "there is no taint effect `NoSchedule-`", "did you mean NoSchedule?"),
        (
            "node.kubernetes.io/unschedulable:NoSchedule",
            "Kubernetes itself puts `node.kubernetes.io/unschedulable` on nodes, and lets pods tolerate it",
            "give the group a taint with a key of your own",
        ),
        (
            "node.cloudprovider.kubernetes.io/uninitialized=true:NoSchedule",
            "Kubernetes itself puts `node.cloudprovider.kubernetes.io/uninitialized` on nodes, and lets pods "
            "tolerate it",
            "give the group a taint with a key of your own",
        ),
        (
            "pool-*=x:NoSchedule",
            "`pool-*=x:NoSchedule` is no taint: its key is no glob",
            "write it as key=value:Effect",
        ),
        (
            "pool=a=b:NoSchedule",
            "`pool=a=b:NoSchedule` is no taint: a label's value has letters, digits, - _ and . only, and a letter or "
            "digit at both ends",
            "write it as key=value:Effect",
        ),
        (
            "=pci:NoSchedule",
            "`=pci:NoSchedule` is no taint: the name of a key has at most 63 letters, digits, - _ and ., and a letter "
            "or digit at both ends",
            "write it as key=value:Effect",
        ),
    ],
)
def test_what_no_node_can_have_is_refused_with_the_cure(text: str, message: str, cure: str) -> None:
    with pytest.raises(ValueError, match=r"taint|Kubernetes") as raised:
        Taint.parse(text)
    assert raised.value.args == (message, cure)


@pytest.mark.parametrize("text", ["pool=pci:NoSchedule", "gpu:NoExecute", "a.example/b=1:PreferNoSchedule"])
def test_its_own_toleration_tolerates_a_taint_and_no_other_one(text: str) -> None:
    taint = Taint.parse(text)
    assert tolerates(taint.toleration, taint)
    others = [taint._replace(key="x"), taint._replace(value="x")]
    others += [taint._replace(effect=effect) for effect in Effect if effect is not taint.effect]
    assert [tolerates(taint.toleration, other) for other in others] == [False] * 4


PCI = Taint("pool", "pci", Effect.NO_SCHEDULE)
FIVE = Taint("pool", "5", Effect.NO_SCHEDULE)


@pytest.mark.parametrize(
    ("toleration", "taint", "tolerated"),
    [
        ({"key": "pool", "operator": "Equal", "value": "pci", "effect": "NoSchedule"}, PCI, True),
        ({"key": "pool", "value": "pci"}, PCI, True),
        ({"key": "pool", "operator": "", "value": "pci", "effect": ""}, PCI, True),
        ({"key": "pool", "operator": "Equal", "value": "other"}, PCI, False),
        ({"key": "pool", "operator": "Equal"}, PCI, False),
        ({"key": "pool", "operator": "Equal"}, Taint("pool", "", Effect.NO_SCHEDULE), True),
        ({"key": "pool", "operator": "Exists"}, PCI, True),
        ({"key": "pool", "operator": "Exists", "effect": "NoExecute"}, PCI, False),
        ({"key": "pool", "operator": "Exists", "effect": None}, PCI, True),
        ({"key": "other", "operator": "Exists"}, PCI, False),
        ({"key": "Pool", "operator": "Exists"}, PCI, False),
        ({"operator": "Exists"}, PCI, True),
        ({"key": "", "operator": "Exists", "effect": "NoSchedule"}, PCI, True),
        ({"operator": "Exists", "effect": "NoExecute"}, PCI, False),
        ({"operator": "Equal", "value": "pci"}, PCI, True),
        ({}, PCI, False),
        ({"key": "pool", "operator": "exists"}, PCI, False),
        ({"key": "pool", "operator": "Gt", "value": "4"}, FIVE, True),
        ({"key": "pool", "operator": "Gt", "value": "5"}, FIVE, False),
        ({"key": "pool", "operator": "Lt", "value": "6"}, FIVE, True),
        ({"key": "pool", "operator": "Lt", "value": "-6"}, FIVE, False),
        ({"key": "pool", "operator": "Lt", "value": "06"}, FIVE, False),
        ({"key": "pool", "operator": "Lt", "value": 6}, FIVE, False),
        ({"key": "pool", "operator": "Gt", "value": "4"}, PCI, False),
        ({"key": "pool", "operator": ["Exists"]}, PCI, False),
        ("pool", PCI, False),
        (None, PCI, False),
    ],
)
def test_a_toleration_is_read_as_the_scheduler_reads_it(toleration: Any, taint: Taint, tolerated: bool) -> None:
    assert tolerates(toleration, taint) is tolerated


@pytest.mark.parametrize(
    ("toleration", "wildcard"),
    [
        ({"operator": "Exists"}, True),
        ({"key": "", "operator": "Exists"}, True),
        ({"key": None, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}, True),
        ({"key": "pool", "operator": "Exists"}, False),
        ({"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute"}, False),
        ({"operator": "Equal"}, False),
        ("Exists", False),
    ],
)
def test_only_an_empty_key_with_exists_is_a_wildcard(toleration: Any, wildcard: bool) -> None:
    assert is_wildcard(toleration) is wildcard
