"""load: a folder becomes a ruleset, or everything that is wrong with it is told, each with its place."""

from pathlib import Path

import pytest

from tests.objects import NOW, decided, pod, policy, problems, ruleset
from webhook.admission.finding import Mode, Severity
from webhook.admission.request import GroupKind, Operation
from webhook.errors import InputError, RulesError
from webhook.policy.load import load, read
from webhook.policy.ruleset import Ruleset
from webhook.source.problem import Level

RULE = "- {name: r, fields: {pod: spec.hostPID, forbidden: true}}"


def profile(spec: str, name: str = "x") -> str:
    return f"---\napiVersion: doorward.dev/v1\nkind: Profile\nmetadata: {{name: {name}}}\nspec: {spec}\n"


def said(text: str) -> list[tuple[str, str | None]]:
    return [(problem.message, problem.help) for problem in problems(text)]


def modes(compiled: Ruleset) -> dict[str, Mode]:
    return {rule.info.id: rule.rollout.steps[-1].mode for rule in compiled.rules}


# what a rule knows


def test_a_rule_carries_what_people_need_to_know_of_it() -> None:
    text = policy(
        "- {name: r, severity: critical, fields: {pod: spec.hostPID, forbidden: true}}\n"
        "- {name: s, ratchet: false, onUnavailable: warn, fields: {pod: spec.hostPID, forbidden: true}}",
        severity="low",
        docs="https://wiki.example/p",
    ).replace("owner: {team: platform}", 'owner: {team: platform, contact: "#help"}')
    first, second = ruleset(text).rules
    assert (first.info.id, first.info.title, first.info.why, first.info.severity) == (
        "p/r",
        "A policy",
        "Because.",
        Severity.CRITICAL,
    )
    assert (first.info.team, first.info.contact, first.info.docs) == ("platform", "#help", "https://wiki.example/p")
    assert (second.info.severity, second.ratchet, second.on_unavailable) == (Severity.LOW, False, Mode.WARN)
    assert (first.ratchet, first.on_unavailable, first.makes) == (True, Mode.ENFORCE, False)


def test_rules_stand_by_policy_and_name_whatever_their_order_in_files() -> None:
    text = policy("- {name: z, images: {from: [a.example]}}\n- {name: a, images: {from: [a.example]}}")
    other = text.replace("name: p}", "name: b}")
    assert [rule.info.id for rule in ruleset(f"{text}---\n{other}").rules] == ["b/a", "b/z", "p/a", "p/z"]


def test_kinds_and_operations_of_a_rule_are_the_innermost_that_are_named() -> None:
    text = policy(
        "- {name: r, match: {operations: [DELETE]}, fields: {pod: spec.hostPID, forbidden: true}}",
        match="{kinds: [Pod, Job], operations: [CREATE]}",
    )
    [rule] = ruleset(text).rules
    assert ([str(kind) for kind in rule.kinds], rule.operations) == (["Pod", "Job"], (Operation.DELETE,))
    assert rule.covers(GroupKind("batch", "Job"), "", Operation.DELETE)
    assert not rule.covers(GroupKind("batch", "Job"), "", Operation.CREATE)
    assert not rule.covers(GroupKind("apps", "Deployment"), "", Operation.DELETE)


# the revision


def test_the_revision_changes_with_the_bytes_and_the_profile_and_with_nothing_else(tmp_path: Path) -> None:
    profiles = profile("{mode: warn}", "one") + profile("{mode: warn}", "two")
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.yaml").write_text(policy(RULE) + profiles)
    one = load([str(tmp_path / "a")], "one").revision
    assert len(one) == 12
    assert load([str(tmp_path / "b")], "one").revision == one
    assert load([str(tmp_path / "b")], "two").revision != one
    (tmp_path / "b" / "b.yaml").write_text(policy(RULE) + profiles + "# more\n")
    assert load([str(tmp_path / "b")], "one").revision != one


# profiles


def test_with_no_profile_every_policy_is_in_force_and_enforces() -> None:
    compiled = ruleset(policy(RULE))
    assert (compiled.profile, compiled.policies, modes(compiled)) == ("", ("p",), {"p/r": Mode.ENFORCE})
    assert compiled.can_deny()
    assert not compiled.leaves_alone("kube-system")


def test_the_only_profile_is_in_force_and_chooses_policies_by_name_or_glob() -> None:
    text = "---\n".join(policy(RULE).replace("name: p}", f"name: {name}}}") for name in ("pod-a", "pod-b", "other"))
    assert ruleset(text + profile('{include: ["pod-*"]}')).policies == ("pod-a", "pod-b")
    assert ruleset(text + profile("{include: [other]}")).policies == ("other",)


@pytest.mark.parametrize(
    ("own", "in_profile", "mode"),
    [
        ("", "{mode: warn}", Mode.WARN),
        ("  mode: audit\n", "{mode: warn}", Mode.AUDIT),
        ("  mode: audit\n", "{modes: {p: enforce}}", Mode.ENFORCE),
        ("", "{mode: warn, modes: {p: audit}}", Mode.AUDIT),
        ("  rollout: [{mode: audit}]\n", "{mode: warn}", Mode.AUDIT),
        ("  rollout: [{mode: audit}]\n", "{modes: {p: enforce}}", Mode.ENFORCE),
    ],
)
def test_whose_word_on_the_mode_counts(own: str, in_profile: str, mode: Mode) -> None:
    text = policy(RULE).replace("  rules:\n", f"{own}  rules:\n") + profile(in_profile)
    assert modes(ruleset(text)) == {"p/r": mode}


def test_a_rules_own_mode_beats_every_other() -> None:
    text = policy(RULE.replace("name: r,", "name: r, mode: warn,"), mode="enforce") + profile("{modes: {p: audit}}")
    assert modes(ruleset(text)) == {"p/r": Mode.WARN}


def test_of_several_profiles_one_must_be_chosen(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        policy(RULE) + profile("{mode: warn}", "soft") + profile("{mode: audit}", "softer")
    )
    with pytest.raises(InputError, match="let one of them say `default: true`: soft, softer"):
        read([str(tmp_path)])
    assert modes(load([str(tmp_path)], "softer")) == {"p/r": Mode.AUDIT}
    with pytest.raises(InputError, match=r"there is no Profile sofft in the rules folder \(did you mean soft\?\)"):
        read([str(tmp_path)], "sofft")


def test_of_several_profiles_the_default_is_in_force_unless_another_is_chosen(tmp_path: Path) -> None:
    several = profile("{mode: warn}", "a") + profile("{mode: audit, default: true}", "b")
    (tmp_path / "a.yaml").write_text(policy(RULE) + several + profile("{mode: enforce, default: false}", "c"))
    chosen = {name: load([str(tmp_path)], name) for name in ("", "a", "b", "c")}
    assert {name: (one.profile, *modes(one).values()) for name, one in chosen.items()} == {
        "": ("b", Mode.AUDIT),
        "a": ("a", Mode.WARN),
        "b": ("b", Mode.AUDIT),
        "c": ("c", Mode.ENFORCE),
    }
    assert chosen[""].revision == chosen["b"].revision


def test_the_only_profile_is_in_force_whatever_it_says_of_being_the_default() -> None:
    for default in ("true", "false"):
        assert modes(ruleset(policy(RULE) + profile(f"{{mode: warn, default: {default}}}"))) == {"p/r": Mode.WARN}


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("{include: [q]}", "no policy is called `q`"),
        ('{include: ["q-*"]}', "no policy is called `q-*`"),
        ("{modes: {q: warn}}", "no policy is called `q`"),
        ("{parameters: {q: {a: b}}}", "no policy is called `q`"),
        ("{mode: warm}", "`warm` is not one of enforce, warn, audit, off"),
        ("{excludeNamespace: [a]}", "unknown key `excludeNamespace`"),
    ],
)
def test_a_profile_that_refers_to_nothing_is_refused(spec: str, message: str) -> None:
    assert [text for text, _ in said(policy(RULE) + profile(spec))] == [message]


def test_the_day_of_the_next_enforcement_is_known() -> None:
    compiled = ruleset(policy(RULE, rollout="[{mode: warn}, {mode: enforce, from: 2027-01-10}]"))
    assert compiled.next_enforcement("p/r", NOW) == "2027-01-10"
    assert compiled.next_enforcement("p/none", NOW) == ""
    assert compiled.can_deny()
    assert not ruleset(policy(RULE, mode="warn")).can_deny()


# what is wrong


def test_everything_that_is_wrong_is_told_at_once_with_file_line_and_column() -> None:
    text = policy(
        "- {name: r, image: {from: [a.example]}}\n- {name: s, fields: {pod: spec.hostPID, forbiden: true}}\n"
        "- {name: t, mode: enforced, images: {from: [a.example]}}"
    )
    found = problems(text)
    assert [problem.place.line for problem in found] == [9, 10, 11]
    assert all(problem.level is Level.ERROR and problem.place.column > 1 for problem in found)
    assert [problem.help for problem in found] == [
        "did you mean `images`?",
        "did you mean `forbidden`?",
        "did you mean `enforce`?",
    ]


def test_broken_rules_are_an_error_that_holds_every_problem(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(policy("- {name: r, image: {from: [a.example]}}\n- {name: s}"))
    with pytest.raises(RulesError, match="the rules are broken: 2 problems, first: ") as raised:
        load([str(tmp_path)])
    assert len(raised.value.problems) == 2


def test_a_broken_head_of_a_policy_does_not_hide_what_is_wrong_with_its_rules() -> None:
    text = policy("- {name: r, image: {from: [a.example]}}").replace("  why: Because.\n", "")
    messages = [message for message, _ in said(text)]
    assert "`why` is missing" in messages
    assert "unknown key `image`" in messages


@pytest.mark.parametrize(
    ("rules", "message", "cure"),
    [
        ("- {name: r}", "the rule has no rule type", "give it one of "),
        (
            "- {name: r, images: {from: [a.example]}, fields: {pod: spec.hostPID, forbidden: true}}",
            "a rule has one rule type, here are `images` and `fields`",
            "make two rules of it",
        ),
        ("- {images: {from: [a.example]}}", "`name` is missing", "The rule's name"),
        ("- {name: Upper, images: {from: [a.example]}}", "`Upper` is no name", "use lower-case letters"),
        (
            "- {name: r, images: {from: [a.example]}}\n- {name: r, images: {from: [b.example]}}",
            "there is another rule `r` in this policy",
            None,
        ),
        ("- {name: r, match: {}, images: {from: [a.example]}}", "the match is empty", "say what it is about"),
        (
            "- {name: r, match: {kinds: [Service]}, images: {from: [a.example]}}",
            "this rule type is about pods, and Service carries none",
            None,
        ),
        ("- {name: r, message: 'x {vlaue}', images: {from: [a.example]}}", "nothing is called {vlaue} here", "{value}"),
        ("- {name: r, containers: {}, images: {from: [a.example]}}", "it is empty", "say `of` or"),
    ],
)
def test_a_rule_that_means_nothing_is_refused(rules: str, message: str, cure: str | None) -> None:
    found = said(policy(rules))
    assert message in [text for text, _ in found], found
    if cure:
        assert any(cure in (told or "") for text, told in found if text == message)


def test_a_rule_that_can_never_match_its_policy_is_refused() -> None:
    text = policy("- {name: r, match: {kinds: [Job]}, images: {from: [a.example]}}", match="{kinds: [Pod]}")
    [(message, _)] = said(text)
    assert message == "the policy is about Pod only, so this can never match"


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"mode": "warn", "rollout": "[{mode: audit}]"}, "both `mode` and `rollout` are given"),
        ({"rollout": "[{mode: audit, percent: 0}]"}, "`percent` must be from 1 to 100"),
        ({"rollout": "[{mode: audit, percent: 101}]"}, "`percent` must be from 1 to 100"),
        ({"rollout": "[{mode: audit, from: 2026-13-01}]"}, "`2026-13-01` is no day"),
        ({"severity": "hgih"}, "`hgih` is not one of low, medium, high, critical"),
        ({"match": "{kinds: [Lease]}"}, "coordination.k8s.io/Lease keeps a cluster alive, so no rule may concern it"),
        ({"match": "{kinds: [Node]}"}, "Node keeps a cluster alive, so no rule may concern it"),
        ({"match": "{operations: [PATCH]}"}, "`PATCH` is not one of CREATE, UPDATE, DELETE, CONNECT"),
        ({"match": "{during: {days: [freitag]}}"}, "`freitag` is not one of mon, tue, wed, thu, fri, sat, sun"),
        ({"match": "{users: {}}"}, "it is empty"),
        ({"mode": "off"}, "expected one of enforce, warn, audit, off, found the boolean false"),
    ],
)
def test_a_policy_that_contradicts_itself_is_refused(spec: dict[str, str], message: str) -> None:
    found = [text for text, _ in said(policy(RULE, **spec))]
    assert message in found, found


def test_a_folder_without_rules_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no rules in"):
        read([str(tmp_path)])


def test_several_folders_make_one_ruleset(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.yaml").write_text(policy(RULE).replace("name: p}", f"name: {name}}}"))
    assert load([str(tmp_path / "one"), str(tmp_path / "two")]).policies == ("one", "two")


def test_the_rules_that_come_with_us_load_without_a_word() -> None:
    loading = read([str(Path(__file__).parents[2] / "policies")], tests=True)
    assert loading.problems == ()
    assert loading.ruleset is not None
    assert loading.ruleset.leaves_alone("kube-system")


def test_a_policy_that_is_not_in_force_must_still_be_right() -> None:
    bad = policy("- {name: r, image: {from: [a.example]}}").replace("name: p}", "name: q}")
    assert [message for message, _ in said(policy(RULE) + "---\n" + bad + profile("{include: [p]}"))] == [
        "unknown key `image`"
    ]


def test_a_ruleset_that_was_loaded_decides() -> None:
    assert not decided(policy(RULE), pod({"spec": {"hostPID": True}})).allowed
