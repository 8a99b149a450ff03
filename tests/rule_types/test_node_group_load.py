"""nodeGroup: what cannot be meant is told when rules load, at its place and with the cure."""

import pytest

from tests.objects import problems
from tests.rule_types.one_rule import text_of, wrongs

TAINT = 'taints: ["p=a:NoSchedule"]'
WHOM = "restrictedTo: {namespaces: {include: [pay]}}"


def told(text: str) -> list[tuple[str, str, str, str | None]]:
    """Of every problem: its level, the text from its place on, its message, its cure."""
    whole = text_of("nodeGroup", text)
    found = problems(whole)
    lines = whole.splitlines()
    return [(str(one.level), lines[one.place.line - 1][one.place.column - 1 :], one.message, one.help) for one in found]


def only(text: str) -> tuple[str, str, str, str | None]:
    [one] = told(text)
    return one


@pytest.mark.parametrize(
    ("text", "message", "cure"),
    [
        ("{}", "nothing is said of nodes", "say `groups`, `forbid` or both"),
        ("groups: {}", "the mapping is empty", "give it an entry, or leave the key out"),
        ("forbid: {}", "it forbids nothing", "say `nodeName: true`, `wildcardTolerations: true` or both"),
        (
            "forbid: {nodeName: false, wildcardTolerations: false}",
            "it forbids nothing",
            "say `nodeName: true`, `wildcardTolerations: true` or both",
        ),
        ("groups: {a: {default: true}}", "nothing tells its nodes from others", "give it `labels`, `taints` or both"),
        (
            "groups: {a: {labels: {p: a}}}",
            "no namespace uses this group",
            "say `restrictedTo`, or `default: true`",
        ),
        (
            "groups: {a: {labels: {p: a}, default: false}}",
            "no namespace uses this group",
            "say `restrictedTo`, or `default: true`",
        ),
        (
            "groups: {a: {labels: {p: a}, restrictedTo: {}}}",
            "it is empty",
            "say `namespaceSelector` or `namespaces`",
        ),
        (
            "groups: {a: {labels: {p: a}, taints: [p=a], default: true}}",
            "`p=a` is no taint",
            "write it as p=a:NoSchedule",
        ),
        (
            'groups: {a: {labels: {p: a}, taints: ["p=a:Evict"], default: true}}',
            "there is no taint effect `Evict`",
            "there are NoSchedule, PreferNoSchedule, NoExecute",
        ),
        (
            "groups: {a: {labels: {p: true}, default: true}}",
            "expected a string, found the boolean true",
            "put it in quotes",
        ),
        (
            "groups: {a: {labels: {p: a}, restrictTo: {}, default: true}}",
            "unknown key `restrictTo`",
            "did you mean `restrictedTo`?",
        ),
    ],
)
def test_what_is_wrong_with_a_key_alone_is_told(text: str, message: str, cure: str) -> None:
    assert wrongs("nodeGroup", text) == [("error", message, cure)]


def test_a_restricted_group_cannot_be_the_default() -> None:
    level, at, message, cure = only(f"groups: {{a: {{labels: {{p: a}}, {TAINT}, {WHOM}, default: true}}}}")
    assert (level, at) == ("error", "true}}")
    assert message == "a group that is restricted cannot be the default of all others"
    assert cure == "keep `restrictedTo` or `default: true`"


def test_there_is_one_default_group() -> None:
    level, at, message, cure = only(
        "groups:\n  a: {labels: {p: a}, default: true}\n  b: {labels: {p: b}, default: true}"
    )
    assert (level, at) == ("error", "true}")
    assert message == "the group a is the default already"
    assert cure == "leave `default` with one of them, restrict the other"


def test_two_groups_cannot_have_the_same_labels() -> None:
    text = f"groups:\n  a: {{labels: {{p: a, q: b}}, default: true}}\n  b: {{labels: {{q: b, p: a}}, {TAINT}, {WHOM}}}"
    level, at, message, cure = only(text)
    assert (level, at.partition(":")[0]) == ("error", "labels")
    assert message == "the group a has the same labels, so nobody can tell their nodes apart"
    assert cure == "give each group labels of its own"
    assert told(text.replace("q: b, p: a", "q: b, p: c")) == []


def test_two_groups_cannot_share_a_taint() -> None:
    text = f"groups:\n  a: {{labels: {{p: a}}, {TAINT}, default: true}}\n  b: {{labels: {{p: b}}, {TAINT}, {WHOM}}}"
    level, at, message, cure = only(text)
    assert (level, at.partition("]")[0]) == ("error", '"p=a:NoSchedule"')
    assert message == "p=a:NoSchedule is already a taint of the group a"
    assert cure == "give each group taints of its own"
    assert told(text.replace("NoSchedule", "NoExecute", 1)) == []


def test_a_group_says_each_taint_once() -> None:
    taints = '["p=a:NoSchedule", "p=a:NoSchedule"]'
    assert only(f"groups: {{a: {{labels: {{p: a}}, taints: {taints}, default: true}}}}")[2] == (
        "p=a:NoSchedule is already a taint of the group a"
    )


def test_a_restricted_group_must_keep_other_pods_off() -> None:
    level, at, message, cure = only(f"groups: {{pci: {{labels: {{pool: a}}, {WHOM}}}}}")
    assert (level, at.partition(":")[0]) == ("error", "pci")
    assert message == (
        "nothing keeps other pods off its nodes: whoever selects no node may come to any that has no taint"
    )
    assert cure == "give it a taint, such as pool=a:NoSchedule"


@pytest.mark.parametrize(
    ("other", "kept_off"),
    [
        ("{labels: {p: b}, default: true}", True),
        ("{labels: {q: b}, default: true}", False),
        (f"{{labels: {{p: b}}, {TAINT}, {WHOM}}}", False),
    ],
)
@pytest.mark.parametrize("taints", ["", 'taints: ["p=x:PreferNoSchedule"], '])
def test_without_a_taint_every_other_group_must_have_another_label_and_one_be_the_default(
    other: str, kept_off: bool, taints: str
) -> None:
    found = told(f"groups:\n  a: {{labels: {{p: a}}, {taints}{WHOM}}}\n  b: {other}")
    assert [one[2].partition(":")[0] for one in found] == (
        [] if kept_off else ["nothing keeps other pods off its nodes"]
    )


@pytest.mark.parametrize("effect", ["NoSchedule", "NoExecute"])
def test_a_taint_keeps_other_pods_off(effect: str) -> None:
    assert told(f'groups: {{a: {{labels: {{p: a}}, taints: ["p=a:{effect}"], {WHOM}}}}}') == []


def test_a_group_with_taints_alone_is_warned_of() -> None:
    level, at, message, cure = only(f"groups: {{pci: {{{TAINT}, {WHOM}}}}}")
    assert (level, at.partition(":")[0]) == ("warning", "pci")
    assert message == (
        "nothing keeps its pods on its nodes: a toleration lets them there, and no label sends them there"
    )
    assert cure == "give it `labels` too"


@pytest.mark.parametrize(
    ("labels", "mistake"),
    [
        ('{p: "a*"}', "it is no glob here"),
        ('{"p*": a}', "it is no glob here"),
        (
            "{p: a b}",
            "a label's value has letters, digits, - _ and . only, and a letter or digit at both ends",
        ),
        ("{Acme/p: a}", "the part before the slash is a DNS name in lower case, such as acme.example"),
    ],
)
def test_a_label_that_no_node_can_have_is_told(labels: str, mistake: str) -> None:
    assert wrongs("nodeGroup", f"groups: {{a: {{labels: {labels}, default: true}}}}") == [
        ("error", f"no node can have this label: {mistake}", "name one label exactly")
    ]


@pytest.mark.parametrize(
    ("restricted", "message", "cure"),
    [
        (
            "{namespaces: {include: [a], exclude: ['*']}}",
            "no namespace can ever use this group: `exclude` leaves out everything",
            "what is left out wins; narrow `exclude`",
        ),
        (
            "{namespaceSelector: {matchLabels: {a: 'b*'}}}",
            'no namespace can ever use this group: "b*" is no glob here',
            "a selector names labels exactly",
        ),
        (
            "{namespaceSelector: {matchLabels: {a: b}, matchExpressions: [{key: a, operator: DoesNotExist}]}}",
            "no namespace can ever use this group: this says contradictory things of the label a",
            "remove one of them",
        ),
    ],
)
def test_a_group_that_no_namespace_can_use_is_told(restricted: str, message: str, cure: str) -> None:
    text = f"groups: {{a: {{labels: {{p: a}}, {TAINT}, restrictedTo: {restricted}}}}}"
    assert wrongs("nodeGroup", text) == [("error", message, cure)]


def test_a_rule_about_nodes_is_about_pods() -> None:
    [(level, message, _)] = wrongs("nodeGroup", "forbid: {nodeName: true}", match="{kinds: [Service]}")
    assert (level, message) == ("error", "this rule type is about pods, and Service carries none")


def test_the_rule_of_the_language_page_loads_without_a_word() -> None:
    assert (
        told(
            """
groups:
  pci: {labels: {pool: pci}, taints: ["pool=pci:NoSchedule"], restrictedTo: {namespaceSelector: {matchLabels: {a: b}}}}
  shared: {labels: {pool: shared}, default: true}
forbid: {nodeName: true, wildcardTolerations: true}
"""
        )
        == []
    )
