"""Everything that is wrong with rules is told at once: at its place, with a caret, in a sentence, with the cure."""

import json
import os
from pathlib import Path

import pytest

from tests.objects import policy, problems, ruleset
from webhook.cli import main
from webhook.errors import InputError, RulesError
from webhook.policy.load import load, read
from webhook.source.problem import Level

RULE = "- name: r\n  images: {digest: required}"
GOOD = policy(RULE)

Told = tuple[str, str, str, str | None]
"""Line and column, what the caret is under, the message, the cure."""


def told(text: str, level: Level = Level.ERROR) -> list[Told]:
    return [
        (
            f"{found.place.line}:{found.place.column}",
            found.place.text[found.place.column - 1 : found.place.column - 1 + found.place.length],
            found.message,
            found.help,
        )
        for found in problems(text)
        if found.level is level
    ]


def warned(text: str) -> list[Told]:
    assert told(text) == []
    return told(text, Level.WARNING)


def profile(spec: str, name: str = "x") -> str:
    return f"---\napiVersion: doorward.dev/v1\nkind: Profile\nmetadata: {{name: {name}}}\nspec: {spec}\n"


def exception(**changes: str) -> str:
    """An Exception whose spec begins on the sixth line after its `---`."""
    spec = {
        "rules": "[p/r]",
        "match": "{namespaces: {include: [shop]}}",
        "reason": "being rebuilt",
        "owner": "shop",
        "granted": "2026-01-01",
        "expires": "2026-02-01",
        **changes,
    }
    body = "".join(f"  {key}: {value}\n" for key, value in spec.items())
    return f"---\napiVersion: doorward.dev/v1\nkind: Exception\nmetadata: {{name: e}}\nspec:\n{body}"


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
    assert cure.startswith("give it one of defaults, fields, images, metadata, ")


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
        ("ratchet: no", ("10:12", "no", "`no` is read as the boolean false", 'write it in quotes, "no", or as false')),
        ("ratchet: On", ("10:12", "On", "`On` is read as the boolean true", 'write it in quotes, "On", or as true')),
        (
            "when: {pod: metadata.labels, in: [{y: a}]}",
            ("10:38", "y", "`y` is read as the key true", 'write it in quotes, "y"'),
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


# What can never match

SWALLOWED = "this can never match: `exclude` leaves out everything"
NARROW = "what is left out wins; narrow `exclude`"
NAMES = "names have lower-case letters, digits and `-`; `*` stands for any characters"


@pytest.mark.parametrize(
    ("match", "place", "at", "message", "cure"),
    [
        ("namespaces: {exclude: ['*']}", "8:11", "namespaces", SWALLOWED, NARROW),
        ("namespaces: {include: [a, prod-b], exclude: [a, 'prod-*']}", "8:11", "namespaces", SWALLOWED, NARROW),
        ("names: {include: ['web-a*'], exclude: ['web-*']}", "8:11", "names", SWALLOWED, NARROW),
        ("namespaces: {include: [Shop]}", "8:34", "Shop", "no namespace is called `Shop`", NAMES),
        ("namespaces: {include: ['prod-.*']}", "8:34", "'prod-.*'", "no namespace is called `prod-.*`", NAMES),
        ("namespaces: {exclude: ['prod-?']}", "8:34", "'prod-?'", "no namespace is called `prod-?`", NAMES),
        (
            "namespaceSelector: {matchLabels: {a: b}, matchExpressions: [{key: a, operator: NotIn, values: [b]}]}",
            *("8:11", "namespaceSelector", "this can never match: it says contradictory things of the label a"),
            "remove one of them",
        ),
        (
            "objectSelector: {matchExpressions: [{key: a, operator: Exists}, {key: a, operator: DoesNotExist}]}",
            *("8:11", "objectSelector", "this can never match: it says contradictory things of the label a"),
            "remove one of them",
        ),
        (
            "objectSelector: {matchLabels: {app: 'web-*'}}",
            *("8:11", "objectSelector", 'this can never match: "web-*" is no glob here'),
            "a selector names labels exactly",
        ),
        (
            "operations: [CONNECT]",
            *("8:23", "[CONNECT]", "CONNECT is only for subresources, so this can never match"),
            "name one under `kinds`, such as Pod/exec",
        ),
        (
            "users: {include: {serviceAccounts: ['system:serviceaccount:a:b']}}",
            *("8:46", "'system:serviceaccount:a:b'", "`system:serviceaccount:a:b` is no service account"),
            "write a/b",
        ),
    ],
)
def test_a_match_that_can_never_match_is_refused(match: str, place: str, at: str, message: str, cure: str) -> None:
    assert told(policy(RULE, match=f"{{{match}}}")) == [(place, at, message, cure)]


@pytest.mark.parametrize(
    "match",
    [
        "namespaces: {include: ['*'], exclude: [a]}",
        "namespaces: {include: [a, b], exclude: [a]}",
        "namespaces: {include: ['a*'], exclude: ['*b']}",
        "namespaceSelector: {matchExpressions: [{key: a, operator: NotIn, values: [b]}, {key: a, operator: Exists}]}",
        "namespaceSelector: {matchExpressions: [{key: a, operator: In, values: [b, c]}, {key: a, operator: NotIn, values: [b]}]}",
        "operations: [CREATE, CONNECT]",
        "users: {include: {serviceAccounts: ['*', 'a/*']}}",
    ],
)
def test_a_match_that_may_match_is_not_refused(match: str) -> None:
    assert told(policy(RULE, match=f"{{{match}}}")) == []


@pytest.mark.parametrize(
    ("outer", "inner", "message"),
    [
        ("kinds: [Pod]", "kinds: [Deployment]", "the policy is about Pod only, so this can never match"),
        (
            "namespaces: {include: [a, b]}",
            "namespaces: {include: [c]}",
            "the policy is about a or b only, so this can never match",
        ),
        (
            "namespaces: {include: ['a-*'], exclude: [a-b]}",
            "namespaces: {include: [b]}",
            "the policy is about a-* only, so this can never match",
        ),
        (
            "objectSelector: {matchLabels: {tier: prod}}",
            "objectSelector: {matchLabels: {tier: dev}}",
            "the policy's objectSelector says something else of the label tier, so this can never match",
        ),
    ],
)
def test_a_rules_match_that_contradicts_its_policys_is_refused_at_the_rule(
    outer: str, inner: str, message: str
) -> None:
    [(place, _, said, cure)] = told(policy(f"{RULE}\n  match: {{{inner}}}", match=f"{{{outer}}}"))
    assert (place.partition(":")[0], said) == ("12", message)
    assert cure is not None


def test_what_is_wrong_with_a_policys_match_is_told_once_for_all_its_rules() -> None:
    many = "\n".join(RULE.replace("name: r", f"name: r{number}") for number in range(5))
    assert len(told(policy(many, match="{namespaces: {exclude: ['*']}}"))) == 1


@pytest.mark.parametrize(
    ("family", "message", "cure"),
    [
        ("ReplicaSet", "no pod's family is ReplicaSet: its pods count as Deployment", "write Deployment"),
        ("CronJob", "no pod's family is CronJob: its pods count as Job", "write Job"),
        ("Jobs", "no pod's family is Jobs", "did you mean Job?"),
    ],
)
def test_an_owner_that_no_pod_has_is_told(family: str, message: str, cure: str) -> None:
    assert told(policy(RULE, match=f"{{owners: {{exclude: [{family}]}}}}")) == [("8:30", family, message, cure)]


def test_owners_can_be_forged_and_that_is_said() -> None:
    assert warned(policy(RULE, match="{owners: {exclude: [Job, Rollout]}}")) == [
        (
            "8:11",
            "owners",
            "whoever writes a pod can lift this rule with an owner reference that is not true",
            "choose by namespace, or make an exception",
        )
    ]


@pytest.mark.parametrize(
    ("rule", "place", "message", "cure"),
    [
        (
            "containers: {of: [ephemeralContainers]}\n  resources: {memory: {limit: {required: true}}}",
            *("10:20", "this rule type never judges ephemeralContainers"),
            "it is about containers, initContainers and sidecars",
        ),
        (
            "containers: {names: {include: [a], exclude: ['*']}}\n  images: {digest: required}",
            *("10:16", "this chooses no container: `exclude` leaves out everything"),
            NARROW,
        ),
        (
            "match: {kinds: [Service]}\n  containers: {of: [containers]}\n  fields: {object: spec.type, required: true}",
            *("11:3", "there are no containers in Service"),
            "leave `containers` out",
        ),
        (
            "match: {kinds: [Service]}\n  when: {pod: spec.hostPID, equals: true}\n  fields: {object: spec.type, in: [ClusterIP]}",
            *("11:10", "`pod:` is about pods, and Service carries none"),
            "use `object:`",
        ),
        (
            "match: {kinds: [Service]}\n  images: {digest: required}",
            *("10:18", "this rule type is about pods, and Service carries none"),
            "name kinds that carry a pod",
        ),
        (
            'match: {kinds: ["*"]}\n  images: {digest: required}',
            *("10:18", "this rule type is about pods, and `*` means kinds without one too"),
            "leave `kinds` out to mean all that carry a pod",
        ),
        (
            "match: {kinds: [PersistentVolume], namespaces: {include: [a]}}\n  fields: {object: spec, required: true}",
            *("10:38", "PersistentVolume live in no namespace, so this can never match"),
            "leave `namespaces` out",
        ),
        (
            "match: {kinds: [Pod/exec]}\n  fields: {object: metadata.name, required: true}",
            *("10:19", "Pod/exec knows the operation CONNECT only, so this can never match"),
            "say operations: [CONNECT]",
        ),
        (
            "match: {kinds: [Pod/status]}\n  fields: {object: metadata.name, required: true}",
            *("10:19", "no webhook is ever asked about Pod/status: a cluster lives on it"),
            "name the kind itself, or another subresource",
        ),
    ],
)
def test_a_rule_that_has_nothing_to_judge_is_refused(rule: str, place: str, message: str, cure: str) -> None:
    found = [(at, said, help_text) for at, _, said, help_text in told(policy(f"- name: r\n  {rule}"))]
    line, column = place.split(":")
    assert found == [(f"{line}:{int(column) + 2}", message, cure)]


@pytest.mark.parametrize(
    "steps",
    [
        "[{mode: audit}, {mode: warn}]",
        "[{mode: enforce, from: 2027-02-01}, {mode: warn, from: 2027-01-01}]",
        "[{mode: enforce, percent: 20}, {mode: warn, percent: 100}]",
    ],
)
def test_a_rollout_step_that_can_never_act_is_refused(steps: str) -> None:
    [(place, _, message, cure)] = told(policy(RULE, rollout=steps))
    assert (place, message) == (
        "8:13",
        "this step can never act: step 2 holds everywhere, and the last one counts",
    )
    assert cure == "order the steps by the day on which they begin, the widest first"


def test_a_rollout_in_its_order_is_not_refused() -> None:
    steps = "[{mode: audit}, {mode: warn, from: 2027-01-01}, {mode: enforce, from: 2027-02-01, percent: 25}]"
    assert told(policy(RULE, rollout=steps)) == []


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
        ("{include: [pp]}", ("15:18", "pp", "no policy is called `pp`", "did you mean `p`?")),
        ("{modes: {pp: warn}}", ("15:16", "pp", "no policy is called `pp`", "did you mean `p`?")),
        ("{parameters: {pp: {a: b}}}", ("15:21", "pp", "no policy is called `pp`", "did you mean `p`?")),
        ("{parameters: {p: {hots: [a]}}}", ("15:24", "hots", "unknown key `hots`", "did you mean `hosts`?")),
        (
            "{parameters: {p: {hosts: a.example}}}",
            ("15:31", "a.example", "the Profile's value of `hosts` is not of type list", None),
        ),
        (
            "{mode: wran}",
            ("15:14", "wran", "`wran` is not one of enforce, warn, audit, off", "did you mean `warn`?"),
        ),
        (
            "{excludeNamespaces: ['*']}",
            (
                "15:27",
                "['*']",
                "this leaves every namespace alone, so no rule would ever apply",
                "name the namespaces that are left alone",
            ),
        ),
        ("{excludeNamespaces: [Kube]}", ("15:28", "Kube", "no namespace is called `Kube`", NAMES)),
    ],
)
def test_a_profile_that_names_what_is_not_there_is_refused_at_the_profile(spec: str, expected: Told) -> None:
    text = policy(FROM, parameters=LIST)
    assert told(text + profile(spec)) == [(f"{16}:{expected[0].partition(':')[2]}", *expected[1:])]


def test_a_profile_that_was_not_chosen_is_checked_too(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(GOOD + profile("{mode: warn}", "a") + profile("{mode: wurn}", "b"))
    assert [problem.message for problem in read([str(tmp_path)], "a").problems] == [
        "`wurn` is not one of enforce, warn, audit, off"
    ]


def test_a_mode_for_a_policy_that_is_not_in_force_is_warned_of() -> None:
    other = f"---\n{GOOD}".replace("{name: p}", "{name: q}")
    [(_, at, message, cure)] = warned(GOOD + other + profile("{include: [p], modes: {q: warn}}"))
    assert (at, message) == ("q", "this has no effect: the policy q is not in force here")
    assert cure == "name it under `include`, or leave this out"


@pytest.mark.parametrize(
    ("profiles", "wanted", "words"),
    [
        (["a", "b"], "", "the folder has several Profiles, choose one with --profile: a, b"),
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
        (policy(RULE, mode='"off"') + exception(), "this has no effect: the mode of the policy p is off"),
        (
            GOOD + f"---\n{GOOD}".replace("{name: p}", "{name: q}") + profile("{include: [q]}") + exception(),
            "this has no effect: the policy p is not in force here",
        ),
        (
            policy(RULE, match="{namespaces: {include: [other]}}") + exception(),
            "this has no effect: the policy p is not about these namespaces",
        ),
        (
            GOOD + profile("{excludeNamespaces: ['sh*']}") + exception(),
            "this has no effect: the Profile leaves these namespaces alone",
        ),
        (GOOD + exception(match="{namespaces: {include: ['*']}}"), "this exception is for every namespace"),
    ],
)
def test_an_exception_that_means_nothing_or_too_much_is_warned_of(text: str, message: str) -> None:
    assert [said for _, _, said, _ in warned(text)] == [message]


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
