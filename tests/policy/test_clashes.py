"""Two rules that provably want different values of one field: an error at both places when the rules load."""

from datetime import datetime, timedelta
from unittest.mock import patch

import pytest

from tests.objects import facts, policy, ruleset
from tests.policy.telling import exception, profile, told
from webhook.admission.decision import Decision, Verdict
from webhook.admission.facts import Namespace
from webhook.admission.finding import Cause
from webhook.admission.request import Request, User
from webhook.admission.selector import NAME_LABEL
from webhook.engine.decide import decide
from webhook.policy.compile import Policies
from webhook.policy.ruleset import Ruleset
from webhook.policy.witness import Held, witness

SMALL = "resources: {memory: {request: {default: 128Mi}}}"
LARGE = "resources: {memory: {request: {default: 256Mi}}}"
CURE = "let them want the same, or narrow the `match` of one"
BOTH = f"both are about the creation of a Pod in the namespace somewhere: {CURE}"


def pair(first: str, second: str, one: str = "", other: str = "", **spec: str) -> str:
    """A policy with the rules a and b; `one` and `other` are what they say beside their rule type."""
    rules = [(name, said, body) for name, said, body in (("a", one, first), ("b", other, second))]
    return policy("\n".join(f"- name: {n}\n" + (f"  {s}\n" if s else "") + f"  {b}" for n, s, b in rules), **spec)


def clash(text: str) -> list[str]:
    """What clashes are told: the field, as each of the two rules is told of it."""
    return [message.partition(" of ")[2].partition(" than ")[0] for _, _, message, _ in told(text)]


def test_a_clash_is_told_at_both_places_with_both_values_and_the_cure() -> None:
    [one, other] = told(pair(SMALL, LARGE))
    wants = "wants another value of spec.containers[0].resources.requests.memory than this rule"
    assert one[:2] == ("10:26", "request")
    assert other[:2] == ("12:26", "request")
    assert one[2].startswith("`p/b` (/")
    assert other[2].startswith("`p/a` (/")
    assert one[2].endswith(f'rules.yaml:12:26) {wants}: "128Mi" here, "256Mi" there')
    assert other[2].endswith(f'rules.yaml:10:26) {wants}: "256Mi" here, "128Mi" there')
    assert one[3] == other[3] == BOTH


CONTAINER = "spec.containers[0]."


@pytest.mark.parametrize(
    ("first", "second", "field"),
    [
        (
            "metadata: {labels: {team: {default: a}}}",
            "metadata: {labels: {team: {from: namespace}}}",
            "metadata.labels.team",
        ),
        (
            "metadata: {annotations: {acme.example/a: {default: a}}}",
            "metadata: {annotations: {acme.example/a: {default: b}}}",
            'metadata.annotations["acme.example/a"]',
        ),
        (
            "defaults: {default: {pod: {hostUsers: true}}}",
            "defaults: {enforce: {pod: {hostUsers: false}}}",
            "spec.hostUsers",
        ),
        (
            "defaults: {append: {containers: {env: [{name: TZ, value: a}]}}}",
            "defaults: {append: {containers: {env: [{name: TZ, value: b}]}}}",
            f"{CONTAINER}env",
        ),
        (
            "defaults: {default: {pod: {imagePullSecrets: [{name: a}]}}}",
            "defaults: {append: {pod: {imagePullSecrets: [{name: b}]}}}",
            "spec.imagePullSecrets",
        ),
        (
            "defaults: {default: {containers: {livenessProbe: {httpGet: {port: 80}}}}}",
            "defaults: {default: {containers: {livenessProbe: {tcpSocket: {port: 80}}}}}",
            f"{CONTAINER}livenessProbe.httpGet",
        ),
        (
            "defaults: {default: {pod: {securityContext: {runAsNonRoot: false}}}}",
            "defaults: {default: {containers: {securityContext: {runAsNonRoot: true}}}}",
            "spec.securityContext.runAsNonRoot",
        ),
        (
            "resources: {cpu: {request: {default: 200m}}}",
            "resources: {cpu: {limit: {default: 100m}}}",
            f"{CONTAINER}resources.requests.cpu",
        ),
        (
            "volumes: {emptyDir: {sizeLimit: {default: 1Gi}}}",
            "defaults: {default: {volumes: {emptyDir: {sizeLimit: 2Gi}}}}",
            "spec.volumes[0].emptyDir.sizeLimit",
        ),
        (
            "podSecurity: {level: restricted, only: [allowPrivilegeEscalation], fill: true}",
            "defaults: {default: {containers: {securityContext: {allowPrivilegeEscalation: true}}}}",
            f"{CONTAINER}securityContext.allowPrivilegeEscalation",
        ),
        (
            "images: {rewrite: [{from: docker.io, to: r.example/hub}]}",
            'images: {rewrite: [{from: "*", to: "r.example/proxy/{host}"}]}',
            f"{CONTAINER}image",
        ),
        (
            "sidecar: {container: {name: x, image: 'r.example/x:1', startupProbe: {tcpSocket: {port: 1}}}}",
            "sidecar: {container: {name: x, image: 'r.example/x:2', startupProbe: {tcpSocket: {port: 1}}}}",
            "spec.initContainers",
        ),
        (
            "match: {kinds: [Service]}\n  metadata: {of: object, labels: {team: {default: a}}}",
            "match: {kinds: [Service, ConfigMap]}\n  metadata: {of: object, labels: {team: {default: b}}}",
            "metadata.labels.team",
        ),
    ],
)
def test_every_rule_type_that_fills_in_may_clash(first: str, second: str, field: str) -> None:
    assert clash(pair(first, second)) == [field, field]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (SMALL, SMALL),
        (SMALL, "defaults: {default: {containers: {resources: {requests: {memory: '134217728'}}}}}"),
        ("metadata: {labels: {a: {default: x}}}", "metadata: {labels: {b: {default: z}}}"),
        ("metadata: {labels: {a: {from: namespace}}}", "metadata: {labels: {a: {from: namespace, default: z}}}"),
        ("resources: {cpu: {request: {default: 100m}}}", "resources: {cpu: {limit: {default: 200m}}}"),
        (
            "defaults: {append: {containers: {env: [{name: A, value: a}]}}}",
            "defaults: {append: {containers: {env: [{name: B, value: b}]}}}",
        ),
        (
            "defaults: {default: {pod: {securityContext: {runAsUser: 7}}}}",
            "defaults: {default: {pod: {securityContext: {runAsGroup: 8}}}}",
        ),
        ("volumes: {emptyDir: {sizeLimit: {default: 1Gi}}}", "volumes: {emptyDir: {sizeLimit: {max: 2Gi}}}"),
    ],
)
def test_rules_that_go_together_are_no_clash(first: str, second: str) -> None:
    assert told(pair(first, second)) == []


APART = [
    ("match: {namespaces: {include: [a]}}", "match: {namespaces: {include: [b]}}"),
    ("match: {namespaces: {include: [a, b]}}", "match: {namespaces: {exclude: [a, b]}}"),
    ("match: {namespaces: {include: ['a-*']}}", "match: {namespaces: {exclude: ['a-*']}}"),
    ("match: {kinds: [Pod]}", "match: {kinds: [Deployment]}"),
    ("match: {operations: [CREATE]}", "match: {operations: [UPDATE]}"),
    ("match: {names: {include: [a]}}", "match: {names: {exclude: [a]}}"),
    ("match: {objectSelector: {matchLabels: {size: s}}}", "match: {objectSelector: {matchLabels: {size: l}}}"),
    ("match: {objectSelector: {matchLabels: {size: s}}}", "match: {objectSelector: {matchLabels: {tier: web}}}"),
    (
        "match: {objectSelector: {matchLabels: {a: b}}}",
        "match: {objectSelector: {matchExpressions: [{key: a, operator: DoesNotExist}]}}",
    ),
    (
        "match: {namespaceSelector: {matchLabels: {stage: test}}}",
        "match: {namespaceSelector: {matchExpressions: [{key: stage, operator: NotIn, values: [test]}]}}",
    ),
    (
        "match: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: a}}}",
        "match: {namespaces: {exclude: [a]}}",
    ),
    ("match: {users: {include: {names: [a]}}}", "match: {users: {exclude: {names: [a]}}}"),
    ("match: {owners: {include: [Job]}}", "match: {owners: {exclude: [Job]}}"),
    ("match: {during: {days: [mon]}}", "match: {during: {days: [tue]}}"),
    ("when: {pod: spec.nodeName, equals: a}", "when: {pod: spec.nodeName, notIn: [a]}"),
    ("when: {pod: spec.hostNetwork, equals: true}", "when: {pod: spec.hostPID, equals: true}"),
    ("containers: {names: {include: [a]}}", "containers: {names: {exclude: [a]}}"),
    ("containers: {of: [containers]}", "containers: {of: [initContainers]}"),
    ("containers: {images: {include: [a.example]}}", "containers: {images: {exclude: [a.example]}}"),
    ("mode: enforce", "mode: warn"),
]


@pytest.mark.parametrize(("one", "other"), APART)
def test_rules_of_which_nobody_knows_that_they_meet_are_not_told(one: str, other: str) -> None:
    assert told(pair(SMALL, LARGE, one, other)) == []


@pytest.mark.parametrize(
    "said", [one for pair in APART for one in pair if "warn" not in one and "Deployment" not in one]
)
def test_a_rule_about_less_clashes_with_one_about_everything(said: str) -> None:
    found = clash(pair(SMALL, LARGE, said))
    if "UPDATE" in said:  # nothing is filled in then
        assert found == []
    else:
        assert len(found) == 2
        assert found[0] == found[1]
        assert found[0].endswith(".resources.requests.memory")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("match: {namespaces: {include: [a, b]}}", "match: {namespaces: {include: [b, c]}}"),
        ("match: {namespaces: {include: ['a-*']}}", "match: {namespaces: {include: ['*-b'], exclude: [a-x]}}"),
        (
            "match: {objectSelector: {matchLabels: {a: b}}}",
            "match: {objectSelector: {matchLabels: {a: b}, matchExpressions: [{key: c, operator: In, values: [d]}]}}",
        ),
        (
            "match: {objectSelector: {matchExpressions: [{key: a, operator: DoesNotExist}]}}",
            "match: {objectSelector: {matchLabels: {b: c}}}",
        ),
        ("match: {namespaceSelector: {matchLabels: {a: b}}}", "match: {objectSelector: {matchLabels: {a: b}}}"),
        ("match: {owners: {include: [Job]}}", "match: {owners: {include: [Job]}}"),
        ("when: {pod: spec.nodeName, equals: a}", "when: {pod: spec.nodeName, equals: a}"),
        ("containers: {names: {include: ['a*']}}", "containers: {names: {include: [ab, b]}}"),
    ],
)
def test_rules_that_share_a_request_clash(one: str, other: str) -> None:
    assert len(clash(pair(SMALL, LARGE, one, other))) == (0 if "'*-b'" in other else 2)


def test_two_rollouts_clash_where_both_enforce_at_one_time() -> None:
    until = "[{mode: enforce}, {mode: warn, from: 2027-01-01}]"
    second = policy(f"- name: b\n  {LARGE}", rollout="[{mode: audit}, {mode: enforce, from: DAY}]")
    first = policy(f"- name: a\n  {SMALL}", rollout=until).replace("{name: p}", "{name: q}")
    assert told(f"{first}---\n{second}".replace("DAY", "2027-01-01")) == []
    assert len(told(f"{first}---\n{second}".replace("DAY", "2026-12-31"))) == 2


def test_policies_that_are_not_in_force_do_not_clash() -> None:
    second = policy(f"- name: b\n  {LARGE}").replace("{name: p}", "{name: q}")
    text = policy(f"- name: a\n  {SMALL}") + f"---\n{second}"
    assert len(told(text)) == 2
    assert told(text + profile("{include: [p]}")) == []
    assert told(text + profile("{modes: {p: audit}}")) == []


def test_where_an_exception_excuses_from_one_of_them_they_do_not_meet() -> None:
    text = pair(SMALL, LARGE, match="{namespaces: {include: [shop]}}")
    assert told(text + exception(rules="[p/a]")) == []
    assert len(told(text + exception(rules="[p/a]", match="{namespaces: {include: [shop-2]}}"))) == 2


def test_namespaces_that_the_profile_leaves_alone_are_no_place_to_clash() -> None:
    text = pair(SMALL, LARGE, match="{namespaces: {include: [shop]}}")
    assert told(text + profile("{excludeNamespaces: [shop]}")) == []


def test_of_many_rules_each_that_clashes_is_told_once() -> None:
    rules = "\n".join(f"- name: r{n}\n  resources: {{memory: {{request: {{default: {n + 1}Gi}}}}}}" for n in range(12))
    assert [place for place, _, _, _ in told(policy(rules))] == [f"{line}:26" for line in range(10, 34, 2)]


WORDS = ("", *(one for pair in APART for one in pair))


def shared_request(text: str) -> tuple[Request, Ruleset, datetime]:
    """The request that loading tries both rules on, and the rules without that trial."""
    loaded: list[Policies] = []
    with patch("webhook.policy.crosscheck.cross_check", loaded.append):
        rules = ruleset(text)
    [policies] = loaded
    found = witness([Held(rule, policies.written[rule.info.id]) for rule in rules.rules], ())
    assert found is not None
    days = {day: found.now + timedelta(days=later) for day, later in (("mon", 2), ("tue", 3))}
    user = User("a") if "include: {names: [a]}}" in text else found.request.user
    return found.request._replace(user=user), rules, next((at for day, at in days.items() if day in text), found.now)


@pytest.mark.parametrize(("one", "other"), [(one, other) for one in WORDS for other in WORDS if one <= other])
def test_what_loading_calls_a_clash_is_one_in_the_engine(one: str, other: str) -> None:
    text = pair(SMALL, LARGE, one, other)
    if not clash(text):
        return
    asked, rules, now = shared_request(text)
    stage = {"stage": "test"} if "{stage: test}" in text else {}
    known = facts(Namespace(asked.namespace, {NAME_LABEL: asked.namespace, **stage}))
    decision = decide(asked, rules, known, now)
    assert isinstance(decision, Decision)
    assert decision.verdict is Verdict.UNDECIDED
    assert {(found.rule.name, found.cause) for found in decision.findings} == {("a", Cause.FAILED), ("b", Cause.FAILED)}
