"""wants: the sentences of a rule type's own shape, with what a rule says; nothing of it is known here by name."""

from pathlib import Path

import pytest

from tests.objects import policy
from webhook.policy.described import DescribedPolicy, describe
from webhook.policy.load import read
from webhook.report.wants import wants

ROOT = Path(__file__).parents[2]
SHIPPED = read([str(ROOT / "policies")])


def described(rules: str, tmp_path: Path) -> DescribedPolicy:
    (tmp_path / "rules.yaml").write_text(policy(f"- name: r\n  {rules}"), encoding="utf-8")
    loading = read([str(tmp_path)])
    assert loading.ruleset is not None, loading.problems
    [document] = loading.folder.of("Policy")
    return describe(document, loading)


def lines(one: DescribedPolicy) -> list[str]:
    [rule] = one.rules
    told = wants(rule.kind, rule.params, rule.raw, rule.sentences)
    return [f"{'  ' * line.depth}{line.text}" for line in told]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (
            "images: {from: [a.example, b.example], tag: {required: true, forbid: [latest]}, digest: preferred}",
            [
                "Registries and paths that images may come from: a.example, b.example",
                "What a tag must look like:",
                "  A tag must be there; a digest satisfies it.",
                "  Tags or globs that must not be used, even beside a digest: latest",
                "digest: preferred",
            ],
        ),
        (
            "metadata: {labels: {team: {required: nonEmpty}, stage: {required: false, default: test}}}",
            [
                "Labels by key, or by a glob of keys:",
                "  team:",
                "    With a value.",
                "  stage:",
                "    A default is only a help.",
                "    Set where the key is absent: test",
            ],
        ),
        (
            "resources: {cpu: {request: {required: false, max: '2'}, limit: {forbidden: true}}, qos: [Guaranteed]}",
            [
                "cpu:",
                "  What the request must be:",
                "    Lets it be left out despite bounds.",
                "    The largest request: 2",
                "  What the limit must be:",
                "    There must be no limit.",
                "The quality of service classes that pods may have: Guaranteed",
            ],
        ),
        (
            "defaults: {append: {containers: {env: [{name: A, value: x}]}}, remove: [serviceAccountToken]}",
            [
                "Added to lists, which are sets by their real keys:",
                "  Merged into each container:",
                "    env[0].name: A",
                "    env[0].value: x",
                "What is taken away: serviceAccountToken",
            ],
        ),
        (
            "volumes: {hostPath: {allowed: [{path: /data, readOnly: true}, {path: /logs}]}}",
            [
                "What of the node's files may be mounted:",
                "  Only these paths; the longest that fits decides:",
                "    - The path, and everything below it: /data",
                "      Every mount has readOnly.",
                "    - The path, and everything below it: /logs",
            ],
        ),
        ("podSecurity: {level: baseline, only: [sysctls]}", ["level: baseline", "These controls alone: sysctls"]),
        ("match: {names: {include: [a]}}\n  refuse: not here", ["refuse: not here"]),
        (
            "fields: [{pod: spec.hostPID, forbidden: true}, {container: image, like: 'a*'}]",
            ["pod spec.hostPID must not be set", 'container image must be like "a*"'],
        ),
    ],
)
def test_what_is_said_is_told_with_the_sentences_of_its_keys(rule: str, words: list[str], tmp_path: Path) -> None:
    assert lines(described(rule, tmp_path)) == words


@pytest.mark.parametrize("name", sorted(document.name for document in SHIPPED.folder.of("Policy")))
def test_every_rule_that_we_ship_can_be_told_in_words(name: str) -> None:
    [document] = [one for one in SHIPPED.folder.of("Policy") if one.name == name]
    one = describe(document, SHIPPED)
    assert len(one.rules) == len(one.spec.rules)
    for rule in one.rules:
        told = wants(rule.kind, rule.params, rule.raw, rule.sentences)
        assert told != ()
        assert [line.text for line in told if not line.text.strip() or " object at 0x" in line.text] == []
