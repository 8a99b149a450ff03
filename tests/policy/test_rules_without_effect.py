"""Rules that read well and can never do anything: nothing matches, no step acts, nobody is left to judge."""

import pytest

from tests.objects import policy
from tests.policy.telling import NAMES, NARROW, RULE, told, warned

SWALLOWED = "this can never match: `exclude` leaves out everything"


@pytest.mark.parametrize(
    ("match", "place", "at", "message", "cure"),
    [
        ("namespaces: {exclude: ['*']}", "8:11", "namespaces", SWALLOWED, NARROW),
        ("namespaces: {include: [a, prod-b], exclude: [a, 'prod-*']}", "8:11", "namespaces", SWALLOWED, NARROW),
        ("names: {include: ['web-a*'], exclude: ['web-*']}", "8:11", "names", SWALLOWED, NARROW),
        ("namespaces: {include: [Shop]}", "8:34", "Shop", "no namespace is called `Shop`", NAMES),
        ("namespaces: {include: ['prod-.*']}", "8:34", "'prod-.*'", "no namespace is called `prod-.*`", NAMES),
        ("namespaces: {exclude: ['prod-?']}", "8:34", "'prod-?'", "no namespace is called `prod-?`", NAMES),
        (
            "namespaceSelector: {matchLabels: {a: b}, matchExpressions: [{key: a, operator: NotIn, values: [b]}]}",
            *("8:11", "namespaceSelector", "this can never match: it says contradictory things of the label a"),
            "remove one of them",
        ),
        (
            "objectSelector: {matchExpressions: [{key: a, operator: Exists}, {key: a, operator: DoesNotExist}]}",
            *("8:11", "objectSelector", "this can never match: it says contradictory things of the label a"),
            "remove one of them",
        ),
        (
            "objectSelector: {matchLabels: {app: 'web-*'}}",
            *("8:11", "objectSelector", 'this can never match: "web-*" is no glob here'),
            "a selector names labels exactly",
        ),
        (
            "operations: [CONNECT]",
            *("8:23", "[CONNECT]", "CONNECT is only for subresources, so this can never match"),
            "name one under `kinds`, such as Pod/exec",
        ),
        (
            "users: {include: {serviceAccounts: ['system:serviceaccount:a:b']}}",
            *("8:47", "'system:serviceaccount:a:b'", "`system:serviceaccount:a:b` is no service account"),
            "write a/b",
        ),
    ],
)
def test_a_match_that_can_never_match_is_refused(match: str, place: str, at: str, message: str, cure: str) -> None:
    assert told(policy(RULE, match=f"{{{match}}}")) == [(place, at, message, cure)]


@pytest.mark.parametrize(
    "match",
    [
        "namespaces: {include: ['*'], exclude: [a]}",
        "namespaces: {include: [a, b], exclude: [a]}",
        "namespaces: {include: ['a*'], exclude: ['*b']}",
        "namespaceSelector: {matchExpressions: [{key: a, operator: NotIn, values: [b]}, {key: a, operator: Exists}]}",
        "objectSelector: {matchLabels: {a: c}, matchExpressions: [{key: a, operator: NotIn, values: [b]}]}",
        "operations: [CREATE, CONNECT]",
        "users: {include: {serviceAccounts: ['*', 'a/*']}}",
    ],
)
def test_a_match_that_may_match_is_not_refused(match: str) -> None:
    assert told(policy(RULE, match=f"{{{match}}}")) == []


@pytest.mark.parametrize(
    ("outer", "inner", "message"),
    [
        ("kinds: [Pod]", "kinds: [Deployment]", "the policy is about Pod only, so this can never match"),
        (
            "namespaces: {include: [a, b]}",
            "namespaces: {include: [c]}",
            "the policy is about a or b only, so this can never match",
        ),
        (
            "namespaces: {include: ['a-*'], exclude: [a-b]}",
            "namespaces: {include: [b]}",
            "the policy is about a-* only, so this can never match",
        ),
        (
            "objectSelector: {matchLabels: {tier: prod}}",
            "objectSelector: {matchLabels: {tier: dev}}",
            "the policy's objectSelector says something else of the label tier, so this can never match",
        ),
    ],
)
def test_a_rules_match_that_contradicts_its_policys_is_refused_at_the_rule(
    outer: str, inner: str, message: str
) -> None:
    [(place, _, said, cure)] = told(policy(f"{RULE}\n  match: {{{inner}}}", match=f"{{{outer}}}"))
    assert (place.partition(":")[0], said) == ("12", message)
    assert cure is not None


def test_what_is_wrong_with_a_policys_match_is_told_once_for_all_its_rules() -> None:
    many = "\n".join(RULE.replace("name: r", f"name: r{number}") for number in range(5))
    assert len(told(policy(many, match="{namespaces: {exclude: ['*']}}"))) == 1


@pytest.mark.parametrize(
    ("family", "message", "cure"),
    [
        ("ReplicaSet", "no pod's family is ReplicaSet: its pods count as Deployment", "write Deployment"),
        ("CronJob", "no pod's family is CronJob: its pods count as Job", "write Job"),
        ("Jobs", "no pod's family is Jobs", "did you mean Job?"),
    ],
)
def test_an_owner_that_no_pod_has_is_told(family: str, message: str, cure: str) -> None:
    assert told(policy(RULE, match=f"{{owners: {{exclude: [{family}]}}}}")) == [("8:30", family, message, cure)]


def test_owners_can_be_forged_and_that_is_said() -> None:
    assert warned(policy(RULE, match="{owners: {exclude: [Job, Rollout]}}")) == [
        (
            "8:11",
            "owners",
            "whoever writes a pod can lift this rule with an owner reference that is not true",
            "choose by namespace, or make an exception",
        )
    ]


@pytest.mark.parametrize(
    ("rule", "place", "message", "cure"),
    [
        (
            "containers: {of: [ephemeralContainers]}\n  resources: {memory: {limit: {required: true}}}",
            *("10:20", "this rule type never judges ephemeralContainers"),
            "it is about containers, initContainers and sidecars",
        ),
        (
            "containers: {names: {include: [a], exclude: ['*']}}\n  images: {digest: required}",
            *("10:16", "this chooses no container: `exclude` leaves out everything"),
            NARROW,
        ),
        (
            "match: {kinds: [Service]}\n  containers: {of: [containers]}\n  fields: {object: spec.type, in: [A]}",
            *("11:3", "there are no containers in Service"),
            "leave `containers` out",
        ),
        (
            "match: {kinds: [Service]}\n  when: {pod: spec.hostPID, in: [true]}\n  "
            "fields: {object: spec, required: true}",
            *("11:10", "`pod:` is about pods, and Service carries none"),
            "use `object:`",
        ),
        (
            "match: {kinds: [Service]}\n  images: {digest: required}",
            *("10:18", "this rule type is about pods, and Service carries none"),
            "name kinds that carry a pod",
        ),
        (
            'match: {kinds: ["*"]}\n  images: {digest: required}',
            *("10:18", "this rule type is about pods, and `*` means kinds without one too"),
            "leave `kinds` out to mean all that carry a pod",
        ),
        (
            "match: {kinds: [PersistentVolume], namespaces: {include: [a]}}\n  fields: {object: spec, required: true}",
            *("10:38", "PersistentVolume live in no namespace, so this can never match"),
            "leave `namespaces` out",
        ),
        (
            "match: {kinds: [Pod/exec]}\n  fields: {object: metadata.name, required: true}",
            *("10:19", "Pod/exec knows the operation CONNECT only, so this can never match"),
            "say operations: [CONNECT]",
        ),
        (
            "match: {kinds: [Pod/status]}\n  fields: {object: metadata.name, required: true}",
            *("10:19", "no webhook is ever asked about Pod/status: a cluster lives on it"),
            "name the kind itself, or another subresource",
        ),
    ],
)
def test_a_rule_that_has_nothing_to_judge_is_refused(rule: str, place: str, message: str, cure: str) -> None:
    found = [(at, said, help_text) for at, _, said, help_text in told(policy(f"- name: r\n  {rule}"))]
    line, column = place.split(":")
    assert found == [(f"{line}:{int(column) + 2}", message, cure)]


@pytest.mark.parametrize(
    "steps",
    [
        "[{mode: audit}, {mode: warn}]",
        "[{mode: enforce, from: 2027-02-01}, {mode: warn, from: 2027-01-01}]",
        "[{mode: enforce, percent: 20}, {mode: warn, percent: 100}]",
    ],
)
def test_a_rollout_step_that_can_never_act_is_refused(steps: str) -> None:
    [(place, _, message, cure)] = told(policy(RULE, rollout=steps))
    assert (place, message) == (
        "8:13",
        "this step can never act: step 2 holds everywhere, and the last one counts",
    )
    assert cure == "order the steps by the day on which they begin, the widest first"


def test_a_rollout_in_its_order_is_not_refused() -> None:
    steps = "[{mode: audit}, {mode: warn, from: 2027-01-01}, {mode: enforce, from: 2027-02-01, percent: 25}]"
    assert told(policy(RULE, rollout=steps)) == []
