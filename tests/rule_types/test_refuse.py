"""refuse: always one finding about the whole object, wherever the match holds, and never where it does not."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.objects import decided, pod, policy, problems, request, ruleset, workload
from tests.rule_types.one_rule import wrongs
from webhook.admission.decision import Decision, Verdict
from webhook.admission.facts import Facts, Namespace
from webhook.admission.finding import Action, Standing
from webhook.admission.request import GroupKind, Operation, Request, User
from webhook.engine.decide import Stage, decide
from webhook.engine.needs import needs
from webhook.policy.load import load

POD = GroupKind("", "Pod")
FRIDAY_EVENING = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
FRIDAY_MORNING = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)

NO_SHELL = policy(
    "- name: no-shell\n  refuse: no shell here\n",
    match="{kinds: [Pod/exec, Pod/attach], operations: [CONNECT], namespaces: {include: [shop]}}",
)
FREEZE = policy(
    "- name: freeze\n  refuse: change freeze until Monday\n",
    match='{kinds: [Deployment], during: {days: [fri], from: "16:00"}}',
)
KEPT = policy(
    "- name: kept\n  refuse: this is kept\n",
    match='{kinds: [Pod, Namespace, Deployment], operations: [DELETE], objectSelector: {matchLabels: {keep: "true"}}}',
)


def connect(subresource: str, namespace: str = "shop") -> Request:
    options = {"apiVersion": "v1", "kind": "PodExecOptions", "command": ["sh"], "stdin": True}
    return Request(POD, Operation.CONNECT, options, subresource=subresource, namespace=namespace, name="web")


def deletion(obj: dict[str, Any]) -> Request:
    asked = request(None, obj)
    return asked._replace(operation=Operation.DELETE)


def keep(obj: dict[str, Any]) -> dict[str, Any]:
    return {**obj, "metadata": {**obj["metadata"], "labels": {"keep": "true"}}}


@pytest.mark.parametrize("subresource", ["exec", "attach"])
def test_a_shell_is_refused_with_the_sentence_and_no_path(subresource: str) -> None:
    decision = decided(NO_SHELL, connect(subresource))
    assert decision.verdict is Verdict.DENIED
    [finding] = decision.findings
    assert (finding.rule.id, finding.path, finding.value) == ("p/no-shell", (), None)
    assert (finding.message, finding.fix) == ("no shell here", None)


def test_other_subresources_other_namespaces_and_the_pod_itself_do_not_concern_it() -> None:
    for asked in (connect("portforward"), connect("exec", "other"), request(pod())):
        decision = decided(NO_SHELL, asked._replace(namespace=asked.namespace))
        assert (decision.verdict, decision.findings, decision.matched) == (Verdict.ALLOWED, (), ())


def test_the_api_server_is_asked_about_the_subresources_that_are_named_and_about_nothing_else() -> None:
    found = needs(ruleset(NO_SHELL).rules, Stage.VALIDATE, {})
    assert {(need.target.resource, need.operation) for need in found} == {
        ("pods/exec", Operation.CONNECT),
        ("pods/attach", Operation.CONNECT),
    }
    assert needs(ruleset(NO_SHELL).rules, Stage.MUTATE, {}) == frozenset()


def test_a_window_refuses_while_it_is_open_and_not_before() -> None:
    deployment = workload("Deployment")
    closed = decided(FREEZE, deployment, now=FRIDAY_MORNING)
    assert (closed.verdict, closed.findings) == (Verdict.ALLOWED, ())
    opened = decided(FREEZE, deployment, now=FRIDAY_EVENING)
    assert opened.verdict is Verdict.DENIED
    assert [(finding.where, finding.message) for finding in opened.findings] == [("", "change freeze until Monday")]


def test_a_window_leaves_pods_and_other_kinds_alone() -> None:
    for obj in (pod(), workload("ReplicaSet"), workload("Job")):
        assert decided(FREEZE, obj, now=FRIDAY_EVENING).matched == ()


def test_an_update_is_refused_however_the_old_object_was() -> None:
    old = workload("Deployment")
    new = workload("Deployment", patch={"spec": {"replicas": 3}})
    decision = decided(FREEZE, request(new, old), now=FRIDAY_EVENING)
    assert decision.verdict is Verdict.DENIED
    assert [(finding.standing, finding.action) for finding in decision.findings] == [(Standing.NEW, Action.DENY)]


def test_an_update_of_finalizers_alone_only_warns() -> None:
    old = workload("Deployment", patch={"metadata": {"finalizers": ["a.example/b"]}})
    decision = decided(FREEZE, request(workload("Deployment"), old), now=FRIDAY_EVENING)
    assert decision.verdict is Verdict.ALLOWED
    assert [finding.action for finding in decision.findings] == [Action.WARN]


@pytest.mark.parametrize(
    "obj",
    [pod(), workload("Deployment"), {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}],
    ids=lambda obj: obj["kind"],
)
def test_on_delete_the_old_object_is_asked_for_its_labels(obj: dict[str, Any]) -> None:
    template = {"spec": {"template": {"metadata": {"labels": {"keep": "true"}}}}} if obj["kind"] == "Deployment" else {}
    kept = workload("Deployment", patch=template) if template else keep(obj)
    assert decided(KEPT, deletion(obj)).verdict is Verdict.ALLOWED
    decision = decided(KEPT, deletion(kept))
    assert decision.verdict is Verdict.DENIED
    assert [(finding.where, finding.message) for finding in decision.findings] == [("", "this is kept")]


def test_what_is_being_deleted_already_is_let_go() -> None:
    going = keep(pod({"metadata": {"deletionTimestamp": "2026-11-21T11:00:00Z"}}))
    decision = decided(KEPT, deletion(going))
    assert decision.verdict is Verdict.ALLOWED
    assert [finding.action for finding in decision.findings] == [Action.WARN]


def test_a_deletion_without_an_old_object_refuses_where_the_match_asks_for_nothing_of_it() -> None:
    rules = policy("- name: r\n  refuse: never\n", match="{kinds: [Namespace], operations: [DELETE]}")
    asked = Request(GroupKind("", "Namespace"), Operation.DELETE, None, namespace="shop", name="shop")
    assert decided(rules, asked).verdict is Verdict.DENIED


def test_any_kind_can_be_refused_and_a_condition_on_the_object_narrows_it() -> None:
    rules = policy(
        "- name: r\n  match: {kinds: [Service]}\n  when: {object: spec.type, in: [LoadBalancer]}\n"
        "  refuse: use the shared ingress\n"
    )
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "namespace": "shop"}, "spec": {}}
    assert decided(rules, service).verdict is Verdict.ALLOWED
    decision = decided(rules, {**service, "spec": {"type": "LoadBalancer"}})
    assert [finding.message for finding in decision.findings] == ["use the shared ingress"]


def test_who_asks_can_be_left_out() -> None:
    rules = policy(
        "- name: r\n  refuse: no shell\n",
        match="{kinds: [Pod/exec], operations: [CONNECT], users: {exclude: {groups: [on-call]}}}",
    )
    assert decided(rules, connect("exec")._replace(user=User("alice", ("devs",)))).verdict is Verdict.DENIED
    assert decided(rules, connect("exec")._replace(user=User("bob", ("on-call",)))).verdict is Verdict.ALLOWED
    assert decided(rules, connect("exec")).verdict is Verdict.UNDECIDED


@pytest.mark.parametrize(("mode", "action"), [("warn", Action.WARN), ("audit", Action.AUDIT)])
def test_in_another_mode_it_only_says_so(mode: str, action: Action) -> None:
    rules = policy("- name: r\n  refuse: no shell\n", match="{kinds: [Pod/exec], operations: [CONNECT]}", mode=mode)
    decision = decided(rules, connect("exec"))
    assert decision.verdict is Verdict.ALLOWED
    assert [finding.action for finding in decision.findings] == [action]


CURE = "give the rule a `match` (kinds, namespaces, during, ...) or a `when`"


@pytest.mark.parametrize(
    "match", ["", "{operations: [CREATE]}", '{kinds: ["*"]}', '{kinds: ["*"], operations: [DELETE]}']
)
def test_a_refuse_that_is_about_everything_is_an_error_at_its_key(match: str) -> None:
    text = policy("- name: r\n  refuse: not here\n", **({"match": match} if match else {}))
    [problem] = problems(text)
    assert (str(problem.level), problem.message, problem.help) == (
        "error",
        "without a match this refuses everything",
        CURE,
    )
    assert text.splitlines()[problem.place.line - 1][problem.place.column - 1 :].startswith("refuse")


@pytest.mark.parametrize(
    "narrowed", ["match: {namespaces: {include: [pci]}}", "when: {pod: spec.hostNetwork, equals: true}"]
)
def test_a_match_or_a_condition_of_the_rules_own_is_enough(narrowed: str) -> None:
    assert problems(policy(f"- name: r\n  {narrowed}\n  refuse: not here\n")) == ()


def test_a_match_that_cannot_be_read_is_told_alone() -> None:
    found = problems(policy("- name: r\n  match: {kind: [Pod]}\n  refuse: not here\n"))
    assert [problem.message for problem in found] == ["unknown key `kind`"]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ('""', ("error", "the sentence is empty", "say what is refused and what to do instead")),
        ('"  "', ("error", "the sentence is empty", "say what is refused and what to do instead")),
        ('"a\\nb"', ("error", "a sentence is one line", "leave out line breaks; in YAML write >- instead of |")),
        ("x" * 301, ("error", "the sentence is longer than 300 characters", "say more in the policy's `why`")),
        ("true", ("error", "expected a string, found the boolean true", "put it in quotes")),
        ("[a]", ("error", "expected a string, found a list", None)),
        ("", ("error", "nothing stands here", "leave the key out, or give it a value")),
    ],
)
def test_a_sentence_that_is_none_is_told(written: str, told: tuple[str, str, str | None]) -> None:
    assert wrongs("refuse", written, match="{namespaces: {include: [pci]}}") == [told]


SHIPPED = Path(__file__).parents[2] / "policies/operations"


def shipped(asked: Request, labels: dict[str, str], now: datetime) -> list[tuple[str, Action]]:
    known = Facts({"shop": Namespace("shop", {"kubernetes.io/metadata.name": "shop", **labels})})
    decision = decide(asked, load([str(SHIPPED)]), known, now)
    assert isinstance(decision, Decision)
    assert decision.verdict is Verdict.ALLOWED
    return [(finding.rule.id, finding.action) for finding in decision.findings]


def test_the_shipped_rule_on_shells_warns_in_restricted_namespaces_alone() -> None:
    restricted = {"pod-security.kubernetes.io/enforce": "restricted"}
    told = [("no-exec-in-restricted/no-shell", Action.WARN)]
    assert shipped(connect("exec"), restricted, FRIDAY_MORNING) == told
    assert shipped(connect("attach"), restricted, FRIDAY_MORNING) == told
    assert shipped(connect("exec"), {"pod-security.kubernetes.io/enforce": "baseline"}, FRIDAY_MORNING) == []
    assert shipped(connect("exec"), {}, FRIDAY_MORNING) == []


def test_the_shipped_freeze_records_changes_of_workloads_and_never_concerns_pods() -> None:
    deployment = request(workload("Deployment"))
    assert shipped(deployment, {}, FRIDAY_EVENING) == [("change-freeze/no-change", Action.AUDIT)]
    assert shipped(deployment, {}, FRIDAY_MORNING) == []
    assert shipped(request(pod()), {}, FRIDAY_EVENING) == []
    assert shipped(request(workload("ReplicaSet")), {}, FRIDAY_EVENING) == []
    assert shipped(request(workload("Job")), {}, FRIDAY_EVENING) == []
