"""A choice by what another rule writes: /mutate and `check` see it before, /validate after; loading says so."""

import pytest

from tests.objects import decided, pod, policy, request
from tests.policy.telling import warned
from webhook.admission.decision import Verdict
from webhook.engine.decide import Stage

LABELS = "metadata: {labels: {tier: {default: web}, mesh: {from: namespace}}, annotations: {size: {default: small}}}"
HUB = "images: {rewrite: [{from: docker.io, to: registry.corp.example/hub}]}"
PROXY = "container: {name: m, image: r.example/m:1, startupProbe: {tcpSocket: {port: 1}}}"
PINNED = "images: {digest: required}"
CURE = "choose by what the author writes, or by the namespace"
EARLY = "writes this, which /mutate and `doorward check` do not see when they ask, and /validate does"
LATE = "writes this, and what this rule fills in before it does is chosen without"


def choices(*rules: str) -> list[tuple[str, str, str, str | None]]:
    """Line and column, what the caret is under, the words after the other rule's place, and the cure."""
    text = policy("\n".join(f"- name: r{number}\n  {rule}" for number, rule in enumerate(rules)))
    found = [(at, under, said, cure) for at, under, said, cure in warned(text) if said.startswith("`p/")]
    return [(at, under, said.partition(") ")[2], cure) for at, under, said, cure in found]


@pytest.mark.parametrize(
    ("writer", "reader", "at", "under", "says"),
    [
        (
            LABELS,
            f"match: {{objectSelector: {{matchLabels: {{tier: web}}}}}}\n  {PINNED}",
            *("12:13", "objectSelector", EARLY),
        ),
        (
            LABELS,
            "match: {objectSelector: {matchExpressions: [{key: tier, operator: DoesNotExist}]}}\n  " + PINNED,
            *("12:13", "objectSelector", EARLY),
        ),
        (
            LABELS,
            f"match: {{objectSelector: {{matchLabels: {{mesh: 'on'}}}}}}\n  {PINNED}",
            *("12:13", "objectSelector", EARLY),
        ),
        (
            "defaults: {default: {pod: {hostUsers: false}}}",
            f"when: {{pod: spec.hostUsers, equals: false}}\n  {PINNED}",
            *("12:5", "when", EARLY),
        ),
        (
            HUB,
            f"when: [{{pod: spec.hostPID, notIn: [true]}}, {{container: image, like: 'docker.io/**'}}]\n  {PINNED}",
            *("12:48", "{container: image, like: 'docker.io/**'}", EARLY),
        ),
        (
            f"sidecar: {{{PROXY}}}",
            "when: {container: name, equals: m}\n  resources: {cpu: {request: {required: true}}}",
            *("12:5", "when", EARLY),
        ),
        (LABELS, f"sidecar: {{{PROXY}, optIn: {{label: mesh, value: 'on'}}}}", "12:97", "optIn", EARLY),
        (LABELS, f"sidecar: {{{PROXY}, optOut: {{label: tier, value: web, allowed: true}}}}", "12:97", "optOut", EARLY),
        (
            LABELS,
            "resources: {cpu: {limit: {default: 1}}, classes: {by: {annotation: size}, s: {cpu: {limit: {max: 2}}}}}",
            *("12:55", "by", LATE),
        ),
    ],
)
def test_a_choice_that_another_rule_turns_round_is_warned_of(
    writer: str, reader: str, at: str, under: str, says: str
) -> None:
    assert choices(writer, reader) == [(at, under, says, CURE)]


def test_the_rule_that_writes_it_is_named_with_its_place() -> None:
    text = policy(
        f"- name: a\n  {LABELS}\n- name: b\n  match: {{objectSelector: {{matchLabels: {{tier: web}}}}}}\n  {PINNED}"
    )
    [(_, _, said, _)] = warned(text)
    assert said.startswith("`p/a` (/")
    assert said.endswith(f"rules.yaml:10:25) {EARLY}")


@pytest.mark.parametrize(
    ("writer", "reader"),
    [
        (LABELS, f"match: {{objectSelector: {{matchLabels: {{tier: db}}}}}}\n  {PINNED}"),
        (LABELS, f"match: {{objectSelector: {{matchLabels: {{app: web}}}}}}\n  {PINNED}"),
        (LABELS, f"match: {{kinds: [Deployment], objectSelector: {{matchLabels: {{tier: web}}}}}}\n  {PINNED}"),
        (f"mode: warn\n  {LABELS}", f"match: {{objectSelector: {{matchLabels: {{tier: web}}}}}}\n  {PINNED}"),
        (LABELS, f'match: {{objectSelector: {{matchLabels: {{tier: web}}}}}}\n  mode: "off"\n  {PINNED}'),
        (
            f"match: {{namespaces: {{include: [a]}}}}\n  {LABELS}",
            f"match: {{namespaces: {{include: [b]}}, objectSelector: {{matchLabels: {{tier: web}}}}}}\n  {PINNED}",
        ),
        ("defaults: {default: {pod: {hostUsers: false}}}", f"when: {{pod: spec.hostPID, equals: true}}\n  {PINNED}"),
        (HUB, f"when: {{container: image, like: 'quay.io/**'}}\n  {PINNED}"),
        (
            LABELS,
            f"sidecar: {{{PROXY}, tune: {{cpu.request: {{default: 1, annotation: size}}}}}}",
        ),
    ],
)
def test_a_choice_that_stays_as_it_is_is_not_warned_of(writer: str, reader: str) -> None:
    assert choices(writer, reader) == []


def test_a_rule_that_fills_in_what_it_asks_for_itself_is_not_warned_of() -> None:
    rule = "match: {objectSelector: {matchExpressions: [{key: tier, operator: DoesNotExist}]}}\n  " + LABELS
    assert choices(rule) == []


@pytest.mark.parametrize("key", ["include", "exclude"])
def test_containers_chosen_by_images_that_are_rewritten_are_told(key: str) -> None:
    rule = f"containers: {{images: {{{key}: [quay.io, docker.io/acme]}}}}\n  {PINNED}"
    [(at, under, says, cure)] = choices(HUB, rule)
    assert (at, under) == ("12:46", "docker.io/acme")
    assert (says, cure) == ("rewrites these images before this rule looks at them", "name them as they are rewritten")


def test_what_is_warned_of_is_so_one_file_has_two_answers() -> None:
    rules = policy(
        f"- name: a\n  {LABELS}\n- name: b\n  match: {{objectSelector: {{matchLabels: {{tier: web}}}}}}\n  {PINNED}"
    )
    checked = decided(rules, pod())
    assert checked.verdict is Verdict.ALLOWED
    mutated = decided(rules, pod(), stage=Stage.MUTATE).object
    validated = decided(rules, request(mutated), stage=Stage.VALIDATE)
    assert (validated.verdict, [found.rule.name for found in validated.findings]) == (Verdict.DENIED, ["b"])
