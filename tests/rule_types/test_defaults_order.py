"""defaults: two rules give the same answer in either order, and clash where they want different values."""

from itertools import combinations
from typing import Any

import pytest

from tests.objects import clashing, decided, pod, policy
from webhook.admission.decision import Decision, Verdict
from webhook.admission.finding import Cause
from webhook.source.path import Path as At
from webhook.source.path import look_up, parse

Json = dict[str, Any]


def at(decision: Decision, path: str) -> Any:
    steps: At = tuple(step for step in parse(path) if isinstance(step, str | int))
    return look_up(decision.object, steps)


def both(first: str, second: str, obj: Json | None = None) -> Decision:
    """The decision under two rules; it is the same whichever comes first."""
    answers = [
        decided(clashing(policy(f"- {{name: a, defaults: {one}}}\n- {{name: b, defaults: {two}}}")), obj or pod())
        for one, two in ((first, second), (second, first))
    ]
    assert answers[0].verdict is answers[1].verdict
    assert [finding.cause for finding in answers[0].findings] == [finding.cause for finding in answers[1].findings]
    return answers[0]


def test_two_rules_fill_two_leaves_of_one_absent_parent() -> None:
    decision = both(
        "{default: {pod: {securityContext: {runAsUser: 7}}}}", "{default: {pod: {securityContext: {runAsGroup: 7}}}}"
    )
    assert (decision.verdict, at(decision, "spec.securityContext")) == (
        Verdict.ALLOWED,
        {"runAsUser": 7, "runAsGroup": 7},
    )


CAPABILITIES = "{default: {containers: {securityContext: {capabilities: {drop: [%s]}}}}}"
CLASHES = [
    ("{default: {pod: {hostUsers: true}}}", "{default: {pod: {hostUsers: false}}}"),
    ("{default: {pod: {hostUsers: true}}}", "{enforce: {pod: {hostUsers: false}}}"),
    (CAPABILITIES % "ALL", CAPABILITIES % "NET_RAW"),
    (CAPABILITIES % "ALL", CAPABILITIES % "ALL, NET_RAW"),
    (
        "{default: {containers: {livenessProbe: {httpGet: {port: 80}}}}}",
        "{default: {containers: {livenessProbe: {tcpSocket: {port: 80}}}}}",
    ),
    (
        "{default: {pod: {securityContext: {runAsNonRoot: false}}}}",
        "{default: {containers: {securityContext: {runAsNonRoot: true}}}}",
    ),
    (
        "{default: {containers: {resources: {limits: {memory: 1Gi}}}}}",
        "{default: {containers: {resources: {requests: {memory: 2Gi}}}}}",
    ),
    ("{append: {containers: {env: [{name: TZ, value: A}]}}}", "{append: {containers: {env: [{name: TZ, value: B}]}}}"),
    ("{default: {pod: {imagePullSecrets: [{name: a}]}}}", "{append: {pod: {imagePullSecrets: [{name: b}]}}}"),
]


@pytest.mark.parametrize(("first", "second"), CLASHES)
def test_two_rules_that_want_different_values_are_both_failed_whatever_their_order(first: str, second: str) -> None:
    decision = both(first, second)
    assert (decision.verdict, decision.patch) == (Verdict.UNDECIDED, ())
    assert [(f.rule.name, f.cause) for f in decision.findings] == [("a", Cause.FAILED), ("b", Cause.FAILED)]
    assert "is set by p/" in decision.findings[0].message


def test_an_enforced_value_over_the_authors_is_no_clash_with_a_default() -> None:
    decision = both(
        "{default: {pod: {hostUsers: true}}}",
        "{enforce: {pod: {hostUsers: false}}}",
        pod({"spec": {"hostUsers": True, "hostNetwork": False}}),
    )
    assert (decision.verdict, at(decision, "spec.hostUsers")) == (Verdict.ALLOWED, False)


def test_two_rules_that_enforce_different_values_clash_though_the_author_wrote_one_of_them() -> None:
    values = [f"{{enforce: {{pod: {{securityContext: {{runAsUser: {user}}}}}}}}}" for user in (1, 2)]
    decision = both(values[0], values[1], pod({"spec": {"securityContext": {"runAsUser": 1}}}))
    assert decision.verdict is Verdict.UNDECIDED


def test_a_volume_that_one_rule_appends_is_filled_by_another() -> None:
    decision = both(
        "{default: {volumes: {emptyDir: {sizeLimit: 1Gi}}}}", "{append: {pod: {volumes: [{name: a, emptyDir: {}}]}}}"
    )
    assert at(decision, "spec.volumes[0].emptyDir") == {"sizeLimit": "1Gi"}


POOL = (
    "{default: {pod: {securityContext: {runAsNonRoot: true, runAsUser: 7}}}}",
    "{default: {pod: {securityContext: {runAsNonRoot: false}}}}",
    "{default: {containers: {securityContext: {runAsNonRoot: true, allowPrivilegeEscalation: false}}}}",
    "{enforce: {containers: {securityContext: {runAsUser: 8}}}}",
    "{enforce: {containers: {securityContext: {runAsUser: 9}}}}",
    "{default: {containers: {securityContext: {capabilities: {drop: [ALL]}}}}}",
    "{append: {containers: {securityContext: {capabilities: {drop: [NET_RAW]}}}}}",
    "{enforce: {containers: {env: [{name: TZ, value: A}]}}}",
    "{append: {containers: {env: [{name: TZ, value: B}]}}}",
    "{default: {containers: {resources: {limits: {memory: 1Gi}}}}}",
    "{default: {containers: {resources: {requests: {memory: 2Gi}}}}}",
    "{enforce: {pod: {terminationGracePeriodSeconds: 900}}}",
    "{clamp: {pod: {terminationGracePeriodSeconds: {max: 300}}}}",
    "{append: {pod: {volumes: [{name: a, emptyDir: {}}]}}}",
    "{default: {volumes: {emptyDir: {sizeLimit: 1Gi}}}}",
    "{remove: [serviceAccountToken]}",
)
OBJECTS = (
    pod(),
    pod(securityContext={"runAsUser": 8, "runAsNonRoot": False}, env=[{"name": "TZ", "value": "C"}]),
    pod({"spec": {"securityContext": {"runAsUser": 0}, "terminationGracePeriodSeconds": 30}}),
    pod(resources={"requests": {"memory": "3Gi"}}, securityContext={"privileged": True, "capabilities": {"drop": []}}),
)


@pytest.mark.parametrize("obj", OBJECTS)
@pytest.mark.parametrize(("first", "second"), list(combinations(POOL, 2)))
def test_the_order_of_two_rules_never_decides(first: str, second: str, obj: Json) -> None:
    answers = []
    for one, two in ((first, second), (second, first)):
        decision = decided(clashing(policy(f"- {{name: a, defaults: {one}}}\n- {{name: b, defaults: {two}}}")), obj)
        answers.append((decision.verdict, decision.object, decision.faults))
    assert answers[0] == answers[1]
