"""What a rule says that does nothing, or less than it seems: warnings at the key."""

import pytest

from tests.objects import policy
from tests.policy.telling import warned

CONTAINERS = "leave `containers` out, or write the rule about containers"


@pytest.mark.parametrize(
    "rule",
    [
        "fields: {pod: spec.hostNetwork, forbidden: true}",
        "metadata: {labels: {team: {required: true}}}",
        "volumes: {types: [configMap, secret, emptyDir, projected]}",
        "volumes: {emptyDir: {sizeLimit: {required: true}}}",
        "podSecurity: {level: baseline, only: [hostNamespaces]}",
        "resources: {pod: {cpu: {request: {max: 4}}}}",
        "defaults: {default: {pod: {hostUsers: false}}}",
        "defaults: {remove: [serviceAccountToken]}",
        "sidecar: {named: mesh-proxy}",
        "nodeGroup: {forbid: {nodeName: true}}",
    ],
)
def test_a_choice_of_containers_in_a_rule_about_pods_is_warned_of(rule: str) -> None:
    [warning] = warned(policy(f"- name: r\n  containers: {{names: {{exclude: [a]}}}}\n  {rule}"))
    assert warning == ("10:5", "containers", "this does nothing: the rule looks at no container", CONTAINERS)


@pytest.mark.parametrize(
    "rule",
    [
        "fields: [{pod: spec.hostNetwork, forbidden: true}, {container: image, required: true}]",
        "when: {container: image, like: 'a.example/**'}\n  fields: {pod: spec.hostNetwork, forbidden: true}",
        "images: {digest: required}",
        "volumes: {hostPath: {allowed: [{path: /data}]}}",
        "podSecurity: {level: baseline}",
        "resources: {cpu: {request: {required: true}}}",
        "defaults: {default: {containers: {securityContext: {runAsGroup: 7}}}}",
        "sidecar: {forbid: [istio-proxy]}",
    ],
)
def test_a_choice_of_containers_in_a_rule_about_containers_is_not_warned_of(rule: str) -> None:
    assert warned(policy(f"- name: r\n  containers: {{names: {{exclude: [a]}}}}\n  {rule}")) == []


WINDOW = (
    "a Pod that a node loses within this window is not started again until it is over",
    "name the kinds that people change, without Pod",
)
DURING = "during: {days: [fri]}"
TAG = "- name: r\n  images: {tag: {forbid: [latest]}}"


@pytest.mark.parametrize("match", [DURING, f"kinds: [Deployment, Pod], {DURING}", f'kinds: ["*"], {DURING}'])
def test_a_window_in_which_pods_are_refused_is_warned_of(match: str) -> None:
    rule = "- name: r\n  fields: {object: metadata.name, required: true}" if "*" in match else TAG
    [(place, under, told, cure)] = warned(policy(rule, match=f"{{{match}}}"))
    assert (place.partition(":")[0], under, told, cure) == ("8", "during", *WINDOW)


@pytest.mark.parametrize(
    ("match", "spec"),
    [
        (f"{{kinds: [Deployment, CronJob], {DURING}}}", {}),
        (f"{{operations: [UPDATE], {DURING}}}", {}),
        (f"{{{DURING}}}", {"mode": "warn"}),
    ],
)
def test_a_window_that_keeps_no_pod_away_is_not_warned_of(match: str, spec: dict[str, str]) -> None:
    assert warned(policy(TAG, match=match, **spec)) == []


VOLUMES = "{kinds: [PersistentVolume]}"
STORAGE = "- name: r\n  metadata: {of: object, labels: {team: {required: true}}}"


@pytest.mark.parametrize(
    ("step", "column", "key"),
    [
        ("{mode: warn, percent: 20}", 26, "percent"),
        ("{mode: warn, namespaces: {include: [a]}}", 26, "namespaces"),
        ("{mode: warn, namespaceSelector: {matchLabels: {a: b}}}", 26, "namespaceSelector"),
    ],
)
def test_a_step_for_some_namespaces_of_a_rule_about_none_is_warned_of(step: str, column: int, key: str) -> None:
    assert warned(policy(STORAGE, match=VOLUMES, rollout=f"[{step}]")) == [
        (
            f"9:{column}",
            key,
            "PersistentVolume live in no namespace, so this says nothing of who is in",
            "give the rule a mode of its own, or a rollout by date alone",
        )
    ]


@pytest.mark.parametrize("kinds", ["[Namespace]", "[PersistentVolume, ConfigMap]"])
def test_a_step_for_some_namespaces_of_a_rule_about_some_is_not_warned_of(kinds: str) -> None:
    rule = "- name: r\n  metadata: {of: object, labels: {team: {required: true}}}"
    assert warned(policy(rule, match=f"{{kinds: {kinds}}}", rollout="[{mode: warn, percent: 20}]")) == []


def test_a_rule_with_its_own_mode_does_not_mind_the_policys_rollout() -> None:
    assert warned(policy(f"{STORAGE}\n  mode: warn", match=VOLUMES, rollout="[{mode: warn, percent: 20}]")) == []


def test_a_namespace_selector_that_leaves_nothing_out_is_warned_of() -> None:
    match = "{kinds: [PersistentVolume], namespaceSelector: {matchLabels: {a: b}}}"
    assert warned(policy(STORAGE, match=match)) == [
        (
            "8:38",
            "namespaceSelector",
            "this leaves nothing out: PersistentVolume live in no namespace",
            "leave it out",
        )
    ]


SCALE = "`kubectl scale` goes past this rule: only replicas, name and namespace can be read then"


@pytest.mark.parametrize(
    ("said", "place", "under"),
    [
        ("match: {kinds: [Deployment], objectSelector: {matchLabels: {a: b}}}", "10:34", "objectSelector"),
        ("match: {kinds: [Deployment]}\n  when: {object: spec.paused, notIn: [true]}", "11:5", "when"),
        (
            "match: {kinds: [Deployment]}\n"
            "  when: [{object: spec.paused, notIn: [true]}, {object: spec.replicas, min: 1}]",
            *("11:12", "{object: spec.paused, notIn: [true]}"),
        ),
    ],
)
def test_a_rule_about_replicas_that_a_scale_leaves_open_is_warned_of(said: str, place: str, under: str) -> None:
    found = warned(policy(f"- name: r\n  {said}\n  fields: {{object: spec.replicas, min: 2}}"))
    assert found == [(place, under, SCALE, "choose by namespace or name")]


def test_a_statement_about_replicas_that_a_scale_leaves_open_is_warned_of() -> None:
    statement = "{object: spec.replicas, min: 2, unless: {object: spec.paused, equals: true}}"
    rule = f"match: {{kinds: [Deployment]}}\n  fields: {statement}"
    [(place, _, told, cure)] = warned(policy(f"- name: r\n  {rule}"))
    assert (place, told) == (
        "11:13",
        "`kubectl scale` goes past this: only replicas, name and namespace can be read then",
    )
    assert cure == "make the condition one on the namespace, or leave it out"


def test_who_can_be_forged_is_said_where_a_sidecar_is_left_out() -> None:
    container = "{name: m, image: r.example/m:1, startupProbe: {tcpSocket: {port: 1}}}"
    assert warned(policy(f"- name: r\n  sidecar: {{container: {container}, skip: {{ownerKinds: [DaemonSet]}}}}")) == [
        (
            "10:104",
            "ownerKinds",
            "whoever writes a pod can go without by an owner reference that is not true",
            "choose by namespace, or make an exception",
        )
    ]
