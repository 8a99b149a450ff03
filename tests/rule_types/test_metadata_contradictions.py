"""metadata: what cannot be meant is told when rules load."""

import pytest

from tests.objects import policy, problems
from tests.rule_types.one_rule import wrongs


@pytest.mark.parametrize(
    ("text", "message", "cure"),
    [
        (
            "labels: {team: {default: the shop}}",
            'no label can have the value "the shop": a label\'s value has letters, digits, - _ and . only, '
            "and a letter or digit at both ends",
            None,
        ),
        (
            f"labels: {{team: {{equals: {'x' * 64}}}}}",
            f'no label can have the value "{"x" * 59}…": a label\'s value has at most 63 characters',
            None,
        ),
        (
            "labels: {Team/a/b: {required: true}}",
            "no object can have this key: the part before the slash is a DNS name in lower case, such as acme.example",
            None,
        ),
        (
            "labels: {-team: {required: true}}",
            "no object can have this key: the name of a key has at most 63 letters, digits, - _ and ., "
            "and a letter or digit at both ends",
            None,
        ),
        (
            'labels: {"a b*": {required: true}}',
            "no object can have this key: no key can match it: a key is NAME or PREFIX/NAME",
            None,
        ),
        (
            "labels: {Acme.example/a: {required: true}}",
            "no object can have this key: the part before the slash is a DNS name in lower case, such as acme.example",
            None,
        ),
        ("labels: {a: {}}", "nothing is said of this key", "say `required: true`, or what its value must be"),
        (
            "labels: {a: {forbidden: true, required: true}}",
            "a forbidden key has no value, so nothing else can be said of it",
            "say only `forbidden: true`",
        ),
        (
            "labels: {a: {equals: x, in: [x, z]}}",
            "`equals`, `in` and `values` each say all there may be",
            "keep one of them",
        ),
        (
            "labels: {a: {default: gold, in: [silver]}}",
            '"gold" is not allowed, must be "silver", so this can never hold',
            None,
        ),
        (
            "annotations: {a: {type: ttl, max: 7d, default: 30d}}",
            '"30d" is above the maximum 7d, so this can never hold',
            None,
        ),
        (
            'annotations: {a: {in: [x, z], pattern: "x"}}',
            '"z" must match "x", so this can never hold',
            None,
        ),
        ("annotations: {a: {type: int, min: 5, max: 3}}", "the minimum 5 is above the maximum 3", "swap them"),
        ("annotations: {a: {type: int, min: '5'}}", "expected a whole number", "such as 3"),
        ("annotations: {a: {type: ttl, max: 7 days}}", '"7 days" is no lifetime', "such as 7d"),
        ("annotations: {a: {type: portList, max: '5'}}", "expected a number, how many there may be", None),
        (
            "annotations: {a: {max: 5}}",
            "a value without a `type` has no max",
            "say a type that can be measured, or leave it out",
        ),
        (
            "annotations: {a: {type: bool, max: 5}}",
            "`type: bool` has no max",
            "say a type that can be measured, or leave it out",
        ),
        ("annotations: {a: {type: enum}}", "`type: enum` and `values` go together", "say `values`"),
        ("annotations: {a: {values: [x]}}", "`type: enum` and `values` go together", "say `type`"),
        ("labels: {a: {type: url}}", "no label can hold a URL", "make it an annotation"),
        (
            'annotations: {"a/*": {default: x}}',
            "a glob is many keys, so there is none to fill",
            "name the key itself",
        ),
        (
            "labels: {a: {from: namespaces}}",
            "`namespaces` is not one of namespace, user, image",
            "did you mean `namespace`?",
        ),
        (
            "labels: {a: {from: {pod: spec.nodename}}}",
            "there is no field `nodename` in `spec.nodename`",
            "did you mean `nodeName`?",
        ),
        (
            'labels: {a: {from: {pod: "spec.volumes[*].name"}}}',
            "a path with [*] leads to many values",
            "name one place",
        ),
        (
            "annotations: {a: {required: true}}\nknown: {prefix: acme.example/}",
            "no key of this rule begins so, so every key under it is refused",
            'name them, or forbid all of them: "acme.example/*": {forbidden: true}',
        ),
        (
            "of: pods\nlabels: {a: {required: true}}",
            "`pods` is not one of pod, workload, both, object",
            "did you mean `pod`?",
        ),
        ("of: pod", "nothing is said of metadata", "say labels, annotations, anyOfLabels or known"),
        ('labels: {a: {pattern: "("}}', '"(" is no regular expression: missing ) at character 1', None),
    ],
)
def test_what_contradicts_is_an_error_when_rules_load(text: str, message: str, cure: str | None) -> None:
    found = wrongs("metadata", text)
    assert [level for level, _, _ in found] == ["error"]
    assert (found[0][1].startswith(message), found[0][2]) == (True, cure)


def test_an_unknown_type_is_told_with_the_one_that_was_meant() -> None:
    ((level, _, cure),) = wrongs("metadata", "annotations: {a: {type: tll}}")
    assert (level, cure) == ("error", "did you mean `ttl`?")


def test_an_annotations_prefix_may_have_upper_case() -> None:
    assert wrongs("metadata", "annotations: {Acme.example/a: {required: true}}") == []


def of(kinds: str, text: str) -> list[tuple[str, str | None]]:
    """What is wrong with a rule about these kinds."""
    rule = f"- name: r\n  match: {{kinds: [{kinds}]}}\n  metadata: {{{text}}}"
    return [(problem.message, problem.help) for problem in problems(policy(rule))]


def test_what_is_read_from_a_pod_needs_kinds_that_carry_one() -> None:
    assert of("Service", "of: object, labels: {a: {from: image}}") == [
        ("it is read from a pod, and Service carries none", "use namespace or user")
    ]
    assert of("Service", "of: object, labels: {a: {from: user}}") == []
    assert of("Service", "labels: {a: {required: true}}") == [
        ("this rule type is about pods, and Service carries none", "name kinds that carry a pod")
    ]


def test_a_pod_is_no_workload() -> None:
    assert of("Pod", "of: workload, labels: {a: {required: true}}") == [
        ("a Pod is no workload, so this can never match", "say `of: pod`")
    ]
