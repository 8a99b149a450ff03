"""Parameters, Profiles and Exceptions that name what is not there, or that mean nothing."""

from pathlib import Path

import pytest

from tests.objects import policy
from tests.policy.telling import GOOD, NAMES, NARROW, RULE, Told, exception, profile, told, warned
from webhook.errors import InputError
from webhook.policy.load import read
from webhook.source.problem import Level

# Parameters

LIST = "{hosts: {type: list, default: [a.example]}}"
FROM = "- name: r\n  images: {from: ['${hosts}']}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            policy(RULE, parameters=LIST),
            [("8:16", "hosts", "the parameter `hosts` is never used", "use it as ${hosts}")],
        ),
        (
            policy(FROM),
            [("10:21", "'${hosts}'", "there is no parameter `hosts`", "declare it under `parameters`")],
        ),
        (
            policy(FROM.replace("hosts", "hots"), parameters=LIST),
            [
                ("8:16", "hosts", "the parameter `hosts` is never used", "use it as ${hosts}"),
                ("11:21", "'${hots}'", "there is no parameter `hots`", "did you mean ${hosts}?"),
            ],
        ),
        (
            policy(FROM, parameters="{hosts: {type: list, default: a.example}}"),
            [("8:45", "a.example", "the default of `hosts` is not of type list", None)],
        ),
        (
            policy(FROM, parameters="{hosts: {type: list, default: [7]}}"),
            [("8:45", "[7]", "the default of `hosts` must be a list of strings, found the number 7", None)],
        ),
        (
            policy(FROM, parameters="{hosts: {type: lst, default: [a.example]}}"),
            [("8:30", "lst", "`lst` is not one of string, int, bool, list", "did you mean `list`?")],
        ),
        (
            policy(FROM, parameters="{hosts: {type: list}}"),
            [
                (
                    "8:16",
                    "hosts",
                    "the parameter `hosts` has no value",
                    "give it a default, or set it in the Profile under `parameters`",
                )
            ],
        ),
        (
            policy("- name: r\n  images: {from: ['a.example/${hosts}']}", parameters=LIST),
            [
                (
                    "11:21",
                    "'a.example/${hosts}'",
                    "the list `hosts` cannot stand within a text",
                    "let ${hosts} be an element of a list alone",
                )
            ],
        ),
    ],
)
def test_a_parameter_that_does_not_fit_is_told_once_and_nothing_else(text: str, expected: list[Told]) -> None:
    assert told(text) == expected


# Profiles


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("{include: [pp]}", ("16:18", "pp", "no policy is called `pp`", "did you mean `p`?")),
        ("{modes: {pp: warn}}", ("16:16", "pp", "no policy is called `pp`", "did you mean `p`?")),
        ("{parameters: {pp: {a: b}}}", ("16:21", "pp", "no policy is called `pp`", "did you mean `p`?")),
        ("{parameters: {p: {hots: [a]}}}", ("16:25", "hots", "unknown key `hots`", "did you mean `hosts`?")),
        (
            "{parameters: {p: {hosts: a.example}}}",
            ("16:32", "a.example", "the Profile's value of `hosts` is not of type list", None),
        ),
        (
            "{mode: wran}",
            ("16:14", "wran", "`wran` is not one of enforce, warn, audit, off", "did you mean `warn`?"),
        ),
        (
            "{excludeNamespaces: ['*']}",
            (
                "16:27",
                "['*']",
                "this leaves every namespace alone, so no rule would ever apply",
                "name the namespaces that are left alone",
            ),
        ),
        ("{excludeNamespaces: [Kube]}", ("16:28", "Kube", "no namespace is called `Kube`", NAMES)),
    ],
)
def test_a_profile_that_names_what_is_not_there_is_refused_at_the_profile(spec: str, expected: Told) -> None:
    assert told(policy(FROM, parameters=LIST) + profile(spec)) == [expected]


def test_a_profile_that_was_not_chosen_is_checked_too(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(GOOD + profile("{mode: warn}", "a") + profile("{mode: wurn}", "b"))
    assert [problem.message for problem in read([str(tmp_path)], "a").problems] == [
        "`wurn` is not one of enforce, warn, audit, off"
    ]


@pytest.mark.parametrize("wanted", ["", "a"])
def test_a_second_default_among_the_profiles_is_refused_whichever_is_chosen(tmp_path: Path, wanted: str) -> None:
    defaults = "".join(profile("{default: true}", name) for name in ("a", "b"))
    (tmp_path / "rules.yaml").write_text(GOOD + defaults + profile("{mode: warn}", "c"))
    [problem] = read([str(tmp_path)], wanted).problems
    assert (problem.level, problem.message) == (Level.ERROR, "the Profile a is the default already")
    assert (problem.place.line, problem.place.column) == (20, 17)
    assert problem.help == "only one Profile may say `default: true`"


def test_a_default_that_is_no_boolean_is_told_at_its_place() -> None:
    assert told(GOOD + profile("{default: 'true'}")) == [
        ("15:17", "'true'", "expected true or false, found a string", "take the quotes away")
    ]


def test_a_mode_for_a_policy_that_is_not_in_force_is_warned_of() -> None:
    other = f"---\n{GOOD}".replace("{name: p}", "{name: q}")
    [(_, at, message, cure)] = warned(GOOD + other + profile("{include: [p], modes: {q: warn}}"))
    assert (at, message) == ("q", "this has no effect: the policy q is not in force here")
    assert cure == "name it under `include`, or leave this out"


@pytest.mark.parametrize(
    ("profiles", "wanted", "words"),
    [
        (
            ["a", "b"],
            "",
            "the folder has several Profiles, choose one with --profile, or let one of them say `default: true`: a, b",
        ),
        (["prod"], "prd", "there is no Profile prd in the rules folder (did you mean prod?)"),
        ([], "prod", "there is no Profile prod in the rules folder (known: none)"),
    ],
)
def test_the_profile_that_is_meant_must_be_said(tmp_path: Path, profiles: list[str], wanted: str, words: str) -> None:
    (tmp_path / "rules.yaml").write_text(GOOD + "".join(profile("{mode: warn}", name) for name in profiles))
    with pytest.raises(InputError) as raised:
        read([str(tmp_path)], wanted)
    assert str(raised.value) == words


# Exceptions


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GOOD + exception(rules="[p/rr]"), ("16:11", "p/rr", "there is no rule `p/rr`", "did you mean `p/r`?")),
        (
            policy(RULE, exceptions="{allowed: false}") + exception(),
            (
                "17:11",
                "p/r",
                "the policy p allows no exceptions",
                "ask platform: only the policy can allow them",
            ),
        ),
        (
            policy(RULE, exceptions="{maxDays: 10}") + exception(),
            (
                "22:12",
                "2026-02-01",
                "the exception holds for 31 days",
                "let it expire earlier: the policy p allows 10 days",
            ),
        ),
        (
            GOOD + exception(match="{names: {include: [a]}}"),
            (
                "17:3",
                "match",
                "`namespaces` is missing",
                "add `namespaces:`. The namespaces it is for.",
            ),
        ),
        (
            GOOD + exception(match="{namespaces: {exclude: [a]}}"),
            (
                "17:3",
                "match",
                "an exception must name the namespaces it is for",
                "say namespaces: {include: [...]}",
            ),
        ),
        (
            GOOD + exception(expires="2025-01-01"),
            (
                "21:12",
                "2025-01-01",
                "it expires before it was granted, on 2026-01-01",
                "let `expires` be the last day on which it holds",
            ),
        ),
        (
            GOOD + exception(expires="tomorrow"),
            ("21:12", "tomorrow", "`tomorrow` is no day", "write it as 2027-01-31"),
        ),
        (
            GOOD + exception(match="{namespaces: {include: [a], exclude: ['*']}}"),
            ("17:11", "namespaces", "this exception is for nobody: `exclude` leaves out everything", NARROW),
        ),
    ],
)
def test_an_exception_that_cannot_be_is_refused(text: str, expected: Told) -> None:
    assert told(text) == [expected]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (policy(RULE, mode='"off"') + exception(), "this has no effect: the mode of `p/r` is off"),
        (policy(RULE, mode='"off"') + exception(rules="[p]"), "this has no effect: the mode of the policy p is off"),
        (policy(f'{RULE}\n  mode: "off"') + exception(), "this has no effect: the mode of `p/r` is off"),
        (
            GOOD + profile('{modes: {p: "off"}}') + exception(rules="[p]"),
            "this has no effect: the mode of the policy p is off",
        ),
        (
            GOOD + f"---\n{GOOD}".replace("{name: p}", "{name: q}") + profile("{include: [q]}") + exception(),
            "this has no effect: the policy p is not in force here",
        ),
        (
            policy(RULE, match="{namespaces: {include: [other]}}") + exception(),
            "this has no effect: `p/r` is not about these namespaces",
        ),
        (
            policy(f"{RULE}\n  match: {{namespaces: {{include: [other]}}}}") + exception(rules="[p]"),
            "this has no effect: the policy p is not about these namespaces",
        ),
        (
            policy("- name: r\n  metadata: {labels: {team: {required: true}}}")
            + exception(match="{namespaces: {include: [shop]}, images: [docker.io/acme]}"),
            "this has no effect on `p/r`: what it finds is in no container",
        ),
        (GOOD + exception(rules="[p/r, p/r]"), "`p/r` is named twice"),
        (GOOD + exception(rules="[p/r, p]"), "`p` means all of its rules, this one too"),
        (
            GOOD + profile("{excludeNamespaces: ['sh*']}") + exception(),
            "this has no effect: the Profile leaves these namespaces alone",
        ),
        (GOOD + exception(match="{namespaces: {include: ['*']}}"), "this exception is for every namespace"),
    ],
)
def test_an_exception_that_means_nothing_or_too_much_is_warned_of(text: str, message: str) -> None:
    assert [said for _, _, said, _ in warned(text)] == [message]


def test_an_exception_for_one_of_a_policys_rules_that_still_acts_is_not_warned_of() -> None:
    rules = f'{RULE}\n  mode: "off"\n- name: s\n  images: {{tag: {{required: true}}}}'
    assert warned(policy(rules) + exception(rules="[p]")) == []
