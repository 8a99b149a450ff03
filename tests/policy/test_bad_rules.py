"""Everything that is wrong with rules is told at once: at its place, with a caret, in a sentence, with the cure."""

import json
import os
from pathlib import Path

import pytest

from tests.objects import policy, problems, ruleset
from tests.policy.telling import GOOD, RULE, Told, told, warned
from webhook.cli import main
from webhook.errors import InputError, RulesError
from webhook.policy.load import load, read
from webhook.source.problem import Level

# Text that is no document of ours

ANOTHER_TOOLS = "this looks like another tool's document; keep only Doorward's documents in the rules folder"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{GOOD}  x: [\n", ("11:6", "[", "the [ that opens here is never closed", "close it with ]")),
        (GOOD.replace("  rules", "\trules"), ("8:1", "\t", "a tab cannot indent YAML", "use spaces")),
        (
            f"{GOOD}  title: again\n",
            (
                "11:3",
                "title",
                "duplicate key 'title': it stands at line 5, column 3 already",
                "remove one of the two: kubectl would silently use the last",
            ),
        ),
        ("- a\n", ("1:1", "- a", "a rules document is a mapping", "begin with `apiVersion: doorward.dev/v1`")),
        (
            "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {name: a}\nspec: {rules: []}\n",
            ("1:13", "kyverno.io/v1", "expected `doorward.dev/v1`", ANOTHER_TOOLS),
        ),
        (
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {}\n",
            ("1:13", "v1", "expected `doorward.dev/v1`", ANOTHER_TOOLS),
        ),
        (
            GOOD.replace("/v1", "/v1beta1"),
            ("1:13", "doorward.dev/v1beta1", "expected `doorward.dev/v1`", "write `apiVersion: doorward.dev/v1`"),
        ),
        (
            GOOD.replace("kind: Policy", "kind: Polcy"),
            (
                "2:7",
                "Polcy",
                "`Polcy` is not one of Policy, Exception, Profile, Registry, Authority, PolicyTest",
                "did you mean `Policy`?",
            ),
        ),
        (
            GOOD.replace("{name: p}", "{name: My_Policy}"),
            (
                "3:18",
                "My_Policy",
                "`My_Policy` is no name",
                "use lower-case letters, digits and `-`, at most 63 of them",
            ),
        ),
    ],
)
def test_what_is_no_document_of_ours_is_told_once_with_the_cure(text: str, expected: Told) -> None:
    assert told(text) == [expected]


# Keys and values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (policy(RULE, ownr="{}"), ("8:3", "ownr", "unknown key `ownr`", "did you mean `owner`?")),
        (policy(f"{RULE}\n  severty: high"), ("11:5", "severty", "unknown key `severty`", "did you mean `severity`?")),
        (policy("- name: r\n  image: {}"), ("10:5", "image", "unknown key `image`", "did you mean `images`?")),
        (
            policy("- name: r\n  images: {digst: required}"),
            ("10:14", "digst", "unknown key `digst`", "did you mean `digest`?"),
        ),
        (
            policy(f"{RULE}\n  fields: {{pod: spec.hostPID, forbidden: true}}"),
            ("11:5", "fields", "a rule has one rule type, here are `images` and `fields`", "make two rules of it"),
        ),
        (
            GOOD.replace("  why: Because.\n", ""),
            (
                "4:1",
                "spec",
                "`why` is missing",
                "add `why:`. Why, in words that a refused developer accepts.",
            ),
        ),
        (
            GOOD.replace("title: A policy", "title: 7"),
            ("5:10", "7", "expected a string, found the number 7", "put it in quotes"),
        ),
        (
            policy(RULE, match="{kinds: Pod}"),
            ("8:18", "Pod", "expected a list, found a string", "write it as [Pod]"),
        ),
        (
            policy(RULE, severity="hight"),
            ("8:13", "hight", "`hight` is not one of low, medium, high, critical", "did you mean `high`?"),
        ),
        (
            policy(RULE, mode="off"),
            (
                "8:9",
                "off",
                "expected one of enforce, warn, audit, off, found the boolean false",
                "on, off, yes and no need quotes",
            ),
        ),
        (
            policy(RULE, mode="warn", rollout="[{mode: audit}]"),
            ("9:12", "[{mode: audit}]", "both `mode` and `rollout` are given", "keep one of them"),
        ),
        (
            policy(RULE, match="{}"),
            ("8:3", "match", "the match is empty", "say what it is about, or leave `match` out"),
        ),
        (
            policy(RULE, match="{names: {include: []}}"),
            ("8:28", "[]", "the list is empty", "give it an element, or leave the key out"),
        ),
        (policy(f"{RULE}\n{RULE}"), ("11:11", "r", "there is another rule `r` in this policy", "rename one")),
        (
            policy(f"{RULE}\n  message: 'pull {{imag.path}}'"),
            ("11:14", "'pull {imag.path}'", "nothing is called {imag.path} here", "did you mean {image.path}?"),
        ),
        (
            policy('- name: r\n  metadata: {labels: {a: {pattern: "a^b"}}}'),
            (
                "10:38",
                '"a^b"',
                '"a^b" can never match anything: nothing can stand before ^ or after $',
                None,
            ),
        ),
        (
            policy("- name: r\n  defaults: {default: {pod: {automountServiceAccountToken: false}}}"),
            (
                "10:32",
                "automountServiceAccountToken",
                "this default can never act: the token volume is already there when a webhook sees the pod",
                "use `remove: [serviceAccountToken]`",
            ),
        ),
        (
            policy(RULE, exceptions="{maxDays: 0}"),
            ("8:25", "0", "`maxDays` must be at least 1", "to allow none, say `allowed: false`"),
        ),
    ],
)
def test_one_mistake_is_one_sentence_at_its_place(text: str, expected: Told) -> None:
    assert told(text) == [expected]


def test_a_rule_without_a_rule_type_is_told_which_there_are() -> None:
    [(place, _, message, cure)] = told(policy("- name: r\n  severity: high"))
    assert (place, message) == ("9:5", "the rule has no rule type")
    assert cure is not None
    assert cure.startswith("give it one of defaults, evidence, fields, images, metadata, ")


def test_two_documents_of_one_name_are_told_with_both_places() -> None:
    [(place, at, message, cure)] = told(f"{GOOD}---\n{GOOD}")
    assert (place, at, cure) == ("14:18", "p", "rename one")
    assert message.startswith("there is another Policy p at ")
    assert message.endswith("/rules.yaml:3:18")


def test_everything_wrong_is_told_at_once_in_the_order_of_the_text() -> None:
    text = policy("- name: R\n  images: {digst: 7}\n- name: s\n  foo: 1", ownr="x", severity="hihg", match="{}")
    assert [(place, at) for place, at, _, _ in told(text)] == [
        *(("8:3", "ownr"), ("9:13", "hihg"), ("10:3", "match")),
        *(("12:11", "R"), ("13:14", "digst"), ("15:5", "foo")),
    ]


@pytest.mark.parametrize("change", ["crlf", "bom", "json"])
def test_a_place_is_right_however_the_file_is_written(change: str) -> None:
    text = policy("- name: r\n  images: {digst: required}")
    if change == "json":
        spec = {"title": "t", "why": "w", "owner": {"team": "a"}, "rules": [{"name": "r", "images": {"digst": "x"}}]}
        text = json.dumps({"apiVersion": "doorward.dev/v1", "kind": "Policy", "metadata": {"name": "p"}, "spec": spec})
    [(place, at, _, cure)] = told({"crlf": text.replace("\n", "\r\n"), "bom": f"\ufeff{text}"}.get(change, text))
    assert (place, at.strip('"'), cure) == ("1:174" if change == "json" else "10:14", "digst", "did you mean `digest`?")


def test_a_mistake_that_two_rules_share_by_an_alias_is_told_once() -> None:
    text = policy("- name: r\n  images: &i {digst: required}\n- name: s\n  images: *i")
    assert told(text) == [("10:17", "digst", "unknown key `digst`", "did you mean `digest`?")]
    assert len(ruleset(text.replace("digst", "digest")).rules) == 2


# Words that YAML takes for booleans


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("ratchet: no", ("10:14", "no", "`no` is read as the boolean false", 'write it in quotes, "no", or as false')),
        ("ratchet: On", ("10:14", "On", "`On` is read as the boolean true", 'write it in quotes, "On", or as true')),
        (
            "when: {pod: metadata.labels, in: [{y: a}]}",
            ("10:40", "y", "`y` is read as the key true", 'write it in quotes, "y"'),
        ),
    ],
)
def test_a_word_that_yaml_takes_for_a_boolean_is_warned_of_at_its_place(rule: str, expected: Told) -> None:
    text = policy(f"- name: r\n  {rule}\n  images: {{digest: required}}")
    assert expected in told(text, Level.WARNING)


@pytest.mark.parametrize("title", ['"no"', "no way on earth", "true", "yes-men", "false # no"])
def test_other_words_are_not_warned_of(title: str) -> None:
    text = policy(f"- name: r\n  message: on or off\n  images: {{digest: required}} # yes, {title}\n  ratchet: true")
    assert warned(text) == []


# Kinds


@pytest.mark.parametrize(
    ("kind", "message", "cure"),
    [
        ("Pods", "`Pods` is no core or workload kind", "did you mean `Pod`?"),
        ("deployment", "`deployment` is no core or workload kind", "write `Deployment`"),
        ("Ingress", "`Ingress` is no core or workload kind", "write `networking.k8s.io/Ingress`"),
        ("v1/Pod", "`v1/Pod` names no kind", "leave the version out: Pod"),
        ("apps/v1/Deployment", "`apps/v1/Deployment` names no kind", "leave the version out: Deployment"),
        ("networking/Ingress", "`networking/Ingress` names no kind", "write networking.k8s.io/Ingress"),
        ("apps/Deploymnt", "`apps/Deploymnt` names no kind", "did you mean Deployment?"),
        ("Pod/exce", "`exce` is no subresource of Pod", "did you mean `exec`?"),
        ("Lease", "coordination.k8s.io/Lease keeps a cluster alive, so no rule may concern it", "leave it out"),
        ("Node", "Node keeps a cluster alive, so no rule may concern it", "leave it out"),
        ("Endpoints", "Endpoints keeps a cluster alive, so no rule may concern it", "leave it out"),
        (
            "coordination.k8s.io/Lease",
            "coordination.k8s.io/Lease keeps a cluster alive, so no rule may concern it",
            "leave it out",
        ),
    ],
)
def test_a_kind_that_cannot_be_is_told_with_the_one_that_was_meant(kind: str, message: str, cure: str) -> None:
    assert told(policy(RULE, match=f"{{kinds: [{kind}]}}")) == [("8:19", kind, message, cure)]


@pytest.mark.parametrize("kind", ["acme.example/Widget", "apps/ControllerRevision", "Pod/exec", "Deployment", "*"])
def test_a_kind_that_may_be_is_not_told(kind: str) -> None:
    match = f'{{kinds: ["{kind}"], operations: [CREATE, CONNECT]}}'
    assert told(policy("- name: r\n  fields: {object: metadata.name, required: true}", match=match)) == []


# Folders


def test_a_mounted_config_map_is_read_once(tmp_path: Path) -> None:
    versioned = tmp_path / "..2026_11_21_12_00_00.1"
    versioned.mkdir()
    (versioned / "rules.yaml").write_text(GOOD)
    (tmp_path / "..data").symlink_to(versioned.name, target_is_directory=True)
    (tmp_path / "rules.yaml").symlink_to("..data/rules.yaml")
    assert [rule.info.id for rule in load([str(tmp_path)]).rules] == ["p/r"]


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n---\n"])
def test_files_that_say_nothing_are_no_rules(tmp_path: Path, text: str) -> None:
    (tmp_path / "rules.yaml").write_text(text)
    with pytest.raises(InputError, match=r"^no rules in .*: the files say nothing$"):
        read([str(tmp_path)])


def test_a_file_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.yaml")
    (tmp_path / "b.yaml").write_text(GOOD.replace("why", "whi"))
    messages = [problem.message for problem in read([str(tmp_path)]).problems]
    assert messages[0].endswith("a.yaml: not a regular file: send its content to standard input and pass -")
    assert "unknown key `whi`" in messages


def test_broken_rules_are_shown_with_a_caret_and_end_every_command_that_needs_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "rules.yaml").write_text(policy(f"{RULE}\n  severty: high"))
    monkeypatch.chdir(tmp_path)
    shown = """\
error: unknown key `severty`
  --> policies/rules.yaml:11:5
   |
11 |     severty: high
   |     ^^^^^^^
   |
help: did you mean `severity`?
"""
    for command in (["lint"], ["check", "policies"], ["manifests"]):
        assert main(command) == 2
        streams = capsys.readouterr()
        assert shown in streams.out + streams.err
        assert "Traceback" not in streams.out + streams.err


def test_broken_rules_are_an_error_that_says_how_many_problems_there_are() -> None:
    with pytest.raises(RulesError) as raised:
        ruleset(policy(RULE, ownr="x", severity="hihg"))
    assert [problem.message for problem in raised.value.problems] == [  # type: ignore[attr-defined]
        "unknown key `ownr`",
        "`hihg` is not one of low, medium, high, critical",
    ]


def test_a_bad_name_and_a_bad_value_hide_nothing_that_is_wrong_elsewhere_in_the_document() -> None:
    text = """apiVersion: doorward.dev/v1
kind: Policy
metadata: {name: Image_Rules}
spec:
  title: Images
  owner: {team: platform}
  serverity: high
  rules:
  - name: r
    images: {from: nginx}
    when: {pod: metadata.annotation.foo, equals: "yes"}
    fix: pull {image.pth}
"""
    told = [(found.place.line, found.message) for found in problems(text)]
    assert told == [
        (3, "`Image_Rules` is no name"),
        (4, "`why` is missing"),
        (7, "unknown key `serverity`"),
        (10, "expected a list, found a string"),
        (11, "there is no field `annotation` in `metadata.annotation.foo`"),
        (12, "nothing is called {image.pth} here"),
    ]
