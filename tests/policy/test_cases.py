"""PolicyTest documents: every slip is told at its place, with the cure, when the rules load."""

import pytest

from tests.policy.telling import GOOD, told

HEAD = "---\napiVersion: doorward.dev/v1\nkind: PolicyTest\nmetadata: {name: t}\nspec:\n"


def document(case: str, spec: str = "") -> str:
    """Rules, then a PolicyTest of them with one case."""
    return f"{GOOD}{HEAD}  policy: p\n{spec}  cases:\n  - {case}\n"


def test_a_case_needs_a_name_and_an_expectation_alone() -> None:
    assert told(document("{name: c, expect: allowed}")) == []


@pytest.mark.parametrize(
    ("case", "mark", "message", "cure"),
    [
        (
            "{name: c, with: {imgae: nginx}, expect: denied}",
            "imgae",
            "unknown key `imgae`",
            "did you mean `image`?",
        ),
        (
            "{name: c, with: {image: 1}, expect: denied}",
            "1",
            "expected a string, found the number 1",
            "put it in quotes",
        ),
        ("{name: c, with: {spec: null}, expect: denied}", "null", "expected a mapping, found nothing", None),
        (
            "{name: c, oldObject: {label: {}}, expect: denied}",
            "label",
            "unknown key `label`",
            "did you mean `labels`?",
        ),
        (
            "{name: c, expect: refused}",
            "refused",
            "`refused` is not one of allowed, denied, undecided",
            None,
        ),
        (
            "{name: c, expect: {decision: alowed}}",
            "alowed",
            "`alowed` is not one of allowed, denied, undecided",
            "did you mean `allowed`?",
        ),
        (
            "{name: c, expect: {findings: [{rule: rr}]}}",
            "rr",
            "the policy p has no rule `rr`",
            "did you mean `r`?",
        ),
        ("{name: c, expect: {warnings: [other]}}", "other", "the policy p has no rule `other`", "its rules: r"),
        (
            "{name: c, expect: {findings: [{rule: r, path: 'spec..x'}]}}",
            "'spec..x'",
            "the path `spec..x` cannot be read at `..x`",
            'write it as spec.volumes[*].name or metadata.annotations["a.b/c"]',
        ),
        ("{name: c, expect: {patch: {}}}", "{}", "expected a list, found a mapping", "begin each element with `- `"),
        (
            "{name: c, expect: allowed, file: pod.yaml, object: {kind: Pod}}",
            "pod.yaml",
            "both `object` and `file` are given",
            "keep one of them",
        ),
        (
            "{name: c, expect: allowed, workload: Job, object: {kind: Pod}}",
            "Job",
            "both `workload` and a whole object are given",
            "keep one of them",
        ),
        (
            "{name: c, expect: allowed, object: {spec: {}}}",
            "{spec: {}}",
            "the object has no kind",
            "give it apiVersion and kind, or tweak the base with `with`",
        ),
        (
            "{name: c, expect: allowed, now: soon}",
            "soon",
            "`soon` is no moment",
            "write it as 2027-01-31T12:00:00Z",
        ),
    ],
)
def test_a_slip_in_a_case_is_told_at_its_place(case: str, mark: str, message: str, cure: str | None) -> None:
    assert [one[1:] for one in told(document(case))] == [(mark, message, cure)]


def test_a_case_without_any_expectation_is_told() -> None:
    cure = "say `decision`, `findings`, `warnings`, `patch`, `object`"
    assert [one[2:] for one in told(document("{name: c, expect: {}}"))] == [("nothing is expected", cure)]


def test_two_cases_of_one_name_are_told() -> None:
    text = document("{name: c, expect: allowed}") + "  - {name: c, expect: denied}\n"
    assert [one[1:] for one in told(text)] == [("c", "there is another case `c`", "give it a name of its own")]


def test_a_policy_that_is_not_there_is_told() -> None:
    text = document("{name: c, expect: allowed}").replace("policy: p\n", "policy: q\n")
    cure = "name the folder that has it with --policies"
    assert [one[1:] for one in told(text)] == [("q", "there is no policy `q` here", cure)]


def test_parameters_that_the_policy_does_not_have_are_told() -> None:
    found = told(document("{name: c, expect: allowed}", "  parameters: {registry: x}\n"))
    assert [one[1:3] for one in found] == [("registry", "unknown key `registry`")]
